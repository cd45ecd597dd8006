"""Every module of `minigrad.nn` with its options, against PyTorch where it is installed and against recorded values everywhere."""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
import warnings
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import nn
from tests.generated import assert_current
from tests.modules import CASES, ELSEWHERE

RECORDED = Path(__file__).parent / "references" / "modules.json"
ASKED = settings.default.max_examples
by_name = pytest.mark.parametrize("name", CASES)


def flat(output):
    return list(output) if isinstance(output, tuple) else [output]


def run(library, name, options, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return outcome(library, name, options, seed)


def outcome(library, name, options, seed):
    """(repr, keys of the state, arrays: outputs, gradients and the state after some calls) of a module made with `options`."""
    case, rng = CASES[name], np.random.default_rng(seed)
    tensor = lambda a: library.tensor(np.array(a))  # noqa: E731
    module = getattr(library.nn, name)(**{k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}).double()
    shown, arrays = repr(module), []
    inputs = case.inputs(rng, options)
    if name.startswith("Lazy"):
        module(*map(tensor, inputs))
    state = {k: rng.uniform(0.5, 1.5, tuple(v.shape)) for k, v in module.state_dict().items() if v.is_floating_point()}
    module.load_state_dict({k: tensor(v) for k, v in state.items()}, strict=False)
    keys = list(module.state_dict())
    for training in case.modes:
        module.train(training)
        leaves = [tensor(a) for a in inputs]
        for leaf in leaves:
            if leaf.is_floating_point():
                leaf.requires_grad_()
        parameters = [p for _, p in module.named_parameters()]
        if name in ("KLDivLoss", "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss") or "SoftMargin" in name:
            leaves[1].requires_grad_(False)
        given = [x * 1 if x.requires_grad else x for x in leaves]  # what works in place may not touch a leaf
        if name == "CTCLoss":  # PyTorch's gradient holds for log-probabilities that are normalised
            given[0] = given[0].log_softmax(-1)
        outputs = flat(module(*given))
        wanted = [y for y in outputs if y.requires_grad]
        arrays += [y.detach().numpy() for y in outputs]
        wrt = [x for x in (*leaves, *parameters) if x.requires_grad]
        if case.gradients and wanted and wrt:
            cotangents = [tensor(rng.standard_normal(tuple(y.shape))) for y in wanted]
            grads = library.autograd.grad(wanted, wrt, cotangents, allow_unused=True)
            arrays += [np.zeros(tuple(x.shape)) if g is None else g.detach().numpy() for x, g in zip(wrt, grads, strict=True)]
    return shown, keys, arrays + [v.detach().numpy() for v in module.state_dict().values()]


def check(got, want, name, options):
    assert got[0] == want[0]
    assert got[1] == want[1]
    for a, b in zip(got[2], want[2], strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype, (name, options)
        np.testing.assert_allclose(a, b, 1e-7, 1e-9, err_msg=f"{name} {options}")


def same(module, other):
    return all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(module.state_dict().values(), other.state_dict().values(), strict=True))


@by_name
@settings(max_examples=max(3, ASKED // 20))
@given(data=st.data())
def test_equals_pytorchs(name, data):
    torch = pytest.importorskip("torch")
    options = {k: data.draw(s, label=k) for k, s in CASES[name].options.items()}
    seed = data.draw(st.integers(0, 2**16), label="seed")
    try:
        want = run(torch, name, options, seed)
    except (RuntimeError, ValueError) as error:  # options that do not go together
        with pytest.raises((RuntimeError, ValueError)):
            run(mg, name, options, seed)
        assert not isinstance(error, NotImplementedError), error
        return
    check(run(mg, name, options, seed), want, name, options)


def example(name):
    """One combination of options, the same on every run: for the recorded values."""
    rng = np.random.default_rng(sum(map(ord, name)))

    def first(strategy):
        inner = getattr(strategy, "wrapped_strategy", strategy)
        choices = getattr(inner, "elements", None)
        if choices is not None:
            return choices[rng.integers(len(choices))]
        kind = type(inner).__name__
        if kind == "JustStrategy":
            return inner.value
        if kind == "BooleansStrategy":
            return bool(rng.integers(2))
        if kind == "IntegersStrategy":
            return int(inner.start)
        if kind == "TupleStrategy":
            return tuple(first(s) for s in inner.element_strategies)
        if kind == "OneOfStrategy":
            return first(inner.original_strategies[-1])
        raise AssertionError(f"no rule for {kind}")

    return {k: first(s) for k, s in CASES[name].options.items()}


def projections(arrays):
    """Each array as its shape and its product with a random one: enough to see that it is the same, in little room."""
    return [[list(a.shape), float((np.random.default_rng(i).standard_normal(a.shape) * a).sum())] for i, a in enumerate(arrays)]


@by_name
def test_equals_what_was_recorded(name):
    """Values that PyTorch gave; written anew by MINIGRAD_WRITE_REFERENCES=1."""
    if os.environ.get("MINIGRAD_WRITE_REFERENCES"):
        import torch

        shown, keys, arrays = run(torch, name, example(name), 7)
        known = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
        known[name] = [shown, keys, projections(arrays)]
        RECORDED.write_text("{\n" + ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in sorted(known.items())) + "\n}\n")
    shown, keys, values = json.loads(RECORDED.read_text())[name]
    got = run(mg, name, example(name), 7)
    assert got[:2] == (shown, keys)
    for (shape, value), (want_shape, want) in zip(projections(got[2]), values, strict=True):
        assert shape == want_shape
        np.testing.assert_allclose(value, want, 1e-7, 1e-8)


def test_all_modules_are_tested():
    classes = {n for n in nn.__all__ if inspect.isclass(getattr(nn, n))}
    elsewhere = {n for names in ELSEWHERE.values() for n in names.split()}
    assert not elsewhere & set(CASES)
    assert classes == elsewhere | set(CASES)


def test_the_page_lists_all():
    """By subject: the files, in the order of their names."""
    subjects: dict[str, list[str]] = {}
    for name in nn.__all__:
        value = getattr(nn, name)
        if inspect.isclass(value):
            what = " ".join(value.__doc__.split("\n\n")[0].split())
            subjects.setdefault(inspect.getmodule(value).__doc__.splitlines()[0], []).append(f"| `{name}` | {what} |")
    parts = [
        f"## {title.rstrip('.')}\n\n| module | |\n| --- | --- |\n" + "\n".join(sorted(rows, key=str.lower))
        for title, rows in sorted(subjects.items())
    ]
    assert_current("nn.md", "modules", "\n\n".join(parts))


@by_name
def test_copies_and_signature(name):
    module = getattr(nn, name)(**{k: mg.tensor(v) if isinstance(v, np.ndarray) else v for k, v in example(name).items()})
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert repr(other) == repr(module)
        if not name.startswith("Lazy"):
            assert same(module, other)
    if not name.startswith("Lazy"):
        assert set(CASES[name].options) <= set(inspect.signature(type(module)).parameters) or name == "Identity"


# ---- what has no twin, or more than a forward ----


def test_parameter_dict_is_a_dict():
    table = nn.ParameterDict({"a": mg.zeros(2), "b": nn.Parameter(mg.ones(3))})
    assert list(table) == ["a", "b"] and len(table) == 2 and "a" in table and list(reversed(table)) == ["b", "a"]
    assert isinstance(table["a"], nn.Parameter) and table.get("c") is None and table.setdefault("c", mg.ones(1)).requires_grad
    table.update([("d", mg.zeros(1))])
    assert list((table | {"e": mg.zeros(1)}).keys()) == ["a", "b", "c", "d", "e"]
    assert table.pop("d").shape == (1,) and table.popitem()[0] == "c"
    assert [n for n, _ in table.named_parameters()] == ["a", "b"]
    assert list(table.state_dict()) == ["a", "b"]
    for key in ("forward", "_keys"):
        with pytest.raises(KeyError, match="name of an attribute"):
            table[key] = mg.zeros(1)
    with pytest.raises(KeyError, match="nothing"):
        table["nothing"]
    table.clear()
    assert not len(table) and not list(table.parameters())


def test_parameter_dict_sorts_the_keys_of_a_plain_dict_as_pytorch_does():
    values = {"b": mg.zeros(1), "c": mg.zeros(2), "a": mg.zeros(3)}
    table = nn.ParameterDict(values)
    assert list(table) == ["a", "b", "c"]
    table.update({"z": mg.zeros(1), "d": mg.zeros(1)})
    assert list(table) == [name for name, _ in table.named_parameters()] == ["a", "b", "c", "d", "z"]
    for kept in OrderedDict(values), list(values.items()), nn.ParameterDict(values.items()), nn.ParameterDict(values.items()).copy():
        assert list(nn.ParameterDict(kept)) == ["b", "c", "a"]
    assert list(table.fromkeys(["y", "x"])) == ["y", "x"]


def test_buffer_registers_itself():
    module = nn.Module()
    module.kept, module.passing = nn.Buffer(mg.ones(2)), nn.Buffer(mg.zeros(1), persistent=False)
    assert [n for n, _ in module.named_buffers()] == ["kept", "passing"] and list(module.state_dict()) == ["kept"]
    assert list(copy.deepcopy(module).state_dict()) == ["kept"]


class TestLazy:
    def test_parameters_stay_the_same_objects(self):
        layer = nn.LazyLinear(3)
        before = list(layer.parameters())
        optimizer = mg.optim.SGD(before, lr=0.1)
        assert layer.has_uninitialized_params() and repr(layer) == "LazyLinear(in_features=0, out_features=3, bias=True)"
        with pytest.raises(RuntimeError, match="uninitialized"):
            before[0].shape  # noqa: B018
        layer(mg.ones(2, 5)).sum().backward()
        assert type(layer) is nn.Linear and [p is q for p, q in zip(before, layer.parameters(), strict=True)] == [True, True]
        old = layer.weight.clone()
        optimizer.step()
        assert not mg.equal(old, layer.weight) and type(layer.weight) is nn.Parameter

    def test_draws_what_the_layer_draws(self):
        mg.manual_seed(3)
        lazy = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d())
        lazy(mg.zeros(2, 3, 5, 5))
        mg.manual_seed(3)
        assert same(lazy[0], nn.Conv2d(3, 4, 3))
        assert repr(lazy) == repr(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))

    @pytest.mark.parametrize("lazy, ready", [
        (lambda: nn.LazyLinear(3), lambda: nn.Linear(5, 3)),
        (lambda: nn.LazyConv1d(4, 3, groups=2), lambda: nn.Conv1d(6, 4, 3, groups=2)),
        (lambda: nn.LazyConvTranspose2d(4, 3, groups=2), lambda: nn.ConvTranspose2d(6, 4, 3, groups=2)),
        (lambda: nn.LazyBatchNorm1d(), lambda: nn.BatchNorm1d(6)),
        (lambda: nn.LazyInstanceNorm1d(affine=True), lambda: nn.InstanceNorm1d(6, affine=True)),
    ])  # fmt: skip
    def test_takes_its_sizes_from_a_state(self, lazy, ready):
        module, other = lazy(), ready()
        module.load_state_dict(other.state_dict())
        assert same(module, other) and repr(module) == repr(other)

    def test_a_failed_load_changes_nothing(self):
        module = nn.LazyLinear(3)
        with pytest.raises(RuntimeError, match="Missing key"):
            module.load_state_dict({"weight": mg.zeros(3, 5)})
        assert module.has_uninitialized_params()

    def test_settings_are_checked_at_once(self):
        with pytest.raises(ValueError, match="divisible by groups"):
            nn.LazyConv2d(3, 3, groups=2)
        with pytest.raises(mg.ShapeError, match="has no dimension"):
            nn.LazyConv2d(3, 3)(mg.zeros(4))

    def test_converts_before_the_first_call(self):
        layer = nn.LazyLinear(3).double()
        assert layer(mg.zeros(2, 4, dtype=mg.float64)).dtype is mg.float64


