"""Nested objects as named arrays and JSON, and back: what `.npz` and `.safetensors` files hold.

Every tensor has a flat name: its place in the object, keys and positions joined by "/", so that the weights in
{"model": net.state_dict()} are `model/fc.weight`, and a plain state_dict keeps its keys as they are. How the names nest, and everything
that is no tensor, is JSON: a list is a list, everything else that is no plain value an object of one member, which says its kind.

bfloat16, which NumPy lacks, is an array of 16 bits in a field of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import _core
from minigrad._core import Tensor

SEPARATOR = "/"
STRUCTURE = "__minigrad__"  # where the JSON is: key of the metadata, or, with .json, member of .npz

Arrays = dict[str, np.ndarray]
BFLOAT16 = [("bfloat16", "<u2")]  # NumPy's dtype for arrays of it


def encode(obj: Any) -> tuple[Arrays, str]:
    """The arrays in `obj` by name, and JSON for the rest."""
    arrays: Arrays = {}
    try:
        return arrays, _json().dumps(_encode(obj, "", arrays, ()), separators=(",", ":"))
    except RecursionError:
        raise ValueError("save: the object is nested too deeply") from None


def decode(arrays: Arrays, structure: str | None) -> Any:
    """What `encode` got; without JSON (files of other programs) a flat dict."""
    if structure is None:
        return {name: tensor_of(array) for name, array in arrays.items()}
    return _decode(_json().loads(structure), arrays)


def _json() -> Any:
    import json  # here: few programs save, and all import this module

    return json


def _encode(obj: Any, place: str, arrays: Arrays, around: tuple[int, ...]) -> Any:
    """JSON for `obj`; what is tensor goes into `arrays`. `around` are the ids of the containers it stands in."""
    if isinstance(obj, Tensor | np.ndarray):
        kind = "tensor" if isinstance(obj, Tensor) else "array"
        array = np.ascontiguousarray(array_of(obj.detach()) if isinstance(obj, Tensor) else obj)
        if array.dtype.kind not in "biufc" and array.dtype != BFLOAT16:
            raise TypeError(f"save: {at(place)} is an array of dtype {array.dtype}, which is not numeric")
        name = place or kind
        while name in arrays or name in (STRUCTURE, "__metadata__"):
            name += "_"
        arrays[name] = array.reshape(obj.shape)
        return {kind: name}
    if obj is None or isinstance(obj, bool | int | float | str):
        return obj
    if isinstance(obj, np.generic) and obj.dtype.kind in "biuf":
        return obj.item()
    if isinstance(obj, mg.dtype):
        return {"dtype": str(obj).rpartition(".")[2]}
    around = enter(obj, place, around)
    if isinstance(obj, Mapping):
        return {"dict": [[check_key(key, place), _encode(value, join(place, key), arrays, around)] for key, value in obj.items()]}
    if isinstance(obj, list | tuple):
        values = [_encode(value, join(place, i), arrays, around) for i, value in enumerate(obj)]
        return values if isinstance(obj, list) else {"tuple": values}
    raise unknown(obj, place)


def _decode(code: Any, arrays: Arrays) -> Any:
    if isinstance(code, list):
        return [_decode(value, arrays) for value in code]
    if not isinstance(code, dict):
        return code
    ((kind, content),) = code.items()
    # Each array is taken once: a file cannot grow by naming one a thousand times.
    if kind == "tensor":
        return tensor_of(arrays.pop(content))
    if kind == "array":
        return arrays.pop(content)
    if kind == "dict":
        return {key: _decode(value, arrays) for key, value in content}
    if kind == "tuple":
        return tuple(_decode(value, arrays) for value in content)
    if kind == "dtype" and isinstance(found := vars(_core).get("bool_" if content == "bool" else content), mg.dtype):
        return found
    raise ValueError(f"unknown kind of value {kind!r}")


# ---- what all formats say of an object ----


def join(place: str, key: Any) -> str:
    return f"{place}{SEPARATOR}{key}" if place else str(key)


def at(place: str) -> str:
    return repr(place) if place else "the object"


def enter(obj: Any, place: str, around: tuple[int, ...]) -> tuple[int, ...]:
    """`around` with `obj`; raises ValueError if it is there already."""
    if id(obj) in around:
        raise ValueError(f"save: {at(place)} contains itself")
    return (*around, id(obj))


def check_key(key: Any, place: str) -> Any:
    if key is not None and not isinstance(key, bool | int | float | str):
        raise TypeError(f"save: {at(place)} has a key of type {type(key).__name__}; expected a string or a number")
    return key


def unknown(obj: Any, place: str) -> TypeError:
    hint = "; save its state_dict() instead" if hasattr(obj, "state_dict") else ""
    return TypeError(f"save: {at(place)} is of type {type(obj).__name__}, which is neither a tensor nor a plain value{hint}")


# ---- tensors and arrays ----


def array_of(x: Tensor) -> np.ndarray:
    return _core.bits_of(x, mg.int16).numpy().view(BFLOAT16) if x.dtype is mg.bfloat16 else x.numpy()


def tensor_of(array: np.ndarray) -> Tensor:
    if array.dtype == BFLOAT16:
        return _core.bits_of(tensor_of(array["bfloat16"].astype(np.int16)), mg.bfloat16)
    # ascontiguousarray makes one axis of none.
    native = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)
    return mg.from_numpy(native if native.flags.writeable else native.copy())
