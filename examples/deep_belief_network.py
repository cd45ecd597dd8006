"""A deep belief network learns digits layer by layer without labels, reads them, and writes its own.

A restricted Boltzmann machine gives low energy to what it has seen. Its gradient is a difference of two free energies: of the data, and of
what the machine makes of the data in one step of Gibbs sampling (contrastive divergence). Each machine of the stack learns from the hidden
units of the one below. The top one sees labels as well, and its chains do not start from the data, but go on from step to step, each with a
label held fast: it unlearns what it has come to take for a three, and learns what threes are. Then it is asked for digits: it begins with
noise and a label and dreams, and the layers below draw what it dreams. Does a network that knows only real digits read that label?

In the end the same weights are the start of an ordinary network, which backpropagation makes a reader; the same network from a random start
is what it is compared with.

Sources: Hinton, Osindero & Teh, "A fast learning algorithm for deep belief nets" (2006); Tieleman, "Training restricted Boltzmann
machines using approximations to the likelihood gradient" (2008).
"""

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import History, Judge, Run, predict
from minigrad.utils.data import DataLoader, TensorDataset


class Machine(nn.Module):
    """A restricted Boltzmann machine. The weights between hidden units and a label, of which one is on, are biases: a row for each label."""

    def __init__(self, visible: int, hidden: int, classes: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.01 * mg.randn(visible, hidden))
        self.visible_bias = nn.Parameter(mg.zeros(visible))
        self.hidden_bias = nn.Parameter(mg.zeros(classes, hidden))

    def up(self, visible: mg.Tensor, labels: mg.Tensor | int = 0) -> mg.Tensor:
        """How probable it is that each hidden unit is on."""
        return mg.sigmoid(visible @ self.weight + self.hidden_bias[labels])

    def down(self, hidden: mg.Tensor) -> mg.Tensor:
        return mg.sigmoid(hidden @ self.weight.T + self.visible_bias)

    def free_energy(self, visible: mg.Tensor, labels: mg.Tensor | int = 0) -> mg.Tensor:
        return -(visible @ self.visible_bias) - F.softplus(visible @ self.weight + self.hidden_bias[labels]).sum(1)

    @mg.no_grad()
    def gibbs(self, visible: mg.Tensor, labels: mg.Tensor | int = 0) -> mg.Tensor:
        """One step: hidden units are drawn, and visible ones given as probabilities."""
        return self.down(mg.bernoulli(self.up(visible, labels)))


def learn(run: Run, name: str, machine: Machine, data: mg.Tensor) -> None:
    """Contrastive divergence: each chain is a step from the data."""
    rounds, lr = run.pick(full=8, quick=2), 0.1
    optimizer = optim.SGD(machine.parameters(), lr=lr, momentum=0.5, weight_decay=2e-4)
    for epoch in (loop := run.loop(rounds, name, unit=f"{name}: epoch", machine=machine, optimizer=optimizer)):
        optimizer.param_groups[0].update(momentum=0.5 if epoch < 3 else 0.9, lr=lr * (1 - epoch / rounds))
        error = 0.0
        for rows in loop.batches(mg.randperm(len(data)).split(100)):
            real = data[rows]
            fake = machine.gibbs(real)
            loss = machine.free_energy(real).mean() - machine.free_energy(fake).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            error += F.mse_loss(fake, real).item() * len(rows) / len(data)
        loop.log(error_of_a_unit=error)


def learn_labelled(run: Run, machine: Machine, data: mg.Tensor, labels: mg.Tensor) -> None:
    """Persistent contrastive divergence: chains go on from where they were, each with its label; now and then one begins anew."""
    rounds, lr = run.pick(full=12, quick=2), 0.05
    held = mg.arange(10).repeat(10)
    mean = data.mean(0)
    with mg.no_grad():
        machine.visible_bias.copy_(mg.logit(mean, eps=0.01))
    chains = noise(mean, len(held))
    # Each label is that of a tenth of the examples, so what belongs to it would learn more slowly than the rest.
    groups = [{"params": [machine.weight, machine.visible_bias], "pace": 1}, {"params": [machine.hidden_bias], "pace": 5}]
    optimizer = optim.SGD(groups, lr=lr)
    for epoch in (loop := run.loop(rounds, "top", unit="top machine: epoch", machine=machine, optimizer=optimizer, chains=chains)):
        for group in optimizer.param_groups:
            group["lr"] = group["pace"] * lr * (1 - epoch / rounds)
        for rows in loop.batches(mg.randperm(len(data)).split(100)):
            anew = mg.rand(len(chains), 1) < 0.01
            chains.copy_(mg.bernoulli(machine.gibbs(mg.where(anew, noise(mean, len(held)), chains), held)))
            real = machine.free_energy(mg.bernoulli(data[rows]), labels[rows]).mean()
            loss = real - machine.free_energy(chains, held).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loop.log(energy_of_digits=real)


