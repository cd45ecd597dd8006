"""Shift operators; operations in place through any windows of a tensor, drawn, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg


@given(st.data())
def test_shift_operators_are_torchs(data):
    torch = pytest.importorskip("torch")
    x = np.array(data.draw(st.lists(st.integers(-9, 9), min_size=3, max_size=3)))
    n = data.draw(st.integers(0, 5))
    for f in (
        lambda t: t << n,
        lambda t: t >> n,
        lambda t: n << t.abs(),
        lambda t: 99 >> t.abs(),
        lambda t: t << t.abs(),
        lambda t: t >> t.abs(),
    ):
        assert f(mg.from_numpy(x.copy())).tolist() == f(torch.from_numpy(x.copy())).tolist()
    y = same = mg.from_numpy(x.copy())
    y <<= n
    y >>= 1
    assert y is same and y.tolist() == ((torch.from_numpy(x) << n) >> 1).tolist()
    with pytest.raises(mg.DTypeError, match="bitwise_left_shift: expected integers or bool"):
        mg.ones(2) << 1
    with pytest.raises(TypeError, match="unsupported operand"):
        mg.arange(2) << "a"


WINDOWS = {
    "row": lambda y: y[1], "rows": lambda y: y[:2], "column": lambda y: y[:, 1], "steps": lambda y: y[::2, 1:], "transposed": lambda y: y.T, "flat": lambda y: y.view(-1)[2:7],
    "diagonal": lambda y: y.diagonal(), "part of part": lambda y: y[1:].T[0], "new axis": lambda y: y[:, None, 0], "narrow": lambda y: y.narrow(1, 0, 2), "all": lambda y: y,
    "chunk": lambda y: y.chunk(2, 0)[0], "unfold": lambda y: y.unfold(1, 2, 2)[0], "select": lambda y: y.select(0, 2), "unsqueeze": lambda y: y.unsqueeze(0)[0, 0],
}  # fmt: skip
CHANGES = {
    "add": lambda v, x: v.add_(1.5), "mul": lambda v, x: v.mul_(2.0), "sin": lambda v, x: v.sin_(), "by sum": lambda v, x: v.mul_(x.sum()), "fill": lambda v, x: v.fill_(0.25), "zero": lambda v, x: v.zero_(),
    "copy": lambda v, x: v.copy_(v.detach().clone() * x.sum()), "set": lambda v, x: v.__setitem__(Ellipsis, x[0, 0] * 3), "sub itself": lambda v, x: v.sub_(v.clone() ** 2), "clamp": lambda v, x: v.clamp_(max=0.8), "pow": lambda v, x: v.pow_(2),
}  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(sorted(WINDOWS)), st.sampled_from(sorted(CHANGES))), min_size=1, max_size=4), st.booleans())
def test_in_place_on_any_window_as_torch(steps, late):
    """Values and gradients of a tensor that was changed through several of its windows, all made before or each when it is used."""
    torch = pytest.importorskip("torch")
    values, g = np.random.default_rng(1).uniform(0.5, 1.5, (3, 4)), np.random.default_rng(0).standard_normal((3, 4))
    results = []
    for make in (mg.from_numpy, torch.from_numpy):
        x = make(values.copy()).requires_grad_()
        y = x * 1.25
        windows = [None if late else WINDOWS[w](y) for w, _ in steps]
        if not late and make is torch.from_numpy and any(w == "chunk" for w, _ in steps):
            return  # PyTorch lets nobody change what functions with several results gave
        try:
            for (w, c), v in zip(steps, windows, strict=True):
                CHANGES[c](WINDOWS[w](y) if v is None else v, x)
        except RuntimeError as refused:
            assert make is torch.from_numpy and "multiple views" in str(refused)
            return
        (y * y.cos()).backward(make(g.copy()))
        results.append((y.detach().numpy(), x.grad.numpy()))
    for got, want in zip(*results, strict=True):
        np.testing.assert_allclose(got, want, 1e-10, 1e-12)
