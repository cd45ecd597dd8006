"""Attention of several heads as a layer."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from . import functional as F
from . import init
from ._shapes import size
from .linear import Linear
from .module import Module
from .parameter import Parameter


class MultiheadAttention(Module):
    """softmax(q @ k.mT / sqrt(head_dim) + masks) @ v for each of `num_heads` heads, between projections in and out.

    Masks: key_padding_mask (N, S), attn_mask (L, S) or (N * heads, L, S), bool, true for what must *not* be seen, or added numbers; both may be
    given. is_causal: a hint that attn_mask is causal. add_bias_kv: one more key and value, learned; add_zero_attn: one more of zeros.
    Shapes:  query (L, N, E), key (S, N, kdim), value (S, N, vdim), with batch_first N first, or all without N; returns (output, weights),
             output like query, weights (N, L, S), with average_attn_weights=False (N, heads, L, S), None with need_weights=False, which
             lets them go through the fused kernel and never be there as a whole.
    Initial: projections Xavier-uniform, biases 0, bias_k and bias_v Xavier-normal.
    >>> attention = MultiheadAttention(8, 2, batch_first=True)
    >>> x = mg.zeros(3, 5, 8)
    >>> y, weights = attention(x, x, x)
    >>> y.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))
    """

    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        e = self.embed_dim = size(embed_dim, "MultiheadAttention", "embed_dim")
        self.num_heads = size(num_heads, "MultiheadAttention", "num_heads")
        if e < 1 or num_heads < 1 or e % num_heads:
            raise ShapeError(f"MultiheadAttention: embed_dim={embed_dim} features cannot be divided into num_heads={num_heads}")
        self.kdim, self.vdim = e if kdim is None else kdim, e if vdim is None else vdim
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = e // num_heads
        self.add_zero_attn = add_zero_attn
        together = self.kdim == self.vdim == e

        def matrix(rows: int, columns: int) -> Parameter:
            return Parameter(mg.empty((rows, columns), device=device, dtype=dtype))

        for name, width in (("q", e), ("k", self.kdim), ("v", self.vdim)):
            self.register_parameter(f"{name}_proj_weight", None if together else matrix(e, width))
        self.register_parameter("in_proj_weight", matrix(3 * e, e) if together else None)
        self.register_parameter("in_proj_bias", Parameter(mg.empty(3 * e, device=device, dtype=dtype)) if bias else None)
        self.out_proj = Linear(e, e, bias, device, dtype)
        for name in ("bias_k", "bias_v"):
            self.register_parameter(name, Parameter(mg.empty((1, 1, e), device=device, dtype=dtype)) if add_bias_kv else None)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for row in (self.bias_k, self.bias_v):
            if row is not None:
                init.xavier_normal_(row)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        turned = self.batch_first and query.ndim == 3
        if turned:  # the same tensor stays the same, which lets one product make queries, keys and values
            others = {id(t): t.transpose(0, 1) for t in (query, key, value)}
            query, key, value = (others[id(t)] for t in (query, key, value))
        output, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v,
            self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, self.training, key_padding_mask, need_weights, attn_mask,
            self.in_proj_weight is None, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight, None, None, average_attn_weights, is_causal,
        )  # fmt: skip
        return output.transpose(0, 1) if turned else output, weights

    def extra_repr(self) -> str:
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}, batch_first={self.batch_first}"


class SDPBackend(enum.IntEnum):
    """The ways in which PyTorch computes attention; here there is one."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextmanager
def sdpa_kernel(backends: SDPBackend | list[SDPBackend], set_priority: bool = False) -> Iterator[None]:
    """Accepted, and chooses nothing: attention has one kernel, which keeps no matrix of all scores.

    >>> with sdpa_kernel(SDPBackend.MATH):
    ...     mg.nn.functional.scaled_dot_product_attention(*mg.randn(3, 1, 4, 8)).shape
    (1, 4, 8)
    """
    yield
