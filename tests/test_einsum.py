"""einsum, products and distances against NumPy and PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_shape_ops import array, compare

import minigrad as mg
from minigrad.ops.einsum import _path


@st.composite
def equations(draw):
    """Subscripts and sizes: any number of operands, diagonals, sums, "...", with and without an explicit result."""
    sizes = {c: draw(st.integers(1, 3)) for c in "abcdE"}
    dots = [draw(st.integers(1, 2)) for _ in range(draw(st.integers(0, 2)))]
    terms, shapes, any_dots = [], [], False
    for _ in range(draw(st.integers(1, 4))):
        letters = draw(st.lists(st.sampled_from("abcdE"), max_size=3))
        shape = [sizes[c] for c in letters]
        if draw(st.booleans()):
            at, used = draw(st.integers(0, len(letters))), draw(st.integers(0, len(dots)))
            lead = [n if draw(st.booleans()) else 1 for n in dots[len(dots) - used :]]
            letters, shape, any_dots = [*letters[:at], "...", *letters[at:]], shape[:at] + lead + shape[at:], True
        terms.append("".join(letters))
        shapes.append(tuple(shape))
    equation = ",".join(terms)
    if draw(st.booleans()):
        found = sorted({c for c in equation if c.isalpha()})
        out = draw(st.permutations(draw(st.lists(st.sampled_from(found), unique=True)) if found else []))
        out = list(out)
        if any_dots:
            out.insert(draw(st.integers(0, len(out))), "...")
        equation += "->" + "".join(out)
    return equation, shapes


@given(equations(), st.integers(0, 2**32 - 1))
def test_einsum_is_numpys(case, seed):
    """Exact: small integers."""
    equation, shapes = case
    rng = np.random.default_rng(seed)
    arrays = [rng.integers(-3, 4, s) for s in shapes]
    want = np.einsum(equation, *arrays)
    got = mg.einsum(equation, *(mg.from_numpy(np.array(a)) for a in arrays))
    np.testing.assert_array_equal(got.numpy(), want, strict=True)


@given(equations(), st.integers(0, 2**32 - 1))
def test_einsum_is_torchs(case, seed):
    torch = pytest.importorskip("torch")
    equation, shapes = case
    arrays = [np.asarray(np.random.default_rng(seed + i).standard_normal(s)) for i, s in enumerate(shapes)]
    compare(torch, lambda *x: mg.einsum(equation, *x), lambda *x: torch.einsum(equation, *x), arrays, "float64", rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    "args", [([0, 1], [1, 2], [0, 2]), ([0, 1], [1, 2]), ([5, 1], [1, 5], []), ([Ellipsis, 0], [0, Ellipsis], [Ellipsis])]
)
def test_sublists(args):
    torch = pytest.importorskip("torch")
    a, b = array(3, 3), array(3, 3, seed=1)
    compare(
        torch,
        lambda x, y: mg.einsum(x, args[0], y, *args[1:]),
        lambda x, y: torch.einsum(x, args[0], y, *args[1:]),
        [a, b],
        "float64",
        rtol=1e-12,
    )


def test_einsum_takes_a_list_and_sums_dots():
    x, y = mg.ones(2, 3), mg.ones(3, 4)
    assert mg.einsum("ij,jk", [x, y]).shape == (2, 4)
    assert mg.einsum("...i->i", x).tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(TypeError, match="einsum: expected Tensors, got int"):
        mg.einsum("i,i", mg.ones(2), 3)
    with pytest.raises(mg.ShapeError, match="expected at least one operand"):
        mg.einsum("ij")
    with pytest.raises(mg.ShapeError, match="expected subscripts from 0 to 51"):
        mg.einsum(x, [0, 99])


def cost(terms, out, sizes, path):
    """Multiplications of a path, counted independently. What only one operand has is summed first."""
    terms, total = [{c for c in t if c in out or any(c in u for j, u in enumerate(terms) if j != i)} for i, t in enumerate(terms)], 0
    for i, j in path:
        both = terms[i] | terms[j]
        total += int(np.prod([sizes[c] for c in both]))
        terms = terms[:i] + terms[i + 1 : j] + terms[j + 1 :]
        terms.append(both & set(out).union(*terms))
    assert len(terms) == 1
    return total


def every_path(n):
    if n == 1:
        yield ()
    for i in range(n):
        for j in range(i + 1, n):
            for rest in every_path(n - 1):
                yield ((i, j), *rest)


@given(st.lists(st.text("abcdef", min_size=1, max_size=3).map(lambda t: "".join(dict.fromkeys(t))), min_size=3, max_size=4), st.data())
def test_path_is_the_best(terms, data):
    letters = sorted(set("".join(terms)))
    sizes = {c: data.draw(st.integers(1, 9)) for c in letters}
    out = "".join(data.draw(st.lists(st.sampled_from(letters), unique=True)))
    got = cost(terms, out, sizes, _path(tuple(terms), out, tuple(sizes.items())))
    assert got == min(cost(terms, out, sizes, p) for p in every_path(len(terms)))


def test_many_operands():
    """A chain of twelve, for which the greedy order is found; never the size of an outer product."""
    arrays = [array(2, 3, seed=i) if i % 2 == 0 else array(3, 2, seed=i) for i in range(12)]
    letters = "abcdefghijklm"
    equation = ",".join(letters[i : i + 2] for i in range(12)) + "->am"
    want = arrays[0]
    for a in arrays[1:]:
        want = want @ a
    np.testing.assert_allclose(mg.einsum(equation, *map(mg.from_numpy, arrays)).numpy(), want, 1e-10)
    path = _path(tuple(letters[i : i + 2] for i in range(12)), "am", tuple((c, 2 + i % 2) for i, c in enumerate(letters)))
    assert cost([letters[i : i + 2] for i in range(12)], "am", {c: 2 + i % 2 for i, c in enumerate(letters)}, path) <= 12 * 2 * 3 * 3


INF = float("inf")
PRODUCTS = [
    *[("tensordot", [(2, 3, 4), (4, 3, 5)], (d,)) for d in (0, 1, ((1, 2), (1, 0)), ((2,), (0,)), ((-1, -2), (0, 1)))], ("tensordot", [(3,), (3,)], (1,)),
    *[("inner", s, ()) for s in ([(3,), (3,)], [(2, 3), (4, 3)], [(), (2,)], [(2, 1, 3), (3,)])], ("vdot", [(4,), (4,)], ()), ("outer", [(3,), (4,)], ()), ("ger", [(3,), (4,)], ()),
    *[("cross", s, a) for s, a in ([[(2, 3), (2, 3)], ()], [[(3, 2), (3, 1)], ()], [[(3, 3), (3, 3)], ()], [[(3, 4, 3), (3, 1, 3)], (-1,)])],
    ("linalg.cross", [(3, 3), (1, 3)], ()), ("linalg.vecdot", [(2, 3), (3,)], ()), ("chain_matmul", [(2, 3), (3, 4), (4, 1)], ()),
    *[("bilinear", [(2, 3), (2, 4), (5, 3, 4), (5,)], ()), ("nn.functional.bilinear", [(2, 6, 3), (2, 6, 4), (5, 3, 4)], ())],
    *[("cdist", s, (p,)) for s in ([(4, 3), (5, 3)], [(2, 1, 4, 3), (6, 5, 3)], [(30, 2), (3, 2)], [(0, 2), (3, 2)]) for p in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, INF)],
    *[("pdist", [s], (p,)) for s in ((5, 3), (1, 3), (0, 2)) for p in (0.0, 1.0, 1.5, 2.0, 3.0, INF)],
]  # fmt: skip


@pytest.mark.parametrize("name, shapes, args", PRODUCTS, ids=lambda v: v if isinstance(v, str) else "")
def test_product_is_torchs(name, shapes, args):
    torch = pytest.importorskip("torch")
    from test_shape_ops import find

    arrays = [array(*s, seed=i) for i, s in enumerate(shapes)]
    for dtype in (
        ("float32", "float64")
        if "dist" in name or name in ("bilinear", "linalg.vecdot")
        else ("uint8", "int32", "int64", "float32", "float64")
    ):
        compare(
            torch,
            lambda *x: find(mg, name)(*x, *args),
            lambda *x: find(torch, name)(*x, *args),
            arrays,
            dtype,
            name != "pdist" or shapes[0][0] > 1,  # torch 2.13 crashes at the gradient of no distances
            rtol=1e-3 if dtype == "float32" else 1e-9,
            atol=1e-12,
        )


PLUS = [("addmm", [(3, 5), (5, 4)], (3, 4)), ("addbmm", [(2, 3, 5), (2, 5, 4)], (3, 4)), ("baddbmm", [(2, 3, 5), (2, 5, 4)], (2, 3, 4)), ("addmv", [(3, 5), (5,)], (3,)), ("addr", [(3,), (4,)], (3, 4))]  # fmt: skip


@pytest.mark.parametrize("name, shapes, out", PLUS, ids=lambda v: v if isinstance(v, str) else "")
def test_sum_with_a_product_is_torchs(name, shapes, out):
    torch = pytest.importorskip("torch")
    for input in (out, out[-1:]):
        arrays = [array(*s, seed=i) for i, s in enumerate([input, *shapes])]
        for dtype, options in (
            ("float64", {}),
            ("float32", {"beta": 0.5, "alpha": -2.0}),
            ("float64", {"beta": 0}),
            ("int64", {"beta": 2, "alpha": 3}),
            ("float64", {"alpha": 0}),
        ):
            compare(
                torch,
                lambda *x: getattr(mg, name)(*x, **options),
                lambda *x: getattr(torch, name)(*x, **options),
                arrays,
                dtype,
                rtol=1e-4 if dtype == "float32" else 1e-10,
                atol=1e-12,
            )
    nan = mg.full(out, float("nan"))
    assert not getattr(mg, name)(nan, *(mg.ones(s) for s in shapes), beta=0).isnan().any()
    x = mg.ones(out)
    assert getattr(x, f"{name}_")(*(mg.ones(s) for s in shapes)) is x
    with pytest.raises(mg.DTypeError, match="expected integers as beta and alpha"):
        getattr(mg, name)(mg.ones(out, dtype=mg.int64), *(mg.ones(s, dtype=mg.int64) for s in shapes), beta=0.5)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, INF])
def test_distance_zero_has_gradient_zero(p):
    x = mg.ones(2, 3, dtype=mg.float64, requires_grad=True)
    mg.cdist(x, x.detach(), p).sum().backward()
    assert not x.grad.isnan().any()
    if p < INF:
        assert x.grad.abs().sum().item() == 0
