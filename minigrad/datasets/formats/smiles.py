"""SMILES, molecules as strings: their tokens, and whether a string can be a molecule.

What is checked is the grammar (atoms, bonds, branches, rings that close) and that no atom has more bonds than it can; whether rings written
in small letters are aromatic is not computed, only that such atoms are bonded to two or more of their kind.
Source: Weininger, "SMILES, a chemical language and information system", 1988; the OpenSMILES specification.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from minigrad.datasets.formats.bonds import AROMATIC, hydrogens, in_rings, label

TOKEN = re.compile(r"\[[^\[\]]+\]|Br|Cl|%\d\d|[BCNOPSFI]|[bcnops]|[()=#$:/\\.-]|\d")
BRACKET = re.compile(r"\[\d*([A-Z][a-z]?|[bcnops]|se|as)@{0,2}(?:H(\d?))?(?:([+-])(\d+|[+-]*))?(?::\d+)?\]")
MOST = {"B": 3, "C": 4, "N": 5, "O": 2, "P": 5, "S": 6, "F": 1, "Cl": 1, "Br": 1, "I": 1}  # bonds of an atom without brackets
AROMATIC_MOST = {"b": 3, "c": 4, "n": 3, "o": 2, "p": 5, "s": 4}
MOST_CHARGED = {("C", 1): 3, ("C", -1): 3, ("N", 1): 4, ("N", -1): 2, ("O", 1): 3, ("O", -1): 1, ("S", -1): 1, ("B", -1): 4}
ORDER = {"-": 1, "/": 1, "\\": 1, "=": 2, "#": 3, "$": 4, ":": 1}
ELEMENTS = frozenset(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In"
    " Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U".split()
)


def smiles_tokens(text: str) -> list[str]:
    """The tokens of a SMILES string: an atom (also "Cl", "[N+]"), a bond, a bracket of a branch, or the number of a ring ("1", "%12") each.

    Raises: ValueError for what is none.

    >>> smiles_tokens("ClC=C[N+]")
    ['Cl', 'C', '=', 'C', '[N+]']
    """
    tokens = TOKEN.findall(text)
    if sum(map(len, tokens)) != len(text):
        raise ValueError(f"smiles_tokens: no SMILES string: {text!r}")
    return tokens


class Atom(NamedTuple):
    name: str  # in small letters if it is aromatic
    most: int | None  # bonds that it can have; None: any number
    hydrogens: int | None  # None: as many as fit
    charge: int


def smiles_problem(text: str) -> str | None:
    """What is wrong with a SMILES string in a few words, or None where it can be a molecule.

    >>> smiles_problem("c1ccccc1O"), smiles_problem("C1CC"), smiles_problem("C(C")
    (None, 'ring 1 is open', 'branch is open')
    >>> smiles_problem("CF=C")
    'F with 3 bonds'
    """
    try:
        check_valences(*parse(text))
    except ValueError as error:
        return str(error)
    return None


def smiles_graph(text: str) -> tuple[list[str], np.ndarray]:
    """The molecule that a SMILES string means, as a graph.

    Returns: atoms as formulas write them ("C", "OH", "NH2", "O-"), and bonds int64 (B, 3): two atoms and the order, 1 to 3, or 4 for
             aromatic, as in `datasets.Molecule`. What is said of directions in space is left out.
    Raises:  ValueError, with what `smiles_problem` says.

    >>> atoms, bonds = smiles_graph("CC(=O)O")
    >>> atoms, bonds.tolist()
    (['C', 'C', 'O', 'OH'], [[0, 1, 1], [1, 2, 2], [1, 3, 1]])
    """
    try:
        atoms, found = parse(text)
        check_valences(atoms, found)
    except ValueError as problem:
        raise ValueError(f"smiles_graph: {text!r}: {problem}") from None
    bonds = np.array([(a, b, order or 1) for (a, b), order in found.items()], np.int64).reshape(-1, 3)
    small = np.array([atom.name.islower() for atom in atoms])
    unsaid = np.array([order is None for order in found.values()], bool)
    bonds[unsaid & small[bonds[:, 0]] & small[bonds[:, 1]] & in_rings(len(atoms), bonds), 2] = AROMATIC
    symbols = [atom.name.capitalize() for atom in atoms]
    fitting = hydrogens(symbols, bonds)
    said = [int(fitting[i]) if atom.hydrogens is None else atom.hydrogens for i, atom in enumerate(atoms)]
    return [label(symbol, count, atom.charge) for symbol, count, atom in zip(symbols, said, atoms)], bonds


def parse(text: str) -> tuple[list[Atom], dict[tuple[int, int], int | None]]:
    """Atoms, and the order of each bond, None where it is not written. Raises: ValueError, in a few words."""
    try:
        tokens = smiles_tokens(text)
    except ValueError:
        raise ValueError("no token") from None
    if not tokens:
        raise ValueError("nothing")
    atoms: list[Atom] = []
    bonds: dict[tuple[int, int], int | None] = {}
    branches: list[int] = []
    rings: dict[str, tuple[int, int | None]] = {}
    last: int | None = None  # the atom that the next one is bonded to
    order: int | None = None  # of a bond that is written
    before = ""
    for token in tokens:
        if token in "()." or token in ORDER:
            if last is None or order is not None or (before == "(" and token in "()."):
                raise ValueError(f"{token} out of place")
            if token == "(":
                branches.append(last)
            elif token == ")":
                if not branches:
                    raise ValueError("branch is not open")
                last = branches.pop()
            elif token == ".":
                last = None
            else:
                order = ORDER[token]
        elif token[0].isdigit() or token[0] == "%":
            if last is None or before == "(" or before == ")":
                raise ValueError("ring number out of place")
            other, theirs = rings.pop(token, (None, None))
            if other is None:
                rings[token] = last, order
            else:
                pair = (min(other, last), max(other, last))
                if other == last or pair in bonds or (None not in (order, theirs) and order != theirs):
                    raise ValueError(f"ring {token.strip('%')} cannot close")
                bonds[pair] = order or theirs
            order = None
        else:
            atom = parse_atom(token)
            if atom is None:
                raise ValueError(f"no atom {token}")
            if last is not None:
                bonds[last, len(atoms)] = order
            last, order = len(atoms), None
            atoms.append(atom)
        before = token
    if branches:
        raise ValueError("branch is open")
    if rings:
        raise ValueError(f"ring {min(rings).strip('%')} is open")
    if order is not None or last is None:
        raise ValueError("ends with a bond")
    return atoms, bonds


def parse_atom(token: str) -> Atom | None:
    if token[0] != "[":
        return Atom(token, MOST.get(token, AROMATIC_MOST.get(token)), None, 0)
    match = BRACKET.fullmatch(token)
    if match is None or match[1].capitalize() not in ELEMENTS:
        return None
    name, count = match[1], match[2]
    charge = 0
    if match[3]:
        size = int(match[4]) if match[4].isdigit() else 1 + len(match[4])
        charge = size if match[3] == "+" else -size
    most = MOST_CHARGED.get((name, charge)) if charge else MOST.get(name) if name in ("C", "O", "N") else None
    return Atom(name, most, 0 if count is None else int(count or 1), charge)


def check_valences(atoms: list[Atom], bonds: dict[tuple[int, int], int | None]) -> None:
    used, aromatic = [atom.hydrogens or 0 for atom in atoms], [0] * len(atoms)
    for (a, b), order in bonds.items():
        for one, other in ((a, b), (b, a)):
            used[one] += order or 1
            aromatic[one] += atoms[other].name.islower()
    for (name, most, _, _), count, beside in zip(atoms, used, aromatic):
        if most is not None and count > most:
            raise ValueError(f"{name} with {count} bonds")
        if name.islower() and beside < 2:
            raise ValueError(f"aromatic {name} outside a ring")
