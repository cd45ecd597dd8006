"""`minigrad run NAME` and `minigrad list`: the example programs, in the installed package or in the checkout that it is run from."""

from __future__ import annotations

import argparse
import ast
import runpy
import sys
from pathlib import Path

import minigrad
from minigrad.cli.errors import CommandError

PACKAGE = Path(minigrad.__file__).resolve().parent


def programs() -> dict[str, Path]:
    """The programs by name."""
    for folder in (PACKAGE / "examples", PACKAGE.parent / "examples"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.glob("*.py"))}
    raise CommandError(f"the example programs are missing from {PACKAGE}")


def title(path: Path) -> str:
    """What the program does, in a line: the first of its docstring."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0]


def run(args: argparse.Namespace) -> None:
    found = programs()
    if args.name not in found:
        raise CommandError(f"no program {args.name!r}; there are: {', '.join(found)}")
    sys.argv = [str(found[args.name]), *args.arguments]
    sys.path.insert(0, str(found[args.name].parent))  # as for any program: one may import what is beside it
    runpy.run_path(str(found[args.name]), run_name="__main__")


def print_list(args: argparse.Namespace) -> None:
    found = programs()
    width = max(map(len, found))
    for name, path in found.items():
        print(f"{name:{width}}  {title(path)}")
