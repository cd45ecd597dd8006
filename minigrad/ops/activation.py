"""Activations. Each kernel has a fused backward that is an op with rules of its own, so that second order works through it."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from ._samples import COMPLEX, FLOATS, NUMBERS, away, normal, one, pairs
from .elementwise import _bounds, _choose, _erfc_reference, div, exp, gt, le, mul, neg
from .shape import _dim, reshape, transpose

# ---- at zero ----


@defop(kernel="relu_backward", where="", vjp={"grad": lambda g, output: relu_backward(g, output), "output": NONDIFF},
       samples=pairs(normal, away), linear_in=("grad",))  # fmt: skip
def relu_backward(grad, output):
    """grad where relu's output is positive, otherwise 0.

    Shapes: the same for both. Dtypes: floats.
    """
    return np.where(np.asarray(output) > 0, grad, 0)


@defop(kernel="relu", flag="inplace", where="mg Tensor F", vjp={"input": relu_backward}, samples=one(away), kinks=(0.0,),
       dtypes=NUMBERS)  # fmt: skip
def relu(input):
    """max(input, 0); the gradient at 0 is 0, NaN stays.

    Shapes: any. Dtypes: all but bool.
    >>> mg.relu(mg.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """
    return np.maximum(input, 0)


def _beside_one(r, *shape):
    return r.away(*shape, kinks=(-1.0, 1.0))


def _hardtanh_bounds(dtype, min_val, max_val):
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val must not be above max_val, got {min_val} and {max_val}")
    if dtype is _core.uint8 and min_val < 0:
        raise DTypeError(f"hardtanh: dtype {dtype.name} cannot be between {min_val} and {max_val}")
    return _bounds(dtype, min_val, max_val)


@defop(kernel="hardtanh_backward", where="", pack=_hardtanh_bounds, inplace=False, linear_in=("grad",), kinks=(-1.0, 1.0),
       samples=lambda r: [Sample(*s.arrays, id=s.id, min_val=-1.0, max_val=1.0) for s in pairs(normal, _beside_one)(r)],
       vjp={"grad": lambda g, input, min_val, max_val: hardtanh_backward(g, input, min_val, max_val), "input": NONDIFF})  # fmt: skip
def hardtanh_backward(grad, input, min_val, max_val):
    """grad where input is between the bounds, otherwise 0.

    Shapes: the same for both. Dtypes: floats.
    """
    return np.where((np.asarray(input) > min_val) & (np.asarray(input) < max_val), grad, 0)


@defop(kernel="clamp", flag="inplace", where="F", inplace=False, pack=_hardtanh_bounds, kinks=(-1.0, 1.0), samples=one(_beside_one),
       vjp={"input": lambda g, input, min_val, max_val: hardtanh_backward(g, input, min_val, max_val)},
       errors=[ErrorSample(np.ones(3), 1.0, -1.0, error=ValueError, match=r"hardtanh: min_val must not be above max_val, got 1.0 and -1.0"),
               ErrorSample(np.ones(3, np.uint8), error=DTypeError, match="hardtanh: dtype uint8 cannot be between -1.0 and 1.0")])  # fmt: skip
def hardtanh(input, min_val=-1.0, max_val=1.0):
    """input between min_val and max_val; the gradient on these bounds is 0, unlike clamp's.

    Shapes: any. Dtypes: all but bool. Raises ValueError for empty bounds.
    >>> mg.nn.functional.hardtanh(mg.tensor([-2.0, 0.5, 3.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    return np.clip(input, min_val, max_val)


@composite(where="F", samples=one(lambda r, *s: np.asarray(4 * r.away(*s, kinks=(0.0, 1.5)))), kinks=(0.0, 6.0))
def relu6(input, inplace=False):
    """input between 0 and 6.

    Shapes: any. Dtypes: all but bool.
    >>> mg.nn.functional.relu6(mg.tensor([-1.0, 2.0, 7.0]))
    tensor([0., 2., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace=inplace)


def _slope(dtype, negative_slope):
    return (float(negative_slope),)


@defop(kernel="leaky_relu_backward", where="", pack=_slope, inplace=False, linear_in=("grad",), kinks=(0.0,),
       samples=lambda r: [Sample(*s.arrays, id=s.id, negative_slope=0.2) for s in pairs(normal, away)(r)],
       vjp={"grad": lambda g, input, negative_slope: leaky_relu_backward(g, input, negative_slope), "input": NONDIFF})  # fmt: skip
def leaky_relu_backward(grad, input, negative_slope):
    """grad, times `negative_slope` where input is not positive.

    Shapes: the same for both. Dtypes: floats.
    """
    return np.where(np.asarray(input) > 0, grad, np.multiply(grad, np.asarray(negative_slope, np.asarray(grad).dtype)))


@defop(kernel="leaky_relu", result="only_float", flag="inplace", where="F", pack=_slope, inplace=False, kinks=(0.0,),
       samples=one(away, negative_slope=0.2), vjp={"input": lambda g, input, negative_slope: leaky_relu_backward(g, input, negative_slope)})  # fmt: skip
def leaky_relu(input, negative_slope=0.01):
    """input, times `negative_slope` where it is negative.

    Shapes: any. Dtypes: floats.
    >>> mg.nn.functional.leaky_relu(mg.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    x = np.asarray(input)
    return np.where(x > 0, x, x * np.asarray(negative_slope, x.dtype))


def _alpha(dtype, alpha):
    return (float(alpha),)


def _elu_backward_vjp(g, grad, input, alpha):
    return g * elu_backward(grad, input, alpha) * le(input, 0)


@defop(kernel="elu_backward", where="", pack=_alpha, inplace=False, kinks=(0.0,), ulp=8,
       samples=lambda r: [Sample(*s.arrays, id=s.id, alpha=1.5) for s in pairs(normal, away)(r)],
       vjp={"grad": lambda g, input, alpha: elu_backward(g, input, alpha), "input": _elu_backward_vjp})  # fmt: skip
def elu_backward(grad, input, alpha):
    """grad times the slope of elu at input: 1, or alpha * exp(input) where input is not positive.

    Shapes: the same for both. Dtypes: floats.
    """
    x = np.asarray(input)
    return np.where(x > 0, grad, grad * (np.asarray(alpha, x.dtype) * np.exp(np.minimum(x, 0))))


@defop(kernel="elu", result="only_float", flag="inplace", where="F", pack=_alpha, inplace=False, samples=one(away, alpha=1.5), kinks=(0.0,),
       vjp={"input": lambda g, input, alpha: elu_backward(g, input, alpha)})  # fmt: skip
def elu(input, alpha=1.0):
    """input, or alpha * (exp(input) - 1) where it is negative.

    Shapes: any. Dtypes: floats. Source: Clevert, Unterthiner & Hochreiter, arXiv:1511.07289.
    >>> mg.nn.functional.elu(mg.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    x = np.asarray(input)
    return np.where(x > 0, x, np.asarray(alpha, x.dtype) * np.expm1(np.minimum(x, 0)))


# ---- smooth ----


@defop(kernel="tanh_backward", where="", cost=3, dtypes=FLOATS + COMPLEX, holomorphic=True, samples=pairs(normal, lambda r, *s: r.between(-0.9, 0.9, *s)), ulp=8,
       vjp={"grad": lambda g, output: tanh_backward(g, output), "output": lambda g, grad, output: g * grad * output * -2})  # fmt: skip
def tanh_backward(grad, output):
    """grad * (1 - output**2).

    Shapes: the same for both. Dtypes: floats.
    """
    return grad * (1 - output * output)


@defop(kernel="tanh", result="float", inplace=True, where="mg Tensor F", vjp={"input": tanh_backward}, samples=one(), dtypes=FLOATS + COMPLEX,
       holomorphic=True)  # fmt: skip
def tanh(input):
    """Hyperbolic tangent.

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.tanh(mg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return np.tanh(input)


def _logistic(x):
    """1 / (1 + exp(-x)) without overflow."""
    x = np.asarray(x)
    e = np.exp(np.where(np.real(x) >= 0, -x, x))
    return np.where(np.real(x) >= 0, 1 / (1 + e), e / (1 + e))


@defop(kernel="sigmoid_backward", where="", cost=3, dtypes=FLOATS + COMPLEX, holomorphic=True, samples=pairs(normal, lambda r, *s: r.between(0.1, 0.9, *s)), ulp=8,
       vjp={"grad": lambda g, output: sigmoid_backward(g, output), "output": lambda g, grad, output: g * grad * (1 - 2 * output)})  # fmt: skip
def sigmoid_backward(grad, output):
    """grad * output * (1 - output).

    Shapes: the same for both. Dtypes: floats.
    """
    return grad * (output * (1 - output))


@defop(
    kernel="sigmoid",
    result="float",
    inplace=True,
    where="mg Tensor F",
    vjp={"input": sigmoid_backward},
    samples=one(),
    dtypes=FLOATS + COMPLEX,
    holomorphic=True,
    ulp=8,
)
def sigmoid(input):
    """1 / (1 + exp(-input)).

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.sigmoid(mg.tensor([-1.0, 0.0, 1.0]))
    tensor([0.2689, 0.5000, 0.7311])
    """
    return _logistic(input)


@defop(kernel="silu", result="only_float", flag="inplace", where="F", inplace=False, samples=one(), ulp=8, dtypes=FLOATS + COMPLEX, holomorphic=True,
       vjp={"input": lambda g, input: silu_backward(g, input)})  # fmt: skip
def silu(input):
    """input * sigmoid(input), also known as swish.

    Shapes: any. Dtypes: floats. Source: Elfwing, Uchibe & Doya, arXiv:1702.03118.
    >>> mg.nn.functional.silu(mg.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.2689,  0.0000,  0.7311])
    """
    return input * _logistic(input)


def _silu_backward_vjp(g, grad, input):
    s = sigmoid(input)
    return g * grad * (s * (1 - s) * (2 + input * (1 - 2 * s)))


@defop(kernel="silu_backward", where="", dtypes=FLOATS + COMPLEX, holomorphic=True, samples=pairs(), ulp=16,
       vjp={"grad": lambda g, input: silu_backward(g, input), "input": _silu_backward_vjp})  # fmt: skip
def silu_backward(grad, input):
    """grad times the slope of silu at input.

    Shapes: the same for both. Dtypes: floats.
    """
    s = _logistic(input)
    return grad * (s * (1 + input * (1 - s)))


def _mish_slope(x):
    t = np.tanh(np.logaddexp(x, 0))
    return t + x * ((1 - t * t) * _logistic(x))


def _mish_backward_vjp(g, grad, input):
    """By t = tanh(softplus(x)), whose derivative is (1 - t**2) s, s = sigmoid(x)."""
    s, t = sigmoid(input), tanh(_softplus(input))
    return g * grad * ((1 - t * t) * s * (2 + input * (1 - s - 2 * t * s)))


@defop(kernel="mish_backward", where="", samples=pairs(), ulp=32,  # two terms that cancel near -1.2
       vjp={"grad": lambda g, input: mish_backward(g, input), "input": _mish_backward_vjp})  # fmt: skip
def mish_backward(grad, input):
    """grad times the slope of mish at input.

    Shapes: the same for both. Dtypes: floats.
    """
    return (grad * _mish_slope(np.asarray(input))).astype(np.asarray(input).dtype)


@defop(kernel="mish", result="only_float", flag="inplace", where="F", inplace=False, samples=one(), ulp=8,
       vjp={"input": lambda g, input: mish_backward(g, input)})  # fmt: skip
def mish(input):
    """input * tanh(softplus(input)).

    Shapes: any. Dtypes: floats. Source: Misra, "Mish: a self regularized non-monotonic activation function", arXiv:1908.08681.
    >>> mg.nn.functional.mish(mg.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.3034,  0.0000,  0.8651])
    """
    x = np.asarray(input)
    return (x * np.tanh(np.logaddexp(x, 0))).astype(x.dtype)


_SQRT_HALF, _PHI, _SQRT_2_PI, _CUBIC = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi), math.sqrt(2 / math.pi), 0.044715


def _gelu_pack(dtype, approximate):
    if approximate not in ("none", "tanh"):
        raise ValueError(f'gelu: approximate must be "none" or "tanh", got {approximate!r}')
    return (int(approximate == "tanh"),)


def _gelu_samples(draw):
    def samples(r: Draw) -> list[Sample]:
        return [Sample(*s.arrays, id=f"{s.id}-{how}", approximate=how) for how in ("none", "tanh") for s in draw(r)]

    return samples


@defop(kernel="gelu", result="only_float", where="F", pack=_gelu_pack, inplace=False, samples=_gelu_samples(one()), ulp=16,
       vjp={"input": lambda g, input, approximate: gelu_backward(g, input, approximate)},
       errors=[ErrorSample(np.ones(3), approximate="erf", error=ValueError, match='approximate must be "none" or "tanh"')])  # fmt: skip
def gelu(input, approximate="none"):
    """input * P(Z <= input) for a standard normal Z; approximate="tanh" takes a formula by tanh instead of erf.

    Shapes: any. Dtypes: floats. Raises ValueError for another approximation. Source: Hendrycks & Gimpel, arXiv:1606.08415.
    >>> mg.nn.functional.gelu(mg.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.1587,  0.0000,  0.8413])
    """
    x = np.asarray(input)
    (approximation,) = _gelu_pack(x.dtype, approximate)
    if approximation:
        y = 0.5 * x * (1 + np.tanh(_SQRT_2_PI * (x + _CUBIC * x * x * x)))
    else:
        y = 0.5 * x * _erfc_reference(-x * _SQRT_HALF)
    return y.astype(x.dtype)


def _gelu_slope(x, approximate):
    if approximate == "tanh":
        t = np.tanh(_SQRT_2_PI * (x + _CUBIC * x * x * x))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * _SQRT_2_PI * (1 + 3 * _CUBIC * x * x)
    return 0.5 * _erfc_reference(-x * _SQRT_HALF) + x * _PHI * np.exp(-0.5 * x * x)


def _gelu_backward_vjp(g, grad, input, approximate):
    """g * grad * the second derivative of gelu."""
    x, square = input, input * input
    if approximate == "none":
        return g * grad * (_PHI * exp(-0.5 * square) * (2 - square))
    t = (_SQRT_2_PI * (x + _CUBIC * square * x)).tanh()
    u1, u2, sech = _SQRT_2_PI * (1 + 3 * _CUBIC * square), 6 * _SQRT_2_PI * _CUBIC * x, 1 - t * t
    return g * grad * (sech * (u1 + 0.5 * x * (u2 - 2 * t * u1 * u1)))


# ulp: the slope is a difference of terms a hundred times its size near its zero.
@defop(kernel="gelu_backward", where="", pack=_gelu_pack, inplace=False, samples=_gelu_samples(pairs()), ulp=48,
       vjp={"grad": lambda g, input, approximate: gelu_backward(g, input, approximate), "input": _gelu_backward_vjp})  # fmt: skip
def gelu_backward(grad, input, approximate):
    """grad times the slope of gelu at input.

    Shapes: the same for both. Dtypes: floats.
    """
    x = np.asarray(input)
    return (grad * _gelu_slope(x, approximate)).astype(x.dtype)


@defop(kernel="softplus", result="only_float", samples=one(), vjp={"input": lambda g, input: softplus_backward(g, input)}, ulp=8)
def _softplus(input):
    """log(1 + exp(input)) without overflow"""
    x = np.asarray(input)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@defop(kernel="softplus_backward", where="", samples=pairs(), ulp=8,
       vjp={"grad": lambda g, input: softplus_backward(g, input), "input": lambda g, grad, input: sigmoid_backward(g * grad, sigmoid(input))})  # fmt: skip
def softplus_backward(grad, input):
    """grad * sigmoid(input).

    Shapes: the same for both. Dtypes: floats.
    """
    return grad * _logistic(input)


@composite(where="F", samples=lambda r: [Sample(r(3, 4), id="plain"), Sample(r(37), beta=2.0, id="beta"), Sample(3 * r.away(5, 3, kinks=(1 / 3,)),
           threshold=1.0, id="threshold")], kinks=(1.0,), errors=[ErrorSample(np.ones(3), 0.0, error=ValueError, match="beta must not be 0")])  # fmt: skip
def softplus(input, beta=1.0, threshold=20.0):
    """log(1 + exp(beta * input)) / beta: a smooth relu.

    Where beta * input exceeds `threshold`, input itself. From 20 on that changes nothing within float32's accuracy, and this
    function, which does not overflow, takes the formula everywhere.
    Shapes: any. Dtypes: floats. Raises ValueError for beta 0.
    >>> mg.nn.functional.softplus(mg.tensor([-1.0, 0.0, 1.0]))
    tensor([0.3133, 0.6931, 1.3133])
    """
    if beta == 0:
        raise ValueError("softplus: beta must not be 0")
    scaled = input if beta == 1 else mul(input, beta)
    y = _softplus(scaled) if beta == 1 else div(_softplus(scaled), beta)
    return y if threshold >= 20 else _choose(gt(scaled, threshold), input, y)


@composite(where="F", samples=one())
def logsigmoid(input):
    """log(sigmoid(input)), exact where sigmoid underflows.

    Shapes: any. Dtypes: floats.
    >>> mg.nn.functional.logsigmoid(mg.tensor([-1000.0, 0.0]))
    tensor([-1.0000e+03, -6.9315e-01])
    """
    return neg(_softplus(neg(input)))


# ---- over a dimension ----


def _rows(r: Draw) -> list[Sample]:
    return [Sample(r(3, 5), id="rows"), Sample(r(2, 3, 37), id="long"), Sample(r(4), id="vector"), Sample(r(0, 3), id="no-rows")]


def _row_pairs(second):
    return lambda r: [Sample(r(3, 5), second(r(3, 5)), id="rows"), Sample(r(2, 3, 37), second(r(2, 3, 37)), id="long")]


def _same(input, *others):
    return _core.Plan(input.shape)


def _shifted(x):
    return x - np.max(x, -1, keepdims=True, initial=-np.inf)


def _np_softmax(x):
    e = np.exp(_shifted(x))
    return e / e.sum(-1, keepdims=True)


def _np_log_softmax(x):
    x = _shifted(x)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


@defop(family="general", kernel="softmax", plan=_same, samples=_rows, cost=5, ulp=16, where="",
       vjp={"input": lambda g, y: softmax_backward(g, y)})  # fmt: skip
def _softmax(input):
    """softmax over the last dimension"""
    return _np_softmax(input).astype(input.dtype)


@defop(family="general", kernel="softmax_backward", plan=_same, where="", samples=_row_pairs(_np_softmax), cost=4, ulp=16,
       vjp={"grad": lambda g, output: softmax_backward(g, output),
            "output": lambda g, grad, output: g * (grad - (grad * output).sum(-1, True)) - grad * (g * output).sum(-1, True)})  # fmt: skip
def softmax_backward(grad, output):
    """output * (grad - sum(grad * output)), sums over the last dimension.

    Shapes: the same for both. Dtypes: floats.
    """
    return output * (grad - (grad * output).sum(-1, keepdims=True))


@defop(family="general", kernel="log_softmax", plan=_same, samples=_rows, cost=5, ulp=16, where="",
       vjp={"input": lambda g, y: log_softmax_backward(g, y)})  # fmt: skip
def _log_softmax(input):
    """log_softmax over the last dimension"""
    return _np_log_softmax(input).astype(input.dtype)


@defop(family="general", kernel="log_softmax_backward", plan=_same, where="", samples=_row_pairs(_np_log_softmax), cost=4,
       ulp=16, vjp={"grad": lambda g, output: g - (g * exp(output)).sum(-1, True),
                    "output": lambda g, grad, output: neg(g * exp(output) * grad.sum(-1, True))})  # fmt: skip
def log_softmax_backward(grad, output):
    """grad - exp(output) * sum(grad), the sum over the last dimension.

    Shapes: the same for both. Dtypes: floats.
    """
    return grad - np.exp(output) * grad.sum(-1, keepdims=True)


def _over(op, row_op, input, dim, dtype):
    """`row_op`, which works on the last dimension, over another one."""
    if not isinstance(input, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor, got {type(input).__name__}")
    if dtype is not None:
        input = _core.cast(input, dtype)
    if not input.is_floating_point():
        raise DTypeError(f"{op}: expected a floating-point tensor, got dtype {input.dtype.name}; pass dtype=")
    n = input.ndim
    if dim is None:
        dim = 0 if n in (0, 1, 3) else 1  # what PyTorch guesses where it was left out
    d = _dim(op, dim, n)
    if n == 0:
        return reshape(row_op(reshape(input, (1,))), ())
    return row_op(input) if d == n - 1 else transpose(row_op(transpose(input, d, -1)), d, -1)


_SOFTMAX_ERRORS = [
    ErrorSample(np.ones((2, 3)), 2, error=IndexError, match="dimension 2 is out of range for a tensor of 2 dimensions"),
    ErrorSample(np.ones((2, 3), np.int64), 1, error=DTypeError, match="expected a floating-point tensor, got dtype int64"),
]


def _softmax_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(3, 5), dim=1, id="rows"),
        Sample(r(2, 3, 4), dim=1, id="middle"),
        Sample(r(3, 5), dim=0, id="columns"),
        Sample(r(), dim=0, id="0-d"),
    ]


@composite(where="mg Tensor F", samples=_softmax_samples, errors=_SOFTMAX_ERRORS)
def softmax(input, dim=None, dtype=None):
    """exp(input) / sum(exp(input)) over `dim`, without overflow. `dtype` casts first.

    Shapes: any; dim left out is 1, for 0, 1 or 3 dimensions 0. Dtypes: floats. Rows that hold +inf or NaN give NaN.
    >>> mg.softmax(mg.tensor([[0.0, 0.0], [1000.0, 0.0]]), dim=1)
    tensor([[0.5000, 0.5000],
            [1.0000, 0.0000]])
    """
    return _over("softmax", _softmax, input, dim, dtype)


@composite(where="mg Tensor F", samples=_softmax_samples, errors=_SOFTMAX_ERRORS)
def log_softmax(input, dim=None, dtype=None):
    """log(softmax(input)) over `dim`, exact where softmax underflows. `dtype` casts first.

    Shapes: any; dim left out is 1, for 0, 1 or 3 dimensions 0. Dtypes: floats.
    >>> mg.log_softmax(mg.tensor([[0.0, 0.0], [2.0, 0.0]]), dim=1)
    tensor([[-0.6931, -0.6931],
            [-0.1269, -2.1269]])
    """
    return _over("log_softmax", _log_softmax, input, dim, dtype)
