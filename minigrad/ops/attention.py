"""Attention: weighted means of values, by how well their keys fit the queries.

A query that sees nothing has scores of -inf alone, whose softmax is 0 / 0; such rows give 0, and no gradient, as PyTorch has it.

`_attention` is one kernel, which never holds the scores of all queries for all keys, and so is its gradient. `_by_parts` is the same out of
products and a softmax: what the fused op is tested against, and what computes where weights are dropped or a mask has a gradient of its own.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from .activation import softmax, softmax_backward
from .dropout import dropout
from .elementwise import _choose, eq, logical_not, mul
from .matmul import matmul
from .reduce import logsumexp
from .shape import flatten, reshape, squeeze, transpose, unsqueeze


def _ones(*shape):
    return np.ones(shape, np.float32)


# ---- by parts ----


def _scores(query, key, attn_mask, scale, causal):
    """The masked scores, and which queries see nothing: None if there is no mask."""
    scores = matmul(mul(query, scale), key.mT)
    if causal:
        attn_mask = _core.from_numpy(np.tri(query.shape[-2], key.shape[-2], dtype=np.bool_))
    if attn_mask is None:
        return scores, None
    if attn_mask.dtype is _core.bool_:
        return _choose(attn_mask, scores, -math.inf), logical_not(attn_mask.any(-1, True))
    return scores + attn_mask, eq(attn_mask.detach(), -math.inf).all(-1, True)


def _weights(scores, blind):
    """The softmax of the scores, 0 for a query that sees nothing."""
    if blind is None:
        return softmax(scores, -1)
    # Before and behind: 0 / 0 must arise neither in the weights nor in their gradient.
    return _choose(blind, 0, softmax(_choose(blind, 0, scores), -1))


def _by_parts(query, key, value, attn_mask, scale, causal, dropout_p=0.0):
    """Attention of (..., L, E), (..., S, E), (..., S, F), which may have fewer heads than the query."""
    key, value = (_repeat_heads(t, query) for t in (key, value))
    return matmul(dropout(_weights(*_scores(query, key, attn_mask, scale, causal)), dropout_p), value)


def _repeat_heads(x, query):
    """x (..., groups, S, E) with each head as often as it serves heads of the query."""
    if x.ndim < 3 or query.ndim < 3 or x.shape[-3] < 2 or x.shape[-3] >= query.shape[-3]:
        return x  # as many heads, or broadcast with them
    return flatten(unsqueeze(x, -3).expand((*x.shape[:-2], query.shape[-3] // x.shape[-3], *x.shape[-2:])), -4, -3)


def _oracle(query, key, value, attn_mask, scale, causal):
    """What _attention computes, mask constant as it is there."""
    attn_mask = None if attn_mask is None else attn_mask.detach()
    scores, blind = _scores(query, _repeat_heads(key, query), attn_mask, scale, causal)
    lse = logsumexp(scores, -1) if key.shape[2] else scores.sum(-1) + math.inf
    y = _by_parts(query, key, value, attn_mask, scale, causal)
    return transpose(y, 1, 2), lse if blind is None else _choose(squeeze(blind, -1), math.inf, lse)


# ---- the kernels ----


def _seen(r: Draw, *shape: int):
    """A mask of truth, broadcast over the heads, whose row 1 sees nothing."""
    seen = r.bools(shape[0], 1, *shape[2:]) | (np.arange(shape[3]) == 0)
    seen[:, :, 1] = False
    return np.broadcast_to(seen, shape).copy()


def _fused_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 4, 5), r(2, 3, 6, 5), r(2, 3, 6, 2), None, scale=0.4, causal=False, id="plain"),
        Sample(r(1, 2, 5, 3), r(1, 2, 7, 3), r(1, 2, 7, 4), None, scale=0.7, causal=True, id="causal"),
        Sample(r(2, 4, 3, 2), r(2, 2, 5, 2), r(2, 2, 5, 3), _seen(r, 2, 4, 3, 5), scale=0.5, causal=False, id="grouped-mask"),
        Sample(r(1, 2, 9, 3), r(1, 2, 4, 3), r(1, 2, 4, 3), r(1, 2, 9, 4), scale=0.5, causal=False, id="numbers"),
        Sample(r(2, 2, 1, 3), r(2, 1, 4, 3), r(2, 1, 4, 5), None, scale=0.5, causal=False, id="one-query"),
        Sample(r(1, 2, 3, 2), r(1, 2, 0, 2), r(1, 2, 0, 3), None, scale=1.0, causal=False, id="no-keys"),
    ]


def _fused_cost(query, key, value):
    """The two products; of what a causal mask leaves out, too."""
    return 2.0 * query.shape[2] * key.shape[2] * (query.shape[3] + value.shape[3]) * query.shape[0] * query.shape[1]


def _attention_vjp(g, query, key, value, attn_mask, y0, y1, scale, causal, mask):
    grads = attention_backward(g[0], query, key, value, attn_mask, y0, y1, scale, causal, mask)
    return tuple(None if t is None else transpose(t, 1, 2) for t in grads)


@defop(family="general", kernel="attention", outputs=2, auxiliary=1, strided=True, where="", samples=_fused_samples, cost=_fused_cost, ulp=32,
       plan=lambda query, key, value, attn_mask, scale, causal: _core.Plan(
           (query.shape[0], query.shape[2], query.shape[1], value.shape[3]), query.shape[:3], params=(float(scale), int(causal))),
       oracle=_oracle,
       vjp={("query", "key", "value"): _attention_vjp, "attn_mask": NONDIFF})  # fmt: skip
def _attention(query, key, value, attn_mask, scale, causal):
    """Attention, and the logarithm of each query's sum of exp(score), +inf where it sees nothing.

    Shapes: query (N, H, L, E), key (N, G, S, E), value (N, G, S, F), G dividing H; attn_mask (N, H, L, S) or None; returns (N, L, H, F), the
    heads of one position side by side, and (N, H, L). Dtypes: floats, the same for all; attn_mask bool or that.
    """
    p, total, top = _np_weights(query, key, attn_mask, scale, causal)
    lse = np.where(total == 0, np.inf, np.log(np.where(total == 0, 1, total)) + top)
    y = p @ _np_repeat(value, query)
    return y.swapaxes(1, 2).astype(query.dtype), lse[..., 0].astype(query.dtype)


def _np_repeat(x, query):
    return x if x.shape[1] == query.shape[1] else np.repeat(x, query.shape[1] // x.shape[1], 1)


def _np_weights(query, key, attn_mask, scale, causal):
    """Weights, the sums that they were divided by, and the maxima that were subtracted before."""
    scores = (query * scale) @ _np_repeat(key, query).swapaxes(2, 3)
    if causal:
        attn_mask = np.tri(*scores.shape[2:], dtype=bool)
    if attn_mask is not None:
        scores = np.where(attn_mask, scores, -np.inf) if attn_mask.dtype == bool else scores + attn_mask
    top = np.max(scores.real, -1, keepdims=True, initial=-np.inf)
    top = np.where(np.isneginf(top), 0, top)
    p = np.exp(scores - top)
    total = p.sum(-1, keepdims=True)
    return p / np.where(total == 0, 1, total), total, top


def _fused_backward_samples(r: Draw) -> list[Sample]:
    out = []
    for s in _fused_samples(r)[:4]:
        y, lse = _attention.op.ref(*s.arrays, **s.params)
        out.append(Sample(r(*y.shape), *s.arrays, y, lse, **s.params, mask=(True, True, True), id=s.id))
    return out


def _second_order(g, grad, query, key, value, attn_mask, scale, causal):
    """Gradients for grad, query, key and value of <a, gq> + <b, gk> + <c, gv>, which is <ds, t> + <p, grad c^T> with the weights p, their
    gradient d = grad v^T, ds = p * (d - sum(p * d)) and t = scale * (a k^T + q b^T)."""
    n, heads, groups = query.shape[0], query.shape[1], key.shape[1]

    def grouped(x):  # (N, heads, ...) as (N, groups, heads / groups, ...)
        return reshape(x, (n, groups, x.shape[1] // max(groups, 1), *x.shape[2:]))

    q, k, v = grouped(query), grouped(key), grouped(value)
    go, a, b, c = (None if x is None else grouped(transpose(x, 1, 2)) for x in (grad, *g))
    p = _weights(*_scores(q, k, None if attn_mask is None else grouped(attn_mask), scale, causal))
    d, t = matmul(go, v.mT), matmul(a, k.mT)
    if b is not None:
        t = t + matmul(q, b.mT)
    t = t * scale
    u = softmax_backward(t, p)  # for d
    to_p = d * (t - (p * t).sum(-1, True)) - t * (p * d).sum(-1, True)
    to_grad, to_v = matmul(u, v), matmul(u.mT, go)
    if c is not None:
        to_p, to_grad = to_p + matmul(go, c.mT), to_grad + matmul(p, c)
    x, ds = softmax_backward(to_p, p) * scale, softmax_backward(d, p) * scale
    to_q, to_k = matmul(x, k), matmul(x.mT, q) + matmul(ds.mT, a)
    if b is not None:
        to_q = to_q + matmul(ds, b)

    def shared(x, like):  # the sum over the heads of a group
        return reshape(_core.sum_to(x, (n, groups, 1, *like.shape[2:])), like.shape)

    to_grad = transpose(reshape(to_grad, (n, heads, *to_grad.shape[3:])), 1, 2)
    return to_grad, reshape(to_q, query.shape), shared(to_k, key), shared(to_v, value)


@defop(family="general", kernel="attention_backward", outputs=3, strided=True, where="", second_order_of="_attention", samples=_fused_backward_samples, ulp=32,
       plan=lambda grad, query, key, value, attn_mask, output, lse, scale, causal, mask: _core.Plan(
           *(x.shape[:1] + (x.shape[2], x.shape[1]) + x.shape[3:] if m else None for x, m in zip((query, key, value), (True, *mask[1:]), strict=True)),
           params=(float(scale), int(causal))),
       cost=lambda query, key, value: 2.5 * _fused_cost(query, key, value),
       vjp={("grad", "query", "key", "value"): _second_order, "attn_mask": NONDIFF, "output": NONDIFF, "lse": NONDIFF})  # fmt: skip
def attention_backward(grad, query, key, value, attn_mask, output, lse, scale, causal, mask):
    """Gradients of _attention for query, and for key and value as far as `mask` asks, laid out as its output is.

    Shapes: grad and output (N, L, H, F), the others as in _attention; returns (N, L, H, E), (N, S, G, E), (N, S, G, F). Dtypes: floats.
    """
    p, *_ = _np_weights(query, key, attn_mask, scale, causal)
    g = grad.swapaxes(1, 2)
    d = g @ _np_repeat(value, query).swapaxes(2, 3)
    d = scale * p * (d - (p * d).sum(-1, keepdims=True))
    gq = d @ _np_repeat(key, query)
    gk, gv = (
        x.reshape(x.shape[0], key.shape[1], x.shape[1] // max(key.shape[1], 1), *x.shape[2:]).sum(2)
        for x in (d.swapaxes(2, 3) @ query, p.swapaxes(2, 3) @ g)
    )
    return tuple(x.swapaxes(1, 2).astype(query.dtype) if m else None for x, m in zip((gq, gk, gv), (True, *mask[1:]), strict=True))


# ---- what users call ----


def _attention_samples(r: Draw) -> list[Sample]:
    some = np.array([[True, False, True], [False, False, False], [True, True, True], [False, True, False]])
    return [
        Sample(r(2, 4, 5), r(2, 3, 5), r(2, 3, 6), id="plain"),
        Sample(r(2, 1, 4, 5), r(2, 3, 3, 5), r(2, 3, 3, 6), attn_mask=some, id="mask-with-empty-row"),
        Sample(r(4, 5), r(3, 5), r(3, 2), attn_mask=r(4, 3), scale=0.3, id="float-mask"),
        Sample(r(2, 4, 5), r(2, 3, 5), r(2, 3, 6), is_causal=True, id="causal"),
        Sample(r(2, 4, 3, 5), r(2, 2, 6, 5), r(2, 2, 6, 3), enable_gqa=True, id="grouped"),
    ]


_SDPA = "scaled_dot_product_attention"


@composite(arrays="query key value", where="F", samples=_attention_samples, errors=[
    ErrorSample(_ones(3), _ones(2, 3), _ones(2, 3), error=ShapeError, match=r"query must be \(\.\.\., L, E\), got shape \(3,\)"),
    ErrorSample(_ones(4, 5), _ones(3, 6), _ones(3, 2), error=ShapeError, match=r"query has 5 features but key 6: query.shape=\(4, 5\), key.shape=\(3, 6\)"),
    ErrorSample(_ones(4, 5), _ones(3, 5), _ones(2, 2), error=ShapeError, match=r"key has 3 positions but value 2: key.shape=\(3, 5\), value.shape=\(2, 2\)"),
    ErrorSample(_ones(4, 5), _ones(3, 5), np.ones((3, 2)), error=DTypeError, match="expected one dtype, got query float32, key float32, value float64"),
    ErrorSample(_ones(4, 5), _ones(3, 5), _ones(3, 2), np.ones((4, 3), bool), 0.0, True, error=ValueError, match="attn_mask cannot be given with is_causal"),
    ErrorSample(_ones(4, 5), _ones(3, 5), _ones(3, 2), np.ones((3, 4), bool), error=ShapeError, match=r"attn_mask of shape \(3, 4\) does not fit the scores' \(4, 3\)"),
    ErrorSample(_ones(4, 5), _ones(3, 5), _ones(3, 2), np.ones((4, 3), np.int64), error=DTypeError, match="attn_mask must be bool or float32, got int64"),
    ErrorSample(_ones(3, 4, 5), _ones(2, 3, 5), _ones(2, 3, 2), enable_gqa=True, error=ShapeError, match="3 query heads cannot be shared by 2 heads of key"),
])  # fmt: skip
def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, *, scale=None, enable_gqa=False
):  # fmt: skip
    """softmax(query @ key.mT * scale + attn_mask) @ value, the softmax over the keys.

    attn_mask: bool, true for what a query may see, or numbers that are added. is_causal: query i sees the keys up to i. A query that
    sees nothing gets 0. dropout_p: dropout of the weights, always on. scale: 1 / sqrt(E) by default. enable_gqa: key and
    value have fewer heads (dimension -3), each for as many neighbouring heads of the query.
    Shapes: query (..., L, E), key (..., S, E), value (..., S, F), attn_mask broadcasts to (..., L, S); returns (..., L, F).
    Dtypes: floats, the same for all; attn_mask bool or that. Raises ShapeError, DTypeError, ValueError for what does not fit.
    Source: Vaswani et al., "Attention is all you need", arXiv:1706.03762.
    >>> q, k, v = mg.zeros(1, 2), mg.ones(2, 2), mg.tensor([[1.0], [3.0]])
    >>> mg.nn.functional.scaled_dot_product_attention(q, k, v)
    tensor([[2.]])
    """
    lead = _check_attention(query, key, value, enable_gqa)
    if attn_mask is not None:
        if is_causal:
            raise ValueError(f"{_SDPA}: attn_mask cannot be given with is_causal")
        _check_mask(attn_mask, query.dtype, (*lead, query.shape[-2], key.shape[-2]))
    scale = 1 / math.sqrt(max(query.shape[-1], 1)) if scale is None else scale
    if dropout_p or (attn_mask is not None and attn_mask.requires_grad):
        return _by_parts(query, key, value, attn_mask, scale, is_causal, dropout_p)
    heads = lead if len(lead) > 1 or enable_gqa else (*lead, 1)
    shared = (*heads[:-1], key.shape[-3]) if enable_gqa else heads
    query, key, value = (_by_head(t, lead, h) for t, h in ((query, heads), (key, shared), (value, shared)))
    if attn_mask is not None:
        attn_mask = _by_head(attn_mask.expand((*lead, query.shape[2], key.shape[2])), lead, heads)
    y = transpose(_attention(query, key, value, attn_mask, scale, is_causal)[0], 1, 2)
    return y if len(lead) == 2 else reshape(y, (*lead, *y.shape[2:]))


def _by_head(x, lead, heads):
    """x (..., rows, columns), expanded to `lead` before them, as (batch, heads, rows, columns)."""
    rows = x.shape[-2:]
    if len(heads) != len(lead):
        x = unsqueeze(x.expand((*lead, *rows)), -3)
    elif x.shape[:-2] != heads:
        x = x.expand((*heads, *rows))
    return x if len(heads) == 2 else reshape(x, (math.prod(heads[:-1]), heads[-1], *rows))


def _check_attention(query, key, value, grouped):
    """The dimensions before the last two that the three broadcast to."""
    for name, t, last in (("query", query, "L, E"), ("key", key, "S, E"), ("value", value, "S, F")):
        if not isinstance(t, _core.Tensor):
            raise TypeError(f"{_SDPA}: expected a Tensor as {name}, got {type(t).__name__}")
        if t.ndim < 2:
            raise ShapeError(f"{_SDPA}: {name} must be (..., {last}), got shape {t.shape}")
    if not query.is_floating_point() or not query.dtype is key.dtype is value.dtype:
        dtypes = f"query {query.dtype.name}, key {key.dtype.name}, value {value.dtype.name}"
        raise DTypeError(
            f"{_SDPA}: expected one dtype, got {dtypes}" if query.is_floating_point() else f"{_SDPA}: expected floats, got {dtypes}"
        )
    if query.shape[-1] != key.shape[-1]:
        shapes = f"query.shape={query.shape}, key.shape={key.shape}"
        raise ShapeError(f"{_SDPA}: query has {query.shape[-1]} features but key {key.shape[-1]}: {shapes}")
    if key.shape[-2] != value.shape[-2]:
        shapes = f"key.shape={key.shape}, value.shape={value.shape}"
        raise ShapeError(f"{_SDPA}: key has {key.shape[-2]} positions but value {value.shape[-2]}: {shapes}")
    q, k, v = query.shape[:-2], key.shape[:-2], value.shape[:-2]
    if grouped:
        if not q or not k or k[-1:] != v[-1:] or not k[-1] or q[-1] % k[-1]:
            raise ShapeError(f"{_SDPA}: {q[-1] if q else 0} query heads cannot be shared by {k[-1] if k else 0} heads of key or {v[-1] if v else 0} of value")  # fmt: skip
        k, v = (*k[:-1], q[-1]), (*v[:-1], q[-1])
    if q == k == v:
        return q
    try:
        return np.broadcast_shapes(q, k, v)
    except ValueError:
        shapes = f"query.shape={query.shape}, key.shape={key.shape}, value.shape={value.shape}"
        raise ShapeError(f"{_SDPA}: batches and heads cannot be broadcast together: {shapes}") from None


def _check_mask(mask, dtype, shape):
    if not isinstance(mask, _core.Tensor):
        raise TypeError(f"{_SDPA}: expected a Tensor or None as attn_mask, got {type(mask).__name__}")
    if mask.dtype is not _core.bool_ and mask.dtype is not dtype:
        raise DTypeError(f"{_SDPA}: attn_mask must be bool or {dtype.name}, got {mask.dtype.name}")
    try:
        fits = np.broadcast_shapes(mask.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"{_SDPA}: attn_mask of shape {mask.shape} does not fit the scores' {shape}")
