"""Every example program, small: it runs, leaves what it promises, and ends with the same bits when it is interrupted."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

import minigrad as mg
from minigrad.cli.programs import programs, title
from minigrad.train import Run

pytest.importorskip("matplotlib")
PROGRAMS = programs()
ROOT = Path(__file__).resolve().parents[1]


def module_of(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def weights(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.npz"))}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name, tmp_path, capsys, monkeypatch):
    monkeypatch.syspath_prepend(str(PROGRAMS[name].parent))
    main = module_of(PROGRAMS[name]).main
    before = mg.get_num_threads()
    try:
        whole, cut = (["--quick", "--threads", "1", "--out", str(tmp_path / folder)] for folder in ("whole", "cut"))
        assert Run._start(main, whole) == 0, capsys.readouterr().err
        assert Run._start(main, [*cut, "--interrupt-after", "1"]) == 130, "it counts no rounds, or has no second one"
        assert list((tmp_path / "cut").glob("checkpoint*.npz"))
        assert Run._start(main, cut) == 0
    finally:
        mg.set_num_threads(before)
    first, second = (json.loads((tmp_path / folder / "result.json").read_text()) for folder in ("whole", "cut"))
    assert first.pop("seconds") and second.pop("seconds")
    assert first == second and first["results"] and first["quick"]
    assert weights(tmp_path / "whole") == weights(tmp_path / "cut") != {}, "the same bits, and a program saves its weights"
    assert (tmp_path / "whole" / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert not list((tmp_path / "whole").glob("checkpoint*")), "checkpoints go when all is done"


@pytest.mark.parametrize("name", PROGRAMS)
def test_text(name):
    text = PROGRAMS[name].read_text(encoding="utf-8")
    assert title(PROGRAMS[name]).endswith((".", "!")) and len(title(PROGRAMS[name])) <= 120
    assert len(text.splitlines()) <= 260, "a program is to be read at a sitting"


@pytest.mark.skipif(not (ROOT / "tools" / "examples.py").is_file(), reason="not a checkout")
def test_pages_are_current(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    monkeypatch.delitem(sys.modules, "examples", raising=False)
    import examples

    stale = [examples.PAGE] if examples.PAGE.read_text() != examples.overview() else []
    stale += [examples.PAGES / f"{n}.md" for n, p in PROGRAMS.items() if (examples.PAGES / f"{n}.md").read_text() != examples.page_of(n, p)]
    assert not stale, f"python tools/examples.py --write: {[path.name for path in stale]}"
