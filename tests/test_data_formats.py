"""Readers of foreign formats: small files made here are read right, and no damage to one is anything but a DamagedDataError."""

from __future__ import annotations

import gzip
import io
import struct
import zlib

import numpy as np
import pytest

from minigrad.datasets.formats.arff import Attribute, read_arff
from minigrad.datasets.formats.bonds import hydrogens
from minigrad.datasets.formats.mo import read_mo
from minigrad.datasets.formats.nifti import read_nifti
from minigrad.datasets.formats.sdf import read_sdf
from minigrad.datasets.formats.smiles import smiles_graph, smiles_problem, smiles_tokens
from minigrad.datasets.formats.sword import Place, read_testament
from minigrad.datasets.source import DamagedDataError

VOLUME = np.arange(2 * 3 * 5).reshape(2, 3, 5)


def nifti(voxels: np.ndarray = VOLUME, kind: str = "<i2", code: int = 4, slope: float = 0, intercept: float = 0) -> bytes:
    order = kind[0]
    head = bytearray(352)
    struct.pack_into(order + "i", head, 0, 348)
    struct.pack_into(f"{order}{1 + voxels.ndim}h", head, 40, voxels.ndim, *voxels.shape)
    struct.pack_into(order + "h", head, 70, code)
    struct.pack_into(order + "3f", head, 108, 352, slope, intercept)
    head[344:348] = b"n+1\0"
    return bytes(head) + voxels.astype(kind).tobytes(order="F")


@pytest.mark.parametrize("kind, code", [("<u1", 2), ("<i2", 4), (">i2", 4), ("<f4", 16), (">f8", 64)])
def test_nifti(kind, code):
    voxels = read_nifti(nifti(kind=kind, code=code), "v.nii")
    np.testing.assert_array_equal(voxels, VOLUME)
    assert voxels.dtype == np.dtype(kind).newbyteorder("=")


def test_nifti_is_scaled():
    voxels = read_nifti(nifti(slope=0.5, intercept=3), "v.nii")
    np.testing.assert_array_equal(voxels, (VOLUME * 0.5 + 3).astype(np.float32))
    assert voxels.dtype == np.float32


ARFF = b"""% a comment, with 'quotes'
@RELATION things
@attribute 'a number' numeric
@attribute colour { red, 'dark blue', '<5' }
@attribute size REAL

@data
1,'dark blue',2.5
% another
-3,red, 1e3
4,'<5',0
"""


def test_arff():
    attributes, rows = read_arff(ARFF, "x.arff")
    assert attributes == [Attribute("a number", None), Attribute("colour", ("red", "dark blue", "<5")), Attribute("size", None)]
    assert rows == [["1", "dark blue", "2.5"], ["-3", "red", "1e3"], ["4", "<5", "0"]]


@pytest.mark.parametrize(
    "old, new, text",
    [
        (b"@data", b"", "no line @data"),
        (b"numeric", b"string", "attribute a number is of kind string"),
        (b"-3,red, 1e3", b"-3,red", "row 2 has 2 values, expected 3"),
        (b"-3,red", b"-3,green", "row 2: colour is 'green', which is none of its values"),
    ],
)
def test_arff_names_what_is_wrong(old, new, text):
    with pytest.raises(DamagedDataError, match=text):
        read_arff(ARFF.replace(old, new), "x.arff")


SDF = b"""cyclopropanol
     made

  4  4  0  0  0  0  0  0  0  0999 V2000
    0.0000    0.0000    0.0000 C   0  0
    1.0000    0.0000    0.0000 C   0  0
    0.0000    1.0000    0.0000 C   0  0
    0.0000   -1.0000    0.0000 Cl  0  0
  1  2  1  0
  2  3  2  0
  3  1  1  0
  1  4  1  0
M  END
>  <ID>  (1)
7

> <smiles>
C1CC1Cl

$$$$
salt
     made

  1  0  0  0  0  0  0  0  0  0999 V2000
    0.0000    0.0000    0.0000 Sn  0  0
M  END
$$$$
"""


