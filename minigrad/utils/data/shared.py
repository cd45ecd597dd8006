"""What a worker process made, in memory that its parent sees too: arrays are written once and never copied again.

Each worker shares one file with its parent. The file has no name, so nothing is left behind however the two end. The worker makes
it longer by a segment at a time, which both map; a segment is sparse, it takes memory where it is written. An array gets a region of
its own. The parent's arrays are views of regions; when the last view of a region is gone, its place goes back to the worker with
the next task and is written again: in an even run no page is touched for the first time after a few batches, and an array that the
user keeps costs its own bytes only.

Pickle finds the arrays (protocol 5, out of band), so they may be anywhere inside a batch. Small ones stay in the message: below
`SMALL` bytes a copy through the pipe costs less than a region.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import tempfile
import weakref
from bisect import bisect_left, insort
from collections import deque
from multiprocessing import reduction
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad._core import Tensor, bits_of

SMALL = 32 << 10
SEGMENT = 64 << 20
ALIGN = 64  # of a region: a cache line


class Region(NamedTuple):
    """`size` bytes from `offset` of the segment that begins at `segment` in the file and has `length` bytes. In this order, regions
    that are free are sorted by size."""

    size: int
    segment: int
    length: int
    offset: int


class SharedFile:
    """A file without a name that a process under way to be started can be given."""

    def __init__(self, fd: int | None = None) -> None:
        self.fd = _anonymous() if fd is None else fd
        self._segments: dict[int, np.ndarray] = {}

    def segment(self, begin: int, length: int) -> np.ndarray:
        """These bytes of the file, mapped as long as an array of them lives."""
        if (found := self._segments.get(begin)) is None:
            found = self._segments[begin] = np.frombuffer(mmap.mmap(self.fd, length, offset=begin), np.uint8)
        return found

    def bytes(self, region: Region, size: int) -> np.ndarray:
        return self.segment(region.segment, region.length)[region.offset : region.offset + size]

    def close(self) -> None:
        """Arrays that were handed out stay valid: a mapping outlives its file."""
        self._segments.clear()
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __reduce__(self) -> Any:
        return _received, (reduction.DupFd(self.fd),)


def _received(fd: Any) -> SharedFile:
    return SharedFile(fd.detach())


def _anonymous() -> int:
    if hasattr(os, "memfd_create"):  # unlike files of /dev/shm, not limited to what a container grants there
        return os.memfd_create("minigrad")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


class Writer:
    """The worker's side: objects into messages, their arrays into regions."""

    def __init__(self, file: SharedFile) -> None:
        self._file = file
        self._free: list[Region] = []  # by size
        self._end = 0  # of the file
        self._rest = Region(0, 0, 0, 0)  # of the last segment

    def give_back(self, regions: list[Region]) -> None:
        for region in regions:
            insort(self._free, region)

    def message(self, value: Any) -> tuple[bytes, list[tuple[Region, int]]]:
        buffers: list[memoryview] = []

        def out_of_band(buffer: pickle.PickleBuffer) -> bool:
            raw = buffer.raw()
            if raw.nbytes < SMALL:
                return True  # keep it in the stream
            buffers.append(raw)
            return False

        stream = io.BytesIO()
        _Pickler(stream, 5, buffer_callback=out_of_band).dump(value)
        if stream.tell() >= SMALL:  # strings, say: the pipe is for short messages
            inner, stream = stream.getbuffer(), io.BytesIO()
            buffers.append(inner)
        return stream.getvalue(), [self._write(buffer) for buffer in buffers]

    def _write(self, buffer: memoryview) -> tuple[Region, int]:
        region = self._place(buffer.nbytes)
        self._file.bytes(region, buffer.nbytes)[:] = np.frombuffer(buffer, np.uint8)
        return region, buffer.nbytes

    def _place(self, size: int) -> Region:
        """The smallest free region, unless it is more than twice as large as asked for: so batches whose sizes change take no more
        than twice the memory of the largest. Otherwise a new one."""
        at = bisect_left(self._free, (size,))
        if at < len(self._free) and self._free[at].size <= 2 * size:
            return self._free.pop(at)
        size = -(-size // ALIGN) * ALIGN
        if size > self._rest.size:
            # Each mapping holds a file descriptor: segments grow with the file, so that they stay few if every batch is kept.
            wanted = max(SEGMENT, size, self._end // 8)
            self._rest = self._grow(-(-wanted // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY)
        left, segment, length, offset = self._rest
        self._rest = Region(left - size, segment, length, offset + size)
        return Region(size, segment, length, offset)

    def _grow(self, length: int) -> Region:
        begin, self._end = self._end, self._end + length
        os.ftruncate(self._file.fd, self._end)
        return Region(length, begin, length, 0)


class Reader:
    """The parent's side: messages into objects. `returned` has the regions that nothing refers to any more."""

    def __init__(self, file: SharedFile) -> None:
        self._file = file
        self._held: dict[tuple[int, int], weakref.ref[Any]] = {}
        self._returned: deque[Region] = deque()

    def value(self, stream: bytes, places: list[tuple[Region, int]]) -> Any:
        buffers = [self._open(region, size) for region, size in places]
        if not stream:
            return pickle.loads(buffers.pop(), buffers=buffers)
        return pickle.loads(stream, buffers=buffers)

    def discard(self, places: list[tuple[Region, int]]) -> None:
        self._returned.extend(region for region, _ in places)

    def take_returned(self) -> list[Region]:
        taken = []
        while self._returned:  # a view may end in another thread, or while garbage is collected here
            taken.append(self._returned.popleft())
        return taken

    def _open(self, region: Region, size: int) -> memoryview:
        owner = self._file.bytes(region, size)
        key, held, returned = (region.segment, region.offset), self._held, self._returned

        def end(_: Any) -> None:
            del held[key]
            returned.append(region)

        held[key] = weakref.ref(owner, end)
        # NumPy lets a view of a view refer to the first array of all, here the segment; not so through a memoryview.
        return memoryview(owner)  # type: ignore[arg-type]


class _Pickler(pickle.Pickler):
    """Tensors as views of the arrays that they are. (Their own way to be pickled makes a copy when they are read.)"""

    def reducer_override(self, x: Any) -> Any:
        if type(x) is Tensor and (x.is_leaf or not x.requires_grad):
            plain = x.detach()
            bits = bits_of(plain, mg.int16) if x.dtype == mg.bfloat16 else plain
            return _tensor, (np.ascontiguousarray(bits.numpy()).reshape(x.shape), x.requires_grad, x.dtype == mg.bfloat16)
        if type(x) is np.ndarray and not x.flags.forc and not x.dtype.hasobject:
            return x.copy().__reduce_ex__(5)  # what is not contiguous would go through the pipe
        return NotImplemented


def _tensor(array: np.ndarray, requires_grad: bool, is_bfloat16: bool) -> Tensor:
    x = mg.from_numpy(array)
    x = bits_of(x, mg.bfloat16) if is_bfloat16 else x
    return x.requires_grad_() if requires_grad else x
