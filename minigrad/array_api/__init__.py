"""The Python array API standard, version 2024.12, over minigrad's Tensors: what SciPy's and scikit-learn's array-API code calls.

`x.__array_namespace__()` returns this module. Its functions are minigrad's ops under the standard's names and signatures, so gradients go
through them; where the standard and PyTorch differ, the standard's way is taken here: an array of no dimensions promotes like any other,
`var` divides by n unless told otherwise, NaNs are unique.

It departs from the standard in what Tensors have by PyTorch's rules: operators (`x + y`) promote as PyTorch's do, `x.size` is a method
(array-api-compat's `size(x)` gives the number of elements). There are no dtypes uint16, uint32 and uint64, and `x @= y` makes a new array.
>>> from minigrad import array_api as xp
>>> xp.var(xp.asarray([1.0, 2.0, 3.0, 4.0]), keepdims=True)
tensor([1.2500])
"""

from math import e, inf, nan, pi

from .._core import bool_ as bool, complex64, complex128, float32, float64, int8, int16, int32, int64, uint8
from . import fft, linalg
from .creation import (
    arange,
    asarray,
    empty,
    empty_like,
    eye,
    from_dlpack,
    full,
    full_like,
    linspace,
    meshgrid,
    ones,
    ones_like,
    tril,
    triu,
    zeros,
    zeros_like,
)
from .dtypes import astype, can_cast, finfo, iinfo, isdtype, result_type
from .elementwise import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    ceil,
    clip,
    conj,
    copysign,
    cos,
    cosh,
    divide,
    equal,
    exp,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    hypot,
    imag,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    negative,
    nextafter,
    not_equal,
    positive,
    pow,
    real,
    reciprocal,
    remainder,
    round,
    sign,
    signbit,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    trunc,
)
from .indexing import take, take_along_axis
from .info import __array_namespace_info__
from .linalg import matmul, matrix_transpose, tensordot, vecdot
from .manipulation import (
    broadcast_arrays,
    broadcast_to,
    concat,
    expand_dims,
    flip,
    moveaxis,
    permute_dims,
    repeat,
    reshape,
    roll,
    squeeze,
    stack,
    tile,
    unstack,
)
from .searching import (
    argmax,
    argmin,
    argsort,
    count_nonzero,
    nonzero,
    searchsorted,
    sort,
    unique_all,
    unique_counts,
    unique_inverse,
    unique_values,
    where,
)
from .statistics import all, any, cumulative_prod, cumulative_sum, diff, max, mean, min, prod, std, sum, var

newaxis = None
__array_api_version__ = "2024.12"
_FILES = ("creation", "dtypes", "elementwise", "indexing", "info", "manipulation", "searching", "statistics")
__all__ = [n for n in globals() if n[0] != "_" and n not in _FILES]
