"""Gradients of every sample of every op: central differences to second order, the complex step, and adjoints on integers."""

from __future__ import annotations

import pytest
from ops import all_samples, xfail_if_known

from minigrad.registry import OPS, Draw
from minigrad.testing import check_adjoint, check_complex_step, check_gradients, check_jvp
from minigrad.testing.samples import differentiable


@pytest.mark.parametrize("op, sample", all_samples())
def test_central_differences(op, sample, request):
    """First and second order, float64, random cotangents and directions."""
    xfail_if_known(op, "gradients", request)
    check_gradients(op, sample)


@pytest.mark.parametrize("op, sample", all_samples())
def test_forward_mode(op, sample, request):
    """J v against central differences, and as the adjoint of backward."""
    xfail_if_known(op, "jvp", request)
    check_jvp(op, sample)


@pytest.mark.parametrize("op, sample", [p for p in all_samples() if p.values[0].family != "composite"])
def test_complex_step(op, sample):
    check_complex_step(op, sample)


@pytest.mark.parametrize("op, sample", [p for p in all_samples() if p.values[0].linear_in])
def test_integer_adjoint(op, sample):
    check_adjoint(op, sample)


def test_the_oracles_are_used():
    """The complex step finds out by itself where it can be trusted; that must not come to mean nowhere."""
    checked = {op.name: {n for s in op.samples(Draw(0)) for n in check_complex_step(op, s)} for op in OPS.values()}
    for name in ("add", "mul", "_true_div", "pow", "exp", "log", "sqrt", "sin", "tanh", "sum", "mean", "logsumexp", "matmul",
                 "linear", "_conv2d", "_softmax", "_log_softmax", "_cross_entropy", "native_layer_norm", "native_batch_norm", "_avg_pool2d"):  # fmt: skip
        assert checked[name] & set(differentiable(OPS[name])), f"{name}: no argument was checked by the complex step"
    exact = {op.name for op in OPS.values() if any(check_adjoint(op, s) for s in op.samples(Draw(0)))}
    assert exact == {op.name for op in OPS.values() if op.linear_in}


def test_backward_ops_are_reached_from_what_they_belong_to():
    """Ops that are exempt because their arguments depend on one another are named by an op that is checked to second order."""
    for op in OPS.values():
        if op.second_order_of:
            assert check_gradients(OPS[op.second_order_of], OPS[op.second_order_of].samples(Draw(0))[0])
