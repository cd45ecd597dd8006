"""Convolution, pooling and resampling against PyTorch: values and gradients over all their options, in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg

torch = pytest.importorskip("torch")
F, TF = mg.nn.functional, torch.nn.functional
seeds = st.integers(0, 2**32 - 1)
dims = st.integers(1, 3)


def compare(name, *arrays, rtol=1e-10, atol=1e-11, **options):
    """F.name and torch's, of the same arguments: equal values and, for a random cotangent, equal gradients of every float array."""
    results = []
    for namespace, tensor in ((F, mg.from_numpy), (TF, torch.from_numpy)):
        given = [tensor(np.array(a)) if isinstance(a, np.ndarray) else a for a in arrays]
        settings = {k: tensor(np.array(v)) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        leaves = [x.requires_grad_() for x, a in zip(given, arrays) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
        out = getattr(namespace, name)(*given, **settings)
        out = out if isinstance(out, tuple) else (out,)
        grads = []
        if out[0].requires_grad:
            g = np.random.default_rng(0).standard_normal(tuple(out[0].shape))
            out[0].backward(tensor(np.asarray(g, arrays[0].dtype)))
            grads = [np.zeros(x.shape) if x.grad is None else x.grad.numpy() for x in leaves]
        results.append(([y.detach().numpy() for y in out], grads))
    (ours, our_grads), (theirs, their_grads) = results
    for got, want in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, want, rtol, atol, strict=True)
    for i, (got, want) in enumerate(zip(our_grads, their_grads, strict=True)):
        np.testing.assert_allclose(got, want, 10 * rtol, 10 * atol, err_msg=f"gradient of argument {i}")


def array(seed, *shape):
    return np.asarray(np.random.default_rng(seed).standard_normal(shape))


# ---- convolution ----


@st.composite
def window_axis(draw, most_padding=None):
    """(size, kernel, stride, padding, dilation) of one axis where at least one window fits; leftovers are common."""
    k, s, d, out = (draw(st.integers(1, top)) for top in (3, 3, 2, 3))
    span = d * (k - 1) + 1
    p = draw(st.integers(0, span - 1 if most_padding is None else most_padding(k)))
    size = (out - 1) * s + span + draw(st.integers(0, s - 1)) - 2 * p
    while size < 1:
        size += s
    return size, k, s, p, d


def axes(one):
    """1 to 3 axes, transposed: (sizes, kernels, ...)."""
    return st.lists(one, min_size=1, max_size=3).map(lambda drawn: tuple(zip(*drawn)))


@given(axes(window_axis()), st.integers(1, 2), st.booleans(), st.booleans(), seeds)
def test_conv(drawn, groups, batched, with_bias, seed):
    size, kernel, stride, padding, dilation = drawn
    x, weight = array(seed, *(2,) * batched, 2 * groups, *size), array(seed + 1, 3 * groups, 2, *kernel)
    compare(f"conv{len(size)}d", x, weight, array(seed + 2, 3 * groups) if with_bias else None,
            stride=stride, padding=padding, dilation=dilation, groups=groups)  # fmt: skip


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@given(axes(st.tuples(st.integers(3, 6), st.integers(1, 3), st.integers(1, 2))), st.sampled_from(["same", "valid"]), seeds)
def test_conv_padding_by_name(drawn, padding, seed):
    size, kernel, dilation = drawn
    size = tuple(s + d * (k - 1) for s, k, d in zip(*drawn))
    compare(f"conv{len(size)}d", array(seed, 1, 2, *size), array(seed + 1, 3, 2, *kernel), padding=padding, dilation=dilation)


@given(axes(st.tuples(*(st.integers(1, 3) for _ in range(4)), st.integers(0, 2), st.integers(0, 2))), st.integers(1, 2), st.booleans(),
       st.booleans(), seeds)  # fmt: skip
def test_conv_transpose(drawn, groups, batched, with_bias, seed):
    """output_padding up to what stride or dilation allow; padding as far as something is left."""
    size, kernel, stride, dilation, padding, extra = drawn
    extra = tuple(min(e, max(s, d) - 1) for e, s, d in zip(extra, stride, dilation))
    full = [(m - 1) * s + d * (k - 1) + e + 1 for m, k, s, d, e in zip(size, kernel, stride, dilation, extra)]
    padding = tuple(min(p, (f - 1) // 2) for p, f in zip(padding, full))
    x, weight = array(seed, *(2,) * batched, 2 * groups, *size), array(seed + 1, 2 * groups, 3, *kernel)
    compare(f"conv_transpose{len(size)}d", x, weight, array(seed + 2, 3 * groups) if with_bias else None, stride=stride,
            padding=padding, output_padding=extra, dilation=dilation, groups=groups)  # fmt: skip
