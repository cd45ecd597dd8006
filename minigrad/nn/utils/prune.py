"""Pruning: weights held at zero by a mask.

What is trained becomes `weight_orig`, the mask is the buffer `weight_mask`, and `weight`, their product, is computed before every call.
A method only says which entries go; pruning again prunes among those that are left. Names and results are PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from ..module import Module
from .convert import parameters_to_vector


class BasePruningMethod:
    """Base of pruning methods: `compute_mask` says what stays, and is all that a subclass needs.

    `PRUNING_TYPE` "unstructured": it sees, as one row, the entries that earlier pruning left; "structured": the channels along `self.dim`
    that it left something of; "global": everything.
    """

    PRUNING_TYPE = "unstructured"
    _tensor_name: str

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The new mask, 1 where an entry stays, for the tensor (or scores) `t` and its present mask."""
        raise NotImplementedError

    def __call__(self, module: Module, inputs: Any = None) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module: Module) -> Tensor:
        """The tensor with its mask applied; gradients reach what stays."""
        return getattr(module, f"{self._tensor_name}_mask") * getattr(module, f"{self._tensor_name}_orig")

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """`t` with what the method prunes set to zero."""
        scores = _scores(t, importance_scores, "tensor")
        return t * self.compute_mask(scores, mg.ones_like(t) if default_mask is None else default_mask)

    @classmethod
    def apply(cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any) -> BasePruningMethod:
        """Prune `module.<name>` by this method with the given settings; returns what is called before every forward."""
        method = cls(*args, **kwargs)
        method._tensor_name = name
        tensor = getattr(module, name)
        scores = _scores(tensor, importance_scores, f"parameter {name} of {module}")
        known = _installed(module, name)
        if known is None:
            mask = method.compute_mask(scores, mg.ones_like(tensor))
            delattr(module, name)
            module.register_parameter(f"{name}_orig", tensor)
            module.register_buffer(f"{name}_mask", mask.detach())
            hook = method
        else:
            handle, old = known
            hook = old if isinstance(old, PruningContainer) else PruningContainer(old)
            mask = _combined(method, scores, getattr(module, f"{name}_mask").detach())
            handle.remove()
            hook.add_pruning_method(method)
            setattr(module, f"{name}_mask", mask.detach())
        module.register_forward_pre_hook(hook)
        hook(module)
        return hook

    def remove(self, module: Module) -> None:
        """Make the tensor an ordinary parameter again, pruned for good."""
        name = self._tensor_name
        original, value = getattr(module, f"{name}_orig"), self.apply_mask(module)
        with mg.no_grad():
            original.copy_(value)
        for part in (name, f"{name}_orig", f"{name}_mask"):
            delattr(module, part)
        setattr(module, name, original)


class PruningContainer(BasePruningMethod):
    """Methods that were applied to one tensor, one after the other."""

    def __init__(self, *methods: BasePruningMethod) -> None:
        self._pruning_methods: list[BasePruningMethod] = []
        for method in methods:
            self._tensor_name = method._tensor_name
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if getattr(self, "_tensor_name", method._tensor_name) != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}', found '{method._tensor_name}'"
            )
        self._pruning_methods.append(method)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, i: int) -> BasePruningMethod:
        return self._pruning_methods[i]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return _combined(self._pruning_methods[-1], t, default_mask)


def _scores(tensor: Tensor, scores: Tensor | None, what: str) -> Tensor:
    if scores is not None and tuple(scores.shape) != tuple(tensor.shape):
        raise ShapeError(f"importance_scores should have the same shape as {what}, got {tuple(scores.shape)} and {tuple(tensor.shape)}")
    return tensor.detach() if scores is None else scores.detach()


def _combined(method: Any, t: Tensor, mask: Tensor) -> Tensor:
    """The mask after one more method, which decides among what `mask` leaves."""
    new = mask.to(t.dtype).clone()
    where: Any
    if method.PRUNING_TYPE == "unstructured":
        where = mask == 1
    elif method.PRUNING_TYPE == "structured":
        dim = method.dim % t.dim()
        left = mask.sum([d for d in range(t.dim()) if d != dim]) != 0
        where = (*[slice(None)] * dim, left)
    elif method.PRUNING_TYPE == "global":
        where = ...
    else:
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    new[where] = method.compute_mask(t[where], default_mask=mask[where]).to(new.dtype)
    return new


def _installed(module: Module, name: str) -> Any:
    """(handle, hook) of the pruning of `module.<name>`, or None."""
    for handle, (hook, *_) in {} if module._hooks is None else list(module._hooks.pre.items()):
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return handle, hook
    return None


class _Amount(BasePruningMethod):
    """A method that prunes a number of entries or channels, or a share of them."""

    def __init__(self, amount: float) -> None:
        if isinstance(amount, bool) or not isinstance(amount, int | float):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        if amount < 0 or (isinstance(amount, float) and amount > 1):
            raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")
        self.amount = amount

    def count(self, size: int) -> int:
        """How many of `size` go."""
        count = self.amount if isinstance(self.amount, int) else round(self.amount * size)
        if count > size:
            raise ValueError(f"amount={count} should be smaller than the number of parameters to prune={size}")
        return int(count)


class _Unstructured(_Amount):
    """Prune the entries of lowest rank."""

    def rank(self, t: Tensor) -> Tensor:
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        mask, count = default_mask.flatten().clone(), self.count(t.numel())
        if count:
            mask[self.rank(t).flatten().topk(count, largest=False).indices] = 0
        return mask.reshape(default_mask.shape)


