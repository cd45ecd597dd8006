"""No op without its proof: what is missing fails here by the name of the op."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.registry import OPS, Draw, Op, Sample
from minigrad.testing.samples import differentiable, tensors_of

ROOT = Path(__file__).resolve().parents[1]

# Composites that nothing else computes: neither an oracle nor PyTorch has them under their name. Where they are tested instead.
TESTED_ELSEWHERE = {"_einsum": "test_einsum, against NumPy and PyTorch, as `einsum`"}

# Functions that are no ops: they take no tensor to compute with, or say something about one.
NOT_OPS = {
    "creation": "arange as_tensor asarray frombuffer empty empty_like empty_strided eye from_dlpack from_numpy full full_like linspace logspace ones ones_like "
    "scalar_tensor tensor tril_indices triu_indices zeros zeros_like complex polar "
    "bartlett_window blackman_window hamming_window hann_window kaiser_window "
    "new_empty new_full new_ones new_tensor new_zeros",
    "random": "bernoulli binomial multinomial normal poisson rand rand_like randint randint_like randn randn_like randperm "
    "bernoulli_ cauchy_ exponential_ geometric_ log_normal_ normal_ random_ uniform_ "
    "get_rng_state initial_seed manual_seed seed set_rng_state",
    "settings, files": "get_default_dtype get_num_threads is_grad_enabled set_default_dtype set_num_threads load save "
    "get_default_device set_default_device set_default_tensor_type set_printoptions " + " ".join(mg.settings.__all__),
    "dtypes and shapes": "fftfreq rfftfreq broadcast_shapes promote_types result_type can_cast",
    "an equation comes first": "einsum",
    "a function comes first": "vmap",
    "memory": "resize_ resize_as_ set_ untyped_storage",
    "properties": "data_ptr dim element_size is_complex is_contiguous is_floating_point is_inference ndimension nelement numel size storage_offset "
    "stride type",
    "to and from": "cuda get_device pin_memory share_memory_ bool cdouble cfloat byte char cpu double float half bfloat16 int long short to to_device type_as item numpy tolist copy_ detach detach_",
    "the graph": "backward register_hook register_post_accumulate_grad_hook requires_grad_ retain_grad",
    "in place, or with arguments in another order": "fill_ fill_diagonal_ zero_ where",
}


def places() -> list[tuple[str, object]]:
    found = [("mg", mg), ("Tensor", mg.Tensor), ("F", mg.nn.functional), ("linalg", mg.linalg), ("special", mg.special)]
    return [*found, ("fft", mg.fft)] if importlib.util.find_spec("minigrad.fft") else found


def test_every_function_is_an_op():
    """Or the in-place variant of one, or says above why not."""
    exempt = {name for names in NOT_OPS.values() for name in names.split()}
    unknown = []
    for place, namespace in places():
        for name in dir(namespace):
            function = getattr(namespace, name)
            if name.startswith("_") or not callable(function) or isinstance(function, type) or getattr(function, "op", None) is not None:
                continue
            if not (name.endswith("_") and getattr(getattr(namespace, name[:-1], None), "op", None)) and name not in exempt:
                unknown.append(f"{place}.{name}")
    assert not unknown, f"not in the registry: {unknown}"


@functools.cache
def torch_names() -> set[str]:
    """Ops that test_torch_ops compares, if PyTorch is here; else all."""
    try:
        import torch
    except ImportError:
        return set(OPS)
    peers = {
        "mg": torch,
        "Tensor": torch.Tensor,
        "F": torch.nn.functional,
        "linalg": torch.linalg,
        "special": torch.special,
        "fft": torch.fft,
    }
    return {
        op.name for op in OPS.values() for place in op.where if callable(getattr(peers[place], op.name.removeprefix(f"{place}_"), None))
    }


def leaves(op: Op, sample) -> tuple[list, dict]:
    names = differentiable(op)
    arrays = [tensors_of(a, "float64", requires_grad=n in names) for n, a in zip(op.arrays, sample.arrays, strict=False)]
    arrays += [tensors_of(a, "float64") for a in sample.arrays[len(op.arrays) :]]
    return arrays, {k: tensors_of(v, "float64") for k, v in sample.params.items()}


def floats(value) -> list:
    value = value if isinstance(value, (tuple, list)) else (value,)
    return [y for y in value if isinstance(y, mg.Tensor) and y.is_floating_point()]


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_op_has_its_proof(op):
    """Documentation and its example are test_registry's; that the checks hold, test_forward's, test_gradients' and so on."""
    missing = []
    if op.family == "composite" and op.oracle is None and op.name not in TESTED_ELSEWHERE and op.name not in torch_names():
        missing.append("a value to compare with: an oracle, or PyTorch's op of that name")
    if len(op.arrays) > 1 and op.where and not op.errors:
        missing.append("an error sample: it takes several arrays, which have to fit one another")
    outputs = [floats(op.function(*arrays, **params)) for arrays, params in (leaves(op, s) for s in op.samples(Draw(0)))]
    recorded = any(y.requires_grad for ys in outputs for y in ys)
    if not recorded and any(outputs) and differentiable(op):
        missing.append("a sample in which its gradient can be checked, or NONDIFF (a composite: `constants`) for what has none")
    if recorded and all(y.numel() == 0 for ys in outputs for y in ys if y.requires_grad):
        missing.append("a sample that is not empty and has a gradient")
    if op.kernel is not None and op.cost is None:
        missing.append("its cost: it has a kernel")
    assert not missing, f"{op.name} lacks {'; '.join(missing)}"


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.kernel is not None], ids=lambda op: op.name)
def test_cost_counts_every_sample(op):
    """What the declaration asks for is there, and what goes out was written: at least the bytes of the results."""
    for sample in op.samples(Draw(0)):
        arrays, params = leaves(op, sample)
        with mg.no_grad():
            y = op.function(*arrays, **params)
        work, written = op.work(sample, y), sum(v.nbytes for v in (y if isinstance(y, tuple) else (y,)) if v is not None)
        assert work is not None and np.isfinite(work).all() and work.flops >= 0 and work.bytes >= written


