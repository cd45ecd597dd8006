"""Peak memory of training steps, and what ten thousand of them leave behind: each library and network in a process of its own.

python -m benchmarks.memory PEER THREADS NETWORK STEPS BATCH     one such process; prints JSON
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.networks import NETWORKS

ROOT = Path(__file__).resolve().parents[1]
STEPS = 30  # enough that every buffer has been in use
LONG = 10_000
PEAK_GOAL = 1.0  # most of our peak, in times of PyTorch's
GROWTH_GOAL = 2**20  # most bytes that LONG steps may add


@dataclass(frozen=True)
class Memory:
    """Bytes: resident after building the network, the most during the steps, and after them less after the first tenth of them."""

    built: int
    peak: int
    growth: int


def resident() -> tuple[int, int]:
    """Bytes of this process in memory now, and the most there were."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return tuple(int(status[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value]


def run(peer: str, threads: int, network: str, steps: int, batch: int) -> Memory:
    """In this process, for which it must be new: the peak is the process's."""
    library = import_module(f"benchmarks.peers.{peer}_peer").Peer(threads)
    from benchmarks.peers.torchlike import NetworkRun

    work = NetworkRun(library.lib, replace(NETWORKS[network], batch=batch or NETWORKS[network].batch))
    built = resident()[0]
    work.setup()
    for _ in range(max(steps // 10, 1)):
        work.step()
    early = resident()[0]
    for _ in range(steps - max(steps // 10, 1)):
        work.step()
    now, peak = resident()
    return Memory(built, peak, now - early)


def ask(peer: str, python: str, network: str, steps: int, batch: int = 0, threads: int = 1) -> Memory | None:
    """The same in a new process; None if that peer or this system cannot."""
    done = subprocess.run(
        [python, "-m", "benchmarks.memory", peer, str(threads), network, str(steps), str(batch)],
        cwd=ROOT, env=os.environ | peers.environment(threads), capture_output=True, text=True,
    )  # fmt: skip
    return Memory(**json.loads(done.stdout.splitlines()[-1])) if done.returncode == 0 else None


def measure(
    pythons: dict[str, str], steps: int = STEPS, long: int = LONG, words: tuple[str, ...] = ("cnn 32", "gpt", "lstm")
) -> list[dict[str, Any]]:
    """Peaks at the networks' own batches against PyTorch's; growth with batches of one, which do the same with less arithmetic."""
    rows: list[dict[str, Any]] = []
    libraries = {"minigrad": sys.executable} | {n: p for n, p in pythons.items() if n == "torch"}
    for name, network in NETWORKS.items():
        if not network.optimizer or not any(name.startswith(word) for word in words):
            continue
        found = {n: ask(n, python, name, steps) for n, python in libraries.items()}
        grown = ask("minigrad", sys.executable, name, long, batch=1)
        rows.append({
            "network": name, "steps": steps, "long": long,
            "peak": {n: m.peak for n, m in found.items() if m}, "steps alone": {n: m.peak - m.built for n, m in found.items() if m},
            "growth": grown.growth if grown else None,
        })  # fmt: skip
    return rows


def lines(rows: list[dict[str, Any]]) -> list[str]:
    said = []
    for row in rows:
        peaks = ", ".join(f"{n} {b / 2**20:.0f} MB ({row['steps alone'][n] / 2**20:.0f} MB for the steps)" for n, b in row["peak"].items())
        text = f"{row['network']}: peak {peaks}"
        if {"minigrad", "torch"} <= row["peak"].keys():
            ratio = row["peak"]["minigrad"] / row["peak"]["torch"]
            alone = row["steps alone"]["minigrad"] / max(row["steps alone"]["torch"], 1)
            text += (
                f", {ratio:.2f} of torch's ({alone:.2f} for the steps)  {'ok' if max(ratio, alone) <= PEAK_GOAL else 'ABOVE'} {PEAK_GOAL:g}"
            )
        if row["growth"] is not None:
            verdict = "ok" if row["growth"] <= GROWTH_GOAL else "ABOVE"
            text += f"; {row['long']} steps of batch 1 add {row['growth'] / 1024:.0f} KB  {verdict}"
        said.append(text)
    return said


if __name__ == "__main__":
    peer, threads, network, steps, batch = sys.argv[1:]
    print(json.dumps(run(peer, int(threads), network, int(steps), int(batch)).__dict__))
