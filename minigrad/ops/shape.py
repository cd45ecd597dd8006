"""Views, and the joining and splitting of tensors. Views share storage; what cannot be a view is copied."""

from __future__ import annotations

import builtins
import mmap

import numpy as np

from .. import _core
from ..device import KINDS, on_cpu
from ..errors import ShapeError
from ..registry import ErrorSample, Sample, composite, defop

ALL = ("float32", "float64", "int64", "int32", "uint8", "bool", "float16", "complex64")
COMPLEX = ("float32", "float64", "complex64")


_dim = _core.dimension


# ---- views ----


@defop(family="view", plan=_core.plan_transpose, vjp={"input": lambda g, dim0, dim1: transpose(g, dim0, dim1)}, linear_in=("input",), dtypes=ALL,
       samples=lambda r: [Sample(r(2, 3, 4), dim0=0, dim1=2, id="ends"), Sample(r(3, 5), dim0=-1, dim1=-2, id="negative"),
                          Sample(r(2, 0, 3), dim0=0, dim1=1, id="empty"), Sample(r(), dim0=0, dim1=-1, id="0-d")],
       errors=[ErrorSample(np.ones((2, 3)), 0, 2, error=IndexError, match="transpose: dimension 2 is out of range")])  # fmt: skip
def transpose(input, dim0, dim1):
    """Two dimensions swapped; a view.

    Shapes: any. Dtypes: all.
    >>> mg.transpose(mg.zeros(2, 3), 0, 1).shape
    (3, 2)
    """
    return np.swapaxes(input, dim0, dim1) if np.ndim(input) else input


def _inverse(dims):
    n = len(dims)
    return tuple(sorted(range(n), key=lambda d: dims[d] % n))


@defop(family="view", plan=_core.plan_permute, star="dims", vjp={"input": lambda g, dims: permute(g, _inverse(dims))}, linear_in=("input",),
       dtypes=ALL, samples=lambda r: [Sample(r(2, 3, 4), dims=(2, 0, 1), id="cycle"), Sample(r(2, 3, 4, 5), dims=(0, -1, 1, 2), id="negative"),
                                      Sample(r(0, 3), dims=(1, 0), id="empty")],
       errors=[ErrorSample(np.ones((2, 3)), (0, 0), error=ValueError, match="permute: dimension 0 is named twice"),
               ErrorSample(np.ones((2, 3)), (0,), error=ValueError, match="permute: expected 2 dimensions")])  # fmt: skip
def permute(input, dims):
    """Dimensions in another order; a view.

    Shapes: any. Dtypes: all.
    >>> mg.permute(mg.zeros(2, 3, 4), 2, 0, 1).shape
    (4, 2, 3)
    """
    return np.transpose(input, dims)


@defop(family="view", plan=_core.plan_expand, star="size", where="Tensor", vjp={"input": lambda g, input_shape: _core.sum_to(g, input_shape)},
       linear_in=("input",), dtypes=ALL,
       samples=lambda r: [Sample(r(3, 1), size=(2, 3, 4), id="both"), Sample(r(1, 3), size=(5, -1), id="keep"), Sample(r(1), size=(0,), id="empty")],
       errors=[ErrorSample(np.ones((2, 3)), (4, 3), error=ValueError, match=r"expand: shape \(2, 3\) cannot be expanded to \(4, 3\)")])  # fmt: skip
