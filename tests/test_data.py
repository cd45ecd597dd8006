"""Data sets, samplers and DataLoader."""

from __future__ import annotations

import itertools
from collections import namedtuple

import numpy as np
import pytest

import minigrad as mg
from minigrad.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    default_convert,
    get_worker_info,
    random_split,
)


def data(n: int = 10) -> TensorDataset:
    return TensorDataset(mg.arange(n * 3).float().reshape(n, 3), mg.arange(n))


class Squares(Dataset):
    def __init__(self, n: int = 10) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int):
        return mg.tensor([float(i)]), i * i


def rows(loader) -> list[list[int]]:
    return [batch[1].tolist() for batch in loader]


# ---- data sets ----


def test_tensor_dataset():
    d = data()
    x, y = d[3]
    assert len(d) == 10 and x.tolist() == [9, 10, 11] and y.item() == 3
    with pytest.raises(ValueError, match="Size mismatch between tensors"):
        TensorDataset(mg.zeros(3), mg.zeros(4))
    with pytest.raises(ValueError, match="Size mismatch"):
        TensorDataset(mg.tensor(1.0))
    with pytest.raises(TypeError, match="expected tensors, got ndarray as argument 1"):
        TensorDataset(mg.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match="at least one"):
        TensorDataset()


def test_subset_concat_and_split():
    d = data()
    s = Subset(d, [4, 2])
    assert len(s) == 2 and s[1][1].item() == 2
    both = d + s
    assert isinstance(both, ConcatDataset) and len(both) == 12 and both[10][1].item() == 4 and both[-12][1].item() == 0
    with pytest.raises(IndexError, match="out of range"):
        both[12]
    parts = random_split(d, [7, 3], generator=mg.Generator().manual_seed(1))
    assert [len(p) for p in parts] == [7, 3]
    assert sorted(itertools.chain(*(p.indices for p in parts))) == list(range(10))
    again = random_split(d, [7, 3], generator=mg.Generator().manual_seed(1))
    assert [p.indices for p in again] == [p.indices for p in parts]
    assert [len(p) for p in random_split(d, [0.35, 0.35, 0.3])] == [4, 3, 3]
    with pytest.raises(ValueError, match="does not equal the length"):
        random_split(d, [7, 4])
    with pytest.raises(ValueError, match="empty iterable"):
        ConcatDataset([])


# ---- samplers ----


def test_samplers():
    d = data()
    assert list(SequentialSampler(d)) == list(range(10))
    g = mg.Generator().manual_seed(5)
    r = RandomSampler(d, generator=g)
    first, second = list(r), list(r)
    assert sorted(first) == list(range(10)) and first != second and all(isinstance(i, int) for i in first)
    assert list(RandomSampler(d, generator=mg.Generator().manual_seed(5))) == first
    more = list(RandomSampler(d, num_samples=25))
    assert len(more) == 25 and sorted(more[:10]) == list(range(10))
    assert max(RandomSampler(d, replacement=True, num_samples=200)) < 10
    assert sorted(SubsetRandomSampler([3, 5, 8])) == [3, 5, 8]
    assert list(BatchSampler(SequentialSampler(d), 4, True)) == [[0, 1, 2, 3], [4, 5, 6, 7]] and len(BatchSampler(range(10), 4, False)) == 3
    with pytest.raises(ValueError, match="positive integer"):
        RandomSampler(d, num_samples=0)
    with pytest.raises(ValueError, match="batch_size=0"):
        BatchSampler(range(3), 0, False)


def test_weighted_sampler():
    mg.manual_seed(0)
    counts = np.bincount(list(WeightedRandomSampler([0.0, 1.0, 3.0, 0.0], 4000)), minlength=4)
    assert counts[0] == counts[3] == 0 and abs(counts[2] / 4000 - 0.75) < 0.03
    drawn = list(WeightedRandomSampler([0.0, 1.0, 3.0, 2.0], 3, replacement=False))
    assert sorted(drawn) == [1, 2, 3]
    firsts = np.bincount([next(iter(WeightedRandomSampler([1.0, 3.0], 2, replacement=False))) for _ in range(500)])
    assert abs(firsts[1] / 500 - 0.75) < 0.08
    for weights in ([[1.0]], [-1.0, 2.0], [0.0, 0.0], [np.nan]):
        with pytest.raises(ValueError, match="weights should be"):
            WeightedRandomSampler(weights, 1)
    with pytest.raises(ValueError, match="cannot draw 2 samples without replacement"):
        WeightedRandomSampler([0.0, 1.0], 2, replacement=False)


# ---- DataLoader ----


