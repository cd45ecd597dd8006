"""The same call here and in PyTorch: values and gradients."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg

torch = pytest.importorskip("torch")


def compare(ours, theirs, *arrays, rtol=1e-10, grad_rtol=1e-9, check_grad=True, constants=()):
    """ours(*tensors) and theirs(*tensors): the same value, and the same gradient of every float array, for a random cotangent."""
    x = [mg.from_numpy(np.array(a)) if isinstance(a, np.ndarray) else a for a in arrays]
    t = [torch.from_numpy(np.array(a)) if isinstance(a, np.ndarray) else a for a in arrays]
    leaves = [i for i, a in enumerate(arrays) if isinstance(a, np.ndarray) and a.dtype.kind == "f" and check_grad and i not in constants]
    for i in leaves:
        x[i].requires_grad_()
        t[i].requires_grad_()
    y, want = ours(*x), theirs(*t)
    several = isinstance(y, tuple)
    for got, expected in zip(y if several else (y,), want if several else (want,), strict=True):
        assert got.shape == tuple(expected.shape)
        np.testing.assert_allclose(got.detach().numpy(), expected.detach().numpy(), rtol, atol=1e-12, strict=True)
    y, want = (y[0], want[0]) if several else (y, want)
    if leaves:
        g = np.random.default_rng(0).standard_normal(y.shape)
        y.backward(mg.from_numpy(np.array(g)).to(y.dtype))
        want.backward(torch.from_numpy(np.array(g)).to(want.dtype))
        for i in leaves:
            got = np.zeros(x[i].shape) if x[i].grad is None else x[i].grad.numpy()
            expected = np.zeros(x[i].shape) if t[i].grad is None else t[i].grad.numpy()
            np.testing.assert_allclose(got, expected, grad_rtol, atol=1e-10, err_msg=f"gradient of argument {i}")


def array(seed, *shape):
    return np.asarray(np.random.default_rng(seed).standard_normal(shape))
