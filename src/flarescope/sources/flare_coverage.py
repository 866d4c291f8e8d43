"""Where does a flare list's silence mean a quiet Sun, and where a hole in the list?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flarescope.times import iso, utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jaxtyping import Float

__all__ = ["Hole", "Period", "coverage", "edge_holes", "holes", "without"]

Period = tuple[datetime, datetime]  # half-open

NEIGHBOURHOOD_DAYS = 27  # one turn of the Sun, on either side of the silence
LEAST_DAYS = 7  # with less of the list on one side nothing can be said
LEAST_RATE = 1.0  # flares a day; below that, long silences are normal
CHANCE = 1e-6
_DAY = np.timedelta64(86_400_000_000, "us")


class Hole(NamedTuple):
    """A silence that the list's own rate makes incredible."""

    after: datetime
    before: datetime
    chance: float

    def __str__(self) -> str:
        """As a note says it."""
        silence = f"no flare from {iso(self.after)} to {iso(self.before)}"
        return f"{silence} (chance {self.chance:.0e}): a hole in the list"


def holes(starts: np.ndarray) -> tuple[Hole, ...]:
    """Which silences between consecutive flares are holes in the list?

    A silence of g days is a hole where exp(−r·g / F) < 1e-6. r is the lower of the list's rates in the
    27 days before and the 27 days after; F ≥ 1 is the variance of the daily counts of those days over
    their mean: flares come in bursts, and a plain Poisson chance (F = 1) would call a spotless fortnight
    such as 7 to 20 March 2017 a hole. Below one flare a day on either side, or with less than 7 days of
    the list there, no silence is called a hole. Short holes (a day or two) cannot be told from quiet days
    by silence alone.

    Args:
        starts: sorted datetime64[us] of every flare of one list.

    *Reference*: the limit was set on NOAA's reports of 2010 to 2016, whose true holes are known from
    other lists (the four of nine days and more have chances of 1e-7 to 1e-14), and on the quiet weeks after
    the great storms of 2003 (1e-5).
    """
    days = (np.unique(starts) - starts[:1]) / _DAY
    if len(days) < 2:
        return ()
    gap = np.diff(days)
    rate = _rate_around(days)
    found = []
    for i in np.flatnonzero((rate >= LEAST_RATE) & (rate * gap > -np.log(CHANCE))):
        chance = float(np.exp(-rate[i] * gap[i] / _burstiness(days, days[i], days[i + 1])))
        if chance < CHANCE:
            found.append(Hole(_moment(starts, days[i]), _moment(starts, days[i + 1]), chance))
    return tuple(found)


def coverage(starts: np.ndarray, found: tuple[Hole, ...]) -> tuple[tuple[datetime, datetime], ...]:
    """The periods a list covers: from its first flare's day to the end of its last one's, less the holes.

    A hole begins a minute after the last flare before it and ends with the next flare.
    """
    first = _moment(starts, 0.0).replace(hour=0, minute=0, second=0, microsecond=0)
    last = utc(starts[-1])
    end = last.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    edges = [first, *(t for hole in found for t in (hole.after + timedelta(minutes=1), hole.before)), end]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


def edge_holes(starts: np.ndarray, begin: datetime, end: datetime) -> tuple[Hole, ...]:
    """Of a list asked for begin ≤ t < end: is the silence before its first flare, or after its last, a hole?

    As ``holes``, with the rate and the bursts of the one side that is known.
    """
    days = (np.unique(starts) - starts[:1]) / _DAY
    found = []
    for after, before, inner in (
        (begin, _moment(starts, 0.0), days),
        (_moment(starts, float(days[-1])), end, days[-1] - days[::-1]),
    ):
        known = min(float(NEIGHBOURHOOD_DAYS), float(inner[-1]))
        if known < LEAST_DAYS:
            continue
        counts = np.histogram(inner, np.arange(int(known) + 1))[0]
        rate = float(counts.mean())
        burstiness = max(float(counts.var(ddof=1) / rate), 1.0) if rate else 1.0
        gap = (before - after) / timedelta(days=1)
        chance = float(np.exp(-rate * max(gap, 0.0) / burstiness))
        if rate >= LEAST_RATE and chance < CHANCE:
            found.append(Hole(after, before, chance))
    return tuple(found)


def without(period: Period, taken: Iterable[Period]) -> tuple[Period, ...]:
    """What is left of a period when others are taken out of it."""
    left, (begin, end) = [], period
    for low, high in sorted(taken):
        if low > begin:
            left.append((begin, min(low, end)))
        begin = max(begin, high)
    left.append((begin, end))
    return tuple((low, high) for low, high in left if low < high)


def _rate_around(days: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n-1"]:
    """Flares a day on the quieter side of each silence; 0 where the list is too short there to tell."""
    before, after = days[:-1], days[1:]
    rates = []
    for low, high, known in (
        (before - NEIGHBOURHOOD_DAYS, before, before - days[0]),
        (after, after + NEIGHBOURHOOD_DAYS, days[-1] - after),
    ):
        count = np.searchsorted(days, high, "right") - np.searchsorted(days, low, "left")
        length = np.minimum(known, NEIGHBOURHOOD_DAYS)
        rates.append(np.where(length >= LEAST_DAYS, count / np.maximum(length, 1.0), 0.0))
    return np.asarray(np.minimum(*rates))


def _burstiness(days: Float[np.ndarray, " n"], before: float, after: float) -> float:
    """Variance over mean of the daily counts of the days around the silence, at least 1."""
    back = before - np.arange(min(NEIGHBOURHOOD_DAYS, int(before - days[0])), -1, -1)
    ahead = after + np.arange(min(NEIGHBOURHOOD_DAYS, int(days[-1] - after)) + 1)
    counts = np.concatenate([np.histogram(days, edges)[0] for edges in (back, ahead)])
    return max(float(counts.var(ddof=1) / counts.mean()), 1.0)


def _moment(starts: np.ndarray, days: float) -> datetime:
    """Days since the first flare as an aware time, to the second."""
    return utc(starts[0] + np.timedelta64(round(days * 86_400), "s"))
