"""Summaries of networks, mixed precision that changes nothing, and the writer for TensorBoard."""

from __future__ import annotations

import pytest

import minigrad as mg
from minigrad import nn


def test_summary_counts_and_leaves_the_model_as_it_was():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)
    )
    net[1].eval()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    s = mg.utils.summary(net, (2, 3, 16, 16))
    lines = {layer.path: layer for layer in s.layers}
    assert lines["0"].shape == (2, 8, 16, 16) and lines["0"].parameters == 8 * 27 + 8
    assert lines["0"].multiply_adds == 2 * 8 * 256 * 27 and lines["5"].multiply_adds == 2 * 80
    assert s.multiply_adds >= lines["0"].multiply_adds + lines["5"].multiply_adds and s.parameters == sum(
        p.numel() for p in net.parameters()
    )
    assert s.bytes == sum(layer.bytes for layer in s.layers[1:]) and "Conv2d" in str(s)
    assert [m.training for m in net] == [True, False, True, True, True, True] and all(m._hooks is None or not m._hooks.post for m in net)
    assert all(mg.equal(before[k], v) for k, v in net.state_dict().items())


def test_summary_of_several_inputs_and_nested_modules():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.rnn = nn.Embedding(5, 3), nn.ModuleDict({"a": nn.LSTM(3, 4, batch_first=True)})

        def forward(self, words, scale):
            return self.rnn["a"](self.table(words) * scale)

    s = mg.utils.summary(Two(), [(2, 7), (1,)], dtypes=[mg.int64, mg.float32])
    assert [layer.path for layer in s.layers] == ["", "table", "rnn.a"] and s.layers[2].shape == [(2, 7, 4), (1, 2, 4), (1, 2, 4)]
    assert str(mg.utils.summary(Two(), input_data=(mg.tensor([[1, 2]]), mg.ones(1)))).count("LSTM") == 1
    with pytest.raises(ValueError, match="expected one of input_size and input_data"):
        mg.utils.summary(Two())
    with pytest.raises(IndexError):
        mg.utils.summary(Two(), input_data=(mg.tensor([[9]]), mg.ones(1)))


def test_autocast_changes_nothing():
    x, w = mg.randn(3, 4), mg.randn(4, 2)
    with mg.autocast(device_type="cpu", dtype=mg.bfloat16), mg.cuda.amp.autocast(enabled=False):
        assert mg.equal(x @ w, mg.autocast("cpu")(lambda: x @ w)()) and not mg.is_autocast_enabled()
    with pytest.raises(ValueError, match="device_type of type str"):
        mg.autocast(mg.bfloat16)


def test_scaler_leaves_out_steps_that_are_not_finite():
    p = mg.ones(2, requires_grad=True)
    optimizer, scaler = mg.optim.SGD([p], lr=0.1), mg.amp.GradScaler()
    for value, moved in ((float("inf"), False), (float("nan"), False), (1.0, True)):
        optimizer.zero_grad()
        scaler.scale((p * value).sum()).backward()
        scaler.unscale_(optimizer)
        before = p.detach().clone()
        scaler.step(optimizer)
        scaler.update()
        assert mg.equal(before, p) is not moved
    scaler.load_state_dict(scaler.state_dict())
    assert scaler.get_scale() == 1 and scaler.is_enabled()


def test_tensorboard(tmp_path):
    from minigrad.utils.tensorboard import SummaryWriter

    try:
        import tensorboardX  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="pip install tensorboardX"):
            SummaryWriter(str(tmp_path))
        return
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("loss", mg.tensor(0.5), 1)
        writer.add_histogram("weights", mg.randn(10), 1)
        writer.add_scalars("both", {"a": mg.tensor(1.0), "b": 2.0}, 1)
    assert [p for p in tmp_path.iterdir() if p.stat().st_size]
