"""Networks that several programs share, as modules with nothing trained in them."""

from minigrad.models.unet import UNet

__all__ = ["UNet"]
