"""`minigrad info`: what this installation is and what it can do here."""

from __future__ import annotations

import argparse
import platform
import sys
import time

import numpy as np

import minigrad as mg
from minigrad import _core

SIDE = 768  # of the square matrices: large enough for the peak, small enough for a moment
SECONDS = 0.3


def run(args: argparse.Namespace) -> None:
    threads = mg.get_num_threads()
    single = gflops(1)
    rows = {
        "minigrad": mg.__version__,
        "python, numpy": f"{platform.python_version()}, {np.__version__}",
        "machine": f"{platform.machine()}, {sys.platform}",
        "instruction set": f"{_core.isa()} (available: {', '.join(_core.isas())})",
        "threads": str(threads),
        "peak, one thread": f"{single:,.0f} GFLOP/s in a float32 product of {SIDE}x{SIDE}",
    }
    if threads > 1:
        rows[f"peak, {threads} threads"] = f"{gflops(threads):,.0f} GFLOP/s"
    width = max(map(len, rows))
    for name, value in rows.items():
        print(f"{name:{width}}  {value}")


def gflops(threads: int) -> float:
    """The best rate of a few matrix products: the least disturbed by whatever else runs."""
    before = mg.get_num_threads()
    mg.set_num_threads(threads)
    try:
        a, b = mg.rand(SIDE, SIDE), mg.rand(SIDE, SIDE)
        best, end = float("inf"), time.perf_counter() + SECONDS
        while (start := time.perf_counter()) < end:
            mg.matmul(a, b)
            best = min(best, time.perf_counter() - start)
        return 2 * SIDE**3 / best / 1e9
    finally:
        mg.set_num_threads(before)
