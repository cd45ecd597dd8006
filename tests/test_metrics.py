"""Metrics: against scikit-learn where it is installed, against values worked out by hand, at the edges, and over batches."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import metrics as M
from minigrad.errors import ShapeError

few = settings(max_examples=max(2, settings.default.max_examples // 12))  # scikit-learn takes its time
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def theirs():
    return pytest.importorskip("sklearn.metrics")


def quietly(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


def close(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


# ---- classes ----


@few
@given(seed=seeds, n=st.integers(1, 20), c=st.integers(2, 5))
def test_classes_equal_scikit_learns(theirs, seed, n, c):
    rng = np.random.default_rng(seed)
    p, t = rng.integers(0, c, n), rng.integers(0, rng.integers(1, c + 1), n)
    every = list(range(c))
    close(M.confusion_matrix(p, t, num_classes=c), theirs.confusion_matrix(t, p, labels=every))
    for normalize in ("true", "pred", "all"):
        want = theirs.confusion_matrix(t, p, labels=every, normalize=normalize)
        close(M.confusion_matrix(p, t, num_classes=c, normalize=normalize), want)
    close(M.accuracy(p, t), theirs.accuracy_score(t, p))
    close(M.balanced_accuracy(p, t), quietly(theirs.balanced_accuracy_score, t, p))
    for average in ("micro", "macro", "weighted", None):
        labels = every if average is None else None  # the means are over classes that are there or were said
        want = theirs.precision_recall_fscore_support(t, p, labels=labels, average=average, zero_division=0)
        for ours, value in zip((M.precision, M.recall, M.f1_score), want):
            close(ours(p, t, average=average, num_classes=c), value)
        close(M.dice_score(p, t, average=average, num_classes=c, zero_division=0), want[2])
        want = theirs.jaccard_score(t, p, labels=labels, average=average, zero_division=0)
        close(M.jaccard_index(p, t, average=average, num_classes=c, zero_division=0), want)
    for k in range(1, c):
        distinct = rng.permuted(np.tile(np.arange(c, dtype=float), (n, 1)), axis=1)
        if c > 2:
            close(M.accuracy(distinct, t, top_k=k), theirs.top_k_accuracy_score(t, distinct, k=k, labels=every))


@given(seed=seeds, n=st.integers(1, 9), c=st.integers(2, 4))
def test_scores_tensors_and_arrays_are_alike(seed, n, c):
    rng = np.random.default_rng(seed)
    p, t = rng.integers(0, c, n), rng.integers(0, c, n)
    scores = np.eye(c)[p] + 0.1 * rng.random((n, c))
    want = M.confusion_matrix(p, t, num_classes=c)
    assert want.sum() == n and (want.diagonal().sum() == (p == t).sum())
    for a, b in [(mg.tensor(p), mg.tensor(t)), (scores, t), (mg.tensor(scores), mg.tensor(t)), (p.tolist(), t.tolist())]:
        assert (M.confusion_matrix(a, b, num_classes=c) == want).all()
        assert M.accuracy(a, b) == M.accuracy(p, t)


def test_two_classes_by_threshold():
    p, t = mg.tensor([0.5, 0.6, 0.2, 0.9]), mg.tensor([1, 1, 0, 0])
    assert M.confusion_matrix(p, t).tolist() == [[1, 1], [1, 1]]
    assert M.precision(p, t) == M.recall(p, t) == M.f1_score(p, t) == 0.5
    assert M.accuracy(p, t, threshold=0.4) == 0.75
    assert M.f1_score(p > 0.5, t) == M.f1_score(p, t.float()) == M.f1_score(mg.logit(p), t, threshold=0) == 0.5


def test_images_of_classes_and_what_is_ignored():
    rng = np.random.default_rng(0)
    scores, t = rng.standard_normal((2, 3, 4, 5)), rng.integers(0, 3, (2, 4, 5))
    t[0, 0] = 255
    kept = t != 255
    want = (scores.argmax(1) == t)[kept].mean()
    assert M.accuracy(scores, t, ignore_index=255) == M.accuracy(scores.argmax(1), t, ignore_index=255) == pytest.approx(want)
    assert M.confusion_matrix(mg.tensor(scores), mg.tensor(t), ignore_index=255).sum() == kept.sum()
    with pytest.raises(ValueError, match="accuracy: target must be 0 to 2 for 3 classes, got 255"):
        M.accuracy(scores, t)


def test_equal_scores_are_won_by_the_first_class():
    equal = mg.zeros(3, 4)
    assert M.accuracy(equal, mg.tensor([0, 1, 2])) == pytest.approx(1 / 3)
    assert M.accuracy(equal, mg.tensor([0, 1, 2]), top_k=2) == pytest.approx(2 / 3)


def test_classes_that_are_absent():
    p, t = [0, 0, 1], [0, 0, 1]  # class 2 is neither there nor said
    assert M.f1_score(p, t, average=None, num_classes=3).tolist() == [1, 1, 0]
    assert M.f1_score(p, t, average="macro", num_classes=3) == 1
    assert M.precision([0, 0], [0, 1], average="macro") == 0.25  # said never: 0, and it counts
    assert M.precision([0, 0], [0, 1], zero_division=0.5) == 0.5
    assert M.balanced_accuracy([0, 1], [0, 0], num_classes=3) == 0.5
    assert M.dice_score([0, 0], [0, 0]) == M.jaccard_index([[0, 0]], [[0, 0]]) == 1
    assert M.dice_score([0, 1], [0, 0]) == M.jaccard_index([0, 1], [0, 0]) == 0


def test_nothing():
    assert math.isnan(M.accuracy([], [])) and math.isnan(M.balanced_accuracy([], []))
    assert math.isnan(M.accuracy(mg.zeros(0, 3), mg.zeros(0, dtype=mg.int64)))
    assert math.isnan(M.accuracy(np.zeros((0, 3)), [], top_k=2)) and math.isnan(M.f1_score([], [], average="macro"))
    assert M.confusion_matrix([], [], num_classes=2).tolist() == [[0, 0], [0, 0]]
    assert math.isnan(M.auroc(np.zeros(0), [])) and math.isnan(M.average_precision(np.zeros(0), []))
    assert math.isnan(M.log_loss(np.zeros(0), [])) and math.isnan(M.brier_score(np.zeros((0, 2)), []))
    assert math.isnan(M.calibration_error(np.zeros((0, 2)), [])) and math.isnan(M.perplexity(np.zeros((0, 2)), []))
    assert math.isnan(M.mean_squared_error([], [])) and math.isnan(M.mean_absolute_error([], []))
    assert math.isnan(M.r2_score([1.0], [1.0])) and math.isnan(M.knn_accuracy([[0.0]], [0], np.zeros((0, 1)), [], k=1))
    assert M.bleu_score([], []) == M.chrf_score([], []) == 0
    for curve in (M.roc, M.precision_recall_curve):
        assert [len(part) for part in curve(np.zeros(0), [])][:2] == [1, 1]


# ---- rankings ----


@few
@given(seed=seeds, n=st.integers(2, 30), ties=st.booleans())
def test_rankings_equal_scikit_learns(theirs, seed, n, ties):
    rng = np.random.default_rng(seed)
    t = rng.permutation(np.arange(n) % 2)
    scores = rng.integers(0, 4, n).astype(float) if ties else rng.random(n)
    got, want = M.roc(mg.tensor(scores), mg.tensor(t)), theirs.roc_curve(t, scores, drop_intermediate=False)
    for a, b in zip(got, want, strict=True):
        close(a, b)
    for a, b in zip(M.precision_recall_curve(scores, t), theirs.precision_recall_curve(t, scores), strict=True):
        close(a, b)
    close(M.auroc(scores, t), theirs.roc_auc_score(t, scores))
    close(M.average_precision(scores, t), theirs.average_precision_score(t, scores))
    if n >= 6:
        c = 3
        t, scores = rng.permutation(np.arange(n) % c), rng.dirichlet(np.ones(c), n)
        close(M.auroc(scores, t), theirs.roc_auc_score(t, scores, multi_class="ovr"))
        several = np.eye(c, dtype=int)[t]
        close(M.auroc(scores, several, average=None), theirs.roc_auc_score(several, scores, average=None))
        close(M.average_precision(scores, t), theirs.average_precision_score(several, scores))


@given(seed=seeds, n=st.integers(2, 12))
def test_auroc_is_the_chance_of_the_right_order(seed, n):
    rng = np.random.default_rng(seed)
    scores, t = rng.integers(0, 5, n), rng.permutation(np.arange(n) % 2)
    pairs = scores[t == 1][:, None] - scores[t == 0]
    close(M.auroc(scores, t), ((pairs > 0) + 0.5 * (pairs == 0)).mean())
    close(M.auroc(-scores, t), 1 - M.auroc(scores, t))


def test_rankings_of_one_class():
    assert math.isnan(M.auroc([0.1, 0.2], [1, 1])) and math.isnan(M.auroc([0.1, 0.2], [0, 0]))
    assert math.isnan(M.average_precision([0.1, 0.2], [0, 0])) and M.average_precision([0.1, 0.2], [1, 1]) == 1
    false, true, _ = M.roc([0.1, 0.2], [1, 1])
    assert np.isnan(false).all() and true.tolist() == [0, 0.5, 1]
    assert np.isnan(M.precision_recall_curve([0.1, 0.2], [0, 0])[1][:-1]).all()
    # Class 2 is absent: the mean is that of the others.
    assert M.auroc([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]], [0, 1]) == 1
    assert np.isnan(M.auroc([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]], [0, 1], average=None)).tolist() == [False, False, True]


# ---- probabilities ----


@few
@given(seed=seeds, n=st.integers(1, 20), c=st.integers(2, 4))
def test_probabilities_equal_scikit_learns(theirs, seed, n, c):
    rng = np.random.default_rng(seed)
    p, t = rng.dirichlet(np.full(c, 0.3), n), rng.integers(0, c, n)
    close(M.log_loss(mg.tensor(p), mg.tensor(t)), theirs.log_loss(t, p, labels=range(c)))
    binary = (t == 0).astype(int)
    close(M.log_loss(p[:, 0], binary), theirs.log_loss(binary, p[:, 0], labels=[0, 1]))
    close(M.brier_score(p[:, 0], binary), theirs.brier_score_loss(binary, p[:, 0]))
    close(M.brier_score(np.stack([1 - p[:, 0], p[:, 0]], 1), binary), 2 * M.brier_score(p[:, 0], binary))


def test_calibration_by_hand():
    p = mg.tensor([[0.6, 0.4], [0.7, 0.3], [0.1, 0.9], [1.0, 0.0]])
    confidence, right, count = M.calibration_curve(p, mg.tensor([0, 1, 1, 0]), n_bins=4)  # bins to 0.25, 0.5, 0.75, 1
    assert count.tolist() == [0, 0, 2, 2] and np.isnan(confidence[:2]).all()
    np.testing.assert_allclose([confidence[2:], right[2:]], [[0.65, 0.95], [0.5, 1.0]], rtol=1e-6)
    assert M.calibration_error(p, [0, 1, 1, 0], n_bins=4) == pytest.approx(0.1)
    assert M.calibration_error(p, [0, 1, 1, 0], n_bins=4, norm="max") == pytest.approx(0.15)
    assert M.calibration_error([0.0, 1.0], [0, 1]) == 0 and M.calibration_error([0.0, 1.0], [1, 0]) == 1


def test_likelihood_of_tokens():
    logits, t = mg.randn(2, 5, 7, dtype=mg.float64), mg.randint(7, (2, 5))
    loss = mg.nn.functional.cross_entropy(logits.reshape(10, 7), t.reshape(10)).item()
    close(M.perplexity(logits, t), math.exp(loss))
    close(M.bits_per_character(logits, t), loss / math.log(2))
    close(M.bits_per_character(logits, t, characters=40), loss / math.log(2) / 4)
    t[0] = -100
    half = mg.nn.functional.cross_entropy(logits[1], t[1]).item()
    close(M.perplexity(logits, t, ignore_index=-100), math.exp(half))
    assert M.perplexity(1e4 * mg.eye(3), mg.arange(3)) == 1


# ---- regression ----


@few
@given(seed=seeds, shape=st.tuples(st.integers(2, 9), st.integers(1, 3)), constant=st.booleans())
def test_regression_equals_scikit_learns(theirs, seed, shape, constant):
    rng = np.random.default_rng(seed)
    p, t = rng.standard_normal(shape), rng.standard_normal(shape)
    if constant:
        t[:, 0] = 1.0
    for p_, t_ in [(p, t), (p[:, 0], t[:, 0]), (t, t)]:
        close(M.mean_squared_error(mg.tensor(p_), t_), theirs.mean_squared_error(t_, p_))
        close(M.root_mean_squared_error(p_, t_) ** 2, theirs.mean_squared_error(t_, p_))
        close(M.mean_absolute_error(p_, mg.tensor(t_)), theirs.mean_absolute_error(t_, p_))
        close(M.r2_score(p_, t_), theirs.r2_score(t_, p_))


# ---- texts ----


def table(a, b):
    """Wagner and Fischer's table of distances: the definition."""
    d = np.add.outer(np.arange(len(a) + 1), np.arange(len(b) + 1))
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            d[i + 1, j + 1] = min(d[i, j] + (x != y), d[i, j + 1] + 1, d[i + 1, j] + 1)
    return d[-1, -1]


