# Written from the registry by tools/stubs.py.
import builtins
from collections import abc
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, overload
from minigrad import _core
from minigrad._core import Operand, Tensor as Tensor, dtype as DType

_int: TypeAlias = builtins.int
_float: TypeAlias = builtins.float
_bool: TypeAlias = builtins.bool
_complex: TypeAlias = builtins.complex
__version__: str
from minigrad.legacy import BFloat16Tensor as BFloat16Tensor
from minigrad.legacy import BoolTensor as BoolTensor
from minigrad.legacy import ByteTensor as ByteTensor
from minigrad.legacy import CharTensor as CharTensor
from minigrad.errors import DTypeError as DTypeError
from minigrad.legacy import DoubleTensor as DoubleTensor
from minigrad.legacy import FloatTensor as FloatTensor
from minigrad.errors import FormatError as FormatError
from minigrad.ops.generator import Generator as Generator
from minigrad.errors import GradError as GradError
from minigrad.legacy import HalfTensor as HalfTensor
from minigrad.legacy import IntTensor as IntTensor
from minigrad.legacy import LongTensor as LongTensor
from minigrad.errors import ShapeError as ShapeError
from minigrad.legacy import ShortTensor as ShortTensor
from minigrad.legacy import Size as Size
from minigrad import amp as amp
from minigrad.ops.creation import arange as arange
from minigrad.settings import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from minigrad import array_api as array_api
from minigrad.ops.creation import as_tensor as as_tensor
from minigrad.ops.creation import asarray as asarray
from minigrad.amp import autocast as autocast
from minigrad import autograd as autograd
from minigrad import backends as backends
from minigrad.ops.grid import bartlett_window as bartlett_window
from minigrad.ops.distributions import bernoulli as bernoulli
bfloat16: DType
from minigrad.ops.distributions import binomial as binomial
from minigrad.ops.grid import blackman_window as blackman_window
bool: DType
from minigrad.ops.grid import broadcast_shapes as broadcast_shapes
cdouble: DType
cfloat: DType
from minigrad.settings import compile as compile
complex128: DType
complex64: DType
from minigrad import cuda as cuda
from minigrad import datasets as datasets
from minigrad.ops.generator import default_generator as default_generator
from minigrad.device import device as device
from minigrad import distributions as distributions
double: DType
from minigrad._core import dtype as dtype
from minigrad import dtypes as dtypes
e: builtins.float
from minigrad.ops.einsum import einsum as einsum
from minigrad.ops.creation import empty as empty
from minigrad.ops.creation import empty_like as empty_like
from minigrad.ops.grid import empty_strided as empty_strided
from minigrad._core import enable_grad as enable_grad
from minigrad import errors as errors
from minigrad import explain as explain
from minigrad.ops.creation import eye as eye
from minigrad import fft as fft
from minigrad.dtypes import finfo as finfo
float: DType
float16: DType
float32: DType
float64: DType
from minigrad.ops.creation import from_dlpack as from_dlpack
from minigrad._core import from_numpy as from_numpy
from minigrad.ops.memory import frombuffer as frombuffer
from minigrad.ops.creation import full as full
from minigrad.ops.creation import full_like as full_like
from minigrad import func as func
from minigrad import games as games
from minigrad.device import get_default_device as get_default_device
from minigrad._core import get_default_dtype as get_default_dtype
from minigrad.settings import get_float32_matmul_precision as get_float32_matmul_precision
from minigrad.settings import get_num_interop_threads as get_num_interop_threads
from minigrad._core import get_num_threads as get_num_threads
from minigrad.ops.generator import get_rng_state as get_rng_state
half: DType
from minigrad.ops.grid import hamming_window as hamming_window
from minigrad.ops.grid import hann_window as hann_window
from minigrad.dtypes import iinfo as iinfo
inf: builtins.float
from minigrad._core import inference_mode as inference_mode
from minigrad.ops.generator import initial_seed as initial_seed
int: DType
int16: DType
int32: DType
int64: DType
int8: DType
from minigrad import io as io
from minigrad.settings import is_autocast_enabled as is_autocast_enabled
from minigrad.settings import is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled
from minigrad._core import is_grad_enabled as is_grad_enabled
from minigrad.settings import is_storage as is_storage
from minigrad.settings import is_tensor as is_tensor
from minigrad.ops.grid import kaiser_window as kaiser_window
from minigrad import legacy as legacy
from minigrad import linalg as linalg
from minigrad.ops.creation import linspace as linspace
from minigrad.io import load as load
from minigrad.ops.grid import logspace as logspace
long: DType
from minigrad.ops.generator import manual_seed as manual_seed
from minigrad import metrics as metrics
from minigrad import missing as missing
from minigrad import models as models
from minigrad.ops.distributions import multinomial as multinomial
nan: builtins.float
newaxis: None
from minigrad import nn as nn
from minigrad._core import no_grad as no_grad
from minigrad.ops.random import normal as normal
from minigrad.settings import numel as numel
from minigrad.ops.creation import ones as ones
from minigrad.ops.creation import ones_like as ones_like
from minigrad import ops as ops
from minigrad import optim as optim
pi: builtins.float
from minigrad.ops.distributions import poisson as poisson
from minigrad import profiler as profiler
from minigrad._core import promote_types as promote_types
from minigrad.ops.random import rand as rand
from minigrad.ops.random import rand_like as rand_like
from minigrad.ops.random import randint as randint
from minigrad.ops.random import randint_like as randint_like
from minigrad.ops.random import randn as randn
from minigrad.ops.random import randn_like as randn_like
from minigrad import random as random
from minigrad.ops.random import randperm as randperm
from minigrad import registry as registry
from minigrad._core import result_type as result_type
from minigrad.io import save as save
from minigrad.ops.grid import scalar_tensor as scalar_tensor
from minigrad.ops.generator import seed as seed
from minigrad import serialization as serialization
from minigrad.device import set_default_device as set_default_device
from minigrad._core import set_default_dtype as set_default_dtype
from minigrad.legacy import set_default_tensor_type as set_default_tensor_type
from minigrad.settings import set_float32_matmul_precision as set_float32_matmul_precision
from minigrad.settings import set_flush_denormal as set_flush_denormal
from minigrad._core import set_grad_enabled as set_grad_enabled
from minigrad.settings import set_num_interop_threads as set_num_interop_threads
from minigrad._core import set_num_threads as set_num_threads
from minigrad.printing import set_printoptions as set_printoptions
from minigrad.ops.generator import set_rng_state as set_rng_state
from minigrad import settings as settings
short: DType
from minigrad import special as special
from minigrad.ops.creation import tensor as tensor
from minigrad import testing as testing
from minigrad import text as text
from minigrad import train as train
from minigrad import transforms as transforms
from minigrad.ops.grid import tril_indices as tril_indices
from minigrad.ops.grid import triu_indices as triu_indices
from minigrad.settings import typename as typename
uint8: DType
from minigrad.settings import use_deterministic_algorithms as use_deterministic_algorithms
from minigrad import utils as utils
from minigrad import version as version
from minigrad import viz as viz
from minigrad.func.vmap import vmap as vmap
from minigrad.ops.creation import zeros as zeros
from minigrad.ops.creation import zeros_like as zeros_like

