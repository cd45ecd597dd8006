"""Every public op whose name PyTorch has, on all its samples: values, result dtypes and shapes over dtypes, and first gradients.

An op either agrees, or it is named below with the reason; docs/differences.md shows the same tables. What PyTorch refuses is not
compared: minigrad may take more. Nothing is skipped silently: an op of which no sample could be compared has to be named too.
"""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from torch_differences import DIFFERENT

import minigrad as mg
from minigrad.registry import OPS, Draw, Op, Sample

torch = pytest.importorskip("torch")

NAMESPACES = {
    "mg": (torch,), "F": (torch.nn.functional,), "Tensor": (torch.Tensor,), "linalg": (torch.linalg,), "special": (torch.special,),
    "fft": (torch.fft,),
}  # fmt: skip
INTEGERS = ("int64", "int32", "uint8", "bool")
DTYPES = ("float64", "float32", *INTEGERS)


def peer(op: Op):
    """PyTorch's function of that name, in the first of its namespaces that has one."""
    for place in op.where:
        for namespace in NAMESPACES[place]:
            found = getattr(namespace, op.name.removeprefix(f"{place}_"), None)
            if callable(found):
                return found
    return None


SHARED = [op for op in OPS.values() if op.where and peer(op) is not None]


# ---- the same arguments twice ----


def cast(value, dtype: str, floats: bool):
    """Arrays in `dtype`: the floating ones, or all where an op takes integers only; small numbers without a fraction for integers."""
    if isinstance(value, (list, tuple)):
        return type(value)([cast(v, dtype, floats) for v in value]) if type(value) in (list, tuple) else value
    if isinstance(value, np.ndarray) and value.dtype.kind == "c":
        return value.astype("complex64" if dtype == "float32" else "complex128")
    if not isinstance(value, (np.ndarray, np.floating)) or (value.dtype.kind == "f") != floats or value.dtype.kind == "b":
        return value
    value = np.asarray(value)
    if np.dtype(dtype).kind == "f":
        return value.astype(dtype)
    whole = np.round(np.clip(value, -40, 40) * 3) if floats else value
    return np.asarray(np.abs(whole) if dtype in ("uint8", "bool") else whole).astype(dtype)


def ours_of(value):
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return type(value)([ours_of(v) for v in value])
    return mg.from_numpy(np.array(value)) if isinstance(value, (np.ndarray, np.floating)) else value


def theirs_of(value):
    if isinstance(value, mg.dtype):
        return getattr(torch, value.name)
    if isinstance(value, mg.Tensor):
        return torch.from_numpy(value.numpy(force=True).copy())
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return type(value)([theirs_of(v) for v in value])
    return torch.from_numpy(np.array(value)) if isinstance(value, (np.ndarray, np.floating)) else value


def has_floats(value) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(has_floats, value))
    return isinstance(value, (np.ndarray, np.floating)) and value.dtype.kind in "fc"


def tensors(value, kind) -> list:
    return [t for v in value for t in tensors(v, kind)] if isinstance(value, (list, tuple)) else [value] if isinstance(value, kind) else []


def several(value) -> list:
    return [v for x in value for v in several(x)] if isinstance(value, (list, tuple)) else [value]


