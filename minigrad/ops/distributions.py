"""Random numbers of other distributions, and methods that fill a tensor in place.

Everything is made of uniform numbers of a generator's stream, in a fixed order, so that it is seeded, and the same for any number
of threads. What one number decides (exponential, cauchy...) is the inverse of the distribution function; counts with a large mean
are drawn by Hörmann's transformed rejection, where the elements that were rejected draw again until none is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from .._core import BatchError, Tensor
from ..errors import DTypeError, ShapeError
from ._examples import as_examples, by_numpy, draw_in_place, drawing, vmaps
from .generator import Generator, _drawn, _overwrite
from .random import _range

__all__ = ["bernoulli", "binomial", "multinomial", "poisson"]


def _uniforms(op: str, shape: Any, generator: Any) -> Tensor:
    """Multiples of 2**-53 in [0, 1), float64."""
    return _drawn(op, "uniform", shape, _core.float64, generator, 0.0, 1.0)


def _inside(u: np.ndarray) -> np.ndarray:
    """0 replaced by 2**-54: both logarithms, of u and of 1 - u, are finite and not 0."""
    return np.maximum(u, 2.0**-54)


def _exponential(op: str, shape: Any, dtype: Any, generator: Any, lambd: float = 1.0) -> Tensor:
    least = 2.0**-24 if dtype is _core.float16 else 0.0  # not 0 in float16 either
    x = by_numpy(lambda u: np.maximum(-np.log1p(-_inside(u)) / lambd, least), _uniforms(op, shape, generator))
    return _core.cast(x, dtype)


# ---- coins and choices ----


def _probability(op: str, p: Any) -> float:
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: expected a probability between 0 and 1, got {p}")
    return float(p)


def _coins(op: str, p: Tensor, generator: Any, dtype: Any) -> Tensor:
    """1 with the probabilities that p holds."""
    _check_float(op, p, "probabilities of a floating-point dtype")
    values = _core.whole(p.detach())
    if values.numel() and not bool(((values >= 0) & (values <= 1)).all()):
        raise ValueError(f"{op}: expected probabilities between 0 and 1, got values from {values.min().item()} to {values.max().item()}")
    return _core.cast(_drawn(op, "uniform", p.shape, _core.float64, generator, 0.0, 1.0) < p.detach(), dtype)


def _check_float(op: str, x: Any, what: str = "a floating-point tensor") -> None:
    if not isinstance(x, Tensor):
        raise TypeError(f"{op}: expected a Tensor, got {type(x).__name__}")
    if not x.is_floating_point():
        raise DTypeError(
            f"{op}: expected {what}, got dtype {x.dtype.name}" if what.startswith("a ") else f"{op}: expected {what}, got {x.dtype.name}"
        )


def _given(op: str, x: Tensor, out: Tensor | None) -> Tensor:
    return x if out is None else _core.write_out(op, out, x)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor:
    """1 with probability input, elementwise (or `p` everywhere), otherwise 0; of input's shape and dtype. No gradient.

    Raises ValueError for probabilities outside 0 to 1.
    >>> mg.bernoulli(mg.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    if p is not None:
        return _given("bernoulli", _drawn("bernoulli", "bernoulli", input.shape, input.dtype, generator, _probability("bernoulli", p)), out)
    return _given("bernoulli", _coins("bernoulli", input, generator, input.dtype), out)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """Indices drawn with probabilities proportional to the rows of input.

    Shapes: input (n,) or (rows, n), not negative; returns int64 (num_samples,) or (rows, num_samples).
    Without `replacement` by exponential keys (Efraimidis & Spirakis, 2006). Raises ValueError for rows without weight, or with
    fewer possible indices than samples.
    >>> mg.multinomial(mg.tensor([0.0, 1.0, 0.0]), 1)
    tensor([1])
    """
    if input.ndim not in (1, 2) or not input.is_floating_point():
        raise ShapeError(f"multinomial: expected floats of shape (n,) or (rows, n), got shape {input.shape} and dtype {input.dtype.name}")
    if num_samples < 1:
        raise ValueError(f"multinomial: expected at least 1 sample, got {num_samples}")
    n = input.shape[-1]
    u = _uniforms("multinomial", (*input.shape[:-1], num_samples if replacement else n), generator)
    choose = _with_replacement if replacement else _without_replacement
    picked = by_numpy(lambda w, u: choose(_weights(w), u, num_samples), _core.cast(input.detach(), _core.float64), u)
    return _given("multinomial", picked, out)


def _weights(w: np.ndarray) -> np.ndarray:
    if not (np.isfinite(w) & (w >= 0)).all() or (w.sum(-1) <= 0).any():
        raise ValueError("multinomial: every row must hold finite values that are not negative, and not only zeros")
    return w


_COMPARED = 1 << 12  # so many comparisons for a row cost less than a search in it, and 2**8 times as many are made at once


def _with_replacement(weights: np.ndarray, u: np.ndarray, num_samples: int) -> np.ndarray:
    rows, numbers = weights.reshape(-1, weights.shape[-1]), u.reshape(-1, num_samples)
    steps = np.cumsum(rows, 1)
    at = numbers * steps[:, -1:]
    picked = np.empty(numbers.shape, np.int64)
    if num_samples * rows.shape[1] <= _COMPARED:
        many = max(1, (_COMPARED << 8) // (num_samples * rows.shape[1]))
        for i in range(0, len(rows), many):
            picked[i : i + many] = np.count_nonzero(steps[i : i + many, None] <= at[i : i + many, :, None], -1)
    else:
        for i in range(len(rows)):
            picked[i] = np.searchsorted(steps[i], at[i], side="right")
    last = rows.shape[1] - 1 - np.argmax(rows[:, ::-1] > 0, 1)  # rounding must not lead beyond the last possible index
    return np.minimum(picked, last[:, None]).reshape(u.shape)


def _without_replacement(weights: np.ndarray, u: np.ndarray, num_samples: int) -> np.ndarray:
    if (np.count_nonzero(weights, -1) < num_samples).any():
        raise ValueError(f"multinomial: cannot draw {num_samples} samples without replacement from a row of fewer values that are not 0")
    with np.errstate(divide="ignore"):
        keys = np.where(weights > 0, -np.log1p(-u) / weights, np.inf)
    picked = np.argpartition(keys, num_samples - 1, -1)[..., :num_samples]
    return np.take_along_axis(picked, np.argsort(np.take_along_axis(keys, picked, -1), -1), -1)


# ---- counts ----

_FACTORIALS = (1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880)


def _log_factorial(k: np.ndarray) -> np.ndarray:
    """log(k!) for whole k >= 0: a table, and from 10 on Stirling's series, whose next term is below 1e-12 there."""
    x = np.maximum(k, 10) + 1.0
    r = 1 / (x * x)
    series = (x - 0.5) * np.log(x) - x + 0.5 * np.log(2 * np.pi) + (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r / 1680))) / x
    return np.where(k < 10, np.log(np.array(_FACTORIALS, np.float64))[np.minimum(k, 9).astype(np.int64)], series)


