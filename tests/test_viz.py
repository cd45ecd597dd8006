"""Pictures: that what is to be seen is drawn, labelled, and in its place; that no state of matplotlib is touched; that files are whole."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

pytest.importorskip("matplotlib")
import minigrad as mg
from minigrad import explain, nn, viz
from minigrad.cli.networks import ARCHITECTURES, prepare
from minigrad.datasets import digits
from minigrad.train import History
from minigrad.viz import molecules

IMAGES, LABELS = (t.numpy()[::50] for t in digits(False).tensors)
ROWS = [{"epoch": 1, "loss": 2.0, "accuracy": 0.5, "test accuracy": 0.6}, {"epoch": 2, "loss": 1.0, "accuracy": 0.9, "test accuracy": 0.8}]
RNG = np.random.default_rng(0)
CLASSES = RNG.integers(0, 3, 60)
POINTS = RNG.normal(size=(60, 2))
SCORES = RNG.normal(size=60)
TRUTH = (SCORES + RNG.normal(size=60) > 0).astype(int)
MASKS = RNG.random((2, 8, 10)) > 0.5
NET = nn.Sequential(nn.Conv2d(1, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 36, 3))

# Every picture, drawn from its data into `ax`.
PICTURES = {
    "curves": lambda ax=None: viz.curves(ROWS, title="T", ax=ax),
    "training_curves": lambda ax=None: viz.training_curves(ROWS, ax=ax),
    "forecast": lambda ax=None: viz.forecast(np.arange(9.0), {"a": [7.0, 8.0], "b": [7.5, 9.0]}, band=([6, 7], [8, 9]), ax=ax),
    "histogram": lambda ax=None: viz.histogram(NET, ax=ax),
    "confusion_matrix": lambda ax=None: viz.confusion_matrix(CLASSES, np.roll(CLASSES, 1), ax=ax),
    "roc": lambda ax=None: viz.roc({"a": SCORES, "b": -SCORES}, TRUTH, ax=ax),
    "precision_recall": lambda ax=None: viz.precision_recall(SCORES, TRUTH, ax=ax),
    "calibration": lambda ax=None: viz.calibration(1 / (1 + np.exp(-SCORES)), TRUTH, ax=ax),
    "images": lambda ax=None: viz.images(IMAGES, LABELS, ax=ax),
    "filters": lambda ax=None: viz.filters(NET[0], ax=ax),
    "feature_maps": lambda ax=None: viz.feature_maps(explain.activations(NET, mg.rand(1, 1, 8, 8)), ax=ax),
    "overlay": lambda ax=None: viz.overlay(IMAGES[:3], IMAGES[:3] - 100.0, ax=ax),
    "segmentation": lambda ax=None: viz.segmentation(RNG.random((2, 8, 10)), MASKS, ~MASKS, ax=ax),
    "latent_map": lambda ax=None: viz.latent_map(lambda z: z[:, :, None].expand(-1, 2, 3), size=4, ax=ax),
    "attention": lambda ax=None: viz.attention(mg.rand(3, 4, 4), list("abcd"), ax=ax),
    "embedding": lambda ax=None: viz.embedding(POINTS, CLASSES, ax=ax),
    "logo": lambda ax=None: viz.logo(RNG.normal(size=(9, 4)), title="T", ax=ax),
    "molecule": lambda ax=None: viz.molecule(
        ["C", "OH", "NH2", "O-"], [[0, 1, 1], [0, 2, 2], [0, 3, 4]], [0.0, 1.0, -2.0, 0.5], title="T", ax=ax
    ),
    "decision_boundary": lambda ax=None: viz.decision_boundary(nn.Linear(2, 3), POINTS, CLASSES, steps=20, ax=ax),
}


def texts(figure):
    """All that can be read."""
    from matplotlib.text import Text

    return " ".join(t.get_text() for t in figure.findobj(Text) if t.get_visible())


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_stand_alone_and_in_others(name):
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    before = rcParams.copy()  # which, unlike a look at each, loads no backend
    alone = PICTURES[name]()
    assert type(alone) is Figure and alone.axes
    figure, axes = viz.figure(1, 2)
    assert PICTURES[name](ax=axes[1]) is figure
    figure.draw_without_rendering()  # warnings are errors: what does not fit would warn
    left, right = axes[0].get_position(), axes[1].get_position()
    assert not axes[0].has_data() and left.x1 <= right.x0
    for ax in figure.axes:  # what was added lies where `ax` was
        assert ax is axes[0] or ax.get_position().x0 >= left.x1 - 1e-6
    assert "matplotlib.pyplot" not in sys.modules and rcParams.copy() == before
    assert figure.get_facecolor()[:3] == (1, 1, 1)


def test_all_pictures_are_tested():
    others = {"COLORS", "Graph", "figure", "graph", "montage", "save", "training_report"}
    assert set(viz.__all__) - others == set(PICTURES) and all(hasattr(viz, name) for name in viz.__all__)


def test_names_need_no_matplotlib():
    """Without it the module can be imported and says what to install when something is drawn; the graph's text needs nothing."""
    code = """
import sys
sys.modules["matplotlib"] = sys.modules["matplotlib.figure"] = None
import minigrad as mg
assert "sum" in mg.viz.graph(mg.ones(2, requires_grad=True).sum()).dot
try: mg.viz.images(mg.zeros(1, 2, 2))
except ImportError as error: print(error)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "minigrad.viz draws with matplotlib" in out and "minigrad[demo]" in out


def test_threads_may_draw(tmp_path):
    def draw(i):
        viz.save(viz.curves({"loss": [float(i), 1.0]}), tmp_path / f"{i}.png")

    threads = [threading.Thread(target=draw, args=(i,)) for i in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert all((tmp_path / f"{i}.png").read_bytes().startswith(b"\x89PNG\r\n") for i in range(3))


# ---- what is drawn ----


def test_curves():
    rows = History([{"epoch": 1, "loss": 2.0, "note": 1}, {"epoch": 2}, {"epoch": 4, "loss": 1.0}])
    ax = viz.curves(rows, ["loss"], log=True, title="Loss").axes[0]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 2], [4, 1]])  # the row without a loss is left out
    assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("Loss", "epoch", "loss", "log")
    ax = viz.curves({"train_return": [0.0, 4.0], "test": mg.tensor([1.0, 2.0])}, smooth=0.5).axes[0]
    assert len(ax.lines) == 4 and [t.get_text() for t in ax.get_legend().texts] == ["train return", "test"]
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [0, 4 / 1.5])
    with pytest.raises(KeyError, match="no column 'lass'; there are epoch, loss"):
        viz.curves(rows, ["lass"])


def test_training_curves_have_a_panel_for_each_kind():
    rows = [{"epoch": i, "loss": i, "val_loss": i, "val/accuracy": i, "lr": i, "f1": i, "seconds": 3.0} for i in range(4)]
    figure = viz.training_curves(rows, title="All")
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "accuracy", "lr", "f1"] and len(figure.axes[0].lines) == 2
    assert "All" in texts(figure) and "seconds" not in texts(figure)


def test_forecast_is_in_its_place():
    ax = viz.forecast([1.0, 2.0, 3.0], {"net": [2.5, 3.5], "other": [9.0]}, x=[2001, 2002, 2003], xlabel="year").axes[0]
    observed, net, other = ax.lines
    assert net.get_xdata().tolist() == [2002, 2003] and other.get_xdata().tolist() == [2003] and observed.get_label() == "observed"
    assert viz.forecast([1.0, 2.0], [3.0], start=2).axes[0].lines[1].get_xdata().tolist() == [2]
    with pytest.raises(ValueError, match="from 1 to 4"):
        viz.forecast([1.0, 2.0], [3.0, 4.0, 5.0], start=1, x=[0, 1, 2])


def test_histogram_counts_all():
    figure = viz.histogram({"a": np.array([0.0, 0.0, 1.0, np.nan]), "b": mg.tensor([3.0])})
    assert "zeros 67%" in texts(figure) and "1 not finite" in texts(figure)
    for ax in figure.axes:
        area = sum(p.get_width() * p.get_height() for p in ax.patches)
        assert area == pytest.approx(1) and ax.get_xlim() == (0, 3)


def test_confusions():
    ax = viz.confusion_matrix([0, 1, 2], [0, 0, 2], labels=["cat", "dog", "cow"]).axes[0]
    places = {t.get_position(): t.get_text() for t in ax.texts}
    assert places == {(0, 0): "1", (1, 0): "1", (2, 2): "1"}  # column, row
    np.testing.assert_allclose(ax.images[0].get_array() ** 2, [[0.5, 0.5, 0], [0, 0, 0], [0, 0, 1]])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["cat", "dog", "cow"] and (ax.get_xlabel(), ax.get_ylabel()) == (
        "predicted",
        "true",
    )
    counted = viz.confusion_matrix(np.array([[5, 1], [0, 2]])).axes[0]
    assert {t.get_text() for t in counted.texts} == {"5", "1", "2"}
    with pytest.raises(ValueError, match="counts of shape"):
        viz.confusion_matrix([0, 1])
    _, (given,) = viz.figure()
    viz.confusion_matrix([0, 1], [0, 1], ax=given)
    assert not any(line.get_visible() for line in given.get_xgridlines())  # which would be drawn over the numbers


def test_roc_and_precision_at_every_threshold():
    scores = SCORES.round(1)  # with ties
    counts = [(((scores >= s) & (TRUTH == 1)).sum(), ((scores >= s) & (TRUTH == 0)).sum()) for s in np.unique(scores)[::-1]]
    hits, false = np.array(counts).T
    line = viz.roc(scores, TRUTH).axes[0].lines[1]
    expected = np.stack([np.append(0, false / false[-1]), np.append(0, hits / hits[-1])], 1)
    np.testing.assert_allclose(line.get_xydata(), expected)
    pairs = scores[TRUTH == 1][:, None] - scores[TRUTH == 0]
    assert line.get_label() == f"area {((pairs > 0) + 0.5 * (pairs == 0)).mean():.3f}"
    line = viz.precision_recall(scores, TRUTH).axes[0].lines[1]
    there = hits > 0
    expected = np.stack([hits / hits[-1], hits / (hits + false)], 1)[there]
    np.testing.assert_allclose(line.get_xydata()[1:], expected)
    assert tuple(line.get_xydata()[0]) == (0, expected[0, 1])


def test_areas_by_hand():
    """Of positives 0.9 and 0.4 among negatives 0.6 and 0.1, three pairs of four are in order."""
    truth, scores = [1, 0, 1, 0], [0.9, 0.6, 0.4, 0.1]
    assert viz.roc(scores, truth).axes[0].lines[1].get_label() == "area 0.750"
    assert viz.precision_recall(scores, truth).axes[0].lines[1].get_label() == f"average precision {(1 + 2 / 3) / 2:.3f}"
    for wrong in ([1, 1, 1, 1], [0, 1, 2, 1], [0, 1]):
        with pytest.raises(ValueError, match="roc: "):
            viz.roc(scores, wrong)


def test_calibration():
    truth, p = np.array([1, 0, 1, 1]), np.array([0.55, 0.59, 0.95, 0.99])
    ax = viz.calibration(p, truth).axes[0]
    np.testing.assert_allclose(ax.lines[1].get_xydata(), [[0.57, 0.5], [0.97, 1]])
    assert ax.lines[1].get_label() == "error 0.050"
    several = np.stack([1 - p, p], 1)  # of two classes it is the confidence in the more probable
    assert viz.calibration(several, truth).axes[0].get_xlabel() == "confidence"
    np.testing.assert_allclose(viz.calibration(several, truth).axes[0].lines[1].get_xydata(), [[0.57, 0.5], [0.97, 1]])


@pytest.mark.parametrize(
    "pictures, pixels, limits",
    [
        (np.full((2, 1, 4, 6), 51, np.uint8), (4, 6), (0, 255)),
        (mg.full((2, 3, 4, 6), 0.5), (4, 6, 3), None),
        (np.full((2, 4, 6, 3), 51, np.uint8), (4, 6, 3), None),
        ([np.zeros((4, 6)), np.full((4, 6), 3.0)], (4, 6), (0, 3)),
        (np.ones((2, 4, 6), bool), (4, 6), (0, 1)),
    ],
    ids=["bytes", "colour", "bytes in colour", "any scale", "truth"],
)
def test_forms_of_pictures(pictures, pixels, limits):
    figure = viz.images(pictures, ["a", "b"])
    shown = figure.axes[0].images
    assert len(shown) == 2 and shown[0].get_array().shape == pixels
    if limits:
        assert shown[0].get_clim() == limits
    else:
        values = np.asarray(shown[0].get_array())
        assert np.ptp(values) < 1e-6 and values.mean() == pytest.approx(0.2 if isinstance(pictures, np.ndarray) else 0.5)


def test_images_stand_in_rows_under_their_captions():
    ax = viz.images([np.zeros((4, 4)), np.zeros((2, 4)), np.zeros((4, 4))], ["a", "b\nc"], columns=2, limits="each").axes[0]
    boxes = [i.get_extent() for i in ax.images]  # left, right, bottom, top; y downwards
    assert boxes[0][1] < boxes[1][0] and boxes[2][3] > boxes[0][2] and boxes[2][0] == boxes[0][0]
    assert boxes[1][2] - boxes[1][3] == 2 and boxes[1][3] == boxes[0][3] + 1  # the lower one in the middle of its place
    assert [t.get_text() for t in ax.texts] == ["a", "b\nc"] and ax.texts[0].get_position()[1] < boxes[0][3]
    assert [t.get_text() for t in viz.images(np.zeros((2, 4, 4)), mg.tensor([3, 5])).axes[0].texts] == ["3", "5"]
    signed = viz.images(np.array([[[-2.0, 1.0]]]), limits="signed").axes[0].images[0]
    assert signed.get_clim() == (-2, 2) and signed.cmap.name == "RdBu_r"
    for wrong in (np.zeros((2, 5, 4, 6)), []):
        with pytest.raises(ValueError, match="images: "):
            viz.images(wrong)


def test_montage_places_every_tile():
    tiles = np.arange(5 * 2 * 3, dtype=float).reshape(5, 2, 3)
    sheet = viz.montage(tiles)
    assert sheet.shape == (2 * 3 - 1, 3 * 4 - 1)  # two lines of three tiles, one pixel between them
    np.testing.assert_array_equal(sheet[3:5, 4:7], tiles[4])
    np.testing.assert_array_equal(np.sort(sheet[~np.isnan(sheet)]), np.arange(30))


def test_filters():
    weight = RNG.normal(size=(4, 1, 3, 5))
    sheet = viz.filters(weight).axes[0].images[0].get_array()
    np.testing.assert_allclose(sheet[:3, 6:11], weight[1, 0] / np.abs(weight[1]).max(), rtol=1e-6)
    dense = viz.filters(nn.Linear(6, 4), size=(2, 3)).axes[0]
    assert dense.get_title() == "4 filters of 2x3" and dense.images[0].get_array().shape == (5, 7)
    colour = viz.filters(nn.Conv2d(3, 4, 2)).axes[0].images[0].get_array()
    assert colour.shape == (5, 5, 3) and 0 <= colour.min() < colour.max() <= 1
    deep = viz.filters(RNG.normal(size=(40, 5, 3, 3)), most=6).axes[0]
    assert (
        deep.images[0].get_array().shape == (6 * 4 - 1, 5 * 4 - 1)
        and deep.get_title() == "40x5 filters of 3x3: 6 filters, 5 channels shown"
    )
    with pytest.raises(ValueError, match="h \\* w = 6"):
        viz.filters(nn.Linear(6, 4), size=(2, 2))


def test_overlay_colours_by_sign():
    heat = np.zeros((1, 5, 5))
    heat[0, 0, 0], heat[0, 3, 3] = 5, -5
    rgb = np.asarray(viz.overlay(np.ones((1, 1, 5, 5)), heat).axes[0].images[0].get_array())
    assert rgb[0, 0, 0] > rgb[0, 0, 2] + 0.3 and rgb[3, 3, 2] > rgb[3, 3, 0] + 0.3
    assert np.ptp(rgb[1, 1]) == 0  # grey where there is no heat


def test_segmentation_shows_what_is_missed():
    truth, found = np.zeros((2, 1, 6, 6), bool)
    truth[0, 1:5, 1:4], found[0, 1:5, 2:5] = True, True
    figure = viz.segmentation(np.zeros((1, 6, 6)), truth, found)
    image, true, verdict = (np.asarray(i.get_array()) for i in figure.axes[0].images)
    assert np.ptp(image) == 0 and (np.ptp(true, -1) > 0.05).sum() == 12
    kinds = {tuple(verdict[2, x].round(3)) for x in range(6)}
    assert len(kinds) == 4 + (tuple(verdict[2, 2].round(3)) != tuple(verdict[2, 3].round(3)))  # nothing, missed, found, too much
    assert all(word in texts(figure) for word in ("truth", "prediction", "missed", "too much"))
    several = viz.segmentation(np.zeros((1, 6, 6)), truth * 2, truth * 1, labels=["back", "bone", "muscle"])
    assert "bone" in texts(several) and "missed" not in texts(several)
    with pytest.raises(ValueError, match="segmentation: "):
        viz.segmentation(np.zeros((1, 5, 6)), truth)


def test_latent_map_has_its_axes_the_right_way():
    """An image that shows its code: the first grows to the right, the second upwards."""
    ax = viz.latent_map(lambda z: z[:, :, None], size=3).axes[0]
    sheet = ax.images[0].get_array()
    assert sheet.shape == (6, 3) and (np.diff(sheet[0]) > 0).all() and (np.diff(sheet[1::2, 0]) < 0).all()
    assert sheet[2, 1] == pytest.approx(0, abs=1e-6) and [t.get_text() for t in ax.get_xticklabels()] == ["-2.0", "0.0", "2.0"]


def test_attention():
    weights = RNG.random((2, 3, 4))
    figure = viz.attention(mg.tensor(weights), list("abc"), ["one", "two", "three", "four"], title="Heads")
    np.testing.assert_allclose(figure.axes[1].images[0].get_array(), weights[1])
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["a", "b", "c"]
    assert [t.get_text() for t in figure.axes[1].get_xticklabels()] == ["one", "two", "three", "four"] and "Heads" in texts(figure)
    with pytest.raises(ValueError, match="2 tokens for 3 queries"):
        viz.attention(weights, ["a", "b"])


def test_embedding_names_classes_in_their_middle():
    points = np.concatenate([POINTS * 0.1, POINTS * 0.1 + 5])
    ax = viz.embedding(points, np.repeat([0, 1], 60), names=["near", "far"], title="Map").axes[0]
    assert [t.get_text() for t in ax.texts] == ["near", "far"]
    np.testing.assert_allclose(ax.texts[1].get_position(), [5, 5], atol=0.1)
    assert len(viz.embedding(POINTS, SCORES).axes) == 2  # with the scale of the numbers
    with pytest.raises(ValueError, match="59 labels for 60 points"):
        viz.embedding(POINTS, CLASSES[1:])


def test_logo_stacks_letters_by_size():
    (ax,) = viz.logo([[1.0, 3.0, 0.0, -2.0], [0.5, 0.0, 0.0, 0.0]], x=[-1, 1]).axes
    boxes = [patch.get_path().get_extents() for patch in ax.patches]
    assert [round(b.y0, 3) for b in boxes] == [0, 1, -2, 0] and [round(b.height, 3) for b in boxes] == [1, 3, 2, 0.5]
    assert all(-1.5 < b.x0 < b.x1 < -0.5 for b in boxes[:3]) and 0.5 < boxes[3].x0
    with pytest.raises(ValueError, match="logo: heights of shape"):
        viz.logo(np.zeros((3, 5)))


def test_molecules_are_laid_out_as_chemists_do():
    ring = np.array([[i, (i + 1) % 6, 4] for i in range(6)])
    far = np.linalg.norm(molecules.layout(6, ring)[:, None] - molecules.layout(6, ring)[None], axis=-1)
    assert np.allclose(sorted(far[0]), [0, 1, 1, 3**0.5, 3**0.5, 2], atol=0.02), "a regular hexagon"
    chain = molecules.layout(7, np.array([[i, i + 1, 1] for i in range(6)]))
    assert np.ptp(chain[:, 0]) == pytest.approx(6 * 0.75**0.5, abs=0.1) and np.ptp(chain[:, 1]) < 0.7, "a zigzag, lying"
    assert np.isfinite(molecules.layout(3, np.empty((0, 3), np.int64))).all()


def test_molecule_names_what_is_wrong():
    for arguments in ((["C"], [[0, 1, 1]]), (["C"], [], [1.0, 2.0]), ([], [])):
        with pytest.raises(ValueError, match="molecule: "):
            viz.molecule(*arguments)


def test_decision_boundary_is_where_the_scores_cross():
    def predict(x):
        return mg.stack([x[:, 0] * 0, 20 * (x[:, 0] - 0.25)], 1)

    points = np.array([[-1.0, -1.0], [1.0, 1.0]])
    ax = viz.decision_boundary(predict, points, [0, 1], names=["left", "right"], steps=50).axes[0]
    (contour,) = [c for c in ax.collections if hasattr(c, "levels")]
    np.testing.assert_allclose(np.concatenate([p.vertices for p in contour.get_paths()])[:, 0], 0.25, atol=1e-5)
    pixels = np.asarray(ax.images[0].get_array())
    assert pixels[25, 5, 2] > pixels[25, 5, 0] and pixels[25, 45, 0] > pixels[25, 45, 2]  # blue on the left, orange on the right
    single = viz.decision_boundary(lambda x: x[:, :1] - 0.25, points, steps=50).axes[0]
    (contour,) = [c for c in single.collections if hasattr(c, "levels")]
    np.testing.assert_allclose(np.concatenate([p.vertices for p in contour.get_paths()])[:, 0], 0.25, atol=1e-5)


# ---- files, and the report ----


def report(arch="mlp", wrong=3):
    p = np.eye(10)[LABELS] * 0.9 + 0.01
    p[:wrong] = np.roll(p[:wrong], 1, axis=1)
    return viz.training_report(ARCHITECTURES[arch](), History(ROWS), prepare(mg.tensor(IMAGES[:1])), IMAGES[:, 0], LABELS, p)


@pytest.mark.parametrize(
    "arch, wrong, maps",
    [("cnn", 0, "layer 2 on that digit: 32 maps of 14x14"), ("mlp", 20, "layer 1 on that digit: 128 units")],
)
def test_report(arch, wrong, maps):
    figure = report(arch, wrong)
    figure.draw_without_rendering()
    assert maps in texts(figure) and f"Worst mistakes: {min(wrong, 12)} of {wrong}" in texts(figure)
    assert f"{1 - wrong / len(LABELS):.2%}" in texts(figure)


def test_a_failure_leaves_the_old_picture(tmp_path, monkeypatch):
    (tmp_path / "report.png").write_bytes(b"old")

    def half(self, path, **kwargs):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", half)
    with pytest.raises(KeyboardInterrupt):
        viz.save(viz.curves(ROWS), tmp_path / "report.png")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("report.png", b"old")]


def test_save_makes_folders_and_goes_by_the_suffix(tmp_path):
    path = viz.save(viz.curves(ROWS), tmp_path / "a" / "b.svg")
    assert path == tmp_path / "a" / "b.svg" and "<svg" in path.read_text() and len(list(path.parent.iterdir())) == 1


# ---- the graph ----


def parsed(dot):
    """Labels by node, and edges, of the text; every line of it must be one that Graphviz reads."""
    head, *lines, end = dot.strip().split("\n")
    assert head == "digraph {" and end == "}"
    nodes, edges = {}, set()
    for line in lines[3:]:
        node = re.fullmatch(r'  (n\d+) \[label="((?:[^"\\]|\\.)*)"(?:, \w+=(?:"[^"]*"|[\w.]+))*\];', line)
        edge = re.fullmatch(r'  (n\d+) -> (n\d+)(?: \[label="\d+"\])?;', line)
        assert node or edge, line
        if node:
            nodes[node[1]] = node[2].split("\\n")
        else:
            edges.add((edge[1], edge[2]))
    assert {n for e in edges for n in e} <= set(nodes)
    return nodes, edges


def test_graph_has_every_op():
    x = mg.rand(2, 3, requires_grad=True)
    weight = nn.Parameter(mg.rand(3, 3).double())
    values, places = (x.double() @ weight).exp().topk(2)
    nodes, edges = parsed(viz.graph([values.sum(), x * 2], {'the "w"': weight}).dot)
    by_op = {lines[0]: lines[1:] for lines in nodes.values()}
    assert len(by_op) == len(nodes) and set(by_op) >= {"sum", "topk", "exp", "cast", "mul", "leaf", 'the \\"w\\"'}
    assert by_op['the \\"w\\"'] == ["(3, 3) float64"] and by_op["leaf"] == ["(2, 3) float32"] and by_op["exp"] == ["(2, 3) float64"]
    assert by_op["topk"] == ["(2, 2) float64", "(2, 2) int64"]
    assert len(edges) == len(nodes) - 1  # every node has one consumer, x two, and the two results none


def test_graph_of_changes_in_place():
    """Nodes that the engine makes for views of what was written tell their shape too."""
    x = mg.ones(4, requires_grad=True) * 1
    x[:2] *= 3
    nodes, _ = parsed(viz.graph(x.sum(), {}).dot)
    shapes = {lines[0]: lines[1:] for lines in nodes.values()}
    assert shapes["as_strided"] == ["(2,) float32"] and shapes["copy_slices"] == ["(4,) float32"]


def test_graph_names_parameters_and_survives_long_chains():
    nodes, edges = parsed(viz.graph(NET(mg.rand(2, 1, 8, 8)), NET).dot)
    names = {lines[0] for lines in nodes.values()}
    assert {name for name, _ in NET.named_parameters()} <= names and {"conv2d", "relu", "linear"} <= names
    y = mg.ones(1, requires_grad=True)
    for _ in range(20_000):
        y = y + 1
    nodes, edges = parsed(viz.graph(y).dot)
    assert len(nodes) == 20_001 and len(edges) == 20_000
    with pytest.raises(ValueError, match="require grad"):
        viz.graph(mg.ones(1))


def test_pictures_of_the_graph(tmp_path, monkeypatch):
    made = viz.graph(mg.ones(2, requires_grad=True).sum())
    assert made.save(tmp_path / "g.dot").read_text() == made.dot == str(made)
    with pytest.raises(ValueError, match="'gif'"):
        made.save(tmp_path / "g.gif")
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\necho "$1"; exec cat\n')
    program.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "which", lambda name: str(program))
        assert made.svg() == "-Tsvg\n" + made.dot and made._repr_svg_() == made.svg()
        patch.setattr(shutil, "which", lambda name: None)
        assert made._repr_svg_() is None
        with pytest.raises(FileNotFoundError, match="Graphviz"):
            made.svg()
    if shutil.which("dot"):
        assert "<svg" in made.svg() and made.save(tmp_path / "a" / "g.png").read_bytes().startswith(b"\x89PNG")
