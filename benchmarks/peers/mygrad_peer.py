"""MyGrad: NumPy's functions over its own tensors. Dense ops only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad
import numpy as np

from benchmarks.peers import Lacks, loops
from benchmarks.peers.torchlike import cotangent

NAMES = {"mul": "multiply", "sub": "subtract", "div": "divide", "neg": "negative", "atan2": "arctan2", "mm": "matmul", "bmm": "matmul"}
PARAMS = {"dim": "axis", "keepdim": "keepdims"}
NETS = ("relu", "sigmoid", "tanh", "softmax", "elu", "leaky_relu")


class Peer:
    version = mygrad.__version__

    def __init__(self, threads: int) -> None:
        pass

    def setup(self, case: dict[str, Any]) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        name = case["op"]
        if case["kind"] == "network":
            raise Lacks("networks are not written for it")
        function = getattr(mygrad, NAMES.get(name, name), None)
        if name in NETS:
            function = getattr(__import__("mygrad.nnet.activations", fromlist=[name]), name, function)
        if not callable(function) or not case["where"]:
            raise Lacks(f"no {name}")
        params = {PARAMS.get(k, k): v for k, v in case["params"].items()}
        backward = case["backward"]
        if any(not isinstance(a, np.ndarray) for a in case["arrays"]):
            raise Lacks("arguments that are no arrays")
        args = [mygrad.tensor(a, constant=not (backward and a.dtype.kind == "f")) for a in case["arrays"]]
        try:
            y = function(*args, **params)
        except TypeError as error:
            raise Lacks(f"not in this form: {error}") from error
        if not isinstance(y, (mygrad.Tensor, np.ndarray)):
            raise Lacks("several outputs")
        if not backward:
            return loops.forward(function, args, params), [np.asarray(y)]
        g = cotangent(y.shape, case["seed"])
        y.backward(g)
        outputs = [np.asarray(y), *(np.array(a.grad) for a in args if not a.constant)]
        # Gradients need no reset: mygrad drops them when a tensor enters a new graph.
        return loops.forward_backward(function, args, params, [], g, None), outputs
