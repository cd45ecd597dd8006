"""The extension module: Tensor and dtype as programs see them. What else it exports is between it and the package, and Any."""

import builtins
from collections import abc
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar, overload

import numpy as np
from typing_extensions import Self

from .device import device as _Device
from .ops.generator import Generator
from .ops.memory import UntypedStorage

_int: TypeAlias = builtins.int
_float: TypeAlias = builtins.float
_bool: TypeAlias = builtins.bool
_complex: TypeAlias = builtins.complex

class dtype:
    """An element type, such as `mg.float32`."""

    @property
    def name(self) -> str: ...
    @property
    def numpy(self) -> np.dtype[Any] | None: ...
    @property
    def is_signed(self) -> _bool: ...
    def to_real(self) -> dtype: ...
    def to_complex(self) -> dtype: ...
    @property
    def itemsize(self) -> _int: ...
    @property
    def is_floating_point(self) -> _bool: ...
    @property
    def is_complex(self) -> _bool: ...

DType: TypeAlias = dtype
Operand: TypeAlias = Tensor | builtins.complex | np.generic | np.ndarray[Any, Any]
_Index: TypeAlias = Any
_F = TypeVar("_F", bound=abc.Callable[..., Any])

bfloat16: dtype
bool_: dtype
complex64: dtype
complex128: dtype
float16: dtype
float32: dtype
float64: dtype
int8: dtype
int16: dtype
int32: dtype
int64: dtype
uint8: dtype

def from_numpy(array: np.ndarray[Any, Any]) -> Tensor: ...
def get_default_dtype() -> dtype: ...
def set_default_dtype(d: Any) -> None: ...
def get_num_threads() -> _int: ...
def set_num_threads(n: _int) -> None: ...
def is_grad_enabled() -> _bool: ...
def promote_types(a: dtype, b: dtype) -> dtype: ...
def result_type(*tensors: Operand | dtype) -> dtype: ...
def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: _bool | None = None,
    create_graph: _bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None: ...

def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: _bool | None = None,
    create_graph: _bool = False,
    allow_unused: _bool = False,
    materialize_grads: _bool = False,
) -> tuple[Tensor, ...]: ...  # None among them only with allow_unused

class _GradMode:
    def __enter__(self) -> Any: ...
    def __exit__(self, *error: object) -> None: ...
    def __call__(self, function: _F) -> _F: ...

class no_grad(_GradMode):
    """Within it nothing is recorded; also a decorator."""

    @overload
    def __new__(cls, function: None = None) -> Self: ...
    @overload
    def __new__(cls, function: _F) -> _F: ...  # type: ignore[misc]

class enable_grad(_GradMode):
    """Within it ops are recorded, also inside `no_grad`."""

    @overload
    def __new__(cls, function: None = None) -> Self: ...
    @overload
    def __new__(cls, function: _F) -> _F: ...  # type: ignore[misc]

class inference_mode(_GradMode):
    """`no_grad` under the name that PyTorch programs use for inference."""

    @overload
    def __new__(cls, mode: _bool = True) -> Self: ...
    @overload
    def __new__(cls, mode: _F) -> _F: ...  # type: ignore[misc]

class set_grad_enabled(_GradMode):
    """Switch recording on or off at once; as a context manager, until its end."""

    def __init__(self, mode: _bool) -> None: ...

