"""Fourier transforms against PyTorch (where installed) and NumPy: values, dtypes and gradients over all options."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.testing import gradcheck, gradgradcheck

ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
SEVERAL = tuple(f"{n}n" for n in ONE)
REAL_INPUT = ("rfft", "ihfft")
NORMS = st.sampled_from([None, "backward", "forward", "ortho"])


def torch_and(function: str):
    torch = pytest.importorskip("torch")
    return torch, getattr(torch.fft, function)


def drawn(rng, shape, complex: bool, single: bool = False):
    a = rng.standard_normal(shape) + (1j * rng.standard_normal(shape) if complex else 0)
    return np.asarray(a).astype(("complex64" if complex else "float32") if single else a.dtype)


def compare(torch, ours, theirs, *arrays, rtol=1e-9):
    """Value, dtype, and the gradient of every array for a random cotangent."""
    x = [mg.from_numpy(a.copy()).requires_grad_() for a in arrays]
    t = [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
    y, want = ours(*x), theirs(*t)
    assert str(want.dtype)[6:] == y.dtype.name
    np.testing.assert_allclose(y.detach().numpy(), want.detach().resolve_conj().numpy(), rtol, atol=rtol)
    g = drawn(np.random.default_rng(0), y.shape, y.is_complex()).astype(y.dtype.numpy)
    y.backward(mg.from_numpy(g.copy()))
    want.backward(torch.from_numpy(g.copy()))
    for a, b in zip(x, t, strict=True):
        assert a.grad.dtype is a.dtype
        np.testing.assert_allclose(a.grad.numpy(), b.grad.resolve_conj().numpy(), rtol, atol=rtol)


@pytest.mark.parametrize("name", ONE)
@given(data=st.data())
def test_one_dimension(name, data):
    torch, theirs = torch_and(name)
    shape = data.draw(st.lists(st.integers(2, 6), min_size=1, max_size=3))
    options = {
        "n": data.draw(st.none() | st.integers(1, 8)),
        "dim": data.draw(st.integers(-len(shape), len(shape) - 1)),
        "norm": data.draw(NORMS),
    }
    complex = name not in REAL_INPUT and data.draw(st.booleans())
    a = drawn(np.random.default_rng(data.draw(st.integers(0, 99))), shape, complex)
    compare(torch, lambda x: getattr(mg.fft, name)(x, **options), lambda x: theirs(x, **options), a)


@pytest.mark.parametrize("name", (*SEVERAL, "fft2", "irfft2", "ihfft2"))
@given(data=st.data())
def test_several_dimensions(name, data):
    torch, theirs = torch_and(name)
    shape = data.draw(st.lists(st.integers(2, 5), min_size=2, max_size=3))
    count = 2 if name[-1] == "2" else data.draw(st.integers(1, len(shape)))
    options = {"norm": data.draw(NORMS)}
    if data.draw(st.booleans()):
        options["dim"] = tuple(data.draw(st.permutations(range(-len(shape), 0)))[:count])
    if data.draw(st.booleans()):
        have = len(options["dim"]) if "dim" in options else count
        options["s"] = tuple(data.draw(st.integers(1, 6) | st.just(-1)) for _ in range(have))
    complex = name[:-1] not in REAL_INPUT and data.draw(st.booleans())
    a = drawn(np.random.default_rng(data.draw(st.integers(0, 99))), shape, complex)
    compare(torch, lambda x: getattr(mg.fft, name)(x, **options), lambda x: theirs(x, **options), a)


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("n", [None, 5, 8])
def test_gradients_to_second_order(name, n):
    x = mg.from_numpy(drawn(np.random.default_rng(1), (2, 6), name not in REAL_INPUT)).requires_grad_()
    assert gradcheck(lambda x: getattr(mg.fft, name)(x, n), (x,))
    # Squared, for a second derivative that is not zero.
    assert gradgradcheck(lambda x: getattr(mg.fft, name)(x, n).abs() ** 2, (x,))


@pytest.mark.parametrize("name", ONE + SEVERAL)
def test_precision_and_numpy(name):
    """Single precision stays single; NumPy's values (its n-dimensional hfft does not exist)."""
    complex = name.rstrip("n") not in REAL_INPUT
    a = drawn(np.random.default_rng(2), (3, 6), complex, single=True)
    y = getattr(mg.fft, name)(mg.from_numpy(a.copy()))
    assert y.dtype in (mg.float32, mg.complex64)
    if hasattr(np.fft, name):
        np.testing.assert_allclose(y.numpy(), getattr(np.fft, name)(a.astype(np.complex128 if complex else np.float64)), 1e-5, atol=1e-5)


def test_integers_and_bool_become_floats():
    for dtype in (mg.int64, mg.uint8, mg.bool):
        assert mg.fft.fft(mg.ones(4, dtype=dtype)).dtype is mg.complex64
        assert mg.fft.rfft(mg.ones(4, dtype=dtype)).dtype is mg.complex64
    with pytest.raises(mg.DTypeError, match="fft: not defined for float16"):
        mg.fft.fft(mg.ones(4, dtype=mg.float16))


