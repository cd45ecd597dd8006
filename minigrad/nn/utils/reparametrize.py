"""Weight and spectral normalisation as PyTorch had them before parametrizations: the weight is computed before every call.

Checkpoints that hold `weight_g` and `weight_v`, or `weight_orig` and `weight_u`, load into these; new programs take
`nn.utils.parametrizations`.
"""

from __future__ import annotations

from typing import Any

import minigrad as mg
from minigrad._core import Tensor

from ..hooks import RemovableHandle
from ..module import Module
from ..parameter import Parameter
from .parametrizations import _SpectralNorm, norm_except


class _Before:
    """A forward pre-hook that sets `module.<name>` from other parameters."""

    handle: RemovableHandle

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, module: Any, args: Any = None) -> None:
        setattr(module, self.name, self.compute(module))

    def compute(self, module: Any) -> Any:
        raise NotImplementedError

    def install(self, module: Module) -> None:
        for hook in () if module._hooks is None else [entry[0] for entry in module._hooks.pre.values()]:
            if isinstance(hook, type(self)) and hook.name == self.name:
                raise RuntimeError(f"Cannot register two {type(self).__name__} hooks on the same parameter {self.name}")
        self.handle = module.register_forward_pre_hook(self)
        self(module)

    @classmethod
    def of(cls, module: Module, name: str) -> Any:
        for hook in () if module._hooks is None else [entry[0] for entry in module._hooks.pre.values()]:
            if isinstance(hook, cls) and hook.name == name:
                return hook
        raise ValueError(f"{cls.__name__} of '{name}' not found in {module}")


class WeightNorm(_Before):
    def __init__(self, name: str, dim: int | None) -> None:
        super().__init__(name)
        self.dim = -1 if dim is None else dim

    def compute(self, module: Any) -> Any:
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        return v * (g / norm_except(v, self.dim))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Train the length `weight_g` and the direction `weight_v` of each row of a weight apart.

    Shapes: weight any; weight_g 1 but in `dim`. Source: Salimans and Kingma, "Weight Normalization", arXiv:1602.07868.
    >>> sorted(weight_norm(mg.nn.Linear(20, 40)).state_dict())
    ['bias', 'weight_g', 'weight_v']
    """
    norm, weight = WeightNorm(name, dim), getattr(module, name)
    with mg.no_grad():
        length = norm_except(weight, norm.dim)
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(length))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    norm.install(module)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again, with its present value.

    >>> list(remove_weight_norm(weight_norm(mg.nn.Linear(20, 40))).state_dict())
    ['bias', 'weight']
    """
    norm = WeightNorm.of(module, name)
    weight = norm.compute(module).detach()
    norm.handle.remove()
    for part in (name, f"{name}_g", f"{name}_v"):
        delattr(module, part)
    setattr(module, name, Parameter(weight))
    return module


class _RightFirst(_SpectralNorm):
    """Power iteration that begins with the right vector."""

    def iterate(self, matrix: Tensor, steps: int) -> None:
        with mg.no_grad():
            for _ in range(steps):
                self.step_v(matrix)
                self.step_u(matrix)


class SpectralNorm(_Before):
    def __init__(self, name: str, steps: int, dim: int, eps: float, weight: Any) -> None:
        super().__init__(name)
        self.steps = steps
        self.norm = _RightFirst(weight.detach(), steps, dim, eps)

    def compute(self, module: Any) -> Any:
        self.norm._u, self.norm._v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        self.norm.train(module.training)
        return self.norm(getattr(module, f"{self.name}_orig"))


def spectral_norm(module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None) -> Module:
    """Keep the largest singular value of a weight at 1; what is trained is `weight_orig`.

    `dim` is 0 unless given, and 1 for transposed convolutions. Source: Miyato et al., arXiv:1802.05957.
    >>> sorted(spectral_norm(mg.nn.Linear(20, 40)).state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    weight = getattr(module, name)
    if dim is None:
        dim = 1 if getattr(module, "transposed", False) else 0
    norm = SpectralNorm(name, n_power_iterations, dim, eps, weight)
    delattr(module, name)
    module.register_parameter(f"{name}_orig", Parameter(weight.detach(), weight.requires_grad))
    module.register_buffer(f"{name}_u", norm.norm._u)
    module.register_buffer(f"{name}_v", norm.norm._v)
    norm.install(module)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again, with its present value.

    >>> list(remove_spectral_norm(spectral_norm(mg.nn.Linear(20, 40))).state_dict())
    ['bias', 'weight']
    """
    norm = SpectralNorm.of(module, name)
    training = module.training
    with mg.no_grad():
        weight = norm.compute(module.eval()).detach()
    module.train(training)
    norm.handle.remove()
    for part in (name, f"{name}_orig", f"{name}_u", f"{name}_v"):
        delattr(module, part)
    setattr(module, name, Parameter(weight))
    return module
