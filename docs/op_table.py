"""Writes ops.md, a table of all ops from their declarations; conf.py calls it, so that the site is never behind the code."""

from __future__ import annotations

import sys
from pathlib import Path

import minigrad
from minigrad.registry import OPS, Op

PREFIX = {"mg": "mg.", "Tensor": "Tensor.", "F": "F.", "linalg": "mg.linalg.", "special": "mg.special.", "fft": "mg.fft."}


def summary(text: str) -> str:
    """The first sentence of a docstring, in one line."""
    paragraph = " ".join(text.strip().split("\n\n")[0].split("\n    Shapes:")[0].split())
    return paragraph.replace("|", "\\|").replace("<", "&lt;")


def row(op: Op) -> str:
    names = ", ".join(f"`{PREFIX[place]}{name.removeprefix(f'{place}_')}`" for place in op.where for name in (op.name, *op.aliases))
    if op.inplace:
        names += f", `Tensor.{op.name}_`"
    kinks = ", ".join(f"{k:g}" for k in op.kinks)
    return f"| {names} | {summary(op.function.__doc__ or '')} | {', '.join(op.dtypes)} | {kinks} |"


def page() -> str:
    minigrad.ops.load()
    families: dict[str, list[Op]] = {}
    for op in OPS.values():
        if op.where:
            families.setdefault(op.ref.__module__, []).append(op)
    lines = [
        "# Ops", "", "Every op, from its declaration: its names (`F` is `mg.nn.functional`), what it does, the dtypes that its values are",
        "tested in, and its [kinks](kinks.md), where it has no derivative. `help(mg.NAME)` shows arguments, shapes, errors and an example.",
    ]  # fmt: skip
    for module, ops in sorted(families.items()):
        title = (sys.modules[module].__doc__ or module).strip().split("\n")[0].split(":")[0].rstrip(".")
        lines += ["", f"## {title}", "", "| op | what | dtypes | kinks |", "| --- | --- | --- | --- |"]
        lines += [row(op) for op in sorted(ops, key=lambda op: op.name)]
    return "\n".join(lines) + "\n"


def write() -> None:
    (Path(__file__).parent / "ops.md").write_text(page())
