"""Hypothesis strategies for tensors and arguments of ops, and `check_op`, which property-tests an op or a network of your own.

Needs Hypothesis (`pip install minigrad[test]`); nothing else in minigrad does.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from .. import _core
from ..errors import GradError
from ..registry import Draw, Op
from .gradcheck import gradcheck, gradgradcheck, jvpcheck
from .samples import LAYOUTS, arrays_of, check_close, laid_out, tensors_of

Strategy = st.SearchStrategy


def shapes(min_dims: int = 0, max_dims: int = 4, min_side: int = 0, max_side: int = 5) -> Strategy[tuple[int, ...]]:
    """Shapes; they shrink to fewer and smaller dimensions.

    >>> from hypothesis import find
    >>> find(shapes(), lambda shape: len(shape) == 2)
    (0, 0)
    """
    return st.lists(st.integers(min_side, max_side), min_size=min_dims, max_size=max_dims).map(tuple)


def elements(dtype: str, low: float = -3, high: float = 3, kinks: Sequence[float] = ()) -> Strategy[Any]:
    """Numbers for a tensor: floats are multiples of 1/8 (short to print, exact in every dtype), none of them at a kink."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return st.booleans()
    if kind in "iu":
        return st.integers(0 if kind == "u" else int(low), int(high))
    numbers = st.integers(int(np.ceil(low * 8)), int(np.floor(high * 8))).map(lambda n: n / 8)
    return numbers.filter(lambda v: all(abs(v - k) > 1e-3 for k in kinks)) if kinks else numbers


@st.composite
def tensors(
    draw: Any, shape: Any = None, dtype: Any = "float64", layout: str | None = None, requires_grad: bool = False, *,
    low: float = -3, high: float = 3, kinks: Sequence[float] = (), distinct: bool = False,
) -> Any:  # fmt: skip
    """Tensors with values in [low, high]; shape and dtype may be strategies, and are any shape and float64 by default.

    layout: one of LAYOUTS; None for any. kinks: values that are not drawn. distinct: all elements differ (for max, sort, ...).
    >>> from hypothesis import find
    >>> find(tensors((2, 3)), lambda x: x.sum() > 1).shape
    (2, 3)
    """
    shape = draw(shapes()) if shape is None else draw(shape) if isinstance(shape, Strategy) else tuple(shape)
    dtype = draw(dtype) if isinstance(dtype, Strategy) else dtype
    name = getattr(dtype, "name", dtype)
    values = draw(hnp.arrays(name, shape, elements=elements(name, low, high, kinks), unique=distinct))
    x = laid_out(values, draw(st.sampled_from(list(LAYOUTS))) if layout is None else layout)
    return x.requires_grad_() if requires_grad else x


# Strategies are slow to make, and these are drawn from for every example.
_SEEDS = st.integers(0, 2**16)
_WAYS = st.sampled_from(list(LAYOUTS))
_INDEX = [st.integers(0, n) for n in range(16)]
_DTYPES = functools.lru_cache(None)(st.sampled_from)


@st.composite
def op_arguments(draw: Any, op: Op, dtype: str | None = None) -> tuple[list[Any], dict[str, Any]]:
    """Arguments for a declared op, as (arrays, parameters): of one of its samples, with other values, each array laid out in some way.

    dtype: for the floating arrays; None for any that the op is tested with.
    >>> from hypothesis import find
    >>> (x,), params = find(op_arguments(mg.registry.OPS["sin"]), lambda drawn: True)
    >>> x.shape, params
    ((3, 4), {})
    """
    samples = op.samples(Draw(draw(_SEEDS)))
    sample = samples[draw(_INDEX[len(samples) - 1])] if len(samples) > 1 else samples[0]
    name = draw(_DTYPES(op.dtypes)) if dtype is None and len(op.dtypes) > 1 else dtype or op.dtypes[0]
    arrays = [tensors_of(a, name, layout="contiguous" if op.dense else draw(_WAYS)) for a in sample.arrays]
    return arrays, {k: tensors_of(v, name) for k, v in sample.params.items()}


# ---- a user's own op ----


