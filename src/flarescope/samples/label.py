"""What happens within 24 hours (or ever, for a region)?

A label's window is open at both ends, as published: a flare counts if t < start < t + 24 h. A flare under way
at t began before it and is not in the label. Silence means "no" only where the flare list covers the window.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from flarescope.errors import BadOptionError
from flarescope.flare import GoesClass
from flarescope.samples.table import SampleTable, as_times
from flarescope.times import duration, to_datetime64

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from flarescope.flare import FlareCatalog

__all__ = ["NOT_COVERED", "NO_REGION", "label_regions", "label_times"]

NOT_COVERED = "the flare list does not cover the window"
NO_REGION = "the row names no NOAA region"
_FOREVER = np.timedelta64(365 * 200, "D")


def label_times(
    times: Any,
    catalog: FlareCatalog,
    *,
    at_least: str | GoesClass = "M1.0",
    within: str | timedelta = "24h",
) -> SampleTable:
    """Does a flare of this class or above start anywhere on the Sun within 24 h of each time?

    label = 1 if any flare with t < start < t + ``within`` has at least the class, else 0; missing where the
    list does not cover the window and something beyond (a flare of the last minute may be listed under the
    next), unless a flare is seen in it all the same. Classes are compared as they stand in the list: bring
    a list of two scales to one with ``catalog.on_scale`` first.

    Args:
        times: forecast times "n", anything ``as_times`` reads.
        catalog: the flares.
        at_least: threshold class.
        within: length of the window.

    Returns:
        ``time_utc``, ``label``, ``strongest`` (class of the strongest flare in the window, of any class;
        empty if none), ``hours_to_flare`` (to the first flare that makes the label 1; NaN if none) and
        ``reason`` (why there is no label). ``notes`` say on which GOES scale classes were compared.

    Raises:
        BadOptionError: a time, class or duration that cannot be read.

    Example:
        >>> table = label_times(["2011-02-14T12:00"], flares, at_least="X1.0")  # doctest: +SKIP
        >>> table.counts  # doctest: +SKIP
        {'rows': 1, 'positive': 1, 'negative': 0, 'unlabelled': 0}

    *Reference*: Pandey et al. 2023, section 3 (full-disk labels).
    """
    moments, floor = as_times(times), _floor(at_least)
    window = np.timedelta64(duration(within))
    found = _search(moments, window, _Flares.of(catalog), floor)
    table = _table(moments, found, _covered(moments, window, catalog))
    return replace(table, notes=_scale_notes(catalog))


def label_regions(
    times: Any,
    noaa: Sequence[int | Sequence[int]] | np.ndarray | pd.Series[Any],
    catalog: FlareCatalog,
    *,
    at_least: str | GoesClass = "M1.0",
    within: str | timedelta = "24h",
) -> SampleTable:
    """Does the region flare within 24 h of each time, or ever in its passage?

    As ``label_times``, but only flares of the row's own NOAA regions count; a HARP may hold several. With
    ``within="ever"`` the label is 1 for every row of a region that flares at any time in the list, before or
    after (the whole-passage label of Bhattacharjee et al. 2020); it needs a list that covers all its rows.
    Flares without a known region cannot be given to any: they make labels 0 that may be 1.

    Args:
        times: as in ``label_times``, "n".
        noaa: the NOAA region of each row, or a tuple of them, "n"; empty or 0 where none is known.
        catalog: the flares, with regions.
        at_least: threshold class.
        within: length of the window, or "ever".

    Returns:
        As ``label_times``, and ``noaa`` (numbers joined by commas) and ``group`` (the same: rows of one
        region belong together).

    Raises:
        BadOptionError: as ``label_times``; or not one region for each time.

    Example:
        >>> label_regions(index["time_utc"], index["noaa_ar"], flares)  # doctest: +SKIP
    """
    moments, floor = as_times(times), _floor(at_least)
    regions = [_numbers(value) for value in noaa]
    if len(regions) != len(moments):
        raise BadOptionError(
            f"{len(moments)} times but {len(regions)} regions. Give one (or a tuple) for each time."
        )
    ever = within == "ever"
    window = _FOREVER if ever else np.timedelta64(duration(within))
    flares = _Flares.of(catalog)
    found = _Found.empty(len(moments))
    covered = np.zeros(len(moments), bool) if ever else _covered(moments, window, catalog)
    rows_of: dict[tuple[int, ...], list[int]] = {}
    for row, numbers in enumerate(regions):
        rows_of.setdefault(numbers, []).append(row)
    for numbers, rows in rows_of.items():
        own = flares.only(np.isin(flares.region, numbers))
        found.put(rows, _search(moments[rows], window, own, floor, backwards=ever))
        if ever:
            first, last = moments[rows].min(), moments[rows].max()
            covered[rows] = _covered(np.array([first]), last - first, catalog)[0]
    names = [",".join(map(str, numbers)) for numbers in regions]
    table = _table(moments, found, covered, noaa=names, group=names)
    table = _without_region(table, np.array([not numbers for numbers in regions]))
    return replace(table, notes=_scale_notes(catalog))


class _Flares(NamedTuple):
    """Columns of flares, sorted by start."""

    start: np.ndarray
    flux: np.ndarray
    region: np.ndarray

    @classmethod
    def of(cls, catalog: FlareCatalog) -> _Flares:
        columns = catalog.columns
        return cls(columns.start, columns.flux, columns.region)

    def only(self, keep: np.ndarray) -> _Flares:
        return _Flares(self.start[keep], self.flux[keep], self.region[keep])


class _Found(NamedTuple):
    """For each time: a flare strong enough? The strongest flux (0: none). Hours to the first strong one."""

    flare: np.ndarray
    strongest: np.ndarray
    hours: np.ndarray

    @classmethod
    def empty(cls, n: int) -> _Found:
        return cls(np.zeros(n, bool), np.zeros(n), np.full(n, np.nan))

    def put(self, rows: list[int], other: _Found) -> None:
        for mine, theirs in zip(self, other, strict=True):
            mine[rows] = theirs


def _search(
    times: np.ndarray, window: np.timedelta64, flares: _Flares, floor: float, *, backwards: bool = False
) -> _Found:
    """Look into t < start < t + window for each t (and back over the whole list with ``backwards``)."""
    first = np.searchsorted(flares.start, times, side="right")
    stop = np.searchsorted(flares.start, times + window, side="left")
    strong = flares.start[flares.flux >= floor]
    nearest = np.append(strong, np.datetime64("NaT"))[np.searchsorted(strong, times, side="right")]
    hours = (nearest - times) / np.timedelta64(1, "h")
    hours[~(nearest < times + window)] = np.nan
    if backwards:
        first = np.zeros_like(first)
    strongest = _largest(flares.flux, first, stop)
    return _Found(strongest >= floor, strongest, hours)


def _largest(values: np.ndarray, first: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """The largest of values[first:stop] for each pair, 0 where empty, from maxima over 1, 2, 4 … values."""
    result = np.zeros(len(first))
    length, level = np.maximum(stop - first, 0), values
    for power in range(int(length.max(initial=0)).bit_length()):
        size = 1 << power
        here = (length >= size) & (length < 2 * size)
        result[here] = np.maximum(level[first[here]], level[stop[here] - size])
        level = np.maximum(level[:-size], level[size:])  # maxima over 2 * size
    return result


def _covered(times: np.ndarray, window: np.timedelta64, catalog: FlareCatalog) -> np.ndarray:
    """Does one period of the list hold the whole window, its end included?"""
    starts = np.array([to_datetime64(a) for a, _ in catalog.coverage], "datetime64[us]")
    ends = np.array([to_datetime64(b) for _, b in catalog.coverage], "datetime64[us]")
    if not len(starts):
        return np.zeros(len(times), bool)
    period = np.searchsorted(starts, times, side="right") - 1
    return (period >= 0) & (times + window < ends[period])


def _table(moments: np.ndarray, found: _Found, covered: np.ndarray, **more: list[str]) -> SampleTable:
    known = found.flare | covered
    names = {flux: str(GoesClass.from_flux(flux)) if flux > 0 else "" for flux in np.unique(found.strongest)}
    rows = pd.DataFrame(
        {
            "time_utc": moments,
            "label": pd.array(np.where(known, found.flare, 0), dtype="Int8"),
            "strongest": [names[flux] for flux in found.strongest],
            "hours_to_flare": found.hours,
            "reason": np.where(known, "", NOT_COVERED),
            **more,
        }
    )
    rows.loc[~known, "label"] = pd.NA
    return SampleTable(rows)


def _without_region(table: SampleTable, unknown: np.ndarray) -> SampleTable:
    """Rows that name no region get no label."""
    rows = table.rows.copy()
    rows.loc[unknown, "label"] = pd.NA
    rows.loc[unknown, "reason"] = NO_REGION
    return SampleTable(rows)


def _numbers(value: Any) -> tuple[int, ...]:
    """One region number, several, or none."""
    many: Any = value if isinstance(value, (tuple, list, set, frozenset, np.ndarray)) else (value,)
    try:
        return tuple(sorted({int(n) for n in many if n == n and n is not None and int(n) > 0}))
    except (TypeError, ValueError):
        raise BadOptionError(
            f"NOAA region {value!r} is no number. Accepted: 11158 or (11429, 11430)."
        ) from None


def _scale_notes(catalog: FlareCatalog) -> tuple[str, ...]:
    """On which GOES scale were classes compared?"""
    if catalog.scale is None:
        return ()
    if catalog.scale == "mixed":
        return (
            "Classes are compared each as listed, and the list is mixed: operational up to 2019, science "
            "after (science = operational / 0.7).",
        )
    return (f"Classes are compared on the {catalog.scale} scale.",)


def _floor(at_least: str | GoesClass) -> float:
    """The flux a flare must reach, less what rounding may take away."""
    goes_class = GoesClass(at_least) if isinstance(at_least, str) else at_least
    return goes_class.peak_flux * (1 - 1e-9)
