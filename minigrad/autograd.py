"""Differentiation: `backward`, `grad` and the grad modes."""

from ._core import Node, backward, enable_grad, grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled

__all__ = ["Node", "backward", "enable_grad", "grad", "inference_mode", "is_grad_enabled", "no_grad", "set_grad_enabled"]