class Case:
    """Arguments that were drawn, and how to say so."""

    def __init__(self, names: Sequence[str], values: list[Any], dtype: str, layouts: list[str]) -> None:
        self.names, self.values, self.dtype, self.layouts = names, values, dtype, layouts

    def tensors(self) -> list[Any]:
        return [laid_out(v, way) if isinstance(v, np.ndarray) else v for v, way in zip(self.values, self.layouts, strict=True)]

    def __repr__(self) -> str:
        lines = []
        for name, value, layout in zip(self.names, self.values, self.layouts, strict=True):
            if isinstance(value, np.ndarray):
                lines.append(f"    {name} = {value.tolist()}  # shape {value.shape}, {value.dtype}, {layout}")
            else:
                lines.append(f"    {name} = {value!r}")
        return "\n".join(lines)


@st.composite
def _cases(draw: Any, arguments: Sequence[Any], names: Sequence[str], dtypes: Sequence[str], layouts: Sequence[str], min_side: int,
           max_side: int, options: dict[str, Any]) -> Case:  # fmt: skip
    sizes: dict[str, int] = {}
    batch = None
    dtype = draw(st.sampled_from(list(dtypes)))
    values, ways = [], []
    for argument in arguments:
        ways.append("contiguous")
        if isinstance(argument, Strategy):
            value = draw(argument)
            values.append(value.numpy(force=True) if isinstance(value, _core.Tensor) else value)
            continue
        if not isinstance(argument, str):
            values.append(argument)
            continue
        shape: list[int] = []
        for side in argument.split():
            if side == "...":
                batch = draw(shapes(0, 2, min_side, max_side)) if batch is None else batch
                shape += batch
            elif side.isdigit():
                shape.append(int(side))
            else:
                if side not in sizes:
                    sizes[side] = draw(st.integers(min_side, max_side))
                shape.append(sizes[side])
        ways[-1] = draw(st.sampled_from(list(layouts)))
        values.append(draw(tensors(tuple(shape), dtype, "contiguous", **options)).numpy())
    return Case(names, values, dtype, ways)


def check_op(
    function: Callable[..., Any], *arguments: Any, reference: Callable[..., Any] | None = None, dtypes: Sequence[str] = ("float64", "float32"),
    layouts: Sequence[str] = tuple(LAYOUTS), order: int = 2, ulp: float = 64, low: float = -3, high: float = 3, kinks: Sequence[float] = (),
    distinct: bool = False, min_side: int = 1, max_side: int = 4, examples: int | None = None,
) -> None:  # fmt: skip
    """Try `function` on many arguments, and if it fails on any, raise with the smallest shapes and values on which it does.

    arguments: one for each of the function's. A string names the sides of a tensor: the same name is the same size in all of them, a
    number is that size, "..." any leading dimensions ("... n k" and "... k m" for a matrix product, "" for a number). A Hypothesis
    strategy is drawn from; anything else is passed on.

    What is checked, each time for a dtype of `dtypes` and every tensor laid out as one of `layouts`:
        the arguments stay as they are; the result has the dtype of the arguments if both are floating
        the value: that of `reference`, a function of NumPy arrays, in float64; without one, that for contiguous arguments
        in float64, gradients of order 1 and 2 and the forward mode (`order` 1: gradients only; 0: none), by differences
    For a network (anything with `parameters()`, in float64), the gradients by its parameters too.

    ulp: allowed error, in units in the last place of the largest value. low, high, kinks, distinct: the values, as `tensors`.
    examples: how many cases, by default those of the Hypothesis profile in use. The cases are the same in every run.
    Raises AssertionError for a wrong value, GradError for a wrong gradient, ValueError for a network that is not in float64, and
    whatever the function raises.
    >>> check_op(lambda a, b: a @ b, "... n k", "... k m", reference=np.matmul, examples=20)
    >>> check_op(lambda x: x * x.detach(), "n", reference=np.square, examples=20)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    minigrad.errors.GradError: gradcheck(<lambda>): d/dx is wrong along direction 0: backward says ...
    smallest failure:
        x = [0.125]  # shape (1,), float64, contiguous
    """
    names = _names(function, len(arguments))
    parameters = [p for p in function.parameters() if p.requires_grad] if hasattr(function, "parameters") else []
    if parameters:
        dtypes = (parameters[0].dtype.name,)
        if order and dtypes != ("float64",):
            raise ValueError(
                f"check_op: gradients are checked in float64, but the parameters are {dtypes[0]}; call double(), or give order=0"
            )
    options = {"low": low, "high": high, "kinks": kinks, "distinct": distinct}
    title = getattr(function, "__name__", type(function).__name__)

    def value(case: Case) -> None:
        _check_value(function, case, title, reference, ulp)

    def derivative(check: Callable[..., Any]) -> Callable[[Case], None]:
        return lambda case: _check_derivative(check, function, case, title, parameters)

    # One after the other: a case in which the gradient is wrong must not shrink to one in which only the second order is.
    steps: list[tuple[Callable[[Case], None], Sequence[str]]] = [(value, dtypes)]
    if "float64" in dtypes:
        steps += [(derivative(check), ("float64",)) for check in (gradcheck, gradgradcheck, jvpcheck)[: (0, 1, 3)[order]]]
    for step, which in steps:
        _shrunk(step, _cases(arguments, names, which, layouts, min_side, max_side, options), examples or settings.default.max_examples)  # type: ignore[union-attr]


