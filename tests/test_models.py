"""The networks of minigrad.models: shapes, what they refuse, and that they learn."""

import doctest

import pytest

import minigrad as mg
from minigrad import models, nn, optim


@pytest.mark.parametrize(("depth", "size"), [(1, (6, 2)), (2, (8, 12)), (3, (8, 16))])
def test_unet_gives_scores_for_every_pixel(depth, size):
    model = models.UNet(3, 4, width=2, depth=depth)
    scores = model(mg.randn(2, 3, *size))
    assert scores.shape == (2, 4, *size)
    scores.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 1, 8, 12), (1, 1, 10, 8)])
def test_unet_names_the_shape_that_it_cannot_halve(shape):
    with pytest.raises(ValueError, match="multiples of 8"):
        models.UNet(1, 2, width=2)(mg.zeros(shape))


def test_unet_sees_far_and_sharply():
    """Which pixels are in the brighter half of the image: no small neighbourhood tells, and the border is sharp."""
    mg.manual_seed(0)
    model = models.UNet(1, 2, width=4, depth=3)
    left = (mg.arange(16) < 8).expand(16, 16)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        side = mg.rand(16) < 0.5
        bright = mg.where(side[:, None, None], left, ~left)
        x = bright[:, None].float() * 0.5 + mg.randn(16, 1, 16, 16) * 0.5 + mg.randn(16, 1, 1, 1)
        loss = nn.functional.cross_entropy(model(x), bright.long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (model(x).argmax(1) == bright).float().mean() > 0.97


def test_examples_of_docstrings():
    result = doctest.testmod(models.unet)
    assert result.attempted and not result.failed
