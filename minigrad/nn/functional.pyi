# Written from the registry by tools/stubs.py.
import builtins
from collections import abc
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, overload
from minigrad import _core
from minigrad._core import Operand, Tensor as Tensor, dtype as DType

_int: TypeAlias = builtins.int
_float: TypeAlias = builtins.float
_bool: TypeAlias = builtins.bool
_complex: TypeAlias = builtins.complex

def adaptive_avg_pool1d(input: Tensor, output_size: _int | Sequence[_int]) -> Tensor:
    """Means over `output_size` bins of a signal."""
def adaptive_avg_pool2d(input: Tensor, output_size: _int | Sequence[_int] | Sequence[_int | None]) -> Tensor:
    """Means over a grid of `output_size` (y, x) bins: bin i of n covers floor(i*H/n) up to ceil((i+1)*H/n)."""
def adaptive_avg_pool3d(input: Tensor, output_size: _int | Sequence[_int] | Sequence[_int | None]) -> Tensor:
    """Means over a grid of `output_size` (z, y, x) bins of a volume."""
@overload
def adaptive_max_pool1d(input: Tensor, output_size: _int | Sequence[_int], return_indices: Literal[False] = False) -> Tensor:
    """Maxima over the bins of adaptive_avg_pool1d; with `return_indices` also their positions."""
@overload
def adaptive_max_pool1d(input: Tensor, output_size: _int | Sequence[_int], *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool1d_with_indices(input: Tensor, output_size: _int | Sequence[_int], return_indices: Literal[False] = False) -> Tensor:
    """adaptive_max_pool1d, which gives values and positions, whatever `return_indices` says."""
@overload
def adaptive_max_pool1d_with_indices(input: Tensor, output_size: _int | Sequence[_int], *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool2d(input: Tensor, output_size: _int | Sequence[_int] | Sequence[_int | None], return_indices: Literal[False] = False) -> Tensor:
    """Maxima over the bins of adaptive_avg_pool2d; with `return_indices` also their positions in the (H, W) plane."""
@overload
def adaptive_max_pool2d(input: Tensor, output_size: _int | Sequence[_int] | Sequence[_int | None], *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool2d_with_indices(input: Tensor, output_size: _int | Sequence[_int] | Sequence[_int | None], return_indices: Literal[False] = False) -> Tensor:
    """adaptive_max_pool2d, which gives values and positions, whatever `return_indices` says."""
@overload
def adaptive_max_pool2d_with_indices(input: Tensor, output_size: _int | Sequence[_int] | Sequence[_int | None], *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool3d(input: Tensor, output_size: _int | Sequence[_int] | Sequence[_int | None], return_indices: Literal[False] = False) -> Tensor:
    """Maxima over the bins of adaptive_avg_pool3d; with `return_indices` also their positions among all voxels."""
@overload
def adaptive_max_pool3d(input: Tensor, output_size: _int | Sequence[_int] | Sequence[_int | None], *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool3d_with_indices(input: Tensor, output_size: _int | Sequence[_int] | Sequence[_int | None], return_indices: Literal[False] = False) -> Tensor:
    """adaptive_max_pool3d, which gives values and positions, whatever `return_indices` says."""
@overload
def adaptive_max_pool3d_with_indices(input: Tensor, output_size: _int | Sequence[_int] | Sequence[_int | None], *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
def affine_grid(theta: Tensor, size: _int | Sequence[_int], align_corners: _bool | None = None) -> Tensor:
    """Where an affine map takes the pixels of an image: the grid that grid_sample reads at."""
def alpha_dropout(input: Tensor, p: _float = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """When training, elements are replaced with probability `p` by selu's lower limit, and all scaled so that mean and variance stay."""
def avg_pool1d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, ceil_mode: _bool = False, count_include_pad: _bool = True) -> Tensor:
    """Mean of each window of a signal; zeros of the padding count, unless `count_include_pad` is False."""
def avg_pool2d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, ceil_mode: _bool = False, count_include_pad: _bool = True, divisor_override: _int | None = None) -> Tensor:
    """Mean of each window; zeros of the padding count, unless `count_include_pad` is False."""
def avg_pool3d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, ceil_mode: _bool = False, count_include_pad: _bool = True, divisor_override: _int | None = None) -> Tensor:
    """Mean of each window of a volume; zeros of the padding count, unless `count_include_pad` is False."""
def batch_norm(input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None, bias: Tensor | None = None, training: _bool = False, momentum: _float = 0.1, eps: _float = 1e-05) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias by channel."""
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input1 . weight[o] . input2 + bias[o], for every output o."""
def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """-(target * log(input) + (1 - target) * log(1 - input)) for probabilities, times `weight`, reduced."""
def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean', pos_weight: Tensor | None = None) -> Tensor:
    """binary_cross_entropy of sigmoid(input), without its loss of accuracy, times `weight`, reduced."""
def celu(input: Tensor, alpha: _float = 1.0, inplace: _bool = False) -> Tensor:
    """input, or alpha * (exp(input / alpha) - 1) where it is negative: elu with a slope that has no jump."""
def celu_(input: Tensor, alpha: _float = 1.0) -> Tensor:
    """`celu` in place; returns the tensor itself."""
def channel_shuffle(input: Tensor, groups: _int) -> Tensor:
    """The channels of `groups` groups dealt out in turn: the first of each, then the second of each..."""
def conv1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: str | _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, groups: _int = 1) -> Tensor:
    """Cross-correlate a batch of signals with a bank of filters; conv2d of images that are one row high."""
def conv2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: str | _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, groups: _int = 1) -> Tensor:
    """Cross-correlate a batch of images with a bank of filters."""
def conv3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: str | _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, groups: _int = 1) -> Tensor:
    """Cross-correlate a batch of volumes with a bank of filters."""
def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: _int | Sequence[_int] = 0) -> Tensor:
    """conv1d of sequences whose first axis is time."""
