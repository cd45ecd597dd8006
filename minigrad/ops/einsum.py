"""Einstein summation: subscripts parsed, a good order of contractions found, every contraction one batched matrix product."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from .. import _core
from .._core import Tensor
from ..errors import ShapeError
from ..registry import ErrorSample, Sample, composite
from .diagonal import diagonal
from .matmul import matmul
from .shape import expand, permute, reshape

__all__ = ["einsum"]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# ---- subscripts ----


@functools.lru_cache(256)
def _parse(equation, ndims):
    """(subscripts of each operand, subscripts of the result), "..." and an implicit result written out."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ShapeError(f"einsum: {equation!r} names {len(terms)} operands, got {len(ndims)}")
    dots = max((n - len(t) + 3 for t, n in zip(terms, ndims, strict=True) if "..." in t), default=0)
    spare = [c for c in _LETTERS if c not in equation]
    if dots > len(spare):
        raise ShapeError(f"einsum: too many subscripts in {equation!r}")
    hidden, full = "".join(spare[: max(dots, 0)]), []
    for term, n in zip(terms, ndims, strict=True):
        if "..." in term:
            covered = n - len(term) + 3
            if covered < 0:
                raise ShapeError(f"einsum: subscripts {term!r} do not fit an operand of {n} dimensions in {equation!r}")
            term = term.replace("...", hidden[len(hidden) - covered :], 1)
        if len(term) != n or not all(c in _LETTERS for c in term):
            raise ShapeError(f"einsum: subscripts {term!r} do not fit an operand of {n} dimensions in {equation!r}")
        full.append(term)
    joined = "".join(full)
    if arrow:
        out = right.replace("...", hidden, 1)
    else:
        out = hidden + "".join(sorted(c for c in set(joined) - set(hidden) if joined.count(c) == 1))
    if any(c not in joined for c in out) or len(set(out)) != len(out):
        raise ShapeError(f"einsum: output subscripts {right!r} are not all among those of the operands, each once, in {equation!r}")
    return tuple(full), out


def _of_sublists(args):
    """The equation of `einsum(x, [0, 1], y, [1, 2], [0, 2])`, and its operands."""
    operands, lists = args[0 : len(args) - len(args) % 2 : 2], args[1::2]
    out = args[-1] if len(args) % 2 else None

    def text(entries):
        for e in entries:
            if e is not Ellipsis and not (isinstance(e, int) and 0 <= e < len(_LETTERS)):
                raise ShapeError(f"einsum: expected subscripts from 0 to {len(_LETTERS) - 1} or '...', got {e!r}")
        return "".join("..." if e is Ellipsis else _LETTERS[e] for e in entries)

    equation = ",".join(map(text, lists))
    return (equation if out is None else f"{equation}->{text(out)}"), operands


def _diagonals(term, x):
    """Repeated subscripts of one operand are its diagonal."""
    for c in dict.fromkeys(term):
        while term.count(c) > 1:
            i = term.index(c)
            j = term.index(c, i + 1)
            if x.shape[i] != x.shape[j]:
                raise ShapeError(f"einsum: subscript {c!r} is repeated for dimensions of sizes {x.shape[i]} and {x.shape[j]}")
            x, term = diagonal(x, 0, i, j), term[:i] + term[i + 1 : j] + term[j + 1 :] + c
    return term, x


# ---- order ----


@functools.lru_cache(256)
def _path(terms, out, sizes):
    """Pairs of operands to contract, one after the other: of what remains, the two go and their product is put last.

    The order that takes the fewest multiplications, by dynamic programming over subsets, for up to 8 operands (3^8 splits); beyond, the
    pair that frees most memory next. sizes: ((subscript, size), ...).
    """
    size = dict(sizes)

    def count(letters):
        return math.prod(size[c] for c in letters)

    def left(mine, others):
        """Subscripts that a product keeps: those needed outside of it."""
        return frozenset(mine) & frozenset(out).union(*others)

    n = len(terms)
    if n <= 2:
        return ((0, 1),) * (n - 1)
    return _greedy([frozenset(t) for t in terms], left, count) if n > 8 else _best(terms, left, count)


