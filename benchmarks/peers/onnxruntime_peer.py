"""onnxruntime: inference of the networks, from a graph in ONNX that is written here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.networks import NETWORKS, Network, residual
from benchmarks.peers import Lacks, loops

OPSET = 17


class Graph:
    """Nodes in the order in which they compute; each method adds one and names its output."""

    def __init__(self, network: Network) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.values = network.parameters()

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def layer(self, x: str, name: str, kind: str, *sizes: Any) -> str:
        if kind == "linear":
            return self.add("Gemm", x, f"{name}.weight", f"{name}.bias", transB=1)
        if kind == "conv":
            k, stride = sizes[2], sizes[4] if len(sizes) > 4 else 1
            bias = [f"{name}.bias"] if sizes[3] else []
            return self.add("Conv", x, f"{name}.weight", *bias, kernel_shape=[k, k], pads=[k // 2] * 4, strides=[stride, stride])
        if kind == "batch_norm":
            self.values |= {f"{name}.mean": np.zeros(sizes[0], np.float32), f"{name}.var": np.ones(sizes[0], np.float32)}
            return self.add("BatchNormalization", x, *(f"{name}.{of}" for of in ("weight", "bias", "mean", "var")), epsilon=1e-5)
        if kind == "residual":
            return self.residual(x, name, dict(residual(*sizes)))
        simple: dict[str, tuple[str, dict[str, Any]]] = {
            "relu": ("Relu", {}),
            "tanh": ("Tanh", {}),
            "flatten": ("Flatten", {}),
            "mean_pool": ("GlobalAveragePool", {}),
            "max_pool": ("MaxPool", {"kernel_shape": [*sizes, *sizes], "strides": [*sizes, *sizes]}),
        }
        if kind not in simple:
            raise Lacks(f"{kind} is not written for it")
        return self.add(simple[kind][0], x, **simple[kind][1])

    def residual(self, x: str, name: str, parts: dict[str, Any]) -> str:
        def through(x: str, *names: str) -> str:
            for part in names:
                x = self.layer(x, f"{name}.{part}", *parts[part])
            return x

        y = through(self.add("Relu", through(x, "conv1", "norm1")), "conv2", "norm2")
        return self.add("Relu", self.add("Add", y, through(x, "shortcut", "norm3") if "shortcut" in parts else x))

    def model(self, x: str, y: str, shape: tuple[int, ...]) -> bytes:
        graph = helper.make_graph(
            self.nodes, "network", [helper.make_tensor_value_info(x, TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(y, TensorProto.FLOAT, None)], [numpy_helper.from_array(v, k) for k, v in self.values.items()],
        )  # fmt: skip
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8).SerializeToString()


class Peer:
    version = onnxruntime.__version__

    def __init__(self, threads: int) -> None:
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads, self.options.inter_op_num_threads = threads, 1

    def setup(self, case: dict[str, Any]) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        if case["kind"] != "network" or case["backward"]:
            raise Lacks("infers networks, and nothing else")
        network = NETWORKS[case["op"]]
        graph, y = Graph(network), "x"
        for i, layer in enumerate(network.layers):
            y = graph.layer(y, f"{i}", *layer)
        x = network.data()[0]
        session = onnxruntime.InferenceSession(graph.model("x", y, x.shape), self.options, providers=["CPUExecutionProvider"])
        feed = {"x": x}
        return loops.forward(session.run, [[y], feed], {}), session.run([y], feed)