@given(a=st.text("abc", max_size=12), b=st.text("abc", max_size=12))
def test_edit_distance_equals_the_table(a, b):
    assert M.edit_distance(a, b) == M.edit_distance(list(b), list(a)) == table(a, b)


def test_edit_distance_of_long_sequences():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, 150), rng.integers(0, 4, 90)
    assert M.edit_distance(a, mg.tensor(b)) == table(a, b)
    assert M.edit_distance("", "") == 0 and M.edit_distance("", "abc") == M.edit_distance("abc", "") == 3


def test_error_rates():
    assert M.word_error_rate(["a b c", "d"], ["a x c", "d e"]) == 2 / 5
    assert M.char_error_rate("abcd", "ab") == 1
    assert M.char_error_rate("", "") == 0 and M.char_error_rate("a", "") == math.inf and M.word_error_rate([], []) == 0


def test_bleu_by_hand():
    # Papineni et al.: "the" is clipped to the two in the first reference.
    clipped = M.bleu_score(["the the the the the the the"], [["the cat is on the mat", "there is a cat on the mat"]], n_gram=1)
    assert clipped == pytest.approx(2 / 7)
    # Precisions 4/5, 2/4, 1/3; lengths 5 and 6.
    got = M.bleu_score(["a b c x e"], ["a b c d e f"], n_gram=3)
    assert got == pytest.approx((4 / 5 * 2 / 4 * 1 / 3) ** (1 / 3) * math.exp(1 - 6 / 5))
    assert M.bleu_score(["a b c x e"], ["a b c d e f"]) == 0
    assert M.bleu_score(["a b c x e"], ["a b c d e f"], smooth=True) == pytest.approx(
        (4 / 5 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25 * math.exp(-0.2)
    )
    # A corpus is one text: counts are summed before they are divided. Orders 1 and 2: 5 of 6, 3 of 4.
    assert M.bleu_score(["a b c d", "x y"], ["a b c d", "x z"], n_gram=2) == pytest.approx((5 / 6 * 3 / 4) ** 0.5)
    assert M.bleu_score("a b c d", "a b c d") == 1
    assert M.bleu_score("a", "b") == 0


def test_chrf_by_hand():
    # "abcd" for "abce f", as "abcef": of 1 to 3 characters 3/4 and 3/5, 2/3 and 2/4, 1/2 and 1/3.
    p, r = (3 / 4 + 2 / 3 + 1 / 2) / 3, (3 / 5 + 2 / 4 + 1 / 3) / 3
    assert M.chrf_score("ab cd", "abce f", n_char_order=3) == pytest.approx(5 * p * r / (4 * p + r))
    assert M.chrf_score("ab cd", "abce f", n_char_order=3, beta=1) == pytest.approx(2 * p * r / (p + r))
    # One word order more: no word in common, of 2 and 2.
    p, r = 3 * p / 4, 3 * r / 4
    assert M.chrf_score("ab cd", "abce f", n_char_order=3, n_word_order=1) == pytest.approx(5 * p * r / (4 * p + r))
    # Shorter than the highest order: the mean is over the orders that there are.
    assert M.chrf_score("ab", "ab") == 1 and M.chrf_score("", "ab") == M.chrf_score("ab", "") == 0
    assert M.chrf_score(["ab", "cd"], [["xy", "ab"], "cd"]) == 1
    # A mark at a word's end is a word: "a", ".", as in the reference.
    assert M.chrf_score("a.", "a .", n_word_order=2) == 1


# ---- vectors ----


@few
@given(seed=seeds, n=st.integers(4, 12))
def test_silhouette_equals_scikit_learns(theirs, seed, n):
    rng = np.random.default_rng(seed)
    x, labels = rng.standard_normal((n, 3)), rng.permutation(np.arange(n) % 3)
    np.testing.assert_allclose(M.silhouette_score(mg.tensor(x), labels), theirs.silhouette_score(x, labels), rtol=1e-6, atol=1e-6)


def test_vectors_at_the_edges(monkeypatch):
    assert math.isnan(M.silhouette_score([[0.0], [1.0]], [0, 0]))
    assert M.silhouette_score([[0.0], [0.0]], [0, 1]) == 0
    assert M.knn_accuracy([[0.0], [1.0], [2.0]], [1, 0, 0], [[-1.0]], [0], k=3) == 1
    assert M.knn_accuracy([[0.0], [1.0]], [1, 0], [[-1.0]], [1], k=2) == 1  # one vote each: the nearest
    assert M.knn_accuracy([[1.0, 0.0], [0.0, 9.0]], [0, 1], [[9.0, 1.0]], [0], k=1, metric="cosine") == 1
    assert M.knn_accuracy([[1.0, 0.0], [8.0, 8.0]], [0, 1], [[9.0, 1.0]], [0], k=1) == 0
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((30, 2)), rng.integers(0, 3, 30)
    whole = M.silhouette_score(x, labels), M.knn_accuracy(x, labels, x + 0.3, labels)
    far = M.silhouette_score(x + 1e6, labels), M.knn_accuracy(x + 1e6, labels, x + 1e6 + 0.3, labels)
    np.testing.assert_allclose(far, whole, rtol=1e-6)
    monkeypatch.setattr("minigrad.metrics.embedding.BLOCK", 70)
    close((M.silhouette_score(x, labels), M.knn_accuracy(x, labels, x + 0.3, labels)), whole)


def test_frechet_distance():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, 3)) @ rng.standard_normal((3, 3)), rng.standard_normal((50, 3)) + 1
    a, b = np.cov(x.T), np.cov(y.T)
    roots = np.sqrt(np.linalg.eigvals(a @ b).real).sum()  # as it is written down
    close(M.frechet_distance(mg.tensor(x), y), ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * roots)
    assert abs(M.frechet_distance(x, x[::-1])) < 1e-9 and math.isnan(M.frechet_distance(x[:1], y))
    with pytest.raises(ShapeError, match="frechet_distance: expected"):
        M.frechet_distance(x, y[:, :2])


