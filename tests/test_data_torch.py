"""Data sets, samplers and batches, beside PyTorch's."""

from __future__ import annotations

import multiprocessing
import warnings
from collections import OrderedDict, UserDict, UserList, defaultdict, deque, namedtuple
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.utils import data as ours

torch = pytest.importorskip("torch")
theirs = pytest.importorskip("torch.utils.data")
both = pytest.mark.parametrize("library", [(mg, ours), (torch, theirs)], ids=["minigrad", "torch"])

Point = namedtuple("Point", "x y")


# ---- batches ----

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64"]

leaves = st.one_of(
    st.sampled_from(["int", "float", "bool", "str", "bytes"]).map(lambda kind: (kind,)),
    st.tuples(st.just("array"), st.sampled_from(DTYPES), st.lists(st.integers(0, 3), max_size=3).map(tuple)),
    st.tuples(st.just("tensor"), st.sampled_from(DTYPES), st.lists(st.integers(0, 3), max_size=3).map(tuple)),
    st.tuples(st.just("number"), st.sampled_from(DTYPES)),
)
MAPPINGS = {"dict": dict, "ordered": OrderedDict, "user": UserDict, "proxy": MappingProxyType, "default": lambda d: defaultdict(list, d)}
SEQUENCES = {"list": list, "tuple": tuple, "deque": deque, "user": UserList}
plans = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.just("mapping"), st.sampled_from(sorted(MAPPINGS)), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("sequence"), st.sampled_from(sorted(SEQUENCES)), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("point"), inner, inner),
    ),
    max_leaves=5,
)


def made(plan, i: int, library):
    """Sample `i` of the structure that `plan` says."""
    kind, *rest = plan
    match kind:
        case "int" | "float" | "bool":
            return {"int": int, "float": float, "bool": bool}[kind](i)
        case "str":
            return str(i)
        case "bytes":
            return bytes([i])
        case "array" | "tensor":
            array = np.full(rest[1], i, rest[0])
            return array if kind == "array" else library.from_numpy(array)
        case "number":
            return np.dtype(rest[0]).type(i)
        case "mapping":
            return MAPPINGS[rest[0]]({f"k{j}": made(p, i, library) for j, p in enumerate(rest[1])})
        case "sequence":
            return SEQUENCES[rest[0]]([made(p, i, library) for p in rest[1]])
        case "point":
            return Point(*(made(p, i, library) for p in rest))


def told(value):
    """Classes, dtypes, shapes and values of a result, of either library."""
    if isinstance(value, mg.Tensor | torch.Tensor):
        return "tensor", str(value.dtype).split(".")[1], tuple(value.shape), value.tolist()
    if isinstance(value, np.ndarray | np.generic):
        return type(value), str(value.dtype), value.tolist()
    if isinstance(value, dict | UserDict | MappingProxyType):
        return type(value), getattr(value, "default_factory", None), {k: told(v) for k, v in value.items()}
    if isinstance(value, list | tuple | deque | UserList):
        return type(value), [told(v) for v in value]
    return value


@given(plans, st.integers(1, 3))
def test_collate_and_convert(plan, n):
    results = []
    for library, data in ((mg, ours), (torch, theirs)):
        samples = [made(plan, i, library) for i in range(n)]
        results.append((told(data.default_collate(samples)), told(data.default_convert(samples[-1]))))
    assert results[0] == results[1]


@both
def test_collate_of_odd_things(library):
    lib, data = library
    assert told(data.default_collate([range(2), range(2)])) == (
        list,
        [("tensor", "int64", (2,), [0, 0]), ("tensor", "int64", (2,), [1, 1])],
    )
    words = np.array(["a", "b"])
    assert data.default_convert(words) is words and data.default_convert("word") == "word" and data.default_convert(None) is None
    assert type(data.default_convert(np.float32(3))) is lib.Tensor and data.default_convert(range(2)) == [0, 1]
    for batch, kind, text in [
        ([words, words], TypeError, "batch must contain tensors, numpy arrays, numbers, dicts or lists; found <U1"),
        ([None], TypeError, "found <class 'NoneType'>"),
        ([[1, 2], [1]], RuntimeError, "each element in list of batch should be of equal size"),
        ([{"a": 1}, {"b": 1}], KeyError, "a"),
        ([lib.zeros(2), lib.zeros(3)], RuntimeError, "(?i)shape|equal size"),
        ([np.zeros(2), np.zeros(3)], RuntimeError, "(?i)shape|equal size"),
    ]:
        with pytest.raises(kind, match=text):
            data.default_collate(batch)


