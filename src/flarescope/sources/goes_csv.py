"""Flare lists as CSV: any with a column for the start and one for the class."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.errors import BadFileError
from flarescope.sources.flare_rows import FlareRows, finished, parsed_times

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ACCEPTED", "read_csv_list"]

_NAMES = {
    "start": ("start", "start_time", "start_utc", "start_time_utc", "event_starttime"),
    "peak": ("peak", "peak_time", "peak_utc", "max_time", "event_peaktime"),
    "end": ("end", "end_time", "end_utc", "event_endtime"),
    "goes_class": ("goes_class", "class", "label", "fl_goescls"),
    "region": ("noaa_ar", "noaa_region", "region", "ar_noaanum"),
    "lon": ("hgs_lon", "longitude", "hgs_x"),
    "lat": ("hgs_lat", "latitude", "hgs_y"),
    "satellite": ("obs", "goes_sat", "satellite"),
    "scale": ("goes_scale", "scale"),
}
ACCEPTED = (
    "a CSV list with a header that names the start (start, start_time, start_utc, event_starttime) "
    "and the class (goes_class, class, label)"
)
MOST_COLUMNS = 200
_HHMM = re.compile(r"^([01]\d|2[0-4])([0-5]\d)$")
_FIRST_SCIENCE_SATELLITE = 16  # GOES 16 and later report true fluxes, GOES 8 to 15 fluxes times 0.7


def read_csv_list(path: Path, text: str) -> FlareRows:
    """Read a CSV flare list.

    Columns are found by name, in any order; times in any mixture of 2025-11-15 23:06:00 and
    2025/11/15 23:06; a peak or end may be hhmm. Rows may begin with an unnamed row number. Where the list
    names the satellite, GOES 16 and later are on the science scale and earlier ones on the operational
    scale; else the date decides.

    Raises:
        BadFileError: no such columns, no row, or a row without start or class.
    """
    frame = _frame(path, text)
    columns = {key: next((c for c in names if c in frame), None) for key, names in _NAMES.items()}
    if columns["start"] is None or columns["goes_class"] is None:
        raise BadFileError(
            path, f"line 1 is no header of a flare list: '{_first_line(text)}'. Accepted: {ACCEPTED}."
        )
    frame = frame[(frame[columns["start"]] != "") | (frame[columns["goes_class"]] != "")]
    if frame.empty:
        raise BadFileError(path, f"line 2 is missing: the list holds no flare. Accepted: {ACCEPTED}.")
    found = {key: frame[name] for key, name in columns.items() if name is not None}
    start = parsed_times(found["start"])
    raw = pd.DataFrame({"start": start, "goes_class": found["goes_class"], "line": frame["line"]})
    for key in ("peak", "end"):
        raw[key] = _times(found[key], start) if key in found else np.datetime64("NaT", "us")
    for key, low, high in (("lon", -180, 180), ("lat", -90, 90)):
        values = (
            pd.to_numeric(found[key], errors="coerce") if key in found else pd.Series(np.nan, frame.index)
        )
        raw[key] = values.where(values.between(low, high)).astype(float)
    raw["region"] = found.get("region", pd.Series("", frame.index))
    raw["science"] = _science(found, frame.index)
    rows = finished(path, raw)
    unread = [
        f"{path.name}: {n} {key} times could not be read."
        for key in ("peak", "end")
        if (n := int((raw[key].isna() & (found.get(key, "") != "")).sum() if key in found else 0))
    ]
    return FlareRows(rows.table, (*unread, *rows.notes))


def _frame(path: Path, text: str) -> pd.DataFrame:
    """The file as text cells, with the line of each row."""
    _check_widths(path, text)
    try:
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, skip_blank_lines=False)
    except (ValueError, OverflowError) as problem:  # pandas' ParserError is a ValueError; it names the line
        raise BadFileError(path, f"this is not a table ({problem}). Accepted: {ACCEPTED}.") from None
    frame = frame.reset_index(drop=True).fillna("")
    frame.columns = [str(name).strip().lower() for name in frame.columns]
    frame = frame.loc[:, ~frame.columns.duplicated()]
    return frame.assign(line=np.arange(2, len(frame) + 2))


def _check_widths(path: Path, text: str) -> None:
    """Every row has as many cells as the header, or every row a number more, in front.

    Pandas would take the cells that a broken row has too many for names of rows, and shift all others.
    """
    rows = csv.reader(io.StringIO(text))
    try:
        width = len(next(rows, []))
        if width > MOST_COLUMNS:
            raise BadFileError(
                path, f"line 1 has {width:,} cells; at most {MOST_COLUMNS} are read. Accepted: {ACCEPTED}."
            )
        numbered: set[bool] = set()
        for row in rows:
            if not any(row):
                continue
            extra = len(row) - width
            numbered.add(extra == 1)
            if extra not in {0, 1} or len(numbered) > 1 or (extra == 1 and not row[0].strip().isdecimal()):
                raise BadFileError(
                    path,
                    f"line {rows.line_num} has {len(row)} cells; its header has {width}. "
                    f"Accepted: {ACCEPTED}.",
                )
    except csv.Error as problem:
        raise BadFileError(
            path, f"line {rows.line_num} is no row ({problem}). Accepted: {ACCEPTED}."
        ) from None


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0].strip()[:80]


def _times(text: pd.Series, start: pd.Series) -> pd.Series:
    """Full times, or hhmm on the day of the start (the next day if that is before the start)."""
    short = text.str.strip().str.extract(_HHMM).astype(float)
    if not short[0].notna().any():
        return parsed_times(text)
    clock = pd.to_timedelta(short[0] * 60 + short[1], unit="min")
    return parsed_times(text.where(short[0].isna(), "")).fillna(start.dt.floor("D") + clock)


def _science(found: dict[str, pd.Series], index: pd.Index) -> pd.Series:
    """Is each flare on the science scale? <NA> where the list does not say."""
    if "scale" in found:
        return (
            found["scale"]
            .str.strip()
            .str.lower()
            .map({"science": True, "operational": False})
            .astype("boolean")
        )
    if "satellite" in found:
        number = pd.to_numeric(found["satellite"].str.extract(r"(\d+)\s*$")[0], errors="coerce")
        return (number >= _FIRST_SCIENCE_SATELLITE).astype("boolean").where(number.notna())
    return pd.Series(pd.NA, index, dtype="boolean")
