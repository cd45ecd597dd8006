"""What is measured of the ops. The list of ops is the registry's: each one with its own first sample, forward and, where it has a
gradient, forward and backward; where a rule below says how its sample grows, at a size that matters too. Then the named figures.

A new op needs nothing here. To see it at a larger size give it a line in LARGER; elementwise ops and reductions grow by themselves.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import minigrad
from benchmarks.networks import NETWORKS
from minigrad.registry import OPS, Draw, Op, Sample
from minigrad.testing import tensors_of

minigrad.ops.load()


@dataclass(frozen=True)
class Case:
    name: str
    op: str  # name in the registry, of a program, an optimizer or a network
    kind: str = "op"  # or "program", "optimizer", "network"
    family: str = ""  # for summaries
    where: tuple[str, ...] = ()
    arrays: tuple[Any, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    backward: bool = False
    flops: float | None = None
    bytes: float | None = None
    goals: dict[str, float] = field(default_factory=dict)  # by peer: least ratio of its time to ours, one thread
    scales: float | None = None  # least gain of two threads over one
    exact: bool = True  # False: random, only the shapes are compared
    tolerance: float = 1e-4  # relative to the largest value: float32, sums in any order
    seed: int = 0

    def message(self) -> dict[str, Any]:
        """What a worker has to know."""
        names = ("op", "kind", "arrays", "params", "backward", "seed")
        return {n: getattr(self, n) for n in names} | {
            "where": sorted(self.where, key=["F", "mg", "Tensor", "linalg", "special", "fft"].index)
        }


LARGE = (512, 512)  # a megabyte of float32: more than an L1 cache, and less than an L2 in most machines

Rule = Callable[[Draw], list[Sample]]

# Larger samples of ops whose shapes hang together; convolutions and matmul are among the figures below.
LARGER: dict[str, Rule] = {
    "linear": lambda r: [Sample(r(64, 784), r(128, 784), r(128), id="64x784x128")],
    "bmm": lambda r: [Sample(r(32, 64, 48), r(32, 48, 80), id="32x(64x48x80)")],
    "softmax": lambda r: [Sample(r(1024, 128), id="1024x128", dim=1), Sample(r(64, 10), id="64x10", dim=1)],
    "log_softmax": lambda r: [Sample(r(1024, 128), id="1024x128", dim=1)],
    "cross_entropy": lambda r: [
        Sample(r(64, 10), r.ints(0, 10, 64), id="64x10"),
        Sample(r(512, 1000), r.ints(0, 1000, 512), id="512x1000"),
    ],
    "nll_loss": lambda r: [Sample(r(512, 1000), r.ints(0, 1000, 512), id="512x1000")],
    "layer_norm": lambda r: [Sample(r(512, 256), id="512x256", normalized_shape=(256,), weight=r(256), bias=r(256))],
    "batch_norm": lambda r: [Sample(r(64, 32, 14, 14), None, None, r(32), r(32), id="64x32x14x14", training=True)],
    "group_norm": lambda r: [Sample(r(16, 32, 14, 14), id="16x32x14x14", num_groups=4)],
    "max_pool2d": lambda r: [Sample(r.distinct(64, 16, 28, 28), id="64x16x28x28", kernel_size=2)],
    "avg_pool2d": lambda r: [Sample(r(64, 16, 28, 28), id="64x16x28x28", kernel_size=2)],
    "adaptive_avg_pool2d": lambda r: [Sample(r(64, 64, 7, 7), id="64x64x7x7", output_size=(1, 1))],
    "max_pool3d": lambda r: [Sample(r.distinct(4, 16, 8, 28, 28), id="4x16x8x28x28", kernel_size=2)],
    "interpolate": lambda r: [
        Sample(r(8, 16, 56, 56), id="nearest 8x16x56x56", scale_factor=2),
        Sample(r(8, 16, 56, 56), id="bilinear 8x16x56x56", scale_factor=2, mode="bilinear"),
        Sample(r(1, 3, 512, 384), id="bicubic 3x512x384", size=(224, 224), mode="bicubic", antialias=True),
    ],
    "grid_sample": lambda r: [Sample(r(8, 16, 56, 56), r.between(-1, 1, 8, 56, 56, 2), id="8x16x56x56", align_corners=False)],
    "pixel_shuffle": lambda r: [Sample(r(8, 64, 28, 28), id="8x64x28x28", upscale_factor=2)],
    "scaled_dot_product_attention": lambda r: [
        Sample(*(r(16, 64, 4, 32).transpose(0, 2, 1, 3) for _ in "qkv"), id="16x4x64x32 causal", is_causal=True),
        Sample(*(r(8, 128, 8, 64).transpose(0, 2, 1, 3) for _ in "qkv"), id="8x8x128x64"),
        Sample(*(r(1, 1024, 4, 64).transpose(0, 2, 1, 3) for _ in "qkv"), id="1x4x1024x64 causal", is_causal=True),
        Sample(r(1, 8, 1, 64), r(1, 8, 512, 64), r(1, 8, 512, 64), id="1x8x512x64 one query"),
    ],
    "embedding": lambda r: [Sample(r.ints(0, 10000, 64, 64), r(10000, 64), id="64x64 of 10000x64")],
    "clone": lambda r: [Sample(r(512, 512), id="512x512"), Sample(r(4096, 2048), id="4096x2048")],
    "var": lambda r: [Sample(r(512, 512), id="512x512 rows", dim=1), Sample(r(512, 512), id="512x512 columns", dim=0)],
    "index_select": lambda r: [Sample(r(5000, 64), id="2048 of 5000x64", dim=0, index=r.ints(0, 5000, 2048))],
    "gather": lambda r: [Sample(r(512, 512), id="512x512", dim=1, index=r.ints(0, 512, 512, 512))],
    "contiguous": lambda r: [Sample(r(1024, 768).T, id="transposed 768x1024")],
    "flip": lambda r: [Sample(r(512, 512), id="512x512", dims=(1,))],
    "roll": lambda r: [Sample(r(512, 512), id="512x512", shifts=5, dims=1)],
    "repeat": lambda r: [Sample(r(128, 256), id="128x256", sizes=(2, 4))],
    "scatter_add": lambda r: [Sample(r(512, 512), id="512x512", dim=1, index=r.ints(0, 512, 512, 512), src=r(512, 512))],
    "index_add": lambda r: [Sample(r(5000, 64), id="2048 of 5000x64", dim=0, index=r.ints(0, 5000, 2048), source=r(2048, 64))],
    "masked_select": lambda r: [Sample(r(512, 512), id="512x512", mask=r.bools(512, 512))],
    "masked_fill": lambda r: [Sample(r(512, 512), id="512x512", mask=r.bools(512, 512), value=0.5)],
    "nonzero": lambda r: [Sample(r.bools(512, 512).astype(float), id="512x512")],
    "take": lambda r: [Sample(r(512, 512), id="512x512", index=r.ints(0, 512 * 512, 100, 200))],
    "sort": lambda r: [Sample(r.distinct(512, 512), id="512x512"), Sample(r.distinct(100_000), id="100000")],
    "argsort": lambda r: [Sample(r.distinct(512, 512), id="512x512")],
    "topk": lambda r: [Sample(r.distinct(512, 1000), id="10 of 512x1000", k=10)],
    "cumprod": lambda r: [Sample(np.exp(r(512, 512) / 100), id="512x512", dim=1)],
    "cummax": lambda r: [Sample(r.distinct(512, 512), id="512x512", dim=1)],
    "one_hot": lambda r: [Sample(r.ints(0, 100, 4096), id="4096 of 100", num_classes=100)],
    "embedding_bag": lambda r: [Sample(r.ints(0, 10000, 128, 32), r(10000, 64), id="128x32 of 10000x64", mode="sum")],
    "adaptive_max_pool2d": lambda r: [Sample(r.distinct(16, 32, 28, 28), id="16x32x28x28", output_size=(5, 5))],
    "instance_norm": lambda r: [Sample(r(16, 32, 14, 14), id="16x32x14x14")],
    "rms_norm": lambda r: [Sample(r(512, 256), id="512x256", normalized_shape=(256,), weight=r(256))],
    "cat": lambda r: [Sample([r(256, 512), r(128, 512), r(128, 512)], id="512x512", dim=0)],
    "stack": lambda r: [Sample([r(128, 512), r(128, 512)], id="2x128x512", dim=1)],
    "cumsum": lambda r: [Sample(r(512, 512), id="512x512", dim=1)],
    "pad": lambda r: [Sample(r(64, 16, 28, 28), id="64x16x28x28", pad=(2, 1, 1, 2))],
    "unfold": lambda r: [Sample(r(16, 16, 28, 28), id="16x16x28x28", kernel_size=(3, 3), padding=(1, 1))],
    "dropout": lambda r: [Sample(r(512, 512), id="512x512", p=0.5)],
    "mse_loss": lambda r: [Sample(r(512, 512), r(512, 512), id="512x512")],
    "binary_cross_entropy_with_logits": lambda r: [Sample(r(512, 512), r.between(0, 1, 512, 512), id="512x512")],
}
RANDOM = {"dropout"}
# Goals of the larger samples.
LEVEL = {"torch": 1.0}
GOALS: dict[str, dict[str, float]] = {
    **dict.fromkeys(("softmax", "log_softmax", "cross_entropy", "layer_norm", "embedding", "scaled_dot_product_attention"), LEVEL),
    **dict.fromkeys(("sum", "mean", "amax", "amin", "argmax", "var", "logsumexp"), LEVEL),
    **dict.fromkeys(("cat", "stack", "clone", "contiguous", "index_select", "gather", "scatter_add", "sort", "topk", "cumsum"), LEVEL),
    **dict.fromkeys(("nll_loss", "batch_norm", "max_pool2d", "avg_pool2d"), LEVEL),
    "gelu": LEVEL | {"jax": 1 / 1.5},
}

GEMM_SQUARE = (64, 96, 128, 192, 256, 384, 512, 768, 1024)
GEMM_SKINNY = (
    (1, 784, 128), (1, 1024, 1024), (1024, 1024, 1), (1024, 1, 1024), (64, 784, 128), (64, 128, 64), (64, 64, 32), (64, 32, 10),
    (32, 2, 16), (32, 16, 16), (16, 1024, 16), (1024, 16, 1024), (4096, 64, 64), (8, 512, 512),
)  # fmt: skip
# batch, input channels, output channels, side, kernel, stride
CONV = (
    (16, 32, 32, 28, 3, 1), (16, 32, 64, 14, 3, 1), (16, 64, 64, 28, 3, 1), (16, 64, 64, 14, 3, 1), (8, 128, 128, 14, 3, 1),
    (64, 32, 64, 7, 3, 1), (8, 256, 256, 7, 3, 1), (16, 32, 64, 28, 3, 2), (64, 1, 16, 28, 5, 1), (64, 16, 32, 14, 3, 1), (16, 64, 64, 28, 1, 1),
)  # fmt: skip
# kind, op, shape of the input, shape of the filters, the rest
CONV_KINDS: tuple[tuple[str, str, tuple[int, ...], tuple[int, ...], dict[str, Any]], ...] = (
    ("1x1", "conv2d", (32, 64, 56, 56), (256, 64, 1, 1), {}),
    ("1x1", "conv2d", (16, 256, 14, 14), (64, 256, 1, 1), {}),
    ("1x1 stride 2", "conv2d", (32, 64, 56, 56), (128, 64, 1, 1), {"stride": 2}),
    ("depthwise 3x3", "conv2d", (16, 32, 56, 56), (32, 1, 3, 3), {"padding": 1, "groups": 32}),
    ("depthwise 3x3", "conv2d", (16, 128, 14, 14), (128, 1, 3, 3), {"padding": 1, "groups": 128}),
    ("depthwise 3x3 stride 2", "conv2d", (16, 32, 56, 56), (32, 1, 3, 3), {"stride": 2, "padding": 1, "groups": 32}),
    ("depthwise 5x5 dilation 2", "conv2d", (16, 32, 28, 28), (32, 1, 5, 5), {"padding": 4, "dilation": 2, "groups": 32}),
    ("depthwise 3x3 multiplier 2", "conv2d", (16, 32, 28, 28), (64, 1, 3, 3), {"padding": 1, "groups": 32}),
    ("3x3 groups 4", "conv2d", (16, 64, 28, 28), (64, 16, 3, 3), {"padding": 1, "groups": 4}),
    ("3x3 dilation 2", "conv2d", (16, 32, 28, 28), (32, 32, 3, 3), {"padding": 2, "dilation": 2}),
    ("k5", "conv1d", (16, 64, 512), (128, 64, 5), {"padding": 2}),
    ("3x3x3", "conv3d", (4, 16, 8, 28, 28), (32, 16, 3, 3, 3), {"padding": 1}),
    ("4x4 stride 2", "conv_transpose2d", (8, 32, 28, 28), (32, 16, 4, 4), {"stride": 2, "padding": 1}),
)


def as_float32(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float32)
    if isinstance(value, (list, tuple)):
        return type(value)(as_float32(v) for v in value)
    if isinstance(value, dict):
        return {k: as_float32(v) for k, v in value.items()}
    return value


def shape_text(*shape: int) -> str:
    return "x".join(map(str, shape)) or "scalar"


def fits(op: Op, sample: Sample) -> bool:
    """Whether the sample names all that a call needs: samples of internal ops may leave to the tests what they try."""
    try:
        inspect.signature(op.ref).bind(*sample.arrays, **sample.params)
    except TypeError:
        return False
    return True


def larger(op: Op, first: Sample) -> list[Sample]:
    """The op at a size that matters, or nothing if only its author could know how."""
    if op.name in LARGER:
        return LARGER[op.name](Draw(1))
    arrays = first.arrays
    alike = all(isinstance(a, np.ndarray) and a.ndim == 2 and a.shape == arrays[0].shape for a in arrays)
    if op.family == "reduction" and alike:
        grown = np.resize(arrays[0], LARGE)
        sizes = shape_text(*LARGE)
        kept = {k: v for k, v in first.params.items() if k != "dim"}
        dims: dict[str, Any] = {"all": {}, "rows": {"dim": 1}, "columns": {"dim": 0}}
        if op.name == "prod":  # of a quarter of a million factors nothing would be left to compare
            grown = np.exp(grown / 100)
            del dims["all"]
        return [Sample(grown, id=f"{sizes} {name}", **kept, **dim) for name, dim in dims.items()]
    if op.ref.__module__.endswith((".elementwise", ".activation")) and (op.family == "elementwise" or not first.params) and alike:
        # The same values again and again: whatever the domain of the op, they are inside.
        return [Sample(*(np.resize(a, LARGE) for a in arrays), id=shape_text(*LARGE), **first.params)]
    return []


def both_ways(name: str, op: str, arrays: tuple[Any, ...], params: dict[str, Any], forward: bool = True, **more: Any) -> Iterator[Case]:
    common = dict(
        family=OPS[op].ref.__module__.rpartition(".")[2], where=OPS[op].where, arrays=as_float32(arrays), params=as_float32(params)
    )
    flops = more.pop("flops", None)
    if forward:
        yield Case(f"{name} forward", op, **common, flops=flops, **more)
    # The gradients of a product are two more products.
    yield Case(f"{name} forward+backward", op, **common, backward=True, flops=flops and 3 * flops, **more)


def registry_cases() -> Iterator[Case]:
    for op in OPS.values():
        first = next((s for s in op.samples(Draw(0)) if fits(op, s)), None)
        if first is None:
            continue
        for sample in [first, *(s for s in larger(op, first) if fits(op, s))]:
            extra: dict[str, Any] = {}
            if op.cost is not None and op.family == "general":
                work = op.work(sample, op.function(*tensors_of(sample.arrays), **tensors_of(sample.params)))
                extra = {"flops": (work and work.flops) or None}
            if sample is not first:
                extra["goals"] = GOALS.get(op.name, {})
            name = f"{op.name} {sample.id or 'sample'}"
            yield from both_ways(name, op.name, sample.arrays, sample.params, exact=op.name not in RANDOM or sample is first, **extra)


def figure_cases() -> Iterator[Case]:
    """What the project has promised, and what belongs beside it."""
    r = Draw(7)
    for op in ("add", "mul", "relu"):
        for shape in ((16,), (16, 16)):
            arrays = tuple(r(*shape) for _ in OPS[op].arrays)
            forward, backward = both_ways(f"{op} {shape_text(*shape)}", op, arrays, {})
            yield forward
            yield replace(backward, goals={"torch": 20})
    for m, k, n in [(n, n, n) for n in GEMM_SQUARE] + list(GEMM_SKINNY):
        forward, backward = both_ways(f"matmul {m}x{k}x{n}", "matmul", (r(m, k), r(k, n)), {}, flops=2 * m * k * n)
        yield replace(forward, goals={"torch": 1.0, "numpy": 0.98}, scales=1.8 if m == k == n and n >= 256 else None)
        if (m, k, n) in ((64, 64, 64), (64, 784, 128), (512, 512, 512)):
            yield backward
    for name, a, b in (("AT B", r(256, 192).T, r(256, 320)), ("A BT", r(192, 256), r(320, 256).T)):
        yield next(both_ways(f"matmul {name} 192x256x320", "matmul", (a, b), {}, flops=2 * 192 * 256 * 320))
    for n, c, o, side, k, stride in CONV:
        name = f"conv2d {k}x{k}{'' if stride == 1 else f' stride {stride}'}, {n}x{c}x{side}x{side} to {o}"
        arrays = (r(n, c, side, side), r(o, c, k, k) * (c * k * k) ** -0.5, r(o))
        out = (side + 2 * (k // 2) - k) // stride + 1
        params = {"stride": stride, "padding": k // 2}
        fast = k == 3 and c >= 32 and stride == 1
        forward, backward = both_ways(name, "conv2d", arrays, params, flops=2 * n * o * out * out * c * k * k)
        yield replace(forward, goals={"torch": 1.9 if fast else 0.95})
        yield replace(backward, goals={"torch": 1.5 if fast else 0.95}, scales=1.8 if fast and side == 28 else None)
    for kind, op, image, kernel, params in CONV_KINDS:
        transposed = op.startswith("conv_transpose")
        outputs, taps = kernel[1] if transposed else kernel[0], int(np.prod(kernel[2:]))
        arrays = (r(*image), r(*kernel) * (kernel[transposed ^ 1] * taps) ** -0.5, r(outputs))
        stride, padding, dilation = (params.get(name, default) for name, default in (("stride", 1), ("padding", 0), ("dilation", 1)))
        pixels = (
            image[2:] if transposed else [(m + 2 * padding - dilation * (t - 1) - 1) // stride + 1 for m, t in zip(image[2:], kernel[2:])]
        )
        flops = 2 * image[0] * kernel[0] * kernel[1] * taps * int(np.prod(pixels))
        for case in both_ways(f"{op} {kind}, {shape_text(*image)} to {outputs}", op, arrays, params, flops=flops):
            yield replace(case, goals=LEVEL)
    for name, arrays, goals in (
        ("tanh chain", [r(1000000) for _ in range(3)], {"jax": 1 / 1.5}),
        ("transposed copy", [r(512, 768)], LEVEL),
    ):
        common: dict[str, Any] = {"kind": "program", "family": "program", "arrays": as_float32(tuple(arrays)), "goals": goals}
        yield Case(f"{name} {shape_text(*arrays[0].shape)} forward", name, **common)
        yield Case(f"{name} {shape_text(*arrays[0].shape)} forward+backward", name, backward=True, **common)
    weights = as_float32(tuple(r(100, 100) for _ in range(100)))
    for name, params in (
        ("Adam", {}),
        ("Adam", {"fused": True}),
        ("AdamW", {}),
        ("SGD", {"momentum": 0.9}),
        ("RMSprop", {}),
        ("NAdam", {}),
    ):
        common = {"kind": "optimizer", "family": "optimizer", "arrays": weights, "goals": LEVEL}
        kind = "fused " if "fused" in params else ""
        yield Case(f"{kind}{name}, 100 tensors of 100x100", name, params=params | {"lr": 1e-3}, **common)


def replace(case: Case, **changes: Any) -> Case:
    return Case(**{**case.__dict__, **changes})


def network_cases() -> Iterator[Case]:
    for n in NETWORKS.values():
        common: dict[str, Any] = {"kind": "network", "family": "network", "backward": bool(n.optimizer), "tolerance": n.tolerance}
        yield Case(n.name, n.name, flops=n.flops, goals=n.goals, scales=n.scales, **common)


def select(words: list[str], ops: bool, networks: bool, figures: bool) -> list[Case]:
    """Cases whose names contain one of the words; a word that is the whole name of an op means that op alone."""
    chosen = [
        *(figure_cases() if ops or figures else ()),
        *(network_cases() if networks or figures else ()),
        *(registry_cases() if ops or figures else ()),
    ]
    if figures:
        chosen = [c for c in chosen if c.goals or c.kind == "network"]
    unique = {case.name: case for case in reversed(chosen)}  # the figures come first and win
    cases = list(reversed(unique.values()))
    if words:
        cases = [c for c in cases if any(c.op == w if w in OPS else w in c.name for w in words)]
    return cases
