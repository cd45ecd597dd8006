"""Type stubs of everything that comes from the registry: the ops as functions and as methods of Tensor.

    python tools/stubs.py [--check]

Checkers and editors do not run the package, so what `ops.namespace` hands out at run time they read in minigrad/__init__.pyi,
nn/functional.pyi, linalg.pyi, special.pyi, fft.pyi and the lower part of _core.pyi. Names, order and defaults of arguments are those
of the functions. Types follow from the declarations: what a parameter can be from its default and the values it has in the op's
samples, what comes back from calling the function on them. WORDS adds what a word means everywhere (a stride can be one number or
several); RESULTS holds the functions whose result depends on an argument in ways that samples do not tell.
"""

from __future__ import annotations

import ast
import inspect
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

import minigrad as mg  # noqa: E402
from minigrad import _core, ops, registry  # noqa: E402
from minigrad._core import Tensor  # noqa: E402
from minigrad.registry import OPS, Draw, Op  # noqa: E402

NOTE = "# Written from the registry by tools/stubs.py."
MARK = f"    # ---- {NOTE[2:]}\n"

# Inside Tensor and in `mg`, `int`, `float` and `bool` are a method and a dtype.
SIZES = "_int | Sequence[_int]"
WORDS = {
    **dict.fromkeys(("kernel_size", "stride", "padding", "dilation", "output_size", "output_padding", "normalized_shape", "pad"), SIZES),
    **dict.fromkeys(("size", "sizes", "shape", "dims", "s"), SIZES),
    **dict.fromkeys(("alpha", "beta", "value", "fill_value", "margin", "src"), "_float"),
    **dict.fromkeys(("in_proj_bias", "out_proj_bias"), "None"),
    "correction": "_float",
    "dtype": "DType",
}
# What a parameter is that only its default None shows, or nothing.
SILENT = {
    **dict.fromkeys(
        ("size_average", "reduce", "largest", "align_to_window", "recompute_scale_factor", "align_corners", "unbiased"), "_bool"
    ),
    **dict.fromkeys(("max_norm", "maxnorm", "tol", "eps", "rtol", "atol", "rcond", "scale", "delta"), "_float"),
    **dict.fromkeys(("driver", "rounding_mode", "method", "indexing", "norm", "side"), "str"),
    **dict.fromkeys(("weight", "bias", "static_k", "static_v", "X", "iK", "B", "out", "src", "generator"), "Tensor"),
    **dict.fromkeys(("niter", "k", "N", "n", "correction", "dim"), "_int"),
    **dict.fromkeys(("distance_function", "tracker"), "abc.Callable[..., Any]"),
    **dict.fromkeys(("ortho_iparams", "ortho_fparams", "ortho_bparams", "options"), "dict[str, Any]"),
    "q": "Tensor | _float",
    "bins": "_int | Tensor",
    "other": "Operand",
    "p": "_float",
    "win_length": "_int",
    **dict.fromkeys(("offsets", "indices"), "Tensor"),
    "test_elements": "Tensor | _float",
    "scale_factor": "_float | Sequence[_float]",
    "_random_samples": "Tensor",
}
MANY = "tuple[Tensor, ...]"
# Overloads, or a result that differs from call to call: (parameters to put in place, result).
FLAGS = {"return_indices": "tuple[Tensor, Tensor]", "as_tuple": MANY}
RESULTS = {
    **dict.fromkeys(("split", "chunk", "unbind", "broadcast_tensors", "meshgrid", "unravel_index", "tensor_split", "hsplit"), MANY),
    **dict.fromkeys(("vsplit", "dsplit", "split_with_sizes", "gradient"), MANY),
    "index_put": "Tensor",
    **dict.fromkeys(("unique", "unique_consecutive"), "Any"),  # a Tensor, or as many as are asked for
    "multi_head_attention_forward": "tuple[Tensor, Tensor | None]",
}  # fmt: skip
_BUILTINS = ("int", "float", "bool", "complex", "type", "slice", "range", "abs")
_HEAD = """import builtins
from collections import abc
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, overload
"""


