"""Pictures of data, training and networks, through matplotlib (`pip install 'minigrad[demo]'`), and the graph of a Tensor as Graphviz text.

Every picture is a function of arrays or Tensors that returns its matplotlib `Figure`; nothing is shown, nothing written: `save(figure,
path)` does that. Each draws into the Axes given as `ax`, or a figure of its own; `figure(rows, columns)` makes one with several. No
state of matplotlib is touched (no pyplot, no rcParams), so threads and programs without a screen may draw.
"""

from minigrad.viz.curves import curves, forecast, histogram, training_curves
from minigrad.viz.graph import Graph, graph
from minigrad.viz.images import feature_maps, filters, images, latent_map, montage, overlay, segmentation
from minigrad.viz.letters import logo
from minigrad.viz.molecules import molecule
from minigrad.viz.plane import attention, decision_boundary, embedding
from minigrad.viz.report import training_report
from minigrad.viz.scores import calibration, confusion_matrix, precision_recall, roc
from minigrad.viz.style import COLORS, figure, save

__all__ = [
    "COLORS",
    "Graph",
    "attention",
    "calibration",
    "confusion_matrix",
    "curves",
    "decision_boundary",
    "embedding",
    "feature_maps",
    "figure",
    "filters",
    "forecast",
    "graph",
    "histogram",
    "images",
    "latent_map",
    "logo",
    "molecule",
    "montage",
    "overlay",
    "precision_recall",
    "roc",
    "save",
    "segmentation",
    "training_curves",
    "training_report",
]