def test_sdf():
    ring, salt = read_sdf(SDF, "x.sdf")
    assert (ring.title, ring.elements, ring.fields) == ("cyclopropanol", ["C", "C", "C", "Cl"], {"ID": "7", "SMILES": "C1CC1Cl"})
    assert ring.bonds.tolist() == [[0, 1, 1], [1, 2, 2], [2, 0, 1], [0, 3, 1]]
    assert salt.elements == ["Sn"] and salt.bonds.shape == (0, 3)


@pytest.mark.parametrize(
    "old, new, text",
    [
        (b"$$$$\nsalt", b"salt", "5 atoms|makes no sense|ends"),
        (b"  1  4  1  0", b"  1  5  1  0", "4 atoms and 4 bonds are announced"),
        (b"  1  4  1  0", b"  1  0  1  0", "4 atoms and 4 bonds are announced"),
        (b"V2000", b"V3000", "not in the format V2000"),
        (b"  4  4  0", b"  x  4  0", "from line 1 on makes no sense"),
        (b"  4  4  0  0", b" 99 99  0  0", "from line 1 on makes no sense"),
    ],
)
def test_sdf_names_what_is_wrong(old, new, text):
    damaged = SDF.replace(old, new, 1)
    if old.startswith(b"$$$$"):  # two molecules run into one: the second one's lines are taken for fields of the first
        assert len(read_sdf(damaged, "x.sdf")) == 1
        return
    with pytest.raises(DamagedDataError, match=text) as error:
        read_sdf(damaged, "x.sdf")
    assert str(error.value).startswith("x.sdf: ")


def zipped_text(entries: list[tuple[int, str]]) -> tuple[bytes, bytes, bytes]:
    """bzs, bzv, bzz of entries (block, markup), in order."""
    blocks: dict[int, bytes] = {}
    index = b""
    for block, text in entries:
        data = text.encode()
        index += struct.pack("<IIH", block if data else 0, len(blocks.get(block, b"")) if data else 0, len(data))
        blocks[block] = blocks.get(block, b"") + data
    table, packed = b"", b""
    for number in sorted(blocks):
        piece = zlib.compress(blocks[number])
        table += struct.pack("<3I", len(packed), len(piece), len(blocks[number]))
        packed += piece
    return table, index, packed


VERSES = [
    (0, "<milestone type='x-importer'/>"),
    (0, '<div canonical="true" osisID="Gen" sID="gen2" type="book"/> <title>Genesis</title> a preface '),
    (0, '<chapter n="1" osisID="Gen.1" sID="Gen.1"/>'),
    (0, 'In <w lemma="a">the</w> beginning<note n="1">or: at first</note>, <w>God</w><note>x</note><w>made</w> light. '),
    (0, ""),
    (0, '<l sID="1"/>Third line;<l eID="1"/><l sID="2"/>Caf\u00e9 &amp; <divineName>Lord</divineName>\u2019s <chapter eID="Gen.1"/>'),
    (0, '<chapter n="2" osisID="Gen.2" sID="Gen.2"/>'),
    (0, '¶ Last.<chapter eID="Gen.2"/> <div canonical="true" eID="gen2" osisID="Gen" type="book"/> <div>A glossary</div>'),
    (1, '<div canonical="true" osisID="Exod" sID="gen9" type="book"/>'),
    (1, '<chapter n="1" osisID="Exod.1" sID="Exod.1"/>'),
    (1, "Now."),
]


def test_sword():
    places = read_testament(*zipped_text(VERSES), "x ot")
    assert [place is None for place in places] == [True, True, True, False, False, False, True, False, True, True, False]
    assert [place for place in places if place] == [
        Place("Gen", 1, 1, "In the beginning, God made light."),
        Place("Gen", 1, 2, ""),
        Place("Gen", 1, 3, "Third line; Caf\u00e9 & Lord\u2019s"),
        Place("Gen", 2, 1, "Last."),
        Place("Exod", 1, 1, "Now."),
    ]


