"""`Module`, the base of every network: what it owns, how it is called, how its state is saved and loaded.

A parameter, buffer or submodule is an ordinary entry of the instance's `__dict__`, so that `self.weight` costs a plain attribute
look-up and not a failed one followed by `__getattr__`. Beside it the module keeps only the *names*, one dict per kind, in the order
of registration;
`_parameters`, `_buffers` and `_modules` are views made of both (`_Members`), so that there is one truth and no reference cycle.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, TypeVar

import minigrad as mg
from minigrad._core import Callable as Callable_
from minigrad._core import Tensor, install_module
from minigrad.device import on_cpu
from minigrad.registry import OPS

from .hooks import Hooks, RemovableHandle, call_within_hooks, registered
from .parameter import Buffer, Parameter
from .state import IncompatibleKeys, load_state, state_of, typename

Self = TypeVar("Self", bound="Module")


class _Members(MutableMapping):
    """The attributes of `module` that `names` lists, as a dict: what PyTorch programs know as `_parameters` and the like."""

    __slots__ = ("attributes", "names")

    def __init__(self, attributes: dict[str, Any], names: dict[str, bool]) -> None:
        self.attributes, self.names = attributes, names

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        return self.attributes[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.names.setdefault(name, True)
        self.attributes[name] = value

    def __delitem__(self, name: str) -> None:
        del self.names[name]
        del self.attributes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return repr(dict(self))


def _indent(text: str) -> str:
    return text.replace("\n", "\n  ")


class Module(Callable_):
    """Base class of all networks: assign parameters and other modules to attributes in `__init__`, compute in `forward`.

    >>> class Net(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.fc = mg.nn.Linear(4, 2)
    ...     def forward(self, x):
    ...         return self.fc(x).relu()
    >>> Net()(mg.zeros(3, 4)).shape
    (3, 2)
    """

    training: bool
    _shapeless: bool = False  # a lazy module before its first call
    _version: int = 1  # of the layout of the module's own state, kept in state_dict()._metadata
    _hooks: Hooks | None
    _parameter_names: dict[str, bool]  # used as ordered sets; for buffers the value says whether they are persistent
    _buffer_names: dict[str, bool]
    _module_names: dict[str, bool]

    def __init__(self) -> None:
        self.__dict__.update(training=True, _hooks=None, _parameter_names={}, _buffer_names={}, _module_names={})

    # ---- being called ----

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every subclass says how."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def register_forward_pre_hook(self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """Call `hook(module, args)` before `forward`; what it returns, if anything, replaces the arguments."""
        return self._own_hooks().add("pre", (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after `forward`; what it returns, if anything, replaces the output."""
        return self._own_hooks().add("post", (hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the gradients of the outputs are known; a tuple that it returns replaces them."""
        return self._own_hooks().add("backward_pre", hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the positional arguments are known; a tuple that it returns
        replaces the first. Entries are None for what is no tensor or needs no gradient."""
        return self._own_hooks().add("backward", hook, prepend)

    register_backward_hook = register_full_backward_hook

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before `state_dict` reads this module."""
        return self._own_hooks().add("state_pre", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after `state_dict` has read this module; it changes the dict in place."""
        return self._own_hooks().add("state", hook)

    _register_state_dict_hook = register_state_dict_post_hook

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)` before
        `load_state_dict` looks at this module; it changes its copy of the dict in place."""
        return self._own_hooks().add("load_pre", hook)

    def _register_load_state_dict_pre_hook(self, hook: Callable[..., Any], with_module: bool = False) -> RemovableHandle:
        """`register_load_state_dict_pre_hook` of hooks that take no module, as older programs have them."""
        return self.register_load_state_dict_pre_hook(hook if with_module else lambda _, *rest: hook(*rest))

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after `load_state_dict` has compared the keys; it may empty the two lists in place."""
        return self._own_hooks().add("load", hook)

    def _hooks_of(self, kind: str) -> dict[RemovableHandle, Any]:
        """The hooks themselves, which programs count and clear; of a module that never had one, a dict that is nobody's."""
        return {} if self._hooks is None else getattr(self._hooks, kind)

    def _own_hooks(self) -> Hooks:
        if self._hooks is None:
            self.__dict__["_hooks"] = Hooks()
        return self._hooks  # type: ignore[return-value]

    @property
    def _forward_pre_hooks(self) -> dict[RemovableHandle, Any]:
        return self._hooks_of("pre")

    @property
    def _forward_hooks(self) -> dict[RemovableHandle, Any]:
        return self._hooks_of("post")

    @property
    def _backward_pre_hooks(self) -> dict[RemovableHandle, Any]:
        return self._hooks_of("backward_pre")

    @property
    def _backward_hooks(self) -> dict[RemovableHandle, Any]:
        return self._hooks_of("backward")

    # ---- attributes and registration ----

    @property
    def _parameters(self) -> MutableMapping[str, Parameter | None]:
        return _Members(self.__dict__, self._parameter_names)

    @property
    def _buffers(self) -> MutableMapping[str, Tensor | None]:
        return _Members(self.__dict__, self._buffer_names)

    @property
    def _modules(self) -> MutableMapping[str, Module | None]:
        return _Members(self.__dict__, self._module_names)

    def __setattr__(self, name: str, value: Any) -> None:
        members = self.__dict__
        if isinstance(value, Parameter):
            kind, names = "parameter", members.get("_parameter_names")
        elif isinstance(value, Buffer):
            kind, names = "buffer", members.get("_buffer_names")
        elif isinstance(value, Module):
            kind, names = "module", members.get("_module_names")
        else:
            # A registered name keeps its kind: None empties it, a tensor replaces a buffer, anything else is a mistake.
            if name in members.get("_parameter_names", ()) and value is not None:
                raise TypeError(f"cannot assign '{typename(value)}' as parameter '{name}' (minigrad.nn.Parameter or None expected)")
            if name in members.get("_module_names", ()) and value is not None:
                raise TypeError(f"cannot assign '{typename(value)}' as child module '{name}' (minigrad.nn.Module or None expected)")
            if name in members.get("_buffer_names", ()) and value is not None and not isinstance(value, Tensor):
                raise TypeError(f"cannot assign '{typename(value)}' as buffer '{name}' (minigrad.Tensor or None expected)")
            object.__setattr__(self, name, value)
            return
        if names is None:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if name not in names:
            self._forget(name)
            self._check_name(kind, name)
            names[name] = value.persistent if kind == "buffer" else True
        members[name] = registered(kind, self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._forget(name)

    def _forget(self, name: str) -> None:
        """Take `name` out of every list, and out of the attributes if it was in one or was a plain one."""
        for kind in ("_parameter_names", "_buffer_names", "_module_names"):
            self.__dict__.get(kind, {}).pop(name, None)
        self.__dict__.pop(name, None)

    def _check_name(self, kind: str, name: Any) -> None:
        if "_parameter_names" not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')

    def _register(self, kind: str, names_of: str, name: str, value: Any, flag: bool = True) -> None:
        self._check_name(kind, name)
        names = self.__dict__[names_of]
        if name not in names and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")
        names[name] = flag
        self.__dict__[name] = value if value is None and kind == "parameter" else registered(kind, self, name, value)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under `name`; None keeps the place (it is then in no list and no state_dict)."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"cannot assign '{typename(param)}' object to parameter '{name}' (minigrad.nn.Parameter or None required)")
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. "
                "To express this parameter as a function of another Tensor, compute the value in the forward() method."
            )
        self._register("parameter", "_parameter_names", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but no parameter (running statistics, masks); not saved if not `persistent`."""
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"cannot assign '{typename(tensor)}' object to buffer '{name}' (minigrad Tensor or None required)")
        self._register("buffer", "_buffer_names", name, tensor, persistent)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule under `name`, as assigning it to the attribute does."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._register("module", "_module_names", name, module)

    register_module = add_module

    # ---- walking over what it owns ----

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Direct submodules with their names, each once."""
        seen = set()
        for name in self._module_names:
            module = self.__dict__[name]
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        for _, module in self.named_children():
            yield module

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with dotted paths ("" for itself), parents first, each once.

        >>> [path for path, _ in mg.nn.Sequential(mg.nn.Linear(1, 1), mg.nn.ReLU()).named_modules()]
        ['', '0', '1']
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name in self._module_names:
            module = self.__dict__[name]
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        for _, module in self.named_modules():
            yield module

    def _named_members(self, names_of: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen = set()
        for path, module in self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]:
            members = module.__dict__
            for name in members[names_of]:
                value = members[name]
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def named_parameters(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Parameters with their dotted names, in the order of registration; a shared one once, under its first name."""
        return self._named_members("_parameter_names", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, as optimizers want them.

        >>> sum(p.numel() for p in mg.nn.Linear(3, 4).parameters())
        16
        """
        for _, param in self.named_parameters(recurse=recurse):
            yield param

    def named_buffers(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator[tuple[str, Tensor]]:
        return self._named_members("_buffer_names", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path; "" is this one."""
        module: Any = self
        for name in target.split(".") if target else []:
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put `module` at a dotted path; with `strict` there has to be one already."""
        path, _, name = target.rpartition(".")
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{type(parent).__name__} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def _get_member(self, target: str, names_of: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        if name not in module.__dict__[names_of]:
            raise AttributeError(f"`{name}` is not {what}")
        return module.__dict__[name]

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path."""
        return self._get_member(target, "_parameter_names", "an nn.Parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path."""
        return self._get_member(target, "_buffer_names", "a buffer")

    # ---- modes and conversions ----

    def train(self: Self, mode: bool = True) -> Self:
        """Set training mode here and below: it is what Dropout and BatchNorm look at."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
        return self.train(False)

    def apply(self: Self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` on every module, children first, then this one: for initialisation."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters (or fill them with zeros)."""
        for param in self.parameters():
            if param.grad is not None:
                if set_to_none:
                    param.grad = None
                else:
                    param.grad = param.grad.detach().zero_()

    def _apply(self: Self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace the data of every parameter, gradient and buffer by `fn` of it. Parameters stay the same objects, so that
        optimizers made before keep working."""
        done = set()
        with mg.no_grad():
            for module in self.modules() if recurse else [self]:
                for param in module._parameters.values():
                    if param is None or id(param) in done:
                        continue
                    done.add(id(param))
                    grad, param.grad = param.grad, None
                    param.data = fn(param.data)
                    if grad is not None:
                        param.grad = fn(grad)
                for name, buffer in module._buffers.items():
                    if buffer is not None:
                        module.__dict__[name] = fn(buffer)
        return self

    def to(self: Self, *args: Any, **kwargs: Any) -> Self:
        """Convert floating-point parameters and buffers, in place: `to(dtype)`, `to(tensor)`, `to("cpu")` (which changes nothing)."""
        dtype = kwargs.pop("dtype", None)
        device = kwargs.pop("device", None)
        kwargs.pop("non_blocking", None)
        kwargs.pop("copy", None)
        if kwargs:
            raise TypeError(f"Module.to: unexpected argument {next(iter(kwargs))!r}; expected device, dtype or a tensor")
        for arg in args:
            if isinstance(arg, Tensor):
                dtype = arg.dtype
            elif isinstance(arg, mg.dtype):
                dtype = arg
            elif not isinstance(arg, bool):
                device = arg
        on_cpu(device, "Module.to")
        if dtype is None:
            return self
        if not dtype.is_floating_point and not dtype.is_complex:
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}")
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() or t.is_complex() else t)

    def float(self: Self) -> Self:
        return self.to(mg.float32)

    def double(self: Self) -> Self:
        return self.to(mg.float64)

    def half(self: Self) -> Self:
        return self.to(mg.float16)

    def bfloat16(self: Self) -> Self:
        return self.to(mg.bfloat16)

    def type(self: Self, dst_type: mg.dtype) -> Self:
        """Convert all parameters and buffers, also those that are no floats."""
        return self._apply(lambda t: t.to(dst_type))

    def to_empty(self: Self, *, device: Any = None, recurse: bool = True) -> Self:
        """Give parameters and buffers new memory with no particular values."""
        on_cpu(device, "Module.to")
        return self._apply(mg.empty_like, recurse)

    def share_memory(self: Self) -> Self:
        """Move parameters and buffers into memory that processes forked from this one share."""
        return self._apply(lambda t: t.share_memory_())

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is compiled at run time; accepted so that programs run."""

    def cpu(self: Self) -> Self:
        return self

    def cuda(self: Self, device: Any = None) -> Self:
        raise RuntimeError("Module.cuda: minigrad computes on the CPU only; leave the call out, or use .to('cpu')")

    # ---- state ----

    def get_extra_state(self) -> Any:
        """What else belongs to the state, if a subclass says so: kept under "_extra_state"."""
        raise RuntimeError(f"{type(self).__name__}.get_extra_state: a module that has extra state defines it, and set_extra_state too")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` gave."""
        raise RuntimeError(f"{type(self).__name__}.set_extra_state: a module that has extra state defines it, and get_extra_state too")

    def state_dict(self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> OrderedDict[str, Tensor]:
        """Parameters and persistent buffers by dotted name, with PyTorch's keys and layouts. The tensors share storage with the module's.

        >>> list(mg.nn.Linear(3, 2).state_dict())
        ['weight', 'bias']
        """
        state = OrderedDict() if destination is None else destination
        if not hasattr(state, "_metadata") and isinstance(state, OrderedDict):
            state._metadata = OrderedDict()  # type: ignore[attr-defined]
        state_of(self, state, prefix, keep_vars)
        return state

    def _upgrade_state(self, state: dict[str, Any], prefix: str, version: int | None) -> None:
        """Bring the part of `state` under `prefix`, written by an older `version` of this module (None: unknown), to the present
        one, in place."""

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> IncompatibleKeys:
        """Copy values into parameters and buffers, by name; nothing changes unless everything fits.

        Values may be tensors or arrays of any library that NumPy reads. With `strict`, every missing and every unexpected key is an error,
        otherwise they are returned; a wrong shape always is. `assign` keeps the given tensors themselves (and their dtypes) instead
        of copying.

        >>> net = mg.nn.Linear(3, 2)
        >>> net.load_state_dict({"weight": np.ones((2, 3), np.float32), "bias": np.zeros(2, np.float32)})
        <All keys matched successfully>
        """
        return load_state(self, state_dict, strict, assign)

    # ---- showing ----

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """The module's own settings, as they stand in its repr."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = [f"({name}): " + _indent(repr(self.__dict__[name])) for name in self._module_names]
        if not children and "\n" not in extra:
            return f"{self._get_name()}({extra})"
        lines = (extra.split("\n") if extra else []) + children
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


def _locate(error: Exception, module: Module) -> None:
    """Put the path of the innermost module in front of the message of an op's error that passes through `module`.

    Each enclosing module rewrites the path from its own point of view, so that the outermost has the last word: `features.3
    (Conv2d): conv2d: ...`.
    """
    if len(error.args) != 1 or not isinstance(error.args[0], str):
        return
    if type(error).__module__ != "minigrad.errors" and "_where" not in error.__dict__ and error.args[0].partition(":")[0] not in OPS:
        return
    where = error.__dict__.setdefault("_where", (module, error.args[0]))
    innermost, message = where
    for path, candidate in module.named_modules():
        if candidate is innermost and path:
            error.args = (f"{path} ({type(innermost).__name__}): {message}",)
            break


install_module(locate_error=_locate, call_within_hooks=call_within_hooks)
