"""Matrix products."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite, defop
from ._samples import COMPLEX, FLOATS, NUMBERS
from .activation import relu, relu_backward, sigmoid, sigmoid_backward, tanh, tanh_backward
from .shape import reshape, unsqueeze


def _matmul_samples(r):
    return [
        Sample(r(3, 5), r(5, 4), id="matrices"), Sample(r(5), r(5), id="vectors"), Sample(r(3, 5), r(5), id="matrix-vector"),
        Sample(r(5), r(5, 4), id="vector-matrix"), Sample(r(2, 3, 5), r(2, 5, 4), id="batch"), Sample(r(2, 1, 3, 5), r(4, 5, 2), id="broadcast-batch"),
        Sample(r(2, 3, 5), r(5, 4), id="stack-matrix"), Sample(r(3, 0), r(0, 4), id="inner-empty"), Sample(r(5), r(2, 5, 3), id="vector-batch"),
    ]  # fmt: skip


def _left(g, other, input_shape):
    """d (a @ b) / d a: g @ b.T, with 1-D operands seen as a row and a column."""
    if len(input_shape) == 1 and other.ndim == 1:
        return g * other
    if other.ndim == 1:
        return _core.sum_to(unsqueeze(g, -1) * other, input_shape)
    if len(input_shape) == 1:
        g = unsqueeze(g, -2)
        return _core.sum_to(g @ other.mT, (1, *input_shape)).view(input_shape)
    return _core.sum_to(g @ other.mT, input_shape)


def _right(g, input, other_shape):
    """d (a @ b) / d b: a.T @ g."""
    if input.ndim == 1 and len(other_shape) == 1:
        return g * input
    if input.ndim == 1:
        return _core.sum_to(unsqueeze(input, -1) * unsqueeze(g, -2), other_shape)
    if len(other_shape) == 1:
        return _core.sum_to(input.mT @ unsqueeze(g, -1), (*other_shape, 1)).view(other_shape)
    if len(other_shape) == 2 and input.ndim > 2:  # a stack against one matrix: one product over all rows
        k, n = other_shape
        return reshape(input, (-1, k)).mT @ reshape(g, (-1, n))
    return _core.sum_to(input.mT @ g, other_shape)


def _products(input, y):
    """2 operations for each product of two elements."""
    return 2 * y.size * input.shape[-1]


@defop(family="general", kernel="matmul", call=_core.apply_matmul, vjp={"input": _left, "other": _right}, linear_in=("input", "other"),
       samples=_matmul_samples, dtypes=NUMBERS + COMPLEX, holomorphic=True, cost=_products, where="mg Tensor",
       errors=[ErrorSample(np.ones((2, 3)), np.ones((4, 3)), error=ValueError, match=r"matmul: shapes \(2, 3\) and \(4, 3\) do not fit: 3 columns against 4 rows"),
               ErrorSample(np.ones(()), np.ones(3), error=ValueError, match="at least 1 dimension"),
               ErrorSample(np.ones((2, 3), np.float32), np.ones((3, 4)), error=TypeError, match="one dtype")])  # fmt: skip
def matmul(input, other):
    """Matrix product, NumPy's rules: 1-D operands are a row and a column, leading dimensions are a batch that broadcasts.

    Shapes: (..., M, K) @ (..., K, N) gives (..., M, N). Dtypes: one for both, not bool.
    >>> mg.matmul(mg.tensor([[1.0, 2.0]]), mg.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    return np.matmul(input, other)


@defop(family="general", kernel="matmul", call=_core.apply_linear, where="F", dtypes=FLOATS + COMPLEX, holomorphic=True,
       vjp={"input": _core.linear_input, "weight": _core.linear_weight, "bias": _core.linear_bias}, linear_in=("input", "weight", "bias"),
       samples=lambda r: [Sample(r(5, 3), r(4, 3), r(4), id="bias"), Sample(r(2, 5, 3), r(4, 3), id="stack-no-bias"), Sample(r(3), r(4, 3), r(4), id="vector"),
                          Sample(r(5, 3), r(3), id="row-weight"), Sample(r(0, 3), r(4, 3), r(4), id="empty")],
       cost=_products,
       errors=[ErrorSample(np.ones((2, 3)), np.ones((4, 5)), error=ValueError, match="linear: input has 3 features in its last dimension but weight expects 5"),
               ErrorSample(np.ones((2, 3)), np.ones((4, 3)), np.ones(3), error=ValueError, match=r"linear: expected a bias of shape \(4,\)")])  # fmt: skip
def linear(input, weight, bias=None):
    """input @ weight.T + bias, in one kernel.

    Shapes: input (..., in), weight (out, in) or (in,), bias (out,) or None; gives (..., out). Dtypes: one for all.
    >>> mg.nn.functional.linear(mg.tensor([[1.0, 2.0]]), mg.tensor([[3.0, 4.0]]), mg.tensor([0.5]))
    tensor([[11.5000]])
    """
    y = np.matmul(input, np.swapaxes(weight, -1, -2) if np.ndim(weight) == 2 else weight)
    return y if bias is None else y + bias


def _slope(g, y, activation):
    """g through the activation that gave `y`."""
    return {"relu": relu_backward, "tanh": tanh_backward, "sigmoid": sigmoid_backward}[activation](g, y)


@defop(family="general", kernel="matmul", call=_core.apply_linear_activation, where="", dtypes=FLOATS,
       vjp={"input": lambda g, weight, y, activation: _core.linear_input(_slope(g, y, activation), weight),
            "weight": lambda g, input, weight_shape, y, activation: _core.linear_weight(_slope(g, y, activation), input, weight_shape),
            "bias": lambda g, bias_shape, y, activation: _core.linear_bias(_slope(g, y, activation), bias_shape)},
       samples=lambda r: [Sample(r(5, 3), r(4, 3), r(4), id="tanh", activation="tanh"), Sample(r(2, 5, 3), r(4, 3), id="stack-no-bias", activation="sigmoid"),
                          Sample(r(3), r(4, 3), r(4), id="vector-relu", activation="relu"), Sample(r(5, 3), r(3), id="row-weight", activation="tanh"),
                          Sample(r(0, 3), r(4, 3), r(4), id="empty", activation="tanh")],
       cost=_products,
       errors=[ErrorSample(np.ones((2, 3)), np.ones((4, 5)), error=ShapeError, match="linear_activation: input has 3 features"),
               ErrorSample(np.ones((2, 3)), np.ones((4, 3)), activation="gelu", error=ValueError, match="activation must be one of 'relu', 'tanh', 'sigmoid', got 'gelu'")])  # fmt: skip
def linear_activation(input, weight, bias=None, activation="relu"):
    """activation(input @ weight.T + bias), in one kernel; what `nn.Sequential` makes of a Linear and the activation after it.

    Shapes: input (..., in), weight (out, in) or (in,), bias (out,) or None; gives (..., out). Dtypes: one for all.
    """
    y = linear.op.ref(input, weight, bias)
    return {"relu": relu, "tanh": tanh, "sigmoid": sigmoid}[activation].op.ref(y)


def _two(op, x, n):
    if x.ndim != n:
        raise ShapeError(f"{op}: expected {n} dimension{'s' * (n > 1)}, got shape {x.shape}")
    return x


@composite(arrays="input mat2", samples=lambda r: [Sample(r(3, 5), r(5, 4), id="matrices")],
           errors=[ErrorSample(np.ones(3), np.ones((3, 2)), error=ValueError, match="mm: expected 2 dimensions")])  # fmt: skip
def mm(input, mat2):
    """Product of two matrices.

    >>> mg.mm(mg.ones(2, 3), mg.ones(3, 1)).shape
    (2, 1)
    """
    return matmul(_two("mm", input, 2), _two("mm", mat2, 2))


@composite(own_errors=True, arrays="input mat2", samples=lambda r: [Sample(r(2, 3, 5), r(2, 5, 4), id="batch")],
           errors=[ErrorSample(np.ones((2, 3, 4)), np.ones((2, 5, 4)), error=ShapeError, match="do not fit: 4 columns against 5 rows"),
                   ErrorSample(np.ones((3, 4)), np.ones((2, 4, 5)), error=ShapeError, match="bmm: expected 3 dimensions")])  # fmt: skip
def bmm(input, mat2):
    """Products of two stacks of matrices.

    >>> mg.bmm(mg.ones(2, 3, 4), mg.ones(2, 4, 1)).shape
    (2, 3, 1)
    """
    return matmul(_two("bmm", input, 3), _two("bmm", mat2, 3))


@composite(own_errors=True, arrays="input vec", samples=lambda r: [Sample(r(3, 5), r(5), id="matrix")],
           errors=[ErrorSample(np.ones((2, 3)), np.ones(4), error=ShapeError, match="do not fit: 3 columns against 4 rows")])  # fmt: skip
def mv(input, vec):
    """Product of a matrix and a vector.

    >>> mg.mv(mg.ones(2, 3), mg.ones(3))
    tensor([3., 3.])
    """
    return matmul(_two("mv", input, 2), _two("mv", vec, 1))


@composite(own_errors=True, arrays="input tensor", samples=lambda r: [Sample(r(5), r(5), id="vectors")],
           errors=[ErrorSample(np.ones(3), np.ones(4), error=ShapeError, match="do not fit: 3 columns against 4 rows")])  # fmt: skip
def dot(input, tensor):
    """Product of two vectors.

    >>> mg.dot(mg.tensor([1.0, 2.0]), mg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    return matmul(_two("dot", input, 1), _two("dot", tensor, 1))


@composite(arrays="input vec2", aliases=("ger",), dtypes=NUMBERS, samples=lambda r: [Sample(r(5), r(3), id="vectors")],
           errors=[ErrorSample(np.ones((2, 3)), np.ones(3), error=ValueError, match="outer: expected 1 dimension")])  # fmt: skip
def outer(input, vec2):
    """All products of an element of one vector with one of the other.

    >>> mg.outer(mg.tensor([1.0, 2.0]), mg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return unsqueeze(_two("outer", input, 1), 1) * _two("outer", vec2, 1)


@composite(
    own_errors=True,
    arrays="input mat1 mat2",
    inplace=True,
    samples=lambda r: [Sample(r(4), r(3, 5), r(5, 4), id="row"), Sample(r(3, 4), r(3, 5), r(5, 4), beta=0.5, alpha=2.0, id="scaled")],
    errors=[ErrorSample(np.ones(3), np.ones((2, 3)), np.ones((4, 3)), error=ShapeError, match="do not fit: 3 columns against 4 rows")],
)
def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """beta * input + alpha * mat1 @ mat2.

    >>> mg.addmm(mg.ones(1), mg.ones(2, 3), mg.ones(3, 1)).tolist()
    [[4.0], [4.0]]
    """
    return _plus("addmm", input, mm(mat1, mat2), beta, alpha)


def _plus(op, input, product, beta, alpha):
    """beta * input + alpha * product; with beta 0 the input is not looked at, so that its NaNs do not matter."""
    if product.dtype is not input.dtype:
        raise DTypeError(f"{op}: expected one dtype, got {input.dtype.name} and {product.dtype.name}")
    if not input.is_floating_point() and not input.is_complex() and not (isinstance(beta, int) and isinstance(alpha, int)):
        raise DTypeError(f"{op}: expected integers as beta and alpha for dtype {input.dtype.name}, got {beta} and {alpha}")
    shape = product.shape
    if input.shape != shape:
        input = input.expand(shape)
    if alpha != 1:
        product = product * alpha
    return product if beta == 0 else product + (input if beta == 1 else input * beta)
