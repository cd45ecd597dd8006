"""Checking gradients and ops: what minigrad's own tests use, for ops and networks of your own too.

For a function of tensors: `gradcheck` (first order), `gradgradcheck` (second) and `jvpcheck` (forward mode).
For values: `assert_close`, which is PyTorch's. For a declared op and one of its samples: `check_value`, `check_gradients`, `check_jvp`, `check_complex_step`, `check_adjoint`.
With Hypothesis installed: the strategies `shapes`, `tensors` and `op_arguments`, and `check_op`, which property-tests an op or a
network of your own and shrinks what fails.

>>> from minigrad.testing import gradcheck
>>> x = mg.randn(3, dtype=mg.float64, requires_grad=True)
>>> gradcheck(lambda x: (x * x).sin(), (x,))
True
"""

from typing import TYPE_CHECKING, Any

from .comparison import assert_close
from .gradcheck import gradcheck, gradgradcheck, jvpcheck
from .samples import (
    LAYOUTS,
    arrays_of,
    check_adjoint,
    check_close,
    check_complex_step,
    check_gradients,
    check_jvp,
    check_value,
    laid_out,
    tensors_of,
)

__all__ = [
    "LAYOUTS",
    "arrays_of",
    "assert_close",
    "check_adjoint",
    "check_close",
    "check_complex_step",
    "check_gradients",
    "check_jvp",
    "check_op",
    "check_value",
    "gradcheck",
    "gradgradcheck",
    "jvpcheck",
    "laid_out",
    "op_arguments",
    "shapes",
    "tensors",
    "tensors_of",
]  # fmt: skip

if TYPE_CHECKING:
    from .strategies import check_op, op_arguments, shapes, tensors


def __getattr__(name: str) -> Any:
    """What needs Hypothesis is imported when it is asked for."""
    if name not in ("check_op", "op_arguments", "shapes", "tensors"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import strategies

    return getattr(strategies, name)
