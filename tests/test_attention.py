"""Scaled dot-product attention: the kernel against its parts and PyTorch, in every combination of arguments; derivatives, vmap, threads."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import minigrad as mg
from minigrad import func
from minigrad.nn import functional as F
from minigrad.ops.attention import _by_parts

attend = F.scaled_dot_product_attention


def draw(seed, *shape, dtype=np.float64):
    return mg.from_numpy(np.asarray(np.random.default_rng(seed).standard_normal(shape), dtype))


@st.composite
def problems(draw):
    """Shapes of query, key and value, options, and the shape of a mask: some batch dimensions of 1, or none, groups of heads."""
    n = draw(st.integers(0, 3))
    lead = [draw(st.integers(1, 3)) for _ in range(n)]
    gqa = n > 0 and draw(st.booleans())
    length, keys = draw(st.sampled_from([1, 2, 5, 17, 70])), draw(st.sampled_from([1, 3, 18, 140]))
    e, f = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    leads = [[s if draw(st.integers(0, 4)) else 1 for s in lead] for _ in range(3)]
    if gqa:
        groups = draw(st.integers(1, 3))
        leads[0][-1], leads[1][-1], leads[2][-1] = groups * draw(st.integers(1, 3)), groups, groups
        whole = [*np.broadcast_shapes(*(x[:-1] for x in leads)), leads[0][-1]]
    else:
        whole = [*np.broadcast_shapes(*leads)]
    kind = draw(st.sampled_from(["none", "causal", "bool", "numbers", "numbers with a gradient"]))
    mask = None
    if kind not in ("none", "causal"):
        mask = [s if draw(st.integers(0, 2)) else 1 for s in (*whole, length, keys)][draw(st.integers(0, n)) :]
    shapes = [(*leads[0], length, e), (*leads[1], keys, e), (*leads[2], keys, f)]
    return shapes, mask, kind, gqa, draw(st.sampled_from([None, 0.3])), draw(st.booleans()), draw(st.integers(0, 2**32 - 1))


def arguments(problem):
    shapes, mask, kind, gqa, scale, swapped, seed = problem
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(s) for s in shapes]
    if swapped:  # heads as a transposed view, as layers have them
        arrays = [np.asarray(a.swapaxes(0, -2), order="C").swapaxes(0, -2) for a in arrays]
    if mask is not None:
        mask = rng.standard_normal(mask)
        mask = mask > -0.3 if kind == "bool" else np.where(mask > -0.3, mask, -np.inf) if kind == "numbers" else mask
    return arrays, mask, {"is_causal": kind == "causal", "scale": scale, "enable_gqa": gqa}


@given(problems())
def test_like_pytorch(problem):
    torch = pytest.importorskip("torch")
    arrays, mask, options = arguments(problem)
    results = []
    for lib in (mg, torch):
        x = [lib.from_numpy(a.copy("K")).requires_grad_() for a in arrays]
        m = None if mask is None else lib.from_numpy(mask.copy())
        learned = [m.requires_grad_()] if problem[2] == "numbers with a gradient" else []
        if lib is torch and options["enable_gqa"]:  # PyTorch's does not broadcast the other dimensions there
            whole = np.broadcast_shapes(*(a.shape[:-3] for a in arrays))
            y = torch.nn.functional.scaled_dot_product_attention(*(t.expand(*whole, *t.shape[-3:]) for t in x), m, **options)
        else:
            try:
                y = lib.nn.functional.scaled_dot_product_attention(*x, m, **options)
            except RuntimeError:  # PyTorch's cannot have a mask for heads that the value alone has
                assume(lib is mg or mask is None)
                raise
        g = np.random.default_rng(1).standard_normal(tuple(y.shape))
        y.backward(lib.from_numpy(g))
        results.append([y.detach().numpy(), *(t.grad.numpy() for t in (*x, *learned))])
    for name, got, want in zip(("value", "query", "key", "value's gradient", "mask"), *results, strict=False):
        np.testing.assert_allclose(got, want, 1e-9, 1e-11, err_msg=name, strict=True)


@pytest.mark.parametrize("heads", [(1, 1, 2), (2, 1, 1), (1, 2, 1), (1, 2, 2), (2, 2, 1)], ids=str)
def test_heads_that_broadcast(heads):
    """With a mask that learns, and without: what one of the three has once serves the others' heads."""
    arrays = [draw(i, 1, h, 3, 4) for i, h in enumerate(heads)]
    mask = draw(7, 3, 3)
    want = attend(*(a.expand(1, 2, 3, 4).clone() for a in arrays), mask)
    for learned in (False, True):
        np.testing.assert_allclose(attend(*arrays, mask.detach().requires_grad_(learned)).detach().numpy(), want.numpy(), 1e-12)


