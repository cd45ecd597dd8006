"""python -m benchmarks.coverage: what the ops have, counted, and what PyTorch has besides. docs/coverage.md is written from it.

Derivatives are counted because they are right, not because a declaration has a rule: gradients, and forward mode, of one of the op's
samples are compared with differences. An op can be batched if `vmap` of it runs. PyTorch is needed for the comparison only.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.registry import OPS, Draw, Op, Sample
from minigrad.testing import check_gradients, check_jvp, tensors_of

PROPERTIES = {
    "forward": "has samples, on which the tests compare it with its reference",
    "backward": "gradients agree with central differences",
    "second order": "so do gradients of gradients",
    "jvp": "forward mode agrees with central differences",
    "vmap": "runs on the examples of a batch",
    "kernel": "has a kernel of its own in C; composites run on those of other ops",
    "documented": "docstring with an example that is run",
}


# ---- what each op has ----


def twice(value: Any) -> Any:
    """The arrays of a sample's argument, stacked with themselves."""
    if isinstance(value, (list, tuple)):
        return [twice(v) for v in value]
    return tensors_of(np.stack([value, value])) if isinstance(value, np.ndarray) else value


def batches(op: Op, sample: Sample) -> bool:
    """Whether vmap of the op runs on two of that sample."""
    stacked = [twice(a) for a in sample.arrays]
    dims = [0 if isinstance(a, (mg.Tensor, list)) else None for a in stacked]
    if not any(d == 0 for d in dims):
        return False
    params = {k: tensors_of(v) for k, v in sample.params.items()}
    try:
        mg.func.vmap(lambda *arrays: op.function(*arrays, **params), in_dims=tuple(dims), randomness="same")(*stacked)
    except (mg._core.BatchError, TypeError):  # a rule is missing, or the result is no tensor
        return False
    return True


def properties(op: Op) -> list[str]:
    """Those of PROPERTIES that the op has; raises if a gradient is wrong."""
    samples = op.samples(Draw(0))
    checked = OPS[op.second_order_of] if op.second_order_of else op  # its arguments depend on one another: checked with that op
    has = {
        "forward": bool(samples),
        "backward": any(check_gradients(checked, s, second=False) for s in checked.samples(Draw(0))),
        "second order": any(check_gradients(checked, s) for s in checked.samples(Draw(0))),
        "jvp": any(check_jvp(checked, s) for s in checked.samples(Draw(0))),
        "vmap": any(batches(op, s) for s in samples),
        "kernel": op.kernel is not None,
        "documented": ">>>" in (op.function.__doc__ or ""),
    }
    return [name for name, there in has.items() if there]


def table() -> str:
    """How many ops have each property, and why public ones lack vmap."""
    mg.ops.load()
    found = {op: properties(op) for op in OPS.values()}
    public = [op for op in found if op.where]
    lines = ["| | public ops | others, parts of those | |", "| --- | --- | --- | --- |"]
    lines.append(f"| all | {len(public)} | {len(found) - len(public)} | |")
    for name, what in PROPERTIES.items():
        counts = [sum(name in found[op] for op in found if bool(op.where) == there) for there in (True, False)]
        lines.append(f"| {name} | {counts[0]} | {counts[1]} | {what} |")
    reasons: dict[str, list[str]] = {}
    for op in sorted(public, key=lambda op: op.name):
        if "vmap" not in found[op]:
            reasons.setdefault(op.unbatched or "NO REASON GIVEN", []).append(op.name)
    lines += ["", "| no `vmap` because | public ops |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {why} | {words(names)} |" for why, names in sorted(reasons.items()))])


def words(names: Iterable[str]) -> str:
    return ", ".join(f"`{n}`" for n in names)


# ---- PyTorch's names ----

