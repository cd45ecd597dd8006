"""Declarations of data sets, where their files are looked for, and the stand-ins that every loader gives. Nothing here needs real data."""

from __future__ import annotations

import doctest
import gzip
import hashlib
import importlib
import inspect
import re
import subprocess
import sys

import numpy as np
import pytest
from generated import assert_current

import minigrad as mg
from minigrad import datasets
from minigrad.datasets import SOURCES, DamagedDataError, MissingDataError, Sequences, Series, Table, find, folds, holdout
from minigrad.datasets.source import File, Package, Source
from minigrad.utils.data import DataLoader, TensorDataset

# name, arguments, the sources that it reads
WHOLE = [
    ("photographs", (), ["photographs"]),
    ("breast_cancer", (), ["breast_cancer"]),
    ("german_credit", (), ["german_credit"]),
    ("phishing", (), ["phishing"]),
    ("shuttle", (), ["shuttle"]),
    ("weather", (), ["weather"]),
    ("sunspots", (), ["sunspots"]),
    ("freesolv", (), ["freesolv"]),
    ("polar_surface", (), ["nci"]),
    ("transliteration", (), ["transliteration"]),
    ("verse_pairs", (), ["kjv", "sparv"]),
    *(("verses", (version,), [version]) for version in ("web", "kjv", "sparv")),
    *(("names", (kind,), ["names"]) for kind in ("first", "female", "male", "last")),
    *(("smiles", (kind,), ["nci" if kind == "nci" else "smiles"]) for kind in ("nci", "drugs", "samples")),
]
SPLIT = ["mnist", "fashion_mnist", "satellite", "emoji", "photo_patches", "faces", "nuclei", "brain_slices", "spoken_digits", "vowels"]
SPLIT += ["textures", "solubility", "splice_sites", "gene_families"]
SOURCE_OF = {"photo_patches": "photographs", "brain_slices": "brain"}
LOADERS = WHOLE + [(name, (train,), [SOURCE_OF.get(name, name)]) for name in SPLIT for train in (True, False)]
IDS = ["-".join([name, *map(str, args)]) for name, args, _ in LOADERS]


def parts(data) -> list:
    """What is in a data set, as a list of arrays and strings that can be compared."""
    if isinstance(data, TensorDataset):
        return [tensor.numpy() for tensor in data.tensors]
    if isinstance(data, Table):
        return [data.x, data.y, *data.columns, *data.classes]
    if isinstance(data, Series):
        return [data.time, data.values, *data.columns]
    if isinstance(data, Sequences):
        return [*data.x, data.y, *data.classes]
    if isinstance(data, dict):
        return [part for key, value in data.items() for part in (key, value)]
    if isinstance(data, datasets.Molecule):
        return [data.name, data.smiles, data.atoms, data.bonds, data.charges, data.target]
    if isinstance(data, list | tuple):
        return [part for item in data for part in parts(item)]
    return [data]


def same(a, b) -> bool:
    a, b = parts(a), parts(b)
    return len(a) == len(b) and all(type(x) is type(y) and np.array_equal(x, y) for x, y in zip(a, b))


