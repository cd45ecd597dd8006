"""minigrad.train: loops that are interrupted end as if they had not been; what a program leaves."""

from __future__ import annotations

import json
import random
import time

import numpy as np
import pytest

import minigrad as mg
from minigrad import metrics, nn, optim
from minigrad.errors import FormatError, ShapeError
from minigrad.nn import functional as F
from minigrad.train import (
    Averaging,
    EarlyStopping,
    History,
    Judge,
    Loop,
    Run,
    evaluate,
    fit,
    logistic_regression,
    normal_pictures,
    predict,
)
from minigrad.utils.data import DataLoader, TensorDataset


class Learner:
    """A small training run in which everything that can be random is."""

    def __init__(self, path, rounds=6, interrupt_after=None, patience=100):
        mg.manual_seed(1)
        self.model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 1))
        self.optimizer = optim.Adam(self.model.parameters(), lr=0.05)
        self.schedule = optim.lr_scheduler.StepLR(self.optimizer, 2)
        self.rng, self.python, self.own = np.random.default_rng(2), random.Random(3), mg.Generator().manual_seed(4)
        self.buffer, self.total, self.memory, self.names = np.zeros(3), mg.zeros(2), [], {}
        self.averaging = Averaging(self.model)
        self.stopping = EarlyStopping("loss", "min", patience, model=self.model)
        self.loop = Loop(
            rounds,
            path,
            progress=False,
            callbacks=[self.averaging, self.stopping],
            model=self.model,
            optimizer=self.optimizer,
            schedule=self.schedule,
            rng=self.rng,
            python=self.python,
            own=self.own,
            buffer=self.buffer,
            total=self.total,
            memory=self.memory,
            names=self.names,
        )
        self.loop.interrupt_after = interrupt_after

    def run(self):
        for epoch in self.loop:
            x = mg.tensor(self.rng.standard_normal((16, 3)).astype(np.float32)) + self.python.random() + mg.rand(16, 3, generator=self.own)
            loss = self.model(x).square().mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.schedule.step()
            self.buffer += self.rng.random(3)
            self.total.add_(mg.randn(2))
            self.memory.append(loss.item())
            self.names[str(epoch)] = x.detach().mean()
            self.loop.log(loss=loss)
        return self

    def outcome(self):
        tensors = [*self.model.state_dict().values(), *self.averaging.average.state_dict().values(), *self.names.values(), self.total]
        return [t.tolist() for t in tensors], self.memory, self.buffer.tolist(), list(self.loop.history), self.stopping.best


@pytest.mark.parametrize("at", [1, 3, 5])
def test_interrupted_loops_end_with_the_same_bits(tmp_path, at):
    whole = Learner(None).run().outcome()
    with pytest.raises(KeyboardInterrupt):
        Learner(tmp_path / "c.npz", interrupt_after=at).run()
    again = Learner(tmp_path / "c.npz")
    mg.rand(7)  # whatever was drawn before the loop begins does not count
    assert again.run().outcome() == whole
    finished = Learner(tmp_path / "c.npz").run()
    assert finished.outcome() == whole, "a loop at its end restores its state and does nothing"


def test_a_round_cut_short_is_done_again(tmp_path):
    whole = Learner(None).run().outcome()
    learner = Learner(tmp_path / "c.npz")
    for epoch in learner.loop:  # stopped by hand between two checkpoints: only what was saved counts
        if epoch == 2:
            break
        learner.loop.log(loss=1.0)
        learner.loop.save(tmp_path / "other.npz")
    assert not (tmp_path / "c.npz").exists(), "checkpoints are seconds apart"
    assert Learner(tmp_path / "c.npz").run().outcome() == whole


def test_a_run_that_was_interrupted_tells_all_its_time(tmp_path):
    def part(interrupt_after):
        run = Run("program", tmp_path)
        run.interrupt_after = interrupt_after
        for _ in run.loop(3):
            time.sleep(0.2)
        run.result("metric", 1)
        run.finish(1.0)

    with pytest.raises(KeyboardInterrupt):
        part(2)
    part(None)
    assert json.loads((tmp_path / "result.json").read_text())["seconds"] >= 1.4
    part(None)
    assert json.loads((tmp_path / "result.json").read_text())["seconds"] == 1, "a new run begins at nothing"


