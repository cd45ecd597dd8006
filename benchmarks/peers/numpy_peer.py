"""NumPy: the references of the registry, which are what one would write with NumPy alone. No gradients, no networks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad
from benchmarks.peers import Lacks, loops
from benchmarks.programs import PROGRAMS
from minigrad.registry import OPS

minigrad.ops.load()

COMPOSITE = {"where": np.where, "clamp": np.clip, "mm": np.matmul, "bmm": np.matmul, "mv": np.matmul, "dot": np.dot, "outer": np.outer}


class Peer:
    def __init__(self, threads: int) -> None:
        self.version = np.__version__

    def setup(self, case: dict[str, Any]) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        if case["kind"] in ("network", "optimizer") or case["backward"]:
            raise Lacks("no gradients")
        if case["kind"] == "program":
            function = functools.partial(PROGRAMS[case["op"]], np)
            return loops.forward(function, case["arrays"], {}), [np.asarray(function(*case["arrays"]))]
        op = OPS[case["op"]]
        function = COMPOSITE.get(op.name) if op.family == "composite" else op.ref
        if function is None:
            raise Lacks("made of other ops: no reference of its own")
        args, params = case["arrays"], case["params"]
        if any(isinstance(p, np.dtype) for p in params.values()):
            raise Lacks("the reference takes minigrad's dtypes")
        y = function(*args, **params)
        outputs = [np.asarray(a) for a in (y if isinstance(y, (list, tuple)) else [y])]
        return loops.forward(function, args, params), outputs
