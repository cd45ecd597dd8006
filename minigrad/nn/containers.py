"""Modules that hold modules or parameters: in a row, in a list, by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from operator import index, itemgetter
from typing import Any, TypeVar, overload

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor, install_row, run_in_order

from .activation import ReLU, Sigmoid, Tanh
from .linear import Linear
from .module import Module, _indent
from .parameter import Parameter

S = TypeVar("S", bound="_Row")

install_row(linear=Linear.forward, activations={ReLU.forward: "relu", Tanh.forward: "tanh", Sigmoid.forward: "sigmoid"})


class _Row(Module):
    """Submodules named "0", "1", ..., with a list's indexing."""

    def __len__(self) -> int:
        return len(self._module_names)

    def __iter__(self) -> Iterator[Module]:
        members = self.__dict__
        return iter([members[name] for name in self._module_names])

    def __contains__(self, module: object) -> bool:
        return any(module is own for own in self)

    def __dir__(self) -> list[str]:
        return [key for key in super().__dir__() if not key.isdigit()]

    def _name_at(self, i: Any) -> str:
        n, i = len(self), index(i)
        if not -n <= i < n:
            raise IndexError(f"index {i} is out of range")
        return next(islice(self._module_names, i % n, None))

    @overload
    def __getitem__(self, i: int) -> Module: ...
    @overload
    def __getitem__(self: S, i: slice) -> S: ...
    def __getitem__(self, i):
        return self.__dict__[self._name_at(i)]

    def __setitem__(self, i: int, module: Module) -> None:
        setattr(self, self._name_at(i), module)

    def __delitem__(self, i: int | slice) -> None:
        gone = set(list(self._module_names)[i]) if isinstance(i, slice) else {self._name_at(i)}
        self._replace([self.__dict__[name] for name in self._module_names if name not in gone])

    def _replace(self, modules: Iterable[Module]) -> None:
        """Hold `modules` instead, named from "0" on."""
        modules = list(modules)
        for name in list(self._module_names):
            delattr(self, name)
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def append(self: S, module: Module) -> S:
        self.add_module(str(len(self)), module)
        return self

    def extend(self: S, modules: Iterable[Module]) -> S:
        if not isinstance(modules, Iterable):
            raise TypeError(f"{type(self).__name__}.extend: expected an iterable of modules, got {type(modules).__name__}")
        for module in list(modules):
            self.append(module)
        return self

    def insert(self: S, i: int, module: Module) -> S:
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        n = len(self)
        if not -n <= i <= n:
            raise IndexError(f"Index out of range: {i}")
        rows = list(self)
        rows.insert(i, module)
        self._replace(rows)
        return self

    def pop(self, i: int | slice = -1) -> Module:
        module = self[i]
        del self[i]
        return module


