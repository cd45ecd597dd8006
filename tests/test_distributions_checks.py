"""What distributions refuse, and how they say it; their examples; distributions that others write; vmap."""

from __future__ import annotations

import copy
import doctest
import importlib
import pickle
import pkgutil
import re
import subprocess
import sys

import numpy as np
import pytest
from generated import assert_current

import minigrad as mg
import minigrad.distributions as D
from tests.distribution_cases import ABSTRACT, CASES, parameters
from tests.test_distributions import made

t = mg.tensor
ERRORS = [
    (lambda: D.Normal(0.0, t([1.0, -2.0])), r"Normal: expected parameter scale to satisfy the constraint GreaterThan\(lower_bound=0.0\), got a tensor of shape \(2,\) with invalid values: -2.0"),
    (lambda: D.Normal(mg.nan, 1.0), "Normal: expected parameter loc to satisfy the constraint Real"),
    (lambda: D.Uniform(1.0, 1.0), "Uniform: expected parameter low to satisfy the constraint LessThan"),
    (lambda: D.LogNormal(0.0, -1.0), "LogNormal: expected parameter scale"),
    (lambda: D.HalfNormal(0.0), "HalfNormal: expected parameter scale"),
    (lambda: D.Pareto(1.0, -1.0), "Pareto: expected parameter alpha"),
    (lambda: D.Weibull(1.0, -1.0), "Weibull: expected parameter concentration"),
    (lambda: D.Gumbel(1.0, -1.0), "Gumbel: expected parameter scale"),
    (lambda: D.Chi2(-1.0), "Chi2: expected parameter df"),
    (lambda: D.InverseGamma(-1.0, 1.0), "InverseGamma: expected parameter concentration"),
    (lambda: D.Kumaraswamy(-1.0, 1.0), "Kumaraswamy: expected parameter concentration1"),
    (lambda: D.LogisticNormal(mg.zeros(2), -mg.ones(2)), "LogisticNormal: expected parameter scale"),
    (lambda: D.StudentT(-1.0), "StudentT: expected parameter df"),
    (lambda: D.Geometric(t([0.5, 0.0])), "Geometric: expected parameter probs to be positive, got 0.0"),
    (lambda: D.Bernoulli(1.5), r"Bernoulli: expected parameter probs to satisfy the constraint Interval\(lower_bound=0.0, upper_bound=1.0\)"),
    (lambda: D.Bernoulli(), "Bernoulli: expected either probs or logits, got neither"),
    (lambda: D.Bernoulli(0.5, 0.5), "Bernoulli: expected either probs or logits, got both"),
    (lambda: D.OneHotCategorical(), "OneHotCategorical: expected either probs or logits, got neither"),
    (lambda: D.OneHotCategorical(t([-1.0, 2.0])), r"OneHotCategorical: expected parameter probs to satisfy the constraint Simplex\(\)"),
    (lambda: D.RelaxedOneHotCategorical(1.0, t([-1.0, 2.0])), "RelaxedOneHotCategorical: expected parameter probs"),
    (lambda: D.RelaxedBernoulli(1.0, 2.0), "RelaxedBernoulli: expected parameter probs"),
    (lambda: D.Categorical(t(0.5)), "Categorical: expected probs of at least one dimension, got a 0-d tensor"),
    (lambda: D.Categorical(t([0.5, -0.5, 1.0])), r"Categorical: expected parameter probs .* invalid values: \[0.5, -0.5, 1.0\]"),
    (lambda: D.Binomial(-1, 0.5), "Binomial: expected parameter total_count"),
    (lambda: D.Dirichlet(t(1.0)), "Dirichlet: expected a concentration of at least one dimension"),
    (lambda: D.Dirichlet(t([1.0, 0.0])), r"Dirichlet: expected parameter concentration to satisfy the constraint IndependentConstraint\(GreaterThan"),
    (lambda: D.MultivariateNormal(t(0.0), mg.eye(2)), "MultivariateNormal: expected loc of at least one dimension"),
    (lambda: D.MultivariateNormal(mg.zeros(2)), "expected exactly one of covariance_matrix, precision_matrix, scale_tril, got none"),
    (lambda: D.MultivariateNormal(mg.zeros(2), mg.eye(2), mg.eye(2)), "got covariance_matrix, precision_matrix"),
    (lambda: D.MultivariateNormal(mg.zeros(2), mg.ones(2)), r"expected covariance_matrix of at least two dimensions, got shape \(2,\)"),
    (lambda: D.MultivariateNormal(mg.zeros(2), mg.ones(2, 2)), "MultivariateNormal: expected parameter covariance_matrix .* PositiveDefinite"),
    (lambda: D.MultivariateNormal(mg.zeros(2), scale_tril=mg.ones(2, 2)), "expected parameter scale_tril .* LowerCholesky"),
    (lambda: D.LowRankMultivariateNormal(mg.zeros(2), mg.ones(3, 1), mg.ones(2)), r"expected cov_factor \(..., 2, rank\), got shape \(3, 1\)"),
    (lambda: D.LowRankMultivariateNormal(mg.zeros(2), mg.ones(2, 1), mg.ones(3)), r"expected cov_diag \(..., 2\), got shape \(3,\)"),
    (lambda: D.LowRankMultivariateNormal(t(0.0), mg.ones(2, 1), mg.ones(3)), "expected loc of at least one dimension"),
    (lambda: D.LKJCholesky(1), "LKJCholesky: expected dim >= 2, got 1"),
    (lambda: D.Independent(D.Normal(mg.zeros(2), 1.0), 2), "Independent: expected reinterpreted_batch_ndims from 0 to 1, got 2"),
    (lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), 3), "TransformedDistribution: expected transforms as a Transform or a list of them, got 3"),
    (lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform()), "a base_distribution of at least 1 dimensions"),
    (lambda: D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(mg.zeros(2), 1.0)), "mixture_distribution as a Categorical, got Normal"),
    (lambda: D.MixtureSameFamily(D.Categorical(mg.ones(2)), 3), "component_distribution as a Distribution, got int"),
    (lambda: D.MixtureSameFamily(D.Categorical(mg.ones(2)), D.Normal(mg.zeros(3), 1.0)), r"has 2 categories, but the component has batch_shape \(3,\)"),
    (lambda: D.MixtureSameFamily(D.Categorical(mg.ones(3, 2)), D.Normal(mg.zeros(4, 2), 1.0)), r"batch_shape \(3,\) of the mixture does not fit"),
    (lambda: D.Normal("0", 1.0), "broadcast_all: expected tensors and numbers, got str"),
    (lambda: D.Normal(0.0, 1.0).log_prob(1.0), "Normal: expected the value as a Tensor, got float"),
    (lambda: D.Normal(mg.zeros(2), 1.0).log_prob(mg.zeros(3)), r"Normal: expected a value that broadcasts with batch_shape \+ event_shape \(2,\), got shape \(3,\)"),
    (lambda: D.Dirichlet(mg.ones(2)).log_prob(mg.ones(3)), r"Dirichlet: expected a value whose last dimensions are event_shape \(2,\), got shape \(3,\)"),
    (lambda: D.Bernoulli(0.5).log_prob(t([0.0, 2.0, 0.5, 3.0, 4.0])), r"Bernoulli: expected a value within the support Boolean\(\), got a tensor of shape \(5,\) with invalid values: 2.0, 0.5, 3.0, \.\.\."),
    (lambda: D.Categorical(mg.ones(3)).log_prob(t(3)), r"Categorical: expected a value within the support IntegerInterval\(lower_bound=0, upper_bound=2\).* 3"),
    (lambda: D.Exponential(1.0).cdf(t(-1.0)), "Exponential: expected a value within the support"),
    (lambda: D.Distribution.set_default_validate_args(2), "expected True or False, got 2"),
]  # fmt: skip


