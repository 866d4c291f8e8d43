"""What training makes small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from flarescope.experiment import Training

__all__ = ["batch_skill_loss", "loss_of", "smoothed_cross_entropy", "weighted_cross_entropy"]


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
    return _mean(each, weights)


def weighted_cross_entropy(
    logits: Float[Tensor, "n"],
    labels: Float[Tensor, "n"],
    weights: Float[Tensor, "n"] | None = None,
    *,
    positive_weight: float = 4.5,
) -> Float[Tensor, ""]:
    """How far are the logits from the labels, when a missed flaring image costs C times a false alarm?

    −Σ w·[C·y ln p + (1 − y) ln(1 − p)] / Σ w, with p = 1 / (1 + e^(−logit)). From 0; smaller is better. With
    the ratio of quiet to flaring samples as C both classes weigh the same; C = 4.5 is the paper's.

    *Reference*: Bhattacharjee et al. 2020, equation A3.
    """
    cost = torch.as_tensor(positive_weight, dtype=logits.dtype, device=logits.device)
    each = functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=cost, reduction="none")
    return _mean(each, weights)


def batch_skill_loss(
    logits: Float[Tensor, "n"], labels: Float[Tensor, "n"], weights: Float[Tensor, "n"] | None = None
) -> Float[Tensor, ""]:
    """How far are the outputs from the labels, when misses cost more the more skill the batch already has?

    λ·mean over flaring of (1 − p)² + mean over quiet of p², with p = 1 / (1 + e^(−logit)) and
    λ = C·e^HSS·e^TSS: C is quiet by flaring images in the batch, and the skills are those of p ≥ 0.5. λ is a
    number, without a gradient. From 0; smaller is better. In a batch of one class there is no skill: λ is 1,
    and the class that is missing adds nothing.

    *Reference*: Bhattacharjee et al. 2020, equations A4 to A7.
    """
    flaring, p = labels > 0.5, torch.sigmoid(logits)
    missed, alarmed = (1 - p) ** 2, p**2
    if not flaring.any():
        return _mean(alarmed, weights)
    if flaring.all():
        return _mean(missed, weights)
    parts = [
        _mean(each[rows], None if weights is None else weights[rows])
        for each, rows in ((missed, flaring), (alarmed, ~flaring))
    ]
    return _skill_weight(p.detach() >= 0.5, flaring) * parts[0] + parts[1]


def loss_of(
    settings: Training,
    logits: Float[Tensor, "n"],
    labels: Float[Tensor, "n"],
    weights: Float[Tensor, "n"] | None = None,
    *,
    sampled_rate: float = 0.5,
) -> Float[Tensor, ""]:
    """The loss that the settings name.

    ``sampled_rate`` is the share of positives among what is shown: without a ``positive_weight`` in the
    settings, C is (1 − rate) / rate.
    """
    if settings.loss == "batch_skill":
        return batch_skill_loss(logits, labels, weights)
    if settings.loss == "weighted":
        cost = settings.positive_weight or (1 - sampled_rate) / sampled_rate
        return weighted_cross_entropy(logits, labels, weights, positive_weight=cost)
    return smoothed_cross_entropy(logits, labels, weights, smoothing=settings.label_smoothing)


def _skill_weight(yes: Tensor, flaring: Tensor) -> Tensor:
    """λ of equation A5, for a batch with both classes."""
    tp, fn = (yes & flaring).sum().double(), (~yes & flaring).sum().double()
    fp, tn = (yes & ~flaring).sum().double(), (~yes & ~flaring).sum().double()
    tss = tp / (tp + fn) - fp / (fp + tn)
    hss = 2 * (tp * tn - fp * fn) / ((tp + fn) * (fn + tn) + (tp + fp) * (fp + tn))
    return ((fp + tn) / (tp + fn) * torch.exp(hss) * torch.exp(tss)).to(torch.float32)


def _mean(each: Tensor, weights: Tensor | None) -> Tensor:
    return each.mean() if weights is None else (weights * each).sum() / weights.sum()