def _greedy(parts, left, count):
    path = []
    while len(parts) > 1:
        price: Any = None
        for i in range(len(parts)):
            for j in range(i + 1, len(parts)):
                kept = left(parts[i] | parts[j], parts[:i] + parts[i + 1 : j] + parts[j + 1 :])
                this = count(kept) - count(parts[i]) - count(parts[j]), count(parts[i] | parts[j])
                if price is None or this < price:
                    price, pair, product = this, (i, j), kept
        i, j = pair
        path.append(pair)
        parts = parts[:i] + parts[i + 1 : j] + parts[j + 1 :] + [product]
    return tuple(path)


def _best(terms, left, count):
    """Sets of operands are bits of an integer; the best way to a set is the best split of it into two."""
    n = len(terms)
    everything = (1 << n) - 1

    def members(s):
        return [terms[i] for i in range(n) if s >> i & 1]

    kept = {s: left("".join(members(s)), members(everything ^ s)) for s in range(1, everything + 1)}
    price, split = dict.fromkeys((1 << i for i in range(n)), 0), {}
    for s in sorted(range(1, everything + 1), key=int.bit_count):
        part = (s - 1) & s
        while part > s ^ part:  # every split once
            this = price[part] + price[s ^ part] + count(kept[part] | kept[s ^ part])
            if s not in price or this < price[s]:
                price[s], split[s] = this, part
            part = (part - 1) & s
    order, path = [1 << i for i in range(n)], []

    def walk(s):
        if s in split:
            part, other = split[s], s ^ split[s]
            walk(part)
            walk(other)
            i, j = sorted((order.index(part), order.index(other)))
            path.append((i, j))
            del order[j], order[i]
            order.append(s)

    walk(everything)
    return tuple(path)


# ---- contraction ----


def _summed(term, x, needed):
    """x without the dimensions that nothing else needs."""
    drop = tuple(i for i, c in enumerate(term) if c not in needed)
    return ("".join(c for c in term if c in needed), x.sum(drop)) if drop else (term, x)


def _arranged(term, x, order, sizes):
    """x with its dimensions as `order`, and those of size 1 expanded."""
    if term != order:
        x = permute(x, tuple(term.index(c) for c in order))
    shape = tuple(sizes[c] for c in order)
    return x if x.shape == shape else expand(x, shape)


def _contract(a, x, b, z, needed, sizes):
    """Two operands into one: shared subscripts that are needed later are the batch, the others are summed by a matrix product."""
    a, x = _summed(a, x, needed | set(b))
    b, z = _summed(b, z, needed | set(a))
    batch = "".join(c for c in a if c in b and c in needed)
    inner = "".join(c for c in a if c in b and c not in needed)
    rows, columns = "".join(c for c in a if c not in b), "".join(c for c in b if c not in a)
    if not inner:  # nothing to sum: a product with broadcasting
        x = permute(x, tuple(a.index(c) for c in batch + rows))
        z = permute(z, tuple(b.index(c) for c in batch + columns))
        x = reshape(x, (*x.shape, *(1,) * len(columns)))
        return batch + rows + columns, x * reshape(z, (*z.shape[: len(batch)], *(1,) * len(rows), *z.shape[len(batch) :]))
    x, z = _arranged(a, x, batch + rows + inner, sizes), _arranged(b, z, batch + inner + columns, sizes)

    def size(letters):
        return tuple(sizes[c] for c in letters)

    m, k, n = (math.prod(size(s)) for s in (rows, inner, columns))
    y = matmul(reshape(x, (*size(batch), m, k)), reshape(z, (*size(batch), k, n)))
    return batch + rows + columns, reshape(y, size(batch + rows + columns))