class Sequential(_Row):
    """Run modules one after the other, each on the output of the one before.

    A Linear and the ReLU, Tanh or Sigmoid that follows it are one op of the graph, `linear_activation`, unless one of them has hooks.

    Shapes: whatever the first accepts and the last gives.
    >>> Sequential(mg.nn.Linear(4, 8), mg.nn.ReLU(), mg.nn.Linear(8, 2))(mg.zeros(5, 4)).shape
    (5, 2)
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for i, module in enumerate(args):
                self.add_module(str(i), module)

    def forward(self, input: Any) -> Any:
        return run_in_order(self.__dict__, self._module_names, input)

    def __getitem__(self, i):
        if isinstance(i, slice):
            return type(self)(OrderedDict((name, self.__dict__[name]) for name in list(self._module_names)[i]))
        return super().__getitem__(i)

    def __setitem__(self, i: int | slice, module: Any) -> None:
        for name in list(self._module_names)[i] if isinstance(i, slice) else [self._name_at(i)]:
            setattr(self, name, module)

    def __delitem__(self, i: int | slice) -> None:
        for name in list(self._module_names)[i] if isinstance(i, slice) else [self._name_at(i)]:
            delattr(self, name)
        if all(name.isdigit() for name in self._module_names):
            self._replace(list(self))

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
        return Sequential(*self, *other)

    def __mul__(self, times: int) -> Sequential:
        """The same modules several times over, sharing their weights."""
        if not isinstance(times, int) or times < 1:
            raise ValueError(f"Sequential: expected to be multiplied by a whole number from 1 on, got {times!r}")
        return Sequential(*[module for _ in range(times) for module in self])

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        return self.extend(list(self * times)[len(self) :])

    def __iadd__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
        return self.extend(other)


class ModuleList(_Row):
    """A list whose modules are registered; it has no forward of its own.

    >>> layers = ModuleList([mg.nn.Linear(4, 4) for _ in range(3)])
    >>> len(list(layers.parameters()))
    6
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, i):
        if isinstance(i, slice):
            return type(self)(list(self)[i])
        return super().__getitem__(i)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, other: Iterable[Module]) -> ModuleList:
        return self.extend(other)

    def __repr__(self) -> str:
        """Runs of equal entries are shown once: (0-2): 3 x Linear(...)."""
        runs: list[tuple[int, int, str]] = []
        for i, text in enumerate(repr(module) for module in self):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        if not runs:
            return f"{self._get_name()}()"
        lines = [_indent(f"({i}): {text}" if i == j else f"({i}-{j}): {j - i + 1} x {text}") for i, j, text in runs]
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    """A dict, in order of insertion, whose modules are registered; it has no forward of its own.

    >>> sorted(ModuleDict({"a": mg.nn.Linear(2, 2), "b": mg.nn.ReLU()}).keys())
    ['a', 'b']
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]  # type: ignore[return-value]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._module_names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._module_names)

    def __contains__(self, key: object) -> bool:
        return key in self._module_names

    def clear(self) -> None:
        self._modules.clear()

    def pop(self, key: str) -> Module:
        return self._modules.pop(key)  # type: ignore[return-value]

    def keys(self) -> Iterable[str]:
        return self._modules.keys()

    def items(self) -> Iterable[tuple[str, Module]]:
        return self._modules.items()  # type: ignore[return-value]

    def values(self) -> Iterable[Module]:
        return self._modules.values()  # type: ignore[return-value]

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        if not isinstance(modules, Iterable):
            raise TypeError(f"ModuleDict.update should be called with an iterable of key/value pairs, but got {type(modules).__name__}")
        for key, module in modules.items() if isinstance(modules, Mapping | ModuleDict) else modules:
            self[key] = module


class ParameterList(Module):
    """A list whose tensors are registered as parameters.

    >>> len(ParameterList([mg.zeros(2), mg.zeros(3)]))
    2
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter(self[i] for i in range(self._size))

    def _name_at(self, i: Any) -> str:
        i = index(i)
        if not -self._size <= i < self._size:
            raise IndexError(f"index {i} is out of range")
        return str(i % self._size)

    def __getitem__(self, i: int | slice) -> Any:
        if isinstance(i, slice):
            return type(self)([self[j] for j in range(*i.indices(self._size))])
        return getattr(self, self._name_at(i))

    def __setitem__(self, i: int, value: Any) -> None:
        setattr(self, self._name_at(i), Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value)

    def append(self, value: Any) -> ParameterList:
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        for value in values:
            self.append(value)
        return self

    def extra_repr(self) -> str:
        lines = []
        for i, value in enumerate(self):
            if isinstance(value, Tensor):
                kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
                lines.append(f"  ({i}): {kind} containing: [{value.dtype!s} of size {'x'.join(map(str, value.shape))}]")
            else:
                lines.append(f"  ({i}): Object of type: {type(value).__name__}")
        return "\n".join(lines)


class ParameterDict(Module):
    """A dict, in order of insertion, whose tensors are registered as parameters; other values are kept as they are.

    What a plain dict brings comes in the order of its keys sorted, as in PyTorch, since optimizers count parameters; an OrderedDict, another
    ParameterDict and pairs keep their order.

    >>> table = ParameterDict({"left": mg.zeros(2), "right": mg.zeros(3)})
    >>> [(name, p.shape) for name, p in table.named_parameters()]
    [('left', (2,)), ('right', (3,))]
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict: keys must be strings, got {key!r} ({type(key).__name__})")
        if key not in self._keys and hasattr(self, key):
            raise KeyError(f"ParameterDict: {key!r} is the name of an attribute")
        setattr(self, key, Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value)
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __or__(self, other: Mapping[str, Any]) -> ParameterDict:
        both = self.copy()
        both.update(other)
        return both

    def __ror__(self, other: Mapping[str, Any]) -> ParameterDict:
        both = ParameterDict(other)
        both.update(self)
        return both

    def __ior__(self, other: Mapping[str, Any]) -> ParameterDict:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Another dict of the same parameters."""
        return ParameterDict(self.items())

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self._keys:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        for key in list(self._keys):
            del self[key]

    def pop(self, key: str) -> Any:
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self._keys else default

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> Iterable[str]:
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        return [(key, self[key]) for key in self._keys]

    def values(self) -> Iterable[Any]:
        return [self[key] for key in self._keys]

    def update(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        if not isinstance(parameters, Iterable):
            raise TypeError(
                f"ParameterDict.update should be called with an iterable of key/value pairs, but got {type(parameters).__name__}"
            )
        if isinstance(parameters, OrderedDict | ParameterDict):
            parameters = parameters.items()
        elif isinstance(parameters, Mapping):
            parameters = sorted(parameters.items(), key=itemgetter(0))
        for key, value in parameters:
            self[key] = value

    def extra_repr(self) -> str:
        lines = []
        for key, value in self.items():
            if isinstance(value, Tensor):
                kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
                lines.append(f"  ({key}): {kind} containing: [{value.dtype!s} of size {'x'.join(map(str, value.shape))}]")
            else:
                lines.append(f"  ({key}): Object of type: {type(value).__name__}")
        return "\n".join(lines)
