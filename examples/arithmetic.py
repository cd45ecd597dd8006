"""A recurrent network learns to add, digit by digit, and carries the one.

It reads two numbers from their last digits on, as one adds on paper, and writes a digit of the sum for each pair that it has read. It
learns from sums of up to eight digits. Whoever has learnt the rule can add numbers of any length: the table says how many sums of 50
digits come out right in every digit. The picture shows what the network keeps in mind from one digit to the next: whether there is a
carry.

Data: made by the program (two numbers and their sum).
"""

import numpy as np
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import Run

LONGEST = 8  # digits in training
LENGTHS = (1, 2, 4, 8, 16, 32, 50)


class Adder(nn.Module):
    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        self.gru = nn.GRU(20, hidden, batch_first=True)
        self.digit = nn.Linear(hidden, 10)

    def forward(self, digits: mg.Tensor) -> tuple[mg.Tensor, mg.Tensor]:
        """Scores (N, length, 10) and hidden states (N, length, hidden) of pairs of digits (N, length, 2), last digits first."""
        states, _ = self.gru(F.one_hot(digits, 10).flatten(2).float())
        return self.digit(states), states


def sums(rng: np.random.Generator, count: int, length: int) -> tuple[mg.Tensor, mg.Tensor, np.ndarray]:
    """Pairs of digits (count, length + 1, 2), digits of their sums (count, length + 1), and the carries into each place."""
    digits = rng.integers(0, 10, (count, length + 1, 2))
    digits[:, -1] = 0  # room for the last carry
    total, carries = np.zeros((count, length + 1), np.int64), np.zeros((count, length + 2), np.int64)
    for i in range(length + 1):
        carries[:, i + 1], total[:, i] = np.divmod(digits[:, i].sum(1) + carries[:, i], 10)
    return mg.tensor(digits), mg.tensor(total), carries[:, :-1]


@mg.no_grad()
def share_right(model: Adder, rng: np.random.Generator, length: int, count: int = 1000) -> float:
    """The share of sums that are right in every digit."""
    digits, total, _ = sums(rng, count, length)
    return (model(digits)[0].argmax(-1) == total).all(1).float().mean().item()


def draw(model: Adder, rng: np.random.Generator, shares: list[float]) -> Figure:
    figure, (left, right) = viz.figure(1, 2, size=(11, 4.2))
    left.plot(LENGTHS, shares, "o-")
    left.axvspan(1, LONGEST, alpha=0.15, label="seen in training")
    left.set(xlabel="digits", ylabel="share of sums right in every digit", ylim=(-0.05, 1.05), xscale="log", title="Longer than any seen")
    left.set_xticks(LENGTHS, [str(n) for n in LENGTHS], minor=False)
    left.legend(loc="lower left")
    digits, _, carries = sums(rng, 60, LONGEST)
    with mg.no_grad():
        states = model(digits)[1][:, :-1].flatten(0, 1).numpy()
    carry = carries[:, 1:].ravel()
    towards = states[carry == 1].mean(0) - states[carry == 0].mean(0)
    towards /= np.linalg.norm(towards)
    rest = states - np.outer(states @ towards, towards)
    other = np.linalg.svd(rest - rest.mean(0), full_matrices=False)[2][0]
    for value, name in enumerate(("no carry", "carry")):
        right.plot(states[carry == value] @ towards, states[carry == value] @ other, ".", alpha=0.6, label=name)
    right.set(
        xlabel="from the mean without to the mean with a carry", ylabel="principal component of the rest", title="State after a digit"
    )
    right.legend()
    return figure


def main(run: Run) -> None:
    model = Adder()
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    rounds = run.pick(full=40, quick=2)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, rounds)
    loop = run.loop(rounds, model=model, optimizer=optimizer, schedule=schedule, rng=run.rng)
    for _ in loop:
        losses = []
        for _ in loop.batches(range(run.pick(full=100, quick=10))):
            digits, total, _ = sums(run.rng, 128, int(run.rng.integers(1, LONGEST + 1)))
            loss = F.cross_entropy(model(digits)[0].flatten(0, 1), total.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        schedule.step()
        loop.log(loss=np.mean(losses), right_share=share_right(model, run.rng, LONGEST, 200))

    test = np.random.default_rng(1234)
    shares = [share_right(model, test, length) for length in LENGTHS]
    run.figure(draw(model, test, shares))
    run.save(model)
    # Who adds each place by itself is right where nothing is carried: in 55 of 100 places.
    without = 0.55**LONGEST
    run.result("sums of 8 digits", shares[LENGTHS.index(8)], baseline=without, baseline_name="no carry", floor=0.99, percent=True)
    run.result("sums of 50 digits", shares[-1], baseline=0.55**50, baseline_name="no carry", floor=0.99, percent=True)


if __name__ == "__main__":
    Run.start(main)
