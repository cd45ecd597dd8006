"""How much of what PyTorch programs name is here: counted, and on a page."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from generated import DOCS, assert_current

ROOT = Path(__file__).resolve().parents[1]
if not (ROOT / "benchmarks").is_dir():
    pytest.skip("the lists of names live in a checkout", allow_module_level=True)
sys.path.insert(0, str(ROOT))

from benchmarks import names

PAGE = "coming_from_pytorch.md"


def test_names_that_programs_use_most():
    rows = names.counted()
    missing = sum(uses for _, uses, found in rows if found == "missing")
    assert len(rows) > 300 and missing <= 0.05 * sum(uses for _, uses, _ in rows)
    assert_current(PAGE, "counted", names.counted_table())


def test_names_that_pytorch_exports():
    torch = pytest.importorskip("torch")
    version = torch.__version__.partition("+")[0]
    if f"Compared with PyTorch {version}." not in (DOCS / PAGE).read_text() and not os.environ.get("MINIGRAD_WRITE_DOCS"):
        pytest.skip("the page is of another PyTorch")
    assert not [f"{space}.{name}" for space, found in names.exported().items() for name, how in found.items() if how == "missing"]
    assert_current(PAGE, "exported", names.exported_table())
