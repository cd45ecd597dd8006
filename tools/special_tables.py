"""Write minigrad/ops/_tables.py: Chebyshev coefficients of the special functions, computed with mpmath to 40 digits.

Run it as `python tools/special_tables.py > minigrad/ops/_tables.py`; needs mpmath. Each function is smooth on its interval once its
singular factor is taken out (the logarithm of K0 and Y0, the zeros of lgamma, the exponential of I0), so that the coefficients fall
geometrically; they are cut below 1e-18 of the largest.
"""

from mpmath import airyai, airybi, besseli, besselj, besselk, bessely, cos, digamma, exp, findroot, log, loggamma, mp, mpf, pi, sin, sqrt
from mpmath import erfc as mp_erfc

mp.dps = 40
ROOT = findroot(digamma, mpf("1.4616321449683623"))  # of digamma


def coefficients(f, n=90):
    """Of f on [-1, 1], from its values at Chebyshev's nodes."""
    nodes = [cos(pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    values = [f(t) for t in nodes]
    c = [2 * sum(v * cos(pi * j * (2 * k + 1) / (2 * n)) for k, v in enumerate(values)) / n for j in range(n)]
    c[0] /= 2
    top = max(abs(v) for v in c)
    return c[: 1 + max(j for j, v in enumerate(c) if abs(v) > mpf("1e-18") * top)]


def erfcx(x):
    return exp(x * x) * mp_erfc(x)


def phase(order, x):
    """(P, Q * x / 8) of Hankel's expansion: J = sqrt(2 / (pi x)) (P cos(chi) - Q sin(chi)), Y = the same (P sin(chi) + Q cos(chi))."""
    chi = x - (2 * order + 1) * pi / 4
    j, y, scale = besselj(order, x), bessely(order, x), sqrt(pi * x / 2)
    return scale * (j * cos(chi) + y * sin(chi)), scale * (y * cos(chi) - j * sin(chi)) * x / 8


def above(t, low):
    """x from `low` (t = 1) to infinity (t = -1)."""
    return 2 * low / (t + 1)


def far(t):
    """x from 8 to infinity for t = 128 / x**2 - 1."""
    return sqrt(128 / (t + 1))


def airy(zeta_over):
    """x for zeta = 2 / 3 x**1.5."""
    return (mpf(3) / 2 * zeta_over) ** (mpf(2) / 3)


def airy_tail(t, derivative):
    zeta = AIRY_NEAR * 2 / (t + 1)
    x = airy(zeta)
    return 2 * sqrt(pi) * exp(zeta) * airyai(x, derivative=derivative) * (-(x ** mpf("-0.25")) if derivative else x ** mpf("0.25"))


def airy_phase(t, derivative):
    """(P, Q * zeta) of Ai(-x) = (P cos(chi) + Q sin(chi)) / sqrt(pi) / x**(1/4), chi = zeta - pi / 4; its derivative has x**(1/4)."""
    zeta = AIRY_FAR * sqrt(2 / (t + 1))
    x, chi = airy(zeta), zeta - pi / 4
    a, b = airyai(-x, derivative=derivative), airybi(-x, derivative=derivative)
    scale = sqrt(pi) * x ** (mpf("-0.25") if derivative else mpf("0.25"))
    return scale * (a * cos(chi) - b * sin(chi)), scale * (a * sin(chi) + b * cos(chi))


AIRY_NEAR, AIRY_FAR = mpf(2) / 3 * mpf(2) ** mpf("1.5"), mpf(2) / 3 * mpf(7) ** mpf("1.5")  # zeta of 2 and of 7

TABLES = {
    "ERFCX": ("(1 + 2 x) erfcx(x), t = (x - 3.75) / (x + 3.75)", lambda t: (1 + 2 * 3.75 * (1 + t) / (1 - t)) * erfcx(mpf(3.75) * (1 + t) / (1 - t))),
    "LGAMMA": ("lgamma(x) / ((x - 1) (x - 2)), t = x - 2", lambda t: loggamma(t + 2) / ((t + 1) * t)),
    "DIGAMMA": ("digamma(x) / (x - root), t = 2 x - 3", lambda t: digamma((t + 3) / 2) / ((t + 3) / 2 - ROOT)),
    "I0_SMALL": ("exp(-x) I0(x), t = x / 4 - 1", lambda t: exp(-4 * (t + 1)) * besseli(0, 4 * (t + 1))),
    "I0_LARGE": ("exp(-x) sqrt(x) I0(x), t = 16 / x - 1", lambda t: (lambda x: exp(-x) * sqrt(x) * besseli(0, x))(above(t, 8))),
    "I1_SMALL": ("exp(-x) I1(x) / x, t = x / 4 - 1", lambda t: exp(-4 * (t + 1)) * besseli(1, 4 * (t + 1)) / (4 * (t + 1))),
    "I1_LARGE": ("exp(-x) sqrt(x) I1(x), t = 16 / x - 1", lambda t: (lambda x: exp(-x) * sqrt(x) * besseli(1, x))(above(t, 8))),
    "K0_SMALL": ("K0(x) + log(x / 2) I0(x), t = x**2 / 2 - 1", lambda t: (lambda x: besselk(0, x) + log(x / 2) * besseli(0, x))(sqrt(2 * t + 2))),
    "K0_LARGE": ("exp(x) sqrt(x) K0(x), t = 4 / x - 1", lambda t: (lambda x: exp(x) * sqrt(x) * besselk(0, x))(above(t, 2))),
    "K1_SMALL": ("x (K1(x) - log(x / 2) I1(x)), t = x**2 / 2 - 1", lambda t: (lambda x: x * (besselk(1, x) - log(x / 2) * besseli(1, x)))(sqrt(2 * t + 2))),
    "K1_LARGE": ("exp(x) sqrt(x) K1(x), t = 4 / x - 1", lambda t: (lambda x: exp(x) * sqrt(x) * besselk(1, x))(above(t, 2))),
    "J0_SMALL": ("J0(x), t = x**2 / 32 - 1", lambda t: besselj(0, sqrt(32 * (t + 1)))),
    "J1_SMALL": ("J1(x) / x, t = x**2 / 32 - 1", lambda t: (lambda x: besselj(1, x) / x)(sqrt(32 * (t + 1)))),
    "Y0_SMALL": ("Y0(x) - 2 / pi log(x / 2) J0(x), t = x**2 / 32 - 1",
                 lambda t: (lambda x: bessely(0, x) - 2 / pi * log(x / 2) * besselj(0, x))(sqrt(32 * (t + 1)))),
    "Y1_SMALL": ("(Y1(x) - 2 / pi (log(x / 2) J1(x) - 1 / x)) / x, t = x**2 / 32 - 1",
                 lambda t: (lambda x: (bessely(1, x) - 2 / pi * (log(x / 2) * besselj(1, x) - 1 / x)) / x)(sqrt(32 * (t + 1)))),
    "P0": ("P of order 0, t = 128 / x**2 - 1", lambda t: phase(0, far(t))[0]),
    "Q0": ("Q x / 8 of order 0", lambda t: phase(0, far(t))[1]),
    "P1": ("P of order 1", lambda t: phase(1, far(t))[0]),
    "Q1": ("Q x / 8 of order 1", lambda t: phase(1, far(t))[1]),
    "AIRY_SMALL": ("Ai(x), t = x - 1", lambda t: airyai(t + 1)),
    "AIRY_LARGE": ("2 sqrt(pi) x**(1/4) exp(zeta) Ai(x), t = 2 zeta(2) / zeta - 1", lambda t: airy_tail(t, 0)),
    "AIRY_NEGATIVE": ("Ai(-x), t = 2 x / 7 - 1", lambda t: airyai(-(t + 1) * mpf("3.5"))),
    "AIRY_P": ("P of Ai(-x), t = 2 (zeta(7) / zeta)**2 - 1", lambda t: airy_phase(t, 0)[0]),
    "AIRY_Q": ("Q zeta of Ai(-x)", lambda t: airy_phase(t, 0)[1] * AIRY_FAR * sqrt(2 / (t + 1))),
    "AIRY_PRIME_SMALL": ("Ai'(x), t = x - 1", lambda t: airyai(t + 1, derivative=1)),
    "AIRY_PRIME_LARGE": ("-2 sqrt(pi) x**(-1/4) exp(zeta) Ai'(x), t = 2 zeta(2) / zeta - 1", lambda t: airy_tail(t, 1)),
    "AIRY_PRIME_NEGATIVE": ("Ai'(-x), t = 2 x / 7 - 1", lambda t: airyai(-(t + 1) * mpf("3.5"), derivative=1)),
    "AIRY_PRIME_P": ("P zeta of Ai'(-x), t = 2 (zeta(7) / zeta)**2 - 1", lambda t: airy_phase(t, 1)[0] * AIRY_FAR * sqrt(2 / (t + 1))),
    "AIRY_PRIME_Q": ("Q of Ai'(-x)", lambda t: airy_phase(t, 1)[1]),
}  # fmt: skip


def main():
    print('"""Chebyshev coefficients of special functions; written by tools/special_tables.py, which says how."""\n\n# fmt: off\n')
    high = float(ROOT)
    print("# The root of digamma, in two parts.")
    print(f"DIGAMMA_ROOT = ({high!r}, {float(ROOT - mpf(high))!r})")
    for name, (text, f) in TABLES.items():
        numbers = [repr(float(c)) for c in coefficients(f)]
        rows = [", ".join(numbers[i : i + 5]) for i in range(0, len(numbers), 5)]
        print(f"\n# {text}\n{name} = (\n    " + ",\n    ".join(rows) + ")")


if __name__ == "__main__":
    main()