def conv_transpose1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: _int | Sequence[_int] = 0, output_padding: _int | Sequence[_int] = 0, groups: _int = 1, dilation: _int | Sequence[_int] = 1) -> Tensor:
    """Transposed convolution of signals: the adjoint of conv1d in its input."""
def conv_transpose2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: _int | Sequence[_int] = 0, output_padding: _int | Sequence[_int] = 0, groups: _int = 1, dilation: _int | Sequence[_int] = 1) -> Tensor:
    """Transposed convolution of images: the adjoint of conv2d in its input."""
def conv_transpose3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | Sequence[_int] = 1, padding: _int | Sequence[_int] = 0, output_padding: _int | Sequence[_int] = 0, groups: _int = 1, dilation: _int | Sequence[_int] = 1) -> Tensor:
    """Transposed convolution of volumes: the adjoint of conv3d in its input."""
def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: _float = 0, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """1 - cos where target is 1, max(0, cos - margin) where it is -1, reduced; cos is of the angle between two rows."""
def cosine_similarity(x1: Tensor, x2: Tensor, dim: _int = 1, eps: _float = 1e-08, *, axis: _int = ...) -> Tensor:
    """Cosine of the angle between vectors along `dim`: their product over that of their lengths, of which none counts as below eps."""
def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, ignore_index: _int = -100, reduce: _bool | None = None, reduction: str = 'mean', label_smoothing: _float = 0.0) -> Tensor:
    """-log(softmax(input))[target]: the loss of logits against classes, reduced."""
def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths: Tensor | Sequence[_int], target_lengths: Tensor | Sequence[_int], blank: _int = 0, reduction: str = 'mean', zero_infinity: _bool = False) -> Tensor:
    """-log of the probability of label sequences, summed over all alignments with the input; "mean" divides by the targets' lengths first."""
