"""How much do two columns of probabilities differ? Sums per block first: a resample is then one product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.verify.arrays import divide
from flarescope.verify.intervals import percentiles, resampled_weights

if TYPE_CHECKING:
    from flarescope.verify import Blocks

__all__ = ["CHANGES", "change_statistics", "logit"]

CHANGES = (
    "mean_difference",
    "mean_absolute_difference",
    "correlation",
    "slope",
    "intercept",
    "share_changed",
)
SMALLEST = 1e-4  # 0 and 1 have no logit, and what is nearer to them than this would be the whole line
Statistics = dict[str, float]


def logit(probability: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """Log odds ln(p / (1 − p)), with p kept 1e-4 away from 0 and 1."""
    p = np.clip(probability, SMALLEST, 1.0 - SMALLEST)
    return np.asarray(np.log(p) - np.log1p(-p))


def change_statistics(
    nrt: Float[np.ndarray, "n"],
    definitive: Float[np.ndarray, "n"],
    changed: Bool[np.ndarray, "n"],
    blocks: Blocks | None,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[Statistics, Statistics, Statistics]:
    """By how much do the probabilities differ, and is one a stretched copy of the other?

    Slope and intercept are those of the least-squares line of logit(p_definitive) on logit(p_nrt): 1 and 0
    where both agree; a slope below 1 says that forecasts on near-real-time data are too sure, or noisier.

    Args:
        nrt: probabilities "n".
        definitive: of the same hours "n".
        changed: yes became no, or no yes.
        blocks: units of independence; None gives no bounds.
        resamples: bootstrap samples of the blocks.
        seed: of the bootstrap.

    Returns:
        The values and their lower and upper 95 % bounds, each by name of ``CHANGES``; NaN where undefined.
    """
    n = len(nrt)
    block = np.zeros(n, int) if blocks is None else blocks.ids
    sums = _sums(nrt, definitive, changed, block)
    centre = np.array([nrt.mean(), definitive.mean(), logit(nrt).mean(), logit(definitive).mean()])
    value = _values(sums.sum(0)[None], centre)
    point = {name: float(value[name][0]) for name in CHANGES}
    if blocks is None:
        unknown = dict.fromkeys(CHANGES, np.nan)
        return point, unknown, dict(unknown)
    parts = [_values(w @ sums, centre) for w in resampled_weights(blocks, resamples, seed)]
    bounds = {name: percentiles(np.concatenate([part[name] for part in parts])) for name in CHANGES}
    return (
        point,
        {name: float(low) for name, (low, _) in bounds.items()},
        {name: float(high) for name, (_, high) in bounds.items()},
    )


def _sums(
    nrt: Float[np.ndarray, "n"],
    definitive: Float[np.ndarray, "n"],
    changed: Bool[np.ndarray, "n"],
    block: np.ndarray,
) -> Float[np.ndarray, "block k"]:
    """Counts and moments of each block; moments about the overall means, which keeps them exact."""
    gap = definitive - nrt
    p, q = nrt - nrt.mean(), definitive - definitive.mean()
    u, v = logit(nrt), logit(definitive)
    u, v = u - u.mean(), v - v.mean()
    columns = (np.ones(len(nrt)), gap, np.abs(gap), changed, p, q, p * p, q * q, p * q, u, v, u * u, u * v)
    return np.stack([np.bincount(block, np.asarray(column, float)) for column in columns], axis=-1)


def _values(
    sums: Float[np.ndarray, "r k"], centre: Float[np.ndarray, "4"]
) -> dict[str, Float[np.ndarray, "r"]]:
    """All changes from the sums of each resample."""
    n = sums[:, 0]
    gap, size, changed, p, q, pp, qq, pq, u, v, uu, uv = (divide(column, n) for column in sums.T[1:])
    slope = divide(uv - u * v, uu - u * u)
    return {
        "mean_difference": gap,
        "mean_absolute_difference": size,
        "correlation": divide(pq - p * q, np.sqrt(np.maximum((pp - p * p) * (qq - q * q), 0.0))),
        "slope": slope,
        "intercept": (v + centre[3]) - slope * (u + centre[2]),
        "share_changed": changed,
    }
