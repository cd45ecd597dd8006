"""The errors that minigrad raises about its arguments. Each is also the built-in kind that NumPy and PyTorch users expect."""

from pickle import UnpicklingError  # the class alone, which PyTorch programs catch: nothing is unpickled with it

import numpy as np


class ShapeError(ValueError, RuntimeError):
    """Shapes, ranks or sizes do not fit the op."""


class DTypeError(TypeError, RuntimeError):
    """An element type does not fit the op."""


class DeviceError(ValueError, RuntimeError):
    """A device other than the CPU was asked for."""


class GradError(RuntimeError):
    """A gradient was asked for that cannot be had, or that would be wrong."""


class LinAlgError(np.linalg.LinAlgError, RuntimeError):
    """A matrix is singular, or not positive definite, or an iteration did not converge."""


class FormatError(ValueError, UnpicklingError):
    """A file is damaged, of another kind, or asks for more than tensors and plain values."""
