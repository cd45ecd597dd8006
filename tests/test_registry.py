"""The registry is complete: what tests, docs and benchmarks read is there for every op, and nothing in csrc/ is unused."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest
from ops import all_samples

import minigrad as mg
from minigrad.registry import NONDIFF, OPS, Draw, Sample, defop

ROOT = Path(mg.__file__).parent
KERNELS = Path(__file__).parent.parent / "csrc" / "kernels" / "kernels.def"
by_name = pytest.mark.parametrize("op", OPS.values(), ids=OPS)
PUBLIC = [n for n in OPS if OPS[n].where]


def space() -> dict:
    """The names that examples in docstrings may use without saying so."""
    return {"mg": mg, "np": np, "minigrad": mg, "xp": mg.array_api}


def run_examples(name: str, text: str, globs: dict) -> doctest.TestResults:
    test = doctest.DocTestParser().get_doctest(text, globs, name, name, 0)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=report.append)
    assert not result.failed, "".join(report)
    return result


@by_name
def test_op_is_documented(op):
    """A sentence, and for public ops an example that prints what it says."""
    text = op.function.__doc__ or ""
    assert text.strip(), "no docstring"
    if op.where:
        mg.manual_seed(0)
        assert run_examples(op.name, text, space()).attempted, "a public op needs an example"


@by_name
def test_op_has_samples(op):
    samples = op.samples(Draw(0))
    assert samples
    ids = [s.id for s in samples]
    assert all(ids) and len(set(ids)) == len(ids), f"samples need different ids: {ids}"
    again = op.samples(Draw(0))
    for a, b in zip(samples, again, strict=True):  # the same seed, the same arrays
        for x, y in zip(a.arrays, b.arrays, strict=True):
            if isinstance(x, np.ndarray):
                np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("op, sample", all_samples())
def test_samples_are_asymmetric(op, sample):
    """Sides of equal length hide transpositions: the last two dimensions differ, and so do kernel, stride and padding's."""
    square = ".linalg_" in op.ref.__module__  # systems and spectra are of square matrices
    for x in sample.arrays:
        if isinstance(x, np.ndarray) and x.ndim >= 2 and x.size > max(x.shape) and not square:
            assert x.shape[-1] != x.shape[-2] or x.shape[-1] in (1, 2, 3) and op.name.startswith(WINDOWED), x.shape


# A filter may be square: its images are not, and the other samples of the op have filters that are not. From state to state a
# recurrent layer of one gate has to be.
WINDOWED = ("rnn_", "recurrent_", "conv", "_conv", "fold", "col2im", "im2col")


def test_values_are_not_constant():
    """The generator itself is tested: what it draws varies."""
    for op in OPS.values():
        drawn = [x for s in op.samples(Draw(0)) for x in s.arrays if isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.size > 2]
        assert not drawn or any(np.ptp(x) > 0 for x in drawn), op.name


@by_name
def test_op_is_where_it_says(op):
    for place, namespace in (("mg", mg), ("F", mg.nn.functional), ("Tensor", mg.Tensor)):
        if place in op.where:
            assert callable(getattr(namespace, op.name.removeprefix(f"{place}_")))
    if op.inplace:
        assert getattr(mg.Tensor, f"{op.name}_").__doc__


# matmul_plain is what the other products are tested against.
UNUSED = {"matmul_plain"}


def test_every_kernel_is_used():
    """Every line of kernels.def is the kernel of an op, or is named by a caller in minigrad/."""
    if not KERNELS.exists():
        pytest.skip("the C sources are not here")
    kernels = re.findall(r"^MG_ROW\((\w+),", KERNELS.read_text(), re.M)
    assert len(kernels) == len(set(kernels)) > 50
    source = "\n".join(p.read_text() for p in ROOT.rglob("*") if p.suffix in (".py", ".pxi") and p.parent.name != "testing")
    used = {op.kernel for op in OPS.values()}
    unused = [k for k in kernels if k not in used and k not in UNUSED and f'"{k}"' not in source]
    assert not unused, f"kernels that nothing calls: {unused}"


