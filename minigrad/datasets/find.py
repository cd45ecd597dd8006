"""Finds the files of a data set: in the user's folder, an installed Python package, a Debian package, minigrad's cache, in this order.

What is found is read whole and compared with its declared SHA-256 before any reader sees it. A Python package is looked for without
being imported: importing some of those that carry data takes seconds and gigabytes."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from minigrad.datasets.source import DamagedDataError, File, MissingDataError, Source

SYSTEM = Path("/")  # under which Debian's packages put their files


def cache_dir() -> Path:
    """Where `minigrad data fetch` puts what it gets: $XDG_CACHE_HOME/minigrad, or ~/.cache/minigrad."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "minigrad"


def read(source: Source, data_dir: str | os.PathLike[str] | None = None, only: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The contents of the files of `source` (of those named in `only`, if any are), by name, unpacked.

    Raises: MissingDataError if one is nowhere; DamagedDataError if one in the user's folder or in the cache is not what was declared.
    """
    return {file.name: read_file(file, source, data_dir) for file in source.files if not only or file.name in only}


def read_file(file: File, source: Source, data_dir: str | os.PathLike[str] | None = None) -> bytes:
    other: DamagedDataError | None = None
    for place, path in candidates(file, source, data_dir):
        try:
            return content(path, file)
        except DamagedDataError as error:
            # An installed package may be of another version, whose file differs; the user's own folder and the cache are meant.
            if place in ("folder", "cache"):
                raise
            other = error
    if other is not None:
        raise other
    raise MissingDataError(
        f"{source.name}: no {file.name} here; get it by `minigrad data fetch {source.name}` ({file.package}), "
        "or name the folder that has it by data_dir= or MINIGRAD_DATA"
    )


def where(source: Source, data_dir: str | os.PathLike[str] | None = None) -> str | None:
    """The place where all files of `source` are, whatever is in them; None if one is missing."""
    places = [next((place for place, _ in candidates(file, source, data_dir)), None) for file in source.files]
    return None if None in places else ", ".join(dict.fromkeys(str(place) for place in places))


def candidates(file: File, source: Source, data_dir: str | os.PathLike[str] | None = None) -> Iterator[tuple[str, Path]]:
    """Files that exist and may be `file`, best first, each with the kind of place it is in."""
    for folder in (data_dir, os.environ.get("MINIGRAD_DATA")):
        if folder:
            yield from (("folder", path) for path in within(Path(folder), file, source))
    if file.package.kind == "pypi":
        yield from (("installed", path) for path in plain_or_packed(in_python(file)))
    if file.package.kind == "debian":
        yield from (("system", path) for path in plain_or_packed([SYSTEM / file.path]))
    yield from (("cache", path) for path in plain_or_packed([cache_dir() / source.name / file.name]))


def within(folder: Path, file: File, source: Source) -> Iterator[Path]:
    """In a user's folder a file may lie as in the cache (NAME/FILE), at any tail of its path in the package, or by itself."""
    parts = PurePosixPath(file.path).parts
    yield from plain_or_packed([folder / source.name / file.name, *(folder.joinpath(*parts[i:]) for i in range(len(parts)))])


def in_python(file: File) -> list[Path]:
    """Where an installed Python package would have the file. The top-level package is found, not imported."""
    top, *rest = PurePosixPath(file.path).parts
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):  # ValueError: a module of this name without a spec
        return []
    return [Path(folder, *rest) for folder in spec.submodule_search_locations or ()] if spec else []


def plain_or_packed(paths: list[Path]) -> Iterator[Path]:
    seen = set()
    for path in paths:
        plain = path.with_name(path.name.removesuffix(".gz"))
        for candidate in (plain, plain.with_name(plain.name + ".gz")):
            if candidate not in seen and candidate.is_file():
                yield candidate
            seen.add(candidate)


def content(path: Path, file: File, packed: bool | None = None) -> bytes:
    """What is in the file at `path`, unpacked (if it is `packed`, which its name tells), if it is what `file` declares."""
    packed = path.name.endswith(".gz") if packed is None else packed
    # One byte more than expected tells a longer file from a whole one, and no archive unpacks to more than that.
    with path.open("rb") as stream:
        data = stream.read(file.size + 1) if not packed else unpack(stream.read(), file.size + 1, path)
    if len(data) != file.size:
        size = f"more than {file.size:,}" if len(data) > file.size else f"{len(data):,}"
        raise DamagedDataError(f"{path}: damaged, or of another version: {size} bytes, expected {file.size:,}")
    if (got := hashlib.sha256(data).hexdigest()) != file.sha256:
        raise DamagedDataError(f"{path}: damaged, or of another version: SHA-256 {got[:16]}…, expected {file.sha256[:16]}…")
    return data


def unpack(data: bytes, limit: int, path: Path) -> bytes:
    """At most `limit` bytes of what is in a gzip file."""
    machine = zlib.decompressobj(wbits=31)  # 31: with gzip's header and its sum at the end, which zlib checks
    try:
        found = machine.decompress(data, limit)
    except zlib.error as error:
        raise DamagedDataError(f"{path}: damaged gzip file: {error}") from error
    if not machine.eof and len(found) < limit:
        raise DamagedDataError(f"{path}: damaged gzip file: it ends too early")
    return found
