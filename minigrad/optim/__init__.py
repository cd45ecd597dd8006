"""Optimizers and learning-rate schedules. Names, formulas and `state_dict` layouts are PyTorch's."""

from . import lr_scheduler
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]
