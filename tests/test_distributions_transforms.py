"""Transforms, constraints and the registries that lead from one to the other."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
import minigrad.distributions as D
from minigrad.distributions import constraints as C
from minigrad.distributions import transforms as T
from tests.test_distributions import gradients, leaf, module_of


def rng():
    return np.random.default_rng(0)


def tensor(library, x):
    return library.tensor(np.array(x), dtype=library.float64)


TRANSFORMS = {  # by name: how it is made, and the shape or values of x
    "identity_transform": (lambda D, t: D.identity_transform, (3, 2)),
    "ExpTransform": (lambda D, t: D.ExpTransform(), (3, 2)),
    "SigmoidTransform": (lambda D, t: D.SigmoidTransform(), (3, 2)),
    "SoftplusTransform": (lambda D, t: D.SoftplusTransform(), (3, 2)),
    "TanhTransform": (lambda D, t: D.TanhTransform(), (3, 2)),
    "AbsTransform": (lambda D, t: D.AbsTransform(), (3, 2)),
    "PowerTransform": (lambda D, t: D.PowerTransform(t([0.5, -2.0])), rng().uniform(0.5, 2, (3, 2))),
    "AffineTransform": (lambda D, t: D.AffineTransform(t([0.5, -2.0]), t([[0.5], [-2.0], [3.0]])), (3, 2)),
    "AffineTransform/numbers": (lambda D, t: D.AffineTransform(1.0, -3.0), (3, 2)),
    "AffineTransform/vectors": (lambda D, t: D.AffineTransform(0.0, t([0.5, -2.0]), event_dim=1), (3, 2)),
    "SoftmaxTransform": (lambda D, t: D.SoftmaxTransform(), (3, 2)),
    "StickBreakingTransform": (lambda D, t: D.StickBreakingTransform(), (3, 4)),
    "LowerCholeskyTransform": (lambda D, t: D.LowerCholeskyTransform(), (2, 3, 3)),
    "PositiveDefiniteTransform": (lambda D, t: D.PositiveDefiniteTransform(), (2, 3, 3)),
    "CorrCholeskyTransform": (lambda D, t: D.CorrCholeskyTransform(), (2, 6)),
    "CorrCholeskyTransform/2": (lambda D, t: D.CorrCholeskyTransform(), (2, 1)),
    "ReshapeTransform": (lambda D, t: D.ReshapeTransform((2, 3), (6,)), (4, 2, 3)),
    "IndependentTransform": (lambda D, t: D.IndependentTransform(D.ExpTransform(), 1), (3, 2)),
    "ComposeTransform": (lambda D, t: D.ComposeTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0), D.AffineTransform(0.0, t([1.0, -2.0]), 1)]), (3, 2)),
    "CatTransform": (lambda D, t: D.CatTransform([D.ExpTransform(), D.identity_transform, D.TanhTransform()], -1, [1, 2, 1]), (3, 4)),
    "StackTransform": (lambda D, t: D.StackTransform([D.ExpTransform(), D.AffineTransform(0.0, 2.0)], 1), (3, 2)),
    "CumulativeDistributionTransform": (lambda D, t: D.CumulativeDistributionTransform(D.Normal(t(0.0), t(2.0))), (3, 2)),
}  # fmt: skip


def outcome(library, name):
    """y, x of y, log |dy/dx| and their gradients; sign, shapes and dimensions of events."""
    make, x = TRANSFORMS[name]
    t = make(module_of(library), lambda a: tensor(library, a))
    x = leaf(library, x if isinstance(x, np.ndarray) else rng().standard_normal(x))
    y = t(x)
    found = [y, t.inv(y)]
    found += [t.log_abs_det_jacobian(x, y)] if t.bijective else []
    slopes = [gradients(library, f, [x], 0)[0] for f in found if f.requires_grad]
    sign = (
        getattr(t, "sign", None)
        if name not in ("ReshapeTransform",) and t.bijective and t.domain.event_dim == 0 and "Stack" not in name and "Cat" not in name
        else None
    )
    told = [
        t.bijective,
        t.domain.event_dim,
        t.codomain.event_dim,
        tuple(t.forward_shape(tuple(x.shape))),
        tuple(t.inverse_shape(tuple(y.shape))),
    ]
    return [f.detach().numpy() for f in found], slopes, np.array(sign.numpy() if hasattr(sign, "numpy") else sign, float), told


@pytest.mark.parametrize("name", TRANSFORMS)
def test_equals_pytorchs(name):
    torch = pytest.importorskip("torch")
    got, want = outcome(mg, name), outcome(torch, name)
    for a, b in zip([*got[0], *got[1]], [*want[0], *want[1]], strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, 1e-9, 1e-9)
    np.testing.assert_array_equal(got[2], want[2])
    assert got[3] == want[3]


@pytest.mark.parametrize("name", TRANSFORMS)
def test_consistent(name):
    """Inverses invert; the Jacobian of a transform of numbers is its derivative; of vectors, the determinant."""
    make, x = TRANSFORMS[name]
    t = make(D, lambda a: tensor(mg, a))
    x = leaf(mg, x if isinstance(x, np.ndarray) else rng().standard_normal(x))
    y = t(x)
    assert bool(t.codomain.check(y).all()) and t.inv.inv is t and t == t and repr(t) and repr(t.inv)
    np.testing.assert_allclose(t(t.inv(y)).detach().numpy(), y.detach().numpy(), 1e-8)
    assert t.with_cache()(x).shape == y.shape
    if not t.bijective:
        return
    np.testing.assert_allclose(t.inv(y).detach().numpy(), x.detach().numpy(), 1e-7)
    np.testing.assert_allclose(t.inv.log_abs_det_jacobian(y, x).detach().numpy(), -t.log_abs_det_jacobian(x, y).detach().numpy(), 1e-9)
    if y.shape == x.shape and t.domain.event_dim == 0 and x.shape == (3, 2):
        (slope,) = mg.autograd.grad(y.sum(), [x], retain_graph=True)
        jacobian = t.log_abs_det_jacobian(x, y).detach().numpy()
        np.testing.assert_allclose(np.log(np.abs(slope.numpy())), np.broadcast_to(jacobian, (3, 2)), 1e-8, 1e-10)


@pytest.mark.parametrize("make", [D.StickBreakingTransform, D.CorrCholeskyTransform])
def test_determinants(make):
    t, x = make(), tensor(mg, rng().standard_normal(3))
    free = (
        (lambda x: t(x)[:-1])
        if make is D.StickBreakingTransform
        else (lambda x: D.transforms.CorrCholeskyTransform()(x)[[1, 2, 2], [0, 0, 1]])
    )
    want = np.linalg.slogdet(mg.func.jacrev(free)(x).numpy())[1]
    assert t.log_abs_det_jacobian(x, t(x)).item() == pytest.approx(want)


def test_every_transform_has_a_case():
    assert set(T.__all__) - {"Transform"} == {name.partition("/")[0] for name in TRANSFORMS}


def test_cache():
    t, plain = T.TanhTransform(cache_size=1), T.TanhTransform()
    x = mg.tensor([20.0, -1.0])
    assert t.inv(t(x)) is x and np.isinf(plain.inv(plain(x)).numpy()[0])
    assert plain.with_cache() == plain and plain.with_cache(0) is plain
    chain = T.ComposeTransform([T.ExpTransform(), T.TanhTransform()], cache_size=1)
    assert chain.inv(chain(x)) is x
    assert pickle.loads(pickle.dumps(t)) == t and copy.deepcopy(chain) == chain
    with pytest.raises(ValueError, match="ExpTransform: cache_size must be 0 or 1, got 2"):
        T.ExpTransform(cache_size=2)


def test_equality():
    assert T.ExpTransform() == T.ExpTransform() != T.TanhTransform()
    assert T.AffineTransform(0.0, mg.ones(2)) == T.AffineTransform(0.0, mg.ones(2)) != T.AffineTransform(0.0, mg.zeros(2))
    assert T.PowerTransform(2.0) != T.PowerTransform(3.0)
    assert T.ExpTransform().inv == T.ExpTransform().inv != T.ExpTransform()


@pytest.mark.parametrize("make, message", [
    (lambda: T.ReshapeTransform((2, 3), (5,)), r"in_shape \(2, 3\) and out_shape \(5,\) have different numbers"),
    (lambda: T.ReshapeTransform((2, 3), (6,))(mg.ones(3, 2)), r"expected last dimensions \(2, 3\), got shape \(3, 2\)"),
    (lambda: T.StickBreakingTransform().forward_shape(()), r"StickBreakingTransform: expected at least 1 dimensions, got shape \(\)"),
    (lambda: T.CorrCholeskyTransform().forward_shape((4,)), r"expected D \(D - 1\) / 2 numbers, got 4"),
    (lambda: T.CorrCholeskyTransform().inverse_shape((4, 3)), "expected square matrices"),
    (lambda: T.CatTransform([T.ExpTransform()], lengths=[1, 2]), "expected 1 lengths"),
    (lambda: T.CatTransform([T.ExpTransform()], lengths=[2])(mg.ones(3)), "expected size 2 in dimension 0"),
    (lambda: T.StackTransform([T.ExpTransform()])(mg.ones(3)), "expected size 1 in dimension 0"),
    (lambda: C.independent(C.real, -1), "must not be negative, got -1"),
    (lambda: C.real_vector.check(mg.ones(())), "expected a value of at least 1 dimensions, got 0"),
    (lambda: C.dependent.check(mg.ones(())), "on an instance only"),
    (lambda: C.cat([C.real], lengths=[1, 2]), "expected 1 lengths")])  # fmt: skip
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


NUMBERS = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, float("nan"), float("inf")]
MATRICES = [
    np.eye(2),
    [[1, 0], [2, 3]],
    [[1, 2], [2, 1]],
    [[2, 1], [1, 2]],
    [[1, 0], [0.6, 0.8]],
    [[1, 1], [1, 1]],
    [[-1, 0], [0, 1]],
    [[1, 2], [0, 1]],
]
VECTORS = [[0.0, 1.0], [0.5, 0.5], [1.0, 1.0], [-0.5, 1.5], [0.3, 0.2], [2.0, 1.0], [float("nan"), 0.0]]
CONSTRAINTS = {
    **{name: (lambda C, name=name: getattr(C, name), NUMBERS) for name in
       ("boolean", "real", "positive", "nonnegative", "nonnegative_integer", "positive_integer", "unit_interval")},
    "greater_than": (lambda C: C.greater_than(1.0), NUMBERS), "greater_than_eq": (lambda C: C.greater_than_eq(1.0), NUMBERS),
    "less_than": (lambda C: C.less_than(1.0), NUMBERS), "interval": (lambda C: C.interval(-1.0, 2.0), NUMBERS),
    "half_open_interval": (lambda C: C.half_open_interval(-1.0, 2.0), NUMBERS), "integer_interval": (lambda C: C.integer_interval(-1, 2), NUMBERS),
    **{name: (lambda C, name=name: getattr(C, name), VECTORS) for name in ("one_hot", "simplex", "real_vector")},
    "multinomial": (lambda C: C.multinomial(2), VECTORS), "independent": (lambda C: C.independent(C.positive, 1), VECTORS),
    "cat": (lambda C: C.cat([C.positive, C.unit_interval], -1), VECTORS), "stack": (lambda C: C.stack([C.positive, C.unit_interval], -1), VECTORS),
    "MixtureSameFamilyConstraint": (lambda C: C.MixtureSameFamilyConstraint(C.positive), NUMBERS),
    **{name: (lambda C, name=name: getattr(C, name), MATRICES) for name in
       ("lower_triangular", "lower_cholesky", "corr_cholesky", "square", "symmetric", "positive_semidefinite", "positive_definite")},
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraints_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    make, values = CONSTRAINTS[name]
    ours, theirs = make(C), make(torch.distributions.constraints)
    assert (ours.is_discrete, ours.event_dim) == (theirs.is_discrete, theirs.event_dim)
    for value in values:  # one by one, for matrices PyTorch gives up at the first that is not symmetric
        got = ours.check(tensor(mg, value))
        assert got.dtype.name == "bool" and np.array_equal(got.numpy(), theirs.check(torch.tensor(value, dtype=torch.float64)).numpy()), (
            value
        )
    assert repr(ours)


def test_every_constraint_has_a_case():
    others = {"Constraint", "dependent", "dependent_property", "is_dependent"}
    assert set(C.__all__) - others == set(CONSTRAINTS)


def test_constraints_that_depend_on_an_instance():
    support = D.Uniform.support
    assert C.is_dependent(support) and (support.is_discrete, support.event_dim) == (False, 0)
    assert not C.is_dependent(D.Uniform(0.0, 1.0).support)
    with pytest.raises(NotImplementedError, match="event_dim of a constraint that depends"):
        C.dependent.event_dim
    assert C.dependent(event_dim=1).event_dim == 1


@pytest.mark.parametrize("find", ["biject_to", "transform_to"])
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_registries_are_pytorchs(find, name):
    torch = pytest.importorskip("torch")
    make, _ = CONSTRAINTS[name]
    shape = {"corr_cholesky": (4, 3)}.get(name, (4, 2, 2))
    x = rng().standard_normal(shape)
    try:
        want = getattr(torch.distributions, find)(make(torch.distributions.constraints))(tensor(torch, x))
    except NotImplementedError:
        with pytest.raises(NotImplementedError):
            getattr(D, find)(make(C))
        return
    t = getattr(D, find)(make(C))
    got = t(tensor(mg, x))
    np.testing.assert_allclose(got.numpy(), want.numpy(), 1e-12)
    assert bool(make(C).check(got).all()) and (find == "transform_to" or t.bijective)


def test_registering():
    registry = D.constraint_registry.ConstraintRegistry()

    @registry.register(C.positive)
    def positive(constraint):
        return T.SoftplusTransform()

    assert isinstance(registry(C.greater_than(0.0)), T.SoftplusTransform)
    with pytest.raises(TypeError, match="register: expected a Constraint or a class of them, got 3"):
        registry.register(3, positive)
    with pytest.raises(NotImplementedError, match="no transform to _Simplex constraints"):
        registry(C.simplex)
