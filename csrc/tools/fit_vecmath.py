"""Find the polynomials of kernels/vecmath*.h: weighted minimax by Remez's exchange, in high precision.

python csrc/tools/fit_vecmath.py          # prints the tables and the error of each; needs mpmath
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import mpmath as mp

mp.mp.dps = 60
Function = Callable[[mp.mpf], mp.mpf]


def round_to(x: mp.mpf, fmt: str) -> mp.mpf:
    """x in the type ("f" or "d") that struct calls `fmt`, to nearest."""
    bits = 24 if fmt == "f" else 53
    with mp.workprec(bits):
        x = +x
    return mp.mpf(struct.unpack(fmt, struct.pack(fmt, float(x)))[0])


def remez(f: Function, weight: Function, powers: list[int], lo: float, hi: float, steps: int = 12) -> tuple[list[mp.mpf], mp.mpf]:
    """Coefficients of `powers` that make the largest |weight * (polynomial - f)| on [lo, hi] least, and that error."""
    n = len(powers)
    lo, hi = mp.mpf(lo), mp.mpf(hi)
    nodes = [(lo + hi) / 2 - (hi - lo) / 2 * mp.cos(mp.pi * (i + mp.mpf(1) / 2) / (n + 1)) for i in range(n + 1)]
    samples = [(lo + hi) / 2 - (hi - lo) / 2 * mp.cos(mp.pi * i / (40 * n)) for i in range(40 * n + 1)]
    table = [(x, f(x), weight(x)) for x in samples]
    for _ in range(steps):
        system = mp.matrix(n + 1, n + 1)
        right = mp.matrix(n + 1, 1)
        for i, x in enumerate(nodes):
            for j, p in enumerate(powers):
                system[i, j] = x**p
            system[i, n] = (-1) ** i / weight(x)
            right[i] = f(x)
        solution = mp.lu_solve(system, right)
        c = [solution[j] for j in range(n)]
        error = [(x, w * (sum(a * x**p for a, p in zip(c, powers, strict=True)) - y)) for x, y, w in table]
        extrema: list[tuple] = []
        for x, e in error:  # the largest of each run of one sign
            if extrema and (e > 0) == (extrema[-1][1] > 0):
                if abs(e) > abs(extrema[-1][1]):
                    extrema[-1] = (x, e)
            else:
                extrema.append((x, e))
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(extrema[0][1]) < abs(extrema[-1][1]) else -1)
        if len(extrema) < n + 1:
            break
        nodes = [x for x, _ in extrema]
    return c, max(abs(e) for _, e in error)


def fit_rounded(f: Function, weight: Function, first: list[mp.mpf], fmt: str, lo: float, hi: float) -> list[mp.mpf]:
    """The coefficients `first` rounded to `fmt` one after the other, lowest power first; each time the others are fitted again (weighted
    least squares at Chebyshev's points), so that the small ones make good what rounding the large ones spoiled."""
    n = len(first)
    points = [(mp.mpf(lo) + hi) / 2 - (mp.mpf(hi) - lo) / 2 * mp.cos(mp.pi * (i + mp.mpf(1) / 2) / (5 * n)) for i in range(5 * n)]
    wanted, weights = [f(x) for x in points], [weight(x) for x in points]
    fixed: list[mp.mpf] = []
    c = list(first)
    for k in range(n):
        if k:
            rows = mp.matrix([[w * x**p for p in range(k, n)] for x, w in zip(points, weights, strict=True)])
            right = mp.matrix(
                [w * (y - sum(a * x**i for i, a in enumerate(fixed))) for x, y, w in zip(points, wanted, weights, strict=True)]
            )
            c = list(mp.lu_solve(rows.T * rows, rows.T * right))
        fixed.append(round_to(c[0], fmt))
    return fixed


def fit(name: str, fmt: str, count: int, f: Function, weight: Function, lo: float, hi: float) -> None:
    """Print `count` coefficients, of powers 0, 1, 2..."""
    exact, error = remez(f, weight, list(range(count)), lo, hi)
    samples = [mp.mpf(lo) + (mp.mpf(hi) - mp.mpf(lo)) * i / 997 for i in range(998)]
    table = [(x, f(x), weight(x)) for x in samples]

    def largest_error(c: list[mp.mpf]) -> mp.mpf:
        return max(abs(w * (sum(a * x**i for i, a in enumerate(c)) - y)) for x, y, w in table)

    choices = [[round_to(a, fmt) for a in exact], fit_rounded(f, weight, exact, fmt, lo, hi)]
    rounded = min(choices, key=largest_error)
    print(f"/* 2^{float(mp.log(largest_error(rounded), 2)):.1f} (2^{float(mp.log(error, 2)):.1f} before rounding the coefficients) */")
    print(f"#define {name} " + ", ".join(literal(a, fmt) for a in rounded) + "\n", flush=True)


def literal(x: mp.mpf, fmt: str) -> str:
    return repr(float(x)) if fmt == "d" else f"{float(x):.9g}f"


def nonzero(g: Function, at_zero: Function) -> Function:
    """g, by its limit near zero where it is 0/0 (with 50 digits, only very near)."""
    return lambda x: at_zero(x) if abs(x) < mp.mpf(10) ** -8 else g(x)


LN2 = mp.log(2)


def all_of(fmt: str) -> None:
    wide = fmt == "d"
    # expm1(r) = r + r^2 P(r); error relative to expm1
    r = float(LN2 / 2 * mp.mpf("1.02"))
    p = nonzero(lambda x: (mp.expm1(x) - x) / x**2, lambda x: mp.mpf(1) / 2 + x / 6)
    fit("EXPM1", fmt, 11 if wide else 6, p, lambda x: abs(x) + mp.mpf(10) ** -3, -r, r)
    if wide:
        # with s = f / (2 + f), z = s^2: log(1 + f) = 2 s + s z P(z)
        p = nonzero(lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z, lambda z: mp.mpf(2) / 3 + 2 * z / 5)
        fit("LOG", fmt, 8, p, lambda z: z / 2 + mp.mpf(10) ** -4, 0, 0.0401)
    else:
        # log(1 + f) = f - f^2/2 + f^3 P(f); error relative to log
        p = nonzero(lambda x: (mp.log1p(x) - x + x * x / 2) / x**3, lambda x: mp.mpf(1) / 3 - x / 4)
        fit("LOG", fmt, 9, p, lambda x: x * x + mp.mpf(10) ** -3, -0.25, 0.5)
    # sin r = r + r^3 S(r^2) to pi/2, tan r likewise to pi/4, asin to 1/2, atan to 1
    fit_odd("SIN", fmt, 8 if wide else 4, mp.sin, -mp.mpf(1) / 6, mp.pi / 2)
    fit_odd("TAN", fmt, 14 if wide else 7, mp.tan, mp.mpf(1) / 3, mp.pi / 4)
    fit_odd("ASIN", fmt, 12 if wide else 5, mp.asin, mp.mpf(1) / 6, mp.mpf(1) / 2)
    fit_odd("ATAN", fmt, 21 if wide else 9, mp.atan, -mp.mpf(1) / 3, mp.mpf(1))
    # sinh x = x + x^3 P(x^2) on [0, 1]
    p = nonzero(lambda z: (mp.sinh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, lambda z: mp.mpf(1) / 6 + z / 120)
    fit("SINH", fmt, 7 if wide else 4, p, lambda z: z + mp.mpf(10) ** -3, 0, 1)
    if wide:
        # erf(x) = x P(x^2 - 2) on [0, 2]
        p = nonzero(
            lambda w: mp.erf(mp.sqrt(w + 2)) / mp.sqrt(w + 2) if w > -2 else 2 / mp.sqrt(mp.pi), lambda w: mp.erf(mp.sqrt(2)) / mp.sqrt(2)
        )
        fit("ERF", fmt, 18, p, lambda w: 1 / p(w), -2, 2)
    else:
        # erf(x) = x + x P(x^2) on [0, 1]
        p = nonzero(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, lambda z: 2 / mp.sqrt(mp.pi) - 1 - 2 * z / (3 * mp.sqrt(mp.pi)))
        fit("ERF", fmt, 8, p, lambda z: mp.mpf(1), 0, 1)
    # erf(x) = 1 - exp(P(x)) beyond
    low, high = (2, 6) if wide else (1, 4)
    fit("ERF_FAR", fmt, 13 if wide else 7, lambda x: mp.log(mp.erfc(x)), lambda x: mp.erfc(x) / mp.erf(x), low, high)
    # erfc(x) = exp(-x^2) d Q(t), d = 1 / (x + k), t = 1 - 2 k d; the k of float32 are such that the first coefficients are nearly floats
    k, far = (mp.mpf("2.5"), mp.mpf(28)) if wide else (mp.mpf("1.6328125"), mp.mpf("10.6"))
    tail = tail_of(mp.erfc, k, 1)
    fit("ERFC", fmt, 25 if wide else 11, tail, lambda t: 1 / tail(t), -1, float((far - k) / (far + k)))
    # Phi(-x) = exp(-x^2 / 2) d Q(t)
    k, far = (mp.mpf("2.5") * mp.sqrt(2), mp.mpf(39)) if wide else (mp.mpf("2.6953125"), mp.mpf(15))
    normal = tail_of(lambda x: mp.erfc(x / mp.sqrt(2)) / 2, k, mp.mpf(1) / 2)
    fit("NORMAL", fmt, 25 if wide else 11, normal, lambda t: 1 / normal(t), -1, float((far - k) / (far + k)))
    if not wide:
        # Phi(-a) 2^((rate a + shift)^2) = P(a - middle), near zero and far from it
        def phi(rate: float, shift: float, middle: float) -> Function:
            return lambda t: mp.erfc((t + middle) / mp.sqrt(2)) / 2 * 2 ** ((rate * (t + middle) + shift) ** 2)

        for p, low, high in ((phi(0.7568359375, 0.90625, 1.375), -1.375, 3.125), (phi(0.838134765625, 0.3125, 7.125), -2.625, 7.175)):
            fit("GELU", fmt, 12, p, lambda t, p=p: 1 / p(t), low, high)
        # 2^r = 1 + r P(r)
        p = nonzero(lambda r: (mp.mpf(2) ** r - 1) / r, lambda r: LN2 + LN2**2 / 2 * r)
        fit("HALF_POWER", fmt, 6, p, lambda r: abs(r) * mp.mpf(2) ** -r + mp.mpf(10) ** -4, -0.5001, 0.5001)


def fit_odd(name: str, fmt: str, count: int, f: Function, third: mp.mpf, top: mp.mpf) -> None:
    """f(x) = x + x^3 P(x^2) up to `top`; `third` is P(0)."""
    ratio = nonzero(lambda z: f(mp.sqrt(z)) / mp.sqrt(z), lambda z: 1 + third * z)
    p = nonzero(lambda z: (ratio(z) - 1) / z, lambda z: third)
    fit(name, fmt, count, p, lambda z: (z + mp.mpf(10) ** -3) / ratio(z), 0, float(top**2 * mp.mpf("1.0005")) if top != 1 else 1.0)


def tail_of(f: Function, k: mp.mpf, rate: mp.mpf | int) -> Function:
    """f(x) exp(rate x^2) (x + k) as a function of t = (x - k) / (x + k)."""

    def tail(t: mp.mpf) -> mp.mpf:
        x = k * (1 + t) / (1 - t)
        return mp.exp(rate * x * x) * f(x) * (x + k)

    return tail


if __name__ == "__main__":
    for fmt in "fd":
        print({"f": "float", "d": "double"}[fmt])
        all_of(fmt)