def noise(mean: mg.Tensor, count: int) -> mg.Tensor:
    """Units that are on as often as in the data, but know nothing of each other: where a chain begins."""
    return mg.bernoulli(mean.expand(count, -1))


@mg.no_grad()
def dream(machines: list[Machine], labels: mg.Tensor, mean: mg.Tensor, steps: int) -> mg.Tensor:
    """A picture (N, 1, 28, 28) for each label, which is held fast while the top machine goes on from noise."""
    *below, top = machines
    state = noise(mean, len(labels))
    for _ in range(steps):
        state = mg.bernoulli(top.gibbs(state, labels))
    state = top.gibbs(state, labels)
    for machine in reversed(below):
        state = machine.down(state)
    return state.reshape(-1, 1, 28, 28)


def network(*sizes: int) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Dropout(0.2)]
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), nn.Sigmoid(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 10))


def begin_with(reader: nn.Sequential, machines: list[Machine]) -> None:
    """Give the hidden layers of a network the weights that the machines found."""
    layers = [layer for layer in reader if isinstance(layer, nn.Linear)]
    with mg.no_grad():
        for layer, machine in zip(layers, machines):
            layer.weight.copy_(machine.weight.T)
            layer.bias.copy_(machine.hidden_bias.mean(0))


def read(run: Run, name: str, model: nn.Sequential, train: TensorDataset, test: TensorDataset) -> tuple[float, History]:
    """Backpropagation; the error on the test part, which is watched at every epoch, but nothing is chosen by it."""
    epochs = run.pick(full=20, quick=2)
    batches = DataLoader(train, batch_size=128, shuffle=True, drop_last=True)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)

    def error(outputs: mg.Tensor, labels: mg.Tensor) -> mg.Tensor:
        return (outputs.argmax(1) != labels).float().mean()

    history = run.fit(model, batches, F.cross_entropy, optimizer, epochs, name, valid=[test.tensors], metrics={"error": error})
    return error(predict(model, test.tensors[0]), test.tensors[1]).item(), history


def main(run: Run) -> None:
    train, test = (datasets.all_digits(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    train, test = (TensorDataset(part.tensors[0].flatten(1).float() / 255, part.tensors[1]) for part in (train, test))
    pixels, labels = train.tensors
    sizes = run.pick(full=(784, 500, 500, 1000), quick=(784, 40, 30, 50))

    *below, top = machines = [Machine(*sizes[0:2]), Machine(*sizes[1:3]), Machine(*sizes[2:4], classes=10)]
    data = pixels
    for number, machine in enumerate(below, 1):
        learn(run, f"machine {number}", machine, data)
        with mg.no_grad():
            data = machine.up(data)
    learn_labelled(run, top, data, labels)
    asked = mg.arange(10).repeat_interleave(run.pick(full=50, quick=2))
    dreams = dream(machines, asked, data.mean(0), run.pick(full=300, quick=5))

    judge = Judge()
    judge.learn(run, pixels.reshape(-1, 1, 28, 28), labels, epochs=run.pick(full=3, quick=2))
    reader, plain = network(*sizes), network(*sizes)
    begin_with(reader, machines)
    filters = machines[0].weight.detach().T[:64].reshape(-1, 1, 28, 28).clone()
    error, history = read(run, "reader", reader, train, test)
    baseline, other = read(run, "from a random start", plain, train, test)
    run.save(reader)
    full = len(train) == 60_000
    run.note(data="MNIST" if full else f"{len(train):,} digits of MNIST")
    floor = 0.016 if full else 0.06
    run.result("test error", error, baseline=baseline, baseline_name="random start", floor=floor, better="lower", percent=True)
    run.result("dreams read as their label", judge.share(dreams, asked), baseline=0.1, baseline_name="chance", percent=True)

    figure, (left, middle, right) = viz.figure(1, 3, size=(16, 5))
    viz.filters(filters, title="What hidden units of the first machine look for", ax=left)
    viz.images(
        dreams[:: len(dreams) // 100 or 1],
        columns=len(dreams[:100]) // 10,
        title="Dreams of the top machine, a label in each row",
        ax=middle,
    )
    lines = {"after pre-training": history["valid error"], "from a random start": other["valid error"]}
    viz.curves(lines, percent=True, title="Error on the test digits", ylabel="error", ax=right)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
