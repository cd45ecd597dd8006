"""What a network has learned: which pixels count, what a layer sees, what excites a unit, and maps of its features.

Everything here computes and nothing draws: inputs are Tensors, results Tensors of the shape of the input or NumPy arrays, ready for
`minigrad.viz`. A model is used in evaluation mode and left as it was, with its gradients, and a result depends on the arguments alone.
"""

from minigrad.explain.attribution import integrated_gradients, occlusion, saliency, smooth_grad
from minigrad.explain.layers import activations, attention_weights, grad_cam
from minigrad.explain.maximize import maximize
from minigrad.explain.pca import PCA
from minigrad.explain.tsne import tsne

__all__ = [
    "PCA",
    "activations",
    "attention_weights",
    "grad_cam",
    "integrated_gradients",
    "maximize",
    "occlusion",
    "saliency",
    "smooth_grad",
    "tsne",
]
