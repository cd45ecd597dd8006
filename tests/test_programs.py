"""Complete programs as PyTorch's users write them (folder programs/) give the same numbers when only the import lines change.

Every program has a `main(rng)` that takes weights, data and noise from a NumPy generator and returns named numbers. Where PyTorch is not
installed they are compared with references/programs.json, which MINIGRAD_WRITE_REFERENCES=1 pytest tests/test_programs.py writes.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
REFERENCE = Path(__file__).parent / "references" / "programs.json"


def run(path: Path, library: str) -> dict[str, list[float]]:
    """The numbers of a program whose imports of torch are imports of `library`."""
    source = re.sub(r"^import torch$", f"import {library} as torch", path.read_text(), flags=re.MULTILINE)
    source = re.sub(r"^(import|from) torch\b", rf"\1 {library}", source, flags=re.MULTILINE)
    namespace = {"__name__": f"{path.stem}_{library}"}
    exec(compile(source, str(path), "exec", dont_inherit=True), namespace)
    return {name: flat(value) for name, value in namespace["main"](np.random.default_rng(0)).items()}


def flat(value: object) -> list[float]:
    if isinstance(value, (int, float)):
        return [float(value)]
    return [number for item in value for number in flat(item)]  # type: ignore[attr-defined]


def written(path: Path) -> dict[str, list[float]]:
    if os.environ.get("MINIGRAD_WRITE_REFERENCES"):
        known = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else {}
        pytest.importorskip("torch")
        known[path.stem] = {name: [float(f"{v:.7g}") for v in values] for name, values in run(path, "torch").items()}
        known = {program.stem: known[program.stem] for program in PROGRAMS if program.stem in known}
        lines = (f'"{name}":{json.dumps(numbers, separators=(",", ":"))}' for name, numbers in known.items())
        REFERENCE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return json.loads(REFERENCE.read_text())[path.stem]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program_gives_the_same_numbers(path):
    got = run(path, "minigrad")
    oracles = {"recorded": written(path)}
    if importlib.util.find_spec("torch"):
        oracles["torch"] = run(path, "torch")
    for oracle, expected in oracles.items():
        assert list(got) == list(expected)
        for name, numbers in expected.items():
            # A number near zero is right to a millionth of the largest beside it.
            atol = 1e-6 * max(map(abs, numbers), default=0.0)
            np.testing.assert_allclose(got[name], numbers, rtol=1e-4, atol=atol, err_msg=f"{name}, against {oracle}")
            assert np.isfinite(numbers).all(), name
