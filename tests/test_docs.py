"""The pages that a reader meets first: their examples run, their links lead somewhere."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from generated import assert_current
from torch_differences import page as differences

import minigrad as mg
from minigrad.registry import OPS

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])

pytestmark = pytest.mark.skipif(not (ROOT / "README.md").is_file(), reason="not a checkout")


def test_examples_of_the_readme_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert examples
    for code in examples:
        exec(compile(code, "README.md", "exec"), {})
    losses = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()]
    assert losses[-1] < 0.1 * losses[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


def test_differences_are_those_that_are_tested():
    assert_current("differences.md", "ops", differences())


class Close(doctest.OutputChecker):
    """Numbers in output may differ a little: differences are rounded in another way on another processor."""

    NUMBER = r"-?\d+\.?\d*(?:e-?\d+)?"

    def check_output(self, want, got, flags):
        text = [" ".join(re.sub(self.NUMBER, "#", s).split()) for s in (want, got)]
        numbers = [[float(n) for n in re.findall(self.NUMBER, s)] for s in (want, got)]
        return text[0] == text[1] and numbers[0] == pytest.approx(numbers[1], rel=0.02)


@pytest.mark.parametrize("page", [path for path in PAGES if "\n>>> " in path.read_text()], ids=lambda p: p.name)
def test_examples_of_the_page(page):
    """Everything after >>> runs, and prints what stands there."""
    before = dict(OPS)
    mg.manual_seed(0)
    text = re.sub(r"^```\w*$", "", page.read_text(), flags=re.M)
    report: list[str] = []
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    try:
        result = doctest.DocTestRunner(Close()).run(test, out=report.append)
    finally:
        OPS.clear()
        OPS.update(before)
    assert result.attempted > 0 and not result.failed, "".join(report)


# Modules whose docstrings other tests run: ops from the registry, the rest with what their examples need.
ELSEWHERE = ("array_api", "distributions", "ops", "optim")
MODULES = [
    path
    for path in sorted(Path(mg.__file__).parent.rglob("*.py"))
    if "\n    >>> " in path.read_text() and path.relative_to(Path(mg.__file__).parent).parts[0].removesuffix(".py") not in ELSEWHERE
]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: ".".join(p.relative_to(Path(mg.__file__).parent).with_suffix("").parts))
def test_examples_of_the_module(path):
    name = ".".join(path.relative_to(Path(mg.__file__).parents[1]).with_suffix("").parts).removesuffix(".__init__")
    mg.manual_seed(0)
    report: list[str] = []
    failed = 0
    for test in doctest.DocTestFinder().find(importlib.import_module(name), extraglobs={"mg": mg, "np": np}):
        failed += (
            doctest.DocTestRunner(Close(), optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
            .run(test, out=report.append)
            .failed
        )
    assert not failed, "".join(report)


def test_kernel_that_the_page_shows():
    """The lines of C on the page about adding an op are lines of the sources."""
    shown = re.findall(r"```c\n(.*?)\n```", (ROOT / "docs" / "adding_an_op.md").read_text(), re.DOTALL)
    sources = {line for path in (ROOT / "csrc" / "kernels").iterdir() for line in path.read_text().splitlines()}
    assert len(shown) == 2 and set(shown) <= sources
    assert OPS["leaky_relu"].kernel == "leaky_relu"


def test_places_that_the_walk_names():
    """On the page that follows conv2d down, every file exists and holds what is said to be there."""
    page = (ROOT / "docs" / "conv2d.md").read_text()
    for path in set(re.findall(r"`((?:csrc|minigrad|tests)/[^`]*)`", page)):
        assert (ROOT / path).is_file(), path
    places = re.findall(r"^\| `([^`]+)`: ((?:`[^`]+`(?: and )?)+) \|", page, re.MULTILINE)
    assert len(places) > 15
    for path, names in places:
        text = (ROOT / path).read_text()
        assert all(name in text for name in re.findall(r"`([^`]+)`", names)), (path, names)


def test_table_of_ops():
    """Every public op has its row, with a sentence, and its entry, with the signature that callers see and an example."""
    spec = importlib.util.spec_from_file_location("op_table", ROOT / "docs" / "op_table.py")
    op_table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(op_table)
    rows = [line for line in op_table.page().splitlines() if line.startswith("| `")]
    assert len(rows) == len([op for op in OPS.values() if op.where])
    assert all(len(row.split(" | ")[1]) > 5 for row in rows)
    entries = {op.name: op_table.entry(op) for ops in op_table.families().values() for op in ops}
    assert len(entries) == len(rows) and all("\n>>> " in text for text in entries.values())
    assert "mg.sum(input, dim=None, keepdim=False, *, dtype=None, out=None)" in entries["sum"]
    assert "F.elu(input, alpha=1.0, inplace=False)" in entries["elu"]
