"""Pictures of training, through matplotlib (`pip install 'minigrad[demo]'`)."""

from minigrad.viz.report import training_report

__all__ = ["training_report"]
