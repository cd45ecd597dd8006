"""The ops, one declaration each, by family. Importing this package fills the registry and Tensor's methods."""

import importlib
import pkgutil

from .. import _core
from . import elementwise, index, matmul, reduce, shape

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
    AND=elementwise.bitwise_and.op.engine,
    OR=elementwise.bitwise_or.op.engine,
    XOR=elementwise.bitwise_xor.op.engine,
    NOT=elementwise.bitwise_not.op.engine,
    NEG=elementwise.neg.op.engine,
    ABS=elementwise.abs.op.engine,
    LT=elementwise.lt.op.engine,
    LE=elementwise.le.op.engine,
    GT=elementwise.gt.op.engine,
    GE=elementwise.ge.op.engine,
    EQ=elementwise.eq.op.engine,
    NE=elementwise.ne.op.engine,
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
)

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