@pytest.mark.parametrize("call, message", ERRORS)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("call, message", [
    (lambda: D.Multinomial(t([1, 2]), mg.ones(2)), "Multinomial: expected total_count as an int"),
    (lambda: D.Poisson(1.0).rsample(), "Poisson does not implement rsample"),
    (lambda: D.Poisson(1.0).entropy(), "Poisson does not implement entropy"),
    (lambda: D.Normal(0.0, 1.0).enumerate_support(), "Normal does not implement enumerate_support"),
    (lambda: D.Beta(1.0, 1.0).cdf(t(0.5)), "Beta does not implement cdf"),
    (lambda: D.Binomial(t([1.0, 2.0]), 0.5).entropy(), "Binomial does not implement entropy of a batch with different total_count"),
    (lambda: D.Independent(D.Bernoulli(mg.ones(2)), 1).enumerate_support(), "of a product of supports"),
    (lambda: D.HalfNormal(1.0).transforms[0].sign, "AbsTransform has no sign")])  # fmt: skip
def test_what_there_is_not(call, message):
    with pytest.raises(NotImplementedError, match=message):
        call()


def test_no_validation(monkeypatch):
    monkeypatch.setattr(D.Distribution, "_validate_args", True)
    assert D.Normal(0.0, -1.0, validate_args=False).log_prob(t(0.0)).isnan()
    D.Distribution.set_default_validate_args(False)
    assert D.Normal(0.0, -1.0).mean.item() == 0
    with pytest.raises(ValueError):
        D.Normal(0.0, -1.0, validate_args=True)
    assert D.Bernoulli(0.5).log_prob(t(0.3)).isfinite()
    assert (
        D.LogNormal(0.0, 1.0).base_dist._validate_args is False
        and D.LogNormal(0.0, 1.0, validate_args=True).base_dist._validate_args is True
    )


