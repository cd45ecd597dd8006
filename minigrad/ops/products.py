"""Products of vectors and matrices beyond matmul, and distances between vectors."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite
from ._samples import NUMBERS
from .elementwise import _choose, eq
from .matmul import _plus, _two, matmul, mv, outer
from .reduce import amax
from .shape import _dim, permute, reshape, stack, unsqueeze

# ---- sums of a tensor and a product ----

_PLUS_ERROR = r"expected one dtype, got float64 and float32"


@composite(own_errors=True, arrays="input batch1 batch2", inplace=True, samples=lambda r: [
    Sample(r(4), r(2, 3, 5), r(2, 5, 4), id="row"), Sample(r(3, 4), r(2, 3, 5), r(2, 5, 4), beta=0.5, alpha=2.0, id="scaled"), Sample(r(3, 4), r(0, 3, 5), r(0, 5, 4), id="empty")],
    errors=[ErrorSample(np.ones(1), np.ones((2, 3)), np.ones((2, 3, 1)), error=ValueError, match="addbmm: expected 3 dimensions")])  # fmt: skip
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta * input + alpha * the sum of all products of a stack of matrices. With beta 0 input is not looked at.

    Shapes: batch1 (b, m, k), batch2 (b, k, n), input broadcasts to (m, n).
    >>> mg.addbmm(mg.zeros(1), mg.ones(2, 1, 3), mg.ones(2, 3, 1))
    tensor([[6.]])
    """
    one, two = _two("addbmm", batch1, 3), _two("addbmm", batch2, 3)
    if one.shape[0] != two.shape[0] or one.shape[2] != two.shape[1]:
        raise ShapeError(f"addbmm: stacks {one.shape} and {two.shape} do not fit")
    b, m, k = one.shape
    # One product whose inner dimension runs over the stack, too.
    product = matmul(reshape(permute(one, (1, 0, 2)), (m, b * k)), reshape(two, (b * k, two.shape[2])))
    return _plus("addbmm", input, product, beta, alpha)


