"""Special functions, as in `torch.special`: those that are only here, and those of `mg`, some under another name."""

from __future__ import annotations

from . import ops as _ops
from .registry import OPS as _OPS
from .registry import names as _names

_ops.load()
_RENAMED = {
    "expit": "sigmoid",
    "gammainc": "igamma",
    "gammaincc": "igammac",
    "gammaln": "lgamma",
    "multigammaln": "mvlgamma",
    "psi": "digamma",
}
_SAME = ("erf", "erfc", "exp2", "expm1", "log1p", "log_softmax", "softmax")

_functions = _names("special") | {n: _OPS[_RENAMED.get(n, n)].function for n in (*_RENAMED, *_SAME)}
globals().update(_functions)

__all__ = sorted(_functions)  # noqa: PLE0605


def __dir__() -> list[str]:
    return __all__
