"""What a training run needs around the model: a loop that can be interrupted, its history, and a frame for programs.

- `Loop` counts epochs (or steps, or episodes), shows progress, keeps a `History`, and writes a checkpoint of everything it is given,
  random numbers included: a run that was interrupted ends with the same bits as one that was not.
- `fit`, `evaluate` and `predict` are the loop of supervised learning, for those who need no other.
- `descend` is the loop for so little data that each step can look at all of it.
- `logistic_regression` is the simple method to compare with, and the probe of features.
- `EarlyStopping` and `Averaging` are called after each epoch, as is any function.
- `Judge` reads pictures, and so tells how good generated ones are; `normal_pictures` are what those have to beat.
- `play` gives the episodes of a policy in environments of reinforcement learning, many at once.
- `Run` makes a program of a function: `--quick`, `--seed`, `--threads`, a folder for what it leaves, a table of results at the end.
"""

from .callbacks import Averaging, EarlyStopping
from .episodes import Episode, environments, play
from .fit import descend, evaluate, fit, predict
from .history import History
from .judge import Judge, normal_pictures
from .linear import logistic_regression
from .loop import Loop
from .run import Run

__all__ = [
    "Averaging",
    "EarlyStopping",
    "Episode",
    "History",
    "Judge",
    "Loop",
    "Run",
    "descend",
    "environments",
    "evaluate",
    "fit",
    "logistic_regression",
    "normal_pictures",
    "play",
    "predict",
]
