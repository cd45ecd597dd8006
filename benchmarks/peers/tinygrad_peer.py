"""tinygrad on the CPU. It computes when a result is asked for; TinyJit replays ops and networks without planning them again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
from tinygrad import Context, Device, Tensor, TinyJit
from tinygrad.nn.optim import SGD, Adam

from benchmarks.networks import NETWORKS, Network
from benchmarks.peers import Lacks
from benchmarks.peers.torchlike import cotangent

NAMES = {"amax": "max", "amin": "min", "clamp": "clip", "mm": "matmul", "bmm": "matmul"}
OWN: dict[str, Callable[..., Any]] = {
    "cross_entropy": lambda x, target: x.sparse_categorical_crossentropy(target),
    "mse_loss": lambda x, target: (x - target).square().mean(),
    "linear": lambda x, weight, bias=None: x.linear(weight.transpose(), bias),
    "softmax": lambda x, dim: x.softmax(dim),
    "log_softmax": lambda x, dim: x.log_softmax(dim),
}
PARAMS = {"dim": "axis"}


class Peer:
    version = version("tinygrad")

    def __init__(self, threads: int) -> None:
        # The number of threads is CPU_COUNT in the environment.
        if shutil.which("clang") is None:
            raise ImportError("tinygrad compiles with clang, which is not installed")

    def setup(self, case: dict[str, Any]) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        name = case["op"]
        if case["kind"] == "network":
            return NetworkRun(NETWORKS[name]).setup()
        function = OWN.get(name) or getattr(Tensor, NAMES.get(name, name), None)
        if function is None or not case["where"]:
            raise Lacks(f"no {name}")
        if any(not isinstance(a, np.ndarray) for a in case["arrays"]):
            raise Lacks("arguments that are no arrays")
        backward = case["backward"]
        args = [Tensor(a.copy()).realize() for a in case["arrays"]]
        params = {PARAMS.get(k, k) if name not in OWN else k: v for k, v in case["params"].items()}
        try:
            y = function(*args, **params)
        except (TypeError, NotImplementedError) as error:
            raise Lacks(f"not in this form: {error}") from error
        if not isinstance(y, Tensor):
            raise Lacks("several outputs")
        leaves = [made for made, a in zip(args, case["arrays"]) if a.dtype.kind == "f"]
        g = Tensor(cotangent(y.shape, case["seed"])).realize()

        @TinyJit
        def step(*values: Tensor) -> list[Tensor]:
            y = function(*values, **params)
            if not backward:
                return [y.contiguous().realize()]
            grads = y.gradient(*leaves, gradient=g)
            done = [t.contiguous() for t in (y, *grads)]
            Tensor.realize(*done)
            return done

        for _ in range(3):  # plan, record, replay
            outputs = [t.numpy() for t in step(*args)]

        def run(n: int) -> None:
            for _ in range(n):
                step(*args)
            Device["CPU"].synchronize()

        return run, outputs


class NetworkRun:
    def __init__(self, network: Network) -> None:
        if any(layer[0] not in ("linear", "relu", "tanh", "flatten") for layer in network.layers):
            raise Lacks("convolution and batch norm are not written for it")
        self.network = network
        x, target = network.data()
        self.x, self.target = Tensor(x).realize(), Tensor(target.astype(np.int32) if target.dtype.kind == "i" else target).realize()

    def forward(self, x: Tensor) -> Tensor:
        for i, (kind, *_) in enumerate(self.network.layers):
            if kind == "linear":
                x = x.linear(self.p[f"{i}.weight"].transpose(), self.p[f"{i}.bias"])
            else:
                x = {"relu": Tensor.relu, "tanh": Tensor.tanh, "flatten": lambda t: t.flatten(1)}[kind](x)
        return x

    def restart(self) -> None:
        self.p = {k: Tensor(v.copy()).realize() for k, v in self.network.parameters().items()}
        if self.network.optimizer:
            kind, lr = self.network.optimizer
            self.optimizer = {"sgd": SGD, "adam": Adam}[kind](list(self.p.values()), lr=lr)
            self.step = TinyJit(self.train_step)

    def train_step(self) -> Tensor:
        with Tensor.train() if hasattr(Tensor, "train") else Context(TRAINING=1):  # the name until 0.13, and since
            self.optimizer.zero_grad()
            y = self.forward(self.x)
            loss = OWN["cross_entropy" if self.network.loss == "cross_entropy" else "mse_loss"](y, self.target)
            loss.backward()
            self.grads = [p.grad for p in self.p.values()]
            return loss.realize(*self.optimizer.schedule_step())

    def setup(self) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        self.restart()
        if not self.network.optimizer:
            infer = TinyJit(lambda x: self.forward(x).realize())
            for _ in range(3):
                y = infer(self.x).numpy()

            def run(n: int) -> None:
                for _ in range(n):
                    infer(self.x)
                Device["CPU"].synchronize()

            return run, [y]
        y = self.forward(self.x)
        loss = OWN["cross_entropy" if self.network.loss == "cross_entropy" else "mse_loss"](y, self.target)
        grads = [g.numpy() for g in loss.gradient(*self.p.values())]
        losses = [self.step().item() for _ in range(3)]
        return self.train, [np.array(losses, np.float32), *grads]

    def train(self, n: int) -> dict[str, float]:
        for _ in range(3):
            self.step()
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(n):
            self.step()
        Device["CPU"].synchronize()
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
