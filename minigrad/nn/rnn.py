"""Recurrent layers over whole sequences: several layers, in one or both directions, padded or packed."""

from __future__ import annotations

import math
import warnings
from typing import Any

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from . import init
from ._shapes import size
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}


class RNNBase(Module):
    """What RNN, GRU and LSTM share: settings, parameters by PyTorch's names, checks, and the way through packed sequences.

    The parameters of layer k are `weight_ih_l{k}`, `weight_hh_l{k}`, `bias_ih_l{k}`, `bias_hh_l{k}` and, with projections,
    `weight_hr_l{k}`; those of the other direction have the suffix `_reverse`.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if mode not in _GATES:
            raise ValueError(f"{name}: mode must be one of {', '.join(_GATES)}, got {mode!r}")
        self.mode = mode
        self.input_size = size(input_size, name, "input_size")
        self.hidden_size = size(hidden_size, name, "hidden_size", 1)
        self.num_layers = size(num_layers, name, "num_layers", 1)
        self.bias = bias
        self.batch_first = batch_first
        if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1:
            raise ValueError(f"{name}: dropout should be a number in range [0, 1], got {dropout!r}")
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = size(proj_size, name, "proj_size")
        if proj_size >= hidden_size:
            raise ValueError(f"{name}: proj_size has to be smaller than hidden_size, got proj_size={proj_size}, hidden_size={hidden_size}")
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={num_layers}",
                stacklevel=3,
            )
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in self._suffixes(layer):
                names = []
                for weight, shape in self._shapes(layer):
                    names.append(f"{weight}{suffix}")
                    self.register_parameter(names[-1], Parameter(mg.empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(names)
        self.reset_parameters()

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: self._directions]

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _output_size(self) -> int:
        return self.proj_size or self.hidden_size

    def _shapes(self, layer: int) -> list[tuple[str, tuple[int, ...]]]:
        """(name, shape) of the parameters of one direction of a layer."""
        rows = _GATES[self.mode] * self.hidden_size
        inputs = self.input_size if layer == 0 else self._output_size * self._directions
        shapes: list[tuple[str, tuple[int, ...]]] = [("weight_ih", (rows, inputs)), ("weight_hh", (rows, self._output_size))]
        if self.bias:
            shapes += [("bias_ih", (rows,)), ("bias_hh", (rows,))]
        if self.proj_size:
            shapes.append(("weight_hr", (self.proj_size, self.hidden_size)))
        return shapes

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters, one list for each direction of each layer."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Nothing: weights need no common memory here."""

    def reset_parameters(self) -> None:
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _check(self, name: str, got: Tensor, expected: tuple[int, ...]) -> None:
        if tuple(got.shape) != expected:
            raise ShapeError(
                f"{type(self).__name__}: expected {name} of shape {expected} (layers * directions, N, H), got {tuple(got.shape)}"
            )

    def _run(self, input: Any, states: tuple[Tensor, ...] | None) -> tuple[Any, tuple[Tensor, ...]]:
        """(output, last states) for an input that is padded, packed or has no batch; `states` are None or hx, or (hx, cx)."""
        kind = type(self).__name__
        packed = isinstance(input, PackedSequence)
        x = input.data if packed else input
        if not isinstance(x, Tensor):
            raise TypeError(f"{kind}: expected a Tensor or a PackedSequence as input, got {type(input).__name__}")
        if not packed and x.dim() not in (2, 3):
            raise ShapeError(f"{kind}: Expected input to be 2D or 3D, got {x.dim()}D instead")
        if x.shape[-1] != self.input_size:
            raise ShapeError(f"{kind}: input.size(-1) must be equal to input_size. Expected {self.input_size}, got {x.shape[-1]}")
        alone = not packed and x.dim() == 2
        n = int(input.batch_sizes[0]) if packed else 1 if alone else x.shape[0 if self.batch_first else 1]
        shapes = [(self.num_layers * self._directions, n, width) for width in (self._output_size, self.hidden_size)]
        if self.mode != "LSTM":
            del shapes[1]
        if states is None:
            states = tuple(mg.zeros(shape, dtype=x.dtype) for shape in shapes)
        else:
            names = ("hx",) if len(shapes) == 1 else ("hidden[0]", "hidden[1]")
            if len(states) != len(shapes) or not all(isinstance(s, Tensor) for s in states):
                wanted = "a Tensor" if len(shapes) == 1 else "a pair of Tensors"
                raise TypeError(f"{kind}: expected {wanted} as hx, got {states!r}")
            for name, state in zip(names, states, strict=True):
                if state.dim() != (2 if alone else 3):
                    form = "unbatched 2-D" if alone else "batched 3-D"
                    raise ShapeError(
                        f"{kind}: For {form} input, {name} should also be {2 if alone else 3}-D but got {state.dim()}-D tensor"
                    )
            if alone:
                states = tuple(s.unsqueeze(1) for s in states)
            for name, state, shape in zip(names, states, shapes, strict=True):
                self._check(name, state, shape)
            if packed and input.sorted_indices is not None:
                states = tuple(s.index_select(1, input.sorted_indices) for s in states)
        if alone:
            x = x.unsqueeze(0 if self.batch_first else 1)

        function = getattr(mg, self.mode.lower())
        weights = [w for direction in self.all_weights for w in direction]
        hx = states[0] if len(states) == 1 else states
        settings = (weights, self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
        y, *last = function(x, input.batch_sizes, hx, *settings) if packed else function(x, hx, *settings, self.batch_first)
        if packed:
            if input.unsorted_indices is not None:
                last = [s.index_select(1, input.unsorted_indices) for s in last]
            return PackedSequence(y, input.batch_sizes, input.sorted_indices, input.unsorted_indices), tuple(last)
        if alone:
            return y.squeeze(0 if self.batch_first else 1), tuple(s.squeeze(1) for s in last)
        return y, tuple(last)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        output, (last,) = self._run(input, None if hx is None else (hx,))
        return output, last

    def extra_repr(self) -> str:
        s = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size:
            s += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            s += f", num_layers={self.num_layers}"
        if self.bias is not True:
            s += f", bias={self.bias}"
        if self.batch_first is not False:
            s += f", batch_first={self.batch_first}"
        if self.dropout:
            s += f", dropout={self.dropout}"
        if self.bidirectional is not False:
            s += f", bidirectional={self.bidirectional}"
        return s


class RNN(RNNBase):
    """h = tanh(W_ih x + b_ih + W_hh h + b_hh) over every step, layer upon layer; with nonlinearity="relu" relu for tanh.

    Shapes:  input (T, N, I), with batch_first (N, T, I), or (T, I), or a PackedSequence; hx (layers * directions, N, H), zeros if not
             given; returns (output (T, N, directions * H), last hx), packed and unbatched as the input is.
    Args:    dropout: of every layer's output but the last's, in training. bidirectional: a second direction, whose output stands
             beside the first's.
    Initial: all parameters uniform in +-1/sqrt(hidden_size).
    >>> output, h = RNN(3, 5, num_layers=2)(mg.zeros(7, 2, 3))
    >>> output.shape, h.shape
    ((7, 2, 5), (2, 2, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
        mode = f"RNN_{nonlinearity.upper()}"
        super().__init__(mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype)
        self.nonlinearity = nonlinearity


class GRU(RNNBase):
    """Gated recurrent units over every step, layer upon layer: `mg.gru_cell` is one step.

    Shapes, arguments and initial values: as of `RNN`; weights have 3 * H rows, those of the gates r, z and n.
    >>> output, h = GRU(3, 5, batch_first=True, bidirectional=True)(mg.zeros(2, 7, 3))
    >>> output.shape, h.shape
    ((2, 7, 10), (2, 2, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__("GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype)


class LSTM(RNNBase):
    """Long short-term memory over every step, layer upon layer: `mg.lstm_cell` is one step.

    Shapes:  as of `RNN`, with (hx, cx) for hx; with proj_size=P outputs and hx have P features, H of cx as before.
    Args:    as of `RNN`; proj_size: project h by weight_hr (P, H) after each step.
    Initial: as of `RNN`; weights have 4 * H rows, those of the gates i, f, g and o.
    >>> output, (h, c) = LSTM(3, 5, proj_size=2)(mg.zeros(7, 4, 3))
    >>> output.shape, h.shape, c.shape
    ((7, 4, 2), (1, 4, 2), (1, 4, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__("LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, tuple[Tensor, Tensor]]:
        if isinstance(hx, Tensor):
            raise TypeError(f"LSTM: expected a pair (hx, cx) of Tensors, got a Tensor of shape {tuple(hx.shape)}")
        output, last = self._run(input, None if hx is None else tuple(hx))
        return output, (last[0], last[1])
