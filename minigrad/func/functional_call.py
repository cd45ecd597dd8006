"""A module as a function of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core import Tensor


def functional_call(
    module: Any,
    parameters_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """`module(*args, **kwargs)` with other tensors in place of its parameters and buffers, by the names of its state dict.

    The module is as before when this returns or raises. `strict`: every parameter and buffer must be given. Raises KeyError for a name
    that the module does not have.
    >>> linear = mg.nn.Linear(2, 1)
    >>> functional_call(linear, {"weight": mg.ones(1, 2), "bias": mg.zeros(1)}, mg.tensor([1.0, 2.0]))
    tensor([3.])
    """
    given = parameters_and_buffer_dicts
    values: dict[str, Tensor] = {}
    for d in (given,) if isinstance(given, Mapping) else given:
        values.update(d)
    own = dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))
    unknown = [n for n in values if n not in own]
    missing = [n for n in own if n not in values] if strict else []
    if unknown or missing:
        raise KeyError(
            f"functional_call: {type(module).__name__} has no {unknown}" if unknown else f"functional_call: not given: {missing}"
        )
    if tie_weights:  # a tensor under two names is one tensor
        first = {id(own[n]): v for n, v in values.items()}
        values = {n: first[id(t)] for n, t in own.items() if id(t) in first} | values
    places = []
    for name, value in values.items():
        path, _, attribute = name.rpartition(".")
        places.append((module.get_submodule(path).__dict__, attribute, value))
    before = [(d, a, d[a]) for d, a, _ in places]
    try:
        for d, a, value in places:
            d[a] = value
        args = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*args, **(kwargs or {}))
    finally:
        for d, a, value in reversed(before):
            d[a] = value


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Parameters and buffers of modules of one kind, each name's stacked along a new first dimension: an ensemble for `vmap`.

    >>> params, buffers = stack_module_state([mg.nn.Linear(2, 3) for _ in range(4)])
    >>> params["weight"].shape
    (4, 3, 2)
    """
    from ..ops.shape import stack

    if not models:
        raise ValueError("stack_module_state: expected at least one module")
    if len({type(m) for m in models}) > 1:
        raise ValueError("stack_module_state: expected modules of one class")
    parameters = [dict(m.named_parameters()) for m in models]
    buffers = [dict(m.named_buffers()) for m in models]
    stacked = {n: stack([p[n].detach() for p in parameters]).requires_grad_(parameters[0][n].requires_grad) for n in parameters[0]}
    return stacked, {n: stack([b[n] for b in buffers]) for n in buffers[0]}
