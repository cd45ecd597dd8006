"""No op without its proof: what is missing fails here by the name of the op."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.registry import OPS, Draw, Op
from minigrad.testing.samples import differentiable, tensors_of

ROOT = Path(__file__).resolve().parents[1]

# Composites that nothing else computes: neither an oracle nor PyTorch has them under their name. Where they are tested instead.
TESTED_ELSEWHERE = {"_einsum": "test_einsum, against NumPy and PyTorch, as `einsum`"}

# Functions that are no ops: they take no tensor to compute with, or say something about one.
NOT_OPS = {
    "creation": "arange as_tensor asarray empty empty_like empty_strided eye from_dlpack from_numpy full full_like linspace logspace ones ones_like "
    "scalar_tensor tensor tril_indices triu_indices zeros zeros_like complex polar "
    "bartlett_window blackman_window hamming_window hann_window kaiser_window "
    "new_empty new_full new_ones new_tensor new_zeros",
    "random": "bernoulli binomial multinomial normal poisson rand rand_like randint randint_like randn randn_like randperm "
    "bernoulli_ cauchy_ exponential_ geometric_ log_normal_ normal_ random_ uniform_ "
    "get_rng_state initial_seed manual_seed seed set_rng_state",
    "settings, files": "get_default_dtype get_num_threads is_grad_enabled set_default_dtype set_num_threads load save",
    "dtypes and shapes": "fftfreq rfftfreq broadcast_shapes promote_types result_type can_cast",
    "an equation comes first": "einsum",
    "properties": "data_ptr dim element_size is_complex is_contiguous is_floating_point is_inference ndimension nelement numel size storage_offset "
    "stride type",
    "to and from": "bool cdouble cfloat byte char cpu double float half bfloat16 int long short to to_device type_as item numpy tolist copy_ detach detach_",
    "the graph": "backward register_hook requires_grad_ retain_grad",
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
    assert not missing, f"{op.name} lacks {'; '.join(missing)}"


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
