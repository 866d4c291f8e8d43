"""Fit the flare-history rate to a flare list: every target, its rivals, and refits for the interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import MissingDataError, TrainingError
from flarescope.models.baselines import happened, was_active, window_covered
from flarescope.models.history import HistoryModel, Target, TargetFit, fit_rate, probability, rates
from flarescope.models.history_terms import LEAST_COVERED_DAYS, covered_days, history_terms, recently_covered
from flarescope.times import iso, to_datetime64
from flarescope.verify import best_threshold, blocks_of_days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from flarescope.flare import FlareCatalog
    from flarescope.verify import Blocks

__all__ = ["TARGETS", "class_durations", "fit_history"]

WINDOWS = ((0.0, 24.0), (24.0, 48.0), (48.0, 72.0), (0.0, 48.0), (0.0, 72.0))
TARGETS = tuple(Target(c, a, b) for c in ("C1.0", "M1.0", "X1.0") for a, b in WINDOWS)
ENSEMBLE_STRIDE = (
    3  # every third hour: neighbours hold the same flares, and the refits take a third of the time
)


@dataclass(frozen=True)
class _Hours:
    """What the fit learns from."""

    times: np.ndarray
    terms: Float[np.ndarray, "t 6"]
    known: Bool[np.ndarray, "t"]
    durations: dict[str, float]


def fit_history(
    catalog: FlareCatalog,
    begin: datetime,
    end: datetime,
    *,
    source: str,
    targets: Iterable[Target] = TARGETS,
    members: int = 40,
    block_days: int = 27,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> HistoryModel:
    """Fit every target on the hours begin ≤ t < end.

    Hours whose window or memory the list does not cover are left out. Thresholds maximise TSS on the
    training hours themselves; each ensemble member is a refit on blocks of ``block_days`` drawn anew.

    Raises:
        MissingDataError: the flares are on both scales, or the list covers too little of the period.
        TrainingError: an event that never happens in the period.
    """
    if catalog.scale not in ("operational", "science"):
        raise MissingDataError(
            f"The flares are on the {catalog.scale} scale. Convert them: flares.on_scale('science')."
        )
    period = catalog.between(begin, end)
    if not len(period):
        raise MissingDataError(
            f"The list holds no flare from {iso(begin)} to {iso(end)}. Give another period."
        )
    durations = class_durations(period)
    hours = _hours(catalog, begin, end, durations)
    fits = []
    for target in targets:
        progress(target.name)
        fits.append(_fit_target(hours, catalog, target, members, block_days, seed))
    about = {
        "flares": source,
        "from": iso(begin),
        "to": iso(end),
        "hours": int(hours.known.sum()),
        "flares_counted": len(catalog.between(begin, end).at_least("C1.0")),
        "ensemble": f"{members} refits on {block_days}-day blocks drawn with replacement, seed {seed}",
    }
    return HistoryModel(catalog.scale, durations, tuple(fits), about)


def _fit_target(
    hours: _Hours, catalog: FlareCatalog, target: Target, members: int, block_days: int, seed: int
) -> TargetFit:
    """Coefficients, threshold, base rates and ensemble of one target, on hours where the list is complete."""
    used = hours.known & window_covered(hours.times, catalog, target)
    at, x = hours.times[used], hours.terms[used]
    y = happened(at, catalog, target)
    active = was_active(at, catalog, target, hours.durations)
    best = fit_rate(x, y)
    blocks = blocks_of_days(at, block_days)
    rng = np.random.default_rng(seed)
    thin = slice(None, None, ENSEMBLE_STRIDE)
    ensemble, base_rates = [], []
    for _ in range(members):
        drawn = _drawn_with_both(rng, blocks, y, thin)
        ensemble.append(fit_rate(x[thin], y[thin], drawn[blocks.ids[thin]], start=best))
        base_rates.append(float(np.average(y, weights=drawn[blocks.ids])))
    return TargetFit(
        target,
        best,
        best_threshold(probability(rates(x, best)), y),
        float(y.mean()),
        float(y[active].mean()) if active.any() else float(y.mean()),
        float(y[~active].mean()) if not active.all() else float(y.mean()),
        tuple(ensemble),
        tuple(base_rates),
    )


def _drawn_with_both(rng: np.random.Generator, blocks: Blocks, y: np.ndarray, thin: slice) -> np.ndarray:
    """How often each block is drawn; drawn again where no event, or nothing else, was among them."""
    for _ in range(1000):
        drawn = np.bincount(rng.integers(blocks.count, size=blocks.count), minlength=blocks.count)
        weights = drawn[blocks.ids[thin]]
        if 0 < (weights * y[thin]).sum() < weights.sum():
            return drawn
    raise TrainingError(
        f"{blocks.count} blocks with {int(y.sum())} events are too few for refits. Give a longer period."
    )


def class_durations(catalog: FlareCatalog) -> dict[str, float]:
    """How long do flares of each class last, in hours? The 90 % quantile from start to end, where known."""
    found: dict[str, float] = {}
    columns = catalog.columns
    hours = (columns.end - columns.start) / np.timedelta64(1, "h")
    letters = np.array([f.goes_class.letter for f in catalog])
    for letter in "CMX":
        known = hours[(letters == letter) & np.isfinite(hours)]
        if len(known):
            found[letter] = round(float(np.quantile(known, 0.9)), 2)
    if not found:
        raise MissingDataError(
            "No flare of the list has an end, so durations are unknown. Give a list with ends."
        )
    return found


def _hours(catalog: FlareCatalog, begin: datetime, end: datetime, durations: dict[str, float]) -> _Hours:
    times = np.arange(to_datetime64(begin), to_datetime64(end), np.timedelta64(1, "h")).astype(
        "datetime64[us]"
    )
    known = covered_days(times, catalog) >= LEAST_COVERED_DAYS
    known &= recently_covered(times, catalog)
    if not known.any():
        raise MissingDataError(
            f"The list covers too little of {iso(begin)} to {iso(end)}: "
            f"no hour has {LEAST_COVERED_DAYS:.0f} covered days before it. Give a longer list."
        )
    return _Hours(times, history_terms(times, catalog, durations), known, durations)