def test_sword_book_whose_heading_is_cut_off():
    """A place of more than 65,535 bytes has lost its end, and the heading of the next book with it."""
    entries = [(block, "<div/>" if 'osisID="Exod" sID' in text else text) for block, text in VERSES]
    assert read_testament(*zipped_text(entries), "x ot")[-1] == Place("Exod", 1, 1, "Now.")


def test_sword_names_what_is_wrong():
    bzs, bzv, bzz = zipped_text(VERSES)
    for parts, text in [
        ((bzs[:-1], bzv, bzz), "cut short"),
        ((bzs, bzv[:-3], bzz), "cut short"),
        ((bzs, bzv, bzz[:-4]), "block 1"),
        ((bzs, bzv, b"\0" + bzz[1:]), "block 0 is damaged"),
        ((bzs[:-4] + b"\1\0\0\0", bzv, bzz), "block 1 is cut short or too long: 2 bytes, expected 1"),
        ((bzs, bzv + struct.pack("<IIH", 5, 0, 1), bzz), "place 11 lies outside its block"),
        ((bzs, bzv + struct.pack("<IIH", 0, 4_000_000_000, 1), bzz), "place 11 lies outside its block"),
    ]:
        with pytest.raises(DamagedDataError, match=text):
            read_testament(*parts, "x ot")


