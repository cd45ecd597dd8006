"""Shape ops against PyTorch: values, dtypes and gradients over many combinations of options; and views that are views."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import minigrad as mg

DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")


def array(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def cast(a, dtype):
    return a > 0 if dtype == "bool" else (np.abs(a) * 5).astype(dtype) if dtype[0] in "ui" else a.astype(dtype)


def several(y):
    return list(y) if isinstance(y, (tuple, list)) else [y]


# name, arrays, arguments that follow: what both libraries are called with
CASES = [
    *[("moveaxis", [(2, 3, 4)], a) for a in [(0, -1), ((0, 1), (2, 0))]],
    *[("swapdims", [(2, 3, 4)], (0, -1)), ("swapaxes", [(2, 3, 4)], (1, 2)), ("ravel", [(2, 3)], ()), ("ravel", [()], ()), ("ravel", [(0, 2)], ())],
    *[("fliplr", [(2, 3, 4)], ()), ("flipud", [(2, 3)], ()), ("adjoint", [(2, 3, 4)], ())],
    *[("rot90", [(2, 3, 4)], (k, d)) for k in (-5, -1, 0, 1, 2, 3, 7) for d in ((0, 1), (2, 0), (-1, 1))],
    *[("roll", [(2, 3, 4)], a) for a in [(1,), (-9, 1), ((1, 2), (0, 2)), ((1, 1), (0, 0)), (25,), (5, -1)]], ("roll", [(0, 2)], (1, 0)), ("roll", [()], (1,)),
    *[("tile", [(2, 3)], (d,)) for d in [(2,), (1, 2), (2, 1, 2), (0, 1)]],
    *[("repeat_interleave", [(2, 3)], a) for a in [(2,), (2, 0), (0, 1), (np.array([1, 2]), 0), (np.array([3, 0, 1]), -1), (np.array([1, 0, 2, 0, 1, 1]),)]],
    *[("diagonal", [(3, 5, 4)], a) for a in [(), (1,), (-2,), (0, 1, 2), (1, -1, 0), (-9,), (2, 2, 1)]],
    *[("diag", [s], (k,)) for s in ((4,), (3, 5), (5, 3), (0,)) for k in (-2, 0, 1)],
    *[("diag_embed", [(2, 3)], a) for a in [(), (1,), (-2,), (0, 0, 1), (1, 0, -1), (0, -1, 0), (1, 2, 0), (-1, 2, 0)]],
    *[("diagflat", [s], (k,)) for s in ((2, 2), (3,), ()) for k in (-1, 0, 2)],
    *[("trace", [s], ()) for s in ((3, 4), (4, 2), (0, 3))],
    *[(n, [s], (k,)) for n in ("tril", "triu") for s in ((3, 5), (2, 4, 3), (0, 3)) for k in (-9, -1, 0, 2, 9)],
    *[("tensor_split", [(7, 4)], a) for a in [(3,), (9,), ((2, 5),), ((2, 1, 9),), ((1, -1), 1), (np.array([1, 3]),), (np.array(2), 1)]],
    *[("hsplit", [(4, 6)], (a,)) for a in (2, (1, 3))], ("hsplit", [(6,)], (3,)), ("vsplit", [(4, 3)], (2,)), ("vsplit", [(4, 3)], ((1, 3),)), ("dsplit", [(2, 3, 4)], (2,)),
    *[("split_with_sizes", [(5, 4)], a) for a in [([2, 3],), ([1, 0, 3], 1)]], ("unbind", [(2, 3)], (1,)), ("narrow_copy", [(4, 5)], (1, -3, 2)),
    *[("diagonal_scatter", [(3, 5), (3,)], ()), ("diagonal_scatter", [(3, 5), (2,)], (-1,)), ("diagonal_scatter", [(2, 3, 5), (3, 2)], (0, 0, -1))],
    *[("select_scatter", [(3, 5), (3,)], (1, -1)), ("slice_scatter", [(6, 5), (2, 5)], (0, 1, 5, 2)), ("slice_scatter", [(6, 5), (6, 3)], (1, None, 3))],
    *[("slice_scatter", [(6, 5), (2, 5)], (0, -2)), ("as_strided_scatter", [(4, 5), (2, 2)], ((2, 2), (1, 3), 2))],
    *[("kron", s, ()) for s in ([(2, 3), (3, 2)], [(3,), (2, 2)], [(2, 1, 2), (3,)], [(), (3,)])],
    *[("combinations", [(5,)], a) for a in [(), (3,), (2, True), (1,), (4, True), (6,)]], ("vander", [(4,)], ()), ("vander", [(3,)], (5, True)), ("vander", [(3,)], (1,)),
    *[("Tensor.unfold", [(2, 7)], a) for a in [(1, 3, 2), (0, 1, 1), (-1, 7, 3), (1, 0, 1), (0, 2, 5)]], ("Tensor.sum_to_size", [(2, 3, 4)], ((3, 1),)),
    *[("Tensor.expand", [(2, 1)], ((3, -1, 4),)), ("Tensor.repeat", [(2, 3)], ((2, 1, 2),)), ("flip", [(2, 3, 4)], ((0, -1),)), ("unflatten", [(2, 12)], (1, (3, -1)))],
]  # fmt: skip

# the same, of a list of arrays
JOINS = [
    *[("hstack", s, {}) for s in ([(2,), (3,)], [(2, 3), (2, 1)], [(), ()], [(2, 3, 4), (2, 1, 4)])],
    *[(n, s, {}) for n in ("vstack", "row_stack") for s in ([(2,), (2,)], [(2, 3), (1, 3)], [(), ()])],
    *[("dstack", s, {}) for s in ([(2,), (2,)], [(2, 3), (2, 3)], [(), ()], [(2, 3, 1), (2, 3, 4)])],
    *[("column_stack", s, {}) for s in ([(2,), (2,)], [(2, 3), (2,)], [(), ()])],
    *[(n, [(2, 3), (4, 3)], {}) for n in ("concat", "concatenate", "cat")], ("cat", [(2, 3), (0,), (2, 1)], {"dim": 1}), ("stack", [(2, 3), (2, 3)], {"dim": -1}),
    *[(n, s, {}) for n in ("atleast_1d", "atleast_2d", "atleast_3d") for s in ([()], [(3,)], [(2, 3)], [(2, 3, 4, 2)], [(0,)], [(), (3,), (2, 2)])],
    *[("meshgrid", [(2,), (3,), (4,)], {"indexing": i}) for i in ("ij", "xy")], ("meshgrid", [(), (3,)], {"indexing": "xy"}), ("meshgrid", [(3,)], {"indexing": "xy"}),
    *[("broadcast_tensors", [(3, 1), (2, 1, 4), ()], {}), ("cartesian_prod", [(2,), (3,), (2,)], {}), ("cartesian_prod", [(2,)], {})],
    *[("block_diag", s, {}) for s in ([(2, 3), (1, 2)], [(3,), (), (2, 0)], [()], [(0, 2), (2, 2)])],
]  # fmt: skip
STARRED = ("atleast_1d", "atleast_2d", "atleast_3d", "meshgrid", "broadcast_tensors", "cartesian_prod", "block_diag")


def find(space, name):
    for part in name.split("."):
        space = getattr(space, part)
    return space


# torch 2.13 cannot differentiate its vander, and its gradient of as_strided_scatter is nonzero just where the input was replaced; ours is the adjoint (tests/test_gradients.py).
WRONG_THERE = ("as_strided_scatter", "vander")


def compare(torch, ours, theirs, arrays, dtype, smooth=True, rtol=None, atol=0.0):
    """Call both; compare values, dtypes and, for a random cotangent, gradients."""
    values = [cast(a, dtype) for a in arrays]
    xs, ts = [mg.from_numpy(np.array(v)) for v in values], [torch.from_numpy(np.array(v)) for v in values]
    smooth = smooth and dtype == "float64"
    if smooth:
        xs, ts = [x.requires_grad_() for x in xs], [t.requires_grad_() for t in ts]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            want = several(theirs(*ts))
    except (RuntimeError, TypeError, NotImplementedError) as error:
        if "not implemented for" in str(error):
            return
        raise
    got = several(ours(*xs))
    assert len(got) == len(want)
    for g, w in zip(got, want, strict=True):
        assert f"torch.{g.dtype.name}" == str(w.dtype)
        np.testing.assert_allclose(
            g.numpy(force=True), w.detach().numpy(), rtol or (1e-5 if dtype == "float32" else 1e-13), atol, strict=True
        )
    kept = [(g, w) for g, w in zip(got, want, strict=True) if w.requires_grad and w.numel()] if smooth else []
    if kept:
        got, want = [g for g, _ in kept], [w for _, w in kept]
        cotangents = [np.asarray(np.random.default_rng(9).standard_normal(w.shape)) for w in want]
        for x, t in zip(
            mg.autograd.grad(got, xs, [mg.from_numpy(c.copy()) for c in cotangents], allow_unused=True),
            torch.autograd.grad(want, ts, [torch.from_numpy(c) for c in cotangents], allow_unused=True),
            strict=True,
        ):
            assert x is not None or t is None or not t.any()
            if t is None:
                assert x is None or not x.any()
            elif x is not None:
                np.testing.assert_allclose(x.numpy(), t.numpy(), rtol or 1e-12, max(atol, 1e-13))


@pytest.mark.parametrize("name, shapes, args", CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_op_is_torchs(name, shapes, args):
    torch = pytest.importorskip("torch")
    ours, theirs = find(mg, name), find(torch, name)
    ns, ts = ([f(v.copy()) if isinstance(v, np.ndarray) else v for v in args] for f in (mg.from_numpy, torch.from_numpy))
    for dtype in DTYPES:
        compare(
            torch,
            lambda *x: ours(*x, *ns),
            lambda *x: theirs(*x, *ts),
            [array(*s, seed=i) for i, s in enumerate(shapes)],
            dtype,
            name not in WRONG_THERE,
        )


@pytest.mark.parametrize("name, shapes, options", JOINS, ids=lambda v: v if isinstance(v, str) else "")
def test_joining_is_torchs(name, shapes, options):
    torch = pytest.importorskip("torch")
    arrays = [array(*s, seed=i) for i, s in enumerate(shapes)]
    given = (lambda x: x) if name in STARRED else lambda x: (list(x),)
    for dtype in DTYPES:
        compare(
            torch, lambda *x: getattr(mg, name)(*given(x), **options), lambda *x: getattr(torch, name)(*given(x), **options), arrays, dtype
        )


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman", "bartlett", "kaiser"])
@pytest.mark.parametrize("n", [0, 1, 2, 5, 8])
@pytest.mark.parametrize("options", [{}, {"periodic": False}])
def test_windows_are_torchs(name, n, options):
    torch = pytest.importorskip("torch")
    got = getattr(mg, f"{name}_window")(n, **options, dtype=mg.float64)
    np.testing.assert_allclose(
        got.numpy(), getattr(torch, f"{name}_window")(n, **options, dtype=torch.float64).numpy(), 1e-7, 1e-12, strict=True
    )
    assert getattr(mg, f"{name}_window")(n, **options).dtype is mg.float32


def test_creation_is_torchs():
    torch = pytest.importorskip("torch")
    for rows, columns, offset in [(3, 4, 0), (4, 3, -1), (2, 5, 2), (0, 3, 0), (3, 0, 1), (3, 3, -9)]:
        for name in ("tril_indices", "triu_indices"):
            want = getattr(torch, name)(rows, columns, offset)
            np.testing.assert_array_equal(getattr(mg, name)(rows, columns, offset).numpy(), want.numpy(), strict=True)
    np.testing.assert_allclose(mg.logspace(-1, 2, 7, base=2).numpy(), torch.logspace(-1, 2, 7, base=2).numpy(), 1e-6, strict=True)
    assert mg.broadcast_shapes((3, 1), 4, (2, 1, 1)) == tuple(torch.broadcast_shapes((3, 1), 4, (2, 1, 1)))
    assert mg.empty_strided((2, 3), (1, 2)).stride() == (1, 2)
    assert mg.scalar_tensor(2).dtype is mg.float32
    with pytest.raises(mg.ShapeError, match=r"shapes \(2,\) and \(3,\) cannot be broadcast"):
        mg.broadcast_shapes((2,), (3,))


@pytest.mark.parametrize(
    "shape, wrap", [((3, 4), False), ((7, 3), False), ((9, 2), True), ((4, 3), True), ((3, 3, 3), False), ((0, 3), False)]
)
def test_fill_diagonal(shape, wrap):
    torch = pytest.importorskip("torch")
    a = array(*shape)
    want = torch.from_numpy(a.copy()).fill_diagonal_(7.0, wrap).numpy()
    x = mg.from_numpy(a.copy()).requires_grad_()
    y = x * 1
    assert y.fill_diagonal_(7.0, wrap) is y
    np.testing.assert_array_equal(y.detach().numpy(), want)
    (y * 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.where(want == 7, 0.0, 2.0))


def test_views_share_memory():
    x = mg.zeros(3, 4, 5)
    for y in (x.diagonal(), x.unfold(1, 2, 1), x.swapdims(0, 2), x.moveaxis(0, 2), x.mH, *x.tensor_split(2), *x.hsplit(2), x.ravel(), mg.atleast_3d(x[0]),
              x[0].H, mg.broadcast_tensors(x[0], x)[0]):  # fmt: skip
        assert np.shares_memory(y.numpy(), x.numpy())
    x.diagonal().fill_(3)
    assert x.sum().item() == 45
    assert not np.shares_memory(x.narrow_copy(0, 0, 1).numpy(), x.numpy())


def test_gradient_flows_through_a_changed_view():
    """A diagonal and a window written in place, in a graph."""
    x = mg.ones(3, 4, dtype=mg.float64, requires_grad=True)
    v = mg.tensor([2.0, 3.0, 4.0], dtype=mg.float64, requires_grad=True)
    y = x * 1
    y.diagonal().copy_(v)
    y.unfold(1, 2, 2)[0, 1] *= 5
    (y * mg.arange(12, dtype=mg.float64).view(3, 4)).sum().backward()
    np.testing.assert_array_equal(v.grad.numpy(), [0.0, 5.0, 10.0])
    np.testing.assert_array_equal(x.grad.numpy(), [[0, 1, 10, 15], [4, 0, 6, 7], [8, 9, 0, 11]])


def test_shape_changed_in_place():
    torch = pytest.importorskip("torch")
    a = array(1, 3, 4)
    for name, args in [("squeeze_", ()), ("squeeze_", (0,)), ("unsqueeze_", (1,)), ("transpose_", (0, 2)), ("swapaxes_", (1, 2)), ("swapdims_", (0, 1)),
                       ("as_strided_", ((2, 3), (1, 2)))]:  # fmt: skip
        x, t = mg.from_numpy(a.copy()), torch.from_numpy(a.copy())
        y = x.view(12)
        assert getattr(x, name)(*args) is x
        np.testing.assert_array_equal(x.numpy(), getattr(t, name)(*args).numpy(), strict=True)
        assert x.stride() == t.stride() and np.shares_memory(x.numpy(), y.numpy())
    x = mg.from_numpy(a[0].copy())
    assert x.t_().shape == (4, 3)
    x.fill_(2.0)
    row = x.requires_grad_()[0]
    with pytest.raises(mg.GradError, match="unsqueeze_: a leaf that requires grad cannot be changed in place"):
        x.unsqueeze_(0)
    with pytest.raises(mg.GradError, match="t_: a view of a leaf that requires grad cannot be changed in place"):
        row.t_()
    with mg.no_grad():
        x.unsqueeze_(0)
    (x * 3).sum().backward()
    assert x.grad.shape == (1, 4, 3) and x.is_leaf


def test_shape_changed_in_place_in_the_graph():
    x = mg.from_numpy(array(3, 4)).requires_grad_()
    y = x * 2
    version = y._version
    square, kept = y * y, y.t_()
    assert kept is y and y._version == version + 1 and not y.is_leaf
    with pytest.raises(mg.GradError, match="changed in place"):
        square.sum().backward()  # y was saved with its old shape, as PyTorch says too
    y = x * 2
    with mg.no_grad():
        y.t_()
    assert y.requires_grad
    w = mg.from_numpy(array(4, 3))
    (y * w).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * w.numpy().T)
    part = (x.T * 1)[1:]  # of a base that does not lie in order
    part.unsqueeze_(0)
    assert part.grad_fn is not None and part.shape == (1, 3, 3)


def test_view_of_memory_that_a_changed_shape_left_out():
    y = mg.zeros(3, 4)
    row = y[2]
    y.as_strided_((2, 2), (2, 1)).copy_(mg.ones(2, 2, requires_grad=True))
    with pytest.raises(mg.GradError, match="got another layout and was changed in place; make the view again"):
        row * 2
    assert y.requires_grad and y.sum().item() == 4


@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (1, 1), (3,), (1,), ()], ids=str)
def test_repetitions_are_copies(shape):
    """Also of what is repeated once, or along a dimension of size 1, where a view with stride 0 would look the same."""
    x = mg.zeros(shape)
    for copy in (lambda: x.repeat((1,) * (x.ndim + 1)), lambda: x.repeat(3, *shape), lambda: x.tile(2), lambda: mg.repeat_interleave(x, 3, 0),
                 lambda: mg.repeat_interleave(x, 1, -1)):  # fmt: skip
        y = copy()
        if y.numel():
            y.reshape(-1)[0] = 1
            assert y.sum() == 1 and x.sum() == 0 and y.is_contiguous()
