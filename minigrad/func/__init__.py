"""Transformations of functions: derivatives as functions, and functions of one example as functions of a batch (`vmap`).

They nest in any order. `grad(f)` and the others work on the recorded graph, which is thrown away unless something outside depends on it.
"""

from ..missing import refuser as _refuser
from .functional_call import functional_call, stack_module_state
from .transforms import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, value_and_grad, vjp
from .vmap import vmap

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "value_and_grad",
    "vjp",
    "vmap",
]

__getattr__ = _refuser(globals())
