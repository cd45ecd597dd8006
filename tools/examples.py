"""Run the example programs with several seeds, keep what they measured, and write the pages of the documentation from it.

python tools/examples.py [NAME...] [--seeds 0,1,2] [--again]     # no name: all; what has been measured is not measured again
python tools/examples.py --write                                 # only the pages

What was measured goes into examples/results/NAME.json as it comes, so that a run can be stopped and started again; the picture of the
first seed goes beside the pages. docs/examples.md is the table of all programs, docs/examples/NAME.md the page of one.
"""

from __future__ import annotations

import argparse
import ast
import json
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES, RESULTS = ROOT / "examples", ROOT / "examples" / "results"
PAGE, PAGES = ROOT / "docs" / "examples.md", ROOT / "docs" / "examples"


def programs() -> dict[str, Path]:
    return {path.stem: path for path in sorted(EXAMPLES.glob("*.py"))}


# ---- running ----


def run(name: str, path: Path, seed: int, again: bool) -> None:
    """Run the program unless its result with this seed is known, and keep what it measured."""
    if str(seed) in measured_of(name) and not again:
        return
    out = ROOT / "runs" / (name + (f"-seed{seed}" if seed else ""))
    print(f"== {name}, seed {seed}", flush=True)
    code = subprocess.run([sys.executable, str(path), "--seed", str(seed), "--out", str(out)], cwd=ROOT).returncode
    if code:
        print(f"== {name}, seed {seed}: ended with exit code {code}", file=sys.stderr)
        if code in (2, 130):
            return
        raise SystemExit(code)
    measured = json.loads((out / "result.json").read_text())
    measured |= {"date": time.strftime("%Y-%m-%d"), "machine": f"{platform.machine()}, {platform.system()}"}
    known = measured_of(name) | {str(seed): measured}  # read only now: another seed may have been measured meanwhile
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"{name}.json"
    part = target.with_suffix(".part")
    part.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    part.replace(target)
    if seed == 0 and (out / "figure.png").exists():
        from PIL import Image

        PAGES.mkdir(parents=True, exist_ok=True)
        picture = Image.open(out / "figure.png").convert("RGB")
        picture.thumbnail((1400, 1400))
        picture.quantize(256).save(PAGES / f"{name}.png", optimize=True)


# ---- pages ----


def number(value: float, percent: bool) -> str:
    return f"{100 * value:.2f} %" if percent else f"{value:.4g}"


def rows_of(measured: dict[str, dict]) -> list[dict]:
    """One row a metric: what was found with each seed, and the median of what it is compared with."""
    rows = []
    for seeds in zip(*(seed["results"] for seed in measured.values()), strict=True):
        row = {**seeds[0], "values": [one["value"] for one in seeds]}
        if "baseline" in row:
            row["baseline"] = statistics.median(one["baseline"] for one in seeds)
        rows.append(row)
    return rows


def cells(row: dict) -> list[str]:
    """metric, median, from least to largest, baseline, floor, reached"""
    values, percent = row["values"], row["percent"]
    median = statistics.median(values)
    spread = "" if len(values) < 2 else f"{number(min(values), percent)} to {number(max(values), percent)}"
    base = f"{number(row['baseline'], percent)} ({row['baseline_name']})" if "baseline" in row else ""
    if "floor" not in row:
        return [row["metric"], number(median, percent), spread, base, "", ""]
    higher = row["better"] == "higher"
    reached = "yes" if (median >= row["floor"] if higher else median <= row["floor"]) else "**below**"
    return [
        row["metric"],
        number(median, percent),
        spread,
        base,
        f"{'at least' if higher else 'at most'} {number(row['floor'], percent)}",
        reached,
    ]


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def measured_of(name: str) -> dict[str, dict]:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def text_of(path: Path) -> tuple[str, str]:
    """The first line of the program's text, which is its title, and the rest."""
    title, _, text = (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")
    return title.rstrip("."), text.strip()


def data_of(path: Path, measured: dict[str, dict]) -> str:
    """Which data the figures come from: what the program says of it, and what it found when it was run."""
    said = re.search(r"^Data: (.+?)\.?$", text_of(path)[1], re.MULTILINE)
    found = {seed["data"]: None for seed in measured.values() if "data" in seed}
    return "; ".join([*([said[1]] if said else []), *found])


def facts(measured: dict[str, dict]) -> str:
    first = next(iter(measured.values()))
    known = ("name", "seed", "quick", "seconds", "version", "results", "date", "machine")
    notes = "".join(f"; {key.replace('_', ' ')}: {value}" for key, value in first.items() if key not in known)
    return f"Seeds {', '.join(measured)}; {seconds(measured):,.0f} s a run on {first['machine']}, {first['date']}{notes}."


def seconds(measured: dict[str, dict]) -> float:
    return statistics.median(seed["seconds"] for seed in measured.values())


def page_of(name: str, path: Path) -> str:
    title, text = text_of(path)
    measured = measured_of(name)
    parts = [f"# {title}", text, f"```\nminigrad run {name}\n```"]
    if measured:
        head = ["metric", "median", "from, to", "baseline", "expected", "reached"]
        parts += [table(head, [cells(row) for row in rows_of(measured)]), facts(measured)]
    else:
        parts.append("Not yet measured.")
    if (PAGES / f"{name}.png").exists():
        parts.append(f"![what the program draws]({name}.png)")
    parts.append(f"The program: [examples/{name}.py](../../examples/{name}.py)")
    return "\n\n".join(part for part in parts if part) + "\n"


def overview() -> str:
    listed, results = [], []
    for name, path in programs().items():
        link, measured = f"[{name}](examples/{name}.md)", measured_of(name)
        runs = f"{len(measured)}, {seconds(measured):,.0f} s each" if measured else "none"
        listed.append([link, text_of(path)[0], data_of(path, measured), runs])
        for i, row in enumerate(rows_of(measured)):
            results.append(["" if i else link, *cells(row)])
    intro = """# Examples

Systems of deep learning, each a program of one file that reads from top to bottom. `minigrad list` shows them, `minigrad run NAME` runs
one: it trains on the data it names, prints what it measured beside a simple method and what is to be expected, and leaves a picture and
the weights in `runs/NAME/`. `--quick` does all of it in seconds, `--seed N` another time."""
    second = """## What they reach

Medians of the runs, each with another seed, and the least and the greatest of them. Both tables are written by
`python tools/examples.py` from what the programs measured; where the data comes from and under which licence is told in
[Real data](data_sets.md)."""
    tree = "\n".join(f"examples/{name}" for name in programs())
    parts = [
        intro,
        table(["program", "what it does", "data", "runs"], listed),
        second,
        table(["program", "metric", "median", "from, to", "baseline", "expected", "reached"], results),
        f"```{{toctree}}\n:hidden:\n\n{tree}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def write() -> None:
    PAGES.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(overview())
    for name, path in programs().items():
        (PAGES / f"{name}.md").write_text(page_of(name, path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--again", action="store_true", help="measure what has been measured")
    parser.add_argument("--write", action="store_true", help="only write the pages")
    arguments = parser.parse_args()
    found = programs()
    if unknown := [name for name in arguments.names if name not in found]:
        parser.error(f"no program {unknown[0]!r}; there are: {', '.join(found)}")
    if not arguments.write:
        for name in arguments.names or found:
            for seed in arguments.seeds.split(","):
                run(name, found[name], int(seed), arguments.again)
    write()


if __name__ == "__main__":
    main()