# Pattern of "namespace.name" -> why there is no such name. The first that matches counts.
REASONS: dict[str, str] = {
    r".*(sparse|coalesce|crow_|ccol_|row_indices|col_indices|dsmm|hsmm|hspmm|spmm|saddmm|sspaddmm|\.smm|dense|Tensor\.(values|indices)$"
    r"|torch\.(values|indices)_copy)\w*": "sparse tensors",
    r".*(quanti[sz]|qscheme|q_scale|q_zero|q_per|int_repr|fbgemm|fake_quant|choose_qparams|scaled_mm|scaled_grouped|F\.grouped_mm)\w*": "quantised and 8-bit numbers",
    r".*(cudnn|miopen|mkldnn|vulkan|cuda|xpu|ipu|mtia|pin_memory|is_pinned|get_device|record_stream|batch_norm_(stats|elemt|gather|backward|update))\w*":
        "other devices and their libraries",
    r".*(autocast|is_distributed|init_num_threads|interop|is_shared|share_memory|flush_denormal)\w*": "switches of the run time",
    r"torch\.(fork|wait|import_ir\w*|parse_\w*|merge_type\w*|unify_type\w*|sym_constrain\w*)": "TorchScript and compilation",
    r"(torch|F)\.(boolean_dispatch|has_torch_\w*|assert_int\w*|is_neg|is_inference\w*|is_anomaly\w*|set_anomaly\w*|hash_tensor|slice_inverse)":
        "internals of PyTorch; anomaly detection is `mg.autograd.set_detect_anomaly`",
    r"torch\.(convolution|native_\w*|ctc_loss|kl_div|embedding|embedding_bag|feature_dropout|adaptive_max_pool1d|binary_cross_entropy_with_logits"
    r"|\w+_(margin|ranking|embedding)_loss|norm_except_dim|frobenius_norm)": "twins for the engine of what `nn.functional`, `nn.utils` and `linalg` have",
    r"torch\.\w+_copy": "a view, copied: call `.clone()`",
    r"torch\.\w+_": "in place: a method of Tensor, or `inplace=True` in `nn.functional`",
    r"torch\.(asarray|frombuffer|from_file|to_dlpack|empty_permuted|fill|range)": "creation in other words: `tensor`, `from_numpy`, `full`, `arange`",
    r"torch\.(can_cast|is_nonzero|is_signed|numel|detach)": "a question or a method: `bool(x)`, `x.dtype`, `x.numel()`, `x.detach()`",
    r"(torch|Tensor)\.(eig|lstsq|solve|symeig)": "names that PyTorch has retired, and that only raise errors",
    r"Tensor\.(storage|untyped_storage|storage_type|set_|is_set_to|resize\w*|const_data_ptr|dim_order|new_empty_strided|new|reinforce)": "what the memory is made of",
    r"Tensor\.(apply_|map_|map2_|as_subclass|module_load|register_post\w*|to_padded_tensor|chalf|is_\w*|index|conj_physical_|hash_tensor|slice_inverse)":
        "calls of Python for each element, subclasses, nested tensors, half complex, lazy conjugates",
    r"Tensor\.hardshrink": "a function of `nn.functional`",
}  # fmt: skip


def version() -> str:
    """The release that is compared with."""
    import torch

    return f"PyTorch {torch.__version__.split('+')[0]}"


def torch_names() -> dict[str, list[str]]:
    """PyTorch's public functions by namespace: what is built in or said to be an op, no classes."""
    import torch

    homes = {None, "torch.functional", "torch._VF", "torch._C._nn", "torch.nn.functional", "torch._jit_internal", "torch._lobpcg"}
    spaces = {
        "torch": torch,
        "Tensor": torch.Tensor,
        "F": torch.nn.functional,
        "linalg": torch.linalg,
        "special": torch.special,
        "fft": torch.fft,
    }
    found: dict[str, list[str]] = {}
    for space, module in spaces.items():
        found[space] = []
        for name in dir(module):
            value = getattr(module, name, None)
            if name.startswith("_") or not callable(value) or isinstance(value, type):
                continue
            mine = isinstance(value, types.BuiltinFunctionType) or getattr(value, "__module__", None) in homes
            if mine or space not in ("torch", "F"):
                found[space].append(name)
    return found


def missing() -> dict[str, str | None]:
    """PyTorch's names that minigrad lacks, and why (None: no reason is given)."""
    ours = {"torch": mg, "Tensor": mg.Tensor, "F": mg.nn.functional, "linalg": mg.linalg, "special": mg.special, "fft": mg.fft}
    names = [f"{space}.{name}" for space, found in torch_names().items() for name in found if not hasattr(ours[space], name)]
    return {name: next((why for pattern, why in REASONS.items() if re.fullmatch(pattern, name)), None) for name in names}


def comparison() -> str:
    """How much of PyTorch's list is covered, and what is not."""
    lacking = missing()
    lines = [f"Compared with {version()}.", "", "| namespace | PyTorch has | covered |", "| --- | --- | --- |"]
    for space, names in torch_names().items():
        lines.append(f"| `{space}` | {len(names)} | {sum(f'{space}.{name}' not in lacking for name in names)} |")
    by_reason: dict[str, list[str]] = {}
    for name, why in lacking.items():
        by_reason.setdefault(why or "NO REASON GIVEN", []).append(name)
    lines += ["", "| missing because | names |", "| --- | --- |"]
    return "\n".join(lines + [f"| {why} ({len(names)}) | {words(names)} |" for why, names in by_reason.items()])


def main() -> None:
    print(table(), end="\n\n")
    try:
        print(comparison())
    except ImportError:
        print("PyTorch is not installed: nothing to compare with")


if __name__ == "__main__":
    main()
