"""HIPS autograd: NumPy's functions with gradients. Dense networks only."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import make_vjp, value_and_grad

from benchmarks.networks import NETWORKS, Network
from benchmarks.peers import Lacks, loops
from benchmarks.peers.torchlike import cotangent

NAMES = {"mul": "multiply", "sub": "subtract", "div": "divide", "neg": "negative", "atan2": "arctan2", "amax": "max", "amin": "min",
         "clamp": "clip", "mm": "matmul", "bmm": "matmul"}  # fmt: skip
PARAMS = {"dim": "axis", "keepdim": "keepdims"}
OWN = {
    "relu": lambda x: anp.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + anp.exp(-x)),
    "linear": lambda x, weight, bias=0: anp.dot(x, weight.T) + bias,
    "mse_loss": lambda x, target: anp.mean((x - target) ** 2),
}


class Peer:
    version = version("autograd")

    def __init__(self, threads: int) -> None:
        pass

    def setup(self, case: dict[str, Any]) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        name = case["op"]
        if case["kind"] == "network":
            return NetworkRun(NETWORKS[name]).setup()
        function = OWN.get(name) or getattr(anp, NAMES.get(name, name), None)
        if function is None or not case["where"]:
            raise Lacks(f"no {name}")
        args, params = list(case["arrays"]), {PARAMS.get(k, k): v for k, v in case["params"].items()}
        floats = [i for i, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
        try:
            y = function(*args, **params)
        except TypeError as error:
            raise Lacks(f"not in this form: {error}") from error
        if not isinstance(y, (np.ndarray, np.generic)):
            raise Lacks("several outputs")
        if not case["backward"]:
            return loops.forward(function, args, params), [np.asarray(y)]
        if len(floats) != len(args):
            raise Lacks("arguments that are no float arrays")
        g = cotangent(np.shape(y), case["seed"])

        def both(values: tuple[Any, ...]) -> Any:
            pull, y = make_vjp(lambda v: function(*v, **params))(values)
            return y, pull(g)

        y, grads = both(tuple(args))
        return loops.forward(both, [tuple(args)], {}), [np.asarray(y), *(np.asarray(a) for a in grads)]


class NetworkRun:
    def __init__(self, network: Network) -> None:
        if any(layer[0] not in ("linear", "relu", "tanh", "flatten") for layer in network.layers):
            raise Lacks("no convolution")
        self.network = network
        self.x, self.target = network.data()
        self.gradient = value_and_grad(self.loss)

    def forward(self, p: dict[str, Any]) -> Any:
        x = self.x
        for i, (kind, *_) in enumerate(self.network.layers):
            if kind == "linear":
                x = anp.dot(x, p[f"{i}.weight"].T) + p[f"{i}.bias"]
            elif kind != "flatten":
                x = anp.maximum(x, 0) if kind == "relu" else anp.tanh(x)
        return x

    def loss(self, p: dict[str, Any]) -> Any:
        y = self.forward(p)
        if self.network.loss == "mse":
            return anp.mean((y - self.target) ** 2)
        y = y - anp.max(y, 1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(y), 1)) - y[np.arange(len(y)), self.target])

    def restart(self) -> None:
        self.p = {k: v.copy() for k, v in self.network.parameters().items()}
        self.m, self.v = ({k: np.zeros_like(w) for k, w in self.p.items()} for _ in range(2))
        self.t = 0

    def step(self) -> tuple[float, dict[str, np.ndarray]]:
        loss, grads = self.gradient(self.p)
        kind, lr = self.network.optimizer
        self.t += 1
        for k, g in grads.items():
            if kind == "sgd":
                self.p[k] -= lr * g
                continue
            m, v = self.m[k], self.v[k]
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            self.p[k] -= lr * (m / (1 - 0.9**self.t)) / (np.sqrt(v / (1 - 0.999**self.t)) + 1e-8)
        return loss, grads

    def setup(self) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        self.restart()
        if not self.network.optimizer:
            return loops.forward(self.forward, [self.p], {}), [self.forward(self.p)]
        loss, grads = self.step()
        losses = [loss, self.step()[0], self.step()[0]]
        return self.train, [np.array(losses, np.float32), *grads.values()]

    def train(self, n: int) -> dict[str, float]:
        self.restart()
        self.step()
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(n):
            self.step()
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
