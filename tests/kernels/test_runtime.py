"""The thread pool, scratch memory and storage: the checks of tests/csrc/runtime.c, plain and under sanitizers, and what Python can see."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import raw

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "tests/csrc/runtime.c", *(ROOT / "csrc" / f"{name}.c" for name in ("pool", "scratch", "cpus", "storage"))]
POOL = ["coverage", "nested", "callers", "resize_inside", "floating_point_state"]
MEMORY = ["scratch", "sizes", "reuse", "statistics", "foreign", "exchange"]
RUN = shlex.split(
    os.environ.get("MINIGRAD_RUN", "")
)  # an emulator, where CC compiles for another machine; qemu's own threads fail in a forked child
QUIET = {"ASAN_OPTIONS": "allocator_may_return_null=1", "TSAN_OPTIONS": "allocator_may_return_null=1"}


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """program(flag...): the path of the compiled checks, or a skip where this compiler cannot make or this system cannot run them."""
    cc = os.environ.get("CC") or shutil.which("cc")
    if not cc:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("runtime")

    def build(*flags: str) -> Path:
        target = folder / ("runtime" + "".join(flags))
        if target.exists():
            return target
        base = [*cc.split(), "-std=gnu11", "-g", "-pthread", *(flags or ["-O2"]), f"-I{ROOT / 'csrc'}"]
        probe = folder / "probe"
        tried = subprocess.run(
            [*base, "-x", "c", "-", "-o", probe], check=False, input=b"int main(void) { return 0; }", capture_output=True
        )
        if tried.returncode or subprocess.run([*RUN, probe], check=False, capture_output=True).returncode:
            pytest.skip(f"{cc} {' '.join(flags)} does not work here")
        subprocess.run([*base, "-Wall", "-Wextra", "-Werror", *SOURCES, "-lm", "-o", target], check=True)
        return target

    return build


def run(path: Path, *checks: str) -> subprocess.CompletedProcess:
    return subprocess.run([*RUN, path, *checks], check=False, env=os.environ | QUIET, capture_output=True, text=True, timeout=120)


def passes(path: Path, *checks: str) -> None:
    done = run(path, *checks)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_checks(program):
    passes(program(), *([*POOL, *MEMORY, "no_growth"] if RUN else []))


def test_without_futexes(program):
    """What systems other than Linux use: a condition variable, and the number of CPUs that are online."""
    passes(program("-O2", "-U__linux__"), *POOL, *([] if RUN else ["forks"]))


def test_under_thread_sanitizer(program):
    # Not `forks`: the sanitizer itself fails in a child that starts threads. Not `no_growth`: it keeps memory of its own.
    passes(program("-O1", "-fsanitize=thread"), *POOL, *MEMORY)


def test_under_address_sanitizer(program):
    passes(program("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"), *POOL, "forks", *MEMORY)


@pytest.mark.parametrize("fault", ["overrun", "use_after_free"])
def test_address_sanitizer_sees_faults_in_our_blocks(program, fault):
    done = run(program("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"), fault)
    assert done.returncode != 0 and "use-after-poison" in done.stderr


def threads_in_child(**env: str) -> int:
    env = os.environ | env | {"PYTHONPATH": os.pathsep.join(sys.path)}
    code = "import raw; print(raw.lib.mg_num_threads())"
    done = subprocess.run([sys.executable, "-c", code], check=False, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_number_of_threads():
    cpus = raw.lib.mg_available_cpus()
    assert 1 <= cpus <= (os.cpu_count() or 1)
    assert threads_in_child(MINIGRAD_NUM_THREADS="3") == 3
    for ignored in ("", "0", "-2", "many"):
        assert threads_in_child(MINIGRAD_NUM_THREADS=ignored) == cpus
    assert threads_in_child(MINIGRAD_NUM_THREADS="100000") == 256


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity masks on this system")
def test_affinity_is_respected():
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert raw.lib.mg_available_cpus() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's")
@pytest.mark.parametrize(
    "table, files, cpus",
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 0),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "300000 100000", "cpu.max": "1000000 100000"}, 3),
        ("0::/host/only\n", {"cpu.max": "50000 100000\n"}, 1),
        ("3:memory:/x\n2:cpu,cpuacct:/d\n", {"cpu/d/cpu.cfs_quota_us": "250000", "cpu/d/cpu.cfs_period_us": "100000"}, 3),
        ("2:cpuacct,cpu:/d\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 0),
        ("2:cpuset:/d\n", {"cpu/d/cpu.cfs_quota_us": "100000", "cpu/d/cpu.cfs_period_us": "100000"}, 0),
        ("1:cpu:/\n0::/\n", {"cpu/cpu.cfs_quota_us": "400000", "cpu/cpu.cfs_period_us": "100000"}, 4),
        ("nonsense\n::\n0::\n", {"cpu.max": "what"}, 0),
        ("0::/" + "a/" * 3000 + "\n", {}, 0),
    ],
)
def test_control_group_quota(tmp_path, table, files, cpus):
    (tmp_path / "table").write_text(table)
    for name, text in files.items():
        (tmp_path / "mount" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mount" / name).write_text(text)
    assert raw.lib.mg_cgroup_cpus(bytes(tmp_path / "table"), bytes(tmp_path / "mount")) == cpus
    assert raw.lib.mg_cgroup_cpus(b"/no/such/file", b"/no/such/folder") == 0


def test_pool_calls_back_into_python():
    """Pieces may run any code, also from threads that Python has not seen before."""
    task = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    seen: list[int] = []
    before = raw.lib.mg_num_threads()
    raw.lib.mg_set_num_threads(3)
    raw.lib.mg_parallel(ctypes.c_int64(100), ctypes.c_int64(7), task(lambda _, begin, end: seen.extend(range(begin, end))), None)
    raw.lib.mg_set_num_threads(before)
    assert sorted(seen) == list(range(100))
