"""What was measured before: a file for each kind of machine to which a run adds a line if asked, and the comparison of two runs.

A machine is its processor and the number of cores, nothing that names this one. Two runs are never compared by their times, which
are those of two moments, but by their ratios to the peers that both have measured."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("history")
CHANGE = 0.05  # less is not worth a word, however sure


def machine_name(machine: dict[str, Any]) -> str:
    """As in "intel-xeon-processor-2-cores"."""
    model = re.sub(r"\((r|tm|c)\)|@.*|\bcpu\b", " ", machine["processor"].lower())
    return f"{re.sub(r'[^a-z0-9]+', '-', model).strip('-')}-{machine['cores']}-cores"


def entry(run: dict[str, Any]) -> dict[str, Any]:
    """A run as its JSON file has it, without the seconds of each round."""
    results = [
        {k: r[k] for k in ("case", "threads", "ratios")} | {"median": r["timings"]["minigrad"].get("median")}
        for r in run["results"]
        if r["timings"]["minigrad"]["status"] == "ok"
    ]
    about = {k: run["machine"][k] for k in ("processor", "cores", "commit", "date", "load", "stolen", "python") if k in run["machine"]}
    kept = {k: run[k] for k in ("versions", "process", "roof", "memory") if k in run}
    scaling = [{k: s[k] for k in ("case", "threads", "busy", "goal", "ratios")} for s in run.get("scaling", [])]
    return {"machine": about, "rounds": run["rounds"], **kept, **({"scaling": scaling} if scaling else {}), "results": results}


def record(run: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Add a run to its machine's file; the path of that."""
    path = folder / f"{machine_name(run['machine'])}.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(entry(run)) + "\n")
    return path


def load(text: str) -> dict[str, Any]:
    """A run from a file of results, or a line of a history: FILE.jsonl is the last one, FILE.jsonl:-2 the one before, FILE.jsonl:COMMIT."""
    name, _, which = text.partition(".jsonl:")
    if not which and not text.endswith(".jsonl"):
        return json.loads(Path(text).read_text())
    path = Path(f"{name}.jsonl" if which else text)
    runs = [json.loads(line) for line in path.read_text().splitlines() if line]
    if re.fullmatch(r"-?\d+", which) and -len(runs) <= int(which) < len(runs):
        return runs[int(which)]
    found = [run for run in runs if not which or run["machine"]["commit"].startswith(which)]
    if not found:
        raise ValueError(f"--compare: {path} has {len(runs)} runs, and {which!r} is none of them")
    return found[-1]


@dataclass(frozen=True)
class Change:
    """Of one case against one peer: median and quartiles of the ratio, before and after."""

    case: str
    threads: int
    peer: str
    old: tuple[float, float, float]
    new: tuple[float, float, float]

    @property
    def factor(self) -> float:
        """Above 1: minigrad has become faster."""
        return self.new[0] / self.old[0]

    @property
    def significant(self) -> bool:
        """The quartiles do not even touch, and the medians are apart."""
        apart = self.new[1] > self.old[2] or self.new[2] < self.old[1]
        return apart and max(self.factor, 1 / self.factor) > 1 + CHANGE


def changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    before = {(r["case"], r["threads"]): r["ratios"] for r in old["results"]}
    for result in new["results"]:
        earlier = before.get((result["case"], result["threads"]), {})
        for peer in (p for p in result["ratios"] if p in earlier):
            a, b = (tuple(r[peer][k] for k in ("median", "q25", "q75")) for r in (earlier, result["ratios"]))
            yield Change(result["case"], result["threads"], peer, a, b)


def compare(old: dict[str, Any], new: dict[str, Any]) -> tuple[list[str], bool]:
    """The table in words, largest changes first; and whether anything has become slower for sure."""
    found = sorted(changes(old, new), key=lambda c: c.factor)
    lines = [
        f"{which}: commit {run['machine']['commit']}, {run['machine']['date']}, {machine_name(run['machine'])}"
        for which, run in (("old", old), ("new", new))
    ]
    if machine_name(old["machine"]) != machine_name(new["machine"]):
        lines.append("these are different machines: a ratio to a peer need not be the same on both")
    versions = [run.get("versions", {}) for run in (old, new)]
    lines += [f"{p}: {versions[0][p]} before, {v} now" for p, v in versions[1].items() if p != "minigrad" and versions[0].get(p, v) != v]
    if not found:
        return [*lines, "no case was measured against the same peer in both"], False
    lines.append(f"{'case':58} {'peer':>9} {'old ratio':>22} {'new ratio':>22}  change")
    for c in found:
        cells = [f"{m:.2f} ({low:.2f}-{high:.2f})" for m, low, high in (c.old, c.new)]
        said = ("faster" if c.factor > 1 else "SLOWER") if c.significant else ""
        name = c.case if c.threads == 1 else f"{c.case}, {c.threads} threads"
        lines.append(f"{name:58} {c.peer:>9} {cells[0]:>22} {cells[1]:>22}  {c.factor:.2f} {said}".rstrip())
    sure = [c for c in found if c.significant]
    lines.append(
        f"{len(found)} ratios: {sum(c.factor > 1 for c in sure)} faster, {sum(c.factor < 1 for c in sure)} slower, the others within the noise"
    )
    return lines, any(c.factor < 1 for c in sure)