@pytest.fixture
def nothing_here(tmp_path, monkeypatch):
    """No data anywhere."""
    monkeypatch.delenv("MINIGRAD_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(find, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(find, "in_python", lambda file: [])
    return tmp_path


@pytest.mark.parametrize("name, args, sources", LOADERS, ids=IDS)
def test_stand_ins(nothing_here, name, args, sources):
    """Without any file; the same each time; what is trained on is not what is tested on."""
    load = getattr(datasets, name)
    data = load(*args, synthetic=True)
    assert same(data, load(*args, synthetic=True))
    for part in parts(data):
        assert not isinstance(part, np.ndarray) or (part.size and (part.dtype.kind != "f" or np.isfinite(part).all()))
    if args == (True,):
        assert not same(data, load(False, synthetic=True))
    if isinstance(data, TensorDataset | Table | Sequences):
        assert len(data) <= 200 or name == "photo_patches"


@pytest.mark.parametrize("name, args, sources", LOADERS, ids=IDS)
def test_missing_data_is_told_in_one_line(nothing_here, name, args, sources):
    with pytest.raises(MissingDataError) as error:
        getattr(datasets, name)(*args)
    text = str(error.value)
    assert f"minigrad data fetch {sources[0]}" in text and SOURCES[sources[0]].files[0].package.name in text and "\n" not in text
    assert isinstance(error.value, FileNotFoundError)
    assert not datasets.available(*sources)


def test_every_source_has_a_loader_and_every_loader_is_tested():
    assert {source for _, _, sources in LOADERS for source in sources} == set(SOURCES)
    functions = {name for name in datasets.__all__ if callable(getattr(datasets, name)) and not isinstance(getattr(datasets, name), type)}
    assert {name for name, _, _ in LOADERS} == functions - {
        *("all_digits", "available", "cache_dir", "digits", "folds", "holdout", "read_idx"),
        *("smiles_graph", "smiles_problem", "smiles_tokens"),
    }


def test_all_digits_are_mnist_or_those_of_the_package(nothing_here):
    assert len(datasets.all_digits(True)) == 4000 and len(datasets.all_digits(False)) == 1000
    few, rest = datasets.all_digits(True, synthetic=True), datasets.all_digits(False, synthetic=True)
    assert (len(few), len(rest)) == (300, 100) and few.tensors[1].bincount().min() > 10


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_declarations(source):
    assert source.about and source.licence and source.origin
    for file in source.files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256) and file.size > 0
        assert not file.path.startswith("/") and ".." not in file.path
        assert file.package.version[0].isdigit()
        assert (file.package.kind == "debian") == file.path.startswith("usr/")
        assert all(re.match(r"https?://", url) for url in file.urls)


def test_types_and_classes():
    for name, classes in [("mnist", 10), ("satellite", 6), ("emoji", 8), ("faces", 2), ("splice_sites", 3), ("photo_patches", 10)]:
        inputs, labels = getattr(datasets, name)(True, synthetic=True).tensors
        assert labels.dtype == mg.int64 and set(labels.tolist()) == set(range(classes))
        assert inputs.dtype == (mg.float32 if name == "faces" else mg.uint8)
    for table in (datasets.vowels(True, synthetic=True), datasets.breast_cancer(synthetic=True), datasets.german_credit(synthetic=True)):
        assert table.x.dtype == np.float32 and table.y.dtype == np.int64
        assert table.x.shape == (len(table), len(table.columns)) and set(table.y) == set(range(len(table.classes)))
        assert same(table.rows(np.array([3, 1])), Table(table.x[[3, 1]], table.y[[3, 1]], table.columns, table.classes))
    batch, labels = next(iter(DataLoader(datasets.vowels(True, synthetic=True), batch_size=5)))
    assert batch.shape == (5, 10) and batch.dtype == mg.float32 and labels.dtype == mg.int64
    spoken = datasets.spoken_digits(True, synthetic=True)
    assert spoken[3][0] is spoken.x[3] and spoken[3][1] == spoken.y[3] and len(spoken.rows(np.array([2, 0]))) == 2
    for molecule in datasets.solubility(True, synthetic=True):
        assert (molecule.bonds[:, :2] < len(molecule.atoms)).all() and (molecule.atoms < len(datasets.ELEMENTS)).all()
    image, cells = datasets.nuclei(True, synthetic=True)
    assert image.shape == cells.shape and image.max() <= 1 and cells.max() > 1


def test_a_network_learns_the_stand_in():
    """A linear classifier gets most of what it has not seen right: the two parts are of one kind."""
    train, test = (parts(datasets.fashion_mnist(part, synthetic=True)) for part in (True, False))
    means = np.stack([train[0][train[1] == label].mean(0) for label in range(10)])
    distance = ((test[0][:, None].astype(float) - means) ** 2).sum((2, 3, 4))
    assert (distance.argmin(1) == test[1]).mean() > 0.9


