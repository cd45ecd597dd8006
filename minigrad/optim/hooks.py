"""Functions that run around an optimizer's step and around its state_dict."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minigrad.nn.hooks import RemovableHandle

if TYPE_CHECKING:
    from .optimizer import Optimizer

Hook = Callable[..., Any]
Hooks = dict[RemovableHandle, Hook]

KINDS = ("step_pre", "step_post", "state_dict_pre", "state_dict_post", "load_state_dict_pre", "load_state_dict_post")

_before_all: Hooks = {}  # around the steps of every optimizer
_after_all: Hooks = {}


def register(hooks: Hooks, hook: Hook, prepend: bool = False) -> RemovableHandle:
    """Add a hook, behind the others or before them; `remove()` of what is returned takes it away."""
    handle = RemovableHandle(hooks)
    later = dict(hooks) if prepend else {}
    if prepend:
        hooks.clear()
    hooks[handle] = hook
    hooks.update(later)
    return handle


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Run hook(optimizer, args, kwargs) before each step of every optimizer; what it returns, if not None, is the new (args, kwargs)."""
    return register(_before_all, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Run hook(optimizer, args, kwargs) after each step of every optimizer."""
    return register(_after_all, hook)


def with_step_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """`step` between its hooks, which see the optimizer as the first of `args`, as in PyTorch; a step that calls the step of its base
    class runs them once."""

    @functools.wraps(step)
    def stepped(*args: Any, **kwargs: Any) -> Any:
        self: Optimizer = args[0]
        self._opt_called = True
        hooks = self._hooks
        before, after = hooks["step_pre"], hooks["step_post"]
        if not (before or after or _before_all or _after_all) or self._stepping:
            return step(*args, **kwargs)
        self._stepping = True
        try:
            for hook in [*_before_all.values(), *before.values()]:
                result = hook(self, args, kwargs)
                if result is None:
                    continue
                if not (isinstance(result, tuple) and len(result) == 2):
                    raise RuntimeError(f"a step pre-hook must return None or a tuple of (new_args, new_kwargs), but got {result}")
                args, kwargs = result
            loss = step(*args, **kwargs)
            for hook in [*after.values(), *_after_all.values()]:
                hook(self, args, kwargs)
            return loss
        finally:
            self._stepping = False

    return stepped
