"""What the pickle of a PyTorch file may name: dtypes, storages, the functions that rebuild tensors, and plain containers.

`find(name, trusted)` answers from `TABLE`, then from what the user vouched for with `serialization.add_safe_globals`. Every function here
checks all its arguments: they come from the file.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad import _core
from minigrad._core import Tensor

from .unpickler import Known, NumpyDtype, Refused, Unpickler, check_key


class Storage(NamedTuple):
    """A kind of storage: the dtype of its elements, and NumPy's for the same bits."""

    dtype: Any
    bits: str


STORAGES = {
    "DoubleStorage": Storage(_core.float64, "f8"),
    "FloatStorage": Storage(_core.float32, "f4"),
    "HalfStorage": Storage(_core.float16, "f2"),
    "BFloat16Storage": Storage(_core.bfloat16, "i2"),
    "LongStorage": Storage(_core.int64, "i8"),
    "IntStorage": Storage(_core.int32, "i4"),
    "ShortStorage": Storage(_core.int16, "i2"),
    "CharStorage": Storage(_core.int8, "i1"),
    "ByteStorage": Storage(_core.uint8, "u1"),
    "BoolStorage": Storage(_core.bool_, "?"),
    "ComplexFloatStorage": Storage(_core.complex64, "c8"),
    "ComplexDoubleStorage": Storage(_core.complex128, "c16"),
    "UntypedStorage": Storage(_core.uint8, "u1"),
}
DTYPES = {kind.dtype.name: kind.dtype for kind in STORAGES.values()}
LARGEST = 2**58  # elements of a tensor, or between two of them: their bytes fit into 63 bits

TABLE: dict[str, Any] = {f"torch.{name}": dtype for name, dtype in DTYPES.items()}
for _module in ("torch", "torch.cuda", "torch.storage"):
    TABLE |= {f"{_module}.{name}": kind for name, kind in STORAGES.items()}

# Names that PyTorch files do hold, and why not here.
_REASONS = {
    "torch._utils._rebuild_tensor_v3": "a tensor of a dtype that minigrad does not have",
    "torch._utils._rebuild_sparse_tensor": "a sparse tensor; minigrad's are dense",
    "torch._utils._rebuild_qtensor": "a quantised tensor",
    "torch._utils._rebuild_nested_tensor": "a nested tensor",
    "torch._utils._rebuild_meta_tensor_no_storage": "a tensor without values",
}
_BLOCKED = {"os", "posix", "nt", "sys", "subprocess", "importlib", "ctypes"}  # modules, even if the user vouches for what is in them


def find(name: str, trusted: dict[str, Any]) -> Any:
    """The value of a global; raises Refused for all that is not in the table."""
    name = name.replace("__builtin__.", "builtins.", 1).replace("numpy._core.", "numpy.core.", 1)
    if name in TABLE:
        return TABLE[name]
    shown = repr(name if len(name) < 100 else name[:100] + "...")
    if name in trusted and not _reaches_the_system(trusted[name]):
        return trusted[name]
    if name in trusted or name.partition(".")[0] in _BLOCKED | {"builtins"}:
        raise Refused(f"it asks for {shown}, which no file of weights needs")
    if name in _REASONS:
        raise Refused(f"it holds {_REASONS[name]}")
    if name.startswith("torch.nn.modules."):
        raise Refused(f"it holds a whole module ({shown}); save its state_dict() instead")
    raise Refused(f"it asks for {shown}; if you trust that class, name it with minigrad.serialization.add_safe_globals")


def _reaches_the_system(value: Any) -> bool:
    """Whatever its name in the file is: functions of the modules above, and those that are built in (eval, getattr...)."""
    module = str(getattr(value, "__module__", "")).partition(".")[0]
    return module in _BLOCKED or (module in ("builtins", "io", "_io") and not isinstance(value, type))


