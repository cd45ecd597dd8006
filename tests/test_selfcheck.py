"""The checkers are checked: nine planted bugs, and which of the checks find them.

The first column is what many test suites do: the gradient of the sum, in float32. It misses five of the nine, which is why nothing
here does it. The last row says why samples are asymmetric: in a square sample with equal padding no checker can see that y and x
were exchanged.
"""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.registry import OPS, Draw, Sample, defop
from minigrad.testing import check_adjoint, check_complex_step, check_gradients, check_jvp, check_value, gradcheck

r = Draw(0)


# The rules below are wrong on purpose.
def windows_swapped(g, input_shape, kernel, stride, padding, dilation):
    """The adjoint of im2col with the taps of each window in the order (j, i)."""
    n, ck, count = g.shape
    c = ck // (kernel[0] * kernel[1])
    g = g.reshape(n, c, kernel[0], kernel[1], count).transpose(2, 3).reshape(n, ck, count)
    return OPS["col2im"].function(g, input_shape[2:], kernel, stride, padding, dilation)


def padding_swapped(g, input_shape, kernel, stride, padding, dilation):
    # H - kh == W - kw in the sample, so that the number of windows still fits.
    return OPS["col2im"].function(g, input_shape[2:], kernel, stride, padding[::-1], dilation)


SQUARE = Sample(r(2, 3, 5, 5), kernel=(2, 2), stride=(1, 1), padding=(1, 1), dilation=(1, 1), id="square")
RECTANGULAR = Sample(r(2, 3, 5, 4), kernel=(3, 2), stride=(1, 1), padding=(2, 1), dilation=(1, 1), id="rectangular")
ASYMMETRIC_TAPS = Sample(r(2, 2, 5, 4), kernel=(2, 2), stride=(1, 1), padding=(0, 1), dilation=(1, 1), id="taps")

FINDS, MISSES, NOT_APPLICABLE = "finds", "misses", "n/a"
PLANTED = {
    # name: (op, rules that replace its own, sample, sum loss, central differences, complex step, integer adjoint)
    "transpose: axes not inverted (equal sides)": (
        "permute", {"input": lambda g, dims: mg.permute(g, dims)}, Sample(r(3, 3, 3), dims=(2, 0, 1), id="cube"), MISSES, FINDS, FINDS, FINDS),
    "matmul: b not transposed (square)": (
        "matmul", {"input": lambda g, other: g @ other, "other": lambda g, input: input.mT @ g}, Sample(r(4, 4), r(4, 4), id="square"),
        FINDS, FINDS, FINDS, FINDS),
    "matmul: g transposed for b (square)": (
        "matmul", {"input": lambda g, other: g @ other.mT, "other": lambda g, input: input.mT @ g.mT}, Sample(r(4, 4), r(4, 4), id="square"),
        MISSES, FINDS, FINDS, FINDS),
    "mul: the wrong factor": (
        "mul", {"input": lambda g, input: g * input, "other": lambda g, other: g * other}, Sample(r(3, 4), r(3, 4), id="a"), FINDS, FINDS, FINDS, FINDS),
    "tanh: 1 - y for 1 - y**2": ("tanh", {"input": lambda g, y: g * (1 - y)}, Sample(r(3, 4), id="a"), FINDS, FINDS, FINDS, NOT_APPLICABLE),
    "tanh: off by 0.05 %": ("tanh", {"input": lambda g, y: g * (1 - y * y) * 1.0005}, Sample(r(3, 4), id="a"), MISSES, FINDS, FINDS, NOT_APPLICABLE),
    "im2col: window order swapped": ("im2col", {"input": windows_swapped}, ASYMMETRIC_TAPS, MISSES, FINDS, FINDS, FINDS),
    "im2col: padding swapped, rectangular": ("im2col", {"input": padding_swapped}, RECTANGULAR, FINDS, FINDS, FINDS, FINDS),
    "im2col: padding swapped, square": ("im2col", {"input": padding_swapped}, SQUARE, MISSES, MISSES, MISSES, MISSES),
}  # fmt: skip


def broken(name: str, rules: dict, engine_name: str):
    """A copy of an op, in no registry, with other rules."""
    op = OPS[name]
    before = dict(OPS)
    options = {"family": op.family, "kernel": op.kernel, "linear_in": op.linear_in, "where": "", "samples": op.samples, "inplace": False}
    if op.engine.plan is not None:
        options["plan"] = op.engine.plan
    try:
        if name == "matmul":  # its engine function knows one op only: go through the reference
            options["kernel"] = None
        defop(name=engine_name, vjp=rules, **options)(op.ref)
        return OPS[engine_name]
    finally:
        OPS.clear()
        OPS.update(before)


def sum_loss(op, sample, h=0.01, rtol=1e-2) -> None:
    """What not to do: d sum(y) by central differences in float32, element by element."""
    arrays = [mg.from_numpy(a.astype(np.float32)).requires_grad_() for a in sample.arrays]
    op.function(*arrays, **sample.params).sum().backward()
    for i, a in enumerate(sample.arrays):
        a = a.astype(np.float32)
        for at in np.ndindex(*a.shape):
            total = []
            for step in (h, -h):
                moved = a.copy()
                moved[at] += np.float32(step)
                others = [x.detach() for x in arrays]
                others[i] = mg.from_numpy(moved)
                total.append(op.function(*others, **sample.params).sum().item())
            want = (total[0] - total[1]) / (2 * h)
            got = arrays[i].grad.numpy()[at]
            if abs(got - want) > rtol * max(1.0, abs(want)):
                raise mg.GradError(f"{at}: {got} {want}")


