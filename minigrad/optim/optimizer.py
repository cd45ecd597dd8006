"""`Optimizer`: parameter groups, per-parameter state, and how both reach a multi-tensor kernel.

A step is one kernel call per group, over all of its parameters: Python's share of it is a short loop that collects them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor, forget_gradients, launch_columns
from minigrad.errors import ShapeError

Group = dict[str, Any]


def state_dtype(param: Tensor) -> Any:
    """The dtype of a parameter's state: its own, but float32 for what is narrower."""
    return mg.float64 if param.dtype is mg.float64 else mg.float32


def new_state(param: Tensor) -> Tensor:
    """Zeros in the parameter's shape, contiguous."""
    return mg.zeros(param.shape, dtype=state_dtype(param))


class Optimizer:
    """Base of all optimizers: `params` are tensors, or dicts with "params" and the settings of that group.

    `state[p]` holds what is kept for parameter p. A count of steps is a Python int there, and in `state_dict()` a float32 scalar,
    as PyTorch has it.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"params argument given to the optimizer should be an iterable of Tensors or dicts, but got {type(params).__name__}"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._opt_called = False  # schedulers warn when they are stepped first
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Add a group, e.g. of layers that are trained from now on; what it does not set is the default."""
        name = type(self).__name__
        if not isinstance(param_group, dict):
            raise TypeError(f"{name}: param_group must be a dict, got {type(param_group).__name__}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(f"{name}: parameters need a fixed order, got a set; pass a list")
        params = [params] if isinstance(params, Tensor) else list(params)
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{name}: can only optimize Tensors, got {type(p).__name__}")
            if not (p.is_leaf or self.defaults.get("differentiable")):
                raise ValueError(f"{name}: can't optimize a non-leaf Tensor (shape {tuple(p.shape)})")
            if not p.is_floating_point():
                raise TypeError(f"{name}: can only optimize floating-point Tensors, got dtype {p.dtype}")
        if len({id(p) for p in params}) != len(params):
            raise ValueError(f"{name}: a parameter appears twice in one parameter group")
        known = {id(p) for group in self.param_groups for p in group["params"]}
        if any(id(p) in known for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append({**param_group, "params": params, **{k: v for k, v in self.defaults.items() if k not in param_group}})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters (or fill them with zeros)."""
        for group in self.param_groups:
            if set_to_none:
                forget_gradients(group["params"])
                continue
            for p in group["params"]:
                if p.grad is not None:
                    p.grad = p.grad.detach().zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters once, by their gradients; `closure`, if given, computes the loss (and gradients) first and is returned."""
        self._opt_called = True
        loss = None
        if closure is not None:
            with mg.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._step(group)
        return loss

    def _step(self, group: Group) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say how to step")

    def _launch(self, kernel: str, columns: Sequence[list[Any] | None], *values: float) -> None:
        """Run a multi-tensor kernel on `columns`: parameters, gradients, then each kind of state (None: not given)."""
        if not launch_columns(kernel, list(columns), values):
            rows = len(columns[0] or ())
            for row in zip(*(column or [None] * rows for column in columns), strict=True):
                self._launch_one(kernel, row, values)

    def _launch_one(self, kernel: str, row: tuple[Any, ...], values: tuple[float, ...]) -> None:
        """The same for one parameter, whatever its layout and dtype (a transposed view, float16, a group of mixed dtypes): through
        contiguous copies, so that there is one implementation of each formula."""
        param, grad, *states = row
        if tuple(grad.shape) != tuple(param.shape):
            raise ShapeError(f"{type(self).__name__}.step: a parameter has shape {tuple(param.shape)} but its gradient {tuple(grad.shape)}")
        dtype = state_dtype(param)
        fresh = param.detach().to(dtype).contiguous()
        work = [[fresh], [grad.detach().to(dtype).contiguous()], *(None if s is None else [s] for s in states)]
        if not launch_columns(kernel, work, values):
            raise ShapeError(
                f"{type(self).__name__}.step: the state of a parameter does not fit it, shape {tuple(param.shape)}, dtype {dtype}"
            )
        if fresh.data_ptr() != param.data_ptr():
            with mg.no_grad():
                param.copy_(fresh)

    # ---- state ----

    def state_dict(self) -> dict[str, Any]:
        """State by the number of the parameter, and the groups with numbers in place of parameters: PyTorch's layout.

        >>> p = mg.zeros(2, requires_grad=True)
        >>> mg.optim.SGD([p], lr=0.1).state_dict()["param_groups"][0]["params"]
        [0]
        """
        order = [p for group in self.param_groups for p in group["params"]]
        number = {id(p): i for i, p in enumerate(order)}
        state: dict[Any, Any] = {}
        for p in order:
            if p in self.state:
                state[number[id(p)]] = {k: _count_out(v) if k == "step" else v for k, v in self.state[p].items()}
        groups = [
            {**{k: v for k, v in g.items() if k != "params"}, "params": [number[id(p)] for p in g["params"]]} for g in self.param_groups
        ]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over settings and state, copied; the parameters must be the same in number and order. Nothing changes unless
        everything fits."""
        groups, state = state_dict["param_groups"], state_dict["state"]
        if len(groups) != len(self.param_groups):
            raise ValueError(
                f"loaded state dict has a different number of parameter groups: {len(groups)}, expected {len(self.param_groups)}"
            )
        for i, (new, own) in enumerate(zip(groups, self.param_groups, strict=True)):
            if len(new["params"]) != len(own["params"]):
                raise ValueError(
                    f"loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
                    f"group {i} has {len(new['params'])} parameters, expected {len(own['params'])}"
                )
        numbers = [n for group in groups for n in group["params"]]
        params = [p for group in self.param_groups for p in group["params"]]
        loaded: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        problems = []
        for n, p in zip(numbers, params, strict=True):
            for key, value in state.get(n, {}).items():
                if key == "step":
                    value = int(value)
                elif value is not None and not isinstance(value, str | bool | int | float):
                    value = (value.detach() if isinstance(value, Tensor) else mg.tensor(np.asarray(value))).to(state_dtype(p)).clone()
                    if tuple(value.shape) != tuple(p.shape):
                        problems.append(f"parameter {n}: {key} has shape {tuple(value.shape)}, expected {tuple(p.shape)}")
                loaded[p][key] = value
        if problems:
            raise ValueError(f"{type(self).__name__}.load_state_dict: " + "; ".join(problems))
        self.state = loaded
        self.param_groups = [
            {**own, **{k: deepcopy(v) for k, v in new.items() if k != "params"}} for new, own in zip(groups, self.param_groups, strict=True)
        ]

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"


def _count_out(step: int) -> Tensor:
    return mg.tensor(float(step), dtype=mg.float32)


def at_least_zero(optimizer: str, **settings: Any) -> None:
    """Raise ValueError for the first setting that is negative or not a number."""
    for name, value in settings.items():
        if not float(value) >= 0.0:
            raise ValueError(f"{optimizer}: {name} must be at least 0, got {value}")
