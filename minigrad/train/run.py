"""From a function to a program: arguments, a folder for what it leaves, interruption, a table of results."""

from __future__ import annotations

import argparse
import inspect
import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.utils.data import DataLoader

from .callbacks import Averaging
from .fit import fit
from .history import History
from .loop import Loop

T = TypeVar("T")
CHECKPOINT = "checkpoint"  # what the names of checkpoints begin with
UNFIT = r"[^\w.,+-]+"  # for names of folders
INTERRUPTED = 130  # exit code of a program that was stopped by SIGINT


class Run:
    """What a program knows of how it was called, and where it leaves what it makes.

    A program is a function `main(run, ...)`; `Run.start(main)` reads the command line, seeds the generators and calls it. Arguments of
    `main` behind the first become options of the command, by their defaults: `loud: bool = False` is `--loud`. What is given for them goes into
    the name of the folder, so that runs with other options stay apart; arguments after a `*` do not, for they are to say what is done with
    what is there already.

    Attributes:
        quick: whether all is to be small: a test of the program, not of what it can do.
        seed: of minigrad's generator, which is seeded already, and of `rng`, a NumPy generator.
        folder: where everything goes: `runs/NAME`, with what differs from the defaults behind the name: `runs/NAME-steps=4-loud-quick-seed1`.
        data: the folder of data that the user gave, or None.
    """

    def __init__(self, name: str, folder: Path, quick: bool = False, seed: int = 0, data: Path | None = None) -> None:
        self.name, self.folder, self.quick, self.seed, self.data = name, folder, quick, seed, data
        self.rng = np.random.default_rng(seed)
        self.results: list[dict[str, Any]] = []
        self.notes: dict[str, Any] = {}
        self.interrupt_after: int | None = None
        self._loops: dict[Path, Loop] = {}

    def pick(self, full: T, quick: T) -> T:
        """`full`, or `quick` in a quick run.

        >>> Run("name", Path("runs/name"), quick=True).pick(full=100, quick=1)
        1
        """
        return quick if self.quick else full

    def loop(self, total: int, name: str = "", /, **options: Any) -> Loop:
        """A Loop whose checkpoint is in the folder: an interrupted run goes on there when it is started again.

        name: of the loop, where a program has several. options: those of Loop, and the state.
        """
        path = self.folder / f"{CHECKPOINT}{name and '-'}{name}.npz"
        if path in self._loops:
            raise ValueError(f"Run.loop: a second loop named {name!r}; each needs a name of its own")
        self.folder.mkdir(parents=True, exist_ok=True)
        loop = self._loops[path] = Loop(total, path, **options)
        if self.interrupt_after is not None:
            loop.interrupt_after = self.interrupt_after
        return loop

    def fit(
        self,
        model: nn.Module,
        batches: DataLoader[Any] | Sequence[Any],
        loss: Callable[[Any, Any], Any],
        optimizer: optim.Optimizer,
        epochs: int,
        name: str = "",
        *,
        averaging: Averaging | None = None,
        callbacks: Iterable[Callable[[Loop], Any]] = (),
        every: int = 1,
        **options: Any,
    ) -> History:
        """`minigrad.train.fit` in a loop of this run, with one cycle of the learning rate: up to the optimizer's, and down to almost nothing.

        name: of the loop, where a program has several. averaging: of the model, updated after each step. callbacks, every: of the loop.
        options: those of `fit`.
        Source: Smith & Topin, "Super-convergence: very fast training of neural networks using large learning rates", arXiv:1708.07120.
        """
        rates = [group["lr"] for group in optimizer.param_groups]
        schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rates, total_steps=epochs * len(batches))
        state = {"model": model, "optimizer": optimizer, "schedule": schedule} | ({"averaging": averaging} if averaging else {})
        unit = f"{name}: epoch" if name else "epoch"
        loop = self.loop(epochs, name, unit=unit, callbacks=callbacks, every=every, **state)
        return fit(model, batches, loss, optimizer, loop, schedule=schedule, after_step=averaging.update if averaging else None, **options)

    def result(
        self,
        metric: str,
        value: float,
        *,
        baseline: float | None = None,
        baseline_name: str = "baseline",
        floor: float | None = None,
        better: str = "higher",
        percent: bool = False,
    ) -> None:
        """A line of the table at the end: what was measured, what a simple method gets, and what is the least to be expected.

        better: "higher" or "lower". percent: `value` is a share of 1, to be shown in per cent. A quick run is not held to the floor.
        """
        if better not in ("higher", "lower"):
            raise ValueError(f"Run.result: better must be 'higher' or 'lower', got {better!r}")
        row = {"metric": metric, "value": float(value), "better": better, "percent": percent}
        if baseline is not None:
            row |= {"baseline": float(baseline), "baseline_name": baseline_name}
        if floor is not None and not self.quick:
            row["floor"] = float(floor)
        self.results.append(row)

    def note(self, **facts: Any) -> None:
        """Facts for the results file: which data, how many parameters."""
        self.notes |= facts

    def figure(self, figure: Any, name: str = "figure", dpi: int = 110) -> Path:
        """Write a matplotlib figure into the folder as `name`.png; a crash while writing leaves an older one as it was.

        In a quick run it is small, and not laid out anew: that takes longer than all else of such a run.
        """
        if self.quick:
            figure.set_layout_engine("none")
            dpi = min(dpi, 50)
        return self._write(f"{name}.png", lambda part: figure.savefig(part, format="png", dpi=dpi))

    def save(self, model: nn.Module, name: str = "weights") -> Path:
        """Write the model's state into the folder as `name`.npz."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.npz"
        mg.save(model.state_dict(), path)
        return path

    def _write(self, name: str, write: Callable[[Path], Any]) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path, part = self.folder / name, self.folder / f".{name}.{os.getpid()}.part"
        try:
            write(part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        return path

    def finish(self, seconds: float) -> None:
        """Write result.json, print the table, and remove the checkpoints: the next run begins anew.

        seconds: how long this process took; what rounds took in those before it, which were interrupted, is added.
        """
        seconds += sum(loop.earlier for loop in self._loops.values())
        facts = {"name": self.name, "seed": self.seed, "quick": self.quick, "seconds": round(seconds, 1), "version": mg.__version__}
        text = json.dumps({**facts, **self.notes, "results": self.results}, indent=1)
        self._write("result.json", lambda part: part.write_text(text + "\n"))
        print(table(self.results))
        for path in self._loops:
            path.unlink(missing_ok=True)

    @classmethod
    def start(cls, main: Callable[..., None], argv: Sequence[str] | None = None) -> None:
        """Run `main` as a program, and end the process: 0 done, 2 bad arguments or missing data, 130 interrupted.

        The name of the program is that of the file of `main`, its description the file's docstring.
        """
        sys.exit(cls._start(main, argv))

    @classmethod
    def _start(cls, main: Callable[..., None], argv: Sequence[str] | None = None) -> int:
        name = Path(main.__code__.co_filename).stem
        arguments, own = parse(name, main, argv)
        seed = f"-seed{arguments.seed}" if arguments.seed else ""
        folder = arguments.out or Path("runs") / f"{name}{told(main, own)}{'-quick' * arguments.quick}{seed}"
        run = cls(name, folder, arguments.quick, arguments.seed, arguments.data)
        run.interrupt_after = arguments.interrupt_after
        if arguments.threads:
            mg.set_num_threads(arguments.threads)
        if arguments.fresh:
            for path in folder.glob(f"{CHECKPOINT}*.npz"):
                path.unlink()
        mg.manual_seed(run.seed)
        start = time.perf_counter()
        try:
            main(run, **own)
        except KeyboardInterrupt:
            print(f"\n{name}: interrupted; the same command goes on from there (or --fresh)", file=sys.stderr)
            return INTERRUPTED
        except (FileNotFoundError, ImportError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 2
        if run.results:
            run.finish(time.perf_counter() - start)
            print(f"in {folder}: {', '.join(sorted(p.name for p in folder.iterdir() if not p.name.startswith('.')))}")
        return 0


def parse(name: str, main: Callable[..., None], argv: Sequence[str] | None) -> tuple[argparse.Namespace, dict[str, Any]]:
    """The arguments that every program has, and those of this one."""
    text = inspect.getdoc(inspect.getmodule(main)) or main.__globals__.get("__doc__") or ""
    parser = argparse.ArgumentParser(prog=name, description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="all of it in seconds, small: to see that it runs")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and everything else that is random (default 0)")
    parser.add_argument("--threads", type=int, metavar="N", help="at most so many threads; the result is the same for any number")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder to look for the data in, before any other")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for what the program leaves (default runs/NAME)")
    parser.add_argument("--fresh", action="store_true", help="forget the checkpoint of an interrupted run")
    parser.add_argument("--interrupt-after", type=int, help=argparse.SUPPRESS)
    own = options(main)
    for option in own:
        flag, default = "--" + option.name.replace("_", "-"), option.default
        if isinstance(default, bool):
            parser.add_argument(flag, dest=option.name, action=argparse.BooleanOptionalAction if default else "store_true", default=default)
        else:
            kind = str if default is None else type(default)
            parser.add_argument(flag, dest=option.name, type=kind, default=default, help=f"(default {default})")
    arguments = parser.parse_args(argv)
    if arguments.threads is not None and arguments.threads < 1:
        parser.error(f"argument --threads: must be at least 1, got {arguments.threads}")
    return arguments, {option.name: getattr(arguments, option.name) for option in own}


def options(main: Callable[..., None]) -> list[inspect.Parameter]:
    return list(inspect.signature(main).parameters.values())[1:]


def told(main: Callable[..., None], own: dict[str, Any]) -> str:
    """What the name of the folder tells of options that are not what they are by default.

    >>> def main(run, game: str = "both", fast: bool = False, safe: bool = True, *, play: bool = False): ...
    >>> told(main, {"game": "go/9 x 9", "fast": True, "safe": False, "play": True}), told(main, {"game": "both", "fast": False, "safe": True})
    ('-game=go_9_x_9-fast-no-safe', '')
    """
    text = ""
    for option in options(main):
        if option.kind is option.KEYWORD_ONLY or own[option.name] == option.default:
            continue
        value, name = own[option.name], option.name.replace("_", "-")
        if isinstance(value, bool):
            text += f"-{name}" if value else f"-no-{name}"
        else:
            text += f"-{name}={re.sub(UNFIT, '_', str(value))}"
    return text


def written(value: float | None, percent: bool) -> str:
    if value is None:
        return ""
    if math.isnan(value):
        return "nan"
    return f"{value:.2%}" if percent else f"{value:.4g}"


def reached(row: dict[str, Any]) -> str:
    """Whether a result is as good as its floor: "yes", "below", or nothing where there is no floor."""
    if "floor" not in row:
        return ""
    good = row["value"] >= row["floor"] if row["better"] == "higher" else row["value"] <= row["floor"]
    return "yes" if good else "below"


def table(results: Sequence[dict[str, Any]]) -> str:
    """The results as text.

    >>> print(table([{"metric": "accuracy", "value": 0.99, "floor": 0.98, "better": "higher", "percent": True}]))
    metric     result  baseline  at least  reached
    accuracy   99.00%              98.00%      yes
    """
    rows = [("metric", "result", "baseline", "at least", "reached")]
    for row in results:
        base = written(row.get("baseline"), row["percent"])
        base += f" ({row['baseline_name']})" if base and row["baseline_name"] != "baseline" else ""
        bound = written(row.get("floor"), row["percent"])
        bound = f"at most {bound}" if bound and row["better"] == "lower" else bound
        rows.append((row["metric"], written(row["value"], row["percent"]), base, bound, reached(row)))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = [f"{row[0]:{widths[0]}}   " + "  ".join(f"{cell:>{w}}" for cell, w in zip(row[1:], widths[1:])) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
