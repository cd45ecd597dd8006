"""Parameters that are computed from others: `register_parametrization` makes `module.weight` the value of a module of the user's.

The module gets a class of its own, a subclass of the one it had, in which the name is a property. What is trained and saved is
`module.parametrizations.weight.original` (or `original0`, `original1`, ... where the inverse gives several tensors).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import minigrad as mg
from minigrad._core import Tensor

from ..containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

_cache: dict[tuple[int, str], Tensor] | None = None  # values within `cached`, by module and name


@contextmanager
def cached() -> Iterator[None]:
    """Within it each parametrized tensor is computed once.

    >>> layer = register_parametrization(mg.nn.Linear(2, 2), "weight", mg.nn.Tanh())
    >>> with cached():
    ...     layer.weight is layer.weight
    True
    """
    global _cache
    outer = _cache
    _cache = {} if outer is None else outer
    try:
        yield
    finally:
        _cache = outer


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, applied in turn, and the tensor or tensors that they start from."""

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        start = _inverse(modules, original)
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if isinstance(start, Tensor) else len(start)
        if isinstance(start, Tensor):
            if start.dtype is not original.dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype: "
                    f"original.dtype is {original.dtype}, right_inverse(original).dtype is {start.dtype}"
                )
            with mg.no_grad():
                _set(original, start)
            self._keep("original", original, original)
        else:
            for i, tensor in enumerate(start):
                self._keep(f"original{i}", tensor, original)
        if not unsafe:
            _check_same("Registering a parametrization", self(), original)

    def _keep(self, name: str, tensor: Tensor, original: Tensor) -> None:
        if not isinstance(original, Parameter):
            self.register_buffer(name, tensor.detach())
        elif isinstance(tensor, Parameter):
            self.register_parameter(name, tensor)
        else:
            self.register_parameter(name, Parameter(tensor.detach().clone(), original.requires_grad))

    def right_inverse(self, value: Tensor) -> None:
        """Set what is trained so that the parametrizations give `value`."""
        with mg.no_grad():
            start: Any = value
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                start = module.right_inverse(start)
            if self.is_tensor != isinstance(start, Tensor):
                raise ValueError(
                    f"`right_inverse` should return {'a tensor' if self.is_tensor else 'a sequence'}. Got {type(start).__name__}"
                )
            tensors = [start] if self.is_tensor else list(start)
            if len(tensors) != self.ntensors:
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got one of length {len(tensors)}."
                )
            for target, tensor in zip(self._originals(), tensors, strict=True):
                if tensor.dtype is not target.dtype:
                    raise ValueError(
                        f"The tensor returned by `right_inverse` has dtype {tensor.dtype} while `original` has dtype {target.dtype}"
                    )
                _set(target, tensor)

    def _originals(self) -> list[Tensor]:
        return [getattr(self, "original" if self.is_tensor else f"original{i}") for i in range(self.ntensors)]

    def __len__(self) -> int:
        return sum(name.isdigit() for name in self._module_names)

    def forward(self) -> Tensor:
        first, *others = self
        value = first(*self._originals())
        for module in others:
            value = module(value)
        return value


def _inverse(modules: Sequence[Module], value: Tensor) -> Any:
    """What the parametrizations have to start from to give `value`; those that have no inverse leave it as it is."""
    with mg.no_grad():
        for module in reversed(modules):
            if hasattr(module, "right_inverse"):
                try:
                    value = module.right_inverse(value)
                except NotImplementedError:
                    pass
    if not isinstance(value, Tensor) and not (isinstance(value, Sequence) and all(isinstance(t, Tensor) for t in value)):
        raise ValueError(f"'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got {type(value).__name__}")
    return value


def _set(target: Tensor, value: Tensor) -> None:
    """Give `target` the values of another tensor, in its own memory if the shapes allow it."""
    if target is value:
        return
    if target.shape == value.shape:
        target.copy_(value)
    else:
        target.data = value.detach().clone()


def _check_same(what: str, value: Any, tensor: Tensor) -> None:
    if not isinstance(value, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(value).__name__}.")
    for name, before, after in (("dtype", tensor.dtype, value.dtype), ("shape", tuple(tensor.shape), tuple(value.shape))):
        if before != after:
            raise ValueError(
                f"{what} may not change the {name} of the tensor, unless `unsafe` flag is enabled: it was {before} and becomes {after}"
            )


