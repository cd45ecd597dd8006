"""SDF: molecules as tables of atoms and bonds in fixed columns (V2000), each followed by named fields."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from minigrad.datasets.source import DamagedDataError

FIELD = re.compile(r">.*<([^>]+)>")
ENDS = "$$$$"


@dataclass(frozen=True, eq=False)
class Record:
    title: str
    elements: list[str]
    bonds: np.ndarray  # int64 (bonds, 3): two atoms, counted from 0, and the order, 1 to 3, or 4 for aromatic
    charges: np.ndarray  # int64 (atoms,)
    fields: dict[str, str]  # names in upper case


def read_sdf(data: bytes, name: str) -> list[Record]:
    lines = data.decode("utf-8", "replace").splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines or lines[-1] != ENDS:
        raise DamagedDataError(f"{name}: not an SDF file, or cut short: does not end with {ENDS}")
    records, start = [], 0
    for number in [i for i, line in enumerate(lines) if line == ENDS]:
        try:
            records.append(molecule(lines[start:number]))
        except (ValueError, IndexError) as error:
            raise DamagedDataError(f"{name}: the molecule from line {start + 1} on makes no sense: {error}") from error
        start = number + 1
    return records


def molecule(lines: list[str]) -> Record:
    atoms, bonds = int(lines[3][:3]), int(lines[3][3:6])
    if "V2000" not in lines[3]:
        raise ValueError("not in the format V2000")
    elements = [line[31:34].strip() for line in lines[4 : 4 + atoms]]
    pairs = [[int(line[0:3]) - 1, int(line[3:6]) - 1, int(line[6:9])] for line in lines[4 + atoms : 4 + atoms + bonds]]
    table = np.array(pairs, np.int64).reshape(-1, 3)
    if len(elements) != atoms or len(table) != bonds or (table[:, :2] < 0).any() or (table[:, :2] >= atoms).any():
        raise ValueError(f"{atoms} atoms and {bonds} bonds are announced, {len(elements)} and {len(table)} can be read")
    charges = np.zeros(atoms, np.int64)
    for line in lines[4 + atoms + bonds :]:
        if line.startswith("M  CHG"):
            numbers = [int(part) for part in line[9:].split()]
            charges[np.array(numbers[::2]) - 1] = numbers[1::2]
    fields = {found[1].upper(): lines[i + 1].strip() for i, line in enumerate(lines[:-1]) if (found := FIELD.match(line))}
    return Record(lines[0].strip(), elements, table, charges, fields)
