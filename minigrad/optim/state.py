"""An optimizer's state as a dict of PyTorch's layout, and back."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor

if TYPE_CHECKING:
    from .optimizer import Optimizer


def state_dtype(param: Tensor) -> Any:
    """The dtype of a parameter's state: its own, but float32 for what is narrower."""
    return param.dtype if param.dtype is mg.float64 or param.is_complex() else mg.float32


def pack(optimizer: Optimizer) -> dict[str, Any]:
    """State by the number of the parameter, and the groups with numbers in place of parameters."""
    number = {id(p): i for i, p in enumerate(p for group in optimizer.param_groups for p in group["params"])}
    state = {
        number[id(p)] if isinstance(p, Tensor) else p: {k: _count_out(v) if k == "step" else v for k, v in values.items()}
        for p, values in sorted(optimizer.state.items(), key=lambda item: number.get(id(item[0]), len(number)))
    }
    groups = [
        {**{k: v for k, v in g.items() if k != "params"}, "params": [number[id(p)] for p in g["params"]]} for g in optimizer.param_groups
    ]
    return {"state": state, "param_groups": groups}


def unpack(optimizer: Optimizer, state_dict: dict[str, Any]) -> tuple[defaultdict[Any, dict[str, Any]], list[dict[str, Any]]]:
    """State and groups for `optimizer` from what `pack` has made there or in PyTorch, copied; ValueError unless everything fits."""
    groups, state = state_dict["param_groups"], state_dict["state"]
    if len(groups) != len(optimizer.param_groups):
        raise ValueError(
            f"loaded state dict has a different number of parameter groups: {len(groups)}, expected {len(optimizer.param_groups)}"
        )
    merged = []
    numbered: dict[Any, tuple[Tensor, dict[str, Any]]] = {}  # number: parameter, its new group
    for i, (new, own) in enumerate(zip(groups, optimizer.param_groups, strict=True)):
        if len(new["params"]) != len(own["params"]):
            raise ValueError(
                f"loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
                f"group {i} has {len(new['params'])} parameters, expected {len(own['params'])}"
            )
        merged.append({**own, **{k: deepcopy(v) for k, v in new.items() if k != "params"}})
        numbered.update({n: (p, merged[-1]) for n, p in zip(new["params"], own["params"], strict=True)})

    loaded: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
    problems: list[str] = []
    for n, values in state.items():
        if n not in numbered:
            loaded[n] = deepcopy(values)
            continue
        p, group = numbered[n]
        expected = optimizer.start(p, group)
        for key, value in values.items():
            value = loaded[p][key] = int(value) if key == "step" else _own(p, value)
            if not (isinstance(value, Tensor) and key in expected):
                continue
            shape = tuple(p.shape if expected[key] is None else expected[key].shape)
            if tuple(value.shape) != shape:
                problems.append(f"parameter {n}: {key} has shape {tuple(value.shape)}, expected {shape}")
    if problems:
        raise ValueError(f"{type(optimizer).__name__}.load_state_dict: " + "; ".join(problems))
    return loaded, merged


def _own(p: Tensor, value: Any) -> Any:
    """A copy of what was saved for parameter p, whatever library's tensors it is made of, in the dtype of p's state."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dict):
        return {key: _own(p, v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_own(p, v) for v in value)
    tensor = value.detach() if isinstance(value, Tensor) else mg.tensor(np.asarray(value.detach() if hasattr(value, "detach") else value))
    same_kind = tensor.is_complex() if p.is_complex() else tensor.is_floating_point()
    return tensor.to(state_dtype(p)).clone() if same_kind else tensor.clone()


def _count_out(step: Any) -> Any:
    return mg.tensor(float(step), dtype=mg.float32) if isinstance(step, int) else step
