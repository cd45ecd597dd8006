"""DataLoader with worker processes: the same batches, and nothing left behind however it ends."""

from __future__ import annotations

import ctypes
import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.utils.data import DataLoader, Dataset, IterableDataset, RandomSampler, TensorDataset, get_worker_info
from minigrad.utils.data import shared as shared_module

METHODS = multiprocessing.get_all_start_methods()
LARGE = 3 * shared_module.SMALL // 4  # a sample; a batch of two goes through shared memory
pytestmark = [
    pytest.mark.skipif("fork" not in METHODS, reason="this system cannot fork"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # Python's, of tests that fork themselves
]


@pytest.fixture(autouse=True)
def start_by_fork():
    """Most tests have data sets that cannot be pickled."""
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method("fork", force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


class Nested(Dataset):
    """Tensors and arrays, small and large, of several classes, inside one another."""

    def __len__(self):
        return 10

    def __getitem__(self, i):
        return {
            "x": mg.full((LARGE,), i, dtype=mg.uint8),
            "pair": (np.full(3, i, np.int16), mg.full((LARGE,), float(i), dtype=mg.bfloat16)),
            "name": str(i),
        }


class Draws(Dataset):
    """What the three generators draw, as an augmentation would."""

    def __len__(self):
        return 8

    def __getitem__(self, i):
        return mg.tensor([random.random(), np.random.rand(), mg.rand(()).item()], dtype=mg.float64)  # noqa: NPY002


class Troubled(Dataset):
    """Something goes wrong at sample 5."""

    def __init__(self, trouble):
        self.trouble = trouble

    def __len__(self):
        return 8

    def __getitem__(self, i):
        if i == 5:
            self.trouble()
        return i


class Count(IterableDataset):
    def __init__(self, n, shared=True):
        self.n, self.shared = n, shared

    def __len__(self):
        return self.n

    def __iter__(self):
        info = get_worker_info() if self.shared else None
        return iter(range(self.n)) if info is None else iter(range(info.id, self.n, info.num_workers))


class Info(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        info = get_worker_info()
        return info.id, info.num_workers, info.seed, type(info.dataset) is Info, mg.get_num_threads(), os.getpid()


def as_it_is(batch):
    return batch


def flat(batch):
    """A batch in comparable form."""
    return {
        "x": batch["x"].numpy().tolist(),
        "pair": [batch["pair"][0].tolist(), batch["pair"][1].float().tolist()],
        "dtypes": [str(t.dtype) for t in (batch["x"], *batch["pair"])],
        "name": batch["name"],
    }


def run(code: str, *, kill: int | None = None, group: bool = False) -> tuple[int, str, str]:
    """A program of its own: exit code, output, errors. The output ends when the last worker that inherited it has ended."""
    program = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(mg.__file__).parent.parent,
    )
    if kill is not None:
        line = program.stdout.readline()
        assert line == "ready\n"
        (os.killpg if group else os.kill)(program.pid, kill)
    out, err = program.communicate(timeout=20)
    return program.returncode, out, err


# ---- the same batches ----


@pytest.mark.parametrize("method", METHODS)
def test_batches_are_those_of_one_process(method):
    mg.ones(300, 300).matmul(mg.ones(300, 300))  # the threads of the kernels are there before the fork
    seeded = [mg.Generator().manual_seed(4) for _ in range(2)]
    here = DataLoader(Nested(), 3, shuffle=True, generator=seeded[0])
    there = DataLoader(
        Nested(), 3, shuffle=True, generator=seeded[1], num_workers=2 if method == "fork" else 1, multiprocessing_context=method
    )
    for _ in range(2 if method == "fork" else 1):
        got, want = list(there), list(here)
        assert [flat(a) for a in got] == [flat(b) for b in want] and len(got) == len(there) == 4
    got[0]["x"].add_(1)  # a batch can be written to


@pytest.mark.parametrize("kwargs", [{"shuffle": True}, {"batch_size": None}, {"drop_last": True}, {"sampler": [7, -1, 2]}])
def test_data_sets_of_tensors(kwargs):
    data = TensorDataset(mg.arange(8 * 900).float().reshape(8, 900), mg.arange(8))
    kwargs = {"batch_size": 3, **kwargs}
    got, want = ([], [])
    for batches, workers in ((got, 2), (want, 0)):
        batches += DataLoader(
            data, num_workers=workers, prefetch_factor=workers // 2 or None, generator=mg.Generator().manual_seed(1), **kwargs
        )
    assert len(got) == len(want) > 0
    for a, b in zip(got, want, strict=True):
        assert all((u == v).all() and u.dtype == v.dtype for u, v in zip(a, b, strict=True))


def test_draws_are_repeated_by_the_seed():
    def epochs(seed, workers=2):
        loader = DataLoader(Draws(), 2, num_workers=workers, generator=mg.Generator().manual_seed(seed))
        return [mg.cat(list(loader)).tolist() for _ in range(2)]

    first = epochs(1)
    assert first == epochs(1)
    numbers = list(itertools.chain(*epochs(2), *first))
    for column in zip(*numbers, strict=True):
        assert len(set(column)) == len(column), "epochs, workers and seeds differ"
    assert not set(numbers[0]) & {b for _, b, _ in numbers[1:]}
    mg.manual_seed(3)
    one = mg.cat(list(DataLoader(Draws(), 2, num_workers=1)))
    mg.manual_seed(3)
    assert (mg.cat(list(DataLoader(Draws(), 2, num_workers=1))) == one).all()


def test_workers_know_themselves():
    rows = [batch[0] for batch in DataLoader(Info(), 1, num_workers=2, collate_fn=as_it_is)]
    assert [row[:2] for row in rows] == [(0, 2), (1, 2), (0, 2), (1, 2)]
    assert rows[1][2] == rows[0][2] + 1 == rows[3][2] and all(row[3] and row[4] == 1 for row in rows)
    assert len({row[5] for row in rows} - {os.getpid()}) == 2
    assert get_worker_info() is None


# ---- samples in a row ----


def test_shares_of_an_iterable():
    loader = DataLoader(Count(7), 2, num_workers=2)
    assert [b.tolist() for b in loader] == [[0, 2], [1, 3], [4, 6], [5]]
    assert [b.tolist() for b in DataLoader(Count(7), 2, num_workers=2, drop_last=True)] == [[0, 2], [1, 3], [4, 6]]
    assert list(DataLoader(Count(5), None, num_workers=3)) == [0, 1, 2, 3, 4]
    assert sorted(DataLoader(Count(9), None, num_workers=2, in_order=False)) == list(range(9))
    keep = DataLoader(Count(3), None, num_workers=2, persistent_workers=True)
    assert list(keep) == list(keep) == [0, 1, 2]
    whole = DataLoader(Count(2, shared=False), None, num_workers=2)
    assert list(whole) == [0, 0, 1, 1]
    assert len(whole) == 2
    with pytest.warns(UserWarning, match="reported to be 2"):
        list(whole)


# ---- what goes wrong ----


class Own(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)


def raises(error):
    raise error


def wrong_key():
    return {}["missing"]


def local_class():
    class Local(Exception):
        pass

    raise Local("inside")


@pytest.mark.parametrize(
    ("trouble", "kind", "name"),
    [
        (lambda: raises(ValueError("bad sample")), ValueError, "ValueError"),
        (wrong_key, KeyError, "KeyError"),
        (lambda: raises(Own(1, 2)), RuntimeError, "Own"),
        (local_class, RuntimeError, "Local"),
        (lambda: raises(StopIteration()), RuntimeError, "StopIteration"),
    ],
)
def test_exceptions_keep_their_type_and_traceback(trouble, kind, name):
    batches = iter(DataLoader(Troubled(trouble), 2, num_workers=2))
    assert [next(batches).tolist(), next(batches).tolist()] == [[0, 1], [2, 3]]
    with pytest.raises(kind) as caught:
        next(batches)
    text = str(caught.value)
    assert type(caught.value) is kind
    assert text.startswith(f"Caught {name} in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n")
    assert "self.trouble()" in text
    assert next(batches).tolist() == [6, 7], "the other samples come"
    assert list(batches) == [] and not multiprocessing.active_children()


def test_exceptions_around_samples():
    with pytest.raises(ZeroDivisionError, match=r"worker process 1[.\s\S]*init_fn"):

        def init_fn(number):
            return 1 / (1 - number)

        list(DataLoader(Troubled(int), 2, num_workers=2, worker_init_fn=init_fn))
    with pytest.raises((AttributeError, TypeError, RuntimeError), match="in DataLoader worker process 0"):  # by version of Python
        list(DataLoader([1], 1, num_workers=1, collate_fn=lambda samples: lambda: samples))
    with pytest.raises(RuntimeError, match="from the sampler"):

        def order():
            yield 0
            raise RuntimeError("from the sampler")

        list(DataLoader([1, 2], 1, sampler=order(), num_workers=1))
    assert not multiprocessing.active_children()


def test_dead_workers_are_named():
    for trouble, text in [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), r"worker \(pid \d+\) is killed by signal: .* \(exit code -9\)"),
        (lambda: sys.exit(3), r"worker \(pid \d+\) exited unexpectedly with exit code 3\."),
        (lambda: os._exit(0), r"worker \(pid \d+\) exited unexpectedly with exit code 0\."),
    ]:
        batches = iter(DataLoader(Troubled(trouble), 1, num_workers=2))
        assert [next(batches).item() for _ in range(5)] == [0, 1, 2, 3, 4]
        with pytest.raises(RuntimeError, match=text):
            next(batches)
        assert list(batches) == [] and not multiprocessing.active_children()


