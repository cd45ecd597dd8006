"""Smooth activations that are made of others, gates, and softmax's relatives."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from ._samples import away, one
from .activation import _SOFTMAX_ERRORS, _softmax_samples, sigmoid, softmax, tanh
from .distributions import _exponential
from .elementwise import abs, add, div, log, neg, sub
from .index import _scatter_values
from .rectify import _check_float
from .shape import _dim, chunk, unsqueeze


@composite(where="F", samples=one(away))
def softsign(input):
    """input / (1 + |input|).

    Shapes: any. Dtypes: all but bool; integers are divided as floats.
    >>> mg.nn.functional.softsign(mg.tensor([-1.0, 0.0, 3.0]))
    tensor([-0.5000,  0.0000,  0.7500])
    """
    return div(input, add(abs(input), 1))


@composite(where="F", samples=one())
def tanhshrink(input):
    """input - tanh(input).

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.nn.functional.tanhshrink(mg.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.2384,  0.0000,  0.2384])
    """
    return sub(input, tanh(input))


@composite(where="F", samples=lambda r: [Sample(r(3, 4), id="last"), Sample(r(2, 6, 5), dim=1, id="middle"), Sample(r(8), id="vector"), Sample(r(0, 4), id="empty")],
           errors=[ErrorSample(np.ones((2, 3)), error=ShapeError, match=r"glu: dimension 1 must have an even size to be halved, got shape \(2, 3\)"),
                   ErrorSample(np.ones(()), error=ShapeError, match="glu: a 0-d tensor cannot be halved")])  # fmt: skip
def glu(input, dim=-1):
    """a * sigmoid(b), a and b being the halves of input along `dim`.

    Shapes: (..., 2 n, ...) gives (..., n, ...). Dtypes: floats. Raises ShapeError for an odd size.
    Source: Dauphin, Fan, Auli & Grangier, "Language modeling with gated convolutional networks", arXiv:1612.08083.
    >>> mg.nn.functional.glu(mg.tensor([3.0, 0.0]))
    tensor([1.5000])
    """
    _check_float("glu", input)
    if input.ndim == 0:
        raise ShapeError("glu: a 0-d tensor cannot be halved")
    d = _dim("glu", dim, input.ndim)
    if input.shape[d] % 2:
        raise ShapeError(f"glu: dimension {d} must have an even size to be halved, got shape {input.shape}")
    a, b = chunk(input, 2, d)
    return a * sigmoid(b)


@composite(own_errors=True, where="F", samples=_softmax_samples, errors=_SOFTMAX_ERRORS[:1])
def softmin(input, dim=None, dtype=None):
    """softmax(-input) over `dim`. `dtype` casts.

    Shapes: any; dim left out is 1, for 0, 1 or 3 dimensions 0. Dtypes: floats.
    >>> mg.nn.functional.softmin(mg.tensor([0.0, 1000.0]), 0)
    tensor([1., 0.])
    """
    return softmax(neg(input), dim, dtype)


def _gumbel_samples(r: Draw) -> list[Sample]:
    # One class leaves nothing to chance; with several the result is random, which test_functional.py looks at.
    return [Sample(r(3, 1), tau=0.5, id="certain"), Sample(r(1, 3), dim=0, hard=True, id="hard")]


@composite(arrays="logits", where="F", samples=_gumbel_samples, errors=[
    ErrorSample(np.ones((2, 3)), tau=0.0, error=ValueError, match="gumbel_softmax: tau must be positive, got 0.0")])  # fmt: skip
def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """A differentiable sample of the classes with probabilities softmax(logits): softmax((logits + Gumbel noise) / tau).

    hard: the sample as a one-hot vector, with the gradient of the soft one. eps: accepted, and of no effect, as in PyTorch.
    Draws from the default generator. Shapes: any. Dtypes: floats. Raises ValueError unless tau > 0.
    Source: Jang, Gu & Poole, arXiv:1611.01144; Maddison, Mnih & Teh, arXiv:1611.00712.
    >>> mg.nn.functional.gumbel_softmax(mg.tensor([0.0, 1000.0]), hard=True)
    tensor([0., 1.])
    """
    _check_float("gumbel_softmax", logits)
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: tau must be positive, got {tau}")
    noise = neg(log(_exponential("gumbel_softmax", logits.shape, logits.dtype, None)))
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    if logits.ndim == 0:
        return soft - soft.detach() + 1
    index = unsqueeze(soft.detach().argmax(dim), dim)
    zeros = _core.full_of(soft.shape, 0, soft.dtype)
    one_hot = _scatter_values(zeros, index, _core.full_of(index.shape, 1, soft.dtype), _dim("gumbel_softmax", dim, soft.ndim))
    return one_hot - soft.detach() + soft
