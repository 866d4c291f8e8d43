"""What training makes small."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

__all__ = ["smoothed_cross_entropy"]


def smoothed_cross_entropy(
    logits: Float[Tensor, "n"],
    labels: Float[Tensor, "n"],
    weights: Float[Tensor, "n"] | None = None,
    *,
    smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    """How far are the logits from the labels, when no label is quite certain?

    Σ w·[−y' ln p − (1 − y') ln(1 − p)] / Σ w, with p = 1 / (1 + e^(−logit)) and y' = (1 − s)·y + s/2. From 0
    (only without smoothing); smaller is better.

    Example:
        >>> smoothed_cross_entropy(torch.zeros(2), torch.tensor([0.0, 1.0]))  # doctest: +SKIP
        tensor(0.6931)
    """
    target = labels * (1 - smoothing) + smoothing / 2
    each = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return each.mean() if weights is None else (weights * each).sum() / weights.sum()
