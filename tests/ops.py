"""What the tests that are generic over the registry share: every op with every sample, once."""

from __future__ import annotations

import pytest

import minigrad  # noqa: F401 (fills the registry)
from minigrad.registry import OPS, Draw, Op, Sample


def all_samples() -> list:
    """pytest parameters (op, sample) with ids such as "matmul-batch"."""
    found = []
    for op in OPS.values():
        for sample in op.samples(Draw(0)):
            found.append(pytest.param(op, sample, id=f"{op.name}-{sample.id}"))
    return found


def first_array(sample: Sample):
    return sample.arrays[0]


def xfail_if_known(op: Op, what: str, request) -> None:
    """Known failures are strict: they expire with the bug."""
    if what in op.known_failures:
        request.applymarker(pytest.mark.xfail(strict=True, reason=op.known_failures[what]))
