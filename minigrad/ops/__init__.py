"""The ops, one declaration each, by family. Importing this package declares what nearly every program uses; `load()` declares the rest.

Declaring five hundred ops takes longer than importing NumPy, and few programs use fifty. So the rest waits until a name is asked for that is
not there yet: `mg.interpolate`, `F.ctc_loss`, `x.cholesky()` work as if all had been there from the beginning.
"""

from collections.abc import Callable
from typing import Any

from .. import _core, registry
from ..missing import missing
from . import (  # noqa: F401
    activation,
    bitwise,
    complex,
    conv,
    creation,
    dropout,
    elementwise,
    embedding,
    index,
    loss,
    matmul,
    norm,
    pool,
    random,
    reduce,
    shape,
)
from .interop import array_namespace  # noqa: F401 (attaches methods)

_core.install(
    get_advanced=index.advanced_get,
    set_advanced=index.advanced_set,
    ADD=elementwise.add.op.engine,
    SUB=elementwise.sub.op.engine,
    MUL=elementwise.mul.op.engine,
    DIV=elementwise._true_div.op.engine,
    FLOOR_DIVIDE=elementwise.floor_divide.op.engine,
    REMAINDER=elementwise.remainder.op.engine,
    POW=elementwise.pow.op.engine,
    AND=bitwise.bitwise_and.op.engine,
    OR=bitwise.bitwise_or.op.engine,
    XOR=bitwise.bitwise_xor.op.engine,
    NOT=bitwise.bitwise_not.op.engine,
    LSHIFT=bitwise.bitwise_left_shift.op.engine,
    RSHIFT=bitwise.bitwise_right_shift.op.engine,
    NEG=elementwise.neg.op.engine,
    ABS=elementwise.abs.op.engine,
    LT=elementwise.lt.op.engine,
    LE=elementwise.le.op.engine,
    GT=elementwise.gt.op.engine,
    GE=elementwise.ge.op.engine,
    EQ=elementwise.eq.op.engine,
    NE=elementwise.ne.op.engine,
    CONJ=complex._conj.op.engine,
    SUM=reduce.sum.op.engine,
    MEAN=reduce.mean.op.engine,
    VIEW=shape.view.op.engine,
    PERMUTE=shape.permute.op.engine,
    TRANSPOSE=shape.transpose.op.engine,
    UNSQUEEZE=shape.unsqueeze.op.engine,
    CAST=shape._cast.op.engine,
    CLONE=shape.clone.op.engine,
    ASSIGN=shape._assign.op.engine,  # type: ignore[attr-defined]
    AS_STRIDED=shape.as_strided.op.engine,
    COPY_SLICES=shape._copy_slices.op.engine,
    SLICE=index._slice.op.engine,
    MATMUL=matmul.matmul.op.engine,
    LINEAR=matmul.linear.op.engine,
    LINEAR_ACTIVATION=matmul.linear_activation.op.engine,
    RELU=activation.relu.op.engine,
    TANH=activation.tanh.op.engine,
    SIGMOID=activation.sigmoid.op.engine,
)

_loaded = False


def load() -> bool:
    """Declare all ops that are not declared yet; whether there were any. `minigrad.registry.OPS` is complete after it."""
    global _loaded
    if _loaded:
        return False
    _loaded = True  # first: declarations look up names themselves
    import importlib
    import pkgutil

    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return True


def functions(where: str) -> dict[str, Any]:
    """What belongs to a namespace of what is declared so far: ops, and in "mg" what the modules here call their `__all__`: creation, random
    numbers and other functions that have no array argument and so are no ops."""
    found = registry.names(where)
    if where == "mg":
        for module in list(globals().values()):
            found |= {n: getattr(module, n) for n in getattr(module, "__all__", ())}
    return found


def namespace(scope: dict[str, Any], where: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of the module with these globals, which holds the functions of `where`; fills in those declared so far."""
    module = scope["__name__"]

    def find(name: str) -> Any:
        if not name.startswith("__"):
            load()
            scope.update(functions(where))
            if name in scope:
                return scope[name]
            if where == "mg" and name.endswith("_") and hasattr(_core.Tensor, name):  # mg.relu_(x) is x.relu_()
                return getattr(_core.Tensor, name)
            raise missing(module, name, lambda: scope)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    def listing() -> list[str]:
        load()
        scope.update(functions(where))
        return sorted(scope)

    scope.update(functions(where))
    return find, listing


_core.install_loader(load)
