"""How close minigrad comes to what the machine can do: probes of the machine itself, and the picture of achieved against possible.

The roof of a case is the longer of two times: its operations at the peak rate, and its bytes (inputs and outputs, once each) at the rate
of a copy of as many bytes. A case that does without a memory as large, or whose bytes stay in registers between two ops of a network,
can be above it; what computes much for each value it reads (exp) has more to do than its declared operations say."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from bisect import bisect_left
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

from benchmarks.runner import Result

PROBE = Path(__file__).with_name("probe.c")
LEAST_SECONDS = 2e-5  # of a case whose share means something: below, most of the time is the call's
SIZES = tuple(4096 << i for i in range(0, 17, 2))  # to 256 MB


@dataclass(frozen=True)
class Machine:
    """GFLOP/s of float32 with one thread; GB/s of copies by their bytes."""

    flops: float
    bytes: dict[int, float]

    def bandwidth(self, size: float) -> float:
        """Between two sizes that were measured, along the line through them over the logarithm of size."""
        sizes = sorted(self.bytes)
        i = min(max(bisect_left(sizes, size), 1), len(sizes) - 1)
        low, high = sizes[i - 1], sizes[i]
        part = min(max(log(max(size, 1) / low) / log(high / low), 0), 1)
        return self.bytes[low] + part * (self.bytes[high] - self.bytes[low])

    def least_seconds(self, flops: float | None, size: float) -> float:
        return max((flops or 0) / self.flops, size / self.bandwidth(size)) / 1e9


def vector_bytes() -> int:
    """Of the widest vectors that this CPU has."""
    try:
        flags = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")).split()
    except (OSError, StopIteration):
        return 16
    return 64 if "avx512f" in flags else 32 if "avx2" in flags else 16


def measure() -> Machine | None:
    """None where there is no compiler."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "probe"
        native = ["-march=native", f"-DVECTOR_BYTES={vector_bytes()}"]
        cc = [*shlex.split(os.environ.get("CC", "cc")), "-std=gnu11", "-O2", "-ffp-contract=fast", *native]
        try:
            subprocess.run([*cc, str(PROBE), "-o", str(program)], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return None

        def ask(*words: object) -> float:
            return float(subprocess.run([program, *map(str, words)], check=True, capture_output=True, text=True).stdout)

        return Machine(ask("flops"), {size: ask("bytes", size) for size in SIZES})


def as_json(machine: Machine) -> dict[str, Any]:
    return {"gflops": machine.flops, "gbytes": {str(size): rate for size, rate in machine.bytes.items()}}


def share(machine: Machine, result: Result) -> float | None:
    """Which part of the roof is reached: 1 is all the machine can do. None for networks, whose bytes nobody has counted."""
    ours = result.timings["minigrad"]
    if ours.status != "ok" or result.threads > 1 or not (result.bytes and result.case.kind != "network"):
        return None
    return machine.least_seconds(result.case.flops, result.bytes) / ours.median


def table(machine: Machine, results: list[Result]) -> list[str]:
    """In words, worst first within each family: enough work that a call's overhead is not what is seen."""
    rows = []
    for r in results:
        if (reached := share(machine, r)) is None or r.timings["minigrad"].median < LEAST_SECONDS:
            continue
        seconds = r.timings["minigrad"].median
        work = f"{r.case.flops / seconds / 1e9:8.1f} GFLOP/s" if r.case.flops else ""
        rows.append(
            (r.case.family, reached, f"{r.case.name:58} {work:16} {r.bytes / seconds / 1e9:7.1f} GB/s  {100 * reached:4.0f} % of the roof")
        )
    return [text for *_, text in sorted(rows)]


def picture(path: Path, machine: Machine, results: list[Result]) -> None:
    """Left: cases with declared operations under the roof. Right: bytes a second of all others against the rate of copies."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 6.5), layout="constrained")
    shown = [r for r in results if share(machine, r) is not None]
    families = sorted({r.case.family for r in shown})
    colors = {family: f"C{i}" for i, family in enumerate(families)}
    memory, cache = machine.bytes[SIZES[-1]], max(machine.bytes.values())
    intensity = np.logspace(-2, 3, 200)
    left.plot(intensity, np.minimum(machine.flops, intensity * memory), color="black", label=f"memory {memory:.0f} GB/s")
    left.plot(intensity, np.minimum(machine.flops, intensity * cache), color="gray", ls="--", label=f"cache {cache:.0f} GB/s")
    for family in families:
        counted = [r for r in shown if r.case.family == family and r.case.flops]
        seconds = [r.timings["minigrad"].median for r in counted]
        if counted:
            rates = [r.case.flops / s / 1e9 for r, s in zip(counted, seconds)]
            left.scatter([r.case.flops / r.bytes for r in counted], rates, s=14, color=colors[family], label=family)
        others = [r for r in shown if r.case.family == family and not r.case.flops]
        if others:
            rates = [r.bytes / r.timings["minigrad"].median / 1e9 for r in others]
            right.scatter([r.bytes for r in others], rates, s=14, color=colors[family], label=family)
    right.plot(list(machine.bytes), list(machine.bytes.values()), color="black", label="copy")
    left.set(xscale="log", yscale="log", xlabel="operations for each byte", ylabel="GFLOP/s", title=f"peak {machine.flops:.0f} GFLOP/s")
    right.set(xscale="log", yscale="log", xlabel="bytes of inputs and outputs", ylabel="GB/s", title="without declared operations")
    for axes in (left, right):
        axes.legend(fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
