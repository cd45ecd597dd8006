"""Pages, or parts of pages, that are written from the code: a test compares them, MINIGRAD_WRITE_DOCS=1 writes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"


def assert_current(page: str, part: str, text: str) -> None:
    """What stands between the markers of that part is `text`."""
    path = DOCS / page
    if not path.is_file():
        pytest.skip("the documentation lives in a checkout")
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    before, rest = path.read_text().split(begin)
    found, after = rest.split(end)
    if found.strip() != text.strip():
        if not os.environ.get("MINIGRAD_WRITE_DOCS"):
            pytest.fail(f"docs/{page} is not what the code says: run MINIGRAD_WRITE_DOCS=1 pytest, and look at the difference")
        path.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")
