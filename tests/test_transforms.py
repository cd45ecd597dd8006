"""Transforms: identities, what a batch has in common with its images, reproducibility, dtypes, masks, labels, and what errors say."""

from __future__ import annotations

import inspect
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import transforms as T
from minigrad.transforms import functional as F

SHAPE = (5, 3, 8, 11)
RANDOM = {
    "RandomCrop": lambda **k: T.RandomCrop((6, 7), padding=2, **k),
    "RandomHorizontalFlip": T.RandomHorizontalFlip,
    "RandomVerticalFlip": T.RandomVerticalFlip,
    "RandomRotation": lambda **k: T.RandomRotation(30, "bilinear", **k),
    "RandomAffine": lambda **k: T.RandomAffine(20, (0.2, 0.1), (0.8, 1.2), (-5, 5, -9, 9), "bilinear", **k),
    "ElasticTransform": lambda **k: T.ElasticTransform(60.0, 3.0, **k),
    "RandomErasing": lambda **k: T.RandomErasing(0.8, value="random", **k),
    "Cutout": lambda **k: T.Cutout(4, **k),
    "ColorJitter": lambda **k: T.ColorJitter(0.5, 0.5, (0.0, 2.0), **k),
    "GaussianNoise": lambda **k: T.GaussianNoise(sigma=(0.1, 0.3), **k),
    "GaussianBlur": lambda **k: T.GaussianBlur((3, 5), **k),
    "RandomApply": lambda **k: T.RandomApply(T.GaussianBlur(3, 1.0), 0.5, **k),
    "RandomChoice": lambda **k: T.RandomChoice([T.GaussianBlur(3, 1.0), T.Lambda(lambda x: x / 2)], [1, 3], **k),
}
FIXED = {
    "Pad": lambda: T.Pad((1, 2, 3, 4), 0.5),
    "CenterCrop": lambda: T.CenterCrop((6, 13)),
    "Resize": lambda: T.Resize(5),
    "Normalize": lambda: T.Normalize([0.1, 0.2, 0.3], 0.5),
    "Grayscale": T.Grayscale,
    "ToDtype": lambda: T.ToDtype(mg.float64, scale=True),
    "Compose": lambda: T.Compose([T.Pad(1), T.CenterCrop(6)]),
    "Lambda": lambda: T.Lambda(lambda x: 1 - x),
}
POINTWISE = {"Cutout", "ColorJitter", "GaussianNoise", "GaussianBlur", "RandomErasing", "Normalize", "Grayscale", "ToDtype", "Lambda"}


@pytest.fixture(autouse=True)
def seeded():
    mg.manual_seed(0)


def images(*shape, dtype=mg.float32):
    x = mg.from_numpy(np.random.default_rng(0).random(shape or SHAPE, np.float32))
    return (x * 255).round().to(dtype) if dtype is mg.uint8 else x.to(dtype)


def same(a, b):
    assert a.dtype is b.dtype
    np.testing.assert_array_equal(a.numpy(), b.numpy())


def close(a, b, atol=1e-5):
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=0, atol=atol)


# ---- what holds for all ----


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_come_from_the_generator(name):
    x = images()
    mg.manual_seed(3)
    first = RANDOM[name]()(x)
    assert not (RANDOM[name]()(x).numpy() == first.numpy()).all()  # another draw
    mg.manual_seed(3)
    same(RANDOM[name]()(x), first)
    state = mg.get_rng_state()
    own = RANDOM[name](generator=mg.Generator().manual_seed(3))
    if "Choice" not in name and "Apply" not in name:  # those inside draw for themselves
        same(own(x), first)
        assert (mg.get_rng_state() == state).all()


@pytest.mark.parametrize("name", [*RANDOM, *FIXED])
def test_images_stay_as_they_are(name):
    x = images()
    before, version = x.numpy().copy(), x._version
    {**RANDOM, **FIXED}[name]()(x)
    np.testing.assert_array_equal(x.numpy(), before)
    assert x._version == version


FOR_FLOATS = ("Normalize", "Lambda", "RandomChoice")  # or made of a function that is