def mo(pairs: list[tuple[str, str]], order: str = "<") -> bytes:
    texts = [text.encode() for pair in zip(*pairs) for text in pair]
    start, table, body = 28 + 8 * len(texts), b"", b""
    for text in texts:
        table += struct.pack(order + "2I", len(text), start + len(body))
        body += text + b"\0"
    return struct.pack(order + "7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0) + table + body


@pytest.mark.parametrize("order", "<>")
def test_mo(order):
    pairs = [
        ("", "Content-Type: x"),
        ("Kyiv", "\u041a\u0438\u0457\u0432"),
        ("one\0many", "a\0b"),
        ("menu\4Open", "x"),
        ("Oslo", "\u041e\u0441\u043b\u043e"),
    ]
    assert read_mo(mo(pairs, order), "x.mo") == [pairs[1], pairs[4]]


def everything_but(error: type[Exception], read, data: bytes) -> list[int]:
    """The lengths at which a file cut short is accepted. Any exception but `error` fails the test."""
    accepted = []
    for length in range(len(data)):
        try:
            read(data[:length], "cut")
            accepted.append(length)
        except error as problem:
            assert "cut" in str(problem) and "\n" not in str(problem)
    return accepted


def test_files_cut_short_are_refused():
    """At every length. What may be accepted is a file that lacks trailing blanks, or whole rows, which only its digest can tell."""
    assert everything_but(DamagedDataError, read_nifti, nifti()) == []
    assert everything_but(DamagedDataError, read_mo, mo([("a", "b"), ("cde", "fgh")])) == [len(mo([("a", "b"), ("cde", "fgh")])) - 1]
    records = SDF.index(b"$$$$") + 4
    assert everything_but(DamagedDataError, read_sdf, SDF) == [records, records + 1, len(SDF) - 1]
    everything_but(DamagedDataError, read_arff, ARFF)
    bzs, bzv, bzz = zipped_text(VERSES)
    assert everything_but(DamagedDataError, lambda data, name: read_testament(bzs, bzv, data, name), bzz) == []


def test_files_with_a_wrong_byte_are_read_or_refused():
    """Each byte of a header in turn becomes 0, 255 and a random one: no crash, no other error, no array that is larger than the file."""
    rng = np.random.default_rng(0)
    for data, read, limit in [(nifti(), read_nifti, 352), (mo([("a", "b"), ("cde", "fgh")]), read_mo, 60)]:
        for place in range(limit):
            for value in (0, 255, int(rng.integers(256))):
                damaged = bytearray(data)
                damaged[place] = value
                try:
                    read(bytes(damaged), "x")
                except DamagedDataError:
                    pass


def test_pictures():
    image = pytest.importorskip("PIL.Image")
    from minigrad.datasets.pictures import decode

    deep = np.arange(20, dtype=np.uint16).reshape(4, 5) * 100
    stream = io.BytesIO()
    image.fromarray(deep).save(stream, "TIFF")
    found = decode(stream.getvalue(), "x.tif")
    np.testing.assert_array_equal(found, deep)
    assert found.dtype == np.uint16
    for data in (b"", b"no picture", stream.getvalue()[:30], gzip.compress(b"")):
        with pytest.raises(DamagedDataError, match=r"x\.tif: not a picture"):
            decode(data, "x.tif")


@pytest.mark.parametrize(
    "text",
    [
        "C",
        "c1ccccc1",
        "C%12CC%12",
        "[O-][N+](=O)c1cc[nH]c1",
        "C/C=C\\C",
        "[Na+].[Cl-]",
        "C1CC12CC2",
        "CC(C)(C)[C@@H](N)C(=O)O",
        "OS(=O)(=O)O",
    ],
)
def test_molecules(text):
    assert smiles_problem(text) is None and "".join(smiles_tokens(text)) == text


@pytest.mark.parametrize(
    "text, problem",
    [
        ("", "nothing"),
        ("Xy", "no token"),
        ("[Xy]", "no atom"),
        ("C(C", "branch is open"),
        ("CC)C", "branch is not open"),
        ("C()C", "out of place"),
        ("C=#C", "out of place"),
        ("=C", "out of place"),
        ("C(1CC1)", "out of place"),
        ("CC=", "ends with a bond"),
        ("CC.", "ends with a bond"),
        ("C1CC", "ring 1 is open"),
        ("C11", "ring 1 cannot close"),
        ("C1C1", "ring 1 cannot close"),
        ("C=1CCC#1", "ring 1 cannot close"),
        ("C(C)(C)(C)(C)C", "C with 5 bonds"),
        ("C=O=C", "O with 4 bonds"),
        ("C[NH3+]C", "N with 5 bonds"),
        ("Cc", "aromatic c outside a ring"),
    ],
)
def test_what_no_molecule_is(text, problem):
    assert problem in smiles_problem(text)


@pytest.mark.parametrize(
    "text, atoms, orders",
    [
        ("CCO", ["C", "C", "OH"], [1, 1]),
        ("C=CC#N", ["C", "C", "C", "N"], [2, 1, 3]),
        ("[O-][N+](=O)C", ["O-", "N+", "O", "C"], [1, 2, 1]),
        ("c1cc[nH]c1", ["C", "C", "C", "NH", "C"], [4] * 5),
        ("c1ccccc1c1ccccc1", ["C"] * 12, [4] * 6 + [1] + [4] * 6),  # the bond between two rings is single
        ("N.OS", ["NH3", "OH", "SH"], [1]),
        ("CS(=O)(=O)N", ["C", "S", "O", "O", "NH2"], [1, 2, 2, 1]),
        ("Cn1cccc1", ["C", "N", "C", "C", "C", "C"], [1, 4, 4, 4, 4, 4]),
    ],
)
def test_graphs_of_molecules(text, atoms, orders):
    found, bonds = smiles_graph(text)
    assert found == atoms
    assert sorted(bonds[:, 2].tolist()) == sorted(orders) and bonds.dtype == np.int64 and len(np.unique(bonds[:, :2], axis=0)) == len(bonds)


def test_no_graph_of_what_is_no_molecule():
    with pytest.raises(ValueError, match=r"smiles_graph: 'C1CC': ring 1 is open"):
        smiles_graph("C1CC")


def test_charges_of_sdf():
    atoms = "".join(f"    0.0       0.0       0.0    {e:3} 0  0\n" for e in "CNOO")
    record = "nitromethane\n\n\n  4  3  0  0  0  0  0  0  0  0999 V2000\n" + atoms
    record += "  1  2  1  0\n  2  3  2  0\n  2  4  1  0\nM  CHG  2   2   1   4  -1\nM  END\n$$$$\n"
    (found,) = read_sdf(record.encode(), "x.sdf")
    assert found.elements == list("CNOO") and found.charges.tolist() == [0, 1, 0, -1]
    assert hydrogens(found.elements, found.bonds, found.charges).tolist() == [3, 0, 0, 0]
