"""SMILES, molecules as strings: their tokens, and whether a string can be a molecule.

What is checked is the grammar (atoms, bonds, branches, rings that close) and that no atom has more bonds than it can; whether rings written
in small letters are aromatic is not computed, only that such atoms are bonded to two or more of their kind.
Source: Weininger, "SMILES, a chemical language and information system", 1988; the OpenSMILES specification.
"""

from __future__ import annotations

import re

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


def smiles_problem(text: str) -> str | None:
    """What is wrong with a SMILES string in a few words, or None where it can be a molecule.

    >>> smiles_problem("c1ccccc1O"), smiles_problem("C1CC"), smiles_problem("C(C")
    (None, 'ring 1 is open', 'branch is open')
    >>> smiles_problem("CF=C")
    'F with 3 bonds'
    """
    try:
        tokens = smiles_tokens(text)
    except ValueError:
        return "no token"
    if not tokens:
        return "nothing"
    atoms: list[tuple[str, int | None, int]] = []  # name, the most bonds (None: any), hydrogens that are written
    bonds: dict[tuple[int, int], int] = {}
    branches: list[int] = []
    rings: dict[str, tuple[int, int | None]] = {}
    last: int | None = None  # the atom that the next one is bonded to
    order: int | None = None  # of a bond that is written
    before = ""
    for token in tokens:
        if token in "()." or token in ORDER:
            if last is None or order is not None or (before == "(" and token in "()."):
                return f"{token} out of place"
            if token == "(":
                branches.append(last)
            elif token == ")":
                if not branches:
                    return "branch is not open"
                last = branches.pop()
            elif token == ".":
                last = None
            else:
                order = ORDER[token]
        elif token[0].isdigit() or token[0] == "%":
            if last is None or before == "(" or before == ")":
                return "ring number out of place"
            other, theirs = rings.pop(token, (None, None))
            if other is None:
                rings[token] = last, order
            else:
                pair = (min(other, last), max(other, last))
                if other == last or pair in bonds or (None not in (order, theirs) and order != theirs):
                    return f"ring {token.strip('%')} cannot close"
                bonds[pair] = order or theirs or 1
            order = None
        else:
            atom = parse_atom(token)
            if atom is None:
                return f"no atom {token}"
            if last is not None:
                bonds[last, len(atoms)] = order or 1
            last, order = len(atoms), None
            atoms.append(atom)
        before = token
    if branches:
        return "branch is open"
    if rings:
        return f"ring {min(rings).strip('%')} is open"
    if order is not None or last is None:
        return "ends with a bond"
    return valence_problem(atoms, bonds)


def parse_atom(token: str) -> tuple[str, int | None, int] | None:
    if token[0] != "[":
        return token, MOST.get(token, AROMATIC_MOST.get(token)), 0
    match = BRACKET.fullmatch(token)
    if match is None or match[1].capitalize() not in ELEMENTS:
        return None
    name, hydrogens = match[1], match[2]
    charge = 0
    if match[3]:
        size = int(match[4]) if match[4].isdigit() else 1 + len(match[4])
        charge = size if match[3] == "+" else -size
    most = MOST_CHARGED.get((name, charge)) if charge else MOST.get(name) if name in ("C", "O", "N") else None
    return name, most, 0 if hydrogens is None else int(hydrogens or 1)


def valence_problem(atoms: list[tuple[str, int | None, int]], bonds: dict[tuple[int, int], int]) -> str | None:
    degree, aromatic = [hydrogens for _, _, hydrogens in atoms], [0] * len(atoms)
    for (a, b), order in bonds.items():
        for one, other in ((a, b), (b, a)):
            degree[one] += order
            aromatic[one] += atoms[other][0].islower()
    for (name, most, _), count, beside in zip(atoms, degree, aromatic):
        if most is not None and count > most:
            return f"{name} with {count} bonds"
        if name.islower() and beside < 2:
            return f"aromatic {name} outside a ring"
    return None
