"""Running declared ops on their samples: values, layouts, gradients."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..errors import GradError
from ..registry import NONDIFF, Op, Sample
from .gradcheck import gradcheck, gradgradcheck, jvpcheck

# ---- arguments ----


def _transposed(a: np.ndarray) -> np.ndarray:
    return np.array(a, order="F")


def _stepped(a: np.ndarray) -> np.ndarray:
    """Every second element of every dimension of something larger, whose other elements are junk."""
    big = np.full([2 * n + 1 for n in a.shape], 77, a.dtype)
    odd: Any = (..., *(slice(1, 2 * n + 1, 2) for n in a.shape))  # the dots: a view even if there are no dimensions
    window = big[odd]
    window[...] = a
    return window


def _reversed(a: np.ndarray) -> np.ndarray:
    """Negative strides in every dimension."""
    back: Any = (..., *(slice(None, None, -1),) * a.ndim)
    return np.array(a[back], order="C")[back]


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "contiguous": np.array, "transposed": _transposed, "stepped": _stepped, "reversed": _reversed
}  # fmt: skip


def laid_out(array: np.ndarray, layout: str) -> Any:
    """A tensor of the array's values whose memory is laid out so: one of LAYOUTS ("contiguous", "transposed", "stepped", "reversed").

    >>> laid_out(np.arange(6.0).reshape(2, 3), "transposed").stride()
    (1, 2)
    """
    return _core.from_numpy(LAYOUTS[layout](array))


def tensors_of(value: Any, dtype: str | None = None, requires_grad: bool = False, layout: str = "contiguous") -> Any:
    """Arrays as Tensors, floating ones cast to `dtype` (complex ones to the complex dtype of its precision); lists element by element; everything else as it is.

    >>> tensors_of([np.ones(2), 3], "float32")
    [tensor([1., 1.]), 3]
    """
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return [tensors_of(v, dtype, requires_grad, layout) for v in value]
    if isinstance(value, np.inexact):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray):
        return value
    if dtype is not None and dtype[:7] == "complex" and value.dtype.kind == "f":
        value = value + 0.5j * value.ravel()[::-1].reshape(value.shape)  # an imaginary part, too
    if dtype is not None and value.dtype.kind == "c":
        value = value.astype({"float32": "complex64", "float64": "complex128"}.get(dtype, dtype if dtype[:7] == "complex" else value.dtype))
    if dtype is not None and value.dtype.kind == "f":
        with np.errstate(all="ignore"):
            value = (value * 3).astype(dtype) if np.dtype(dtype).kind in "iu" else (value > 0) if dtype == "bool" else value.astype(dtype)
    tensor = laid_out(np.asarray(value), layout)
    return tensor.requires_grad_() if requires_grad and (tensor.is_floating_point() or tensor.is_complex()) else tensor


def arrays_of(value: Any) -> Any:
    """The reverse of `tensors_of`: Tensors as arrays, in lists and tuples too.

    >>> arrays_of((mg.zeros(2), None))
    (array([0., 0.], dtype=float32), None)
    """
    if isinstance(value, (list, tuple)):
        return type(value)(map(arrays_of, value)) if type(value) in (list, tuple) else [arrays_of(v) for v in value]
    return value.numpy(force=True) if isinstance(value, _core.Tensor) else value


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (tuple, list)) else [value]


def _reference(op: Op, arrays: list[Any], params: dict[str, Any]) -> list[Any]:
    """The reference's outputs. NaN where it has to be is not worth a warning; a complex number that loses its imaginary part is an error."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        return _several(op.ref(*arrays, **params))


def _widened(value: Any) -> Any:
    """float32 arrays as float64, complex64 as complex128, in lists too: what references compute with."""
    if isinstance(value, (list, tuple)):
        return [_widened(v) for v in value] if any(isinstance(v, np.ndarray) for v in value) else value
    if isinstance(value, np.ndarray) and value.dtype in (np.float32, np.complex64):
        return value.astype(np.float64 if value.dtype == np.float32 else np.complex128)
    return value


# ---- values ----