_SQUARE, _IMAGES = np.zeros((3, 4)), np.zeros((2, 3, 8, 7))
BY_HAND = {  # op, arguments -> operations, bytes of float64
    "add": ((np.zeros((3, 1)), np.zeros(4)), {}, 12, 8 * (3 + 4 + 12)),
    "exp": ((_SQUARE,), {}, 12, 8 * 24),
    "eq": ((_SQUARE, _SQUARE), {}, 12, 8 * 24 + 12),
    "sum": ((_SQUARE,), {"dim": 1}, 12, 8 * (12 + 3)),
    "argmax": ((_SQUARE,), {"dim": 0}, 12, 8 * (12 + 4)),
    "_var": ((_SQUARE,), {}, 48, 8 * 13),  # the mean, and deviations, their squares, the sum of those
    "matmul": ((np.zeros((2, 3, 4)), np.zeros((4, 5))), {}, 2 * 2 * 3 * 4 * 5, 8 * (24 + 20 + 30)),
    "linear": ((_SQUARE, np.zeros((5, 4)), np.zeros(5)), {}, 2 * 3 * 4 * 5, 8 * (12 + 20 + 5 + 15)),
    # 3 x 3 taps of the 3 channels at 4 x 4 places, for 2 images and 5 maps
    "_conv2d": ((_IMAGES, np.zeros((5, 3, 3, 3)), None), {"stride": (2, 2), "padding": (1, 1), "dilation": (1, 1), "groups": 1},
                2 * 2 * 5 * 16 * 27, 8 * (336 + 135 + 160)),
    "im2col": ((_IMAGES,), {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1)}, 0, 8 * (336 + 2 * 12 * 12)),
    "_softmax": ((_SQUARE,), {}, 60, 8 * 24),  # maximum, difference, exp, sum, quotient
    "softmax_backward": ((_SQUARE, _SQUARE), {}, 48, 8 * 36),  # y (g - sum(g y))
    "_attention": ((np.zeros((2, 3, 5, 4)), np.zeros((2, 3, 6, 4)), np.zeros((2, 3, 6, 7)), None), {"scale": 1.0, "causal": False},
                   2 * 2 * 3 * 5 * 6 * (4 + 7), 8 * 6 * (20 + 24 + 42 + 35 + 5)),
    "lstm_gates": ((np.zeros((2, 12)), np.zeros((2, 12)), np.zeros((2, 3))), {"keep": False}, 13 * 6, 8 * (24 + 24 + 6 + 6 + 6)),
    "_embedding": ((np.zeros((100, 4)), np.array([1, 2, 2])), {"padding_idx": -1, "scale_grad_by_freq": False}, 0, 24 + 8 * 2 * 12),
    "_lu": ((np.eye(4) + np.zeros((2, 4, 4)),), {"pivot": True}, 2 * (3 * 7 + 2 * 5 + 3), 2 * (8 * 32 + 4 * 4)),  # exchanges are int32
    "_solve_triangular": ((np.eye(4), np.zeros((4, 2))), {"upper": True, "unitriangular": False}, 32, 8 * (16 + 8 + 8)),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_cost_by_hand(name):
    arrays, params, flops, moved = BY_HAND[name]
    y = OPS[name].function(*tensors_of(list(arrays), "float64"), **params)
    assert OPS[name].work(Sample(*arrays, **params), y) == (flops, moved)


def fresh(value):
    """Tensors of a sample's arrays, which nobody else holds."""
    return tensors_of(value, "float64")


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.inplace], ids=lambda op: op.name)
def test_method_in_place_is_the_op(op):
    """It writes what the function returns into its first argument, counts the change, and returns that argument."""
    method, checked = getattr(mg.Tensor, f"{op.name.removeprefix('Tensor_')}_"), 0
    for sample in op.samples(Draw(0)):
        arrays, params = [fresh(a) for a in sample.arrays], {k: fresh(v) for k, v in sample.params.items()}
        x = arrays[0]
        if not isinstance(x, mg.Tensor):
            continue
        mg.manual_seed(0)
        want = op.function(x.clone(), *arrays[1:], **params)
        if want.shape != x.shape:
            continue
        version = x._version
        mg.manual_seed(0)
        got = method(x, *arrays[1:], **params)
        assert got is x and x._version > version
        np.testing.assert_array_equal(x.numpy(), want.to(x.dtype).numpy())
        checked += 1
    assert checked or op.name == "polygamma", "no sample whose result has the shape of its first argument"  # polygamma's comes second