def test_stopping_keeps_the_best_weights():
    model = nn.Linear(1, 1)
    loop = Loop(10, progress=False, callbacks=[EarlyStopping("loss", "min", patience=2, model=model)], model=model)
    for epoch in loop:
        with mg.no_grad():
            model.weight.fill_(epoch)
        loop.log(loss=(epoch - 3) ** 2)
    assert loop.done == 6 and loop.stopped and model.weight.item() == 3
    with pytest.raises(KeyError, match="EarlyStopping: 'accuracy' was not logged in round 1; there are: loss"):
        loop = Loop(2, progress=False, callbacks=[EarlyStopping("accuracy", "max", 1)])
        for _ in loop:
            loop.log(loss=1)
    with pytest.raises(ValueError, match="mode must be 'min' or 'max', got 'least'"):
        EarlyStopping("loss", "least", 1)


@pytest.mark.parametrize("content", [b"", b"PK no", b"\x00" * 100])
def test_damaged_checkpoints_are_named(tmp_path, content):
    path = tmp_path / "c.npz"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"c\.npz"):
        list(Loop(2, path, progress=False))


def test_checkpoints_of_other_programs_are_refused(tmp_path):
    path = tmp_path / "c.npz"
    list(Loop(1, path, progress=False, model=nn.Linear(2, 2)))
    with pytest.raises(FormatError, match="holds the state of model, and the program has net: remove it"):
        list(Loop(1, path, progress=False, net=nn.Linear(2, 2)))
    with pytest.raises(FormatError, match="its model is that of another program"):
        list(Loop(1, path, progress=False, model=nn.Linear(3, 2)))
    path.unlink()
    list(Loop(1, path, progress=False, table=mg.zeros(1)))
    with pytest.raises(FormatError, match=r"its table is that of another program: shape \(1,\), expected \(2,\)"):
        list(Loop(1, path, progress=False, table=mg.zeros(2)))
    mg.save({"w": mg.ones(1)}, path)
    with pytest.raises(FormatError, match="not a checkpoint of a loop"):
        list(Loop(1, path, progress=False))
    with pytest.raises(TypeError, match="Loop: rate must have state_dict and load_state_dict, or be a generator.* got float"):
        Loop(1, rate=0.1)


def test_a_checkpoint_that_does_not_fit_changes_nothing(tmp_path):
    """What was restored before the part that does not fit is as it was before."""

    def loop(size):
        model, rng, seen = nn.Linear(2, 2), np.random.default_rng(5), [1, 2]
        state = {"model": model, "rng": rng, "seen": seen, "table": np.ones(size)}
        return Loop(2, tmp_path / "c.npz", progress=False, **state), state

    first, state = loop(3)
    for _ in first:
        state["rng"].random()
        state["seen"].append(3)
        first.log(loss=1)
    second, state = loop(4)
    weights, drawn = state["model"].weight.tolist(), state["rng"].bit_generator.state
    with pytest.raises(FormatError, match="its table is that of another program"):
        list(second)
    assert state["model"].weight.tolist() == weights and state["rng"].bit_generator.state == drawn and state["seen"] == [1, 2]
    assert not second.done and not len(second.history)


def test_history(tmp_path):
    history = History([{"loss": 3.0}, {"loss": 1.0, "accuracy": 0.5}, {"loss": 2.0, "accuracy": 0.75}])
    assert (
        history["accuracy"] == [0.5, 0.75] and history[-1]["loss"] == 2 and len(history[1:]) == 2 and history.names == ["loss", "accuracy"]
    )
    assert history.best("loss", "min") == 1 and history.best("accuracy", "max") == 2
    with pytest.raises(KeyError, match="no 'error'; there are: loss, accuracy"):
        history["error"]
    with pytest.raises(ValueError, match="got 'up'"):
        history.best("loss", "up")
    history.to_csv(tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_text().split() == ["loss,accuracy", "3.0,", "1.0,0.5", "2.0,0.75"]


def test_fit_is_the_loop_written_out():
    x = mg.randn(40, 3)
    data = TensorDataset(x, (x @ mg.tensor([1.0, -2.0, 0.5]))[:, None])

    def learner():
        mg.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        return model, optim.SGD(model.parameters(), lr=0.1)

    model, optimizer = learner()
    batches = DataLoader(data, batch_size=16)
    history = fit(model, batches, F.mse_loss, optimizer, Loop(3, progress=False), max_norm=0.5, valid=batches, metrics={"l1": F.l1_loss})
    other, optimizer = learner()
    losses = []
    for _ in range(3):
        total = 0
        for a, b in batches:
            loss = F.mse_loss(other(a), b)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(other.parameters(), 0.5)
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / 40)
    assert [p.tolist() for p in model.parameters()] == [p.tolist() for p in other.parameters()]
    assert history["loss"] == losses
    assert model.training and history.names == ["loss", "valid loss", "valid l1"]
    got = evaluate(model, batches, {"mse": F.mse_loss})["mse"]
    assert got == pytest.approx(F.mse_loss(predict(model, x, batch_size=7), data.tensors[1]).item(), rel=1e-5)


