"""Recurrent cells: one step."""

from __future__ import annotations

import math
from typing import Any

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from . import init
from ._shapes import size
from .module import Module
from .parameter import Parameter


class RNNCellBase(Module):
    """What the cells share: parameters and checks."""

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        name = type(self).__name__
        self.input_size = size(input_size, name, "input_size")
        self.hidden_size = size(hidden_size, name, "hidden_size")
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(mg.empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(mg.empty((rows, hidden_size), device=device, dtype=dtype))
        for which in ("bias_ih", "bias_hh"):
            self.register_parameter(which, Parameter(mg.empty(rows, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0.0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _states(self, input: Tensor, hx: Any, count: int) -> list[Tensor]:
        """The states given, or zeros, after a check of all shapes."""
        name = type(self).__name__
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}: expected a Tensor as input, got {type(input).__name__}")
        if input.dim() not in (1, 2):
            raise ShapeError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        if input.shape[-1] != self.input_size:
            raise ShapeError(f"{name}: input has {input.shape[-1]} features, expected input_size={self.input_size}")
        shape = (*input.shape[:-1], self.hidden_size)
        if hx is None:
            return [mg.zeros(shape, dtype=input.dtype)] * count
        states = [hx] if isinstance(hx, Tensor) else list(hx)
        if len(states) != count:
            wanted = "a Tensor" if count == 1 else "a pair (hx, cx) of Tensors"
            raise TypeError(f"{name}: expected {wanted} as hx, got {len(states)} of them")
        for state in states:
            if tuple(state.shape) != shape:
                raise ShapeError(f"{name}: hx must have shape {shape}, got {tuple(state.shape)}")
        return states

    @property
    def _weights(self) -> tuple[Any, ...]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias is True else f", bias={self.bias}")


class RNNCell(RNNCellBase):
    """tanh(weight_ih @ input + bias_ih + weight_hh @ hx + bias_hh); with nonlinearity="relu" relu for tanh.

    Shapes:  input (N, I), hx (N, H), zeros if not given, or both without N; returns hx's.
    Initial: all parameters uniform in +-1/sqrt(hidden_size).
    >>> RNNCell(3, 5)(mg.zeros(2, 3)).shape
    (2, 5)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNNCell: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        cell = mg.rnn_tanh_cell if self.nonlinearity == "tanh" else mg.rnn_relu_cell
        return cell(input, self._states(input, hx, 1)[0], *self._weights)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class GRUCell(RNNCellBase):
    """One step of gated recurrent units, see `mg.gru_cell`. Shapes and initial values: as of `RNNCell`.

    >>> GRUCell(3, 5)(mg.zeros(2, 3), mg.zeros(2, 5)).shape
    (2, 5)
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return mg.gru_cell(input, self._states(input, hx, 1)[0], *self._weights)


class LSTMCell(RNNCellBase):
    """One step of long short-term memory, see `mg.lstm_cell`. Shapes and initial values: as of `RNNCell`, with (hx, cx) for hx.

    >>> h, c = LSTMCell(3, 5)(mg.zeros(2, 3))
    >>> h.shape, c.shape
    ((2, 5), (2, 5))
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        return mg.lstm_cell(input, tuple(self._states(input, hx, 2)), *self._weights)
