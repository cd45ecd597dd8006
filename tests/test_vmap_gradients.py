"""vmap of the derivatives of every op is the stack of those of each example, over the registry's samples."""

from __future__ import annotations

import numpy as np
import pytest
from vmap_cases import REFUSED, case, close, differentiable, ops_with, scalar, slopes, stacked

import minigrad as mg
from minigrad import func
from minigrad.registry import Draw


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