def call_theirs(function, op: Op, arrays: list, params: dict):
    """By keyword, or as PyTorch wants it: lists of tensors, or parameters, one by one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*arrays, **params)
        except TypeError:
            if len(op.arrays) == 1 and isinstance(arrays[0], list):
                return function(*arrays[0], **params)
            return function(*arrays, *params.values())


def agree(got, want, rtol: float, note: str) -> None:
    if not isinstance(want, torch.Tensor):
        got = got.tolist() if isinstance(got, mg.Tensor) else got
        assert got == want or got != got and want != want, f"{note}: {got!r}, PyTorch has {want!r}"
        return False
    assert isinstance(got, mg.Tensor), f"{note}: {type(got)}"
    assert got.shape == tuple(want.shape), f"{note}: shape {got.shape}, PyTorch has {tuple(want.shape)}"
    assert f"torch.{got.dtype.name}" == str(want.dtype), f"{note}: {got.dtype.name}, PyTorch has {want.dtype}"
    a, b = got.numpy(force=True), want.detach().resolve_conj().resolve_neg().numpy()
    scale = float(np.max(np.abs(b[np.isfinite(b)]), initial=0.0)) if b.dtype.kind in "fc" else 0.0
    np.testing.assert_allclose(a, b, rtol, rtol * scale if b.dtype.kind in "fc" else 0, err_msg=note)


REFUSALS = (RuntimeError, TypeError, IndexError, ValueError, NotImplementedError)


@pytest.mark.parametrize("op", SHARED, ids=lambda op: op.name)
def test_op_is_torchs(op):
    compared = 0
    shown = {key: False for key in DIFFERENT if re.split(r" of (?!.* of )", key)[key.startswith("gradient of ")].split("[")[0] == op.name}
    for sample in op.samples(Draw(0)):
        cases = [(compare_values, d, (f"{op.name} of {d}", f"{op.name} of integers" if d in INTEGERS else "")) for d in DTYPES]
        for compare, dtype, keys in [*cases, (compare_gradients, "float64", (f"gradient of {op.name}",))]:
            try:
                compared += compare(op, sample, dtype)
            except (AssertionError, mg.DTypeError):
                expected = shown.keys() & {op.name, f"{op.name}[{sample.id}]", *keys}
                if not expected:
                    raise
                shown.update(dict.fromkeys(expected, True))
    assert compared or op.name in shown, f"{op.name}: PyTorch takes none of its samples"
    assert all(shown.values()), f"no longer different: {[key for key in shown if not shown[key]]}"


def compare_values(op: Op, sample: Sample, dtype: str) -> bool:
    floats = has_floats([*sample.arrays, *sample.params.values()])
    if not floats and dtype not in op.dtypes:
        dtype = "int64"
    arrays, params = [cast(a, dtype, floats) for a in sample.arrays], {k: cast(v, dtype, floats) for k, v in sample.params.items()}
    try:
        want = several(call_theirs(peer(op), op, [theirs_of(a) for a in arrays], {k: theirs_of(v) for k, v in params.items()}))
    except REFUSALS:
        return False
    note = f"{op.name}[{sample.id}] of {dtype}"
    got = several(op.function(*[ours_of(a) for a in arrays], **{k: ours_of(v) for k, v in params.items()}))
    assert len(got) == len(want), f"{note}: {len(got)} outputs, PyTorch has {len(want)}"
    for y, t in zip(got, want, strict=True):
        agree(y, t, 1e-9 if dtype == "float64" else 2e-5, note)
    return True


def compare_gradients(op: Op, sample: Sample, dtype: str) -> bool:
    """With a random cotangent for every output, of every floating argument, in float64."""
    arrays, params = [cast(a, dtype, True) for a in sample.arrays], {k: cast(v, dtype, True) for k, v in sample.params.items()}
    x, t = [ours_of(a) for a in arrays], [theirs_of(a) for a in arrays]
    ours, others = (
        [a for a in tensors(x, mg.Tensor) if a.is_floating_point()],
        [a for a in tensors(t, torch.Tensor) if a.is_floating_point()],
    )
    for a in (*ours, *others):
        a.requires_grad_()
    try:
        want = several(call_theirs(peer(op), op, t, {k: theirs_of(v) for k, v in params.items()}))
        want = [y if isinstance(y, torch.Tensor) and y.requires_grad else None for y in want]
        if not any(y is not None for y in want):
            return False
        rng = np.random.default_rng(0)
        g = [None if y is None else np.asarray(rng.standard_normal(y.shape)) for y in want]
        want_grads = torch.autograd.grad(
            [y for y in want if y is not None], others, [torch.from_numpy(v) for v in g if v is not None], allow_unused=True
        )
    except REFUSALS:
        return False
    got = several(op.function(*x, **{k: ours_of(v) for k, v in params.items()}))
    note = f"gradient of {op.name}[{sample.id}]"
    pairs = [(y, v) for y, v in zip(got, g, strict=True) if v is not None and y.requires_grad]  # the others: as if their gradient were 0
    got_grads = [None] * len(ours)
    if pairs:
        got_grads = mg.autograd.grad([y for y, _ in pairs], ours, [mg.from_numpy(v) for _, v in pairs], allow_unused=True)
    for i, (a, b) in enumerate(zip(got_grads, want_grads, strict=True)):
        a = np.zeros(ours[i].shape) if a is None else a.numpy(force=True)
        b = np.zeros(ours[i].shape) if b is None else b.numpy(force=True)
        np.testing.assert_allclose(
            a, b, 1e-7, 1e-9 * float(np.max(np.abs(b[np.isfinite(b)]), initial=1.0)), err_msg=f"{note} by argument {i}"
        )
    return True