@both
def test_collate_with_functions_of_ones_own(library):
    lib, data = library
    from importlib import import_module

    module = import_module("minigrad.utils.data.collate" if lib is mg else "torch.utils.data._utils.collate")

    class Box:
        pass

    class Small(Box):
        pass

    def count(batch, *, collate_fn_map):
        assert collate_fn_map is not None
        return len(batch)

    functions = {**module.default_collate_fn_map, Box: count, lib.Tensor: count}
    assert module.collate([(Small(), 1), (Box(), 2)], collate_fn_map=functions)[0] == 2
    assert module.collate([np.zeros(2), np.zeros(3)], collate_fn_map=functions) == 2, "arrays go the way of tensors"
    with pytest.raises(TypeError):
        module.collate([1, 2])
    module.default_collate_fn_map[Box] = count
    try:
        assert data.default_collate([[Small()], [Small()], [Small()]]) == [3]
    finally:
        del module.default_collate_fn_map[Box]


# ---- samplers ----


@given(st.integers(0, 20), st.integers(1, 7), st.booleans())
def test_batch_sampler(n, size, drop_last):
    got, want = (data.BatchSampler(data.SequentialSampler(range(n)), size, drop_last) for data in (ours, theirs))
    assert list(got) == list(want) and len(got) == len(want)


@both
@given(n=st.integers(1, 12), wanted=st.one_of(st.none(), st.integers(1, 40)))
def test_random_sampler(library, n, wanted):
    lib, data = library
    order = list(data.RandomSampler(range(n), num_samples=wanted, generator=lib.Generator().manual_seed(n)))
    assert len(order) == len(data.RandomSampler(range(n), num_samples=wanted)) == (wanted or n)
    for begin in range(0, len(order), n):
        assert len(set(order[begin : begin + n])) == len(order[begin : begin + n]), "each once before any twice"
    free = list(data.RandomSampler(range(n), True, wanted))
    assert len(free) == (wanted or n) and set(free) <= set(range(n))
    assert sorted(data.SubsetRandomSampler([5 * i for i in range(n)])) == [5 * i for i in range(n)]


@both
def test_weighted_sampler(library):
    lib, data = library
    lib.manual_seed(0)
    weights = [0.2, 0.0, 0.5, 0.3]
    share = np.bincount(list(data.WeightedRandomSampler(weights, 3000)), minlength=4) / 3000
    assert np.abs(share - weights).max() < 0.04 and share[1] == 0
    firsts = [next(iter(data.WeightedRandomSampler(weights, 3, replacement=False))) for _ in range(1000)]
    assert np.abs(np.bincount(firsts, minlength=4) / 1000 - weights).max() < 0.07
    assert sorted(data.WeightedRandomSampler(weights, 3, replacement=False)) == [0, 2, 3]


# ---- data sets ----


@given(st.integers(1, 50), st.lists(st.integers(1, 8), min_size=1, max_size=5))
def test_split_by_shares(n, parts):
    shares = [part / sum(parts) for part in parts]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            want = [len(part) for part in theirs.random_split(range(n), shares)]
        except ValueError:
            return  # shares that sum to more than 1 by rounding
        split = ours.random_split(range(n), shares)
    assert [len(part) for part in split] == want and sorted(i for part in split for i in part) == list(range(n))


class Twice:
    """Asked for many at once, it counts how often."""

    def __init__(self):
        self.calls = 0

    def __len__(self):
        return 6

    def __getitem__(self, i):
        return 2 * i

    def __getitems__(self, indices):
        self.calls += 1
        return [2 * i for i in indices]


@both
def test_data_sets_of_data_sets(library):
    lib, data = library
    many = Twice()
    stacked = data.StackDataset(many, data.TensorDataset(lib.arange(6)))
    assert len(stacked) == 6 and stacked[2][0] == 4 and stacked[2][1][0].item() == 2
    batches = list(data.DataLoader(data.Subset(stacked, [5, 1, 3]), 2))
    assert many.calls == 2 and batches[0][0].tolist() == [10, 2] and batches[1][1][0].tolist() == [3]
    named = data.StackDataset(a=many, b=list("uvwxyz"))
    assert next(iter(data.DataLoader(named, 2)))["b"] == ["u", "v"] and named[1] == {"a": 2, "b": "v"}

    class Letters(data.IterableDataset):
        def __iter__(self):
            return iter("ab")

        def __len__(self):
            return 2

    chain = Letters() + Letters()
    assert isinstance(chain, data.ChainDataset) and list(chain) == list("abab") and len(chain) == 4
    joined = data.TensorDataset(lib.arange(3)) + data.TensorDataset(lib.arange(4))
    assert [joined[i][0].item() for i in (0, 2, 3, -1, -7)] == [0, 2, 0, 3, 0] and joined.cumulative_sizes == [3, 7]


