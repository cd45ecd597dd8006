"""What follows from the bonds of a molecule: which of them are part of a ring, how many hydrogen atoms are left out, how atoms are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

AROMATIC = 4  # the order of a bond in an aromatic ring
# How many bonds an atom can have; it has hydrogen for what is missing to the next of them.
VALENCES = {"B": (3,), "C": (4,), "N": (3, 5), "O": (2,), "P": (3, 5), "S": (2, 4, 6), "F": (1,), "Cl": (1,), "Br": (1,), "I": (1,)}


def in_rings(atoms: int, bonds: np.ndarray) -> np.ndarray:
    """Which bonds, (B, 2 or 3), are part of a ring: bool (B,).

    Let each bond be a wire of 1 ohm. The resistance between its ends is 1 just if current finds no other way, and less in a ring.

    >>> in_rings(4, np.array([[0, 1], [1, 2], [2, 0], [2, 3]])).tolist()
    [True, True, True, False]
    """
    a, b = bonds[:, 0], bonds[:, 1]
    laplacian = np.zeros((atoms, atoms))
    np.add.at(laplacian, (a, b), -1.0)
    np.add.at(laplacian, (b, a), -1.0)
    laplacian -= np.diag(laplacian.sum(1))
    inverse = np.linalg.pinv(laplacian, hermitian=True)
    return inverse[a, a] + inverse[b, b] - 2 * inverse[a, b] < 1 - 1e-6


def hydrogens(symbols: Sequence[str], bonds: np.ndarray, charges: np.ndarray | int = 0) -> np.ndarray:
    """How many hydrogen atoms each atom has that are not written, int64 (A,). charges (A,), or 0 for all.

    >>> hydrogens(["C", "C", "O"], np.array([[0, 1, 1], [1, 2, 1]])).tolist()
    [3, 2, 1]
    """
    ends, orders = bonds[:, :2].reshape(-1), np.repeat(bonds[:, 2], 2)
    used = np.bincount(ends, np.where(orders == AROMATIC, 1.5, orders), len(symbols)).astype(int) - charges
    aromatic = np.bincount(ends, orders == AROMATIC, len(symbols)) > 0
    found = np.zeros(len(symbols), np.int64)
    for i, symbol in enumerate(symbols):
        if symbol == "C" or not aromatic[i]:  # another atom of an aromatic ring has none unless it is said
            found[i] = next((valence - used[i] for valence in VALENCES.get(symbol, ()) if valence >= used[i]), 0)
    return found


def label(symbol: str, hydrogens: int = 0, charge: int = 0) -> str:
    """An atom as formulas write it. The hydrogen of carbon goes without saying.

    >>> label("N", 2), label("O", 0, -1), label("C", 3), label("Ca", 0, 2)
    ('NH2', 'O-', 'C', 'Ca2+')
    """
    count = "" if symbol == "C" or not hydrogens else f"H{hydrogens}" if hydrogens > 1 else "H"
    size = "" if abs(charge) < 2 else str(abs(charge))
    return symbol + count + size + ("+" if charge > 0 else "-" if charge < 0 else "")
