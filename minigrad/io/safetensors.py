"""`.safetensors`: a header of JSON (dtype, shape and place of every tensor, and metadata), then the tensors.

Written and read through its package, but for bfloat16, which the package writes only from another package's arrays: so the header is
laid out here. How the tensors nest (see tree.py) is one string of the metadata.
"""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np

from .tree import BFLOAT16, STRUCTURE, Arrays, _json

_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
    "C64": "<c8",
}
_NAMES = {code: name for name, code in _DTYPES.items()} | {"b1": "BOOL"}


def package(op: str) -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise ModuleNotFoundError(
            f"{op}: .safetensors files need the safetensors package: pip install 'minigrad[demo]' (or use .npz)"
        ) from None
    return safetensors


def write(file: BinaryIO, arrays: Arrays, structure: str) -> None:
    """Eight bytes that say how long the header is, the header, the tensors.

    As the package does: wide dtypes first, so that all are aligned, then by name; the header is filled up with spaces to a multiple of 8.
    """
    order = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    # PyTorch's ecosystem asks for this "format": the layouts are the same.
    header: dict[str, Any] = {"__metadata__": {"format": "pt", STRUCTURE: structure}}
    place = 0
    for name in order:
        a = arrays[name]
        kind = "BF16" if a.dtype == BFLOAT16 else _NAMES.get(a.dtype.newbyteorder("<").str.lstrip("|"))
        if kind is None:
            raise TypeError(f"save: {name!r} has dtype {a.dtype}, which .safetensors files cannot hold")
        header[name] = {"dtype": kind, "shape": list(a.shape), "data_offsets": [place, place + a.nbytes]}
        place += a.nbytes
    text = _json().dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in order:
        a = arrays[name]
        file.write(np.ascontiguousarray(a, a.dtype.newbyteorder("<")).data.cast("B") if a.nbytes else b"")


def read(file: BinaryIO) -> tuple[Arrays, str | None]:
    file.seek(0)
    content = file.read()
    arrays = {}
    for name, entry in package("load").deserialize(content):
        dtype, data, shape = entry["dtype"], entry["data"], entry["shape"]
        if dtype != "BF16" and dtype not in _DTYPES:
            raise ValueError(f"tensor {name!r} has dtype {dtype}, which minigrad does not have")
        arrays[name] = np.frombuffer(data, BFLOAT16 if dtype == "BF16" else _DTYPES[dtype]).reshape(shape)
    header = _json().loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return arrays, header.get("__metadata__", {}).get(STRUCTURE)
