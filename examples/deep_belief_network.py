"""A deep belief network learns digits layer by layer without labels, reads them, and writes its own.

A restricted Boltzmann machine gives low energy to what it has seen. Its gradient is a difference of two free energies: of the data, and
of what the machine makes of the data in one step of Gibbs sampling (contrastive divergence). Each machine of the stack learns from the
hidden units of the one below; the top one sees the labels too, and its chains never start anew. It is then asked for digits: a label is held fast,
the top machine dreams, and the layers below draw what it dreams. In the end the same weights are the start of an ordinary network,
which backpropagation makes a reader; the same network from a random start is what it is compared with.

Sources: Hinton, Osindero & Teh, "A fast learning algorithm for deep belief nets" (2006); Tieleman, "Training restricted Boltzmann
machines using approximations to the likelihood gradient" (2008).
"""

from matplotlib.figure import Figure

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import History, Run, predict
from minigrad.utils.data import DataLoader, TensorDataset


class Machine(nn.Module):
    """A restricted Boltzmann machine: visible units, the last `classes` of which are a label, and hidden units."""

    def __init__(self, visible: int, hidden: int, classes: int = 0) -> None:
        super().__init__()
        self.classes = classes
        self.weight = nn.Parameter(0.01 * mg.randn(visible + classes, hidden))
        self.visible_bias = nn.Parameter(mg.zeros(visible + classes))
        self.hidden_bias = nn.Parameter(mg.zeros(hidden))

    def up(self, visible: mg.Tensor) -> mg.Tensor:
        """How probable it is that each hidden unit is on."""
        return mg.sigmoid(visible @ self.weight + self.hidden_bias)

    def down(self, hidden: mg.Tensor) -> mg.Tensor:
        logits = hidden @ self.weight.T + self.visible_bias
        if not self.classes:
            return mg.sigmoid(logits)
        return mg.cat([mg.sigmoid(logits[:, : -self.classes]), F.softmax(logits[:, -self.classes :], dim=1)], 1)

    def free_energy(self, visible: mg.Tensor) -> mg.Tensor:
        return -(visible @ self.visible_bias) - F.softplus(visible @ self.weight + self.hidden_bias).sum(1)

    @mg.no_grad()
    def gibbs(self, visible: mg.Tensor) -> mg.Tensor:
        """One step: hidden units are drawn, and visible ones given as probabilities."""
        return self.down(mg.bernoulli(self.up(visible)))


def learn(run: Run, name: str, machine: Machine, data: mg.Tensor, persistent: bool) -> None:
    """Contrastive divergence, from the data or from chains that go on."""
    rounds, lr = run.pick(full=20, quick=2), 0.05
    chains = machine.gibbs(data[:100]) if persistent else mg.zeros(0)
    optimizer = optim.SGD(machine.parameters(), lr=lr, momentum=0.5, weight_decay=2e-4)
    for epoch in (loop := run.loop(rounds, name, unit=f"{name}: epoch", machine=machine, optimizer=optimizer, chains=chains)):
        optimizer.param_groups[0].update(momentum=0.5 if epoch < 5 else 0.9, lr=lr * (1 - epoch / rounds))
        errors = []
        for rows in loop.batches(mg.randperm(len(data)).split(100)):
            real = data[rows]
            fake = machine.gibbs(chains if persistent else real)
            if persistent:
                chains.copy_(fake)
            else:
                errors.append(F.mse_loss(fake, real).item())
            loss = machine.free_energy(real).mean() - machine.free_energy(fake).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loop.log(**{"error of reconstruction": sum(errors) / len(errors)} if errors else {"difference of energies": loss})


def network(*sizes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), nn.Sigmoid(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 10))


def begin_with(reader: nn.Sequential, machines: list[Machine]) -> None:
    """Give a network the weights that the machines found; those between label and top become the last layer."""
    layers = [layer for layer in reader if isinstance(layer, nn.Linear)]
    with mg.no_grad():
        for layer, machine in zip(layers, machines):
            layer.weight.copy_(machine.weight[: layer.in_features].T)
            layer.bias.copy_(machine.hidden_bias)
        layers[-1].weight.copy_(machines[-1].weight[-10:])
        layers[-1].bias.zero_()


def read(run: Run, name: str, model: nn.Sequential, train: TensorDataset, test: TensorDataset) -> tuple[float, History]:
    """Backpropagation; the error on the test part, which is watched at every epoch, but nothing is chosen by it."""
    epochs = run.pick(full=30, quick=2)
    batches = DataLoader(train, batch_size=100, shuffle=True, drop_last=True)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)

    def error(outputs: mg.Tensor, labels: mg.Tensor) -> mg.Tensor:
        return (outputs.argmax(1) != labels).float().mean()

    history = run.fit(model, batches, F.cross_entropy, optimizer, epochs, name, valid=[test.tensors], metrics={"error": error})
    return error(predict(model, test.tensors[0]), test.tensors[1]).item(), history


@mg.no_grad()
def dream(machines: list[Machine], steps: int) -> mg.Tensor:
    """Ten digits of each class (100, 784), class by class, from the top machine with its label held fast."""
    *below, top = machines
    label = F.one_hot(mg.arange(10).repeat_interleave(10), 10).float()
    state = mg.cat([mg.sigmoid(top.visible_bias[:-10]).expand(100, -1), label], 1)
    for _ in range(steps):
        state = mg.cat([mg.bernoulli(top.gibbs(state)[:, :-10]), label], 1)
    pictures = top.gibbs(state)[:, :-10]
    for machine in reversed(below):
        pictures = machine.down(pictures)
    return pictures


def main(run: Run) -> None:
    train, test = (datasets.all_digits(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    train, test = (TensorDataset(part.tensors[0].flatten(1).float() / 255, part.tensors[1]) for part in (train, test))
    pixels, labels = train.tensors
    sizes = run.pick(full=(784, 500, 500, 1000), quick=(784, 40, 30, 50))

    machines = [Machine(sizes[0], sizes[1]), Machine(sizes[1], sizes[2]), Machine(sizes[2], sizes[3], classes=10)]
    data = pixels
    for number, machine in enumerate(machines, 1):
        if machine.classes:
            data = mg.cat([data, F.one_hot(labels, 10).float()], 1)
        learn(run, f"machine {number}", machine, data, persistent=bool(machine.classes))
        with mg.no_grad():
            data = machine.up(data)
    dreams = dream(machines, run.pick(full=500, quick=5))

    reader, plain = network(*sizes), network(*sizes)
    begin_with(reader, machines)
    filters = machines[0].weight.detach().T[:64].clone()
    error, history = read(run, "reader", reader, train, test)
    baseline, other = read(run, "from a random start", plain, train, test)
    run.save(reader)
    full = len(train) == 60_000
    run.note(data="MNIST" if full else f"{len(train):,} digits of MNIST")
    run.result(
        "test error", error, baseline=baseline, baseline_name="random start", floor=0.016 if full else 0.06, better="lower", percent=True
    )

    figure = Figure(figsize=(16, 5), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    viz.filters(filters.reshape(-1, 1, 28, 28), title="What hidden units of the first machine look for", ax=left)
    viz.images(dreams.reshape(-1, 1, 28, 28), columns=10, title="Dreams of the top machine, a class in each row", ax=middle)
    lines = {"after pre-training": history["valid error"], "from a random start": other["valid error"]}
    viz.curves(lines, percent=True, title="Error on the test digits", ylabel="error", ax=right)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
