"""What it costs to have minigrad at all: the time of an import in a fresh process, and the size of the wheel."""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import minigrad

PROGRAM = "import time; w, c = time.perf_counter(), time.process_time(); import {}; print(time.perf_counter() - w, time.process_time() - c)"
TRAINING = "minigrad.nn, minigrad.optim"  # which `import minigrad` leaves until they are asked for
SKIPPED = {".pyx", ".pxi", ".pxd", ".c", ".h", ".pyc"}


def import_times(rounds: int, packages: tuple[str, ...] = ("minigrad", TRAINING, "numpy")) -> dict[str, list[float]]:
    """Seconds of processor time of `import PACKAGE`, taken in turn; the first round, which fills the disk's cache, is thrown away."""
    root = Path(minigrad.__file__).resolve().parents[1]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}  # what pip installs comes with its byte code
    times: dict[str, list[float]] = {name: [] for name in packages}
    for number in range(rounds + 1):
        for name in packages:
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM.format(name)], cwd=root, env=environment, capture_output=True, text=True, check=True
            )
            if number:
                times[name].append(float(done.stdout.split()[1]))
    return times


def wheel_size() -> int:
    """Bytes of the package, packed as a wheel packs it."""
    root, packed = Path(minigrad.__file__).parent, io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix not in SKIPPED:
                archive.write(path, path.relative_to(root.parent))
    return packed.tell()


def measure(rounds: int) -> dict[str, Any]:
    times = import_times(max(rounds, 9))
    middle = {name: statistics.median(values) for name, values in times.items()}
    return {
        "import": {"seconds": middle, "ratio": middle["minigrad"] / middle["numpy"], "goal": 1.3},
        "wheel": {"bytes": wheel_size(), "goal": 5 * 2**20},
    }