@both
def test_errors(library):
    lib, data = library

    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter(())

    class Half(data.Subset):
        def __getitem__(self, i):
            return i

    one = data.TensorDataset(lib.arange(3))
    bad = (ValueError, TypeError, AssertionError)  # PyTorch asserts some of these
    for call, kinds, text in [
        (lambda: data.TensorDataset(lib.zeros(2), lib.zeros(3)), bad, "Size mismatch between tensors"),
        (lambda: data.StackDataset(), ValueError, "At least one dataset should be passed"),
        (lambda: data.StackDataset([1], [1, 2]), ValueError, "Size mismatch between datasets"),
        (lambda: data.StackDataset([1], a=[1]), ValueError, "both"),
        (lambda: data.ConcatDataset([]), bad, "datasets should not be an empty iterable"),
        (lambda: data.ConcatDataset([Stream()]), bad, "IterableDataset"),
        (lambda: list(data.ChainDataset([one])), bad, "ChainDataset only supports IterableDataset"),
        (lambda: (one + one)[-7], ValueError, "absolute value of index should not exceed dataset length"),
        (lambda: (one + one)[6], IndexError, "out of range"),
        (lambda: data.Dataset()[0], NotImplementedError, "__getitem__"),
        (lambda: Half([1], [0]), NotImplementedError, "overrides __getitem__ but not __getitems__"),
        (lambda: data.random_split(one, [1, 1]), ValueError, "Sum of input lengths does not equal the length of the input dataset"),
        (lambda: data.random_split(one, [1.5, -0.5]), ValueError, "Fraction at index 0 is not between 0 and 1"),
        (lambda: data.RandomSampler(one, replacement=1), TypeError, "replacement should be a boolean value, but got replacement=1"),
        (
            lambda: data.RandomSampler(one, num_samples=0),
            ValueError,
            "num_samples should be a positive integer value, but got num_samples=0",
        ),
        (lambda: data.WeightedRandomSampler([1.0], True), ValueError, "but got num_samples=True"),
        (lambda: data.WeightedRandomSampler([[1.0]], 1), ValueError, "weights should be a 1d sequence"),
        (lambda: data.BatchSampler(one, 0, True), ValueError, "batch_size should be a positive integer value, but got batch_size=0"),
        (lambda: data.BatchSampler(one, 1, 1), ValueError, "drop_last should be a boolean value, but got drop_last=1"),
        (lambda: data.DataLoader(Stream(), shuffle=True), ValueError, "expected unspecified shuffle option, but got shuffle=True"),
        (lambda: data.DataLoader(Stream(), sampler=[0]), ValueError, "expected unspecified sampler option"),
        (lambda: data.DataLoader(one, num_workers=-1), ValueError, "num_workers option should be non-negative"),
        (lambda: data.DataLoader(one, prefetch_factor=2), ValueError, "prefetch_factor option could only be specified in multiprocessing"),
    ]:
        with pytest.raises(kinds, match=text):
            call()
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0. This might result in an empty dataset."):
        data.random_split(one, [1.0, 0.0])


# ---- orders of worker processes ----


class Shares:
    """Uneven shares: worker i has 3 i + 1 samples."""

    def __init__(self, data):
        self.data = data

    def __iter__(self):
        i = self.data.get_worker_info().id
        return iter(range(100 * i, 100 * i + 3 * i + 1))


class OurShares(Shares, ours.IterableDataset):
    pass


class TheirShares(Shares, theirs.IterableDataset):
    pass


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("kwargs", [{"batch_size": 2}, {"batch_size": None, "prefetch_factor": 1, "persistent_workers": True}])
def test_uneven_shares_come_in_the_same_order(kwargs):
    context = {"num_workers": 2, "multiprocessing_context": "fork", **kwargs}
    ours_, theirs_ = ours.DataLoader(OurShares(ours), **context), theirs.DataLoader(TheirShares(theirs), **context)
    for _ in range(2):
        assert [told(b) for b in ours_] == [told(b) for b in theirs_]


def test_numpy_seed_is_pytorchs():
    torch_worker = pytest.importorskip("torch.utils.data._utils.worker")
    base = (5 << 40) + 17
    assert np.random.SeedSequence([3, base]).generate_state(4).tolist() == torch_worker._generate_state(base, 3)