# ---- arguments ----


def test_no_gradient_is_recorded_and_half_precision_is_read():
    x = mg.rand(4, 3, requires_grad=True)
    t = mg.tensor([0, 1, 2, 0])
    assert isinstance(M.accuracy(x * 2, t), float)
    for dtype in (mg.float16, mg.bfloat16):
        y = x.detach().to(dtype)
        assert M.mean_squared_error(y, y) == 0


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: M.accuracy([0, 1], [0]), ValueError, r"accuracy: preds and target must have one shape, got \(2,\) and \(1,\)"),
        (lambda: M.accuracy([0.0], [0.5]), TypeError, r"accuracy: target must be integers \(numbers of classes\), got float64 with 0.5"),
        (lambda: M.accuracy([0, 1], [1, math.inf]), TypeError, "accuracy: target must be integers .*with inf"),
        (lambda: M.accuracy([0], [1j]), TypeError, "accuracy: target must be integers .*got complex128"),
        (lambda: M.accuracy([[math.nan, 0.0]], [0]), ValueError, "accuracy: preds must not hold NaN, got 1 of 2"),
        (lambda: M.accuracy([1], [1], top_k=2), ValueError, "accuracy: top_k=2 needs scores of each class"),
        (lambda: M.accuracy([1], [1], top_k=0), ValueError, "accuracy: top_k must be at least 1, got 0"),
        (lambda: M.recall([0, 3], [0, 1], num_classes=3), ValueError, "recall: preds must be 0 to 2 for 3 classes, got 3"),
        (lambda: M.recall([[0.5, 0.5]], [0], num_classes=3), ValueError, r"recall: preds must have num_classes=3 columns, got shape \(1, 2\)"),
        (lambda: M.f1_score([0, 2], [0, 1]), ValueError, 'f1_score: average="binary" is for two classes, got 3'),
        (lambda: M.f1_score([0], [0], average="mean"), ValueError, "f1_score: average must be one of 'binary'.*got 'mean'"),
        (lambda: M.confusion_matrix([0], [0], normalize="rows"), ValueError, "confusion_matrix: normalize must be .*got 'rows'"),
        (lambda: M.accuracy(["a"], [0]), TypeError, "accuracy: preds must be numbers"),
        (lambda: M.auroc([0.5], [2]), ValueError, "auroc: target must be 0 or 1, got 2"),
        (lambda: M.auroc(np.zeros((2, 3)), [[0], [1]]), ValueError, r"auroc: expected preds \(N,\) or \(N, C\)"),
        (lambda: M.auroc([0.5], [1], average="micro"), ValueError, "auroc: average must be"),
        (lambda: M.log_loss([1.5], [1]), ValueError, "log_loss: preds must be probabilities from 0 to 1, got 1.5"),
        (lambda: M.calibration_error([0.5], [1], n_bins=0), ValueError, "calibration_error: n_bins must be at least 1, got 0"),
        (lambda: M.calibration_error([0.5], [1], norm="l2"), ValueError, 'calibration_error: norm must be "l1" or "max"'),
        (lambda: M.perplexity(np.zeros((2, 3)), [0]), ValueError, r"perplexity: expected preds \(..., C\) and target \(...\)"),
        (lambda: M.r2_score(np.zeros((1, 1, 1)), np.zeros((1, 1, 1))), ValueError, r"r2_score: expected preds and target \(N,\)"),
        (lambda: M.mean_squared_error([1j], [1]), TypeError, "mean_squared_error: preds must be real"),
        (lambda: M.edit_distance(np.zeros((2, 2)), "a"), ValueError, "edit_distance: preds must have one dimension"),
        (lambda: M.edit_distance("a", 3), TypeError, "edit_distance: target must be a sequence, got int"),
        (lambda: M.bleu_score(["a"], []), ValueError, "bleu_score: preds and target must be as many, got 1 and 0"),
        (lambda: M.bleu_score(["a"], [[]]), TypeError, "bleu_score: expected strings"),
        (lambda: M.bleu_score("a", "a", n_gram=0), ValueError, "bleu_score: n_gram must be at least 1, got 0"),
        (lambda: M.word_error_rate(["a"], [["a", "b"]]), ValueError, "word_error_rate: expected one reference"),
        (lambda: M.knn_accuracy([[0.0]], [0], [[0.0]], [0], k=2), ValueError, "knn_accuracy: k must be from 1 to 1"),
        (lambda: M.knn_accuracy([[0.0]], [0], [[0.0, 1.0]], [0], k=1), ValueError, "knn_accuracy: train_x and x must have as many columns"),
        (lambda: M.knn_accuracy([[0.0]], [0], [[0.0]], [0], k=1, metric="l1"), ValueError, "knn_accuracy: metric must be"),
        (lambda: M.silhouette_score([0.0], [0]), ValueError, r"silhouette_score: expected x \(N, D\) and labels \(N,\)"),
        (lambda: M.Mean().update([1.0, 2.0], [1, 2, 3]), ValueError, "Mean.update: weight must fit"),
        (lambda: M.Mean().update(1.0, -1), ValueError, "Mean.update: weight must not be negative, got -1"),
        (lambda: M.Mean().load_state_dict({"sum": 1}), KeyError, "Mean.load_state_dict: expected"),
        (lambda: M.Collect(M.accuracy).compute(), ValueError, "Collect.compute: nothing was collected"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- over batches ----


def test_mean():
    mean = M.Mean()
    assert math.isnan(mean.compute())
    mean.update(mg.tensor([1.0, math.nan, 4.0]), weight=[2, 0, 1])
    mean.update(3.0)
    assert mean.compute() == 9 / 4 and repr(mean) == "Mean(2.25)"
    mean.reset()
    assert math.isnan(mean.compute())
    for x in np.full(1000, 0.1, np.float32):  # summed in float64
        mean.update(x)
    assert mean.compute() == pytest.approx(float(np.float32(0.1)), rel=1e-12)


def test_collect_equals_the_whole():
    rng = np.random.default_rng(0)
    scores, t = rng.random((10, 3)), rng.permutation(np.arange(10) % 3)
    for function, options in [(M.auroc, {}), (M.f1_score, {"average": "macro"}), (M.accuracy, {"top_k": 2})]:
        metric = M.Collect(function, **options)
        for i in range(0, 10, 4):
            metric.update(mg.tensor(scores[i : i + 4]), mg.tensor(t[i : i + 4]))
        assert metric.compute() == function(scores, t, **options)
    metric = M.Collect(M.bleu_score, n_gram=1)
    metric.update(["a b"], [["a c", "a"]])
    metric.update(["d"], ["d"])
    assert metric.compute() == M.bleu_score(["a b", "d"], [["a c", "a"], "d"], n_gram=1)
    with pytest.raises(TypeError, match="expected 2 arguments as before, got 1"):
        metric.update(["a"])


def test_a_batch_that_changes_later_was_collected_as_it_was():
    x = mg.tensor([1.0, 2.0])
    metric = M.Collect(M.mean_squared_error)
    metric.update(x, mg.tensor([1.0, 2.0]))
    x.zero_()
    assert metric.compute() == 0


@pytest.mark.parametrize("make", [M.Mean, lambda: M.Collect(M.mean_absolute_error), lambda: M.Collect(M.word_error_rate)])
def test_states_go_through_a_file(make, tmp_path):
    batches = [(["a b"], ["a c"]), (["d"], ["d"])] if "word" in repr(make()) else [([0.5, 1.0], [2.0, 1.0]), ([3.0], [4.0])]
    whole, first, second = make(), make(), make()
    for batch in batches:
        whole.update(*batch)
    first.update(*batches[0])
    mg.save(first.state_dict(), tmp_path / "state.pt")
    kept = first.state_dict()
    first.update(*batches[1])
    for state in (mg.load(tmp_path / "state.pt"), kept):
        second.load_state_dict(state)
        second.update(*batches[1])
        assert second.compute() == first.compute() == whole.compute()


def test_every_name_is_told():
    assert sorted(M.__all__) == M.__all__
    for name in M.__all__:
        assert ">>>" in getattr(M, name).__doc__ or name == "Metric", name
