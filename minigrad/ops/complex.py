"""Complex numbers: made of their parts, seen as them, conjugates and angles.

Gradients follow PyTorch's convention: of a real loss L the gradient is dL/dRe + i dL/dIm, the direction of steepest ascent.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite, defop
from ._samples import COMPLEX, FLOATS, one
from .elementwise import _choose, abs, cos, eq, sin, zero_gradient
from .shape import contiguous, stack


def _numbers(r, *shape):
    return np.asarray(r(*shape) + 1j * r(*shape))


def _views(r):
    return [Sample(_numbers(r, 3, 4), id="matrix"), Sample(_numbers(r), id="0-d"), Sample(_numbers(r, 0, 2), id="empty")]


# ---- conjugates ----


@defop(vjp={"input": lambda g: _conj(g)}, samples=lambda r: [*one()(r), *_views(r)[:1]][:4], dtypes=FLOATS + COMPLEX, inplace=False)
def _conj(input):
    """The conjugate, computed"""
    return np.conjugate(input)


@composite(samples=lambda r: [Sample(r(3, 4), id="real"), Sample(_numbers(r, 3, 4), id="complex")], dtypes=FLOATS)
def conj(input):
    """The complex conjugate; a real tensor itself. Unlike PyTorch's it is computed at once and shares no memory.

    Shapes: any. Dtypes: all.
    >>> mg.conj(mg.tensor([1.0 + 2.0j]))
    tensor([1.-2.j])
    """
    return _conj(input) if input.is_complex() else input


@composite(samples=lambda r: [Sample(_numbers(r, 3, 4), id="complex")], dtypes=FLOATS)
def conj_physical(input):
    """`conj`, whose result is always computed at once here.

    >>> mg.conj_physical(mg.tensor([1.0 + 2.0j]))
    tensor([1.-2.j])
    """
    return conj(input)


@composite(unbatched="gives a Python bool", samples=lambda r: [Sample(_numbers(r, 3), id="complex")], dtypes=FLOATS)
def is_conj(input):
    """False: no conjugation is ever put off here.

    >>> mg.tensor([1.0j]).conj().is_conj()
    False
    """
    return False


# ---- parts ----


@defop(family="view", plan=_core.plan_real, vjp={"input": lambda g: _core.cast(g, g.dtype.to_complex())}, samples=_views, dtypes=FLOATS)
def _real(input):
    """The real parts of complex numbers; a view"""
    return np.real(input)


@defop(
    family="view", plan=_core.plan_imag, vjp={"input": lambda g: _core.cast(g, g.dtype.to_complex()) * 1j}, samples=_views, dtypes=FLOATS
)
def _imag(input):
    """The imaginary parts of complex numbers; a view"""
    return np.imag(input)


@composite(where="mg", samples=_views, dtypes=FLOATS)
def real(input):
    """The real parts, a view; of a real tensor, itself. `x.real` can be assigned to.

    Shapes: any. Dtypes: all.
    >>> mg.real(mg.tensor([1.0 + 2.0j]))
    tensor([1.])
    """
    return _real(input) if input.is_complex() else input


@composite(where="mg", samples=_views, dtypes=FLOATS,
           errors=[ErrorSample(np.ones(2), error=TypeError, match="imag: expected a complex tensor, got dtype float64")])  # fmt: skip
def imag(input):
    """The imaginary parts, a view. `x.imag` can be assigned to.

    Shapes: any. Dtypes: complex. Raises DTypeError for real tensors.
    >>> mg.imag(mg.tensor([1.0 + 2.0j]))
    tensor([2.])
    """
    return _imag(input)


@defop(family="view", plan=_core.plan_view_as_real, vjp={"input": lambda g: view_as_complex(contiguous(g))}, samples=_views, dtypes=FLOATS,
       where="mg",
       errors=[ErrorSample(np.ones(2), error=TypeError, match="view_as_real: expected a complex tensor, got dtype float64")])  # fmt: skip
def view_as_real(input):
    """Complex numbers as pairs (real, imaginary); a view.

    Shapes: (...) gives (..., 2). Dtypes: complex.
    >>> mg.view_as_real(mg.tensor([1.0 + 2.0j]))
    tensor([[1., 2.]])
    """
    return np.stack([np.real(input), np.imag(input)], -1)


@defop(family="view", plan=_core.plan_view_as_complex, dense=True, vjp={"input": lambda g: view_as_real(g)}, dtypes=FLOATS, where="mg",
       samples=lambda r: [Sample(r(3, 4, 2), id="matrix"), Sample(r(2), id="0-d"), Sample(r(0, 3, 2), id="empty")],
       errors=[ErrorSample(np.ones((2, 3)), error=ValueError, match="view_as_complex: expected a last dimension of size 2"),
               ErrorSample(np.ones((2, 2), np.int64), error=TypeError, match="view_as_complex: expected float32 or float64")])  # fmt: skip
def view_as_complex(input):
    """Pairs (real, imaginary) as complex numbers; a view.

    Shapes: (..., 2), the pairs lying together in memory, gives (...). Dtypes: float32 and float64.
    >>> mg.view_as_complex(mg.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    return input[..., 0] + np.asarray(input)[..., 1] * np.complex64(1j)


def _parts(op, a, b):
    """The shape that two tensors of one dtype broadcast to."""
    if a.dtype is not b.dtype or a.dtype not in (_core.float32, _core.float64):
        raise DTypeError(f"{op}: expected two tensors of one dtype, float32 or float64, got {a.dtype.name} and {b.dtype.name}")
    try:
        return np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ShapeError(f"{op}: shapes {a.shape} and {b.shape} do not fit") from None


@composite(arrays="real imag", where="mg", samples=lambda r: [Sample(r(3, 4), r(3, 4), id="matrix"), Sample(r(3, 1), r(4), id="broadcast")], dtypes=FLOATS,
           errors=[ErrorSample(np.ones(2), np.ones(2, np.float32), error=TypeError, match="complex: expected two tensors of one dtype"),
                   ErrorSample(np.ones((2, 3)), np.ones((4, 3)), error=ValueError, match=r"complex: shapes \(2, 3\) and \(4, 3\) do not fit")])  # fmt: skip
def complex(real, imag):
    """Complex numbers of their real and imaginary parts.

    Shapes: any that broadcast. Dtypes: float32 or float64, the same for both.
    >>> mg.complex(mg.tensor([1.0, 2.0]), mg.tensor([0.0, -1.0]))
    tensor([1.+0.j, 2.-1.j])
    """
    shape = _parts("complex", real, imag)
    return view_as_complex(stack([real.expand(shape), imag.expand(shape)], -1))


@composite(arrays="abs angle", where="mg", dtypes=FLOATS,
           samples=lambda r: [Sample(r.between(0.5, 2, 3, 4), r(3, 4), id="matrix"), Sample(r.between(0.5, 2, 3, 1), r(4), id="broadcast")],
           errors=[ErrorSample(np.ones(2), np.ones(2, np.float32), error=TypeError, match="polar: expected two tensors of one dtype")])  # fmt: skip
def polar(abs, angle):
    """Complex numbers of their absolute values and angles.

    Shapes: any that broadcast. Dtypes: float32 or float64, the same for both.
    >>> mg.polar(mg.tensor([2.0]), mg.tensor([0.0]))
    tensor([2.+0.j])
    """
    _parts("polar", abs, angle)
    return complex(cos(angle) * abs, sin(angle) * abs)


def _angle_vjp(g, input):
    if not input.is_complex():
        return zero_gradient(g)
    size = abs(input)
    square = _choose(eq(size, 0), 1, size * size)
    return input * (g / square) * 1j


@defop(result="modulus", vjp={"input": _angle_vjp}, samples=lambda r: [Sample(_numbers(r, 3, 4), id="complex"), Sample(r.away(5), id="real")],
       kinks=(0.0,), dtypes=FLOATS + COMPLEX, where="", inplace=False)  # fmt: skip
def _angle(input):
    """The angle of complex numbers and of floats"""
    if np.iscomplexobj(input):
        return np.angle(input)
    return np.where(np.isnan(input), input, np.where(np.less(input, 0), np.asarray(math.pi, np.result_type(input)), 0))


@composite(samples=lambda r: [Sample(_numbers(r, 3, 4), id="complex"), Sample(r.away(5), id="real")], dtypes=FLOATS)
def angle(input):
    """The angle of complex numbers in radians, -pi to pi: of negative reals pi, of others 0, of NaN NaN.

    Shapes: any. Dtypes: all; of complex numbers it is real, integers are converted. The gradient at 0 is 0.
    >>> mg.angle(mg.tensor([1.0, 1.0j, -1.0]))
    tensor([0.0000, 1.5708, 3.1416])
    """
    return _angle(input if input.is_floating_point() or input.is_complex() else input.to(_core.get_default_dtype()))


# ---- questions ----


@composite(unbatched="gives a Python bool", where="mg", samples=lambda r: [Sample(_numbers(r, 3), id="complex")], dtypes=FLOATS)
def is_complex(input):
    """Whether the dtype is complex64 or complex128.

    >>> mg.is_complex(mg.tensor([1.0j]))
    True
    """
    return input.is_complex()


@composite(unbatched="gives a Python bool", where="mg", samples=lambda r: [Sample(r(3), id="real")], dtypes=FLOATS)
def is_floating_point(input):
    """Whether the dtype is a real floating one.

    >>> mg.is_floating_point(mg.tensor([1.0])), mg.is_floating_point(mg.tensor([1.0j]))
    (True, False)
    """
    return input.is_floating_point()


# ---- attributes of Tensor ----


def _set_real(self, value):
    real(self)[...] = value


def _set_imag(self, value):
    imag(self)[...] = value


_core.attach("real", property(real, _set_real, doc="The real parts; see `mg.real`."))
_core.attach("imag", property(imag, _set_imag, doc="The imaginary parts; see `mg.imag`."))
