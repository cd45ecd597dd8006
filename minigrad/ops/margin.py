"""Losses with a margin: what is right by more than that costs nothing."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from .activation import _softplus, logsigmoid, relu
from .elementwise import _choose, add, clamp, eq, logical_and, lt, minimum, ne, neg, square, sub
from .embedding import _check_index
from .index import _gather, _index_select, _scatter_add
from .loss import _check_pair, _ones, _reduced, _reduction
from .normalize import pairwise_distance
from .reduce import cumsum
from .shape import reshape, unsqueeze


def _signs(r, *shape):
    return np.where(r.bools(*shape), 1.0, -1.0)


REDUCTION = 'reduction must be "none", "mean" or "sum", got \'average\''


def _hinge(x):
    """max(x, 0) with the gradient passed on at 0, as PyTorch's clamp does."""
    return clamp(x, min=0)


def _check_tensors(op, **tensors):
    for name, t in tensors.items():
        if not isinstance(t, _core.Tensor):
            raise TypeError(f"{op}: expected a Tensor as {name}, got {type(t).__name__}")


# ---- two inputs, or one, and a sign ----


@composite(arrays="input", where="F", samples=lambda r: [
    Sample(r.away(3, 4, kinks=(0.7,)), target=_signs(r, 3, 4), margin=0.7, id="mean"), Sample(r.away(5, kinks=(1.0,)), target=_signs(r, 5), reduction="none", id="none")], errors=[
    ErrorSample(_ones(3, 1), _ones(3), error=ShapeError, match=r"hinge_embedding_loss: input and target must have the same shape"),
    ErrorSample(_ones(3), _ones(3), reduction="average", error=ValueError, match=REDUCTION)])  # fmt: skip
def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    """input where target is 1, max(0, margin - input) where it is -1, reduced: input being a distance.

    Shapes: the same for both; returns () unless reduction="none". Dtypes: floats. Raises ShapeError on different shapes.
    >>> mg.nn.functional.hinge_embedding_loss(mg.tensor([0.5, 0.25]), mg.tensor([1.0, -1.0]), reduction="none")
    tensor([0.5000, 0.7500])
    """
    reduction = _reduction("hinge_embedding_loss", reduction, size_average, reduce)
    _check_pair("hinge_embedding_loss", input, target)
    near = _choose(ne(target, -1), input, 0)
    far = _choose(ne(target, 1), _hinge(add(neg(input), margin)), 0)
    return _reduced(near + far, reduction)


@composite(arrays="input1 input2", where="F", samples=lambda r: [
    Sample(r(3, 4), r(3, 4), target=_signs(r, 3, 4), margin=0.3, id="mean"), Sample(r(5), r(5), target=_signs(r, 5), reduction="sum", id="sum")], errors=[
    ErrorSample(_ones(3), _ones(3, 1), _ones(3), error=ShapeError, match=r"margin_ranking_loss: .* same number of dimensions, got shapes \(3,\), \(3, 1\) and \(3,\)"),
    ErrorSample(_ones(3), _ones(3), _ones(3), reduction="average", error=ValueError, match=REDUCTION)])  # fmt: skip
def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """max(0, margin - target * (input1 - input2)), reduced: target 1 says that input1 has to be the larger, -1 the smaller.

    Shapes: as many dimensions for all, that broadcast. Dtypes: floats. Raises ShapeError.
    >>> mg.nn.functional.margin_ranking_loss(mg.tensor([1.0, 3.0]), mg.tensor([2.0, 2.0]), mg.tensor([1.0, 1.0]), reduction="none")
    tensor([1., 0.])
    """
    reduction = _reduction("margin_ranking_loss", reduction, size_average, reduce)
    _check_tensors("margin_ranking_loss", input1=input1, input2=input2, target=target)
    if not input1.ndim == input2.ndim == target.ndim:
        shapes = f"{input1.shape}, {input2.shape} and {target.shape}"
        raise ShapeError(f"margin_ranking_loss: input1, input2 and target must have the same number of dimensions, got shapes {shapes}")
    return _reduced(_hinge(add(neg(target * (input1 - input2)), float(margin))), reduction)


@composite(arrays="input target", where="F", samples=lambda r: [
    Sample(r(3, 4), _signs(r, 3, 4), id="mean"), Sample(3 * r(5), _signs(r, 5), reduction="none", id="none")], errors=[
    ErrorSample(_ones(3, 1), _ones(3), error=ShapeError, match=r"soft_margin_loss: input and target must have the same shape"),
    ErrorSample(_ones(3), _ones(3), reduction="average", error=ValueError, match=REDUCTION)])  # fmt: skip