def test_evaluation_takes_metrics_of_all_batches():
    x, target = mg.randn(10, 3), mg.arange(10) % 3
    batches = [(x[:4], target[:4]), (x[4:], target[4:])]
    ranking = metrics.Collect(metrics.auroc)
    ranking.update(mg.zeros(1, 3), mg.zeros(1, dtype=mg.int64))  # from before: forgotten
    got = evaluate(nn.Identity(), batches, {"auroc": ranking, "accuracy": metrics.accuracy})
    assert got == {"auroc": metrics.auroc(x, target), "accuracy": pytest.approx(metrics.accuracy(x, target))}
    assert np.isnan(evaluate(nn.Identity(), [], {"accuracy": metrics.accuracy})["accuracy"])


def test_logistic_regression_is_the_least_loss():
    x, y = mg.randn(200, 4, dtype=mg.float64), mg.randint(0, 3, (200,))
    model = logistic_regression(x, y, l2=0.1)
    weight, bias = (p.detach().clone().requires_grad_() for p in (model.weight, model.bias))
    (F.cross_entropy(x @ weight.T + bias, y) + 0.05 * weight.square().sum()).backward()
    assert max(weight.grad.abs().max().item(), bias.grad.abs().max().item()) < 1e-4
    with pytest.raises(ShapeError, match="logistic_regression: expected"):
        logistic_regression(x, y[:1])


def test_averaging_follows_the_model():
    model = nn.BatchNorm1d(2)
    averaging = Averaging(model, decay=0.5)
    with mg.no_grad():
        model.weight.fill_(3)
        model.running_mean.fill_(7)
    averaging.update()
    assert averaging.average.weight[0].item() == pytest.approx(1 + 2 * (1 - 2 / 11))
    assert averaging.average.running_mean[0].item() == 7 and not averaging.average.weight.requires_grad
    with pytest.raises(ValueError, match=r"decay must be in \[0, 1\), got 1"):
        Averaging(model, 1)


def test_the_judge_tells_good_pictures_from_bad_ones(tmp_path):
    def bars(labels):  # one bright row of 8, the fourth of the eight or the last
        pictures = 0.2 * mg.rand(len(labels), 1, 8, 8)
        pictures[mg.arange(len(labels)), 0, 3 + 4 * labels] += 0.8
        return pictures

    mg.manual_seed(0)
    labels = mg.arange(512) % 2
    judge = Judge(classes=2, size=8, width=16)
    history = judge.learn(Run("judge", tmp_path), bars(labels), labels, epochs=4)
    assert len(history) == 4 and (tmp_path / "checkpoint-judge.npz").exists()
    real = bars(labels)
    assert judge.share(real, labels) == 1 and judge.share(real, 1 - labels) == 0
    drawn = normal_pictures(bars(labels), labels, labels)
    assert judge.share(drawn, labels) > 0.9
    near, far = judge.distance(bars(labels), real), judge.distance(mg.rand(512, 1, 8, 8), real)
    assert near < 0.2 * far


def test_normal_pictures_have_the_moments_of_their_class():
    mg.manual_seed(0)
    mixing = mg.tensor([[0.1, 0.0, 0.0], [0.05, 0.1, 0.0], [0.0, -0.05, 0.02]])
    rows = mg.randn(4000, 3) @ mixing.T + 0.5
    labels = mg.arange(4000) % 2
    rows[labels == 1] *= 0.5
    drawn = normal_pictures(rows.reshape(-1, 1, 3), labels, labels)
    assert drawn.shape == (4000, 1, 3)
    for label in (0, 1):
        got, expected = (x.reshape(-1, 3)[labels == label].numpy() for x in (drawn, rows))
        assert np.abs(got.mean(0) - expected.mean(0)).max() < 0.01 and np.abs(np.cov(got.T) - np.cov(expected.T)).max() < 0.0015
    assert drawn.min().item() >= 0 and drawn.max().item() <= 1
    with pytest.raises(ShapeError, match="normal_pictures: expected"):
        normal_pictures(rows, labels[:5], labels)
    with pytest.raises(ValueError, match="no images of class 7"):
        normal_pictures(rows, labels, mg.tensor([7]))


