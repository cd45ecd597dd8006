"""MultiheadAttention and the Transformer modules against PyTorch's with the same weights, over their options."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad import nn
from minigrad.errors import ShapeError

torch = pytest.importorskip("torch")


def twins(ours, theirs, seed):
    """The two modules with the same random weights, as float64."""
    ours, theirs = ours.double(), theirs.double()
    rng = np.random.default_rng(seed)
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    values = {name: 0.5 * rng.standard_normal(tuple(t.shape)) for name, t in state.items()}
    ours.load_state_dict({k: mg.from_numpy(v) for k, v in values.items()})
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in values.items()})
    return ours, theirs


def compare(ours, theirs, arrays, masks, **options):
    """The same results, and gradients of all parameters and arrays, for the same cotangent."""
    results = []
    for lib, module in ((mg, ours), (torch, theirs)):
        made: dict[int, object] = {}
        for a in arrays:  # the same array is the same tensor
            made.setdefault(id(a), lib.from_numpy(a.copy()).requires_grad_())
        found = module(
            *(made[id(a)] for a in arrays), **{k: None if m is None else lib.from_numpy(m.copy()) for k, m in masks.items()}, **options
        )
        found = found if isinstance(found, tuple) else (found,)
        g = [np.random.default_rng(i).standard_normal(tuple(y.shape)) for i, y in enumerate(found) if y is not None]
        sum((y * lib.from_numpy(c)).sum() for y, c in zip(found, g)).backward()
        leaves = [*made.values(), *(p for _, p in module.named_parameters())]
        results.append([*found, *(t.grad for t in leaves)])
    for i, (got, want) in enumerate(zip(*results, strict=True)):
        assert (got is None) == (want is None)
        if got is not None:
            np.testing.assert_allclose(got.detach().numpy(), want.detach().numpy(), 1e-8, 1e-9, err_msg=str(i), strict=True)


def hiding(data, rng, *shape):
    """A mask of PyTorch's layers: None, truth (hidden) or numbers; no query is left without a key."""
    kind = data.draw(st.sampled_from(["none", "bool", "numbers"]))
    hidden = rng.random(shape) < 0.4
    hidden[..., 0] = False
    return {"none": None, "bool": hidden, "numbers": np.where(hidden, -np.inf, rng.standard_normal(shape))}[kind]


@given(st.data())
def test_multihead_attention(data):
    heads, size = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    e, batched, first = heads * size, data.draw(st.booleans()), data.draw(st.booleans())
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    n, long, keys = (data.draw(st.integers(1, 4)) for _ in range(3))
    alike = data.draw(st.sampled_from(["self", "memory", "three"]))
    options = {"bias": data.draw(st.booleans()), "add_bias_kv": data.draw(st.booleans()), "add_zero_attn": data.draw(st.booleans())}
    kdim = vdim = e
    if alike == "three":
        kdim, vdim = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
        options |= {"kdim": kdim, "vdim": vdim}

    def sequence(length, width):
        return rng.standard_normal((length, width) if not batched else (n, length, width) if first else (length, n, width))

    query = sequence(long, e)
    keys = long if alike == "self" else keys
    key = query if alike == "self" else sequence(keys, kdim)
    value = key if alike != "three" else sequence(keys, vdim)
    ours, theirs = twins(*(lib.MultiheadAttention(e, heads, batch_first=first, **options) for lib in (nn, torch.nn)), 1)
    whole = data.draw(st.booleans())
    masks = {
        "key_padding_mask": hiding(data, rng, *((n, keys) if batched else (keys,))),
        "attn_mask": hiding(data, rng, *((n if batched else 1) * heads, long, keys)[0 if whole else 1 :]),
    }
    kinds = {m.dtype for m in masks.values() if m is not None}
    if len(kinds) == 2:  # PyTorch warns: of one kind, please
        masks["attn_mask"] = None
    need = data.draw(st.booleans())
    if data.draw(st.booleans()):
        ours.eval(), theirs.eval()
    compare(ours, theirs, (query, key, value), masks, need_weights=need, average_attn_weights=data.draw(st.booleans()))


@pytest.mark.parametrize("need", [False, True])
@pytest.mark.parametrize("extra", [False, True])
def test_causal_hint(extra, need):
    x = np.random.default_rng(0).standard_normal((2, 5, 4))
    ours, theirs = twins(*(lib.MultiheadAttention(4, 2, batch_first=True, add_zero_attn=extra) for lib in (nn, torch.nn)), 2)
    mask = np.triu(np.ones((5, 5), bool), 1)
    if extra and not need:  # PyTorch hides the position of zeros then, which the mask does not
        y, _ = ours(*[mg.from_numpy(x)] * 3, attn_mask=mg.from_numpy(mask), is_causal=True, need_weights=False)
        want, _ = ours(*[mg.from_numpy(x)] * 3, attn_mask=mg.from_numpy(mask), is_causal=False, need_weights=False)
        np.testing.assert_allclose(y.detach().numpy(), want.detach().numpy(), 1e-12)
    else:
        compare(ours, theirs, (x, x, x), {"attn_mask": mask}, is_causal=True, need_weights=need)


def layer_options(data):
    return {
        "dim_feedforward": data.draw(st.integers(1, 5)), "dropout": 0.0, "activation": data.draw(st.sampled_from(["relu", "gelu"])),
        "layer_norm_eps": data.draw(st.sampled_from([1e-5, 1e-2])), "batch_first": data.draw(st.booleans()), "norm_first": data.draw(st.booleans()),
        "bias": data.draw(st.booleans()),
    }  # fmt: skip


