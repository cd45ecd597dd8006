"""x[...] with every kind of index in one key, read, written and accumulated, against PyTorch (which NumPy differs from where ints and arrays mix)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.testing import LAYOUTS, laid_out

KINDS = ("array", "array", "broadcast", "slice", "whole", "int", "mask", "matrix mask", "none", "dots", "list", "bool", "numpy int", "stop")


@st.composite
def keys(draw):
    """A shape and a key for it. Index arrays and masks all stand for `count` places, or broadcast to that."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    count, rng = draw(st.integers(1, 3)), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    key: list = []
    d = 0
    while d < len(shape):
        kind, n = draw(st.sampled_from(KINDS)), shape[d]
        if kind == "stop":
            break
        if kind == "none":
            key += [None] * (sum(k is None for k in key) < 2)
        elif kind == "bool":
            key += [draw(st.booleans())] * (not any(isinstance(k, bool) for k in key))
        elif kind == "dots":
            if Ellipsis not in [k for k in key if not isinstance(k, (np.ndarray, list))]:
                key.append(Ellipsis)
                d += draw(st.integers(0, len(shape) - d))
                key += [rng.integers(-n, n, count) if draw(st.booleans()) else slice(None) for n in shape[d:]]
                break
        elif kind == "matrix mask":
            if d + 2 <= len(shape) and n * shape[d + 1] >= count:
                mask = np.zeros(n * shape[d + 1], bool)
                mask[rng.permutation(mask.size)[:count]] = True
                key.append(mask.reshape(shape[d : d + 2]))
                d += 2
        elif kind != "mask" or n >= count:
            key.append({
                "array": lambda n=n: rng.integers(-n, n, count),
                "broadcast": lambda n=n: rng.integers(-n, n, draw(st.sampled_from([(1,), (2, 1), (2, count)]))),
                "slice": lambda n=n: slice(draw(st.integers(-n - 1, n + 1)), draw(st.integers(-n - 1, n + 1)), draw(st.sampled_from([None, 1, 2]))),
                "whole": lambda: slice(None),
                "int": lambda n=n: draw(st.integers(-n, n - 1)),
                "numpy int": lambda n=n: np.int64(draw(st.integers(-n, n - 1))),
                "mask": lambda n=n: np.isin(np.arange(n), rng.permutation(n)[:count]),
                "list": lambda n=n: rng.integers(-n, n, count).tolist(),
            }[kind]())  # fmt: skip
            d += 1
    return shape, tuple(key)


def of(make, key):
    return tuple(make(k.copy()) if isinstance(k, np.ndarray) else k for k in key)


@given(keys(), st.sampled_from(list(LAYOUTS)), st.sampled_from(["whole", "number", "row"]))
def test_key(case, layout, kind):
    torch = pytest.importorskip("torch")
    shape, key = case
    a = np.arange(float(np.prod(shape))).reshape(shape)
    x, t = laid_out(a, layout).requires_grad_(), torch.from_numpy(a.copy()).requires_grad_()
    theirs, ours = of(torch.from_numpy, key), of(mg.from_numpy, key)
    try:
        want = t[theirs]
    except IndexError:  # False selects nothing, which does not broadcast with several places
        with pytest.raises(IndexError, match="cannot be broadcast together"):
            x[ours]
        return
    got = x[ours]
    np.testing.assert_array_equal(got.numpy(force=True), want.detach().numpy(), strict=True)
    g = np.asarray(np.random.default_rng(0).integers(-9, 9, want.shape), np.float64)
    np.testing.assert_array_equal(*(space.grad(y, z, make(g.copy()))[0].numpy() for space, y, z, make in (
        (mg.autograd, got, x, mg.from_numpy), (torch.autograd, want, t, torch.from_numpy))))  # fmt: skip

    # Written: where a place is named twice the last value stays here, while torch leaves it open; so then one value for all.
    places = got.numpy(force=True).ravel()
    once = len(np.unique(places)) == places.size
    value = np.asarray(g if kind == "whole" and once else g[0] if kind == "row" and g.ndim and g.shape[0] and once else 7.5)
    y, z = laid_out(a, layout) * 1, torch.from_numpy(a.copy())
    y[ours] = mg.from_numpy(np.array(value))
    z[theirs] = torch.from_numpy(np.array(value))
    np.testing.assert_array_equal(y.numpy(), z.numpy())

    # Added to: x[key] += value reads, adds, writes, as everywhere in Python.
    if once:
        y[ours] += mg.from_numpy(np.array(value))
        z[theirs] += torch.from_numpy(np.array(value))
        np.testing.assert_array_equal(y.numpy(), z.numpy())


@given(keys())
def test_accumulated(case):
    """index_put(accumulate=True) adds for every time that a place is named."""
    torch = pytest.importorskip("torch")
    shape, key = case
    if not key or any(not isinstance(k, (np.ndarray, list)) for k in key):
        return
    key = tuple(np.asarray(k) for k in key)
    a = np.arange(float(np.prod(shape))).reshape(shape)
    value = np.asarray(np.random.default_rng(1).integers(-9, 9, a[key].shape), np.float64)
    want = torch.index_put(torch.from_numpy(a), of(torch.from_numpy, key), torch.from_numpy(value), accumulate=True)
    got = mg.index_put(mg.from_numpy(a), of(mg.from_numpy, key), mg.from_numpy(value), accumulate=True)
    np.testing.assert_array_equal(got.numpy(), want.numpy())
