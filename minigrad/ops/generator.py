"""Generators: seeds, positions, and filling tensors with what the kernels of csrc/kernels/random.c make of them.

Numbers come from a counter: value i of a call is a function of the generator's seed and of the generator's position plus i alone
(csrc/kernels/random.c), so they are the same for any number of threads, and a state is two integers. Each call moves the position
to the next free group of 64 words of 32 bits, so no two calls share bits, whatever their dtypes.
"""

from __future__ import annotations

import os
from _thread import allocate_lock  # threading.Lock, without importing the rest of threading
from typing import Any

import numpy as np

from .. import _core
from .._core import Tensor
from ..device import CPU, device, on_cpu
from ._examples import as_examples, draw_in_place, drawing

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
        if device is not None:
            on_cpu(device)
        self._lock = allocate_lock()
        self._seed, self._position = 67280421310721, 0  # PyTorch's default seed

    @property
    def device(self) -> device:
        return CPU

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

    def clone_state(self) -> Generator:
        """Another generator in the same state: both draw the same numbers from here on."""
        return Generator().set_state(self.get_state())

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
    """A new tensor filled by a kernel of csrc/kernels/random.c. Dtypes that lack the kernel are cast from float32 or int64.

    Under vmap with randomness="different" the numbers of all examples are drawn at once.
    """
    levels = drawing(op)
    if levels:
        shape = (*(size for _, size in levels), *((shape,) if isinstance(shape, int) else shape))
    dtype = _core.get_default_dtype() if dtype is None else _core.as_dtype(dtype)
    native = dtype if _core.has_kernel(kernel, dtype) else _core.int64 if kernel == "randint" else _core.float32
    out = _core.empty(shape, native)
    _fill(op, kernel, out, generator, params)
    if native is not dtype:
        if kernel == "uniform" and dtype in (_core.float16, _core.bfloat16):  # rounding must not reach the upper bound
            np.minimum(out.numpy(), _below(params[1], dtype), out=out.numpy())
        out = _core.cast(out, dtype)
    return as_examples(out, levels)


def _below(high: float, dtype: Any) -> np.float32:
    """The largest number of a half dtype below `high`, which rounds to one of it."""
    if dtype is _core.float16:
        return np.float32(np.nextafter(np.float16(high), np.float16(-np.inf)))
    bits = int(np.float32(high).view(np.uint32))  # those of bfloat16 are the upper half
    if high <= 0:
        bits = (0x80000000 | bits) + 0x10000
    else:
        bits -= 1
    return np.uint32(bits & 0xFFFF0000).view(np.float32)


def _fill(op: str, kernel: str, out: Tensor, generator: Any, params: tuple) -> None:
    words = 1 if kernel == "bernoulli" or out.dtype is _core.float32 else 2
    seed, offset = _source(op, generator).take(out.numel(), words)
    if out.numel():
        _core.launch_as(kernel, out.dtype, [out], (seed, offset, *params))


def _overwrite(op: str, kernel: str, x: Tensor, generator: Any, *params: Any) -> Tensor:
    """Fill x by a kernel: straight into its memory where that is possible."""
    draw_in_place(op)
    direct = x.is_contiguous() and _core.has_kernel(kernel, x.dtype) and not (_core.is_grad_enabled() and x.requires_grad)
    if not direct:
        return _core.copy_(x, _drawn(op, kernel, x.shape, x.dtype, generator, *params))
    _fill(op, kernel, x, generator, params)
    x._bump_version()
    return x


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
