"""PyTorch's path to what registering a hook returns: `from minigrad.utils.hooks import RemovableHandle`."""

from ..nn.hooks import RemovableHandle as RemovableHandle
