"""Tables of finance and of surveillance: German credit, phishing pages, the space shuttle's sensors."""

from __future__ import annotations

import io
import os

import numpy as np

from minigrad.datasets import fake
from minigrad.datasets.find import read
from minigrad.datasets.formats.arff import read_arff
from minigrad.datasets.records import Table
from minigrad.datasets.source import File, Package, Source

RIVER = Package("pypi", "river", "0.26.1")

GERMAN_CREDIT = Source(
    "german_credit",
    about="who paid a credit back, with twenty things known of each",
    files=(
        File(
            Package("debian", "weka", "3.6.14-3"),
            "usr/share/doc/weka/examples/credit-g.arff",
            162_270,
            "bd94085134e4eb845c96b34c93ed65a223f89d089bacb273ef96f57509ce0bed",
        ),
    ),
    licence="CC BY 4.0 (UCI); GPL (package)",
    origin="Hans Hofmann, UCI (Statlog, German Credit Data)",
    shapes={"x": (1000, 63), "y": (1000,)},
)

PHISHING = Source(
    "phishing",
    about="web pages that are or are not what they say they are",
    files=(File(RIVER, "river/datasets/phishing.csv.gz", 42_652, "cfe77f0b77dd706ac5491842d7ad787c80b5805eb315a47a4b89d0172c760fca"),),
    licence="CC BY 4.0 (UCI); BSD-3 (package)",
    origin="Neda Abdelhamid, UCI (Website Phishing)",
    shapes={"x": (1250, 9), "y": (1250,)},
)

SHUTTLE = Source(
    "shuttle",
    about="sensors of the space shuttle, and when they were out of the ordinary",
    files=(File(RIVER, "river/datasets/shuttle.csv.gz", 1_346_412, "8bee3239f80b6549cbf0bc69c07bdcad8bb33fb968329c0678328a8ca971784b"),),
    licence="CC BY 4.0 (UCI); BSD-3 (package)",
    origin="Jason Catlett, NASA, UCI (Statlog, Shuttle); as a set of anomalies: ODDS",
    shapes={"x": (49_097, 9), "y": (49_097,)},
)


def german_credit(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> Table:
    """German credit: good (0) or bad (1) risk, 700 and 300. What has named values has a column of 0 and 1 for each of them.

    Shapes: x float32 (1000, 63): 7 numbers and 56 values of 13 attributes; y int64 (1000,). There is no standard split: use
            `holdout` or `folds`. Synthetic: 200 rows.
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        x, y = fake.labelled(200, (63,), 2, None, np.float32)
        return Table(x, y, tuple(f"column {i}" for i in range(63)), ("good", "bad"))
    attributes, rows = read_arff(read(GERMAN_CREDIT, data_dir)["credit-g.arff"], "credit-g.arff")
    columns, names = [], []
    for i, attribute in enumerate(attributes[:-1]):
        if attribute.values is None:
            columns.append([float(row[i]) for row in rows])
            names.append(attribute.name)
        else:
            columns += [[float(row[i] == value) for row in rows] for value in attribute.values]
            names += [f"{attribute.name} {value}" for value in attribute.values]
    x = np.array(columns, np.float32).T.copy()
    y = np.array([row[-1] == "bad" for row in rows], np.int64)
    GERMAN_CREDIT.check(x=x, y=y)
    return Table(x, y, tuple(names), ("good", "bad"))


def phishing(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> Table:
    """Web pages that pretend to be others (1) or do not (0), by nine features, 0 to 1.

    Shapes: x float32 (1250, 9); y int64 (1250,), 548 of them 1. There is no standard split: use `holdout`. Synthetic: 200 rows.
    Raises: MissingDataError, DamagedDataError.
    """
    return river(PHISHING, ("honest", "phishing"), data_dir, synthetic)


def shuttle(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> Table:
    """Nine sensors of the space shuttle: normal (0) or an anomaly (1), which 7.15 % are.

    Shapes: x float32 (49097, 9); y int64 (49097,). There is no standard split: use `holdout`, and train on normal rows only.
            Synthetic: 200 rows, half of them anomalies.
    Raises: MissingDataError, DamagedDataError.
    """
    return river(SHUTTLE, ("normal", "anomaly"), data_dir, synthetic)


def river(source: Source, classes: tuple[str, str], data_dir: str | os.PathLike[str] | None, synthetic: bool) -> Table:
    if synthetic:
        x, y = fake.labelled(200, (9,), 2, None, np.float32)
        return Table(x, y, tuple(f"column {i}" for i in range(9)), classes)
    head, _, body = next(iter(read(source, data_dir).values())).decode().partition("\n")
    table = np.loadtxt(io.StringIO(body), delimiter=",", ndmin=2)
    x, y = table[:, :-1].astype(np.float32), table[:, -1].astype(np.int64)
    source.check(x=x, y=y)
    return Table(x, y, tuple(head.strip().split(",")[:-1]), classes)
