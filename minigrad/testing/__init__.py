"""Checking gradients and ops: what minigrad's own tests use, for ops and networks of your own too.

>>> from minigrad.testing import gradcheck
>>> x = mg.randn(3, dtype=mg.float64, requires_grad=True)
>>> gradcheck(lambda x: (x * x).sin(), (x,))
True
"""

from .gradcheck import gradcheck, gradgradcheck
from .samples import check_gradients, check_value, tensors_of

__all__ = ["check_gradients", "check_value", "gradcheck", "gradgradcheck", "tensors_of"]
