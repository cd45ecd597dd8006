"""The subgradients that minigrad chooses are PyTorch's, and those of docs/kinks.md."""

from __future__ import annotations

import numpy as np
import pytest
from generated import assert_current
from kinks import OTHERWISE, gradient, page, rows

import minigrad as mg


@pytest.mark.parametrize("expression, x", [pytest.param(e, x, id=f"{e} at {x}") for _, e, x in rows()])
def test_subgradient_is_torchs(expression, x):
    torch = pytest.importorskip("torch")
    same = np.allclose(gradient(mg, expression, x), gradient(torch, expression, x), 1e-12, 0, equal_nan=True)
    assert same == (expression not in OTHERWISE), (gradient(mg, expression, x), gradient(torch, expression, x))


def test_page_is_current():
    assert_current("kinks.md", "kinks", page())
