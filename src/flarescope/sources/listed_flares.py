"""Flares as an archive's answer lists them, on their way to the table that every reader fills."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from flarescope.errors import BadFileError
from flarescope.sources.flare_merge import merged
from flarescope.sources.flare_rows import COLUMNS, FlareRows, finished
from flarescope.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from flarescope.sources.json_rows import JsonRow

__all__ = [
    "CLOCK_TOLERANCE",
    "FlareAnswer",
    "ListedFlare",
    "check_clock",
    "class_in",
    "empty_rows",
    "flare_rows",
    "merged_rows",
]

CLOCK_TOLERANCE = timedelta(minutes=5)  # between two clocks; a flare later than this is not known yet
_CLASS = re.compile(r"[ABCMX]\d{1,2}(\.\d{1,6})?", re.ASCII)


class ListedFlare(NamedTuple):
    """One flare of an answer; ``science`` is None where the date decides on the scale."""

    line: int
    start: datetime
    goes_class: str
    peak: datetime | None = None
    end: datetime | None = None
    region: str = ""
    longitude: float = float("nan")
    latitude: float = float("nan")
    science: bool | None = None


@dataclass(frozen=True)
class FlareAnswer:
    """What one answer of an archive says about flares.

    Attributes:
        rows: its flares, checked and repaired.
        unclear: when flares started whose class the answer does not give.
        first: the earliest moment the answer speaks of, None where it says nothing.
        last: the latest one.
    """

    rows: FlareRows
    unclear: tuple[datetime, ...] = ()
    first: datetime | None = None
    last: datetime | None = None


def class_in(row: JsonRow, key: str) -> str:
    """A GOES class, from A0.1 to X99; "" where it is unknown.

    Raises:
        BadFileError: the field holds something else.
    """
    text = row.text(key).upper()
    if text and not _CLASS.fullmatch(text):
        row.refuse(key, "a GOES class such as C1.0, M5 or X2.2")
    return text


def check_clock(name: str, found: Sequence[ListedFlare], now: datetime) -> None:
    """Refuse flares of the future: the archive's clock is wrong.

    Raises:
        BadFileError: a flare starts more than five minutes after now.
    """
    late = [flare for flare in found if flare.start > now + CLOCK_TOLERANCE]
    if late:
        raise BadFileError(
            name, f"row {late[0].line}: a flare starts at {iso(late[0].start)}, but it is {iso(now)} only."
        )


def empty_rows(*notes: str) -> FlareRows:
    """A list without a flare."""
    table = pd.DataFrame({name: [] for name in COLUMNS})
    times = dict.fromkeys(("start", "peak", "end"), "datetime64[us]")
    numbers = {"region": int, "lon": float, "lat": float, "science": bool, "line": int}
    return FlareRows(table.astype({**times, **numbers, "goes_class": str, "source": str}), notes)


def merged_rows(tables: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Tables of several answers as one, also where some, or all, hold no flare."""
    filled = [table for table in tables if len(table)]
    return merged(filled) if filled else (empty_rows().table, ())


def flare_rows(name: str, found: Sequence[ListedFlare], now: datetime, notes: Iterable[str]) -> FlareRows:
    """The flares of one answer as a table; repairs are those of every other list.

    Raises:
        BadFileError: a flare starts later than now (the archive's clock is wrong), or a row is impossible.
    """
    said = tuple(f"{name}: {note}." for note in notes)
    check_clock(name, found, now)
    if all(not float(flare.goes_class[1:]) for flare in found):
        zeros = f"{name}: {len(found)} records of class A0.0 left out."
        return empty_rows(*said, *([zeros] if found else []))
    raw = pd.DataFrame(
        {
            "start": _times(flare.start for flare in found),
            "peak": _times(flare.peak for flare in found),
            "end": _times(flare.end for flare in found),
            "goes_class": [flare.goes_class for flare in found],
            "region": [flare.region for flare in found],
            "lon": [flare.longitude for flare in found],
            "lat": [flare.latitude for flare in found],
            "science": pd.array([flare.science for flare in found], dtype="boolean"),
            "line": [flare.line for flare in found],
        }
    )
    rows = finished(Path(name), raw)
    return FlareRows(rows.table.reset_index(drop=True), (*said, *rows.notes))


def _times(values: Iterable[datetime | None]) -> np.ndarray:
    return np.array([None if v is None else v.replace(tzinfo=None) for v in values], "datetime64[us]")
