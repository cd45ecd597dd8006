"""The registry: one declaration per op, from which everything else follows.

An op is a Python function whose body is its NumPy reference, under `@defop(...)`, which says how the engine computes and
differentiates it and how it is tested. `defop` puts an ordinary function in its place, which calls the engine, and a record of the
declaration into `OPS`; functions, Tensor methods, tests, docs and benchmarks read that.

Families, and what makes an op one of them:
    elementwise   the default: arguments broadcast, one value at a time; `kernel` is its C kernel, `pack` gives the kernel's parameters
    reduction     has a parameter `dim`; `result` says how the dtype changes
    view          `plan` gives another window onto the same storage
    general       `plan(*arrays, *params)` checks the arguments and returns a Plan: output shapes, kernel parameters
    composite     the body is not a reference but the op itself, written with other ops (`@composite`)

Gradient rules (`vjp`) are functions over Tensors, one for each array argument, or for several (then the key is a tuple of
names, and the rule returns a tuple). A rule asks for what it needs by the names of its parameters, and only that is kept
until backward:
    g              gradient of the output; with several outputs a tuple, None where none arrived (g[0] is always there)
    y, y0, y1...   an output
    <array>        that argument
    <array>_shape  its shape
    <parameter>    that parameter of the op
    mask           (joint rules) which of the arguments need their gradient
    shapes         (ops that take a list) all shapes
An op can be a rule as it is, such as relu_backward(grad, output), which then gets g and y; elementwise ones the engine calls directly.
Rules are made of ops themselves, so every order of derivative comes from the same line. For elementwise ops the engine sums
over what was broadcast, and casts.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from . import _core

Rule = Callable[..., Any]


class _NonDiff:
    def __repr__(self) -> str:
        return "NONDIFF"


NONDIFF = _NonDiff()  # in `vjp`: this argument has no gradient


class Sample:
    """Arguments to try an op on: `Sample(*arrays, id=..., **params)`. Asymmetric: H != W, M != K != N."""

    def __init__(self, *arrays: Any, id: str = "", **params: Any) -> None:
        self.arrays, self.id, self.params = arrays, id, params

    def __repr__(self) -> str:
        return f"Sample({self.id})"


class ErrorSample:
    """Arguments that the op must refuse, the error it raises and a regular expression that its text matches."""

    def __init__(self, *args: Any, error: type[Exception], match: str, **kwargs: Any) -> None:
        self.args, self.kwargs, self.error, self.match = args, kwargs, error, match


class Cost(NamedTuple):
    """Work of one call: arithmetic operations (a function such as exp counts as one), and bytes that have to be read or written at least."""

    flops: float
    bytes: float


class Draw:
    """What `samples` functions draw arrays with: `r(2, 3)` is standard normal; the same seed gives the same arrays."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)

    def __call__(self, *shape: int) -> np.ndarray:
        return self.rng.standard_normal(shape)

    def between(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Uniform in (low, high)."""
        return self.rng.uniform(low, high, shape)

    def away(self, *shape: int, kinks: Iterable[float] = (0.0,), gap: float = 0.05) -> np.ndarray:
        """Standard normal, at least `gap` away from every kink."""
        x = self.rng.standard_normal(shape)
        for k in kinks:
            x = np.where(np.abs(x - k) < gap, k + np.where(x < k, -gap, gap) * (1 + np.abs(x - k)), x)
        return x

    def distinct(self, *shape: int) -> np.ndarray:
        """All values different, at least 0.1 apart: no ties for max and sort."""
        n = int(np.prod(shape))
        return (self.rng.permutation(n) * 0.1 - n * 0.05 + self.rng.uniform(0, 0.01, n)).reshape(shape)

    def ints(self, low: int, high: int, *shape: int) -> np.ndarray:
        """int64 in [low, high)."""
        return self.rng.integers(low, high, shape)

    def bools(self, *shape: int) -> np.ndarray:
        return self.rng.random(shape) < 0.5


class Op:
    """One declaration."""

    name: str
    ref: Callable[..., Any]  # the NumPy reference; of a composite: the op itself
    family: str
    arrays: tuple[str, ...]  # names of the array arguments
    params: tuple[str, ...]  # names of the others
    vjp: Mapping[Any, Any]
    samples: Callable[[Draw], list[Sample]]
    function: Callable[..., Any]  # what users call
    engine: Any = None  # the _core.Op; None for composites
    errors: tuple[ErrorSample, ...] = ()
    kernel: str | None = None
    oracle: Callable[..., Any] | None = None  # of a fused op: the same out of other ops; value and gradient are compared
    linear_in: tuple[str, ...] = ()  # arguments in which it is linear: checked exactly on integers
    kinks: tuple[float, ...] = ()  # where it is not differentiable, and samples keep away from
    cost: float | Callable[..., Any] | None = None  # see `work`
    dtypes: tuple[str, ...] = ("float32", "float64")  # to test values with; complex64 among them: defined for complex tensors
    ulp: float = 4.0  # allowed error of the float32 kernel, in units of the last place of the largest term
    where: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  # other names of the same function, in the same places
    inplace: bool = False
    constants: tuple[str, ...] = ()  # array arguments of a composite that get no gradient
    dense: bool = False  # works on the memory as it lies, and means what its reference says on contiguous arguments only
    auxiliary: int = 0  # so many last outputs are for the backward pass, and have no gradient themselves
    second_order_of: str = ""  # a backward op whose arguments depend on one another: its rule is checked as the second order of that op
    unbatched: str = ""  # why it cannot be under vmap, if that is so; every other op can
    known_failures: Mapping[str, str] = {}

    def __init__(self, **record: Any) -> None:
        for field in record:
            if field not in Op.__annotations__:
                raise TypeError(f"defop({record.get('name')}): no such field: {field!r}")
        self.__dict__.update(record)

    def work(self, sample: Sample, result: Any) -> Cost | None:
        """What a call with these arguments costs that gave `result` (arrays or Tensors); None if the declaration does not say.

        `cost` is a number, operations for each element of the largest array that comes in or goes out, or a function that gives all of
        them and asks by name for arguments and for y, the result (of several outputs the first). Every array is moved once, unless the function gives
        a Cost of its own.
        """
        if self.cost is None:
            return None
        found = result if isinstance(result, tuple) else (result,)
        outputs = [np.asarray(y if isinstance(y, np.ndarray) else y.detach()) for y in found if y is not None]
        arrays = [a for a in (*sample.arrays, *sample.params.values(), *outputs) if hasattr(a, "nbytes")]
        moved = float(sum(a.nbytes for a in arrays))
        if not callable(self.cost):
            return Cost(float(self.cost * max(map(_count, arrays), default=0)), moved)
        values = {**_defaults(self.ref), **dict(zip(self.arrays, sample.arrays)), **sample.params, "y": outputs[0]}
        work = self.cost(**{n: values[n] for n in _arguments(self.cost)})
        return work if isinstance(work, Cost) else Cost(float(work), moved)

    def replace(self, **changes: Any) -> Op:
        """The same declaration with other fields, in no registry."""
        return Op(**{**self.__dict__, **changes})

    def __repr__(self) -> str:
        return f"<op {self.name}>"


OPS: dict[str, Op] = {}


def defop(
    *,
    vjp: Mapping[Any, Any],
    samples: Callable[[Draw], list[Sample]],
    family: str = "elementwise",
    kernel: str | None = None,
    plan: Callable[..., Any] | None = None,
    pack: Callable[..., tuple] | None = None,
    result: str = "same",
    outputs: int = 1,
    identity: bool = True,
    strided: bool = False,
    variadic: bool = False,
    condition: bool = False,
    holomorphic: bool = False,
    call: Callable[..., Any] | None = None,
    star: str | None = None,
    where: str = "mg Tensor",
    wrap: Callable[..., Any] | None = None,
    inplace: bool | None = None,
    flag: str | None = None,
    out: bool | None = None,
    name: str | None = None,
    title: str | None = None,
    errors: Iterable[ErrorSample] = (),
    **record: Any,
) -> Callable[[Callable[..., Any]], Any]:
    """Declare an op; see the module's documentation for what the arguments mean.

    cost: its work (see `Op.work`); elementwise ops and reductions with a kernel do one operation for each element unless they say otherwise.
    where: what it becomes: a function of `mg`, a method of `Tensor`, a function of `F` (nn.functional), `linalg`, `special` or `fft`;
    there without its prefix, so that `linalg_inv` is `mg.linalg.inv` and `Tensor_unfold` the method, while `unfold` is F's. Names that
    begin with an underscore become nothing. out: takes `out=` (default: public elementwise ops and reductions). inplace: also a method `name_` (default: elementwise ops that keep the dtype).
    star: a parameter that can be given as several arguments, like `x.reshape(2, 3)`. call: engine function that replaces the
    family's (matmul). holomorphic: defined for complex tensors too, with rules that are the complex derivative times g (the engine
    conjugates round them, by PyTorch's convention); an op that lists complex64 in `dtypes` has rules that keep to the convention themselves.
    float16 in `dtypes`: the plan takes half precision as it is; otherwise the engine computes it in float32. flag="inplace": the function takes `inplace=True`, as those of nn.functional do. wrap: put round the
    function and its in-place method (the `alpha` of add). title: what errors and the graph call it (default: its name without the underscore
    of a private one). Raises TypeError at import for a declaration that is not complete.
    """

    def declare(ref: Callable[..., Any]) -> Callable[..., Any]:
        op_name = name or ref.__name__
        names = _arguments(ref)
        arrays = tuple(n for n in names if n in _flat(vjp))
        params = tuple(n for n in names if n not in arrays)
        if names[: len(arrays)] != arrays or not arrays:
            raise TypeError(
                f"defop({op_name}): array arguments must come first and be named in vjp, got {list(_flat(vjp))} for {list(names)}"
            )
        unknown = [n for n in _flat(vjp) if n not in names]
        if unknown:
            raise TypeError(f"defop({op_name}): vjp names {unknown}, which are no arguments of {list(names)}")
        engine = _core.Op(
            title or op_name.lstrip("_"), family, ref=_positional(ref), plan=plan, pack=pack, kernel=kernel, arrays=len(arrays), outputs=outputs, result=result,
            identity=identity, strided=strided, variadic=variadic, condition=condition,
            holomorphic=holomorphic, takes_complex="complex64" in record.get("dtypes", ()), native_half="float16" in record.get("dtypes", ()),
            dim_at=params.index("dim") if "dim" in params else -1, keepdim_at=params.index("keepdim") if "keepdim" in params else -1,
            rules=[_rule(op_name, key, fn, arrays, params, variadic) for key, fn in vjp.items() if fn is not NONDIFF],
        )  # fmt: skip
        if kernel is not None and family in ("elementwise", "reduction"):
            record.setdefault("cost", 1.0)
        op = Op(name=op_name, ref=ref, family=family, arrays=arrays, params=params, vjp=vjp, samples=samples, errors=tuple(errors),
                kernel=kernel, engine=engine, **record)  # fmt: skip
        natural = (
            family == "elementwise"
            and result in ("same", "integral", "float", "modulus")
            and "Tensor" in where
            and not op_name.startswith("_")
        )
        op.inplace = natural if inplace is None else inplace
        takes_out = family in ("elementwise", "reduction") and outputs == 1 and "mg" in where.split() if out is None else out
        function = _function(op, call, star, flag, takes_out)
        return _register(op, wrap(function) if wrap else function, where, wrap)

    return declare


def composite(
    *, samples: Callable[[Draw], list[Sample]], arrays: str = "input", star: str | None = None, where: str = "mg Tensor",
    inplace: bool = False, own_errors: bool = False, errors: Iterable[ErrorSample] = (), **record: Any,
) -> Callable[[Callable[..., Any]], Any]:  # fmt: skip
    """Declare an op whose body is written with other ops; `arrays` names its array arguments. own_errors: what those raise says this op's name
    (a few dozen nanoseconds a call; an op that checks its arguments itself does not need it)."""

    def declare(body: Callable[..., Any]) -> Callable[..., Any]:
        names, array_names = _arguments(body), tuple(arrays.split())
        op = Op(name=body.__name__, ref=body, family="composite", arrays=array_names,
                params=tuple(n for n in names if n not in array_names), vjp={}, samples=samples, errors=tuple(errors),
                inplace=inplace, **record)  # fmt: skip
        return _register(op, _composite_function(op, body, names, star, own_errors), where)

    return declare


# Importing the package runs every declaration, so these read code objects: `inspect` alone would cost more than all of them.


def _arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of a plain function's parameters."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _keyword_only(function: Callable[..., Any]) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]


def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    code, values = function.__code__, function.__defaults__ or ()
    return dict(zip(code.co_varnames[code.co_argcount - len(values) : code.co_argcount], values, strict=True)) | (
        function.__kwdefaults__ or {}
    )


def _positional(ref: Callable[..., Any]) -> Callable[..., Any]:
    """The reference as the engine calls it: all arguments by position."""
    named = _keyword_only(ref)
    if not named:
        return ref
    at = len(_arguments(ref)) - len(named)
    return lambda *args: ref(*args[:at], **dict(zip(named, args[at:], strict=True)))


def _count(a: Any) -> int:
    return math.prod(a.shape)


def _flat(vjp: Mapping[Any, Any]) -> list[str]:
    return [n for key in vjp for n in ((key,) if isinstance(key, str) else key)]


def _rule(op: str, key: Any, fn: Rule, arrays: tuple[str, ...], params: tuple[str, ...], variadic: bool) -> Any:
    """Translate the parameter names of a rule into what the engine fetches."""
    serves = tuple(arrays.index(n) for n in ((key,) if isinstance(key, str) else key))
    needs = {"g": 0, "mask": 1, "shapes": 2, "y": 400, "y0": 400, "y1": 401, "y2": 402, "y3": 403}
    codes = []
    if hasattr(fn, "op"):  # another op is the rule: its arguments grad and output are g and y
        asked = tuple({"grad": "g", "output": "y"}.get(n, n) for n in (*fn.op.arrays, *fn.op.params))
    else:
        asked = _arguments(fn)
    for n in asked:
        if n in needs:
            codes.append(needs[n])
        elif n in arrays:
            codes.append(100 + arrays.index(n))
        elif n in params:
            codes.append(500 + params.index(n))
        elif n.endswith("_shape") and n[:-6] in arrays:
            codes.append(200 + arrays.index(n[:-6]))
        else:
            raise TypeError(
                f"defop({op}): the rule for {key} asks for {n!r}; it can have {[*needs, *arrays, *(f'{a}_shape' for a in arrays), *params]}"
            )
    return _core.Rule(fn, serves, asked, codes)


# ---- the functions that users call ----

_ALIASES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "x1": "input", "x2": "other"}


def _signature(function: Callable[..., Any], star: str | None) -> tuple[str, dict[str, Any]]:
    """Parameter list of the generated function, and the defaults it refers to."""
    parts, space = [], {}
    defaults, keyword_only = _defaults(function), _keyword_only(function)
    for n in _arguments(function):
        if n in keyword_only[:1] and not (star and f"*{star}" in parts):
            parts.append("*")
        if n == star:
            parts.append(f"*{n}")
        elif n not in defaults:
            parts.append(n)
        else:
            space[f"_default_{n}"] = defaults[n]
            parts.append(f"{n}=_default_{n}")
    return ", ".join(parts), space


def _first_call(*args: Any, **kwargs: Any) -> Any:
    return _build()(*args, **kwargs)  # type: ignore[name-defined] # noqa: F821 (the function's own globals)


def _generated(name: str, write: Callable[[], tuple[str, dict[str, Any]]]) -> Callable[..., Any]:
    """A function of generated source, which `write` returns with its globals; written and compiled at its first call.

    A plain function is the fastest call there is, which is why they are generated (as dataclasses do). Most programs call few of
    them: compiling all at import would cost more than importing NumPy.
    """

    def build() -> Callable[..., Any]:
        source, names = write()
        scope: dict[str, Any] = {}
        exec(compile(source, f"<minigrad op {name}>", "exec"), names, scope)
        made = scope[name]
        space.update(names)
        function.__defaults__, function.__kwdefaults__ = made.__defaults__, made.__kwdefaults__
        function.__code__ = made.__code__  # last: until here another thread comes here too
        return function

    space: dict[str, Any] = {"_build": build, "__name__": __name__}
    function = FunctionType(_first_call.__code__, space, name)
    return function


def _prologue(op: Op, star: str | None) -> tuple[str, str]:
    """Lines that accept NumPy's spellings and several sizes as arguments; what the signature needs for them."""
    lines, extra = "", ""
    if star:
        extra = ", **named"
        lines += f"    if named: {star} = _named({op.name!r}, {star!r}, {star}, named)\n"
        lines += f"    if len({star}) == 1 and not isinstance({star}[0], int):\n"
        if op.name == "view":  # whose other meaning PyTorch gave it
            lines += f"        if isinstance({star}[0], _dtype): return _bits_of(input, {star}[0])\n"
        lines += f"        {star} = _sizes({star}[0])\n"
    known = [n for n in ("dim", "keepdim") if n in op.params]
    if known:
        extra = ", **aliases"
        lines += f"    if aliases: {', '.join(known)}, = _translate({op.name!r}, aliases, {', '.join(f'{n}={n}' for n in known)})\n"
    return lines, extra


def _sizes(x: Any) -> Any:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,) if not hasattr(x, "__iter__") else tuple(x)