def check_value(op: Op, sample: Sample, dtype: str, layout: str = "contiguous") -> None:
    """Compare an op with its reference (a fused op with its oracle, too) on one sample; AssertionError if they differ.

    float32 is compared with the reference in float64, and with its own dtype. The allowance is `op.ulp` units in the last place: of each
    value for elementwise ops, of the sum of the magnitudes for ops that are linear, otherwise of the largest value.
    """
    arrays = [tensors_of(a, dtype, layout=layout) for a in sample.arrays]
    params = {k: tensors_of(v, dtype) for k, v in sample.params.items()}
    before = [np.array(t.numpy(force=True)) for a in arrays for t in _several(a) if isinstance(t, _core.Tensor)]
    got = _several(op.function(*arrays, **params))
    note = f"{op.name}[{sample.id}] {dtype} {layout}"
    for old, t in zip(before, (t for a in arrays for t in _several(a) if isinstance(t, _core.Tensor)), strict=True):
        if op.family != "composite" or not op.constants:
            np.testing.assert_array_equal(t.numpy(force=True), old, err_msg=f"{note}: an argument was changed")
    numbers, settings = arrays_of(arrays), {k: arrays_of(v) for k, v in params.items()}
    if op.family != "composite":
        exact = _reference(op, [_widened(v) for v in numbers], {k: _widened(v) for k, v in settings.items()})
        same = _reference(op, numbers, settings)
        sizes = magnitudes(op, numbers, settings) or [None] * len(same)
        for g, w, s, size in zip(got, exact, same, sizes, strict=True):
            if isinstance(g, _core.Tensor):
                if np.asarray(s).dtype.kind != "f" and g.numpy(force=True).dtype != np.asarray(s).dtype and op.family != "elementwise":
                    raise AssertionError(f"{note}: dtype {g.dtype.name}, expected {np.asarray(s).dtype}")
                each = 0.0 if op.family == "elementwise" else None
                check_close(g.numpy(force=True), np.asarray(w), op.ulp, note, each if size is None else size)
    if op.oracle is not None:
        wanted = _several(op.oracle(*arrays, **params))  # without what the op puts out for its gradient alone, or with it
        count = len(got) if len(wanted) == len(got) else len(got) - op.auxiliary
        for g, w in zip(got[:count], wanted, strict=True):
            if g is None and w is None:
                continue
            check_close(g.numpy(force=True), w.numpy(force=True), 4 * op.ulp, f"{note} against its oracle")


def magnitudes(op: Op, arrays: list[Any], params: dict[str, Any]) -> list[Any]:
    """What the op makes of the absolute values of NumPy arrays: the sum of the magnitudes of the terms that were added, for ops that add."""
    if not op.linear_in or op.family in ("composite", "elementwise"):
        return []
    return [np.abs(v) for v in _reference(op, [_absolute(a) for a in arrays], params)]


def _absolute(a: Any) -> Any:
    if isinstance(a, list):
        return [_absolute(v) for v in a]
    return np.abs(a) if isinstance(a, np.ndarray) and a.dtype.kind in "fc" else a


def check_close(got: np.ndarray, want: np.ndarray, ulp: float, note: str, scale: Any = None) -> None:
    """Equal shapes; equal values, floats within `ulp` units in the last place of themselves plus `scale` (default: the largest value).

    >>> check_close(np.float32([1]), np.float32([1 + 2**-22]), ulp=4, note="close enough")
    """
    if got.shape != want.shape:
        raise AssertionError(f"{note}: shape {got.shape}, expected {want.shape}")
    if got.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, want.astype(got.dtype), err_msg=note)
        return
    if scale is None:
        scale = float(np.max(np.abs(want[np.isfinite(want)]), initial=0.0))
    info = np.finfo(got.dtype)
    with np.errstate(all="ignore"):
        bound = ulp * (float(info.eps) * (np.abs(want) + scale) + float(info.smallest_subnormal))
        wrong = ~((got == want) | (np.abs(got - want) <= bound) | (np.isnan(got) & np.isnan(want)) | (got == want.astype(got.dtype)))
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        allowed = float(np.broadcast_to(bound, want.shape)[at])
        raise AssertionError(f"{note}: {int(wrong.sum())} of {want.size} elements are wrong, first at {at}: {got[at]!r}, "
                             f"expected {want[at]!r} (off by {abs(got[at] - want[at]):.3g}, allowed {allowed:.3g})")  # fmt: skip


# ---- gradients ----


