"""`biject_to` and `transform_to`: the transform from free real numbers to what a constraint admits.

`biject_to` gives bijections, as sampling in free coordinates needs them; `transform_to` may give more parameters than needed, where
that suits coordinate-wise optimizers better (a softmax instead of broken sticks).
>>> from minigrad.distributions import constraints, transform_to
>>> transform_to(constraints.positive)(mg.zeros(2))
tensor([1., 1.])
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

from . import constraints, transforms

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """Transforms by the class of the constraint; `register(constraint, factory)`, or as a decorator of the factory."""

    def __init__(self) -> None:
        self._registry: dict[type, Callable[[Any], Any]] = {}

    def register(self, constraint: Any, factory: Callable[[Any], Any] | None = None) -> Any:
        """Let `factory(constraint)` make the transform for a class of constraints, or for the class of an instance."""
        if factory is None:
            return lambda function: self.register(constraint, function)
        cls = type(constraint) if isinstance(constraint, constraints.Constraint) else constraint
        if not (isinstance(cls, type) and issubclass(cls, constraints.Constraint)):
            raise TypeError(f"register: expected a Constraint or a class of them, got {constraint!r}")
        self._registry[cls] = factory
        return factory

    def __call__(self, constraint: Any) -> Any:
        factory = self._registry.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"there is no transform to {type(constraint).__name__} constraints")
        return factory(constraint)


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()


def _register(*where: Any, to: tuple[ConstraintRegistry, ...] = (biject_to, transform_to)) -> Callable[[Any], Any]:
    def decorate(factory: Any) -> Any:
        for registry in to:
            for constraint in where:
                registry.register(constraint, factory)
        return factory

    return decorate


_register(constraints.real)(lambda c: transforms.identity_transform)
_register(constraints.positive, constraints.nonnegative)(lambda c: _beyond(c.lower_bound, 1))
_register(constraints.less_than)(lambda c: _beyond(c.upper_bound, -1))
_register(constraints.simplex, to=(biject_to,))(lambda c: transforms.StickBreakingTransform())
_register(constraints.simplex, to=(transform_to,))(lambda c: transforms.SoftmaxTransform())
_register(constraints.lower_cholesky, to=(transform_to,))(lambda c: transforms.LowerCholeskyTransform())
_register(constraints.corr_cholesky)(lambda c: transforms.CorrCholeskyTransform())
_register(constraints.positive_definite, constraints.positive_semidefinite, to=(transform_to,))(
    lambda c: transforms.PositiveDefiniteTransform()
)


def _beyond(bound: Any, sign: int) -> transforms.Transform:
    if isinstance(bound, Number) and bound == 0 and sign == 1:
        return transforms.ExpTransform()
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(bound, sign)])


@_register(constraints.interval, constraints.half_open_interval)
def _between(constraint: Any) -> transforms.Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, Number) and isinstance(high, Number) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


for _registry in (biject_to, transform_to):

    def _independent(c: Any, find: Any = _registry) -> transforms.Transform:
        return transforms.IndependentTransform(find(c.base_constraint), c.reinterpreted_batch_ndims)

    def _cat(c: Any, find: Any = _registry) -> transforms.Transform:
        return transforms.CatTransform([find(part) for part in c.cseq], c.dim, c.lengths)

    def _stack(c: Any, find: Any = _registry) -> transforms.Transform:
        return transforms.StackTransform([find(part) for part in c.cseq], c.dim)

    _registry.register(constraints.independent, _independent)
    _registry.register(constraints.cat, _cat)
    _registry.register(constraints.stack, _stack)
