"""How far to go along a direction: the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Point:
    """A length of step that was tried, and what was found there: loss, gradient, slope along the direction."""

    at: float
    loss: float
    gradient: Any
    slope: float


def strong_wolfe(
    probe: Callable[[float], tuple[float, Any, float]],
    length: float,
    size: float,
    loss: float,
    gradient: Any,
    slope: float,
    *,
    sufficient: float = 1e-4,
    flatness: float = 0.9,
    tolerance_change: float = 1e-9,
    max_evaluations: int = 25,
) -> tuple[float, Any, float, int]:
    """A length where the loss has fallen by `sufficient` of what the slope promises and the slope is down to `flatness` of the first one
    (Nocedal and Wright 2006, algorithms 3.5 and 3.6): probe(length) gives loss, gradient and slope there; `size` is the largest
    element of the direction.

    Returns loss, gradient and length of the best point, and the number of probes.
    """

    def too_high(p: Point) -> bool:
        return p.loss > loss + sufficient * p.at * slope

    def flat(p: Point) -> bool:
        return abs(p.slope) <= -flatness * slope

    origin = previous = Point(0.0, loss, gradient, slope)
    new = Point(length, *probe(length))
    probes = 1
    tried = 0  # the first probe does not count against the limit

    # Go further until a good point is found, or a stretch that must hold one.
    ends = [origin]
    while tried < max_evaluations:
        if too_high(new) or (tried > 1 and new.loss >= previous.loss):
            ends = [previous, new]
            break
        if flat(new):
            return new.loss, new.gradient, new.at, probes
        if new.slope >= 0:
            ends = [previous, new]
            break
        following = _cubic_minimum(previous, new, (new.at + 0.01 * (new.at - previous.at), new.at * 10))
        previous, new = new, Point(following, *probe(following))
        probes += 1
        tried += 1
    else:
        ends = [origin, new]
    low = 0 if ends[0].loss <= ends[1].loss else 1  # which of the ends is the best point so far

    # Narrow the stretch.
    stalled = False
    while tried < max_evaluations and abs(ends[1].at - ends[0].at) * size >= tolerance_change:
        least, most = sorted(end.at for end in ends)
        at = _cubic_minimum(ends[0], ends[1], (least, most))
        margin = 0.1 * (most - least)
        if min(most - at, at - least) < margin:  # close to an end: once is allowed, then step away from it
            if stalled or at >= most or at <= least:
                at = most - margin if abs(at - most) < abs(at - least) else least + margin
                stalled = False
            else:
                stalled = True
        else:
            stalled = False
        new = Point(at, *probe(at))
        probes += 1
        tried += 1
        if too_high(new) or new.loss >= ends[low].loss:
            ends[1 - low] = new
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        if flat(new):
            return new.loss, new.gradient, new.at, probes
        if new.slope * (ends[1 - low].at - ends[low].at) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = new
    best = ends[low]
    return best.loss, best.gradient, best.at, probes


def _cubic_minimum(a: Point, b: Point, bounds: tuple[float, float]) -> float:
    """Where the cubic through two points, with their slopes, is least, within `bounds`; their middle where it has no minimum."""
    least, most = bounds
    if a.at > b.at:
        a, b = b, a
    if a.at == b.at:
        return (least + most) / 2
    mean = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.at - b.at)
    square = mean * mean - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2
    root = math.sqrt(square)
    width = b.slope - a.slope + 2 * root
    if width == 0:
        return (least + most) / 2
    return min(max(b.at - (b.at - a.at) * ((b.slope + root - mean) / width), least), most)