def differentiable(op: Op) -> list[str]:
    """Names of the array arguments that have a gradient.

    >>> differentiable(mg.registry.OPS["where"])
    ['condition', 'input', 'other']
    """
    if op.family == "composite":
        return [n for n in op.arrays if n not in op.constants]
    return [n for key, rule in op.vjp.items() if rule is not NONDIFF for n in ((key,) if isinstance(key, str) else key)]


def _prepared(op: Op, sample: Sample, dtype: str) -> tuple[list[Any], dict[str, Any], list[str]]:
    """The sample's arguments as tensors that require grad where they can; and the names of those that do."""
    names = differentiable(op)
    arrays = [tensors_of(a, dtype, requires_grad=n in names) for n, a in zip(op.arrays, sample.arrays, strict=False)]
    arrays += [tensors_of(a, dtype) for a in sample.arrays[len(op.arrays) :]]
    labels = []
    for n, a in zip(op.arrays, arrays, strict=False):
        many = isinstance(a, list)
        labels += [f"{n}[{i}]" if many else n for i, t in enumerate(_several(a)) if isinstance(t, _core.Tensor) and t.requires_grad]
    return arrays, {k: tensors_of(v, dtype) for k, v in sample.params.items()}, labels


def _outputs(op: Op, *arrays: Any, **params: Any) -> tuple[Any, ...]:
    """The op's outputs as a tuple, without those that are only for its backward pass."""
    out = _several(op.function(*arrays, **params))
    return tuple(out[: len(out) - op.auxiliary])


def check_gradients(op: Op, sample: Sample, seed: int = 0, second: bool = True) -> bool:
    """Check first and second order gradients of an op on one sample by central differences; False if nothing in it is differentiable.

    Raises GradError that names op, sample, argument and seed.
    """
    arrays, params, labels = _prepared(op, sample, "float64")
    title = f"{op.name}[{sample.id}]"
    if not labels or op.second_order_of:
        return False
    if not any(isinstance(y, _core.Tensor) and y.requires_grad for y in _outputs(op, *arrays, **params)):
        if op.family != "composite":
            raise GradError(f"{title}: {labels} are declared differentiable, but the output does not require grad")
        return False

    def function(*values: Any) -> tuple[Any, ...]:
        return _outputs(op, *values, **params)

    gradcheck(function, arrays, seed=seed, name=title, argument_names=labels)
    if second:
        gradgradcheck(function, arrays, seed=seed, name=title)
    return True


def check_complex_step(op: Op, sample: Sample, seed: int = 0, rtol: float = 1e-12) -> list[str]:
    """Check first order gradients by the complex step: Im f(x + i*h*v) / h, which has no truncation and no cancellation.

    It needs a reference that is analytic and accepts complex numbers. That is found out, argument by argument: what the complex step
    says must agree with central differences of the same reference to about five digits, or it is not used. Returns the names of
    the arguments that were checked. Raises GradError as `check_gradients`, at nearly full precision.
    """
    if op.family == "composite" or op.second_order_of:
        return []
    arrays, params, labels = _prepared(op, sample, "float64")
    numbers, settings = arrays_of(arrays), {k: arrays_of(v) for k, v in params.items()}
    rng = np.random.default_rng(seed)
    outputs = _outputs(op, *arrays, **params)
    kept = [y for y in outputs if isinstance(y, _core.Tensor) and y.requires_grad]
    if (
        not labels
        or not kept
        or any(t.is_complex() for a in [arrays, outputs] for v in a for t in _several(v) if isinstance(t, _core.Tensor))
    ):
        return []
    cotangents = [np.asarray(rng.standard_normal(y.shape)) if any(y is k for k in kept) else None for y in outputs]
    leaves = [(i, a) for i, a in enumerate(arrays) if isinstance(a, _core.Tensor) and a.requires_grad]
    grads = _core.grad(kept, [a for _, a in leaves], [_core.from_numpy(g) for g in cotangents if g is not None], allow_unused=True)
    checked = []

    def reference(i: int, value: np.ndarray) -> Any:
        changed = list(numbers)
        changed[i] = value
        return sum((np.asarray(w) * g).sum() for w, g in zip(_reference(op, changed, settings), cotangents, strict=False) if g is not None)

    for (i, _), gradient in zip(leaves, grads, strict=True):
        v = np.asarray(rng.standard_normal(numbers[i].shape))
        if not v.size:
            continue
        try:
            step = reference(i, numbers[i] + 1e-30j * v)
        except (TypeError, ValueError, np.exceptions.ComplexWarning):  # this reference knows no complex numbers
            continue
        want = float(np.imag(step)) / 1e-30
        difference = float(np.real(reference(i, numbers[i] + 1e-6 * v) - reference(i, numbers[i] - 1e-6 * v))) / 2e-6
        if not abs(want - difference) <= 1e-5 * max(abs(want), abs(difference), 1e-3):
            continue
        terms = np.zeros(1) if gradient is None else gradient.numpy(force=True) * v
        got, size = float(terms.sum()), float(np.abs(terms).sum())
        if not abs(got - want) <= rtol * (abs(want) + size) + 1e-14:
            raise GradError(
                f"{op.name}[{sample.id}] d/d{op.arrays[i]} is wrong: backward says {got:.15g}, the complex step {want:.15g} (seed {seed})"
            )
        checked.append(op.arrays[i])
    return checked