def test_frequencies_and_shifts():
    for n in (1, 4, 5):
        np.testing.assert_allclose(mg.fft.fftfreq(n, 0.5).numpy(), np.fft.fftfreq(n, 0.5))
        np.testing.assert_allclose(mg.fft.rfftfreq(n, 0.5, dtype=mg.float64).numpy(), np.fft.rfftfreq(n, 0.5), strict=True)
    a = np.arange(30).reshape(5, 6)
    for dim in (None, 0, (1,), (0, 1)):
        np.testing.assert_array_equal(mg.fft.fftshift(mg.tensor(a), dim).numpy(), np.fft.fftshift(a, dim))
        np.testing.assert_array_equal(mg.fft.ifftshift(mg.tensor(a), dim).numpy(), np.fft.ifftshift(a, dim))
    with pytest.raises(mg.ShapeError, match="fftfreq: expected at least 1 sample, got 0"):
        mg.fft.fftfreq(0)


# ---- short-time transforms ----


@given(data=st.data())
def test_stft(data):
    torch = pytest.importorskip("torch")
    n_fft = data.draw(st.integers(3, 9))
    width = data.draw(st.none() | st.integers(1, n_fft))
    complex = data.draw(st.booleans())
    options = {
        "hop_length": data.draw(st.integers(1, n_fft)), "win_length": width, "normalized": data.draw(st.booleans()), "center": data.draw(st.booleans()),
        "return_complex": complex or data.draw(st.booleans()), "onesided": False if complex else data.draw(st.sampled_from([None, True, False])),
    }  # fmt: skip
    if options["center"]:
        options["pad_mode"] = data.draw(st.sampled_from(["reflect", "constant", "replicate", "circular"]))
    elif (n_fft - (width or n_fft)) % 2 == 0:  # torch 2.13 reads past the end of the signal where it is odd
        options["align_to_window"] = data.draw(st.sampled_from([None, True, False]))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    a = drawn(rng, data.draw(st.sampled_from([(20,), (2, 15)])), complex)
    w = rng.uniform(0.2, 1, width or n_fft)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if data.draw(st.booleans()):
            compare(
                torch, lambda x, w: mg.stft(x, n_fft, window=w, **options), lambda x, w: torch.stft(x, n_fft, window=w, **options), a, w
            )
        else:
            compare(torch, lambda x: mg.stft(x, n_fft, **options), lambda x: torch.stft(x, n_fft, **options), a)


@given(data=st.data())
def test_istft(data):
    torch = pytest.importorskip("torch")
    n_fft = data.draw(st.integers(3, 8))
    width = data.draw(st.none() | st.integers((n_fft + 1) // 2, n_fft))
    hop = data.draw(st.integers(1, max(1, (width or n_fft) // 2)))
    onesided, center = data.draw(st.booleans()), data.draw(st.booleans())
    options = {
        "hop_length": hop, "win_length": width, "normalized": data.draw(st.booleans()), "onesided": onesided,
        "return_complex": not onesided and data.draw(st.booleans()), "center": center,
        "length": data.draw(st.none() | st.integers(4, 20)),
    }  # fmt: skip
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    entries = n_fft // 2 + 1 if onesided else n_fft
    a = drawn(rng, (*data.draw(st.sampled_from([(), (2,)])), entries, data.draw(st.integers(3, 5))), True)
    if onesided:  # what has no influence in a real signal gets another gradient of 0 there
        a[..., 0, :].imag = 0
    w = rng.uniform(0.2, 1, width or n_fft)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            torch.istft(torch.from_numpy(a.copy()), n_fft, window=torch.from_numpy(w), **options)
        except RuntimeError:
            with pytest.raises(mg.ShapeError, match="istft"):
                mg.istft(mg.from_numpy(a.copy()), n_fft, window=mg.from_numpy(w), **options)
            return
        compare(torch, lambda x, w: mg.istft(x, n_fft, window=w, **options), lambda x, w: torch.istft(x, n_fft, window=w, **options), a, w)


def test_round_trip():
    x = mg.randn(2, 50, dtype=mg.float64)
    window = mg.from_numpy(np.hanning(17)[:-1].copy())
    back = mg.istft(mg.stft(x, 16, 4, window=window, return_complex=True), 16, 4, window=window, length=50)
    np.testing.assert_allclose(back.numpy(), x.numpy(), atol=1e-12)


def test_refusals():
    x = mg.ones(20)
    with pytest.raises(mg.DTypeError, match="no redundant half"):
        mg.stft(x.cfloat(), 8, onesided=True)
    with pytest.raises(ValueError, match="align_to_window means something only with center=False"):
        mg.stft(x, 8, align_to_window=True, return_complex=True)
    with pytest.raises(mg.ShapeError, match=r"expected a signal of shape \(L,\) or \(B, L\)"):
        mg.stft(mg.ones(2, 2, 20), 8, return_complex=True)
    with pytest.raises(mg.DTypeError, match="return_complex needs onesided=False"):
        mg.istft(mg.ones(5, 3).cfloat(), 8, return_complex=True)
    with pytest.raises(mg.ShapeError, match="fftn: a dimension is named twice"):
        mg.fft.fftn(mg.ones(2, 2), dim=(0, -2))