@given(problems())
def test_float32_and_halves(problem):
    arrays, mask, options = arguments(problem)
    want = attend(*map(mg.from_numpy, arrays), None if mask is None else mg.from_numpy(mask), **options).numpy()
    for dtype, tolerance in ((mg.float32, 1e-5), (mg.float16, 0.03), (mg.bfloat16, 0.2)):
        m = None if mask is None else mg.from_numpy(mask) if mask.dtype == bool else mg.from_numpy(mask).to(dtype)
        got = attend(*(mg.from_numpy(a).to(dtype) for a in arrays), m, **options)
        assert got.dtype is dtype
        np.testing.assert_allclose(got.double().numpy(), want, tolerance, tolerance * np.abs(want).max(initial=1))


@pytest.mark.parametrize("need", [n for n in itertools.product((False, True), repeat=3) if any(n)], ids=str)
def test_third_order_of_each(need):
    """Whichever of query, key and value need gradients: the first three derivatives of the kernel are those of its parts."""

    def derivatives(function):
        args = [
            draw(i, *shape).requires_grad_(n)
            for i, (shape, n) in enumerate(zip(((2, 4, 3, 5), (2, 2, 6, 5), (2, 2, 6, 3)), need, strict=True))
        ]
        leaves = [a for a in args if a.requires_grad]
        values = [function(*args)]
        for order in range(3):
            loss = sum((v * draw(7 + order, *v.shape)).sum() for v in values if v is not None) ** 2
            values = mg.autograd.grad(loss, leaves, create_graph=True)
            yield from (v.detach().numpy() for v in values)

    fused = derivatives(lambda q, k, v: attend(q, k, v, enable_gqa=True, scale=0.4))
    for got, want in zip(fused, derivatives(lambda q, k, v: _by_parts(q, k, v, None, 0.4, False)), strict=True):
        np.testing.assert_allclose(got, want, 1e-8, 1e-8 * np.abs(want).max())


@pytest.mark.parametrize("causal", [False, True])
def test_vmap(causal):
    """Of values, of each example's gradients, and differentiated through."""
    q, k, v, seen = draw(1, 3, 2, 4, 5), draw(2, 2, 6, 5), draw(3, 2, 6, 3, 4), draw(4, 3, 4, 6) > -0.5

    def one(q, k, v, m):
        return attend(q, k, v, None if causal else m, is_causal=causal)

    def loss(*args):
        return (one(*args) ** 2).sum()

    dims = (0, None, 2, 0)
    examples = [(q[i], k, v[:, :, i], seen[i]) for i in range(3)]
    np.testing.assert_allclose(func.vmap(one, dims)(q, k, v, seen).numpy(), np.stack([one(*e).numpy() for e in examples]), 1e-12, 1e-12)
    each = func.vmap(func.grad(loss, (0, 1, 2)), dims)(q, k, v, seen)
    for got, want in zip(each, zip(*(func.grad(loss, (0, 1, 2))(*e) for e in examples), strict=True), strict=True):
        np.testing.assert_allclose(got.numpy(), np.stack([w.numpy() for w in want]), 1e-11, 1e-12)
    outside = func.grad(lambda k: (func.vmap(func.grad(loss), dims)(q, k, v, seen) ** 2).sum())(k)
    want = func.grad(lambda k: sum((func.grad(loss)(e[0], k, *e[2:]) ** 2).sum() for e in examples))(k)
    np.testing.assert_allclose(outside.detach().numpy(), want.detach().numpy(), 1e-10, 1e-10)


def test_no_copy_of_heads_and_positions_side_by_side():
    """(B, L, H * D), split and seen as heads, goes in as it is; what comes out has the heads side by side again."""
    x = draw(5, 2, 7, 3 * 12, dtype=np.float32)
    q, k, v = (t.view(2, 7, 3, 4).transpose(1, 2) for t in x.split(12, -1))
    y = attend(q, k, v, is_causal=True)
    assert y.transpose(1, 2).is_contiguous() and y.transpose(1, 2).view(2, 7, 12).shape == (2, 7, 12)


def test_memory_is_not_quadratic():
    """The scores of 3000 queries for 3000 keys would be 36 MB."""
    from minigrad import _core

    q, k, v = (draw(i, 1, 1, 3000, 8, dtype=np.float32).requires_grad_() for i in range(3))
    _core.memory_peak(True)
    before = _core.memory_in_use()
    attend(q, k, v).sum().backward()
    assert _core.memory_peak() - before < 2e6
