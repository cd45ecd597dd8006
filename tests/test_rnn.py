"""Recurrent modules and packed sequences: against PyTorch with the same weights, and what they refuse."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import nn
from minigrad.nn.utils import rnn

torch = pytest.importorskip("torch")
import torch.nn.utils.rnn as torch_rnn  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")  # PyTorch's own, once
seeds = st.integers(0, 2**16)


def close(ours: Any, theirs: Any, scale: float = 1.0) -> None:
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-4, atol=2e-5 * scale)


def both(values: np.ndarray) -> tuple[Any, Any]:
    """The same leaf in both libraries."""
    return mg.tensor(values).requires_grad_(), torch.tensor(values).requires_grad_()


def flat(outputs: Any) -> list[Any]:
    """Tensors of a module's result that have values: not the sizes and orders of packed ones."""
    if isinstance(outputs, (rnn.PackedSequence, torch_rnn.PackedSequence)):
        return [outputs.data]
    return [t for o in outputs for t in flat(o)] if isinstance(outputs, (tuple, list)) else [outputs]


def compare(ours: Any, theirs: Any, leaves: list[tuple[Any, Any]], modules: tuple[Any, Any], seed: int) -> None:
    """Outputs, and the gradients of the leaves and parameters for random cotangents."""
    rng = np.random.default_rng(seed)
    a, b = flat(ours), flat(theirs)
    assert len(a) == len(b)
    loss_a, loss_b = 0, 0
    for u, v in zip(a, b, strict=True):
        assert tuple(u.shape) == tuple(v.shape)
        close(u, v)
        g = rng.standard_normal(tuple(u.shape)).astype(np.float32)
        loss_a, loss_b = loss_a + (u * mg.tensor(g)).sum(), loss_b + (v * torch.tensor(g)).sum()
    loss_a.backward(), loss_b.backward()
    names = dict(modules[1].named_parameters())
    pairs = leaves + [(p, names[name]) for name, p in modules[0].named_parameters()]
    for u, v in pairs:
        close(u.grad, v.grad, 1 + float(v.grad.abs().max()))


# ---- layers ----


