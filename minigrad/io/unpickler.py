"""A machine for the pickles of weights: it builds plain values, and calls nothing but what a closed table holds.

A pickle is a program for a stack. Python's own machine lets it import any function and call it, so a file of weights could do whatever
its reader may; filtering what that machine imports leaves its other ways in (attributes, extension codes, memos of any size). This one
has only the opcodes that PyTorch writes for weights. GLOBAL looks a name up in the table; REDUCE and NEWOBJ call what came from it;
BUILD sets what the few classes below need; persistent ids go to one function, which knows storages alone.

A file of n bytes is read in time and memory in proportion to n: lengths are held against what is left of the file, memos are a dict,
what copies pays from a budget of n (`spend`), and keys are values whose hashes cannot be made to collide. Nothing recurses, and no value
is compared or printed before its type is known: a list that holds itself twice, sixty times over, is never walked.
"""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np


class Refused(ValueError):
    """The pickle asks for something that files of weights do not need."""


class Known:
    """A function of the table: `make(unpickler, *args)`."""

    __slots__ = ("make", "name")

    def __init__(self, name: str, make: Callable[..., Any]) -> None:
        self.name, self.make = name, make


class NumpyDtype:
    """A dtype of NumPy while it is read: its code, then (BUILD) the order of its bytes."""

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "="

    def dtype(self) -> np.dtype:
        return np.dtype(self.code).newbyteorder(self.order)  # type: ignore[arg-type]


KEYS = (str, int, float, bool, bytes, type(None))


def check_key(key: Any) -> Any:
    """`key`, if it can be one: tuples hash without a limit to depth, and large integers can be made to collide."""
    if type(key) not in KEYS or (type(key) is int and key.bit_length() > 64):
        raise Refused(f"it has a key of type {type(key).__name__}; expected a string or a number")
    return key