def register_parametrization(module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> Module:
    """Make a parameter or buffer the value of `parametrization` of a tensor of the same shape and dtype; more of them apply in turn.

    With a method `right_inverse` the tensor keeps its value, and can be assigned to. `unsafe` allows a change of shape or dtype.
    Raises ValueError if there is no such tensor or if shape or dtype change.

    >>> class Symmetric(Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = register_parametrization(mg.nn.Linear(3, 3), "weight", Symmetric())
    >>> mg.equal(layer.weight, layer.weight.T)
    True
    >>> list(layer.state_dict())
    ['bias', 'parametrizations.weight.original']
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        entry = module.parametrizations[tensor_name]
        if not unsafe:
            value = getattr(module, tensor_name)
            after = parametrization(value)
            _check_same("Registering a parametrization", after, value)
            if hasattr(parametrization, "right_inverse"):
                _check_same("`right_inverse`", _inverse([parametrization], after), value)
        entry.append(parametrization)
        entry.unsafe |= unsafe
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'")
    original = getattr(module, tensor_name)
    entry = ParametrizationList([parametrization], original, unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _own_class(module)
        module.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, _property(tensor_name))
    module.parametrizations[tensor_name] = entry
    return module


def _own_class(module: Module) -> None:
    """Give the module a class of its own, for its properties."""
    plain = type(module)

    def reduce(self: Any) -> Any:
        return _rebuild, (plain, list(self.parametrizations), {**self.__dict__})

    def deepcopy(self: Any, memo: dict[int, Any]) -> Any:
        import copy

        if id(self) not in memo:
            memo[id(self)] = twin = plain.__new__(plain)
            twin.__dict__.update({k: copy.deepcopy(v, memo) for k, v in self.__dict__.items()})
            _take_class(twin, list(self.parametrizations))
        return memo[id(self)]

    members = {"__reduce__": reduce, "__deepcopy__": deepcopy, "__module__": plain.__module__}
    module.__class__ = type(f"Parametrized{plain.__name__}", (plain,), members)


def _take_class(module: Any, names: list[str]) -> None:
    _own_class(module)
    for name in names:
        setattr(type(module), name, _property(name))


def _rebuild(plain: type[Module], names: list[str], state: dict[str, Any]) -> Module:
    module = plain.__new__(plain)
    module.__dict__.update(state)
    _take_class(module, names)
    return module


def _property(name: str) -> property:
    def read(self: Any) -> Tensor:
        if _cache is None:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = self.parametrizations[name]()
        return _cache[key]

    def write(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    return property(read, write)


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has parametrizations, or one of the given name.

    >>> is_parametrized(mg.nn.Linear(2, 2))
    False
    """
    entries = module.__dict__.get("parametrizations")
    if not isinstance(entries, ModuleDict):
        return False
    return len(entries) > 0 if tensor_name is None else tensor_name in entries


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a parametrized tensor an ordinary one again: with its present value, or with the one that it was computed from.

    >>> layer = register_parametrization(mg.nn.Linear(2, 2), "weight", mg.nn.Tanh())
    >>> remove_parametrizations(layer, "weight")
    Linear(in_features=2, out_features=2, bias=True)
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    entry = module.parametrizations[tensor_name]
    if entry.is_tensor:
        original = entry.original
        if leave_parametrized:
            with mg.no_grad():
                _set(original, getattr(module, tensor_name))
    elif leave_parametrized:
        value, parameter = getattr(module, tensor_name).detach(), entry.original0
        original = Parameter(value, parameter.requires_grad) if isinstance(parameter, Parameter) else value
    else:
        raise ValueError("Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of several")
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    if isinstance(original, Parameter):
        module.register_parameter(tensor_name, original)
    else:
        module.register_buffer(tensor_name, original)
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had before its first parametrization.

    >>> type_before_parametrizations(mg.nn.Linear(2, 2)).__name__
    'Linear'
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module: Module, to_module: Module, tensor_name: str | None = None) -> Module:
    """Give `to_module` the parametrizations of `from_module` (or those of one tensor) and what they are computed from.

    >>> first = register_parametrization(mg.nn.Linear(2, 2), "weight", mg.nn.Tanh())
    >>> second = transfer_parametrizations_and_params(first, mg.nn.Linear(2, 2))
    >>> mg.equal(first.weight, second.weight)
    True
    """
    if not is_parametrized(from_module):
        return to_module
    entries = from_module.parametrizations
    for name in list(entries) if tensor_name is None else [tensor_name]:
        if not hasattr(to_module, name):
            source = getattr(from_module, name).detach().clone()
            setattr(to_module, name, Parameter(source))
        for module in entries[name]:
            register_parametrization(to_module, name, module)
        target = to_module.parametrizations[name]
        with mg.no_grad():
            for mine, theirs in zip(target._originals(), entries[name]._originals(), strict=True):
                _set(mine, theirs)
    return to_module
