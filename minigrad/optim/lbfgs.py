"""Limited-memory BFGS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.ops.complex import view_as_real
from minigrad.ops.shape import cat

from .line_search import strong_wolfe
from .optimizer import Optimizer
from .settings import NONNEGATIVE, settings


class LBFGS(Optimizer):
    """Quasi-Newton steps (Nocedal 1980): the inverse of the Hessian is estimated from the last `history_size` changes of the gradient. For
    losses without noise. Memory: 2 * history_size + 3 times that of the parameters.

    `step(closure)` evaluates `closure`, which clears the gradients, computes the loss and its gradients and returns it, as often as it
    needs: at most `max_iter` iterations and `max_eval` evaluations (None: 1.25 * max_iter), ended early where no gradient is above
    `tolerance_grad` or neither step nor loss changes by more than `tolerance_change`. line_search_fn: None moves by lr;
    "strong_wolfe" looks for a length of step that suits the loss.

    There is one group, and no settings per parameter.
    >>> p = mg.tensor([4.0, -3.0], requires_grad=True)
    >>> opt = LBFGS([p], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     opt.zero_grad()
    ...     loss = (p * p * mg.tensor([1.0, 10.0])).sum()
    ...     loss.backward()
    ...     return loss
    >>> opt.step(closure).item()
    106.0
    >>> bool(p.abs().max() < 1e-3)
    True
    """

    ranges: ClassVar = {"lr": NONNEGATIVE}

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        if line_search_fn not in (None, "strong_wolfe"):
            raise ValueError(f"LBFGS: line_search_fn must be None or 'strong_wolfe', got {line_search_fn!r}")
        super().__init__(params, settings(locals()))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        super().add_param_group(param_group)

    @property
    def _params(self) -> list[Tensor]:
        return self.param_groups[0]["params"]

    # Parameters and gradients as one vector.

    def _gradient(self) -> Tensor:
        return cat([_flat(mg.zeros_like(p) if p.grad is None else p.grad.detach()) for p in self._params])

    def _move(self, length: float, direction: Tensor) -> None:
        at = 0
        for p in self._params:
            real = view_as_real(p) if p.is_complex() else p
            real.add_(direction[at : at + real.numel()].reshape(real.shape), alpha=length)
            at += real.numel()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to `max_iter` iterations; returns the first loss."""
        if closure is None:
            raise TypeError("LBFGS.step: expected a closure that computes the loss and its gradients, got None")

        def evaluate() -> tuple[Any, Tensor]:
            with mg.enable_grad():
                loss = closure()
            return loss, self._gradient()

        with mg.no_grad():
            return self._minimize(evaluate)

    def _minimize(self, evaluate: Callable[[], tuple[Any, Tensor]]) -> Any:
        group = self.param_groups[0]
        state = self.state[self._params[0]]  # all is kept under the first parameter, as PyTorch has it
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss, gradient = evaluate()
        loss, evaluations = float(first_loss), 1
        state["func_evals"] += 1
        if _largest(gradient) <= group["tolerance_grad"]:
            return first_loss

        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                direction, length = -gradient, min(1.0, 1.0 / gradient.abs().sum().item()) * float(group["lr"])
                state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            else:
                direction, length = self._direction(gradient, state, group["history_size"]), float(group["lr"])
            state.update(d=direction, t=length, prev_flat_grad=gradient, prev_loss=loss)
            slope = gradient.dot(direction).item()
            if slope > -group["tolerance_change"]:
                break

            before = loss
            used = 0
            if group["line_search_fn"] is not None:
                start = [p.clone() for p in self._params]

                def probe(length: float, direction: Tensor = direction, start: list[Tensor] = start) -> tuple[float, Tensor, float]:
                    self._move(length, direction)
                    loss, gradient = evaluate()
                    for p, value in zip(self._params, start, strict=True):
                        p.copy_(value)
                    return float(loss), gradient, gradient.dot(direction).item()

                loss, gradient, length, used = strong_wolfe(
                    probe, length, _largest(direction), loss, gradient, slope, max_evaluations=group["max_eval"] - evaluations
                )
                state["t"] = length
                self._move(length, direction)
            else:
                self._move(length, direction)
                if iteration != group["max_iter"]:  # of a loss with noise the next step begins with another sample
                    result, gradient = evaluate()
                    loss, used = float(result), 1
            evaluations += used
            state["func_evals"] += used
            if (
                evaluations >= group["max_eval"]
                or _largest(gradient) <= group["tolerance_grad"]
                or _largest(direction) * abs(length) <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        return first_loss

    @staticmethod
    def _direction(gradient: Tensor, state: dict[str, Any], history_size: int) -> Tensor:
        """Minus the estimated inverse Hessian times the gradient, by the two-loop recursion, after taking the last step into account."""
        changes, steps, inverses = state["old_dirs"], state["old_stps"], state["ro"]
        change, step = gradient - state["prev_flat_grad"], state["d"] * state["t"]
        curvature = change.dot(step).item()
        if curvature > 1e-10:
            if len(changes) == history_size:
                for history in changes, steps, inverses:
                    history.pop(0)
            changes.append(change)
            steps.append(step)
            inverses.append(1.0 / curvature)
            state["H_diag"] = curvature / change.dot(change).item()
        shares = state.setdefault("al", [None] * history_size)
        result = -gradient
        for i in reversed(range(len(changes))):
            shares[i] = float(steps[i].dot(result).item() * inverses[i])
            result.add_(changes[i], alpha=-shares[i])
        result.mul_(state["H_diag"])
        for i in range(len(changes)):
            result.add_(steps[i], alpha=shares[i] - changes[i].dot(result).item() * inverses[i])
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        for state in self.state.values():
            state.update({key: _number(state[key]) for key in ("t", "H_diag", "prev_loss") if key in state})
            state.update({key: [_number(v) for v in state[key]] for key in ("ro", "al") if key in state})


def _flat(t: Tensor) -> Tensor:
    return (view_as_real(t.resolve_conj()) if t.is_complex() else t).reshape(-1)


def _largest(t: Tensor) -> float:
    return float(t.abs().max().item()) if t.numel() else 0.0


def _number(value: Any) -> Any:
    """PyTorch's scalar tensors as numbers."""
    return float(np.asarray(value)) if isinstance(value, Tensor) else value
