"""Every ErrorSample of every op: the type, the text, and that nothing changed."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.registry import OPS
from minigrad.testing import tensors_of

CASES = [pytest.param(op, e, id=f"{op.name}-{i}") for op in OPS.values() for i, e in enumerate(op.errors)]


def arrays_in(values):
    return [v for v in values if isinstance(v, mg.Tensor)]


@pytest.mark.parametrize("op, case", CASES)
def test_error(op, case):
    args = [tensors_of(a) if not isinstance(a, list) else [tensors_of(v) for v in a] for a in case.args]
    kwargs = {k: tensors_of(v) for k, v in case.kwargs.items()}
    tensors = arrays_in([*args, *kwargs.values()])
    before = [(t.numpy().copy(), t._version, t.requires_grad) for t in tensors]
    with pytest.raises(case.error, match=case.match):
        op.function(*args, **kwargs)
    for t, (values, version, requires_grad) in zip(tensors, before, strict=True):
        np.testing.assert_array_equal(t.numpy(), values)
        assert (t._version, t.requires_grad) == (version, requires_grad)
    assert mg.is_grad_enabled()


PUBLIC = [c for c in CASES if c.values[0].where]
assert PUBLIC


@pytest.mark.parametrize("op, case", PUBLIC)
def test_the_error_names_the_op_that_was_called(op, case):
    """By the name it has for users, or an alias; not an op inside it."""
    args = [tensors_of(a) if not isinstance(a, list) else [tensors_of(v) for v in a] for a in case.args]
    with pytest.raises(case.error) as caught:
        op.function(*args, **{k: tensors_of(v) for k, v in case.kwargs.items()})
    said = str(caught.value)
    spaces = ("linalg", "special", "fft", "Tensor", "mg")
    names = {n.removeprefix(f"{s}_") for n in (op.name, *op.aliases) for s in ("", *spaces)}
    shown = {f"{s}{n}" for n in names for s in ("", *(f"{s}." for s in spaces))}
    assert said.startswith(tuple(f"{n}{end}" for n in shown for end in (":", "()", "_:"))), said


@pytest.mark.parametrize("op, case", CASES)
def test_error_with_gradients(op, case):
    """The same error while gradients are recorded, and for tensors that are no leaves."""
    args = [tensors_of(a) if not isinstance(a, list) else [tensors_of(v) for v in a] for a in case.args]
    kwargs = {k: tensors_of(v) for k, v in case.kwargs.items()}
    for i, a in enumerate(args):
        if isinstance(a, mg.Tensor) and a.is_floating_point():
            args[i] = a.requires_grad_() * 1
    with pytest.raises(case.error, match=case.match):
        op.function(*args, **kwargs)
