"""JAX: every case compiled by jax.jit, as it is meant to be used; the inputs lie on the device before the clock starts."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.networks import GATES, NETWORKS, Network, block, residual
from benchmarks.peers import Lacks, loops
from benchmarks.peers.torchlike import cotangent
from benchmarks.programs import PROGRAMS

NAMES = {"mul": "multiply", "sub": "subtract", "div": "divide", "neg": "negative", "atan2": "arctan2", "amax": "max", "amin": "min",
         "cat": "concatenate", "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
         "clamp": "clip", "linear": "", "mm": "matmul", "bmm": "matmul", "mv": "matmul"}  # fmt: skip


def cross_entropy(logits: Any, target: Any) -> Any:
    return -jnp.take_along_axis(jax.nn.log_softmax(logits, 1), target[:, None], 1).mean()


def conv2d(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Any:
    stride, padding, dilation = (p if isinstance(p, (list, tuple)) else (p, p) for p in (stride, padding, dilation))
    y = jax.lax.conv_general_dilated(
        x, weight, tuple(stride), [(p, p) for p in padding], rhs_dilation=tuple(dilation), feature_group_count=groups
    )
    return y if bias is None else y + bias[:, None, None]


def max_pool(x: Any, k: int) -> Any:
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, k, k), (1, 1, k, k), "VALID")


def last_output(kind: str, x: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """Of an LSTM or GRU over (N, T, features): the inputs' part as one product, the rest by lax.scan."""
    sigmoid = jax.nn.sigmoid

    def lstm(state: Any, x: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(x + h @ w_hh.T, 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
        return (sigmoid(o) * jnp.tanh(c), c), None

    def gru(state: Any, x: Any) -> Any:
        (h,) = state
        (xr, xz, xn), (r, z, n) = jnp.split(x, 3, 1), jnp.split(h @ w_hh.T + b_hh, 3, 1)
        z = sigmoid(xz + z)
        return ((1 - z) * jnp.tanh(xn + sigmoid(xr + r) * n) + z * h,), None

    given = x.swapaxes(0, 1) @ w_ih.T + (b_ih + b_hh if kind == "lstm" else b_ih)
    start = (jnp.zeros((len(x), w_hh.shape[1]), x.dtype),) * (2 if kind == "lstm" else 1)
    return jax.lax.scan(lstm if kind == "lstm" else gru, start, given)[0][0]


OWN: dict[str, Callable[..., Any]] = {
    "linear": lambda x, weight, bias=None: x @ weight.T + (0 if bias is None else bias),
    "conv2d": conv2d,
    "cross_entropy": cross_entropy,
    "mse_loss": lambda x, target: ((x - target) ** 2).mean(),
    "softmax": lambda x, dim: jax.nn.softmax(x, dim),
    "log_softmax": lambda x, dim: jax.nn.log_softmax(x, dim),
    "gelu": lambda x, approximate="none": jax.nn.gelu(x, approximate == "tanh"),
    "erf": jax.scipy.special.erf,
    "erfc": jax.scipy.special.erfc,
    "rsqrt": jax.lax.rsqrt,
    "logsumexp": lambda x, dim=None: jax.scipy.special.logsumexp(x, dim),
    "layer_norm": lambda x, normalized_shape, weight=1, bias=0: (
        (x - x.mean(-1, keepdims=True)) * jax.lax.rsqrt(x.var(-1, keepdims=True) + 1e-5) * weight + bias
    ),
    "embedding": lambda index, weight: weight[index],
}
PARAMS = {"dim": "axis", "keepdim": "keepdims"}


class Peer:
    version = jax.__version__

    def __init__(self, threads: int) -> None:
        self.threads = threads  # set in the environment: XLA makes its pool when it starts

    def find(self, name: str) -> Callable[..., Any]:
        if name in OWN:
            return OWN[name]
        for space in (jnp, jax.nn):
            if function := getattr(space, NAMES.get(name, name), None):
                return lambda *args, **params: function(*args, **{PARAMS.get(k, k): v for k, v in params.items()})
        raise Lacks(f"no {name}")

    def setup(self, case: dict[str, Any]) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        if case["kind"] == "network":
            if NETWORKS[case["op"]].stepwise:
                raise Lacks("not written for it")
            return NetworkRun(NETWORKS[case["op"]]).setup()
        if case["kind"] == "optimizer":
            raise Lacks("has none of its own")
        if not case["where"] and case["kind"] == "op":
            raise Lacks("no public op of this name")
        program = PROGRAMS.get(case["op"]) if case["kind"] == "program" else None
        function = functools.partial(program, jnp) if program else self.find(case["op"])
        params = case["params"]
        args = jax.tree.map(lambda a: jnp.asarray(a) if isinstance(a, np.ndarray) else a, list(case["arrays"]))
        leaves, tree = jax.tree.flatten(args)
        is_float = [hasattr(a, "dtype") and jnp.issubdtype(a.dtype, jnp.floating) for a in leaves]
        floats = [a for a, chosen in zip(leaves, is_float) if chosen]

        def compute(values: list[Any]) -> Any:
            rest = iter(values)
            return function(*jax.tree.unflatten(tree, [next(rest) if chosen else a for a, chosen in zip(leaves, is_float)]), **params)

        try:
            y = compute(floats)
        except (TypeError, ValueError, NotImplementedError) as error:
            raise Lacks(f"not in this form: {str(error).splitlines()[0][:80]}") from error
        first = y[0] if isinstance(y, (list, tuple)) else y
        if not case["backward"]:
            step = jax.jit(compute)
            made = step(floats)
            outputs = made
        else:
            g = jnp.asarray(cotangent(first.shape, case["seed"]), first.dtype)

            def both(values: list[Any], g: Any) -> Any:
                def parts(values: list[Any]) -> Any:
                    whole = compute(values)
                    return whole[0] if isinstance(whole, (list, tuple)) else whole, whole

                _, pull, whole = jax.vjp(parts, values, has_aux=True)
                return whole, pull(g)[0]

            jitted = jax.jit(both)
            step = lambda values: jitted(values, g)  # noqa: E731
            outputs = step(floats)
        arrays = [np.asarray(a) for a in jax.tree.leaves(outputs)]
        return loops.forward(lambda values: jax.block_until_ready(step(values)), [floats], {}), arrays


class NetworkRun:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.x, self.target = (jnp.asarray(a) for a in network.data())
        self.step = jax.jit(self.train_step)

    def layer(self, p: dict[str, Any], x: Any, name: str, kind: str, *sizes: Any) -> Any:
        if kind == "linear":
            return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]
        if kind == "conv":
            return conv2d(x, p[f"{name}.weight"], p.get(f"{name}.bias"), sizes[4] if len(sizes) > 4 else 1, sizes[2] // 2)
        if kind == "batch_norm":
            mean, var = (x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)) if self.network.optimizer else (0.0, 1.0)
            return (x - mean) * jax.lax.rsqrt(var + 1e-5) * p[f"{name}.weight"][:, None, None] + p[f"{name}.bias"][:, None, None]
        if kind == "max_pool":
            return max_pool(x, sizes[0])
        if kind == "mean_pool":
            return x.mean((2, 3), keepdims=True)
        if kind == "flatten":
            return x.reshape(len(x), -1)
        if kind in GATES:
            return last_output(kind, x, *(p[f"{name}.{of}_l0"] for of in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))
        if kind == "embedding":
            return p[f"{name}.weight"][x]
        if kind == "positions":
            return x + p[f"{name}.weight"][: x.shape[1]]
        if kind == "layer_norm":
            mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
            return (x - mean) * jax.lax.rsqrt(var + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]
        if kind == "rows":
            return x.reshape(-1, x.shape[-1])
        if kind == "block":
            return self.block(p, x, name, *sizes)
        if kind != "residual":
            return {"relu": jax.nn.relu, "tanh": jnp.tanh}[kind](x)
        parts = dict(residual(*sizes))
        of = lambda x, *names: functools.reduce(lambda x, n: self.layer(p, x, f"{name}.{n}", *parts[n]), names, x)  # noqa: E731
        y = of(jax.nn.relu(of(x, "conv1", "norm1")), "conv2", "norm2")
        return jax.nn.relu(y + (of(x, "shortcut", "norm3") if "shortcut" in parts else x))

    def block(self, p: dict[str, Any], x: Any, name: str, width: int, heads: int) -> Any:
        parts = dict(block(width, heads))
        of = lambda part, x: self.layer(p, x, f"{name}.{part}", *parts[part])  # noqa: E731
        q, k, v = (t.reshape(*x.shape[:2], heads, -1) for t in jnp.split(of("qkv", of("norm1", x)), 3, -1))
        x = x + of("project", jax.nn.dot_product_attention(q, k, v, is_causal=True).reshape(x.shape))
        return x + of("fc2", jax.nn.gelu(of("fc1", of("norm2", x)), approximate=False))

    def forward(self, p: dict[str, Any], x: Any) -> Any:
        for i, layer in enumerate(self.network.layers):
            x = self.layer(p, x, f"{i}", *layer)
        return x

    def loss(self, p: dict[str, Any], x: Any, target: Any) -> Any:
        y = self.forward(p, x)
        return cross_entropy(y, target) if self.network.loss == "cross_entropy" else ((y - target) ** 2).mean()

    def train_step(self, p: dict[str, Any], state: Any, x: Any, target: Any) -> Any:
        loss, grads = jax.value_and_grad(self.loss)(p, x, target)
        kind, lr, *momentum = self.network.optimizer
        m, v, t = state
        if kind == "sgd":
            m = jax.tree.map(lambda a, g: momentum[0] * a + g, m, grads) if momentum else grads
            return jax.tree.map(lambda w, a: w - lr * a, p, m), (m if momentum else state[0], v, t), loss, grads
        m, v, t = (
            jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, grads),
            jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, grads),
            t + 1,
        )
        update = lambda w, a, b: w - lr * (a / (1 - 0.9**t)) / (jnp.sqrt(b / (1 - 0.999**t)) + 1e-8)  # noqa: E731
        return jax.tree.map(update, p, m, v), (m, v, t), loss, grads

    def restart(self) -> None:
        self.p = {k: jnp.asarray(v) for k, v in self.network.parameters().items()}
        zeros = jax.tree.map(jnp.zeros_like, self.p)
        self.state = (zeros, zeros, jnp.float32(0))

    def one(self) -> Any:
        self.p, self.state, loss, grads = self.step(self.p, self.state, self.x, self.target)
        return loss, grads

    def setup(self) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        self.restart()
        if not self.network.optimizer:
            infer = jax.jit(self.forward)
            run = loops.forward(lambda: jax.block_until_ready(infer(self.p, self.x)), [], {})
            return run, [np.asarray(infer(self.p, self.x))]
        loss, grads = self.one()
        losses = [loss, self.one()[0], self.one()[0]]
        names = self.network.parameters()
        return self.train, [np.array(losses, np.float32), *(np.asarray(grads[k]) for k in names)]

    def train(self, n: int) -> dict[str, float]:
        self.restart()
        jax.block_until_ready(self.one())
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(n):
            jax.block_until_ready(self.one()[0])
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
