"""The graph that backward walks, as Graphviz text, and as a picture where Graphviz is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from minigrad import Tensor, nn
from minigrad.autograd.graph import get_gradient_edge

HEAD = """digraph {
  graph [rankdir=TB, ranksep=0.3, nodesep=0.25, bgcolor=white];
  node [fontname="DejaVu Sans, Helvetica, sans-serif", fontsize=10, shape=box, style="rounded,filled", color="#94a4a2", fillcolor=white, height=0.3, margin="0.12,0.05"];
  edge [fontname="DejaVu Sans, Helvetica, sans-serif", fontsize=8, color="#717581", arrowsize=0.6];
"""
# Fill and border of leaves with a name, leaves without, and results.
PARAMETER = 'style=filled, fillcolor="#e3effb", color="#3f90da"'
LEAF = 'style=filled, fillcolor="#f4f4f4"'
RESULT = 'fillcolor="#fff1d6", color="#ffa90e", penwidth=1.6'


class Graph:
    """What `graph` returns: `dot` is the text; shown as a picture by notebooks."""

    def __init__(self, dot: str) -> None:
        self.dot = dot

    def svg(self) -> str:
        """The picture. Raises FileNotFoundError if the program `dot` of Graphviz is not installed."""
        return self._render("svg").decode()

    def save(self, path: str | Path) -> Path:
        """Write the text (.dot, .gv) or, through Graphviz, a picture (.svg, .png, .pdf); returns the path."""
        path = Path(path)
        data = self.dot.encode() if path.suffix in (".dot", ".gv") else self._render(path.suffix[1:])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def _render(self, kind: str) -> bytes:
        if kind not in ("svg", "png", "pdf"):
            raise ValueError(f"graph: no picture of kind {kind!r}; there are .dot, .gv, .svg, .png, .pdf")
        program = shutil.which("dot")
        if program is None:
            raise FileNotFoundError("graph: pictures need the program `dot` of Graphviz, which is not installed; `.dot` has the text")
        return subprocess.run([program, f"-T{kind}"], input=self.dot.encode(), stdout=subprocess.PIPE, check=True).stdout

    def _repr_svg_(self) -> str | None:
        return self.svg() if shutil.which("dot") else None

    def __str__(self) -> str:
        return self.dot


def graph(outputs: Tensor | Iterable[Tensor], names: nn.Module | Mapping[str, Tensor] | None = None) -> Graph:
    """The recorded computation that led to `outputs`: ops with the shapes and dtypes of their results, and the leaves that get gradients.

    What needs no gradient is not recorded, and not shown. Chains of any length are walked without recursion.
    Args: names: a Module, whose parameters are then called as in its state_dict, or tensors by name.
    Raises: ValueError if an output does not require grad.
    >>> layer = mg.nn.Linear(3, 2)
    >>> print(*mg.viz.graph(layer(mg.zeros(4, 3)).sum(), layer).dot.splitlines()[4:], sep="\\n")
      n0 [label="sum\\n() float32", fillcolor="#fff1d6", color="#ffa90e", penwidth=1.6];
      n1 [label="linear\\n(4, 2) float32"];
      n2 [label="weight\\n(2, 3) float32", style=filled, fillcolor="#e3effb", color="#3f90da"];
      n3 [label="bias\\n(2,) float32", style=filled, fillcolor="#e3effb", color="#3f90da"];
      n1 -> n0;
      n2 -> n1;
      n3 -> n1;
    }
    """
    tensors = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    named = names.named_parameters() if isinstance(names, nn.Module) else (names or {}).items()
    called = {id(get_gradient_edge(t)[0]): name for name, t in named if t.requires_grad}  # a leaf's accumulator is one object
    if not tensors or not all(isinstance(t, Tensor) and t.requires_grad for t in tensors):
        raise ValueError("graph: expected tensors that require grad: of others nothing was recorded")

    results = [get_gradient_edge(t)[0] for t in tensors]
    places: dict[int, int] = {}
    nodes: list[Any] = []
    stack = results[::-1]
    while stack:  # depth first, inputs in their order
        node = stack.pop()
        if id(node) not in places:
            places[id(node)] = len(nodes)
            nodes.append(node)
            stack += [producer for producer, _ in node.next_functions[::-1] if producer is not None]

    last = {id(node) for node in results}
    lines = [f"  n{i} [{', '.join(attributes(node, called.get(id(node)), id(node) in last))}];\n" for i, node in enumerate(nodes)]
    for i, node in enumerate(nodes):
        for producer, slot in node.next_functions:
            if producer is not None:
                text = f' [label="{slot}"]' if slot else ""  # which of several results
                lines.append(f"  n{places[id(producer)]} -> n{i}{text};\n")
    return Graph("".join([HEAD, *lines, "}\n"]))


def attributes(node: Any, name: str | None, result: bool) -> list[str]:
    leaf = node.name == "accumulate_grad"
    # Of several results only some may be tensors, and a long tuple is cut.
    kinds = [f"{tuple(meta[0])} {meta[1].name}" for meta in node._input_metadata if meta is not None]
    text = [name or ("leaf" if leaf else node.name), *kinds[:4], *(["..."] if len(kinds) > 4 else [])]
    label = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in text)
    style = [PARAMETER if name else LEAF] if leaf else [RESULT] if result else []
    return [f'label="{label}"', *style]
