"""Files to write in one step, and to read from the beginning."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any, BinaryIO

PATHS = (str, os.PathLike)


def write(op: str, f: Any, put: Callable[[BinaryIO], Any]) -> None:
    """Let `put` write a file for `f`, a path or a file object.

    A path is written atomically: `put` fills a temporary file in the same folder, which is put on the disk and then renamed. What goes
    wrong before leaves an old file as it was. A file object gets all in one `write`, so nothing if `put` fails.
    """
    if isinstance(f, PATHS):
        _replace(op, f, put)
    elif callable(getattr(f, "write", None)):
        whole = BytesIO()
        put(whole)
        f.write(whole.getbuffer())
    else:
        raise TypeError(f"{op}: expected a path or a file opened for writing, got {type(f).__name__}")


def _replace(op: str, path: str | os.PathLike[str], put: Callable[[BinaryIO], Any]) -> None:
    target = os.path.realpath(path)  # a link stays a link
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{op}: no such folder: {folder!r}")
    temporary = os.path.join(folder, f".minigrad-{os.getpid()}-{os.urandom(6).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            put(file)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            os.chmod(temporary, os.stat(target).st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    with suppress(OSError):  # the folder's entry, where folders can be opened
        entry = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)


@contextmanager
def reading(op: str, f: Any) -> Iterator[tuple[BinaryIO, int]]:
    """`f`, a path or a file object, as a file that can seek and begins at 0, with its size."""
    if isinstance(f, PATHS):
        try:
            file = open(f, "rb")
        except FileNotFoundError:
            raise FileNotFoundError(f"{op}: no such file: {os.fspath(f)!r}") from None
        with file:
            yield file, file.seek(0, os.SEEK_END)
        return
    if not callable(getattr(f, "read", None)):
        raise TypeError(f"{op}: expected a path or a file opened for reading, got {type(f).__name__}")
    if hasattr(f, "encoding"):
        raise TypeError(f"{op}: expected a file opened in binary mode, got one of text")
    if not (hasattr(f, "readinto") and f.seekable() and f.tell() == 0):
        f = BytesIO(f.read())
    yield f, f.seek(0, os.SEEK_END)


def name_of(f: Any) -> str:
    """How messages call `f`."""
    return repr(os.fspath(f)) if isinstance(f, PATHS) else "the file"


def suffix_of(f: Any) -> str:
    return os.path.splitext(os.fspath(f))[1].lower() if isinstance(f, PATHS) else ""
