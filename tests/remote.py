"""The C side behind tests/csrc/server.c, in place of a library that ctypes loads: for kernels built for another machine, run by an emulator.

What a call may touch is sent along and comes back: the arrays and structures of its arguments, and what they point into."""

from __future__ import annotations

import ctypes
import struct
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np


class Memory:
    """Blocks of this process that a call needs there: address and size."""

    def __init__(self) -> None:
        self.blocks: list[tuple[int, int]] = []

    def add(self, address: int, size: int) -> None:
        if size and not self.find(address, size):
            self.blocks.append((address, size))

    def find(self, address: int, size: int = 0) -> tuple[int, int] | None:
        """The number of the block in which `address` lies, and how far in; else of one that ends there."""
        for end in (0, 1):
            for i, (start, length) in enumerate(self.blocks):
                if start <= address < start + length + end and address + size <= start + length:
                    return i, address - start
        return None

    def hold(self, x: Any) -> None:
        if isinstance(x, np.ndarray):
            while isinstance(x.base, np.ndarray):  # with the guards around it
                x = x.base
            low, high = np.lib.array_utils.byte_bounds(x)
            self.add(low, high - low)
        elif x is not None:
            self.add(ctypes.addressof(x), ctypes.sizeof(x))


def pointers(kind: Any, at: int = 0) -> Iterator[int]:
    """Where in a ctypes type its pointers stand."""
    if kind is ctypes.c_void_p:
        yield at
    elif issubclass(kind, ctypes.Array):
        for i in range(kind._length_):
            yield from pointers(kind._type_, at + i * ctypes.sizeof(kind._type_))
    elif issubclass(kind, ctypes.Structure):
        for name, part in kind._fields_:
            yield from pointers(part, at + getattr(kind, name).offset)


class Library:
    def __init__(self, command: Sequence[str], path: str) -> None:
        self.process = subprocess.Popen([*command, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __getattr__(self, name: str) -> Function:
        text = ctypes.create_string_buffer(name.encode())
        address = self.call(0, [text])
        if not address:
            raise AttributeError(name)
        found = Function(self, address)
        setattr(self, name, found)
        return found

    def call(self, function: int, arguments: Sequence[Any], memory: Sequence[Any] = ()) -> int:
        """What `function` returns; arguments are integers or ctypes objects, of which the address is passed."""
        held = Memory()
        for x in (*(a for a in arguments if not isinstance(a, int)), *memory):
            held.hold(x)
        places: list[int] = []
        passed: list[int] = []
        for a in arguments:
            if isinstance(a, int):
                passed += [-1, a]
                continue
            block, start = held.find(ctypes.addressof(a)) or (-1, 0)  # of no size: NULL
            passed += [block, start]
            for offset in pointers(type(a)):
                target = ctypes.c_void_p.from_address(ctypes.addressof(a) + offset).value
                if target:  # an empty array lies in no block, and any place will do for it
                    places += [block, start + offset, *(held.find(target) or (0, 0))]
        extents = [n for address, size in held.blocks for n in (size, address % 64)]
        numbers = [function, len(held.blocks), len(places) // 4, len(passed) // 2, *extents, *places, *passed]
        self.process.stdin.write(struct.pack(f"<{len(numbers)}q", *numbers))
        for address, size in held.blocks:
            self.process.stdin.write(ctypes.string_at(address, size))
        self.process.stdin.flush()
        (result,) = struct.unpack("<q", self.read(8))
        with_pointers = set(places[::4])  # which are the other side's by now
        for i, (address, size) in enumerate(held.blocks):
            data = self.read(size)
            if i not in with_pointers:
                ctypes.memmove(address, data, size)
        return result

    def read(self, size: int) -> bytes:
        data = self.process.stdout.read(size)
        if len(data) < size:
            raise RuntimeError(f"the program that holds the library ended with status {self.process.wait()}")
        return data


class Function:
    """As ctypes has it: restype says what the result is."""

    restype: Any = ctypes.c_int
    argtypes: Any = None

    def __init__(self, library: Library, address: int) -> None:
        self.library, self.address = library, address

    def __call__(self, *arguments: Any) -> Any:
        sent = [ctypes.create_string_buffer(a) if isinstance(a, bytes) else 0 if a is None else a for a in arguments]
        result = self.library.call(self.address, sent)
        if self.restype is ctypes.c_int:
            return ctypes.c_int(result).value
        if self.restype is ctypes.c_char_p:
            return self.text(result)
        return Row(self.library, result) if result else None

    def text(self, address: int) -> bytes | None:
        if not address:
            return None
        buffer = ctypes.create_string_buffer(64)
        self.library.strncpy(buffer, address, len(buffer) - 1)
        return buffer.value


class Row:
    """A table of pointers on the other side."""

    def __init__(self, library: Library, address: int) -> None:
        self.library, self.address = library, address

    def __getitem__(self, index: int) -> int:
        cell = ctypes.c_int64()
        self.library.memcpy(cell, self.address + 8 * index, 8)
        return cell.value
