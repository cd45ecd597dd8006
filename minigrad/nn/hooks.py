"""Hooks of a module: functions that see, and may replace, what goes in and out, the gradients that pass it, and its state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minigrad._core import Tensor, hook_all_modules, is_grad_enabled

if TYPE_CHECKING:
    from .module import Module


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away again; also as the end of a `with` block."""

    def __init__(self, hooks: dict[RemovableHandle, Any], removed: Callable[[], None] | None = None) -> None:
        self._hooks, self._removed = hooks, removed

    def remove(self) -> None:
        self._hooks.pop(self, None)
        if self._removed is not None:
            self._removed()

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one module (or of all), in the order in which they run. A module has none of these objects until its first hook."""

    def __init__(self) -> None:
        self.pre: dict[RemovableHandle, tuple[Callable[..., Any], bool]] = {}  # (hook, with_kwargs)
        self.post: dict[RemovableHandle, tuple[Callable[..., Any], bool, bool]] = {}  # (hook, with_kwargs, always_call)
        # Those below are plain functions: of gradients, of the state being made, of a state being loaded.
        self.backward_pre: dict[RemovableHandle, Callable[..., Any]] = {}
        self.backward: dict[RemovableHandle, Callable[..., Any]] = {}
        self.state_pre: dict[RemovableHandle, Callable[..., Any]] = {}
        self.state: dict[RemovableHandle, Callable[..., Any]] = {}
        self.load_pre: dict[RemovableHandle, Callable[..., Any]] = {}
        self.load: dict[RemovableHandle, Callable[..., Any]] = {}

    def add(self, kind: str, entry: Any, prepend: bool = False, removed: Callable[[], None] | None = None) -> RemovableHandle:
        hooks = getattr(self, kind)
        handle = RemovableHandle(hooks, removed)
        later = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[handle] = entry
        hooks.update(later)
        return handle


EVERYWHERE = Hooks()  # those of all modules, which run before a module's own


def _of(kind: str, module: Module) -> dict[RemovableHandle, Any]:
    own = module._hooks
    everywhere = getattr(EVERYWHERE, kind)
    return {**everywhere, **getattr(own, kind)} if own is not None else dict(everywhere)


def call_within_hooks(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`module.forward(*args, **kwargs)` between the hooks."""
    ran = set()
    try:
        for hook, with_kwargs in _of("pre", module).values():
            result = hook(module, args, kwargs) if with_kwargs else hook(module, args)
            if with_kwargs and result is not None:
                if not (isinstance(result, tuple) and len(result) == 2):
                    raise RuntimeError(f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {result}.")
                args, kwargs = result
            elif result is not None:
                args = result if isinstance(result, tuple) else (result,)
        gradients = None
        if is_grad_enabled():
            before, after = _of("backward_pre", module), _of("backward", module)
            if before or after:
                gradients = _Gradients(module, list(before.values()), list(after.values()))
                args = gradients.enter(args)
        output = module.forward(*args, **kwargs)
        if gradients is not None:
            output = gradients.leave(output)
        for handle, (hook, with_kwargs, _) in _of("post", module).items():
            ran.add(handle)
            result = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
            output = output if result is None else result
        return output
    except Exception:
        for handle, (hook, with_kwargs, always) in _of("post", module).items():
            if always and handle not in ran:
                hook(module, args, kwargs, None) if with_kwargs else hook(module, args, None)
        raise


class _Gradients:
    """One call of a module with backward hooks: two ops that change nothing, before and after it, bring the gradients here."""

    def __init__(self, module: Module, before: list[Callable[..., Any]], after: list[Callable[..., Any]]) -> None:
        self.module, self.before, self.after = module, before, after
        self.inputs = 0  # how many arguments there were
        self.waits = False  # whether the gradients of the inputs will come by
        self.outputs: tuple[Any, ...] = ()

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.inputs = len(args)
        places = [i for i, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]
        if not places:
            return args
        self.waits = True
        inside = list(args)
        for i, t in zip(places, _pass(self._input_gradients(places), [args[i] for i in places]), strict=True):
            inside[i] = t
        return tuple(inside)

    def _input_gradients(self, places: list[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
        def record(grads: tuple[Any, ...]) -> tuple[Any, ...]:
            whole: list[Any] = [None] * self.inputs
            for i, g in zip(places, grads, strict=True):
                whole[i] = g
            after = self._call_hooks(tuple(whole))
            return tuple(after[i] for i in places)

        return record

    def leave(self, output: Any) -> Any:
        single = isinstance(output, Tensor)
        items = [output] if single else list(output) if isinstance(output, tuple | list) else []
        places = [i for i, t in enumerate(items) if isinstance(t, Tensor) and t.requires_grad]
        if not places:
            return output

        def record(grads: tuple[Any, ...]) -> tuple[Any, ...]:
            whole: list[Any] = [None] * len(items)
            for i, g in zip(places, grads, strict=True):
                whole[i] = g
            for hook in self.before:
                whole = list(_replaced(hook(self.module, tuple(whole)), tuple(whole), "backward pre hook"))
            self.outputs = tuple(whole)
            if not self.waits:
                self._call_hooks((None,) * self.inputs)
            return tuple(whole[i] for i in places)

        for i, t in zip(places, _pass(record, [items[i] for i in places]), strict=True):
            items[i] = t
        return items[0] if single else type(output)(items)

    def _call_hooks(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.after:
            new = hook(self.module, grads, self.outputs)
            if new is not None and not self.waits:
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for all gradients."
                )
            grads = _replaced(new, grads, "backward hook")
        return grads


def _replaced(new: Any, old: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    """What a hook returned in place of the gradients, if it returned anything."""
    if new is None:
        return old
    new = new if isinstance(new, tuple) else (new,)
    if len(new) != len(old):
        raise RuntimeError(f"{what} returned an invalid number of gradients: got {len(new)}, but expected {len(old)}")
    return new


def _pass(record: Callable[[tuple[Any, ...]], tuple[Any, ...]], tensors: list[Tensor]) -> tuple[Tensor, ...]:
    """The same tensors; their gradients go through `record` on their way back."""
    from minigrad.autograd import Function

    class Pass(Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Tensor) -> tuple[Tensor, ...]:
            ctx.set_materialize_grads(False)
            return tuple(t.view_as(t) for t in inputs)

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
            return record(grads)

    return Pass.apply(*tensors)


# ---- of all modules ----


def _add(kind: str, entry: Any) -> RemovableHandle:
    def look() -> None:
        hook_all_modules(any((EVERYWHERE.pre, EVERYWHERE.post, EVERYWHERE.backward_pre, EVERYWHERE.backward)))

    handle = EVERYWHERE.add(kind, entry, removed=look)
    look()
    return handle


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, args)` before every module's `forward`; see `Module.register_forward_pre_hook`."""
    return _add("pre", (hook, False))


def register_module_forward_hook(hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False) -> RemovableHandle:
    """Call `hook(module, args, output)` after every module's `forward`; see `Module.register_forward_hook`."""
    return _add("post", (hook, with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_output)` of every module; see `Module.register_full_backward_pre_hook`."""
    return _add("backward_pre", hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` of every module; see `Module.register_full_backward_hook`."""
    return _add("backward", hook)


register_module_backward_hook = register_module_full_backward_hook

_registrations: dict[str, dict[RemovableHandle, Callable[..., Any]]] = {"parameter": {}, "buffer": {}, "module": {}}


def registered(kind: str, module: Module, name: str, value: Any) -> Any:
    """What the hooks make of a value that is about to become a parameter, buffer or submodule."""
    for hook in list(_registrations[kind].values()):
        new = hook(module, name, value)
        value = value if new is None else new
    return value


def _add_registration(kind: str, hook: Callable[..., Any]) -> RemovableHandle:
    handle = RemovableHandle(_registrations[kind])
    _registrations[kind][handle] = hook
    return handle


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, parameter)` before any module gets a parameter; what it returns, if anything, goes in its place."""
    return _add_registration("parameter", hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, buffer)` before any module gets a buffer; what it returns, if anything, goes in its place."""
    return _add_registration("buffer", hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, submodule)` before any module gets a submodule; what it returns, if anything, goes in its place."""
    return _add_registration("module", hook)
