"""What the tests of modules are run on: for each class of `minigrad.nn` the options that Hypothesis may combine, and its inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

CASES: dict[str, Case] = {}


@dataclass(frozen=True)
class Case:
    inputs: Callable[[np.random.Generator, dict[str, Any]], list[Any]]  # arrays (or None), of a generator and the options
    options: dict[str, st.SearchStrategy]
    modes: tuple[bool, ...]  # the training modes it is called in, one after the other
    gradients: bool


def real(*shape: int) -> Callable[[np.random.Generator], np.ndarray]:
    return lambda rng: rng.standard_normal(shape)


def positive(*shape: int) -> Callable[[np.random.Generator], np.ndarray]:
    return lambda rng: rng.uniform(0.1, 0.9, shape)


def whole(high: int, *shape: int) -> Callable[[np.random.Generator], np.ndarray]:
    return lambda rng: rng.integers(0, high, shape)


def signs(*shape: int) -> Callable[[np.random.Generator], np.ndarray]:
    return lambda rng: rng.choice([-1.0, 1.0], shape)


def add(names: str, *inputs: Any, modes: tuple[bool, ...] = (True, True, False), gradients: bool = True, **options: Any) -> None:
    """Declare cases; an input is a function of the generator, or one of generator and options; an option that is no strategy is one value."""

    def make(rng: np.random.Generator, chosen: dict[str, Any]) -> list[Any]:
        return [f(rng, chosen) if f.__code__.co_argcount == 2 else f(rng) for f in inputs]

    strategies = {k: v if isinstance(v, st.SearchStrategy) else st.just(v) for k, v in options.items()}
    for name in names.split():
        CASES[name] = Case(make, strategies, modes, gradients)


flag = st.booleans()
pick = st.sampled_from
REDUCTION = {"reduction": pick(["none", "mean", "sum"])}
IMAGES = {1: (2, 4, 9), 2: (2, 4, 9, 8), 3: (2, 4, 6, 5, 7)}
WEIGHT = pick([None, np.array([1.0, 2.0, 0.5, 3.0])])


def at(shape: tuple[int, ...]) -> Callable[[np.random.Generator], np.ndarray]:
    return real(*shape)


def places_of_maxima(size: tuple[int, ...]) -> Callable[[np.random.Generator], np.ndarray]:
    """Different places of a grid of twice that size, for 2 samples of 4 channels."""

    def make(rng: np.random.Generator) -> np.ndarray:
        grid, count = int(np.prod(size)) * 2 ** len(size), int(np.prod(size))
        return np.stack([rng.permutation(grid)[:count] for _ in range(8)]).reshape(2, 4, *size)

    return make


def each(low: int, high: int, axes: int) -> st.SearchStrategy:
    """A size for all axes, or one for each."""
    return st.integers(low, high) | st.tuples(*[st.integers(low, high)] * axes)


# ---- activations ----
add("ReLU ReLU6 SiLU SELU Mish Hardswish Hardsigmoid", real(3, 4), inplace=flag)
add("Sigmoid Tanh LogSigmoid Softsign Tanhshrink", real(3, 4))
add("LeakyReLU", real(3, 4), negative_slope=pick([0.01, 0.3]), inplace=flag)
add("Hardtanh", real(3, 4), min_val=pick([-1.0, -0.3]), max_val=pick([0.2, 1.0]), inplace=flag)
add("ELU CELU", real(3, 4), alpha=pick([0.5, 1.0, 2.0]), inplace=flag)
add("GELU", real(3, 4), approximate=pick(["none", "tanh"]))
add("Softplus", real(3, 4), beta=pick([0.5, 1.0, 2.0]), threshold=pick([1.0, 20.0]))
add("Softmax LogSoftmax Softmin", real(3, 4, 2), dim=pick([0, 1, -1]))
add("Softmax2d", real(2, 3, 4, 5))
add("GLU", real(4, 6, 2), dim=pick([0, 1, -1]))
add("Hardshrink Softshrink", real(3, 4), lambd=pick([0.2, 0.5]))
add("Threshold", real(3, 4), threshold=pick([-0.3, 0.4]), value=pick([-2.0, 20.0]), inplace=flag)
add("RReLU", real(3, 4), modes=(False,), lower=pick([0.125, 0.2]), upper=pick([0.3, 0.5]), inplace=flag)
add("PReLU", real(3, 4, 5), num_parameters=pick([1, 4]), init=pick([0.25, 0.5]))

# ---- linear ----
add("Identity", real(3, 4))
add("Linear", real(2, 4, 5), in_features=5, out_features=pick([1, 3]), bias=flag)
add("Bilinear", real(2, 3, 5), real(2, 3, 4), in1_features=5, in2_features=4, out_features=pick([1, 3]), bias=flag)
add("Flatten", real(2, 3, 4, 5), start_dim=pick([0, 1, 2]), end_dim=pick([2, 3, -1]))
add("Unflatten", real(3, 6), dim=pick([1, -1]), unflattened_size=pick([(2, 3), (2, -1), (3, 2, 1)]))
add("LazyLinear", real(2, 4, 5), out_features=3, bias=flag)

# ---- embeddings ----
add("Embedding", whole(7, 3, 4), num_embeddings=7, embedding_dim=3, padding_idx=pick([None, 2, -1]), max_norm=pick([None, 1.0]),
    norm_type=pick([1.0, 2.0]), scale_grad_by_freq=flag)  # fmt: skip
add("EmbeddingBag", whole(7, 10), lambda rng, options: np.array([0, 3, 3, 10 if options["include_last_offset"] else 8]), num_embeddings=7, embedding_dim=3, mode=pick(["sum", "mean", "max"]),
    include_last_offset=flag, padding_idx=pick([None, 2]), max_norm=pick([None, 1.0]))  # fmt: skip

# ---- windows ----
for n in (1, 2, 3):
    shape = IMAGES[n]
    convolution = {"in_channels": 4, "out_channels": pick([2, 6]), "kernel_size": each(1, 3, n), "groups": pick([1, 2]), "bias": flag}
    modes = pick(["zeros", "reflect", "replicate", "circular"])
    add(f"Conv{n}d", at(shape), **convolution, stride=each(1, 2, n), padding=each(0, 2, n), dilation=each(1, 2, n), padding_mode=modes)
    add(
        f"ConvTranspose{n}d",
        at(shape),
        **convolution,
        stride=each(2, 3, n),
        padding=each(0, 1, n),
        output_padding=each(0, 1, n),
        dilation=each(1, 2, n),
    )
    lazy = {**convolution, "stride": each(1, 2, n)}
    del lazy["in_channels"]
    add(f"LazyConv{n}d LazyConvTranspose{n}d", at(shape), **lazy)

    pools = {"kernel_size": each(2, 3, n), "stride": st.none() | each(1, 3, n), "padding": each(0, 1, n), "ceil_mode": flag}
    add(f"MaxPool{n}d", at(shape), **pools, dilation=each(1, 2, n), return_indices=flag)
    add(f"AvgPool{n}d", at(shape), **pools, count_include_pad=flag, **({"divisor_override": pick([None, 3])} if n > 1 else {}))
    add(f"LPPool{n}d", positive(*shape), kernel_size=each(2, 3, n) if n > 1 else st.integers(2, 3), stride=pick([None, 1, 3]),
        norm_type=pick([1, 2, 3.0]), ceil_mode=flag)  # fmt: skip
    sizes = (st.none() | st.integers(1, 5)) if n > 1 else st.integers(1, 5)
    add(f"AdaptiveAvgPool{n}d", at(shape), output_size=st.integers(1, 5) | st.tuples(*[sizes] * n))
    add(f"AdaptiveMaxPool{n}d", at(shape), output_size=st.integers(1, 5) | st.tuples(*[sizes] * n), return_indices=flag)
    halves = tuple(s // 2 for s in shape[2:])
    add(f"MaxUnpool{n}d", at((2, 4, *halves)), places_of_maxima(halves), kernel_size=2, stride=pick([None, 2]))
    if n > 1:
        add(f"FractionalMaxPool{n}d", at(shape), kernel_size=each(1, 2, n), output_size=st.integers(2, 3), return_indices=flag,
            _random_samples=np.random.default_rng(0).random((2, 4, n)))  # fmt: skip
    low = st.integers(0, 3)
    sides = low | st.tuples(*[low] * 2 * n)
    add(f"ReflectionPad{n}d ReplicationPad{n}d CircularPad{n}d", at(shape), padding=sides)
    add(f"ZeroPad{n}d", at(shape), padding=sides | st.integers(-1, 0))
    add(f"ConstantPad{n}d", at(shape), padding=sides | st.integers(-1, 0), value=pick([0.0, 3.5]))
    if n < 4:
        statistics = {"eps": pick([1e-5, 0.1]), "momentum": pick([0.1, 0.7]), "affine": flag, "track_running_stats": flag}
        add(f"BatchNorm{n}d", at(shape), num_features=4, **{**statistics, "momentum": pick([None, 0.1, 0.7])}, bias=flag)
        add(f"InstanceNorm{n}d", at(shape), num_features=4, **statistics, bias=flag)
        add(f"LazyBatchNorm{n}d LazyInstanceNorm{n}d", at(shape), **statistics)

add("Unfold", real(2, 3, 6, 7), kernel_size=each(1, 3, 2), dilation=each(1, 2, 2), padding=each(0, 1, 2), stride=each(1, 2, 2))
add("Fold", real(2, 12, 20), output_size=(5, 6), kernel_size=2)
add("Upsample", real(2, 3, 4, 5), scale_factor=pick([2, 1.5, (2.0, 0.5)]), mode=pick(["nearest", "bilinear", "bicubic"]))
add("UpsamplingNearest2d UpsamplingBilinear2d", real(2, 3, 4, 5), size=pick([7, (3, 9)]))
add("PixelShuffle", real(2, 8, 3, 4), upscale_factor=pick([1, 2]))
add("PixelUnshuffle", real(2, 3, 4, 6), downscale_factor=pick([1, 2]))
add("ChannelShuffle", real(2, 6, 3, 4), groups=pick([1, 2, 3]))

# ---- normalisation ----
add("LayerNorm", real(2, 3, 6), normalized_shape=pick([6, (6,), (3, 6)]), eps=pick([1e-5, 0.1]), elementwise_affine=flag, bias=flag)
add("RMSNorm", real(2, 3, 6), normalized_shape=pick([6, (6,), (3, 6)]), eps=pick([None, 0.1]), elementwise_affine=flag)
add("GroupNorm", real(3, 6, 4, 5), num_groups=pick([1, 2, 3, 6]), num_channels=6, eps=pick([1e-5, 0.1]), affine=flag, bias=flag)
add(
    "LocalResponseNorm",
    real(2, 5, 3, 4),
    size=pick([1, 2, 3]),
    alpha=pick([1e-4, 0.5]),
    beta=pick([0.5, 0.75]),
    k=pick([1.0, 2.0]),
)

# ---- dropout ----
add("Dropout AlphaDropout", real(3, 4), modes=(False,), p=pick([0.0, 0.5, 1.0]), inplace=flag)
for n in (1, 2, 3):
    add(f"Dropout{n}d", at(IMAGES[n]), modes=(False,), p=pick([0.0, 0.5]), inplace=flag)
add("FeatureAlphaDropout", real(2, 3, 4), modes=(False,), p=pick([0.0, 0.5]), inplace=flag)

# ---- distances and losses ----
add("CosineSimilarity", real(3, 4), real(3, 4), dim=pick([0, 1, -1]), eps=pick([1e-8, 1e-4]))
add("PairwiseDistance", real(3, 4), real(3, 4), p=pick([1.0, 2.0, 3.0]), eps=pick([1e-6, 0.1]), keepdim=flag)
add("MSELoss L1Loss", real(6, 4), real(6, 4), **REDUCTION)
add("SmoothL1Loss", real(6, 4), real(6, 4), beta=pick([0.5, 1.0]), **REDUCTION)
add("HuberLoss", real(6, 4), real(6, 4), delta=pick([0.5, 1.0]), **REDUCTION)
add("KLDivLoss", real(6, 4), positive(6, 4), reduction=pick(["none", "batchmean", "sum"]), log_target=flag)
add("BCELoss", positive(6, 4), positive(6, 4), weight=WEIGHT, **REDUCTION)
add("BCEWithLogitsLoss", real(6, 4), positive(6, 4), weight=WEIGHT, pos_weight=WEIGHT, **REDUCTION)
CLASSES = {"weight": WEIGHT, "ignore_index": pick([-100, 1]), **REDUCTION}
add("CrossEntropyLoss", real(6, 4), whole(4, 6), label_smoothing=pick([0.0, 0.1]), **CLASSES)
add("NLLLoss", real(6, 4), whole(4, 6), **CLASSES)
add("NLLLoss2d", real(2, 4, 3, 2), whole(4, 2, 3, 2), **CLASSES)
add(
    "LinearCrossEntropyLoss",
    real(6, 5),
    whole(4, 6),
    in_features=5,
    num_classes=4,
    bias=flag,
    weight=WEIGHT,
    label_smoothing=pick([0.0, 0.1]),
    **REDUCTION,
)
add("SoftMarginLoss", real(6, 4), signs(6, 4), **REDUCTION)
add("HingeEmbeddingLoss", positive(6, 4), signs(6, 4), margin=pick([0.5, 1.0]), **REDUCTION)
add("CosineEmbeddingLoss", real(6, 4), real(6, 4), signs(6), margin=pick([0.0, 0.3]), **REDUCTION)
add("MarginRankingLoss", real(6), real(6), signs(6), margin=pick([0.0, 0.3]), **REDUCTION)
add("TripletMarginLoss", real(6, 4), real(6, 4), real(6, 4), margin=pick([0.5, 2.0]), p=pick([1.0, 2.0]), swap=flag, **REDUCTION)
add("TripletMarginWithDistanceLoss", real(6, 4), real(6, 4), real(6, 4), margin=pick([0.5, 2.0]), swap=flag, **REDUCTION)
add("PoissonNLLLoss", positive(6, 4), positive(6, 4), log_input=flag, full=flag, **REDUCTION)
add("GaussianNLLLoss", real(6, 4), real(6, 4), positive(6, 4), full=flag, **REDUCTION)
add("MultiLabelMarginLoss", real(3, 4), lambda rng: np.array([[3, 0, -1, 1], [-1, 1, 2, 3], [0, 1, 2, 3]]), **REDUCTION)
add("MultiLabelSoftMarginLoss", real(6, 4), positive(6, 4), weight=WEIGHT, **REDUCTION)
add("MultiMarginLoss", real(6, 4), whole(4, 6), p=pick([1, 2]), margin=pick([0.5, 1.0]), weight=WEIGHT, **REDUCTION)
add("CTCLoss", real(7, 3, 5), lambda rng: rng.integers(1, 5, (3, 4)),
    lambda rng: np.array([7, 5, 6]), lambda rng: np.array([4, 2, 3]), zero_infinity=flag, **REDUCTION)  # fmt: skip
add(
    "AdaptiveLogSoftmaxWithLoss",
    real(9, 8),
    whole(12, 9),
    in_features=8,
    n_classes=12,
    cutoffs=pick([[3], [2, 5, 9]]),
    div_value=pick([2.0, 4.0]),
    head_bias=flag,
)

# What has tests of its own, by the file that holds them.
ELSEWHERE = {
    "test_nn.py": "Module Parameter Sequential ModuleList ModuleDict ParameterList",
    "test_modules.py": "Buffer ParameterDict UninitializedBuffer UninitializedParameter",
    "test_rnn.py": "RNN LSTM GRU RNNBase RNNCell LSTMCell GRUCell RNNCellBase",
    "test_transformer.py": "MultiheadAttention Transformer TransformerEncoder TransformerEncoderLayer TransformerDecoder TransformerDecoderLayer",
}
