"""What happens when a name is asked for that is not here: an AttributeError that says why, or names the nearest that is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

# Names of PyTorch that are left out on purpose, by the beginning of their path, and what to do instead.
_DENSE = "tensors are dense; embedding and scatter_add cover what sparse gradients are for"
_QUANTISED = "there are no quantised tensors"
_RECTANGULAR = "tensors are rectangular; pad, or use nn.utils.rnn.pack_sequence"
_CPU = "minigrad computes on the CPU only"
_PIPES = "PyTorch has given data pipes up; use Dataset and IterableDataset"
_INTERNAL = "it is an internal of PyTorch"
_LAYOUT = "there is one memory layout"
_COMPILED = "nothing is compiled at run time; call the function itself"
_PARALLEL = "there is one device; use the module itself"
_LOADED = "nothing is downloaded; load a state_dict with minigrad.load"
REASONS = {
    "nn.DataParallel": _PARALLEL,
    "nn.parallel": _PARALLEL,
    "nn.SyncBatchNorm": "there are no processes to agree with; use BatchNorm1d, 2d or 3d",
    "nn.CrossMapLRN2d": "use LocalResponseNorm",
    "nn.Container": "use Module",
    "nn.LinearCrossEntropyOptions": "linear_cross_entropy has one way to compute",
    "nn.factory_kwargs": _INTERNAL,
    "nn.quantized": _QUANTISED,
    "nn.qat": _QUANTISED,
    "nn.intrinsic": _QUANTISED,
    "nn.functional.ScalingType": _QUANTISED,
    "nn.functional.SwizzleType": _QUANTISED,
    "nn.functional.grouped_mm": _RECTANGULAR,
    "nn.functional.scaled_mm": _QUANTISED,
    "nn.functional.scaled_grouped_mm": _QUANTISED,
    "nn.functional.Tensor": "use minigrad.Tensor",
    "nn.functional.assert_int_or_pair": _INTERNAL,
    "nn.functional.boolean_dispatch": _INTERNAL,
    "nn.functional.has_torch_function": _INTERNAL,
    "nn.functional.has_torch_function_unary": _INTERNAL,
    "nn.functional.has_torch_function_variadic": _INTERNAL,
    "nn.modules.linear.NonDynamicallyQuantizableLinear": _QUANTISED,
    "nn.utils.convert_conv2d_weight_memory_format": _LAYOUT,
    "nn.utils.convert_conv3d_weight_memory_format": _LAYOUT,
    "utils.data.DFIterDataPipe": _PIPES,
    "utils.data.DataChunk": _PIPES,
    "utils.data.IterDataPipe": _PIPES,
    "utils.data.MapDataPipe": _PIPES,
    "utils.data.argument_validation": _PIPES,
    "utils.data.functional_datapipe": _PIPES,
    "utils.data.guaranteed_datapipes_determinism": _PIPES,
    "utils.data.non_deterministic": _PIPES,
    "utils.data.runtime_validation": _PIPES,
    "utils.data.runtime_validation_disabled": _PIPES,
    "utils.data.distributed": "there is one process; a Sampler of your own can pick its share",
    "utils.data.DistributedSampler": "there is one process; a Sampler of your own can pick its share",
    "utils.benchmark": "use timeit, or minigrad.profiler: when a call returns, its result is there",
    "utils.collect_env": "run `minigrad info`",
    "utils.cpp_extension": "write the op as an autograd.Function",
    "utils.flop_counter": "use utils.summary",
    "utils._pytree": "it is private; minigrad.func maps over nested containers by itself",
    "autograd.NestedIOFunction": "use Function",
    "autograd.enforce_grad_layout_policy": _LAYOUT,
    "autograd.graph.GradientEdge": "get_gradient_edge gives a tuple",
    "autograd.graph.allow_mutation_on_saved_tensors": "clone what is changed in place",
    "autograd.graph.disable_saved_tensors_hooks": "leave the hooks out",
    "autograd.graph.register_multi_grad_hook": "register a hook with each tensor",
    "autograd.set_multithreading_enabled": "backward runs in the thread that calls it",
    "func.debug_unwrap": _INTERNAL,
    "func.rearrange": "use reshape and permute, or the package einops",
    "func.functionalize": "nothing is traced",
    "func.replace_all_batch_norm_modules_": "batch_norm under vmap needs no change of the module",
    "ao": _QUANTISED,
    "quantization": _QUANTISED,
    "quantize_per_tensor": _QUANTISED,
    "nested": _RECTANGULAR,
    "jagged": _RECTANGULAR,
    "sparse": _DENSE,
    "to_sparse": _DENSE,
    "spmm": _DENSE,
    "smm": _DENSE,
    "sspaddmm": _DENSE,
    "indices": _DENSE,
    "coalesce": _DENSE,
    "resize": "use reshape",
    "distributed": "there is one process; mpi4py joins several",
    "jit": _COMPILED,
    "compiler": _COMPILED,
    "_dynamo": _COMPILED,
    "_inductor": _COMPILED,
    "fx": "nothing is traced",
    "export": "networks are not exported",
    "library": "write the op as an autograd.Function",
    "overrides": "subclasses of Tensor go through the ops as tensors",
    "onnx": "networks are not exported",
    "hub": _LOADED,
    "utils.model_zoo": _LOADED,
    "mps": _CPU,
    "xpu": _CPU,
    "multiprocessing": "use Python's multiprocessing; share_memory() gives forked processes one set of weights",
}


def reason(path: str) -> str | None:
    """Why a name of PyTorch is left out on purpose, given its path without "torch"; None if it is not.

    >>> reason("nn.DataParallel")
    'there is one device; use the module itself'
    """
    for start, why in REASONS.items():
        if path == start or path.startswith(f"{start}.") or ("." not in start and path.startswith(f"{start}_")):
            return why
    return None


def missing(module: str, name: str, known: Callable[[], Iterable[str]]) -> AttributeError:
    """The error for `module.name`, where `known()` are the names that there are."""
    why = reason(f"{module}.{name}".partition(".")[2])
    if why is None:
        from difflib import get_close_matches

        names = [other for other in known() if not other.startswith("_")]
        lower = {other.lower(): other for other in names}
        near = [lower[name.lower()]] if name.lower() in lower else get_close_matches(name, names, 1, 0.7)
        why = f"the nearest name is {near[0]!r}" if near else ""
    return AttributeError(f"module {module!r} has no attribute {name!r}" + (f"; {why}" if why else ""))


def refuser(scope: dict[str, Any], later: dict[str, str] | None = None) -> Callable[[str], Any]:
    """`__getattr__` of the package with these globals: what is imported when it is first asked for, `later` (names and the submodules that
    hold them, or that they are), and for other names the error."""
    package, later = scope["__name__"], later or {}

    def find(name: str) -> Any:
        if name not in later:
            raise missing(package, name, lambda: scope.get("__all__", scope))
        import importlib

        module = importlib.import_module(f".{later[name]}", package)
        scope[name] = module if name == later[name] else getattr(module, name)
        return scope[name]

    return find


class _LastFinder:
    """Says why `import minigrad.jit` finds nothing. It is asked when all finders of modules have looked."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        package, _, rest = name.partition(".")
        why = reason(rest) if package == __package__ else None
        if why is not None:  # without the module's name in it: of `from minigrad.nn import quantized` that would be overlooked
            raise ModuleNotFoundError(f"no module named {name!r}: {why}")


sys.meta_path.append(_LastFinder)
