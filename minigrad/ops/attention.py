"""Attention: weighted means of values, by how well their keys fit the queries; and the layer of several heads made of it.

Masks become numbers that are added to the scores, -inf for what must not be seen. A query that sees nothing has scores of -inf
alone, whose softmax is 0 / 0; scaled_dot_product_attention gives such rows 0, and no gradient, as PyTorch does.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from .activation import softmax
from .dropout import dropout
from .elementwise import _choose, eq, logical_not, mul
from .matmul import linear, matmul
from .pad import pad
from .shape import cat, chunk, flatten, permute, reshape, split, squeeze, unsqueeze


def _ones(*shape):
    return np.ones(shape, np.float32)


# ---- one attention ----


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
    _check_attention(query, key, value)
    if attn_mask is not None and is_causal:
        raise ValueError(f"{_SDPA}: attn_mask cannot be given with is_causal")
    if enable_gqa:
        key, value = (_repeat_heads(t, query) for t in (key, value))
    positions = (query.shape[-2], key.shape[-2])
    if is_causal:
        attn_mask = _core.from_numpy(np.tri(*positions, dtype=np.bool_))
    scale = 1 / math.sqrt(max(query.shape[-1], 1)) if scale is None else scale
    scores = matmul(mul(query, scale), key.mT)
    if attn_mask is None:
        weights = softmax(scores, -1)
    else:
        weights = _masked_softmax(scores, attn_mask)
    return matmul(dropout(weights, dropout_p), value)


def _check_attention(query, key, value):
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


def _repeat_heads(x, query):
    """x (..., heads, S, E) with each head as often as it serves heads of the query."""
    if x.ndim < 3 or query.ndim < 3 or query.shape[-3] % x.shape[-3]:
        heads = x.shape[-3] if x.ndim > 2 else 0
        raise ShapeError(
            f"{_SDPA}: {query.shape[-3] if query.ndim > 2 else 0} query heads cannot be shared by {heads} heads of key or value"
        )
    times = query.shape[-3] // x.shape[-3]
    return flatten(unsqueeze(x, -3).expand((*x.shape[:-2], times, *x.shape[-2:])), -4, -3) if times > 1 else x


def _masked_softmax(scores, mask):
    if not isinstance(mask, _core.Tensor):
        raise TypeError(f"{_SDPA}: expected a Tensor or None as attn_mask, got {type(mask).__name__}")
    if mask.dtype is not _core.bool_ and mask.dtype is not scores.dtype:
        raise DTypeError(f"{_SDPA}: attn_mask must be bool or {scores.dtype.name}, got {mask.dtype.name}")
    try:
        fits = np.broadcast_shapes(mask.shape, scores.shape) == scores.shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"{_SDPA}: attn_mask of shape {mask.shape} does not fit the scores' {scores.shape}")
    if mask.dtype is _core.bool_:
        scores, blind = _choose(mask, scores, -math.inf), logical_not(mask.any(-1, True))
    else:
        scores, blind = scores + mask, eq(mask.detach(), -math.inf).all(-1, True)
    if not blind.any():
        return softmax(scores, -1)
    # Before and behind: 0 / 0 must arise neither in the weights nor in their gradient.
    return _choose(blind, 0, softmax(_choose(blind, 0, scores), -1))


# ---- several heads ----

_MHA = "multi_head_attention_forward"


def _heads_samples(r: Draw) -> list[Sample]:
    def layer(e, h, **q):
        return {"embed_dim_to_check": e, "num_heads": h, "in_proj_weight": r(3 * e, e), "in_proj_bias": r(3 * e), "bias_k": None, "bias_v": None,
                "add_zero_attn": False, "dropout_p": 0.0, "out_proj_weight": r(e, e), "out_proj_bias": r(e), **q}  # fmt: skip

    x = r(4, 2, 6)
    hidden = np.array([[False, False, True], [False, False, False]])
    separate = {
        "in_proj_weight": None,
        "use_separate_proj_weight": True,
        "q_proj_weight": r(6, 6),
        "k_proj_weight": r(6, 5),
        "v_proj_weight": r(6, 2),
    }
    return [
        Sample(x, x, x, id="self", **layer(6, 2, need_weights=False)),
        Sample(r(4, 2, 6), r(3, 2, 6), r(3, 2, 6), id="masks", **layer(6, 3, key_padding_mask=hidden, attn_mask=r(4, 3), average_attn_weights=False)),
        Sample(r(4, 6), r(3, 5), r(3, 2), id="separate-unbatched", **layer(6, 2, add_zero_attn=True, bias_k=r(1, 1, 6), bias_v=r(1, 1, 6), **separate)),
    ]  # fmt: skip


def _mha(query, key, value, **changes):
    e = 4
    layer = {"embed_dim_to_check": e, "num_heads": 2, "in_proj_weight": _ones(3 * e, e), "in_proj_bias": None, "bias_k": None, "bias_v": None,
             "add_zero_attn": False, "dropout_p": 0.0, "out_proj_weight": _ones(e, e), "out_proj_bias": None}  # fmt: skip
    error, match = changes.pop("error"), changes.pop("match")
    return ErrorSample(_ones(*query), _ones(*key), _ones(*value), error=error, match=f"{_MHA}: {match}", **layer | changes)


@composite(arrays="query key value", where="F", samples=_heads_samples, errors=[
    _mha((4,), (3, 4), (3, 4), error=ShapeError, match=r"query must be \(L, N, E\) or \(L, E\), got shape \(4,\)"),
    _mha((5, 2, 4), (3, 4), (3, 4), error=ShapeError, match=r"key and value must have 3 dimensions like query, got shapes \(3, 4\) and \(3, 4\)"),
    _mha((5, 2, 3), (5, 2, 3), (5, 2, 3), error=ShapeError, match=r"query has 3 features, expected 4"),
    _mha((5, 2, 4), (3, 2, 4), (2, 2, 4), error=ShapeError, match=r"key and value do not fit: shapes \(3, 2, 4\) and \(2, 2, 4\)"),
    _mha((5, 2, 4), (3, 2, 4), (3, 2, 4), num_heads=3, error=ShapeError, match=r"4 features cannot be divided into num_heads=3"),
    _mha((5, 2, 4), (3, 2, 4), (3, 2, 4), is_causal=True, error=ValueError, match="is_causal is a hint about attn_mask, which must be given too"),
    _mha((5, 2, 4), (3, 2, 4), (3, 2, 4), attn_mask=np.ones((3, 5), bool), error=ShapeError, match=r"attn_mask must have shape \(5, 3\) or \(4, 5, 3\), got \(3, 5\)"),
    _mha((5, 2, 4), (3, 2, 4), (3, 2, 4), key_padding_mask=np.ones((3, 2), bool), error=ShapeError, match=r"key_padding_mask must have shape \(2, 3\), got \(3, 2\)"),
])  # fmt: skip
def multi_head_attention_forward(
    query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, dropout_p, out_proj_weight,
    out_proj_bias, training=True, key_padding_mask=None, need_weights=True, attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None,
    k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None, average_attn_weights=True, is_causal=False,
):  # fmt: skip
    """Attention of `num_heads` heads between linear layers: what nn.MultiheadAttention computes. Returns (output, weights or None).

    Masks: key_padding_mask (N, S) and attn_mask (L, S) or (N * heads, L, S), bool, true for what must *not* be seen, or added numbers.
    bias_k, bias_v (1, 1, E), and add_zero_attn, which is zeros, are one more position each. static_k, static_v (N * heads, S, E / heads)
    stand for projected keys and values. is_causal: a hint that attn_mask is causal. Weights: the mean over the heads, unless
    average_attn_weights=False; with need_weights=False the output alone is computed.
    Shapes: query (L, N, E), key (S, N, Ek), value (S, N, Ev), or all without N; returns (L, N, E) and (N, L, S) or (N, heads, L, S).
    Dtypes: floats, the same for all. Raises ShapeError, ValueError for what does not fit.
    Source: Vaswani et al., "Attention is all you need", arXiv:1706.03762.
    >>> x, w = mg.eye(2), mg.eye(2)
    >>> y, weights = mg.nn.functional.multi_head_attention_forward(
    ...     x, x, x, 2, 1, mg.cat([w * 0, w * 0, w]), None, None, None, False, 0.0, w, None)
    >>> y
    tensor([[0.5, 0.5],
            [0.5, 0.5]])
    """
    batched = _check_heads(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    if is_causal and attn_mask is None:
        raise ValueError(f"{_MHA}: is_causal is a hint about attn_mask, which must be given too")
    if not batched:
        query, key, value = (unsqueeze(t, 1) for t in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else unsqueeze(key_padding_mask, 0)
    long, n, e = query.shape
    if use_separate_proj_weight:
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
    else:
        weights = chunk(in_proj_weight, 3, 0)
    biases = (None,) * 3 if in_proj_bias is None else chunk(in_proj_bias, 3, 0)
    if query is key is value and not use_separate_proj_weight:
        q, k, v = split(linear(query, in_proj_weight, in_proj_bias), e, -1)
    else:
        q, k, v = (linear(t, w, b) for t, w, b in zip((query, key, value), weights, biases, strict=True))
    mask = _merged_mask(attn_mask, key_padding_mask, (n, num_heads, long, key.shape[0]), q.dtype)
    extra = 0
    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            raise ValueError(f"{_MHA}: bias_k and bias_v cannot be given with static_k and static_v")
        k, v = (cat([t, b.expand((1, n, e))]) for t, b in ((k, bias_k), (v, bias_v)))
        extra += 1
    elif bias_k is not None or bias_v is not None:
        raise ValueError(f"{_MHA}: bias_k and bias_v must be given together")
    size = e // num_heads
    q = _by_head(q, n, num_heads, size)
    k = _by_head(k, n, num_heads, size) if static_k is None else _static("static_k", static_k, n, num_heads, size)
    v = _by_head(v, n, num_heads, size) if static_v is None else _static("static_v", static_v, n, num_heads, size)
    if add_zero_attn:
        k, v = (cat([t, _core.full_of((n, num_heads, 1, size), 0, t.dtype)], 2) for t in (k, v))
        extra += 1
    if mask is not None and extra:
        mask = pad(mask, (0, extra))
    dropout_p = dropout_p if training else 0.0
    if need_weights:
        scores = matmul(mul(q, 1 / math.sqrt(size)), k.mT)
        shares = dropout(softmax(scores if mask is None else scores + mask, -1), dropout_p)
        y = matmul(shares, v)
    else:
        shares, y = None, scaled_dot_product_attention(q, k, v, mask, dropout_p)
    y = linear(reshape(permute(y, (2, 0, 1, 3)), (long, n, e)), out_proj_weight, out_proj_bias)
    if shares is not None and average_attn_weights:
        shares = shares.mean(1)
    if batched:
        return y, shares
    return squeeze(y, 1), None if shares is None else squeeze(shares, 0)


def _check_heads(query, key, value, e, heads, separate):
    """Whether the three have a batch dimension."""
    for name, t in (("query", query), ("key", key), ("value", value)):
        if not isinstance(t, _core.Tensor):
            raise TypeError(f"{_MHA}: expected a Tensor as {name}, got {type(t).__name__}")
    if query.ndim not in (2, 3):
        raise ShapeError(f"{_MHA}: query must be (L, N, E) or (L, E), got shape {query.shape}")
    if not query.ndim == key.ndim == value.ndim:
        raise ShapeError(f"{_MHA}: key and value must have {query.ndim} dimensions like query, got shapes {key.shape} and {value.shape}")
    if query.shape[-1] != e:
        raise ShapeError(f"{_MHA}: query has {query.shape[-1]} features, expected {e}")
    if key.shape[:-1] != value.shape[:-1] or (not separate and key.shape != value.shape) or key.shape[1:-1] != query.shape[1:-1]:
        raise ShapeError(f"{_MHA}: key and value do not fit: shapes {key.shape} and {value.shape} for query {query.shape}")
    if heads < 1 or e % heads:
        raise ShapeError(f"{_MHA}: {e} features cannot be divided into num_heads={heads}")
    return query.ndim == 3


def _by_head(x, n, heads, size):
    """(S, N, heads * size) as (N, heads, S, size)."""
    return permute(reshape(x, (x.shape[0], n, heads, size)), (1, 2, 0, 3))


def _static(name, x, n, heads, size):
    if x.ndim != 3 or x.shape[0] != n * heads or x.shape[2] != size:
        raise ShapeError(f"{_MHA}: {name} must be (N * heads, S, E / heads) = ({n * heads}, S, {size}), got shape {x.shape}")
    return reshape(x, (n, heads, x.shape[1], size))


def _additive(name, mask, dtype):
    if not isinstance(mask, _core.Tensor):
        raise TypeError(f"{_MHA}: expected a Tensor or None as {name}, got {type(mask).__name__}")
    if mask.dtype is _core.bool_:
        return _choose(mask, _core.full_of((), -math.inf, dtype), _core.full_of((), 0, dtype))
    if not mask.is_floating_point():
        raise DTypeError(f"{_MHA}: {name} must be bool or floats, got dtype {mask.dtype.name}")
    return _core.cast(mask, dtype)


def _merged_mask(attn_mask, key_padding_mask, shape, dtype):
    """Both masks as numbers to add to scores of `shape` (N, heads, L, S), or None."""
    n, heads, long, s = shape
    mask = None
    if attn_mask is not None:
        mask = _additive("attn_mask", attn_mask, dtype)
        if mask.shape == (n * heads, long, s) and mask.ndim == 3:
            mask = reshape(mask, shape)
        elif mask.shape != (long, s):
            raise ShapeError(f"{_MHA}: attn_mask must have shape {(long, s)} or {(n * heads, long, s)}, got {attn_mask.shape}")
    if key_padding_mask is not None:
        if key_padding_mask.shape != (n, s):
            raise ShapeError(f"{_MHA}: key_padding_mask must have shape {(n, s)}, got {key_padding_mask.shape}")
        hidden = reshape(_additive("key_padding_mask", key_padding_mask, dtype), (n, 1, 1, s))
        mask = hidden if mask is None else mask + hidden
    return mask
