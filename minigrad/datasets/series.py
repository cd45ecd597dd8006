"""Series in time: the weather of Seattle by day, sunspots by year."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass

import numpy as np

from minigrad.datasets import fake
from minigrad.datasets.find import read
from minigrad.datasets.source import File, Package, Source

WEATHER = Source(
    "weather",
    about="four years of Seattle's weather, day by day",
    files=(
        File(
            Package("pypi", "vega-datasets", "0.9.0"),
            "vega_datasets/_data/seattle-weather.csv",
            47_838,
            "62f0609f787158128aa2bd102967173a4953122dd4f872bf1d502cae1037df0b",
        ),
    ),
    licence="public domain (United States government)",
    origin="NOAA, National Climatic Data Center",
    shapes={"values": (1461, 4)},
)

SUNSPOTS = Source(
    "sunspots",
    about="sunspots year by year, 1700 to 2008",
    files=(
        File(
            Package("pypi", "statsmodels", "0.15.0"),
            "statsmodels/datasets/sunspots/sunspots.csv",
            2_944,
            "f67889b1d9002cd5227f0e0ef54e35b419cdd85a31279adef6f73fb41e5c0a9b",
        ),
    ),
    licence="public domain",
    origin="NOAA, National Geophysical Data Center",
    shapes={"table": (309, 2)},
)


@dataclass(frozen=True, eq=False)
class Series:
    """Values at points in time.

    time: (T,), datetime64[D] or years as int64. values: float32 (T, F). columns: the F names.
    """

    time: np.ndarray
    values: np.ndarray
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time)


def weather(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> Series:
    """Seattle's weather, each day of 2012 to 2015: rain in mm, highest and lowest temperature in Celsius, wind in m/s. The last year
    (`series.time >= np.datetime64("2015")`) is the usual test.

    Shapes: time datetime64[D] (1461,); values float32 (1461, 4).
    Raises: MissingDataError, DamagedDataError.

    >>> from minigrad.datasets import weather
    >>> series = weather(synthetic=True)
    >>> series.values.shape, series.columns
    ((1461, 4), ('precipitation', 'temp_max', 'temp_min', 'wind'))
    """
    columns = ("precipitation", "temp_max", "temp_min", "wind")
    if synthetic:
        days = np.arange(1461)
        noise = fake.rng().standard_normal((1461, 4))
        high = 16 - 9 * np.cos(2 * np.pi * days / 365.25) + 3 * noise[:, 1]
        values = np.stack([np.maximum(6 * noise[:, 0], 0), high, high - 7 + noise[:, 2], np.abs(3 + noise[:, 3])], 1)
        return Series(np.datetime64("2012-01-01") + days, values.astype(np.float32), columns)
    rows = list(csv.DictReader(io.StringIO(read(WEATHER, data_dir)["seattle-weather.csv"].decode())))
    values = np.array([[row[column] for column in columns] for row in rows], np.float32)
    WEATHER.check(values=values)
    return Series(np.array([row["date"].replace("/", "-") for row in rows], "datetime64[D]"), values, columns)


def sunspots(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> Series:
    """The number of sunspots in each year from 1700 to 2008. From 1920 on is the usual test.

    Shapes: time int64 (309,), the years; values float32 (309, 1).
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        years = np.arange(1700, 2009)
        height = 60 + 30 * np.sin(2 * np.pi * years / 90)
        values = np.maximum(height * (1 + np.sin(2 * np.pi * years / 11)) + 5 * fake.rng().standard_normal(len(years)), 0)
    else:
        table = np.loadtxt(io.BytesIO(read(SUNSPOTS, data_dir)["sunspots.csv"]), delimiter=",", skiprows=1)
        SUNSPOTS.check(table=table)
        years, values = table.T
    return Series(years.astype(np.int64), values[:, None].astype(np.float32), ("sunspots",))
