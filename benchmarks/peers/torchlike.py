"""PyTorch and minigrad: one programming model, so one program; the class is given the library."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.networks import NETWORKS, Network
from benchmarks.peers import Lacks, loops
from benchmarks.programs import PROGRAMS


class TorchLike:
    def __init__(self, lib: Any, threads: int) -> None:
        self.lib, self.version = lib, lib.__version__
        lib.set_num_threads(threads)

    # ---- ops ----

    def find(self, name: str, where: list[str]) -> Callable[..., Any]:
        """The function that users call, by the place where the registry says it lives."""
        for place in where:
            space = {"mg": self.lib, "F": self.lib.nn.functional, "Tensor": self.lib.Tensor}.get(place) or getattr(self.lib, place, None)
            if hasattr(space, name):
                return getattr(space, name)
        raise Lacks("no public op of this name" if not where else f"no {name}")

    def tensor(self, value: Any, leaves: list[Any] | None = None) -> Any:
        """Arrays inside `value` as tensors; those of floats are also put into `leaves` and require gradients."""
        if isinstance(value, np.ndarray):
            # A copy keeps the layout but not the page alignment: like memory that the library allocated itself.
            made = self.lib.from_numpy(value.copy("K") if value.ndim else np.array(value))
            if leaves is not None and value.dtype.kind == "f":
                made.requires_grad_()
                leaves.append(made)
            return made
        if isinstance(value, (list, tuple)):
            return type(value)(self.tensor(v, leaves) for v in value)
        if isinstance(value, np.dtype):
            return getattr(self.lib, value.name)
        return value

    def setup(self, case: dict[str, Any]) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        if case["kind"] == "network":
            return NetworkRun(self.lib, NETWORKS[case["op"]]).setup()
        if case["kind"] == "optimizer":
            return OptimizerRun(self.lib, case["op"], case["arrays"], case["params"]).setup()
        program = PROGRAMS.get(case["op"]) if case["kind"] == "program" else None
        function = functools.partial(program, self.lib) if program else self.find(case["op"], case["where"])
        backward = case["backward"]
        leaves: list[Any] | None = [] if backward else None
        args = [self.tensor(a, leaves) for a in case["arrays"]]
        params = {k: self.tensor(v) for k, v in case["params"].items()}
        try:
            y = function(*args, **params)
        except TypeError:  # the same parameters under other names
            args, params = [*args, *params.values()], {}
            y = function(*args)
        if not backward:
            with self.lib.no_grad():
                y = function(*args, **params)
            return loops.forward(function, args, params), flatten(y)
        several = isinstance(y, (list, tuple))
        index = next((i for i, part in enumerate(y if several else [y]) if hasattr(part, "requires_grad") and part.requires_grad), None)
        if index is None:
            raise Lacks("not differentiable")
        y0 = y[index] if several else y
        g = self.tensor(cotangent(tuple(y0.shape), case["seed"]).astype(y0.detach().numpy().dtype))
        y0.backward(g)
        grads = [x.grad.numpy() if x.grad is not None else np.zeros(tuple(x.shape), np.float32) for x in leaves or []]
        outputs = [*flatten(y), *grads]
        return loops.forward_backward(function, args, params, leaves or [], g, index if several else None), [np.array(o) for o in outputs]


def cotangent(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.asarray(np.random.default_rng(seed).standard_normal(shape), np.float32)


def flatten(y: Any) -> list[np.ndarray]:
    if isinstance(y, (list, tuple)):
        return [part for item in y for part in flatten(item)]
    if y is None:
        return []
    return [y.detach().numpy() if hasattr(y, "detach") else np.asarray(y)]


# ---- optimizers ----


class OptimizerRun:
    """Steps with the same gradients over and over."""

    def __init__(self, lib: Any, name: str, arrays: Sequence[np.ndarray], params: dict[str, Any]) -> None:
        # Memory of the library's own, as layers have it.
        self.weights = [lib.nn.Parameter(lib.from_numpy(a).clone()) for a in arrays]
        for w, a in zip(self.weights, arrays):
            w.grad = lib.from_numpy(a).clone()
        self.optimizer = getattr(lib.optim, name)(self.weights, **params)

    def setup(self) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        for _ in range(3):
            self.optimizer.step()
        return self.run, [np.array(w.detach().numpy()) for w in self.weights]

    def run(self, n: int) -> None:
        step = self.optimizer.step
        for _ in range(n):
            step()


# ---- networks ----


def residual_of(lib: Any) -> Any:
    nn = lib.nn

    class Residual(nn.Module):  # type: ignore[misc]
        def __init__(self, inputs: int, outputs: int, stride: int) -> None:
            super().__init__()
            self.conv1, self.norm1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
            self.conv2, self.norm2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
            self.fits = stride == 1 and inputs == outputs
            if not self.fits:
                self.shortcut, self.norm3 = nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)

        def forward(self, x: Any) -> Any:
            relu = nn.functional.relu
            y = self.norm2(self.conv2(relu(self.norm1(self.conv1(x)))))
            return relu(y + (x if self.fits else self.norm3(self.shortcut(x))))

    return Residual


def last_of(layer: Any) -> Any:
    """A recurrent layer over (N, T, features) that gives its last output."""

    class Last(layer):  # type: ignore[misc]
        def __init__(self, inputs: int, units: int) -> None:
            super().__init__(inputs, units, batch_first=True)

        def forward(self, x: Any) -> Any:
            return super().forward(x)[0][:, -1]

    return Last


def block_of(lib: Any) -> Any:
    nn, F = lib.nn, lib.nn.functional

    class Block(nn.Module):  # type: ignore[misc]
        """cache: keys and values of the positions before, None in training."""

        def __init__(self, width: int, heads: int) -> None:
            super().__init__()
            self.heads, self.cache = heads, None
            self.norm1, self.qkv, self.project = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.norm2, self.fc1, self.fc2 = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def attend(self, x: Any) -> Any:
            b, n, width = x.shape
            q, k, v = (t.view(b, n, self.heads, -1).transpose(1, 2) for t in self.qkv(x).split(width, -1))
            if self.cache is not None:
                k, v = self.cache = [lib.cat([old, new], 2) for old, new in zip(self.cache, (k, v))] if self.cache else [k, v]
            y = F.scaled_dot_product_attention(q, k, v, is_causal=self.cache is None)
            return self.project(y.transpose(1, 2).reshape(b, n, width))

        def forward(self, x: Any) -> Any:
            x = x + self.attend(self.norm1(x))
            return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))

    return Block


def positions_of(lib: Any) -> Any:
    class Positions(lib.nn.Module):  # type: ignore[misc]
        def __init__(self, context: int, width: int) -> None:
            super().__init__()
            self.weight, self.first = lib.nn.Parameter(lib.zeros(context, width)), 0

        def forward(self, x: Any) -> Any:
            return x + self.weight[self.first : self.first + x.shape[1]]

    return Positions


class NetworkRun:
    """A network of networks.py as a PyTorch program."""

    def __init__(self, lib: Any, network: Network) -> None:
        self.lib, self.network = lib, network
        self.model = self.build()
        self.x, self.target = (lib.from_numpy(a) for a in network.data())
        self.loss = {"mse": lib.nn.functional.mse_loss, "cross_entropy": lib.nn.functional.cross_entropy}.get(network.loss)

    def build(self) -> Any:
        nn = self.lib.nn
        made = {
            "linear": lambda i, o: nn.Linear(i, o),
            "conv": lambda i, o, k, bias: nn.Conv2d(i, o, k, padding=k // 2, bias=bias),
            "batch_norm": nn.BatchNorm2d,
            "max_pool": nn.MaxPool2d,
            "mean_pool": lambda: nn.AdaptiveAvgPool2d(1),
            "residual": residual_of(self.lib),
            "lstm": lambda i, o: last_of(nn.LSTM)(i, o),
            "gru": lambda i, o: last_of(nn.GRU)(i, o),
            "embedding": nn.Embedding,
            "positions": positions_of(self.lib),
            "layer_norm": nn.LayerNorm,
            "block": block_of(self.lib),
            "rows": lambda: nn.Flatten(0, 1),
            "relu": nn.ReLU,
            "tanh": nn.Tanh,
            "flatten": nn.Flatten,
        }
        return nn.Sequential(*(made[kind](*sizes) for kind, *sizes in self.network.layers))

    def restart(self) -> None:
        """Parameters and optimizer as new."""
        lib, network = self.lib, self.network
        self.model.load_state_dict(
            {k: lib.from_numpy(v.copy()) for k, v in network.parameters().items()}
            | {k: v for k, v in self.fresh.items() if "running" in k or "num" in k}
        )
        if network.optimizer:
            kind, *rates = network.optimizer
            more = {"fused": True} if network.fused else {}
            self.optimizer = {"sgd": lib.optim.SGD, "adam": lib.optim.Adam}[kind](self.model.parameters(), *rates, **more)

    def step(self) -> Any:
        loss = self.loss(self.model(self.x), self.target)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def setup(self) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        self.fresh = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.restart()
        if not self.network.optimizer:
            self.model.eval()
            with self.lib.no_grad():
                whole = np.array(self.model(self.x).numpy())
                if not self.network.stepwise:
                    return self.infer, [whole]
                steps = np.concatenate([y.numpy() for y in self.generate()])
                return self.infer_stepwise, [whole, steps]
        losses = [self.step().item()]
        grads = [np.array(p.grad.numpy()) for p in self.model.parameters()]
        losses += [self.step().item() for _ in range(2)]
        return self.train, [np.array(losses, np.float32), *grads]

    def infer(self, n: int) -> None:
        model, x = self.model, self.x
        with self.lib.no_grad():
            for _ in range(n):
                model(x)

    def generate(self) -> list[Any]:
        """The outputs for one position after another."""
        layers = list(self.model)
        for layer in layers[2:]:
            if hasattr(layer, "cache"):
                layer.cache = []
        outputs = []
        for i in range(self.x.shape[1]):
            layers[1].first = i
            outputs.append(self.model(self.x[:, i : i + 1]))
        return outputs

    def infer_stepwise(self, n: int) -> None:
        with self.lib.no_grad():
            for _ in range(n):
                self.generate()

    def train(self, n: int) -> dict[str, float]:
        self.restart()
        self.step()  # makes the optimizer's state
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(n):
            self.step()
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