def abs(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Absolute value; the gradient at 0 is 0."""
def absolute(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Absolute value; the gradient at 0 is 0."""
def acos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in [0, pi] that has this cosine; NaN outside [-1, 1]."""
def acosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number >= 0 that has this hyperbolic cosine; NaN below 1."""
def adaptive_avg_pool1d(input: Tensor, output_size: _int | Sequence[_int]) -> Tensor:
    """Means over `output_size` bins of a signal."""
def add(input: Tensor, other: Operand, *, alpha: _float = 1, out: Tensor | None = None) -> Tensor:
    """input + alpha * other."""
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Tensor:
    """beta * input + alpha * the sum of all products of a stack of matrices. With beta 0 input is not looked at."""
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: _float = 1) -> Tensor:
    """input + value * tensor1 / tensor2."""
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: _float = 1) -> Tensor:
    """input + value * tensor1 * tensor2."""
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Tensor:
    """beta * input + alpha * mat1 @ mat2."""
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Tensor:
    """beta * input + alpha * mat @ vec. Shapes: mat (m, k), vec (k,), input broadcasts to (m,). With beta 0 input is not looked at."""
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Tensor:
    """beta * input + alpha * outer(vec1, vec2). Shapes: vec1 (m,), vec2 (n,), input broadcasts to (m, n). With beta 0 input is not looked at."""
def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions swapped, and complex numbers conjugated. Shapes: (..., M, N); 0-d tensors stay."""
def affine_grid_generator(theta: Tensor, size: _int | Sequence[_int], align_corners: _bool) -> Tensor:
    """`nn.functional.affine_grid` under another name."""
def all(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Whether all elements are nonzero; of none, True."""
def allclose(input: Tensor, other: Operand, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> _bool:
    """Whether `isclose` holds for all elements; a Python bool."""
def alpha_dropout(input: Tensor, p: _float = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """When training, elements are replaced with probability `p` by selu's lower limit, and all scaled so that mean and variance stay."""
def amax(input: Tensor, dim: _int | Sequence[_int] = ..., keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] = ..., keepdims: _bool = ...) -> Tensor:
    """Largest element; NaN if one is NaN. Ties share the gradient equally."""
def amin(input: Tensor, dim: _int | Sequence[_int] = ..., keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] = ..., keepdims: _bool = ...) -> Tensor:
    """Smallest element; NaN if one is NaN. Ties share the gradient equally."""
def aminmax(input: Tensor, *, dim: _int | None = None, keepdim: _bool = False, axis: _int | None = ..., keepdims: _bool = ...) -> _core.Aminmax:
    """(min, max) of all elements, or along `dim`. Ties share the gradient equally."""
def angle(input: Tensor) -> Tensor:
    """The angle of complex numbers in radians, -pi to pi: of negative reals pi, of others 0, of NaN NaN."""
