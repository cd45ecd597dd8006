"""Sequences of different lengths: padded to one length, or packed.

A packed batch has its sequences longest first, and their elements step by step: first those of step 0, then those of step 1 of all
sequences that have one, and so on. `batch_sizes` says how many each step has.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError
from minigrad.ops.shape import cat


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """A packed batch: what `pack_padded_sequence` makes and recurrent layers take and give.

    data (elements, *), batch_sizes (steps,) int64; sorted_indices: where each sequence stood before it was sorted by length, and
    unsorted_indices the inverse; both are None if sequences came sorted.
    """

    def __new__(
        cls, data: Tensor, batch_sizes: Tensor, sorted_indices: Tensor | None = None, unsorted_indices: Tensor | None = None
    ) -> PackedSequence:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """With `data.to(...)`."""
        return PackedSequence(self.data.to(*args, **kwargs), self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def float(self) -> PackedSequence:
        return self.to(mg.float32)

    def double(self) -> PackedSequence:
        return self.to(mg.float64)

    def half(self) -> PackedSequence:
        return self.to(mg.float16)

    def long(self) -> PackedSequence:
        return self.to(mg.int64)

    def int(self) -> PackedSequence:
        return self.to(mg.int32)

    def cpu(self) -> PackedSequence:
        return self

    def pin_memory(self) -> PackedSequence:
        return self

    @property
    def is_cuda(self) -> bool:
        return False

    def is_pinned(self) -> bool:
        return False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The inverse of a permutation, None of None.

    >>> invert_permutation(mg.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    return None if permutation is None else mg.from_numpy(np.argsort(permutation.numpy()))


def _as_lengths(op: str, lengths: Any) -> np.ndarray:
    values = np.asarray(lengths.numpy() if isinstance(lengths, Tensor) else [int(n) for n in lengths])
    if values.ndim != 1 or not len(values):
        raise ShapeError(f"{op}: lengths must be a list or a 1-D tensor with at least one length, got shape {values.shape}")
    return values.astype(np.int64)


def _rows(t: np.ndarray, n: np.ndarray, steps: int, batch: int, batch_first: bool) -> Tensor:
    """Places of elements (step t, sequence n) in a padded batch whose first two axes are one."""
    return mg.from_numpy(np.ascontiguousarray(n * steps + t if batch_first else t * batch + n))


def _members(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(size of each step, step of each packed element, its sequence), for lengths that do not rise."""
    sizes = (np.arange(lengths[0])[:, None] < lengths).sum(1)
    steps = np.repeat(np.arange(lengths[0]), sizes)
    return sizes, steps, np.arange(len(steps)) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def pack_padded_sequence(input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True) -> PackedSequence:
    """Pack a padded batch.

    lengths: of each sequence, a list or an int64 tensor; they must not rise unless enforce_sorted=False, which sorts them first.
    Shapes: input (T, N, *), with batch_first (N, T, *). Raises ShapeError for what does not fit.
    >>> packed = pack_padded_sequence(mg.tensor([[1, 3], [2, 0]]), [2, 1])
    >>> packed.data, packed.batch_sizes
    (tensor([1, 3, 2]), tensor([2, 1]))
    """
    name = "pack_padded_sequence"
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}: expected a Tensor, got {type(input).__name__}")
    if input.dim() < 2:
        raise ShapeError(f"{name}: input must be (T, N, *), or (N, T, *) with batch_first, got shape {tuple(input.shape)}")
    count = _as_lengths(name, lengths)
    steps, batch = (input.shape[1], input.shape[0]) if batch_first else (input.shape[0], input.shape[1])
    if len(count) != batch:
        raise ShapeError(f"{name}: Expected `len(lengths)` to be equal to batch_size={batch}, but got {len(count)}")
    order, sorted_indices = np.arange(batch), None
    if not enforce_sorted:
        order = np.argsort(-count, kind="stable")
        count, sorted_indices = count[order], mg.from_numpy(order)
    if (count[1:] > count[:-1]).any():
        raise ShapeError(
            f"{name}: `lengths` array must be sorted in decreasing order when `enforce_sorted` is True; pass enforce_sorted=False "
            f"to have it sorted, got {count.tolist()}"
        )
    if count[-1] <= 0 or count[0] > steps:
        raise ShapeError(f"{name}: lengths must be from 1 to {steps}, the number of steps of input, got {count.tolist()}")
    sizes, t, n = _members(count)
    flat = input.reshape((steps * batch, *input.shape[2:]))
    data = flat.index_select(0, _rows(t, order[n], steps, batch, batch_first))
    return PackedSequence(data, mg.from_numpy(sizes.astype(np.int64)), sorted_indices)


