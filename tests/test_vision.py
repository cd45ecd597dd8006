"""Convolution, pooling and resampling against PyTorch: values and gradients over all their options, in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import minigrad as mg

torch = pytest.importorskip("torch")
F, TF = mg.nn.functional, torch.nn.functional
seeds = st.integers(0, 2**32 - 1)
dims = st.integers(1, 3)


def compare(name, *arrays, rtol=1e-10, atol=1e-11, check_grad=True, **options):
    """F.name and torch's, of the same arguments: equal values and, for a random cotangent, equal gradients of every float array."""
    results = []
    for namespace, tensor in ((F, mg.from_numpy), (TF, torch.from_numpy)):
        given = [tensor(np.array(a)) if isinstance(a, np.ndarray) else a for a in arrays]
        settings = {k: tensor(np.array(v)) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        leaves = [x.requires_grad_() for x, a in zip(given, arrays) if check_grad and isinstance(a, np.ndarray) and a.dtype.kind == "f"]
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


def test_conv_tbc():
    compare("conv_tbc", array(0, 6, 2, 3), array(1, 3, 3, 4), array(2, 4), pad=1)


# ---- pooling ----


def spread(seed, *shape):
    """Values without ties."""
    return np.random.default_rng(seed).permutation(int(np.prod(shape))).reshape(shape) * 0.1


@given(axes(window_axis(most_padding=lambda k: k // 2)), st.booleans(), st.booleans(), st.booleans(), seeds)
def test_max_pool(drawn, ceil, twin, batched, seed):
    size, kernel, stride, padding, dilation = drawn
    x = spread(seed, *(2,) * batched, 2, *size)
    for s, k, t, p, d in zip(*drawn):  # windows that meet padding alone have -inf, and in PyTorch a position outside
        starts = range(-p, s + p - d * (k - 1) + (t - 1 if ceil else 0), t)
        assume(all(any(0 <= i + d * j < s for j in range(k)) for i in starts if i < s))
    name, indices = f"max_pool{len(size)}d", {} if twin else {"return_indices": True}
    compare(
        name + "_with_indices" * twin, x, kernel_size=kernel, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil, **indices
    )


@given(axes(window_axis(most_padding=lambda k: k // 2)), st.booleans(), st.booleans(), st.booleans(), st.sampled_from([None, 3, -2]), seeds)
def test_avg_pool(drawn, ceil, include, batched, divisor, seed):
    size, kernel, stride, padding, dilation = drawn
    size = tuple(s + k for s, k in zip(size, kernel))
    options = {} if len(size) == 1 else {"divisor_override": divisor}
    compare(f"avg_pool{len(size)}d", array(seed, *(2,) * batched, 2, *size), kernel_size=kernel, stride=stride, padding=padding,
            ceil_mode=ceil, count_include_pad=include, **options)  # fmt: skip


@given(axes(window_axis(most_padding=lambda k: k // 2)), st.booleans(), st.booleans(), st.sampled_from([None, 3, -2]), seeds)
def test_avg_pool_of_integers(drawn, ceil, include, divisor, seed):
    size, kernel, stride, padding, _ = drawn
    size = tuple(s + k for s, k in zip(size, kernel))
    options = {} if len(size) == 1 else {"divisor_override": divisor}
    compare(f"avg_pool{len(size)}d", np.random.default_rng(seed).integers(-99, 99, (2, *size)), kernel_size=kernel, stride=stride, padding=padding,
            ceil_mode=ceil, count_include_pad=include, **options)  # fmt: skip


@given(axes(st.tuples(st.integers(3, 6), st.integers(1, 3), st.integers(1, 3))), st.sampled_from([1, 2, 3.5, np.inf, -np.inf]), st.booleans(),
       st.booleans(), seeds)  # fmt: skip
def test_lp_pool(drawn, p, ceil, with_stride, seed):
    size, kernel, stride = drawn
    x = np.abs(spread(seed, 2, 3, *size)) + 0.1
    if len(size) == 1:
        kernel, stride = kernel[0], stride[0]
    compare(f"lp_pool{len(size)}d", x, norm_type=p, kernel_size=kernel, stride=stride if with_stride else None, ceil_mode=ceil)


@given(axes(st.tuples(st.integers(1, 7), st.integers(0, 5))), st.booleans(), seeds)
def test_adaptive_pools(drawn, batched, seed):
    size, out = drawn
    x, n = spread(seed, *(2,) * batched, 2, *size), len(size)
    if 0 in out:  # torch has no gradients of this
        assert getattr(F, f"adaptive_avg_pool{n}d")(mg.from_numpy(x), out).shape == (*x.shape[:-n], *out)
    else:
        compare(f"adaptive_avg_pool{n}d", x, output_size=out)
        compare(f"adaptive_max_pool{n}d", x, output_size=out, return_indices=True)
        compare(f"adaptive_max_pool{n}d_with_indices", x, output_size=out)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_adaptive_pool_keeps_sizes_that_are_none(n):
    x = spread(n, 2, 3, *(5, 4, 6)[:n])
    out = None if n == 1 else (2, *(None,) * (n - 1))
    if n > 1:
        compare(f"adaptive_avg_pool{n}d", x, output_size=out)
        compare(f"adaptive_max_pool{n}d", x, output_size=out)
    compare(f"adaptive_avg_pool{n}d", x, output_size=3)


@given(axes(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(-2, 2))), st.booleans(), st.booleans(), seeds)
def test_max_unpool(drawn, batched, with_size, seed):
    out, kernel, stride, change = drawn
    n, natural = len(out), [(m - 1) * s + k for m, s, k in zip(out, stride, kernel)]
    size = [max(m + max(min(c, s - 1), 1 - s), 1) for m, c, s in zip(natural, change, stride)] if with_size else natural
    places, area = int(np.prod(out)), int(np.prod(size))
    if places > area:
        return
    lead = (*(2,) * batched, 3)
    indices = np.random.default_rng(seed).permuted(np.broadcast_to(np.arange(area), (*lead, area)), axis=-1)[..., :places]
    compare(f"max_unpool{n}d", array(seed, *lead, *out), np.ascontiguousarray(indices.reshape(*lead, *out)), kernel_size=kernel, stride=stride,
            output_size=tuple(size) if with_size else None)  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)), min_size=2, max_size=3), st.sampled_from(["float32", "float64"]),
       seeds)  # fmt: skip
def test_fractional_max_pool(drawn, dtype, seed):
    kernel, out, more = zip(*drawn)
    n, size = len(kernel), [k + o - 1 + m for k, o, m in drawn]
    x, samples = spread(seed, 2, 3, *size).astype(dtype), np.random.default_rng(seed).random((2, 3, n)).astype(dtype)
    compare(f"fractional_max_pool{n}d_with_indices", x, kernel_size=kernel, output_size=out, _random_samples=samples)
    ratio = tuple((o + 0.5) / s for o, s in zip(out, size))
    compare(f"fractional_max_pool{n}d", x, kernel_size=kernel, output_ratio=ratio, return_indices=True, _random_samples=samples)


def test_fractional_max_pool_draws_windows():
    mg.manual_seed(3)
    x = mg.arange(84.0).reshape(1, 7, 12)
    drawn = {tuple(F.fractional_max_pool2d(x, 2, (3, 4)).flatten().tolist()) for _ in range(20)}
    assert len(drawn) > 3 and all(max(values) == 83 for values in drawn)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_first_of_equal_maxima_has_the_gradient_and_nan_wins(n):
    x = np.zeros((1, 1, *(4,) * n))
    compare(f"max_pool{n}d", x, kernel_size=2, return_indices=True)
    compare(f"adaptive_max_pool{n}d", x, output_size=3, return_indices=True)
    x.reshape(-1)[1] = np.nan
    np.testing.assert_array_equal(getattr(F, f"max_pool{n}d")(mg.from_numpy(x), 2).isnan().sum().item(), 1)


# ---- padding, rearranging ----


@given(st.integers(1, 3).flatmap(lambda n: st.lists(st.tuples(st.integers(3, 5), st.integers(-2, 3), st.integers(-2, 3)), min_size=n, max_size=n)),
       st.sampled_from(["constant", "reflect", "replicate", "circular"]), st.sampled_from(["float64", "int64", "uint8"]), seeds)  # fmt: skip
def test_pad(drawn, mode, dtype, seed):
    size, before, after = zip(*drawn)
    if mode == "reflect":
        before, after = (tuple(min(p, s - 1) for p, s in zip(side, size)) for side in (before, after))
    if mode == "circular":
        before, after = zip(
            *[(min(b, s + min(a, 0) + min(b, 0)), min(a, s + min(b, 0) + min(a, 0))) for s, b, a in zip(size, before, after)]
        )
    if min(s + b + a for s, b, a in zip(size, before, after)) < 1 or (mode != "constant" and dtype == "uint8"):
        return
    x = array(seed, 2, 3, *size) * (1 if dtype == "float64" else 9)
    widths = tuple(p for b, a in zip(reversed(before), reversed(after)) for p in (b, a))
    compare("pad", x.astype(dtype), pad=widths, mode=mode, value=2 if mode == "constant" else None)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), seeds)
def test_pixel_and_channel_shuffle(r, c, h, w, lead, seed):
    lead = (2, 3)[:lead]
    compare("pixel_shuffle", array(seed, *lead, c * r * r, h, w), upscale_factor=r)
    compare("pixel_unshuffle", array(seed, *lead, c, h * r, w * r), downscale_factor=r)
    compare("channel_shuffle", array(seed, 2, c * r, h, w), groups=r)
    compare("native_channel_shuffle", np.arange(2 * c * r * h).reshape(2, c * r, h), groups=c)


# ---- sampling ----


@pytest.mark.filterwarnings("ignore:Since version 1.3.0")
@given(st.lists(st.integers(1, 4), min_size=2, max_size=3), st.booleans(), seeds)
def test_affine_grid(size, align, seed):
    n = len(size)
    compare("affine_grid", array(seed, 2, n, n + 1), size=(2, 1, *size), align_corners=align)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), min_size=2, max_size=3), st.sampled_from(["bilinear", "nearest", "bicubic"]),
       st.sampled_from(["zeros", "border", "reflection"]), st.booleans(), seeds)  # fmt: skip
