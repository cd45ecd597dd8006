"""`Optimizer`: parameter groups, hooks, and how a step reaches each parameter.

An optimizer declares its hyperparameters (the arguments of its constructor and `ranges`), the state that it keeps for a parameter
(`start`) and one step of one parameter (`update`). That is the whole of it; SGD and Adam have besides a kernel that steps all
parameters of a group in one call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

import minigrad as mg
from minigrad._core import Tensor, forget_gradients, with_gradients
from minigrad.errors import ShapeError
from minigrad.nn.hooks import RemovableHandle
from minigrad.ops.complex import view_as_complex, view_as_real

from . import state as saved
from .hooks import KINDS, Hook, Hooks, register, with_step_hooks
from .hooks import register_optimizer_step_post_hook as register_optimizer_step_post_hook
from .hooks import register_optimizer_step_pre_hook as register_optimizer_step_pre_hook
from .settings import Range, check, check_flags
from .settings import required as required

Group = dict[str, Any]
State = dict[str, Any]


def new_state(param: Tensor) -> Tensor:
    """Zeros in the parameter's shape, contiguous."""
    return mg.zeros(param.shape, dtype=saved.state_dtype(param))


def descend(param: Tensor, direction: Tensor, lr: Any) -> None:
    """param -= lr * direction; a rate that requires grad gets one, if the step is differentiable."""
    if isinstance(lr, Tensor) and lr.requires_grad:
        param.sub_(direction * lr)
    else:
        param.add_(direction, alpha=-float(lr))


# A step is some ten elementwise ops. On a block of so many elements, what they hand to each other stays in the cache.
BLOCK = 32768