class Unpickler:
    """Runs one pickle of `file`, which has `size` bytes in all.

    `find(name)` gives the value of a global or raises Refused, `trusted` are those that the user vouches for, `persistent(unpickler, id)`
    makes a storage.
    """

    def __init__(
        self,
        file: BinaryIO,
        size: int,
        find: Callable[[str], Any],
        trusted: dict[str, Any] | None = None,
        persistent: Callable[[Any], Any] | None = None,
    ) -> None:
        self.file, self.left, self.find, self.persistent = file, size - file.tell(), find, persistent
        self.trusted = trusted or {}
        self.budget = size
        self.stack: list[Any] = []
        self.outer: list[list[Any]] = []  # the stacks below each mark
        self.memo: dict[int, Any] = {}
        self.last: list[Callable[[], None]] = []  # what is left to do once all storages have been read

    def run(self) -> Any:
        while (code := self.take(1)) != b".":
            op = _OPCODES.get(code)
            if op is None:
                raise Refused(f"opcode {code!r} is none that weights need")
            op(self)
        if self.outer or len(self.stack) != 1:
            raise ValueError("its pickle ends with values left over")
        return self.stack.pop()

    def finish(self) -> None:
        for step in self.last:
            step()

    def take(self, n: int) -> bytes:
        """The next n bytes of the file."""
        if n > self.left:
            raise ValueError("it ends within its pickle")
        self.left -= n
        return self.file.read(n)

    def line(self) -> str:
        text = self.file.readline(min(self.left, 1000))
        self.left -= len(text)
        if not text.endswith(b"\n"):
            raise ValueError("it ends within a name")
        return text[:-1].decode()

    def spend(self, n: int) -> None:
        """Account for n bytes or elements that are copied."""
        self.budget -= n
        if self.budget < 0:
            raise Refused("it copies more than it holds")

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.outer.pop()
        return items

    def target(self, *kinds: type) -> Any:
        """The container on top of the stack."""
        if type(self.stack[-1]) not in kinds:
            raise Refused(f"it puts items into a value of type {type(self.stack[-1]).__name__}")
        return self.stack[-1]

    def vouched(self, value: Any) -> bool:
        return any(value is other for other in self.trusted.values())

    def call(self, f: Any, args: Any) -> Any:
        """`f(*args)`, for REDUCE."""
        if type(args) is not tuple:
            raise Refused("it calls with arguments that are no tuple")
        if type(f) is Known:
            try:
                return f.make(self, *args)
            except TypeError as error:
                raise Refused(f"it calls {f.name} with arguments that do not fit: {error}") from None
        if not self.vouched(f):
            raise Refused(f"it calls a value of type {type(f).__name__}")
        return f(*args)

    def new(self, kind: Any, args: Any) -> Any:
        """`kind.__new__(kind, *args)`, for NEWOBJ."""
        if type(kind) is Known or not self.vouched(kind) or not isinstance(kind, type):
            return self.call(kind, args)
        return kind.__new__(kind, *args)

    def build(self, value: Any, state: Any) -> None:
        """`value.__setstate__(state)`, for BUILD."""
        if type(value) is OrderedDict:
            # The versions of the modules that a state_dict came from.
            metadata = state.get("_metadata") if type(state) is dict and len(state) == 1 else None
            if not isinstance(metadata, dict):
                raise Refused("it sets attributes of an OrderedDict")
            self.spend(len(metadata))
            if not all(isinstance(m, dict) for m in metadata.values()):
                raise Refused("it has versions of modules that are no dicts")
            vars(value)["_metadata"] = metadata
        elif type(value) is NumpyDtype:
            if type(state) is not tuple or len(state) < 5 or type(state[1]) is not str or any(item is not None for item in state[2:5]):
                raise Refused("it has a dtype of NumPy that is not numeric")
            value.order = state[1] if state[1] in ("<", ">") else "="
        elif type(value) is np.ndarray and value.shape == (0,):
            self._fill(value, state)
        elif self.vouched(type(value)):
            if hasattr(value, "__setstate__"):
                value.__setstate__(state)
            else:
                vars(value).update(state)
        else:
            raise Refused(f"it sets the state of a value of type {type(value).__name__}")

    def _fill(self, array: np.ndarray, state: Any) -> None:
        if type(state) is not tuple or len(state) != 5:
            raise Refused("it has an array of NumPy with a state that is none")
        _, shape, kind, fortran, data = state
        if type(data) is not bytes or type(kind) is not NumpyDtype or type(shape) is not tuple or type(fortran) is not bool:
            raise Refused("it has an array of NumPy that is not numeric")
        self.spend(len(data))
        # NumPy holds the sizes against the data.
        array.__setstate__((1, shape, kind.dtype(), fortran, data))  # type: ignore[arg-type]


# ---- the opcodes ----

_OPCODES: dict[bytes, Callable[[Unpickler], None]] = {}


def _opcode(code: bytes) -> Callable[[Callable[[Unpickler], None]], Callable[[Unpickler], None]]:
    def register(f: Callable[[Unpickler], None]) -> Callable[[Unpickler], None]:
        _OPCODES[code] = f
        return f

    return register


def _constant(code: bytes, make: Callable[[], Any]) -> None:
    _OPCODES[code] = lambda u: u.stack.append(make())


def _number(code: bytes, format: str) -> None:
    size, unpack = struct.calcsize(format), struct.Struct(format).unpack
    _OPCODES[code] = lambda u: u.stack.append(unpack(u.take(size))[0])


def _counted(code: bytes, width: int, make: Callable[[bytes], Any]) -> None:
    """A value of so many bytes, after their number in `width` bytes."""
    _OPCODES[code] = lambda u: u.stack.append(make(u.take(int.from_bytes(u.take(width), "little"))))


for _code, _make in (
    (b"N", lambda: None),
    (b"\x88", lambda: True),
    (b"\x89", lambda: False),
    (b")", tuple),
    (b"]", list),
    (b"}", dict),
    (b"\x8f", set),
):
    _constant(_code, _make)
for _code, _format in ((b"K", "<B"), (b"M", "<H"), (b"J", "<i"), (b"G", ">d")):
    _number(_code, _format)
for _code, _width in ((b"X", 4), (b"\x8c", 1), (b"U", 1), (b"T", 4)):  # the last two are Python 2's
    _counted(_code, _width, lambda data: data.decode("utf-8"))
