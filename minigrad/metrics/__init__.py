"""Metrics: how good predictions are, as numbers for people. Functions of (preds, target), under torchmetrics' names where it has them, and
scikit-learn's elsewhere; `Mean` and `Collect` take them over batches.

They take Tensors, arrays or lists, record no gradient, compute in float64, and return a float, or NumPy arrays where there are several
values. What is not defined (an area without positives, a mean of nothing) is NaN; what is wrong (NaN among scores, a class out of range)
is an error that names metric and argument.
"""

from .classification import accuracy, balanced_accuracy, confusion_matrix, dice_score, f1_score, jaccard_index, precision, recall
from .embedding import frechet_distance, knn_accuracy, silhouette_score
from .probability import bits_per_character, brier_score, calibration_curve, calibration_error, log_loss, perplexity
from .ranking import auroc, average_precision, precision_recall_curve, roc
from .regression import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error
from .streaming import Collect, Mean, Metric
from .text import bleu_score, char_error_rate, chrf_score, edit_distance, word_error_rate

__all__ = [
    "Collect",
    "Mean",
    "Metric",
    "accuracy",
    "auroc",
    "average_precision",
    "balanced_accuracy",
    "bits_per_character",
    "bleu_score",
    "brier_score",
    "calibration_curve",
    "calibration_error",
    "char_error_rate",
    "chrf_score",
    "confusion_matrix",
    "dice_score",
    "edit_distance",
    "f1_score",
    "frechet_distance",
    "jaccard_index",
    "knn_accuracy",
    "log_loss",
    "mean_absolute_error",
    "mean_squared_error",
    "perplexity",
    "precision",
    "precision_recall_curve",
    "r2_score",
    "recall",
    "roc",
    "root_mean_squared_error",
    "silhouette_score",
    "word_error_rate",
]
