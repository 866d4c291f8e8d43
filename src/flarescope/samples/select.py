"""Which samples are kept, and how many were not, for which reason?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from flarescope.errors import BadOptionError
from flarescope.times import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from flarescope.samples.table import SampleTable

__all__ = ["Selection", "select"]


@dataclass(frozen=True, eq=False)
class Selection:
    """What was kept and why the rest was not.

    Attributes:
        table: the rows that are left.
        excluded: rows left out by reason, each row once, under the first reason that met it.
        not_applied: cuts that were asked for but could not be made, and the column they need.
    """

    table: SampleTable
    excluded: dict[str, int] = field(default_factory=dict)
    not_applied: tuple[str, ...] = ()


def select(
    table: SampleTable,
    *,
    quality_at_most: int | None = None,
    speed_below: float | None = None,
    longitude_within: float | None = None,
    area_at_least: float | None = None,
    cadence: str | timedelta | None = None,
    labelled: bool = True,
) -> Selection:
    """Keep the samples that pass every cut that is asked for.

    A value that is missing in a row excludes the row; a column that is missing in the table is no exclusion:
    the cut is named in ``not_applied``.

    Args:
        table: the samples.
        quality_at_most: largest QUALITY (column ``quality``, a number or hexadecimal text).
        speed_below: largest speed of the satellite to or from the Sun in m/s (column ``obs_vr``).
        longitude_within: degrees from the central meridian, inclusive (column ``longitude``).
        area_at_least: millionths of the hemisphere (column ``area_msh``).
        cadence: keep the first row of each slot of this length ("1h"), by ``group`` where the table has it.
        labelled: leave out rows without a label, under the reason they carry.

    Raises:
        BadOptionError: a limit is negative.

    Example:
        >>> kept = select(table, quality_at_most=0x10000, longitude_within=45)  # doctest: +SKIP
        >>> kept.excluded  # doctest: +SKIP
        {'quality above 0x10000': 11, 'further than 45° from the central meridian': 204}
    """
    rows = table.rows
    reasons = pd.Series("", rows.index, dtype=object)
    not_applied = []
    for cut in _cuts(quality_at_most, speed_below, longitude_within, area_at_least):
        if cut.column not in rows:
            not_applied.append(f"{cut.reason}: not applied, needs the column '{cut.column}'")
            continue
        values = _numbers(rows[cut.column])
        _mark(reasons, values.isna(), f"{cut.column} not known")
        _mark(reasons, values.notna() & ~cut.passes(values), cut.reason)
    if labelled:
        not_applied += _mark_unlabelled(reasons, rows)
    if cadence is not None:
        _mark(reasons, _repeats(rows, reasons == "", duration(cadence)), f"not the first in its {cadence}")
    excluded = dict(Counter(reason for reason in reasons if reason))
    return Selection(table.take((reasons == "").to_numpy()), excluded, tuple(not_applied))


class _Cut(NamedTuple):
    column: str
    reason: str
    passes: Callable[[pd.Series[Any]], pd.Series[Any]]


def _cuts(
    quality: int | None, speed: float | None, longitude: float | None, area: float | None
) -> list[_Cut]:
    """The cuts that were asked for, in the order in which they are made."""
    limits = (quality, speed, longitude, area)
    if any(limit is not None and limit < 0 for limit in limits):
        raise BadOptionError(f"Limits {limits} hold a negative number. Accepted: 0 and above, or None.")
    cuts = []
    if quality is not None:
        cuts.append(_Cut("quality", f"quality above {quality:#x}", lambda v: v <= quality))
    if speed is not None:
        cuts.append(_Cut("obs_vr", f"speed of {speed:g} m/s and more", lambda v: v.abs() < speed))
    if longitude is not None:
        reason = f"further than {longitude:g}° from the central meridian"
        cuts.append(_Cut("longitude", reason, lambda v: v.abs() <= longitude))
    if area is not None:
        cuts.append(_Cut("area_msh", f"area below {area:g} millionths", lambda v: v >= area))
    return cuts


def _mark(reasons: pd.Series[Any], wrong: pd.Series[Any], reason: str) -> None:
    """Give the reason to rows that have none yet."""
    reasons[(reasons == "") & wrong] = reason


def _mark_unlabelled(reasons: pd.Series[Any], rows: pd.DataFrame) -> Iterator[str]:
    if "label" not in rows:
        yield "rows without a label: not applied, needs the column 'label'"
        return
    why = rows["reason"].fillna("") if "reason" in rows else pd.Series("", rows.index)
    for reason in why.unique():
        _mark(reasons, rows["label"].isna() & (why == reason), reason or "no label")


def _numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers as floats; QUALITY may be hexadecimal text, which pandas would turn into NaN."""
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float)
    return values.map(_number).astype(float)


def _number(text: Any) -> float:
    plain = str(text).strip().lower()
    try:
        return float(int(plain, 16)) if plain.startswith("0x") else float(plain)
    except ValueError:
        return float("nan")


def _repeats(rows: pd.DataFrame, alive: pd.Series[Any], slot: timedelta) -> pd.Series[Any]:
    """Is the row a later one of its slot of time (and group)?"""
    kept = rows[alive].sort_values("time_utc", kind="stable")
    since_1970 = kept["time_utc"].to_numpy("datetime64[us]").astype(np.int64)
    keys = pd.DataFrame({"slot": since_1970 // round(slot.total_seconds() * 1e6)}, kept.index)
    if "group" in kept:
        keys["group"] = kept["group"]
    return keys.duplicated().reindex(rows.index, fill_value=False)
