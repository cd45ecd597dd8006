"""Messages between the runner and a worker, over pipes: a JSON object whose arrays travel beside it as .npz.

No pickles: the two ends may be different Pythons with different NumPys, where a peer lives in an environment of its own.
"""

from __future__ import annotations

import io
import json
import struct
from typing import Any, BinaryIO

import numpy as np

LENGTHS = struct.Struct("<QQ")


class Closed(Exception):
    """The other end has gone."""


def encode(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """`value` as JSON; its arrays go into `arrays`. Tuples and dtypes keep their kind."""
    if isinstance(value, np.ndarray):
        key = f"a{len(arrays)}"
        arrays[key] = value
        return {"array": key}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {"dict": {k: encode(v, arrays) for k, v in value.items()}}
    if isinstance(value, tuple):
        return {"tuple": [encode(v, arrays) for v in value]}
    if isinstance(value, list):
        return [encode(v, arrays) for v in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    name = str(value).rpartition(".")[2]  # minigrad.float64
    if name in np.sctypeDict:
        return {"dtype": name}
    raise TypeError(f"benchmarks: {value!r} cannot be sent to a worker")


def decode(value: Any, arrays: Any) -> Any:
    if isinstance(value, list):
        return [decode(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "array":
        return arrays[content]
    if kind == "tuple":
        return tuple(decode(v, arrays) for v in content)
    if kind == "dict":
        return {k: decode(v, arrays) for k, v in content.items()}
    return np.dtype(content)


def send(pipe: BinaryIO, message: dict[str, Any]) -> None:
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(encode(message, arrays)).encode()
    blob = io.BytesIO()
    if arrays:
        np.savez(blob, **arrays)
    try:
        pipe.write(LENGTHS.pack(len(text), blob.tell()) + text)
        pipe.write(blob.getbuffer())
        pipe.flush()
    except (BrokenPipeError, ValueError) as error:
        raise Closed from error


def receive(pipe: BinaryIO) -> dict[str, Any]:
    head = pipe.read(LENGTHS.size)
    if len(head) < LENGTHS.size:
        raise Closed
    text, blob = LENGTHS.unpack(head)
    value = json.loads(pipe.read(text))
    with np.load(io.BytesIO(pipe.read(blob))) if blob else _Nothing() as arrays:
        return decode(value, arrays)


class _Nothing(dict):
    def __enter__(self) -> _Nothing:
        return self

    def __exit__(self, *_: object) -> None:
        pass
