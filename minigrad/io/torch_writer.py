"""Files that PyTorch reads, with `weights_only=True` too: its archive (see torch_reader.py), with a pickle of the few opcodes it needs.

Tensors are written contiguous. Those that are the same memory (tied weights) share one storage, in the file and when it is read.
"""

from __future__ import annotations

import struct
import sys
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, BinaryIO
from zipfile import ZipFile, ZipInfo

import numpy as np

import minigrad as mg
from minigrad import _core
from minigrad._core import Tensor

from .torch_table import DTYPES, STORAGES, _contiguous
from .tree import at, check_key, enter, join, unknown

ALIGNMENT = 64  # of the storages in the file, so that they can be mapped
_NAMES = {kind.dtype: name for name, kind in reversed(STORAGES.items())}
_LARGE = 2**31 - 1  # bytes from which on a member needs a longer header


class Pickle:
    """The pickle of one object, and the arrays that its storages are."""

    def __init__(self, obj: Any) -> None:
        self.code = bytearray(b"\x80\x02")
        self.arrays: list[np.ndarray] = []
        self.numbers: dict[Any, int] = {}  # of storages, by where their memory is
        try:
            self.put(obj, "", ())
        except RecursionError:
            raise ValueError("save: the object is nested too deeply") from None
        self.code += b"."

    def put(self, obj: Any, place: str, around: tuple[int, ...]) -> None:
        if isinstance(obj, Tensor):
            return self.tensor(obj)
        if isinstance(obj, np.generic) and obj.dtype.kind in "biufc":
            obj = obj.item()
        if isinstance(obj, np.ndarray):
            raise TypeError(f"save: {at(place)} is a NumPy array, which PyTorch refuses to read; make it a tensor, or save as .npz")
        if obj is None or isinstance(obj, bool):
            self.code += {None: b"N", True: b"\x88", False: b"\x89"}[obj]
        elif isinstance(obj, mg.device):
            parts = (obj.type,) if obj.index is None else (obj.type, obj.index)
            self.call("torch", "device", *parts)
        elif isinstance(obj, str | int | float):
            self.plain(obj, place)
        elif isinstance(obj, complex):
            self.call("__builtin__", "complex", obj.real, obj.imag)
        elif isinstance(obj, bytes):
            self.call("_codecs", "encode", obj.decode("latin1"), "latin1")
        elif isinstance(obj, mg.dtype):
            self.name("torch", obj.name)
        else:
            self.container(obj, place, enter(obj, place, around))

    def plain(self, value: Any, place: str = "") -> None:
        if isinstance(value, str):
            text = value.encode()
            self.code += b"X" + len(text).to_bytes(4, "little") + text
        elif isinstance(value, bool):
            self.code += b"\x88" if value else b"\x89"
        elif isinstance(value, float):
            self.code += b"G" + struct.pack(">d", value)
        elif 0 <= value < 256:
            self.code += b"K" + bytes((value,))
        elif -(2**31) <= value < 2**31:
            self.code += b"J" + struct.pack("<i", value)
        else:
            n = value.bit_length() // 8 + 1
            if n > 255:
                raise TypeError(f"save: {at(place)} is an integer of {n} bytes; PyTorch reads 255 at most")
            self.code += b"\x8a" + bytes((n,)) + value.to_bytes(n, "little", signed=True)

    def container(self, obj: Any, place: str, around: tuple[int, ...]) -> None:
        if isinstance(obj, Mapping):
            if isinstance(obj, OrderedDict):
                self.call("collections", "OrderedDict")
            else:
                self.code += b"}"
            self.code += b"("
            for key, value in obj.items():
                self.put(check_key(key, place), place, around)
                self.put(value, join(place, key), around)
            self.code += b"u"
            if isinstance(obj, OrderedDict) and (metadata := getattr(obj, "_metadata", None)) is not None:
                self.put({"_metadata": metadata}, join(place, "_metadata"), around)
                self.code += b"b"
        elif isinstance(obj, set):
            self.name("__builtin__", "set")
            self.put([check_key(item, place) for item in obj], place, around)
            self.code += b"\x85R"
        elif isinstance(obj, list | tuple):
            sized = type(obj) is mg.Size
            if sized:
                self.name("torch", "Size")
            self.code += b"](" if isinstance(obj, list) else b"("
            for i, value in enumerate(obj):
                self.put(value, join(place, i), around)
            self.code += b"e" if isinstance(obj, list) else b"t\x85R" if sized else b"t"
        else:
            raise unknown(obj, place)

    def name(self, module: str, name: str) -> None:
        self.code += f"c{module}\n{name}\n".encode()

    def call(self, module: str, name: str, *args: Any) -> None:
        self.name(module, name)
        self.code += b"("
        for arg in args:
            self.plain(arg)
        self.code += b"tR"

    def tensor(self, x: Tensor) -> None:
        from minigrad.nn import Parameter

        if isinstance(x, Parameter):
            self.name("torch._utils", "_rebuild_parameter")
            self.code += b"("
        self.name("torch._utils", "_rebuild_tensor_v2")
        self.code += b"(("
        number, n = self.storage(x)
        self.plain("storage")
        self.name("torch", _NAMES[x.dtype])
        for value in (str(number), "cpu", n):
            self.plain(value)
        self.code += b"tQ"
        self.plain(0)
        for values in (x.shape, _contiguous(x.shape)):
            self.code += b"("
            for value in values:
                self.plain(value)
            self.code += b"t"
        self.plain(x.requires_grad and not isinstance(x, Parameter))
        self.call("collections", "OrderedDict")
        self.code += b"tR"
        if isinstance(x, Parameter):
            self.plain(x.requires_grad)
            self.call("collections", "OrderedDict")
            self.code += b"tR"

    def storage(self, x: Tensor) -> tuple[int, int]:
        """The number of the storage that holds `x`, and its elements."""
        flat = x.detach().contiguous()
        # An object in the file outlives the writing of it, so no other has its address; a copy made here has none.
        key = (x.data_ptr(), x.dtype, x.numel()) if x.is_contiguous() and x.numel() else object()
        if key not in self.numbers:
            self.numbers[key] = len(self.arrays)
            bits = _core.bits_of(flat, _core.int16) if x.dtype is _core.bfloat16 else flat
            self.arrays.append(np.ascontiguousarray(bits.numpy()).reshape(-1))
        return self.numbers[key], x.numel()


def write(file: BinaryIO, obj: Any) -> None:
    pickle = Pickle(obj)
    with ZipFile(file, "w") as archive:
        _member(archive, file, "data.pkl", pickle.code)
        _member(archive, file, "byteorder", sys.byteorder.encode())
        for i, array in enumerate(pickle.arrays):
            _member(archive, file, f"data/{i}", array.data.cast("B") if array.nbytes else b"")
        _member(archive, file, "version", b"3\n")


def _member(archive: ZipFile, file: BinaryIO, name: str, data: Any) -> None:
    """One member whose bytes begin at a multiple of ALIGNMENT: an extra field of its header, which readers skip, fills the space."""
    info = ZipInfo("archive/" + name)  # its fixed date makes equal contents equal files
    large = len(data) >= _LARGE
    before = file.tell() + 30 + len(info.filename) + 4 + 20 * large
    padding = -before % ALIGNMENT
    info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
    with archive.open(info, "w", force_zip64=large) as member:
        member.write(data)


assert set(_NAMES) == set(DTYPES.values())
