"""Checkpointing: less memory for more time (Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import minigrad as mg
from minigrad import _core
from minigrad.errors import GradError


class _Recomputed:
    """What one call of a checkpointed function saved: nothing, until backward asks, and then everything at once."""

    def __init__(self, function: Callable[[], Any], state: Any) -> None:
        self.function, self.state = function, state
        self.count = 0
        self.tensors: list[Any] | None = None

    def pack(self, tensor: Any) -> int:
        self.count += 1
        return self.count - 1

    def unpack(self, number: int) -> Any:
        if self.tensors is None:
            found: list[Any] = []
            with mg.autograd.graph.saved_tensors_hooks(lambda t: found.append(t) or len(found) - 1, lambda i: found[i]):  # type: ignore[func-returns-value]
                before = None if self.state is None else mg.get_rng_state()
                if self.state is not None:
                    mg.set_rng_state(self.state)
                try:
                    with _core.enable_grad():
                        self.function()
                finally:
                    if before is not None:
                        mg.set_rng_state(before)
            if len(found) != self.count:
                raise GradError(
                    f"checkpoint: the function saved {self.count} tensors the first time and {len(found)} now; it must be deterministic"
                )
            self.tensors = found
        tensor = self.tensors[number]
        return tensor


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    determinism_check: str = "default",
    **kwargs: Any,
) -> Any:
    """`function(*args, **kwargs)` without keeping what its backward needs: it is computed a second time when backward comes to it.

    preserve_rng_state: random numbers are the same the second time. use_reentrant and determinism_check are accepted for PyTorch's programs:
    what happens is what PyTorch does without the first, and the number of saved tensors is always compared. Raises GradError in backward if the function does something else the second time.
    >>> x = mg.tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint(lambda x: (x * x).exp(), x).sum().backward()
    >>> x.grad.round()
    tensor([  5., 218.])
    """
    run = _Recomputed(lambda: function(*args, **kwargs), mg.get_rng_state() if preserve_rng_state else None)
    with mg.autograd.graph.saved_tensors_hooks(run.pack, run.unpack):
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, preserve_rng_state: bool = True
) -> Any:
    """Run `functions` (a Sequential or a list) one after the other, in `segments` checkpointed parts; the last part is kept."""
    functions = list(functions.children()) if isinstance(functions, mg.nn.Sequential) else list(functions)
    if not 1 <= segments <= len(functions):
        raise ValueError(f"checkpoint_sequential: expected 1 to {len(functions)} segments, got {segments}")

    def part(members: Sequence[Any]) -> Callable[[Any], Any]:
        def run(x: Any) -> Any:
            for f in members:
                x = f(x)
            return x

        return run

    size = len(functions) // segments
    for i in range(segments - 1):
        input = checkpoint(part(functions[i * size : (i + 1) * size]), input, preserve_rng_state=preserve_rng_state)
    return part(functions[(segments - 1) * size :])(input)
