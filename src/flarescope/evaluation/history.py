"""How good is flare history alone? Refitted on each fold's training hours, scored on the fold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import MissingDataError
from flarescope.models.baselines import happened, trailing_climatology, was_active, window_covered
from flarescope.models.history import Target, fit_rate, probability, rates
from flarescope.models.history_terms import (
    LEAST_COVERED_DAYS,
    MEMORY,
    covered_days,
    history_terms,
    recently_covered,
)
from flarescope.times import utc
from flarescope.training.history import class_durations
from flarescope.verify import Scores, best_threshold, blocks_of_days, scorecard

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog

__all__ = ["OutOfFold", "cross_validated", "evaluate_history", "flares_for"]

FORECASTS = ("history", "climatology", "trailing_climatology", "persistence")


def flares_for(times: np.ndarray, catalog: FlareCatalog, target: Target) -> FlareCatalog:
    """The flares that can matter to these hours, on one scale: as published, or science where both occur."""
    begin = utc(times.min()) - 3 * MEMORY
    needed = catalog.between(begin, utc(times.max()) + timedelta(hours=target.to_hours))
    return needed.on_scale("science") if needed.scale == "mixed" else needed


@dataclass(frozen=True)
class OutOfFold:
    """What each forecast said of each hour, and from which probability on it says yes; fitted on other folds.

    Attributes:
        times: the hours that could be scored.
        folds: of each hour.
        happened: what happened.
        said: by name: history, climatology (training period), trailing_climatology, persistence.
        thresholds: by the same names.
        usable: which of the hours given are scored: those whose window and memory the list covers.
    """

    times: np.ndarray
    folds: np.ndarray
    happened: Bool[np.ndarray, "t"]
    said: dict[str, Float[np.ndarray, "t"]]
    thresholds: dict[str, Float[np.ndarray, "t"]]
    usable: Bool[np.ndarray, "h"]


def cross_validated(times: np.ndarray, folds: np.ndarray, catalog: FlareCatalog, target: Target) -> OutOfFold:
    """Out-of-fold probabilities and thresholds of the history rate and its rivals.

    Coefficients, thresholds and rates come from the hours of the other folds. Hours whose window the list
    does not cover, with a hole in the three days or fewer than 27 covered days before them, are left out.
    (Durations, used only where a list gives no end, are those of the whole list.)

    Raises:
        MissingDataError: no hour is left, or all are in one fold.
    """
    usable = window_covered(times, catalog, target) & (covered_days(times, catalog) >= LEAST_COVERED_DAYS)
    usable &= recently_covered(times, catalog)
    if not usable.any():
        raise MissingDataError(
            f"The flare list covers none of the {len(times):,} hours with their windows. Give another list."
        )
    at, fold = times[usable], folds[usable]
    y, durations = happened(at, catalog, target), class_durations(catalog)
    active = was_active(at, catalog, target, durations)
    terms = history_terms(at, catalog, durations)
    trailing = trailing_climatology(at, catalog, target)
    said = {name: np.full(len(at), np.nan) for name in FORECASTS}
    limits = {name: np.full(len(at), np.nan) for name in FORECASTS}
    for one in np.unique(fold):
        test, train = fold == one, fold != one
        if not train.any():
            raise MissingDataError(f"All hours are in fold {one}. Accepted: at least two folds.")
        for name, p in _fitted(terms, y, active, trailing, train).items():
            said[name][test] = p[test]
            limits[name][test] = _threshold(p[train], y[train])
    return OutOfFold(at, fold, y, said, limits, usable)


def _fitted(
    terms: np.ndarray, y: np.ndarray, active: np.ndarray, trailing: np.ndarray, train: np.ndarray
) -> dict[str, np.ndarray]:
    """Each forecast for all hours, fitted on the training hours."""
    rate = y[train].mean()
    rows = {state: train & (active == state) for state in (True, False)}
    after = {state: y[mask].mean() if mask.any() else rate for state, mask in rows.items()}
    return {
        "history": probability(rates(terms, fit_rate(terms[train], y[train]))),
        "climatology": np.full(len(y), rate),
        "trailing_climatology": np.where(np.isfinite(trailing), trailing, rate),
        "persistence": np.where(active, after[True], after[False]),
    }


def _threshold(p: np.ndarray, y: np.ndarray) -> float:
    """Where TSS is largest on training hours; a constant says yes where the event is likelier than not."""
    return best_threshold(p, y) if np.ptp(p) > 0 else 0.5


def evaluate_history(
    times: np.ndarray,
    folds: np.ndarray,
    catalog: FlareCatalog,
    target: Target,
    *,
    block_days: float = 27,
    resamples: int = 1000,
    seed: int = 0,
) -> Scores:
    """TSS, HSS, AUC, BSS and ECE of the history rate, mean over folds, with its rivals beside it.

    Each forecast has its own threshold, fitted on the other folds; BSS is against each fold's own base rate;
    intervals are drawn over blocks of ``block_days``.
    """
    found = cross_validated(times, folds, catalog, target)
    scores = scorecard(
        found.said["history"],
        found.happened,
        threshold=found.thresholds["history"],
        blocks=blocks_of_days(found.times, block_days),
        groups=found.folds,
        references={name: found.said[name] for name in FORECASTS[1:]},
        reference_thresholds={name: found.thresholds[name] for name in FORECASTS[1:]},
        resamples=resamples,
        seed=seed,
    )
    left_out = int((~found.usable).sum())
    if not left_out:
        return scores
    note = f"{left_out:,} of {len(times):,} hours left out: the list does not cover them."
    return replace(scores, notes=(*scores.notes, note))
