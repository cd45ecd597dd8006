"""Batch normalisation folded into the layer before it, for inference."""

from __future__ import annotations

import copy
from typing import Any

import minigrad as mg
from minigrad._core import Tensor

from ..module import Module
from ..parameter import Parameter


def _folded(weight: Tensor, bias: Tensor | None, norm: tuple[Any, ...], eps: float, axis: int) -> tuple[Parameter, Parameter]:
    mean, var, scale, shift = norm
    with mg.no_grad():
        factor = mg.rsqrt(var + eps) * (mg.ones_like(mean) if scale is None else scale)
        shape = [1] * weight.dim()
        shape[axis] = -1
        moved = (-mean if bias is None else bias - mean) * factor
        new = weight * factor.reshape(shape), moved if shift is None else moved + shift
    requires = weight.requires_grad
    return Parameter(new[0].to(weight.dtype), requires), Parameter(new[1].to(weight.dtype), requires)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a convolution followed by a batch normalisation in evaluation mode.

    Shapes: conv_w (out, in/groups, *kernel), or (in, out/groups, *kernel) with `transpose`; all others (out,) or None.
    >>> one, zero = mg.ones(2), mg.zeros(2)
    >>> fuse_conv_bn_weights(mg.ones(2, 1, 3), None, one, one, 0.0, one, zero)[1].tolist()
    [-1.0, -1.0]
    """
    return _folded(conv_w, conv_b, (bn_rm, bn_rv, bn_w, bn_b), bn_eps, 1 if transpose else 0)


def fuse_linear_bn_weights(
    linear_w: Tensor, linear_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor, bn_eps: float, bn_w: Tensor, bn_b: Tensor
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a linear layer followed by a batch normalisation in evaluation mode.

    Shapes: linear_w (out, in); all others (out,) or None.
    >>> one, zero = mg.ones(2), mg.zeros(2)
    >>> fuse_linear_bn_weights(mg.ones(2, 1), None, one, one, 0.0, one, zero)[1].tolist()
    [-1.0, -1.0]
    """
    return _folded(linear_w, linear_b, (bn_rm, bn_rv, bn_w, bn_b), bn_eps, 0)


def _fuse(layer: Any, bn: Any, transpose: bool, name: str) -> Any:
    if layer.training or bn.training:
        raise ValueError(f"{name}: fusion only for eval: call .eval() on both first")
    if bn.running_mean is None or bn.running_var is None:
        raise ValueError(f"{name}: expected a batch normalisation that tracks running statistics")
    fused = copy.deepcopy(layer)
    norm = (bn.running_mean, bn.running_var, bn.weight, bn.bias)
    fused.weight, fused.bias = _folded(layer.weight, layer.bias, norm, bn.eps, 1 if transpose else 0)
    return fused


def fuse_conv_bn_eval(conv: Module, bn: Module, transpose: bool = False) -> Module:
    """A convolution that does what `conv` and then `bn` do in evaluation mode. Both stay as they are.

    Raises ValueError for modules in training mode.
    >>> conv, bn = mg.nn.Conv2d(3, 4, 3).eval(), mg.nn.BatchNorm2d(4).eval()
    >>> x = mg.randn(1, 3, 8, 8)
    >>> mg.allclose(fuse_conv_bn_eval(conv, bn)(x), bn(conv(x)), atol=1e-5)
    True
    """
    return _fuse(conv, bn, transpose, "fuse_conv_bn_eval")


def fuse_linear_bn_eval(linear: Module, bn: Module) -> Module:
    """A linear layer that does what `linear` and then `bn` do in evaluation mode. Both stay as they are.

    Raises ValueError for modules in training mode, and for sizes that do not fit.
    >>> linear, bn = mg.nn.Linear(3, 4).eval(), mg.nn.BatchNorm1d(4).eval()
    >>> x = mg.randn(5, 3)
    >>> mg.allclose(fuse_linear_bn_eval(linear, bn)(x), bn(linear(x)), atol=1e-5)
    True
    """
    if linear.out_features != bn.num_features:
        raise ValueError(
            f"fuse_linear_bn_eval: linear.out_features == bn.num_features needed, got {linear.out_features} and {bn.num_features}"
        )
    return _fuse(linear, bn, False, "fuse_linear_bn_eval")
