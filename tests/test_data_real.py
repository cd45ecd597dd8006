"""Every loader on its real data. `make data` fetches it and runs these; elsewhere they are not chosen, for the data is not here.

What is compared was counted when the loaders were written, by other means where there were some (the packages' own documentation)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from minigrad import datasets as d

pytestmark = pytest.mark.data


def counts(dataset) -> list[int]:
    labels = dataset.tensors[1].numpy() if hasattr(dataset, "tensors") else dataset.y
    return np.bincount(labels).tolist()


def both(load, *args) -> tuple:
    return load(True, *args), load(False, *args)


def assert_disjoint(train, test, shared: int = 0) -> None:
    """No sample is in both parts, but for what the set itself repeats."""
    keys = [{array.tobytes() for array in (part.tensors[0].numpy() if hasattr(part, "tensors") else part.x)} for part in (train, test)]
    assert len(keys[0] & keys[1]) == shared


def test_mnist():
    train, test = both(d.mnist)
    assert counts(train) == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert counts(test) == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert train.tensors[0].shape == (60_000, 1, 28, 28) and train.tensors[1][:5].tolist() == [5, 0, 4, 1, 9]


def test_fashion_mnist():
    train, test = both(d.fashion_mnist)
    assert counts(train) == [6000] * 10 and counts(test) == [1000] * 10
    assert [d.FASHION_CLASSES[i] for i in test.tensors[1][:4].tolist()] == ["ankle boot", "pullover", "trousers", "trousers"]


def test_satellite():
    assert counts(d.satellite(None)) == [1533, 703, 1358, 626, 707, 1508]
    assert [len(part) for part in both(d.satellite)] == [5148, 1287]


def test_emoji():
    train, test = both(d.emoji)
    assert [len(train), len(test)] == [1098, 274] and train.tensors[0].shape[1:] == (3, 32, 32)
    assert np.add(counts(train), counts(test)).tolist() == [160, 156, 148, 133, 218, 85, 261, 211]
    first = d.emoji(None).tensors[0].numpy()[0]  # a grinning face: yellow in the middle, white in the corners
    red, green, blue = first[:, 12, 6].astype(int)
    assert red > 200 and green > 150 and blue < 120 and (first[:, 0, 0] == 255).all()


def test_photographs():
    shapes = {name: picture.shape for name, picture in d.photographs().items()}
    assert shapes["astronaut"] == (512, 512, 3) and shapes["china"] == (427, 640, 3) and shapes["retina"] == (1411, 1411, 3)
    assert [len(part) for part in both(d.photo_patches)] == [2785, 1840]
    assert counts(d.photo_patches(True)) == [144, 72, 156, 132, 156, 486, 144, 195, 1144, 156]
    assert [round(float(texture.mean())) for texture in d.textures(None)] == [111, 127, 118]
    assert [part.shape for part in both(d.textures)] == [(3, 512, 330), (3, 512, 182)]


def test_faces():
    assert [counts(part) for part in both(d.faces)] == [[80, 80], [20, 20]]
    assert_disjoint(*both(d.faces))


def test_nuclei():
    (left, left_cells), (right, right_cells) = both(d.nuclei)
    assert left.shape == right_cells.shape == (512, 256) and max(left.max(), right.max()) == 1
    assert len(np.unique(np.hstack([left_cells, right_cells]))) == 126  # 125 nuclei, and none
    assert left[left_cells > 0].mean() > 2.5 * left[left_cells == 0].mean()


def test_brain():
    train, test = both(d.brain_slices)
    assert train.tensors[0].shape == (96, 1, 104, 120) and test.tensors[1].shape == (24, 104, 120)
    images, tissue = (tensor.numpy() for tensor in train.tensors)
    levels = [images[:, 0][tissue == kind].mean() for kind in range(3)]
    assert levels[0] < levels[1] < levels[2]  # in T1 white matter is the brightest
    assert [round(float((tissue == kind).mean()), 2) for kind in range(3)] == [0.73, 0.17, 0.1]


def test_tables():
    cancer, credit, phishing, shuttle = d.breast_cancer(), d.german_credit(), d.phishing(), d.shuttle()
    assert [counts(table) for table in (cancer, credit, phishing, shuttle)] == [[357, 212], [700, 300], [702, 548], [45_586, 3511]]
    assert cancer.x[0, :3].tolist() == pytest.approx([17.99, 10.38, 122.8]) and cancer.classes[cancer.y[0]] == "malignant"
    duration = credit.x[:, credit.columns.index("duration")]
    assert duration[:2].tolist() == [6, 48] and credit.x[0, credit.columns.index("checking_status <0")] == 1
    assert (credit.x[:, :4].sum(1) == 1).all() and phishing.columns[0] == "empty_server_form_handler"


def test_speech():
    spoken = d.spoken_digits(None)
    assert counts(spoken) == [300] * 10 and spoken.x[0].shape[1] == 13
    assert (min(map(len, spoken.x)), max(map(len, spoken.x)), sum(map(len, spoken.x))) == (6, 92, 53_999)
    assert [len(part) for part in both(d.spoken_digits)] == [2400, 600]
    assert [counts(part) for part in both(d.vowels)] == [[48] * 11, [42] * 11]
    assert_disjoint(*both(d.vowels))


@pytest.mark.parametrize(
    "version, count, books, last",
    [
        ("kjv", 31_102, 66, "The grace of our Lord Jesus Christ be with you all. Amen."),
        ("sparv", 31_084, 66, "La gracia de nuestro Señor Jesucristo sea con todos vosotros. Amén."),
        ("web", 37_458, 80, "The grace of the Lord Jesus Christ be with all the saints. Amen."),
    ],
)
def test_verses(version, count, books, last):
    verses = d.verses(version)
    assert len(verses) == count and len({verse.book for verse in verses}) == books and verses[-1].text == last
    assert len({(verse.book, verse.chapter, verse.verse) for verse in verses}) == count
    letters = set("".join(verse.text for verse in verses))
    assert not letters & set("<>&¶0123456789") and not any("  " in verse.text for verse in verses)
    if version == "kjv":
        assert sum(verse.book == "Ps" for verse in verses) == 2461
        assert next(v.text for v in verses if (v.book, v.chapter, v.verse) == ("John", 11, 35)) == "Jesus wept."


def test_verse_pairs():
    pairs = d.verse_pairs()
    assert len(pairs) == 31_084
    assert all((a.book, a.chapter, a.verse) == (b.book, b.chapter, b.verse) for a, b in pairs)
    words = [max(len(a.text.split()), len(b.text.split())) for a, b in pairs]
    assert (sum(n <= 20 for n in words), sum(n <= 12 for n in words)) == (11_739, 2346)


def test_names_and_places():
    assert [len(d.names(kind)) for kind in ("first", "female", "male", "last")] == [5163, 4275, 1219, 88_799]
    assert all(name.isascii() and name.isalpha() and name.islower() for name in d.names("last"))
    pairs = dict(d.transliteration())
    assert len(pairs) == 14_641 and pairs["Brazil"] == "Бразилія"


def test_series():
    weather, sunspots = d.weather(), d.sunspots()
    assert weather.values[0].tolist() == pytest.approx([0.0, 12.8, 5.0, 4.7]) and (np.diff(weather.time) == np.timedelta64(1, "D")).all()
    high = weather.values[:, 1]
    error = np.abs(np.diff(high))[weather.time[1:] >= np.datetime64("2015")].mean()
    assert error == pytest.approx(2.24, abs=0.01)  # persistence
    assert (np.diff(sunspots.time) == 1).all() and sunspots.values.max() == pytest.approx(190.2)
    assert np.abs(np.diff(sunspots.values[:, 0]))[sunspots.time[1:] >= 1920].mean() == pytest.approx(23.3, abs=0.1)


def test_molecules():
    train, test = both(d.solubility)
    molecules = train + test
    target = np.array([molecule.target for molecule in molecules])
    assert target.mean() == pytest.approx(-2.73, abs=0.03) and target.std() == pytest.approx(2.04, abs=0.01)
    assert max(len(molecule.atoms) for molecule in molecules) == 47
    elements = Counter(d.ELEMENTS[i] for molecule in molecules for i in molecule.atoms)
    assert elements["C"] == 12_501 and elements["Sn"] == 1 and set(elements) == set(d.ELEMENTS)
    strings, measured, computed = d.freesolv()
    assert len(strings) == 642 and max(map(len, strings)) == 82 and measured.std() == pytest.approx(3.84, abs=0.01)
    assert np.corrcoef(measured, computed)[0, 1] > 0.9
    assert [len(d.smiles(kind)) for kind in ("nci", "drugs", "samples")] == [4999, 1935, 2000]
    strings, area = d.polar_surface()
    assert strings[0] == d.smiles("nci")[0] and area[0] == pytest.approx(34.14)


def test_genomes():
    sites = d.splice_sites(None)
    assert counts(sites) == [767, 768, 1655]
    letters, labels = (tensor.numpy() for tensor in sites.tensors)
    borders = ["".join("ACGTN"[i] for i in row[30:32]) for row in letters[labels == 0]]
    assert borders.count("GT") > 0.95 * len(borders)  # an intron begins with GT
    genes = d.gene_families(None)
    assert counts(genes) == [531, 534, 349, 672, 711, 240, 1343]
    assert (min(map(len, genes.x)), max(map(len, genes.x))) == (5, 18_921)
    assert [len(part) for part in both(d.gene_families)] == [3504, 876]
    starts = Counter("".join("ACGTN"[i] for i in gene[:3]) for gene in genes.x)
    assert starts.most_common(1)[0][0] == "ATG"
