"""Integrated Gradients: which pixels carried the output from "nothing there" to what it is?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.explain.methods import (
    COMPLETE,
    Baseline,
    MethodResult,
    Progress,
    completeness,
    frozen,
    logits,
    register,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["integrated_gradients"]


@register("integrated_gradients", complete=True)
def integrated_gradients(
    network: nn.Module,
    x: Tensor,
    *,
    baseline: Baseline,
    progress: Progress,
    steps: int = 32,
    most_steps: int = 1024,
    tolerance: float = COMPLETE,
    chunk: int = 25,
) -> MethodResult:
    """Which pixels carried the logit from the baseline to what it is?

    φᵢ = (xᵢ − x′ᵢ) · ∫₀¹ ∂f(x′ + t·(x − x′))/∂xᵢ dt, by the midpoint rule. The number of steps is doubled
    from ``steps`` until the map is complete within ``tolerance`` or doubling would pass ``most_steps``.

    Args:
        network: images "n 1 h w" to logits "n".
        x: the prepared image, "1 1 h w"; its dtype is the arithmetic's.
        baseline: x′, where every attribution is zero.
        progress: told (steps done, steps of this round).
        steps: steps of the first round.
        most_steps: no round has more.
        tolerance: accepted completeness, as a fraction.
        chunk: images a pass; bounds the memory.

    Returns:
        The map, with checks ``completeness`` (0 is perfect), ``steps``, ``logit``, ``logit_at_baseline``.

    Raises:
        BadOptionError: steps, chunk or tolerance out of range.

    Reference: Sundararajan, Taly and Yan 2017, equation 1 and section 5.
    """
    _check(steps, most_steps, tolerance, chunk)
    network, start = frozen(network, x.dtype), baseline.image.to(x.dtype)
    logit, logit_at_baseline = float(logits(network, x.detach())), float(logits(network, start))
    while True:
        slope = _mean_gradient(network, start, x, steps, chunk, progress)
        attribution = ((x - start).detach().double().cpu().numpy() * slope)[0, 0]
        error = completeness(attribution, logit - logit_at_baseline)
        if error <= tolerance or 2 * steps > most_steps:
            break
        steps *= 2
    notes = () if error <= tolerance else (_incomplete(error, steps, tolerance),)
    checks = {"completeness": error, "steps": steps, "logit": logit, "logit_at_baseline": logit_at_baseline}
    return MethodResult(attribution, baseline.name, checks, notes)


def _check(steps: int, most_steps: int, tolerance: float, chunk: int) -> None:
    """The first option that is out of range is named alone."""
    if not 1 <= steps <= most_steps:
        raise BadOptionError(
            f"Integrated Gradients cannot begin with {steps} steps. Accepted: 1 to {most_steps}, the "
            "most that a round may have."
        )
    if chunk < 1:
        raise BadOptionError(f"Chunk {chunk} is not accepted: 1 or more images a pass.")
    if tolerance <= 0.0:
        raise BadOptionError(f"Tolerance {tolerance:g} is not accepted: a fraction above 0, such as 0.01.")


def _mean_gradient(
    network: nn.Module, start: Tensor, x: Tensor, steps: int, chunk: int, progress: Progress
) -> np.ndarray:
    """Mean gradient "1 1 h w" over the midpoints of ``steps`` equal pieces of the line, summed in float64."""
    import torch

    from flarescope.explain.rules import gradient

    total = np.zeros(tuple(x.shape))
    line = (x - start).detach()
    points = (torch.arange(steps, dtype=x.dtype, device=x.device) + 0.5) / steps
    done = 0
    for t in points.tensor_split(-(-steps // chunk)):  # even pieces
        images = (start + t[:, None, None, None] * line).requires_grad_(True)  # n 1 h w
        total += gradient(logits(network, images), images).double().sum(dim=0, keepdim=True).cpu().numpy()
        done += len(t)
        progress(done, steps)
    return total / steps


def _incomplete(error: float, steps: int, tolerance: float) -> str:
    return (
        f"The map is off by {error:.1%} of what it explains after {steps} steps (wanted: {tolerance:.0%}). "
        "Read it with care."
    )
