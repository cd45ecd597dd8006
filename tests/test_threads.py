"""The same bits for any number of threads; the same values, within rounding, from the kernels of every instruction set."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad import _core
from minigrad.testing import check_close

F = mg.nn.functional


@pytest.fixture(autouse=True)
def restored():
    """Threads and instruction set as they were."""
    threads, isa = mg.get_num_threads(), _core.isa()
    yield
    mg.set_num_threads(threads)
    _core.use_isa(isa)


def arrays(*shapes, dtype=np.float32):
    rng = np.random.default_rng(0)
    return [mg.from_numpy(rng.standard_normal(s).astype(dtype)).requires_grad_() for s in shapes]


# Sizes so that work is shared: above the thresholds of the kernels, and not divisible by the numbers of threads.
WORK = {
    "elementwise": (lambda x, y: (x * y + x.tanh()).exp(), [(301, 1001), (1001,)]),
    "sum": (lambda x: x.sum(), [(1_000_003,)]),
    "column sums": (lambda x: x.sum(0), [(1009, 777)]),
    "row sums": (lambda x: x.sum(1), [(1009, 777)]),
    "mean and var": (lambda x: x.var((0, 2)) + x.mean((0, 2)), [(17, 37, 999)]),
    "max": (lambda x: x.max(1).values, [(1009, 777)]),
    "logsumexp": (lambda x: x.logsumexp(1), [(1009, 777)]),
    "cumsum": (lambda x: x.cumsum(1), [(311, 1777)]),
    "matmul": (lambda a, b: a @ b, [(301, 257), (257, 199)]),
    "matmul of long rows": (lambda a, b: a @ b, [(7, 20011), (20011, 5)]),
    "matrix and vector": (lambda a, b: a @ b, [(1777, 1003), (1003,)]),
    "batched matmul": (lambda a, b: a @ b, [(13, 65, 77), (13, 77, 51)]),
    "linear": (F.linear, [(131, 784), (128, 784), (128,)]),
    "conv2d": (lambda x, w, b: F.conv2d(x, w, b, padding=1), [(5, 16, 28, 27), (32, 16, 3, 3), (32,)]),
    "conv2d, strided": (lambda x, w: F.conv2d(x, w, stride=(2, 3), dilation=(1, 2)), [(5, 8, 29, 31), (12, 8, 3, 2)]),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), [(7, 31, 28, 26)]),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 3, 2, 1), [(7, 31, 28, 26)]),
    "softmax": (lambda x: x.softmax(-1), [(1009, 777)]),
    "cross entropy": (lambda x: F.cross_entropy(x, mg.arange(1009) % 77), [(1009, 77)]),
    "layer norm": (lambda x, w, b: F.layer_norm(x, (777,), w, b), [(509, 777), (777,), (777,)]),
    "batch norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), [(17, 37, 23, 21), (37,), (37,)]),
    "embedding": (lambda w: F.embedding(mg.arange(30_011) * 7 % 1009, w), [(1009, 65)]),
    "transpose": (lambda x: x.T.contiguous(), [(1009, 777)]),
    "gelu": (lambda x: F.gelu(x), [(1009, 777)]),
}  # fmt: skip


def run(name):
    """Value and gradients."""
    function, shapes = WORK[name]
    leaves = arrays(*shapes)
    y = function(*leaves)
    g = mg.from_numpy(np.asarray(np.random.default_rng(1).standard_normal(y.shape).astype(np.float32)))
    return [y.detach().numpy(), *(v.numpy() for v in mg.autograd.grad(y, leaves, g))]


@pytest.mark.parametrize("name", WORK)
def test_same_bits_for_any_number_of_threads(name):
    results = []
    for threads in (1, 2, 3, 7):
        mg.set_num_threads(threads)
        results.append(run(name))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.skipif(len(_core.isas()) < 2, reason="one instruction set only")
@pytest.mark.parametrize("name", WORK)
def test_every_instruction_set_agrees(name):
    results = []
    for isa in _core.isas():
        _core.use_isa(isa)
        assert _core.isa() == isa
        results.append(run(name))
    for isa, other in zip(_core.isas()[1:], results[1:], strict=True):
        for a, b in zip(results[0], other, strict=True):
            # Sums in another order: their error grows with the root of the number of terms at most.
            scale = float(np.abs(a).max(initial=0.0))
            check_close(b, a.astype(np.float64), 64, f"{name} under {isa}", scale)


def network():
    mg.manual_seed(0)
    return mg.nn.Sequential(
        mg.nn.Conv2d(1, 8, 3, padding=1), mg.nn.BatchNorm2d(8), mg.nn.ReLU(), mg.nn.MaxPool2d(2), mg.nn.Conv2d(8, 16, 3), mg.nn.GELU(),
        mg.nn.Flatten(), mg.nn.Dropout(0.2), mg.nn.Linear(16 * 12 * 12, 10),
    )  # fmt: skip


@pytest.mark.parametrize(
    "make", [lambda p: mg.optim.SGD(p, lr=0.05, momentum=0.9), lambda p: mg.optim.AdamW(p, lr=1e-3)], ids=["sgd", "adamw"]
)
def test_training_steps_have_the_same_bits(make):
    states = []
    for threads in (1, 2, 3, 7):
        mg.set_num_threads(threads)
        model = network()
        optimizer = make(model.parameters())
        for _ in range(2):
            x, y = mg.randn(33, 1, 28, 28), mg.randint(0, 10, (33,))
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            mg.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        states.append({k: v.detach().numpy().copy() for k, v in model.state_dict().items()})
    for other in states[1:]:
        for k, v in states[0].items():
            np.testing.assert_array_equal(v, other[k], err_msg=k)


def test_random_numbers_do_not_depend_on_threads():
    drawn = []
    for threads in (1, 2, 3, 7):
        mg.set_num_threads(threads)
        mg.manual_seed(7)
        drawn.append(
            [
                t.numpy()
                for t in (mg.rand(300_001), mg.randn(300_001), mg.randint(0, 1000, (300_001,)), mg.bernoulli(mg.full((300_001,), 0.3)))
            ]
        )
    for other in drawn[1:]:
        for a, b in zip(drawn[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
