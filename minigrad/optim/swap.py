"""A step with other parameters and another state than the optimizer's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from minigrad._core import Tensor

from .optimizer import Optimizer


@contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Optimizer, swapin_parameters: Mapping[str, Tensor], swapin_optim_state: Mapping[str, Any]
) -> Iterator[None]:
    """Let the optimizer work on `swapin_parameters`, in the order of its own, with the settings and state of a state_dict, inside a `with`
    block. Its own come back unchanged at the end. The tensors that were swapped in are changed in place, those of the state too; what
    the block adds to the state is dropped.

    Raises RuntimeError where the state_dict does not fit the optimizer's groups, or the optimizer has no state yet.
    >>> import minigrad as mg
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([1.0])
    >>> optimizer = mg.optim.Adam([p], lr=0.5)
    >>> optimizer.step()
    >>> other = mg.tensor([8.0])
    >>> other.grad = mg.tensor([1.0])
    >>> with swap_in_optimizer_params_and_state(optimizer, {"p": other}, optimizer.state_dict()):
    ...     optimizer.step()
    >>> p.item(), other.item()
    (0.5, 7.5)
    """
    state, groups, counts = _swapped(optimizer, list(swapin_parameters.values()), swapin_optim_state)
    own = optimizer.state, optimizer.param_groups
    optimizer.state, optimizer.param_groups = state, groups
    try:
        yield
    finally:
        optimizer.state, optimizer.param_groups = own
        for count, values in counts:
            count.fill_(float(values["step"]))


def _swapped(
    optimizer: Optimizer, params: list[Tensor], state_dict: Mapping[str, Any]
) -> tuple[defaultdict[Any, dict[str, Any]], list[dict[str, Any]], list[tuple[Tensor, dict[str, Any]]]]:
    """State and groups to put in place, and the tensors that count steps in the state_dict with the state that counts for them."""

    def demand(holds: bool, problem: str) -> None:
        if not holds:
            raise RuntimeError(f"swap_in_optimizer_params_and_state: {problem}")

    demand(bool(optimizer.state), "the optimizer has no state yet; let it take a step first")
    saved, saved_groups = state_dict.get("state"), state_dict.get("param_groups")
    if not isinstance(saved, dict) or not isinstance(saved_groups, list):
        raise RuntimeError("swap_in_optimizer_params_and_state: expected a state_dict with a dict `state` and a list `param_groups`")
    demand(len(saved_groups) == len(optimizer.param_groups),
           f"the state_dict has {len(saved_groups)} parameter groups, the optimizer {len(optimizer.param_groups)}")  # fmt: skip
    expected = sum(len(group["params"]) for group in optimizer.param_groups)
    demand(len(params) == expected, f"expected {expected} parameters, got {len(params)}")

    state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
    groups, counts = [], []
    numbers: set[Any] = set()
    rest = iter(params)
    for i, (group, new) in enumerate(zip(optimizer.param_groups, saved_groups, strict=True)):
        demand(group.keys() == new.keys(), f"group {i} has other settings than the optimizer's: {sorted(group.keys() ^ new.keys())}")
        demand(
            len(new["params"]) == len(group["params"]), f"group {i} has {len(new['params'])} parameters, expected {len(group['params'])}"
        )
        mine = [next(rest) for _ in new["params"]]
        groups.append({**new, "params": mine})
        for number, p in zip(new["params"], mine, strict=True):
            numbers.add(number)
            values = state[p] = dict(saved.get(number, {}))
            if isinstance(values.get("step"), Tensor):
                counts.append((values["step"], values))
                values["step"] = int(values["step"].item())
    demand(saved.keys() <= numbers, f"the state has keys that no group has: {sorted(saved.keys() - numbers, key=str)}")
    return state, groups, counts