def _known(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(make: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            TABLE[name] = Known(name, make)
        return make

    return register


# ---- tensors ----


@_known("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2")
def _tensor(
    u: Unpickler, storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any = False, hooks: Any = None, metadata: Any = None
) -> Tensor:
    if not isinstance(storage, Tensor) or storage.dim() != 1:
        raise Refused("a tensor has no storage")
    size, stride = _integers(size), _integers(stride)
    (offset,) = _integers((offset,))
    if len(size) != len(stride):
        raise Refused(f"a tensor has {len(size)} sizes and {len(stride)} strides")
    n = math.prod(size)
    last = offset + sum((a - 1) * b for a, b in zip(size, stride, strict=True))
    if n > LARGEST or (n and last >= storage.numel()):
        raise Refused(f"a tensor of sizes {size}, strides {stride} and offset {offset} reaches outside its storage of {storage.numel()}")
    if not n:
        x = storage[:0].reshape(size)
    elif n == storage.numel() and stride == _contiguous(size):
        x = storage.reshape(size)
    else:
        x = storage.as_strided(size, stride, offset)
    if isinstance(metadata, dict) and (metadata.get("conj") is True or metadata.get("neg") is True):
        u.spend(n)
        x = _changed(u, x, metadata.get("conj") is True, metadata.get("neg") is True)
    return _requires_grad(x.detach(), requires_grad)


def _changed(u: Unpickler, x: Tensor, conj: bool, neg: bool) -> Tensor:
    """A tensor for the conjugate or negative of `x`, which PyTorch stores as `x` and a bit; written when the storages are there."""
    result = mg.empty_like(x)

    def finish() -> None:
        value = x.conj() if conj else x
        result.copy_(-value if neg else value)

    u.last.append(finish)
    return result


def _integers(values: Any) -> tuple[int, ...]:
    if not isinstance(values, tuple | list) or len(values) > 64 or not all(type(n) is int and 0 <= n <= LARGEST for n in values):
        raise Refused("a tensor has sizes, strides or an offset that are no numbers of elements")
    return tuple(values)


def _contiguous(size: Sequence[int]) -> tuple[int, ...]:
    strides = [1]
    for n in reversed(size[1:]):
        strides.append(strides[-1] * n)
    return tuple(reversed(strides[: len(size)]))


def _requires_grad(x: Tensor, wanted: Any) -> Tensor:
    if wanted is True:
        x.requires_grad_()
    elif wanted is not False:
        raise Refused("a tensor's requires_grad is no bool")
    return x


@_known("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter")
def _parameter(u: Unpickler, data: Any, requires_grad: Any = True, hooks: Any = None, state: Any = None) -> Tensor:
    """Attributes that a program gave to the parameter (`state`) are left out."""
    from minigrad.nn import Parameter

    if not isinstance(data, Tensor) or type(requires_grad) is not bool:
        raise Refused("a Parameter has no tensor")
    return Parameter(data.detach(), requires_grad)


def _marker(u: Unpickler, *args: Any) -> Any:
    raise Refused("it calls a class that is there to be named")


TABLE["torch.Tensor"] = TABLE["torch._tensor.Tensor"] = Known("torch.Tensor", _marker)
TABLE["numpy.ndarray"] = Known("numpy.ndarray", _marker)


@_known("torch._tensor._rebuild_from_type_v2")
def _from_type(u: Unpickler, f: Any, kind: Any, args: Any, state: Any) -> Any:
    """A tensor with attributes, which are left out."""
    x = u.call(f, args) if type(f) is Known and f.make in (_tensor, _parameter) else None
    if not isinstance(x, Tensor) or (kind is not TABLE["torch.Tensor"] and kind is not TABLE["torch.nn.parameter.Parameter"]):
        raise Refused("it holds a tensor of a class of its own")
    return x


# ---- plain values ----


@_known("collections.OrderedDict")
def _ordered(u: Unpickler, items: Any = ()) -> OrderedDict[Any, Any]:
    if type(items) not in (list, tuple):
        raise Refused("an OrderedDict is not made of pairs")
    u.spend(len(items))
    if not all(type(item) in (list, tuple) and len(item) == 2 for item in items):
        raise Refused("an OrderedDict is not made of pairs")
    return OrderedDict((check_key(key), value) for key, value in items)


@_known("collections.Counter")
def _counter(u: Unpickler, counts: Any) -> Counter[Any]:
    if type(counts) is not dict:
        raise Refused("a Counter is not made of a dict")
    u.spend(len(counts))
    if not all(type(n) is int for n in counts.values()):
        raise Refused("a Counter is not made of numbers")
    return Counter(counts)


@_known("builtins.set")
def _set(u: Unpickler, items: Any = ()) -> set[Any]:
    if type(items) not in (list, tuple):
        raise Refused("a set is not made of a list")
    u.spend(len(items))
    return {check_key(item) for item in items}


@_known("builtins.complex")
def _complex(u: Unpickler, real: Any, imag: Any) -> complex:
    if type(real) is not float or type(imag) is not float:
        raise Refused("a complex number is not made of two floats")
    return complex(real, imag)


@_known("_codecs.encode")
def _bytes(u: Unpickler, text: Any, encoding: Any = "utf-8") -> bytes:
    """How protocol 2 writes bytes."""
    if type(text) is not str or type(encoding) is not str or encoding not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise Refused("bytes are not made of a string")
    u.spend(len(text))
    return text.encode(encoding)


@_known("builtins.bytearray")
def _bytearray(u: Unpickler, data: Any = b"", encoding: Any = "latin1") -> bytearray:
    data = _bytes(u, data, encoding) if type(data) is str else data
    if type(data) is not bytes:
        raise Refused("a bytearray is not made of bytes")
    u.spend(len(data))
    return bytearray(data)


@_known("torch.Size")
def _size(u: Unpickler, sizes: Any) -> Any:
    from minigrad.legacy import Size

    return Size(_integers(sizes))


@_known("torch.device")
def _device(u: Unpickler, kind: Any, index: Any = None) -> Any:
    from minigrad.device import device

    if type(kind) is not str or not (index is None or type(index) is int):
        raise Refused("a device has no name")
    return device(kind, index)


# ---- NumPy's scalars and arrays, which older checkpoints hold ----

_CODES = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"}


@_known("numpy.dtype")
def _dtype(u: Unpickler, code: Any, align: Any = False, copy: Any = True) -> NumpyDtype:
    if type(code) is not str or code not in _CODES:
        raise Refused("it has a dtype of NumPy that is not numeric")
    return NumpyDtype(code)


@_known("numpy.core.multiarray.scalar")
def _scalar(u: Unpickler, kind: Any, data: Any) -> np.generic:
    if type(kind) is not NumpyDtype or type(data) is not bytes or len(data) != kind.dtype().itemsize:
        raise Refused("it has a scalar of NumPy whose bytes do not fit")
    return np.frombuffer(data, kind.dtype()).astype(kind.code)[0]


@_known("numpy.core.numeric._frombuffer")
def _from_buffer(u: Unpickler, data: Any, kind: Any, shape: Any, order: Any) -> np.ndarray:
    """How protocol 5 writes arrays."""
    if type(data) not in (bytes, bytearray) or type(kind) is not NumpyDtype or type(order) is not str or order not in ("C", "F"):
        raise Refused("it has an array of NumPy that is not numeric")
    u.spend(len(data))
    return np.frombuffer(data, kind.dtype()).copy().reshape(_integers(shape), order=order)


@_known("numpy.core.multiarray._reconstruct")
def _array(u: Unpickler, kind: Any, shape: Any, code: Any) -> np.ndarray:
    if kind is not TABLE["numpy.ndarray"] or type(shape) is not tuple or len(shape) != 1 or type(shape[0]) is not int or shape[0]:
        raise Refused("it has an array of a class of its own")
    return np.empty(0, np.uint8)  # filled by BUILD
