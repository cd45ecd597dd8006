"""zText, the format of the SWORD project: the verses of a Bible in compressed blocks, marked up in OSIS.

Three files a testament. bzs: for each block its place and size in bzz, and its size unpacked; bzz: the blocks, by zlib; bzv: for each
place in the canon its block, and start and length there. The places are those of all verses, and one before each chapter and book."""

from __future__ import annotations

import html
import re
import zlib
from dataclasses import dataclass

import numpy as np

from minigrad.datasets.source import DamagedDataError

VERSES = np.dtype([("block", "<u4"), ("start", "<u4"), ("length", "<u2")])
# sID: where it starts; at its end stands an eID.
BOOK = re.compile(r'<div (?=[^>]*type="book")(?=[^>]*\bsID=)[^>]*osisID="([^"]+)"')
CHAPTER = re.compile(r'<chapter (?=[^>]*\bsID=)[^>]*osisID="([^".]+)\.(\d+)"')
# What follows the end of a book, in its last verse, is an appendix.
ENDS = re.compile(r'<div (?=[^>]*type="book")[^>]*\beID=')
# What is no text of the verse. Titles hold headings, notes the footnotes.
DROPPED = re.compile(r"<(note|title)\b[^>]*(?:/>|>.*?</\1>)", re.DOTALL)
BREAKS = re.compile(r"</?(?:div|l|lg|lb|p|milestone|chapter|verse)\b[^>]*>")
TAG = re.compile(r"<[^>]*>")
BEFORE_MARK = re.compile(r"\s+(?=[,.;:?!’”)\]])")


@dataclass(frozen=True)
class Place:
    """A verse, or an empty one where a translation leaves it out: `text` is then ''."""

    book: str
    chapter: int
    verse: int
    text: str


def read_testament(bzs: bytes, bzv: bytes, bzz: bytes, name: str) -> list[Place | None]:
    """All places of a testament, in order; None where there is no verse, before a chapter or book."""
    if len(bzs) % 12 or len(bzv) % VERSES.itemsize:
        raise DamagedDataError(f"{name}: bzs or bzv is cut short")
    blocks = []
    for number, (start, size, unpacked) in enumerate(np.frombuffer(bzs, "<u4").reshape(-1, 3).tolist()):
        try:
            machine = zlib.decompressobj()
            block = machine.decompress(bzz[start : start + size], unpacked + 1)
        except zlib.error as error:
            raise DamagedDataError(f"{name}: block {number} is damaged: {error}") from error
        if len(block) != unpacked or not machine.eof:
            raise DamagedDataError(f"{name}: block {number} is cut short or too long: {len(block):,} bytes, expected {unpacked:,}")
        blocks.append(block)
    places: list[Place | None] = []
    book, chapter, verse = "", 0, 0
    for block, start, length in np.frombuffer(bzv, VERSES).tolist():
        if length and (block >= len(blocks) or start + length > len(blocks[block])):
            raise DamagedDataError(f"{name}: place {len(places)} lies outside its block")
        text = blocks[block][start : start + length].decode("utf-8", "replace") if length else ""
        heads = [*BOOK.finditer(text)], [*CHAPTER.finditer(text)]
        if heads[0]:
            book, chapter = heads[0][-1][1], 0
        if heads[1]:
            # It knows its book better than what stands before: lengths have 16 bits, and a long place is cut short of the next book.
            book, chapter, verse = heads[1][-1][1], int(heads[1][-1][2]), 0
        if heads[0] or heads[1] or not book or not chapter:
            places.append(None)
            continue
        verse += 1
        end = ENDS.search(text)
        places.append(Place(book, chapter, verse, plain(text[: end.start()] if end else text)))
    return places


def plain(text: str) -> str:
    """The words of a verse without its markup.

    >>> from minigrad.datasets.formats.sword import plain
    >>> plain('In <w lemma="x">God</w><note>1:1 Elohim</note><w>created</w> <title>x</title>light &amp; life<lb/>. ')
    'In God created light & life.'
    """
    text = TAG.sub("", BREAKS.sub(" ", DROPPED.sub(" ", text)))
    return BEFORE_MARK.sub("", " ".join(html.unescape(text).replace("¶", "").split()))
