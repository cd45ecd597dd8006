"""Orthogonal polynomials, by their recurrences. Made of ops, so that gradients of every order come by themselves."""

from __future__ import annotations

from .. import _core
from ..registry import Sample, composite
from .elementwise import _choose, eq


def _family(name, title, first, step, example):
    """Declare the polynomials p: p(0) = 1, p(1) = first(x), p(k + 1) = step(k, x, p(k), p(k - 1))."""

    def function(input, n):
        orders = n.numpy(force=True) if isinstance(n, _core.Tensor) else None
        highest = int(n) if orders is None else int(orders.max(initial=-1))
        if not isinstance(input, _core.Tensor):
            input = _core.full_of((), float(input), _core.get_default_dtype())
        elif not input.is_floating_point():
            input = input.to(_core.get_default_dtype())
        last, value = input * 0, input * 0 + 1  # of order -1 and 0; NaN stays
        result = last if orders is None and highest < 0 else value
        if orders is not None:
            result = _choose(eq(n, 0), value, last)
        for k in range(highest):
            last, value = value, first(input) if k == 0 else step(k, input, value, last)
            result = value if orders is None else _choose(eq(n, k + 1), value, result)
        return result

    function.__name__ = f"special_{name}"
    function.__module__ = __name__
    function.__doc__ = f"""{title} of degree `n`, a number or an integer tensor; 0 for negative degrees.

    Shapes: any that broadcast. Dtypes: floats; integers are converted. Costs n steps.
    >>> mg.special.{name}(mg.tensor([0.5, 2.0]), 2)
    {example}
    """
    return composite(where="special", samples=lambda r: [
        Sample(r(3, 4), n=4, id="number"), Sample(r(3, 4), n=r.ints(-1, 5, 4), id="tensor"), Sample(r(), n=0, id="constant"), Sample(r(2, 0), n=1, id="empty"),
    ])(function)  # fmt: skip


def _chebyshev(k, x, p, q):
    return 2 * x * p - q


def _shifted(first):
    return lambda x: first(2 * x - 1)


def _shifted_chebyshev(k, x, p, q):
    return (4 * x - 2) * p - q


CHEBYSHEV = {"t": ("first", lambda x: x, "tensor([-0.5000,  7.0000])", "tensor([-1., 17.])"),
             "u": ("second", lambda x: 2 * x, "tensor([ 0., 15.])", "tensor([-1., 35.])"),
             "v": ("third", lambda x: 2 * x - 1, "tensor([-1., 11.])", "tensor([-1., 29.])"),
             "w": ("fourth", lambda x: 2 * x + 1, "tensor([ 1., 19.])", "tensor([-1., 41.])")}  # fmt: skip

for _kind, (_word, _first, _example, _shifted_example) in CHEBYSHEV.items():
    _family(f"chebyshev_polynomial_{_kind}", f"Chebyshev's polynomial of the {_word} kind", _first, _chebyshev, _example)
    _family(f"shifted_chebyshev_polynomial_{_kind}", f"Chebyshev's polynomial of the {_word} kind, of 2 * input - 1,", _shifted(_first),
            _shifted_chebyshev, _shifted_example)  # fmt: skip

special_hermite_polynomial_h = _family("hermite_polynomial_h", "Hermite's polynomial, as physicists have it,", lambda x: 2 * x,
                                       lambda k, x, p, q: 2 * (x * p - k * q), "tensor([-1., 14.])")  # fmt: skip
special_hermite_polynomial_he = _family("hermite_polynomial_he", "Hermite's polynomial, as statisticians have it,", lambda x: x,
                                        lambda k, x, p, q: x * p - k * q, "tensor([-0.7500,  3.0000])")  # fmt: skip
special_laguerre_polynomial_l = _family("laguerre_polynomial_l", "Laguerre's polynomial", lambda x: 1 - x,
                                        lambda k, x, p, q: ((2 * k + 1 - x) * p - k * q) / (k + 1), "tensor([ 0.1250, -1.0000])")  # fmt: skip
special_legendre_polynomial_p = _family("legendre_polynomial_p", "Legendre's polynomial", lambda x: x,
                                        lambda k, x, p, q: ((2 * k + 1) * x * p - k * q) / (k + 1), "tensor([-0.1250,  5.5000])")  # fmt: skip