def _gather_padded(elements: list[Tensor], places: np.ndarray, value: float, steps: int, batch: int, batch_first: bool) -> Tensor:
    """A padded batch: `places` (T, N) says which of all elements stands where, -1 for padding."""
    first = elements[0]
    pad = mg.full((1, *first.shape[1:]), value, dtype=first.dtype)
    everything = cat([*elements, pad], 0)
    places = np.where(places < 0, len(everything) - 1, places)
    shape = (batch, steps) if batch_first else (steps, batch)
    chosen = everything.index_select(0, mg.from_numpy(np.ascontiguousarray(places.T if batch_first else places).reshape(-1)))
    return chosen.reshape((*shape, *first.shape[1:]))


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """(padded batch, lengths): the inverse of `pack_padded_sequence`. total_length: steps of the result, at least the longest's.

    Shapes: returns (T, N, *), with batch_first (N, T, *), and (N,) int64. Raises ValueError for a total_length that is too small.
    >>> padded, lengths = pad_packed_sequence(pack_sequence([mg.tensor([1, 2]), mg.tensor([3])]), batch_first=True)
    >>> padded, lengths
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))
    """
    sizes = sequence.batch_sizes.numpy()
    steps, batch = len(sizes), int(sizes[0])
    if total_length is not None:
        if total_length < steps:
            raise ValueError(
                "pad_packed_sequence: Expected total_length to be at least the length of the longest sequence in input, "
                f"but got total_length={total_length} and max sequence length being {steps}"
            )
        steps = total_length
    starts = np.cumsum(sizes) - sizes
    t, n = np.arange(steps)[:, None], np.arange(batch)
    inside = n < np.append(sizes, np.zeros(steps - len(sizes), sizes.dtype))[:, None]
    places = np.where(inside, np.append(starts, np.zeros(steps - len(sizes), starts.dtype))[:, None] + n + 0 * t, -1)
    lengths = (np.arange(batch)[:, None] < sizes).sum(1)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices.numpy()
        places, lengths = places[:, order], lengths[order]
    padded = _gather_padded([sequence.data], places, padding_value, steps, batch, batch_first)
    return padded, mg.from_numpy(lengths.astype(np.int64))


def pad_sequence(
    sequences: Tensor | Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences of different lengths as one batch.

    Shapes: each (length, *), the rest the same for all; returns (T, N, *), with batch_first (N, T, *), T the longest length.
    Raises ShapeError where the rest differs, ValueError for no sequences or another padding_side than "left" and "right".
    >>> pad_sequence([mg.tensor([1, 2]), mg.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    found = _sequences("pad_sequence", sequences)
    if padding_side not in ("left", "right"):
        raise ValueError(f"pad_sequence: padding_side must be 'left' or 'right', got {padding_side!r}")
    lengths = np.array([s.shape[0] for s in found])
    steps, t = int(lengths.max()), np.arange(int(lengths.max()))[:, None]
    own = t - (steps - lengths) if padding_side == "left" else t
    places = np.where((own >= 0) & (own < lengths), own + np.cumsum(lengths) - lengths, -1)
    return _gather_padded(found, places, padding_value, steps, len(found), batch_first)


def _sequences(op: str, sequences: Any) -> list[Tensor]:
    if not isinstance(sequences, Iterable):
        raise TypeError(f"{op}: Expected iterable for input sequences, but got arg of type: {type(sequences)}")
    found = list(sequences.unbind(0) if isinstance(sequences, Tensor) else sequences)
    if not found:
        raise ValueError(f"{op}: received an empty list of sequences")
    for s in found:
        if not isinstance(s, Tensor):
            raise TypeError(f"{op}: expected Tensors, got {type(s).__name__}")
        if s.dim() < 1 or s.shape[1:] != found[0].shape[1:]:
            raise ShapeError(f"{op}: sequences may differ in their first axis only, got {tuple(found[0].shape)} and {tuple(s.shape)}")
    return found


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded batch, each with its own length.

    Shapes: padded_sequences (T, N, *), with batch_first (N, T, *), lengths (N,).
    >>> unpad_sequence(mg.tensor([[1, 2], [3, 0]]), mg.tensor([2, 1]), batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[: int(n)] for row, n in zip(rows.unbind(0), lengths.tolist(), strict=True)]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack a list of sequences, longest first unless enforce_sorted=False.

    >>> pack_sequence([mg.tensor([1, 2]), mg.tensor([3])]).data
    tensor([1, 3, 2])
    """
    found = _sequences("pack_sequence", sequences)
    return pack_padded_sequence(pad_sequence(found), [s.shape[0] for s in found], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a packed batch: the inverse of `pack_sequence`.

    >>> unpack_sequence(pack_sequence([mg.tensor([1, 2]), mg.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]