@pytest.mark.parametrize("call", [lambda: datasets.verses("latin"), lambda: datasets.names("middle"), lambda: datasets.smiles("all")])
def test_kinds_that_there_are_not(call):
    with pytest.raises(ValueError, match="expected (version|kind) .*, got '(latin|middle|all)'"):
        call()


# Splits

HELD_OUT = [9, 11, 19, 23, 28]


def test_holdout():
    train, test = holdout(1000)
    assert len(train) == 800 and sorted([*train, *test]) == list(range(1000))
    assert (np.diff(train) > 0).all() and (np.diff(test) > 0).all()
    assert test[:5].tolist() == HELD_OUT  # NumPy keeps the stream of RandomState for ever
    assert len(holdout(10, share=0.5)[1]) == 5 and not np.array_equal(holdout(1000, seed=1)[1], test)
    assert [len(rows) for rows in holdout(0)] == [0, 0]


def test_folds_are_stratified():
    labels = np.repeat([0, 1, 2], [50, 7, 20])
    split = folds(labels, 5)
    assert sorted(np.concatenate([test for _, test in split])) == list(range(77))
    for train, test in split:
        assert not set(train) & set(test) and len(train) + len(test) == 77
        counts = np.bincount(labels[test], minlength=3)
        assert counts[0] == 10 and counts[1] in (1, 2) and counts[2] == 4


# The finder

CONTENT = b"what is in the file" * 10
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A function that declares a source of one file, and forgets it after the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(find, "SYSTEM", tmp_path / "system")
    monkeypatch.delenv("MINIGRAD_DATA", raising=False)
    before = dict(SOURCES)

    def make(kind="pypi", path="a_package_of_the_test/data/words.txt", packed=False, **more) -> Source:
        package = Package(kind, "a-package", "1.0")
        return Source("made", "made in a test", (File(package, path + ".gz" * packed, len(CONTENT), DIGEST, **more),), "none", "the test")

    yield make
    SOURCES.clear()
    SOURCES.update(before)


def put(path, content=CONTENT):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def install(folder, monkeypatch, content=CONTENT):
    """A Python package that must not be imported."""
    put(folder / "a_package_of_the_test" / "__init__.py", b"raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(folder)
    return put(folder / "a_package_of_the_test" / "data" / "words.txt", content)


def place(source, data_dir=None):
    return next(iter(find.candidates(source.files[0], source, data_dir)), (None, None))[0]


def test_order_of_places(made, tmp_path, monkeypatch):
    source = made()
    assert place(source) is None and find.where(source) is None
    put(tmp_path / "cache" / "minigrad" / "made" / "words.txt")
    assert place(source) == find.where(source) == "cache"
    installed = install(tmp_path / "site", monkeypatch)
    assert [found for found, _ in find.candidates(source.files[0], source)] == ["installed", "cache"]
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "mine"))
    assert place(source) == "installed"
    put(tmp_path / "mine" / "words.txt")
    put(tmp_path / "given" / "made" / "words.txt")
    assert [str(path.relative_to(tmp_path)) for _, path in find.candidates(source.files[0], source, tmp_path / "given")] == [
        "given/made/words.txt",
        "mine/words.txt",
        str(installed.relative_to(tmp_path)),
        "cache/minigrad/made/words.txt",
    ]
    assert find.read(source) == {"words.txt": CONTENT}


def test_debian_packages_are_found(made, tmp_path):
    source = made("debian", "usr/share/things/words.txt")
    put(tmp_path / "system" / "usr" / "share" / "things" / "words.txt")
    assert find.where(source) == "system" and find.read(source) == {"words.txt": CONTENT}


