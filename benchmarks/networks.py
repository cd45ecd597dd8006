"""Whole training steps and inference, described once as data; each family of peers builds its own program from the description.

Parameters and batches come from a seed, so that all peers do the same work, and must agree on three losses and the first gradients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

# ("linear", in, out) ("conv", in, out, kernel, bias) ("batch_norm", channels) ("max_pool", k) ("mean_pool",) ("relu",) ("tanh",) ("flatten",)
# ("lstm" | "gru", in, units): over (N, T, in), its last output
# ("embedding", tokens, width) ("positions", context, width), which are added ("layer_norm", width) ("rows",), all positions of all sequences
# ("block", width, heads): causal attention, then two layers with GELU between, each behind a layer norm and added to its input
# ("residual", in, out, stride): two convolutions with batch norm, added to the input, which a 1x1 convolution fits if sizes differ
Layer = tuple
GATES = {"lstm": 4, "gru": 3}


@dataclass(frozen=True)
class Network:
    name: str
    layers: tuple[Layer, ...]
    batch: int
    input: tuple[int, ...]  # shape of one sample
    loss: str = ""  # "mse", "cross_entropy"; none: inference
    optimizer: tuple[str, float] | tuple[str, float, float] | None = (
        None  # ("sgd" | "adam", learning rate[, momentum]), else PyTorch's defaults
    )
    fused: bool = False  # PyTorch's optimizer as one kernel instead of its default; ours is always one
    stepwise: bool = False  # inference of one position after another, with the keys and values of those before kept
    goals: dict[str, float] = field(default_factory=dict)  # by peer: least ratio of its time to ours, one thread
    tolerance: float = 1e-3  # of losses and gradients, relative to the largest value of each
    scales: float | None = None  # least gain of two threads over one

    @property
    def outputs(self) -> int:
        return next(layer[2] for layer in reversed(self.layers) if layer[0] == "linear")

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(1)
        if self.layers[0][0] == "embedding":
            tokens = rng.integers(0, self.layers[0][1], (self.batch, self.input[0] + 1))
            return tokens[:, :-1].copy(), tokens[:, 1:].reshape(-1)
        x = rng.standard_normal((self.batch, *self.input)).astype(np.float32)
        if self.loss == "mse":
            return x, np.tanh(x.sum(-1, keepdims=True))
        return x, rng.integers(0, self.outputs, self.batch)

    def parts(self) -> Iterator[tuple[str, Layer]]:
        """Layers by the names of their parameters; a residual layer or block as the layers in it."""
        for i, layer in enumerate(self.layers):
            if layer[0] in ("residual", "block"):
                parts = residual(*layer[1:]) if layer[0] == "residual" else block(*layer[1:])
                yield from ((f"{i}.{name}", part) for name, part in parts)
            else:
                yield f"{i}", layer

    def parameters(self) -> dict[str, np.ndarray]:
        """PyTorch's names and layouts; uniform within 1/sqrt(inputs), as PyTorch draws them."""
        rng = np.random.default_rng(2)
        values: dict[str, np.ndarray] = {}
        for name, (kind, *sizes) in self.parts():
            if kind == "linear":
                shapes, bound = {"weight": (sizes[1], sizes[0]), "bias": (sizes[1],)}, sizes[0] ** -0.5
            elif kind == "conv":
                inputs, outputs, k, bias = sizes[:4]
                shapes = {"weight": (outputs, inputs, k, k)} | ({"bias": (outputs,)} if bias else {})
                bound = (inputs * k * k) ** -0.5
            elif kind in GATES:
                inputs, units = sizes
                rows = GATES[kind] * units
                shapes = {"weight_ih_l0": (rows, inputs), "weight_hh_l0": (rows, units), "bias_ih_l0": (rows,), "bias_hh_l0": (rows,)}
                bound = units**-0.5
            elif kind in ("embedding", "positions"):
                values[f"{name}.weight"] = rng.normal(0, 0.02, sizes).astype(np.float32)
                continue
            elif kind in ("batch_norm", "layer_norm"):
                values |= {f"{name}.weight": np.ones(sizes[0], np.float32), f"{name}.bias": np.zeros(sizes[0], np.float32)}
                continue
            else:
                continue
            values |= {f"{name}.{of}": rng.uniform(-bound, bound, shape).astype(np.float32) for of, shape in shapes.items()}
        return values

    @property
    def flops(self) -> float:
        """Of the products alone; a training step does each three times, less the gradient of the first layer's input."""
        total, first, (side, rows) = 0.0, True, (self.input[-1], self.batch)
        if self.layers[0][0] == "embedding":
            rows, first = self.batch * self.input[0], False
        for kind, *sizes in self.layers:
            if kind == "block":  # scores and values, of which the causal half counts
                total += 2 * rows * self.input[0] * sizes[0] * (3 if self.optimizer else 1)
        for name, (kind, *sizes) in self.parts():
            if kind == "max_pool":
                side //= sizes[0]
            if kind in GATES:
                inputs, units = sizes
                each = 2 * rows * self.input[0] * GATES[kind] * units
                total += each * (inputs * ((2 if first else 3) if self.optimizer else 1) + units * (3 if self.optimizer else 1))
                first = False
            if kind not in ("linear", "conv"):
                continue
            if len(sizes) > 4 and not name.endswith("shortcut"):  # whose input is that of the layer's first convolution
                side //= sizes[4]
            work = 2 * rows * sizes[0] * sizes[1] * (sizes[2] ** 2 * side**2 if kind == "conv" else 1)
            total += work * ((2 if first else 3) if self.optimizer else 1)
            first = False
        return total