def dropout(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """When training, each element times 0 with probability `p`, otherwise times 1 / (1 - p); else input itself."""
def dropout1d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """dropout of whole channels."""
def dropout2d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """dropout of whole channels."""
def dropout3d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """dropout of whole channels."""
def elu(input: Tensor, alpha: _float = 1.0, inplace: _bool = False) -> Tensor:
    """input, or alpha * (exp(input) - 1) where it is negative."""
def elu_(input: Tensor, alpha: _float = 1.0) -> Tensor:
    """`elu` in place; returns the tensor itself."""
def embedding(input: Tensor, weight: Tensor, padding_idx: _int | None = None, max_norm: _float | None = None, norm_type: _float = 2.0, scale_grad_by_freq: _bool = False, sparse: _bool = False) -> Tensor:
    """Rows of `weight`, by the numbers in `input`."""
def embedding_bag(input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: _float | None = None, norm_type: _int = 2, scale_grad_by_freq: _bool = False, mode: str = 'mean', sparse: _bool = False, per_sample_weights: Tensor | None = None, include_last_offset: _bool = False, padding_idx: _int | None = None) -> Tensor:
    """Sum, mean or maximum of the rows of `weight` in each bag of numbers; 0 for an empty bag."""
def feature_alpha_dropout(input: Tensor, p: _float = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """alpha_dropout of whole channels."""
def fold(input: Tensor, output_size: _int | Sequence[_int], kernel_size: _int | Sequence[_int], dilation: _int | Sequence[_int] = 1, padding: _int | Sequence[_int] = 0, stride: _int | Sequence[_int] = 1) -> Tensor:
    """Columns added back into images of `output_size` (col2im); overlaps are summed: the adjoint of unfold."""
@overload
def fractional_max_pool2d(input: Tensor, kernel_size: _int | Sequence[_int], output_size: _int | Sequence[_int] | None = None, output_ratio: Sequence[_float] | None = None, return_indices: Literal[False] = False, _random_samples: Tensor | None = None) -> Tensor:
    """Maxima of `output_size` windows whose distances are drawn at random; with `return_indices` also their positions in the plane."""
@overload
def fractional_max_pool2d(input: Tensor, kernel_size: _int | Sequence[_int], output_size: _int | Sequence[_int] | None = None, output_ratio: Sequence[_float] | None = None, _random_samples: Tensor | None = None, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def fractional_max_pool2d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], output_size: _int | Sequence[_int] | None = None, output_ratio: Sequence[_float] | None = None, return_indices: Literal[False] = False, _random_samples: Tensor | None = None) -> Tensor:
    """fractional_max_pool2d, which gives values and positions, whatever `return_indices` says."""
@overload
def fractional_max_pool2d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], output_size: _int | Sequence[_int] | None = None, output_ratio: Sequence[_float] | None = None, _random_samples: Tensor | None = None, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def fractional_max_pool3d(input: Tensor, kernel_size: _int | Sequence[_int], output_size: _int | Sequence[_int] | None = None, output_ratio: Sequence[_float] | None = None, return_indices: Literal[False] = False, _random_samples: Tensor | None = None) -> Tensor:
    """fractional_max_pool2d of volumes."""
@overload
def fractional_max_pool3d(input: Tensor, kernel_size: _int | Sequence[_int], output_size: _int | Sequence[_int] | None = None, output_ratio: Sequence[_float] | None = None, _random_samples: Tensor | None = None, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def fractional_max_pool3d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], output_size: _int | Sequence[_int] | None = None, output_ratio: Sequence[_float] | None = None, return_indices: Literal[False] = False, _random_samples: Tensor | None = None) -> Tensor:
    """fractional_max_pool3d, which gives values and positions, whatever `return_indices` says."""
@overload
def fractional_max_pool3d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], output_size: _int | Sequence[_int] | None = None, output_ratio: Sequence[_float] | None = None, _random_samples: Tensor | None = None, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
def gaussian_nll_loss(input: Tensor, target: Tensor, var: Tensor, full: _bool = False, eps: _float = 1e-06, reduction: str = 'mean') -> Tensor:
    """Negative log-likelihood of target for normal distributions: 0.5 * (log(var) + (input - target)**2 / var), reduced."""
