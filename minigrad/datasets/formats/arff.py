"""ARFF, the format of Weka: attributes that are numbers or have named values, then rows with commas between. Sparse rows are not read."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from minigrad.datasets.source import DamagedDataError

ATTRIBUTE = re.compile(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+)\s+(.+)", re.IGNORECASE)


@dataclass(frozen=True)
class Attribute:
    name: str
    values: tuple[str, ...] | None  # None: a number


def read_arff(data: bytes, name: str) -> tuple[list[Attribute], list[list[str]]]:
    """The attributes, and the rows as text. A value that no attribute has, or a missing one, is an error."""
    attributes: list[Attribute] = []
    lines = iter(data.decode("utf-8", "replace").splitlines())
    for line in lines:
        line = line.strip()
        if line.lower() == "@data":
            break
        if found := ATTRIBUTE.fullmatch(line):
            title, kind = found[1].strip("'\""), found[2].strip()
            if kind.startswith("{") and kind.endswith("}"):
                attributes.append(Attribute(title, tuple(split(kind[1:-1]))))
            elif kind.lower() in ("numeric", "real", "integer"):
                attributes.append(Attribute(title, None))
            else:
                raise DamagedDataError(f"{name}: attribute {title} is of kind {kind}; numbers and named values are read")
    else:
        raise DamagedDataError(f"{name}: not an ARFF file, or cut short: no line @data")
    rows = [split(line) for line in lines if line.strip() and not line.startswith("%")]
    for number, row in enumerate(rows, 1):
        if len(row) != len(attributes):
            raise DamagedDataError(f"{name}: row {number} has {len(row)} values, expected {len(attributes)}")
        for value, attribute in zip(row, attributes):
            if attribute.values is not None and value not in attribute.values:
                raise DamagedDataError(f"{name}: row {number}: {attribute.name} is {value!r}, which is none of its values")
    return attributes, rows


def split(text: str) -> list[str]:
    return [value.strip() for value in next(csv.reader([text], quotechar="'", skipinitialspace=True))]
