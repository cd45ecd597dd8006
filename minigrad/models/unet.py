"""U-Net: from an image to a class for each of its pixels."""

from __future__ import annotations

import minigrad as mg
from minigrad import Tensor, nn


class UNet(nn.Module):
    """Down to a coarse view of the image and up again to every pixel, each way up joined by what was seen at that size on the way down.

    `depth` times the size is halved and the channels are doubled, from `width` on; two convolutions of 3x3 with batch norm at every size.
    Borders are padded, so scores have the size of the image; the original cuts them off.
    Shapes: (N, in_channels, H, W), H and W multiples of 2**depth -> scores (N, classes, H, W).
    Source: Ronneberger, Fischer, Brox, U-Net: convolutional networks for biomedical image segmentation, 2015.
    >>> UNet(1, 2, width=4, depth=2)(mg.zeros(1, 1, 16, 24)).shape
    (1, 2, 16, 24)
    """

    def __init__(self, in_channels: int, classes: int, width: int = 16, depth: int = 3) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList([double_convolution(a, b) for a, b in zip([in_channels, *widths], widths)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(2 * w, w, 2, stride=2) for w in reversed(widths[:-1])])
        self.join = nn.ModuleList([double_convolution(2 * w, w) for w in reversed(widths[:-1])])
        self.classify = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        unit = 2 ** len(self.up)
        if x.ndim != 4 or x.shape[2] % unit or x.shape[3] % unit:
            raise ValueError(f"UNet: images of shape {tuple(x.shape)}, expected (N, C, H, W) with H and W multiples of {unit}")
        seen = []
        for level, down in enumerate(self.down):
            x = down(nn.functional.max_pool2d(x, 2) if level else x)
            seen.append(x)
        for up, join, fine in zip(self.up, self.join, reversed(seen[:-1])):
            x = join(mg.cat([fine, up(x)], 1))
        return self.classify(x)


def double_convolution(channels: int, width: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs in (channels, width):
        layers += [nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers)
