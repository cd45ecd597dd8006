# Element types and type promotion.
import numpy as np

from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_DECREF
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcmp, memcpy, memset
from csrc cimport *
cimport cython

from .device import CPU
from .errors import DTypeError, GradError, ShapeError
from .missing import reason


cdef enum Category:
    BOOLEAN, INTEGER, FLOATING, COMPLEX


@cython.final
cdef class dtype:
    """An element type, such as `mg.float32`. Compares by identity; `dtype.numpy` is NumPy's counterpart (None for bfloat16)."""
    cdef readonly int code
    cdef readonly str name
    cdef readonly int itemsize
    cdef readonly object numpy
    cdef bytes format  # of the buffer protocol
    cdef Category category

    @property
    def is_floating_point(self):
        return self.category == FLOATING

    @property
    def is_complex(self):
        return self.category == COMPLEX

    @property
    def is_signed(self):
        return self.code not in (MG_BOOL, MG_U8)

    def to_real(self):
        """The dtype of the real part of a complex dtype; other dtypes themselves."""
        return DTYPES[real_of(self.code)]

    def to_complex(self):
        """The complex dtype whose parts have this dtype: complex128 for float64, complex64 for float32 and what is narrower."""
        return self if self.category == COMPLEX else DTYPES[MG_C128 if self.code == MG_F64 else MG_C64]

    def __repr__(self):
        return f"minigrad.{self.name}"

    def __reduce__(self):
        return self.name

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef dtype make_dtype(int code, str name, str numpy_name, str format, Category category):
    cdef dtype d = dtype.__new__(dtype)
    d.code, d.name, d.itemsize, d.category, d.format = code, name, mg_dtype_size(code), category, format.encode()
    d.numpy = np.dtype(numpy_name) if numpy_name else None
    return d


bool_ = make_dtype(MG_BOOL, "bool", "bool", "?", BOOLEAN)
uint8 = make_dtype(MG_U8, "uint8", "uint8", "B", INTEGER)
int8 = make_dtype(MG_I8, "int8", "int8", "b", INTEGER)
int16 = make_dtype(MG_I16, "int16", "int16", "h", INTEGER)
int32 = make_dtype(MG_I32, "int32", "int32", "i", INTEGER)
int64 = make_dtype(MG_I64, "int64", "int64", "q", INTEGER)
float16 = make_dtype(MG_F16, "float16", "float16", "e", FLOATING)
bfloat16 = make_dtype(MG_BF16, "bfloat16", "", "", FLOATING)
float32 = make_dtype(MG_F32, "float32", "float32", "f", FLOATING)
float64 = make_dtype(MG_F64, "float64", "float64", "d", FLOATING)
complex64 = make_dtype(MG_C64, "complex64", "complex64", "Zf", COMPLEX)
complex128 = make_dtype(MG_C128, "complex128", "complex128", "Zd", COMPLEX)

cdef tuple DTYPES = (bool_, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128)
cdef dict DTYPE_OF_NUMPY = {d.numpy: d for d in DTYPES if d.numpy is not None}
cdef Category CATEGORY[12]
cdef size_t SIZE[12]
for _d in DTYPES:
    CATEGORY[(<dtype>_d).code] = (<dtype>_d).category
    SIZE[(<dtype>_d).code] = mg_dtype_size((<dtype>_d).code)

cdef int default_float = MG_F32


cdef inline bint is_half(int code) noexcept:
    """Whether it is a dtype to store in: arithmetic on it is done in float32 and rounded once."""
    return code == MG_F16 or code == MG_BF16


cdef inline int real_of(int code) noexcept:
    """The dtype of the real part."""
    return MG_F32 if code == MG_C64 else MG_F64 if code == MG_C128 else code


def get_default_dtype():
    """The dtype that Python floats get: float32 unless `set_default_dtype` changed it."""
    return DTYPES[default_float]


def set_default_dtype(d):
    """Make `d`, float32 or float64, the dtype of tensors made from Python floats and of new parameters."""
    global default_float
    cdef int code = as_code(d)
    if code != MG_F32 and code != MG_F64:
        raise DTypeError(f"set_default_dtype: expected float32 or float64, got {d!r}")
    default_float = code