class Results:
    """What the function of an op gives on its samples, and the named tuples among that."""

    def __init__(self) -> None:
        self.tuples: dict[str, tuple[str, ...]] = {}
        self._of: dict[str, list[tuple[dict[str, Any], str]]] = {}

    def __call__(self, op: Op) -> list[tuple[dict[str, Any], str]]:
        if op.name not in self._of:
            self._of[op.name] = [(s.params, kind) for s in op.samples(Draw()) if (kind := self._call(op, s))]
        return self._of[op.name]

    def _call(self, op: Op, sample: registry.Sample) -> str | None:
        if op.name in RESULTS:
            return RESULTS[op.name]
        with warnings.catch_warnings(), mg.random.fork_rng():
            warnings.simplefilter("ignore")
            params = {n: _tensors(v) if isinstance(v, (np.ndarray, list)) else v for n, v in sample.params.items()}
            return self.kind(op.function(*map(_tensors, sample.arrays), **params))

    def kind(self, y: Any) -> str:
        if isinstance(y, Tensor):
            return "Tensor"
        if hasattr(y, "_fields"):
            name = type(y).__name__
            fields = tuple(f"{f}: {'tuple[Tensor, ...]' if isinstance(v, tuple) else self.kind(v)}" for f, v in zip(y._fields, y))
            if self.tuples.setdefault(name, fields) != fields:
                raise TypeError(f"two named tuples are called {name}")
            return f"_core.{name}"
        if isinstance(y, tuple):
            return f"tuple[{', '.join(map(self.kind, y))}]"
        return {"bool": "_bool", "int": "_int", "NoneType": "None"}[type(y).__name__]


def _tensors(a: Any) -> Any:
    if isinstance(a, np.ndarray):
        return mg.tensor(a)
    return [_tensors(x) for x in a] if isinstance(a, (list, tuple)) and any(isinstance(x, np.ndarray) for x in a) else a


def _type_of(v: Any) -> set[str]:
    """The annotations that a value asks for."""
    if v is None:
        return {"None"}
    if isinstance(v, (np.ndarray, Tensor)):
        return {"Tensor"}
    if isinstance(v, (tuple, list)):
        inside = set().union(*map(_type_of, v)) or {"_int"}
        return {f"Sequence[{_union(inside)}]"}
    if isinstance(v, (bool, np.bool_)):
        return {"_bool"}
    if isinstance(v, (int, np.integer)):
        return {"_int"}
    if isinstance(v, (float, np.floating)):
        return {"_float"}
    if isinstance(v, str):
        return {"str"}
    return {{"dtype": "DType", "complex": "_complex"}.get(type(v).__name__, "Any")}


def _union(kinds: set[str]) -> str:
    kinds = {k for whole in kinds for k in whole.split(" | ")} if not any("[" in k and " | " in k for k in kinds) else kinds
    if "_float" in kinds:
        kinds = kinds - {"_int", "_bool"}
    if "Sequence[_float]" in kinds:
        kinds = kinds - {"Sequence[_int]"}
    if "Any" in kinds:
        return "Any"
    return " | ".join(sorted(kinds - {"None"}, key=lambda k: (len(k), k)) + ["None"] * ("None" in kinds))


def _array(op: Op, name: str, position: int, default: Any) -> str:
    values = [s.arrays[position] for s in op.samples(Draw()) if len(s.arrays) > position]
    if any(isinstance(v, (list, tuple)) for v in values):
        return "Sequence[Tensor]"
    kinds = (
        {"Tensor"}
        | ({"Sequence[_int]"} if name.endswith("_lengths") else set())
        | ({"None"} if default is None or any(v is None for v in values) else set())
    )
    if (position and op.family == "elementwise") or (op.family == "composite" and name == "other") or (op.name == "where" and position):
        kinds |= {"Operand"}
        kinds -= {"Tensor"}
    return _union(kinds)


def _param(op: Op, name: str, default: Any) -> str:
    empty = inspect.Parameter.empty
    kinds = set() if default is empty else _type_of(default)
    for sample in op.samples(Draw()):
        if name in sample.params:
            kinds |= _type_of(sample.params[name])
    if name == "dim" and op.family == "reduction":
        kinds.add("Sequence[_int]")
    if name in ("min", "max") and "Tensor" in op.where:
        kinds.add("Tensor")
    if name in WORDS:
        kinds |= set(WORDS[name].split(" | "))
    if not kinds - {"None"}:
        if name not in SILENT:
            raise TypeError(f"{op.name}: neither default nor samples tell the type of {name!r}; name it in SILENT of tools/stubs.py")
        kinds |= set(SILENT[name].split(" | "))
    return _union(kinds)


def _default(v: Any) -> str:
    return repr(v) if v is None or isinstance(v, (bool, int, str)) or (isinstance(v, float) and len(repr(v)) < 10) else "..."


