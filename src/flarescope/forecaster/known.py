"""What a flare list could tell at an hour, and whether its silence since then can be believed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from flarescope.models.history_terms import LEAST_COVERED_DAYS, covered_days, recently_covered
from flarescope.times import iso, to_datetime64

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog

__all__ = ["Known", "known_at"]

NEIGHBOURHOOD_DAYS = 27
CREDIBLE = 1e-3  # silences less probable than this look like an old list or a hole
WORTH_A_NOTE = timedelta(hours=24)


@dataclass(frozen=True)
class Known:
    """A list as it could be known at an hour.

    Attributes:
        flares: those that had started, covering nothing later than the hour.
        problem: why no forecast can rest on it; empty where one can.
        notes: what a reader must know.
    """

    flares: FlareCatalog
    problem: str = ""
    notes: tuple[str, ...] = ()


def known_at(flares: FlareCatalog, hour: datetime) -> Known:
    """What did this list know at the hour?

    Later flares are cut off. A silence before the hour is taken as quiet Sun where the list's own rate in
    the 27 days before it allows it: chance exp(−r·g/F) of at least 1e-3, with r flares a day, g days of
    silence and F ≥ 1 the variance over the mean of daily counts. So a list of a quiet Sun needs no flare
    to be believed, and an old list of an active one is not. (That a silence was a hole can be known only
    from what followed; the holes that the list's reader found stay holes.)
    """
    past = flares.between(datetime(1970, 1, 1, tzinfo=UTC), hour)
    periods = list(past.coverage)
    if not periods or not past.flares:
        return Known(past, f"the lists hold nothing before {iso(hour)}")
    notes: tuple[str, ...] = ()
    since = past.flares[-1].start
    midnight = since.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if periods[-1][0] < midnight < periods[-1][1]:
        periods[-1] = (periods[-1][0], midnight)  # that the list goes on is known from later flares only
    if periods[-1][1] < hour:
        chance = _chance_of_silence(past, hour)
        if chance < CREDIBLE:
            return Known(
                past,
                f"the lists show no flare from {iso(since)} to {iso(hour)}, which at their own rate has a "
                f"chance of {_small(chance)}: they look old. Give a newer list",
            )
        periods[-1] = (periods[-1][0], hour)
        if hour - since > WORTH_A_NOTE:
            notes = (
                f"No flare is listed since {iso(since)}; this is taken as a quiet Sun, not as an old list.",
            )
    past = replace(past, coverage=tuple(periods))
    at = np.array([to_datetime64(hour)])
    if not recently_covered(at, past)[0]:
        return Known(past, f"the lists have a hole within the three days before {iso(hour)}")
    days = float(covered_days(at, past)[0])
    if days < LEAST_COVERED_DAYS:
        least = f"{LEAST_COVERED_DAYS:.0f} are needed"
        return Known(past, f"the lists cover {days:.0f} of the 180 days before {iso(hour)} and {least}")
    return Known(past, "", notes)


def _chance_of_silence(past: FlareCatalog, hour: datetime) -> float:
    """How probable is it that a list like this shows no flare from its last one to the hour?"""
    starts = past.columns.start
    ago = (starts[-1] - starts) / np.timedelta64(1, "D")
    recent = ago[ago < NEIGHBOURHOOD_DAYS]
    known = min(NEIGHBOURHOOD_DAYS, max(float(ago[0]), 1.0))
    counts = np.bincount(recent.astype(int), minlength=math.ceil(known)).astype(float)
    burstiness = max(1.0, float(counts.var() / counts.mean()))
    silence = (to_datetime64(hour) - starts[-1]) / np.timedelta64(1, "D")
    return math.exp(-len(recent) / known * float(silence) / burstiness)


def _small(chance: float) -> str:
    return f"{chance:.0e}" if chance > 1e-99 else "less than 1e-99"