@composite(own_errors=True, arrays="input batch1 batch2", inplace=True, samples=lambda r: [
    Sample(r(4), r(2, 3, 5), r(2, 5, 4), id="row"), Sample(r(2, 3, 4), r(2, 3, 5), r(2, 5, 4), beta=0.5, alpha=2.0, id="scaled")],
    errors=[ErrorSample(np.ones(1), np.ones((2, 3)), np.ones((2, 3, 1)), error=ValueError, match="baddbmm: expected 3 dimensions")])  # fmt: skip
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta * input + alpha * batch1 @ batch2, for stacks of matrices. With beta 0 input is not looked at.

    Shapes: batch1 (b, m, k), batch2 (b, k, n), input broadcasts to (b, m, n).
    >>> mg.baddbmm(mg.ones(1), mg.ones(1, 2, 3), mg.ones(1, 3, 1)).tolist()
    [[[4.0], [4.0]]]
    """
    return _plus("baddbmm", input, _two("baddbmm", batch1, 3).bmm(_two("baddbmm", batch2, 3)), beta, alpha)


@composite(own_errors=True, arrays="input mat vec", inplace=True, samples=lambda r: [Sample(r(3), r(3, 5), r(5), id="vector"), Sample(r(1), r(3, 5), r(5), beta=0.5, alpha=2.0, id="scaled")],
           errors=[ErrorSample(np.ones(1), np.ones(3), np.ones(3), error=ValueError, match="mv: expected 2 dimensions")])  # fmt: skip
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """beta * input + alpha * mat @ vec. Shapes: mat (m, k), vec (k,), input broadcasts to (m,). With beta 0 input is not looked at.

    >>> mg.addmv(mg.ones(2), mg.ones(2, 3), mg.ones(3))
    tensor([4., 4.])
    """
    return _plus("addmv", input, mv(mat, vec), beta, alpha)


@composite(own_errors=True, arrays="input vec1 vec2", inplace=True, samples=lambda r: [Sample(r(3, 4), r(3), r(4), id="matrix"), Sample(r(4), r(3), r(4), beta=0.5, alpha=2.0, id="scaled")],
           errors=[ErrorSample(np.ones(1), np.ones((2, 3)), np.ones(3), error=ValueError, match="addr: expected 1 dimension")])  # fmt: skip
def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """beta * input + alpha * outer(vec1, vec2). Shapes: vec1 (m,), vec2 (n,), input broadcasts to (m, n). With beta 0 input is not looked at.

    >>> mg.addr(mg.zeros(1), mg.tensor([1.0, 2.0]), mg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return _plus("addr", input, outer(vec1, vec2), beta, alpha)


# ---- products ----


@composite(own_errors=True, arrays="input other", dtypes=NUMBERS, samples=lambda r: [
    Sample(r(2, 3, 5), r(4, 5), id="matrices"), Sample(r(5), r(5), id="vectors"), Sample(r(), r(2, 3), id="0-d")],
    errors=[ErrorSample(np.ones((2, 3)), np.ones((2, 4)), error=ValueError, match=r"inner: the last dimensions of shapes \(2, 3\) and \(2, 4\) differ")])  # fmt: skip
def inner(input, other):
    """Products summed over the last dimension of both; with a 0-d tensor, the plain product.

    Shapes: (..a, k) and (..b, k) give (..a, ..b).
    >>> mg.inner(mg.tensor([1.0, 2.0]), mg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    if not input.ndim or not other.ndim:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise ShapeError(f"inner: the last dimensions of shapes {input.shape} and {other.shape} differ")
    return tensordot(input, other, ((-1,), (-1,)))


@composite(arrays="input other", dtypes=NUMBERS, samples=lambda r: [Sample(r(5), r(5), id="vectors")],
           errors=[ErrorSample(np.ones((2, 3)), np.ones(3), error=ValueError, match="vdot: expected 1 dimension")])  # fmt: skip
def vdot(input, other):
    """Product of two vectors, the first one conjugated if it is complex.

    >>> mg.vdot(mg.tensor([1.0, 2.0]), mg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    a, b = _two("vdot", input, 1), _two("vdot", other, 1)
    return matmul(a.conj() if a.is_complex() else a, b)


@composite(arrays="a b", dtypes=NUMBERS, where="mg", samples=lambda r: [
    Sample(r(2, 3, 4), r(3, 4, 5), id="two"), Sample(r(2, 3), r(4, 5), dims=0, id="none"), Sample(r(4, 2, 3), r(3, 5, 4), dims=((2, 0), (0, -1)), id="lists"),
    Sample(r(2, 0), r(0, 3), dims=1, id="empty")],
    errors=[ErrorSample(np.ones((2, 3)), np.ones((4, 5)), 1, error=ValueError, match="tensordot: dimension 1 of size 3 against dimension 0 of size 4"),
            ErrorSample(np.ones((2, 3)), np.ones((4, 5)), ((0,), (0, 1)), error=ValueError, match="tensordot: 1 dimensions against 2"),
            ErrorSample(np.ones(3), np.ones(3), 2, error=ValueError, match="tensordot: 2 dimensions of shapes")])  # fmt: skip
def tensordot(a, b, dims=2):
    """Products summed over some dimensions of both: the last `dims` of a and the first of b, or those that a pair of lists names.

    Shapes: the other dimensions of a, then those of b. One matrix product.
    >>> mg.tensordot(mg.ones(2, 3, 4), mg.ones(3, 4, 5), 2).shape
    (2, 5)
    """
    if isinstance(dims, _core.Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0 or dims > min(a.ndim, b.ndim):
            raise ShapeError(f"tensordot: {dims} dimensions of shapes {a.shape} and {b.shape}")
        mine, theirs = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        mine, theirs = (
            [_dim("tensordot", d, x.ndim) for d in ((v,) if isinstance(v, int) else v)] for v, x in zip(dims, (a, b), strict=True)
        )
    if len(mine) != len(theirs):
        raise ShapeError(f"tensordot: {len(mine)} dimensions against {len(theirs)}")
    for i, j in zip(mine, theirs, strict=True):
        if a.shape[i] != b.shape[j]:
            raise ShapeError(f"tensordot: dimension {i} of size {a.shape[i]} against dimension {j} of size {b.shape[j]}")
    rows, columns = [d for d in range(a.ndim) if d not in mine], [d for d in range(b.ndim) if d not in theirs]
    left, right = permute(a, (*rows, *mine)), permute(b, (*theirs, *columns))
    m, n = left.shape[: len(rows)], right.shape[len(theirs) :]
    k = math.prod(left.shape[len(rows) :])
    return reshape(matmul(reshape(left, (math.prod(m), k)), reshape(right, (k, math.prod(n)))), (*m, *n))


def _cross(op, input, other, dim):
    if input.ndim != other.ndim:
        raise ShapeError(f"{op}: shapes {input.shape} and {other.shape} must have the same number of dimensions")
    try:
        shape = np.broadcast_shapes(input.shape, other.shape)
    except ValueError:
        raise ShapeError(f"{op}: shapes {input.shape} and {other.shape} cannot be broadcast together") from None
    if dim is None:
        dim = next((d for d, n in enumerate(shape) if n == 3), None)
        if dim is None:
            raise ShapeError(f"{op}: no dimension of size 3 in shape {tuple(shape)}")
    d = _dim(op, dim, input.ndim)
    if input.shape[d] != 3 or other.shape[d] != 3:
        raise ShapeError(f"{op}: expected vectors of 3 entries along dimension {d} of shapes {input.shape} and {other.shape}")
    (a, b, c), (x, y, z) = input.unbind(d), other.unbind(d)
    return stack([b * z - c * y, c * x - a * z, a * y - b * x], d)


@composite(arrays="input other", dtypes=NUMBERS, samples=lambda r: [
    Sample(r(2, 3), r(2, 3), id="rows"), Sample(r(3, 2), r(3, 1), id="columns"), Sample(r(3, 4, 3), r(3, 1, 3), dim=-1, id="last"), Sample(r(3), r(3), id="vectors")],
    errors=[ErrorSample(np.ones((2, 4)), np.ones((2, 4)), error=ValueError, match="cross: no dimension of size 3"),
            ErrorSample(np.ones((2, 3)), np.ones(3), error=ValueError, match="cross: shapes .* must have the same number of dimensions")])  # fmt: skip
def cross(input, other, dim=None):
    """Cross product of vectors of 3 entries along `dim`, by default the first dimension of size 3.

    Shapes: of equal rank, broadcast. Dtypes: numbers.
    >>> mg.cross(mg.tensor([1.0, 0.0, 0.0]), mg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    return _cross("cross", input, other, dim)


@composite(arrays="input other", dtypes=NUMBERS, where="linalg", samples=lambda r: [
    Sample(r(2, 3), r(2, 3), id="rows"), Sample(r(3, 2), r(3, 1), dim=0, id="columns")],
    errors=[ErrorSample(np.ones((3, 2)), np.ones((3, 2)), error=ValueError, match="linalg.cross: expected vectors of 3 entries along dimension 1")])  # fmt: skip
def linalg_cross(input, other, *, dim=-1):
    """Cross product of vectors of 3 entries along `dim`. Shapes: of equal rank, broadcast. Dtypes: numbers.

    >>> mg.linalg.cross(mg.tensor([1.0, 0.0, 0.0]), mg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    return _cross("linalg.cross", input, other, dim)


@composite(own_errors=True, arrays="x y", dtypes=NUMBERS, where="linalg", samples=lambda r: [Sample(r(2, 5), r(2, 5), id="rows"), Sample(r(3, 1), r(4), dim=-1, id="broadcast"), Sample(r(5, 2), r(5, 2), dim=0, id="columns")],
           errors=[ErrorSample(np.ones(2), np.ones(3), error=ValueError, match="cannot be broadcast")])  # fmt: skip
def linalg_vecdot(x, y, *, dim=-1):
    """Products of vectors along `dim`, x conjugated if it is complex. Shapes: broadcast. Dtypes: numbers.

    >>> mg.linalg.vecdot(mg.tensor([[1.0, 2.0]]), mg.tensor([[3.0, 4.0]]))
    tensor([11.])
    """
    return ((x.conj() if x.is_complex() else x) * y).sum(dim).to(_core.result_type(x, y))


@composite(arrays="input1 input2 weight bias", where="mg F", samples=lambda r: [
    Sample(r(2, 3), r(2, 5), r(4, 3, 5), r(4), id="bias"), Sample(r(2, 6, 3), r(2, 6, 5), r(4, 3, 5), None, id="stack"), Sample(r(3), r(5), r(4, 3, 5), id="vectors")],
    errors=[ErrorSample(np.ones((2, 3)), np.ones((2, 4)), np.ones((1, 3, 5)), error=ValueError, match=r"bilinear: inputs of 3 and 4 features, but weight expects 3 and 5"),
            ErrorSample(np.ones((2, 3)), np.ones((1, 5)), np.ones((1, 3, 5)), error=ValueError, match="bilinear: inputs .* differ in a leading dimension")])  # fmt: skip
def bilinear(input1, input2, weight, bias=None):
    """input1 . weight[o] . input2 + bias[o], for every output o.

    Shapes: input1 (..., a), input2 (..., b), weight (out, a, b), bias (out,) or None; gives (..., out).
    >>> mg.bilinear(mg.ones(1, 2), mg.ones(1, 3), mg.ones(4, 2, 3)).tolist()
    [[6.0, 6.0, 6.0, 6.0]]
    """
    _two("bilinear", weight, 3)
    if input1.shape[:-1] != input2.shape[:-1]:
        raise ShapeError(f"bilinear: inputs {input1.shape} and {input2.shape} differ in a leading dimension")
    out, a, b = weight.shape
    if input1.shape[-1] != a or input2.shape[-1] != b:
        raise ShapeError(f"bilinear: inputs of {input1.shape[-1]} and {input2.shape[-1]} features, but weight expects {a} and {b}")
    lead = input1.shape[:-1]
    rows = math.prod(lead)
    half = matmul(reshape(input1, (rows, a)), reshape(permute(weight, (1, 0, 2)), (a, out * b)))
    y = reshape(matmul(reshape(half, (rows, out, b)), reshape(input2, (rows, b, 1))), (*lead, out))
    return y if bias is None else y + bias


# ---- chains ----


def _chain(op, matrices):
    """The product of several matrices, in the order that takes the fewest multiplications (Cormen et al., section 15.2)."""
    if len(matrices) < 2:
        raise ShapeError(f"{op}: expected at least two tensors, got {len(matrices)}")
    for x in matrices[1:-1]:
        _two(op, x, 2)
    first, last = matrices[0].ndim == 1, matrices[-1].ndim == 1
    parts = [
        unsqueeze(matrices[0], 0) if first else _two(op, matrices[0], 2),
        *matrices[1:-1],
        unsqueeze(matrices[-1], 1) if last else _two(op, matrices[-1], 2),
    ]
    for x, z in zip(parts, parts[1:], strict=False):
        if x.shape[1] != z.shape[0]:
            raise ShapeError(f"{op}: shapes {x.shape} and {z.shape} do not fit: {x.shape[1]} columns against {z.shape[0]} rows")
    sizes = [parts[0].shape[0], *(x.shape[1] for x in parts)]
    n = len(parts)
    cost, cut = [[0] * n for _ in range(n)], [[0] * n for _ in range(n)]
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i][j], cut[i][j] = min((cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j))

    def product(i, j):
        return parts[i] if i == j else matmul(product(i, cut[i][j]), product(cut[i][j] + 1, j))

    y = product(0, n - 1)
    return reshape(y, y.shape[first : 2 - last])


_CHAIN_ERRORS = [ErrorSample([np.ones((2, 3)), np.ones((2, 3))], error=ValueError, match="do not fit: 3 columns against 2 rows")]


@composite(
    arrays="matrices",
    where="mg",
    samples=lambda r: [Sample([r(2, 3), r(3, 5), r(5, 4)], id="three"), Sample([r(2, 3)], id="one")],
    errors=_CHAIN_ERRORS,
)
def chain_matmul(*matrices):
    """The product of matrices, in the order that takes the fewest multiplications. `linalg.multi_dot` is the newer name.

    >>> mg.chain_matmul(mg.ones(2, 3), mg.ones(3, 4), mg.ones(4, 1)).tolist()
    [[12.0], [12.0]]
    """
    from .rearrange import _tensors

    matrices = _tensors("chain_matmul", matrices)
    return _two("chain_matmul", matrices[0], 2) if len(matrices) == 1 else _chain("chain_matmul", matrices)


@composite(arrays="tensors", where="linalg", samples=lambda r: [
    Sample([r(2, 3), r(3, 5), r(5, 4)], id="three"), Sample([r(3), r(3, 5), r(5, 2), r(2)], id="vectors"), Sample([r(2, 6), r(6, 1), r(1, 6), r(6, 3)], id="bottleneck")],
    errors=[*_CHAIN_ERRORS, ErrorSample([np.ones((2, 3))], error=ValueError, match="linalg.multi_dot: expected at least two tensors, got 1")])  # fmt: skip
def linalg_multi_dot(tensors):
    """The product of matrices, in the order that takes the fewest multiplications; the first and the last may be vectors.

    >>> mg.linalg.multi_dot([mg.ones(2, 3), mg.ones(3, 4), mg.ones(4)])
    tensor([12., 12.])
    """
    return _chain("linalg.multi_dot", list(tensors))


# ---- distances ----


def _lp(x, p):
    """p-norm along the last dimension, whose gradient at 0 is 0."""
    if p == 0:
        return x.sign().abs().sum(-1)  # how many are not 0; with a gradient, which is 0
    if p == 1:
        return x.abs().sum(-1)
    if p == math.inf:
        return amax(x.abs(), -1) if x.shape[-1] else x.sum(-1)
    total = (x * x if p == 2 else x.abs() ** p).sum(-1)
    zero = eq(total, 0)
    safe = _choose(zero, 1.0, total)
    return _choose(zero, 0.0, safe.sqrt() if p == 2 else safe ** (1.0 / p))


def _distance(op, p, *tensors):
    if p < 0:
        raise ValueError(f"{op}: p must not be negative, got {p}")
    for x in tensors:
        if not x.is_floating_point():
            raise DTypeError(f"{op}: expected floating-point tensors, got dtype {x.dtype.name}")


_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


@composite(own_errors=True, arrays="x1 x2", where="mg", samples=lambda r: [
    *(Sample(r(4, 3), r(5, 3), p=p, id=f"p-{p}") for p in (0.0, 1.0, 2.0, 3.5, math.inf)), Sample(r(2, 1, 4, 3), r(3, 5, 3), id="batch"), Sample(r(0, 3), r(2, 3), id="empty"),
    Sample(r(27, 2), r(3, 2), id="product")],
    errors=[ErrorSample(np.ones((2, 3)), np.ones((2, 4)), error=ValueError, match=r"cdist: vectors of 3 and 4 entries"),
            ErrorSample(np.ones((2, 3)), np.ones((2, 3)), -1.0, error=ValueError, match="cdist: p must not be negative, got -1.0")])  # fmt: skip
def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """p-norm distances between all rows of two matrices.

    For p = 2 and more than 25 rows they come from one matrix product, |x|^2 - 2 x.z + |z|^2, which is faster and less accurate for close
    rows; compute_mode "use_mm_for_euclid_dist" asks for that always, "donot_use_mm_for_euclid_dist" never. The gradient at distance 0 is 0.
    Shapes: (..., m, k) and (..., n, k) give (..., m, n); leading dimensions broadcast. Dtypes: floats.
    >>> mg.cdist(mg.tensor([[0.0, 0.0]]), mg.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    _distance("cdist", p, x1, x2)
    if compute_mode not in _MODES and compute_mode is not None:
        raise ValueError(f"cdist: compute_mode must be one of {', '.join(map(repr, _MODES))}, got {compute_mode!r}")
    if x1.ndim < 2 or x2.ndim < 2:
        raise ShapeError(f"cdist: expected matrices or stacks of them, got shapes {x1.shape} and {x2.shape}")
    if x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"cdist: vectors of {x1.shape[-1]} and {x2.shape[-1]} entries")
    many = max(x1.shape[-2], x2.shape[-2]) > 25 and compute_mode != _MODES[2]
    if p == 2 and (many or compute_mode == _MODES[1]):
        square = (x1 * x1).sum(-1, True) - 2 * (x1 @ x2.mT) + unsqueeze((x2 * x2).sum(-1), -2)
        zero = square <= 0
        return _choose(zero, 0.0, _choose(zero, 1.0, square).sqrt())
    return _lp(unsqueeze(x1, -2) - unsqueeze(x2, -3), p)


@composite(where="mg F", samples=lambda r: [*(Sample(r(4, 3), p=p, id=f"p-{p}") for p in (0.0, 1.0, 2.0, 3.5, math.inf)), Sample(r(1, 3), id="none")],
           errors=[ErrorSample(np.ones(3), error=ValueError, match="pdist: expected 2 dimensions")])  # fmt: skip
def pdist(input, p=2.0):
    """p-norm distances between all pairs of rows: row 0 to the others, row 1 to those after it, and so on.

    Shapes: (n, k) gives (n (n - 1) / 2,). Dtypes: floats. The gradient at distance 0 is 0.
    >>> mg.pdist(mg.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    _distance("pdist", p, input)
    i, j = np.triu_indices(_two("pdist", input, 2).shape[0], 1)
    return _lp(input[_core.from_numpy(i)] - input[_core.from_numpy(j)], p)
