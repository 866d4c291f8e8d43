"""What a list of past flares says at each time: the terms of the history rate, and how much it covers.

The terms are those of ``flarescope.models.history``: b₀, nM24, nM324, sq6, sq24 and rC180.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from flarescope.flare import GoesClass
from flarescope.times import to_datetime64

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flarescope.flare import FlareCatalog

__all__ = [
    "LEAST_COVERED_DAYS",
    "MEMORY",
    "TERMS",
    "covered_days",
    "flare_ends",
    "history_terms",
    "recently_covered",
]

TERMS = ("b0", "nM24", "nM324", "sq6", "sq24", "rC180")
MEMORY = timedelta(days=180)
LEAST_COVERED_DAYS = 27.0
RECENT = timedelta(days=3)


def flare_ends(catalog: FlareCatalog, durations_hours: dict[str, float]) -> np.ndarray:
    """When had each flare ended? From the list, else its start plus the 90 % duration of its class."""
    columns = catalog.columns
    letters = [flare.goes_class.letter for flare in catalog]
    shortest = min(durations_hours.values(), default=0.5)
    hours = np.array([durations_hours.get(letter, shortest) for letter in letters], float)
    guessed = columns.start + (hours * 3.6e9).astype("timedelta64[us]")
    return np.where(np.isnat(columns.end), guessed, columns.end)


def history_terms(
    times: Sequence[datetime] | np.ndarray, catalog: FlareCatalog, durations_hours: dict[str, float]
) -> Float[np.ndarray, "t 6"]:
    """The terms of the rate at each time; see ``flarescope.models.history`` for their meaning."""
    at = _datetimes(times)
    ends = flare_ends(catalog, durations_hours)
    order = np.argsort(ends, kind="stable")
    ends, flux = ends[order], catalog.columns.flux[order]
    major, counted = flux >= _floor("M1.0"), flux >= _floor("C1.0")
    root = np.sqrt(flux / 1e-6)
    columns = [
        np.ones(len(at)),
        _decayed_sum(at, ends[major], np.ones(major.sum()), 24.0),
        _decayed_sum(at, ends[major], np.ones(major.sum()), 324.0),
        _decayed_sum(at, ends[counted], root[counted], 6.0),
        _decayed_sum(at, ends[counted], root[counted], 24.0),
        _daily_rate(at, ends[counted], catalog),
    ]
    return np.stack(columns, axis=1)


def covered_days(times: Sequence[datetime] | np.ndarray, catalog: FlareCatalog) -> Float[np.ndarray, "t"]:
    """How many of the last 180 days does the list cover, at each time?"""
    at = _datetimes(times)
    day = np.timedelta64(1, "D")
    total = np.zeros(len(at))
    for start, end in catalog.coverage:
        low = np.maximum(at - np.timedelta64(MEMORY), to_datetime64(start))
        total += np.maximum((np.minimum(at, to_datetime64(end)) - low) / day, 0.0)
    return total


def recently_covered(times: Sequence[datetime] | np.ndarray, catalog: FlareCatalog) -> np.ndarray:
    """Has the list no hole in the three days before each time, on which the rate leans most?"""
    at = _datetimes(times)
    covered = np.zeros(len(at), bool)
    for start, stop in catalog.coverage:
        covered |= (at >= to_datetime64(start + RECENT)) & (at <= to_datetime64(stop))
    return covered


def _decayed_sum(at: np.ndarray, ends: np.ndarray, size: np.ndarray, hours: float) -> Float[np.ndarray, "t"]:
    """Σ size·exp(−(t − end)/hours) over the flares that had ended, at each time: one pass over the flares."""
    if len(ends) == 0:
        return np.zeros(len(at))
    gaps = np.diff(ends) / np.timedelta64(1, "h")
    fade = np.exp(-gaps / hours)
    total = np.empty(len(ends))
    total[0] = size[0]
    for k in range(1, len(ends)):
        total[k] = total[k - 1] * fade[k - 1] + size[k]
    last = np.searchsorted(ends, at, side="right") - 1
    age = (at - ends[np.maximum(last, 0)]) / np.timedelta64(1, "h")
    return np.where(last >= 0, total[np.maximum(last, 0)] * np.exp(-np.maximum(age, 0.0) / hours), 0.0)


def _daily_rate(at: np.ndarray, ends: np.ndarray, catalog: FlareCatalog) -> Float[np.ndarray, "t"]:
    """Flares per covered day of the last 180 days; 0 where none is covered."""
    memory = np.timedelta64(MEMORY)
    count = np.searchsorted(ends, at, side="right") - np.searchsorted(ends, at - memory, side="right")
    days = covered_days(at, catalog)
    return np.where(days > 0.0, count / np.maximum(days, 1e-9), 0.0)


def _datetimes(times: Sequence[datetime] | np.ndarray) -> np.ndarray:
    if isinstance(times, np.ndarray):
        return times.astype("datetime64[us]")
    return np.array([to_datetime64(t) for t in times], "datetime64[us]")


def _floor(goes_class: str) -> float:
    """Peak flux from which a flare counts, with room for rounding."""
    return GoesClass(goes_class).peak_flux * (1 - 1e-9)
