"""Mistakes that checkers must report: every line that ends in `# wrong`, and no other. It is never run."""

from __future__ import annotations

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import Tensor, nn, optim
from minigrad.utils.data import Dataset


class Squares(Dataset[Tensor]):
    def __getitem__(self, index: int) -> str:  # wrong
        return "no"


def mistakes(x: Tensor, model: nn.Module) -> None:
    mg.rleu(x)  # wrong
    x.sotfmax(dim=1)  # wrong
    x.softmax(dmi=1)  # wrong
    F.conv2d(x)  # wrong
    F.conv2d(x, x, stride="2")  # wrong
    F.cross_entropy(x, x, label_smoothing="a little")  # wrong
    mg.relu([1.0, 2.0])  # wrong
    mg.cat(x, dim="rows")  # wrong
    mg.split(x, 2).sum()  # wrong
    mg.linalg.svd(x).vectors  # wrong
    mg.linalg.inverse(x)  # wrong
    x.max(dim=0).sum()  # wrong
    x.sum(dim="all")  # wrong
    x.shape.append(3)  # wrong
    x.reshape("2", 3)  # wrong
    x + "1"  # wrong
    x.backward(retain=True)  # wrong
    x.requires_grad = "yes"  # wrong
    x.to(flaot=1)  # wrong
    number: int = mg.sum(x)  # wrong
    found: Tensor = F.max_pool2d(x, 2, return_indices=True)  # wrong
    optim.SGD(model.parameters(), learning_rate=0.1)  # wrong
    nn.Linear(2)  # wrong
    mg.fft.rfft(x, norm=3)  # wrong
    mg.special.expt(x)  # wrong
    mg.flaot32  # wrong
    # And these are right.
    x.sum(axis=0)
    mg.add(x, 1.0, alpha=2)
    print(number, found)
