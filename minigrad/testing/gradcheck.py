"""Gradients against finite differences: in float64, along random directions, with a random cotangent.

A loss of `y.sum()` hides whole families of errors (every permutation of the output has the same sum), so the cotangent is never constant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import _core
from ..errors import GradError


def _floats(outputs: Any) -> list[Any]:
    outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    return [y for y in outputs if isinstance(y, _core.Tensor) and _differentiable(y)]


def _differentiable(x: Any) -> bool:
    return x.is_floating_point() or x.is_complex()


def _random(rng: np.random.Generator, x: Any) -> np.ndarray:
    """A normal array of x's shape: a direction or a cotangent; complex if x is."""
    v = rng.standard_normal(x.shape)
    return np.asarray(v + 1j * rng.standard_normal(x.shape) if x.is_complex() else v)


def _several(inputs: Any) -> Sequence[Any]:
    """The arguments as a sequence; one tensor stands for itself."""
    return (inputs,) if isinstance(inputs, _core.Tensor) else inputs


def _flat(inputs: Sequence[Any]) -> list[tuple[str, Any]]:
    """Every tensor among the arguments, those in lists included, with a name for messages."""
    found = []
    for i, x in enumerate(inputs):
        if isinstance(x, _core.Tensor):
            found.append((str(i), x))
        elif isinstance(x, (list, tuple)):
            found += [(f"{i}[{k}]", t) for k, t in enumerate(x) if isinstance(t, _core.Tensor)]
    return found


