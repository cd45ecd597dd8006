"""Switches of how results are computed, where there is a choice between faster and more exact."""

from . import conv

__all__ = ["conv"]
