"""Methods that change a tensor's shape in place: `x.unsqueeze_(0)` and its like. The memory stays; the tensor looks at it differently."""

from __future__ import annotations

from .. import _core
from .shape import as_strided, squeeze, t, transpose, unsqueeze


def _in_place(name, view):
    def method(self, *args, **kwargs):
        return _core.become_view(view, name, self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = (
        f"`{name[:-1]}` in place; returns the tensor itself. Raises GradError for a leaf that requires grad while gradients are recorded."
    )
    _core.attach(name, method)


for _name, _view in {
    "as_strided_": as_strided, "squeeze_": squeeze, "swapaxes_": transpose, "swapdims_": transpose, "t_": t, "transpose_": transpose, "unsqueeze_": unsqueeze,
}.items():  # fmt: skip
    _in_place(_name, _view)