def test_killed_between_batches():
    loader = DataLoader(Info(), 1, num_workers=1, persistent_workers=True, prefetch_factor=1)
    batches = iter(loader)
    pid = next(batches)[5].item()
    next(batches)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match=rf"worker \(pid {pid}\) is killed"):
        list(batches)
    assert len(list(loader)) == 4, "the next epoch has a new worker"


def test_death_is_seen_when_a_child_of_the_worker_holds_its_pipe():
    def trouble():
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
        os._exit(7)

    start = time.monotonic()
    with pytest.raises(RuntimeError, match="exit code 7"):
        list(DataLoader(Troubled(trouble), 8, num_workers=1))
    assert time.monotonic() - start < 2.9


def test_timeout():
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.2 seconds"):
        list(DataLoader(Troubled(lambda: time.sleep(1)), 2, num_workers=1, timeout=0.2))
    assert list(DataLoader([1, 2], None, num_workers=1, timeout=20)) == [1, 2]


# ---- beginnings and ends ----


def test_epochs_that_are_left_and_mixed():
    loader = DataLoader(list(range(40)), 2, num_workers=2)
    for batch in loader:
        assert batch.tolist() == [0, 1]
        break
    assert not multiprocessing.active_children()
    one, two = iter(loader), iter(loader)
    pairs = [(a.tolist(), b.tolist()) for a, b in itertools.islice(zip(one, two, strict=True), 4)]
    assert pairs == [([2 * i, 2 * i + 1],) * 2 for i in range(4)]
    assert iter(one) is one
    del one, two
    assert not multiprocessing.active_children()


