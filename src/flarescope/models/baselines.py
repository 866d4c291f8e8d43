"""Honest rivals: climatology and persistence. Flare history has a file of its own.

Every score of flarescope stands beside theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.times import to_datetime64

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog
    from flarescope.models.history import Target, TargetFit

__all__ = ["happened", "persistence", "trailing_climatology", "was_active", "window_covered"]

HOUR = np.timedelta64(3_600_000_000, "us")


def happened(times: np.ndarray, catalog: FlareCatalog, target: Target) -> Bool[np.ndarray, "t"]:
    """Did a flare of the target start in (t + from_hours, t + to_hours), both ends open?"""
    at = times.astype("datetime64[us]")
    after, before = at + int(target.from_hours) * HOUR, at + int(target.to_hours) * HOUR
    return catalog.any_started(after, before, target.at_least)


def was_active(
    times: np.ndarray, catalog: FlareCatalog, target: Target, *, hours: int = 24
) -> Bool[np.ndarray, "t"]:
    """Did a flare of the target's class end within the last ``hours``? Else its peak or start."""
    at = times.astype("datetime64[us]")
    strong = catalog.at_least(target.at_least).columns
    known = np.where(
        np.isnat(strong.end), np.where(np.isnat(strong.peak), strong.start, strong.peak), strong.end
    )
    known = np.sort(known)
    return np.searchsorted(known, at, side="right") > np.searchsorted(known, at - hours * HOUR, side="right")


def persistence(times: np.ndarray, catalog: FlareCatalog, fit: TargetFit) -> Float[np.ndarray, "t"]:
    """As yesterday: the rate of events after a day with such a flare, or after one without, as trained."""
    return np.where(was_active(times, catalog, fit.target), fit.after_active, fit.after_quiet)


def window_covered(times: np.ndarray, catalog: FlareCatalog, target: Target) -> Bool[np.ndarray, "t"]:
    """Does the list cover the whole window of the target at each time?"""
    at = times.astype("datetime64[us]")
    after, before = at + int(target.from_hours) * HOUR, at + int(target.to_hours) * HOUR
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
    hours = np.arange(first, at.max() + HOUR, HOUR)
    usable = window_covered(hours, catalog, target)
    events = np.concatenate([[0], np.cumsum(happened(hours, catalog, target) & usable)])
    counted = np.concatenate([[0], np.cumsum(usable)])
    over = np.searchsorted(hours, at - int(target.to_hours) * HOUR, side="right")
    begin = np.searchsorted(hours, at - days * 24 * HOUR, side="left")
    n = counted[over] - counted[np.minimum(begin, over)]
    return np.where(
        n >= least_days * 24, (events[over] - events[np.minimum(begin, over)]) / np.maximum(n, 1), np.nan
    )
