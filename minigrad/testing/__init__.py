"""Checking gradients and ops: what minigrad's own tests use, for ops and networks of your own too.

For a function of tensors: `gradcheck` (first order) and `gradgradcheck` (second).
For a declared op and one of its samples: `check_value`, `check_gradients`, `check_jvp`, `check_complex_step`,
`check_adjoint`.

>>> from minigrad.testing import gradcheck
>>> x = mg.randn(3, dtype=mg.float64, requires_grad=True)
>>> gradcheck(lambda x: (x * x).sin(), (x,))
True
"""

from .gradcheck import gradcheck, gradgradcheck
from .samples import (
    LAYOUTS,
    arrays_of,
    assert_close,
    check_adjoint,
    check_complex_step,
    check_gradients,
    check_jvp,
    check_value,
    laid_out,
    tensors_of,
)

__all__ = [
    "LAYOUTS", "arrays_of", "assert_close", "check_adjoint", "check_complex_step", "check_gradients", "check_jvp", "check_value", "gradcheck", "gradgradcheck",
    "laid_out", "tensors_of",
]  # fmt: skip