def residual(inputs: int, outputs: int, stride: int) -> list[tuple[str, Layer]]:
    """The layers of a residual layer, named: relu(norm2(conv2(relu(norm1(conv1(x))))) + x), or norm3(shortcut(x)) for that x."""
    parts: list[tuple[str, Layer]] = [
        ("conv1", ("conv", inputs, outputs, 3, False, stride)), ("norm1", ("batch_norm", outputs)),
        ("conv2", ("conv", outputs, outputs, 3, False)), ("norm2", ("batch_norm", outputs)),
    ]  # fmt: skip
    if stride > 1 or inputs != outputs:
        parts += [("shortcut", ("conv", inputs, outputs, 1, False, stride)), ("norm3", ("batch_norm", outputs))]
    return parts


def block(width: int, heads: int) -> list[tuple[str, Layer]]:
    """The layers of a block, named: x + project(attention(qkv(norm1(x)))), and to that x + fc2(gelu(fc1(norm2(x))))."""
    return [
        ("norm1", ("layer_norm", width)), ("qkv", ("linear", width, 3 * width)), ("project", ("linear", width, width)),
        ("norm2", ("layer_norm", width)), ("fc1", ("linear", width, 4 * width)), ("fc2", ("linear", 4 * width, width)),
    ]  # fmt: skip


def dense(*sizes: int, activation: str = "relu") -> tuple[Layer, ...]:
    layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (("linear", a, b), (activation,))]
    return tuple(layers[:-1])


CLASSIC = dense(784, 128, 64, 32, 10)
# The network of `minigrad train digits`; a test keeps the two the same.
DEMO = (
    ("conv", 1, 16, 5, False), ("max_pool", 2), ("batch_norm", 16), ("relu",),
    ("conv", 16, 32, 3, False), ("max_pool", 2), ("batch_norm", 32), ("relu",),
    ("conv", 32, 64, 3, False), ("batch_norm", 64), ("relu",), ("max_pool", 2),
    ("flatten",), ("linear", 64 * 3 * 3, 10),
)  # fmt: skip

