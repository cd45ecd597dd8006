"""Writes the reference from the declarations: ops.md, a table of all ops, and ops/, a page for each family with signatures and docstrings.

conf.py calls it, so that the site is never behind the code."""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from pathlib import Path

import minigrad
from minigrad.registry import OPS, Op

PREFIX = {"mg": "mg.", "Tensor": "Tensor.", "F": "F.", "linalg": "mg.linalg.", "special": "mg.special.", "fft": "mg.fft."}


def summary(text: str) -> str:
    """The first sentence of a docstring, in one line."""
    paragraph = " ".join(text.strip().split("\n\n")[0].split("\n    Shapes:")[0].split())
    return paragraph.replace("|", "\\|").replace("<", "&lt;")


def names_of(op: Op) -> list[str]:
    return [f"{PREFIX[place]}{name.removeprefix(f'{place}_')}" for place in op.where for name in (op.name, *op.aliases)]


def row(op: Op) -> str:
    names = ", ".join(f"`{name}`" for name in names_of(op))
    if op.inplace:
        names += f", `Tensor.{op.name}_`"
    kinks = ", ".join(f"{k:g}" for k in op.kinks)
    return f"| {names} | {summary(op.function.__doc__ or '')} | {', '.join(op.dtypes)} | {kinks} |"


def signature(op: Op) -> str:
    """Parameters as a caller may give them: `out` and `inplace` too, which are not the reference's."""
    function = op.function
    build = getattr(function, "__globals__", {}).get("_build")
    if build is None:
        return str(inspect.signature(function))
    build()
    shown = inspect.signature(function, follow_wrapped=False)
    return str(shown.replace(parameters=[p for p in shown.parameters.values() if p.kind is not p.VAR_KEYWORD]))


def prose(text: str) -> str:
    """Plain text as Markdown; what stands between backticks stays as it is."""
    parts = re.split(r"(`[^`\n]+`)", text)
    return "".join(part if i % 2 else re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", part) for i, part in enumerate(parts))


def entry(op: Op) -> str:
    """One op: its names, signature, docstring and example."""
    names = names_of(op)
    text, prompt, example = textwrap.dedent(f"    {(op.function.__doc__ or '').strip()}").partition(">>> ")
    lines = [f"## {prose(op.name)}", "", "```python", f"{names[0]}{signature(op)}", "```", "", prose(text.strip())]
    if len(names) > 1 or op.inplace:
        others = [*names[1:], *([f"Tensor.{op.name}_"] if op.inplace else [])]
        lines += ["", f"Also: {', '.join(f'`{n}`' for n in others)}."]
    if prompt:
        lines += ["", "```python", f"{prompt}{example.rstrip()}", "```"]
    return "\n".join(lines)


def families() -> dict[str, list[Op]]:
    """Public ops by the name of their module."""
    minigrad.ops.load()
    found: dict[str, list[Op]] = {}
    for op in OPS.values():
        if op.where:
            found.setdefault(op.ref.__module__, []).append(op)
    return {module: sorted(ops, key=lambda op: op.name) for module, ops in sorted(found.items())}


def title(module: str) -> str:
    """What the module says it is about, up to the first stop."""
    return re.split(r"[:.](?:\s|$)", (sys.modules[module].__doc__ or module).strip())[0]


def page() -> str:
    lines = [
        "# Ops", "", "Every op, from its declaration: its names (`F` is `mg.nn.functional`), what it does, the dtypes that its values are",
        "tested in, and its [kinks](kinks.md), where it has no derivative. Signatures, shapes, errors and examples are on the page of each family.",
    ]  # fmt: skip
    for module, ops in families().items():
        name = module.rpartition(".")[2]
        lines += ["", f"## {title(module)}", "", f"[Reference](ops/{name}.md)", ""]
        lines += ["| op | what | dtypes | kinks |", "| --- | --- | --- | --- |", *(row(op) for op in ops)]
    lines += ["", "```{toctree}", ":hidden:", "", *(f"ops/{module.rpartition('.')[2]}" for module in families()), "```"]
    return "\n".join(lines) + "\n"


def write() -> None:
    here = Path(__file__).parent
    (here / "ops.md").write_text(page())
    (here / "ops").mkdir(exist_ok=True)
    for module, ops in families().items():
        text = "\n\n".join([f"# {prose(title(module))}", *map(entry, ops)])
        (here / "ops" / f"{module.rpartition('.')[2]}.md").write_text(text + "\n")
