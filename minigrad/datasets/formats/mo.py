"""Catalogues of GNU gettext (.mo): pairs of a text and its translation. The standard library reads them, but keeps the pairs to itself."""

from __future__ import annotations

import numpy as np

from minigrad.datasets.source import DamagedDataError


def read_mo(data: bytes, name: str) -> list[tuple[str, str]]:
    """The pairs in the order of the file, without the header and without what has a context or plural forms."""
    order = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}.get(data[:4])
    if order is None or len(data) < 20:
        raise DamagedDataError(f"{name}: not a catalogue of gettext")
    count, originals, translations = (int(n) for n in np.frombuffer(data, order + "u4", 3, 8))
    if max(originals, translations) + 8 * count > len(data):
        raise DamagedDataError(f"{name}: cut short: its tables end behind its last byte")

    def texts(start: int) -> list[bytes]:
        table = np.frombuffer(data, order + "u4", 2 * count, start).reshape(-1, 2).tolist()
        if any(place + length > len(data) for length, place in table):
            raise DamagedDataError(f"{name}: cut short: a text ends behind its last byte")
        return [data[place : place + length] for length, place in table]

    pairs = zip(texts(originals), texts(translations))
    return [(a.decode("utf-8", "replace"), b.decode("utf-8", "replace")) for a, b in pairs if a and not {0, 4} & {*a, *b}]