CNN = (
    ("conv", 1, 32, 3, True), ("relu",), ("max_pool", 2), ("conv", 32, 64, 3, True), ("relu",), ("max_pool", 2),
    ("flatten",), ("linear", 64 * 7 * 7, 128), ("relu",), ("linear", 128, 10),
)  # fmt: skip
# He et al., "Deep Residual Learning for Image Recognition", 4.2, with 1x1 convolutions where sizes change.
RESNET_20 = (
    ("conv", 3, 16, 3, False), ("batch_norm", 16), ("relu",),
    ("residual", 16, 16, 1), ("residual", 16, 16, 1), ("residual", 16, 16, 1),
    ("residual", 16, 32, 2), ("residual", 32, 32, 1), ("residual", 32, 32, 1),
    ("residual", 32, 64, 2), ("residual", 64, 64, 1), ("residual", 64, 64, 1),
    ("mean_pool",), ("flatten",), ("linear", 64, 10),
)  # fmt: skip

SEQUENCE = (64, 64)  # steps, features


def recurrent(kind: str) -> tuple[Layer, ...]:
    return ((kind, 64, 128), ("linear", 128, 10))


# Radford et al., "Language models are unsupervised multitask learners", for letters.
GPT = (
    ("embedding", 65, 128), ("positions", 64, 128), *[("block", 128, 4)] * 4, ("layer_norm", 128), ("rows",), ("linear", 128, 65),
)  # fmt: skip

NETWORKS = {
    n.name: n
    for n in (
        Network(
            "mlp 2-16-16-1, batch 32, SGD",
            dense(2, 16, 16, 1, activation="tanh"),
            32,
            (2,),
            "mse",
            ("sgd", 0.01),
            goals={"torch": 30, "jax": 5},
        ),
        Network(
            "mlp 784-128-64-32-10, batch 64, Adam", CLASSIC, 64, (784,), "cross_entropy", ("adam", 1e-3), goals={"torch": 2.5, "jax": 1.1}
        ),
        Network(
            "mlp 784-128-64-32-10, batch 64, fused Adam",
            CLASSIC,
            64,
            (784,),
            "cross_entropy",
            ("adam", 1e-3),
            fused=True,
            goals={"torch": 1.8},
        ),
        Network("mlp 784-128-64-32-10, batch 1, inference", CLASSIC, 1, (784,), goals={"torch": 10}),
        Network("cnn of the demo, batch 64, Adam", DEMO, 64, (1, 28, 28), "cross_entropy", ("adam", 1e-3), goals={"torch": 1}, scales=1.8),
        Network("cnn of the demo, batch 1, inference", DEMO, 1, (1, 28, 28)),
        Network("cnn 32-64, batch 64, SGD", CNN, 64, (1, 28, 28), "cross_entropy", ("sgd", 0.01, 0.9), goals={"torch": 2}, scales=1.8),
        Network("cnn 32-64, batch 1, inference", CNN, 1, (1, 28, 28), goals={"torch": 2}),
        # Five million inputs of ReLUs, some within rounding of 0: one that falls on the other side moves gradients by up to 2e-2 (measured in
        # float64 with noise of 1e-7 in the convolutions; with tanh in place of ReLU all agree to 3e-5).
        Network(
            "resnet-20, batch 32, SGD",
            RESNET_20,
            32,
            (3, 32, 32),
            "cross_entropy",
            ("sgd", 0.01, 0.9),
            goals={"torch": 1.3},
            scales=1.8,
            tolerance=5e-2,
        ),
        Network(
            "lstm 64-128, 64 steps, batch 32, Adam", recurrent("lstm"), 32, SEQUENCE, "cross_entropy", ("adam", 1e-3), goals={"torch": 1.5}
        ),
        Network(
            "gru 64-128, 64 steps, batch 32, Adam", recurrent("gru"), 32, SEQUENCE, "cross_entropy", ("adam", 1e-3), goals={"torch": 1.5}
        ),
        Network("lstm 64-128, 64 steps, batch 1, inference", recurrent("lstm"), 1, SEQUENCE, goals={"torch": 1}),
        Network("gpt 4x128, context 64, batch 16, Adam", GPT, 16, (64,), "cross_entropy", ("adam", 1e-3), goals={"torch": 1.5}, scales=1.8),
        Network("gpt 4x128, 64 tokens one by one, inference", GPT, 1, (64,), stepwise=True),
    )
}
