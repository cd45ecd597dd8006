"""The state of a module as a dict, and back: names, checks, hooks. Nothing changes unless everything fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad._core import Tensor

from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module

EXTRA = "_extra_state"


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` returns: the keys that the state lacks, and those that the module does not know."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def typename(value: Any) -> str:
    """The name of a value's type as messages give it."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def has_extra_state(module: Module) -> bool:
    from .module import Module

    return type(module).get_extra_state is not Module.get_extra_state


def own_names(module: Module) -> list[str]:
    """The module's own parameters and persistent buffers that are not None."""
    names = [*module._parameter_names, *(name for name, persistent in module._buffer_names.items() if persistent)]
    return [name for name in names if module.__dict__[name] is not None]


def hooks_of(module: Module, kind: str) -> list[Any]:
    return [] if module._hooks is None else list(getattr(module._hooks, kind).values())


def state_of(module: Module, state: Any, prefix: str, keep_vars: bool) -> None:
    """Put the state of `module` and of all below it into `state`: parameters, buffers, extra state, then submodules."""
    members, metadata = module.__dict__, {"version": module._version}
    if hasattr(state, "_metadata"):
        state._metadata[prefix[:-1]] = metadata
    for hook in hooks_of(module, "state_pre"):
        hook(module, prefix, keep_vars)
    for name in own_names(module):
        state[prefix + name] = members[name] if keep_vars else members[name].detach()
    if has_extra_state(module):
        state[prefix + EXTRA] = module.get_extra_state()
    for name in module._module_names:
        if members[name] is not None:
            state_of(members[name], state, f"{prefix}{name}.", keep_vars)
    for hook in hooks_of(module, "state"):
        hook(module, state, prefix, metadata)


def places_of(module: Module, prefix: str = "") -> Iterator[tuple[str, tuple[Module, str]]]:
    """(key, (module, name)) of every tensor of the state, in its order."""
    for name in own_names(module):
        yield prefix + name, (module, name)
    for name in module._module_names:
        if (child := module.__dict__[name]) is not None:
            yield from places_of(child, f"{prefix}{name}.")


def as_tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, str | bytes | Mapping):
        raise TypeError("no array")
    return mg.tensor(np.asarray(value))


def load_state(root: Module, given: Mapping[str, Any], strict: bool, assign: bool) -> IncompatibleKeys:
    """`root.load_state_dict(given, strict, assign)`."""
    if not isinstance(given, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(given)}.")
    state, metadata = dict(given), getattr(given, "_metadata", None) or {}
    missing: list[str] = []
    unexpected: list[str] = []
    problems: list[str] = []
    extra: dict[str, Module] = {}
    for path, module in root.named_modules(remove_duplicate=False):
        prefix, own = f"{path}." if path else "", metadata.get(path, {})
        for hook in hooks_of(module, "load_pre"):
            hook(module, state, prefix, own, strict, missing, unexpected, problems)
        module._upgrade_state(state, prefix, own.get("version"))
        if has_extra_state(module):
            extra[prefix + EXTRA] = module

    places = dict(places_of(root))
    missing += [key for key in (*places, *extra) if key not in state]
    unexpected += [key for key in state if key not in places and key not in extra]
    plan: list[tuple[Module, str, Tensor]] = []
    shapeless: dict[Any, Tensor] = {}  # lazy modules before their first call, and what tells their size
    for key, (module, name) in places.items():
        if key not in state:
            continue
        target = module.__dict__[name]
        try:
            value = as_tensor(state[key])
        except (TypeError, ValueError, RuntimeError) as error:
            problems.append(f"{key}: expected a tensor or an array, got {typename(state[key])} ({error})")
            continue
        if module._shapeless and target.dim():
            shapeless.setdefault(module, value)
        elif tuple(value.shape) != tuple(target.shape) and not (target.dim() == 0 and tuple(value.shape) == (1,)):
            problems.append(
                f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, "
                f"the shape in current model is {target.shape}."
            )
            continue
        plan.append((module, name, value))

    hooks = [(hook, module) for module in root.modules() for hook in hooks_of(module, "load")]
    found = IncompatibleKeys(missing, unexpected)
    if not hooks:
        refuse(root, problems, found, strict)
    elif problems:
        refuse(root, problems, found, False)
    before = [(module.__dict__[name], module.__dict__[name].detach().clone()) for module, name, _ in plan] if hooks else []
    with mg.no_grad():
        for lazy, weight in shapeless.items():
            lazy._become_ready(lazy.size_of(weight))
        for module, name, value in plan:
            target = module.__dict__[name]
            if not assign:
                target.copy_(value.reshape(target.shape))
            elif isinstance(target, Parameter):
                module.__dict__[name] = value if isinstance(value, Parameter) else Parameter(value, target.requires_grad)
            else:
                module.__dict__[name] = value
    # Hooks see the values that were loaded, and may still excuse keys.
    try:
        for hook, module in hooks:
            if hook(module, found) is not None:
                raise TypeError("load_state_dict: a post hook returns nothing; it changes the lists of keys in place")
        refuse(root, [], found, strict)
    except Exception:
        with mg.no_grad():
            for (module, name, _), (target, value) in zip(plan, before, strict=True):
                module.__dict__[name] = target
                target.copy_(value)
        raise
    for key, module in extra.items():
        if key in state:
            module.set_extra_state(state[key])
    return found


def refuse(root: Module, problems: list[str], found: IncompatibleKeys, strict: bool) -> None:
    """Raise if anything does not fit, with all of it in one message."""
    for kind, keys in (("Unexpected", found.unexpected_keys), ("Missing", found.missing_keys)):
        if strict and keys:
            problems.insert(0, f"{kind} key(s) in state_dict: " + ", ".join(f'"{key}"' for key in keys) + ". ")
    if problems:
        raise RuntimeError(f"Error(s) in loading state_dict for {type(root).__name__}:\n\t" + "\n\t".join(problems))
