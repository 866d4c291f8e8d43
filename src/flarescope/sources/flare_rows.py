"""One flare a row, whatever the list looked like: the table every reader fills and its repairs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.errors import BadFileError, BadOptionError
from flarescope.flare import SCIENCE_SINCE, Flare, GoesClass
from flarescope.sources.noaa_numbers import full_region_numbers
from flarescope.sun import Position

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

__all__ = ["COLUMNS", "FARTHEST", "FlareRows", "finished", "flares_of", "parsed_times"]

# times are datetime64[us] UTC; goes_class is text; region 0, lon and lat NaN where unknown; science is a flag
COLUMNS = ("start", "peak", "end", "goes_class", "region", "lon", "lat", "science", "line", "source")
_DAY = np.timedelta64(1, "D")
# a repair across midnight that gives a longer flare than this is not believed
_NONE, _LONGEST = pd.Timedelta(0), pd.Timedelta(hours=12)
FARTHEST = timedelta(days=2)
_NO_STRENGTH = r"[ABCMX]\s*0+(\.0*)?"
_FIRST_GOES, _LAST = pd.Timestamp("1974-01-01"), pd.Timestamp("2100-01-01")


@dataclass(frozen=True)
class FlareRows:
    """A list as a table with ``COLUMNS``, and what was repaired or left out."""

    table: pd.DataFrame
    notes: tuple[str, ...] = ()


def parsed_times(text: pd.Series) -> pd.Series:
    """Times as lists write them: 2025/11/15 23:06, 2025-11-15 23:09:00, with T or Z; NaT where unreadable."""
    plain = text.str.strip().str.replace("/", "-", regex=False).str.removesuffix("Z")
    times = pd.to_datetime(plain, format="ISO8601", errors="coerce", utc=True)
    return times.dt.tz_localize(None).astype("datetime64[us]")


def finished(path: Path, raw: pd.DataFrame) -> FlareRows:
    """Check, repair and complete the rows a reader found.

    ``raw`` holds start, peak, end as times, goes_class and region as text, lon and lat as numbers, science
    as a flag that may be missing, and line, the row's line in the file.

    Raises:
        BadFileError: a row has no readable start or class; the message names the line.
    """
    _refuse(path, raw, raw["start"].isna() | ~raw["start"].between(_FIRST_GOES, _LAST), "start time")
    raw = raw.assign(goes_class=raw["goes_class"].str.strip().str.upper().str.replace(",", ".", regex=False))
    nothing = raw["goes_class"].str.fullmatch(_NO_STRENGTH)
    raw = raw[~nothing]
    if raw.empty:
        raise BadFileError(path, "line 2 is missing: the list holds no flare. Accepted: at least one.")
    classes = raw["goes_class"]
    _refuse(path, raw, ~classes.isin(_readable(classes)), "GOES class")
    table = raw.assign(source=path.name)
    by_date = table["start"] >= pd.Timestamp(SCIENCE_SINCE).tz_localize(None)
    table["science"] = table["science"].astype("boolean").fillna(by_date).astype(bool)
    table["region"], unread = _regions(table["region"], table["start"].to_numpy())
    notes = [f"{unread} region numbers could not be read and were left out"] if unread else []
    notes += [f"{int(nothing.sum())} records of class A0.0 left out"] if nothing.any() else []
    notes += [*_far_dropped(table, "peak"), *_far_dropped(table, "end")]
    notes += [*_across_midnight(table, "peak"), *_across_midnight(table, "end"), *_order(table)]
    return FlareRows(table[list(COLUMNS)], tuple(f"{path.name}: {note}." for note in notes))


def _refuse(path: Path, raw: pd.DataFrame, bad: pd.Series, what: str) -> None:
    if bad.any():
        line = int(raw["line"][bad].iloc[0])
        accepted = "such as 2011-02-15 01:44" if what == "start time" else "such as C1.0, M5 or X2.2"
        raise BadFileError(
            path, f"line {line} has no readable {what} ({int(bad.sum())} lines in all). Accepted: {accepted}."
        )


def _readable(classes: pd.Series) -> set[str]:
    """The distinct texts that are GOES classes: a list has some hundreds of them at most."""
    good = set()
    for text in classes.unique():
        try:
            GoesClass(text)
        except BadOptionError:
            continue
        good.add(text)
    return good


def _regions(text: pd.Series, starts: np.ndarray) -> tuple[np.ndarray, int]:
    """Full region numbers, 0 where unknown, and how many could not be read."""
    plain = text.astype(str).str.strip().str.lower()
    numbers = pd.to_numeric(plain, errors="coerce")
    good = numbers.between(1, 99_999) & (numbers % 1 == 0)
    blank = plain.isin(["", "0", "0.0", "0000", "00000", "nan", "none", "<na>"])
    full = full_region_numbers(numbers.where(good, 0).astype(int).to_numpy(), starts)
    return np.where(good, full, 0), int((~good & ~blank).sum())


def _far_dropped(table: pd.DataFrame, column: str) -> Iterator[str]:
    """A peak or end days after the start is a slip in the date."""
    far = table[column] - table["start"] > FARTHEST
    table[column] = table[column].mask(far)
    if far.any():
        yield f"{int(far.sum())} {column} times dropped: over {FARTHEST.days} days after the start"


def _across_midnight(table: pd.DataFrame, column: str) -> Iterator[str]:
    """A peak or end before the start belongs to the next day: the date was not carried over midnight."""
    wrong = table[column] < table["start"]
    moved = wrong & (table[column] + _DAY - table["start"]).between(_NONE, _LONGEST)
    table[column] = table[column].where(~moved, table[column] + _DAY).where(moved | ~wrong)
    if moved.any():
        yield f"{int(moved.sum())} {column} times moved to the next day (across midnight)"
    if (wrong & ~moved).any():
        yield f"{int((wrong & ~moved).sum())} {column} times dropped: before the start"


def _order(table: pd.DataFrame) -> Iterator[str]:
    """An end before its peak: nobody knows which of the two is wrong, so both go."""
    wrong = table["end"] < table["peak"]
    table.loc[wrong, ["peak", "end"]] = pd.NaT
    if wrong.any():
        yield f"{int(wrong.sum())} flares lost peak and end: the end was before the peak"


def flares_of(table: pd.DataFrame) -> tuple[Flare, ...]:
    """The rows as ``Flare`` objects, in one pass."""
    classes = {text: GoesClass(text) for text in table["goes_class"].unique()}
    times = {name: _datetimes(table[name]) for name in ("start", "peak", "end")}
    return tuple(
        Flare(
            start,
            classes[goes_class],
            peak=peak,
            end=end,
            position=None if lon != lon or lat != lat else Position(lon, lat),
            noaa_region=region or None,
            source=source,
            scale="science" if science else "operational",
        )
        for start, peak, end, goes_class, region, lon, lat, science, source in zip(
            times["start"],
            times["peak"],
            times["end"],
            table["goes_class"],
            table["region"].tolist(),
            table["lon"].tolist(),
            table["lat"].tolist(),
            table["science"].tolist(),
            table["source"],
            strict=True,
        )
    )


def _datetimes(times: pd.Series) -> list[datetime | None]:
    """Aware datetimes, None for NaT."""
    plain = times.to_numpy("datetime64[us]").astype(object)
    return [None if time is None else time.replace(tzinfo=UTC) for time in plain]
