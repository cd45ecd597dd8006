"""Call kernels and the rest of the C side directly, through ctypes. The library is the extension module itself, or the file that
MINIGRAD_CLIB names (`python csrc/build.py FILE`), so that kernels can be tested without Python around them and under sanitizers.
MINIGRAD_SERVER is a command that runs tests/csrc/server.c: the library is loaded there, and may be another machine's (tools/cross.sh)."""

from __future__ import annotations

import ctypes
import os
import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np
import remote


def library_path() -> str:
    if path := os.environ.get("MINIGRAD_CLIB"):
        return path
    import minigrad._core

    return minigrad._core.__file__


class Array(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("ndim", ctypes.c_int32),
        ("dtype", ctypes.c_int32),
    ]


class Param(ctypes.Union):
    _fields_ = [("i", ctypes.c_int64), ("f", ctypes.c_double)]


DTYPES = {
    "bool": 0,
    "uint8": 1,
    "int8": 2,
    "int16": 3,
    "int32": 4,
    "int64": 5,
    "float16": 6,
    "float32": 8,
    "float64": 9,
    "complex64": 10,
    "complex128": 11,
}
CODES = {"bool": 0, "u8": 1, "i8": 2, "i16": 3, "i32": 4, "i64": 5, "f16": 6, "f32": 8, "f64": 9, "c64": 10, "c128": 11}
Kernel = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

server = shlex.split(os.environ.get("MINIGRAD_SERVER", ""))
lib: Any = remote.Library(server, library_path()) if server else ctypes.CDLL(library_path())
lib.mg_init.restype = lib.mg_isa.restype = lib.mg_isa_name.restype = lib.mg_kernel_name.restype = ctypes.c_char_p
lib.mg_init.argtypes = [ctypes.c_char_p]
lib.mg_kernel_id.argtypes = [ctypes.c_char_p]
lib.mg_kernel_row.restype = ctypes.POINTER(ctypes.c_void_p)
if lib.mg_isa() is None:
    lib.mg_init(None)


def isas() -> list[str]:
    return [lib.mg_isa_name(i).decode() for i in range(lib.mg_num_isas())]


def describe(x: np.ndarray | None, keep: list) -> Array:
    if x is None:
        return Array(None, None, None, 0, 0)
    shape = (ctypes.c_int64 * max(x.ndim, 1))(*x.shape)
    assert all(s % x.itemsize == 0 for s in x.strides)
    strides = (ctypes.c_int64 * max(x.ndim, 1))(*(s // x.itemsize for s in x.strides))
    keep += [x, shape, strides]
    return Array(x.ctypes.data, ctypes.cast(shape, ctypes.c_void_p), ctypes.cast(strides, ctypes.c_void_p), x.ndim, DTYPES[x.dtype.name])


def run(name: str, dtype: str, arrays: Sequence[np.ndarray | None], params: Sequence[int | float] = (), isa: str | None = None) -> int:
    """Run kernel `name` for `dtype` ("f32") on `arrays` (outputs first) under the table `isa`; the status."""
    assert lib.mg_init(isa.encode() if isa else None) is not None
    index = lib.mg_kernel_id(name.encode())
    address = lib.mg_kernel_row(index)[CODES[dtype]] if index >= 0 else None
    if not address:
        raise KeyError(f"no kernel {name} for {dtype}")
    keep: list = []
    a = (Array * len(arrays))(*(describe(x, keep) for x in arrays))
    p = (Param * max(len(params), 1))(*(Param(i=v) if isinstance(v, int) else Param(f=v) for v in params))
    return call(address, a, p, memory=keep)


def call(function: int | str, *structures: Any, memory: Sequence[Any]) -> int:
    """Call a function of the C side by its address or name with pointers to `structures`, which point into `memory`."""
    if server:
        return lib.call(function if isinstance(function, int) else getattr(lib, function).address, structures, memory)
    f = Kernel(function) if isinstance(function, int) else getattr(lib, function)
    return f(*(ctypes.c_void_p(ctypes.addressof(x)) for x in structures))


GUARD = 64


def guarded(shape: tuple[int, ...], dtype: str, fill: float | None = None) -> np.ndarray:
    """An uninitialised (NaN or junk) array between guard bytes, for `check_guards` afterwards."""
    d = np.dtype(dtype)
    nbytes = int(np.prod(shape)) * d.itemsize
    buf = np.full(nbytes + 2 * GUARD, 0xA5, np.uint8)
    out = buf[GUARD : GUARD + nbytes].view(d).reshape(shape)
    out[...] = (np.nan if d.kind in "fc" else 0x55 % 2 if d.kind == "b" else 0x55) if fill is None else fill
    return out


def check_guards(x: np.ndarray) -> None:
    base = x
    while base.base is not None and isinstance(base.base, np.ndarray):
        base = base.base
    assert (base[:GUARD] == 0xA5).all() and (base[-GUARD:] == 0xA5).all(), "kernel wrote outside its output"
