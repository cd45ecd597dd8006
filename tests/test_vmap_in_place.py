"""Changes in place under vmap: every example changes as it would alone, in the memory of all of them, and gradients follow."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.func import grad, jacrev, vmap


def done(x, _):
    return x


CHANGES = {
    "add": lambda x: x.add_(1),
    "twice": lambda x: x.mul_(x).sub_(3 * x.clone()),
    "operator": lambda x: x.__imul__(x + 1),
    "function": lambda x: mg.nn.functional.relu(x, inplace=True),
    "unary": lambda x: x.exp_(),
    "bounds": lambda x: x.clamp_(0.5, 2),
    "fill": lambda x: x.fill_(3),
    "zero": lambda x: x.zero_(),
    "copy": lambda x: x.copy_(x[0] * 2),
    "copy of what is the same for all": lambda x: x.copy_(mg.arange(3.0, dtype=mg.float64)),
    "number at a place": lambda x: done(x, x.__setitem__((0, 1), 5.0)),
    "value at a place": lambda x: done(x, x.__setitem__((slice(None), 1), x[:, 0].clone() * x[:, 2].clone())),
    "value by index": lambda x: done(x, x.__setitem__((slice(None), [2, 0]), x[:, :2] * 3)),
    "value by mask": lambda x: done(x, x.masked_fill_(x > 1, 7.0)),
    "view": lambda x: done(x, x[1].mul_(10)),
    "view of a view": lambda x: done(x, x.T[1:][0].mul_(x[:, 0])),
    "view, then the tensor": lambda x: (lambda row: (x.mul_(2), row * x[1])[1])(x[0]),
    "rows added": lambda x: x.index_add_(0, mg.tensor([0, 0]), x.clone()),
    "sums": lambda x: x.cumsum_(1),
    "shape": lambda x: x.t_().mul_(2).unsqueeze_(0),
    "made inside": lambda x: mg.zeros_like(x).add_(x).mul_(x),
}
X = np.random.default_rng(0).standard_normal((4, 2, 3)) + 1


def examples():
    return mg.from_numpy(X.copy())


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("dim", [0, 2])
def test_values_and_memory(name, dim):
    change, alone, together = CHANGES[name], examples(), examples()
    want = mg.stack([change(x) for x in alone])
    moved = together.movedim(0, dim).clone().movedim(dim, 0)
    got = vmap(lambda x: change(x), in_dims=dim)(moved.movedim(0, dim))
    np.testing.assert_allclose(got.numpy(), want.numpy(), 1e-14)
    np.testing.assert_allclose(moved.numpy(), alone.numpy(), 1e-14)


@pytest.mark.parametrize("name", CHANGES)
def test_gradients_inside_and_outside(name):
    def loss(x):
        return (CHANGES[name](x * 1) ** 2).sum()

    alone = mg.stack([grad(loss)(x) for x in examples()])
    np.testing.assert_allclose(vmap(grad(loss))(examples()).numpy(), alone.numpy(), 1e-12, 1e-12)
    np.testing.assert_allclose(grad(lambda xs: vmap(loss)(xs).sum())(examples()).numpy(), alone.numpy(), 1e-12, 1e-12)
    second = mg.stack([jacrev(grad(loss))(x) for x in examples()])
    np.testing.assert_allclose(vmap(jacrev(grad(loss)))(examples()).numpy(), second.numpy(), 1e-12, 1e-12)


@pytest.mark.parametrize("name", CHANGES)
def test_examples_of_examples(name):
    x = mg.stack([examples(), examples() * 2])
    want = mg.stack([mg.stack([CHANGES[name](e.clone()) for e in part]) for part in x])
    np.testing.assert_allclose(vmap(vmap(CHANGES[name]))(x).numpy(), want.numpy(), 1e-14)


def test_what_is_the_same_for_all_cannot_differ():
    shared = mg.zeros(2, 3, dtype=mg.float64)
    for change in (lambda s, x: s.add_(x), lambda s, x: s.copy_(x), lambda s, x: s.__setitem__(0, x[0]), lambda s, x: s.cumsum_(0).mul_(x)):
        with pytest.raises(mg._core.BatchError, match="cannot write values of each example into a tensor that is the same for all"):
            vmap(lambda x: change(shared, x))(examples())
    assert shared.tolist() == mg.zeros(2, 3).tolist()
    assert vmap(lambda x: shared.add_(1) + x)(examples()).shape == (4, 2, 3) and shared.sum().item() == 6
    leaf = examples().requires_grad_()
    with pytest.raises(mg.GradError, match="leaf that requires grad"):
        vmap(lambda x: x.mul_(2))(leaf)
    with pytest.raises(mg.ShapeError, match="several elements"):
        vmap(lambda x: x.mul_(2))(mg.ones(1, 3).expand(4, 3))
    with pytest.raises(mg.ShapeError):
        vmap(lambda x: x.mul_(mg.ones(5, 2, 3)))(examples())


def test_running_statistics():
    """Each example moves its own; one for all of them is refused, and left as it was."""
    x = mg.from_numpy(np.random.default_rng(0).standard_normal((3, 5, 2)))
    want = [(mg.zeros(2, dtype=mg.float64), mg.ones(2, dtype=mg.float64)) for _ in range(3)]
    y = mg.stack([mg.nn.functional.batch_norm(e, *stats, training=True) for e, stats in zip(x, want, strict=True)])
    mean, var = mg.zeros(3, 2, dtype=mg.float64), mg.ones(3, 2, dtype=mg.float64)
    got = vmap(lambda e, m, v: mg.nn.functional.batch_norm(e, m, v, training=True))(x, mean, var)
    np.testing.assert_allclose(got.numpy(), y.numpy(), 1e-12, 1e-12)
    np.testing.assert_allclose(mean.numpy(), mg.stack([m for m, _ in want]).numpy(), 1e-12)
    np.testing.assert_allclose(var.numpy(), mg.stack([v for _, v in want]).numpy(), 1e-12)
    mean, var = mg.zeros(2, dtype=mg.float64), mg.ones(2, dtype=mg.float64)
    for norm in (mg.nn.functional.batch_norm, lambda e, m, v, training: mg.nn.functional.instance_norm(e.T[None], m, v)):
        with pytest.raises(mg._core.BatchError, match="running statistics that are the same for all"):
            vmap(lambda e, norm=norm: norm(e, mean, var, training=True))(x)
    assert mean.tolist() == [0, 0] and var.tolist() == [1, 1]
