"""The pages that a reader meets first: their examples run, their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from generated import assert_current
from torch_differences import page

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
    assert_current("differences.md", "ops", page())
