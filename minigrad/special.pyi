# Written from the registry by tools/stubs.py.
import builtins
from collections import abc
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, overload
from minigrad import _core
from minigrad._core import Operand, Tensor as Tensor, dtype as DType

_int: TypeAlias = builtins.int
_float: TypeAlias = builtins.float
_bool: TypeAlias = builtins.bool
_complex: TypeAlias = builtins.complex

def airy_ai(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Airy's function Ai, the solution of y'' = x * y that vanishes for large x."""
def bessel_j0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Bessel function of the first kind, order 0."""
def bessel_j1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Bessel function of the first kind, order 1."""
def bessel_y0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Bessel function of the second kind, order 0; -inf at 0, NaN below."""
def bessel_y1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Bessel function of the second kind, order 1; -inf at 0, NaN below."""
def chebyshev_polynomial_t(input: Tensor, n: _int | Tensor) -> Tensor:
    """Chebyshev's polynomial of the first kind of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def chebyshev_polynomial_u(input: Tensor, n: _int | Tensor) -> Tensor:
    """Chebyshev's polynomial of the second kind of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def chebyshev_polynomial_v(input: Tensor, n: _int | Tensor) -> Tensor:
    """Chebyshev's polynomial of the third kind of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def chebyshev_polynomial_w(input: Tensor, n: _int | Tensor) -> Tensor:
    """Chebyshev's polynomial of the fourth kind of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def digamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Derivative of lgamma; -inf at 0, NaN at -1, -2..."""
def entr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-input * log(input): 0 at 0, -inf below."""
def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Error function."""
def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 - erf(input), exact in the tail."""
def erfcx(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(input**2) * erfc(input), which does not underflow."""
def erfinv(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number whose error function is `input`; infinite at -1 and 1, NaN beyond."""
def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """2 to the power of input."""
def expit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / (1 + exp(-input))."""
def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(input) - 1, exact near 0."""
def gammainc(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """The regularised lower incomplete gamma function P(a=input, x=other); no gradient with respect to input."""
def gammaincc(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """The regularised upper incomplete gamma function Q = 1 - P, exact in its tail; no gradient with respect to input."""
def gammaln(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of the absolute value of the gamma function; inf at 0, -1, -2..."""
def hermite_polynomial_h(input: Tensor, n: _int | Tensor) -> Tensor:
    """Hermite's polynomial, as physicists have it, of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def hermite_polynomial_he(input: Tensor, n: _int | Tensor) -> Tensor:
    """Hermite's polynomial, as statisticians have it, of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Modified Bessel function of the first kind, order 0."""
def i0e(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(-|input|) * i0(input)."""
def i1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Modified Bessel function of the first kind, order 1."""
def i1e(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(-|input|) * i1(input)."""
def laguerre_polynomial_l(input: Tensor, n: _int | Tensor) -> Tensor:
    """Laguerre's polynomial of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def legendre_polynomial_p(input: Tensor, n: _int | Tensor) -> Tensor:
    """Legendre's polynomial of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log(1 + input), exact near 0."""
def log_ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of the distribution function of the standard normal distribution, exact in the lower tail."""
def log_softmax(input: Tensor, dim: _int | None = None, dtype: DType | None = None, *, axis: _int | None = ...) -> Tensor:
    """log(softmax(input)) over `dim`, exact where softmax underflows. `dtype` casts first."""
def logit(input: Tensor, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """log(p / (1 - p)), the inverse of sigmoid; NaN outside [0, 1], to which `eps` clamps: [eps, 1 - eps]."""
def logsumexp(input: Tensor, dim: _int | Sequence[_int], keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """log(sum(exp(input))) without overflow; of no elements, -inf."""
def modified_bessel_i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as i0."""
def modified_bessel_i1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as i1."""
def modified_bessel_k0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Modified Bessel function of the second kind, order 0; infinite at 0, NaN below."""
def modified_bessel_k1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Modified Bessel function of the second kind, order 1; infinite at 0, NaN below."""
def multigammaln(input: Tensor, p: _int) -> Tensor:
    """Logarithm of the multivariate gamma function of dimension p: p (p - 1) / 4 * log(pi) + the sum over j < p of lgamma(input - j / 2)."""
def ndtr(input: Tensor) -> Tensor:
    """Distribution function of the standard normal distribution."""
def ndtri(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The quantile of the standard normal distribution: where its distribution function is `input`."""
def polygamma(n: Tensor, input: Tensor) -> Tensor:
    """The n-th derivative of digamma; as a method, `x.polygamma(n)`."""
def psi(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Derivative of lgamma; -inf at 0, NaN at -1, -2..."""
def round(input: Tensor, *, decimals: _int = 0) -> Tensor:
    """Nearest multiple of 10 ** -decimals, halves to even."""
def scaled_modified_bessel_k0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(input) * modified_bessel_k0(input)."""
def scaled_modified_bessel_k1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(input) * modified_bessel_k1(input)."""
def shifted_chebyshev_polynomial_t(input: Tensor, n: _int | Tensor) -> Tensor:
    """Chebyshev's polynomial of the first kind, of 2 * input - 1, of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def shifted_chebyshev_polynomial_u(input: Tensor, n: _int | Tensor) -> Tensor:
    """Chebyshev's polynomial of the second kind, of 2 * input - 1, of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def shifted_chebyshev_polynomial_v(input: Tensor, n: _int | Tensor) -> Tensor:
    """Chebyshev's polynomial of the third kind, of 2 * input - 1, of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def shifted_chebyshev_polynomial_w(input: Tensor, n: _int | Tensor) -> Tensor:
    """Chebyshev's polynomial of the fourth kind, of 2 * input - 1, of degree `n`, a number or an integer tensor; 0 for negative degrees."""
def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """sin(pi * input) / (pi * input), and 1 at 0."""
def softmax(input: Tensor, dim: _int | None = None, dtype: DType | None = None, *, axis: _int | None = ...) -> Tensor:
    """exp(input) / sum(exp(input)) over `dim`, without overflow. `dtype` casts first."""
def spherical_bessel_j0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Spherical Bessel function of the first kind, order 0: sin(input) / input, 1 at 0."""
def xlog1py(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """input * log(1 + other), which is 0 where input is 0, unless other is NaN."""
def xlogy(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """input * log(other), which is 0 where input is 0, unless other is NaN."""
def zeta(input: Tensor, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """Hurwitz's zeta function, the sum over k >= 0 of (other + k) ** -input; no gradient with respect to input."""