def any(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Whether some element is nonzero; of none, False."""
def arccos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in [0, pi] that has this cosine; NaN outside [-1, 1]."""
def arccosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number >= 0 that has this hyperbolic cosine; NaN below 1."""
def arcsin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in [-pi/2, pi/2] that has this sine; NaN outside [-1, 1]."""
def arcsinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number that has this hyperbolic sine."""
def arctan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in (-pi/2, pi/2) that has this tangent."""
def arctan2(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Angle of the point (x=other, y=input) in radians, -pi to pi."""
def arctanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number that has this hyperbolic tangent; NaN outside [-1, 1]."""
def argmax(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Index of the largest element (of the first of several, or of the first NaN), in the flattened tensor if `dim` is None."""
def argmin(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Index of the smallest element (of the first of several, or of the first NaN), in the flattened tensor if `dim` is None."""
def argsort(input: Tensor, dim: _int = -1, descending: _bool = False, stable: _bool = False, *, axis: _int = ...) -> Tensor:
    """Indices (int64) that put the elements in order along `dim`; the second part of `sort`."""
def argwhere(input: Tensor) -> Tensor:
    """Indices of the elements that are not zero, as rows of int64. Shapes: (..) gives (count, ndim)."""
def as_strided(input: Tensor, size: _int | Sequence[_int], stride: _int | Sequence[_int], storage_offset: _int = 0) -> Tensor:
    """A view of `input`'s memory with any sizes and strides (in elements), `storage_offset` elements after its first."""
def as_strided_scatter(input: Tensor, src: Tensor, size: _int | Sequence[_int], stride: _int | Sequence[_int], storage_offset: _int = 0) -> Tensor:
    """A copy in whose memory the window of these sizes and strides holds `src`. Dtypes: one for both."""
def asin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in [-pi/2, pi/2] that has this sine; NaN outside [-1, 1]."""
def asinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number that has this hyperbolic sine."""
def atan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in (-pi/2, pi/2) that has this tangent."""
def atan2(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Angle of the point (x=other, y=input) in radians, -pi to pi."""
def atanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number that has this hyperbolic tangent; NaN outside [-1, 1]."""
@overload
def atleast_1d(input: Tensor) -> Tensor:
    """Views of at least 1 dimension: 0-d becomes (1,). Of several tensors, a tuple."""
@overload
def atleast_1d(input: Tensor, second: Tensor, /, *more: Tensor) -> tuple[Tensor, ...]: ...
@overload
def atleast_2d(input: Tensor) -> Tensor:
    """Views of at least 2 dimensions: () becomes (1, 1), (n,) becomes (1, n). Of several tensors, a tuple."""
@overload
def atleast_2d(input: Tensor, second: Tensor, /, *more: Tensor) -> tuple[Tensor, ...]: ...
@overload
def atleast_3d(input: Tensor) -> Tensor:
    """Views of at least 3 dimensions: () becomes (1, 1, 1), (n,) (1, n, 1), (m, n) (m, n, 1). Of several tensors, a tuple."""
@overload
def atleast_3d(input: Tensor, second: Tensor, /, *more: Tensor) -> tuple[Tensor, ...]: ...
def avg_pool1d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, ceil_mode: _bool = False, count_include_pad: _bool = True) -> Tensor:
    """Mean of each window of a signal; zeros of the padding count, unless `count_include_pad` is False."""
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: _float = 1, alpha: _float = 1) -> Tensor:
    """beta * input + alpha * batch1 @ batch2, for stacks of matrices. With beta 0 input is not looked at."""
def batch_norm(input: Tensor, weight: Tensor, bias: Tensor, running_mean: Tensor | None, running_var: Tensor | None, training: _bool, momentum: _float, eps: _float, cudnn_enabled: _bool) -> Tensor:
    """nn.functional.batch_norm with the arguments in the order of `torch.batch_norm`; cudnn_enabled is of no effect."""
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input1 . weight[o] . input2 + bias[o], for every output o."""
def bincount(input: Tensor, weights: Tensor | None = None, minlength: _int = 0) -> Tensor:
    """How often each of 0, 1, 2... occurs; with weights, the sum of those."""
def bitwise_and(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """And, bit by bit; on bool the logical one."""
def bitwise_left_shift(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """input * 2**other, bits that leave the type lost; 0 where `other` is negative or as large as the type."""
def bitwise_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """All bits inverted; on bool the logical not."""
def bitwise_or(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Or, bit by bit; on bool the logical one."""
def bitwise_right_shift(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """input / 2**other rounded down; where `other` is negative or as large as the type, 0, or -1 for negative input."""
def bitwise_xor(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Exclusive or, bit by bit; on bool the logical one."""
def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of a larger one, zeros elsewhere; vectors are rows."""
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Products of two stacks of matrices."""
def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """All tensors expanded to the shape that they broadcast to; views."""
def broadcast_to(input: Tensor, *size: _int | Sequence[_int]) -> Tensor:
    """`expand` as a function."""
def bucketize(input: Tensor, boundaries: Tensor, *, out_int32: _bool = False, right: _bool = False) -> Tensor:
    """Which bucket each value is in: bucket i reaches from boundaries[i - 1] to boundaries[i], which belongs to it (right: to the next)."""
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """Every choice of one entry from each vector, as rows; the last vector varies fastest. Of one vector, itself."""
def cat(tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int = ...) -> Tensor:
    """Tensors joined along an existing dimension."""
def cdist(x1: Tensor, x2: Tensor, p: _float = 2.0, compute_mode: str = 'use_mm_for_euclid_dist_if_necessary') -> Tensor:
    """p-norm distances between all rows of two matrices."""
def ceil(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Smallest integer not below input."""
def celu(input: Tensor, alpha: _float = 1.0, inplace: _bool = False) -> Tensor:
    """input, or alpha * (exp(input / alpha) - 1) where it is negative: elu with a slope that has no jump."""
def chain_matmul(*matrices: Tensor) -> Tensor:
    """The product of matrices, in the order that takes the fewest multiplications. `linalg.multi_dot` is the newer name."""
def channel_shuffle(input: Tensor, groups: _int) -> Tensor:
    """The channels of `groups` groups dealt out in turn: the first of each, then the second of each..."""
def cholesky(input: Tensor, upper: _bool = False) -> Tensor:
    """`linalg.cholesky` under its older name."""
def cholesky_inverse(L: Tensor, upper: _bool = False) -> Tensor:
    """Inverse of A, given its Cholesky factor. Shapes: (..., n, n)."""
def cholesky_solve(B: Tensor, L: Tensor, upper: _bool = False) -> Tensor:
    """X of A X = B, given the Cholesky factor of A. Shapes: B (..., n, k), L (..., n, n), broadcast."""
def chunk(input: Tensor, chunks: _int, dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
    """At most `chunks` views of equal size along `dim`; the last may be smaller."""
def clamp(input: Tensor, min: Tensor | _float | None = None, max: Tensor | _float | None = None) -> Tensor:
    """input, not below `min` and not above `max`; where min > max, max. NaN stays. The gradient passes on the bounds."""
def clamp_max(input: Tensor, max: Tensor) -> Tensor:
    """input, or `max` where it is above that; NaN of either stays. Where both are equal the gradient is input's."""
def clamp_min(input: Tensor, min: Tensor) -> Tensor:
    """input, or `min` where it is below that; NaN of either stays. Where both are equal the gradient is input's."""
def clip(input: Tensor, min: Tensor | _float | None = None, max: Tensor | _float | None = None) -> Tensor:
    """input, not below `min` and not above `max`; where min > max, max. NaN stays. The gradient passes on the bounds."""
def clone(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A contiguous copy; gradients flow through."""
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Side by side, vectors as columns."""
def combinations(input: Tensor, r: _int = 2, with_replacement: _bool = False) -> Tensor:
    """Every choice of r entries of a vector in their order, as rows; `with_replacement`: the same entry may be chosen again."""
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Complex numbers of their real and imaginary parts."""
def concat(tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int = ...) -> Tensor:
    """Tensors joined along an existing dimension."""
def concatenate(tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int = ...) -> Tensor:
    """Tensors joined along an existing dimension."""
def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself. Unlike PyTorch's it is computed at once and shares no memory."""
def conj_physical(input: Tensor) -> Tensor:
    """`conj`, whose result is always computed at once here."""
def constant_pad_nd(input: Tensor, pad: _int | Sequence[_int], value: _float = 0) -> Tensor:
    """`nn.functional.pad` with one value."""
def conv1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: str | _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, groups: _int = 1) -> Tensor:
    """Cross-correlate a batch of signals with a bank of filters; conv2d of images that are one row high."""
def conv2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: str | _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, groups: _int = 1) -> Tensor:
    """Cross-correlate a batch of images with a bank of filters."""
def conv3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: str | _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, groups: _int = 1) -> Tensor:
    """Cross-correlate a batch of volumes with a bank of filters."""
def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: _int | Sequence[_int] = 0) -> Tensor:
    """conv1d of sequences whose first axis is time."""
def conv_transpose1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: _int | Sequence[_int] = 0, output_padding: _int | Sequence[_int] = 0, groups: _int = 1, dilation: _int | Sequence[_int] = 1) -> Tensor:
    """Transposed convolution of signals: the adjoint of conv1d in its input."""
def conv_transpose2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: _int | Sequence[_int] = 0, output_padding: _int | Sequence[_int] = 0, groups: _int = 1, dilation: _int | Sequence[_int] = 1) -> Tensor:
    """Transposed convolution of images: the adjoint of conv2d in its input."""
def conv_transpose3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: _int | Sequence[_int] = 0, output_padding: _int | Sequence[_int] = 0, groups: _int = 1, dilation: _int | Sequence[_int] = 1) -> Tensor:
    """Transposed convolution of volumes: the adjoint of conv3d in its input."""
def copysign(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """|input| with the sign of other, that of a zero too; the gradient at input 0 is 0."""
def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlation coefficients of variables (rows) over observations (columns), not beyond -1 and 1."""
def cos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Cosine of an angle in radians."""
def cosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic cosine."""
def cosine_similarity(x1: Tensor, x2: Tensor, dim: _int = 1, eps: _float = 1e-08, *, axis: _int = ...) -> Tensor:
    """Cosine of the angle between vectors along `dim`: their product over that of their lengths, of which none counts as below eps."""
def count_nonzero(input: Tensor, dim: _int | None = None, *, axis: _int | None = ...) -> Tensor:
    """How many elements are not zero, as int64."""
def cov(input: Tensor, *, correction: _float = 1, fweights: Tensor | None = None, aweights: Tensor | None = None) -> Tensor:
    """Covariance matrix of variables (rows) over observations (columns)."""
def cross(input: Tensor, other: Operand, dim: _int | None = None, *, axis: _int | None = ...) -> Tensor:
    """Cross product of vectors of 3 entries along `dim`, by default the first dimension of size 3."""
def cummax(input: Tensor, dim: _int) -> _core.Extreme:
    """(values, indices): the largest of the elements up to each along `dim`, and the index of the last that equals it."""
def cummin(input: Tensor, dim: _int) -> _core.Extreme:
    """(values, indices): the smallest of the elements up to each along `dim`, and the index of the last that equals it."""
def cumprod(input: Tensor, dim: _int, *, dtype: DType | None = None) -> Tensor:
    """Running product along `dim`."""
def cumsum(input: Tensor, dim: _int, *, dtype: DType | None = None) -> Tensor:
    """Running sum along `dim`."""
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: _float | None = None, dim: _int = -1, axis: _int = ...) -> Tensor:
    """Running integral of `y` along `dim` by the trapezoidal rule: one entry less than y."""
def deg2rad(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Degrees as radians."""
def det(input: Tensor) -> Tensor:
    """Determinant. Shapes: (..., n, n) gives (...). The gradient is right for singular matrices too; the second"""
def diag(input: Tensor, diagonal: _int = 0) -> Tensor:
    """The matrix with a vector as its diagonal; the diagonal of a matrix, copied."""
def diag_embed(input: Tensor, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
    """The last dimension as a diagonal of two new dimensions, zeros elsewhere."""
def diagflat(input: Tensor, offset: _int = 0) -> Tensor:
    """The matrix with all elements as its diagonal."""
def diagonal(input: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """The diagonal of two dimensions, as a new last dimension; a view. offset > 0 is above the main diagonal, < 0 below."""
def diagonal_scatter(input: Tensor, src: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """A copy whose diagonal is `src`. Shapes: src as diagonal(input, offset, dim1, dim2). Dtypes: one for both."""
def diff(input: Tensor, n: _int = 1, dim: _int = -1, prepend: Tensor | None = None, append: Tensor | None = None, *, axis: _int = ...) -> Tensor:
    """Differences of neighbours along `dim`, taken `n` times; of bool, whether they differ. prepend, append: what to put before and after."""
def digamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Derivative of lgamma; -inf at 0, NaN at -1, -2..."""
def dist(input: Tensor, other: Operand, p: _float = 2) -> Tensor:
    """p-norm of input - other."""
def div(input: Tensor, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """input / other; `rounding_mode` "floor" or "trunc" rounds the quotient."""
def divide(input: Tensor, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """input / other; `rounding_mode` "floor" or "trunc" rounds the quotient."""
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Product of two vectors."""
def dropout(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """When training, each element times 0 with probability `p`, otherwise times 1 / (1 - p); else input itself."""
def dsplit(input: Tensor, indices_or_sections: _int | Sequence[_int]) -> tuple[Tensor, ...]:
    """Views of equal parts (or cut at indices) along dimension 2."""
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """One behind the other: joined along dimension 2; vectors are rows of one layer."""
def eq(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input == other, elementwise; comparisons with NaN are false (ne: true)."""
def equal(input: Tensor, other: Operand) -> _bool:
    """Whether two tensors have the same shape and equal elements; a Python bool. NaN is not equal to itself."""
def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Error function."""
def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 - erf(input), exact in the tail."""
def erfinv(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number whose error function is `input`; infinite at -1 and 1, NaN beyond."""
def exp(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """e to the power of input."""
def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """2 to the power of input."""
def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(input) - 1, exact near 0."""
def feature_alpha_dropout(input: Tensor, p: _float = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """alpha_dropout of whole channels."""
def fix(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Integer part."""
def flatten(input: Tensor, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
    """Dimensions from start_dim to end_dim merged into one."""
def flip(input: Tensor, *dims: _int | Sequence[_int]) -> Tensor:
    """The entries of some dimensions in reverse order; a copy."""
def fliplr(input: Tensor) -> Tensor:
    """Columns (dimension 1) in reverse order; a copy."""
def flipud(input: Tensor) -> Tensor:
    """Rows (dimension 0) in reverse order; a copy."""
def float_power(input: Tensor, exponent: Tensor) -> Tensor:
    """input to the power of exponent, computed in float64 and given as float64; complex128 if one of them is complex."""
def floor(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Largest integer not above input."""
def floor_divide(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Quotient rounded towards minus infinity; dividing integers by zero gives 0."""
def fmax(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """The larger of two; a NaN counts only if both are. The gradient of a tie is the first's."""
def fmin(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """The smaller of two; a NaN counts only if both are. The gradient of a tie is the first's."""
def fmod(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """input - other * trunc(input / other): the sign is the dividend's, as in C."""
def frac(input: Tensor) -> Tensor:
    """input - trunc(input): what is behind the point, with input's sign."""
def frexp(input: Tensor) -> _core.Frexp:
    """(mantissa, exponent): input = mantissa * 2**exponent, 0.5 <= |mantissa| < 1."""
def gather(input: Tensor, dim: _int, index: Tensor) -> Tensor:
    """Values picked along a dimension: out[i][j] = input[i][index[i][j]] for dim=1."""
def gcd(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Greatest common divisor; of 0 and x, |x|."""
def ge(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input >= other, elementwise; comparisons with NaN are false (ne: true)."""
def geqrf(input: Tensor) -> _core.Geqrf:
    """QR factors as LAPACK keeps them: R on and above the diagonal of a, below it the reflections that `linalg.householder_product` makes Q of."""
def ger(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of an element of one vector with one of the other."""
def gradient(input: Tensor, *, spacing: _float | Sequence[Tensor] = 1, dim: _int | None = None, edge_order: _int = 1, axis: _int | None = ...) -> tuple[Tensor, ...]:
    """Estimates of the derivatives along the dimensions `dim` (default: all), by central differences; a tuple of tensors."""
def greater(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input > other, elementwise; comparisons with NaN are false (ne: true)."""
def greater_equal(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input >= other, elementwise; comparisons with NaN are false (ne: true)."""
def grid_sampler(input: Tensor, grid: Tensor, interpolation_mode: _int, padding_mode: _int, align_corners: _bool) -> Tensor:
    """`nn.functional.grid_sample` with numbers for modes: 0 bilinear, 1 nearest, 2 bicubic; padding 0 zeros, 1 border, 2 reflection."""
def grid_sampler_2d(input: Tensor, grid: Tensor, interpolation_mode: _int, padding_mode: _int, align_corners: _bool) -> Tensor:
    """grid_sampler of images."""
def grid_sampler_3d(input: Tensor, grid: Tensor, interpolation_mode: _int, padding_mode: _int, align_corners: _bool) -> Tensor:
    """grid_sampler of volumes."""
def group_norm(input: Tensor, num_groups: _int, weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05) -> Tensor:
    """Normalised over the elements of each group of channels, then times weight plus bias, by channel."""
def gru(input: Tensor, hx: Tensor, params: Sequence[Tensor], has_biases: _bool, num_layers: _int, dropout: _float, train: _bool, bidirectional: _bool, batch_first: _bool) -> tuple[Tensor, Tensor]:
    """A sequence through layers of gru_cell: (output, last state). Arguments, shapes and errors: as rnn_tanh, with 3 H rows."""
def gru_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None) -> Tensor:
    """(1 - z) * n + z * hx, with gates r and z, sigmoids, and n = tanh(its part of the input + r * its part of hx)."""
def gt(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input > other, elementwise; comparisons with NaN are false (ne: true)."""
def hardshrink(input: Tensor, lambd: _float = 0.5) -> Tensor:
    """input where it is outside [-lambd, lambd], otherwise 0; NaN stays."""
def heaviside(input: Tensor, values: Operand, *, out: Tensor | None = None) -> Tensor:
    """0 below zero, 1 above, `values` at zero (0 for NaN)."""
def histc(input: Tensor, bins: _int = 100, min: _int | Tensor = 0, max: _int | Tensor = 0) -> Tensor:
    """How many elements fall into each of `bins` equal parts of [min, max] (default: of the values' own range); others are left out."""
def histogram(input: Tensor, bins: _int | Tensor, *, range: Sequence[_float] | None = None, weight: Tensor | None = None, density: _bool = False) -> _core.Histogram:
    """(hist, bin_edges): how many elements, or how much `weight`, each bin holds; each bin without its right end, but for the last."""
def histogramdd(input: Tensor, bins: _int | Tensor, *, range: Sequence[_float] | None = None, weight: Tensor | None = None, density: _bool = False) -> _core.HistogramDD:
    """(hist, bin_edges): how many points, or how much `weight`, each box holds; boxes are without their right ends, but for the last ones."""
def hsplit(input: Tensor, indices_or_sections: _int | Sequence[_int]) -> tuple[Tensor, ...]:
    """Views of equal parts (or cut at indices) along dimension 1; of vectors, along 0."""
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Side by side: joined along dimension 1, vectors along 0."""
def hypot(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """sqrt(input**2 + other**2) without overflow."""
def i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Modified Bessel function of the first kind, order 0."""
def igamma(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """The regularised lower incomplete gamma function P(a=input, x=other); no gradient with respect to input."""
def igammac(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """The regularised upper incomplete gamma function Q = 1 - P, exact in its tail; no gradient with respect to input."""
def imag(input: Tensor) -> Tensor:
    """The imaginary parts, a view. `x.imag` can be assigned to."""
def index_add(input: Tensor, dim: _int, index: Tensor, source: Tensor, *, alpha: _float = 1) -> Tensor:
    """input with alpha * source added to the entries of dimension `dim` that `index` names; repeated indices add up."""
def index_copy(input: Tensor, dim: _int, index: Tensor, source: Tensor) -> Tensor:
    """input with the entries of dimension `dim` that `index` names replaced by those of source; of repeated indices the last wins."""
def index_fill(input: Tensor, dim: _int, index: Tensor, value: Tensor | _float) -> Tensor:
    """input with the entries of dimension `dim` that `index` names set to one value, a number or a 0-d tensor."""
def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Tensor:
    """A copy of input with input[indices] set to `values`, or with accumulate, with them added there (repeated places add up)."""
def index_reduce(input: Tensor, dim: _int, index: Tensor, source: Tensor, reduce: str, *, include_self: _bool = True) -> Tensor:
    """input with the entries of source reduced into the entries of dimension `dim` that `index` names."""
def index_select(input: Tensor, dim: _int, index: Tensor) -> Tensor:
    """Entries of dimension `dim` in the order that the 1-d `index` gives; negative indices count from the end."""
def inner(input: Tensor, other: Operand) -> Tensor:
    """Products summed over the last dimension of both; with a 0-d tensor, the plain product."""
def instance_norm(input: Tensor, weight: Tensor, bias: Tensor, running_mean: Tensor | None, running_var: Tensor | None, use_input_stats: _bool, momentum: _float, eps: _float, cudnn_enabled: _bool) -> Tensor:
    """nn.functional.instance_norm with the arguments in the order of `torch.instance_norm`; cudnn_enabled is of no effect."""
def inverse(input: Tensor) -> Tensor:
    """`linalg.inv` under its older name."""
def is_complex(input: Tensor) -> _bool:
    """Whether the dtype is complex64 or complex128."""
def is_conj(input: Tensor) -> _bool:
    """False: no conjugation is ever put off here."""
def is_floating_point(input: Tensor) -> _bool:
    """Whether the dtype is a real floating one."""
def is_same_size(input: Tensor, other: Operand) -> _bool:
    """Whether two tensors have the same shape."""
def isclose(input: Tensor, other: Operand, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> Tensor:
    """Whether |input - other| <= atol + rtol * |other|; infinities are close to themselves, NaN to NaN if `equal_nan`."""
def isfinite(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is neither infinite nor NaN."""
def isin(elements: Tensor, test_elements: Tensor | _float, *, assume_unique: _bool = False, invert: _bool = False) -> Tensor:
    """Whether each element is one of `test_elements` (`invert`: is none of them); either may be a number."""
def isinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is infinite."""
def isnan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is NaN."""
def isneginf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is minus infinity."""
def isposinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is plus infinity."""
def isreal(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether the imaginary part of each element is zero: always, but for complex numbers."""
def istft(input: Tensor, n_fft: _int, hop_length: _int | None = None, win_length: _int | None = None, window: Tensor | None = None, center: _bool = True, normalized: _bool = False, onesided: _bool | None = None, length: _int | None = None, return_complex: _bool = False) -> Tensor:
    """The inverse of `stft`: the signal whose windows' spectra are nearest to the given ones."""
def kron(input: Tensor, other: Operand) -> Tensor:
    """Kronecker product: every element of `input` times all of `other`, as blocks."""
def kthvalue(input: Tensor, k: _int, dim: _int = -1, keepdim: _bool = False, *, axis: _int = ..., keepdims: _bool = ...) -> _core.Extreme:
    """(values, indices): the k-th smallest along `dim`, counted from 1. NaN counts as the largest."""
def layer_norm(input: Tensor, normalized_shape: _int | Sequence[_int], weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias, statistics over the last dimensions, the biased variance."""
def lcm(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Least common multiple, not negative; of 0 and anything, 0."""
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """input * 2**other."""
def le(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input <= other, elementwise; comparisons with NaN are false (ne: true)."""
def lerp(input: Tensor, end: Operand, weight: Operand, *, out: Tensor | None = None) -> Tensor:
    """input + weight * (end - input), which is exactly `end` at weight 1; weight is a number or a tensor."""
def less(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input < other, elementwise; comparisons with NaN are false (ne: true)."""
def less_equal(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input <= other, elementwise; comparisons with NaN are false (ne: true)."""
def lgamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of the absolute value of the gamma function; inf at 0, -1, -2..."""
def lobpcg(A: Tensor, k: _int | None = None, B: Tensor | None = None, X: Tensor | None = None, n: _int | None = None, iK: Tensor | None = None, niter: _int | None = None, tol: _float | None = None, largest: _bool | None = None, method: str | None = None, tracker: abc.Callable[..., Any] | None = None, ortho_iparams: dict[str, Any] | None = None, ortho_fparams: dict[str, Any] | None = None, ortho_bparams: dict[str, Any] | None = None) -> tuple[Tensor, Tensor]:
    """The k largest (or smallest) eigenvalues of symmetric matrices, largest (smallest) first, and their eigenvectors: A x = lambda B x."""
def log(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Natural logarithm; NaN below 0, -inf at 0."""
def log10(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Logarithm to base 10."""
def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log(1 + input), exact near 0."""
def log2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Logarithm to base 2."""
def log_softmax(input: Tensor, dim: _int | None = None, dtype: DType | None = None, *, axis: _int | None = ...) -> Tensor:
    """log(softmax(input)) over `dim`, exact where softmax underflows. `dtype` casts first."""
def logaddexp(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """log(exp(input) + exp(other)) without overflow."""
def logaddexp2(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Logarithm to base 2 of 2**input + 2**other, without overflow."""
def logcumsumexp(input: Tensor, dim: _int) -> Tensor:
    """log(cumsum(exp(input))) along `dim`, without overflow."""
def logdet(input: Tensor) -> Tensor:
    """Logarithm of the determinant; NaN if that is real and negative, -inf if it is 0. Shapes: (..., n, n) gives (...)."""
def logical_and(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Both, of truth values (nonzero is true)."""
def logical_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is zero."""
def logical_or(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Either, of truth values (nonzero is true)."""
def logical_xor(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Exactly one, of truth values (nonzero is true)."""
def logit(input: Tensor, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """log(p / (1 - p)), the inverse of sigmoid; NaN outside [0, 1], to which `eps` clamps: [eps, 1 - eps]."""
def logsumexp(input: Tensor, dim: _int | Sequence[_int], keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """log(sum(exp(input))) without overflow; of no elements, -inf."""
def lstm(input: Tensor, hx: Sequence[Tensor], params: Sequence[Tensor], has_biases: _bool, num_layers: _int, dropout: _float, train: _bool, bidirectional: _bool, batch_first: _bool) -> tuple[Tensor, Tensor, Tensor]:
    """A sequence through layers of lstm_cell: (output, last h, last c); hx is (h, c)."""
def lstm_cell(input: Tensor, hx: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """(h, c) out of hx = (h, c): c = f * c + i * g, h = o * tanh(c), with gates i, f, o, sigmoids, and g, a tanh."""
def lt(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input < other, elementwise; comparisons with NaN are false (ne: true)."""
def lu(A: Tensor, pivot: _bool = True, get_infos: _bool = False) -> _core.Factor:
    """`linalg.lu_factor`, with get_infos `linalg.lu_factor_ex`, under an older name."""
def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """`linalg.lu_solve` under its older name, arguments exchanged."""
def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: _bool = True, unpack_pivots: _bool = True) -> _core.LU:
    """(P, L, U) of what `linalg.lu_factor` gives; parts that are not asked for are empty."""
def masked_fill(input: Tensor, mask: Tensor, value: _float) -> Tensor:
    """input with `value`, a number or 0-d tensor, where `mask` holds."""
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """input with the elements where `mask` holds replaced, in order, by the first elements of source."""
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where `mask` holds, in a 1-d tensor."""
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Matrix product, NumPy's rules: 1-D operands are a row and a column, leading dimensions are a batch that broadcasts."""
def matrix_exp(input: Tensor) -> Tensor:
    """Exponential of square matrices. Shapes: (..., n, n)."""
def matrix_power(input: Tensor, n: _int) -> Tensor:
    """Integer power of square matrices, by repeated squaring; of a negative n, of the inverse. Shapes: (..., m, m)."""
@overload
def max(input: Tensor) -> Tensor:
    """The largest of all elements; with `dim`, (values, indices) along it; with a tensor in its place, the largest of two."""
@overload
def max(input: Tensor, dim: _int, keepdim: _bool = False) -> _core.Extreme: ...
@overload
def max(input: Tensor, *, axis: _int, keepdims: _bool = False) -> _core.Extreme: ...
@overload
def max(input: Tensor, other: Tensor) -> Tensor: ...
@overload
def max_pool1d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """Largest value of each window of a signal; with `return_indices` also its position."""
@overload
def max_pool1d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool1d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """max_pool1d, which gives values and positions, whatever `return_indices` says."""
@overload
def max_pool1d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool2d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """Largest value of each window; NaN wins, padding never does. With `return_indices` also its position in the (H, W) plane."""
@overload
def max_pool2d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool3d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """Largest value of each window of a volume; with `return_indices` also its position among all voxels."""
@overload
def max_pool3d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
def maximum(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """The larger of two; NaN if either is. Ties share the gradient equally."""
def mean(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Arithmetic mean; of no elements, NaN."""
@overload
def median(input: Tensor) -> Tensor:
    """The median of all elements; with `dim`, (values, indices) along it. Of an even number, the lower of the two. NaN wins."""
@overload
def median(input: Tensor, dim: _int, keepdim: _bool = False) -> _core.Extreme: ...
@overload
def median(input: Tensor, *, axis: _int, keepdims: _bool = False) -> _core.Extreme: ...
def meshgrid(*tensors: Tensor, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Coordinates of a grid: one tensor for each vector, which varies along its own dimension only; views."""
@overload
def min(input: Tensor) -> Tensor:
    """The smallest of all elements; with `dim`, (values, indices) along it; with a tensor in its place, the smallest of two."""
@overload
def min(input: Tensor, dim: _int, keepdim: _bool = False) -> _core.Extreme: ...
@overload
def min(input: Tensor, *, axis: _int, keepdims: _bool = False) -> _core.Extreme: ...
@overload
def min(input: Tensor, other: Tensor) -> Tensor: ...
def minimum(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """The smaller of two; NaN if either is. Ties share the gradient equally."""
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Product of two matrices."""
def mode(input: Tensor, dim: _int = -1, keepdim: _bool = False, *, axis: _int = ..., keepdims: _bool = ...) -> _core.Extreme:
    """(values, indices): the most frequent value along `dim`, of several the smallest, and the index of its last place."""
def moveaxis(input: Tensor, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
    """Dimensions moved to new positions, the others in order; a view."""
def movedim(input: Tensor, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
    """Dimensions moved to new positions, the others in order; a view."""
def msort(input: Tensor) -> Tensor:
    """Elements in order along dimension 0."""
def mul(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """input * other."""
def multiply(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """input * other."""
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Product of a matrix and a vector."""
def mvlgamma(input: Tensor, p: _int) -> Tensor:
    """Logarithm of the multivariate gamma function of dimension p: p (p - 1) / 4 * log(pi) + the sum over j < p of lgamma(input - j / 2)."""
def nan_to_num(input: Tensor, nan: _float = 0.0, posinf: _float | None = None, neginf: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """input with NaN replaced by `nan`, infinities by `posinf` and `neginf` (default: the largest and smallest of the dtype)."""
def nanmean(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Mean of the elements that are not NaN; of none, NaN."""
@overload
def nanmedian(input: Tensor) -> Tensor:
    """`median` that leaves NaN out; of nothing but NaN, NaN."""
@overload
def nanmedian(input: Tensor, dim: _int, keepdim: _bool = False) -> _core.Extreme: ...
@overload
def nanmedian(input: Tensor, *, axis: _int, keepdims: _bool = False) -> _core.Extreme: ...
def nanquantile(input: Tensor, q: Tensor | _float, dim: _int | None = None, keepdim: _bool = False, *, interpolation: str = 'linear', axis: _int | None = ..., keepdims: _bool = ...) -> Tensor:
    """`quantile` that leaves NaN out; of nothing but NaN, NaN."""
def nansum(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Sum of the elements that are not NaN."""
def narrow(input: Tensor, dim: _int, start: _int, length: _int) -> Tensor:
    """`length` entries of dimension `dim`, from `start` on; a view."""
def narrow_copy(input: Tensor, dim: _int, start: _int, length: _int) -> Tensor:
    """A copy of `narrow`."""
def native_channel_shuffle(input: Tensor, groups: _int) -> Tensor:
    """The channels of `groups` groups dealt out in turn: the first of each, then the second of each..."""
def ne(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input != other, elementwise; comparisons with NaN are false (ne: true)."""
def neg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-input."""
def negative(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-input."""
def nextafter(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """The next representable number after input in the direction of other."""
@overload
def nonzero(input: Tensor, *, as_tuple: Literal[False] = False) -> Tensor:
    """Indices of the elements that are not zero: (count, ndim), or one tensor a dimension."""
@overload
def nonzero(input: Tensor, *, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...
def nonzero_static(input: Tensor, *, size: _int | Sequence[_int], fill_value: _float = -1) -> Tensor:
    """Indices of the first `size` elements that are not zero, as rows of int64; rows of fill_value where there are fewer."""
def norm(input: Tensor, p: str | _float = 'fro', dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, out: Tensor | None = None, dtype: DType | None = None, *, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """p-norm of the elements, sum(|x|**p) ** (1/p), as of one long vector; inf: the largest, -inf: the smallest, 0: how many are not 0."""
def not_equal(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input != other, elementwise; comparisons with NaN are false (ne: true)."""
def nuclear_norm(input: Tensor, dim: Sequence[_int] = ..., keepdim: _bool = False, *, axis: Sequence[_int] = ..., keepdims: _bool = ...) -> Tensor:
    """Sum of the singular values: `linalg.matrix_norm` with "nuc"."""
def orgqr(input: Tensor, tau: Tensor) -> Tensor:
    """`linalg.householder_product` under its older name."""
def ormqr(input: Tensor, tau: Tensor, other: Operand, left: _bool = True, transpose: _bool = False) -> Tensor:
    """Q other, or with left=False other Q, for the square Q of reflections as `geqrf` gives them; transpose: with Q^H in its place."""
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of an element of one vector with one of the other."""
def pairwise_distance(x1: Tensor, x2: Tensor, p: _float = 2.0, eps: _float = 1e-06, keepdim: _bool = False) -> Tensor:
    """p-norm of x1 - x2 + eps over the last dimension."""
def pdist(input: Tensor, p: _float = 2.0) -> Tensor:
    """p-norm distances between all pairs of rows: row 0 to the others, row 1 to those after it, and so on."""
def permute(input: Tensor, *dims: _int | Sequence[_int]) -> Tensor:
    """Dimensions in another order; a view."""
def pinverse(input: Tensor, rcond: _float = 1e-15) -> Tensor:
    """`linalg.pinv` under its older name. Shapes: (..., m, n) gives (..., n, m)."""
def pixel_shuffle(input: Tensor, upscale_factor: _int) -> Tensor:
    """Channels as the pixels between pixels: a block of factor**2 channels gives one channel that is `upscale_factor` as high and wide."""
def pixel_unshuffle(input: Tensor, downscale_factor: _int) -> Tensor:
    """Blocks of pixels as channels: the reverse of pixel_shuffle."""
def poisson_nll_loss(input: Tensor, target: Tensor, log_input: _bool = True, full: _bool = False, size_average: _bool | None = None, eps: _float = 1e-08, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """Negative log-likelihood of counts: exp(input) - target * input, or with log_input=False input - target * log(input + eps), reduced."""
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Complex numbers of their absolute values and angles."""
def polygamma(n: Tensor, input: Tensor) -> Tensor:
    """The n-th derivative of digamma; as a method, `x.polygamma(n)`."""
def positive(input: Tensor) -> Tensor:
    """The tensor itself."""
def pow(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """input to the power of other."""
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """input, times `weight` where it is not positive: a leaky relu whose slope is learnt."""
def prod(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Product of the elements; of none, 1."""
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: _bool = False) -> Tensor:
    """A copy of input with elements of the flattened tensor set to those of source, or with accumulate, with those added."""
def qr(input: Tensor, some: _bool = True) -> _core.QR:
    """`linalg.qr` under its older name; some=False is mode "complete"."""
def quantile(input: Tensor, q: Tensor | _float, dim: _int | None = None, keepdim: _bool = False, *, interpolation: str = 'linear', axis: _int | None = ..., keepdims: _bool = ...) -> Tensor:
    """The quantiles `q` of all elements, or along `dim`; NaN where one is NaN."""
def rad2deg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Radians as degrees."""
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension; a view where possible."""
def real(input: Tensor) -> Tensor:
    """The real parts, a view; of a real tensor, itself. `x.real` can be assigned to."""
def reciprocal(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / input."""
def relu(input: Tensor, inplace: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """max(input, 0); the gradient at 0 is 0, NaN stays."""
def remainder(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """input - other * floor(input / other): the sign is the divisor's, as in Python."""
def renorm(input: Tensor, p: _float, dim: _int, maxnorm: _float) -> Tensor:
    """input with each slice along `dim` whose p-norm exceeds `maxnorm` scaled down to it."""
def repeat_interleave(input: Tensor, repeats: _int | Tensor | None = None, dim: _int | None = None, *, output_size: _int | Sequence[_int] | None = None, axis: _int | None = ...) -> Tensor:
    """Every entry of dimension `dim` (None: of the flattened tensor) repeated; `repeats` is a number or a 1-d tensor of one count for each."""
def reshape(input: Tensor, *shape: _int | Sequence[_int]) -> Tensor:
    """The same elements in another shape: a view where possible, otherwise a copy; -1 stands for one size."""
def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: conjugation is never put off here."""
def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: negation is never put off here."""
def rms_norm(input: Tensor, normalized_shape: _int | Sequence[_int], weight: Tensor | None = None, eps: _float | None = None) -> Tensor:
    """input / sqrt(mean(input**2) + eps) * weight, the mean over the last dimensions; eps None is the dtype's machine epsilon."""
def rnn_relu(input: Tensor, hx: Tensor, params: Sequence[Tensor], has_biases: _bool, num_layers: _int, dropout: _float, train: _bool, bidirectional: _bool, batch_first: _bool) -> tuple[Tensor, Tensor]:
    """A sequence through layers of rnn_relu_cell: (output, last state). Arguments, shapes and errors: as rnn_tanh."""
def rnn_relu_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None) -> Tensor:
    """relu(w_ih @ input + b_ih + w_hh @ hx + b_hh)."""
def rnn_tanh(input: Tensor, hx: Tensor, params: Sequence[Tensor], has_biases: _bool, num_layers: _int, dropout: _float, train: _bool, bidirectional: _bool, batch_first: _bool) -> tuple[Tensor, Tensor]:
    """A sequence through layers of rnn_tanh_cell: (output, last state)."""
def rnn_tanh_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None) -> Tensor:
    """tanh(w_ih @ input + b_ih + w_hh @ hx + b_hh)."""
def roll(input: Tensor, shifts: _int | Sequence[_int], dims: _int | Sequence[_int] = ...) -> Tensor:
    """Entries moved on by `shifts` along `dims`; what leaves at the end comes in at the start. Without dims, in C order of all elements."""
def rot90(input: Tensor, k: _int = 1, dims: _int | Sequence[_int] = ...) -> Tensor:
    """Turned by k quarters in the plane of two dimensions, from the first towards the second; a copy."""
def round(input: Tensor, *, decimals: _int = 0) -> Tensor:
    """Nearest multiple of 10 ** -decimals, halves to even."""
def row_stack(tensors: Sequence[Tensor]) -> Tensor:
    """One under the other: joined along dimension 0, vectors as rows."""
def rrelu(input: Tensor, lower: _float = 0.125, upper: _float = ..., training: _bool = False, inplace: _bool = False) -> Tensor:
    """input, where it is not positive times a slope: in training a random one between `lower` and `upper`, else their mean."""
def rsqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / sqrt(input)."""
def rsub(input: Tensor, other: Operand, *, alpha: _float = 1) -> Tensor:
    """other - alpha * input."""
def scatter(input: Tensor, dim: _int, index: Tensor, src: Tensor | _float | None = None, *, value: _float | None = None, reduce: str | None = None) -> Tensor:
    """input with values written along a dimension: out[i][index[i][j]] = src[i][j] for dim=1; `value` (or a number as src) writes one number."""
def scatter_add(input: Tensor, dim: _int, index: Tensor, src: Tensor | _float) -> Tensor:
    """input with src added along a dimension: out[i][index[i][j]] += src[i][j] for dim=1; repeated indices add up."""
def scatter_reduce(input: Tensor, dim: _int, index: Tensor, src: Tensor | _float, reduce: str, *, include_self: _bool = True) -> Tensor:
    """input with src reduced into it: with dim=1, out[i][index[i][j]] is the reduction of all src[i][j] that go there."""
def searchsorted(sorted_sequence: Tensor, input: Tensor, *, out_int32: _bool = False, right: _bool = False, side: str | None = None, sorter: Tensor | None = None) -> Tensor:
    """Where each value would have to be put into the sorted sequence (along its last dimension) so that it stays sorted."""
def segment_reduce(data: Tensor, reduce: str, *, lengths: Tensor | None = None, indices: Tensor | None = None, offsets: Tensor | None = None, axis: _int = 0, unsafe: _bool = False, initial: _float | None = None) -> Tensor:
    """Sum, mean, product, maximum or minimum of each segment of neighbours along `axis`, of which lengths or offsets (where they begin, and"""
def select(input: Tensor, dim: _int, index: _int) -> Tensor:
    """Entry `index` of dimension `dim`, which goes; a view."""
def select_scatter(input: Tensor, src: Tensor, dim: _int, index: _int) -> Tensor:
    """A copy whose entry `index` along `dim` is `src`. Shapes: src as select(input, dim, index). Dtypes: one for both."""
def selu(input: Tensor, inplace: _bool = False) -> Tensor:
    """scale * elu(input, alpha), with the constants that let a network normalise itself."""
def sgn(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """input / |input|, 0 at 0: `sign`, of complex numbers too."""
def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / (1 + exp(-input))."""
def sign(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-1, 0 or 1; 0 for NaN."""
def signbit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether the sign bit is set: below zero, and -0.0."""
def sin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Sine of an angle in radians."""
def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """sin(pi * input) / (pi * input), and 1 at 0."""
def sinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic sine."""
def slice_scatter(input: Tensor, src: Tensor, dim: _int = 0, start: _int | None = None, end: _int | None = None, step: _int = 1, *, axis: _int = ...) -> Tensor:
    """A copy whose slice start:end:step along `dim` is `src`. Shapes: src as that slice. Dtypes: one for both."""
def slogdet(A: Tensor) -> _core.Slogdet:
    """Sign and logarithm of the absolute value of the determinant: a named tuple (sign, logabsdet), where the determinant would overflow."""
def softmax(input: Tensor, dim: _int | None = None, dtype: DType | None = None, *, axis: _int | None = ...) -> Tensor:
    """exp(input) / sum(exp(input)) over `dim`, without overflow. `dtype` casts first."""
def sort(input: Tensor, dim: _int = -1, descending: _bool = False, stable: _bool = False, *, axis: _int = ...) -> _core.Sorted:
    """Elements in order along `dim`: a named tuple of values and indices (int64). Equal elements keep their order always; NaN is the largest."""
def split(input: Tensor, split_size_or_sections: _int | Sequence[_int], dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
    """Views of consecutive parts along `dim`: of one size (the last may be smaller), or of the sizes given."""
def split_with_sizes(input: Tensor, split_sizes: Sequence[_int], dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
    """Views of consecutive parts of the given sizes."""
def sqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Square root; NaN below 0."""
def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """input * input."""
def squeeze(input: Tensor, dim: _int | Sequence[_int] | None = None, *, axis: _int | Sequence[_int] | None = ...) -> Tensor:
    """Without dimensions of size 1: all of them, or those that `dim` (an int or a tuple) names; a view."""
def stack(tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int = ...) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
def std(input: Tensor, dim: _int | Sequence[_int] | None = None, unbiased: _bool | None = None, keepdim: _bool = False, *, correction: _float | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Standard deviation, the square root of `var`."""
def std_mean(input: Tensor, dim: _int | Sequence[_int] | None = None, unbiased: _bool | None = None, keepdim: _bool = False, *, correction: _float | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> tuple[Tensor, Tensor]:
    """(standard deviation, mean), as `std` and `mean` give them."""
def stft(input: Tensor, n_fft: _int, hop_length: _int | None = None, win_length: _int | None = None, window: Tensor | None = None, center: _bool = True, pad_mode: str = 'reflect', normalized: _bool = False, onesided: _bool | None = None, return_complex: _bool | None = None, align_to_window: _bool | None = None) -> Tensor:
    """The short-time Fourier transform: the spectra of windows of n_fft entries, hop_length apart (default: n_fft // 4)."""
def sub(input: Tensor, other: Operand, *, alpha: _float = 1, out: Tensor | None = None) -> Tensor:
    """input - alpha * other."""
def subtract(input: Tensor, other: Operand, *, alpha: _float = 1, out: Tensor | None = None) -> Tensor:
    """input - alpha * other."""
def sum(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Sum of the elements; of none, 0."""
def svd(input: Tensor, some: _bool = True, compute_uv: _bool = True) -> _core.OldSVD:
    """`linalg.svd` under its older name, with V in the place of Vh; some=False is full_matrices=True."""
def swapaxes(input: Tensor, axis0: _int, axis1: _int) -> Tensor:
    """`transpose` under NumPy's name."""
def swapdims(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """`transpose` under another name."""
def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a view. Vectors and 0-d tensors stay."""
def take(input: Tensor, index: Tensor) -> Tensor:
    """Elements of the flattened tensor. Shapes: index's. Dtypes: all."""
def take_along_dim(input: Tensor, indices: Tensor, dim: _int | None = None, *, axis: _int | None = ...) -> Tensor:
    """Entries along `dim` picked for every place, as np.take_along_axis: what argsort and argmax give, put to use. dim None: both flattened."""
def tan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Tangent of an angle in radians."""
def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic tangent."""
def tensor_split(input: Tensor, indices_or_sections: _int | Sequence[_int], dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
    """Views of consecutive parts along `dim`, as np.array_split: a number of parts of nearly equal size, or the indices where to cut."""
def tensordot(a: Tensor, b: Tensor, dims: _int | Sequence[_int] | Sequence[Sequence[_int]] = 2) -> Tensor:
    """Products summed over some dimensions of both: the last `dims` of a and the first of b, or those that a pair of lists names."""
def threshold(input: Tensor, threshold: _float, value: _float, inplace: _bool = False) -> Tensor:
    """input where it is above `threshold`, otherwise `value`; NaN stays."""
def tile(input: Tensor, *dims: _int | Sequence[_int]) -> Tensor:
    """`repeat`, with dimensions that `dims` does not name repeated once, as np.tile."""
def topk(input: Tensor, k: _int, dim: _int = -1, largest: _bool = True, sorted: _bool = True, *, axis: _int = ...) -> _core.Sorted:
    """The k largest (or smallest) elements along `dim`, in order: a named tuple of values and indices (int64). NaN is the largest."""
def trace(input: Tensor) -> Tensor:
    """Sum of the diagonal of a matrix; integers and bool as int64."""
def transpose(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Two dimensions swapped; a view."""
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: _float | None = None, dim: _int = -1, axis: _int = ...) -> Tensor:
    """Integral of `y` along `dim` by the trapezoidal rule, at points `x` or in steps of `dx` (default 1)."""
def trapz(y: Tensor, x: Tensor | None = None, *, dx: _float | None = None, dim: _int = -1, axis: _int = ...) -> Tensor:
    """Integral of `y` along `dim` by the trapezoidal rule, at points `x` or in steps of `dx` (default 1)."""
def triangular_solve(b: Tensor, A: Tensor, upper: _bool = True, transpose: _bool = False, unitriangular: _bool = False) -> _core.Triangular:
    """`linalg.solve_triangular` under its older name, arguments exchanged; gives (solution, a copy of A's triangle)."""
def tril(input: Tensor, diagonal: _int = 0) -> Tensor:
    """The lower triangle of every matrix, up to a diagonal (> 0: above the main one), zeros elsewhere."""
def triu(input: Tensor, diagonal: _int = 0) -> Tensor:
    """The upper triangle of every matrix, from a diagonal on (> 0: above the main one), zeros elsewhere."""
def true_divide(input: Tensor, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """input / other; `rounding_mode` "floor" or "trunc" rounds the quotient."""
def trunc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Integer part."""
def unbind(input: Tensor, dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
    """A tuple of views: the entries of dimension `dim`."""
def unflatten(input: Tensor, dim: _int, sizes: _int | Sequence[_int]) -> Tensor:
    """One dimension split into several."""
def unique(input: Tensor, sorted: _bool = True, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None, *, axis: _int | None = ...) -> Any:
    """The distinct elements in order; with `dim`, the distinct entries of that dimension. Not differentiable."""
def unique_consecutive(input: Tensor, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None, *, axis: _int | None = ...) -> Any:
    """Each run of equal elements (with `dim`, of equal entries of that dimension) as one. Not differentiable."""
def unravel_index(indices: Tensor, shape: _int | Sequence[_int]) -> tuple[Tensor, ...]:
    """Indices into the flattened tensor as indices into each dimension of `shape`; a tuple of int64 tensors. Negative ones count from the end."""
def unsafe_chunk(input: Tensor, chunks: _int, dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
    """At most `chunks` views of equal size along `dim`; the last may be smaller."""
def unsafe_split(input: Tensor, split_size_or_sections: _int | Sequence[_int], dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
    """Views of consecutive parts along `dim`: of one size (the last may be smaller), or of the sizes given."""
def unsafe_split_with_sizes(input: Tensor, split_sizes: Sequence[_int], dim: _int = 0, *, axis: _int = ...) -> tuple[Tensor, ...]:
    """Views of consecutive parts of the given sizes."""
def unsqueeze(input: Tensor, dim: _int) -> Tensor:
    """A new dimension of size 1 at position `dim`; a view."""
def vander(x: Tensor, N: _int | None = None, increasing: _bool = False) -> Tensor:
    """Vandermonde matrix: the powers 0 to N - 1 (default: as many as entries) of every entry in its row, falling unless `increasing`."""
def var(input: Tensor, dim: _int | Sequence[_int] | None = None, unbiased: _bool | None = None, keepdim: _bool = False, *, correction: _float | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """Variance: squared deviations from the mean, divided by n - correction (default 1; unbiased=False means 0)."""
def var_mean(input: Tensor, dim: _int | Sequence[_int] | None = None, unbiased: _bool | None = None, keepdim: _bool = False, *, correction: _float | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> tuple[Tensor, Tensor]:
    """(variance, mean), as `var` and `mean` give them."""
def vdot(input: Tensor, other: Operand) -> Tensor:
    """Product of two vectors, the first one conjugated if it is complex."""
def view_as_complex(input: Tensor) -> Tensor:
    """Pairs (real, imaginary) as complex numbers; a view."""
def view_as_real(input: Tensor) -> Tensor:
    """Complex numbers as pairs (real, imaginary); a view."""
def vsplit(input: Tensor, indices_or_sections: _int | Sequence[_int]) -> tuple[Tensor, ...]:
    """Views of equal parts (or cut at indices) along dimension 0."""
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """One under the other: joined along dimension 0, vectors as rows."""
@overload
def where(condition: Tensor, input: Operand, other: Operand) -> Tensor:
    """input where condition holds, otherwise other; with the condition alone, its nonzero indices, one tensor a dimension."""
@overload
def where(condition: Tensor) -> tuple[Tensor, ...]: ...
def xlogy(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """input * log(other), which is 0 where input is 0, unless other is NaN."""
