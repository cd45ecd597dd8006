"""The command line, as a user meets it: what it writes, what it says, its exit codes."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import minigrad as mg
from minigrad.cli import main
from minigrad.cli.networks import ARCHITECTURES
from minigrad.cli.train import Options, fit
from minigrad.datasets import digits
from minigrad.utils.data import TensorDataset

IMAGE = 450  # a test digit, a clear 4


@pytest.fixture
def few(monkeypatch):
    """Training on 128 digits, tests on 50, for the tests that are not about learning."""

    def some(train, data_dir=None):
        step = 32 if train else 20
        images, labels = digits(train, data_dir).tensors
        return TensorDataset(mg.tensor(images.numpy()[::step]), mg.tensor(labels.numpy()[::step]))

    monkeypatch.setattr("minigrad.cli.train.digits", some)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Weights of a small network that has learnt enough to read a clear digit."""
    path = tmp_path_factory.mktemp("trained") / "mlp.npz"
    assert main(["train", "digits", "--arch", "mlp", "--epochs", "6", "--save", str(path)]) == 0
    return path


def error_of(capsys, *arguments):
    """The one line that the command says on stderr when it ends with 2."""
    assert main([str(a) for a in arguments]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize("arch, parameters", [("cnn", 29_434), ("mlp", 111_146)])
def test_train_prints_and_saves(few, tmp_path, capsys, arch, parameters):
    weights = tmp_path / "new" / "weights.npz"
    assert main(["train", "digits", "--arch", arch, "--epochs", "2", "--save", str(weights)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert f"{arch}: {parameters:,} parameters" in out[0]
    assert [line.split()[:2] for line in out[1:3]] == [["epoch", "1/2"], ["epoch", "2/2"]]
    assert "accuracy" in out[1] and " left" in out[1]
    assert out[-1].startswith("test accuracy ") and "after 2 epochs" in out[-1]
    state = mg.load(weights)
    assert state.pop("architecture") == arch
    assert sorted(state) == sorted(ARCHITECTURES[arch]().state_dict())


def test_training_learns(trained):
    state = mg.load(trained)
    state.pop("architecture")
    model = ARCHITECTURES["mlp"]()
    model.load_state_dict(state)
    from minigrad.cli.train import predict

    images, labels = digits(False).tensors
    assert (predict(model, images).argmax(1) == labels.numpy()).mean() > 0.88


@pytest.mark.parametrize("threads", [1, 2])
def test_training_depends_on_the_seed_alone(few, threads):
    from minigrad.cli.train import digits as some

    before = mg.get_num_threads()
    mg.set_num_threads(threads)
    try:
        losses = []
        for seed in (3, 3, 4):
            mg.manual_seed(seed)
            losses.append(
                fit(ARCHITECTURES["cnn"](), some(True), some(False), Options(epochs=1, batch_size=32, seed=seed), progress=False)["loss"]
            )
    finally:
        mg.set_num_threads(before)
    assert losses[0] == losses[1] != losses[2]


def test_predict_reads_the_digit(trained, tmp_path, capsys):
    image = pytest.importorskip("PIL.Image")
    images, labels = digits(False).tensors
    digit = images.numpy()[IMAGE, 0]
    large = np.pad(np.kron(255 - digit, np.ones((6, 6), np.uint8)), ((50, 20), (100, 70)), constant_values=255)
    image.fromarray(large).save(tmp_path / "digit.png")
    assert main(["predict", str(trained), str(tmp_path / "digit.png")]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in out[:10]] == list("0123456789")
    assert abs(sum(float(line.split()[1].rstrip("%")) for line in out[:10]) - 100) < 0.06
    assert out[-1] == f"digit: {labels[IMAGE].item()}"


def test_info_tells_what_is_in_use(capsys):
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    for word in (mg.__version__, "instruction set", "threads", "GFLOP/s"):
        assert word in out


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["--data", "/nowhere"], "/nowhere: no train-images-idx3-ubyte or train-images-idx3-ubyte.gz"),
        (["--batch-size", "4001"], "--batch-size 4001 is more than the 4,000 training images"),
        (["--save", "weights.pt"], "weights.pt: weights are written as .safetensors or .npz"),
        (["--save", "/proc/nowhere/weights.npz"], "/proc/nowhere"),
    ],
)
def test_train_refuses(capsys, arguments, text):
    assert text in error_of(capsys, "train", "digits", *arguments)


