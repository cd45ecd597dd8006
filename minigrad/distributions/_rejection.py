"""Random numbers that no inverse gives: standard gamma, with the gradient of its implicit function, and von Mises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from .._core import Tensor
from ..autograd import Function
from ..autograd.function import once_differentiable
from ..ops._examples import by_numpy
from ..ops.distributions import _elementwise, _inside, _uniforms
from ..ops.generator import _drawn, default_generator


def _until_accepted(count: int, propose: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """propose(which) says what the elements `which` become, and which of that stands; the others draw again."""
    out, left = np.empty(count), np.arange(count)
    while left.size:
        values, accepted = propose(left)
        out[left[accepted]] = values[accepted]
        left = left[~accepted]
    return out


def _draw(op: str, *shape: int) -> np.ndarray:
    return _inside(_uniforms(op, shape, None).numpy())


# ---- gamma ----


def _log_gamma_numbers(alpha: np.ndarray) -> np.ndarray:
    seed, offset = default_generator.take(alpha.size, 2)
    return _by_kernel("log_gamma_numbers", (seed, offset), alpha)


def log_gamma_slope(alpha: np.ndarray, z: np.ndarray) -> np.ndarray:
    """dz / dalpha at a constant value of the distribution function, for z the logarithm of a standard gamma number."""
    return _by_kernel("log_gamma_slope", (), alpha, z)


def _by_kernel(kernel: str, params: tuple[int, ...], *arrays: np.ndarray) -> np.ndarray:
    inputs = [_core.from_numpy(np.require(a, requirements=("C", "W"))) for a in arrays]
    out = _core.empty(inputs[0].shape, inputs[0].dtype)
    if out.numel():
        _core.launch_as(kernel, out.dtype, [out, *inputs], params)
    return out.numpy()


class LogGamma(Function):
    """Logarithms of standard gamma random numbers, which do not underflow where the numbers do.

    The gradient is that of the inverse distribution function, by the theorem of implicit functions, exact to rounding. See
    csrc/kernels/random_gamma.c. Sources: Marsaglia & Tsang, "A simple method for generating gamma variables", 2000; Figurnov, Mohamed &
    Mnih, "Implicit reparameterization gradients", arXiv:1805.08498.
    """

    @staticmethod
    def forward(ctx: Any, alpha: Tensor) -> Tensor:
        (own,) = _elementwise("standard_gamma", alpha)
        if not _core.has_kernel("log_gamma_numbers", own.dtype):
            own = _core.cast(own, _core.float32)
        z = by_numpy(_log_gamma_numbers, own)
        ctx.save_for_backward(own, z)
        return _core.cast(z, alpha.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> Tensor:
        alpha, z = ctx.saved_tensors
        return g * _core.cast(by_numpy(log_gamma_slope, alpha, z), g.dtype)


def log_gamma(alpha: Tensor) -> Tensor:
    """See LogGamma."""
    return LogGamma.apply(alpha)


# ---- von Mises ----


def _von_mises_numbers(kappa: np.ndarray) -> np.ndarray:
    flat = kappa.reshape(-1)
    narrow = flat > 1e8  # where normal numbers are as good, and c below is lost to cancellation
    k = np.where((flat > 1e-300) & ~narrow, flat, 1e-300)
    tau = 1 + np.sqrt(1 + 4 * k * k)
    tiny = k < 1e-5  # rho would be lost to cancellation
    rho = np.where(tiny, 1.0, (tau - np.sqrt(2 * tau)) / (2 * k))
    r = np.where(tiny, 1 / k + k, (1 + rho * rho) / (2 * rho))

    def propose(i: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u = _draw("von_mises", 3, i.size)
        z = np.cos(np.pi * u[0])
        f = np.clip((1 + r[i] * z) / (r[i] + z), -1, 1)
        c = k[i] * (r[i] - f)
        accepted = (c * (2 - c) > u[1]) | (np.log(c / u[1]) + 1 - c >= 0)
        return np.where(u[2] < 0.5, -1, 1) * np.arccos(f), accepted

    out = _until_accepted(k.size, propose)
    if narrow.any():
        out[narrow] = _drawn("von_mises", "normal", (int(narrow.sum()),), _core.float64, None, 0.0, 1.0).numpy() / np.sqrt(flat[narrow])
    return np.where(flat >= 0, out, np.nan).reshape(kappa.shape)


def von_mises(concentration: Tensor) -> Tensor:
    """Angles around 0 in [-pi, pi], float64. Source: Best & Fisher, "Efficient simulation of the von Mises distribution", 1979."""
    return by_numpy(_von_mises_numbers, _core.cast(_elementwise("von_mises", concentration)[0], _core.float64))
