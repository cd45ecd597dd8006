"""Tensors put together and taken apart along a dimension, beyond cat, stack, split and chunk."""

from __future__ import annotations

import itertools

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite
from .pad import _pad_constant
from .rearrange import _tensors, atleast_1d, atleast_2d, atleast_3d, meshgrid
from .shape import ALL, _dim, cat, narrow, reshape, split, stack, unsqueeze

# ---- joining ----


def _joined(op, tensors):
    found = _tensors(op, (tensors,)) if isinstance(tensors, (list, tuple)) else tuple(tensors)
    if not found:
        raise ShapeError(f"{op}: expected at least one tensor")
    return found


@composite(own_errors=True, arrays="tensors", where="mg", dtypes=ALL, samples=lambda r: [
    Sample([r(2), r(3)], id="vectors"), Sample([r(2, 3), r(2, 1)], id="matrices"), Sample([r(), r(2)], id="0-d")],
    errors=[ErrorSample([], error=ValueError, match="hstack: expected at least one tensor")])  # fmt: skip
def hstack(tensors):
    """Side by side: joined along dimension 1, vectors along 0.

    >>> mg.hstack([mg.tensor([[1], [2]]), mg.tensor([[3], [4]])])
    tensor([[1, 3],
            [2, 4]])
    """
    tensors = [atleast_1d(x) for x in _joined("hstack", tensors)]
    return cat(tensors, 0 if tensors[0].ndim == 1 else 1)


@composite(own_errors=True, arrays="tensors", where="mg", dtypes=ALL, aliases=("row_stack",), samples=lambda r: [
    Sample([r(3), r(3)], id="vectors"), Sample([r(2, 3), r(1, 3)], id="matrices"), Sample([r(), r()], id="0-d")],
    errors=[ErrorSample([np.ones(2), np.ones(3)], error=ValueError, match="differ in more than dimension 0")])  # fmt: skip