@composite(arrays="operands", where="", dtypes=("float32", "float64", "int64"), samples=lambda r: [
    Sample([r(3, 5), r(5, 4)], equation="ij,jk->ik", id="matmul"), Sample([r(2, 3, 4), r(2, 5, 4)], equation="bqd,bkd->bqk", id="attention"),
    Sample([np.diag(r(3))[:, :3] + r(3, 1)], equation="ii->i", id="diagonal"), Sample([r(3), r(4)], equation="i,j->ij", id="outer"),
    Sample([r(2, 3), r(3, 4), r(4, 2)], equation="ij,jk,kl", id="chain"), Sample([r(1, 2, 3), r(4, 3, 5)], equation="...ij,...jk->...ik", id="dots"),
    Sample([r(2, 3), r(3, 4), r(2, 4), r(4)], equation="ij,jk,ik,k->", id="four"), Sample([r(2, 3, 2)], equation="iji->j", id="trace"),
    Sample([r(2, 0), r(0, 3)], equation="ij,jk->ik", id="empty")],
    errors=[ErrorSample([np.ones((2, 3))], "ijk->i", error=ValueError, match="einsum: subscripts 'ijk' do not fit an operand of 2 dimensions"),
            ErrorSample([np.ones((2, 3))], "ij,jk", error=ValueError, match="names 2 operands, got 1"),
            ErrorSample([np.ones((2, 3))], "ij->ik", error=ValueError, match="output subscripts 'ik' are not all among"),
            ErrorSample([np.ones((2, 3))], "ii->i", error=ValueError, match="subscript 'i' is repeated for dimensions of sizes 2 and 3"),
            ErrorSample([np.ones((2, 3)), np.ones((2, 3))], "ij,jk->ik", error=ValueError, match="subscript 'j' has sizes 3 and 2")])  # fmt: skip
def _einsum(operands, equation):
    """Einstein summation of a list of operands."""
    terms, out = _parse(equation, tuple(x.ndim for x in operands))
    parts = [_diagonals(t, x) if len(set(t)) < len(t) else (t, x) for t, x in zip(terms, operands, strict=True)]
    sizes: dict[str, int] = {}
    for term, x in parts:
        for c, n in zip(term, x.shape, strict=True):
            have = sizes.get(c, 1)
            if have not in (1, n) and n != 1:
                raise ShapeError(f"einsum: subscript {c!r} has sizes {have} and {n} in {equation!r}")
            sizes[c] = n if have == 1 else have
    for i, j in _path(tuple(t for t, _ in parts), out, tuple(sizes.items())):
        (a, x), (b, z) = parts[i], parts[j]
        parts = parts[:i] + parts[i + 1 : j] + parts[j + 1 :]
        parts.append(_contract(a, x, b, z, set(out).union(*(t for t, _ in parts)), sizes))
    term, x = _summed(parts[0][0], parts[0][1], out)
    return permute(x, tuple(term.index(c) for c in out)) if term != out else x


def einsum(*args: Any) -> Tensor:
    """Einstein summation; every product of two operands is one batched matrix product, in the order that takes the fewest operations.

    einsum("ij,jk->ik", x, y), or with lists of integers as subscripts, einsum(x, [0, 1], y, [1, 2], [0, 2]). "..." (in lists: Ellipsis)
    stands for leading dimensions, which broadcast; a subscript that is repeated within an operand is a diagonal; without "->" the result
    has the subscripts that occur once, in alphabetical order. Up to 8 operands are contracted in the best order, more in a greedy one.
    Shapes: as the equation says. Raises ShapeError for subscripts that do not fit.

    >>> mg.einsum("ij,jk->ik", mg.ones(2, 3), mg.ones(3, 4)).shape
    (2, 4)
    """
    if args and not isinstance(args[0], str):
        equation, operands = _of_sublists(args)
    else:
        equation, operands = args[0], args[1:]
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    operands = list(operands)
    if not operands:
        raise ShapeError("einsum: expected at least one operand")
    for x in operands:
        if not isinstance(x, _core.Tensor):
            raise TypeError(f"einsum: expected Tensors, got {type(x).__name__}")
    return _einsum(operands, equation)
