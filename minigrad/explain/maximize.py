"""Inputs that excite a unit most: gradient ascent on the image, with what keeps it from becoming noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

import minigrad as mg
from minigrad import Tensor, nn
from minigrad.explain.layers import watching
from minigrad.utils.modes import evaluation


def maximize(
    model: nn.Module,
    shape: Sequence[int],
    units: int | Sequence[int],
    *,
    layer: str | nn.Module | None = None,
    steps: int = 200,
    lr: float = 0.05,
    l2: float = 0.01,
    jitter: int = 2,
    blur: float = 1.0,
    limits: tuple[float, float] | None = None,
    start: Tensor | None = None,
    seed: int = 0,
) -> Tensor:
    """An image for each unit that makes it large: a class's score, or the mean of a layer's map.

    Gradient ascent from faint noise. Steps have the length `lr` per pixel, whatever the gradient's, so one setting does for all layers.
    Shapes:  shape (C, H, W) of one input, K units -> (K, C, H, W). Without jitter and blur inputs may have any shape.
    Args:    layer: path or module; None: the model's output. l2: pulls pixels to 0, by this share of each step. jitter: pixels by which
             the image is rolled at most before a step, so that no place is special. blur: deviation of the Gaussian under which the
             gradient is seen: strokes grow before dots do. limits: lowest and highest value of a pixel. start: (C, H, W) or
             (K, C, H, W) instead of noise, which depends on `seed`.
    Source:  Erhan, Bengio, Courville, Vincent, Visualizing higher-layer features, 2009; Yosinski et al., Understanding neural networks
             through deep visualization, 2015 (decay); Mordvintsev, Olah, Tyka, Inceptionism, 2015 (jitter, smooth gradients).
    >>> model = mg.nn.Sequential(mg.nn.Linear(3, 2, bias=False))
    >>> with mg.no_grad():
    ...     model[0].weight[:] = mg.tensor([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    >>> mg.explain.maximize(model, (3,), [0, 1], jitter=0, blur=0, limits=(-1, 1)).round() + 0.0
    tensor([[ 1.,  0.,  0.],
            [ 0., -1.,  0.]])
    """
    chosen = [units] if isinstance(units, int) else [int(u) for u in units]
    shape = tuple(shape)
    if (jitter or blur) and len(shape) != 3:
        raise ValueError(f"maximize: shape {shape}; jitter and blur are for images (C, H, W), set them to 0 for other inputs")
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 0.1, (len(chosen), *shape)).astype(np.float32)
    image = mg.tensor(noise) if start is None else start.detach().expand(len(chosen), *shape).clone()
    axes = tuple(range(1, 1 + len(shape)))
    rows, columns = mg.arange(len(chosen)), mg.tensor(chosen)
    with evaluation(model), watching("maximize", model, [] if layer is None else [layer]) as outputs:
        for _ in range(steps):
            dy, dx = rng.integers(-jitter, jitter + 1, 2).tolist() if jitter else (0, 0)
            with mg.enable_grad():
                x = (image.roll((dy, dx), (2, 3)) if jitter else image).detach().requires_grad_()
                output = model(x)
                output = output if layer is None else next(iter(outputs.values()))
                if output.ndim < 2 or not 0 <= min(chosen) <= max(chosen) < output.shape[1]:
                    raise ValueError(f"maximize: units {chosen}, but the output has shape {tuple(output.shape)}")
                scores = output.flatten(2).mean(2) if output.ndim > 2 else output
                (gradient,) = mg.autograd.grad(scores[rows, columns].sum(), x)
            with mg.no_grad():
                if blur:
                    gradient = gaussian_blur(gradient, blur)
                size = gradient.square().mean(axes, keepdim=True).sqrt()
                x = x.detach() * (1 - l2) + gradient * (lr / (size + 1e-12))
                image = x.roll((-dy, -dx), (2, 3)) if jitter else x
                if limits is not None:
                    image = image.clamp(*limits)
    return image.detach()


def gaussian_blur(x: Tensor, deviation: float) -> Tensor:
    """Images (N, C, H, W) under a Gaussian cut off at three deviations; the border is repeated outwards."""
    reach = math.ceil(3 * deviation)
    line = mg.exp(-0.5 * (mg.arange(-reach, reach + 1, dtype=x.dtype) / deviation) ** 2)
    line = line / line.sum()
    channels = x.shape[1]
    x = nn.functional.pad(x, (reach, reach, reach, reach), mode="replicate")
    x = nn.functional.conv2d(x, line.reshape(1, 1, -1, 1).repeat(channels, 1, 1, 1), groups=channels)
    return nn.functional.conv2d(x, line.reshape(1, 1, 1, -1).repeat(channels, 1, 1, 1), groups=channels)