def test_grid_sample(drawn, mode, padding, align, seed):
    size, out = zip(*drawn)
    n = len(size)
    if n == 3 and mode == "bicubic":
        mode = "bilinear"
    rng = np.random.default_rng(seed)
    compare("grid_sample", array(seed, 2, 3, *size), rng.uniform(-3, 3, (2, *out, n)), mode=mode, padding_mode=padding, align_corners=align)


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align", [True, False])
def test_grid_sample_at_the_corners(padding, align):
    """Exactly on pixels, and exactly at -1 and 1, which are pixels with align_corners."""
    line = np.linspace(-1, 1, 5)
    grid = np.stack(np.meshgrid(line, np.linspace(-1, 1, 7)), -1)[None]
    for mode in ("bilinear", "bicubic"):
        compare("grid_sample", array(1, 1, 2, 4, 5), grid, mode=mode, padding_mode=padding, align_corners=align)
    assert F.grid_sample(mg.full((1, 1, 2, 2), float("inf")), mg.full((1, 1, 2, 2), 9.0)).tolist() == [[[[0.0, 0.0]]]]


# ---- interpolation ----

MODES = {1: ["nearest", "nearest-exact", "linear", "area"], 2: ["nearest", "nearest-exact", "bilinear", "bicubic", "area"],
         3: ["nearest", "nearest-exact", "trilinear", "area"]}  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 12)), min_size=1, max_size=3), st.data(), seeds)
