"""How much each element of an input counts for one output: gradients, integrated gradients, and hiding parts of it."""

from __future__ import annotations

import numpy as np

import minigrad as mg
from minigrad import Tensor
from minigrad.explain._model import Model, Target, input_gradient, prepared
from minigrad.utils.modes import evaluation


def saliency(model: Model, x: Tensor, target: Target = None) -> Tensor:
    """The gradient of a class's score with respect to the input: how the score would move with each pixel.

    Shapes:  x (N, ...), output (N, classes) -> like x. Pictures take the absolute value, and over channels its maximum.
    Args:    target: a class, one for each example, a function output -> (N,), or None: the class with the highest score.
    Source:  Simonyan, Vedaldi, Zisserman, Deep inside convolutional networks, 2013.
    >>> model = lambda x: x @ mg.tensor([[1.0, -1.0], [2.0, 5.0]])
    >>> mg.explain.saliency(model, mg.tensor([[3.0, 4.0]]), target=1)
    tensor([[-1.,  5.]])
    """
    with evaluation(model):
        return input_gradient(model, x, prepared("saliency", model, x, target))


def smooth_grad(model: Model, x: Tensor, target: Target = None, *, samples: int = 25, noise: float = 0.15, seed: int = 0) -> Tensor:
    """The mean of `saliency` over copies of the input with Gaussian noise: fluctuations of the gradient average out, structure stays.

    Args:    noise: deviation, as a share of the range of values of each example. The noise depends on `seed` alone.
    Source:  Smilkov, Thorat, Kim, Viégas, Wattenberg, SmoothGrad, 2017.
    >>> model = lambda x: (x * x).sum(1)  # its gradient 2 x, noise or not
    >>> mg.explain.smooth_grad(model, mg.tensor([[0.0, 10.0]]), samples=2000).round() + 0.0
    tensor([[ 0., 20.]])
    """
    if samples < 1:
        raise ValueError(f"smooth_grad: {samples} samples, expected at least 1")
    generator = mg.Generator().manual_seed(seed)
    with evaluation(model):
        score = prepared("smooth_grad", model, x, target)
        axes = tuple(range(1, x.ndim))
        deviation = noise * (x.detach().amax(axes, keepdim=True) - x.detach().amin(axes, keepdim=True))
        total = mg.zeros_like(x)
        for _ in range(samples):
            noisy = x.detach() + deviation * mg.randn(x.shape, generator=generator, dtype=x.dtype)
            total += input_gradient(model, noisy, score)
    return total / samples


def integrated_gradients(model: Model, x: Tensor, target: Target = None, *, baseline: Tensor | float = 0.0, steps: int = 64) -> Tensor:
    """(x - baseline) times the mean gradient on the straight way from the baseline to x.

    Complete: the attributions of an example add up to score(x) - score(baseline). What is left of the difference is the error of the
    integral, which is taken by Gauss and Legendre's rule: exact for smooth models at few steps, small for kinked ones.
    Shapes:  x (N, ...), baseline a number or broadcast to x -> like x.
    Source:  Sundararajan, Taly, Yan, Axiomatic attribution for deep networks, 2017.
    >>> model = lambda x: x[:, 0] * x[:, 1]
    >>> mg.explain.integrated_gradients(model, mg.tensor([[2.0, 3.0]]))
    tensor([[3.0000, 3.0000]])
    """
    if steps < 1:
        raise ValueError(f"integrated_gradients: {steps} steps, expected at least 1")
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    with evaluation(model):
        score = prepared("integrated_gradients", model, x, target)
        x = x.detach()
        way = x - baseline
        total = mg.zeros_like(x)
        for node, weight in zip(nodes.tolist(), weights.tolist()):  # on [-1, 1]
            total += input_gradient(model, x - way * (0.5 - 0.5 * node), score) * (0.5 * weight)
    return way * total


def occlusion(
    model: Model, x: Tensor, target: Target = None, *, patch: int = 4, stride: int = 2, fill: float = 0.0, batch_size: int = 256
) -> Tensor:
    """How far the score falls when a patch of the image is covered; each pixel gets the mean over the patches that cover it.

    Shapes:  x (N, C, H, W) -> (N, H, W). Needs no gradient: any function of images will do.
    Args:    patch, stride: pixels; the last patch of a line ends at the border. fill: what covers.
    Source:  Zeiler, Fergus, Visualizing and understanding convolutional networks, 2013.
    >>> model = lambda x: x[:, 0, 0, 0]  # looks at one corner
    >>> mg.explain.occlusion(model, mg.ones(1, 1, 3, 3), patch=1, stride=1)[0]
    tensor([[1., 0., 0.],
            [0., 0., 0.],
            [0., 0., 0.]])
    """
    if x.ndim != 4:
        raise ValueError(f"occlusion: input of shape {tuple(x.shape)}, expected images (N, C, H, W)")
    height, width = x.shape[2:]
    if not (1 <= patch <= min(height, width) and stride >= 1):
        raise ValueError(
            f"occlusion: patch {patch} and stride {stride} on images of {height}x{width}, expected 1 <= patch <= {min(height, width)}"
        )
    tops, lefts = (sorted({*range(0, n - patch + 1, stride), n - patch}) for n in (height, width))
    places = [(top, left) for top in tops for left in lefts]
    falls, counts = np.zeros((len(x), height, width)), np.zeros((height, width))
    with evaluation(model), mg.no_grad():
        score = prepared("occlusion", model, x, target)
        whole = score(model(x)).numpy()
        each = max(1, batch_size // max(len(x), 1))
        for start in range(0, len(places), each):
            part = places[start : start + each]
            covered = x.detach().repeat(len(part), 1, 1, 1)
            for i, (top, left) in enumerate(part):
                covered[i * len(x) : (i + 1) * len(x), :, top : top + patch, left : left + patch] = fill
            scores = score(model(covered)).numpy().reshape(len(part), len(x))
            for (top, left), values in zip(part, scores):
                falls[:, top : top + patch, left : left + patch] += (whole - values)[:, None, None]
                counts[top : top + patch, left : left + patch] += 1
    return mg.tensor(falls / np.maximum(counts, 1), dtype=x.dtype)  # no patch covers what lies between strides wider than a patch