def test_every_kernel_of_an_op_exists():
    for op in OPS.values():
        if op.kernel:
            assert any(mg._core.has_kernel(op.kernel, d) for d in (mg.float32, mg.float64, mg.int64, mg.bool)), op.name


# ---- what defop refuses ----


def declare(function=None, **changes):
    def scale_test(x, w):
        """x * w"""
        return x * w

    options = {"vjp": {"x": lambda g, w: g * w, "w": lambda g, x: g * x}, "samples": lambda r: [Sample(r(2, 3), r(3), id="a")]} | changes
    return defop(**options)(function or scale_test)


@pytest.mark.parametrize(
    "changes, error, match",
    [
        (dict(vjp={"w": lambda g: g}), TypeError, r"defop\(scale_test\): array arguments must come first and be named in vjp"),
        (dict(vjp={"x": NONDIFF, "w": NONDIFF, "v": NONDIFF}), TypeError, r"defop\(scale_test\): vjp names \['v'\]"),
        (dict(vjp={"x": lambda g, nothing: g, "w": NONDIFF}), TypeError, r"defop\(scale_test\): the rule for x asks for 'nothing'"),
        (dict(kernel="no_such_kernel"), LookupError, r"defop\(scale_test\): no kernel named 'no_such_kernel' in csrc/kernels/kernels.def"),
        (dict(name="add"), TypeError, r"defop\(add\): declared twice"),
        (dict(samples=[]), TypeError, r"defop\(scale_test\): samples must be a function of a Draw"),
        (dict(samples=None), TypeError, r"defop\(scale_test\): samples must be a function of a Draw"),
    ],
)
def test_incomplete_declarations_are_refused(changes, error, match):
    before = dict(OPS)
    with pytest.raises(error, match=match):
        declare(**changes)
    assert before == OPS


def test_an_op_is_one_declaration():
    """A user's own op: declared, called, differentiated and checked with what the package gives."""
    from minigrad.testing import check_gradients, check_value

    def double_sine(x):
        """2 * sin(x)"""
        return 2 * np.sin(x)

    function = defop(vjp={"x": lambda g, x: g * x.cos() * 2}, result="float", samples=lambda r: [Sample(r(3, 4), id="a")], where="")(
        double_sine
    )
    try:
        op = OPS["double_sine"]
        for sample in op.samples(Draw(0)):
            check_value(op, sample, "float64")
            assert check_gradients(op, sample)
        assert function(mg.tensor([0.0])).tolist() == [0.0]
    finally:
        del OPS["double_sine"]


# ---- examples of all modules ----


def modules() -> list[str]:
    """Every module of the package whose import needs nothing but NumPy."""
    found = ["minigrad"]
    for m in pkgutil.walk_packages([str(ROOT)], "minigrad."):
        if not re.match(r"minigrad\.(_core|__main__|cli|viz|datasets)", m.name):
            found.append(m.name)
    return found


@pytest.mark.parametrize("name", modules())
def test_examples_of_module(name):
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    for test in finder.find(module, extraglobs=space()):
        if getattr(getattr(module, test.name.rsplit(".", 1)[-1], None), "op", None) is not None:
            continue  # above
        mg.manual_seed(0)
        report: list[str] = []
        result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=report.append)
        assert not result.failed, "".join(report)


def test_examples_of_the_engine():
    """Cython keeps docstrings as they are, and the finder does not look into what is no Python."""
    core = mg._core
    count = 0
    globs = {**space(), **{n: getattr(core, n) for n in dir(core) if not n.startswith("__")}}
    for owner in (core, core.Tensor):
        for name in dir(owner):
            value = getattr(owner, name, None)
            text = getattr(value, "__doc__", None)
            if isinstance(text, str) and ">>>" in text and not hasattr(value, "op"):
                count += run_examples(f"{owner}.{name}", text, dict(globs)).attempted
    assert count
