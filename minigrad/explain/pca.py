"""Principal component analysis, by the singular value decomposition of the centred data."""

from __future__ import annotations

from typing import Any

import numpy as np


class PCA:
    """The directions in which data vary most; fitted by the constructor.

    Shapes:  data (N, ...), flattened to (N, D); components (K, D), orthonormal, the strongest first; mean (D,); variance (K,) along each,
             with N - 1 in the denominator; share (K,), of the whole variance.
    Args:    components: how many, at most min(N, D); None: all. The largest element of each is positive, which settles its sign.
    Source:  Pearson, On lines and planes of closest fit, 1901; Turk, Pentland, Eigenfaces for recognition, 1991.
    >>> data = np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0], [6.0, 6.0]])
    >>> pca = mg.explain.PCA(data, 1)
    >>> pca.components.round(3), pca.share.round(3)
    (array([[0.707, 0.707]]), array([1.]))
    >>> pca.inverse(pca.transform(data)).round(3).tolist() == data.tolist()
    True
    """

    def __init__(self, data: Any, components: int | None = None) -> None:
        rows = matrix("PCA", data)
        most = min(rows.shape)
        count = most if components is None else components
        if not 1 <= count <= most:
            raise ValueError(f"PCA: {components} components of data {rows.shape}, expected 1 to {most}")
        self.mean = rows.mean(0)
        _, s, vt = np.linalg.svd(rows - self.mean, full_matrices=False)
        largest = np.take_along_axis(vt, np.abs(vt).argmax(1)[:, None], 1)
        variance = s**2 / max(len(rows) - 1, 1)
        self.components = (vt * np.copysign(1, largest))[:count]
        self.variance = variance[:count]
        self.share = self.variance / max(variance.sum(), np.finfo(rows.dtype).tiny)

    def transform(self, data: Any) -> np.ndarray:
        """Coordinates (N, K) of data (N, ...)."""
        return (matrix("PCA", data) - self.mean) @ self.components.T

    def inverse(self, coordinates: Any) -> np.ndarray:
        """The data (N, D) nearest to what has these coordinates (N, K)."""
        return np.asarray(coordinates) @ self.components + self.mean

    def __repr__(self) -> str:
        return f"PCA({len(self.components)} of {len(self.mean)} dimensions, {self.share.sum():.1%} of the variance)"


def matrix(name: str, data: Any) -> np.ndarray:
    """Data (N, ...) as floating-point (N, D)."""
    rows = data.detach().numpy() if hasattr(data, "detach") else np.asarray(data)
    if rows.ndim < 2 or rows.size == 0:
        raise ValueError(f"{name}: data of shape {rows.shape}, expected (N, ...) with something in it")
    rows = rows.reshape(len(rows), -1).astype(rows.dtype if rows.dtype in (np.float32, np.float64) else np.float64)
    if not np.isfinite(rows).all():
        raise ValueError(f"{name}: the data hold NaN or infinity")
    return rows
