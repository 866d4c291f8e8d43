"""What torch's functions do to an image: keep it linear, bend it, or pool it.

Names are without their place: ``relu`` is ``torch.relu``, ``Tensor.relu`` and ``torch.nn.functional.relu``. A
function that is in no set has no rule, and a network that calls it on the image is refused by name.
"""

from __future__ import annotations

__all__ = [
    "BENT_LINES",
    "DESCRIBES",
    "ELEMENTWISE",
    "IN_TRAINING",
    "NEVER_FALLS",
    "POOLS",
    "PRODUCTS",
    "QUOTIENTS",
    "SUMS",
]

DESCRIBES = frozenset([
    "__len__", "device", "dim", "dtype", "get_device", "is_contiguous", "is_cuda",
    "is_floating_point", "layout", "ndim", "ndimension", "new_empty", "new_full", "new_ones",
    "new_zeros", "numel", "ones_like", "requires_grad", "shape", "size", "stride", "zeros_like",
])  # fmt: skip
"""Tell of the tensor, not of what it holds."""

SUMS = frozenset([
    "T", "__getitem__", "__radd__", "__rsub__", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "add",
    "alpha_dropout", "avg_pool1d", "avg_pool2d", "broadcast_to", "cat", "chunk", "clone", "concat",
    "contiguous", "cpu", "cuda", "cumsum", "diff", "double", "dropout", "dropout1d", "dropout2d",
    "expand", "expand_as", "feature_alpha_dropout", "flatten", "flip", "fliplr", "flipud", "float",
    "gather", "hstack", "index_select", "interpolate", "mT", "mean", "movedim", "narrow", "neg",
    "negative", "pad", "permute", "pixel_shuffle", "pixel_unshuffle", "positive", "ravel", "repeat",
    "repeat_interleave", "reshape", "roll", "rot90", "rsub", "select", "split", "squeeze", "stack",
    "sub", "subtract", "sum", "swapaxes", "t", "tensor_split", "tile", "to", "transpose", "type_as",
    "unbind", "unflatten", "unfold", "unsqueeze", "view", "view_as", "vstack", "where",
])  # fmt: skip
"""Linear, but for a constant, in all tensors together: sums, copies, other shapes of the same numbers."""

PRODUCTS = frozenset([
    "__rmul__", "batch_norm", "bmm", "conv1d", "conv2d", "conv_transpose2d", "einsum", "linear",
    "matmul", "mm", "mul", "multiply", "mv",
])  # fmt: skip
"""Linear as long as one factor only depends on the image."""

QUOTIENTS = frozenset(["div", "divide", "true_divide"])
"""Linear as long as the divisor does not depend on the image."""

IN_TRAINING = frozenset([
    "alpha_dropout", "batch_norm", "dropout", "dropout1d", "dropout2d", "feature_alpha_dropout",
])  # fmt: skip
"""Linear unless in training; only those of ``torch.nn.functional`` tell by name whether they are."""

BENT_LINES = frozenset(["abs", "leaky_relu", "relu"])
"""Two straight lines that meet at zero: f(z) = z above zero, s·z below, with s = −f(−1)."""

NEVER_FALLS = frozenset([
    "celu", "elu", "exp", "expm1", "hardsigmoid", "hardtanh", "leaky_relu", "log", "log1p",
    "logsigmoid", "relu", "relu6", "selu", "sigmoid", "softplus", "softshrink", "softsign", "tanh",
])  # fmt: skip
"""Functions of each number by itself whose slope is nowhere negative."""

ELEMENTWISE = (
    NEVER_FALLS
    | BENT_LINES
    | frozenset(["__pow__", "gelu", "hardswish", "mish", "pow", "silu", "sqrt", "square"])
)
"""All functions of each number by itself that have a rule."""

POOLS = frozenset(["adaptive_max_pool2d", "max_pool2d"])
"""The largest number of each window."""
