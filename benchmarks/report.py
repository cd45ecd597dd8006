"""What was measured, for people: lines as they come, a summary, JSON, a picture, and the table in the docs."""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

from benchmarks.runner import ROOT, Result, Timing

WIDTH = 58  # of a case's name


def machine() -> dict[str, Any]:
    """Enough to know what a figure means a year later."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    git = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return {
        "processor": model, "cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version(),
        "commit": git.stdout.strip() or "unknown", "date": time.strftime("%Y-%m-%d %H:%M"), "load": os.getloadavg()[0],
    }  # fmt: skip


def processor_time() -> tuple[int, int]:
    """Of all processors since the system started, in ticks: all of it, and what the host gave to others meanwhile. Zeros if not known."""
    try:
        user, nice, system, idle, waiting, irq, softirq, stolen = map(int, Path("/proc/stat").read_text().split()[1:9])
    except (OSError, ValueError):
        return 0, 0
    return user + nice + system + idle + waiting + irq + softirq + stolen, stolen


def duration(seconds: float) -> str:
    for unit, scale in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def rate(amount: float | None, seconds: float) -> str:
    return "" if not amount else f"{amount / seconds / 1e9:.3g}"


def cell(result: Result, peer: str) -> str:
    timing = result.timings[peer]
    if (ratio := result.ratio(peer)) is None:
        return timing.status
    middle, low, high = ratio
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def reached(result: Result) -> dict[str, bool]:
    """For each peer against which there is a goal and a figure: whether it is met."""
    return {p: r[0] >= goal for p, goal in result.case.goals.items() if result.threads == 1 and (r := result.ratio(p))}


def verdict(result: Result) -> str:
    said = (f"{'ok' if met else 'BELOW'} {result.case.goals[peer]:.3g} {peer}" for peer, met in reached(result).items())
    return ", ".join(said)


def header(peers: list[str]) -> str:
    return f"{'case':{WIDTH}} {'minigrad':>9} {'GFLOP/s':>8} {'GB/s':>7}  " + " ".join(f"{p:>20}" for p in peers) + "  goal"


def line(result: Result, peers: list[str]) -> str:
    ours = result.timings["minigrad"]
    name = result.case.name if len(result.case.name) <= WIDTH else result.case.name[: WIDTH - 1] + "…"
    if ours.status != "ok":
        return f"{name:{WIDTH}} {ours.status}: {ours.reason}"
    moved = result.bytes if not result.case.backward and result.case.kind == "op" else None
    figures = f"{duration(ours.median):>9} {rate(result.case.flops, ours.median):>8} {rate(moved, ours.median):>7}"
    return f"{name:{WIDTH}} {figures}  " + " ".join(f"{cell(result, p):>20}" for p in peers) + f"  {verdict(result)}"


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def summary(results: list[Result], peers: list[str]) -> list[str]:
    """One line for each family and peer; then what could not be compared, by reason."""
    lines = []
    for peer in peers:
        groups: dict[str, list[float]] = {}
        for result in results:
            if ratio := result.ratio(peer):
                direction = "" if result.case.kind == "network" else "forward+backward" if result.case.backward else "forward"
                groups.setdefault(f"{result.case.family} {direction}".strip(), []).append(ratio[0])
        for group, ratios in sorted(groups.items()):
            slower = sum(r < 1 for r in ratios)
            mean = f"{geometric_mean(ratios):6.2f}x geometric mean of {len(ratios)}"
            lines.append(
                f"{peer:9} {group:32} {mean}, {min(ratios):.2f} to {max(ratios):.2f}" + (f"; slower in {slower}" if slower else "")
            )
        for status in ("differs", "error"):
            lines += [f"{peer:9} {status}: {r.case.name}: {t.reason}" for r in results if (t := r.timings.get(peer)) and t.status == status]
        lacking = sorted({r.case.op for r in results if r.timings.get(peer, Timing()).status == "lacks"})
        if lacking:
            lines.append(f"{peer:9} lacks {len(lacking)}: {', '.join(lacking)}")
    lines += [f"minigrad  error: {r.case.name}: {r.timings['minigrad'].reason}" for r in results if r.timings["minigrad"].status != "ok"]
    return lines


def process_lines(process: dict[str, Any]) -> list[str]:
    imports, wheel = process["import"], process["wheel"]
    seconds = imports["seconds"]
    verdicts = [("ok" if imports["ratio"] <= imports["goal"] else "ABOVE"), ("ok" if wheel["bytes"] <= wheel["goal"] else "ABOVE")]
    return [
        f"{', '.join(f'import {name} {duration(spent)}' for name, spent in seconds.items())}: "
        f"minigrad {imports['ratio']:.2f}x numpy  {verdicts[0]} (at most {imports['goal']})",
        f"wheel {wheel['bytes'] / 2**20:.2f} MB  {verdicts[1]} (at most {wheel['goal'] / 2**20:.0f} MB)",
    ]


def write_json(path: Path, run: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(run, indent=1) + "\n")


def picture(path: Path, results: list[Result], peers: list[str]) -> None:
    """Ratios as bars on a logarithmic axis; of more than sixty cases those with a goal and the networks."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = [r for r in results if any(r.ratio(p) for p in peers)]
    if len(shown) > 60:
        shown = [r for r in shown if r.case.goals or r.case.kind == "network"]
    compared = [p for p in peers if any(r.ratio(p) for r in shown)]
    figure, axes = plt.subplots(figsize=(10, 1.5 + 0.24 * len(shown) * max(1, len(compared) * 0.6)), layout="constrained")
    height = 0.8 / max(1, len(compared))
    for j, peer in enumerate(compared):
        for i, result in enumerate(shown):
            if ratio := result.ratio(peer):
                middle, low, high = ratio
                axes.barh(i + j * height, middle - 1, height, left=1, color=f"C{j}", label=peer if i == 0 else None)
                axes.plot([low, high], [i + j * height] * 2, color="black", linewidth=0.8)
    for i, result in enumerate(shown):
        if result.threads == 1:
            for peer in reached(result):
                at = i + compared.index(peer) * height
                axes.plot([result.case.goals[peer]] * 2, [at - height / 2, at + height / 2], color="crimson", linewidth=1.2)
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=0.8)
    several = len({r.threads for r in shown}) > 1
    axes.set_yticks(range(len(shown)), [r.case.name + (f", {r.threads} threads" if several else "") for r in shown], fontsize=7)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xlabel("times minigrad's time (right of 1: minigrad is faster; black: quartiles; red: the goal)")
    if compared:
        axes.legend(handles=[plt.Rectangle((0, 0), 1, 1, color=f"C{j}") for j in range(len(compared))], labels=compared)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