def as_dtype(d):
    """`d` as a minigrad dtype: itself, a NumPy dtype or its name, or bool, int, float, complex (the type).

    >>> as_dtype("float32"), as_dtype(int)
    (minigrad.float32, minigrad.int64)
    """
    if isinstance(d, dtype):
        return d
    if d is float:
        return DTYPES[default_float]
    if d is int:
        return int64
    if d == "bfloat16":
        return bfloat16
    try:
        return DTYPE_OF_NUMPY[np.dtype(d).newbyteorder("=")]
    except (TypeError, KeyError):
        raise DTypeError(f"dtype: {d!r} is not a dtype that minigrad has: {', '.join(x.name for x in DTYPES)}") from None


cdef inline int as_code(object d) except -1:
    return (<dtype>d).code if type(d) is dtype else (<dtype>as_dtype(d)).code


cdef int promote_same_kind(int a, int b) noexcept:
    """The smallest dtype that holds both, by PyTorch's table."""
    if a == b:
        return a
    if a > b:
        a, b = b, a
    if CATEGORY[b] == COMPLEX:
        return MG_C128 if b == MG_C128 or a == MG_F64 else MG_C64
    if CATEGORY[b] == FLOATING:
        return MG_F32 if a == MG_F16 and b == MG_BF16 else b
    if a == MG_U8 and b != MG_BOOL:
        return MG_I16 if b == MG_I8 else b
    return b


cdef int combine(int higher, int lower) noexcept:
    """Operands of `higher` rank against those of `lower` (tensors, 0-d tensors, Python numbers: in this order); -1: there are none."""
    if higher < 0 or lower < 0:
        return lower if higher < 0 else higher
    if CATEGORY[higher] == COMPLEX or (CATEGORY[higher] == FLOATING and CATEGORY[lower] != COMPLEX):
        return higher
    if CATEGORY[higher] == FLOATING:
        return MG_C128 if higher == MG_F64 else MG_C64
    if higher == MG_BOOL or CATEGORY[lower] >= FLOATING:
        return promote_same_kind(higher, lower)
    return higher


def promote_types(a, b):
    """The dtype of a tensor that holds values of both dtypes.

    >>> promote_types(uint8, int8)
    minigrad.int16
    """
    return DTYPES[promote_same_kind(as_code(a), as_code(b))]


cdef int put_scalar(object value, int code, void *to) except -1:
    """Write a Python number as an element of dtype `code`; integers wrap like a cast in C."""
    cdef int64_t i
    cdef float f
    cdef uint32_t bits
    if code == MG_F32:
        (<float *>to)[0] = <float><double>value
    elif code == MG_F64:
        (<double *>to)[0] = value
    elif code == MG_BOOL:
        (<uint8_t *>to)[0] = 1 if value else 0
    elif CATEGORY[code] == INTEGER:
        i = int(value)
        if code == MG_I64:
            (<int64_t *>to)[0] = i
        elif code == MG_I32:
            (<int32_t *>to)[0] = <int32_t>i
        elif code == MG_U8:
            (<uint8_t *>to)[0] = <uint8_t>i
        elif code == MG_I16:
            (<int16_t *>to)[0] = <int16_t>i
        else:
            (<int8_t *>to)[0] = <int8_t>i
    elif code == MG_C64:
        (<float *>to)[0], (<float *>to)[1] = value.real, value.imag
    elif code == MG_C128:
        (<double *>to)[0], (<double *>to)[1] = value.real, value.imag
    elif code == MG_F16:
        raw = np.float16(value).tobytes()
        memcpy(to, <char *>raw, 2)
    else:  # bfloat16: as csrc/kernels/elementwise_cast.c rounds
        f = <float><double>value
        memcpy(&bits, &f, 4)
        (<uint16_t *>to)[0] = 0x7fc0 if f != f else <uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
    return 0


cdef object get_scalar(int code, const void *at):
    cdef uint32_t bits
    cdef float f
    if code == MG_F32:
        return <double>(<const float *>at)[0]
    if code == MG_F64:
        return (<const double *>at)[0]
    if code == MG_I64:
        return (<const int64_t *>at)[0]
    if code == MG_BOOL:
        return (<const uint8_t *>at)[0] != 0
    if code == MG_BF16:
        bits = <uint32_t>(<const uint16_t *>at)[0] << 16
        memcpy(&f, &bits, 4)
        return <double>f
    return np.frombuffer((<const char *>at)[:SIZE[code]], DTYPES[code].numpy)[0].item()


cdef int scalar_code(object value) except -2:
    """The dtype that a Python number counts as in promotion; -1 if it is not one."""
    if isinstance(value, bool):
        return MG_BOOL
    if isinstance(value, float):
        return default_float
    if isinstance(value, int):
        return MG_I64
    if isinstance(value, complex):
        return MG_C64 if default_float == MG_F32 else MG_C128
    return -1
