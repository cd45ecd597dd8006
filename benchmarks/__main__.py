"""python -m benchmarks: measure minigrad against its peers. See docs/benchmarks.md for how to read what it says."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import cases, peers, process, report, runner


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--filter", default="", metavar="NAME[,NAME]", help="only cases with NAME in their name; the name of an op means that op")
    add("--ops", action="store_true", help="the ops of the registry, and the named figures among them (without a choice: everything)")
    add("--networks", action="store_true", help="whole training steps and inference")
    add("--figures", action="store_true", help="only what has a goal, and the networks")
    add("--process", action="store_true", help="time of an import, size of the wheel")
    add("--peers", default="installed", help=f"of {','.join(peers.NAMES)}; all; installed (default); NAME=PYTHON: in another environment")
    add("--threads", default="1", metavar="N[,N]", help="1 (default), all, or a list: 1,2")
    add("--rounds", type=int, default=9, help="interleaved rounds, one measurement of every peer in each (default 9)")
    add("--quick", action="store_true", help="3 short rounds: does it work, not how fast is it")
    add("--out", type=Path, metavar="FILE.json", help="write all figures")
    add("--png", type=Path, metavar="FILE.png", help="draw the ratios (needs matplotlib)")
    add("--docs", action="store_true", help="put the table of figures and networks into docs/benchmarks.md")
    add("--list", action="store_true", help="only name the cases")
    args = parser.parse_args(argv)
    if not (args.ops or args.networks or args.figures or args.process):
        args.ops = args.networks = True
        args.process = not args.filter
    args.process = args.process or (args.figures and not args.filter)
    try:
        args.peers = chosen_peers(args.peers)
        args.threads = [available() if t == "all" else int(t) for t in args.threads.split(",")]
        if min(args.threads) < 1 or args.rounds < 1:
            raise ValueError("--threads and --rounds count from 1")
    except ValueError as error:
        parser.error(str(error))
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
    words = [w for w in args.filter.split(",") if w]
    chosen = cases.select(words, args.ops, args.networks, args.figures)
    if args.list:
        print("\n".join(case.name for case in chosen))
        return 0
    if not chosen and not args.process:
        print(f"benchmarks: no case matches {args.filter!r}", file=sys.stderr)
        return 2
    names = list(args.peers)
    info: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "benchmarks", *(sys.argv[1:] if argv is None else argv)]),
        "machine": report.machine(),
        "rounds": args.rounds,
    }
    print("Ratios are the peer's time over minigrad's, median over the rounds (quartiles): above 1 minigrad is faster.")
    print(f"{info['machine']['processor']}, load {info['machine']['load']:.1f}, commit {info['machine']['commit']}")
    results = []
    for threads in args.threads if chosen else []:
        clock = "processor time" if threads == 1 else "wall time"
        print(f"\n{threads} thread{'s' if threads > 1 else ''}, {clock}\n{report.header(names)}", flush=True)
        more, info["versions"] = runner.run(
            chosen, args.peers, threads, args.rounds, 0.002 if args.quick else 0.03, lambda r, _: print(report.line(r, names), flush=True)
        )
        results += more
        print()
        print("\n".join(report.summary(more, names)))
    for name, version in info.get("versions", {}).items():
        print(f"{name} {version}")
    if args.process:
        info["process"] = process.measure(3 if args.quick else 11)
        print("\n".join(report.process_lines(info["process"])))
    info["machine"]["load at the end"] = os.getloadavg()[0]
    if args.out:
        report.write_json(args.out, info, results)
    if args.png and results:
        report.picture(args.png, results, names)
    if args.docs:
        report.write_page(report.markdown(info | {"versions": info.get("versions", {})}, results, names))
    broken = [r for r in results if any(t.status in ("differs", "error") for t in r.timings.values())]
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
