"""`save` and `load`: tensors, alone or in dicts, lists and tuples, with plain values among them, in one file.

Two formats, by suffix: `.npz` (NumPy alone) and `.safetensors` (its package). Neither can hold code, and nothing is ever unpickled.

Inside the file every tensor has a flat name: its place in the object, keys and positions joined by "/", so that the weights in
{"model": net.state_dict()} are `model/fc.weight`, and a plain state_dict keeps its keys as they are. How the names nest, and
everything that is no tensor, stands as JSON in the metadata (of `.npz`: in the member `__minigrad__.json`). Files of other programs
have none, and load as a flat dict. bfloat16, which NumPy lacks, is in `.npz` an array of 16 bits in a field of that name.

Writing is atomic: to a temporary file in the same folder, then on to the disk, then renamed; whatever happens before leaves an old
file as it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import _core
from minigrad._core import Tensor

SEPARATOR = "/"
_STRUCTURE = "__minigrad__"  # key of the metadata; with .json, member of .npz

Arrays = dict[str, np.ndarray]
_BFLOAT16 = [("bfloat16", "<u2")]  # NumPy's dtype for arrays of it


def save(obj: Any, path: str | os.PathLike[str]) -> None:
    """Write tensors and what they stand in (dicts, lists, tuples, numbers, strings, None, NumPy arrays) to a `.npz` or `.safetensors` file.

    Tensors are written without their graph and without `requires_grad`. Raises ValueError for another suffix, TypeError, naming the place,
    for a value that neither format can hold; the file is then left alone.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "checkpoint.npz")
    >>> save({"weights": {"w": mg.ones(2)}, "epoch": 3}, path)
    >>> load(path)["epoch"], load(path)["weights"]["w"].tolist()
    (3, [1.0, 1.0])
    """
    suffix = _suffix(path, "save")
    arrays: Arrays = {}
    structure = _json().dumps(_encode(obj, "", arrays, ()), separators=(",", ":"))
    if suffix == ".npz":
        _write_atomically(path, lambda temporary: _write_npz(temporary, arrays, structure))
    else:
        _safetensors("save")
        # PyTorch's ecosystem asks for this "format": the layouts are the same.
        metadata = {"format": "pt", _STRUCTURE: structure}
        _write_atomically(path, lambda temporary: _write_safetensors(temporary, arrays, metadata))


def load(path: str | os.PathLike[str], map_location: Any = None, *, weights_only: bool = True, mmap: bool | None = None) -> Any:
    """Read what `save` wrote, or the tensors of any `.npz` or `.safetensors` file as a flat dict.

    `map_location`, `weights_only` and `mmap` are accepted for PyTorch programs and mean nothing: all is on the CPU and nothing is ever
    unpickled. Raises FileNotFoundError, or ValueError if the file is damaged or of another kind.
    """
    suffix = _suffix(path, "load")
    read = _read_npz if suffix == ".npz" else _read_safetensors
    if suffix == ".safetensors":
        _safetensors("load")
    try:
        arrays, structure = read(path)
        if structure is None:
            return {name: _tensor(array) for name, array in arrays.items()}
        return _decode(_json().loads(structure), arrays)
    except FileNotFoundError:
        raise FileNotFoundError(f"load: no such file: {os.fspath(path)!r}") from None
    except OSError:
        raise
    except Exception as error:  # foreign bytes can make the readers fail in any way
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"load: {os.fspath(path)!r} is not a whole {suffix} file: {reason}") from error


# ---- objects to names and JSON, and back ----


def _encode(obj: Any, place: str, arrays: Arrays, around: tuple[int, ...]) -> Any:
    """JSON for `obj`; what is tensor goes into `arrays`. `around` are the ids of the containers it stands in."""
    if isinstance(obj, Tensor | np.ndarray):
        kind = "tensor" if isinstance(obj, Tensor) else "array"
        array = np.ascontiguousarray(_array(obj.detach()) if isinstance(obj, Tensor) else obj)
        if array.dtype.kind not in "biufc" and array.dtype != _BFLOAT16:
            raise TypeError(f"save: {_at(place)} is an array of dtype {array.dtype}, which is not numeric")
        name = place or kind
        while name in arrays or name in (_STRUCTURE, "__metadata__"):
            name += "_"
        arrays[name] = array.reshape(obj.shape)
        return {kind: name}
    if obj is None or isinstance(obj, bool | int | float | str):
        return obj
    if isinstance(obj, np.generic) and obj.dtype.kind in "biuf":
        return obj.item()
    if isinstance(obj, mg.dtype):
        return {"dtype": str(obj).rpartition(".")[2]}
    if id(obj) in around:
        raise ValueError(f"save: {_at(place)} contains itself")
    around = (*around, id(obj))
    if isinstance(obj, Mapping):
        items = []
        for key, value in obj.items():
            if key is not None and not isinstance(key, bool | int | float | str):
                raise TypeError(f"save: {_at(place)} has a key of type {type(key).__name__}; expected a string or a number")
            items.append([key, _encode(value, _join(place, key), arrays, around)])
        return {"dict": items}
    if isinstance(obj, list | tuple):
        values = [_encode(value, _join(place, i), arrays, around) for i, value in enumerate(obj)]
        return values if isinstance(obj, list) else {"tuple": values}
    hint = "; save its state_dict() instead" if hasattr(obj, "state_dict") else ""
    raise TypeError(f"save: {_at(place)} is of type {type(obj).__name__}, which is neither a tensor nor a plain value{hint}")


def _join(place: str, key: Any) -> str:
    return f"{place}{SEPARATOR}{key}" if place else str(key)


def _at(place: str) -> str:
    return repr(place) if place else "the object"


def _decode(code: Any, arrays: Arrays) -> Any:
    if isinstance(code, list):
        return [_decode(value, arrays) for value in code]
    if not isinstance(code, dict):
        return code
    ((kind, content),) = code.items()
    if kind == "tensor":
        return _tensor(arrays[content])
    if kind == "array":
        return arrays[content]
    if kind == "dict":
        return {key: _decode(value, arrays) for key, value in content}
    if kind == "tuple":
        return tuple(_decode(value, arrays) for value in content)
    if kind == "dtype":
        return getattr(mg, content)
    raise ValueError(f"unknown kind of value {kind!r}")


def _array(x: Tensor) -> np.ndarray:
    return _core.bits_of(x, mg.int16).numpy().view(_BFLOAT16) if x.dtype is mg.bfloat16 else x.numpy()


def _tensor(array: np.ndarray) -> Tensor:
    if array.dtype == _BFLOAT16:
        return _core.bits_of(_tensor(array["bfloat16"].astype(np.int16)), mg.bfloat16)
    # ascontiguousarray makes one axis of none.
    native = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)
    return mg.from_numpy(native if native.flags.writeable else native.copy())


# ---- the formats ----


def _suffix(path: str | os.PathLike[str], op: str) -> str:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{op}: expected a path, got {type(path).__name__}")
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in (".npz", ".safetensors"):
        raise ValueError(f"{op}: the format is chosen by suffix, .npz or .safetensors, got {os.fspath(path)!r}")
    return suffix


def _safetensors(op: str) -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise ModuleNotFoundError(
            f"{op}: .safetensors files need the safetensors package: pip install 'minigrad[demo]' (or use .npz)"
        ) from None
    return safetensors


def _write_npz(path: str, arrays: Arrays, structure: str) -> None:
    from zipfile import ZipFile, ZipInfo

    # Not np.savez: it takes names as keyword arguments, and cannot write one called "file". ZipInfo's fixed date makes equal
    # contents equal files.
    with ZipFile(path, "w") as archive:
        archive.writestr(ZipInfo(_STRUCTURE + ".json"), structure)
        for name, array in arrays.items():
            with archive.open(ZipInfo(name + ".npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _read_npz(path: str | os.PathLike[str]) -> tuple[Arrays, str | None]:
    # Opened here: NumPy leaves a file open that turns out to be no archive.
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
        if isinstance(archive, np.ndarray):
            raise ValueError("it holds one array (.npy), no archive")
        structure = archive[_STRUCTURE + ".json"].decode() if _STRUCTURE + ".json" in archive.files else None
        return {name: archive[name] for name in archive.files if name != _STRUCTURE + ".json"}, structure


def _json() -> Any:
    import json  # here: few programs save, and all import this module

    return json


def _write_safetensors(path: str, arrays: Arrays, metadata: dict[str, str]) -> None:
    """Eight bytes that say how long the header is, the header (JSON: dtype, shape and place of every tensor), the tensors.

    Written here because the package writes bfloat16 only from another package's arrays. As it does: wide dtypes first, so that all
    are aligned, then by name; the header is filled up with spaces to a multiple of 8.
    """
    order = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    header: dict[str, Any] = {"__metadata__": metadata}
    place = 0
    for name in order:
        a = arrays[name]
        kind = "BF16" if a.dtype == _BFLOAT16 else _SAFETENSORS_NAMES.get(a.dtype.newbyteorder("<").str.lstrip("|"))
        if kind is None:
            raise TypeError(f"save: {name!r} has dtype {a.dtype}, which .safetensors files cannot hold")
        header[name] = {"dtype": kind, "shape": list(a.shape), "data_offsets": [place, place + a.nbytes]}
        place += a.nbytes
    text = _json().dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            a = arrays[name]
            file.write(np.ascontiguousarray(a, a.dtype.newbyteorder("<")).data.cast("B") if a.nbytes else b"")


def _read_safetensors(path: str | os.PathLike[str]) -> tuple[Arrays, str | None]:
    with open(path, "rb") as file:
        content = file.read()
    arrays = {}
    for name, entry in _safetensors("load").deserialize(content):
        dtype, data, shape = entry["dtype"], entry["data"], entry["shape"]
        if dtype == "BF16":
            array = np.frombuffer(data, _BFLOAT16)
        elif dtype in _SAFETENSORS_DTYPES:
            array = np.frombuffer(data, _SAFETENSORS_DTYPES[dtype])
        else:
            raise ValueError(f"tensor {name!r} has dtype {dtype}, which minigrad does not have")
        arrays[name] = array.reshape(shape)
    header = _json().loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return arrays, header.get("__metadata__", {}).get(_STRUCTURE)


_SAFETENSORS_DTYPES = {
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
_SAFETENSORS_NAMES = {code: name for name, code in _SAFETENSORS_DTYPES.items()} | {"b1": "BOOL"}


def _write_atomically(path: str | os.PathLike[str], write: Callable[[str], Any]) -> None:
    """Let `write` make a temporary file beside `path`, see it on the disk, and put it in the place of `path`."""
    target = os.path.realpath(path)  # a link stays a link
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"save: no such folder: {folder!r}")
    temporary = os.path.join(folder, f".minigrad-{os.getpid()}-{os.urandom(6).hex()}.tmp")
    try:
        write(temporary)
        with suppress(FileNotFoundError):
            os.chmod(temporary, os.stat(target).st_mode & 0o777)
        with open(temporary, "r+b") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    with suppress(OSError):  # the folder's entry, where folders can be opened
        entry = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)
