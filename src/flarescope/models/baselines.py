"""Honest rivals: climatology and persistence. Flare history has a file of its own.

Every score of flarescope stands beside theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.models.history_terms import flare_ends
from flarescope.times import to_datetime64

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog
    from flarescope.models.history import Target, TargetFit

__all__ = ["happened", "persistence", "trailing_climatology", "was_active", "window_covered"]

HOUR = np.timedelta64(3_600_000_000, "us")


def hours(count: float) -> np.timedelta64:
    """So many hours, to the microsecond."""
    return np.timedelta64(round(count * 3_600_000_000), "us")


def happened(times: np.ndarray, catalog: FlareCatalog, target: Target) -> Bool[np.ndarray, "t"]:
    """Did a flare of the target start in (t + from_hours, t + to_hours), both ends open?"""
    at = times.astype("datetime64[us]")
    after, before = at + hours(target.from_hours), at + hours(target.to_hours)
    return catalog.any_started(after, before, target.at_least)


def was_active(
    times: np.ndarray, catalog: FlareCatalog, target: Target, durations_hours: dict[str, float]
) -> Bool[np.ndarray, "t"]:
    """Did a flare of the target's class end in the last 24 h? Ends a list lacks are guessed as in history."""
    at = times.astype("datetime64[us]")
    ends = np.sort(flare_ends(catalog.at_least(target.at_least), durations_hours))
    return np.searchsorted(ends, at, side="right") > np.searchsorted(ends, at - hours(24), side="right")


def persistence(
    times: np.ndarray, catalog: FlareCatalog, fit: TargetFit, durations_hours: dict[str, float]
) -> Float[np.ndarray, "t"]:
    """As yesterday: the rate of events after a day with such a flare, or after one without, as trained."""
    active = was_active(times, catalog, fit.target, durations_hours)
    return np.where(active, fit.after_active, fit.after_quiet)


def window_covered(times: np.ndarray, catalog: FlareCatalog, target: Target) -> Bool[np.ndarray, "t"]:
    """Does the list cover the whole window of the target at each time?"""
    at = times.astype("datetime64[us]")
    after, before = at + hours(target.from_hours), at + hours(target.to_hours)
    covered = np.zeros(len(at), bool)
    for start, end in catalog.coverage:
        covered |= (after >= to_datetime64(start)) & (before <= to_datetime64(end))
    return covered


def trailing_climatology(
    times: np.ndarray, catalog: FlareCatalog, target: Target, *, days: int = 365, least_days: int = 27
) -> Float[np.ndarray, "t"]:
    """How often did it happen in the last ``days``?

    The share of past hours whose whole window was over by ``t`` and had an event; NaN where the list covers
    fewer than ``least_days`` of them.
    """
    at = times.astype("datetime64[us]")
    if len(at) == 0 or not catalog.coverage:
        return np.full(len(at), np.nan)
    first = (at.min() - days * 24 * HOUR).astype("datetime64[h]").astype("datetime64[us]")
    past = np.arange(first, at.max() + HOUR, HOUR)
    usable = window_covered(past, catalog, target)
    events = np.concatenate([[0], np.cumsum(happened(past, catalog, target) & usable)])
    counted = np.concatenate([[0], np.cumsum(usable)])
    over = np.searchsorted(past, at - hours(target.to_hours), side="right")
    begin = np.searchsorted(past, at - days * 24 * HOUR, side="left")
    n = counted[over] - counted[np.minimum(begin, over)]
    return np.where(
        n >= least_days * 24, (events[over] - events[np.minimum(begin, over)]) / np.maximum(n, 1), np.nan
    )
