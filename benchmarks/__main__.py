"""python -m benchmarks: measure minigrad against its peers. See docs/benchmarks.md for how to read what it says."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import cases, history, memory, pages, peers, process, report, roofline, runner, scaling


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--filter", default="", metavar="NAME[,NAME]", help="only cases with NAME in their name; the name of an op means that op")
    add("--ops", action="store_true", help="the ops of the registry, and the named figures among them (without a choice: everything)")
    add("--networks", action="store_true", help="whole training steps and inference")
    add("--figures", action="store_true", help="only what has a goal, and the networks")
    add("--process", action="store_true", help="time of an import, size of the wheel")
    add("--scaling", action="store_true", help="two threads against one: alone, and beside a process that keeps a core busy")
    add("--memory", action="store_true", help="peak memory of training steps, and what ten thousand of them leave behind")
    add("--roof", action="store_true", help="the machine's own peaks, and how much of them each case reaches")
    add("--peers", default="installed", help=f"of {','.join(peers.NAMES)}; all; installed (default); NAME=PYTHON: in another environment")
    add("--threads", default="1", metavar="N[,N]", help="1 (default), all, or a list: 1,2")
    add("--rounds", type=int, default=9, help="interleaved rounds, one measurement of every peer in each (default 9)")
    add("--quick", action="store_true", help="3 short rounds: does it work, not how fast is it")
    add("--out", type=Path, metavar="FILE.json", help="write all figures")
    add("--png", type=Path, metavar="FILE.png", help="draw the ratios (needs matplotlib); with --roof also FILE-roof.png")
    add("--docs", action="store_true", help="put the tables into docs/benchmarks.md and README.md")
    add("--record", action="store_true", help="add the run to the history of this machine, in benchmarks/history")
    add(
        "--compare",
        nargs=2,
        metavar=("OLD", "NEW"),
        help="measure nothing: compare two files of results, or FILE.jsonl[:-2|:COMMIT] of a history",
    )
    add("--list", action="store_true", help="only name the cases")
    args = parser.parse_args(argv)
    beside = ("process", "scaling", "memory", "roof")
    everything = not (args.ops or args.networks or args.figures or any(getattr(args, name) for name in beside))
    if everything:
        args.ops = args.networks = True
    if not args.filter and (everything or args.figures):
        for name in beside:
            setattr(args, name, True)
    try:
        args.peers = chosen_peers(args.peers)
        args.threads = [available() if t == "all" else int(t) for t in args.threads.split(",")]
        if min(args.threads) < 1 or args.rounds < 1:
            raise ValueError("--threads and --rounds count from 1")
    except ValueError as error:
        parser.error(str(error))
    if args.docs and (args.filter or args.quick):
        parser.error("--docs writes whole tables: not of a part (--filter), not of a trial (--quick)")
    if args.quick:
        args.rounds = min(args.rounds, 3)
    return args


def available() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def chosen_peers(text: str) -> dict[str, str]:
    """Name of each peer and the Python that has it."""
    pythons: dict[str, str] = {}
    for part in text.split(","):
        name, _, python = part.partition("=")
        names = peers.NAMES if name in ("all", "installed") else (name,)
        if name == "installed":
            names = tuple(n for n in names if find_spec(n))
        for n in names:
            if n not in (*peers.NAMES, "minigrad"):
                raise ValueError(f"--peers: {n!r} is none of {', '.join(peers.NAMES)}")
            if n != "minigrad":
                pythons[n] = python or sys.executable
    return pythons


def main(argv: list[str] | None = None) -> int:
    args = arguments(argv)
    if args.compare:
        return compare(*args.compare)
    words = [w for w in args.filter.split(",") if w]
    chosen = cases.select(words, args.ops, args.networks, args.figures)
    if args.list:
        print("\n".join(case.name for case in chosen))
        return 0
    if not chosen and not (args.process or args.scaling or args.memory or args.roof):
        print(f"benchmarks: no case matches {args.filter!r}", file=sys.stderr)
        return 2
    names = list(args.peers)
    info: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "benchmarks", *(sys.argv[1:] if argv is None else argv)]),
        "machine": report.machine(),
        "rounds": args.rounds,
    }
    seconds = 0.002 if args.quick else 0.03
    began = report.processor_time()
    print(f"{info['machine']['processor']}, load {info['machine']['load']:.1f}, commit {info['machine']['commit']}")
    machine = roofline.measure() if args.roof else None
    if machine:
        info["roof"] = roofline.as_json(machine)
    results: list[runner.Result] = []
    if chosen:
        print("Ratios are the peer's time over minigrad's, median over the rounds (quartiles): above 1 minigrad is faster.")
    for threads in args.threads if chosen else []:
        clock = "processor time" if threads == 1 else "wall time"
        print(f"\n{threads} thread{'s' if threads > 1 else ''}, {clock}\n{report.header(names)}", flush=True)
        more, info["versions"] = runner.run(
            chosen, args.peers, threads, args.rounds, seconds, lambda r, _: print(report.line(r, names), flush=True)
        )
        results += more
        print()
        print("\n".join(report.summary(more, names)))
    for name, version in info.get("versions", {}).items():
        print(f"{name} {version}")
    if machine and results:
        print("\n" + "\n".join(roofline.table(machine, results)))
    scaled = measure_scaling(args, words, seconds) if args.scaling else []
    if args.memory:
        short = {"steps": 3, "long": 50} if args.quick else {}
        info["memory"] = memory.measure(args.peers, **short)
        print("\n" + "\n".join(memory.lines(info["memory"])))
    if args.process:
        info["process"] = process.measure(3 if args.quick else 11)
        print("\n" + "\n".join(report.process_lines(info["process"])))
    ticks, stolen = (now - then for now, then in zip(report.processor_time(), began))
    info["machine"] |= {"load at the end": os.getloadavg()[0], "stolen": stolen / max(ticks, 1)}
    done = info | {"scaling": [s.as_json() for s in scaled], "results": [r.as_json() for r in results]}
    if args.out:
        report.write_json(args.out, done)
    if args.record:
        print(f"recorded in {history.record(done)}")
    if args.png and results:
        report.picture(args.png, results, names)
        if machine:
            roofline.picture(args.png.with_stem(args.png.stem + "-roof"), machine, results)
    if args.docs:
        pages.write_all(info | {"versions": info.get("versions", {})}, results, names, scaled, machine)
    broken = [r for r in results if any(t.status in ("differs", "error") for t in r.timings.values())]
    return 1 if broken else 0


def measure_scaling(args: argparse.Namespace, words: list[str], seconds: float) -> list[scaling.Scaling]:
    """Both sections, of the cases that have a goal there."""
    if available() < 2:
        print("\none core: no threads to compare")
        return []
    chosen = cases.select(words, False, False, True)
    pythons = {name: python for name, python in args.peers.items() if name in scaling.LIBRARIES}
    found = []
    for busy in (False, True):
        how = "slower than one thread, beside a busy process: below is better" if busy else "faster than one thread"
        print(f"\n2 threads: times {how}; wall time", flush=True)
        these = [c for c in chosen if c.scales or (busy and c.kind == "network" and c.backward)]
        found += scaling.measure(these, pythons, 2, args.rounds, seconds, busy, lambda s: print(scaling.line(s), flush=True))
    return found


def compare(old: str, new: str) -> int:
    """Exit code 1: something has become slower for sure."""
    try:
        lines, slower = history.compare(history.load(old), history.load(new))
    except (OSError, ValueError, KeyError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
