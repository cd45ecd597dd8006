"""`minigrad train digits`: the training loop, its data and what it leaves behind."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.cli.errors import CommandError, reading
from minigrad.cli.networks import ARCHITECTURES, prepare
from minigrad.cli.weights import save_network
from minigrad.datasets import digits
from minigrad.train import History, Loop
from minigrad.utils.data import TensorDataset

SHIFT = 2  # pixels by which a training image moves at most, each way
LABEL_SMOOTHING = 0.1
EVAL_BATCH = 250
SHOWN = 450  # the test digit whose feature maps the report shows


@dataclass(frozen=True)
class Options:
    epochs: int = 20
    batch_size: int = 64
    lr: float = 0.005
    seed: int = 0


class Shifted:
    """Training images, each moved by a random whole number of pixels whenever it is drawn."""

    def __init__(self, images: np.ndarray) -> None:
        padded = np.pad(images, ((0, 0), (0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)))
        self.windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[2:], axis=(2, 3))  # (N, 1, dy, dx, H, W), a view

    def draw(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        dy, dx = rng.integers(0, 2 * SHIFT + 1, (2, len(rows)))
        return self.windows[rows, :, dy, dx]


def fit(model: nn.Module, train: TensorDataset, test: TensorDataset, options: Options, progress: bool = True) -> History:
    """Train `model` in place. What comes out depends on `options` alone: not on the time or the number of threads."""
    rng = np.random.default_rng(options.seed)
    images, labels = (t.numpy() for t in train.tensors)
    shifted = Shifted(images)
    steps = len(labels) // options.batch_size
    optimizer = optim.Adam(model.parameters(), lr=options.lr)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=options.lr, total_steps=options.epochs * steps)
    loop = Loop(options.epochs, progress=progress)
    for _ in loop:
        model.train()
        losses, right = [], []
        for rows in loop.batches(rng.permutation(len(labels))[: steps * options.batch_size].reshape(steps, -1)):
            target = mg.tensor(labels[rows])
            scores = model(prepare(mg.tensor(shifted.draw(rows, rng))))
            loss = nn.functional.cross_entropy(scores, target, label_smoothing=LABEL_SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            right.append(float((scores.detach().numpy().argmax(1) == labels[rows]).mean()))
        test_accuracy = float((predict(model, test.tensors[0]).argmax(1) == test.tensors[1].numpy()).mean())
        loop.log(loss=np.mean(losses), accuracy=np.mean(right), test_accuracy=test_accuracy)
    return loop.history


def predict(model: nn.Module, images: mg.Tensor) -> np.ndarray:
    """Class probabilities (N, 10) of images (N, 1, 28, 28) with pixels 0 to 255."""
    model.eval()
    with mg.no_grad():
        parts = [
            nn.functional.softmax(model(prepare(images[i : i + EVAL_BATCH])), dim=1).numpy() for i in range(0, len(images), EVAL_BATCH)
        ]
    return np.concatenate(parts)


def run(args: argparse.Namespace) -> None:
    """`minigrad train digits`. Whatever would fail at the end fails at the beginning: nobody should train for a minute to learn of a bad path."""
    options = Options(args.epochs, args.batch_size, args.lr, args.seed)
    with reading():
        if args.save:
            check_target(args.save)
        if args.out:
            import matplotlib  # noqa: F401

            args.out.mkdir(parents=True, exist_ok=True)
        train, test = digits(True, args.data), digits(False, args.data)
    if options.batch_size > len(train):
        raise CommandError(f"--batch-size {options.batch_size} is more than the {len(train):,} training images")
    if "threads" in args:
        mg.set_num_threads(args.threads)
    mg.manual_seed(options.seed)
    model = ARCHITECTURES[args.arch]()
    print(
        f"{args.arch}: {sum(p.numel() for p in model.parameters()):,} parameters; {len(train):,} digits to learn from, {len(test):,} to be tested on"
    )

    start = time.perf_counter()
    history = fit(model, train, test, options)
    seconds = time.perf_counter() - start
    if args.save:
        save_network(model, args.arch, args.save)
        print(f"weights: {args.save}")
    if args.out:
        from minigrad.viz import save, training_report

        images, labels = test.tensors
        sample = prepare(images[SHOWN : SHOWN + 1])
        report = training_report(model, history, sample, images.numpy()[:, 0], labels.numpy(), predict(model, images))
        save(report, args.out / "report.png")
        print(f"picture: {args.out / 'report.png'}")
    print(
        f"test accuracy {history['test accuracy'][-1]:.2%} after {options.epochs} epochs in {seconds:.1f} s on {mg.get_num_threads()} threads"
    )


def check_target(path: Path) -> None:
    """Raise now what saving to `path` would raise later."""
    if path.suffix not in (".safetensors", ".npz"):
        raise ValueError(f"{path}: weights are written as .safetensors or .npz")
    if path.suffix == ".safetensors":
        import safetensors  # noqa: F401
    if path.is_dir():
        raise ValueError(f"{path}: is a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
