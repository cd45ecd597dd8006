"""How much of PyTorch there is: counted, on a page, and nothing is missing without a reason."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from generated import DOCS, assert_current

ROOT = Path(__file__).resolve().parents[1]
if not (ROOT / "benchmarks").is_dir():
    pytest.skip("the benchmarks live in a checkout", allow_module_level=True)
sys.path.insert(0, str(ROOT))

from benchmarks import coverage
from minigrad.registry import OPS


def test_properties_are_those_on_the_page():
    assert_current("coverage.md", "properties", coverage.table())


def test_public_ops():
    assert len([op for op in OPS.values() if op.where]) >= 350


def test_names_are_covered_or_there_is_a_reason():
    pytest.importorskip("torch")
    lacking = coverage.missing()
    assert not [name for name, why in lacking.items() if why is None]
    covered = {name for space, names in coverage.torch_names().items() for name in names if f"{space}.{name}" not in lacking}
    assert len(covered & {name.split("_", 1)[-1] if op.where[0] in ("linalg", "special", "fft") else name for op in OPS.values() if op.where
                          for name in (op.name, *op.aliases)}) >= 350  # fmt: skip


def test_names_are_those_on_the_page():
    pytest.importorskip("torch")
    if f"Compared with {coverage.version()}." not in (DOCS / "coverage.md").read_text() and not os.environ.get("MINIGRAD_WRITE_DOCS"):
        pytest.skip("the page is of another PyTorch")
    assert_current("coverage.md", "names", coverage.comparison())
    for pattern in coverage.REASONS:
        assert any(re.fullmatch(pattern, name) for name in coverage.missing()), f"no name needs the reason for {pattern}"
