"""NOAA's fixed-width X-ray flare reports, and the short list of M and X flares forecasts were scored with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.errors import BadFileError
from flarescope.sources.flare_rows import FlareRows, finished

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_ncei_report", "is_short_list", "read_ncei_report", "read_short_list"]

_REPORT = re.compile(
    r"^31777(?P<day>\d{6})..(?P<start>\d{4}).(?P<end>.{4}).(?P<peak>.{4}).(?P<place>.{6}).{25}"
    r"(?P<letter>[ABCMX])(?P<tenths>[ \d]{3})(?:.{17}(?P<region>.{1,5})?)?"
)
_SHORT = re.compile(
    r"^(?P<day>\d{4} \d\d \d\d) +(?P<start>\d{4}) +(?P<peak>\d{4}) +(?P<end>\d{4}) +"
    r"(?P<letter>[ABCMX])(?P<size>\d+\.?\d*)(?: +(?P<region>\d+|NaN))?\s*$"
)
_PLACE = re.compile(r"^([NS])(\d\d)([EW])(\d\d)$")
_END_OF_FILE = "\x1a"  # DOS wrote one; the 2010 report still holds it
_ACCEPTED = {
    _REPORT: "a line of a NOAA X-ray report, such as '31777140101  0721 0729 0726 S12W47 … C 32 …'",
    _SHORT: "a line such as '2014 01 01 1840 1852 1903 M9.9 1936'",
}


def is_ncei_report(text: str) -> bool:
    """Does the text begin as a NOAA X-ray report does, with station code 31777?"""
    return text.lstrip().startswith("31777")


def is_short_list(text: str) -> bool:
    """Does the text begin with a line of date, start, peak, end and class?"""
    return _SHORT.match(text.lstrip("\n").split("\n", 1)[0]) is not None


def read_ncei_report(path: Path, text: str) -> FlareRows:
    """Read a yearly report of NOAA/NCEI: columns by position, the class in tenths (``C 32`` is C3.2).

    The columns are station and date, start, end, peak, place of the flare (2012 and later; in 2010 with the
    optical importance, in 2011 none), class, satellite, fluence and region. Classes are operational.

    Raises:
        BadFileError: a line is no such record; the message gives its number.
    """
    raw = _rows(path, text, _REPORT)
    raw["start_day"] = pd.to_datetime(raw["day"], format="%y%m%d", errors="coerce")
    tenths = pd.to_numeric(raw["tenths"].str.strip(), errors="coerce")
    raw["goes_class"] = raw["letter"] + (tenths / 10).astype(str)
    place = raw["place"].str.strip().str.extract(_PLACE)
    lat = pd.to_numeric(place[1]) * place[0].map({"N": 1.0, "S": -1.0}).astype(float)
    lon = pd.to_numeric(place[3]) * place[2].map({"W": 1.0, "E": -1.0}).astype(float)
    raw["lat"], raw["lon"] = lat.where(lat.abs() <= 90), lon.where(lat.abs() <= 90)
    return _finished(path, raw)


def read_short_list(path: Path, text: str) -> FlareRows:
    """Read a list with one flare a line: year month day, start, peak, end as hhmm, class, four-digit region.

    Raises:
        BadFileError: a line is no such record; the message gives its number.
    """
    raw = _rows(path, text, _SHORT)
    raw["start_day"] = pd.to_datetime(raw["day"], format="%Y %m %d", errors="coerce")
    raw["goes_class"] = raw["letter"] + raw["size"]
    raw["lat"] = raw["lon"] = np.nan
    return _finished(path, raw)


def _rows(path: Path, text: str, pattern: re.Pattern[str]) -> pd.DataFrame:
    """Every line's columns as text."""
    rows = []
    for number, line in enumerate(text.replace(_END_OF_FILE, "").split("\n"), 1):
        if not line.strip():
            continue
        match = pattern.match(line)
        if match is None:
            raise BadFileError(
                path, f"line {number} is no flare: '{line.strip()[:60]}'. Accepted: {_ACCEPTED[pattern]}."
            )
        rows.append({"line": number, **match.groupdict()})
    return pd.DataFrame(rows)


def _finished(path: Path, raw: pd.DataFrame) -> FlareRows:
    """Clock times become times, on the next day where they lie before the start."""
    raw["start"] = raw["start_day"] + _clock(raw["start"])
    unread = {key: int(_clock(raw[key]).isna().sum()) for key in ("peak", "end")}
    for key in ("peak", "end"):
        raw[key] = raw["start_day"] + _clock(raw[key])
        raw[key] = raw[key].where(~(raw[key] < raw["start"]), raw[key] + pd.Timedelta(days=1))
    for key in ("start", "peak", "end"):
        raw[key] = raw[key].astype("datetime64[us]")
    raw["science"] = pd.Series(pd.NA, raw.index, dtype="boolean")
    raw["region"] = raw["region"].fillna("")
    rows = finished(path, raw)
    notes = [f"{path.name}: {n} {key} times are not given." for key, n in unread.items() if n]
    return FlareRows(rows.table, (*notes, *rows.notes))


def _clock(text: pd.Series) -> pd.Series:
    """Hhmm as a time of day; NaT where it is none (NOAA writes //// for unknown)."""
    parts = text.astype(str).str.strip().str.extract(r"^([01]\d|2[0-4])([0-5]\d)$").astype(float)
    return pd.to_timedelta(parts[0] * 60 + parts[1], unit="min")
