"""A linear classifier, fitted to the end: what a network has to beat, and the probe of what features tell."""

from __future__ import annotations

import minigrad as mg
from minigrad import nn, optim
from minigrad.errors import ShapeError


def logistic_regression(x: mg.Tensor, y: mg.Tensor, *, l2: float = 1e-3, iterations: int = 200) -> nn.Linear:
    """The linear layer with the least cross entropy on (x, y), found by L-BFGS from zeros: nothing in it is random.

    Shapes:  x floating (N, D), better standardized; y int64 (N,), classes from 0. Returns: Linear(D, classes), whose outputs are logits.
    Args:    l2: added to the mean loss is l2 / 2 times the sum of the squared weights, not of the biases.

    >>> x = mg.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> model = logistic_regression(x, mg.tensor([0, 0, 1, 1]))
    >>> model(x).argmax(1)
    tensor([0, 0, 1, 1])
    """
    if x.ndim != 2 or y.shape != (len(x),) or not len(y):
        raise ShapeError(f"logistic_regression: expected x (N, D) and y (N,), N > 0, got {x.shape} and {y.shape}")
    model = nn.Linear(x.shape[1], int(y.max().item()) + 1, dtype=x.dtype)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    optimizer = optim.LBFGS(model.parameters(), max_iter=iterations, line_search_fn="strong_wolfe")
    x = x.detach()

    def closure() -> mg.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y) + 0.5 * l2 * model.weight.square().sum()
        loss.backward()
        return loss

    with mg.enable_grad():
        optimizer.step(closure)
    return model.requires_grad_(False)
