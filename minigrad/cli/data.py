"""`minigrad data`: which data sets there are, where they are found, and how they come here."""

from __future__ import annotations

import argparse
import sys

from minigrad.cli.errors import CommandError
from minigrad.datasets.fetch import FetchError, fetch
from minigrad.datasets.find import cache_dir, where
from minigrad.datasets.source import SOURCES


def list_sets(args: argparse.Namespace) -> None:
    rows = [(name, where(source) or "-", size(source.size), source.about) for name, source in sorted(SOURCES.items())]
    rows.insert(0, ("name", "found", "size", "what"))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for name, place, much, about in rows:
        print(f"{name:{widths[0]}}  {place:{widths[1]}}  {much:>{widths[2]}}  {about}")
    print(f"\ncache: {cache_dir()}; `minigrad data fetch NAME` puts there what is not found (-)")


def fetch_sets(args: argparse.Namespace) -> None:
    try:
        fetch(args.names, direct=args.direct, archives=args.archives, progress=show if sys.stderr.isatty() else None)
    except (FetchError, ValueError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:  # the disc is full, the cache cannot be written
        raise CommandError(f"{error.filename or cache_dir()}: {error.strerror or error}") from error


def show(done: int, total: int | None) -> None:
    ended = total is not None and done >= total
    print(f"\r{size(done)}{f' of {size(total)}' if total else ''}", end="\n" if ended else "", file=sys.stderr, flush=True)


def size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.0f} kB"