class Problem:
    """Sequences of a source and a target, and masks for both."""

    def __init__(self, data, first, heads):
        rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
        n, s, t = (data.draw(st.integers(1, 4)) for _ in range(3))
        batched, e = data.draw(st.booleans()), 2 * heads
        self.src, self.tgt = (
            rng.standard_normal((length, e) if not batched else (n, length, e) if first else (length, n, e)) for length in (s, t)
        )
        kind = data.draw(st.sampled_from(["none", "causal", "some"]))

        def mask(rows, columns):
            if kind == "none":
                return None
            hidden = np.triu(np.ones((rows, columns), bool), 1) if kind == "causal" else rng.random((rows, columns)) < 0.4
            hidden[:, 0] = False
            return np.where(hidden, -np.inf, 0.0)

        def padding(columns):
            if data.draw(st.booleans()):
                return None
            hidden = rng.random((n, columns) if batched else (columns,)) < 0.3
            hidden[..., 0] = False
            return np.where(hidden, -np.inf, 0.0)

        self.masks = {"src": mask(s, s), "tgt": mask(t, t), "memory": mask(t, s)}
        self.paddings = {"src": padding(s), "tgt": padding(t), "memory": padding(s)}


@given(st.data())
def test_layers(data):
    heads, options = data.draw(st.integers(1, 2)), layer_options(data)
    p = Problem(data, options["batch_first"], heads)
    pair = twins(*(lib.TransformerEncoderLayer(2 * heads, heads, **options) for lib in (nn, torch.nn)), 3)
    compare(*pair, (p.src,), {"src_mask": p.masks["src"], "src_key_padding_mask": p.paddings["src"]})
    pair = twins(*(lib.TransformerDecoderLayer(2 * heads, heads, **options) for lib in (nn, torch.nn)), 4)
    masks = {f"{k}_mask": p.masks[k] for k in ("tgt", "memory")} | {f"{k}_key_padding_mask": p.paddings[k] for k in ("tgt", "memory")}
    compare(*pair, (p.tgt, p.src), masks)


@given(st.data())
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")  # PyTorch's
def test_transformer(data):
    heads, options = data.draw(st.integers(1, 2)), layer_options(data)
    p = Problem(data, options["batch_first"], heads)
    counts = {"num_encoder_layers": data.draw(st.integers(1, 2)), "num_decoder_layers": data.draw(st.integers(1, 2))}
    ours, theirs = twins(*(lib.Transformer(2 * heads, heads, **counts, **options) for lib in (nn, torch.nn)), 5)
    masks = {f"{k}_mask": m for k, m in p.masks.items()} | {f"{k}_key_padding_mask": m for k, m in p.paddings.items()}
    hints = {"tgt_is_causal": data.draw(st.sampled_from([None, False]))}
    compare(ours, theirs, (p.src, p.tgt), masks, **hints)


def test_stacks_copy_their_layer():
    layer = nn.TransformerEncoderLayer(4, 2, 8)
    stack = nn.TransformerEncoder(layer, 3, nn.LayerNorm(4))
    weights = [stack.layers[i].linear1.weight for i in range(3)]
    assert len({id(w) for w in weights}) == 3 and all((w == layer.linear1.weight).all() for w in weights)
    assert stack.num_layers == 3 and len(list(copy.deepcopy(stack).parameters())) == len(list(stack.parameters()))


def test_initial_values():
    mg.manual_seed(0)
    a = nn.MultiheadAttention(64, 4, add_bias_kv=True)
    bound = (6 / (64 + 192)) ** 0.5
    assert 0.95 * bound < a.in_proj_weight.abs().max().item() <= bound
    assert not a.in_proj_bias.any() and not a.out_proj.bias.any() and a.bias_k.any()
    model = nn.Transformer(32, 2, 1, 1, 16)
    w = model.encoder.layers[0].linear1.weight
    assert w.abs().max().item() <= (6 / 48) ** 0.5


def test_dropout_and_eval():
    mg.manual_seed(0)
    layer, x = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5), mg.ones(3, 2, 8)
    assert not (layer(x) == layer(x)).all()
    layer.eval()
    assert (layer(x) == layer(x)).all()


def test_subsequent_mask():
    for n in (0, 1, 4):
        want = torch.nn.Transformer.generate_square_subsequent_mask(n).numpy()
        np.testing.assert_array_equal(nn.Transformer.generate_square_subsequent_mask(n).numpy(), want, strict=True)


def test_errors():
    with pytest.raises(ShapeError, match="MultiheadAttention: embed_dim=5 features cannot be divided into num_heads=2"):
        nn.MultiheadAttention(5, 2)
    with pytest.raises(ValueError, match=r'activation should be "relu" or "gelu" or a function, not \'tanh\''):
        nn.TransformerEncoderLayer(4, 2, activation="tanh")
    model = nn.Transformer(4, 2, 1, 1, 8)
    with pytest.raises(ShapeError, match=r"src and tgt must have one batch size, got shapes \(3, 2, 4\) and \(3, 1, 4\)"):
        model(mg.zeros(3, 2, 4), mg.zeros(3, 1, 4))
    with pytest.raises(ShapeError, match=r"must have d_model=4 features, got shapes \(3, 2, 4\) and \(3, 2, 5\)"):
        model(mg.zeros(3, 2, 4), mg.zeros(3, 2, 5))