for _code, _width in ((b"C", 1), (b"B", 4)):
    _counted(_code, _width, bytes)
_counted(b"\x96", 8, bytearray)
_counted(b"\x8a", 1, lambda data: int.from_bytes(data, "little", signed=True))


@_opcode(b"\x80")
def _proto(u: Unpickler) -> None:
    if (protocol := u.take(1)[0]) > 5:
        raise Refused(f"it is a pickle of protocol {protocol}")


@_opcode(b"\x95")
def _frame(u: Unpickler) -> None:
    u.take(8)


@_opcode(b"(")
def _mark(u: Unpickler) -> None:
    u.outer.append(u.stack)
    u.stack = []


@_opcode(b"t")
def _tuple(u: Unpickler) -> None:
    items = u.since_mark()
    u.stack.append(tuple(items))


def _tuple_of(n: int) -> Callable[[Unpickler], None]:
    def put(u: Unpickler) -> None:
        items = [u.stack.pop() for _ in range(n)]
        u.stack.append(tuple(reversed(items)))

    return put


for _n, _code in enumerate((b"\x85", b"\x86", b"\x87"), 1):
    _OPCODES[_code] = _tuple_of(_n)


@_opcode(b"a")
def _append(u: Unpickler) -> None:
    item = u.stack.pop()
    u.target(list).append(item)


@_opcode(b"e")
def _appends(u: Unpickler) -> None:
    items = u.since_mark()
    u.target(list).extend(items)


@_opcode(b"\x90")
def _additems(u: Unpickler) -> None:
    items = u.since_mark()
    u.target(set).update(map(check_key, items))


@_opcode(b"s")
def _setitem(u: Unpickler) -> None:
    value, key = u.stack.pop(), u.stack.pop()
    u.target(dict, OrderedDict, Counter)[check_key(key)] = value


@_opcode(b"u")
def _setitems(u: Unpickler) -> None:
    items = u.since_mark()
    target = u.target(dict, OrderedDict, Counter)
    for key, value in zip(items[::2], items[1::2], strict=True):
        target[check_key(key)] = value


@_opcode(b"q")
def _put(u: Unpickler) -> None:
    u.memo[u.take(1)[0]] = u.stack[-1]


@_opcode(b"r")
def _put_far(u: Unpickler) -> None:
    u.memo[int.from_bytes(u.take(4), "little")] = u.stack[-1]


@_opcode(b"\x94")
def _memoize(u: Unpickler) -> None:
    u.memo[len(u.memo)] = u.stack[-1]


@_opcode(b"h")
def _get(u: Unpickler) -> None:
    u.stack.append(u.memo[u.take(1)[0]])


@_opcode(b"j")
def _get_far(u: Unpickler) -> None:
    u.stack.append(u.memo[int.from_bytes(u.take(4), "little")])


@_opcode(b"c")
def _global(u: Unpickler) -> None:
    u.stack.append(u.find(f"{u.line()}.{u.line()}"))


@_opcode(b"\x93")
def _stack_global(u: Unpickler) -> None:
    name, module = u.stack.pop(), u.stack.pop()
    if type(name) is not str or type(module) is not str:
        raise Refused("it asks for a name that is no string")
    u.stack.append(u.find(f"{module}.{name}"))


@_opcode(b"R")
def _reduce(u: Unpickler) -> None:
    args, f = u.stack.pop(), u.stack.pop()
    u.stack.append(u.call(f, args))


@_opcode(b"\x81")
def _newobj(u: Unpickler) -> None:
    args, kind = u.stack.pop(), u.stack.pop()
    u.stack.append(u.new(kind, args))


@_opcode(b"b")
def _build(u: Unpickler) -> None:
    state = u.stack.pop()
    u.build(u.stack[-1], state)


@_opcode(b"Q")
def _persistent(u: Unpickler) -> None:
    if u.persistent is None:
        raise Refused("it has a persistent id where none can be")
    u.stack.append(u.persistent(u.stack.pop()))