def check_adjoint(op: Op, sample: Sample, seed: int = 0) -> list[str]:
    """Check <g, f(x)> == <pull(g), x> exactly, for every argument in which the op is linear, with small integers in float32.

    Sums stay below 2^24, so nothing is rounded and no tolerance is needed. Where the op itself divides (a mean), so that its results are
    no integers, the two may differ by rounding. Returns the names of the arguments checked; raises GradError where the two differ.
    """
    rng = np.random.default_rng(seed)

    def integers(a: Any) -> Any:
        if isinstance(a, list):
            return [integers(v) for v in a]
        return np.asarray(rng.integers(-4, 5, a.shape), np.float32) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a

    whole = Sample(*map(integers, sample.arrays), id=sample.id, **{k: integers(v) for k, v in sample.params.items()})
    checked = []
    for name in op.linear_in:
        i = op.arrays.index(name)
        if i >= len(whole.arrays) or (isinstance(whole.arrays[i], list) and not whole.arrays[i]):
            continue
        arrays = [tensors_of(a, "float32") for a in whole.arrays]
        params = {k: tensors_of(v, "float32") for k, v in whole.params.items()}
        xs = [x for x in _several(arrays[i]) if isinstance(x, _core.Tensor)]
        if not xs:
            continue
        for x in xs:
            x.requires_grad_()
        y = _outputs(op, *arrays, **params)[0]
        zero = list(arrays)
        zero[i] = (
            [_core.full_of(x.shape, 0, x.dtype) for x in xs] if isinstance(arrays[i], list) else _core.full_of(xs[0].shape, 0, xs[0].dtype)
        )
        rest = _outputs(op, *zero, **params)[0].numpy(force=True).astype(np.float64)
        g = np.asarray(rng.integers(-4, 5, y.shape), np.float32)
        if not y.requires_grad:
            raise GradError(f"{op.name}[{sample.id}] is declared linear in {name}, but the output does not require grad")
        pulled = _core.grad([y], xs, [_core.from_numpy(g)], allow_unused=True)
        left = (y.numpy(force=True).astype(np.float64) - rest) * g
        right = [p.numpy(force=True).astype(np.float64) * x.numpy(force=True) for p, x in zip(pulled, xs, strict=True) if p is not None]
        exact = all((v == np.round(v)).all() for v in [left, *right])
        bound = 0.0 if exact else 32 * float(np.finfo(np.float32).eps) * float(np.abs(left).sum() + sum(np.abs(v).sum() for v in right))
        off = abs(float(left.sum()) - float(sum(v.sum() for v in right)))
        if not off <= bound:
            raise GradError(
                f"{op.name}[{sample.id}] d/d{name} is not the adjoint: <g, f(x)> and <pull(g), x> differ by {off:.6g} (seed {seed})"
            )
        checked.append(name)
    return checked


def check_jvp(op: Op, sample: Sample, seed: int = 0) -> bool:
    """`jvpcheck` of an op on one sample; False if nothing in it is differentiable. Raises GradError."""
    arrays, params, labels = _prepared(op, sample, "float64")
    if not labels or op.second_order_of:
        return False
    return jvpcheck(lambda *args: _outputs(op, *args, **params), arrays, seed=seed, name=f"{op.name}[{sample.id}]")
