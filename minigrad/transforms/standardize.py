"""Features brought to mean 0 and variance 1, as measured on the training data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import DTypeError, ShapeError


class Standardize:
    """(x - mean) / std with the mean and standard deviation of what it was fitted on.

    Args:    dim: the dimensions that are averaged over: 0 for a table (N, D), each column by itself; (0, 2, 3) for images, each channel.
    fit(x) measures (in float64, variance by N) and returns itself; `t(x)` transforms, `t.inverse(y)` takes back. What does not vary is only
    centred. state_dict and load_state_dict carry mean and std.
    Raises:  RuntimeError before fit; DTypeError for integers; ShapeError for other features than those that were fitted.

    >>> t = mg.transforms.Standardize().fit(mg.tensor([[1.0, 5.0], [3.0, 5.0]]))
    >>> t(mg.tensor([[3.0, 6.0]])), t.inverse(mg.tensor([[1.0, 1.0]]))
    (tensor([[1., 1.]]), tensor([[3., 6.]]))
    """

    def __init__(self, dim: int | Sequence[int] = 0) -> None:
        self.dim = dim
        self.mean: Tensor | None = None
        self.std: Tensor | None = None

    def fit(self, x: Tensor) -> Standardize:
        if not x.is_floating_point():
            raise DTypeError(f"Standardize.fit: expected floating-point features, got {x.dtype.name}")
        axes = (self.dim,) if isinstance(self.dim, int) else tuple(self.dim)
        values = x.detach().double().numpy()
        if not values.size:
            raise ShapeError(f"Standardize.fit: nothing to measure in shape {x.shape}")
        mean, std = values.mean(axes, keepdims=True), values.std(axes, keepdims=True)
        # A constant column's deviation may be a rounding error above 0.
        std = np.where(std <= np.finfo(np.float64).eps * np.abs(mean) * 8, 1.0, std)
        self.mean, self.std = mg.from_numpy(mean), mg.from_numpy(std)
        return self

    def __call__(self, x: Tensor) -> Tensor:
        mean, std = self.measured(x)
        return (x - mean) / std

    def inverse(self, y: Tensor) -> Tensor:
        """What `t(x)` was made of."""
        mean, std = self.measured(y)
        return y * std + mean

    def measured(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if self.mean is None or self.std is None:
            raise RuntimeError("Standardize: fit it on the training data first")
        if not x.is_floating_point():
            raise DTypeError(f"Standardize: expected floating-point features, got {x.dtype.name}")
        if x.ndim != self.mean.ndim or any(m not in (1, n) for m, n in zip(self.mean.shape, x.shape)):
            raise ShapeError(f"Standardize: expected features that fit {self.mean.shape}, got {x.shape}")
        return self.mean.to(x.dtype), self.std.to(x.dtype)

    def state_dict(self) -> dict[str, Tensor | None]:
        return {"mean": self.mean, "std": self.std}

    def load_state_dict(self, state_dict: Mapping[str, Tensor | None]) -> None:
        if set(state_dict) != {"mean", "std"}:
            raise KeyError(f"Standardize.load_state_dict: expected mean and std, got {sorted(state_dict)}")
        self.mean, self.std = state_dict["mean"], state_dict["std"]

    def __repr__(self) -> str:
        return f"Standardize(dim={self.dim!r}{'' if self.mean is None else f', features={tuple(self.mean.shape)}'})"