def signature(op: Op, function: Callable[..., Any], method: bool, in_place: bool) -> tuple[list[str], list[str]]:
    """The parameter list as it is written, positional and keyword-only."""
    build = getattr(function, "__globals__", {}).get("_build")
    if build is not None and function.__code__ is registry._first_call.__code__:
        build()
    found = inspect.signature(function, follow_wrapped=False).parameters
    if in_place and [p.name for p in found.values()][:1] == ["self"]:  # passes everything on
        found = inspect.signature(op.ref).parameters
    known = dict(inspect.signature(op.ref).parameters)
    positional, keyword = [], []
    for position, p in enumerate(found.values()):
        if method and position == 0:
            positional.append("self")
        elif p.kind is p.VAR_POSITIONAL:
            kind = (
                "Tensor"
                if p.name in op.arrays
                else _union(_type_of(()) | {"_int", "Sequence[_int]"} | ({"DType"} if op.name == "view" else set()))
            )
            positional.append(f"*{p.name}: {kind}")
        elif p.kind is p.VAR_KEYWORD:
            if "dim" in known and p.name == "aliases" and known["dim"].default is not p.empty:
                keyword.append(f"axis: {_param(op, 'dim', known['dim'].default)} = ...")
                if "keepdim" in known:
                    keyword.append("keepdims: _bool = ...")
            elif p.name == "out":
                keyword.append("out: Tensor | None = None")
        else:
            if p.name in op.arrays:
                kind = _array(op, p.name, op.arrays.index(p.name), p.default)
            elif p.name == "out":
                kind = "Tensor | None"
            elif p.name == "inplace":
                kind = "_bool"
            else:
                kind = _param(op, p.name, p.default)
            text = f"{p.name}: {kind}" + ("" if p.default is p.empty else f" = {_default(p.default)}")
            (keyword if p.kind is p.KEYWORD_ONLY else positional).append(text)
    return positional, keyword


def _line(name: str, positional: list[str], keyword: list[str], result: str, doc: str, indent: str, decorate: str = "") -> str:
    named = ["*", *keyword] if keyword and not any(p.startswith("*") for p in positional) else keyword
    body = f'\n{indent}    """{doc}"""' if doc else " ..."
    head = "".join(f"{indent}{d}\n" for d in decorate.split())
    return f"{head}{indent}def {name}({', '.join([*positional, *named])}) -> {result}:{body}\n"


def _without(parts: list[str], *names: str) -> list[str]:
    return [p for p in parts if p.split(":")[0] not in names]


def define(name: str, op: Op, function: Callable[..., Any], results: Results, indent: str = "", in_place: bool = False) -> str:
    """The stub of one function or method."""
    method = bool(indent)
    positional, keyword = signature(op, function, method, in_place)
    doc = (function.__doc__ or "").strip().split("\n")[0].replace("\\", "\\\\").rstrip('"')
    if in_place:
        return _line(name, positional, _without(keyword, "out"), "Self", doc, indent)
    kinds = results(op)
    found = {k for _, k in kinds}
    flag = next((f for f in FLAGS if f in (*op.params,)), None)
    several = positional and positional[0].startswith("*")

    def overloads(*cases: tuple[list[str], list[str], str]) -> str:
        return "".join(_line(name, p, k, r, doc if i == 0 else "", indent, "@overload") for i, (p, k, r) in enumerate(cases))

    if flag:
        plain = [p.replace(f"{flag}: _bool", f"{flag}: Literal[False]") for p in positional]
        plain_keyword = [p.replace(f"{flag}: _bool", f"{flag}: Literal[False]") for p in keyword]
        asked = (_without(positional, flag), [*_without(keyword, flag), f"{flag}: Literal[True]"], FLAGS[flag])
        return overloads((plain, plain_keyword, "Tensor"), asked)
    if op.name.startswith("atleast_"):
        first = ["self" if method else "input: Tensor"]
        return overloads((first, [], "Tensor"), ([*first, "second: Tensor", "/", "*more: Tensor"], [], MANY))
    if op.name == "where":
        condition, *values = positional
        return overloads(
            ([condition, *(v.split(" = ")[0].replace(" | None", "") for v in values)], keyword, "Tensor"), ([condition], [], MANY)
        )
    if op.name in ("max", "min", "median", "nanmedian") and found == {"Tensor", "_core.Extreme"}:
        first = positional[:1]
        other = [(["self", "other: Tensor"] if method else [*first, "other: Tensor"], [], "Tensor")] if "other" in op.params else []
        keepdim = "keepdim: _bool = False"
        return overloads((first, [], "Tensor"), ([*first, "dim: _int", keepdim], [], "_core.Extreme"),
                         (first, ["axis: _int", "keepdims: _bool = False"], "_core.Extreme"), *other)  # fmt: skip
    if len(found) != 1 and not several:
        raise TypeError(f"{op.name} returns {sorted(found)}: say which in RESULTS of tools/stubs.py")
    return _line(name, positional, keyword, found.pop(), doc, indent)


def _module(path: str, preamble: str, lines: Iterable[str]) -> tuple[str, str]:
    return path, f"{NOTE}\n{_HEAD}{preamble}\n{_ALIASES}\n{''.join(lines)}"


_ALIASES = "\n".join(f"_{n}: TypeAlias = builtins.{n}" for n in ("int", "float", "bool", "complex"))