def _until_accepted(op: str, count: int, generator: Any, propose: Callable[..., tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """propose(which, u, v) says what the elements `which` become with two uniform numbers each, and which of that stands."""
    out, left = np.empty(count), np.arange(count)
    while left.size:
        u, v = _inside(_uniforms(op, (2, left.size), generator).numpy())
        k, accepted = propose(left, u - 0.5, v)
        out[left[accepted]] = k[accepted]
        left = left[~accepted]
    return out


def _by_search(op: str, first: np.ndarray, ratio: Callable[..., np.ndarray], generator: Any) -> np.ndarray:
    """Inversion of a small mean: walk up from 0, probability `first`, by P(k) / P(k - 1) = ratio(which, k)."""
    u = _inside(_uniforms(op, first.shape, generator).numpy())
    out, left, p = np.zeros(first.shape), np.arange(first.size), first.copy()
    for k in range(1, 1000):  # a mean below 10 gets to 100 about never, and rounding must not lead on for ever
        u[left] -= p[left]
        left = left[u[left] > 0]
        if not left.size:
            break
        p[left] *= ratio(left, k)
        out[left] = k
    return out


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Poisson random numbers whose means are input's elements; of its shape and dtype. No gradient.

    Raises ValueError for means that are negative or not finite. Source: Hörmann, "The transformed rejection method for generating
    Poisson random variables", 1993 (algorithm PTRS), for means from 10 on.
    >>> mg.poisson(mg.tensor([0.0, 0.0]))
    tensor([0., 0.])
    """
    _check_float("poisson", input)
    rate = _elementwise("poisson", input)[0]
    return _core.cast(by_numpy(lambda m: _poisson(m, generator), _core.cast(rate, _core.float64)), input.dtype)


def _elementwise(op: str, *tensors: Tensor) -> list[Tensor]:
    """Arguments of which every element draws until it has what it wants: under vmap that makes numbers of each example."""
    levels = drawing(op)
    if len(levels) < len(vmaps()) and any(_core.level_of(t) for t in tensors):
        raise BatchError(f'vmap: {op} of examples has no random numbers that are the same for all; say randomness="different"')
    if not levels:
        return [t.detach() for t in tensors]
    shape = tuple(size for _, size in levels)
    other = as_examples(_core.full_of(shape, 0, _core.float64), levels)
    return [t.detach() + other.to(t.dtype) for t in tensors]


def _poisson(rate: np.ndarray, generator: Any) -> np.ndarray:
    if not (np.isfinite(rate) & (rate >= 0)).all():
        raise ValueError("poisson: expected means that are finite and not negative")
    flat = rate.reshape(-1)
    out = np.empty(flat.shape)
    small = flat < 10
    m = flat[small]
    out[small] = _by_search("poisson", np.exp(-m), lambda which, k: m[which] / k, generator)
    out[~small] = _large_poisson(flat[~small], generator)
    return out.reshape(rate.shape)


def _large_poisson(mean: np.ndarray, generator: Any) -> np.ndarray:
    b = 0.931 + 2.53 * np.sqrt(mean)
    a = -0.059 + 0.02483 * b
    scale, sure = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)

    def propose(i, u, v):
        us = 0.5 - np.abs(u)
        k = np.floor((2 * a[i] / us + b[i]) * u + mean[i] + 0.43)
        exact = np.log(v * scale[i] / (a[i] / (us * us) + b[i])) <= k * np.log(mean[i]) - mean[i] - _log_factorial(np.maximum(k, 0))
        return k, ((us >= 0.07) & (v <= sure[i])) | ((k >= 0) & ((us >= 0.013) | (v <= us)) & exact)

    return _until_accepted("poisson", mean.size, generator, propose)


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of `count` independent trials, each of probability `prob`, succeed; elementwise, of count's dtype. No gradient.

    Shapes: any that broadcast. Dtypes: floats, the same for both. Raises ValueError for a negative count or a prob outside 0 to 1.
    Source: Hörmann, "The generation of binomial random variates", 1993 (algorithm BTRS), for means from 10 on.
    >>> mg.binomial(mg.tensor([3.0, 3.0]), mg.tensor([0.0, 1.0]))
    tensor([0., 3.])
    """
    _check_float("binomial", count)
    _check_float("binomial", prob)
    if count.dtype is not prob.dtype:
        raise DTypeError(f"binomial: expected one dtype, got count {count.dtype.name}, prob {prob.dtype.name}")
    shape = np.broadcast_shapes(count.shape, prob.shape)
    both = (_core.cast(t, _core.float64).expand(shape) for t in _elementwise("binomial", count, prob))
    return _core.cast(by_numpy(lambda n, p: _binomial(n, p, generator), *both), count.dtype)


def _binomial(count: np.ndarray, prob: np.ndarray, generator: Any) -> np.ndarray:
    n, p = np.floor(count.reshape(-1)), prob.reshape(-1)
    if not (np.isfinite(n) & (n >= 0) & (p >= 0) & (p <= 1)).all():
        raise ValueError("binomial: expected counts that are finite and not negative, and probabilities between 0 and 1")
    rare = np.minimum(p, 1 - p)  # of the rarer outcome, whose number is drawn
    out = np.empty(n.shape)
    small = n * rare < 10
    ns, ps = n[small], rare[small]
    odds = ps / (1 - ps)
    out[small] = _by_search("binomial", (1 - ps) ** ns, lambda i, k: np.maximum(ns[i] - k + 1, 0) / k * odds[i], generator)
    out[small] = np.minimum(out[small], ns)
    out[~small] = _large_binomial(n[~small], rare[~small], generator)
    return np.where(p > 0.5, n - out, out).reshape(count.shape)


def _large_binomial(n: np.ndarray, p: np.ndarray, generator: Any) -> np.ndarray:
    spread = np.sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * spread
    a, sure, alpha = -0.0873 + 0.0248 * b + 0.01 * p, 0.92 - 4.2 / b, (2.83 + 5.1 / b) * spread
    mode, log_odds = np.floor((n + 1) * p), np.log(p / (1 - p))
    top = _log_factorial(mode) + _log_factorial(n - mode)

    def propose(i, u, v):
        us = 0.5 - np.abs(u)
        k = np.floor((2 * a[i] / us + b[i]) * u + n[i] * p[i] + 0.5)
        possible = (k >= 0) & (k <= n[i])
        inside = np.clip(k, 0, n[i])
        log_ratio = top[i] - _log_factorial(inside) - _log_factorial(n[i] - inside) + (inside - mode[i]) * log_odds[i]
        exact = np.log(v * alpha[i] / (a[i] / (us * us) + b[i])) <= log_ratio
        return k, possible & (((us >= 0.07) & (v <= sure[i])) | exact)

    return _until_accepted("binomial", n.size, generator, propose)


# ---- in place ----


def _uniform_(self: Tensor, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with uniform random numbers in [low, high); returns the tensor itself."""
    if not low <= high or not np.isfinite(high - low):
        raise ValueError(f"uniform_: expected finite bounds, low <= high, got {low} and {high}")
    _check_float("uniform_", self)
    return _overwrite("uniform_", "uniform", self, generator, float(low), float(high))


def _normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normal random numbers; returns the tensor itself. Raises ValueError for a negative std."""
    if not std >= 0:
        raise ValueError(f"normal_: std must not be negative, got {std}")
    _check_float("normal_", self)
    return _overwrite("normal_", "normal", self, generator, float(mean), float(std))


def _log_normal_(self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with exp(z), z normal with this mean and std; returns the tensor itself. Raises ValueError unless std > 0."""
    if not std > 0:
        raise ValueError(f"log_normal_: std must be positive, got {std}")
    _check_float("log_normal_", self)
    draw_in_place("log_normal_")
    z = _drawn("log_normal_", "normal", self.shape, _core.float64, generator, float(mean), float(std)).numpy()
    with np.errstate(over="ignore"):
        return _core.copy_(self, _core.from_numpy(np.asarray(np.exp(z))))


def _exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with exponential random numbers of mean 1 / lambd, never 0; returns the tensor itself. Raises ValueError unless lambd > 0."""
    if not lambd > 0:
        raise ValueError(f"exponential_: lambd must be positive, got {lambd}")
    _check_float("exponential_", self)
    draw_in_place("exponential_")
    return _core.copy_(self, _exponential("exponential_", self.shape, self.dtype, generator, lambd))


def _cauchy_(self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with Cauchy random numbers; returns the tensor itself. Raises ValueError unless sigma > 0."""
    if not sigma > 0:
        raise ValueError(f"cauchy_: sigma must be positive, got {sigma}")
    _check_float("cauchy_", self)
    draw_in_place("cauchy_")
    angle = np.pi * (_inside(_uniforms("cauchy_", self.shape, generator).numpy()) - 0.5)
    return _core.copy_(self, _core.from_numpy(np.asarray(median + sigma * np.tan(angle))))


def _geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with the numbers of trials of probability p until one succeeds, 1 at least; returns the tensor itself.

    Raises ValueError unless 0 < p < 1.
    """
    if not 0 < p < 1:
        raise ValueError(f"geometric_: p must be between 0 and 1, got {p}")
    draw_in_place("geometric_")
    trials = np.ceil(np.log1p(-_inside(_uniforms("geometric_", self.shape, generator).numpy())) / np.log1p(-p))
    return _core.copy_(self, _core.cast(_core.from_numpy(np.asarray(np.maximum(trials, 1))), self.dtype))


def _bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 with probability p (a number, or a tensor that broadcasts), otherwise 0; returns the tensor itself."""
    if isinstance(p, Tensor):
        draw_in_place("bernoulli_")
        return _core.copy_(self, _coins("bernoulli_", p.expand(self.shape), generator, self.dtype))
    return _overwrite("bernoulli_", "bernoulli", self, generator, _probability("bernoulli_", p))


_LIMITS = {
    "bool": 2,
    "uint8": 256,
    "int8": 128,
    "int16": 1 << 15,
    "int32": (1 << 31) - 1,
    "int64": (1 << 63) - 1,
    "float16": 2049,
    "bfloat16": 257,
    "float32": (1 << 24) + 1,
}


def _random_(self: Tensor, low: int | None = None, high: int | None = None, *, generator: Generator | None = None) -> Tensor:
    """Fill with random integers in [low, high), or [0, low), or all that the dtype counts without gaps; returns the tensor itself."""
    if high is None:
        low, high = 0, _LIMITS.get(self.dtype.name, (1 << 53) + 1) if low is None else low
    return _overwrite("random_", "randint", self, generator, *_range("random_", low, high))


def _bernoulli(self: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """See `mg.bernoulli`."""
    return bernoulli(self, p, generator=generator)


def _multinomial(self: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> Tensor:
    """See `mg.multinomial`."""
    return multinomial(self, num_samples, replacement, generator=generator)


for _method in (_uniform_, _normal_, _log_normal_, _exponential_, _cauchy_, _geometric_, _bernoulli_, _random_, _bernoulli, _multinomial):
    _method.__name__ = _method.__qualname__ = _method.__name__[1:]
    _core.attach(_method.__name__, _method)