def _named(op: str, star: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """The sizes of `x.reshape(shape=(2, 3))`, given by name instead of one by one."""
    if given or list(named) != [star]:
        wrong = next((n for n in named if n != star), star)
        raise TypeError(f"{op}() got {'multiple values for argument' if wrong == star else 'an unexpected keyword argument'} {wrong!r}")
    return (named[star],)


def _translate(op: str, aliases: dict[str, Any], **values: Any) -> list[Any]:
    for alias, value in aliases.items():
        name = _ALIASES.get(alias)
        if name not in values:
            raise TypeError(f"{op}() got an unexpected keyword argument {alias!r}")
        values[name] = value
    return list(values.values())


def _function(op: Op, call: Callable[..., Any] | None, star: str | None, flag: str | None, out: bool) -> Callable[..., Any]:
    """The function of an op of the engine."""
    if call is not None and not star and not flag and not out and "dim" not in op.params:
        return functools.wraps(op.ref)(call)
    if op.family == "elementwise" and not op.params:
        if op.arrays == ("input",):
            return functools.wraps(op.ref)((_core.unary_function_inplace if flag else _core.unary_function)(op.engine))
        if op.arrays == ("input", "other") or (len(op.arrays) == 2 and op.name.startswith("_")):
            return functools.wraps(op.ref)(_core.binary_function(op.engine))

    def write() -> tuple[str, dict[str, Any]]:
        signature, space = _signature(op.ref, star)
        lines, extra = _prologue(op, star)
        space |= {"_op": op.engine, "_apply": _core.apply, "_call": call, "_sizes": _sizes, "_named": _named,
                  "_translate": _translate, "_cast": _core.cast, "_inplace": _core.inplace, "_dtype": _core.dtype, "_bits_of": _core.bits_of}  # fmt: skip
        arrays, params = "".join(f"{n}, " for n in op.arrays), "".join(f"{n}, " for n in op.params)
        if out:
            space |= {"_out": _core.write_out, "_self": op.function}
            extra = f", out=None{extra}" if star or _keyword_only(op.ref) else f", *, out=None{extra}"
            named = "".join(f"{n}={n}, " for n in op.params)
            lines += f"    if out is not None: return _out({op.name!r}, out, _self({arrays}{named}))\n"
        if op.family == "reduction" and "dtype" in op.params:
            lines += "    if dtype is not None: input = _cast(input, dtype)\n"
        if flag:
            extra = f", {flag}=False{extra}"
            lines += f"    if {flag}: return _inplace(_op, {op.arrays[0]}, (), ({params}))\n"
        if call is not None:
            lines += f"    return _call({arrays}{params})\n"
        elif op.engine.variadic:
            lines += f"    return _apply(_op, tuple({op.arrays[0]}), ({params}))\n"
        else:
            lines += f"    return _apply(_op, ({arrays}), ({params}))\n"
        return f"def {op.name}({signature}{extra}):\n{lines}", space

    return functools.wraps(op.ref)(_generated(op.name, write))


def _composite_function(
    op: Op, body: Callable[..., Any], names: tuple[str, ...], star: str | None, own_errors: bool = False
) -> Callable[..., Any]:
    """The body itself, or a function around it that takes its arguments in more forms or puts its name to errors."""
    if not star and not own_errors and "dim" not in op.params and "keepdim" not in op.params:
        return body

    def write() -> tuple[str, dict[str, Any]]:
        lines, extra = _prologue(op, star)
        signature, space = _signature(body, star)
        space |= {"_body": body, "_sizes": _sizes, "_named": _named, "_translate": _translate, "_rename": _rename}
        passed = ", ".join(f"{n}={n}" if n in _keyword_only(body) else n for n in names)
        call = f"    return _body({passed})\n"
        if own_errors:
            call = f"    try:\n    {call}    except Exception as error:\n        _rename(error, {op.name!r})\n        raise\n"
        return f"def {op.name}({signature}{extra}):\n{lines}{call}", space

    return functools.wraps(body)(_generated(op.name, write))


def _rename(error: Exception, name: str) -> None:
    """Let an error of an op inside say the name of the op that was called."""
    text = error.args[0] if error.args else None
    if not isinstance(text, str) or text.startswith(name):
        return
    head, colon, rest = text.partition(": ")
    inner = head.rstrip("_")
    if not colon or any(n in OPS for n in (inner, f"_{inner}", inner.replace(".", "_"), inner.rpartition(".")[2])):
        space, _, short = name.partition("_")
        shown = f"{space}.{short}" if space in ("linalg", "special", "fft") else name
        error.args = (f"{shown}: {rest if colon else text}", *error.args[1:])


def _register(op: Op, function: Callable[..., Any], where: str, wrap: Callable[..., Any] | None = None) -> Callable[..., Any]:
    if op.name in OPS:
        raise TypeError(f"defop({op.name}): declared twice")
    if not callable(op.samples):
        raise TypeError(f"defop({op.name}): samples must be a function of a Draw")
    op.function = function
    op.where = () if op.name.startswith("_") else tuple(where.split())
    function.op = op  # type: ignore[attr-defined]
    OPS[op.name] = op
    if "Tensor" in op.where:
        for n in (op.name, *op.aliases):
            _core.attach(n.removeprefix("Tensor_"), function)
    if op.inplace:
        method = _inplace_method(op)
        method = wrap(method) if wrap else method
        for n in (op.name, *op.aliases):
            _core.attach(f"{n}_", method)
    return function


def _inplace_method(op: Op) -> Callable[..., Any]:
    name = f"{op.name}_"
    if op.family == "elementwise":

        def write() -> tuple[str, dict[str, Any]]:
            signature, space = _signature(op.ref, None)
            space |= {"_op": op.engine, "_inplace": _core.inplace}
            arrays, params = "".join(f"{n}, " for n in op.arrays[1:]), "".join(f"{n}, " for n in op.params)
            return f"def {name}({signature}):\n    return _inplace(_op, {op.arrays[0]}, ({arrays}), ({params}))\n", space

        method = _generated(name, write)
    else:
        function = op.function

        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            return _core.inplace_by(function, name, self, *args, **kwargs)

        method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{op.name}` in place; returns the tensor itself."
    return method


def names(where: str) -> dict[str, Callable[..., Any]]:
    """Functions that belong to a namespace: "mg", "Tensor", "F", "linalg", "special" or "fft"."""
    return {
        n.removeprefix(f"{where}_"): op.function for op in OPS.values() if where in op.where for n in (op.name, *op.aliases)
    }  # fmt: skip