class RemovableHandle:
    """What registers a hook returns; `remove()` takes the hook away."""

    def __init__(self, hooks: Any, id: Any) -> None: ...
    def remove(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...

class Tensor:
    """An array of one element type on the CPU that can record how it was computed."""

    __hash__: Any
    grad: Tensor | None
    data: Tensor
    requires_grad: _bool
    @property
    def shape(self) -> tuple[_int, ...]: ...
    @property
    def ndim(self) -> _int: ...
    @property
    def dtype(self) -> DType: ...
    @property
    def device(self) -> _Device: ...
    @property
    def itemsize(self) -> _int: ...
    @property
    def nbytes(self) -> _int: ...
    @property
    def is_leaf(self) -> _bool: ...
    @property
    def grad_fn(self) -> Any: ...
    @property
    def output_nr(self) -> _int: ...
    @property
    def retains_grad(self) -> _bool: ...
    @property
    def _version(self) -> _int: ...
    @property
    def is_cpu(self) -> _bool: ...
    @property
    def is_cuda(self) -> _bool: ...
    @property
    def is_meta(self) -> _bool: ...
    @property
    def is_mps(self) -> _bool: ...
    @property
    def is_quantized(self) -> _bool: ...
    @property
    def is_sparse(self) -> _bool: ...
    @property
    def T(self) -> Tensor: ...
    @property
    def mT(self) -> Tensor: ...
    @property
    def H(self) -> Tensor: ...
    @property
    def mH(self) -> Tensor: ...
    real: Tensor
    imag: Tensor
    @staticmethod
    def _make_subclass(kind: builtins.type[Any], data: Tensor, requires_grad: _bool = False) -> Any: ...
    def _bump_version(self) -> None: ...
    @overload
    def size(self, dim: None = None) -> tuple[_int, ...]: ...
    @overload
    def size(self, dim: _int) -> _int: ...
    @overload
    def stride(self, dim: None = None) -> tuple[_int, ...]: ...
    @overload
    def stride(self, dim: _int) -> _int: ...
    def storage_offset(self) -> _int: ...
    def dim(self) -> _int: ...
    def ndimension(self) -> _int: ...
    def numel(self) -> _int: ...
    def nelement(self) -> _int: ...
    def element_size(self) -> _int: ...
    def is_floating_point(self) -> _bool: ...
    def is_complex(self) -> _bool: ...
    def is_contiguous(self) -> _bool: ...
    def is_inference(self) -> _bool: ...
    def data_ptr(self) -> _int: ...
    def get_device(self) -> _int: ...
    def item(self) -> Any: ...  # int, float, bool or complex: as the dtype is
    def tolist(self) -> Any: ...
    def numpy(self, *, force: _bool = False) -> np.ndarray[Any, Any]: ...
    def __array__(self, dtype: Any = None, copy: _bool | None = None) -> np.ndarray[Any, Any]: ...
    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any: ...
    def __dlpack__(self, **kwargs: Any) -> Any: ...
    def __dlpack_device__(self) -> tuple[_int, _int]: ...
    def __deepcopy__(self, memo: dict[_int, Any]) -> Self: ...
    def __len__(self) -> _int: ...
    def __bool__(self) -> _bool: ...
    def __int__(self) -> _int: ...
    def __float__(self) -> _float: ...
    def __complex__(self) -> _complex: ...
    def __index__(self) -> _int: ...
    def __contains__(self, value: object) -> _bool: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __getitem__(self, key: _Index) -> Tensor: ...
    def __setitem__(self, key: _Index, value: Operand) -> None: ...
    def __pos__(self) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __add__(self, other: Operand) -> Tensor: ...
    def __radd__(self, other: Operand) -> Tensor: ...
    def __iadd__(self, other: Operand) -> Self: ...
    def __sub__(self, other: Operand) -> Tensor: ...
    def __rsub__(self, other: Operand) -> Tensor: ...
    def __isub__(self, other: Operand) -> Self: ...
    def __mul__(self, other: Operand) -> Tensor: ...
    def __rmul__(self, other: Operand) -> Tensor: ...
    def __imul__(self, other: Operand) -> Self: ...
    def __truediv__(self, other: Operand) -> Tensor: ...
    def __rtruediv__(self, other: Operand) -> Tensor: ...
    def __itruediv__(self, other: Operand) -> Self: ...
    def __floordiv__(self, other: Operand) -> Tensor: ...
    def __rfloordiv__(self, other: Operand) -> Tensor: ...
    def __ifloordiv__(self, other: Operand) -> Self: ...
    def __mod__(self, other: Operand) -> Tensor: ...
    def __rmod__(self, other: Operand) -> Tensor: ...
    def __imod__(self, other: Operand) -> Self: ...
    def __pow__(self, other: Operand) -> Tensor: ...
    def __rpow__(self, other: Operand) -> Tensor: ...
    def __ipow__(self, other: Operand) -> Self: ...
    def __and__(self, other: Operand) -> Tensor: ...
    def __rand__(self, other: Operand) -> Tensor: ...
    def __iand__(self, other: Operand) -> Self: ...
    def __or__(self, other: Operand) -> Tensor: ...
    def __ror__(self, other: Operand) -> Tensor: ...
    def __ior__(self, other: Operand) -> Self: ...
    def __xor__(self, other: Operand) -> Tensor: ...
    def __rxor__(self, other: Operand) -> Tensor: ...
    def __ixor__(self, other: Operand) -> Self: ...
    def __lshift__(self, other: Operand) -> Tensor: ...
    def __rlshift__(self, other: Operand) -> Tensor: ...
    def __ilshift__(self, other: Operand) -> Self: ...
    def __rshift__(self, other: Operand) -> Tensor: ...
    def __rrshift__(self, other: Operand) -> Tensor: ...
    def __irshift__(self, other: Operand) -> Self: ...
    def __matmul__(self, other: Tensor) -> Tensor: ...
    def __rmatmul__(self, other: Tensor) -> Tensor: ...
    def __lt__(self, other: Operand) -> Tensor: ...
    def __le__(self, other: Operand) -> Tensor: ...
    def __gt__(self, other: Operand) -> Tensor: ...
    def __ge__(self, other: Operand) -> Tensor: ...
    def __eq__(self, other: Operand) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: Operand) -> Tensor: ...  # type: ignore[override]
    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: _bool | None = None,
        create_graph: _bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None: ...
    def detach(self) -> Tensor: ...
    def detach_(self) -> Self: ...
    def requires_grad_(self, requires_grad: _bool = True) -> Self: ...
    def retain_grad(self) -> None: ...
    def register_post_accumulate_grad_hook(self, hook: abc.Callable[[Tensor], None]) -> RemovableHandle: ...
    def register_hook(self, hook: abc.Callable[[Tensor], Tensor | None]) -> RemovableHandle: ...
    @overload
    def to(self, dtype: DType, non_blocking: _bool = False, copy: _bool = False) -> Tensor: ...
    @overload
    def to(self, device: str | _Device, dtype: DType | None = None, non_blocking: _bool = False, copy: _bool = False) -> Tensor: ...
    @overload
    def to(self, other: Tensor, non_blocking: _bool = False, copy: _bool = False) -> Tensor: ...
    @overload
    def to(self, *, dtype: DType | None = None, device: str | _Device | None = None, non_blocking: _bool = False, copy: _bool = False) -> Tensor: ...
    @overload
    def type(self, dtype: None = None) -> str: ...
    @overload
    def type(self, dtype: DType | str) -> Tensor: ...
    def type_as(self, other: Tensor) -> Tensor: ...
    def to_device(self, device: Any, /, *, stream: Any = None) -> Tensor: ...
    def cpu(self) -> Tensor: ...
    def cuda(self, device: Any = None, non_blocking: _bool = False) -> Tensor: ...
    def pin_memory(self, device: Any = None) -> Tensor: ...
    def share_memory_(self) -> Self: ...
    def resize_(self, *size: _int | Sequence[_int]) -> Self: ...
    def resize_as_(self, the_template: Tensor) -> Self: ...
    def set_(
        self, source: Tensor | None = None, storage_offset: _int = 0, size: Sequence[_int] | _int | None = None, stride: Sequence[_int] | None = None
    ) -> Self: ...
    def untyped_storage(self) -> UntypedStorage: ...
    def bfloat16(self) -> Tensor: ...
    def bool(self) -> Tensor: ...
    def byte(self) -> Tensor: ...
    def cdouble(self) -> Tensor: ...
    def cfloat(self) -> Tensor: ...
    def char(self) -> Tensor: ...
    def double(self) -> Tensor: ...
    def float(self) -> Tensor: ...
    def half(self) -> Tensor: ...
    def int(self) -> Tensor: ...
    def long(self) -> Tensor: ...
    def short(self) -> Tensor: ...
    def where(self, condition: Tensor, other: Operand) -> Tensor: ...
    def copy_(self, source: Operand, non_blocking: _bool = False) -> Self: ...
    def fill_(self, value: Operand) -> Self: ...
    def fill_diagonal_(self, fill_value: _float, wrap: _bool = False) -> Self: ...
    def zero_(self) -> Self: ...
    def squeeze_(self, dim: _int | Sequence[_int] | None = None) -> Self: ...
    def unsqueeze_(self, dim: _int) -> Self: ...
    def transpose_(self, dim0: _int, dim1: _int) -> Self: ...
    def swapaxes_(self, axis0: _int, axis1: _int) -> Self: ...
    def swapdims_(self, dim0: _int, dim1: _int) -> Self: ...
    def t_(self) -> Self: ...
    def as_strided_(self, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int = 0) -> Self: ...
    def new_tensor(self, data: Any, *, dtype: DType | None = None, requires_grad: _bool = False, device: Any = None) -> Tensor: ...
    def new_full(self, size: Sequence[_int], fill_value: _complex, *, dtype: DType | None = None, requires_grad: _bool = False, device: Any = None) -> Tensor: ...
    def new_empty(self, *size: _int | Sequence[_int], dtype: DType | None = None, requires_grad: _bool = False, device: Any = None) -> Tensor: ...
    def new_ones(self, *size: _int | Sequence[_int], dtype: DType | None = None, requires_grad: _bool = False, device: Any = None) -> Tensor: ...
    def new_zeros(self, *size: _int | Sequence[_int], dtype: DType | None = None, requires_grad: _bool = False, device: Any = None) -> Tensor: ...
    def bernoulli(self, p: _float | None = None, *, generator: Generator | None = None) -> Tensor: ...
    def bernoulli_(self, p: Tensor | _float = 0.5, *, generator: Generator | None = None) -> Self: ...
    def cauchy_(self, median: _float = 0.0, sigma: _float = 1.0, *, generator: Generator | None = None) -> Self: ...
    def exponential_(self, lambd: _float = 1.0, *, generator: Generator | None = None) -> Self: ...
    def geometric_(self, p: _float, *, generator: Generator | None = None) -> Self: ...
    def log_normal_(self, mean: _float = 1.0, std: _float = 2.0, *, generator: Generator | None = None) -> Self: ...
    def multinomial(self, num_samples: _int, replacement: _bool = False, *, generator: Generator | None = None) -> Tensor: ...
    def normal_(self, mean: _float = 0.0, std: _float = 1.0, *, generator: Generator | None = None) -> Self: ...
    def random_(self, low: _int | None = None, high: _int | None = None, *, generator: Generator | None = None) -> Self: ...
    def uniform_(self, low: _float = 0.0, high: _float = 1.0, *, generator: Generator | None = None) -> Self: ...
    # ---- Written from the registry by tools/stubs.py.
    def abs(self, *, out: Tensor | None = None) -> Tensor:
        """Absolute value; the gradient at 0 is 0."""
    def abs_(self) -> Self:
        """`abs` in place; returns the tensor itself."""
    def absolute(self, *, out: Tensor | None = None) -> Tensor:
        """Absolute value; the gradient at 0 is 0."""
    def absolute_(self) -> Self:
        """`abs` in place; returns the tensor itself."""
    def acos(self, *, out: Tensor | None = None) -> Tensor:
        """The angle in [0, pi] that has this cosine; NaN outside [-1, 1]."""
    def acos_(self) -> Self:
        """`acos` in place; returns the tensor itself."""
    def acosh(self, *, out: Tensor | None = None) -> Tensor:
        """The number >= 0 that has this hyperbolic cosine; NaN below 1."""
    def acosh_(self) -> Self:
        """`acosh` in place; returns the tensor itself."""
    def add(self, other: Operand, *, alpha: _float = 1, out: Tensor | None = None) -> Tensor:
        """input + alpha * other."""
    def add_(self, other: Operand, *, alpha: _float = 1) -> Self:
        """`add` in place; returns the tensor itself."""
    def addbmm(self, batch1: Tensor, batch2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Tensor:
        """beta * input + alpha * the sum of all products of a stack of matrices. With beta 0 input is not looked at."""
    def addbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Self:
        """`addbmm` in place; returns the tensor itself."""
    def addcdiv(self, tensor1: Tensor, tensor2: Tensor, *, value: _float = 1) -> Tensor:
        """input + value * tensor1 / tensor2."""
    def addcdiv_(self, tensor1: Tensor, tensor2: Tensor, *, value: _float = 1) -> Self:
        """`addcdiv` in place; returns the tensor itself."""
    def addcmul(self, tensor1: Tensor, tensor2: Tensor, *, value: _float = 1) -> Tensor:
        """input + value * tensor1 * tensor2."""
    def addcmul_(self, tensor1: Tensor, tensor2: Tensor, *, value: _float = 1) -> Self:
        """`addcmul` in place; returns the tensor itself."""
    def addmm(self, mat1: Tensor, mat2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Tensor:
        """beta * input + alpha * mat1 @ mat2."""
    def addmm_(self, mat1: Tensor, mat2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Self:
        """`addmm` in place; returns the tensor itself."""
    def addmv(self, mat: Tensor, vec: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Tensor:
        """beta * input + alpha * mat @ vec. Shapes: mat (m, k), vec (k,), input broadcasts to (m,). With beta 0 input is not looked at."""
    def addmv_(self, mat: Tensor, vec: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Self:
        """`addmv` in place; returns the tensor itself."""
    def addr(self, vec1: Tensor, vec2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Tensor:
        """beta * input + alpha * outer(vec1, vec2). Shapes: vec1 (m,), vec2 (n,), input broadcasts to (m, n). With beta 0 input is not looked at."""
    def addr_(self, vec1: Tensor, vec2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Self:
        """`addr` in place; returns the tensor itself."""
    def adjoint(self) -> Tensor:
        """The last two dimensions swapped, and complex numbers conjugated. Shapes: (..., M, N); 0-d tensors stay."""
    def all(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Whether all elements are nonzero; of none, True."""
    def allclose(self, other: Operand, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> _bool:
        """Whether `isclose` holds for all elements; a Python bool."""
    def amax(self, dim: _int | Sequence[_int] = ..., keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] = ..., keepdims: _bool = ...) -> Tensor:
        """Largest element; NaN if one is NaN. Ties share the gradient equally."""
    def amin(self, dim: _int | Sequence[_int] = ..., keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] = ..., keepdims: _bool = ...) -> Tensor:
        """Smallest element; NaN if one is NaN. Ties share the gradient equally."""
    def aminmax(self, *, dim: _int | None = None, keepdim: _bool = False, axis: _int | None = ..., keepdims: _bool = ...) -> Aminmax:
        """(min, max) of all elements, or along `dim`. Ties share the gradient equally."""
    def angle(self) -> Tensor:
        """The angle of complex numbers in radians, -pi to pi: of negative reals pi, of others 0, of NaN NaN."""
    def any(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Whether some element is nonzero; of none, False."""
    def arccos(self, *, out: Tensor | None = None) -> Tensor:
        """The angle in [0, pi] that has this cosine; NaN outside [-1, 1]."""
    def arccos_(self) -> Self:
        """`acos` in place; returns the tensor itself."""
    def arccosh(self, *, out: Tensor | None = None) -> Tensor:
        """The number >= 0 that has this hyperbolic cosine; NaN below 1."""
    def arccosh_(self) -> Self:
        """`acosh` in place; returns the tensor itself."""
    def arcsin(self, *, out: Tensor | None = None) -> Tensor:
        """The angle in [-pi/2, pi/2] that has this sine; NaN outside [-1, 1]."""
    def arcsin_(self) -> Self:
        """`asin` in place; returns the tensor itself."""
    def arcsinh(self, *, out: Tensor | None = None) -> Tensor:
        """The number that has this hyperbolic sine."""
    def arcsinh_(self) -> Self:
        """`asinh` in place; returns the tensor itself."""
    def arctan(self, *, out: Tensor | None = None) -> Tensor:
        """The angle in (-pi/2, pi/2) that has this tangent."""
    def arctan2(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Angle of the point (x=other, y=input) in radians, -pi to pi."""
    def arctan2_(self, other: Operand) -> Self:
        """`atan2` in place; returns the tensor itself."""
    def arctan_(self) -> Self:
        """`atan` in place; returns the tensor itself."""
    def arctanh(self, *, out: Tensor | None = None) -> Tensor:
        """The number that has this hyperbolic tangent; NaN outside [-1, 1]."""
    def arctanh_(self) -> Self:
        """`atanh` in place; returns the tensor itself."""
    def argmax(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Index of the largest element (of the first of several, or of the first NaN), in the flattened tensor if `dim` is None."""
    def argmin(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Index of the smallest element (of the first of several, or of the first NaN), in the flattened tensor if `dim` is None."""
    def argsort(self, dim: _int = -1, descending: _bool = False, stable: _bool = False, *, axis: _int = ...) -> Tensor:
        """Indices (int64) that put the elements in order along `dim`; the second part of `sort`."""
    def argwhere(self) -> Tensor:
        """Indices of the elements that are not zero, as rows of int64. Shapes: (..) gives (count, ndim)."""
    def as_strided(self, size: _int | Sequence[_int], stride: _int | Sequence[_int], storage_offset: _int = 0) -> Tensor:
        """A view of `input`'s memory with any sizes and strides (in elements), `storage_offset` elements after its first."""
    def as_strided_scatter(self, src: Tensor, size: _int | Sequence[_int], stride: _int | Sequence[_int], storage_offset: _int = 0) -> Tensor:
        """A copy in whose memory the window of these sizes and strides holds `src`. Dtypes: one for both."""
    def asin(self, *, out: Tensor | None = None) -> Tensor:
        """The angle in [-pi/2, pi/2] that has this sine; NaN outside [-1, 1]."""
    def asin_(self) -> Self:
        """`asin` in place; returns the tensor itself."""
    def asinh(self, *, out: Tensor | None = None) -> Tensor:
        """The number that has this hyperbolic sine."""
    def asinh_(self) -> Self:
        """`asinh` in place; returns the tensor itself."""
    def atan(self, *, out: Tensor | None = None) -> Tensor:
        """The angle in (-pi/2, pi/2) that has this tangent."""
    def atan2(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Angle of the point (x=other, y=input) in radians, -pi to pi."""
    def atan2_(self, other: Operand) -> Self:
        """`atan2` in place; returns the tensor itself."""
    def atan_(self) -> Self:
        """`atan` in place; returns the tensor itself."""
    def atanh(self, *, out: Tensor | None = None) -> Tensor:
        """The number that has this hyperbolic tangent; NaN outside [-1, 1]."""
    def atanh_(self) -> Self:
        """`atanh` in place; returns the tensor itself."""
    def baddbmm(self, batch1: Tensor, batch2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Tensor:
        """beta * input + alpha * batch1 @ batch2, for stacks of matrices. With beta 0 input is not looked at."""
    def baddbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Self:
        """`baddbmm` in place; returns the tensor itself."""
    def bincount(self, weights: Tensor | None = None, minlength: _int = 0) -> Tensor:
        """How often each of 0, 1, 2... occurs; with weights, the sum of those."""
    def bitwise_and(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """And, bit by bit; on bool the logical one."""
    def bitwise_and_(self, other: Operand) -> Self:
        """`bitwise_and` in place; returns the tensor itself."""
    def bitwise_left_shift(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """input * 2**other, bits that leave the type lost; 0 where `other` is negative or as large as the type."""
    def bitwise_left_shift_(self, other: Operand) -> Self:
        """`bitwise_left_shift` in place; returns the tensor itself."""
    def bitwise_not(self, *, out: Tensor | None = None) -> Tensor:
        """All bits inverted; on bool the logical not."""
    def bitwise_not_(self) -> Self:
        """`bitwise_not` in place; returns the tensor itself."""
    def bitwise_or(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Or, bit by bit; on bool the logical one."""
    def bitwise_or_(self, other: Operand) -> Self:
        """`bitwise_or` in place; returns the tensor itself."""
    def bitwise_right_shift(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """input / 2**other rounded down; where `other` is negative or as large as the type, 0, or -1 for negative input."""
    def bitwise_right_shift_(self, other: Operand) -> Self:
        """`bitwise_right_shift` in place; returns the tensor itself."""
    def bitwise_xor(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Exclusive or, bit by bit; on bool the logical one."""
    def bitwise_xor_(self, other: Operand) -> Self:
        """`bitwise_xor` in place; returns the tensor itself."""
    def bmm(self, mat2: Tensor) -> Tensor:
        """Products of two stacks of matrices."""
    def broadcast_to(self, *size: _int | Sequence[_int]) -> Tensor:
        """`expand` as a function."""
    def ceil(self, *, out: Tensor | None = None) -> Tensor:
        """Smallest integer not below input."""
    def ceil_(self) -> Self:
        """`ceil` in place; returns the tensor itself."""
    def cholesky(self, upper: _bool = False) -> Tensor:
        """`linalg.cholesky` under its older name."""
    def cholesky_inverse(self, upper: _bool = False) -> Tensor:
        """Inverse of A, given its Cholesky factor. Shapes: (..., n, n)."""
    def cholesky_solve(self, L: Tensor, upper: _bool = False) -> Tensor:
        """X of A X = B, given the Cholesky factor of A. Shapes: B (..., n, k), L (..., n, n), broadcast."""
    def chunk(self, chunks: _int, dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
        """At most `chunks` views of equal size along `dim`; the last may be smaller."""
    def clamp(self, min: Tensor | _float | None = None, max: Tensor | _float | None = None) -> Tensor:
        """input, not below `min` and not above `max`; where min > max, max. NaN stays. The gradient passes on the bounds."""
    def clamp_(self, min: Tensor | _float | None = None, max: Tensor | _float | None = None) -> Self:
        """`clamp` in place; returns the tensor itself."""
    def clamp_max(self, max: Tensor) -> Tensor:
        """input, or `max` where it is above that; NaN of either stays. Where both are equal the gradient is input's."""
    def clamp_max_(self, max: Tensor) -> Self:
        """`clamp_max` in place; returns the tensor itself."""
    def clamp_min(self, min: Tensor) -> Tensor:
        """input, or `min` where it is below that; NaN of either stays. Where both are equal the gradient is input's."""
    def clamp_min_(self, min: Tensor) -> Self:
        """`clamp_min` in place; returns the tensor itself."""
    def clip(self, min: Tensor | _float | None = None, max: Tensor | _float | None = None) -> Tensor:
        """input, not below `min` and not above `max`; where min > max, max. NaN stays. The gradient passes on the bounds."""
    def clip_(self, min: Tensor | _float | None = None, max: Tensor | _float | None = None) -> Self:
        """`clamp` in place; returns the tensor itself."""
    def clone(self, *, out: Tensor | None = None) -> Tensor:
        """A contiguous copy; gradients flow through."""
    def conj(self) -> Tensor:
        """The complex conjugate; a real tensor itself. Unlike PyTorch's it is computed at once and shares no memory."""
    def conj_physical(self) -> Tensor:
        """`conj`, whose result is always computed at once here."""
    def contiguous(self) -> Tensor:
        """The tensor itself if its elements lie in C order, otherwise a copy."""
    def copysign(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """|input| with the sign of other, that of a zero too; the gradient at input 0 is 0."""
    def copysign_(self, other: Operand) -> Self:
        """`copysign` in place; returns the tensor itself."""
    def corrcoef(self) -> Tensor:
        """Pearson's correlation coefficients of variables (rows) over observations (columns), not beyond -1 and 1."""
    def cos(self, *, out: Tensor | None = None) -> Tensor:
        """Cosine of an angle in radians."""
    def cos_(self) -> Self:
        """`cos` in place; returns the tensor itself."""
    def cosh(self, *, out: Tensor | None = None) -> Tensor:
        """Hyperbolic cosine."""
    def cosh_(self) -> Self:
        """`cosh` in place; returns the tensor itself."""
    def count_nonzero(self, dim: _int | None = None, *, axis: _int | None = ...) -> Tensor:
        """How many elements are not zero, as int64."""
    def cov(self, *, correction: _float = 1, fweights: Tensor | None = None, aweights: Tensor | None = None) -> Tensor:
        """Covariance matrix of variables (rows) over observations (columns)."""
    def cross(self, other: Operand, dim: _int | None = None, *, axis: _int | None = ...) -> Tensor:
        """Cross product of vectors of 3 entries along `dim`, by default the first dimension of size 3."""
    def cummax(self, dim: _int) -> Extreme:
        """(values, indices): the largest of the elements up to each along `dim`, and the index of the last that equals it."""
    def cummin(self, dim: _int) -> Extreme:
        """(values, indices): the smallest of the elements up to each along `dim`, and the index of the last that equals it."""
    def cumprod(self, dim: _int, *, dtype: DType | None = None) -> Tensor:
        """Running product along `dim`."""
    def cumprod_(self, dim: _int, *, dtype: DType | None = None) -> Self:
        """`cumprod` in place; returns the tensor itself."""
    def cumsum(self, dim: _int, *, dtype: DType | None = None) -> Tensor:
        """Running sum along `dim`."""
    def cumsum_(self, dim: _int, *, dtype: DType | None = None) -> Self:
        """`cumsum` in place; returns the tensor itself."""
    def deg2rad(self, *, out: Tensor | None = None) -> Tensor:
        """Degrees as radians."""
    def deg2rad_(self) -> Self:
        """`deg2rad` in place; returns the tensor itself."""
    def det(self) -> Tensor:
        """Determinant. Shapes: (..., n, n) gives (...). The gradient is right for singular matrices too; the second"""
    def diag(self, diagonal: _int = 0) -> Tensor:
        """The matrix with a vector as its diagonal; the diagonal of a matrix, copied."""
    def diag_embed(self, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
        """The last dimension as a diagonal of two new dimensions, zeros elsewhere."""
    def diagflat(self, offset: _int = 0) -> Tensor:
        """The matrix with all elements as its diagonal."""
    def diagonal(self, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
        """The diagonal of two dimensions, as a new last dimension; a view. offset > 0 is above the main diagonal, < 0 below."""
    def diagonal_scatter(self, src: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
        """A copy whose diagonal is `src`. Shapes: src as diagonal(input, offset, dim1, dim2). Dtypes: one for both."""
    def diff(self, n: _int = 1, dim: _int = -1, prepend: Tensor | None = None, append: Tensor | None = None, *, axis: _int = ...) -> Tensor:
        """Differences of neighbours along `dim`, taken `n` times; of bool, whether they differ. prepend, append: what to put before and after."""
    def digamma(self, *, out: Tensor | None = None) -> Tensor:
        """Derivative of lgamma; -inf at 0, NaN at -1, -2..."""
    def digamma_(self) -> Self:
        """`digamma` in place; returns the tensor itself."""
    def dist(self, other: Operand, p: _float = 2) -> Tensor:
        """p-norm of input - other."""
    def div(self, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """input / other; `rounding_mode` "floor" or "trunc" rounds the quotient."""
    def div_(self, other: Operand, *, rounding_mode: str | None = None) -> Self:
        """`div` in place; returns the tensor itself."""
    def divide(self, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """input / other; `rounding_mode` "floor" or "trunc" rounds the quotient."""
    def divide_(self, other: Operand, *, rounding_mode: str | None = None) -> Self:
        """`div` in place; returns the tensor itself."""
    def dot(self, tensor: Tensor) -> Tensor:
        """Product of two vectors."""
    def dsplit(self, indices_or_sections: _int | Sequence[_int]) -> tuple[Tensor, ...]:
        """Views of equal parts (or cut at indices) along dimension 2."""
    def eq(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input == other, elementwise; comparisons with NaN are false (ne: true)."""
    def eq_(self, other: Operand) -> Self:
        """`eq` in place; returns the tensor itself."""
    def equal(self, other: Operand) -> _bool:
        """Whether two tensors have the same shape and equal elements; a Python bool. NaN is not equal to itself."""
    def erf(self, *, out: Tensor | None = None) -> Tensor:
        """Error function."""
    def erf_(self) -> Self:
        """`erf` in place; returns the tensor itself."""
    def erfc(self, *, out: Tensor | None = None) -> Tensor:
        """1 - erf(input), exact in the tail."""
    def erfc_(self) -> Self:
        """`erfc` in place; returns the tensor itself."""
    def erfinv(self, *, out: Tensor | None = None) -> Tensor:
        """The number whose error function is `input`; infinite at -1 and 1, NaN beyond."""
    def erfinv_(self) -> Self:
        """`erfinv` in place; returns the tensor itself."""
    def exp(self, *, out: Tensor | None = None) -> Tensor:
        """e to the power of input."""
    def exp2(self, *, out: Tensor | None = None) -> Tensor:
        """2 to the power of input."""
    def exp2_(self) -> Self:
        """`exp2` in place; returns the tensor itself."""
    def exp_(self) -> Self:
        """`exp` in place; returns the tensor itself."""
    def expand(self, *size: _int | Sequence[_int]) -> Tensor:
        """Size-1 and new leading dimensions repeated without copying; -1 keeps a size. A view."""
    def expand_as(self, other: Operand) -> Tensor:
        """`expand` to the shape of `other`."""
    def expm1(self, *, out: Tensor | None = None) -> Tensor:
        """exp(input) - 1, exact near 0."""
    def expm1_(self) -> Self:
        """`expm1` in place; returns the tensor itself."""
    def fix(self, *, out: Tensor | None = None) -> Tensor:
        """Integer part."""
    def fix_(self) -> Self:
        """`trunc` in place; returns the tensor itself."""
    def flatten(self, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
        """Dimensions from start_dim to end_dim merged into one."""
    def flip(self, *dims: _int | Sequence[_int]) -> Tensor:
        """The entries of some dimensions in reverse order; a copy."""
    def fliplr(self) -> Tensor:
        """Columns (dimension 1) in reverse order; a copy."""
    def flipud(self) -> Tensor:
        """Rows (dimension 0) in reverse order; a copy."""
    def float_power(self, exponent: Tensor) -> Tensor:
        """input to the power of exponent, computed in float64 and given as float64; complex128 if one of them is complex."""
    def float_power_(self, exponent: Tensor) -> Self:
        """`float_power` in place; returns the tensor itself."""
    def floor(self, *, out: Tensor | None = None) -> Tensor:
        """Largest integer not above input."""
    def floor_(self) -> Self:
        """`floor` in place; returns the tensor itself."""
    def floor_divide(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Quotient rounded towards minus infinity; dividing integers by zero gives 0."""
    def floor_divide_(self, other: Operand) -> Self:
        """`floor_divide` in place; returns the tensor itself."""
    def fmax(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """The larger of two; a NaN counts only if both are. The gradient of a tie is the first's."""
    def fmin(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """The smaller of two; a NaN counts only if both are. The gradient of a tie is the first's."""
    def fmod(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """input - other * trunc(input / other): the sign is the dividend's, as in C."""
    def fmod_(self, other: Operand) -> Self:
        """`fmod` in place; returns the tensor itself."""
    def frac(self) -> Tensor:
        """input - trunc(input): what is behind the point, with input's sign."""
    def frac_(self) -> Self:
        """`frac` in place; returns the tensor itself."""
    def frexp(self) -> Frexp:
        """(mantissa, exponent): input = mantissa * 2**exponent, 0.5 <= |mantissa| < 1."""
    def gather(self, dim: _int, index: Tensor) -> Tensor:
        """Values picked along a dimension: out[i][j] = input[i][index[i][j]] for dim=1."""
    def gcd(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Greatest common divisor; of 0 and x, |x|."""
    def gcd_(self, other: Operand) -> Self:
        """`gcd` in place; returns the tensor itself."""
    def ge(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input >= other, elementwise; comparisons with NaN are false (ne: true)."""
    def ge_(self, other: Operand) -> Self:
        """`ge` in place; returns the tensor itself."""
    def geqrf(self) -> Geqrf:
        """QR factors as LAPACK keeps them: R on and above the diagonal of a, below it the reflections that `linalg.householder_product` makes Q of."""
    def ger(self, vec2: Tensor) -> Tensor:
        """All products of an element of one vector with one of the other."""
    def greater(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input > other, elementwise; comparisons with NaN are false (ne: true)."""
    def greater_(self, other: Operand) -> Self:
        """`gt` in place; returns the tensor itself."""
    def greater_equal(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input >= other, elementwise; comparisons with NaN are false (ne: true)."""
    def greater_equal_(self, other: Operand) -> Self:
        """`ge` in place; returns the tensor itself."""
    def gt(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input > other, elementwise; comparisons with NaN are false (ne: true)."""
    def gt_(self, other: Operand) -> Self:
        """`gt` in place; returns the tensor itself."""
    def heaviside(self, values: Operand, *, out: Tensor | None = None) -> Tensor:
        """0 below zero, 1 above, `values` at zero (0 for NaN)."""
    def heaviside_(self, values: Operand) -> Self:
        """`heaviside` in place; returns the tensor itself."""
    def histc(self, bins: _int = 100, min: _int | Tensor = 0, max: _int | Tensor = 0) -> Tensor:
        """How many elements fall into each of `bins` equal parts of [min, max] (default: of the values' own range); others are left out."""
    def histogram(self, bins: _int | Tensor, *, range: Sequence[_float] | None = None, weight: Tensor | None = None, density: _bool = False) -> Histogram:
        """(hist, bin_edges): how many elements, or how much `weight`, each bin holds; each bin without its right end, but for the last."""
    def hsplit(self, indices_or_sections: _int | Sequence[_int]) -> tuple[Tensor, ...]:
        """Views of equal parts (or cut at indices) along dimension 1; of vectors, along 0."""
    def hypot(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """sqrt(input**2 + other**2) without overflow."""
    def hypot_(self, other: Operand) -> Self:
        """`hypot` in place; returns the tensor itself."""
    def i0(self, *, out: Tensor | None = None) -> Tensor:
        """Modified Bessel function of the first kind, order 0."""
    def i0_(self) -> Self:
        """`i0` in place; returns the tensor itself."""
    def igamma(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """The regularised lower incomplete gamma function P(a=input, x=other); no gradient with respect to input."""
    def igamma_(self, other: Operand) -> Self:
        """`igamma` in place; returns the tensor itself."""
    def igammac(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """The regularised upper incomplete gamma function Q = 1 - P, exact in its tail; no gradient with respect to input."""
    def igammac_(self, other: Operand) -> Self:
        """`igammac` in place; returns the tensor itself."""
    def index_add(self, dim: _int, index: Tensor, source: Tensor, *, alpha: _float = 1) -> Tensor:
        """input with alpha * source added to the entries of dimension `dim` that `index` names; repeated indices add up."""
    def index_add_(self, dim: _int, index: Tensor, source: Tensor, *, alpha: _float = 1) -> Self:
        """`index_add` in place; returns the tensor itself."""
    def index_copy(self, dim: _int, index: Tensor, source: Tensor) -> Tensor:
        """input with the entries of dimension `dim` that `index` names replaced by those of source; of repeated indices the last wins."""
    def index_copy_(self, dim: _int, index: Tensor, source: Tensor) -> Self:
        """`index_copy` in place; returns the tensor itself."""
    def index_fill(self, dim: _int, index: Tensor, value: Tensor | _float) -> Tensor:
        """input with the entries of dimension `dim` that `index` names set to one value, a number or a 0-d tensor."""
    def index_fill_(self, dim: _int, index: Tensor, value: Tensor | _float) -> Self:
        """`index_fill` in place; returns the tensor itself."""
    def index_put(self, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Tensor:
        """A copy of input with input[indices] set to `values`, or with accumulate, with them added there (repeated places add up)."""
    def index_put_(self, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Self:
        """`index_put` in place; returns the tensor itself."""
    def index_reduce(self, dim: _int, index: Tensor, source: Tensor, reduce: str, *, include_self: _bool = True) -> Tensor:
        """input with the entries of source reduced into the entries of dimension `dim` that `index` names."""
    def index_reduce_(self, dim: _int, index: Tensor, source: Tensor, reduce: str, *, include_self: _bool = True) -> Self:
        """`index_reduce` in place; returns the tensor itself."""
    def index_select(self, dim: _int, index: Tensor) -> Tensor:
        """Entries of dimension `dim` in the order that the 1-d `index` gives; negative indices count from the end."""
    def inner(self, other: Operand) -> Tensor:
        """Products summed over the last dimension of both; with a 0-d tensor, the plain product."""
    def inverse(self) -> Tensor:
        """`linalg.inv` under its older name."""
    def is_conj(self) -> _bool:
        """False: no conjugation is ever put off here."""
    def is_same_size(self, other: Operand) -> _bool:
        """Whether two tensors have the same shape."""
    def isclose(self, other: Operand, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> Tensor:
        """Whether |input - other| <= atol + rtol * |other|; infinities are close to themselves, NaN to NaN if `equal_nan`."""
    def isfinite(self, *, out: Tensor | None = None) -> Tensor:
        """Whether each element is neither infinite nor NaN."""
    def isinf(self, *, out: Tensor | None = None) -> Tensor:
        """Whether each element is infinite."""
    def isnan(self, *, out: Tensor | None = None) -> Tensor:
        """Whether each element is NaN."""
    def isneginf(self, *, out: Tensor | None = None) -> Tensor:
        """Whether each element is minus infinity."""
    def isposinf(self, *, out: Tensor | None = None) -> Tensor:
        """Whether each element is plus infinity."""
    def isreal(self, *, out: Tensor | None = None) -> Tensor:
        """Whether the imaginary part of each element is zero: always, but for complex numbers."""
    def istft(self, n_fft: _int, hop_length: _int | None = None, win_length: _int | None = None, window: Tensor | None = None, center: _bool = True, normalized: _bool = False, onesided: _bool | None = None, length: _int | None = None, return_complex: _bool = False) -> Tensor:
        """The inverse of `stft`: the signal whose windows' spectra are nearest to the given ones."""
    def kron(self, other: Operand) -> Tensor:
        """Kronecker product: every element of `input` times all of `other`, as blocks."""
    def kthvalue(self, k: _int, dim: _int = -1, keepdim: _bool = False, *, axis: _int = ..., keepdims: _bool = ...) -> Extreme:
        """(values, indices): the k-th smallest along `dim`, counted from 1. NaN counts as the largest."""
    def lcm(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Least common multiple, not negative; of 0 and anything, 0."""
    def lcm_(self, other: Operand) -> Self:
        """`lcm` in place; returns the tensor itself."""
    def ldexp(self, other: Tensor) -> Tensor:
        """input * 2**other."""
    def ldexp_(self, other: Tensor) -> Self:
        """`ldexp` in place; returns the tensor itself."""
    def le(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input <= other, elementwise; comparisons with NaN are false (ne: true)."""
    def le_(self, other: Operand) -> Self:
        """`le` in place; returns the tensor itself."""
    def lerp(self, end: Operand, weight: Operand, *, out: Tensor | None = None) -> Tensor:
        """input + weight * (end - input), which is exactly `end` at weight 1; weight is a number or a tensor."""
    def lerp_(self, end: Operand, weight: Operand) -> Self:
        """`lerp` in place; returns the tensor itself."""
    def less(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input < other, elementwise; comparisons with NaN are false (ne: true)."""
    def less_(self, other: Operand) -> Self:
        """`lt` in place; returns the tensor itself."""
    def less_equal(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input <= other, elementwise; comparisons with NaN are false (ne: true)."""
    def less_equal_(self, other: Operand) -> Self:
        """`le` in place; returns the tensor itself."""
    def lgamma(self, *, out: Tensor | None = None) -> Tensor:
        """Logarithm of the absolute value of the gamma function; inf at 0, -1, -2..."""
    def lgamma_(self) -> Self:
        """`lgamma` in place; returns the tensor itself."""
    def log(self, *, out: Tensor | None = None) -> Tensor:
        """Natural logarithm; NaN below 0, -inf at 0."""
    def log10(self, *, out: Tensor | None = None) -> Tensor:
        """Logarithm to base 10."""
    def log10_(self) -> Self:
        """`log10` in place; returns the tensor itself."""
    def log1p(self, *, out: Tensor | None = None) -> Tensor:
        """log(1 + input), exact near 0."""
    def log1p_(self) -> Self:
        """`log1p` in place; returns the tensor itself."""
    def log2(self, *, out: Tensor | None = None) -> Tensor:
        """Logarithm to base 2."""
    def log2_(self) -> Self:
        """`log2` in place; returns the tensor itself."""
    def log_(self) -> Self:
        """`log` in place; returns the tensor itself."""
    def log_softmax(self, dim: _int | None = None, dtype: DType | None = None, *, axis: _int | None = ...) -> Tensor:
        """log(softmax(input)) over `dim`, exact where softmax underflows. `dtype` casts first."""
    def logaddexp(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """log(exp(input) + exp(other)) without overflow."""
    def logaddexp2(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Logarithm to base 2 of 2**input + 2**other, without overflow."""
    def logcumsumexp(self, dim: _int) -> Tensor:
        """log(cumsum(exp(input))) along `dim`, without overflow."""
    def logdet(self) -> Tensor:
        """Logarithm of the determinant; NaN if that is real and negative, -inf if it is 0. Shapes: (..., n, n) gives (...)."""
    def logical_and(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Both, of truth values (nonzero is true)."""
    def logical_and_(self, other: Operand) -> Self:
        """`logical_and` in place; returns the tensor itself."""
    def logical_not(self, *, out: Tensor | None = None) -> Tensor:
        """Whether each element is zero."""
    def logical_not_(self) -> Self:
        """`logical_not` in place; returns the tensor itself."""
    def logical_or(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Either, of truth values (nonzero is true)."""
    def logical_or_(self, other: Operand) -> Self:
        """`logical_or` in place; returns the tensor itself."""
    def logical_xor(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Exactly one, of truth values (nonzero is true)."""
    def logical_xor_(self, other: Operand) -> Self:
        """`logical_xor` in place; returns the tensor itself."""
    def logit(self, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
        """log(p / (1 - p)), the inverse of sigmoid; NaN outside [0, 1], to which `eps` clamps: [eps, 1 - eps]."""
    def logit_(self, eps: _float | None = None) -> Self:
        """`logit` in place; returns the tensor itself."""
    def logsumexp(self, dim: _int | Sequence[_int], keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """log(sum(exp(input))) without overflow; of no elements, -inf."""
    def lt(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input < other, elementwise; comparisons with NaN are false (ne: true)."""
    def lt_(self, other: Operand) -> Self:
        """`lt` in place; returns the tensor itself."""
    def lu(self, pivot: _bool = True, get_infos: _bool = False) -> Factor:
        """`linalg.lu_factor`, with get_infos `linalg.lu_factor_ex`, under an older name."""
    def lu_solve(self, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
        """`linalg.lu_solve` under its older name, arguments exchanged."""
    def masked_fill(self, mask: Tensor, value: _float) -> Tensor:
        """input with `value`, a number or 0-d tensor, where `mask` holds."""
    def masked_fill_(self, mask: Tensor, value: _float) -> Self:
        """`masked_fill` in place; returns the tensor itself."""
    def masked_scatter(self, mask: Tensor, source: Tensor) -> Tensor:
        """input with the elements where `mask` holds replaced, in order, by the first elements of source."""
    def masked_scatter_(self, mask: Tensor, source: Tensor) -> Self:
        """`masked_scatter` in place; returns the tensor itself."""
    def masked_select(self, mask: Tensor) -> Tensor:
        """The elements where `mask` holds, in a 1-d tensor."""
    def matmul(self, other: Tensor) -> Tensor:
        """Matrix product, NumPy's rules: 1-D operands are a row and a column, leading dimensions are a batch that broadcasts."""
    def matrix_exp(self) -> Tensor:
        """Exponential of square matrices. Shapes: (..., n, n)."""
    def matrix_power(self, n: _int) -> Tensor:
        """Integer power of square matrices, by repeated squaring; of a negative n, of the inverse. Shapes: (..., m, m)."""
    @overload
    def max(self) -> Tensor:
        """The largest of all elements; with `dim`, (values, indices) along it; with a tensor in its place, the largest of two."""
    @overload
    def max(self, dim: _int, keepdim: _bool = False) -> Extreme: ...
    @overload
    def max(self, *, axis: _int, keepdims: _bool = False) -> Extreme: ...
    @overload
    def max(self, other: Tensor) -> Tensor: ...
    def maximum(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """The larger of two; NaN if either is. Ties share the gradient equally."""
    def maximum_(self, other: Operand) -> Self:
        """`maximum` in place; returns the tensor itself."""
    def mean(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Arithmetic mean; of no elements, NaN."""
    @overload
    def median(self) -> Tensor:
        """The median of all elements; with `dim`, (values, indices) along it. Of an even number, the lower of the two. NaN wins."""
    @overload
    def median(self, dim: _int, keepdim: _bool = False) -> Extreme: ...
    @overload
    def median(self, *, axis: _int, keepdims: _bool = False) -> Extreme: ...
    @overload
    def min(self) -> Tensor:
        """The smallest of all elements; with `dim`, (values, indices) along it; with a tensor in its place, the smallest of two."""
    @overload
    def min(self, dim: _int, keepdim: _bool = False) -> Extreme: ...
    @overload
    def min(self, *, axis: _int, keepdims: _bool = False) -> Extreme: ...
    @overload
    def min(self, other: Tensor) -> Tensor: ...
    def minimum(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """The smaller of two; NaN if either is. Ties share the gradient equally."""
    def minimum_(self, other: Operand) -> Self:
        """`minimum` in place; returns the tensor itself."""
    def mm(self, mat2: Tensor) -> Tensor:
        """Product of two matrices."""
    def mode(self, dim: _int = -1, keepdim: _bool = False, *, axis: _int = ..., keepdims: _bool = ...) -> Extreme:
        """(values, indices): the most frequent value along `dim`, of several the smallest, and the index of its last place."""
    def moveaxis(self, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
        """Dimensions moved to new positions, the others in order; a view."""
    def movedim(self, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
        """Dimensions moved to new positions, the others in order; a view."""
    def msort(self) -> Tensor:
        """Elements in order along dimension 0."""
    def mul(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """input * other."""
    def mul_(self, other: Operand) -> Self:
        """`mul` in place; returns the tensor itself."""
    def multiply(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """input * other."""
    def multiply_(self, other: Operand) -> Self:
        """`mul` in place; returns the tensor itself."""
    def mv(self, vec: Tensor) -> Tensor:
        """Product of a matrix and a vector."""
    def mvlgamma(self, p: _int) -> Tensor:
        """Logarithm of the multivariate gamma function of dimension p: p (p - 1) / 4 * log(pi) + the sum over j < p of lgamma(input - j / 2)."""
    def mvlgamma_(self, p: _int) -> Self:
        """`mvlgamma` in place; returns the tensor itself."""
    def nan_to_num(self, nan: _float = 0.0, posinf: _float | None = None, neginf: _float | None = None, *, out: Tensor | None = None) -> Tensor:
        """input with NaN replaced by `nan`, infinities by `posinf` and `neginf` (default: the largest and smallest of the dtype)."""
    def nan_to_num_(self, nan: _float = 0.0, posinf: _float | None = None, neginf: _float | None = None) -> Self:
        """`nan_to_num` in place; returns the tensor itself."""
    def nanmean(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Mean of the elements that are not NaN; of none, NaN."""
    @overload
    def nanmedian(self) -> Tensor:
        """`median` that leaves NaN out; of nothing but NaN, NaN."""
    @overload
    def nanmedian(self, dim: _int, keepdim: _bool = False) -> Extreme: ...
    @overload
    def nanmedian(self, *, axis: _int, keepdims: _bool = False) -> Extreme: ...
    def nanquantile(self, q: Tensor | _float, dim: _int | None = None, keepdim: _bool = False, *, interpolation: str = 'linear', axis: _int | None = ..., keepdims: _bool = ...) -> Tensor:
        """`quantile` that leaves NaN out; of nothing but NaN, NaN."""
    def nansum(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Sum of the elements that are not NaN."""
    def narrow(self, dim: _int, start: _int, length: _int) -> Tensor:
        """`length` entries of dimension `dim`, from `start` on; a view."""
    def narrow_copy(self, dim: _int, start: _int, length: _int) -> Tensor:
        """A copy of `narrow`."""
    def ne(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input != other, elementwise; comparisons with NaN are false (ne: true)."""
    def ne_(self, other: Operand) -> Self:
        """`ne` in place; returns the tensor itself."""
    def neg(self, *, out: Tensor | None = None) -> Tensor:
        """-input."""
    def neg_(self) -> Self:
        """`neg` in place; returns the tensor itself."""
    def negative(self, *, out: Tensor | None = None) -> Tensor:
        """-input."""
    def negative_(self) -> Self:
        """`neg` in place; returns the tensor itself."""
    def nextafter(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """The next representable number after input in the direction of other."""
    def nextafter_(self, other: Operand) -> Self:
        """`nextafter` in place; returns the tensor itself."""
    @overload
    def nonzero(self, *, as_tuple: Literal[False] = False) -> Tensor:
        """Indices of the elements that are not zero: (count, ndim), or one tensor a dimension."""
    @overload
    def nonzero(self, *, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...
    def nonzero_static(self, *, size: _int | Sequence[_int], fill_value: _float = -1) -> Tensor:
        """Indices of the first `size` elements that are not zero, as rows of int64; rows of fill_value where there are fewer."""
    def norm(self, p: str | _float = 'fro', dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, out: Tensor | None = None, dtype: DType | None = None, *, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """p-norm of the elements, sum(|x|**p) ** (1/p), as of one long vector; inf: the largest, -inf: the smallest, 0: how many are not 0."""
    def not_equal(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """Whether input != other, elementwise; comparisons with NaN are false (ne: true)."""
    def not_equal_(self, other: Operand) -> Self:
        """`ne` in place; returns the tensor itself."""
    def orgqr(self, tau: Tensor) -> Tensor:
        """`linalg.householder_product` under its older name."""
    def ormqr(self, tau: Tensor, other: Operand, left: _bool = True, transpose: _bool = False) -> Tensor:
        """Q other, or with left=False other Q, for the square Q of reflections as `geqrf` gives them; transpose: with Q^H in its place."""
    def outer(self, vec2: Tensor) -> Tensor:
        """All products of an element of one vector with one of the other."""
    def permute(self, *dims: _int | Sequence[_int]) -> Tensor:
        """Dimensions in another order; a view."""
    def pinverse(self, rcond: _float = 1e-15) -> Tensor:
        """`linalg.pinv` under its older name. Shapes: (..., m, n) gives (..., n, m)."""
    def polygamma(self, input: Tensor) -> Tensor:
        """The n-th derivative of digamma; as a method, `x.polygamma(n)`."""
    def polygamma_(self, input: Tensor) -> Self:
        """`polygamma` in place; returns the tensor itself."""
    def positive(self) -> Tensor:
        """The tensor itself."""
    def pow(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """input to the power of other."""
    def pow_(self, other: Operand) -> Self:
        """`pow` in place; returns the tensor itself."""
    def prelu(self, weight: Tensor) -> Tensor:
        """input, times `weight` where it is not positive: a leaky relu whose slope is learnt."""
    def prod(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Product of the elements; of none, 1."""
    def put(self, index: Tensor, source: Tensor, accumulate: _bool = False) -> Tensor:
        """A copy of input with elements of the flattened tensor set to those of source, or with accumulate, with those added."""
    def put_(self, index: Tensor, source: Tensor, accumulate: _bool = False) -> Self:
        """`put` in place; returns the tensor itself."""
    def qr(self, some: _bool = True) -> QR:
        """`linalg.qr` under its older name; some=False is mode "complete"."""
    def quantile(self, q: Tensor | _float, dim: _int | None = None, keepdim: _bool = False, *, interpolation: str = 'linear', axis: _int | None = ..., keepdims: _bool = ...) -> Tensor:
        """The quantiles `q` of all elements, or along `dim`; NaN where one is NaN."""
    def rad2deg(self, *, out: Tensor | None = None) -> Tensor:
        """Radians as degrees."""
    def rad2deg_(self) -> Self:
        """`rad2deg` in place; returns the tensor itself."""
    def ravel(self) -> Tensor:
        """All elements in one dimension; a view where possible."""
    def reciprocal(self, *, out: Tensor | None = None) -> Tensor:
        """1 / input."""
    def reciprocal_(self) -> Self:
        """`reciprocal` in place; returns the tensor itself."""
    def relu(self, inplace: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """max(input, 0); the gradient at 0 is 0, NaN stays."""
    def relu_(self) -> Self:
        """`relu` in place; returns the tensor itself."""
    def remainder(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """input - other * floor(input / other): the sign is the divisor's, as in Python."""
    def remainder_(self, other: Operand) -> Self:
        """`remainder` in place; returns the tensor itself."""
    def renorm(self, p: _float, dim: _int, maxnorm: _float) -> Tensor:
        """input with each slice along `dim` whose p-norm exceeds `maxnorm` scaled down to it."""
    def renorm_(self, p: _float, dim: _int, maxnorm: _float) -> Self:
        """`renorm` in place; returns the tensor itself."""
    def repeat(self, *sizes: _int | Sequence[_int]) -> Tensor:
        """The tensor repeated along each dimension, as np.tile; a copy."""
    def repeat_interleave(self, repeats: _int | Tensor | None = None, dim: _int | None = None, *, output_size: _int | Sequence[_int] | None = None, axis: _int | None = ...) -> Tensor:
        """Every entry of dimension `dim` (None: of the flattened tensor) repeated; `repeats` is a number or a 1-d tensor of one count for each."""
    def reshape(self, *shape: _int | Sequence[_int]) -> Tensor:
        """The same elements in another shape: a view where possible, otherwise a copy; -1 stands for one size."""
    def reshape_as(self, other: Operand) -> Tensor:
        """`reshape` to the shape of `other`."""
    def resolve_conj(self) -> Tensor:
        """The tensor itself: conjugation is never put off here."""
    def resolve_neg(self) -> Tensor:
        """The tensor itself: negation is never put off here."""
    def roll(self, shifts: _int | Sequence[_int], dims: _int | Sequence[_int] = ...) -> Tensor:
        """Entries moved on by `shifts` along `dims`; what leaves at the end comes in at the start. Without dims, in C order of all elements."""
    def rot90(self, k: _int = 1, dims: _int | Sequence[_int] = ...) -> Tensor:
        """Turned by k quarters in the plane of two dimensions, from the first towards the second; a copy."""
    def round(self, *, decimals: _int = 0) -> Tensor:
        """Nearest multiple of 10 ** -decimals, halves to even."""
    def round_(self, *, decimals: _int = 0) -> Self:
        """`round` in place; returns the tensor itself."""
    def rsqrt(self, *, out: Tensor | None = None) -> Tensor:
        """1 / sqrt(input)."""
    def rsqrt_(self) -> Self:
        """`rsqrt` in place; returns the tensor itself."""
    def scatter(self, dim: _int, index: Tensor, src: Tensor | _float | None = None, *, value: _float | None = None, reduce: str | None = None) -> Tensor:
        """input with values written along a dimension: out[i][index[i][j]] = src[i][j] for dim=1; `value` (or a number as src) writes one number."""
    def scatter_(self, dim: _int, index: Tensor, src: Tensor | _float | None = None, *, value: _float | None = None, reduce: str | None = None) -> Self:
        """`scatter` in place; returns the tensor itself."""
    def scatter_add(self, dim: _int, index: Tensor, src: Tensor | _float) -> Tensor:
        """input with src added along a dimension: out[i][index[i][j]] += src[i][j] for dim=1; repeated indices add up."""
    def scatter_add_(self, dim: _int, index: Tensor, src: Tensor | _float) -> Self:
        """`scatter_add` in place; returns the tensor itself."""
    def scatter_reduce(self, dim: _int, index: Tensor, src: Tensor | _float, reduce: str, *, include_self: _bool = True) -> Tensor:
        """input with src reduced into it: with dim=1, out[i][index[i][j]] is the reduction of all src[i][j] that go there."""
    def scatter_reduce_(self, dim: _int, index: Tensor, src: Tensor | _float, reduce: str, *, include_self: _bool = True) -> Self:
        """`scatter_reduce` in place; returns the tensor itself."""
    def select(self, dim: _int, index: _int) -> Tensor:
        """Entry `index` of dimension `dim`, which goes; a view."""
    def select_scatter(self, src: Tensor, dim: _int, index: _int) -> Tensor:
        """A copy whose entry `index` along `dim` is `src`. Shapes: src as select(input, dim, index). Dtypes: one for both."""
    def sgn(self, *, out: Tensor | None = None) -> Tensor:
        """input / |input|, 0 at 0: `sign`, of complex numbers too."""
    def sgn_(self) -> Self:
        """`sgn` in place; returns the tensor itself."""
    def sigmoid(self, *, out: Tensor | None = None) -> Tensor:
        """1 / (1 + exp(-input))."""
    def sigmoid_(self) -> Self:
        """`sigmoid` in place; returns the tensor itself."""
    def sign(self, *, out: Tensor | None = None) -> Tensor:
        """-1, 0 or 1; 0 for NaN."""
    def sign_(self) -> Self:
        """`sign` in place; returns the tensor itself."""
    def signbit(self, *, out: Tensor | None = None) -> Tensor:
        """Whether the sign bit is set: below zero, and -0.0."""
    def sin(self, *, out: Tensor | None = None) -> Tensor:
        """Sine of an angle in radians."""
    def sin_(self) -> Self:
        """`sin` in place; returns the tensor itself."""
    def sinc(self, *, out: Tensor | None = None) -> Tensor:
        """sin(pi * input) / (pi * input), and 1 at 0."""
    def sinc_(self) -> Self:
        """`sinc` in place; returns the tensor itself."""
    def sinh(self, *, out: Tensor | None = None) -> Tensor:
        """Hyperbolic sine."""
    def sinh_(self) -> Self:
        """`sinh` in place; returns the tensor itself."""
    def slice_scatter(self, src: Tensor, dim: _int = 0, start: _int | None = None, end: _int | None = None, step: _int = 1, *, axis: _int = ...) -> Tensor:
        """A copy whose slice start:end:step along `dim` is `src`. Shapes: src as that slice. Dtypes: one for both."""
    def slogdet(self) -> Slogdet:
        """Sign and logarithm of the absolute value of the determinant: a named tuple (sign, logabsdet), where the determinant would overflow."""
    def softmax(self, dim: _int | None = None, dtype: DType | None = None, *, axis: _int | None = ...) -> Tensor:
        """exp(input) / sum(exp(input)) over `dim`, without overflow. `dtype` casts first."""
    def sort(self, dim: _int = -1, descending: _bool = False, stable: _bool = False, *, axis: _int = ...) -> Sorted:
        """Elements in order along `dim`: a named tuple of values and indices (int64). Equal elements keep their order always; NaN is the largest."""
    def split(self, split_size_or_sections: _int | Sequence[_int], dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
        """Views of consecutive parts along `dim`: of one size (the last may be smaller), or of the sizes given."""
    def split_with_sizes(self, split_sizes: Sequence[_int], dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
        """Views of consecutive parts of the given sizes."""
    def sqrt(self, *, out: Tensor | None = None) -> Tensor:
        """Square root; NaN below 0."""
    def sqrt_(self) -> Self:
        """`sqrt` in place; returns the tensor itself."""
    def square(self, *, out: Tensor | None = None) -> Tensor:
        """input * input."""
    def square_(self) -> Self:
        """`square` in place; returns the tensor itself."""
    def squeeze(self, dim: _int | Sequence[_int] | None = None, *, axis: _int | Sequence[_int] | None = ...) -> Tensor:
        """Without dimensions of size 1: all of them, or those that `dim` (an int or a tuple) names; a view."""
    def std(self, dim: _int | Sequence[_int] | None = None, unbiased: _bool | None = None, keepdim: _bool = False, *, correction: _float | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Standard deviation, the square root of `var`."""
    def stft(self, n_fft: _int, hop_length: _int | None = None, win_length: _int | None = None, window: Tensor | None = None, center: _bool = True, pad_mode: str = 'reflect', normalized: _bool = False, onesided: _bool | None = None, return_complex: _bool | None = None, align_to_window: _bool | None = None) -> Tensor:
        """The short-time Fourier transform: the spectra of windows of n_fft entries, hop_length apart (default: n_fft // 4)."""
    def sub(self, other: Operand, *, alpha: _float = 1, out: Tensor | None = None) -> Tensor:
        """input - alpha * other."""
    def sub_(self, other: Operand, *, alpha: _float = 1) -> Self:
        """`sub` in place; returns the tensor itself."""
    def subtract(self, other: Operand, *, alpha: _float = 1, out: Tensor | None = None) -> Tensor:
        """input - alpha * other."""
    def subtract_(self, other: Operand, *, alpha: _float = 1) -> Self:
        """`sub` in place; returns the tensor itself."""
    def sum(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Sum of the elements; of none, 0."""
    def sum_to_size(self, *size: _int | Sequence[_int]) -> Tensor:
        """Summed to a shape that broadcasts to this one: what undoes `expand`."""
    def svd(self, some: _bool = True, compute_uv: _bool = True) -> OldSVD:
        """`linalg.svd` under its older name, with V in the place of Vh; some=False is full_matrices=True."""
    def swapaxes(self, axis0: _int, axis1: _int) -> Tensor:
        """`transpose` under NumPy's name."""
    def swapdims(self, dim0: _int, dim1: _int) -> Tensor:
        """`transpose` under another name."""
    def t(self) -> Tensor:
        """The transpose of a matrix; a view. Vectors and 0-d tensors stay."""
    def take(self, index: Tensor) -> Tensor:
        """Elements of the flattened tensor. Shapes: index's. Dtypes: all."""
    def take_along_dim(self, indices: Tensor, dim: _int | None = None, *, axis: _int | None = ...) -> Tensor:
        """Entries along `dim` picked for every place, as np.take_along_axis: what argsort and argmax give, put to use. dim None: both flattened."""
    def tan(self, *, out: Tensor | None = None) -> Tensor:
        """Tangent of an angle in radians."""
    def tan_(self) -> Self:
        """`tan` in place; returns the tensor itself."""
    def tanh(self, *, out: Tensor | None = None) -> Tensor:
        """Hyperbolic tangent."""
    def tanh_(self) -> Self:
        """`tanh` in place; returns the tensor itself."""
    def tensor_split(self, indices_or_sections: _int | Sequence[_int], dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
        """Views of consecutive parts along `dim`, as np.array_split: a number of parts of nearly equal size, or the indices where to cut."""
    def tile(self, *dims: _int | Sequence[_int]) -> Tensor:
        """`repeat`, with dimensions that `dims` does not name repeated once, as np.tile."""
    def topk(self, k: _int, dim: _int = -1, largest: _bool = True, sorted: _bool = True, *, axis: _int = ...) -> Sorted:
        """The k largest (or smallest) elements along `dim`, in order: a named tuple of values and indices (int64). NaN is the largest."""
    def trace(self) -> Tensor:
        """Sum of the diagonal of a matrix; integers and bool as int64."""
    def transpose(self, dim0: _int, dim1: _int) -> Tensor:
        """Two dimensions swapped; a view."""
    def triangular_solve(self, A: Tensor, upper: _bool = True, transpose: _bool = False, unitriangular: _bool = False) -> Triangular:
        """`linalg.solve_triangular` under its older name, arguments exchanged; gives (solution, a copy of A's triangle)."""
    def tril(self, diagonal: _int = 0) -> Tensor:
        """The lower triangle of every matrix, up to a diagonal (> 0: above the main one), zeros elsewhere."""
    def tril_(self, diagonal: _int = 0) -> Self:
        """`tril` in place; returns the tensor itself."""
    def triu(self, diagonal: _int = 0) -> Tensor:
        """The upper triangle of every matrix, from a diagonal on (> 0: above the main one), zeros elsewhere."""
    def triu_(self, diagonal: _int = 0) -> Self:
        """`triu` in place; returns the tensor itself."""
    def true_divide(self, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """input / other; `rounding_mode` "floor" or "trunc" rounds the quotient."""
    def true_divide_(self, other: Operand, *, rounding_mode: str | None = None) -> Self:
        """`div` in place; returns the tensor itself."""
    def trunc(self, *, out: Tensor | None = None) -> Tensor:
        """Integer part."""
    def trunc_(self) -> Self:
        """`trunc` in place; returns the tensor itself."""
    def unbind(self, dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
        """A tuple of views: the entries of dimension `dim`."""
    def unflatten(self, dim: _int, sizes: _int | Sequence[_int]) -> Tensor:
        """One dimension split into several."""
    def unfold(self, dimension: _int, size: _int | Sequence[_int], step: _int) -> Tensor:
        """Windows of `size` entries along a dimension, every `step` entries; a view, whose last dimension is the window."""
    def unique(self, sorted: _bool = True, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None, *, axis: _int | None = ...) -> Any:
        """The distinct elements in order; with `dim`, the distinct entries of that dimension. Not differentiable."""
    def unique_consecutive(self, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None, *, axis: _int | None = ...) -> Any:
        """Each run of equal elements (with `dim`, of equal entries of that dimension) as one. Not differentiable."""
    def unsafe_chunk(self, chunks: _int, dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
        """At most `chunks` views of equal size along `dim`; the last may be smaller."""
    def unsafe_split(self, split_size_or_sections: _int | Sequence[_int], dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
        """Views of consecutive parts along `dim`: of one size (the last may be smaller), or of the sizes given."""
    def unsafe_split_with_sizes(self, split_sizes: Sequence[_int], dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
        """Views of consecutive parts of the given sizes."""
    def unsqueeze(self, dim: _int) -> Tensor:
        """A new dimension of size 1 at position `dim`; a view."""
    def var(self, dim: _int | Sequence[_int] | None = None, unbiased: _bool | None = None, keepdim: _bool = False, *, correction: _float | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
        """Variance: squared deviations from the mean, divided by n - correction (default 1; unbiased=False means 0)."""
    def vdot(self, other: Operand) -> Tensor:
        """Product of two vectors, the first one conjugated if it is complex."""
    def view(self, *size: _int | DType | Sequence[_int]) -> Tensor:
        """The same elements in another shape without copying; -1 stands for one size. Raises ShapeError where `reshape` would copy."""
    def view_as(self, other: Operand) -> Tensor:
        """`view` in the shape of `other`."""
    def vsplit(self, indices_or_sections: _int | Sequence[_int]) -> tuple[Tensor, ...]:
        """Views of equal parts (or cut at indices) along dimension 0."""
    def xlogy(self, other: Operand, *, out: Tensor | None = None) -> Tensor:
        """input * log(other), which is 0 where input is 0, unless other is NaN."""
    def xlogy_(self, other: Operand) -> Self:
        """`xlogy` in place; returns the tensor itself."""

class Aminmax(NamedTuple):
    min: Tensor
    max: Tensor
class CholeskyEx(NamedTuple):
    L: Tensor
    info: Tensor
class Eig(NamedTuple):
    eigenvalues: Tensor
    eigenvectors: Tensor
class Eigh(NamedTuple):
    eigenvalues: Tensor
    eigenvectors: Tensor
class Extreme(NamedTuple):
    values: Tensor
    indices: Tensor
class Factor(NamedTuple):
    LU: Tensor
    pivots: Tensor
class FactorEx(NamedTuple):
    LU: Tensor
    pivots: Tensor
    info: Tensor
class Frexp(NamedTuple):
    mantissa: Tensor
    exponent: Tensor
class Geqrf(NamedTuple):
    a: Tensor
    tau: Tensor
class Histogram(NamedTuple):
    hist: Tensor
    bin_edges: Tensor
class HistogramDD(NamedTuple):
    hist: Tensor
    bin_edges: tuple[Tensor, ...]
class Info(NamedTuple):
    result: Tensor
    info: Tensor
class InvEx(NamedTuple):
    inverse: Tensor
    info: Tensor
class LDL(NamedTuple):
    LD: Tensor
    pivots: Tensor
class LDLEx(NamedTuple):
    LD: Tensor
    pivots: Tensor
    info: Tensor
class LU(NamedTuple):
    P: Tensor
    L: Tensor
    U: Tensor
class Lstsq(NamedTuple):
    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor
class OldSVD(NamedTuple):
    U: Tensor
    S: Tensor
    V: Tensor
class QR(NamedTuple):
    Q: Tensor
    R: Tensor
class SVD(NamedTuple):
    U: Tensor
    S: Tensor
    Vh: Tensor
class Slogdet(NamedTuple):
    sign: Tensor
    logabsdet: Tensor
class Sorted(NamedTuple):
    values: Tensor
    indices: Tensor
class Triangular(NamedTuple):
    solution: Tensor
    cloned_coefficient: Tensor

# Between the engine and the package.
ACTIVATIONS: Any
BatchError: Any
CPU: Any
Callable: Any
DTypeError: Any
GradError: Any
NoKernel: Any
Node: Any
Op: Any
Packed: Any
Plan: Any
Profile: Any
Rule: Any
ShapeError: Any
_d: Any
_local: Any
_new: Any
_os: Any
_view_of_batch: Any
apply: Any
apply_linear: Any
apply_linear_activation: Any
apply_matmul: Any
as_dtype: Any
attach: Any
available_cpus: Any
batch_of: Any
become_view: Any
begin_part: Any
binary_function: Any
bits_of: Any
can_view: Any
cast: Any
check_along: Any
check_classes: Any
check_index: Any
check_pair: Any
check_vector: Any
clone: Any
conj: Any
connect_output: Any
contiguous: Any
copy_: Any
count_others: Any
depends_on_others: Any
dimension: Any
empty: Any
flipped: Any
forget_gradients: Any
fresh_leaf: Any
full_of: Any
gradient_edge: Any
has_kernel: Any
hook_all_modules: Any
inplace: Any
inplace_by: Any
install: Any
install_constructor: Any
install_loader: Any
install_module: Any
install_movers: Any
install_profile: Any
install_row: Any
is_watching: Any
isa: Any
isas: Any
join: Any
jvp: Any
launch: Any
launch_as: Any
launch_columns: Any
level_of: Any
linear_bias: Any
linear_index: Any
linear_input: Any
linear_weight: Any
make_batched: Any
mask_pick: Any
mean_input: Any
memory_in_use: Any
memory_peak: Any
narrow: Any
nonzero: Any
nonzero_flat: Any
ones_like_of: Any
output_alias: Any
perf_counter_ns: Any
pick: Any
plan_as_strided: Any
plan_cat: Any
plan_cummax: Any
plan_cummin: Any
plan_cumprod: Any
plan_cumsum: Any
plan_embedding: Any
plan_expand: Any
plan_gather: Any
plan_imag: Any
plan_index_add: Any
plan_index_put: Any
plan_index_select: Any
plan_index_sum: Any
plan_linear_scan: Any
plan_order_statistic: Any
plan_permute: Any
plan_prod_backward: Any
plan_real: Any
plan_scatter: Any
plan_scatter_add: Any
plan_scatter_sum: Any
plan_slice: Any
plan_sort: Any
plan_squeeze: Any
plan_topk: Any
plan_transpose: Any
plan_unsqueeze: Any
plan_view: Any
plan_view_as_complex: Any
plan_view_as_real: Any
pop_saved_hooks: Any
push_saved_hooks: Any
reason: Any
rebuild: Any
record_custom: Any
reduce_loss: Any
reshape: Any
run_in_order: Any
select: Any
slice_scatter_zeros: Any
slice_view: Any
split_evenly: Any
split_sizes: Any
spread: Any
storage_of: Any
sum_input: Any
sum_to: Any
unary_function: Any
unary_function_inplace: Any
unbind: Any
units_of: Any
use_isa: Any
version_of: Any
watch: Any
whole: Any
window_of: Any
with_gradients: Any
write: Any
write_out: Any
zeros_of: Any