def test_interpolate_to_a_size(drawn, data, seed):
    size, out = zip(*drawn)
    mode = data.draw(st.sampled_from(MODES[len(size)]))
    align = None if "nearest" in mode or mode == "area" else data.draw(st.booleans())
    compare("interpolate", array(seed, 2, 2, *size), size=out, mode=mode, align_corners=align)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.floats(0.3, 3) | st.sampled_from([0.5, 1, 1.1, 2, 3])), min_size=1, max_size=3),
    st.data(),
    seeds,
)
def test_interpolate_by_a_scale(drawn, data, seed):
    """Without gradients of nearest: where size * scale is rounded, PyTorch's are not those of its forward pass; nor are those of bicubic
    where every size stays as it is."""
    size, scale = zip(*drawn)
    if min(int(m * s) for m, s in drawn) < 1:
        return
    mode = data.draw(st.sampled_from(MODES[len(size)]))
    align = None if "nearest" in mode or mode == "area" else data.draw(st.booleans())
    compare("interpolate", array(seed, 1, 2, *size), scale_factor=scale, mode=mode, align_corners=align,
            check_grad=mode != "nearest" and not (mode == "bicubic" and all(int(m * s) == m for m, s in drawn)), recompute_scale_factor=data.draw(st.sampled_from([None, False, True])))  # fmt: skip


