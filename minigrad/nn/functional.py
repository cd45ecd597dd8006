"""The functions that layers are made of: every op that PyTorch keeps in `torch.nn.functional`, under its name there."""

from __future__ import annotations

from typing import Any

from minigrad import ops, registry


def _in_place(name: str) -> Any:
    def in_place(input: Any, *args: Any, **kwargs: Any) -> Any:
        return registry.OPS[name].function(input, *args, inplace=True, **kwargs)

    in_place.__name__ = in_place.__qualname__ = f"{name}_"
    in_place.__doc__ = f"`{name}` in place; returns the tensor itself."
    return in_place


# The activations that PyTorch has in place here as well.
_OVERWRITING = ("celu", "elu", "hardtanh", "leaky_relu", "relu", "rrelu", "selu", "threshold")
globals().update({f"{name}_": _in_place(name) for name in _OVERWRITING})

__getattr__, __dir__ = ops.namespace(globals(), "F")
