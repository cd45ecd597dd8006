"""Elementwise ops at zeros, infinities, NaN and integers, compared with PyTorch: values, dtypes, gradients."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg

torch = pytest.importorskip("torch")

ODD = [0.0, -0.0, 0.25, -0.25, 0.5, -0.5, 1.0, -1.0, 1.5, -2.5, 3.0, -7.0, 40.0, -40.0, float("inf"), -float("inf"), float("nan")]
LEFT, RIGHT = (np.array(v) for v in zip(*[(a, b) for a in ODD for b in ODD], strict=True))

UNARY = """acos arccos asin arcsin atan arctan acosh arccosh asinh arcsinh atanh arctanh deg2rad rad2deg sinc frac signbit sgn sign positive
    negative absolute nan_to_num logit isneginf isposinf isreal floor ceil trunc fix round""".split()
BINARY = """subtract multiply divide true_divide arctan2 hypot fmax fmin heaviside float_power logaddexp logaddexp2 xlogy copysign nextafter
    greater greater_equal less less_equal not_equal isclose clamp_min clamp_max rsub ldexp""".split()
INTEGERS = "gcd lcm bitwise_left_shift bitwise_right_shift fmax fmin heaviside copysign xlogy float_power ldexp clamp_max".split()

# Where the gradients differ: torch has NaN or an infinity where the limit is a number, or the other way round.
GRADIENT = {
    "logaddexp": "torch has NaN for two infinities", "logaddexp2": "torch has NaN for two infinities",
}  # fmt: skip
NO_GRADIENT = {"heaviside", "nextafter"}


def compare(name, arrays, gradients=True, **params):
    ours, theirs = ([wrap(np.array(a)) for a in arrays] for wrap in (mg.from_numpy, torch.from_numpy))
    floating = gradients and arrays[0].dtype.kind == "f" and name not in NO_GRADIENT
    if floating:
        for t in (*ours, *theirs):
            t.requires_grad_()
    got, want = getattr(mg, name)(*ours, **params), getattr(torch, name)(*theirs, **params)
    assert f"torch.{got.dtype.name}" == str(want.dtype)
    rtol = 1e-12 if arrays[0].dtype == np.float64 else 4e-6
    np.testing.assert_allclose(got.numpy(force=True), want.detach().numpy(), rtol, 1e-16, err_msg=name)
    if floating and want.requires_grad and name not in GRADIENT:
        seed = np.random.default_rng(0).standard_normal(want.shape)
        pulled = mg.autograd.grad([got], ours, [mg.from_numpy(seed.astype(got.numpy(force=True).dtype))], allow_unused=True)
        expected = torch.autograd.grad([want], theirs, [torch.from_numpy(seed).to(want.dtype)], allow_unused=True)
        for i, (p, e) in enumerate(zip(pulled, expected, strict=True)):
            zero, known = np.zeros(arrays[i].shape), ~np.isnan(want.detach().numpy())  # of a NaN, the gradient may be anything
            p, e = zero if p is None else p.numpy(), zero if e is None else e.numpy(force=True)
            np.testing.assert_allclose(p[known], e[known], 1e-11, 1e-13, err_msg=f"{name}: gradient of argument {i}")


@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    compare(name, [np.array(ODD)])
    if name != "sinc":  # torch rounds pi * x to float32 before it takes the sine
        compare(name, [np.array(ODD, np.float32)], gradients=False)
    if name not in ("frac", "sinc"):
        compare(name, [np.arange(-4, 5)])


@pytest.mark.parametrize("name", BINARY)
def test_binary(name):
    compare(name, [LEFT, RIGHT])


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_integers(name, dtype):
    values = np.array([0, 1, 2, 3, 8, 12, 33, 63, 64, 100] + ([-1, -7, -12, -60] if dtype != "uint8" else []), dtype)
    left, right = (np.array(v) for v in zip(*[(a, b) for a in values for b in values], strict=True))
    if name == "ldexp":
        right = right % 16
    compare(name, [left, right])


@pytest.mark.parametrize("params", [{}, {"nan": 2.5}, {"posinf": 3.0, "neginf": -1.0}, {"nan": -1.0, "posinf": 7.0}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_to_num(params, dtype):
    compare("nan_to_num", [np.array(ODD, dtype)], **params)


@pytest.mark.parametrize("eps", [None, 0.1, 0.0, 1e-6])
def test_logit(eps):
    compare("logit", [np.array([*ODD, 0.05, 0.1, 0.9, 0.95])], eps=eps)


@pytest.mark.parametrize("rtol, atol, equal_nan", [(1e-5, 1e-8, False), (0.5, 0.1, True), (0.0, 0.0, False), (0.0, 0.25, True)])
def test_isclose(rtol, atol, equal_nan):
    compare("isclose", [LEFT, RIGHT], False, rtol=rtol, atol=atol, equal_nan=equal_nan)
    whole = np.nan_to_num(LEFT, posinf=9, neginf=-9).astype(np.int64), np.nan_to_num(RIGHT, posinf=9, neginf=-9).astype(np.int64)
    compare("isclose", whole, rtol=rtol, atol=atol)
    assert mg.allclose(mg.tensor(LEFT), mg.tensor(LEFT), equal_nan=True) and not mg.allclose(mg.tensor(LEFT), mg.tensor(LEFT))


@pytest.mark.parametrize("name", ["lerp", "addcmul", "addcdiv"])
def test_of_three(name):
    third = np.roll(RIGHT, 5)
    compare(name, [LEFT, RIGHT, third], **({} if name == "lerp" else {"value": 0.5}))


def test_frexp():
    x = np.array([*ODD[:-3], 1e-310, 1e300, 6.0])
    got, want = mg.frexp(mg.tensor(x)), torch.frexp(torch.tensor(x))
    assert got.exponent.dtype is mg.int32
    np.testing.assert_array_equal(got.mantissa.numpy(), want.mantissa.numpy())
    np.testing.assert_array_equal(got.exponent.numpy(), want.exponent.numpy())


@pytest.mark.parametrize("decimals", [-3, -1, 0, 1, 2, 5])
def test_round(decimals):
    compare("round", [np.random.default_rng(0).standard_normal(300) * 1234], decimals=decimals)


def test_isin():
    a, b = np.arange(12).reshape(3, 4) % 5, np.array([1, 4])
    for invert in (False, True):
        want = torch.isin(torch.tensor(a), torch.tensor(b), invert=invert).numpy()
        np.testing.assert_array_equal(mg.isin(mg.tensor(a), mg.tensor(b), invert=invert).numpy(), want)
    assert mg.isin(3, mg.tensor(a)).item() is True


@pytest.mark.parametrize("name", ["eq_", "less_", "logical_and_", "logical_not_", "multiply_", "subtract_", "clip_", "fix_", "acos_", "lerp_", "addcmul_", "xlogy_",
                                  "bitwise_left_shift_", "float_power_", "nan_to_num_", "ldexp_", "round_", "greater_equal_", "logit_", "hypot_", "nextafter_"])  # fmt: skip
def test_in_place(name):
    a, b = np.array([0.5, 0.25, 1.0, -0.5]), np.array([0.5, 2.0, -1.0, 0.0])
    rest = {
        "logical_not_": (),
        "fix_": (),
        "acos_": (),
        "nan_to_num_": (),
        "round_": (),
        "logit_": (),
        "clip_": (-0.25, 0.75),
        "lerp_": (b, 0.5),
        "addcmul_": (b, b),
    }
    arguments = rest.get(name, (b,))
    if "shift" in name:
        a, arguments = np.arange(4), (np.arange(4),)
    ours, theirs = mg.tensor(a), torch.tensor(a)
    assert getattr(ours, name)(*[mg.tensor(x) if isinstance(x, np.ndarray) else x for x in arguments]) is ours
    getattr(theirs, name)(*[torch.tensor(x) if isinstance(x, np.ndarray) else x for x in arguments])
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), 1e-14)