def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """log(1 + exp(-target * input)), reduced, target being 1 or -1; it does not overflow.

    Shapes: the same for both; returns () unless reduction="none". Dtypes: floats. Raises ShapeError on different shapes.
    >>> mg.nn.functional.soft_margin_loss(mg.tensor([0.0, -1000.0]), mg.tensor([1.0, 1.0]), reduction="none")
    tensor([6.9315e-01, 1.0000e+03])
    """
    reduction = _reduction("soft_margin_loss", reduction, size_average, reduce)
    _check_pair("soft_margin_loss", input, target)
    return _reduced(_softplus(neg(input * target)), reduction)


@composite(arrays="input1 input2", where="F", samples=lambda r: [
    Sample(r(3, 4), r(3, 4), target=np.array([1.0, -1.0, -1.0]), margin=-0.7, id="rows"), Sample(r(5), r(5), target=np.array(1.0), id="vector")], errors=[
    ErrorSample(_ones(3, 2), _ones(3, 2), _ones(2), error=ShapeError, match=r"cosine_embedding_loss: target must have shape \(3,\), one value for each row, got \(2,\)"),
    ErrorSample(_ones(3, 2), _ones(3, 1), _ones(3), error=ShapeError, match=r"input1 and input2 must have the same shape, got \(3, 2\) and \(3, 1\)"),
    ErrorSample(_ones(3, 2, 2), _ones(3, 2, 2), _ones(3), error=ShapeError, match=r"expected inputs of 1 or 2 dimensions"),
    ErrorSample(_ones(3, 2), _ones(3, 2), _ones(3), reduction="average", error=ValueError, match=REDUCTION)])  # fmt: skip
def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """1 - cos where target is 1, max(0, cos - margin) where it is -1, reduced; cos is of the angle between two rows.

    Shapes: inputs (N, D), target (N,); or (D,) and (). Returns () unless reduction="none". Dtypes: floats. Raises ShapeError.
    >>> x, y = mg.tensor([[1.0, 0.0], [1.0, 0.0]]), mg.tensor([[0.0, 2.0], [1.0, 0.0]])
    >>> mg.nn.functional.cosine_embedding_loss(x, y, mg.tensor([1, -1]), reduction="none")
    tensor([1., 1.])
    """
    op = "cosine_embedding_loss"
    reduction = _reduction(op, reduction, size_average, reduce)
    _check_tensors(op, input1=input1, input2=input2, target=target)
    if input1.shape != input2.shape:
        raise ShapeError(f"{op}: input1 and input2 must have the same shape, got {input1.shape} and {input2.shape}")
    if input1.ndim not in (1, 2):
        raise ShapeError(f"{op}: expected inputs of 1 or 2 dimensions, got shape {input1.shape}")
    if target.shape != input1.shape[:-1]:
        raise ShapeError(f"{op}: target must have shape {input1.shape[:-1]}, one value for each row, got {target.shape}")
    tiny = 1e-12  # rows of zeros have cosine 0
    lengths = (add(square(input1).sum(-1), tiny) * add(square(input2).sum(-1), tiny)).sqrt()
    cosine = (input1 * input2).sum(-1) / lengths
    loss = _choose(eq(target, 1), sub(1, cosine), 0) + _choose(eq(target, -1), _hinge(sub(cosine, margin)), 0)
    return _reduced(loss, reduction)


# ---- classes ----


def _check_target(op, input, target, shape):
    _check_tensors(op, input=input)
    if input.ndim not in (1, 2) or (input.ndim == 2 and not input.shape[1]) or (input.ndim == 1 and not input.shape[0]):
        raise ShapeError(f"{op}: input must be (N, C) or (C,) with C > 0, got shape {input.shape}")
    if not input.is_floating_point():
        raise DTypeError(f"{op}: expected a floating-point input, got dtype {input.dtype.name}")
    target = _check_index(op, target)
    if target.shape != shape(input.shape):
        raise ShapeError(f"{op}: target must have shape {shape(input.shape)} for input {input.shape}, got {target.shape}")
    return target


def _in_range(op, index, c, low=0):
    if index.numel():
        index = _core.whole(index)
        smallest, largest = index.min().item(), index.max().item()
        if smallest < low or largest >= c:
            raise IndexError(f"{op}: class {smallest if smallest < low else largest} is out of range for {c} classes")