def gradcheck(
    function: Callable[..., Any], inputs: _core.Tensor | Sequence[Any], *, eps: float = 1e-6, rtol: float = 1e-5, atol: float = 1e-7,
    directions: int = 2, seed: int = 0, name: str = "", argument_names: Sequence[str] | None = None,
) -> bool:  # fmt: skip
    """Whether the gradients of `function(*inputs)` agree with central differences.

    Every float64 input that requires grad is moved along `directions` random directions by `eps`; the change of the outputs, weighted
    with a random cotangent, must be what backward says, up to rtol times the largest term plus atol. `function` has to be
    deterministic and smooth within `eps` of the inputs. Other inputs are passed on as they are; a single tensor needs no tuple.
    Complex inputs (complex128) are moved along complex directions, and complex outputs weighted as pairs: what is checked is
    dL = Re(sum(conj(gradient) * direction)) of the loss L = Re(sum(conj(cotangent) * output)).

    name and argument_names are what messages call the function and the inputs that require grad.
    Returns True. Raises GradError with the argument, both values and the seed if a gradient is wrong; ValueError if no input requires
    grad, if one is neither float64 nor complex128, or if elements of one share memory.
    >>> x = mg.tensor([0.5, -1.5], dtype=mg.float64, requires_grad=True)
    >>> gradcheck(lambda x: x.tanh() * x, (x,))
    True
    >>> gradcheck(lambda x: (x * x).detach() + x, (x,))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    minigrad.errors.GradError: gradcheck(<lambda>): d/dinput 0 is wrong along direction 0: backward says ...
    """
    inputs = _several(inputs)
    rng = np.random.default_rng(seed)
    checked = [(label, x) for label, x in _flat(inputs) if x.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires grad")
    for label, x in checked:
        if x.dtype not in (_core.float64, _core.complex128):
            raise ValueError(f"gradcheck: input {label} has dtype {x.dtype.name}; finite differences mean something only in float64")
        if any(s == 0 and n > 1 for s, n in zip(x.stride(), x.shape, strict=True)):
            raise ValueError(
                f"gradcheck: elements of input {label} share memory (it is expanded), so that they cannot be moved one by one; clone it"
            )
    title = name or getattr(function, "__name__", "function")
    outputs = _floats(function(*inputs))
    cotangents = [_random(rng, y) for y in outputs]
    kept = [(y, g) for y, g in zip(outputs, cotangents, strict=True) if y.requires_grad]
    gradients = (
        _core.grad([y for y, _ in kept], [x for _, x in checked], [_core.from_numpy(g) for _, g in kept], allow_unused=True)
        if kept
        else [None] * len(checked)
    )

    def weighted(outputs: list[Any]) -> tuple[float, float]:
        terms = [(y.numpy(force=True) * np.conj(g)).real for y, g in zip(outputs, cotangents, strict=True)]
        return float(sum(t.sum() for t in terms)), float(sum(np.abs(t).sum() for t in terms))

    names = [f"input {label}" for label, _ in checked] if argument_names is None else list(argument_names)
    for which, (label, x), gradient in zip(names, checked, gradients, strict=True):
        if gradient is not None and (gradient.shape != x.shape or gradient.dtype is not x.dtype):
            raise GradError(f"gradcheck({title}): d/d{label}: the gradient has shape {gradient.shape} and dtype {gradient.dtype.name}, "
                            f"the input {x.shape} and {x.dtype.name}")  # fmt: skip
        values = x.numpy(force=True)
        original = values.copy()
        for k in range(directions):
            v = _random(rng, x)
            with _core.no_grad():
                try:
                    values[...] = original + eps * v
                    high, size = weighted(_floats(function(*inputs)))
                    values[...] = original - eps * v
                    low, _ = weighted(_floats(function(*inputs)))
                finally:
                    values[...] = original
            want = (high - low) / (2 * eps)
            terms = 0.0 if gradient is None else (np.conj(gradient.numpy(force=True)) * v).real
            got = float(np.sum(terms))
            # Rounding of the difference: the outputs' own rounding over eps.
            bound = atol + rtol * max(abs(want), float(np.sum(np.abs(terms)))) + 8 * np.finfo(np.float64).eps * size / eps
            if not abs(got - want) <= bound and not (np.isnan(got) and np.isnan(want)):
                raise GradError(f"gradcheck({title}): d/d{which} is wrong along direction {k}: backward says {got:.10g}, "
                                f"central differences {want:.10g} (off by {abs(got - want):.3g}, allowed {bound:.3g}; seed {seed})")  # fmt: skip
    return True


def gradgradcheck(
    function: Callable[..., Any], inputs: _core.Tensor | Sequence[Any], *, seed: int = 0, name: str = "", **options: Any
) -> bool:
    """`gradcheck` of the gradient: second derivatives, with respect to the inputs and to the cotangent.

    Returns True, also where the gradient does not depend on anything. Raises as `gradcheck`, whose options it takes.
    >>> x = mg.tensor([0.5, -1.5], dtype=mg.float64, requires_grad=True)
    >>> gradgradcheck(lambda x: x.tanh() * x, (x,))
    True
    """
    inputs = _several(inputs)
    rng = np.random.default_rng(seed + 1)
    kept = [y for y in _floats(function(*inputs)) if y.requires_grad]
    cotangents = [_core.from_numpy(_random(rng, y)).requires_grad_() for y in kept]

    def gradient(*arguments: Any) -> Any:
        xs = [x for _, x in _flat(arguments[: len(inputs)]) if x.requires_grad]
        with _core.enable_grad():
            outputs = [y for y in _floats(function(*arguments[: len(inputs)])) if y.requires_grad]
            grads = _core.grad(outputs, xs, list(arguments[len(inputs) :]), create_graph=True, allow_unused=True)
        return tuple(g for g in grads if g is not None)

    if not kept or not gradient(*inputs, *cotangents):
        return True
    return gradcheck(
        gradient, [*inputs, *cotangents], seed=seed, name=f"gradient of {name or getattr(function, '__name__', 'function')}", **options
    )


def jvpcheck(
    function: Callable[..., Any], inputs: _core.Tensor | Sequence[Any], *, eps: float = 1e-6, rtol: float = 1e-5, atol: float = 1e-7, seed: int = 0,
    name: str = "",
) -> bool:  # fmt: skip
    """Whether the forward-mode derivative of `function(*inputs)` is right, along a random direction v in all inputs at once.

    Twice: every element of J v against central differences; and <u, J v> == <J^T u, v> for a random u, up to rounding, which ties the
    two modes to one another (the dot test). Inputs as for `gradcheck`.
    Returns False if no output requires grad, else True. Raises GradError.
    >>> x = mg.tensor([0.5, -1.5], dtype=mg.float64, requires_grad=True)
    >>> jvpcheck(lambda x: x.tanh() * x, (x,))
    True
    """
    inputs = _several(inputs)
    rng = np.random.default_rng(seed)
    title = name or getattr(function, "__name__", "function")
    leaves = [x for _, x in _flat(inputs) if x.requires_grad]
    every = _floats(function(*inputs))
    kept = [k for k, y in enumerate(every) if y.requires_grad]
    outputs = [every[k] for k in kept]
    if not kept:
        return False
    vs = [np.asarray(rng.standard_normal(x.shape)) for x in leaves]
    us = [np.asarray(rng.standard_normal(y.shape)) for y in outputs]
    found = _core.jvp(outputs, leaves, [_core.from_numpy(v) for v in vs])
    tangents = [np.zeros(y.shape) if t is None else t.numpy(force=True) for y, t in zip(outputs, found, strict=True)]
    ends = []
    originals = [x.numpy(force=True).copy() for x in leaves]
    for step in (eps, -eps):
        with _core.no_grad():
            try:
                for x, old, v in zip(leaves, originals, vs, strict=True):
                    x.numpy(force=True)[...] = old + step * v
                there = _floats(function(*inputs))
                ends.append([there[k].numpy(force=True).copy() for k in kept])
            finally:
                for x, old in zip(leaves, originals, strict=True):
                    x.numpy(force=True)[...] = old
    for k, t, high, low in zip(kept, tangents, *ends, strict=True):
        want = (high - low) / (2 * eps)
        if t.shape != want.shape:
            raise GradError(f"{title}: the tangent of output {k} has shape {t.shape}, the output {want.shape}")
        size = float(np.max(np.abs(want[np.isfinite(want)]), initial=0.0))
        bound = atol + rtol * size + 64 * np.finfo(np.float64).eps * np.abs(high) / eps
        wrong = ~((np.abs(t - want) <= bound) | (np.isnan(t) & np.isnan(want)))
        if wrong.any():
            at = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise GradError(f"{title}: jvp of output {k} is wrong at {at}: {t[at]:.10g}, central differences {want[at]:.10g} (seed {seed})")
    pulled = _core.grad(outputs, leaves, [_core.from_numpy(u) for u in us], allow_unused=True)
    left = [u * t for u, t in zip(us, tangents, strict=True)]
    right = [g.numpy(force=True) * v for g, v in zip(pulled, vs, strict=True) if g is not None]
    size = sum(float(np.abs(terms).sum()) for terms in (*left, *right))
    # v and u are real: of complex arguments the real part of the product is what counts (PyTorch's convention).
    off = abs(sum(float(np.real(terms.sum())) for terms in left) - sum(float(np.real(terms.sum())) for terms in right))
    if off > 1e-9 * size:
        raise GradError(f"{title}: jvp and backward are not adjoint: <u, J v> and <J^T u, v> differ by {off:.6g} (seed {seed})")
    return True
