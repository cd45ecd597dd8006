"""`Distribution`, the base of all: shapes, parameters and their validation, and what follows from them."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import Any

from .. import _core
from .._core import Tensor
from . import constraints
from .utils import all_true, broadcast_all, lazy_property

__all__ = ["Distribution"]


class Distribution:
    """A batch of distributions, of shape `batch_shape`, whose events have shape `event_shape`.

    A distribution is declared by its constraints, by its parameters, which `_declare` takes and brings to one shape, and by what can be
    asked of it: a method or property that it does not define raises NotImplementedError.
    `validate_args`: whether parameters and values are checked; True unless Python runs with -O.
    >>> class Triangular(mg.distributions.Distribution):
    ...     arg_constraints = {"width": mg.distributions.constraints.positive}
    ...     support = mg.distributions.constraints.real
    ...     has_rsample = True
    ...     def __init__(self, width, validate_args=None):
    ...         self._declare(validate_args, width=width)
    ...     def rsample(self, sample_shape=()):
    ...         u = mg.rand(2, *self._extended_shape(sample_shape))
    ...         return self.width * (u[0] - u[1])
    >>> Triangular(mg.ones(3)).expand((2, 3)).sample((4,)).shape
    (4, 2, 3)
    """

    has_rsample: Any = False
    has_enumerate_support: Any = False
    arg_constraints: Any  # names of parameters and their constraints
    support: Any
    _validate_args = __debug__
    _parameters: dict[str, int] = {}  # attributes that have the batch's shape, and how many dimensions more
    _parts: tuple[str, ...] = ()  # attributes that are distributions of the same batch

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions that do not say validate their arguments."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: expected True or False, got {value!r}")
        Distribution._validate_args = value

    def __init__(self, batch_shape: Sequence[int] = (), event_shape: Sequence[int] = (), validate_args: bool | None = None) -> None:
        self._batch_shape, self._event_shape = tuple(batch_shape), tuple(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()

    @classmethod
    def _as_part(cls, *args: Any, validate_args: bool | None) -> Any:
        """One whose parameters another distribution checks, which names itself in errors; its values are checked as ever."""
        part: Any = cls(*args, validate_args=False)  # type: ignore[misc]
        part._validate_args = Distribution._validate_args if validate_args is None else validate_args
        return part

    def _declare(self, validate_args: bool | None = None, **parameters: Any) -> None:
        """Take parameters, numbers or tensors that broadcast, and their common shape as the batch's."""
        Distribution.__init__(self, self._take(**parameters), (), validate_args)

    def _take(self, **parameters: Any) -> tuple[int, ...]:
        """Set parameters to tensors of one shape, which is returned."""
        values = broadcast_all(*parameters.values())
        self.__dict__.update(zip(parameters, values, strict=True))
        self._parameters = self._parameters | dict.fromkeys(parameters, 0)
        return tuple(values[0].shape)

    def _validate_parameters(self) -> None:
        for name, constraint in getattr(self, "arg_constraints", {}).items():
            if constraints.is_dependent(constraint):
                continue
            if name not in self.__dict__ and isinstance(getattr(type(self), name, None), lazy_property):
                continue  # it follows from another one
            value = getattr(self, name)
            valid = constraint.check(value)
            if not all_true(valid):
                raise ValueError(
                    f"{type(self).__name__}: expected parameter {name} to satisfy the constraint {constraint!r}, "
                    f"got a tensor of shape {tuple(value.shape)} with invalid values: {_invalid(value, valid)}"
                )

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        """The same distribution with its batch expanded to this shape; parameters are views, nothing is checked again."""
        new = copy.copy(self) if _instance is None else _instance
        batch_shape = tuple(batch_shape)
        fields = {
            k: v for k, v in self.__dict__.items() if k in self._parameters or not isinstance(getattr(type(self), k, None), lazy_property)
        }
        for name, dims in self._parameters.items():
            value = fields[name]
            fields[name] = value.expand(batch_shape + tuple(value.shape)[value.ndim - dims :])
        for name in self._parts:
            fields[name] = self.__dict__[name].expand(batch_shape)
        new.__dict__.clear()
        new.__dict__.update(fields, _batch_shape=batch_shape)
        return new

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """An empty instance, for classes with an `expand` of their own."""
        if _instance is None and type(self).__init__ != cls.__init__:  # type: ignore[misc]
            raise NotImplementedError(f"{type(self).__name__}: a subclass of {cls.__name__} with its own __init__ needs its own expand")
        return object.__new__(type(self)) if _instance is None else _instance

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the batch of distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one event."""
        return self._event_shape

    def _missing(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} does not implement {what}")

    @property
    def mean(self) -> Tensor:
        """The mean, of shape batch_shape + event_shape."""
        raise self._missing("mean")

    @property
    def mode(self) -> Tensor:
        """The most likely value, of shape batch_shape + event_shape."""
        raise self._missing("mode")

    @property
    def variance(self) -> Tensor:
        """The variance of each element, of shape batch_shape + event_shape."""
        raise self._missing("variance")

    @property
    def stddev(self) -> Tensor:
        """The standard deviation of each element."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Random values, of shape sample_shape + batch_shape + event_shape, without a gradient."""
        with _core.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Random values as `sample` gives them, differentiable with respect to the parameters."""
        raise self._missing("rsample")

    def sample_n(self, n: int) -> Tensor:
        """`sample((n,))`; deprecated."""
        warnings.warn("sample_n(n) is deprecated: use sample((n,))", FutureWarning, stacklevel=2)
        return self.sample((n,))

    def log_prob(self, value: Tensor) -> Tensor:
        """Logarithm of the density or probability at a value that broadcasts to batch_shape + event_shape."""
        raise self._missing("log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """Probability of at most this value."""
        raise self._missing("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """The value whose `cdf` is the given probability."""
        raise self._missing("icdf")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values that are possible, along a first dimension; the batch's dimensions are 1 unless `expand`."""
        raise self._missing("enumerate_support")

    def entropy(self) -> Tensor:
        """Entropy in nats, of shape batch_shape."""
        raise self._missing("entropy")

    def perplexity(self) -> Tensor:
        """exp(entropy), of shape batch_shape."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Sequence[int] = ()) -> tuple[int, ...]:
        return tuple(sample_shape) + self._batch_shape + self._event_shape

    def _enumerated(self, values: Tensor, expand: bool) -> Tensor:
        """Values (n, *event_shape) along a first dimension, before the batch's."""
        events = tuple(values.shape[1:])
        values = values.reshape((-1, *[1] * len(self._batch_shape), *events))
        return values.expand((-1, *self._batch_shape, *events)) if expand else values

    def _validate_sample(self, value: Tensor) -> None:
        """ValueError unless a value has a shape that broadcasts with this distribution's and lies in its support."""
        if not self._validate_args:
            return
        name = type(self).__name__
        if not isinstance(value, Tensor):
            raise ValueError(f"{name}: expected the value as a Tensor, got {type(value).__name__}")
        events = len(self._event_shape)
        if tuple(value.shape)[value.ndim - events :] != self._event_shape:
            raise ValueError(f"{name}: expected a value whose last dimensions are event_shape {self._event_shape}, got shape {value.shape}")
        expected = self._batch_shape + self._event_shape
        if any(i != j and 1 not in (i, j) for i, j in zip(reversed(value.shape), reversed(expected), strict=False)):
            raise ValueError(f"{name}: expected a value that broadcasts with batch_shape + event_shape {expected}, got shape {value.shape}")
        support = getattr(self, "support", None)
        if support is None:
            warnings.warn(f"{name} has no support to check values against; give it one, or validate_args=False", stacklevel=3)
            return
        valid = support.check(value)
        if not all_true(valid):
            raise ValueError(
                f"{name}: expected a value within the support {support!r}, got a tensor of shape {tuple(value.shape)} "
                f"with invalid values: {_invalid(value, valid)}"
            )

    def __repr__(self) -> str:
        shown = {k: self.__dict__[k] for k in getattr(self, "arg_constraints", {}) if k in self.__dict__}
        parts = (f"{k}: {v.shape if v.numel() != 1 else v if v.ndim else v.item()}" for k, v in shown.items())
        return f"{type(self).__name__}({', '.join(parts)})"


def _invalid(value: Tensor, valid: Tensor) -> str:
    """The first few events that are not valid."""
    value, valid = _core.whole(value.detach()), _core.whole(valid)
    if value.shape[: valid.ndim] != valid.shape:
        return str(value)
    wrong = value[~valid]
    return ", ".join(str(v.tolist()) for v in wrong[:3]) + (", ..." if len(wrong) > 3 else "")
