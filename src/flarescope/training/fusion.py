"""Fit the weights of history and image on frames of regions whose image probability is out of fold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from flarescope.models.fusion import Fusion, FusionWeights, rate_of, shift_base_rate
from flarescope.models.history import HistoryModel, Target, fit_rate
from flarescope.models.history_terms import TERMS
from flarescope.verify import best_threshold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flarescope.flare import FlareCatalog

__all__ = ["RegionFrames", "fit_fusion", "fit_weights", "own_history_rates", "region_history_rate"]

OWN_TERMS = [TERMS.index(name) for name in ("nM24", "nM324", "sq6", "sq24")]


@dataclass(frozen=True)
class RegionFrames:
    """Frames of active regions: what history and image say of each, and what happened.

    Attributes:
        region: NOAA number, the unit of independence.
        history_rate: Λ of the region's own past flares.
        image_probability: of a network that did not see the region in training.
        happened: a flare of the target in the window.
    """

    region: np.ndarray
    history_rate: Float[np.ndarray, "n"]
    image_probability: Float[np.ndarray, "n"]
    happened: Bool[np.ndarray, "n"]


def own_history_rates(
    times: Sequence[datetime] | np.ndarray,
    noaa: Sequence[int],
    catalog: FlareCatalog,
    model: HistoryModel,
    coefficients: Sequence[Sequence[float]],
) -> Float[np.ndarray, "k t"]:
    """Λ of a region's own flares for each set of coefficients: the fading terms, without background."""
    own = replace(catalog, flares=tuple(f for f in catalog if f.noaa_region in noaa))
    b = np.asarray(coefficients)[:, OWN_TERMS]
    return np.asarray(b @ model.terms(times, own)[:, OWN_TERMS].T)


def region_history_rate(
    times: np.ndarray, regions: np.ndarray, catalog: FlareCatalog, model: HistoryModel, target: Target
) -> Float[np.ndarray, "n"]:
    """Λ of each frame's region, from its own past flares."""
    b = [model.fit_of(target).coefficients]
    found = np.zeros(len(times))
    for region in np.unique(regions):
        rows = regions == region
        found[rows] = own_history_rates(times[rows], [int(region)], catalog, model, b)[0]
    return found


def fit_weights(
    frames: RegionFrames, image_rate: np.ndarray, weights: np.ndarray, *, use_image: bool = True
) -> FusionWeights:
    """The non-negative weights that make what happened most probable."""
    columns = [np.ones(len(image_rate)), frames.history_rate] + ([image_rate] if use_image else [])
    found = fit_rate(np.column_stack(columns), frames.happened, weights)
    return FusionWeights(*found, *([] if use_image else [0.0]))


def fit_fusion(
    frames: RegionFrames,
    *,
    network: str,
    true_rate: float,
    members: int = 40,
    seed: int = 0,
    fitted_on: dict[str, Any] | None = None,
) -> Fusion:
    """Weights for a region and for the disk, with refits on regions drawn with replacement.

    Frames are weighted so that events are as common as on the Sun (``true_rate``). The disk has no
    background of its own: the history rate holds it.
    """
    sampled = float(frames.happened.mean())
    image_rate = rate_of(shift_base_rate(frames.image_probability, sampled, true_rate))
    weights = np.where(frames.happened, true_rate / sampled, (1 - true_rate) / (1 - sampled))
    region = fit_weights(frames, image_rate, weights)
    names, index = np.unique(frames.region, return_inverse=True)
    rng = np.random.default_rng(seed)
    ensemble, alone = [], []
    for _ in range(members):
        drawn = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
        ensemble.append(fit_weights(frames, image_rate, weights * drawn[index]))
        alone.append(fit_weights(frames, image_rate, weights * drawn[index], use_image=False))
    said = region.probability(frames.history_rate, image_rate)
    return Fusion(
        network,
        region,
        fit_weights(frames, image_rate, weights, use_image=False),
        replace(region, background=0.0),
        tuple(ensemble),
        tuple(alone),
        tuple(replace(member, background=0.0) for member in ensemble),
        sampled,
        true_rate,
        best_threshold(said, frames.happened),
        fitted_on or {},
    )
