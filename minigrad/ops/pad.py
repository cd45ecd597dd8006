"""Padding: entries added around a tensor, constant ones or copies of its own; and the reverse."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import ShapeError
from ..registry import Draw, ErrorSample, Sample, composite, defop

ALL = ("float32", "float64", "int64", "int32", "uint8", "bool")


def _pad_plan(input, shape, entries, value):
    out = _core.full_of(shape, value, input.dtype)
    _core.write(out, entries, input)
    return out


@defop(family="general", plan=_pad_plan, where="", dtypes=(*ALL, "float16", "complex64"), vjp={"input": lambda g, entries: _core.slice_view(g, entries)},
       samples=lambda r: [Sample(r(2, 3), shape=(4, 6), entries=((1, 1, 2), (2, 1, 3)), value=0.5, id="inside")])  # fmt: skip
def _pad_constant(input, shape, entries, value):
    """input inside a larger tensor of one value"""
    out = np.full(shape, value, np.asarray(input).dtype)
    out[tuple(slice(start, start + step * n, step) for start, step, n in entries)] = input
    return out


def _widths(op, input, pad):
    """(before, after) of every dimension; the last come first in `pad`."""
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise ShapeError(f"{op}: expected an even number of sizes, at most {2 * input.ndim} for shape {input.shape}, got {tuple(pad)}")
    shape, n = input.shape, len(pad) // 2
    widths = [(0, 0)] * (len(shape) - n)
    for i in range(n - 1, -1, -1):
        before, after = pad[2 * i], pad[2 * i + 1]
        if shape[-1 - i] + before + after < 0:
            raise ShapeError(f"{op}: {before} and {after} cut more than there is of dimension {len(shape) - 1 - i} of shape {shape}")
        widths.append((before, after))
    return widths


def _constant(op, input, pad, value):
    """input with `value` around it; negative widths cut off."""
    if len(pad) and min(pad) < 0:
        widths = _widths(op, input, pad)
        keep = tuple((max(-a, 0), 1, n + min(a, 0) + min(b, 0)) for n, (a, b) in zip(input.shape, widths, strict=True))
        input, pad = _core.slice_view(input, keep), [max(width, 0) for width in pad]
    shape = list(input.shape)
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        _widths(op, input, pad)  # which says what is wrong
    entries = [(0, 1, n) for n in shape]
    for i in range(0, len(pad), 2):
        d, before = -1 - i // 2, pad[i]
        n = shape[d]
        entries[d] = (before, 1, n)
        shape[d] = n + before + pad[i + 1]
    return _pad_constant(input, tuple(shape), tuple(entries), value)


def _source(mode, n, before, after, d):
    """The entry that each entry of a padded dimension copies. Reflection and replication see what a negative width cuts off;
    the circle is closed without it."""
    if mode == "circular":
        kept = np.arange(max(-before, 0), n - max(-after, 0))
        if max(before, after) > len(kept):
            raise ShapeError(f"pad: {before} and {after} wrap around the {len(kept)} entries of dimension {d} more than once")
        return kept[np.arange(-max(before, 0), len(kept) + max(after, 0)) % max(len(kept), 1)]
    at = np.arange(-before, n + after)
    if mode == "replicate":
        if not n:
            raise ShapeError(f"pad: nothing to copy in dimension {d}, which is empty")
        return at.clip(0, n - 1)
    if max(before, after) >= n:
        raise ShapeError(f"pad: reflection by {before} and {after} needs more than the {n} entries of dimension {d}")
    return n - 1 - np.abs(n - 1 - np.abs(at))


def _pad_samples(r: Draw) -> list[Sample]:
    modes = [Sample(r(2, 3, 5), pad=(2, 1), mode=mode, id=mode) for mode in ("reflect", "replicate", "circular")]
    return [
        Sample(r(2, 3, 4), pad=(1, 2), id="last"),
        Sample(r(2, 3, 4), pad=(1, -1, 0, 2), value=1.5, id="two-negative"),
        *modes,
        Sample(r(2, 3, 4, 5), pad=(-1, 2, 1, 0, 0, 2), mode="reflect", id="reflect-three"),
        Sample(r(2, 3, 4, 5), pad=(2, -1, 0, 3, 1, 1), mode="circular", id="circular-three"),
        Sample(r(0, 3), pad=(1, 0), id="empty"),
    ]


@composite(where="F", samples=_pad_samples, dtypes=ALL, errors=[
    ErrorSample(np.ones((2, 3)), (1,), error=ShapeError, match="pad: expected an even number"),
    ErrorSample(np.ones((2, 3)), (-2, -2), error=ShapeError, match="pad: -2 and -2 cut more than there is of dimension 1"),
    ErrorSample(np.ones((2, 3)), (1, 1), mode="no", error=ValueError, match="pad: mode must be"),
    ErrorSample(np.ones((2, 3)), (1, 1), mode="reflect", value=2.0, error=ValueError, match='pad: only mode="constant" takes a value'),
    ErrorSample(np.ones((2, 3)), (3, 0), mode="reflect", error=ShapeError, match="reflection by 3 and 0 needs more than the 3 entries of dimension 1"),
    ErrorSample(np.ones((2, 3)), (0, 4), mode="circular", error=ShapeError, match="0 and 4 wrap around the 3 entries of dimension 1 more than once"),
])  # fmt: skip
def pad(input, pad, mode="constant", value=None):
    """Entries added (or, where negative, cut off) before and after the last dimensions: pad = (last before, last after, one but last before, ...).

    mode: "constant" (`value`, default 0), "reflect" (as in a mirror at the first and last entry), "replicate" (those again and again),
        "circular" (the other end).
    Shapes: any. Dtypes: all. Raises ShapeError if more is cut off, reflected or wrapped around than there is.
    >>> mg.nn.functional.pad(mg.tensor([1, 2]), (1, 2))
    tensor([0, 1, 2, 0, 0])
    >>> mg.nn.functional.pad(mg.tensor([1, 2, 3]), (2, 1), mode="reflect")
    tensor([3, 2, 1, 2, 3, 2])
    """
    if mode == "constant":
        return _constant("pad", input, pad, value or 0)
    widths = _widths("pad", input, pad)
    if mode not in ("reflect", "replicate", "circular"):
        raise ValueError(f'pad: mode must be "constant", "reflect", "replicate" or "circular", got {mode!r}')
    if value:
        raise ValueError(f'pad: only mode="constant" takes a value, got {value} for "{mode}"')
    for d, (before, after) in enumerate(widths):
        if before or after:
            input = input.index_select(d, _core.from_numpy(_source(mode, input.shape[d], before, after, d)))
    return input


@composite(where="mg", samples=lambda r: [Sample(r(2, 3, 4), pad=(1, -1, 0, 2), value=1.5, id="two-negative")], dtypes=ALL)
def constant_pad_nd(input, pad, value=0):
    """`nn.functional.pad` with one value.

    >>> mg.constant_pad_nd(mg.tensor([1, 2]), (1, 2), 5)
    tensor([5, 1, 2, 5, 5])
    """
    return _constant("constant_pad_nd", input, pad, value)
