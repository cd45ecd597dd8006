"""PyTorch's older path to `minigrad.func.functional_call`."""

from minigrad.func import functional_call as functional_call