@pytest.mark.parametrize("tail", ["words.txt", "data/words.txt", "a_package_of_the_test/data/words.txt", "made/words.txt"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("declared_packed", [False, True])
def test_in_the_users_folder(made, tmp_path, tail, packed, declared_packed):
    source = made(packed=declared_packed)
    put(tmp_path / (tail + ".gz" * packed), gzip.compress(CONTENT) if packed else CONTENT)
    assert find.read(source, tmp_path) == {"words.txt": CONTENT}


@pytest.mark.parametrize(
    "content, text",
    [
        (CONTENT[:-1], "189 bytes, expected 190"),
        (CONTENT + b"x", "more than 190 bytes, expected 190"),
        (b"W" + CONTENT[1:], "SHA-256 .*…, expected .*…"),
        (b"", "0 bytes"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_damaged_files_are_named(made, tmp_path, content, text, packed):
    path = put(tmp_path / ("words.txt" + ".gz" * packed), gzip.compress(content) if packed else content)
    with pytest.raises(DamagedDataError, match=text) as error:
        find.read(made(), tmp_path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:20], lambda b: b[:-8] + bytes(8), lambda b: b"junk", lambda b: b""])
def test_damaged_archives_are_named(made, tmp_path, damage):
    path = put(tmp_path / "words.txt.gz", damage(gzip.compress(CONTENT)))
    with pytest.raises(DamagedDataError, match="damaged gzip file") as error:
        find.read(made(), tmp_path)
    assert str(path) in str(error.value)


def test_no_archive_unpacks_to_more_than_was_declared(made, tmp_path):
    put(tmp_path / "words.txt.gz", gzip.compress(bytes(5_000_000)))
    with pytest.raises(DamagedDataError, match="more than 190 bytes"):
        find.read(made(), tmp_path)


def test_an_installed_package_of_another_version_is_passed_over(made, tmp_path, monkeypatch):
    source = made()
    path = install(tmp_path / "site", monkeypatch, b"of another version")
    with pytest.raises(DamagedDataError, match="of another version") as error:
        find.read(source)
    assert str(path) in str(error.value)
    put(tmp_path / "cache" / "minigrad" / "made" / "words.txt")
    assert find.read(source) == {"words.txt": CONTENT}


def test_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert datasets.cache_dir() == tmp_path / "minigrad"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")  # which the XDG specification says to ignore
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert datasets.cache_dir() == tmp_path / "home" / ".cache" / "minigrad"


def test_names_are_given_once(made):
    made()
    with pytest.raises(ValueError, match="two data sets are called made"):
        made()
    with pytest.raises(DamagedDataError, match=r"shaped: read rows of shape \(3,\), expected \(4,\)"):
        Source("shaped", "", (), "", "", {"rows": (4,)}).check(rows=np.zeros(3))


# The loaders' own reading, on files made here: what is read right has the wrong number of rows, and only that.

MADE = {
    "breast_cancer": (
        {"breast_cancer.csv": b"569,30,malignant,benign\n" + b"1.5," * 30 + b"0\n" + b"2," * 30 + b"1\n"},
        r"x of shape \(2, 30\)",
    ),
    "phishing": ({"phishing.csv": b"a,b,is_phishing\n0.5,1,1\n0,0,0\n"}, r"x of shape \(2, 2\)"),
    "shuttle": ({"shuttle.csv": b"f1,f2,anomaly\r\n50,21,1\r\n"}, r"x of shape \(1, 2\)"),
    "german_credit": (
        {"credit-g.arff": b"@attribute a numeric\n@attribute b {x,y}\n@attribute class {good,bad}\n@data\n1,x,good\n2,y,bad\n3,x,bad\n"},
        r"x of shape \(3, 3\)",
    ),
    "weather": (
        {"seattle-weather.csv": b"date,precipitation,temp_max,temp_min,wind,weather\n2012/01/01,0.0,12.8,5.0,4.7,drizzle\n"},
        r"values of shape \(1, 4\)",
    ),
    "sunspots": ({"sunspots.csv": b'"YEAR","SUNACTIVITY"\n1700,5\n1701,11\n'}, r"table of shape \(2, 2\)"),
    "satellite": ({"satimage.dat": b", ".join([b"7"] * 37) + b"\n" + b", ".join([b"3"] * 37) + b"\n"}, r"patches of shape \(2, 4, 3, 3\)"),
    "vowels": ({"vowel.dat": b"0,0,0" + b",1.5" * 10 + b",3\n" + b"1,0,0" + b",1.5" * 10 + b",3\n"}, r"table of shape \(2, 14\)"),
    "splice_sites": ({"splice.dat": b"A, C, " * 30 + b"EI\n" + b"G, D, " * 30 + b"N\n"}, r"letters of shape \(2, 60\)"),
    "freesolv": ({"freesolv.csv": b'iupac,smiles,expt,calc\n"a,b",CCO,-1,-2\n'}, r"smiles of shape \(1,\)"),
    "smiles": ({"first_5K.smi": b"CCO\t1\nCC\t2\n"}, r"nci of shape \(2,\)"),
    "polar_surface": ({"first_5k.tpsa.csv": b"# made\nCCO,20.2\n"}, r"nci of shape \(1,\)"),
}
MODULES = ["medical", "tables", "series", "images", "speech", "genomes", "molecules"]


@pytest.mark.parametrize("name", MADE)
def test_reading_of_small_files(monkeypatch, name):
    files, text = MADE[name]
    for module in MODULES:
        monkeypatch.setattr(f"minigrad.datasets.{module}.read", lambda source, data_dir=None, only=(): files)
    with pytest.raises(DamagedDataError, match=text):
        getattr(datasets, name)(*((None,) if name in SPLIT else ()))


def test_importing_brings_in_no_reader_of_pictures_and_no_client():
    heavy = {"PIL", "urllib.request", "subprocess", "http.client", "minigrad.datasets.fetch"}
    code = f"import sys, minigrad; before = set(sys.modules); import minigrad.datasets; print(*{heavy} & (set(sys.modules) - before))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split() == []


def test_pillow_is_asked_for(monkeypatch):
    from minigrad.datasets.pictures import pillow

    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"needs Pillow: pip install 'minigrad\[datasets\]'"):
        pillow()


@pytest.mark.parametrize("module", ["images", "medical", "speech", "text", "series", "molecules", "genomes", "split", "formats.sword"])
def test_examples_of_docstrings(module):
    result = doctest.testmod(importlib.import_module(f"minigrad.datasets.{module}"))
    assert result.attempted and not result.failed


def test_the_page_is_current():
    assert_current(
        "data_sets.md", "loaders", "\n".join(["| call | gives |", "| --- | --- |", *map(row, sorted({name for name, _, _ in LOADERS}))])
    )
    assert_current("data_sets.md", "sets", table())


def row(name: str) -> str:
    """A loader in the table: how it is called, without the two arguments that all have, and what its docstring says."""
    function = getattr(datasets, name)
    signature = inspect.signature(function)
    own = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values() if parameter.name not in COMMON]
    assert len(signature.parameters) == len(own) + len(COMMON)
    text = " ".join(inspect.getdoc(function).split("Raises:")[0].split())
    return f"| `{name}{signature.replace(parameters=own, return_annotation=signature.empty)}` | {text} |"


COMMON = ("data_dir", "synthetic")


def table() -> str:
    """The table of docs/data_sets.md."""
    lines = ["| name | what | files | shapes | comes in | licence of the data | made by |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, source in sorted(SOURCES.items()):
        shapes = "; ".join(f"{key} {' x '.join(f'{n:,}' for n in shape)}" for key, shape in source.shapes.items()) or "pairs of strings"
        packages = ", ".join(map(str, source.packages)) + (", or a download" if source.files[0].urls else "")
        much = f"{source.size / 1e6:.1f} MB" if source.size >= 1e5 else f"{source.size / 1e3:.0f} kB"
        lines.append(
            f"| `{name}` | {source.about} | {len(source.files)}, {much} | {shapes} | {packages} | {source.licence} | {source.origin} |"
        )
    return "\n".join(lines)