def test_batches_in_order():
    loader = DataLoader(data(), batch_size=4)
    assert len(loader) == 3 and rows(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    x, _ = next(iter(loader))
    assert x.shape == (4, 3) and isinstance(next(iter(loader)), list)
    assert rows(DataLoader(data(), batch_size=4, drop_last=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(DataLoader(data(), batch_size=4, drop_last=True)) == 2
    assert list(DataLoader(data(0), batch_size=4)) == [] and list(DataLoader(data(0), batch_size=4, shuffle=True)) == []
    x.zero_()
    assert loader.dataset.tensors[0][0].tolist() == [0, 1, 2], "a batch is a copy"


def test_shuffling_is_seeded():
    loader = DataLoader(data(100), batch_size=7, shuffle=True, generator=mg.Generator().manual_seed(3))
    first, second = rows(loader), rows(loader)
    assert first != second and sorted(itertools.chain(*first)) == list(range(100))
    again = DataLoader(data(100), batch_size=7, shuffle=True, generator=mg.Generator().manual_seed(3))
    assert rows(again) == first and rows(again) == second
    mg.manual_seed(1)
    plain = rows(DataLoader(data(100), batch_size=7, shuffle=True))
    mg.manual_seed(1)
    assert rows(DataLoader(data(100), batch_size=7, shuffle=True)) == plain


@pytest.mark.parametrize("kwargs", [{}, {"shuffle": True}, {"shuffle": True, "drop_last": True}])
def test_fast_path_gives_what_the_slow_one_does(kwargs):
    def slow(samples):
        return default_collate(samples)

    d = Subset(Subset(data(20), list(range(19, 0, -1))), range(2, 17))
    seeded = [mg.Generator().manual_seed(9) for _ in range(2)]
    fast = list(DataLoader(d, 4, generator=seeded[0], **kwargs))
    want = list(DataLoader(d, 4, generator=seeded[1], collate_fn=slow, **kwargs))
    assert len(fast) == len(want)
    for a, b in zip(fast, want, strict=True):
        for u, v in zip(a, b, strict=True):
            assert u.dtype == v.dtype and np.array_equal(u.numpy(), v.numpy())


def test_own_orders():
    class Odd(Sampler):
        def __iter__(self):
            return iter([1, 3, 5])

        def __len__(self):
            return 3

    assert rows(DataLoader(data(), 2, sampler=Odd())) == [[1, 3], [5]]
    assert rows(DataLoader(data(), 2, sampler=[7, 7, 1])) == [[7, 7], [1]]
    assert rows(DataLoader(data(), batch_sampler=[[0, 9], [4]])) == [[0, 9], [4]]
    endless = DataLoader(data(), 3, sampler=itertools.cycle(range(10)))
    assert rows(itertools.islice(endless, 4))[3] == [9, 0, 1]

    class Backwards(RandomSampler):
        def __iter__(self):
            return iter(range(9, -1, -1))

    assert rows(DataLoader(data(), 5, sampler=Backwards(data()))) == [[9, 8, 7, 6, 5], [4, 3, 2, 1, 0]]


def test_samples_of_other_kinds():
    x, y = next(iter(DataLoader(Squares(), 4)))
    assert x.shape == (4, 1) and y.tolist() == [0, 1, 4, 9] and y.dtype == mg.int64
    assert [y for _, y in DataLoader(Squares(3), batch_size=None)] == [0, 1, 4]
    assert list(DataLoader(["a", "b", "c"], 2)) == [["a", "b"], ["c"]]
    assert next(iter(DataLoader(Squares(), 2, collate_fn=lambda samples: len(samples)))) == 2

    class Stream(IterableDataset):
        def __iter__(self):
            return iter(range(7))

    assert [b.tolist() for b in DataLoader(Stream(), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(list(DataLoader(Stream(), 3, drop_last=True))) == 2 and list(DataLoader(Stream(), batch_size=None)) == list(range(7))
    with pytest.raises(ValueError, match="its own order"):
        DataLoader(Stream(), shuffle=True)


def test_collate():
    point = namedtuple("point", "x y")
    batch = default_collate([{"a": 1.5, "p": point(1, np.float32(2)), "s": "u"}, {"a": 2.5, "p": point(3, np.float32(4)), "s": "v"}])
    assert (
        batch["a"].dtype == mg.float64 and batch["p"].x.tolist() == [1, 3] and batch["p"].y.dtype == mg.float32 and batch["s"] == ["u", "v"]
    )
    assert default_collate([np.zeros((2, 3)), np.ones((2, 3))]).shape == (2, 2, 3) and default_collate([True, False]).dtype == mg.bool
    with pytest.raises(ValueError, match=r"must have one shape, got \[\(2,\), \(3,\)\]"):
        default_collate([mg.zeros(2), mg.zeros(3)])
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([(1, 2), (1,)])
    with pytest.raises(TypeError, match="found <class 'object'>"):
        default_collate([object()])
    assert isinstance(default_convert([np.zeros(2), "x"])[0], mg.Tensor)
    assert get_worker_info() is None


def test_bad_arguments_are_named():
    for kwargs, text in [
        ({"num_workers": -1}, "num_workers option should be non-negative, got -1"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 2.0}, "positive integer"),
        ({"shuffle": True, "sampler": [1]}, "mutually exclusive"),
        ({"batch_sampler": [[1]], "batch_size": 2}, "mutually exclusive"),
        ({"batch_size": None, "drop_last": True}, "mutually exclusive"),
        ({"persistent_workers": True}, "num_workers > 0"),
    ]:
        with pytest.raises(ValueError) as caught:
            DataLoader(data(), **kwargs)
        assert text in str(caught.value)