def _shrunk(check: Callable[[Case], None], cases: Strategy[Case], examples: int) -> None:
    """Run a check on cases; what it raises on the smallest failure names the case instead of what Hypothesis would say."""
    failed: list[Case] = []

    @settings(max_examples=examples, derandomize=True, database=None, deadline=None, report_multiple_bugs=False, print_blob=False,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(cases)
    def run(case: Case) -> None:
        try:
            check(case)
        except Exception:
            failed[:] = [case]  # the last one is the smallest
            raise

    try:
        run()
    except Exception as error:
        if failed:
            error.__notes__ = []  # type: ignore[attr-defined]
            error.args = (f"{error}\nsmallest failure:\n{failed[0]!r}",)
        raise error.with_traceback(None) from None


def _names(function: Callable[..., Any], count: int) -> list[str]:
    try:
        known = [p.name for p in inspect.signature(getattr(function, "forward", function)).parameters.values() if p.kind < p.VAR_POSITIONAL]
    except (TypeError, ValueError):
        known = []
    return [*known[:count], *(f"argument {i}" for i in range(len(known), count))]


def _outputs(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (tuple, list)) else [value]


def _check_value(function: Callable[..., Any], case: Case, title: str, reference: Any, ulp: float) -> None:
    drawn = case.tensors()
    got = _outputs(function(*drawn))
    for name, before, after in zip(case.names, case.values, drawn, strict=True):
        if isinstance(after, _core.Tensor) and not np.array_equal(after.numpy(force=True), before, equal_nan=before.dtype.kind == "f"):
            raise AssertionError(f"{title}: changes its argument {name}")
    if reference is not None:
        with np.errstate(all="ignore"):
            wide = [v.astype(np.float64) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for v in case.values]
            want, what = _outputs(reference(*wide)), "the value"
    else:
        plain = [laid_out(v, "contiguous") if isinstance(v, np.ndarray) else v for v in case.values]
        want, what = _outputs(arrays_of(function(*plain))), "the value for this layout, compared with that for contiguous arguments,"
    if len(got) != len(want):
        raise AssertionError(f"{title}: {len(got)} outputs, expected {len(want)}")
    for y, w in zip(got, want, strict=True):
        if isinstance(y, _core.Tensor):
            if y.is_floating_point() and y.dtype.name != case.dtype and np.dtype(case.dtype).kind == "f":
                raise AssertionError(f"{title}: a result of dtype {y.dtype.name} for arguments of dtype {case.dtype}")
            check_close(y.numpy(force=True), np.asarray(w), ulp, f"{title}: {what} in {case.dtype}")


def _check_derivative(check: Callable[..., Any], function: Callable[..., Any], case: Case, title: str, parameters: list[Any]) -> None:
    leaves = [v.requires_grad_() if isinstance(v, _core.Tensor) and v.is_floating_point() else v for v in case.tensors()]
    names = [n for n, v in zip(case.names, leaves, strict=True) if isinstance(v, _core.Tensor) and v.requires_grad]
    if not names and not parameters:
        return
    for y in _outputs(function(*leaves)):
        if isinstance(y, _core.Tensor) and y.is_floating_point() and not y.requires_grad:
            raise GradError(f"{title}: the result does not require grad")
    labels = {"argument_names": [*names, *(f"parameter {i}" for i in range(len(parameters)))]} if check is gradcheck else {}
    check(lambda *values: function(*values[: len(leaves)]), [*leaves, *parameters], name=title, **labels)