CHECKS = {
    "sum-loss": sum_loss, "differences": check_gradients, "complex-step": check_complex_step, "adjoint": check_adjoint
}  # fmt: skip


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("bug", PLANTED)
def test_planted_bug(bug, check):
    name, rules, sample, *expected = PLANTED[bug]
    outcome = expected[list(CHECKS).index(check)]
    op = broken(name, rules, f"{name}_broken")
    if outcome == FINDS:
        with pytest.raises(mg.GradError):
            CHECKS[check](op, sample)
    else:
        checked = CHECKS[check](op, sample)
        assert outcome == MISSES or not checked


@pytest.mark.parametrize("bug", PLANTED)
def test_planted_bug_in_forward_mode(bug):
    """jvp comes from the same rules, so that its check finds what differences find; that of a view does not, and the dot test finds it."""
    name, rules, sample, *expected = PLANTED[bug]
    op = broken(name, rules, f"{name}_broken")
    if expected[1] == FINDS:
        with pytest.raises(mg.GradError, match="jvp (of output 0 is wrong|and backward are not adjoint)"):
            check_jvp(op, sample)
    else:
        assert check_jvp(op, sample)


def test_a_jvp_that_is_not_the_adjoint_is_found(monkeypatch):
    """The dot test sees what is too small for differences."""
    jvp = mg._core.jvp
    monkeypatch.setattr(mg._core, "jvp", lambda *args: tuple(t * (1 + 1e-7) for t in jvp(*args)))
    with pytest.raises(mg.GradError, match=r"matmul\[square\]: jvp and backward are not adjoint: <u, J v> and <J\^T u, v> differ by"):
        check_jvp(OPS["matmul"], Sample(Draw(0)(4, 4), Draw(1)(4, 4), id="square"))


@pytest.mark.parametrize("bug", PLANTED)
def test_the_right_rules_pass(bug):
    """The same samples with the ops as they are: what was found above was the bug."""
    name, _, sample, *_ = PLANTED[bug]
    for check in ("differences", "complex-step", "adjoint"):
        CHECKS[check](OPS[name], sample)
    assert check_jvp(OPS[name], sample)
    sum_loss(OPS[name], sample)


def test_the_message_says_where():
    name, rules, sample, *_ = PLANTED["transpose: axes not inverted (equal sides)"]
    with pytest.raises(
        mg.GradError, match=r"gradcheck\(permute_broken\[cube\]\): d/dinput is wrong along direction 0: backward says .*seed 0"
    ):
        check_gradients(broken(name, rules, "permute_broken"), sample)
    with pytest.raises(mg.GradError, match=r"permute_broken\[cube\] d/dinput is wrong: .*the complex step .*seed 0"):
        check_complex_step(broken(name, rules, "permute_broken"), sample)
    with pytest.raises(mg.GradError, match=r"permute_broken\[cube\] d/dinput is not the adjoint"):
        check_adjoint(broken(name, rules, "permute_broken"), sample)


def test_a_wrong_second_order_is_found():
    """A rule that is right in value but does not see that it depends on its input."""
    op = broken("square", {"input": lambda g, input: g * (input.detach() * 2)}, "square_broken")
    sample = Sample(r(3, 4), id="a")
    check_gradients(op, sample, second=False)
    with pytest.raises(mg.GradError, match=r"gradient of square_broken\[a\]"):
        check_gradients(op, sample)


def test_a_missing_gradient_is_found():
    op = broken("mul", {"input": lambda g, other: g * other, "other": lambda g: None}, "mul_broken")
    with pytest.raises(mg.GradError, match="d/dother is wrong"):
        check_gradients(op, Sample(r(3, 4), r(3, 4), id="a"))


def test_a_gradient_of_the_wrong_shape_is_found():
    op = broken("permute", {"input": lambda g: g}, "mis_shaped")
    with pytest.raises(mg.GradError, match=r"the gradient has shape \(3, 2\) and dtype float64, the input \(2, 3\)"):
        gradcheck(lambda x: op.function(x, (1, 0)), (mg.randn(2, 3, dtype=mg.float64, requires_grad=True),))


def test_gradcheck_refuses_what_it_cannot_check():
    with pytest.raises(ValueError, match="no input requires grad"):
        gradcheck(lambda x: x, (mg.ones(2),))
    with pytest.raises(ValueError, match="input 0 has dtype float32"):
        gradcheck(lambda x: x, (mg.ones(2, requires_grad=True),))
    with pytest.raises(ValueError, match="share memory"):
        x = mg.ones(1, dtype=mg.float64).expand(3).detach().requires_grad_()
        gradcheck(lambda x: x, (x,))


def test_a_single_tensor_needs_no_tuple():
    x = mg.randn(2, dtype=mg.float64, requires_grad=True)
    for check in (gradcheck, mg.testing.gradgradcheck, mg.testing.jvpcheck):
        assert check(lambda x: x.sin() * x, x)
    with pytest.raises(mg.GradError, match="d/dinput 0 is wrong"):
        gradcheck(lambda x: (x * x).detach() + x, x)


def test_values_that_are_wrong_are_found():
    op = OPS["tanh"].replace(ref=lambda input: np.tanh(input) * 1.000001)
    with pytest.raises(AssertionError, match=r"tanh\[a\] float32 contiguous: \d+ of 12 elements are wrong, first at \(0, 0\)"):
        check_value(op, Sample(r(3, 4), id="a"), "float32")
