"""Several heads of attention between linear layers: what a layer of a transformer calls.

Masks become numbers that are added to the scores, -inf for what must not be seen.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from .activation import softmax
from .attention import scaled_dot_product_attention
from .dropout import dropout
from .elementwise import _choose, mul
from .matmul import linear, matmul
from .pad import pad
from .shape import cat, chunk, permute, reshape, split, squeeze, unsqueeze


def _ones(*shape):
    return np.ones(shape, np.float32)


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
    tensor([[0.5000, 0.5000],
            [0.5000, 0.5000]])
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
        # Where the hint says all that there is to say, the mask need not be looked at, and what it hides need not be computed.
        causal = is_causal and key_padding_mask is None and not extra and static_k is None
        shares, y = None, scaled_dot_product_attention(q, k, v, None if causal else mask, dropout_p, causal)
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