@pytest.mark.parametrize(
    "name, dtype",
    [
        pytest.param(name, dtype, id=f"{name}-{dtype.name}")
        for dtype in (mg.uint8, mg.float16, mg.float32, mg.float64)
        for name in [*RANDOM, *FIXED]
        if dtype is not mg.uint8 or name not in FOR_FLOATS
    ],
)
def test_dtypes_stay(name, dtype):
    x = images(dtype=dtype)
    y = {**RANDOM, **FIXED}[name]()(x)
    assert y.dtype is (mg.float64 if name == "ToDtype" else dtype)
    assert y.ndim == 4 and len(y) == len(x)


@pytest.mark.parametrize("name", [*RANDOM, *FIXED])
def test_one_image_is_a_batch_of_one(name):
    x = images(1, *SHAPE[1:])
    mg.manual_seed(1)
    one = {**RANDOM, **FIXED}[name]()(x[0])
    mg.manual_seed(1)
    same(one, {**RANDOM, **FIXED}[name]()(x)[0])
    assert {**RANDOM, **FIXED}[name]()(x[:0]).shape == (0, *one.shape)


@pytest.mark.parametrize("name", [n for n in RANDOM if hasattr(RANDOM[n](), "make_params") and n not in ("RandomErasing", "GaussianNoise")])
def test_a_batch_is_its_images_with_the_same_parameters(name):
    x, t = images(), RANDOM[name]()
    params = t.make_params(x)
    whole = t.transform(x, params)

    def of(value, i):
        if isinstance(value, (list, tuple)):
            return value if value and isinstance(value[0], int) else type(value)(of(v, i) for v in value)
        if name in ("RandomHorizontalFlip", "RandomVerticalFlip"):
            return np.flatnonzero(value == i) * 0
        return value[i : i + 1] if hasattr(value, "shape") and value.shape else value

    for i in range(len(x)):
        close(t.transform(x[i : i + 1], {k: of(v, i) for k, v in params.items()}), whole[i : i + 1], 1e-6)


@pytest.mark.parametrize("name", [*RANDOM, *FIXED])
def test_repr_and_pickle(name):
    t = {**RANDOM, **FIXED}[name]()
    assert type(t).__name__ in repr(t)
    if name not in ("Lambda", "RandomChoice"):
        x = images()
        mg.manual_seed(5)
        y = t(x)
        mg.manual_seed(5)
        same(pickle.loads(pickle.dumps(t))(x), y)


# ---- space ----