def test_persistent_workers():
    loader = DataLoader(Info(), 1, num_workers=2, persistent_workers=True, collate_fn=as_it_is)
    pids = [[batch[0][5] for batch in loader] for _ in range(3)]
    assert pids[0] == pids[1] == pids[2] and len(set(pids[0])) == 2
    order = DataLoader(list(range(30)), 1, num_workers=2, persistent_workers=True, sampler=RandomSampler(range(30)))
    for _ in zip(range(3), order, strict=False):
        pass
    assert sorted(batch.item() for batch in order) == list(range(30)), "what was under way is thrown away"
    del loader, order
    assert not multiprocessing.active_children()


def test_out_of_order():
    def sample(i):
        time.sleep(0.3 if i == 0 else 0)
        return i

    class Slow(Troubled):
        __getitem__ = staticmethod(sample)

    got = list(DataLoader(Slow(None), None, num_workers=2, in_order=False))
    assert sorted(got) == list(range(8)) and got[0] != 0
    assert list(DataLoader(Slow(None), None, num_workers=2)) == list(range(8))


def test_nothing_is_left_after_many_epochs():
    def open_files():
        return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

    data = TensorDataset(mg.zeros(8, LARGE))
    names = sorted(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else []
    list(DataLoader(data, 4, num_workers=1))
    keep = DataLoader(data, 4, num_workers=1, persistent_workers=True)
    list(keep)
    before = open_files()
    for i in range(50):
        for _ in DataLoader(data, 4, num_workers=1):
            if i % 3 == 0:
                break
        list(keep)
        assert len(multiprocessing.active_children()) <= 2
    _ = None
    assert open_files() <= before + 1 and len(multiprocessing.active_children()) == 1
    del keep
    assert not multiprocessing.active_children()
    assert (sorted(os.listdir("/dev/shm")) if names else []) == names


def test_memory_goes_round_and_what_is_kept_stays(monkeypatch):
    n = 1 << 16
    monkeypatch.setattr(shared_module, "SEGMENT", 1 << 20)  # forked workers have it too
    data = TensorDataset(mg.arange(60).to(mg.uint8).reshape(60, 1).expand(60, n))
    loader = DataLoader(data, 1, num_workers=1)
    batches = iter(loader)
    kept = []
    for i, (x,) in enumerate(batches):
        if i == 0:
            fd = os.dup(batches._workers[0]._file.fd)
        if i % 20 == 5:
            kept.append((i, x.view(-1)[5:9], x.numpy()[:, n // 2 :]))
    taken = os.fstat(fd).st_blocks * 512
    os.close(fd)
    assert 3 * n <= taken <= 12 * n, "sixty batches took the memory of a few"
    for i, a, b in kept:
        assert a.tolist() == [i] * 4 and (b == i).all()
    everything = list(loader)
    assert [x[0, -1].item() for (x,) in everything] == list(range(60)), "more than a segment, all kept"


def test_epochs_of_a_thread():
    got, batches = [], iter(DataLoader(list(range(10)), 2, num_workers=2))

    def work():
        got.append([b.tolist() for b in batches])  # workers of another thread's
        got.append([b.tolist() for b in DataLoader(list(range(10)), 2, num_workers=2)])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert got[0] == got[1] == [[2 * i, 2 * i + 1] for i in range(5)] and not multiprocessing.active_children()


@given(st.lists(st.tuples(st.lists(st.integers(1, 5000), max_size=3), st.integers(0, 3)), max_size=12))
def test_regions(steps):
    """Messages of arrays of all sizes, some kept: what is kept is never written again, what is not is."""
    with mock.patch.multiple(shared_module, SMALL=100, SEGMENT=8192):
        file = shared_module.SharedFile()
        writer, reader, kept = shared_module.Writer(file), shared_module.Reader(shared_module.SharedFile(os.dup(file.fd))), []
        for i, (sizes, drop) in enumerate(steps):
            arrays = [np.full(n, i, np.uint8) for n in sizes]
            batch = reader.value(*writer.message([*arrays, "x" * sum(sizes)]))
            assert batch.pop() == "x" * sum(sizes)
            kept += [(i, n, array) for n, array in zip(sizes, batch, strict=True)]
            del batch, kept[: max(0, len(kept) - drop)]
            assert all(array.shape == (n,) and (array == value).all() and array.flags.writeable for value, n, array in kept)
            writer.give_back(reader.take_returned())
        assert len(reader._held) == sum(n >= 100 for _, n, _ in kept)
        reader._file.close()
        file.close()
        assert all((array == value).all() for value, _, array in kept)


def test_neither_side_waits_for_the_other_to_read():
    indices = [list(range(20000)) for _ in range(12)]  # each more than a pipe takes

    def strings(samples):
        return [f"{i:08d}" for i in samples]

    got = list(DataLoader(range(20000), batch_sampler=indices, collate_fn=strings, num_workers=1, prefetch_factor=8))
    assert len(got) == 12 and got[11][19999] == "00019999"


def test_a_forked_process_leaves_the_workers_alone():
    batches = iter(DataLoader(list(range(20)), 1, num_workers=1))
    next(batches)
    pid = os.fork()
    if pid == 0:
        del batches
        time.sleep(2)
        os._exit(0)
    worker = batches._workers[0].process
    assert [b.item() for b in batches] == list(range(1, 20))
    assert os.waitpid(pid, os.WNOHANG) == (0, 0), "the fork still runs, and did not keep the worker from ending"
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with pytest.raises(ValueError, match="closed"):
        worker.is_alive()


# ---- whole programs ----

PROGRAM = """
    import os, sys, time
    import minigrad as mg
    from minigrad.utils.data import DataLoader, TensorDataset
    loader = DataLoader(TensorDataset(mg.zeros(1000, 5000)), 10, num_workers=2, persistent_workers={persistent})
    batches = iter(loader)
    kept = next(batches)
"""
READY = '    print("ready", flush=True)\n'


def test_workers_die_with_their_parent():
    code, out, err = run(PROGRAM.format(persistent=False) + READY + "    time.sleep(60)", kill=signal.SIGKILL)
    assert code == -signal.SIGKILL and err == "" and out == ""


def test_ctrl_c_is_answered_once():
    # Where the tests run in the background the signal is ignored, and children inherit that: the handler is set by hand.
    heard = "\n    import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code, out, err = run(heard + PROGRAM.format(persistent=False) + READY + "    time.sleep(60)", kill=signal.SIGINT, group=True)
    assert code in (-signal.SIGINT, 1) and out == ""
    assert err.count("Traceback") == 1 and err.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("end", ["raise SystemExit(4)", "os.kill(os.getpid(), 15)"])
def test_programs_end_with_an_epoch_under_way(end):
    code, out, err = run(PROGRAM.format(persistent=True) + f"    {end}\n")
    assert (code, out, err) == (4 if "Exit" in end else -signal.SIGTERM, "", "")


def test_bad_settings_are_named():
    for kwargs, kind, text in [
        ({"num_workers": 1, "prefetch_factor": -1}, ValueError, "prefetch_factor option should be non-negative"),
        ({"prefetch_factor": 2}, ValueError, "could only be specified in multiprocessing"),
        ({"num_workers": 1, "timeout": -1}, ValueError, "timeout option should be non-negative"),
        ({"multiprocessing_context": "fork"}, ValueError, "can only be used with multi-process loading"),
        ({"num_workers": 1, "multiprocessing_context": "thread"}, ValueError, "should specify a valid start method in"),
        ({"num_workers": 1, "multiprocessing_context": ctypes}, TypeError, "should be a valid context object or a string"),
    ]:
        with pytest.raises(kind, match=text):
            DataLoader([1], **kwargs)
    loader = DataLoader([1], num_workers=1, pin_memory=True, multiprocessing_context=multiprocessing.get_context("fork"))
    assert [b.item() for b in loader] == [1] and loader.prefetch_factor == 2
    with pytest.raises(ValueError, match="batch_size attribute should not be set after DataLoader is initialized"):
        loader.batch_size = 3