def test_the_bar_follows_the_loop():
    pytest.importorskip("rich")
    from minigrad.train.progress import Bar

    bar = Bar(2, "epoch")
    bar.begin(0)
    bar.within(0.5)
    assert bar.progress.tasks[0].completed == 0.5
    bar.row(1, {"valid accuracy": 0.75})
    assert bar.progress.tasks[0].fields["numbers"] == "valid accuracy 75.00%"
    bar.begin(1)
    bar.row(2, {})
    bar.end()
    assert bar.progress.finished


def program(run, steps: int = 3, loud: bool = False, *, end: str = ""):
    loop = run.loop(run.pick(steps, 2), unit="step")
    for step in loop:
        loop.log(loss=1 / (step + 1))
    run.result("loss", loop.history["loss"][-1], baseline=1.0, floor=0.5, better="lower")
    run.note(drawn=mg.rand(1).item(), loud=loud, end=end)


def test_fit_of_a_run_is_fit_with_one_cycle(tmp_path):
    x, y = mg.randn(40, 3), mg.randn(40, 1)
    batches = [(x[i : i + 10], y[i : i + 10]) for i in range(0, 40, 10)]
    ends = []
    for own in (True, False):
        mg.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.2), nn.Linear(8, 1))
        groups = [{"params": model[0].parameters()}, {"params": model[2].parameters(), "lr": 0.3}]
        optimizer = optim.SGD(groups, lr=0.1, momentum=0.9)
        averaging, rounds = Averaging(model, decay=0.5), []
        if own:
            run = Run("name", tmp_path)
            history = run.fit(
                model, batches, F.mse_loss, optimizer, 3, "part", averaging=averaging, callbacks=[lambda loop: rounds.append(loop.done)]
            )
            assert rounds == [1, 2, 3] and [path.name for path in tmp_path.iterdir()] == ["checkpoint-part.npz"]
        else:
            schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=[0.1, 0.3], total_steps=12)
            loop = Loop(3, progress=False)
            history = fit(model, batches, F.mse_loss, optimizer, loop, schedule=schedule, after_step=averaging.update)
        ends.append((history["loss"], [p.tolist() for p in averaging.average.parameters()]))
    assert ends[0] == ends[1]


def test_programs(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Run._start(program, []) == 0
    out = capsys.readouterr().out
    assert "step 3/3  loss 0.3333" in out and "at most 0.5" in out and "yes" in out
    first = json.loads((tmp_path / "runs/test_train/result.json").read_text())
    assert first["results"][0]["value"] == 1 / 3 and first["loud"] is False and not first["quick"]
    assert [p.name for p in (tmp_path / "runs/test_train").iterdir()] == ["result.json"], "the checkpoint goes when all is done"
    assert Run._start(program, ["--steps", "4", "--loud", "--interrupt-after", "1"]) == 130
    assert "goes on from there" in capsys.readouterr().err
    assert Run._start(program, ["--steps", "4", "--loud", "--end", "done"]) == 0
    assert "goes on after step 1" in capsys.readouterr().out
    again = json.loads((tmp_path / "runs/test_train-steps=4-loud/result.json").read_text())
    assert json.loads((tmp_path / "runs/test_train/result.json").read_text()) == first, "runs with other options stay apart"
    assert again["loud"] and again["end"] == "done" and again["drawn"] == first["drawn"], "the same seed, interrupted or not"
    assert Run._start(program, ["--quick", "--seed", "1"]) == 0
    quick = json.loads((tmp_path / "runs/test_train-quick-seed1/result.json").read_text())
    assert quick["quick"] and "floor" not in quick["results"][0] and quick["drawn"] != first["drawn"]
    with pytest.raises(SystemExit) as end:
        Run._start(program, ["--threads", "0"])
    assert end.value.code == 2
