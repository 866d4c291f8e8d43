"""How good is flare history alone? Refitted on each fold's training hours, scored on the fold."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import MissingDataError
from flarescope.models.baselines import happened, trailing_climatology, was_active
from flarescope.models.history import MEMORY, Target, fit_rate, history_terms, probability, rates
from flarescope.times import utc
from flarescope.training.history import class_durations
from flarescope.verify import Scores, best_threshold, blocks_of_days, scorecard

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog

__all__ = ["cross_validated", "evaluate_history", "flares_for"]


def flares_for(times: np.ndarray, catalog: FlareCatalog, target: Target) -> FlareCatalog:
    """The flares that can matter to these hours, on one scale: as published, or science where both occur."""
    begin = utc(times.min()) - 3 * MEMORY
    needed = catalog.between(begin, utc(times.max()) + timedelta(hours=target.to_hours))
    return needed.on_scale("science") if needed.scale == "mixed" else needed


def cross_validated(
    times: np.ndarray, folds: np.ndarray, catalog: FlareCatalog, target: Target
) -> dict[str, np.ndarray]:
    """Out-of-fold probabilities of the history rate and its rivals for each hour.

    Everything fitted (coefficients, thresholds, rates of persistence and climatology) comes from the hours
    of the other folds.

    Returns:
        Arrays "t": history, threshold, climatology (training period), persistence, trailing_climatology.
    """
    y, active = happened(times, catalog, target), was_active(times, catalog, target)
    terms = history_terms(times, catalog, class_durations(catalog))
    found = {
        name: np.full(len(times), np.nan) for name in ("history", "threshold", "climatology", "persistence")
    }
    for fold in np.unique(folds):
        test = folds == fold
        train = ~test
        if not train.any():
            raise MissingDataError(f"All hours are in fold {fold}. Accepted: at least two folds.")
        b = fit_rate(terms[train], y[train])
        found["history"][test] = probability(rates(terms[test], b))
        found["threshold"][test] = best_threshold(probability(rates(terms[train], b)), y[train])
        found["climatology"][test] = y[train].mean()
        after = {state: y[train & (active == state)].mean() for state in (True, False)}
        found["persistence"][test] = np.where(active[test], after[True], after[False])
    trailing = trailing_climatology(times, catalog, target)
    found["trailing_climatology"] = np.where(np.isfinite(trailing), trailing, found["climatology"])
    return found


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

    The threshold of each fold is fitted on the other folds; BSS is against each fold's own base rate;
    intervals are drawn over blocks of ``block_days``.
    """
    said = cross_validated(times, folds, catalog, target)
    rivals = {name: said[name] for name in ("climatology", "trailing_climatology", "persistence")}
    return scorecard(
        said["history"],
        happened(times, catalog, target),
        threshold=said["threshold"],
        blocks=blocks_of_days(times, block_days),
        groups=folds,
        references=rivals,
        resamples=resamples,
        seed=seed,
    )
