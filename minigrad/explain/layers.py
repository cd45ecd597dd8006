"""What the layers inside a network give for an input, and where in the image a layer found what counts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import minigrad as mg
from minigrad import Tensor, nn
from minigrad.explain._model import Target, choose
from minigrad.utils.modes import evaluation


@contextmanager
def watching(name: str, model: nn.Module, layers: Iterable[str | nn.Module]) -> Iterator[dict[str, Tensor]]:
    """A dict that fills with the outputs of `layers` (paths or modules), by path, whenever the model runs; the last call counts."""
    paths = {id(module): path for path, module in model.named_modules()}
    outputs: dict[str, Tensor] = {}
    handles = []
    try:
        for layer in layers:
            module = model.get_submodule(layer) if isinstance(layer, str) else layer
            if id(module) not in paths:
                raise ValueError(f"{name}: {type(module).__name__} is no part of the model")
            handles.append(module.register_forward_hook(keeper(outputs, paths[id(module)])))
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


def keeper(outputs: dict[str, Tensor], path: str) -> Callable[..., None]:
    def keep(module: nn.Module, args: Any, output: Any) -> None:
        outputs[path] = output[0] if isinstance(output, tuple) else output  # of a recurrent layer the sequence, not the state

    return keep


def activations(model: nn.Module, x: Tensor, layers: Iterable[str | nn.Module] | None = None) -> dict[str, Tensor]:
    """What layers give for the inputs, by path, in the order in which they ran.

    Args:    layers: paths as in `named_modules` ("features.0") or modules; None: all that have weights and no layers in them.
    >>> model = mg.nn.Sequential(mg.nn.Conv2d(1, 4, 3), mg.nn.ReLU(), mg.nn.Flatten(), mg.nn.Linear(16, 2))
    >>> {path: tuple(y.shape) for path, y in mg.explain.activations(model, mg.zeros(5, 1, 4, 4)).items()}
    {'0': (5, 4, 2, 2), '3': (5, 2)}
    >>> list(mg.explain.activations(model, mg.zeros(5, 1, 4, 4), ["1", model[2]]))
    ['1', '2']
    """
    if layers is None:
        layers = [m for m in model.modules() if next(m.parameters(recurse=False), None) is not None and next(m.children(), None) is None]
    with evaluation(model), mg.no_grad(), watching("activations", model, layers) as outputs:
        model(x)
    return {path: y.detach() for path, y in outputs.items()}


def attention_weights(model: nn.Module, *inputs: Any, **options: Any) -> dict[str, Tensor]:
    """How much each position looks at each other in every `MultiheadAttention` of a model, by path; called as `model(*inputs, **options)`.

    Shapes:  (N, heads, queries, keys), rows that add up to 1, also of modules that are called without asking for weights. Of one that runs
             several times the last counts.
    >>> model = mg.nn.TransformerEncoder(mg.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
    >>> {path: tuple(w.shape) for path, w in mg.explain.attention_weights(model, mg.zeros(1, 5, 8)).items()}
    {'layers.0.self_attn': (1, 2, 5, 5), 'layers.1.self_attn': (1, 2, 5, 5)}
    """
    found: dict[str, Tensor] = {}
    handles = []

    def ask(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        call = inspect.signature(module.forward).bind(*args, **kwargs)
        call.arguments.update(need_weights=True, average_attn_weights=False)
        return call.args, call.kwargs

    try:
        for path, module in model.named_modules():
            if isinstance(module, nn.MultiheadAttention):

                def keep(module: nn.Module, args: Any, output: tuple[Tensor, Tensor], path: str = path) -> None:
                    found[path] = output[1].detach()

                handles += [module.register_forward_pre_hook(ask, with_kwargs=True), module.register_forward_hook(keep)]
        with evaluation(model), mg.no_grad():
            model(*inputs, **options)
    finally:
        for handle in handles:
            handle.remove()
    return found


def grad_cam(model: nn.Module, x: Tensor, layer: str | nn.Module, target: Target = None, *, upsample: bool = True) -> Tensor:
    """Where a convolutional layer found what speaks for a class: its maps, weighted by the mean gradient of the score in each, and summed;
    what speaks against it is cut off at 0.

    Shapes:  x (N, C, H, W), output of the layer (N, K, h, w) -> (N, H, W), or (N, h, w) with upsample=False.
    Source:  Selvaraju et al., Grad-CAM, 2016.
    >>> model = mg.nn.Sequential(mg.nn.Conv2d(1, 4, 3), mg.nn.ReLU(), mg.nn.Flatten(), mg.nn.Linear(4 * 6 * 6, 3))
    >>> mg.explain.grad_cam(model, mg.randn(2, 1, 8, 8), "1", target=0).shape
    (2, 8, 8)
    """
    with evaluation(model), mg.enable_grad(), watching("grad_cam", model, [layer]) as outputs:
        output = model(x.detach().requires_grad_())  # with frozen weights too there is a graph
        if not outputs:
            raise ValueError("grad_cam: the layer did not run")
        (maps,) = outputs.values()
        if maps.ndim != 4:
            raise ValueError(f"grad_cam: the layer gives shape {tuple(maps.shape)}, expected maps (N, K, h, w)")
        score = choose("grad_cam", output, target)(output).sum()
        (gradient,) = mg.autograd.grad(score, maps)
    cam = (gradient.mean((2, 3), keepdim=True) * maps.detach()).sum(1, keepdim=True).relu()
    if upsample:
        cam = nn.functional.interpolate(cam, size=tuple(x.shape[2:]), mode="bilinear", align_corners=False)
    return cam[:, 0].detach()
