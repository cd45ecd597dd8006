"""vmap of every op: the stack of what the op makes of each example, and the stack of its gradients, over the registry's samples."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

import minigrad as mg
from minigrad import func
from minigrad._core import BatchError
from minigrad.errors import GradError
from minigrad.registry import OPS, Draw, Op, Sample
from minigrad.testing import tensors_of

EXAMPLES = 3


def shapes(value) -> object:
    return [shapes(v) for v in value] if isinstance(value, (list, tuple)) else getattr(value, "shape", value)


def examples(op: Op, sample: Sample, count: int) -> list[list]:
    """Arguments of `count` examples: those of the sample, and what other seeds make of it where that has the same shapes."""
    place = [s.id for s in op.samples(Draw(0))].index(sample.id)
    drawn = [op.samples(Draw(seed))[place].arrays for seed in range(count)]
    same = all(str(shapes(a)) == str(shapes(drawn[0])) for a in drawn)
    return [[tensors_of(v) for v in arrays] for arrays in (drawn if same else [drawn[0]] * count)]


def stacked(values: list, dim):
    if isinstance(values[0], list):
        return [stacked(list(v), dim) for v in zip(*values, strict=True)]
    if not isinstance(values[0], mg.Tensor) or dim is None:
        return values[0]
    return mg.stack(values).movedim(0, dim)


def outputs(op: Op, params: dict, *arrays) -> tuple:
    """All tensors among the outputs, with the same random numbers each time."""
    mg.manual_seed(5)
    y = op.function(*arrays, **params)
    return tuple(v for v in (y if isinstance(y, (tuple, list)) else (y,)) if isinstance(v, mg.Tensor))


def differentiable(op: Op, arrays: list) -> tuple[int, ...]:
    """Which of the arguments are single tensors that may have gradients."""
    names = op.arrays
    return tuple(
        i
        for i, x in enumerate(arrays)
        if isinstance(x, mg.Tensor) and x.is_floating_point() and (i >= len(names) or names[i] not in op.constants)
    )


def scalar(op: Op, params: dict):
    """A function with a gradient of every element of its own."""

    def f(*arrays):
        total = 0
        for k, y in enumerate(outputs(op, params, *arrays)):
            if not (y.is_floating_point() or y.is_complex()):
                continue
            weights = mg.from_numpy(np.random.default_rng(k).standard_normal(y.shape)).to(y.dtype)
            total = total + ((y * weights).real if y.is_complex() else y * weights).sum()
        return total

    return f


def close(got, want, title: str) -> None:
    for k, (a, b) in enumerate(zip(got, want, strict=True)):
        np.testing.assert_allclose(a.numpy(force=True), b.numpy(force=True), 1e-7, 1e-9, err_msg=f"{title}, output {k}")


def case(op: Op, sample: Sample) -> tuple[list[list], dict, list]:
    """(examples, parameters, in_dims) of a sample, the dimensions drawn by its name; at least one argument is mapped; no examples if there is none."""
    rows = examples(op, sample, EXAMPLES)
    params = {k: tensors_of(v) for k, v in sample.params.items()}
    rng = np.random.default_rng(zlib.crc32(f"{op.name}-{sample.id}".encode()))
    tensors = [i for i, x in enumerate(rows[0]) if isinstance(x, (mg.Tensor, list))]
    if not tensors:
        return [], params, []
    together = bool(op.second_order_of)  # the arguments depend on one another
    sure = rng.choice(tensors)
    dims = [
        (int(rng.integers(-1, 1)) if together or rng.random() < 0.7 or i == sure else None) if i in tensors else None
        for i in range(len(rows[0]))
    ]
    return [[x if d is not None else rows[0][i] for i, (x, d) in enumerate(zip(row, dims, strict=True))] for row in rows], params, dims


def ops_with(what: str) -> list:
    """The ops that can be batched, one test each: its samples are few and small."""
    return [pytest.param(op, id=op.name) for op in OPS.values() if not op.unbatched and not (what == "gradients" and op.second_order_of)]


# Samples that PyTorch refuses as well.
REFUSED = {("one_hot", "counted"): "one_hot needs num_classes"}


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


def slopes(f, which: tuple[int, ...], rows: list) -> list:
    """Gradients of each example; none where there is none."""
    try:
        return [func.grad(f, which)(*row) for row in rows] if which else []
    except (GradError, TypeError):
        return []


def directional(f, which: tuple[int, ...]):
    """The derivative of f along fixed directions."""

    def g(*arrays):
        tangents = tuple(mg.from_numpy(np.random.default_rng(i).standard_normal(arrays[i].shape)).to(arrays[i].dtype) for i in which)

        def of(*chosen):
            full = list(arrays)
            for i, x in zip(which, chosen, strict=True):
                full[i] = x
            return f(*full)

        return func.jvp(of, tuple(arrays[i] for i in which), tangents)[1]

    return g


@pytest.mark.parametrize("op", ops_with("gradients"))
def test_vmap_of_derivatives_is_the_stack(op):
    """Reverse and forward mode of each example."""
    for sample in op.samples(Draw(0)):
        rows, params, dims = case(op, sample)
        if not rows or (op.name, sample.id) in REFUSED:
            continue
        which, f = differentiable(op, rows[0]), scalar(op, params)
        want = slopes(f, which, rows)
        if not want:
            continue
        args = [stacked([row[i] for row in rows], d) for i, d in enumerate(dims)]
        got = func.vmap(func.grad(f, which), tuple(dims), randomness="same")(*args)
        close(got, [mg.stack(list(v)) for v in zip(*want, strict=True)], f"vmap of grad of {op.name}[{sample.id}]")
        along = directional(f, which)
        got = func.vmap(along, tuple(dims), randomness="same")(*args)
        close([got], [mg.stack([along(*row) for row in rows])], f"vmap of jvp of {op.name}[{sample.id}]")


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
