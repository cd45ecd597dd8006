"""vmap of every op is the stack of what it makes of each example, over the registry's samples; batches nest."""

from __future__ import annotations

import pytest
from vmap_cases import REFUSED, case, close, differentiable, examples, ops_with, outputs, scalar, slopes, stacked

import minigrad as mg
from minigrad import func
from minigrad._core import BatchError
from minigrad.registry import OPS, Draw
from minigrad.testing import tensors_of


@pytest.mark.parametrize("op", ops_with("values"))
def test_vmap_is_the_stack(op):
    for sample in op.samples(Draw(0)):
        rows, params, dims = case(op, sample)
        if not rows:
            continue
        args = [stacked([row[i] for row in rows], d) for i, d in enumerate(dims)]
        mapped = func.vmap(lambda *a, params=params: outputs(op, params, *a), tuple(dims), randomness="same")
        if (op.name, sample.id) in REFUSED:
            with pytest.raises(BatchError, match=REFUSED[op.name, sample.id]):
                mapped(*args)
            continue
        want = [outputs(op, params, *row) for row in rows]
        close(mapped(*args), [mg.stack(list(v)) for v in zip(*want, strict=True)], f"vmap of {op.name}[{sample.id}]")


def square(values: list):
    if isinstance(values[0], list):
        return [square(list(v)) for v in zip(*values, strict=True)]
    return mg.stack([mg.stack(values[:2]), mg.stack(values[2:])]) if isinstance(values[0], mg.Tensor) else values[0]


@pytest.mark.parametrize("op", ops_with("values"))
def test_vmap_of_vmap(op):
    """Two batches, one in the other: values and gradients of the first sample that has tensors."""
    for sample in op.samples(Draw(0)):
        four = examples(op, sample, 4)
        dims = tuple(0 if isinstance(x, (mg.Tensor, list)) else None for x in four[0])
        if 0 in dims and (op.name, sample.id) not in REFUSED:
            break
    else:
        return

    def twice(f):
        return func.vmap(func.vmap(f, dims, randomness="same"), dims, randomness="same")(*args)

    params = {k: tensors_of(v) for k, v in sample.params.items()}
    args = [square([row[i] for row in four]) for i in range(len(dims))]
    want = [outputs(op, params, *row) for row in four]
    got = twice(lambda *a: outputs(op, params, *a))
    close(got, [square(list(v)) for v in zip(*want, strict=True)], f"vmap of vmap of {op.name}[{sample.id}]")
    which, f = differentiable(op, four[0]), scalar(op, params)
    want = [] if op.second_order_of else slopes(f, which, four)
    if want:
        got = twice(func.grad(f, which))
        close(got, [square(list(v)) for v in zip(*want, strict=True)], f"vmap of vmap of grad of {op.name}[{sample.id}]")


def tensor_leaves(values) -> list:
    return [v for x in values for v in (tensor_leaves(x) if isinstance(x, list) else [x]) if isinstance(v, mg.Tensor)]


@pytest.mark.parametrize("op", [pytest.param(op, id=op.name) for op in OPS.values() if op.unbatched])
def test_what_has_no_vmap_says_so(op):
    """The registry has the reason; none of these ops has a gradient, unless it is a part of one that has vmap."""
    assert not op.vjp or not op.where
    for sample in op.samples(Draw(0)):
        rows, params, _ = case(op, sample)
        args = [stacked([row[i] for row in rows], 0) for i in range(len(rows[0]))] if rows else []
        if tensor_leaves(args):
            with pytest.raises((BatchError, TypeError), match="^vmap: "):
                func.vmap(lambda *a, params=params: op.function(*a, **params))(*args)