def test_numbers_take_the_default_dtype_or_that_of_tensors():
    assert D.Normal(0, 1).loc.dtype is mg.float32 and D.Normal(0, 1).batch_shape == ()
    assert D.Normal(0, mg.ones(2, dtype=mg.float64)).loc.dtype is mg.float64
    assert D.Binomial(t([3, 4]), t([0.5, 0.5])).total_count.dtype is mg.float32


def test_repr():
    assert repr(D.Normal(0.0, mg.ones(2))) == "Normal(loc: (2,), scale: (2,))"
    assert repr(D.Normal(0.0, 1.0)) == "Normal(loc: 0.0, scale: 1.0)"
    assert repr(D.Independent(D.Normal(mg.zeros(2), 1.0), 1)) == "Independent(Normal(loc: (2,), scale: (2,)), 1)"


@pytest.mark.parametrize("name", CASES)
def test_copies(name):
    d = CASES[name].build(D, **{k: mg.tensor(a) for k, a in parameters(name, (2,), np.random.default_rng(0)).items()})
    d.sample()
    for other in (copy.deepcopy(d), pickle.loads(pickle.dumps(d))):
        assert type(other) is type(d) and other.sample((3,)).shape == d.sample((3,)).shape


def test_kumaraswamy_mode():
    a, b = t([2.0, 1.5, 1.0, 0.5], dtype=mg.float64), t([3.0, 1.2, 1.0, 2.0], dtype=mg.float64)
    mode = D.Kumaraswamy(a, b).mode.numpy()
    x = mg.linspace(0.001, 0.999, 999, dtype=mg.float64).reshape(-1, 1)
    best = x.numpy()[D.Kumaraswamy(a, b).log_prob(x).argmax(0).numpy(), 0]
    assert np.isnan(mode[2:]).all() and np.abs(mode[:2] - best[:2]).max() < 2e-3


