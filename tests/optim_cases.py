"""What the tests of optimizers and schedules run: options to draw from, and a problem that any library's optimizer can step through."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

RATES = st.sampled_from([0.003, 0.02, 0.1])
EPS = st.sampled_from([1e-8, 1e-3])
DECAY = st.sampled_from([0, 0.05])
BETAS = st.sampled_from([(0.9, 0.999), (0.8, 0.95), (0.5, 0.9)])
FLAG = st.booleans()

OPTIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "SGD": {"lr": RATES, "momentum": st.sampled_from([0, 0.9]), "dampening": st.sampled_from([0, 0.3]), "weight_decay": DECAY, "maximize": FLAG},
    "Adam": {"lr": RATES, "betas": BETAS, "eps": EPS, "weight_decay": DECAY, "amsgrad": FLAG, "maximize": FLAG, "decoupled_weight_decay": FLAG},
    "AdamW": {"lr": RATES, "betas": BETAS, "eps": EPS, "weight_decay": DECAY, "amsgrad": FLAG, "maximize": FLAG},
    "NAdam": {"lr": RATES, "betas": BETAS, "eps": EPS, "weight_decay": DECAY, "momentum_decay": st.sampled_from([0.004, 0.1]),
              "decoupled_weight_decay": FLAG, "maximize": FLAG},
    "RAdam": {"lr": RATES, "betas": BETAS, "eps": EPS, "weight_decay": DECAY, "decoupled_weight_decay": FLAG, "maximize": FLAG},
    "Adamax": {"lr": RATES, "betas": BETAS, "eps": EPS, "weight_decay": DECAY, "maximize": FLAG},
    "Adagrad": {"lr": RATES, "lr_decay": st.sampled_from([0, 0.1]), "weight_decay": DECAY, "initial_accumulator_value": st.sampled_from([0, 0.5]),
                "eps": EPS, "maximize": FLAG},
    "Adadelta": {"lr": st.sampled_from([1.0, 10.0]), "rho": st.sampled_from([0.9, 0.5]), "eps": st.sampled_from([1e-6, 1e-3]), "weight_decay": DECAY,
                 "maximize": FLAG},
    "RMSprop": {"lr": RATES, "alpha": st.sampled_from([0.99, 0.7]), "eps": EPS, "weight_decay": DECAY, "momentum": st.sampled_from([0, 0.8]),
                "centered": FLAG, "maximize": FLAG},
    "Rprop": {"lr": RATES, "etas": st.sampled_from([(0.5, 1.2), (0.3, 1.5)]), "step_sizes": st.sampled_from([(1e-6, 50), (0.01, 0.2)]), "maximize": FLAG},
    "ASGD": {"lr": RATES, "lambd": st.sampled_from([1e-4, 0.1]), "alpha": st.sampled_from([0.75, 0.5]), "t0": st.sampled_from([1e6, 10]),
             "weight_decay": DECAY, "maximize": FLAG},
    "Adafactor": {"lr": RATES, "beta2_decay": st.sampled_from([-0.8, -0.5]), "eps": st.sampled_from([(None, 1e-3), (1e-4, 0.1)]),
                  "d": st.sampled_from([1.0, 2.0]), "weight_decay": DECAY, "maximize": FLAG},
    "Muon": {"lr": RATES, "weight_decay": st.sampled_from([0.1, 0.0]), "momentum": st.sampled_from([0.95, 0.5]), "nesterov": FLAG,
             "adjust_lr_fn": st.sampled_from([None, "original", "match_rms_adamw"]), "ns_steps": st.sampled_from([5, 2])},
}  # fmt: skip

COMPLEX = [name for name in OPTIONS if name not in ("Adafactor", "Muon")]
NESTEROV = {"lr": 0.02, "momentum": 0.9, "nesterov": True}  # excludes dampening, so it is not drawn with the others

# (name, options) whose trajectories are recorded for where PyTorch is not installed.
RECORDED: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.02, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.05}),
    ("SGD", NESTEROV),
    ("Adam", {"lr": 0.02, "betas": (0.8, 0.95), "weight_decay": 0.05, "amsgrad": True}),
    ("AdamW", {"lr": 0.02, "maximize": True}),
    ("NAdam", {"lr": 0.02}),
    ("NAdam", {"lr": 0.02, "weight_decay": 0.05, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.02, "betas": (0.8, 0.95), "weight_decay": 0.05}),
    ("Adamax", {"lr": 0.02, "weight_decay": 0.05}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5}),
    ("Adadelta", {"lr": 10.0, "rho": 0.5}),
    ("RMSprop", {"lr": 0.02}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.7, "momentum": 0.8, "centered": True, "weight_decay": 0.05}),
    ("Rprop", {"lr": 0.02}),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "t0": 10}),
    ("Adafactor", {"lr": 0.02, "weight_decay": 0.05}),
    ("Muon", {"lr": 0.02}),
]

SHAPES = [(3, 4), (5,), ()]


class Problem:
    """Parameters of a library, and gradients that come from NumPy: pulled towards a target, with noise. One parameter has no gradient at
    every third step."""

    def __init__(self, lib: Any, name: str, dtype: str, seed: int = 0) -> None:
        self.lib, self.dtype = lib, np.dtype(dtype)
        self.random = np.random.default_rng(seed)
        shapes = [(3, 4), (4, 2)] if name == "Muon" else SHAPES
        self.target = [self._draw(s) for s in shapes]
        self.params = [lib.tensor(self._draw(s)).requires_grad_() for s in shapes]
        self.count = 0

    def _draw(self, shape: tuple[int, ...]) -> Any:
        values = self.random.standard_normal(shape)
        if self.dtype.kind == "c":
            values = values + 1j * self.random.standard_normal(shape)
        return np.asarray(values, self.dtype)

    def groups(self) -> list[dict[str, Any]]:
        return [{"params": self.params[:1], "lr": 0.05}, {"params": self.params[1:]}]

    def step(self, optimizer: Any) -> None:
        self.count += 1
        for i, (p, target) in enumerate(zip(self.params, self.target, strict=True)):
            gradient = 0.3 * (p.detach().numpy() - target) + 0.5 * self._draw(target.shape)
            p.grad = None if i == 1 and self.count % 3 == 0 else self.lib.tensor(np.asarray(gradient, self.dtype))
        optimizer.step()

    def values(self) -> Any:
        return np.concatenate([p.detach().numpy().reshape(-1) for p in self.params])
