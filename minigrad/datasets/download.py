"""Downloads one file by HTTP so that a cut connection, a killed process or a full disc cost only what was under way.

What has come so far lies beside the target as FILE.part, and the rest is asked for by a Range request. The target appears at once and
whole, when the caller has found its content right."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from minigrad.datasets.source import DamagedDataError

ATTEMPTS = 5  # in a row without a single new byte
TIMEOUT = 30.0  # seconds without an answer
CHUNK = 1 << 16

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all if known


class DownloadError(OSError):
    """A file cannot be downloaded. The text names the address and says why."""


def download(
    url: str, path: Path, check: Callable[[Path], object], limit: int, progress: Progress | None = None, pause: float = 1.0
) -> None:
    """Download `url` to `path`.

    Args:   check: called with the path of the whole file before it gets its name; raises DamagedDataError if it is not the right one.
            limit: bytes that it cannot have more than. pause: seconds before the second attempt; twice as long before each further one.
    Raises: DownloadError if the server refuses or cannot be reached; DamagedDataError if what it sends is not the right file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with locked(part) as file:
        resumed = file.seek(0, os.SEEK_END) > 0
        while True:
            persist(url, file, limit, progress, pause)
            file.flush()
            os.fsync(file.fileno())
            try:
                check(part)
                break
            except DamagedDataError as error:
                file.truncate(0)
                if not resumed:
                    raise DamagedDataError(f"{url}: {error}") from error
                resumed = False  # what lay there may have been of another file: once more, from the beginning
        os.replace(part, path)


@contextlib.contextmanager
def locked(part: Path) -> Iterator[BinaryIO]:
    """The file to go on with, which no other process may have."""
    with part.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DownloadError(f"{part}: another process is downloading this file") from error
        try:
            yield file
        finally:
            if os.fstat(file.fileno()).st_size == 0:
                part.unlink(missing_ok=True)


def persist(url: str, file: BinaryIO, limit: int, progress: Progress | None, pause: float) -> None:
    """Ask again until the file is whole, as long as something comes."""
    failures = 0
    while True:
        before = file.seek(0, os.SEEK_END)
        try:
            if proceed(url, file, limit, progress):
                return
            reason = "the connection was cut"
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in (408, 429) and error.code < 500:
                raise DownloadError(f"{url}: {error.code} {error.reason}") from error
            reason = f"{error.code} {error.reason}"
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, DownloadError):
                raise
            reason = str(getattr(error, "reason", None) or error or type(error).__name__)
        failures = 0 if file.seek(0, os.SEEK_END) > before else failures + 1
        if failures == ATTEMPTS:
            raise DownloadError(f"{url}: {reason}; {before:,} bytes are kept, and the same command goes on from there")
        time.sleep(pause * 2 ** max(failures - 1, 0))


def proceed(url: str, file: BinaryIO, limit: int, progress: Progress | None) -> bool:
    """One request, for what is not there yet. True if the file is whole afterwards."""
    have = file.seek(0, os.SEEK_END)
    headers = {"Accept-Encoding": "identity", "User-Agent": "minigrad", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not have:
            raise
        # Nothing behind what is here: it is whole, or of another file, which the check will tell.
        error.close()
        return True
    with response:
        total: int | None = None
        if response.status == 206:
            found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
            if not found or int(found[1]) != have:
                raise DownloadError(f"{url}: asked for bytes from {have} on, got {response.headers.get('Content-Range')}")
            total = int(found[2]) if found[2] != "*" else None
        else:  # the server sends everything, whatever was asked for
            file.truncate(0)
            have = 0
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdigit() else None
        while data := response.read1(CHUNK):
            have += len(data)
            if have > limit:
                file.truncate(0)
                raise DownloadError(f"{url}: more than the {limit:,} bytes that the file can have")
            file.write(data)
            if progress is not None:
                progress(have, total)
    return total is None or have >= total