@given(st.tuples(st.integers(1, 12), st.integers(1, 12)), st.tuples(st.integers(1, 9), st.integers(2, 9)), st.booleans(),
       st.sampled_from(["bilinear", "bicubic", "lanczos"]), st.booleans(), seeds)  # fmt: skip
def test_interpolate_antialiased(size, out, by_scale, mode, align, seed):
    """Not to one column: there PyTorch 2.13 repeats the first row. Its gradient is of another scale where an axis keeps its size."""
    how = {"scale_factor": tuple((o + 0.3) / m for o, m in zip(out, size))} if by_scale else {"size": out}
    compare("interpolate", array(seed, 1, 2, *size), mode=mode, align_corners=None if mode == "lanczos" else align, antialias=True,
            check_grad=not by_scale or all(o != m for o, m in zip(out, size)), **how)  # fmt: skip


@given(st.integers(1, 3), st.integers(1, 200), st.integers(1, 400), st.sampled_from(["nearest", "nearest-exact"]), st.booleans(),
       st.sampled_from(["float32", "float64"]))  # fmt: skip
def test_interpolate_takes_the_same_pixels(n, size, out, mode, by_scale, dtype):
    """Which pixel is nearest hangs on rounding."""
    x = np.arange(size, dtype=dtype).reshape(1, 1, size, *(1,) * (n - 1))
    if not by_scale:
        compare("interpolate", x, mode=mode, size=(out, *(2,) * (n - 1)), check_grad=False)
    elif int(size * (out / size)) > 0:
        compare("interpolate", x, mode=mode, scale_factor=(out / size, *(1.1,) * (n - 1)), check_grad=False)


@given(
    st.tuples(st.integers(2, 30), st.integers(2, 30)),
    st.tuples(st.integers(1, 40), st.integers(2, 40)),
    st.booleans(),
    st.booleans(),
    seeds,
)
def test_interpolate_float32(size, out, align, antialias, seed):
    for mode in ("bilinear", "bicubic"):
        compare("interpolate", array(seed, 1, 2, *size).astype(np.float32), size=out, mode=mode, align_corners=align, antialias=antialias,
                rtol=1e-5, atol=1e-5)  # fmt: skip


@pytest.mark.filterwarnings("ignore:`nn.functional.upsample")
def test_upsample():
    x = array(0, 2, 3, 4, 5)
    compare("upsample", x, size=(7, 3))
    compare("upsample", x, scale_factor=1.5, mode="bilinear", align_corners=True)
    compare("upsample_nearest", x, scale_factor=2)
    compare("upsample_bilinear", x, size=(6, 9))


def test_interpolate_uint8():
    compare("interpolate", np.arange(40, dtype=np.uint8).reshape(1, 2, 4, 5), size=(7, 3))
    x = mg.ones(1, 1, 3)
    assert F.interpolate(x, 3)._version == 0 and F.interpolate(x, 3) is not x


def test_interpolate_half():
    """Computed in float32, rounded once."""
    x = array(0, 1, 2, 4, 5).astype(np.float16)
    for mode in ("nearest", "bilinear", "bicubic"):
        compare("interpolate", x, size=(6, 7), mode=mode, check_grad=False, rtol=1e-3, atol=1e-3)