def expand(input, size):
    """Size-1 and new leading dimensions repeated without copying; -1 keeps a size. A view.

    Shapes: broadcastable to `size`. Dtypes: all.
    >>> mg.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    lead = len(size) - np.ndim(input)
    return np.broadcast_to(input, [np.shape(input)[d - lead] if s == -1 else s for d, s in enumerate(size)])


@composite(own_errors=True, arrays="input other", where="Tensor", samples=lambda r: [Sample(r(3, 1), r(2, 3, 4), id="both")],
           errors=[ErrorSample(np.ones((2, 3)), np.ones(4), error=ShapeError, match=r"shape \(2, 3\) cannot be expanded to \(4,\)")])  # fmt: skip
def expand_as(input, other):
    """`expand` to the shape of `other`.

    >>> mg.ones(3, 1).expand_as(mg.zeros(3, 2)).shape
    (3, 2)
    """
    return input.expand(other.shape)


@composite(star="size", dtypes=ALL, samples=lambda r: [Sample(r(3, 1), size=(2, 3, 4), id="both")])
def broadcast_to(input, size):
    """`expand` as a function.

    >>> mg.broadcast_to(mg.ones(3, 1), (3, 2)).shape
    (3, 2)
    """
    return input.expand(size)


@defop(family="view", plan=_core.plan_view, dense=True, star="size", where="Tensor", vjp={"input": lambda g, input_shape: reshape(g, input_shape)},
       linear_in=("input",), dtypes=ALL,
       samples=lambda r: [Sample(r(2, 6), size=(3, 4), id="split"), Sample(r(2, 3, 4), size=(-1, 4), id="merge"), Sample(r(0, 3), size=(3, 0, 2), id="empty"),
                          Sample(r(1), size=(), id="0-d")],
       errors=[ErrorSample(np.ones((2, 3)), (4, -1), error=ValueError, match=r"view: shape \(2, 3\) of 6 elements cannot become \(4, -1\)"),
               ErrorSample(np.ones((2, 3)), (-1, -1), error=ValueError, match="view: more than one -1")])  # fmt: skip
def view(input, size):
    """The same elements in another shape without copying; -1 stands for one size. Raises ShapeError where `reshape` would copy.

    With a dtype in place of sizes: the same memory as elements of that dtype, larger or smaller ones along the last dimension. That is
    not recorded, as bits have no gradient.
    Shapes: the element counts agree. Dtypes: all.
    >>> mg.arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    >>> hex(mg.tensor(1.0).view(mg.int32).item())
    '0x3f800000'
    """
    return np.reshape(input, size)


_view = view


@composite(star="shape", samples=lambda r: [Sample(r(2, 6), shape=(3, 4), id="split"), Sample(r(2, 3, 4), shape=(-1,), id="flat")], dtypes=ALL,
           errors=[ErrorSample(np.ones((2, 3)), (4, 4), error=ValueError, match=r"shape \(2, 3\) of 6 elements cannot become \(4, 4\)")])  # fmt: skip
def reshape(input, shape):
    """The same elements in another shape: a view where possible, otherwise a copy; -1 stands for one size.

    Shapes: the element counts agree. Dtypes: all.
    >>> mg.reshape(mg.arange(6), (3, 2))
    tensor([[0, 1],
            [2, 3],
            [4, 5]])
    """
    return _core.reshape(input, shape)


@composite(own_errors=True, where="Tensor", arrays="input other", dense=True, samples=lambda r: [Sample(r(2, 6), r(3, 4), id="split")],
           errors=[ErrorSample(np.ones((2, 3)), np.ones(4), error=ShapeError, match=r"shape \(2, 3\) of 6 elements cannot become \(4,\)")])  # fmt: skip
def view_as(input, other):
    """`view` in the shape of `other`.

    >>> mg.arange(6).view_as(mg.zeros(2, 3)).shape
    (2, 3)
    """
    return _view(input, other.shape)


@composite(own_errors=True, where="Tensor", arrays="input other", samples=lambda r: [Sample(r(2, 6), r(3, 4), id="split")],
           errors=[ErrorSample(np.ones((2, 3)), np.ones(4), error=ShapeError, match=r"shape \(2, 3\) of 6 elements cannot become \(4,\)")])  # fmt: skip
def reshape_as(input, other):
    """`reshape` to the shape of `other`.

    >>> mg.arange(6).reshape_as(mg.zeros(2, 3)).shape
    (2, 3)
    """
    return _core.reshape(input, other.shape)


@composite(
    samples=lambda r: [Sample(r(2, 3, 4), id="all"), Sample(r(2, 3, 4, 5), start_dim=1, end_dim=-2, id="middle"), Sample(r(), id="0-d")],
    dtypes=ALL,
)
def flatten(input, start_dim=0, end_dim=-1):
    """Dimensions from start_dim to end_dim merged into one.

    Shapes: any; 0-d becomes 1-d. Dtypes: all.
    >>> mg.flatten(mg.zeros(2, 3, 4), 1).shape
    (2, 12)
    """
    start, end = _dim("flatten", start_dim, input.ndim), _dim("flatten", end_dim, input.ndim)
    if start > end:
        raise ShapeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    shape = input.shape
    merged = 1
    for s in shape[start : end + 1]:
        merged *= s
    return reshape(input, (*shape[:start], merged, *shape[end + 1 :]))


@composite(samples=lambda r: [Sample(r(2, 12), dim=1, sizes=(3, -1), id="split")])
def unflatten(input, dim, sizes):
    """One dimension split into several.

    >>> mg.zeros(2, 12).unflatten(1, (3, 4)).shape
    (2, 3, 4)
    """
    d = _dim("unflatten", dim, input.ndim)
    return reshape(input, (*input.shape[:d], *sizes, *input.shape[d + 1 :]))


@defop(family="view", plan=_core.plan_squeeze, vjp={"input": lambda g, input_shape: reshape(g, input_shape)}, linear_in=("input",), dtypes=ALL,
       samples=lambda r: [Sample(r(1, 3, 1, 2), id="all"), Sample(r(1, 3, 1), dim=0, id="one"), Sample(r(2, 3), dim=0, id="none"),
                          Sample(r(1, 3, 1), dim=(0, 2), id="several")])  # fmt: skip
def squeeze(input, dim=None):
    """Without dimensions of size 1: all of them, or those that `dim` (an int or a tuple) names; a view.

    Shapes: any. Dtypes: all.
    >>> mg.squeeze(mg.zeros(1, 3, 1)).shape
    (3,)
    """
    shape = np.shape(input)
    dims = range(len(shape)) if dim is None else [d % max(len(shape), 1) for d in (dim if isinstance(dim, tuple) else (dim,))]
    return np.reshape(input, [s for d, s in enumerate(shape) if s != 1 or d not in dims])


@defop(family="view", plan=_core.plan_unsqueeze, vjp={"input": lambda g, input_shape: reshape(g, input_shape)}, linear_in=("input",), dtypes=ALL,
       samples=lambda r: [Sample(r(2, 3), dim=0, id="front"), Sample(r(2, 3), dim=-1, id="back"), Sample(r(), dim=0, id="0-d")])  # fmt: skip
def unsqueeze(input, dim):
    """A new dimension of size 1 at position `dim`; a view.

    Shapes: any. Dtypes: all.
    >>> mg.unsqueeze(mg.zeros(2, 3), 1).shape
    (2, 1, 3)
    """
    return np.expand_dims(input, dim)


@defop(family="view", plan=_core.plan_as_strided, dense=True, linear_in=("input",), dtypes=ALL,
       vjp={"input": lambda g, input_shape, size, stride, storage_offset: _as_strided_backward(g, input_shape, size, stride, storage_offset)},
       samples=lambda r: [Sample(r(3, 4), size=(2, 3), stride=(1, 4), storage_offset=1, id="transposed"),
                          Sample(r(5), size=(3, 3), stride=(1, 1), storage_offset=0, id="overlapping")],
       errors=[ErrorSample(np.ones(5), (3, 3), (2, 1), error=ValueError, match="reach outside the storage")])  # fmt: skip
def as_strided(input, size, stride, storage_offset=0):
    """A view of `input`'s memory with any sizes and strides (in elements), `storage_offset` elements after its first.

    Shapes: a contiguous input. Dtypes: all. Raises ShapeError if it would reach outside the storage.
    >>> mg.as_strided(mg.arange(5), (3, 3), (1, 1))
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])
    """
    flat = np.ravel(input)[storage_offset:]
    return np.lib.stride_tricks.as_strided(flat, size, [s * flat.itemsize for s in stride])


def _as_strided_backward(g, shape, size, stride, offset):
    """Add every element of the window back to where it came from."""
    n = int(np.prod(shape))
    where = np.lib.stride_tricks.as_strided(np.arange(n)[offset:], size, [s * 8 for s in stride]).ravel()
    flat = _core.full_of((n,), 0, g.dtype)
    return reshape(flat.index_add(0, _core.from_numpy(where.copy()), reshape(g, (-1,))), shape)


def movedim(input, source, destination):
    """Dimensions moved to new positions, the others in order; a view.

    >>> mg.movedim(mg.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    sources = [_dim("movedim", d, input.ndim) for d in ((source,) if isinstance(source, int) else source)]
    targets = [_dim("movedim", d, input.ndim) for d in ((destination,) if isinstance(destination, int) else destination)]
    if len(sources) != len(targets) or len(set(sources)) != len(sources) or len(set(targets)) != len(targets):
        raise ShapeError(f"movedim: source {source} and destination {destination} must name as many different dimensions")
    order: list[int] = [-1] * input.ndim
    for s, t in zip(sources, targets, strict=True):
        order[t] = s
    rest = iter([d for d in range(input.ndim) if d not in sources])
    return permute(input, tuple(next(rest) if d < 0 else d for d in order))


movedim = composite(
    aliases=("moveaxis",),
    dtypes=ALL,
    samples=lambda r: [
        Sample(r(2, 3, 4), source=0, destination=-1, id="one"),
        Sample(r(2, 3, 4), source=(0, 2), destination=(1, 0), id="two"),
    ],
)(movedim)


@composite(samples=lambda r: [Sample(r(3, 5), id="matrix"), Sample(r(4), id="vector")])
def t(input):
    """The transpose of a matrix; a view. Vectors and 0-d tensors stay.

    >>> mg.t(mg.zeros(2, 3)).shape
    (3, 2)
    """
    if input.ndim > 2:
        raise ShapeError(f"t: expected at most 2 dimensions, got shape {input.shape}")
    return transpose(input, 0, 1) if input.ndim == 2 else input


@composite(samples=lambda r: [Sample(r(2, 3, 4), axis0=0, axis1=2, id="ends")])
def swapaxes(input, axis0, axis1):
    """`transpose` under NumPy's name.

    >>> mg.swapaxes(mg.zeros(2, 3), 0, 1).shape
    (3, 2)
    """
    return transpose(input, axis0, axis1)


@composite(samples=lambda r: [Sample(r(3, 5), dim=1, start=1, length=3, id="middle"), Sample(r(3, 5), dim=0, start=-2, length=1, id="negative")], dtypes=ALL,
           errors=[ErrorSample(np.ones((3, 5)), 1, 3, 3, error=ValueError, match="narrow: 3 entries from 3 on reach outside dimension 1 of size 5")])  # fmt: skip
def narrow(input, dim, start, length):
    """`length` entries of dimension `dim`, from `start` on; a view.

    >>> mg.narrow(mg.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    return _core.narrow(input, dim, start, length)


@composite(samples=lambda r: [Sample(r(3, 5), dim=1, index=2, id="column"), Sample(r(3, 5), dim=0, index=-1, id="row")])
def select(input, dim, index):
    """Entry `index` of dimension `dim`, which goes; a view.

    >>> mg.select(mg.arange(6).view(2, 3), 1, 2)
    tensor([2, 5])
    """
    return _core.select(input, dim, index)


@composite(
    aliases=("unsafe_split",),
    samples=lambda r: [
        Sample(r(7, 2), split_size_or_sections=3, id="size"),
        Sample(r(2, 7), split_size_or_sections=(2, 5), dim=1, id="sections"),
    ],
)
def split(input, split_size_or_sections, dim=0):
    """Views of consecutive parts along `dim`: of one size (the last may be smaller), or of the sizes given.

    >>> [p.shape for p in mg.split(mg.zeros(7, 2), 3)]
    [(3, 2), (3, 2), (1, 2)]
    """
    d = _dim("split", dim, input.ndim)
    n = input.shape[d]
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        if size < 0 or (size == 0 and n > 0):
            raise ShapeError(f"split: expected a positive size, got {size}")
        return _core.split_evenly(input, d, size)
    sections = list(split_size_or_sections)
    if builtins.sum(sections) != n or builtins.min(sections, default=0) < 0:
        raise ShapeError(f"split: sections {sections} do not add up to {n}, the size of dimension {d}")
    return _core.split_sizes(input, d, sections)


@composite(aliases=("unsafe_chunk",), samples=lambda r: [Sample(r(7, 2), chunks=3, id="uneven")])
def chunk(input, chunks, dim=0):
    """At most `chunks` views of equal size along `dim`; the last may be smaller.

    >>> [p.shape[0] for p in mg.chunk(mg.zeros(7), 3)]
    [3, 3, 1]
    """
    if chunks <= 0:
        raise ShapeError(f"chunk: expected at least 1 chunk, got {chunks}")
    n = input.shape[_dim("chunk", dim, input.ndim)]
    return split(input, builtins.max(-(-n // chunks), 1), dim)


@composite(samples=lambda r: [Sample(r(3, 4), dim=1, id="columns")])
def unbind(input, dim=0):
    """A tuple of views: the entries of dimension `dim`.

    >>> mg.unbind(mg.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    return _core.unbind(input, dim)


# ---- copies ----


@defop(kernel="copy", vjp={"input": lambda g: g}, linear_in=("input",), dtypes=ALL, call=_core.clone, inplace=False,
       samples=lambda r: [Sample(r(3, 4), id="matrix"), Sample(r(0, 2), id="empty")])  # fmt: skip
def clone(input):
    """A contiguous copy; gradients flow through.

    Shapes: any. Dtypes: all.
    >>> mg.clone(mg.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """
    return np.array(input)


@composite(where="Tensor", samples=lambda r: [Sample(r(3, 4), id="matrix")])
def contiguous(input):
    """The tensor itself if its elements lie in C order, otherwise a copy.

    >>> mg.zeros(2, 3).T.contiguous().is_contiguous()
    True
    """
    return _core.contiguous(input)


@defop(vjp={"input": lambda g, source: g if source is None else _core.cast(g, source)}, call=lambda input, dtype, source=None: _core.cast(input, dtype),
       samples=lambda r: [Sample(r(3, 4), dtype=_core.float64, id="same")], inplace=False, dtypes=COMPLEX[:2])  # fmt: skip
def _cast(input, dtype, source=None):
    """input, which has dtype source, as another dtype"""
    return np.asarray(input, dtype.numpy)


def _assign(input, other):
    """What fill_ and copy_ record: nothing of the old value is left, whose gradient is zeros, as in PyTorch"""
    return np.broadcast_to(other, np.shape(input))


_assign = defop(vjp={"input": lambda g: _core.zeros_of(g), "other": lambda g: g}, samples=lambda r: [Sample(r(3, 4), r(3, 4), id="same")], inplace=False,
                dtypes=COMPLEX)(_assign)  # fmt: skip


def _copy_slices_plan(input, other, size, stride, storage_offset):
    out = clone(input.detach())
    _core.copy_(_core.window_of(out, size, stride, storage_offset), other.detach())
    return out


@defop(family="general", plan=_copy_slices_plan, linear_in=("input", "other"), dtypes=ALL,
       samples=lambda r: [Sample(r(3, 4), r(2, 3), size=(2, 3), stride=(1, 4), storage_offset=1, id="window")],
       vjp={"input": lambda g, size, stride, storage_offset, other_shape: _copy_slices(g, _core.full_of(other_shape, 0, g.dtype), size, stride, storage_offset),
            "other": lambda g, size, stride, storage_offset: clone(as_strided(_core.contiguous(g), size, stride, storage_offset))})  # fmt: skip
def _copy_slices(input, other, size, stride, storage_offset):
    """input with a window of it replaced by other: what changing a view does to its base"""
    out = np.ascontiguousarray(input).copy()
    flat = out.reshape(-1)[storage_offset:]
    np.lib.stride_tricks.as_strided(flat, size, [s * flat.itemsize for s in stride])[...] = other
    return out


def _cat_vjp(g, shapes, dim):
    d = _dim("cat", dim, g.ndim)
    return _core.split_sizes(g, d, [s[d] for s in shapes])


@defop(family="general", plan=_core.plan_cat, variadic=True, vjp={"tensors": _cat_vjp}, where="", dtypes=ALL,
       samples=lambda r: [Sample([r(2, 3), r(4, 3)], dim=0, id="rows"), Sample([r(2, 3), r(2, 1), r(2, 2)], dim=-1, id="columns")])  # fmt: skip
def _cat(tensors, dim):
    """Tensors of one dtype joined along dim"""
    return np.concatenate(tensors, dim)


@composite(arrays="tensors", where="mg", dtypes=ALL, aliases=("concat", "concatenate"),
           samples=lambda r: [Sample([r(2, 3), r(4, 3)], id="rows"), Sample([r(2, 3), r(2, 0), r(2, 2)], dim=-1, id="columns")],
           errors=[ErrorSample([], error=ValueError, match="cat: expected at least one tensor")])  # fmt: skip
def cat(tensors, dim=0):
    """Tensors joined along an existing dimension.

    Shapes: equal but for `dim`; 1-d tensors of no elements are left out, as in PyTorch. Dtypes: all; the result has the promoted one.
    >>> mg.cat([mg.zeros(2, 3), mg.ones(1, 3)]).shape
    (3, 3)
    """
    return _core.join(_cat.op.engine, tensors, dim, False)


@composite(arrays="tensors", where="mg", samples=lambda r: [Sample([r(2, 3), r(2, 3)], dim=1, id="middle"), Sample([r(), r(), r()], id="0-d")], dtypes=ALL,
           errors=[ErrorSample([np.ones(2), np.ones(3)], error=ValueError, match=r"stack: expected tensors of one shape, got \(2,\) and \(3,\)")])  # fmt: skip
def stack(tensors, dim=0):
    """Tensors of one shape joined along a new dimension.

    >>> mg.stack([mg.zeros(3), mg.ones(3)], 1).shape
    (3, 2)
    """
    return _core.join(_cat.op.engine, tensors, dim, True)


@composite(samples=lambda r: [Sample(r(2, 3, 4), dims=(0, 2), id="two"), Sample(r(5), dims=(0,), id="one")], star="dims", dtypes=ALL)
def flip(input, dims):
    """The entries of some dimensions in reverse order; a copy.

    >>> mg.flip(mg.tensor([1, 2, 3]), 0)
    tensor([3, 2, 1])
    """
    return _core.flipped(input, dims)


@composite(samples=lambda r: [Sample(r(3), sizes=(2, 4), id="new"), Sample(r(2, 3), sizes=(2, 1), id="same")], star="sizes", where="Tensor")
def repeat(input, sizes):
    """The tensor repeated along each dimension, as np.tile; a copy.

    >>> mg.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    if len(sizes) < input.ndim:
        raise ShapeError(f"repeat: expected at least {input.ndim} counts for shape {input.shape}, got {tuple(sizes)}")
    shape = (1,) * (len(sizes) - input.ndim) + input.shape
    wide = reshape(input, tuple(n for s in shape for n in (1, s))).expand(
        tuple(n for c, s in zip(sizes, shape, strict=True) for n in (c, s))
    )
    # Of what is expanded along dimensions of size 1 the reshape alone would be a view.
    return reshape(wide.clone(), tuple(c * s for c, s in zip(sizes, shape, strict=True)))


def _to_dtype(name, dtype):
    def method(self):
        return _core.cast(self, dtype)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"The tensor as {dtype.name}; itself if it is."
    _core.attach(name, method)


for _name, _dtype in {"float": _core.float32, "double": _core.float64, "half": _core.float16, "int": _core.int32, "long": _core.int64, "bool": _core.bool_,
                      "byte": _core.uint8, "short": _core.int16, "char": _core.int8, "bfloat16": _core.bfloat16, "cfloat": _core.complex64,
                      "cdouble": _core.complex128}.items():  # fmt: skip
    _to_dtype(_name, _dtype)


def _to(self, *args, dtype=None, device=None, copy=False, non_blocking=False):
    """The tensor as another dtype (or as that of another tensor); itself if it has it, unless `copy`. The only device is "cpu"."""
    for a in args:
        if isinstance(a, _core.Tensor):
            dtype = a.dtype
        elif isinstance(a, bool):
            continue  # PyTorch's non_blocking, which means nothing here
        elif isinstance(a, str) and a.split(":")[0] in KINDS:
            device = a
        else:
            dtype = a
    if device is not None:
        on_cpu(device, "to")
    out = self if dtype is None else _core.cast(self, dtype)
    return clone(self) if copy and out is self else out


def _type(self, dtype=None, non_blocking=False):
    """Without a dtype its older name, "minigrad.FloatTensor"; else the tensor cast to it. Such names and `mg.FloatTensor` are taken too."""
    from ..legacy import dtype_of, type_name

    return type_name(self.dtype) if dtype is None else _core.cast(self, dtype_of(dtype))


def _type_as(self, other):
    """The tensor in the dtype of another."""
    return _core.cast(self, other.dtype)


def _cpu(self):
    """The tensor itself."""
    return self


def _cuda(self, device=None, non_blocking=False):
    """Raises RuntimeError: there is no GPU."""
    raise RuntimeError("cuda: minigrad computes on the CPU only; leave the call out, or use .to('cpu')")


def _pin_memory(self, device=None):
    """The tensor itself: pinned memory is faster to reach for a GPU only."""
    return self


def _get_device(self):
    """-1: the number of the GPU that holds the tensor, of which there is none."""
    return -1


def _share_memory_(self):
    """Move the elements into memory that processes forked from this one share with it; returns the tensor."""
    if self.numel():
        bits = {1: np.uint8, 2: np.int16, 4: np.int32, 8: np.int64, 16: np.complex128}[self.element_size()]
        array = np.frombuffer(mmap.mmap(-1, self.nbytes), bits).reshape(self.shape)
        shared = _core.bits_of(_core.from_numpy(array), self.dtype)
        _core.copy_(shared, self.detach())
        self.data = shared
    return self


def _copy_(self, source, non_blocking=False):
    """Set the elements to those of `source`, cast and broadcast; returns the tensor."""
    return _core.copy_(self, source)


def _fill_(self, value):
    """Set all elements to one value; returns the tensor."""
    return _core.copy_(self, value)


def _zero_(self):
    """Set all elements to 0; returns the tensor."""
    return _core.copy_(self, 0)


for _name, _method in {
    "to": _to,
    "type": _type,
    "type_as": _type_as,
    "cpu": _cpu,
    "cuda": _cuda,
    "pin_memory": _pin_memory,
    "get_device": _get_device,
    "share_memory_": _share_memory_,
    "copy_": _copy_,
    "fill_": _fill_,
    "zero_": _zero_,
}.items():
    _method.__name__ = _method.__qualname__ = _name
    _core.attach(_name, _method)


def _constant(name: str, value: bool) -> None:
    _core.attach(name, property(lambda self: value, doc=f"{value}: tensors are dense and on the CPU."))


for _name in ("is_cuda", "is_mps", "is_meta", "is_sparse", "is_quantized"):
    _constant(_name, False)
_constant("is_cpu", True)
