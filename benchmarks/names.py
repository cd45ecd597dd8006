"""python -m benchmarks.names: which names a PyTorch program will find. docs/coming_from_pytorch.md is written from it.

Two lists: what the modules of PyTorch export (PyTorch is needed for that one), and the names that public programs use most, counted
(torch_names.txt). A name is covered if it is there; refused if asking for it says why it is not, and what to do instead; or missing.
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

import minigrad as mg
from minigrad.missing import reason

NAMESPACES = [
    "nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.rnn", "nn.utils.parametrize", "nn.utils.parametrizations", "nn.utils.prune", "optim",
    "optim.lr_scheduler", "optim.swa_utils", "utils.data", "distributions", "autograd", "func",
]  # fmt: skip
COUNTED = Path(__file__).with_name("torch_names.txt")
# Whose attributes are meant by names such as "Module.parameters".
OWNERS = {"torch": lambda: mg, "Tensor": lambda: mg.ones(1, 1), "Module": lambda: mg.nn.Linear(1, 1),
          "Optimizer": lambda: mg.optim.SGD([mg.ones(1, requires_grad=True)], 0.1)}  # fmt: skip


def state(path: str, owner: Any) -> str:
    """ "covered", "refused" or "missing": `path` among the attributes of `owner`."""
    if path.startswith(("distributions", "utils.data", "nn.")):  # submodules that are imported by name
        for end in range(path.count(".") + 1, 0, -1):
            try:
                importlib.import_module("minigrad." + path.rsplit(".", end)[0])
            except ImportError:
                break
    for name in path.split("."):
        try:
            owner = getattr(owner, name)
        except AttributeError:
            return "refused" if reason(path) else "missing"
        except RuntimeError:  # the attribute itself says that it makes no sense here
            return "refused"
    return "covered"


def counted() -> list[tuple[str, int, str]]:
    """(name, uses, state) of the names that programs use most."""
    rows = [line.split() for line in COUNTED.read_text().splitlines() if line and not line.startswith("#")]
    owners = {name: make() for name, make in OWNERS.items()}
    return [(name, int(uses), state(name.partition(".")[2], owners[name.partition(".")[0]])) for name, uses, _ in rows]


def public(namespace: str) -> list[str]:
    """What a module of PyTorch exports: functions and classes that are its own."""
    module = importlib.import_module(f"torch.{namespace}")
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    found = []
    for name in names:
        value = getattr(module, name, None)
        home = getattr(value, "__module__", "") or ""
        if (
            not name.startswith("_")
            and callable(value)
            and (home.startswith("torch") or inspect.isbuiltin(value))
            and home != "torch.overrides"
        ):
            found.append(name)
    return sorted(set(found))


def exported() -> dict[str, dict[str, str]]:
    """State of every name that PyTorch's modules export, by namespace."""
    return {space: {name: state(f"{space}.{name}", mg) for name in public(space)} for space in NAMESPACES}


def counted_table() -> str:
    rows = counted()
    total = sum(uses for _, uses, _ in rows)
    lines = ["| | names | uses | of all uses |", "| --- | --- | --- | --- |"]
    for kind in ("covered", "refused", "missing"):
        own = [uses for _, uses, found in rows if found == kind]
        lines.append(f"| {kind} | {len(own)} | {sum(own)} | {sum(own) / total:.1%} |")
    for kind in ("refused", "missing"):
        names = [f"`{name}` ({uses})" for name, uses, found in rows if found == kind]
        lines.append(f"\n{kind.capitalize()}: {', '.join(names) or 'none'}.")
    return "\n".join(lines)


def exported_table() -> str:
    import torch

    lines = [
        f"Compared with PyTorch {torch.__version__.partition('+')[0]}.",
        "",
        "| module | exports | covered | refused | missing |",
        "| --- | --- | --- | --- | --- |",
    ]
    refused, missing = [], []
    for space, names in exported().items():
        counts = [sum(found == kind for found in names.values()) for kind in ("covered", "refused", "missing")]
        lines.append(f"| `{space}` | {len(names)} | {counts[0]} | {counts[1]} | {counts[2]} |")
        refused += [(f"{space}.{name}", reason(f"{space}.{name}")) for name, found in names.items() if found == "refused"]
        missing += [f"`{space}.{name}`" for name, found in names.items() if found == "missing"]
    lines += ["", "| refused | because |", "| --- | --- |"]
    reasons: dict[str, list[str]] = {}
    for path, why in refused:
        reasons.setdefault(str(why), []).append(f"`{path}`")
    lines += [f"| {', '.join(paths)} | {why} |" for why, paths in reasons.items()]
    return "\n".join([*lines, "", f"Missing: {', '.join(missing) or 'none'}."])


if __name__ == "__main__":
    print(counted_table(), exported_table(), sep="\n\n")