@composite(arrays="input", where="F", samples=lambda r: [
    Sample(r(3, 5), target=r.ints(0, 5, 3), margin=0.7, id="rows"), Sample(r(4), target=r.ints(0, 4), p=2, id="one"),
    Sample(r(3, 4), target=r.ints(0, 4, 3), p=2, weight=r.between(0.5, 2, 4), reduction="none", id="weights")], errors=[
    ErrorSample(_ones(2, 3), np.array([0, 3]), error=IndexError, match="multi_margin_loss: class 3 is out of range for 3 classes"),
    ErrorSample(_ones(2, 3), np.array([0]), error=ShapeError, match=r"multi_margin_loss: target must have shape \(2,\) for input \(2, 3\), got \(1,\)"),
    ErrorSample(_ones(2, 3), np.array([0, 1]), 3, error=ValueError, match="multi_margin_loss: p must be 1 or 2, got 3"),
    ErrorSample(_ones(2, 3), np.array([0, 1]), weight=_ones(2), error=ShapeError, match=r"multi_margin_loss: weight must have shape \(3,\)")])  # fmt: skip
def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Sum over the other classes of max(0, margin - input[target] + input[class])**p, times weight[target], over the number of classes.

    Shapes: input (N, C), target (N,); or (C,) and (). weight (C,). Returns () unless reduction="none". Dtypes: floats; target int64.
    Raises: IndexError for a class that does not exist, ShapeError, ValueError unless p is 1 or 2.
    >>> mg.nn.functional.multi_margin_loss(mg.tensor([[0.0, 1.0, 3.0]]), mg.tensor([1]))
    tensor(1.)
    """
    op = "multi_margin_loss"
    reduction = _reduction(op, reduction, size_average, reduce)
    target = _check_target(op, input, target, lambda shape: shape[:-1])
    if p not in (1, 2):
        raise ValueError(f"{op}: p must be 1 or 2, got {p}")
    c = input.shape[-1]
    if weight is not None and weight.shape != (c,):
        raise ShapeError(f"{op}: weight must have shape ({c},), one value for each class, got {weight.shape}")
    _in_range(op, target, c)
    index = unsqueeze(target, -1)
    cost = relu(add(input - _gather(input, index, input.ndim - 1), margin))
    cost = cost if p == 1 else square(cost)
    if weight is not None:
        cost = cost * reshape(_index_select(weight, reshape(target, (-1,)), 0), index.shape)
    own = eq(_core.from_numpy(np.arange(c)), index)
    return _reduced(_choose(own, 0, cost).sum(-1) / c, reduction)


@composite(arrays="input", where="F", samples=lambda r: [
    Sample(r(3, 4), target=np.array([[3, 0, -1, 1], [-1, 2, 0, 0], [0, 1, 2, 3]]), id="rows"), Sample(r(5), target=np.array([1, 4, -1, 3, 3]), id="one")], errors=[
    ErrorSample(_ones(2, 3), np.full((2, 3), 3), error=IndexError, match="multilabel_margin_loss: class 3 is out of range for 3 classes"),
    ErrorSample(_ones(2, 3), np.array([0, 1]), error=ShapeError, match=r"multilabel_margin_loss: target must have shape \(2, 3\) for input \(2, 3\), got \(2,\)")])  # fmt: skip
def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """Sum over target classes i and other classes j of max(0, 1 - (input[i] - input[j])), over the number of classes.

    Target classes are those before the first -1.
    Shapes: (N, C) or (C,), the same for both; returns () or, with reduction="none", (N,). Dtypes: floats; target int64.
    Raises: IndexError for a class that does not exist, ShapeError.
    >>> mg.nn.functional.multilabel_margin_loss(mg.tensor([0.1, 0.2, 0.4, 0.8]), mg.tensor([3, 0, -1, 1]))
    tensor(0.8500)
    """
    op = "multilabel_margin_loss"
    reduction = _reduction(op, reduction, size_average, reduce)
    target = _check_target(op, input, target, lambda shape: shape)
    d, c = input.ndim - 1, input.shape[-1]
    _in_range(op, target, c, -1)
    counts = eq(cumsum(lt(target, 0).to(_core.int64), d), 0)
    index = _choose(counts, target, 0)
    hits = _scatter_add(_core.full_of(input.shape, 0, _core.int64), index, counts.to(_core.int64), d)
    cost = relu(add(unsqueeze(input, -2) - unsqueeze(_gather(input, index, d), -1), 1))
    pairs = logical_and(unsqueeze(counts, -1), unsqueeze(eq(hits, 0), -2))
    return _reduced(_choose(pairs, cost, 0).sum((-1, -2)) / c, reduction)


@composite(arrays="input target", where="F", samples=lambda r: [
    Sample(r(3, 4), r.between(0.1, 0.9, 3, 4), id="mean"), Sample(r(2, 3, 5), r.between(0.1, 0.9, 2, 3, 5), weight=r(5), reduction="none", id="none")], errors=[
    ErrorSample(_ones(3, 1), _ones(3), error=ShapeError, match=r"multilabel_soft_margin_loss: input and target must have the same shape"),
    ErrorSample(_ones(3), _ones(3), reduction="average", error=ValueError, match=REDUCTION)])  # fmt: skip
def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """binary_cross_entropy_with_logits, times `weight`, as a mean over the classes, which are the last dimension; then reduced.

    Shapes: (N, C), or any with at least one dimension, the same for both; returns () or, with reduction="none", without the last
    dimension. Dtypes: floats. Raises ShapeError on different shapes.
    >>> mg.nn.functional.multilabel_soft_margin_loss(mg.tensor([[0.0, 100.0]]), mg.tensor([[1.0, 1.0]]))
    tensor(0.3466)
    """
    reduction = _reduction("multilabel_soft_margin_loss", reduction, size_average, reduce)
    _check_pair("multilabel_soft_margin_loss", input, target, weight)
    if not input.ndim:
        raise ShapeError("multilabel_soft_margin_loss: input must have a dimension of classes, got shape ()")
    loss = neg(target * logsigmoid(input) + sub(1, target) * logsigmoid(neg(input)))
    loss = loss if weight is None else loss * weight
    return _reduced(loss.sum(-1) / input.shape[-1], reduction)


# ---- triplets ----


def _triplets(r: Draw) -> list[Sample]:
    return [
        Sample(r(3, 5), r(3, 5), r(3, 5), id="mean"),
        Sample(r(4), r(4), r(4), swap=True, margin=2.0, id="vectors-swapped"),
        Sample(r(2, 3, 4), r(2, 3, 4), r(2, 3, 4), reduction="none", id="none"),
    ]


def _triplet_errors(op):
    return [
        ErrorSample(_ones(3, 2), _ones(3, 2), _ones(2), error=ShapeError, match=rf"{op}: .* same number of dimensions, got shapes \(3, 2\), \(3, 2\) and \(2,\)"),
        ErrorSample(_ones(3, 2), _ones(3, 2), _ones(3, 2), margin=0.0, error=ValueError, match=f"{op}: margin must be positive, got 0.0"),
        ErrorSample(_ones(3, 2), _ones(3, 2), _ones(3, 2), reduction="average", error=ValueError, match=REDUCTION),
    ]  # fmt: skip


def _triplet(op, anchor, positive, negative, distance, margin, swap, reduction):
    _check_tensors(op, anchor=anchor, positive=positive, negative=negative)
    if not margin > 0:
        raise ValueError(f"{op}: margin must be positive, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        shapes = f"{anchor.shape}, {positive.shape} and {negative.shape}"
        raise ShapeError(f"{op}: anchor, positive and negative must have the same number of dimensions, got shapes {shapes}")
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return _reduced(_hinge(add(near - far, margin)), reduction)


@composite(arrays="anchor positive negative", where="F", samples=_triplets, errors=_triplet_errors("triplet_margin_loss"))
def triplet_margin_loss(
    anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"
):
    """max(0, margin + d(anchor, positive) - d(anchor, negative)), reduced; d is pairwise_distance with `p` and `eps`.

    swap: positive takes anchor's place in the second distance where it is nearer to negative.
    Shapes: (N, D), or any, as many dimensions for all; returns () or, with reduction="none", without the last dimension.
    Dtypes: floats. Raises ShapeError, ValueError for a margin that is not positive.
    Source: Balntas, Riba, Ponsa & Mikolajczyk, "Learning local feature descriptors with triplets and shallow CNNs", 2016.
    >>> a, b, c = mg.tensor([[0.0, 0.0]]), mg.tensor([[3.0, 4.0]]), mg.tensor([[0.0, 2.0]])
    >>> mg.nn.functional.triplet_margin_loss(a, b, c, eps=0.0)
    tensor(4.)
    """
    reduction = _reduction("triplet_margin_loss", reduction, size_average, reduce)
    return _triplet(
        "triplet_margin_loss", anchor, positive, negative, lambda a, b: pairwise_distance(a, b, p, eps), margin, swap, reduction
    )


@composite(arrays="anchor positive negative", where="F", samples=_triplets, errors=_triplet_errors("triplet_margin_with_distance_loss"))
def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"):
    """triplet_margin_loss with a distance of your own: a function of two tensors; pairwise_distance by default.

    Shapes: any, as many dimensions for all. Dtypes: floats. Raises ShapeError, ValueError for a margin that is not positive.
    >>> a, b, c = mg.tensor([[0.0, 0.0]]), mg.tensor([[3.0, 4.0]]), mg.tensor([[0.0, 2.0]])
    >>> mg.nn.functional.triplet_margin_with_distance_loss(a, b, c, distance_function=lambda x, y: (x - y).abs().amax(-1))
    tensor(3.)
    """
    reduction = _reduction("triplet_margin_with_distance_loss", reduction, None, None)
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet("triplet_margin_with_distance_loss", anchor, positive, negative, distance, margin, swap, reduction)
