"""`minigrad bench`: the benchmarks, which live in a checkout and not in the package."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import minigrad
from minigrad.cli.errors import CommandError


def run(args: argparse.Namespace) -> None:
    checkout = Path(minigrad.__file__).resolve().parents[1]
    if not (checkout / "benchmarks" / "__main__.py").is_file():
        raise CommandError("the benchmarks are not part of the installed package: run this from a checkout installed with `make bench`")
    code = subprocess.run([sys.executable, "-m", "benchmarks", *args.arguments], cwd=checkout).returncode
    if code:
        raise CommandError(f"the benchmarks ended with exit code {code}")
