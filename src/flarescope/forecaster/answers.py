"""The rungs of the ladder: what each set of inputs says of a region or of the disk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from flarescope.forecaster.shipped import shipped_fusion
from flarescope.models.baselines import persistence, trailing_climatology
from flarescope.models.history import HistoryModel, Target, TargetFit, probability, rates
from flarescope.models.history_terms import flare_ends
from flarescope.times import to_datetime64
from flarescope.training.fusion import own_history_rates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from flarescope.flare import FlareCatalog
    from flarescope.forecast import State
    from flarescope.forecaster.images import RegionView
    from flarescope.models.fusion import Fusion, FusionWeights
    from flarescope.sun import Region

__all__ = ["Answer", "climatology", "disk_answer", "region_answer"]

REGION_TARGET = Target("M1.0")
REGION_RATE_INTERVAL = (0.028, 0.042)  # of the Solar Region Summaries' rate, see docs/calibration.md


@dataclass(frozen=True)
class Answer:
    """A probability, its ensemble, and what the rivals say."""

    probability: float
    members: Float[np.ndarray, "k"]
    threshold: float
    state: State
    rivals: dict[str, float]
    notes: list[str] = field(default_factory=list)


def climatology(
    model: HistoryModel, asked: Target, views: Sequence[RegionView] | None, *, of_region: bool
) -> Answer:
    """The long-term average, of hours for the disk or of region-days; an image is shown, not used."""
    fit, fusion = model.fit_of(asked), shipped_fusion()
    rate = fusion.true_rate if of_region else fit.base_rate
    threshold = fusion.region_threshold if of_region else fit.threshold
    members = REGION_RATE_INTERVAL if of_region else fit.base_rates or (rate,)
    rivals, notes = {"climatology": rate}, []
    if views is not None:
        rivals["image"] = float(probability(sum(view.rate for view in views)))
        notes.append("The image was read but not used: its rate is added to a history, and there is none.")
    return Answer(rate, np.array(members), threshold, "climatology", rivals, notes)


def disk_answer(
    model: HistoryModel,
    asked: Target,
    flares: FlareCatalog,
    hour: datetime,
    views: Sequence[RegionView] | None,
) -> Answer:
    """The whole Sun: history, and the image's rate where its weight is above zero."""
    fit, fusion = model.fit_of(asked), shipped_fusion()
    terms = model.terms([hour], flares)
    history = float(rates(terms, fit.coefficients)[0])
    members = np.array([rates(terms, b)[0] for b in fit.ensemble])
    rivals = _disk_rivals(model, fit, flares, hour) | {"history": float(probability(history))}
    if views is None or fusion.disk.image == 0.0:
        notes, state = _unused(fusion, history, views, rivals)
        return Answer(float(probability(history)), probability(members), fit.threshold, state, rivals, notes)
    seen = sum(view.rate for view in views)
    said = [w.probability(m, seen) for w, m in _paired(fusion.disk_ensemble, members)]
    rivals["image"] = float(probability(seen))
    value = float(fusion.disk.probability(history, seen))
    return Answer(value, np.array(said), fit.threshold, "full", rivals)


def region_answer(
    model: HistoryModel,
    flares: FlareCatalog,
    hour: datetime,
    region: Region | None,
    views: Sequence[RegionView] | None,
) -> Answer:
    """One region: its own past flares and its image."""
    fusion, noaa = shipped_fusion(), region.noaa if region else ()
    coefficients = [model.fit_of(REGION_TARGET).coefficients, *model.fit_of(REGION_TARGET).ensemble]
    history = own_history_rates([hour], noaa, flares, model, coefficients)[:, 0]
    notes = [] if noaa else ["The region has no NOAA number: its past flares are unknown and taken as none."]
    alone = float(fusion.region_history.probability(history[0], 0.0))
    rivals = {"climatology": fusion.true_rate, "history": alone}
    if views is None:
        said = [w.probability(h, 0.0) for w, h in _paired(fusion.region_history_ensemble, history[1:])]
        return Answer(alone, np.array(said), fusion.region_threshold, "history_only", rivals, notes)
    seen = sum(view.rate for view in views)
    rivals["image"] = float(probability(seen))
    value = float(fusion.region.probability(history[0], seen))
    members = [w.probability(h, seen) for w, h in _paired(fusion.region_ensemble, history[1:])]
    notes.append(f"What the image adds: {fusion.fitted_on.get('region', 'not measured')}.")
    return Answer(value, np.array(members), fusion.region_threshold, "full", rivals, notes)


def _disk_rivals(
    model: HistoryModel, fit: TargetFit, flares: FlareCatalog, hour: datetime
) -> dict[str, float]:
    at = np.array([to_datetime64(hour)])
    ended = flare_ends(flares, model.durations_hours) <= at[0]
    over = replace(flares, flares=tuple(f for f, done in zip(flares, ended, strict=True) if done))
    trailing = float(trailing_climatology(at, over, fit.target)[0])
    yesterday = float(persistence(at, flares, fit, model.durations_hours)[0])
    found = {"climatology": fit.base_rate, "persistence": yesterday}
    return found | ({"trailing_climatology": trailing} if np.isfinite(trailing) else {})


def _paired(
    weights: Sequence[FusionWeights], history: Float[np.ndarray, "k"]
) -> Iterator[tuple[FusionWeights, float]]:
    """Member by member; the ensembles are independent, so the shorter one decides how many."""
    return zip(weights, history, strict=False)


def _unused(
    fusion: Fusion, history: float, views: Sequence[RegionView] | None, rivals: dict[str, float]
) -> tuple[list[str], State]:
    """History keeps its whole weight; what the image would say stands among the rivals."""
    if views is None:
        return [], "history_only"
    seen = sum(view.rate for view in views)
    weights = fusion.region
    rivals["image"] = float(probability(seen))
    rivals["image_and_history"] = float(probability(weights.history * history + weights.image * seen))
    why = fusion.fitted_on.get("disk", "not tried on full disks")
    return [f"The image shows {len(views)} active regions and has weight 0 on the disk: {why}."], "full"
