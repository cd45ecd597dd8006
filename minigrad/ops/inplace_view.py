"""Methods that change a tensor's shape in place: `x.unsqueeze_(0)` and its like. The memory stays; the tensor looks at it differently.

They are not recorded: what other tensors know of this one (its views, the graph) is about its shape, too.
"""

from __future__ import annotations

from .. import _core
from ..errors import GradError
from .shape import as_strided, squeeze, t, transpose, unsqueeze


def _in_place(name, view):
    def method(self, *args, **kwargs):
        if self.requires_grad and _core.is_grad_enabled():
            raise GradError(f"{name}_: a tensor's shape cannot be changed in place while gradients are recorded; use x = x.{name}(...)")
        self.data = view(self.detach(), *args, **kwargs)
        return self

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = (
        f"`{name}` in place; returns the tensor itself. Raises GradError for a tensor that requires grad while gradients are recorded."
    )
    _core.attach(f"{name}_", method)


for _name, _view in {
    "as_strided": as_strided, "squeeze": squeeze, "swapaxes": transpose, "swapdims": transpose, "t": t, "transpose": transpose, "unsqueeze": unsqueeze,
}.items():  # fmt: skip
    _in_place(_name, _view)
