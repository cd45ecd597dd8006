"""Forward hooks of a module: functions that see, and may replace, what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .module import Module


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away again; also as the end of a `with` block."""

    def __init__(self, hooks: dict[RemovableHandle, Any]) -> None:
        self._hooks = hooks

    def remove(self) -> None:
        self._hooks.pop(self, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one module, in the order in which they run. A module has none of these objects until its first hook."""

    def __init__(self) -> None:
        self.pre: dict[RemovableHandle, tuple[Callable[..., Any], bool]] = {}  # (hook, with_kwargs)
        self.post: dict[RemovableHandle, tuple[Callable[..., Any], bool, bool]] = {}  # (hook, with_kwargs, always_call)

    def add(self, kind: str, entry: tuple[Any, ...], prepend: bool) -> RemovableHandle:
        hooks = getattr(self, kind)
        handle = RemovableHandle(hooks)
        later = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[handle] = entry
        hooks.update(later)
        return handle

    def call(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """`module.forward(*args, **kwargs)` between the hooks."""
        ran = set()
        try:
            for hook, with_kwargs in list(self.pre.values()):
                result = hook(module, args, kwargs) if with_kwargs else hook(module, args)
                if with_kwargs and result is not None:
                    if not (isinstance(result, tuple) and len(result) == 2):
                        raise RuntimeError(f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {result}.")
                    args, kwargs = result
                elif result is not None:
                    args = result if isinstance(result, tuple) else (result,)
            output = module.forward(*args, **kwargs)
            for handle, (hook, with_kwargs, _) in list(self.post.items()):
                ran.add(handle)
                result = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
                output = output if result is None else result
            return output
        except Exception:
            for handle, (hook, with_kwargs, always) in list(self.post.items()):
                if always and handle not in ran:
                    hook(module, args, kwargs, None) if with_kwargs else hook(module, args, None)
            raise
