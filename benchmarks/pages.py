"""The tables in docs/benchmarks.md and README.md, between markers: nothing there is typed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import memory, report, roofline
from benchmarks.runner import ROOT, Result
from benchmarks.scaling import Scaling

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write(path: Path, text: str) -> None:
    page = path.read_text()
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path.name} has no place for the figures: {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}")


def about(info: dict[str, Any]) -> str:
    machine = info["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in info["versions"].items() if not version.startswith("missing"))
    stolen = f", {machine['stolen']:.0%} of the processors' time given to others by the host" if machine.get("stolen") else ""
    return (
        f"{machine['date']}, commit {machine['commit']}, {machine['processor']}, {machine['cores']} cores, "
        f"load {machine['load']:.1f} at the start{stolen}. {versions}; Python {machine['python']}."
    )


def ratios(results: list[Result], peers: Sequence[str], threads: int) -> list[str]:
    """One row a case: our time and rate, each peer's time in times of ours, the goals."""
    rows = [r for r in results if r.threads == threads and r.timings["minigrad"].status == "ok"]
    compared = [p for p in peers if any(r.ratio(p) for r in rows)]
    if not rows:
        return []
    several = f"{threads} thread{'s' if threads > 1 else ''}"
    lines = [f"| {several} | minigrad | GFLOP/s | {' | '.join(compared)} | goal |", "|---|--:|--:|" + "--:|" * len(compared) + "--:|"]
    for r in rows:
        ours, met = r.timings["minigrad"].median, report.reached(r)
        cells = [f"{ratio[0]:.2f}" if (ratio := r.ratio(p)) else r.timings[p].status for p in compared]
        cells = [f"{c}, below" if met.get(p) is False else c for p, c in zip(compared, cells)]
        goal = ", ".join(f"{g:.3g} {p}" for p, g in r.case.goals.items()) if threads == 1 else ""
        lines.append(f"| {r.case.name} | {report.duration(ours)} | {report.rate(r.case.flops, ours)} | {' | '.join(cells)} | {goal} |")
    return [*lines, ""]


def scaled(found: list[Scaling]) -> list[str]:
    lines = []
    for busy, title in ((False, "times faster than one thread"), (True, "beside a busy process: times the time of one thread")):
        rows = [s for s in found if s.busy == busy]
        if not rows:
            continue
        libraries = list(dict.fromkeys(name for s in rows for name in s.seconds))
        lines += [f"| {rows[0].threads} threads, {title} | {' | '.join(libraries)} | goal |", "|---|" + "--:|" * (len(libraries) + 1)]
        for s in rows:
            cells = [f"{s.ratio(n)[0]:.2f}" if n in s.seconds else "" for n in libraries]
            cells[0] += "" if s.met else ", missed"
            lines.append(f"| {s.case.name} | {' | '.join(cells)} | {'' if s.goal is None else f'{s.goal:g}'} |")
        lines.append("")
    return lines


def roofs(machine: roofline.Machine, results: list[Result]) -> list[str]:
    """How much of the roof each case with a goal reaches."""
    lines = [
        f"Of the machine: {machine.flops:.0f} GFLOP/s of float32, copies at {max(machine.bytes.values()):.0f} GB/s in the first cache, "
        f"{machine.bytes[max(machine.bytes)]:.0f} GB/s from memory; one thread, measured by benchmarks/probe.c.",
        "",
        "| | GFLOP/s | GB/s | of the roof |",
        "|---|--:|--:|--:|",
    ]
    for r in results:
        if (reached := roofline.share(machine, r)) is not None and r.timings["minigrad"].median >= roofline.LEAST_SECONDS:
            seconds = r.timings["minigrad"].median
            lines.append(
                f"| {r.case.name} | {report.rate(r.case.flops, seconds)} | {report.rate(r.bytes, seconds)} | {100 * reached:.0f} % |"
            )
    return [*lines, ""]


def headline(info: dict[str, Any], results: list[Result], peers: Sequence[str]) -> str:
    """For the README: whole networks, and what the library costs."""
    lines = [about(info), "", *ratios([r for r in results if r.case.kind == "network"], peers, 1)]
    if "process" in info:
        lines += [f"- {text}" for text in report.process_lines(info["process"])] + [""]
    return "\n".join(lines)


def page(
    info: dict[str, Any], results: list[Result], peers: Sequence[str], scaling: list[Scaling], machine: roofline.Machine | None
) -> str:
    shown = [r for r in results if r.case.goals or r.case.kind == "network"]
    lines = [about(info), ""]
    for threads in sorted({r.threads for r in shown}):
        lines += ratios(shown, peers, threads)
    lines += scaled(scaling)
    lines += [*(f"- {text}" for text in memory.lines(info["memory"])), ""] if info.get("memory") else []
    lines += [*(f"- {text}" for text in report.process_lines(info["process"])), ""] if "process" in info else []
    return "\n".join(lines + (roofs(machine, shown) if machine else []))


def write_all(
    info: dict[str, Any], results: list[Result], peers: Sequence[str], scaling: list[Scaling], machine: roofline.Machine | None
) -> None:
    write(ROOT / "docs" / "benchmarks.md", page(info, results, peers, scaling, machine))
    if any(r.case.kind == "network" for r in results):
        write(ROOT / "README.md", headline(info, results, peers))