def _elsewhere(name: str, value: Any, package: str) -> str:
    """How a public name that is no op gets into a stub: from where it is declared."""
    home = getattr(value, "__module__", "") or ""
    if isinstance(value, ModuleType):
        parent, _, last = value.__name__.rpartition(".")
        return f"from {parent} import {last} as {name}\n"
    if isinstance(value, (float, bool)) or value is None:
        return f"{name}: {'None' if value is None else f'builtins.{type(value).__name__}'}\n"
    if isinstance(value, mg.dtype):
        return f"{name}: DType\n"
    if (
        home.startswith("minigrad.")
        and home != package
        and hasattr(sys.modules.get(home), name)
        and getattr(sys.modules[home], name) is value
    ):
        return f"from {home} import {name} as {name}\n"
    original = getattr(value, "__name__", "")
    if home.startswith("minigrad.") and home != package and original and getattr(sys.modules.get(home), original, None) is value:
        return f"from {home} import {original} as {name}\n"
    for module in ("minigrad.legacy", "minigrad._core", "minigrad.ops.random", "minigrad.settings"):
        if getattr(sys.modules.get(module), name, None) is value:
            return f"from {module} import {name} as {name}\n"
    raise TypeError(f"{package}.{name} is neither an op nor found where it is declared ({home})")


def namespace(module: ModuleType, results: Results, skip: Iterable[str] = ()) -> list[str]:
    imports, functions = [], []
    for name in sorted(dir(module)):
        if name.startswith("_") or name in skip:
            continue
        value = getattr(module, name)
        if isinstance(value, ModuleType) and module is not mg:
            continue
        if isinstance(getattr(value, "op", None), Op):
            functions.append(define(name, value.op, value, results))
        elif name.endswith("_") and name[:-1] in OPS:
            positional, keyword = signature(OPS[name[:-1]], OPS[name[:-1]].function, False, False)
            functions.append(_line(name, _without(positional, "inplace"), _without(keyword, "out"), "Tensor", value.__doc__, ""))
        else:
            imports.append(_elsewhere(name, value, module.__name__))
    return [*(["__version__: str\n"] if module is mg else []), *imports, "\n", *functions]


def methods(results: Results, written: set[str]) -> list[str]:
    lines = []
    for op in OPS.values():
        for n in (op.name, *op.aliases):
            if "Tensor" in op.where and (name := n.removeprefix("Tensor_")) not in written:
                lines.append((name, define(name, op, op.function, results, "    ")))
            if op.inplace and f"{n}_" not in written:
                lines.append((f"{n}_", define(f"{n}_", op, getattr(Tensor, f"{n}_"), results, "    ", True)))
    return [text for _, text in sorted(lines)]


def _defined(node: ast.stmt) -> list[str]:
    """Names that a statement of a stub defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [a.asname or a.name for a in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [t.id for t in targets if isinstance(t, ast.Name)]


def _class_names(source: str) -> set[str]:
    tensor = next(n for n in ast.parse(source).body if isinstance(n, ast.ClassDef) and n.name == "Tensor")
    return {n.name for n in tensor.body if isinstance(n, ast.FunctionDef)}


def stubs() -> dict[str, str]:
    """The text of every stub, by its path in the package."""
    ops.load()
    results = Results()
    imports = "from minigrad import _core\nfrom minigrad._core import Operand, Tensor as Tensor, dtype as DType\n"
    made = dict(
        _module(path, imports, namespace(module, results, skip))
        for path, module, skip in (
            ("__init__.pyi", mg, ("Any", "Tensor")),
            ("nn/functional.pyi", mg.nn.functional, ("Any", "annotations")),
            ("linalg.pyi", mg.linalg, ("annotations",)),
            ("special.pyi", mg.special, ()),
            ("fft.pyi", mg.fft, ("annotations",)),
        )
    )
    by_hand = (ROOT / "minigrad" / "_core.pyi").read_text().split(MARK)[0]
    text = "".join(methods(results, _class_names(by_hand + "    pass\n")))
    tuples = "".join(f"class {n}(NamedTuple):\n" + "".join(f"    {f}\n" for f in fields) for n, fields in sorted(results.tuples.items()))
    known = {n for node in ast.parse(by_hand).body for n in _defined(node)} | results.tuples.keys()
    internal = "".join(f"{n}: Any\n" for n in sorted(dir(_core)) if n not in known and not n.startswith("__"))
    made["_core.pyi"] = f"{by_hand}{MARK}{text}\n{tuples}\n# Between the engine and the package.\n{internal}".replace("_core.", "")
    return made


def main() -> None:
    found = {ROOT / "minigrad" / path: text for path, text in stubs().items()}
    changed = [path for path, text in found.items() if not path.is_file() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        sys.exit(f"not what the registry says: {', '.join(map(str, changed))}" if changed else 0)
    for path in changed:
        path.write_text(found[path])


if __name__ == "__main__":
    main()
