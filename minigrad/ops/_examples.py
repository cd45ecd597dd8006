"""What composites need under vmap when ops of tensors are not enough: tables made of values, and random numbers.

A tensor that stands for one example has no values of its own to look at, and asking for them is an error. What looks at values here
looks at those of all examples at once: `by_numpy` for what has no gradient, `of_stacks` for a whole composite that folds the examples
into a batch it has anyway, `_core.whole` for checks that hold for each example.
"""

from __future__ import annotations

import math
from _thread import _local  # threading.local, without importing the rest of threading
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from .._core import BatchError, Tensor

_thread = _local()


def vmaps() -> tuple[tuple[int, str], ...]:
    """(size, randomness) of the vmaps that run in this thread, the outermost (level 1) first."""
    return getattr(_thread, "vmaps", ())


def set_vmaps(running: tuple[tuple[int, str], ...]) -> None:
    _thread.vmaps = running


def _level(tensors: tuple[Any, ...]) -> int:
    return max((_core.level_of(x) for x in tensors), default=0)


def stacks(tensors: tuple[Any, ...], level: int) -> tuple[Any, ...]:
    """The tensors of all examples at a level; one that is the same for all is repeated (without a copy), and None stays None."""
    fronts = [_core.batch_of(x, level) for x in tensors]
    size = next(x.shape[0] for x in fronts if x is not None)
    return tuple(
        x.unsqueeze(0).expand((size, *x.shape)) if front is None and x is not None else front
        for x, front in zip(tensors, fronts, strict=True)
    )


def _map(function: Callable[[Any], Any], results: Any) -> Any:
    """function of a result, or of each of several; None stays None."""
    return tuple(None if y is None else function(y) for y in results) if isinstance(results, tuple) else function(results)


# ---- without a gradient ----


def by_numpy(function: Callable[..., Any], *tensors: Tensor | None) -> Any:
    """What `function` makes of the tensors' arrays, as Tensors; nothing is recorded.

    Under vmap it gets the arrays of all examples: all of them then have as many more dimensions in front, and so must its results.
    """
    level = _level(tensors)
    if level:
        plain = tuple(None if x is None else x.detach() for x in tensors)
        return _map(lambda y: _core.make_batched(y, level), by_numpy(function, *stacks(plain, level)))
    running = vmaps()
    set_vmaps(())  # whatever it calls is not under vmap
    try:
        results = function(*(None if x is None else x.numpy(force=True) for x in tensors))
    finally:
        set_vmaps(running)
    return _map(_tensor, results)


def rows_of(array: np.ndarray) -> np.ndarray:
    """The last dimension as it is, all others as one; of no elements, too."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def _tensor(value: Any) -> Tensor:
    value = np.asarray(value)
    return _core.from_numpy(value if value.flags.writeable and value.flags.c_contiguous else np.array(value, order="C"))


# ---- with a gradient ----


def of_stacks(one: Callable[..., Any], many: Callable[..., Any], *tensors: Tensor | None) -> Any:
    """one(*tensors); under vmap many(*stacks of tensors), which says the same of all examples at once, along a first dimension.

    For composites that make tables of what they see. The gradient inside vmap is the gradient of `many`, of every order: the examples
    have nothing to do with one another.
    """
    level = _level(tensors)
    if not level:
        return one(*tensors)
    fronts = stacks(tensors, level)
    results = of_stacks(many, _folded(many), *fronts)
    if not any(x is not None and x.requires_grad for x in fronts):  # a gradient's own leaves are nobody else's
        results = _map(Tensor.detach, results)
    outputs = _map(lambda y: _core.make_batched(y, level), results)
    several = outputs if isinstance(outputs, tuple) else (outputs,)
    _core.record_custom(_OF_STACKS, tuple(x for x in tensors if x is not None), (one, many, tensors), several, set(), set())
    return outputs


def _folded(many: Callable[..., Any]) -> Callable[..., Any]:
    """`many` of stacks of stacks: two batches as one."""

    def function(*tensors: Tensor | None) -> Any:
        lead = next(x.shape[:2] for x in tensors if x is not None)
        results = many(*(None if x is None else merged(x) for x in tensors))
        return _map(lambda y: y.reshape((*lead, *y.shape[1:])), results)

    return function


def merged(x: Tensor) -> Tensor:
    """The first two dimensions as one."""
    return x.reshape((x.shape[0] * x.shape[1], *x.shape[2:]))


def _pull(function: Callable[..., Any], count: int, recording: bool) -> Callable[..., Any]:
    """(*arguments, *cotangents) -> gradients of the arguments; None for those that have none."""

    def gradients(*given: Any) -> tuple[Any, ...]:
        arguments, cotangents = given[:count], given[count:]
        own = tuple(_fresh(x, recording) for x in arguments)
        leaves = [x for x in own if x is not None and x.requires_grad]
        with _core.enable_grad():
            results = function(*own)
        several = results if isinstance(results, tuple) else (results,)
        pairs = [(y, g) for y, g in zip(several, cotangents, strict=True) if g is not None and y.requires_grad]
        found: Any = [None] * len(leaves)
        if pairs:
            outputs, grads = zip(*pairs, strict=True)
            found = _core.grad(outputs, leaves, grads, create_graph=recording, allow_unused=True)
        filled = (_core.zeros_of(x) if g is None else g for g, x in zip(found, leaves, strict=True))
        return tuple(next(filled) if x is not None and x.requires_grad else None for x in own)

    return gradients


def _fresh(x: Any, recording: bool) -> Any:
    if x is None or not (x.is_floating_point() or x.is_complex()):
        return x
    return x.view(x.shape) if recording and x.requires_grad else _core.fresh_leaf(x)


def _rule(g: Any, context: Any) -> list[Any]:
    one, many, tensors = context
    recording, count = _core.is_grad_enabled(), len(tensors)
    cotangents = g if isinstance(g, tuple) else (g,)
    found = of_stacks(_pull(one, count, recording), _pull(many, count, recording), *tensors, *cotangents)
    return [gx for gx, x in zip(found, tensors, strict=True) if x is not None]


_OF_STACKS = _core.Op("of_stacks", "general", variadic=True, rules=[_core.Rule(_rule, (), ("g", "context"), [0, 500])])


# ---- random numbers ----


def drawing(op: str) -> tuple[tuple[int, int], ...]:
    """(level, size) of the vmaps under which every example gets numbers of its own; BatchError if one of them wants none drawn."""
    found = []
    for level, (size, randomness) in enumerate(vmaps(), 1):
        if randomness == "error":
            raise BatchError(
                f'vmap: {op} draws random numbers; say vmap(..., randomness="different") for numbers of each example, or "same" for the '
                "same for all; or draw them outside and map over them"
            )
        if randomness == "different":
            found.append((level, size))
    return tuple(found)


def draw_in_place(op: str) -> None:
    """Refuse to fill one tensor with numbers of each example."""
    if drawing(op):
        raise BatchError(f'vmap: {op} cannot fill a tensor that is the same for all examples under randomness="different"')


def as_examples(x: Tensor, levels: tuple[tuple[int, int], ...]) -> Tensor:
    """x, whose first dimensions are the examples of `levels`, as one of them."""
    for level, _ in levels:
        x = _core.make_batched(x, level)
    return x
