"""Tools for networks: clipping gradients, computed and pruned weights, folding, sequences of different lengths."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from ...missing import refuser as _refuser
from . import rnn
from .clip_grad import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .convert import parameters_to_vector, vector_to_parameters

clip_grad_norm = clip_grad_norm_

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
    "get_total_norm",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "prune",
    "remove_spectral_norm",
    "remove_weight_norm",
    "rnn",
    "skip_init",
    "spectral_norm",
    "vector_to_parameters",
    "weight_norm",
]

if _TYPE_CHECKING:
    from . import parametrizations, parametrize, prune
    from .fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights
    from .init import skip_init
    from .reparametrize import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm
else:  # what few programs need is imported when it is first asked for
    __getattr__ = _refuser(
        globals(),
        {
            **dict.fromkeys(("fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"), "fusion"),
            **dict.fromkeys(("remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"), "reparametrize"),
            **{name: name for name in ("parametrizations", "parametrize", "prune", "stateless")},
            "skip_init": "init",
        },
    )