@st.composite
def layers(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(["RNN", "GRU", "LSTM"]))
    q: dict[str, Any] = {
        "input_size": draw(st.integers(1, 5)),
        "hidden_size": draw(st.integers(1, 20)),
        "num_layers": draw(st.integers(1, 3)),
    }
    q |= {name: draw(st.booleans()) for name in ("bias", "batch_first", "bidirectional")}
    if kind == "RNN":
        q["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    if kind == "LSTM":
        q["proj_size"] = draw(st.sampled_from([0, 0, q["hidden_size"] // 2]))
    return kind, q


@settings(max_examples=60)
@given(layers(), st.sampled_from(["padded", "alone", "packed", "unsorted"]), st.integers(1, 6), st.integers(1, 5), st.booleans(), seeds)
def test_layers_equal_pytorchs(layer: tuple[str, dict[str, Any]], form: str, steps: int, n: int, given_state: bool, seed: int) -> None:
    kind, q = layer
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    theirs, ours = getattr(torch.nn, kind)(**q), getattr(nn, kind)(**q)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())

    alone = form == "alone"
    batch = () if alone else (n,)
    shape = (steps, *batch, q["input_size"])
    if q["batch_first"] and not alone:
        shape = (n, steps, q["input_size"])
    x, y = both(rng.standard_normal(shape).astype(np.float32))
    leaves = [(x, y)]
    states: tuple[Any, Any] = (None, None)
    if given_state:
        rows = q["num_layers"] * (1 + q["bidirectional"])
        widths = [q.get("proj_size") or q["hidden_size"], q["hidden_size"]][: 1 + (kind == "LSTM")]
        pairs = [both(rng.standard_normal((rows, *batch, w)).astype(np.float32)) for w in widths]
        leaves += pairs
        states = (tuple(p[0] for p in pairs), tuple(p[1] for p in pairs)) if kind == "LSTM" else pairs[0]
    u, v = x, y
    if form in ("packed", "unsorted"):
        lengths = rng.integers(1, steps + 1, n)
        if form == "packed":
            lengths = np.sort(lengths)[::-1].copy()
        lengths[0] = steps if form == "packed" else lengths[0]
        u = rnn.pack_padded_sequence(x, lengths.tolist(), q["batch_first"], form == "packed")
        v = torch_rnn.pack_padded_sequence(y, torch.tensor(lengths), q["batch_first"], form == "packed")
        assert u.batch_sizes.tolist() == v.batch_sizes.tolist()
        if form == "unsorted":
            assert u.sorted_indices is not None and u.sorted_indices.tolist() == v.sorted_indices.tolist()
    a, b = (ours(u), theirs(v)) if not given_state else (ours(u, states[0]), theirs(v, states[1]))
    assert isinstance(a[0], rnn.PackedSequence) == (form in ("packed", "unsorted"))
    compare(a, b, leaves, (ours, theirs), seed)


@given(
    st.sampled_from(["RNNCell", "GRUCell", "LSTMCell"]),
    st.integers(1, 5),
    st.integers(1, 20),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    seeds,
)
def test_cells_equal_pytorchs(kind: str, width: int, units: int, bias: bool, batched: bool, given_state: bool, seed: int) -> None:
    q: dict[str, Any] = {"nonlinearity": "relu"} if kind == "RNNCell" and seed % 2 else {}
    theirs, ours = getattr(torch.nn, kind)(width, units, bias, **q), getattr(nn, kind)(width, units, bias, **q)
    assert repr(ours) == repr(theirs)
    ours.load_state_dict(theirs.state_dict())
    rng = np.random.default_rng(seed)
    batch = (3,) if batched else ()
    leaves = [both(rng.standard_normal((*batch, k)).astype(np.float32)) for k in (width, units, units)[: 3 if kind == "LSTMCell" else 2]]
    if not given_state:
        compare(ours(leaves[0][0]), theirs(leaves[0][1]), leaves[:1], (ours, theirs), seed)
        return
    a, b = ([pair[k] for pair in leaves] for k in (0, 1))
    hidden = (lambda s: tuple(s[1:])) if kind == "LSTMCell" else (lambda s: s[1])
    compare(ours(a[0], hidden(a)), theirs(b[0], hidden(b)), leaves, (ours, theirs), seed)


def test_state_dicts_go_both_ways() -> None:
    theirs, ours = torch.nn.LSTM(3, 5, 2, proj_size=2, bidirectional=True), nn.LSTM(3, 5, 2, proj_size=2, bidirectional=True)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((4, 2, 3)).astype(np.float32)
    close(ours(mg.tensor(x))[0], theirs(torch.tensor(x))[0])
    assert [[tuple(p.shape) for p in row] for row in ours.all_weights] == [[tuple(p.shape) for p in row] for row in theirs.all_weights]


def test_initial_values_stay_within_their_bound() -> None:
    for p in [*nn.GRU(3, 25).parameters(), *nn.LSTMCell(3, 25).parameters()]:
        assert 0.15 < float(p.abs().max()) <= 0.2 and abs(float(p.mean())) < 0.1


def test_dropout_is_between_layers_and_in_training_only() -> None:
    net = nn.RNN(1, 400, 2, nonlinearity="relu", bias=False, dropout=0.5)
    for name, p in net.named_parameters():
        p.data = mg.eye(*p.shape) if name.endswith("ih_l1") else mg.full(p.shape, 0.0 if "hh" in name else 1.0)
    x = mg.ones(1, 1, 1)
    mg.manual_seed(1)
    values = net(x)[0].reshape(-1).tolist()
    assert set(values) == {0.0, 2.0} and 120 < sum(v == 0 for v in values) < 280
    assert (net.eval()(x)[0] == 1).all()


def test_gradients_of_second_order_go_through_a_layer() -> None:
    """||d loss / d x||^2, differentiated by the weights: as PyTorch's."""
    theirs, ours = torch.nn.GRU(3, 4, 2).double(), nn.GRU(3, 4, 2).double()
    ours.load_state_dict(theirs.state_dict())
    x = np.random.default_rng(0).standard_normal((5, 2, 3))
    found = []
    for lib, net in ((mg, ours), (torch, theirs)):
        leaf = lib.tensor(x, requires_grad=True)
        (g,) = lib.autograd.grad(net(leaf)[0].square().sum(), leaf, create_graph=True)
        g.square().sum().backward()
        found.append([leaf.grad.numpy(), *(p.grad.numpy() for p in net.parameters())])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


def test_modules_are_copied_and_pickled() -> None:
    net = nn.LSTM(3, 4, bidirectional=True)
    x = mg.randn(2, 1, 3)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert (other(x)[0] == net(x)[0]).all()
        other.weight_ih_l0.data = other.weight_ih_l0 * 2
        assert not (other(x)[0] == net(x)[0]).all()
    assert net.flatten_parameters() is None


# ---- packing ----


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.sampled_from([(), (2,), (2, 3)]), st.booleans(), st.integers(0, 2), st.sampled_from(["left", "right"]), seeds)  # fmt: skip
def test_packing_equals_pytorchs(lengths: list[int], rest: tuple[int, ...], batch_first: bool, more: int, side: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [both(rng.standard_normal((n, *rest)).astype(np.float32)) for n in lengths]
    ours, theirs = [p[0] for p in pairs], [p[1] for p in pairs]
    close(rnn.pad_sequence(ours, batch_first, 0.5, side), torch_rnn.pad_sequence(theirs, batch_first, 0.5, side))
    a, b = rnn.pack_sequence(ours, enforce_sorted=False), torch_rnn.pack_sequence(theirs, enforce_sorted=False)
    for u, v in zip(a, b, strict=True):
        np.testing.assert_array_equal(u.detach().numpy(), v.detach().numpy())
    total = max(lengths) + more if more else None
    padded, n = rnn.pad_packed_sequence(a, batch_first, -1.5, total)
    wanted, m = torch_rnn.pad_packed_sequence(b, batch_first, -1.5, total)
    assert n.tolist() == m.tolist() == lengths
    close(padded, wanted)
    for u, v, w in zip(rnn.unpack_sequence(a), rnn.unpad_sequence(padded, n, batch_first), ours, strict=True):
        assert (u == w).all() and (v == w).all()
    g = rng.standard_normal(padded.shape).astype(np.float32)
    (padded * mg.tensor(g)).sum().backward(), (wanted * torch.tensor(g)).sum().backward()
    for u, v in pairs:
        close(u.grad, v.grad)


def test_packed_sequences_convert() -> None:
    packed = rnn.pack_sequence([mg.tensor([1.5, 2.0]), mg.tensor([3.0])])
    assert packed.double().data.dtype is mg.float64 and packed.to(mg.float16).data.dtype is mg.float16
    assert packed.long().data.tolist() == [1, 3, 2] and packed.int().data.dtype is mg.int32 and packed.half().data.dtype is mg.float16
    assert packed.float().data.dtype is mg.float32 and packed.cpu() is packed and packed.pin_memory() is packed
    assert not packed.is_cuda and not packed.is_pinned() and packed.sorted_indices is None and packed.unsorted_indices is None
    again = pickle.loads(pickle.dumps(rnn.pack_sequence([mg.ones(1), mg.ones(2)], enforce_sorted=False)))
    assert isinstance(again, rnn.PackedSequence) and again.unsorted_indices is not None and again.unsorted_indices.tolist() == [1, 0]


# ---- bad input ----

X = mg.zeros(4, 2, 3)


@pytest.mark.parametrize(
    "call, error, match",
    [
        (lambda: nn.LSTM(3, 0), ValueError, "LSTM: hidden_size must be at least 1, got 0"),
        (lambda: nn.LSTM(3, 2.5), TypeError, r"LSTM: hidden_size must be an int, got 2.5"),  # type: ignore[arg-type]
        (lambda: nn.LSTM(3, 5, 0), ValueError, "LSTM: num_layers must be at least 1, got 0"),
        (lambda: nn.LSTM(3, 5, proj_size=5), ValueError, "LSTM: proj_size has to be smaller than hidden_size, got proj_size=5, hidden_size=5"),
        (lambda: nn.GRU(3, 5, 2, dropout=1.5), ValueError, r"GRU: dropout should be a number in range \[0, 1\], got 1.5"),
        (lambda: nn.RNN(3, 5, nonlinearity="gelu"), ValueError, "RNN: nonlinearity must be 'tanh' or 'relu', got 'gelu'"),
        (lambda: nn.RNNCell(3, 5, nonlinearity="gelu"), ValueError, "RNNCell: nonlinearity must be 'tanh' or 'relu', got 'gelu'"),
        (lambda: nn.GRU(3, 5)(mg.zeros(4)), RuntimeError, "GRU: Expected input to be 2D or 3D, got 1D instead"),
        (lambda: nn.GRU(2, 5)(X), RuntimeError, r"GRU: input.size\(-1\) must be equal to input_size. Expected 2, got 3"),
        (lambda: nn.GRU(3, 5)(X, mg.zeros(1, 5)), RuntimeError, "GRU: For batched 3-D input, hx should also be 3-D but got 2-D tensor"),
        (lambda: nn.GRU(3, 5)(X[0], mg.zeros(1, 1, 5)), RuntimeError, "GRU: For unbatched 2-D input, hx should also be 2-D but got 3-D tensor"),
        (lambda: nn.GRU(3, 5)(X, mg.zeros(1, 3, 5)), RuntimeError, r"GRU: expected hx of shape \(1, 2, 5\) .*, got \(1, 3, 5\)"),
        (lambda: nn.LSTM(3, 5)(X, (mg.zeros(1, 2, 5), mg.zeros(1, 2, 4))), RuntimeError, r"LSTM: expected hidden\[1\] of shape \(1, 2, 5\) .*, got \(1, 2, 4\)"),
        (lambda: nn.LSTM(3, 5)(X, mg.zeros(1, 2, 5)), TypeError, r"LSTM: expected a pair \(hx, cx\) of Tensors, got a Tensor"),
        (lambda: nn.LSTM(3, 5)(X, (mg.zeros(1, 2, 5),)), TypeError, "LSTM: expected a pair of Tensors as hx"),
        (lambda: nn.LSTM(3, 5)([1]), TypeError, "LSTM: expected a Tensor or a PackedSequence as input, got list"),
        (lambda: nn.LSTM(3, 5).double()(X), TypeError, "lstm: expected one dtype, got input float32, w_ih of direction 0 float64"),
        (lambda: nn.LSTM(3, 5)(mg.zeros(0, 2, 3)), RuntimeError, "lstm: input must have at least one step"),
        (lambda: nn.LSTMCell(3, 5)(mg.zeros(1, 2, 3)), RuntimeError, "LSTMCell: Expected input to be 1D or 2D, got 3D instead"),
        (lambda: nn.LSTMCell(3, 5)(mg.zeros(2, 4)), RuntimeError, "LSTMCell: input has 4 features, expected input_size=3"),
        (lambda: nn.LSTMCell(3, 5)(mg.zeros(2, 3), mg.zeros(2, 5)), TypeError, r"LSTMCell: expected a pair \(hx, cx\) of Tensors as hx, got 1"),
        (lambda: nn.GRUCell(3, 5)(mg.zeros(2, 3), mg.zeros(3, 5)), RuntimeError, r"GRUCell: hx must have shape \(2, 5\), got \(3, 5\)"),
        (lambda: rnn.pack_padded_sequence(X, [1, 4]), RuntimeError, r"must be sorted in decreasing order .* got \[1, 4\]"),
        (lambda: rnn.pack_padded_sequence(X, [4, 0]), RuntimeError, r"lengths must be from 1 to 4, the number of steps of input, got \[4, 0\]"),
        (lambda: rnn.pack_padded_sequence(X, [5, 1]), RuntimeError, r"lengths must be from 1 to 4, .* got \[5, 1\]"),
        (lambda: rnn.pack_padded_sequence(X, [4]), RuntimeError, r"Expected `len\(lengths\)` to be equal to batch_size=2, but got 1"),
        (lambda: rnn.pack_padded_sequence(X, []), RuntimeError, "at least one length"),
        (lambda: rnn.pack_padded_sequence(mg.zeros(3), [3]), RuntimeError, r"input must be \(T, N, \*\)"),
        (lambda: rnn.pad_packed_sequence(rnn.pack_padded_sequence(X, [4, 2]), total_length=3), ValueError, "but got total_length=3 and max sequence length being 4"),
        (lambda: rnn.pad_sequence([]), ValueError, "received an empty list of sequences"),
        (lambda: rnn.pad_sequence([mg.zeros(2, 3), mg.zeros(2, 4)]), RuntimeError, r"in their first axis only, got \(2, 3\) and \(2, 4\)"),
        (lambda: rnn.pad_sequence([mg.zeros(2)], padding_side="top"), ValueError, "padding_side must be 'left' or 'right', got 'top'"),
        (lambda: rnn.pack_sequence(3), TypeError, "Expected iterable for input sequences, but got arg of type: <class 'int'>"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_bad_input_is_refused(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()


def test_dropout_of_a_single_layer_is_warned_about() -> None:
    with pytest.warns(UserWarning, match="dropout option adds dropout after all but last recurrent layer"):
        nn.GRU(3, 5, dropout=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.GRU(3, 5, 2, dropout=0.5)