def gelu(input: Tensor, approximate: str = 'none') -> Tensor:
    """input * P(Z <= input) for a standard normal Z; approximate="tanh" takes a formula by tanh instead of erf."""
def glu(input: Tensor, dim: _int = -1, *, axis: _int = ...) -> Tensor:
    """a * sigmoid(b), a and b being the halves of input along `dim`."""
def grid_sample(input: Tensor, grid: Tensor, mode: str = 'bilinear', padding_mode: str = 'zeros', align_corners: _bool | None = None) -> Tensor:
    """Values of images at the places of a grid, interpolated between pixels."""
def group_norm(input: Tensor, num_groups: _int, weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05) -> Tensor:
    """Normalised over the elements of each group of channels, then times weight plus bias, by channel."""
def gumbel_softmax(logits: Tensor, tau: _float = 1, hard: _bool = False, eps: _float = 1e-10, dim: _int = -1, *, axis: _int = ...) -> Tensor:
    """A differentiable sample of the classes with probabilities softmax(logits): softmax((logits + Gumbel noise) / tau)."""
def hardshrink(input: Tensor, lambd: _float = 0.5) -> Tensor:
    """input where it is outside [-lambd, lambd], otherwise 0; NaN stays."""
def hardsigmoid(input: Tensor, inplace: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """input / 6 + 1/2, between 0 and 1."""
def hardswish(input: Tensor, inplace: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """input * hardsigmoid(input)."""
def hardtanh(input: Tensor, min_val: _float = -1.0, max_val: _float = 1.0, inplace: _bool = False) -> Tensor:
    """input between min_val and max_val; the gradient on these bounds is 0, unlike clamp's."""
def hardtanh_(input: Tensor, min_val: _float = -1.0, max_val: _float = 1.0) -> Tensor:
    """`hardtanh` in place; returns the tensor itself."""
def hinge_embedding_loss(input: Tensor, target: Tensor, margin: _float = 1.0, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """input where target is 1, max(0, margin - input) where it is -1, reduced: input being a distance."""
def huber_loss(input: Tensor, target: Tensor, reduction: str = 'mean', delta: _float = 1.0, weight: Tensor | None = None) -> Tensor:
    """0.5 * d**2 for differences d below `delta`, delta * (|d| - 0.5 * delta) above, times `weight`, reduced."""
def instance_norm(input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None, weight: Tensor | None = None, bias: Tensor | None = None, use_input_stats: _bool = True, momentum: _float = 0.1, eps: _float = 1e-05) -> Tensor:
    """Each channel of each item normalised by its own mean and biased variance, then times weight plus bias, by channel."""
def interpolate(input: Tensor, size: _int | Sequence[_int] | None = None, scale_factor: _float | Sequence[_float] | None = None, mode: str = 'nearest', align_corners: _bool | None = None, recompute_scale_factor: _bool | None = None, antialias: _bool = False) -> Tensor:
    """Signals, images or volumes in another size."""
def kl_div(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean', log_target: _bool = False) -> Tensor:
    """target * (log(target) - input), input being log-probabilities, reduced; "batchmean" is the sum over the batch's size."""
def l1_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean', weight: Tensor | None = None) -> Tensor:
    """|input - target|, times `weight`, reduced."""
def layer_norm(input: Tensor, normalized_shape: _int | Sequence[_int], weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias, statistics over the last dimensions, the biased variance."""
def leaky_relu(input: Tensor, negative_slope: _float = 0.01, inplace: _bool = False) -> Tensor:
    """input, times `negative_slope` where it is negative."""
def leaky_relu_(input: Tensor, negative_slope: _float = 0.01) -> Tensor:
    """`leaky_relu` in place; returns the tensor itself."""
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias, in one kernel."""
def linear_cross_entropy(input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None, weight: Tensor | None = None, reduction: str = 'mean', ignore_index: _int | None = None, label_smoothing: _float = 0.0, options: dict[str, Any] | None = None) -> Tensor:
    """cross_entropy of linear(input, linear_weight, linear_bias) against target."""
def local_response_norm(input: Tensor, size: _int | Sequence[_int], alpha: _float = 0.0001, beta: _float = 0.75, k: _float = 1.0) -> Tensor:
    """input / (k + alpha * m)**beta, m being the mean of the squares of `size` neighbouring channels, of which those outside are 0."""
def log_softmax(input: Tensor, dim: _int | None = None, dtype: DType | None = None, *, axis: _int | None = ...) -> Tensor:
    """log(softmax(input)) over `dim`, exact where softmax underflows. `dtype` casts first."""
def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(input)), exact where sigmoid underflows."""
def lp_pool1d(input: Tensor, norm_type: _float, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, ceil_mode: _bool = False) -> Tensor:
    """The `norm_type`-norm of each window of a signal, (sum of x**norm_type) ** (1/norm_type)."""
def lp_pool2d(input: Tensor, norm_type: _float, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, ceil_mode: _bool = False) -> Tensor:
    """The `norm_type`-norm of each window of an image."""
def lp_pool3d(input: Tensor, norm_type: _int, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, ceil_mode: _bool = False) -> Tensor:
    """The `norm_type`-norm of each window of a volume."""
def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: _float = 0, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """max(0, margin - target * (input1 - input2)), reduced: target 1 says that input1 has to be the larger, -1 the smaller."""
@overload
def max_pool1d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """Largest value of each window of a signal; with `return_indices` also its position."""
@overload
def max_pool1d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool1d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """max_pool1d, which gives values and positions, whatever `return_indices` says."""
@overload
def max_pool1d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool2d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """Largest value of each window; NaN wins, padding never does. With `return_indices` also its position in the (H, W) plane."""
@overload
def max_pool2d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool2d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """max_pool2d, which gives values and positions, whatever `return_indices` says."""
@overload
def max_pool2d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool3d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """Largest value of each window of a volume; with `return_indices` also its position among all voxels."""
@overload
def max_pool3d(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool3d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """max_pool3d, which gives values and positions, whatever `return_indices` says."""
@overload
def max_pool3d_with_indices(input: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, dilation: _int | Sequence[_int] = 1, ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
def max_unpool1d(input: Tensor, indices: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, output_size: _int | Sequence[_int] | None = None) -> Tensor:
    """Zeros with values at the positions that max_pool1d gave."""
def max_unpool2d(input: Tensor, indices: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, output_size: _int | Sequence[_int] | None = None) -> Tensor:
    """Zeros with values at the positions that max_pool2d gave."""
def max_unpool3d(input: Tensor, indices: Tensor, kernel_size: _int | Sequence[_int], stride: _int | Sequence[_int] | None = None, padding: _int | Sequence[_int] = 0, output_size: _int | Sequence[_int] | None = None) -> Tensor:
    """Zeros with values at the positions that max_pool3d gave."""
def mish(input: Tensor, inplace: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """input * tanh(softplus(input))."""
def mse_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean', weight: Tensor | None = None) -> Tensor:
    """(input - target)**2, times `weight`, reduced."""
def multi_head_attention_forward(query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: _int, num_heads: _int, in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Tensor | None, bias_v: Tensor | None, add_zero_attn: _bool, dropout_p: _float, out_proj_weight: Tensor, out_proj_bias: Tensor | None, training: _bool = True, key_padding_mask: Tensor | None = None, need_weights: _bool = True, attn_mask: Tensor | None = None, use_separate_proj_weight: _bool = False, q_proj_weight: Tensor | None = None, k_proj_weight: Tensor | None = None, v_proj_weight: Tensor | None = None, static_k: Tensor | None = None, static_v: Tensor | None = None, average_attn_weights: _bool = True, is_causal: _bool = False) -> tuple[Tensor, Tensor | None]:
    """Attention of `num_heads` heads between linear layers: what nn.MultiheadAttention computes. Returns (output, weights or None)."""
def multi_margin_loss(input: Tensor, target: Tensor, p: _int = 1, margin: _float = 1.0, weight: Tensor | None = None, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """Sum over the other classes of max(0, margin - input[target] + input[class])**p, times weight[target], over the number of classes."""
def multilabel_margin_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """Sum over target classes i and other classes j of max(0, 1 - (input[i] - input[j])), over the number of classes."""
def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """binary_cross_entropy_with_logits, times `weight`, as a mean over the classes, which are the last dimension; then reduced."""
def native_channel_shuffle(input: Tensor, groups: _int) -> Tensor:
    """The channels of `groups` groups dealt out in turn: the first of each, then the second of each..."""
def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, ignore_index: _int = -100, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """-input[target], input being log-probabilities: cross_entropy after log_softmax."""
def normalize(input: Tensor, p: _float = 2.0, dim: _int = 1, eps: _float = 1e-12, out: Tensor | None = None, *, axis: _int = ...) -> Tensor:
    """input / max(its p-norm over `dim`, eps)."""
def one_hot(input: Tensor, num_classes: _int = -1) -> Tensor:
    """Vectors that are 1 at input and 0 elsewhere, int64; num_classes -1 is the largest input plus 1."""
def pad(input: Tensor, pad: _int | Sequence[_int], mode: str = 'constant', value: _float | None = None) -> Tensor:
    """Entries added (or, where negative, cut off) before and after the last dimensions: pad = (last before, last after, one but last before, ...)."""
def pairwise_distance(x1: Tensor, x2: Tensor, p: _float = 2.0, eps: _float = 1e-06, keepdim: _bool = False) -> Tensor:
    """p-norm of x1 - x2 + eps over the last dimension."""
def pdist(input: Tensor, p: _float = 2.0) -> Tensor:
    """p-norm distances between all pairs of rows: row 0 to the others, row 1 to those after it, and so on."""
def pixel_shuffle(input: Tensor, upscale_factor: _int) -> Tensor:
    """Channels as the pixels between pixels: a block of factor**2 channels gives one channel that is `upscale_factor` as high and wide."""
def pixel_unshuffle(input: Tensor, downscale_factor: _int) -> Tensor:
    """Blocks of pixels as channels: the reverse of pixel_shuffle."""
def poisson_nll_loss(input: Tensor, target: Tensor, log_input: _bool = True, full: _bool = False, size_average: _bool | None = None, eps: _float = 1e-08, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """Negative log-likelihood of counts: exp(input) - target * input, or with log_input=False input - target * log(input + eps), reduced."""
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """input, times `weight` where it is not positive: a leaky relu whose slope is learnt."""
def relu(input: Tensor, inplace: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """max(input, 0); the gradient at 0 is 0, NaN stays."""
def relu6(input: Tensor, inplace: _bool = False) -> Tensor:
    """input between 0 and 6."""
def relu_(input: Tensor) -> Tensor:
    """`relu` in place; returns the tensor itself."""
def rms_norm(input: Tensor, normalized_shape: _int | Sequence[_int], weight: Tensor | None = None, eps: _float | None = None) -> Tensor:
    """input / sqrt(mean(input**2) + eps) * weight, the mean over the last dimensions; eps None is the dtype's machine epsilon."""
def rrelu(input: Tensor, lower: _float = 0.125, upper: _float = ..., training: _bool = False, inplace: _bool = False) -> Tensor:
    """input, where it is not positive times a slope: in training a random one between `lower` and `upper`, else their mean."""
def rrelu_(input: Tensor, lower: _float = 0.125, upper: _float = ..., training: _bool = False) -> Tensor:
    """`rrelu` in place; returns the tensor itself."""
def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: _float = 0.0, is_causal: _bool = False, *, scale: _float | None = None, enable_gqa: _bool = False) -> Tensor:
    """softmax(query @ key.mT * scale + attn_mask) @ value, the softmax over the keys."""
def selu(input: Tensor, inplace: _bool = False) -> Tensor:
    """scale * elu(input, alpha), with the constants that let a network normalise itself."""
def selu_(input: Tensor) -> Tensor:
    """`selu` in place; returns the tensor itself."""
def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / (1 + exp(-input))."""
def silu(input: Tensor, inplace: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """input * sigmoid(input), also known as swish."""
def smooth_l1_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean', beta: _float = 1.0) -> Tensor:
    """0.5 * d**2 / beta for differences d below `beta`, |d| - 0.5 * beta above, reduced."""
def soft_margin_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """log(1 + exp(-target * input)), reduced, target being 1 or -1; it does not overflow."""
def softmax(input: Tensor, dim: _int | None = None, dtype: DType | None = None, *, axis: _int | None = ...) -> Tensor:
    """exp(input) / sum(exp(input)) over `dim`, without overflow. `dtype` casts first."""
def softmin(input: Tensor, dim: _int | None = None, dtype: DType | None = None, *, axis: _int | None = ...) -> Tensor:
    """softmax(-input) over `dim`. `dtype` casts."""
def softplus(input: Tensor, beta: _float = 1.0, threshold: _float = 20.0) -> Tensor:
    """log(1 + exp(beta * input)) / beta: a smooth relu."""
def softshrink(input: Tensor, lambd: _float = 0.5) -> Tensor:
    """input - lambd above lambd, input + lambd below -lambd, otherwise 0."""
def softsign(input: Tensor) -> Tensor:
    """input / (1 + |input|)."""
def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic tangent."""
def tanhshrink(input: Tensor) -> Tensor:
    """input - tanh(input)."""
def threshold(input: Tensor, threshold: _float, value: _float, inplace: _bool = False) -> Tensor:
    """input where it is above `threshold`, otherwise `value`; NaN stays."""
def threshold_(input: Tensor, threshold: _float, value: _float) -> Tensor:
    """`threshold` in place; returns the tensor itself."""
def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: _float = 1.0, p: _int = 2, eps: _float = 1e-06, swap: _bool = False, size_average: _bool | None = None, reduce: _bool | None = None, reduction: str = 'mean') -> Tensor:
    """max(0, margin + d(anchor, positive) - d(anchor, negative)), reduced; d is pairwise_distance with `p` and `eps`."""
def triplet_margin_with_distance_loss(anchor: Tensor, positive: Tensor, negative: Tensor, *, distance_function: abc.Callable[..., Any] | None = None, margin: _float = 1.0, swap: _bool = False, reduction: str = 'mean') -> Tensor:
    """triplet_margin_loss with a distance of your own: a function of two tensors; pairwise_distance by default."""
def unfold(input: Tensor, kernel_size: _int | Sequence[_int], dilation: _int | Sequence[_int] = 1, padding: _int | Sequence[_int] = 0, stride: _int | Sequence[_int] = 1) -> Tensor:
    """Windows of images as the columns of a matrix (im2col)."""
def upsample(input: Tensor, size: _int | Sequence[_int] | None = None, scale_factor: _int | None = None, mode: str = 'nearest', align_corners: _bool | None = None) -> Tensor:
    """`interpolate` under its older name."""
def upsample_bilinear(input: Tensor, size: _int | Sequence[_int] | None = None, scale_factor: _int | None = None) -> Tensor:
    """Bilinear `interpolate` of images with align_corners=True."""
def upsample_nearest(input: Tensor, size: _int | Sequence[_int] | None = None, scale_factor: _int | None = None) -> Tensor:
    """`interpolate` by the nearest pixel."""
