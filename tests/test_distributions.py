"""Every distribution against PyTorch where it is installed, and against recorded values everywhere."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import minigrad as mg
import minigrad.distributions as D
from tests.distribution_cases import ABSTRACT, CASES, parameters

RECORDED = Path(__file__).parent / "references" / "distributions.json"
by_name = pytest.mark.parametrize("name", CASES)
few = settings(max_examples=max(2, settings.default.max_examples // 30))
batches = st.sampled_from([(), (2,), (3, 2), (1, 2)])
seeds = st.integers(0, 2**16)


def module_of(library):
    import importlib

    return importlib.import_module(f"{library.__name__}.distributions")


def leaf(library, array):
    return library.tensor(np.array(array), dtype=library.float64, requires_grad=True)


def made(library, name, batch, rng):
    leaves = {k: leaf(library, a) for k, a in parameters(name, batch, rng).items()}
    return leaves, CASES[name].build(module_of(library), **leaves)


def gradients(library, y, leaves, seed):
    """Of y under a random cotangent; zeros where y does not depend on a leaf."""
    cotangent = library.tensor(np.random.default_rng(seed).standard_normal(tuple(y.shape)), dtype=library.float64)
    found = library.autograd.grad(y, leaves, cotangent, allow_unused=True, retain_graph=True)
    return [np.zeros(tuple(x.shape)) if g is None else g.detach().numpy() for g, x in zip(found, leaves, strict=True)]


def asked(d, value, probability):
    return {
        "mean": lambda: d.mean,
        "variance": lambda: d.variance,
        "stddev": lambda: d.stddev,
        "mode": lambda: d.mode,
        "entropy": d.entropy,
        "perplexity": d.perplexity,
        "log_prob": lambda: d.log_prob(value),
        "cdf": lambda: d.cdf(value),
        "icdf": lambda: d.icdf(probability),
        "enumerate_support": d.enumerate_support,
        "enumerate_support(expand=False)": lambda: d.enumerate_support(False),
    }


def outcome(library, name, batch, seed):
    """What the distribution says of itself and of random values: arrays by name, with gradients."""
    rng = np.random.default_rng(seed)
    leaves, d = made(library, name, batch, rng)
    arrays = {k: x.detach().numpy() for k, x in leaves.items()}
    value = leaf(library, CASES[name].value(rng, (2, *d.batch_shape), arrays))
    probability = leaf(library, rng.uniform(0.05, 0.95, (2, *d.batch_shape)))
    found = {"batch_shape": np.array(tuple(d.batch_shape)), "event_shape": np.array(tuple(d.event_shape))}
    for what, ask in asked(d, value, probability).items():
        try:
            y = ask()
        except (NotImplementedError, RuntimeError):  # of support with different counts: PyTorch's own error
            found[what] = None
            continue
        found[what] = y.detach().numpy()
        if y.requires_grad and what not in (*CASES[name].without_gradient, "mode", "perplexity", "stddev"):
            wrt = [*leaves.values(), *([value] if what in ("log_prob", "cdf") else []), *([probability] if what == "icdf" else [])]
            for i, g in enumerate(gradients(library, y, wrt, seed)):
                found[f"d {what} / d {i}"] = g
    return found


def quietly(*args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return outcome(*args)


@by_name
@few
@given(batch=batches, seed=seeds)
def test_equals_pytorchs(name, batch, seed):
    torch = pytest.importorskip("torch")
    try:
        want = quietly(torch, name, batch, seed)
    except ValueError:  # PyTorch's Gumbel is a transformed uniform, and refuses what is 0 there
        assume(name != "Gumbel")
        raise
    got = quietly(mg, name, batch, seed)
    rtol = CASES[name].rtol
    for what, array in want.items():
        if array is None or what in CASES[name].differs or (what.startswith("d ") and what not in got):
            continue  # what is missing in PyTorch may be here; a gradient that is missing here is looked for below
        assert got[what] is not None, f"{name}: no {what}"
        assert got[what].shape == array.shape, (name, what)
        if what.startswith("d "):  # PyTorch's is NaN beside values that do not exist
            array = np.where(np.isnan(array), got[what], array)
        np.testing.assert_allclose(got[what], array, rtol, rtol, err_msg=f"{name} {what}")
    lacking = {w for w in want if w.startswith("d ") and want[w] is not None and np.any(want[w])} - set(got)
    assert not lacking, f"{name}: no gradient {lacking}"


def projections(found):
    """Each result as its product with a random array: enough to see that it is the same, in little room."""
    kept = {k: v for k, v in found.items() if v is not None and np.isfinite(v).all()}
    return {k: float((np.random.default_rng(len(k)).standard_normal(v.shape) * v).sum()) for k, v in kept.items()}


@by_name
def test_equals_what_was_recorded(name):
    """Values that PyTorch gave; written anew by MINIGRAD_WRITE_REFERENCES=1."""
    if os.environ.get("MINIGRAD_WRITE_REFERENCES"):
        import torch

        known = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
        known[name] = projections(quietly(torch, name, (3, 2), 7))
        RECORDED.write_text("{\n" + ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in sorted(known.items()) if k in CASES) + "\n}\n")
    got = projections(quietly(mg, name, (3, 2), 7))
    want = json.loads(RECORDED.read_text())[name]
    assert set(want) <= set(got)
    rtol = 20 * CASES[name].rtol
    for what, number in want.items():
        assert got[what] == pytest.approx(number, rel=rtol, abs=rtol), what


def test_every_class_has_a_case():
    classes = {n for n in D.__all__ if isinstance(getattr(D, n), type) and issubclass(getattr(D, n), D.Distribution)}
    assert classes - ABSTRACT == {name.partition("/")[0] for name in CASES}


def test_names_are_pytorchs():
    torch = pytest.importorskip("torch")
    import importlib

    assert set(torch.distributions.__all__) <= set(D.__all__)
    for name in D.__all__:
        module = getattr(torch.distributions, name).__module__.rpartition(".")[2]
        assert hasattr(importlib.import_module(f"minigrad.distributions.{module}"), name), (module, name)


@by_name
@few
@given(batch=st.sampled_from([(), (2,), (3, 2)]), seed=seeds)
def test_expanded(name, batch, seed):
    """expand repeats what there was, also when something was asked before."""
    rng = np.random.default_rng(seed)
    _, d = made(mg, name, batch, rng)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(D.Distribution, "_validate_args", True)
        value = mg.tensor(
            CASES[name].value(
                rng, tuple(d.batch_shape), {k: v.detach().numpy() for k, v in made(mg, name, batch, np.random.default_rng(seed))[0].items()}
            )
        )
        before = d.log_prob(value)
        wide = d.expand((4, *d.batch_shape))
        assert type(wide) is type(d) and wide.batch_shape == (4, *d.batch_shape) and wide.event_shape == d.event_shape
        np.testing.assert_allclose(
            wide.log_prob(value).detach().numpy(), np.broadcast_to(before.detach().numpy(), (4, *before.shape)), 1e-12
        )
        assert wide.sample((2,)).shape == (2, 4, *d.batch_shape, *d.event_shape)
        assert repr(wide)
