"""The picture of a training: that it is drawn for every kind of network and result, and written whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("matplotlib")
from minigrad.cli.networks import ARCHITECTURES, prepare
from minigrad.datasets import digits
from minigrad.viz import report, training_report

IMAGES, LABELS = (t.numpy()[::50] for t in digits(False).tensors)
CURVES = {"loss": [2.0, 1.0], "accuracy": [0.5, 0.9], "test accuracy": [0.6, 0.8]}


def probabilities(wrong):
    p = np.eye(10)[LABELS] * 0.9 + 0.01
    p[:wrong] = np.roll(p[:wrong], 1, axis=1)
    return p


def draw(path, arch="mlp", wrong=3):
    import minigrad as mg

    training_report(path, ARCHITECTURES[arch](), CURVES, prepare(mg.tensor(IMAGES[:1])), IMAGES[:, 0], LABELS, probabilities(wrong))


@pytest.mark.parametrize("arch, wrong", [("cnn", 3), ("mlp", 0), ("mlp", 20)])
def test_report_is_a_picture(tmp_path, arch, wrong):
    draw(tmp_path / "report.png", arch, wrong)
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert [p.name for p in tmp_path.iterdir()] == ["report.png"]


def test_a_failure_leaves_the_old_picture(tmp_path, monkeypatch):
    (tmp_path / "report.png").write_bytes(b"old")

    def half(self, path, **kwargs):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", half)
    with pytest.raises(KeyboardInterrupt):
        draw(tmp_path / "report.png")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("report.png", b"old")]


def test_montage_places_every_tile():
    tiles = np.arange(5 * 2 * 3, dtype=float).reshape(5, 2, 3)
    sheet = report.montage(tiles)
    assert sheet.shape == (2 * 3 - 1, 3 * 4 - 1)  # two lines of three tiles, one pixel between them
    np.testing.assert_array_equal(sheet[3:5, 4:7], tiles[4])
    np.testing.assert_array_equal(np.sort(sheet[~np.isnan(sheet)]), np.arange(30))


def test_activations_are_those_of_the_layers_with_weights():
    import minigrad as mg

    shapes = [a.shape for a in report.activations(ARCHITECTURES["cnn"](), mg.zeros(1, 1, 28, 28))]
    assert shapes == [(16, 28, 28), (32, 14, 14), (64, 7, 7)]
    shapes = [a.shape for a in report.activations(ARCHITECTURES["mlp"](), mg.zeros(1, 1, 28, 28))]
    assert shapes == [(128, 1, 1), (64, 1, 1), (32, 1, 1)]