def test_transposed_convolution_takes_an_output_size():
    layer = nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1)
    x = mg.zeros(1, 3, 4, 5)
    for size in ((7, 9), (8, 10), (1, 2, 8, 9)):
        assert layer(x, output_size=size).shape == (1, 2, *size[-2:])
    with pytest.raises(ValueError, match=r"requested an output size of \(9, 9\), but valid sizes range from \[7, 9\] to \[8, 10\]"):
        layer(x, output_size=(9, 9))


def test_adaptive_softmax_is_a_softmax():
    layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10])
    x, target = mg.randn(30, 8), mg.arange(30) % 20
    full = layer.log_prob(x)
    np.testing.assert_allclose(full.exp().sum(1).detach().numpy(), 1, 1e-5)
    np.testing.assert_allclose(layer(x, target).output.detach().numpy(), full[mg.arange(30), target].detach().numpy(), 1e-5)
    assert mg.equal(layer.predict(x), full.argmax(1))
    with pytest.raises(RuntimeError, match=r"target values should be in \[0, 19\], but values in range \[0, 20\]"):
        layer(x[:2], mg.tensor([0, 20]))


@pytest.mark.parametrize("make, error, match", [
    (lambda: nn.Threshold(1), TypeError, "Threshold: missing a required argument: 'value'"),
    (lambda: nn.GLU(1, 2), TypeError, "GLU: too many positional arguments"),
    (lambda: nn.GaussianNLLLoss(True), TypeError, "GaussianNLLLoss: too many positional"),
    (lambda: nn.Mish(alpha=3), TypeError, "Mish: got an unexpected keyword argument 'alpha'"),
    (lambda: nn.TripletMarginLoss(margin=0), ValueError, "expected margin to be greater than 0, got 0"),
    (lambda: nn.SoftMarginLoss(reduction="max"), ValueError, "SoftMarginLoss: reduction must be one of 'none', 'mean', 'sum', got 'max'"),
    (lambda: nn.MultiMarginLoss(3), ValueError, "only p == 1 and p == 2"),
    (lambda: nn.ReflectionPad2d((1, 2, 3)), ValueError, "ReflectionPad2d: padding must be an int or 4 of them"),
    (lambda: nn.EmbeddingBag(3, 2, mode="min"), ValueError, "mode has to be one of sum, mean or max"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 5, [3, 2]), ValueError, "unique, positive integers sorted"),
    (lambda: nn.FractionalMaxPool2d(2), ValueError, "expected one of output_size and output_ratio"),
    (lambda: nn.ConvTranspose1d(2, 2, 3, padding_mode="reflect"), ValueError, 'only "zeros" padding mode'),
    (lambda: nn.InstanceNorm2d(3)(mg.zeros(3, 4)), mg.ShapeError, "InstanceNorm2d: expected 3D or 4D input"),
    (lambda: nn.Softmax2d()(mg.zeros(3)), mg.ShapeError, "Softmax2d: expected input of 3 or 4 dimensions"),
    (lambda: nn.Bilinear(0, 1, 1), ValueError, "Bilinear: in1_features must be at least 1, got 0"),
])  # fmt: skip
def test_bad_settings_are_named(make, error, match):
    with pytest.raises(error, match=match):
        make()
