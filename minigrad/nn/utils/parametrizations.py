"""Parametrizations of weights: direction and length apart, spectral norm 1, orthogonal."""

from __future__ import annotations

from typing import Any

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from .. import functional as F
from ..module import Module
from . import parametrize


def norm_except(weight: Tensor, dim: int) -> Tensor:
    """The 2-norm over all axes but `dim` (over all for -1), which keeps its place: as PyTorch's weight norm has it."""
    if dim == -1:
        return weight.norm()
    return weight.square().sum([d for d in range(weight.dim()) if d != dim], keepdim=True).sqrt()


class _WeightNorm(Module):
    """weight_v scaled to the lengths weight_g along `dim`."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return weight_v * (weight_g / norm_except(weight_v, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Train the length and the direction of each row of a weight apart: `parametrizations.weight.original0` and `original1`.

    Shapes: weight any; original0 1 but in `dim` (or () for dim None). State of the older `nn.utils.weight_norm` (weight_g, weight_v)
            loads too. Source: Salimans and Kingma, "Weight Normalization", arXiv:1602.07868.
    >>> layer = weight_norm(mg.nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape
    (40, 1)
    """
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def older(_: Module, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        for i, key in enumerate((f"{prefix}{name}_g", f"{prefix}{name}_v")):
            if key in state:
                state[f"{prefix}parametrizations.{name}.original{i}"] = state.pop(key)

    module.register_load_state_dict_pre_hook(older)
    return module


class _SpectralNorm(Module):
    """weight divided by its largest singular value, which power iteration finds: one step of it in every training call."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        if not -weight.dim() <= dim < weight.dim():
            raise IndexError(f"Dimension out of range (expected to be in range of [-{weight.dim()}, {weight.dim() - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}")
        self.dim = dim % weight.dim()
        self.eps = eps
        if weight.dim() > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self.matrix(weight)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, F.normalize(mg.randn(size, dtype=weight.dtype), dim=0, eps=eps))
            self.iterate(matrix, 15)

    def matrix(self, weight: Tensor) -> Tensor:
        """The weight with `dim` first and all others as one."""
        return weight.movedim(self.dim, 0).flatten(1)

    def iterate(self, matrix: Tensor, steps: int) -> None:
        with mg.no_grad():
            for _ in range(steps):
                self.step_u(matrix)
                self.step_v(matrix)

    def step_u(self, matrix: Tensor) -> None:
        self._u.copy_(F.normalize(matrix @ self._v, dim=0, eps=self.eps))

    def step_v(self, matrix: Tensor) -> None:
        self._v.copy_(F.normalize(matrix.mH @ self._u, dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.dim() == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self.matrix(weight)
        if self.training:
            self.iterate(matrix, self.n_power_iterations)
        # Copies: a second call before the first one's backward changes the vectors.
        u, v = self._u.clone(), self._v.clone()
        return weight / mg.vdot(u, matrix @ v)

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None) -> Module:
    """Keep the largest singular value of a weight, seen as a matrix of rows along `dim`, at 1.

    `dim` is 0 unless given, and 1 for transposed convolutions. In training every use of the weight takes `n_power_iterations` steps.
    Source: Miyato et al., "Spectral Normalization for Generative Adversarial Networks", arXiv:1802.05957.
    >>> layer = spectral_norm(mg.nn.Linear(20, 40), n_power_iterations=50)
    >>> round(mg.linalg.matrix_norm(layer.weight, 2).item(), 2)
    1.0
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if dim is None:
        dim = 1 if getattr(module, "transposed", False) else 0
    return parametrize.register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


class _Orthogonal(Module):
    """A matrix with orthonormal columns (or rows, if it is wide) from any matrix."""

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = tuple(weight.shape)
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Tensor) -> Tensor:
        wide = x.shape[-2] < x.shape[-1]
        x = x.mT if wide else x
        n, k = x.shape[-2:]
        if self.orthogonal_map == "householder":
            below = x.tril(-1)
            tau = 2 / (1 + (below * below).sum(-2))
            signs = x.detach().diagonal(dim1=-2, dim2=-1).sign()
            q = mg.linalg.householder_product(below, tau) * signs.unsqueeze(-2)
        else:
            below = x.tril()
            if n != k:
                below = mg.cat([below, mg.zeros((*x.shape[:-1], n - k), dtype=x.dtype)], -1)
            skew = below - below.mH
            if self.orthogonal_map == "matrix_exp":
                q = mg.linalg.matrix_exp(skew)
            else:
                eye = mg.eye(n, dtype=x.dtype)
                q = mg.linalg.solve(eye - skew / 2, eye + skew / 2)
            q = q[..., :k]
        if self.use_trivialization and self.base is not None:
            q = self.base @ q
        return q.mT if wide else q

    def right_inverse(self, q: Tensor) -> Tensor:
        if tuple(q.shape) != self.shape:
            raise ShapeError(f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {tuple(q.shape)}.")
        wide = q.shape[-2] < q.shape[-1]
        tall = q.mT if wide else q
        n, k = tall.shape[-2:]
        with mg.no_grad():
            if not self.use_trivialization:
                if self.orthogonal_map != "householder":
                    raise NotImplementedError(
                        "It is not possible to assign to the matrix exponential or the Cayley parametrizations when use_trivialization=False."
                    )
                a, tau = mg.geqrf(tall)
                signs = a.diagonal(dim1=-2, dim2=-1).sign()
                signs = mg.where(tau == 0, -signs, signs)
                a = a.tril(-1) + mg.diag_embed(signs) if n == k else a.tril(-1) + F.pad(mg.diag_embed(signs), (0, 0, 0, n - k))
                return a.mT if wide else a
            if n != k:
                tall = mg.cat([tall, mg.randn((*tall.shape[:-1], n - k), dtype=tall.dtype)], -1)
            self.base = _orthonormal(tall)
            start = mg.zeros_like(q)
            start.diagonal(dim1=-2, dim2=-1).fill_(-1 if self.orthogonal_map == "householder" else 0)
            return start


def _orthonormal(x: Tensor) -> Tensor:
    """The nearest by QR: the columns in turn, without the parts along those before."""
    n = x.shape[-1]
    if mg.allclose(x.mH @ x, mg.eye(n, dtype=x.dtype), atol=10 * n * mg.finfo(x.dtype).eps, rtol=0):
        return x.clone()
    q, r = mg.linalg.qr(x)
    diagonal = r.diagonal(dim1=-2, dim2=-1)
    return q * mg.sgn(diagonal).unsqueeze(-2)


def orthogonal(module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True) -> Module:
    """Keep a weight orthogonal: its columns orthonormal, or its rows if it is wide.

    Args:   orthogonal_map "matrix_exp", "cayley" or "householder" (default: the first for square weights, the last otherwise);
            use_trivialization: optimise around the present value, which is better conditioned and allows assignment.
    Source: Lezcano-Casado, "Trivializations for Gradient-Based Optimization on Manifolds", arXiv:1909.09501.
    >>> layer = orthogonal(mg.nn.Linear(20, 40))
    >>> mg.allclose(layer.weight.T @ layer.weight, mg.eye(20), atol=1e-5)
    True
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.dim() < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.dim()} dimensions.")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-2] == weight.shape[-1] or weight.is_complex() else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}')
    return parametrize.register_parametrization(module, name, _Orthogonal(weight, orthogonal_map, use_trivialization), unsafe=True)
