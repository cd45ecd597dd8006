"""Random numbers: Generator, tensors of random values, and dropout.

Numbers come from a counter: value i of a call is a function of the generator's seed and of the generator's position plus i alone
(csrc/kernels/random.c), so they are the same for any number of threads, and a state is two integers. Each call moves the position
to the next free group of 64 words of 32 bits, so no two calls share bits, whatever their dtypes.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np

from .. import _core
from .._core import Tensor
from ..errors import DTypeError, ShapeError
from ..registry import Cost, Draw, ErrorSample, Sample, composite, defop
from .elementwise import _choose

__all__ = [
    "Generator",
    "bernoulli",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "multinomial",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]

GROUP = 64  # words of 32 bits: what the kernels make at a time


class Generator:
    """A stream of random numbers: a seed, and a position that every draw advances.

    >>> g = mg.Generator().manual_seed(7)
    >>> state = g.get_state()
    >>> a = mg.rand(3, generator=g)
    >>> g.set_state(state).initial_seed(), bool((mg.rand(3, generator=g) == a).all())
    (7, True)
    """

    def __init__(self, device: Any = "cpu") -> None:
        self._lock = threading.Lock()
        self._seed, self._position = 67280421310721, 0  # PyTorch's default seed

    @property
    def device(self) -> str:
        return "cpu"

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of `seed`, an integer of 64 bits, negative or not; returns self. Raises ValueError outside."""
        if not -(1 << 63) <= int(seed) < 1 << 64:
            raise ValueError(f"manual_seed: expected an integer of 64 bits, got {seed}")
        with self._lock:
            self._seed, self._position = int(seed) % (1 << 64), 0
        return self

    def seed(self) -> int:
        """Start a stream that nobody knows; returns its seed."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed of this stream."""
        return self._seed

    def get_state(self) -> Tensor:
        """The state, a uint8 tensor of 16 bytes."""
        with self._lock:
            return _core.from_numpy(np.array([self._seed, self._position], np.uint64).view(np.uint8).copy())

    def set_state(self, state: Tensor) -> Generator:
        """Go on from a state that `get_state` gave; returns self. Raises ValueError for anything else."""
        if not isinstance(state, Tensor) or state.dtype is not _core.uint8 or state.shape != (16,):
            raise ValueError("set_state: expected a state from get_state, a uint8 tensor of 16 bytes")
        seed, position = np.array(state.numpy()).view(np.uint64).tolist()
        with self._lock:
            self._seed, self._position = seed, position
        return self

    def __getstate__(self) -> tuple[int, int]:
        return self._seed, self._position

    def __setstate__(self, state: tuple[int, int]) -> None:
        self.__init__()  # type: ignore[misc]
        self._seed, self._position = state

    def __repr__(self) -> str:
        return f"<minigrad.Generator seed={self._seed} position={self._position}>"

    def take(self, count: int, words: int = 1) -> tuple[int, int]:
        """(seed, offset) for a kernel that makes `count` values of `words` words each; they are nobody else's afterwards."""
        with self._lock:
            start = self._position
            self._position = start + -(-count * words // GROUP) * GROUP
            seed = self._seed
        return seed - (1 << 64) if seed >> 63 else seed, start // words


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default generator's stream of `seed`; returns the generator.

    >>> a = mg.manual_seed(3) and mg.rand(2)
    >>> b = mg.manual_seed(3) and mg.rand(2)
    >>> bool((a == b).all())
    True
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start a stream of the default generator that nobody knows; returns its seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The default generator's state."""
    return default_generator.get_state()


def set_rng_state(state: Tensor) -> None:
    """Let the default generator go on from `state`."""
    default_generator.set_state(state)


# ---- filling ----


def _source(op: str, generator: Any) -> Generator:
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        raise TypeError(f"{op}: expected a Generator or None, got {type(generator).__name__}")
    return generator


def _drawn(op: str, kernel: str, shape: Any, dtype: Any, generator: Any, *params: Any) -> Tensor:
    """A new tensor filled by a kernel of csrc/kernels/random.c. Dtypes that lack the kernel are cast from float32 or int64."""
    dtype = _core.get_default_dtype() if dtype is None else _core.as_dtype(dtype)
    native = dtype if _core.has_kernel(kernel, dtype) else _core.int64 if kernel == "randint" else _core.float32
    out = _core.empty(shape, native)
    _fill(op, kernel, out, generator, params)
    if native is dtype:
        return out
    out = _core.cast(out, dtype)
    if kernel == "uniform" and dtype is _core.float16:  # rounding must not reach the upper bound
        low, high = np.float16(params[0]), np.float16(params[1])
        np.minimum(out.numpy(), np.nextafter(high, low), out=out.numpy())
    return out


def _fill(op: str, kernel: str, out: Tensor, generator: Any, params: tuple) -> None:
    words = 1 if kernel == "bernoulli" or out.dtype is _core.float32 else 2
    seed, offset = _source(op, generator).take(out.numel(), words)
    if out.numel():
        _core.launch_as(kernel, out.dtype, [out], (seed, offset, *params))


def _size(op: str, size: tuple) -> tuple:
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size


def _floats(op: str, dtype: Any) -> Any:
    if dtype is not None and not _core.as_dtype(dtype).is_floating_point:
        raise DTypeError(f"{op}: expected a floating-point dtype, got {_core.as_dtype(dtype).name}")
    return dtype


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Uniform random numbers in [0, 1).

    >>> x = mg.rand(2, 3)
    >>> x.shape, bool(((x >= 0) & (x < 1)).all())
    ((2, 3), True)
    """
    return _drawn("rand", "uniform", _size("rand", size), _floats("rand", dtype), generator, 0.0, 1.0).requires_grad_(requires_grad)


def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Standard normal random numbers.

    >>> mg.randn(2, 3, dtype=mg.float64).dtype
    minigrad.float64
    """
    return _drawn("randn", "normal", _size("randn", size), _floats("randn", dtype), generator, 0.0, 1.0).requires_grad_(requires_grad)


def randint(low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
            requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Random integers in [low, high); `randint(high, size)` begins at 0. int64 unless `dtype` says otherwise.

    Raises ValueError for an empty range.
    >>> x = mg.randint(3, 5, (4,))
    >>> x.dtype, bool(((x == 3) | (x == 4)).all())
    (minigrad.int64, True)
    """
    if size is None:
        low, high, size = 0, low, high
    low, high = _range("randint", low, high)
    return _drawn("randint", "randint", tuple(size), dtype or _core.int64, generator, low, high).requires_grad_(requires_grad)


def _range(op: str, low: Any, high: Any) -> tuple[int, int]:
    low, high = int(low), int(high)
    if not -(1 << 63) <= low < high <= (1 << 63) - 1:
        raise ValueError(f"{op}: expected low < high, within 64 bits, got {low} and {high}")
    return low, high


def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Uniform random numbers in [0, 1), of input's shape and dtype.

    >>> mg.rand_like(mg.zeros(2, 3)).shape
    (2, 3)
    """
    return rand(input.shape, generator=generator, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Standard normal random numbers, of input's shape and dtype.

    >>> mg.randn_like(mg.zeros(2, 3)).shape
    (2, 3)
    """
    return randn(input.shape, generator=generator, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randint_like(input: Tensor, low: int, high: int | None = None, *, generator: Generator | None = None, dtype: Any = None,
                 device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Random integers in [low, high), or [0, low), of input's shape and dtype.

    >>> mg.randint_like(mg.zeros(2, 3), 4).dtype
    minigrad.float32
    """
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, input.shape, generator=generator, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The integers 0 to n-1 in random order: the order of n random keys of 64 bits.

    >>> mg.randperm(4).sum()
    tensor(6)
    """
    if n < 0:
        raise ValueError(f"randperm: expected n >= 0, got {n}")
    keys = _drawn("randperm", "random_bits", (n,), _core.int64, generator)
    order = np.argsort(keys.numpy(), kind="stable").astype(np.int64)
    return _core.cast(_core.from_numpy(order), dtype or _core.int64).requires_grad_(requires_grad)


def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
           requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Normal random numbers: of `size` with numbers as mean and std, or one for each element where these are tensors.

    Raises ValueError for a negative std.
    >>> mg.normal(2.0, 0.0, (2,))
    tensor([2., 2.])
    """
    tensors = [t for t in (mean, std) if isinstance(t, Tensor)]
    if (std < 0).any() if isinstance(std, Tensor) else not std >= 0:
        raise ValueError(f"normal: std must not be negative, got {std}")
    if not tensors:
        shape = (size,) if isinstance(size, int) else tuple(() if size is None else size)
        return _drawn("normal", "normal", shape, _floats("normal", dtype), generator, float(mean), float(std)).requires_grad_(requires_grad)
    if size is not None:
        raise TypeError("normal: size can be given only where mean and std are numbers")
    shape = np.broadcast_shapes(*(t.shape for t in tensors))
    with _core.no_grad():
        return _drawn("normal", "normal", shape, _floats("normal", dtype or tensors[0].dtype), generator, 0.0, 1.0) * std + mean


def _probability(op: str, p: Any) -> float:
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: expected a probability between 0 and 1, got {p}")
    return float(p)


def _coins(op: str, p: Tensor, generator: Any, dtype: Any) -> Tensor:
    """1 with the probabilities that p holds."""
    if not p.is_floating_point():
        raise DTypeError(f"{op}: expected probabilities of a floating-point dtype, got {p.dtype.name}")
    values = p.detach()
    if values.numel() and not bool(((values >= 0) & (values <= 1)).all()):
        raise ValueError(f"{op}: expected probabilities between 0 and 1, got values from {values.min().item()} to {values.max().item()}")
    return _core.cast(_drawn(op, "uniform", p.shape, _core.float64, generator, 0.0, 1.0) < values, dtype)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with probability input, elementwise (or `p` everywhere), otherwise 0; of input's shape and dtype. No gradient.

    Raises ValueError for probabilities outside 0 to 1.
    >>> mg.bernoulli(mg.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    if p is not None:
        return _drawn("bernoulli", "bernoulli", input.shape, input.dtype, generator, _probability("bernoulli", p))
    return _coins("bernoulli", input, generator, input.dtype)


def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> Tensor:
    """Indices drawn with probabilities proportional to the rows of input.

    Shapes: input (n,) or (rows, n), not negative; returns int64 (num_samples,) or (rows, num_samples).
    Without `replacement` by exponential keys (Efraimidis & Spirakis, 2006). Raises ValueError for rows without weight, or with
    fewer possible indices than samples.
    >>> mg.multinomial(mg.tensor([0.0, 1.0, 0.0]), 1)
    tensor([1])
    """
    if input.ndim not in (1, 2) or not input.is_floating_point():
        raise ShapeError(f"multinomial: expected floats of shape (n,) or (rows, n), got shape {input.shape} and dtype {input.dtype.name}")
    weights = np.atleast_2d(input.detach().numpy().astype(np.float64))
    if not (np.isfinite(weights) & (weights >= 0)).all() or (weights.sum(1) <= 0).any():
        raise ValueError("multinomial: every row must hold finite values that are not negative, and not only zeros")
    if num_samples < 1 or (not replacement and (np.count_nonzero(weights, 1) < num_samples).any()):
        raise ValueError(f"multinomial: cannot draw {num_samples} samples without replacement from a row of fewer values that are not 0")
    rows, n = weights.shape
    if replacement:
        u = _drawn("multinomial", "uniform", (rows, num_samples), _core.float64, generator, 0.0, 1.0).numpy()
        steps = np.cumsum(weights, 1)
        picked = np.stack([np.searchsorted(row, x * row[-1], side="right") for row, x in zip(steps, u, strict=True)])
        last = n - 1 - np.argmax(weights[:, ::-1] > 0, 1)  # rounding must not lead beyond the last possible index
        picked = np.minimum(picked, last[:, None])
    else:
        u = _drawn("multinomial", "uniform", (rows, n), _core.float64, generator, 0.0, 1.0).numpy()
        with np.errstate(divide="ignore"):
            keys = np.where(weights > 0, -np.log1p(-u) / weights, np.inf)
        picked = np.argsort(keys, 1, kind="stable")[:, :num_samples]
    return _core.from_numpy(picked.astype(np.int64).reshape((num_samples,) if input.ndim == 1 else picked.shape).copy())


# ---- in place ----


def _overwrite(op: str, kernel: str, x: Tensor, generator: Any, *params: Any) -> Tensor:
    """Fill x by a kernel: straight into its memory where that is possible."""
    direct = x.is_contiguous() and _core.has_kernel(kernel, x.dtype) and not (_core.is_grad_enabled() and x.requires_grad)
    if not direct:
        return _core.copy_(x, _drawn(op, kernel, x.shape, x.dtype, generator, *params))
    _fill(op, kernel, x, generator, params)
    x._bump_version()
    return x


def _uniform_(self: Tensor, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with uniform random numbers in [low, high); returns the tensor itself."""
    if not low <= high or not np.isfinite(high - low):
        raise ValueError(f"uniform_: expected finite bounds, low <= high, got {low} and {high}")
    if not self.is_floating_point():
        raise DTypeError(f"uniform_: expected a floating-point tensor, got dtype {self.dtype.name}")
    return _overwrite("uniform_", "uniform", self, generator, float(low), float(high))


def _normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normal random numbers; returns the tensor itself. Raises ValueError for a negative std."""
    if not std >= 0:
        raise ValueError(f"normal_: std must not be negative, got {std}")
    if not self.is_floating_point():
        raise DTypeError(f"normal_: expected a floating-point tensor, got dtype {self.dtype.name}")
    return _overwrite("normal_", "normal", self, generator, float(mean), float(std))


def _bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 with probability p (a number, or a tensor that broadcasts), otherwise 0; returns the tensor itself."""
    if isinstance(p, Tensor):
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
    "float32": (1 << 24) + 1,
}


def _random_(self: Tensor, low: int | None = None, high: int | None = None, *, generator: Generator | None = None) -> Tensor:
    """Fill with random integers in [low, high), or [0, low), or all that the dtype counts without gaps; returns the tensor itself."""
    if high is None:
        low, high = 0, _LIMITS.get(self.dtype.name, (1 << 53) + 1) if low is None else low
    return _overwrite("random_", "randint", self, generator, *_range("random_", low, high))


for _name, _method in {"uniform_": _uniform_, "normal_": _normal_, "bernoulli_": _bernoulli_, "random_": _random_}.items():
    _method.__name__ = _method.__qualname__ = _name
    _core.attach(_name, _method)


def _bernoulli(self: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """See `mg.bernoulli`."""
    return bernoulli(self, p, generator=generator)


def _multinomial(self: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> Tensor:
    """See `mg.multinomial`."""
    return multinomial(self, num_samples, replacement, generator=generator)


_core.attach("bernoulli", _bernoulli)
_core.attach("multinomial", _multinomial)


# ---- dropout ----


def philox_words(seed: int, offset: int, n: int) -> np.ndarray:
    """The reference of the kernels' random bits: 32-bit words offset to offset + n of a seed's stream.

    Philox4x32-10 turns block numbers into four words each; within a group of 16 blocks the first words come first.
    Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.
    """
    first, last = offset // GROUP, -(-(offset + n) // GROUP)
    block = np.arange(first * 16, last * 16, dtype=np.uint64)
    low = np.uint64(0xFFFFFFFF)
    c = [block & low, block >> np.uint64(32), np.zeros_like(block), np.zeros_like(block)]
    k0, k1 = seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF
    for _ in range(10):
        p0, p1 = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k0), p1 & low, (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k1), p0 & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    words = np.stack([w.reshape(-1, 16) for w in c], 1).reshape(-1)
    return words[offset - first * GROUP :][:n]


@defop(family="general", kernel="dropout", outputs=2, where="",
       samples=lambda r: [Sample(r(3, 50), p=0.3, seed=5, offset=0, id="matrix"), Sample(r(7), p=0.9, seed=-2, offset=128, id="vector")],
       plan=lambda input, p, seed, offset: _core.Plan(input.shape, input.shape, dtypes=(None, _core.bool_), params=(seed, offset, p)),
       cost=lambda input, p, seed, offset: Cost(flops=20.0 * input.size, bytes=9.0 * input.size),
       vjp={"input": lambda g, y1, p: _choose(y1, g[0] * (1 / (1 - p)), 0)})  # fmt: skip
def _dropout(input, p, seed, offset):
    """dropout of given random bits: values, and which were kept"""
    mask = (philox_words(seed, offset, input.size) >= np.uint64(p * 2.0**32)).reshape(input.shape)
    return input * (mask * np.asarray(1 / (1 - p), input.dtype)), mask


def _dropout_samples(r: Draw) -> list[Sample]:
    return [Sample(r(3, 5), p=0.0, id="none"), Sample(r(3, 5), p=1.0, id="all"), Sample(r(3, 5), p=0.4, training=False, id="eval")]


@composite(where="F mg", samples=_dropout_samples, errors=[
    ErrorSample(np.ones(3), 1.5, error=ValueError, match="dropout: p must be a probability between 0 and 1, got 1.5"),
    ErrorSample(np.ones(3, np.int64), 0.5, error=DTypeError, match="dropout: expected a floating-point tensor, got dtype int64"),
])  # fmt: skip
def dropout(input, p=0.5, training=True, inplace=False):
    """When training, each element times 0 with probability `p`, otherwise times 1 / (1 - p); else input itself.

    Draws from the default generator (`mg.manual_seed`); results do not depend on the number of threads.
    Shapes: any. Dtypes: floats. Raises ValueError for p outside 0 to 1.
    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014.
    >>> mg.nn.functional.dropout(mg.ones(3), 1.0)
    tensor([0., 0., 0.])
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"dropout: expected a Tensor, got {type(input).__name__}")
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p must be a probability between 0 and 1, got {p}")
    if not input.is_floating_point():
        raise DTypeError(f"dropout: expected a floating-point tensor, got dtype {input.dtype.name}")
    if inplace:
        return _core.inplace_by(lambda x: _dropped(x, p, training), "dropout", input)
    return _dropped(input, p, training)


def _dropped(input, p, training):
    if not training or p == 0:
        return input
    if p == 1:
        return input * 0
    return _dropout(input, float(p), *default_generator.take(input.numel()))[0]
