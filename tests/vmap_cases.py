"""What the tests of vmap share: examples made of the registry's samples, how they are stacked, and functions of them."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

import minigrad as mg
from minigrad import func
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
    """All tensors among the outputs that are not for the backward pass alone, with the same random numbers each time."""
    mg.manual_seed(5)
    y = op.function(*arrays, **params)
    several = y if isinstance(y, (tuple, list)) else (y,)
    return tuple(v for v in several[: len(several) - op.auxiliary] if isinstance(v, mg.Tensor))


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


def slopes(f, which: tuple[int, ...], rows: list) -> list:
    """Gradients of each example; none where there is none."""
    try:
        return [func.grad(f, which)(*row) for row in rows] if which else []
    except (GradError, TypeError):
        return []