class RandomUnstructured(_Unstructured):
    """Prune entries at random: `amount` of them, or that share."""

    def rank(self, t: Tensor) -> Tensor:
        return mg.rand_like(t)


class L1Unstructured(_Unstructured):
    """Prune the entries of smallest magnitude: `amount` of them, or that share."""

    def rank(self, t: Tensor) -> Tensor:
        return t.abs()


class _Structured(_Amount):
    """Prune the channels of lowest rank along `dim`."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def rank(self, channels: Tensor) -> Tensor:
        """The rank of each row."""
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if t.dim() <= 1:
            raise ValueError(f"Structured pruning can only be applied to multidimensional tensors. Found tensor of shape {tuple(t.shape)}")
        if not -t.dim() <= self.dim < t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {tuple(t.shape)}")
        size = t.shape[self.dim]
        count = self.count(size)
        if not count:
            return default_mask
        keep = self.rank(t.movedim(self.dim, 0).flatten(1)).topk(size - count).indices
        channels = mg.zeros(size, dtype=default_mask.dtype)
        channels[keep] = 1
        shape = [1] * t.dim()
        shape[self.dim] = size
        return default_mask * channels.reshape(shape)


class RandomStructured(_Structured):
    """Prune channels along `dim` at random: `amount` of them, or that share."""

    def rank(self, channels: Tensor) -> Tensor:
        return mg.rand(channels.shape[0])


class LnStructured(_Structured):
    """Prune the channels along `dim` of smallest n-norm: `amount` of them, or that share."""

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def rank(self, channels: Tensor) -> Tensor:
        return channels.norm(math.inf if self.n == "inf" else self.n, dim=1)


class Identity(BasePruningMethod):
    """Prune nothing: a mask of ones."""

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask


class CustomFromMask(BasePruningMethod):
    """Prune by a given mask."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask * self.mask.to(default_mask.dtype)


def identity(module: Module, name: str) -> Module:
    """Prune nothing, but keep the tensor as `<name>_orig` and `<name>_mask`.

    >>> list(identity(mg.nn.Linear(2, 1), "weight").state_dict())
    ['bias', 'weight_orig', 'weight_mask']
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Prune `amount` entries (int) or that share of them (float), at random.

    >>> int(random_unstructured(mg.nn.Linear(4, 5), "weight", 7).weight_mask.sum().item())
    13
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: float, importance_scores: Tensor | None = None) -> Module:
    """Prune the `amount` entries (int), or that share (float), of smallest magnitude, or of smallest score.

    >>> layer = mg.nn.Linear(3, 1, bias=False)
    >>> with mg.no_grad():
    ...     _ = layer.weight.copy_(mg.tensor([[3.0, -1.0, 2.0]]))
    >>> l1_unstructured(layer, "weight", 0.34).weight.tolist()
    [[3.0, -0.0, 2.0]]
    """
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: float, dim: int) -> Module:
    """Prune `amount` channels along `dim` (int), or that share (float), at random.

    >>> layer = random_structured(mg.nn.Linear(4, 5), "weight", 2, dim=0)
    >>> sorted(layer.weight_mask.sum(1).tolist())
    [0.0, 0.0, 4.0, 4.0, 4.0]
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: Module, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None) -> Module:
    """Prune the `amount` channels along `dim` (int), or that share (float), of smallest n-norm.

    >>> layer = ln_structured(mg.nn.Conv2d(3, 2, 3), "weight", 1, n=2, dim=1)
    >>> sorted(layer.weight_mask.sum((0, 2, 3)).tolist())
    [0.0, 18.0, 18.0]
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Prune by a mask of the tensor's shape: 0 where an entry goes.

    >>> custom_from_mask(mg.nn.Linear(2, 1), "bias", mg.tensor([0])).bias.tolist()
    [0.0]
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prune several tensors, given as (module, name), as if they were one.

    >>> net = mg.nn.Sequential(mg.nn.Linear(10, 4), mg.nn.Linear(4, 1))
    >>> global_unstructured([(net[0], "weight"), (net[1], "weight")], L1Unstructured, amount=10)
    >>> int(sum((m.weight == 0).sum().item() for m in net))
    10
    """
    parameters, scores = list(parameters), importance_scores or {}
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found {pruning_method} of {method.PRUNING_TYPE}'
        )
    tensors = [getattr(module, name) for module, name in parameters]
    rank = [scores.get(place, t).detach() for place, t in zip(parameters, tensors, strict=True)]
    masks = [getattr(module, f"{name}_mask", mg.ones_like(t)) for (module, name), t in zip(parameters, tensors, strict=True)]
    mask, at = _combined(method, parameters_to_vector(rank), parameters_to_vector(masks)), 0
    for (module, name), t in zip(parameters, tensors, strict=True):
        custom_from_mask(module, name, mask[at : at + t.numel()].reshape(t.shape))
        at += t.numel()


def remove(module: Module, name: str) -> Module:
    """Make a pruned tensor an ordinary parameter again; it stays pruned.

    >>> list(remove(identity(mg.nn.Linear(2, 1), "weight"), "weight").state_dict())
    ['bias', 'weight']
    """
    known = _installed(module, name)
    if known is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    known[0].remove()
    known[1].remove(module)
    return module


def is_pruned(module: Module) -> bool:
    """Whether anything in a module or below it is pruned.

    >>> is_pruned(mg.nn.Linear(2, 1))
    False
    """
    return any(isinstance(entry[0], BasePruningMethod) for m in module.modules() if m._hooks is not None for entry in m._hooks.pre.values())