def vstack(tensors):
    """One under the other: joined along dimension 0, vectors as rows.

    >>> mg.vstack([mg.tensor([1, 2]), mg.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([atleast_2d(x) for x in _joined("vstack", tensors)], 0)


@composite(own_errors=True, arrays="tensors", where="mg", dtypes=ALL, samples=lambda r: [
    Sample([r(3), r(3)], id="vectors"), Sample([r(2, 3), r(2, 3)], id="matrices"), Sample([r(2, 3, 1), r(2, 3, 4)], id="3-d")],
    errors=[ErrorSample([np.ones(2), np.ones(3)], error=ValueError, match="differ in more than dimension 2")])  # fmt: skip
def dstack(tensors):
    """One behind the other: joined along dimension 2; vectors are rows of one layer.

    >>> mg.dstack([mg.tensor([1, 2]), mg.tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([atleast_3d(x) for x in _joined("dstack", tensors)], 2)


@composite(own_errors=True, arrays="tensors", where="mg", dtypes=ALL, samples=lambda r: [
    Sample([r(3), r(3, 2)], id="vector-matrix"), Sample([r(), r()], id="0-d"), Sample([r(2, 3, 4), r(2, 1, 4)], id="3-d")],
    errors=[ErrorSample([np.ones(2), np.ones(3)], error=ValueError, match="differ in more than dimension 1")])  # fmt: skip
def column_stack(tensors):
    """Side by side, vectors as columns.

    >>> mg.column_stack([mg.tensor([1, 2]), mg.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return cat([reshape(x, (x.numel(), 1)) if x.ndim < 2 else x for x in _joined("column_stack", tensors)], 1)


@composite(arrays="tensors", where="mg", dtypes=ALL, samples=lambda r: [
    Sample([r(2, 3), r(1, 2)], id="matrices"), Sample([r(3), r(), r(2, 0)], id="ranks")],
    errors=[ErrorSample([np.ones((1, 2, 3))], error=ValueError, match="block_diag: expected at most 2 dimensions")])  # fmt: skip
def block_diag(*tensors):
    """Matrices along the diagonal of a larger one, zeros elsewhere; vectors are rows.

    >>> mg.block_diag(mg.tensor([[1, 2]]), mg.tensor([3]))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    tensors = _tensors("block_diag", tensors)
    for x in tensors:
        if x.ndim > 2:
            raise ShapeError(f"block_diag: expected at most 2 dimensions, got shape {x.shape}")
    blocks = [atleast_2d(x) for x in tensors]
    dtype = _core.result_type(*blocks)
    width, at, rows = sum(x.shape[1] for x in blocks), 0, []
    for x in blocks:
        m, n = x.shape
        rows.append(_pad_constant(_core.cast(x, dtype), (m, width), ((0, 1, m), (at, 1, n)), 0))
        at += n
    return cat(rows, 0)


@composite(arrays="tensors", where="mg", dtypes=ALL, samples=lambda r: [Sample([r(2), r(3)], id="two"), Sample([r(3)], id="one"), Sample([r(2), r(0), r(3)], id="empty")],
           errors=[ErrorSample([np.ones((2, 3))], error=ValueError, match="cartesian_prod: expected vectors")])  # fmt: skip
def cartesian_prod(*tensors):
    """Every choice of one entry from each vector, as rows; the last vector varies fastest. Of one vector, itself.

    >>> mg.cartesian_prod(mg.tensor([1, 2]), mg.tensor([3, 4])).tolist()
    [[1, 3], [1, 4], [2, 3], [2, 4]]
    """
    tensors = _tensors("cartesian_prod", tensors)
    for x in tensors:
        if x.ndim != 1:
            raise ShapeError(f"cartesian_prod: expected vectors, got shape {x.shape}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(g, (g.numel(),)) for g in meshgrid(*tensors, indexing="ij")], 1)


@composite(where="mg", dtypes=ALL, samples=lambda r: [Sample(r(4), id="pairs"), Sample(r(4), r=3, id="triples"), Sample(r(3), r=2, with_replacement=True, id="again"),
                                                      Sample(r(2), r=3, id="none")],
           errors=[ErrorSample(np.ones((2, 3)), error=ValueError, match="combinations: expected a vector")])  # fmt: skip
def combinations(input, r=2, with_replacement=False):
    """Every choice of r entries of a vector in their order, as rows; `with_replacement`: the same entry may be chosen again.

    Shapes: (n,) gives (number of choices, r). Dtypes: all.
    >>> mg.combinations(mg.tensor([1, 2, 3])).tolist()
    [[1, 2], [1, 3], [2, 3]]
    """
    if input.ndim != 1:
        raise ShapeError(f"combinations: expected a vector, got shape {input.shape}")
    if r < 0:
        raise ShapeError(f"combinations: expected a number of entries, got {r}")
    if r == 0:
        return _core.empty((0,), input.dtype)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    index = np.array(list(choose(range(input.shape[0]), r)), np.int64).reshape(-1, r)
    return input[_core.from_numpy(index)]


# ---- taking apart ----


@composite(dtypes=ALL, samples=lambda r: [Sample(r(7, 2), indices_or_sections=3, id="sections"), Sample(r(2, 7), indices_or_sections=(2, 5), dim=1, id="indices"),
                                          Sample(r(4, 3), indices_or_sections=(3, 1, -1, 9), id="odd")],
           errors=[ErrorSample(np.ones((2, 3)), 0, error=ValueError, match="tensor_split: expected at least 1 section, got 0"),
                   ErrorSample(np.ones(()), 1, error=ValueError, match="tensor_split: expected at least 1 dimension")])  # fmt: skip
def tensor_split(input, indices_or_sections, dim=0):
    """Views of consecutive parts along `dim`, as np.array_split: a number of parts of nearly equal size, or the indices where to cut.

    Shapes: at least 1-d. Dtypes: all. The number or the indices can be a tensor.
    >>> [p.tolist() for p in mg.tensor_split(mg.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    """
    if input.ndim == 0:
        raise ShapeError("tensor_split: expected at least 1 dimension, got a 0-d tensor")
    d = _dim("tensor_split", dim, input.ndim)
    if isinstance(indices_or_sections, _core.Tensor):
        if indices_or_sections.dtype is not _core.int64 or indices_or_sections.ndim > 1:
            raise DTypeError("tensor_split: expected a number or a vector of int64")
        indices_or_sections = indices_or_sections.tolist()
    n = input.shape[d]
    if isinstance(indices_or_sections, int):
        parts = indices_or_sections
        if parts <= 0:
            raise ShapeError(f"tensor_split: expected at least 1 section, got {parts}")
        return split(input, [n // parts + (i < n % parts) for i in range(parts)], d)
    cuts = [slice(c).indices(n)[1] for c in indices_or_sections]
    return tuple(narrow(input, d, a, max(b - a, 0)) for a, b in zip([0, *cuts], [*cuts, n], strict=True))


def _even(op, input, given, dim, least):
    if input.ndim < least:
        raise ShapeError(f"{op}: expected at least {least} dimension{'s' * (least > 1)}, got shape {input.shape}")
    if isinstance(given, int) and (given <= 0 or input.shape[dim] % given):
        raise ShapeError(f"{op}: dimension {dim} of size {input.shape[dim]} cannot be divided into {given} equal parts")
    return tensor_split(input, given, dim)


@composite(dtypes=ALL, samples=lambda r: [Sample(r(3, 4), indices_or_sections=2, id="sections"), Sample(r(5), indices_or_sections=(1, 3), id="vector")],
           errors=[ErrorSample(np.ones((2, 3)), 2, error=ValueError, match="hsplit: dimension 1 of size 3 cannot be divided into 2 equal parts")])  # fmt: skip
def hsplit(input, indices_or_sections):
    """Views of equal parts (or cut at indices) along dimension 1; of vectors, along 0.

    >>> [p.tolist() for p in mg.hsplit(mg.arange(4), 2)]
    [[0, 1], [2, 3]]
    """
    return _even("hsplit", input, indices_or_sections, 0 if input.ndim == 1 else 1, 1)


@composite(dtypes=ALL, samples=lambda r: [Sample(r(4, 3), indices_or_sections=2, id="sections"), Sample(r(5, 2), indices_or_sections=(1, 3), id="indices")],
           errors=[ErrorSample(np.ones(4), 2, error=ValueError, match="vsplit: expected at least 2 dimensions")])  # fmt: skip
def vsplit(input, indices_or_sections):
    """Views of equal parts (or cut at indices) along dimension 0.

    >>> [p.tolist() for p in mg.vsplit(mg.tensor([[1, 2], [3, 4]]), 2)]
    [[[1, 2]], [[3, 4]]]
    """
    return _even("vsplit", input, indices_or_sections, 0, 2)


@composite(dtypes=ALL, samples=lambda r: [Sample(r(2, 3, 4), indices_or_sections=2, id="sections"), Sample(r(2, 3, 5), indices_or_sections=(1, 3), id="indices")],
           errors=[ErrorSample(np.ones((4, 2)), 2, error=ValueError, match="dsplit: expected at least 3 dimensions")])  # fmt: skip
def dsplit(input, indices_or_sections):
    """Views of equal parts (or cut at indices) along dimension 2.

    >>> [p.shape for p in mg.dsplit(mg.zeros(1, 2, 4), 2)]
    [(1, 2, 2), (1, 2, 2)]
    """
    return _even("dsplit", input, indices_or_sections, 2, 3)


@composite(own_errors=True, aliases=("unsafe_split_with_sizes",), dtypes=ALL, samples=lambda r: [Sample(r(2, 7), split_sizes=(2, 5), dim=1, id="columns"), Sample(r(4), split_sizes=[1, 0, 3], id="vector")],
           errors=[ErrorSample(np.ones(3), (1, 1), error=ValueError, match="do not add up to 3")])  # fmt: skip
def split_with_sizes(input, split_sizes, dim=0):
    """Views of consecutive parts of the given sizes.

    >>> [p.tolist() for p in mg.split_with_sizes(mg.arange(4), (1, 3))]
    [[0], [1, 2, 3]]
    """
    return split(input, list(split_sizes), dim)


# ---- powers ----


@composite(where="mg", arrays="x", samples=lambda r: [Sample(r(4), id="square"), Sample(r(3), N=5, increasing=True, id="increasing"), Sample(r(3), N=0, id="none")],
           dtypes=ALL[:6], errors=[ErrorSample(np.ones((2, 3)), error=ValueError, match="vander: expected a vector")])  # fmt: skip
def vander(x, N=None, increasing=False):
    """Vandermonde matrix: the powers 0 to N - 1 (default: as many as entries) of every entry in its row, falling unless `increasing`.

    Shapes: (n,) gives (n, N). Dtypes: all; integers and bool give int64.
    >>> mg.vander(mg.tensor([2, 3, 5]))
    tensor([[ 4,  2,  1],
            [ 9,  3,  1],
            [25,  5,  1]])
    """
    if x.ndim != 1:
        raise ShapeError(f"vander: expected a vector, got shape {x.shape}")
    n = x.shape[0] if N is None else N
    if n < 0:
        raise ShapeError(f"vander: expected a number of columns, got {n}")
    y = powers(x, n)
    return y if increasing else y.flip(-1)


def powers(x, n):
    """The powers 0 to n - 1 of every element, along a new last dimension: products, so that gradients at 0 are right."""
    if not (x.is_floating_point() or x.is_complex()):
        x = _core.cast(x, _core.int64)
    found = [_core.full_of(x.shape, 1, x.dtype), x]
    while len(found) < n:
        found.append(found[-1] * x)
    return cat([unsqueeze(v, -1) for v in found[:n]], -1) if n > 0 else _core.empty((*x.shape, 0), x.dtype)
