"""Deep SHAP: which pixels make this image's logit differ from that of quiet images?"""

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

__all__ = ["deep_shap"]

ROUNDING = 1e-4  # a check further off than this in float32 may be off by the logits' own rounding


@register("deep_shap", complete=True)
def deep_shap(
    network: nn.Module,
    x: Tensor,
    *,
    baseline: Baseline,
    progress: Progress,
    backgrounds: Tensor | None = None,
    chunk: int = 5,
) -> MethodResult:
    """Which pixels make this image's logit differ from that of the backgrounds?

    φᵢ = mean over backgrounds x′ of mᵢ(x, x′)·(xᵢ − x′ᵢ), with DeepLIFT's multipliers m: through linear
    layers the weights, through an activation y = f(z) the secant (y − y′)/(z − z′), through a max-pool the
    share of the change at each window's winner that the maximum follows, added up over windows that overlap
    (``rescale``). Then Σᵢ φᵢ = f(x) − mean f(x′), but for rounding.

    In float32 the logits themselves are rounded. Where the check is off by more than 1e-4, they, and not the
    map, are taken again in float64, so that it tells of the map. Secants of curved functions, such as the
    sigmoid, and the sum over backgrounds are always float64; all else is in the dtype of ``x``.

    Args:
        network: images "n 1 h w" to logits "n".
        x: the prepared image, "1 1 h w"; its dtype is the arithmetic's.
        baseline: the only background where ``backgrounds`` are not given.
        progress: told (backgrounds done, backgrounds in all).
        backgrounds: prepared images "b 1 h w" to compare with, such as the same Sun without its regions.
        chunk: backgrounds a pass; bounds the memory.

    Returns:
        The map, with checks ``completeness`` (0 is perfect), ``logit``, ``logit_at_baseline`` (mean over
        the backgrounds) and ``backgrounds`` (how many).

    Raises:
        BadOptionError: backgrounds of another shape, none at all, or with numbers that are not finite; the
            network calls a function that has no rule (the message names it and its layer).

    Reference: Lundberg and Lee 2017, section 4.2; Shrikumar, Greenside and Kundaje 2017, section 3.
    """
    from flarescope.explain.rescale import Rescale
    from flarescope.explain.rules import Rules, gradient

    others = baseline.image if backgrounds is None else backgrounds
    _check(x, others, chunk)
    network, rescale = frozen(network, x.dtype), Rescale()
    with Rules(network, "deep_shap", rescale.remember):
        own = logits(network, x.detach().clone().requires_grad_(True))
    logit = float(own.detach())
    total, sum_of_logits = np.zeros(tuple(x.shape[2:])), 0.0
    for first in range(0, len(others), chunk):
        some = others[first : first + chunk].detach().to(x, copy=True).requires_grad_(True)  # b 1 h w
        with Rules(network, "deep_shap", rescale.compare()):
            said = logits(network, some)
        share = gradient(said, some).double() * (x.detach().double() - some.detach().double())
        total += share.sum(dim=(0, 1)).cpu().numpy()
        sum_of_logits += float(said.detach().double().sum())
        progress(first + len(some), len(others))
    attribution, at_baseline = total / len(others), sum_of_logits / len(others)
    if bool((others.to(x) == x).all()):
        at_baseline = logit  # the same image; in a batch of another size it rounds otherwise
    error = completeness(attribution, logit - at_baseline)
    if error > ROUNDING and x.dtype.itemsize < 8:
        logit, at_baseline = _exact_logits(network, x, others, chunk)
        error = completeness(attribution, logit - at_baseline)
    checks = {
        "completeness": error,
        "logit": logit,
        "logit_at_baseline": at_baseline,
        "backgrounds": float(len(others)),
    }
    name = baseline.name if backgrounds is None else "backgrounds"
    return MethodResult(attribution, name, checks, () if error <= COMPLETE else (_incomplete(error),))


def _exact_logits(network: nn.Module, x: Tensor, others: Tensor, chunk: int) -> tuple[float, float]:
    """The logit of the image and the mean logit of the backgrounds, in float64."""
    import torch

    exact = frozen(network, torch.float64)
    with torch.inference_mode():
        parts = [x, *torch.split(others, chunk)]
        logit, *rest = [logits(exact, part.double()).sum().item() for part in parts]
    return logit, sum(rest) / len(others)


def _check(x: Tensor, others: Tensor, chunk: int) -> None:
    if chunk < 1:
        raise BadOptionError(f"Chunk {chunk} is not accepted: 1 or more backgrounds a pass.")
    if others.ndim != 4 or len(others) < 1 or others.shape[1:] != x.shape[1:]:
        raise BadOptionError(
            f"Backgrounds of shape {tuple(others.shape)} cannot be compared with an image of shape "
            f"{tuple(x.shape)}. Accepted: one background or more of the same preparation, "
            f"(b, 1, {x.shape[2]}, {x.shape[3]})."
        )
    if not others.isfinite().all():
        raise BadOptionError(
            "A background holds numbers that are not finite. Prepare it as the image: "
            "its Preparation makes zero field of what is off the disk."
        )


def _incomplete(error: float) -> str:
    return f"The map is off by {error:.1%} of what it explains: rounding in the network. Take dtype float64."
