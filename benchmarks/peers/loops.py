"""The innermost loops. They are generated, so that an op of 50 ns is not measured together with a loop over its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def forward(function: Callable[..., Any], args: list[Any], params: dict[str, Any], after: str = "") -> Callable[[int], None]:
    """`after`: a statement about the result `y`, for libraries that compute later (jax, tinygrad)."""
    space = {"f": function} | {f"a{i}": a for i, a in enumerate(args)} | {f"p_{k}": v for k, v in params.items()}
    return _loop(space, [f"y = f({_call(args, params)})", after])


def forward_backward(
    function: Callable[..., Any],
    args: list[Any],
    params: dict[str, Any],
    leaves: list[Any],
    cotangent: Any,
    index: int | None,
    after: str = "",
) -> Callable[[int], None]:
    """Gradients start as None each time, as after zero_grad(); output `index` of several is the one that is differentiated."""
    space = {"f": function, "g": cotangent} | {f"a{i}": a for i, a in enumerate(args)} | {f"p_{k}": v for k, v in params.items()}
    space |= {f"x{i}": x for i, x in enumerate(leaves)}
    lines = [f"x{i}.grad = None" for i in range(len(leaves))]
    lines += [f"y = f({_call(args, params)}){'' if index is None else f'[{index}]'}", "y.backward(g)", after]
    return _loop(space, lines)


def _call(args: list[Any], params: dict[str, Any]) -> str:
    return ", ".join([*(f"a{i}" for i in range(len(args))), *(f"{k}=p_{k}" for k in params)])


def _loop(space: dict[str, Any], lines: list[str]) -> Callable[[int], None]:
    # Everything the loop touches is a local variable (a default of its parameter list): no look-up by name inside.
    body = "\n".join(f"        {line}" for line in lines if line)
    made: dict[str, Any] = {}
    exec(f"def run(n, *, {', '.join(f'{k}={k}' for k in space)}):\n    for _ in range(n):\n{body}\n", space, made)
    return made["run"]
