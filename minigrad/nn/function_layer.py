"""`FunctionLayer`: a module that is one function of `minigrad.nn.functional` with its settings kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from minigrad._core import Tensor

from . import functional as F
from .module import Module

if TYPE_CHECKING:
    import inspect

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_):
        return lambda cls: cls


class _Signature:
    """The signature of a layer's constructor, made of its fields when somebody first asks for it."""

    def __get__(self, layer: Any, cls: type[FunctionLayer]) -> inspect.Signature:
        if "_signature" not in cls.__dict__:
            from inspect import Parameter, Signature

            kind = Parameter.KEYWORD_ONLY if cls._keyword_only else Parameter.POSITIONAL_OR_KEYWORD
            fields = [
                Parameter(name, kind, default=getattr(cls, name, Parameter.empty), annotation=annotation)
                for name, annotation in cls._fields.items()
            ]
            cls._signature = Signature(fields, return_annotation=None)
        return cls._signature


@dataclass_transform()
class FunctionLayer(Module):
    """Base of layers that only keep the settings of a function: a subclass names the function and lists the settings as fields with
    defaults, in the order of the constructor's arguments. They are attributes of the layer and keyword arguments of the function.

    >>> class Shrink(FunctionLayer):
    ...     function = "hardshrink"
    ...     lambd: float = 0.5
    >>> import minigrad as mg
    >>> Shrink(lambd=1)
    Shrink(lambd=1)
    >>> Shrink(1)(mg.tensor([0.5, 3.0])).tolist()
    [0.0, 3.0]
    """

    function: ClassVar[str]
    shown: ClassVar[tuple[str, ...] | None] = None  # the fields that stand in the repr: all unless given
    _fields: ClassVar[dict[str, Any]] = {}
    _keyword_only: ClassVar[bool] = False
    _signature: ClassVar[Any]
    __signature__ = _Signature()

    def __init_subclass__(cls, kw_only: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: kind for name, kind in cls.__annotations__.items() if not str(kind).startswith("ClassVar")}
        cls._fields, cls._keyword_only = {**cls._fields, **own}, kw_only

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        try:
            bound = type(self).__signature__.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}: {error}") from None
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            setattr(self, name, value)
        self.check()

    def check(self) -> None:
        """Refuse settings that make no sense, and complete those that depend on others."""

    def forward(self, *input: Any) -> Tensor:
        members = self.__dict__
        return getattr(F, self.function)(*input, **{name: members[name] for name in self._fields})

    def extra_repr(self) -> str:
        shown = self._fields if self.shown is None else self.shown
        values = [(name, self.__dict__[name]) for name in shown]
        return ", ".join(f"{name}={value!r}" for name, value in values if name != "inplace" or value)
