"""What a network consists of: layers, shapes, parameters, multiply-adds, memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import minigrad as mg

from .. import _core, profiler
from .._core import Tensor
from ..nn import Module
from .modes import evaluation


class Layer(NamedTuple):
    """One line of a summary."""

    path: str
    kind: str
    depth: int
    shape: Any  # of the output; a list of shapes if there are several
    parameters: int  # its own, without those of the modules in it
    multiply_adds: float  # of one call, with the modules in it
    bytes: int  # of the output


class Summary:
    """The lines, as text when printed; `parameters`, `trainable`, `multiply_adds` and `bytes` are sums of the whole network."""

    def __init__(self, layers: list[Layer], model: Module) -> None:
        self.layers = layers
        sizes = [(p.numel(), p.requires_grad, p.numel() * p.element_size()) for p in model.parameters()]
        self.parameters = sum(n for n, _, _ in sizes)
        self.trainable = sum(n for n, trained, _ in sizes if trained)
        self.parameter_bytes = sum(b for _, _, b in sizes)
        self.multiply_adds = layers[0].multiply_adds if layers else 0.0
        leaves = [a for a, b in zip(layers, [*layers[1:], None], strict=True) if b is None or b.depth <= a.depth]
        self.bytes = sum(layer.bytes for layer in leaves)

    def __str__(self) -> str:
        names = ["  " * layer.depth + (layer.path.rpartition(".")[2] or "") for layer in self.layers]
        rows = [("layer", "kind", "output", "parameters", "multiply-adds")]
        rows += [
            (name, layer.kind, str(layer.shape), f"{layer.parameters:,}" if layer.parameters else "", _short(layer.multiply_adds))
            for name, layer in zip(names, self.layers, strict=True)
        ]
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        lines = [
            f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]:>{widths[4]}}".rstrip()
            for row in rows
        ]
        lines.append(f"{self.parameters:,} parameters, {self.trainable:,} of them trained: {_short(self.parameter_bytes)}B")
        lines.append(f"{_short(self.multiply_adds) or 0} multiply-adds; outputs of the layers: {_short(self.bytes)}B")
        return "\n".join(lines)

    __repr__ = __str__


def _short(number: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.2f} {unit}"
    return f"{int(number)} " if number else ""


def summary(model: Module, input_size: Any = None, *, input_data: Any = None, dtypes: Sequence[_core.dtype] | None = None) -> Summary:
    """Run `model` once, in evaluation mode and without recording, and tell what each module gives and costs.

    Args: input_size: a shape with the batch, or a list of shapes; or input_data: the inputs themselves; dtypes: of the inputs made from
          shapes (float32 unless given; integers are zeros).
    The model's modes, hooks and buffers are as before. Multiply-adds count matrix products, convolutions and other ops that declare what
    they cost, half an operation each.
    >>> print(mg.utils.summary(mg.nn.Sequential(mg.nn.Linear(4, 8), mg.nn.ReLU(), mg.nn.Linear(8, 2)), (1, 4)))
    layer  kind        output  parameters  multiply-adds
           Sequential  (1, 2)                        48
      0    Linear      (1, 8)          40            32
      1    ReLU        (1, 8)
      2    Linear      (1, 2)          18            16
    58 parameters, 58 of them trained: 232 B
    48  multiply-adds; outputs of the layers: 72 B
    """
    if (input_size is None) == (input_data is None):
        raise ValueError("summary: expected one of input_size and input_data")
    if input_data is None:
        shapes = [input_size] if all(isinstance(n, int) for n in input_size) else list(input_size)
        kinds = dtypes or [mg.float32] * len(shapes)
        inputs = [mg.zeros(shape, dtype=kind) for shape, kind in zip(shapes, kinds, strict=True)]
    else:
        inputs = list(input_data) if isinstance(input_data, tuple | list) else [input_data]

    watched = _core.Profile(profiler._operations)
    found: dict[str, Layer] = {}
    handles, starts = [], {}
    for path, module in model.named_modules():

        def before(module: Module, args: Any, path: str = path) -> None:
            starts[path] = len(watched.events)
            found.setdefault(path, Layer(path, "", 0, None, 0, 0.0, 0))  # keeps the order of calls

        def after(module: Module, args: Any, output: Any, path: str = path) -> None:
            own = sum(p.numel() for p in module.parameters(recurse=False))
            flops = sum(event[4] for event in watched.events[starts[path] :])
            depth = path.count(".") + 1 if path else 0
            found[path] = Layer(path, type(module).__name__, depth, _shapes(output), own, flops / 2, _bytes(output))

        handles += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    mg.ops.load()
    outer = _core.install_profile(watched)
    try:
        with evaluation(model), mg.no_grad():
            model(*inputs)
    finally:
        _core.install_profile(outer)
        for handle in handles:
            handle.remove()
    return Summary(list(found.values()), model)


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    if isinstance(output, dict):
        output = list(output.values())
    return [t for item in output for t in _tensors(item)] if isinstance(output, tuple | list) else []


def _shapes(output: Any) -> Any:
    shapes = [tuple(t.shape) for t in _tensors(output)]
    return shapes[0] if len(shapes) == 1 else shapes


def _bytes(output: Any) -> int:
    return sum(t.numel() * t.element_size() for t in _tensors(output))