@settings(max_examples=max(3, settings.default.max_examples // 5))
@given(seed=st.integers(0, 2**32 - 1), size=st.tuples(st.integers(1, 6), st.integers(1, 6)))
def test_identities(seed, size):
    x = mg.from_numpy(np.random.default_rng(seed).random((2, 3, *size), np.float32))
    same(F.horizontal_flip(F.horizontal_flip(x)), x)
    same(F.vertical_flip(x), mg.flip(x, (2,)))
    same(F.rotate(x, 180), F.vertical_flip(F.horizontal_flip(x)))
    same(F.crop(F.pad(x, (1, 2, 3, 0)), 2, 1, *size), x)
    same(F.center_crop(F.pad(x, 2), size), x)
    same(F.resize(x, size), x)
    same(T.RandomCrop(size)(x), x)
    for mode in ("nearest", "bilinear"):
        same(F.affine(x, 0, (0, 0), 1, 0, mode), x)
        same(F.elastic(x, mg.zeros(1, *size, 2), mode), x)
        same(F.affine(x, 0, (1, 0), 1, 0, mode)[..., 1:], x[..., :-1])
        close(F.affine(x, 37, (0, 0), 1, 0, mode, fill=0.5), F.rotate(x, -37, mode, fill=0.5))
    same(F.adjust_brightness(x, 1), x)
    same(F.to_dtype(F.to_dtype(F.to_dtype(x, mg.uint8, scale=True), scale=True), mg.uint8, scale=True), F.to_dtype(x, mg.uint8, scale=True))


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_right_angles_are_exact(mode):
    x = images(2, 3, 7, 7)
    for k in (1, 2, 3, -1):
        same(F.rotate(x, 90.0 * k, mode), mg.rot90(x, k, (2, 3)))
        same(F.affine(x, -90.0 * k, (0, 0), 1, 0, mode), mg.rot90(x, k, (2, 3)))


def test_affine_is_grid_sample_through_the_inverse_matrix():
    rng = np.random.default_rng(1)
    x = images(4, 2, 9, 6, dtype=mg.float64)
    angle, scale = rng.uniform(-180, 180, 4), rng.uniform(0.5, 2, 4)
    sx, sy, right, down = rng.uniform(-40, 40, 4), rng.uniform(-40, 40, 4), rng.uniform(-3, 3, 4), rng.uniform(-3, 3, 4)
    theta = np.zeros((4, 2, 3))
    for i in range(4):
        a, u, v = np.deg2rad([angle[i], sx[i], sy[i]])
        turn = [[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]]
        forward = np.array(turn) @ [[1, 0], [-math.tan(v), 1]] @ [[1, -math.tan(u)], [0, 1]] * scale[i]
        back = np.linalg.inv(forward)
        half = np.array([6 / 2, 9 / 2])  # pixels that 1 stands for
        theta[i, :, :2] = back * half / half[:, None]
        theta[i, :, 2] = -back @ [right[i], down[i]] / half
    grid = mg.nn.functional.affine_grid(mg.from_numpy(theta), x.shape, align_corners=False)
    want = mg.nn.functional.grid_sample(x, grid, align_corners=False)
    close(F.affine(x, angle, (right, down), mg.from_numpy(scale), (sx, sy), "bilinear"), want, 1e-12)
    field = mg.from_numpy(rng.uniform(-0.5, 0.5, (4, 9, 6, 2)))
    identity = mg.nn.functional.affine_grid(mg.eye(2, 3, dtype=mg.float64).expand(4, 2, 3), x.shape, align_corners=False)
    want = mg.nn.functional.grid_sample(x, identity + field, align_corners=False)
    close(F.elastic(x, field), want, 1e-6)  # places are float32


def test_centre_and_fill():
    x = mg.tensor([[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]])
    # Half a turn about the middle of the left pixel: that stays, the others come from beyond.
    assert F.rotate(x, 180, center=(0.5, 0.5), fill=[8, 9]).tolist() == [[[1, 8, 8]], [[4, 9, 9]]]
    assert F.affine(x, 0, (0.5, 0), 1, 0, "bilinear", fill=[0, 2]).tolist() == [[[0.5, 1.5, 2.5]], [[3, 4.5, 5.5]]]
    assert F.affine(x, 0, (99, -99), 1, 0, fill=7).tolist() == [[[7, 7, 7]], [[7, 7, 7]]]
    assert F.affine(mg.arange(5).reshape(1, 1, 5), 0, (0, 0), 0.5, 0, fill=9).tolist() == [[[9, 0, 2, 4, 9]]]


def test_blocks_of_images_are_one_batch(monkeypatch):
    x, angle = images(7, 2, 5, 4), np.linspace(-40, 40, 7)
    whole = F.rotate(x, angle, "bilinear"), F.rotate(x, 10, "bilinear")
    monkeypatch.setattr("minigrad.transforms._warp.BLOCK", 45)
    same(F.rotate(x, angle, "bilinear"), whole[0])
    same(F.rotate(x, 10, "bilinear"), whole[1])


def test_padding_modes():
    x = images(2, 1, 3, 4)
    for mode in ("edge", "reflect", "symmetric"):
        same(F.pad(x, (1, 2), padding_mode=mode), mg.from_numpy(np.pad(x.numpy(), ((0, 0), (0, 0), (2, 2), (1, 1)), mode)))
    assert F.pad(mg.ones(2, 1, 1), 1, fill=[3, 4])[:, 0, 0].tolist() == [3, 4]
    assert F.center_crop(mg.ones(1, 1, 1), (3, 2)).sum() == 1


def test_crops_cover_all_places():
    x = mg.arange(1, 10).reshape(1, 3, 3).expand(400, 1, 3, 3).contiguous()
    y = T.RandomCrop(2)(x)
    assert sorted(set(y[:, 0, 0, 0].tolist())) == [1, 2, 4, 5]
    assert (y[:, 0, 1, 1] - y[:, 0, 0, 0] == 4).all()
    assert T.RandomCrop((4, 3), pad_if_needed=True)(x[:3]).shape == (3, 1, 4, 3)


def test_resize():
    x = images(2, 3, 6, 9)
    want = mg.nn.functional.interpolate(x, (4, 5), mode="bilinear", antialias=True)
    close(F.resize(x, (4, 5)), want, 0)
    assert F.resize(x, 4).shape == (2, 3, 4, 6) and F.resize(x.transpose(2, 3).contiguous(), 4).shape == (2, 3, 6, 4)
    assert F.resize(images(1, 4, 4, dtype=mg.uint8), 2).dtype is mg.uint8
    same(F.resize(x, (3, 3), "nearest"), x[:, :, ::2, ::3].contiguous())


def test_flips_are_drawn_for_each_image():
    x = images(300, 1, 2, 3)
    flipped = (T.RandomHorizontalFlip(0.3)(x) != x).reshape(300, -1).any(1).sum().item()
    assert 60 < flipped < 120
    same(T.RandomVerticalFlip(1.0)(x), F.vertical_flip(x))
    same(T.RandomVerticalFlip(0.0)(x), x)


def test_random_affine_moves_by_whole_pixels_within_bounds():
    params = T.RandomAffine(0, (0.5, 0.0)).make_params(mg.zeros(200, 1, 4, 6))
    right, down = params["translate"]
    assert set(right) == {-3, -2, -1, 0, 1, 2, 3} and (down == 0).all()
    params = T.RandomAffine((10, 20), scale=(0.5, 0.75), shear=(1, 2)).make_params(mg.zeros(50, 1, 4, 6))
    assert ((params["angle"] >= 10) & (params["angle"] < 20)).all() and ((params["scale"] >= 0.5) & (params["scale"] < 0.75)).all()
    assert ((params["shear"][0] >= 1) & (params["shear"][0] < 2)).all() and params["shear"][1] == 0


def test_elastic_fields_have_the_size_that_is_told():
    field = T.ElasticTransform(60.0, 4.0).make_params(mg.zeros(40, 1, 28, 28))["displacement"]
    assert field.shape == (40, 28, 28, 2)
    pixels = field.numpy() * 14
    assert 0.9 < pixels.std() < 1.6 and abs(pixels.mean()) < 0.2
    assert np.abs(np.diff(pixels, axis=1)).max() < 2  # smooth


# ---- colour ----


def test_to_image():
    assert F.to_image(np.zeros((4, 5), np.uint8)).shape == (1, 4, 5)
    x = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    y = F.to_image(x)
    assert y.dtype is mg.uint8 and (y.numpy() == x.transpose(2, 0, 1)).all()
    same(F.to_image(x[None])[0], y)
    same(T.ToTensor()(x), T.Compose([T.ToImage(), T.ToDtype(scale=True)])(x))
    same(T.ToTensor()(x.astype(np.float32)), y.float())


def test_to_image_reads_pillows():
    image = pytest.importorskip("PIL.Image").new("RGB", (5, 4), (1, 2, 3))
    assert F.to_image(image).shape == (3, 4, 5) and F.to_image(image)[:, 0, 0].tolist() == [1, 2, 3]


def test_colours_by_hand():
    x = mg.tensor([[[200]], [[100]], [[50]]], dtype=mg.uint8)
    grey = 0.2989 * 200 + 0.587 * 100 + 0.114 * 50
    assert F.rgb_to_grayscale(x).item() == round(grey) and F.rgb_to_grayscale(x, 3).shape == (3, 1, 1)
    assert F.adjust_brightness(x, 1.5).flatten().tolist() == [255, 150, 75]
    assert F.adjust_saturation(x, 0.5).flatten().tolist() == [round((v + grey) / 2) for v in (200, 100, 50)]
    x = images(2, 3, 4, 5)
    mean = F.rgb_to_grayscale(x).mean((1, 2, 3), keepdim=True)
    close(F.adjust_contrast(x, 0.3), x * 0.3 + mean * 0.7)
    close(F.adjust_contrast(x, [0.3, 1.0])[1], x[1])
    close(F.adjust_contrast(x, 0.0), mean.expand(x.shape))


def test_blur_is_convolution():
    x, sigma = images(2, 3, 6, 9), 1.3
    weight = np.exp(-0.5 * (np.arange(-2, 3) / sigma) ** 2)
    weight /= weight.sum()
    kernel = mg.from_numpy(np.outer(weight[1:4] / weight[1:4].sum(), weight).astype(np.float32)).expand(3, 1, 3, 5)
    padded = mg.nn.functional.pad(x, (2, 2, 1, 1), mode="reflect")
    close(F.gaussian_blur(x, (5, 3), sigma), mg.nn.functional.conv2d(padded, kernel.contiguous(), groups=3))
    each = F.gaussian_blur(x, 3, [0.5, 2.0])
    close(each[1], F.gaussian_blur(x[1], 3, 2.0))
    close(F.gaussian_blur(mg.full((1, 2, 3), 0.25), 9, 5.0), mg.full((1, 2, 3), 0.25))  # wider than the image


def test_noise():
    x = mg.full((1, 1, 200, 200), 0.5)
    y = T.GaussianNoise(0.1, 0.05)(x)
    assert y.mean().item() == pytest.approx(0.6, abs=0.002) and y.std().item() == pytest.approx(0.05, rel=0.05)
    assert F.gaussian_noise(x, sigma=2.0).max() == 1 and F.gaussian_noise(x, sigma=2.0, clip=False).max() > 1
    y = F.gaussian_noise(mg.full((1, 200, 200), 100, dtype=mg.uint8), sigma=0.02).float()
    assert y.std().item() == pytest.approx(0.02 * 255, rel=0.1)


def test_erasing():
    x = mg.ones(300, 3, 20, 30)
    y = T.RandomErasing(0.5, (0.1, 0.2), value=[0, 0.25, 0.5])(x)
    hidden = (y[:, 0] == 0).float().mean((1, 2)).numpy()
    assert 110 < (hidden > 0).sum() < 190
    assert ((hidden == 0) | ((hidden > 0.08) & (hidden < 0.22))).all()
    assert sorted(set(y[:, 2].flatten().tolist())) == [0.5, 1]
    hidden = (T.Cutout(6)(x)[:, 0] == 0).sum((1, 2))
    assert hidden.max() == 36 and hidden.min() >= 9
    assert len(set(T.RandomErasing(1.0, value="random")(x)[0, 0].flatten().tolist())) > 5
    painted = T.RandomErasing(1.0, (0.3, 0.3), value="random")(images(1, 40, 40, dtype=mg.uint8) * 0)
    assert painted.max() > 220 and painted.float()[painted > 0].mean().item() == pytest.approx(127, abs=12)
    assert F.erase(mg.zeros(1, 1, 1, dtype=mg.uint8), 0, 0, 1, 1, 300.7).item() == 255


# ---- those made of others ----


def test_apply_and_choice_go_by_image():
    x = mg.ones(400, 1, 2, 2)
    y = T.RandomApply([T.Lambda(lambda x: x * 2), T.Lambda(lambda x: x + 1)], 0.25)(x)
    assert sorted(set(y.flatten().tolist())) == [1, 3] and 60 < (y[:, 0, 0, 0] == 3).sum() < 140
    y = T.RandomChoice([T.Lambda(lambda x, k=k: x * k) for k in (2, 3, 4)], [1, 0, 3])(x)
    assert sorted(set(y.flatten().tolist())) == [2, 4] and 60 < (y[:, 0, 0, 0] == 2).sum() < 140
    with pytest.raises(ValueError, match="RandomApply: images of one batch must come out alike"):
        T.RandomApply(T.Pad(1), 0.5)(x)
    assert T.RandomApply(T.Pad(1), 1.0)(x).shape == (400, 1, 4, 4)


GEOMETRIC = [n for n in [*RANDOM, *FIXED] if n not in POINTWISE and n not in ("RandomApply", "RandomChoice")]


@pytest.mark.parametrize("name", GEOMETRIC)
def test_masks_go_with_their_images(name):
    t = {**RANDOM, **FIXED}[name]()
    if hasattr(t, "interpolation"):  # as the masks'
        t.interpolation = "nearest"
    t = T.Pad((1, 2, 3, 4)) if name == "Pad" else t
    mask = mg.from_numpy(np.random.default_rng(2).integers(0, 200, (5, 8, 11)))
    x = mask.unsqueeze(1).float()
    y, moved, channel = t(x, mask, mask.unsqueeze(1))
    assert moved.dtype is mg.int64 and moved.shape == (5, *y.shape[2:])
    same(moved.float(), y[:, 0].contiguous())
    same(channel[:, 0].contiguous(), moved)
    y, moved = t(x[0], mask[0])
    same(moved.float(), y[0].contiguous())


@pytest.mark.parametrize("name", sorted(POINTWISE))
def test_masks_keep_their_values(name):
    mask = mg.randint(9, (5, 8, 11))
    x = images()
    y, kept = {**RANDOM, **FIXED}[name]()(x, mask)
    same(kept, mask)
    assert y.shape[2:] == x.shape[2:]


def test_groups_take_masks_along():
    mask = mg.randint(9, (50, 8, 11))
    x = mask.unsqueeze(1).float()
    t = T.Compose([T.RandomApply(T.RandomHorizontalFlip(1.0)), T.RandomChoice([T.RandomVerticalFlip(1.0), T.RandomRotation((180, 180))])])
    y, moved = t(x, mask)
    same(moved.float(), y[:, 0].contiguous())
    assert not (y == x).all()
    pair = T.RandomCrop(5)(x, x + 1)  # two images with one place
    same(pair[0] + 1, pair[1])


# ---- labels ----


def test_mixup():
    x, labels = images(6, 1, 3, 4), mg.tensor([0, 1, 2, 0, 1, 2])
    y, soft = T.MixUp(alpha=0.4, num_classes=3)(x, labels)
    lam = soft[0, 0].item()
    assert 0 <= lam <= 1
    close(y, x * lam + x.roll(1, 0) * (1 - lam))
    hot = mg.nn.functional.one_hot(labels, 3).float()
    close(soft, hot * lam + hot.roll(1, 0) * (1 - lam))
    mg.nn.functional.cross_entropy(mg.zeros(6, 3), soft)
    mg.manual_seed(0)
    same(T.MixUp(alpha=0.4)(x, hot)[0], y)  # shares instead of classes


def test_shares_are_drawn_from_beta():
    mix = T.MixUp(alpha=2.0, num_classes=2)
    shares = [mix(mg.zeros(2, 1, 1, 1), mg.tensor([0, 1]))[1][0, 0].item() for _ in range(400)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.04) and np.var(shares) == pytest.approx(0.05, abs=0.012)


def test_cutmix_labels_are_shares_of_the_area():
    labels = mg.tensor([0, 1])
    x = mg.tensor([0.0, 1.0]).reshape(2, 1, 1, 1).expand(2, 1, 9, 7).contiguous()
    mixed = set()
    for _ in range(20):
        y, soft = T.CutMix(num_classes=2)(x, labels)
        close(soft[:, 1], y.mean((1, 2, 3)), 1e-6)
        mixed.add(soft[0, 0].item())
    assert len(mixed) > 5


def test_standardize(tmp_path):
    rng = np.random.default_rng(0)
    x = mg.from_numpy(rng.normal(3, 2, (50, 4)).astype(np.float32))
    x[:, 1] = 0.1
    t = T.Standardize().fit(x)
    y = t(x)
    close(y.mean(0), mg.zeros(4))
    close(y.std(0, correction=0), mg.tensor([1.0, 0.0, 1.0, 1.0]))
    close(t.inverse(y), x)
    mg.save(t.state_dict(), tmp_path / "scale.pt")
    other = T.Standardize()
    other.load_state_dict(mg.load(tmp_path / "scale.pt"))
    same(other(x), y)
    pictures = images(6, 3, 4, 5)
    close(T.Standardize((0, 2, 3)).fit(pictures)(pictures).mean((0, 2, 3)), mg.zeros(3))


# ---- errors ----

X = mg.ones(2, 3, 4, 5)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: F.horizontal_flip(np.ones((1, 2, 2))), TypeError, r"horizontal_flip: expected a Tensor \(C, H, W\) or .*got ndarray; to_image"),
        (lambda: F.rotate(mg.ones(2, 2), 3), ValueError, r"rotate: expected an image \(C, H, W\) or a batch .*got shape \(2, 2\)"),
        (lambda: F.rotate(X.bfloat16(), 3), TypeError, "rotate: expected real pixels"),
        (lambda: F.rotate(mg.ones(1, 2, 2, requires_grad=True), 3), RuntimeError, "rotate: transforms record no gradients"),
        (lambda: F.rotate(X, [1, 2, 3]), ValueError, r"rotate: angle must be a number or one for each of 2 images, got shape \(3,\)"),
        (lambda: F.rotate(X, math.nan), ValueError, "rotate: angle must be finite, got nan"),
        (lambda: F.rotate(X, 3, "bicubic"), ValueError, "rotate: interpolation must be one of 'nearest', 'bilinear', got 'bicubic'"),
        (lambda: F.rotate(X, 3, fill=[1, 2]), ValueError, r"rotate: fill must be a number or one for each of 3 channels, got \[1, 2\]"),
        (lambda: F.rotate(X, 3, center=(1,)), ValueError, r"rotate: center must be two numbers, \(x, y\), got \(1,\)"),
        (lambda: F.rotate(mg.ones(1, 0, 4), 3), ValueError, r"rotate: nothing to read in an image of shape \(1, 0, 4\)"),
        (lambda: F.affine(X, 0, 3, 1, 0), ValueError, r"affine: translate must be two, \(right, down\), got 3"),
        (lambda: F.affine(X, 0, (0, 0), 0, 0), ValueError, "affine: scale must be positive, got 0"),
        (lambda: F.affine(X, 0, (0, 0), 1, (1, 2, 3)), ValueError, "affine: shear must be a number or two"),
        (lambda: F.elastic(X, mg.zeros(1, 4, 4, 2)), ValueError, r"elastic: displacement must be \(1 or 2, 4, 5, 2\), got \(1, 4, 4, 2\)"),
        (lambda: F.pad(X, (1, 2, 3)), ValueError, "pad: padding must be 1, 2 or 4 integers of at least 0"),
        (lambda: F.pad(X, 1, padding_mode="wrap"), ValueError, "pad: padding_mode must be one of .*got 'wrap'"),
        (lambda: F.pad(mg.ones(1, 0, 4), 1, padding_mode="edge"), ValueError, "pad: an image of shape .* has no pixels to repeat"),
        (lambda: F.crop(X, 1, 0, 4, 5), ValueError, "crop: 4x5 at rows .* reaches beyond an image of 4x5"),
        (lambda: F.center_crop(X, 0), ValueError, "center_crop: output_size must be an integer of at least 1"),
        (lambda: F.resize(X, (2, 2), "area"), ValueError, "resize: interpolation must be one of"),
        (lambda: F.to_image("a"), TypeError, "to_image: expected an array of numbers or a Pillow image, got str"),
        (lambda: F.to_image(np.zeros(3)), ValueError, r"to_image: expected \(H, W\).*got shape \(3,\)"),
        (lambda: F.to_dtype(X.long(), scale=True), TypeError, "to_dtype: scale=True is for uint8 and floating-point dtypes, got int64"),
        (lambda: F.normalize(X, 0, 0), ValueError, "normalize: std must not be 0, got 0"),
        (lambda: F.normalize(X, [1, 2], 1), ValueError, "normalize: mean must be a number or one for each of 3 channels"),
        (lambda: F.normalize(X.to(mg.uint8), 0, 1), TypeError, "normalize: expected floating-point pixels, got uint8; to_dtype"),
        (lambda: F.rgb_to_grayscale(X[:, :2]), ValueError, "rgb_to_grayscale: expected 1 or 3 channels"),
        (lambda: F.rgb_to_grayscale(X, 2), ValueError, "rgb_to_grayscale: num_output_channels must be 1 or 3, got 2"),
        (lambda: F.adjust_contrast(X, -1), ValueError, "adjust_contrast: contrast_factor must not be negative, got -1"),
        (lambda: F.adjust_brightness(X.long(), 1), TypeError, "adjust_brightness: expected uint8 or floating-point pixels, got int64"),
        (lambda: F.gaussian_blur(X, 4), ValueError, "gaussian_blur: kernel_size must be odd and positive.*got 4"),
        (lambda: F.gaussian_blur(X, 3, 0), ValueError, "gaussian_blur: sigma must be positive, got 0"),
        (lambda: F.gaussian_noise(X, sigma=-1), ValueError, "gaussian_noise: sigma must not be negative, got -1"),
        (lambda: T.RandomHorizontalFlip(1.5), ValueError, "RandomHorizontalFlip: p must be a probability from 0 to 1, got 1.5"),
        (lambda: T.RandomVerticalFlip(-1), ValueError, "RandomVerticalFlip: p must be"),
        (lambda: T.RandomRotation(-3), ValueError, "RandomRotation: degrees must not be negative, got -3"),
        (lambda: T.RandomRotation((3, 1)), ValueError, r"RandomRotation: degrees must be a number or two numbers, the lower first, got \(3, 1\)"),
        (lambda: T.RandomRotation(3, "linear"), ValueError, "RandomRotation: interpolation must be one of"),
        (lambda: T.RandomAffine(3, translate=(2, 0)), ValueError, "RandomAffine: translate must be two shares from 0 to 1"),
        (lambda: T.RandomAffine(3, scale=(0, 1)), ValueError, "RandomAffine: scale must be positive"),
        (lambda: T.RandomCrop(8)(X), ValueError, r"RandomCrop: size \(8, 8\) must fit into the padded image"),
        (lambda: T.RandomCrop("a"), ValueError, "RandomCrop: size must be an integer of at least 1, or two"),
        (lambda: T.ElasticTransform(sigma=0), ValueError, "ElasticTransform: sigma must be a positive number, got 0"),
        (lambda: T.RandomErasing(value="noise"), ValueError, "RandomErasing: value must be numbers or"),
        (lambda: T.RandomErasing(scale=(0, 2)), ValueError, "RandomErasing: scale must be within 0 to 1"),
        (lambda: T.Cutout(0), ValueError, "Cutout: size must be an integer of at least 1, got 0"),
        (lambda: T.ColorJitter(brightness=-1), ValueError, "ColorJitter: brightness must not be negative, got -1"),
        (lambda: T.ColorJitter(contrast=(-1, 1)), ValueError, "ColorJitter: contrast must be a number or two numbers of at least 0"),
        (lambda: T.Compose([3]), TypeError, "Compose: expected transforms, got int"),
        (lambda: T.RandomChoice([], []), ValueError, "RandomChoice: p must be a weight for each of 0 transforms"),
        (lambda: T.Pad(1)(), TypeError, "Pad: expected at least one image"),
        (lambda: T.Pad(1)(X, X[:1]), ValueError, "Pad: input 1 must have the size of the first"),
        (lambda: T.Pad(1)(X, X[0]), ValueError, "Pad: input 1 must be an image or a mask of the first"),
        (lambda: T.Pad(1)(X, 3), TypeError, "Pad: input 1 must be a Tensor, got int"),
        (lambda: T.Transform()(X), NotImplementedError, "Transform: transform is to be written"),
        (lambda: T.MixUp(alpha=0), ValueError, "MixUp: alpha must be positive, got 0"),
        (lambda: T.MixUp()(X, mg.tensor([0, 1])), ValueError, "MixUp: labels .* need num_classes"),
        (lambda: T.MixUp(num_classes=2)(X, mg.tensor([0])), ValueError, r"MixUp: labels must be \(N,\) or \(N, classes\) for 2 images"),
        (lambda: T.CutMix(num_classes=2)(X[0], mg.tensor([0])), ValueError, r"CutMix: expected a batch \(N, C, H, W\)"),
        (lambda: T.CutMix(num_classes=2)(X.long(), mg.tensor([0, 1])), TypeError, "CutMix: expected floating-point pixels, got int64"),
        (lambda: T.Standardize()(X), RuntimeError, "Standardize: fit it on the training data first"),
        (lambda: T.Standardize().fit(mg.ones(2, 3))(mg.ones(2, 4)), ValueError, "Standardize: expected features that fit"),
        (lambda: T.Standardize().fit(mg.ones(2).long()), TypeError, "Standardize.fit: expected floating-point features"),
        (lambda: T.Standardize().fit(mg.ones(0, 2)), ValueError, "Standardize.fit: nothing to measure"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_every_transform_is_among_those_tested_and_told():
    names = {n for n in T.__all__ if inspect.isclass(getattr(T, n))}
    elsewhere = {"MixUp", "CutMix", "Standardize", "ToImage", "ToTensor", "Transform", "Geometric"}
    assert names == {*RANDOM, *FIXED, *elsewhere}
    for name in names - {"Geometric"}:
        assert ">>>" in getattr(T, name).__doc__, name
    for name in F.__all__:
        assert ">>>" in getattr(F, name).__doc__, name