def test_torch_style_subclass():
    """A distribution written as PyTorch's are: attributes, base __init__, expand of its own."""

    class Point(D.Distribution):
        arg_constraints = {"at": D.constraints.real}
        support = D.constraints.real

        def __init__(self, at, validate_args=None):
            self.at = at
            super().__init__(at.shape, validate_args=validate_args)

        def expand(self, batch_shape, _instance=None):
            new = self._get_checked_instance(Point, _instance)
            new.at = self.at.expand(batch_shape)
            super(Point, new).__init__(batch_shape, validate_args=False)
            new._validate_args = self._validate_args
            return new

        def rsample(self, sample_shape=()):
            return self.at.expand(self._extended_shape(sample_shape))

        def log_prob(self, value):
            if self._validate_args:
                self._validate_sample(value)
            return (value == self.at).to(value.dtype).log()

    d = D.Independent(Point(mg.zeros(3)).expand((2, 3)), 1)
    assert d.sample((4,)).shape == (4, 2, 3) and d.log_prob(mg.zeros(2, 3)).tolist() == [0, 0]
    with pytest.raises(ValueError, match="Point: expected parameter at"):
        Point(t(mg.nan))

    class Named(Point):
        def __init__(self):
            super().__init__(mg.zeros(2))

    with pytest.raises(NotImplementedError, match="Named: a subclass of Point with its own __init__ needs its own expand"):
        Named().expand((3, 2))


def test_nothing_to_check_against():
    class Free(D.Distribution):
        def __init__(self):
            super().__init__()

    with pytest.warns(UserWarning, match="Free has no support"):
        Free()._validate_sample(t(1.0))
    with pytest.warns(FutureWarning, match="sample_n"), pytest.raises(NotImplementedError):
        Free().sample_n(2)


def test_under_vmap():
    loc, x = mg.randn(4, 3), mg.randn(4, 3)
    got = mg.vmap(lambda loc, x: D.Normal(loc, 1.0).log_prob(x))(loc, x)
    np.testing.assert_allclose(got.numpy(), D.Normal(loc, 1.0).log_prob(x).numpy(), 1e-6)
    with pytest.raises(ValueError, match="Normal: expected parameter scale"):
        mg.vmap(lambda s: D.Normal(0.0, s).mean)(t([1.0, -1.0]))
    draws = mg.vmap(lambda a: D.Gamma(a, 1.0).rsample((5,)), randomness="different")(mg.ones(4, 3))
    assert draws.shape == (4, 5, 3) and len(set(draws.flatten().tolist())) == 60


def test_examples():
    examples = 0
    for info in pkgutil.walk_packages(D.__path__, "minigrad.distributions."):
        mg.manual_seed(0)
        result = doctest.testmod(importlib.import_module(info.name), extraglobs={"mg": mg})
        assert not result.failed, info.name
        examples += result.attempted
    assert examples > 60 and not doctest.testmod(D, extraglobs={"mg": mg}).failed


def test_every_class_has_a_sentence_and_an_example():
    for name in set(D.__all__):
        thing = getattr(D, name)
        if isinstance(thing, type) and issubclass(thing, D.Distribution) and name not in ABSTRACT:
            assert ">>>" in thing.__doc__, name


def test_imported_when_asked_for():
    code = "import sys, minigrad as mg; before = 'minigrad.distributions' in sys.modules; mg.distributions.Normal; print(before)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "False"
    with pytest.raises(AttributeError, match="the nearest name is 'Normal'"):
        D.normall


def sentence(thing):
    return " ".join(re.split(r"\n\s*\n|\n\s*(?:Shapes:|>>>)", thing.__doc__)[0].split()).replace("|", "\\|")


def test_page_lists_all():
    rows = ["| distribution | what it is | gradient of samples | enumerable |", "| --- | --- | --- | --- |"]
    first = {}
    for name in CASES:
        first.setdefault(name.partition("/")[0], name)
    for cls in sorted(first, key=str.lower):
        _, d = made(mg, first[cls], (2,), np.random.default_rng(0))
        rows.append(
            f"| `{cls}` | {sentence(getattr(D, cls))} | {'yes' if d.has_rsample else ''} | {'yes' if d.has_enumerate_support else ''} |"
        )
    assert_current("distributions.md", "distributions", "\n".join(rows))
