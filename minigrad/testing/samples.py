"""Running declared ops on their samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..errors import GradError
from ..registry import NONDIFF, Op, Sample
from .gradcheck import gradcheck, gradgradcheck


def tensors_of(value: Any, dtype: str | None = None, requires_grad: bool = False) -> Any:
    """Arrays as Tensors, floating ones cast to `dtype`; lists element by element; everything else as it is."""
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return [tensors_of(v, dtype, requires_grad) for v in value]
    if isinstance(value, np.floating):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray):
        return value
    if dtype is not None and value.dtype.kind == "f":
        with np.errstate(all="ignore"):
            value = (value * 3).astype(dtype) if np.dtype(dtype).kind in "iu" else (value > 0) if dtype == "bool" else value.astype(dtype)
    tensor = _core.from_numpy(np.array(value))
    return tensor.requires_grad_() if requires_grad and tensor.is_floating_point() else tensor


def arrays_of(value: Any) -> Any:
    """The reverse: Tensors as arrays."""
    if isinstance(value, (list, tuple)):
        return [arrays_of(v) for v in value]
    return value.numpy(force=True) if isinstance(value, _core.Tensor) else value


def call(op: Op, arrays: list[Any], params: dict[str, Any]) -> Any:
    """Call an op's public function on a sample's arguments."""
    return op.function(*arrays, **params)


def check_value(op: Op, sample: Sample, dtype: str) -> None:
    """Compare an op with its reference (a fused op with its oracle, too) on one sample."""
    arrays = [tensors_of(a, dtype) for a in sample.arrays]
    params = {k: tensors_of(v) for k, v in sample.params.items()}
    got = call(op, arrays, params)
    wants = []
    if op.family != "composite":
        with np.errstate(all="ignore"):
            wants.append(op.ref(*arrays_of(arrays), **{k: arrays_of(v) for k, v in params.items()}))
    if op.oracle is not None:
        wants.append(arrays_of(op.oracle(*arrays, **params)))
    for want in wants:
        several = isinstance(got, (tuple, list))
        for g, w in zip(got if several else (got,), want if several else (want,), strict=True):
            if g is not None and isinstance(g, _core.Tensor):
                assert_close(g.numpy(force=True), np.asarray(w), op.ulp, f"{op.name}[{sample.id}] {dtype}")


def assert_close(got: np.ndarray, want: np.ndarray, ulp: float, note: str) -> None:
    """Equal shapes; equal values, floats within `ulp` units in the last place of the largest magnitude around them."""
    if got.shape != want.shape:
        raise AssertionError(f"{note}: shape {got.shape}, expected {want.shape}")
    if got.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, want.astype(got.dtype), err_msg=note)
        return
    finite = np.isfinite(want)
    scale = float(np.max(np.abs(want[finite]), initial=0.0))
    np.testing.assert_allclose(got, want.astype(got.dtype), rtol=ulp * np.finfo(got.dtype).eps, atol=ulp * np.finfo(got.dtype).eps * scale, err_msg=note)


def differentiable(op: Op) -> list[str]:
    """Names of the array arguments that have a gradient."""
    if op.family == "composite":
        return list(op.arrays)
    return [n for key, rule in op.vjp.items() if rule is not NONDIFF for n in ((key,) if isinstance(key, str) else key)]


def check_gradients(op: Op, sample: Sample, seed: int = 0, second: bool = True) -> bool:
    """Check first and second order gradients of an op on one sample; False if nothing in it is differentiable.

    Raises GradError that names op, sample, argument and seed.
    """
    names = differentiable(op)
    arrays = [tensors_of(a, "float64", requires_grad=n in names) for n, a in zip(op.arrays, sample.arrays, strict=False)]
    arrays += [tensors_of(a, "float64") for a in sample.arrays[len(op.arrays) :]]
    params = {k: tensors_of(v, "float64") for k, v in sample.params.items()}
    if not any(isinstance(t, _core.Tensor) and t.requires_grad for a in arrays for t in (a if isinstance(a, list) else [a])):
        return False
    labels = [n if not isinstance(a, list) else f"{n}[{i}]" for n, a in zip(op.arrays, arrays, strict=False)
              for i, t in enumerate(a if isinstance(a, list) else [a]) if isinstance(t, _core.Tensor) and t.requires_grad]  # fmt: skip

    def function(*values: Any) -> Any:
        return call(op, list(values), params)

    title = f"{op.name}[{sample.id}]"
    outputs = function(*arrays)
    if not any(isinstance(y, _core.Tensor) and y.requires_grad for y in (outputs if isinstance(outputs, (tuple, list)) else (outputs,))):
        if op.family != "composite" and names:
            raise GradError(f"{title}: {names} are declared differentiable, but the output does not require grad")
        return False
    gradcheck(function, arrays, seed=seed, name=title, argument_names=labels)
    if second:
        gradgradcheck(function, arrays, seed=seed, name=title)
    return True