class Optimizer:
    """Base of all optimizers: `params` are tensors, pairs (name, tensor), or dicts with "params" and the settings of that group.

    `state[p]` holds what is kept for parameter p. A count of steps is a Python int there, and in `state_dict()` a float32 scalar,
    as PyTorch has it.

    A subclass declares:
        ranges: which values the hyperparameters may have;
        start(p, group): the first state of a parameter, which is empty or has "step": 0 if steps are counted;
        update(p, grad, state, group): one step of p, in place. The gradient comes with `maximize` and `weight_decay` applied, a
            complex parameter as real numbers, and one narrower than float32 as float32. With `differentiable` the step is recorded,
            so `update` does not let an op save a tensor of the state that a later step changes;
        finish(state, group): what of the state is per parameter, not per element, and changes at each step;
        elementwise: that `update` treats each element by itself, so that a large parameter can be stepped block by block.
    Or it overrides `step` in whole, as programs written for PyTorch do.
    """

    ranges: ClassVar[Mapping[str, Range]] = {}
    decays_itself: ClassVar[bool] = False  # `update` applies weight_decay
    elementwise: ClassVar[bool] = False
    complex_as_real: ClassVar[bool] = True  # `update` sees the real and imaginary parts as numbers of their own

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = with_step_hooks(cls.step)  # type: ignore[method-assign]

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"params argument given to the optimizer should be an iterable of Tensors or dicts, but got {type(params).__name__}"
            )
        check(type(self).__name__, defaults, self.ranges)
        check_flags(type(self).__name__, defaults)
        self.defaults = defaults
        self.state: defaultdict[Any, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self.__setstate__({})
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_hooks"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._opt_called = False  # schedulers warn when they are stepped first
        self._stepping = False
        self._by_ops = False  # not by a kernel: steps that are recorded, and complex parameters
        self.__dict__.update(state)
        if "_hooks" not in self.__dict__:
            self._hooks: dict[str, Hooks] = {kind: {} for kind in KINDS}

    def add_param_group(self, param_group: Group) -> None:
        """Add a group, e.g. of layers that are trained from now on; what it does not set is the default."""
        name = type(self).__name__
        if not isinstance(param_group, dict):
            raise TypeError(f"{name}: param_group must be a dict, got {type(param_group).__name__}")
        if isinstance(param_group["params"], set):
            raise TypeError(f"{name}: parameters need a fixed order, got a set; pass a list")
        group = {**{k: v for k, v in self.defaults.items() if k not in param_group}, **param_group}
        params, names = _named(name, param_group["params"])
        group["params"] = params
        if names:
            group["param_names"] = names
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{name}: can only optimize Tensors, got {type(p).__name__}")
            if not (p.is_leaf or p.retains_grad or self.defaults.get("differentiable")):
                raise ValueError(f"{name}: can't optimize a non-leaf Tensor (shape {tuple(p.shape)})")
            if not (p.is_floating_point() or p.is_complex()):
                raise TypeError(f"{name}: can only optimize floating-point and complex Tensors, got dtype {p.dtype}")
        if len({id(p) for p in params}) != len(params):
            raise ValueError(f"{name}: a parameter appears twice in one parameter group")
        known = {id(p) for other in self.param_groups for p in other["params"]}
        if any(id(p) in known for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        if any(("param_names" in other) != bool(names) for other in self.param_groups):
            raise ValueError(f"{name}: parameters must have names in all parameter groups or in none")
        missing = [key for key, value in group.items() if value is required]
        if missing:
            raise ValueError(f"{name}: a parameter group didn't specify a value of required optimization parameter {missing[0]}")
        check(name, group, self.ranges)
        self.param_groups.append(group)
        self._by_ops |= bool(self.defaults.get("differentiable")) or any(p.is_complex() for p in params)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters (or fill them with zeros)."""
        for group in self.param_groups:
            if set_to_none:
                forget_gradients(group["params"])
                continue
            for p in group["params"]:
                if p.grad is not None:
                    p.grad = p.grad.detach().zero_()

    # ---- one step ----

    @with_step_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters once, by their gradients; `closure`, if given, computes the loss (and gradients) first and is returned."""
        loss = None
        if closure is not None:
            with mg.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._step(group)
        return loss

    def _step(self, group: Group) -> None:
        """One step of a group; where there is a kernel for it, an optimizer overrides this."""
        with mg.set_grad_enabled(bool(self.defaults.get("differentiable"))):
            self._step_by_ops(group)

    def _step_by_ops(self, group: Group) -> None:
        for p, grad in zip(*with_gradients(group["params"]), strict=True):
            state = self.state.get(p)
            if not state:
                state = self.start(p, group)
                if state:
                    self.state[p] = state
            if tuple(grad.shape) != tuple(p.shape):
                raise ShapeError(f"{type(self).__name__}.step: a parameter has shape {tuple(p.shape)} but its gradient {tuple(grad.shape)}")
            if p.dtype is mg.float32 or p.dtype is mg.float64:
                self._advance(p, grad, state, group)
            elif not p.is_complex():
                wide = p.to(mg.float32)
                self._advance(wide, grad.to(mg.float32), state, group)
                p.copy_(wide)
            elif not self.complex_as_real:
                self._advance(p, grad, state, group)
            else:
                self._advance_as_real(p, grad, state, group)

    def _advance(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        if "step" in state:
            state["step"] += 1
        if self.elementwise and p.numel() > BLOCK and not mg.is_grad_enabled():
            for part in _blocks(p, grad, state):
                self._apply(*part, group)
        else:
            self._apply(p, grad, state, group)
        self.finish(state, group)

    def _apply(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        if group.get("maximize"):
            grad = -grad
        decay = group.get("weight_decay")
        if decay and not self.decays_itself:
            if group.get("decoupled_weight_decay"):
                p.mul_(1 - group["lr"] * decay)
            else:
                grad = grad.add(p, alpha=float(decay))
        self.update(p, grad, state, group)

    def _advance_as_real(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        """The step of a complex parameter on its real and imaginary parts: views of it, or copies where the step is recorded, since
        the graph has no change of a view of another dtype."""
        recorded = mg.is_grad_enabled()

        def real(t: Any) -> Any:
            if not (isinstance(t, Tensor) and t.is_complex()):
                return t
            return view_as_real(t).clone() if recorded else view_as_real(t)

        parts, point = {key: real(value) for key, value in state.items()}, real(p)
        self._advance(point, view_as_real(grad.resolve_conj()), parts, group)
        for key, value in parts.items():
            if not (isinstance(state[key], Tensor) and state[key].is_complex()):
                state[key] = value
            elif recorded:
                state[key].copy_(view_as_complex(value))
        if recorded:
            p.copy_(view_as_complex(point))

    def start(self, p: Tensor, group: Group) -> State:
        """The state of a parameter before its first step."""
        return {}

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        """One step of one parameter, in place."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to step")

    def finish(self, state: State, group: Group) -> None:
        """The end of a step of one parameter."""

    # ---- state ----

    def state_dict(self) -> dict[str, Any]:
        """State by the number of the parameter, and the groups with numbers in place of parameters: PyTorch's layout.

        >>> p = mg.zeros(2, requires_grad=True)
        >>> mg.optim.SGD([p], lr=0.1).state_dict()["param_groups"][0]["params"]
        [0]
        """
        for hook in list(self._hooks["state_dict_pre"].values()):
            hook(self)
        result = saved.pack(self)
        for hook in list(self._hooks["state_dict_post"].values()):
            replaced = hook(self, result)
            result = result if replaced is None else replaced
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over settings and state, copied; the parameters must be the same in number and order. Nothing changes unless
        everything fits."""
        state_dict = state_dict.copy()
        for hook in list(self._hooks["load_state_dict_pre"].values()):
            replaced = hook(self, state_dict)
            state_dict = state_dict if replaced is None else replaced
        self.state, self.param_groups = saved.unpack(self, state_dict)
        for hook in list(self._hooks["load_state_dict_post"].values()):
            hook(self)

    # ---- hooks ----

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Run hook(optimizer, args, kwargs) before each step; what it returns, if not None, is the new (args, kwargs). The first of `args`
        is the optimizer, as in PyTorch."""
        return register(self._hooks["step_pre"], hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Run hook(optimizer, args, kwargs) after each step."""
        return register(self._hooks["step_post"], hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Run hook(optimizer) before `state_dict`."""
        return register(self._hooks["state_dict_pre"], hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Run hook(optimizer, state_dict) on the result of `state_dict`; what it returns, if not None, takes its place."""
        return register(self._hooks["state_dict_post"], hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Run hook(optimizer, state_dict) before `load_state_dict`; what it returns, if not None, is loaded in place of a copy of it."""
        return register(self._hooks["load_state_dict_pre"], hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Run hook(optimizer) after `load_state_dict`."""
        return register(self._hooks["load_state_dict_post"], hook, prepend)

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"


def _named(optimizer: str, params: Any) -> tuple[list[Any], list[str]]:
    """The tensors of a group, and their names if they come as pairs (name, tensor)."""
    items = [params] if isinstance(params, Tensor) else list(params)
    names = [item[0] for item in items if isinstance(item, tuple)]
    if names and len(names) != len(items):
        raise ValueError(f"{optimizer}: parameters must all have names or none, got {len(names)} names for {len(items)} parameters")
    return [item[1] if isinstance(item, tuple) else item for item in items], names


def _blocks(p: Tensor, grad: Tensor, state: State) -> Iterator[tuple[Tensor, Tensor, State]]:
    """The parameter, its gradient and its state as views of BLOCK elements for each thread; whole if one of them has another layout."""
    kept = {key: value for key, value in state.items() if isinstance(value, Tensor) and value.numel() == p.numel()}
    columns = [p.detach(), grad, *kept.values()]
    if not all(t.is_contiguous() for t in columns):
        yield p, grad, state
        return
    size = BLOCK * mg.get_num_threads()
    for first, second, *rest in zip(*(t.view(-1).split(size) for t in columns), strict=True):
        yield first, second, {**state, **dict(zip(kept, rest, strict=True))}
