"""Sample makers that several op families share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..registry import Draw, ErrorSample, Sample

ALL = ("float32", "float64", "int64", "int32", "uint8", "bool")
NUMBERS = ALL[:5]
COMPLEX = ("complex64", "complex128")
FLOATS = ("float32", "float64")
INTEGERS = ("int64", "int32", "uint8", "bool")


def normal(r: Draw, *shape: int) -> np.ndarray:
    return r(*shape)


def positive(r: Draw, *shape: int) -> np.ndarray:
    return r.between(0.2, 3, *shape)


def small(r: Draw, *shape: int) -> np.ndarray:
    return r.between(-0.9, 0.9, *shape)


def away(r: Draw, *shape: int) -> np.ndarray:
    return r.away(*shape)


def one(draw: Callable[..., np.ndarray] = normal, **params: object) -> Callable[[Draw], list[Sample]]:
    """One array: a matrix, more than a vector's width, 0-d, empty."""

    def samples(r: Draw) -> list[Sample]:
        shapes = {"matrix": (3, 4), "odd": (37,), "0-d": (), "empty": (2, 0)}
        return [Sample(draw(r, *shape), id=id, **params) for id, shape in shapes.items()]

    return samples


def pairs(draw: Callable[..., np.ndarray] = normal, second: Callable[..., np.ndarray] | None = None) -> Callable[[Draw], list[Sample]]:
    """Two arrays: one shape, broadcast both ways, with a 0-d one, empty."""
    other = second or draw

    def samples(r: Draw) -> list[Sample]:
        return [
            Sample(draw(r, 3, 4), other(r, 3, 4), id="same-shape"),
            Sample(draw(r, 2, 1, 5), other(r, 3, 1), id="broadcast-both"),
            Sample(draw(r, 4), other(r), id="0-d"),
            Sample(draw(r, 0, 3), other(r, 1, 3), id="empty"),
        ]

    return samples


NO_BROADCAST = ErrorSample(np.ones((2, 3)), np.ones((4, 3)), error=ValueError, match=r"shapes \(2, 3\) and \(4, 3\) cannot be broadcast")
NO_NUMBER = ErrorSample(np.ones(3), "text", error=TypeError, match="expected tensors or numbers, got str")
INTEGER_ERRORS = [
    ErrorSample(
        np.ones((2, 3), np.int64), np.ones((4, 3), np.int64), error=ValueError, match=r"shapes \(2, 3\) and \(4, 3\) cannot be broadcast"
    ),
    ErrorSample(np.ones(3), np.ones(3), error=TypeError, match="expected integers or bool, got dtype float64"),
]
