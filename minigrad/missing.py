"""What happens when a name is asked for that is not here: an AttributeError that says why, or names the nearest that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

# Names of PyTorch that are left out on purpose, by the beginning of their path, and what to do instead.
REASONS = {
    "nn.DataParallel": "there is one device; use the module itself",
    "nn.SyncBatchNorm": "there are no processes to agree with; use BatchNorm1d, 2d or 3d",
    "nn.CrossMapLRN2d": "use LocalResponseNorm",
    "nn.quantized": "there are no quantised tensors",
    "nn.qat": "there are no quantised tensors",
    "nn.intrinsic": "there are no quantised tensors",
    "ao": "there are no quantised tensors",
    "quantization": "there are no quantised tensors",
    "quantize_per_tensor": "there are no quantised tensors",
    "nested": "tensors are rectangular; pad, or use nn.utils.rnn.pack_sequence",
    "jagged": "tensors are rectangular; pad, or use nn.utils.rnn.pack_sequence",
    "sparse": "tensors are dense; embedding and scatter_add cover what sparse gradients are for",
    "distributed": "there is one process; mpi4py joins several",
    "jit": "nothing is compiled at run time; call the function itself",
    "onnx": "networks are not exported",
    "hub": "nothing is downloaded; load a state_dict with minigrad.load",
    "mps": "minigrad computes on the CPU only",
    "xpu": "minigrad computes on the CPU only",
    "multiprocessing": "use Python's multiprocessing; share_memory() gives forked processes one set of weights",
}


def missing(module: str, name: str, known: Callable[[], Iterable[str]]) -> AttributeError:
    """The error for `module.name`, where `known()` are the names that there are."""
    path = f"{module}.{name}".partition(".")[2]
    for start, reason in REASONS.items():
        if path == start or path.startswith(f"{start}.") or (start.count(".") == 0 and path.startswith(f"{start}_")):
            return _error(module, name, f"; {reason}")
    from difflib import get_close_matches

    names = [other for other in known() if not other.startswith("_")]
    lower = {other.lower(): other for other in names}
    near = [lower[name.lower()]] if name.lower() in lower else get_close_matches(name, names, 1, 0.7)
    return _error(module, name, f"; the nearest name is {near[0]!r}" if near else "")


def _error(module: str, name: str, hint: str) -> AttributeError:
    return AttributeError(f"module {module!r} has no attribute {name!r}{hint}")


def refuser(scope: dict[str, Any]) -> Callable[[str], Any]:
    """`__getattr__` of the module with these globals, whose names are all there from the start."""

    def find(name: str) -> Any:
        raise missing(scope["__name__"], name, lambda: scope.get("__all__", scope))

    return find
