"""Region-days with their McIntosh classes and what followed, and hourly SHARP keywords, as tables."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from flarescope.errors import BadFileError, BadOptionError
from flarescope.sources.flare_rows import parsed_times
from flarescope.sources.noaa_numbers import full_region_numbers
from flarescope.sources.plain_text import read_text
from flarescope.sources.tai import from_tai

__all__ = ["read_region_days", "read_sharp_keywords"]

_REGION_DAYS = {
    "ar issue_date": "issued_utc",
    "noaa_ar": "noaa",
    "latitude": "latitude",
    "longitude": "longitude",
    "area": "area_msh",
    "mcintosh": "mcintosh",
    "magtype": "magnetic",
    "no_sunspots": "spots",
    "c+": "flares_c1",
    "m+": "flares_m1",
    "x+": "flares_x1",
}
_KEYWORD_COLUMNS = ("HARPNUM", "T")
# what pandas and pyarrow raise on damaged files
_DAMAGE = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError)


def read_region_days(path: str | Path) -> pd.DataFrame:
    """What were the regions of each day, and what did they do in the next 24 h?

    Returns:
        One row a region and day: ``issued_utc`` (nothing was known earlier), ``noaa`` (in full),
        ``latitude``, ``longitude`` (Stonyhurst degrees, at 24:00 UTC of the day before), ``area_msh``,
        ``mcintosh``, ``magnetic``, ``spots``, and the counts of flares at or above C1, M1 and X1 after.

    Raises:
        BadFileError: the file is missing, no table, or lacks a column.
    """
    path = Path(path)
    accepted = f"a CSV table with the columns {', '.join(_REGION_DAYS)}"
    text = read_text(path, accepted)
    try:
        table = pd.read_csv(io.StringIO(text), low_memory=False)
    except (ValueError, OverflowError) as problem:
        raise BadFileError(path, f"this is not a table ({problem}). Accepted: {accepted}.") from None
    table.columns = pd.Index([str(name).strip().lower() for name in table.columns])
    missing = [name for name in _REGION_DAYS if name not in table]
    if missing:
        raise BadFileError(path, f"line 1 lacks the columns {', '.join(missing)}. Accepted: {accepted}.")
    table = table[list(_REGION_DAYS)].rename(columns=_REGION_DAYS).reset_index(drop=True)
    table["issued_utc"] = parsed_times(table["issued_utc"].astype(str))
    numbers = table.columns.difference(["issued_utc", "mcintosh", "magnetic"])
    table[numbers] = table[numbers].apply(pd.to_numeric, errors="coerce")
    bad = table["issued_utc"].isna() | ~table["noaa"].between(0, 99_999)
    if bad.any():
        raise BadFileError(
            path,
            f"line {int(bad.to_numpy().argmax()) + 2} has no readable date and region. Accepted: {accepted}.",
        )
    days = table["issued_utc"].to_numpy("datetime64[D]")
    table["noaa"] = full_region_numbers(table["noaa"].to_numpy(int), days)
    return table


def read_sharp_keywords(path: str | Path) -> pd.DataFrame:
    """What were the field measures of each HARP, hour by hour?

    Returns:
        The table with ``time_utc`` in place of ``T``: T is a TAI clock reading, 34 to 37 s ahead of UTC.

    Raises:
        BadFileError: the file is missing, no Parquet file, or lacks HARPNUM or T.
    """
    path = Path(path)
    try:
        table = pd.read_parquet(path)
    except _DAMAGE as problem:
        why = type(problem).__name__
        raise BadFileError(
            path, f"this is no Parquet table ({why}). Accepted: SHARP keywords by hour."
        ) from None
    if not set(_KEYWORD_COLUMNS) <= set(table) or not pd.api.types.is_datetime64_any_dtype(table["T"]):
        raise BadFileError(
            path, "the columns HARPNUM and T (a time) are needed. Accepted: SHARP keywords by hour."
        )
    clock = table["T"].astype("datetime64[us]")
    try:
        to_utc = {
            t: from_tai(t.to_pydatetime()).replace(tzinfo=None) for t in pd.Series(clock.dropna().unique())
        }
    except BadOptionError as problem:
        raise BadFileError(path, str(problem)) from None
    return table.drop(columns="T").assign(time_utc=clock.map(to_utc).astype("datetime64[us]"))