@pytest.mark.parametrize(
    "arguments", [["--epochs", "0"], ["--lr", "nan"], ["--lr", "-1"], ["--batch-size", "x"], ["--arch", "rnn"], ["--what"]]
)
def test_bad_arguments_end_with_2(capsys, arguments):
    with pytest.raises(SystemExit) as end:
        main(["train", "digits", *arguments])
    assert end.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_train_names_a_damaged_data_file(tmp_path, capsys):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03\0\0\xea\x60\0\0\0\x1c\0\0\0\x1c too few")
    assert "train-images-idx3-ubyte: cut short after 8 bytes" in error_of(capsys, "train", "digits", "--data", tmp_path)


def test_predict_refuses_bad_weights(trained, tmp_path, capsys):
    picture = tmp_path / "x.png"
    whole = trained.read_bytes()
    for name, content in {
        "cut.npz": whole[: len(whole) // 2],
        "empty.npz": b"",
        "foreign.npz": b"\x89PNG" + bytes(99),
    }.items():
        (tmp_path / name).write_bytes(content)
        assert name in error_of(capsys, "predict", tmp_path / name, picture)
    if importlib.util.find_spec("safetensors"):
        (tmp_path / "foreign.safetensors").write_bytes(bytes(64))
        assert "foreign.safetensors" in error_of(capsys, "predict", tmp_path / "foreign.safetensors", picture)
    assert "gone.npz" in error_of(capsys, "predict", tmp_path / "gone.npz", picture)
    mg.save({"w": mg.ones(2)}, tmp_path / "other.npz")
    assert "names no known architecture" in error_of(capsys, "predict", tmp_path / "other.npz", picture)
    mg.save({**mg.load(trained), "architecture": "cnn"}, tmp_path / "mixed.npz")
    assert "not those of the architecture cnn" in error_of(capsys, "predict", tmp_path / "mixed.npz", picture)


def test_predict_refuses_bad_pictures(trained, tmp_path, capsys):
    image = pytest.importorskip("PIL.Image")
    image.fromarray(np.full((40, 30), 200, np.uint8)).save(tmp_path / "blank.png")
    rng = np.random.default_rng(0)
    image.fromarray(rng.integers(0, 256, (64, 64), np.uint8)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:1500])
    (tmp_path / "foreign.png").write_bytes(b"not a picture")
    expected = {"gone": "No such file", "blank": "no digit to be seen", "cut": "damaged picture", "foreign": "not a picture"}
    for name, text in expected.items():
        line = error_of(capsys, "predict", trained, tmp_path / f"{name}.png")
        assert text in line and f"{name}.png" in line


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_interrupt_leaves_old_files(tmp_path):
    weights = tmp_path / "weights.npz"
    weights.write_bytes(b"old")
    arguments = ["train", "digits", "--arch", "mlp", "--epochs", "1000", "--save", str(weights)]
    # Where the tests run in the background the signal is ignored, and children inherit that: the handler is set by hand.
    code = f"import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from minigrad.cli import main; sys.exit(main({arguments!r}))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.stdout.readline()  # an epoch is over: training is under way
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "minigrad train: interrupted\n"
    assert weights.read_bytes() == b"old" and list(tmp_path.iterdir()) == [weights]


def test_programs_are_listed_and_run(tmp_path, capsys, monkeypatch):
    assert main(["list"]) == 0
    lines = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    assert "handwritten digits" in lines["digits_mlp"]
    assert all(text.strip().endswith((".", ":")) for text in lines.values())
    assert "no program 'digits'; there are: " in error_of(capsys, "run", "digits")
    monkeypatch.setattr(sys, "argv", ["minigrad"])
    with pytest.raises(SystemExit) as end:
        main(["run", "digits_mlp", "--help"])
    assert end.value.code == 0
    assert "--quick" in capsys.readouterr().out
