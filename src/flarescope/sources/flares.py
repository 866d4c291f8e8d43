"""GOES flare lists in every format met → ``FlareCatalog``."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from flarescope.errors import BadFileError, BadOptionError
from flarescope.flare import FlareCatalog
from flarescope.sources.flare_merge import merged
from flarescope.sources.flare_rows import FlareRows, flares_of
from flarescope.sources.goes_csv import ACCEPTED, read_csv_list

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["read_flares"]

_LARGEST_BYTES = 256 * 2**20


def read_flares(*paths: str | Path) -> FlareCatalog:
    """Which flares do these lists hold?

    The format is recognised by what the file holds, not by its name. Several lists are merged: of records
    of one flare the more complete is kept. ``notes`` counts what was repaired, dropped or merged. A list
    covers from 00:00 UTC of its first flare's day to 24:00 UTC of its last flare's day.

    Raises:
        BadFileError: a file is missing, empty or no flare list; the message names the line.
        BadOptionError: no list was given.

    Example:
        >>> flares = read_flares("goes_2010_2025.csv", "lmsal_2026_start_only.csv")  # doctest: +SKIP
    """
    if not paths:
        raise BadOptionError("No flare list was given. Name at least one file.")
    lists = [_read_one(Path(path)) for path in paths]
    table, notes = merged([rows.table for rows in lists])
    coverage = [_days(rows.table) for rows in lists]
    return FlareCatalog(
        flares_of(table), tuple(coverage), tuple(n for rows in lists for n in rows.notes) + notes
    )


def _read_one(path: Path) -> FlareRows:
    text = _text(path)
    return read_csv_list(path, text)


def _text(path: Path) -> str:
    """The file as text; anything that is no text is refused."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise BadFileError(path, f"the file is larger than 256 MB. Accepted: {ACCEPTED}.")
        data = path.read_bytes()
    except OSError as problem:
        raise BadFileError(path, f"the file cannot be read ({problem.strerror}). Check the path.") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise BadFileError(path, f"line {line} is not text. Accepted: {ACCEPTED}.") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadFileError(path, f"line {line} is not text. Accepted: {ACCEPTED}.")
    if not text.strip():
        raise BadFileError(path, f"line 1 is missing: the file is empty. Accepted: {ACCEPTED}.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _days(table: pd.DataFrame) -> tuple[datetime, datetime]:
    """From 00:00 UTC of the first flare's day to 24:00 UTC of the last one's."""
    first, last = table["start"].min().floor("D"), table["start"].max().floor("D")
    return (
        first.to_pydatetime().replace(tzinfo=UTC),
        last.to_pydatetime().replace(tzinfo=UTC) + timedelta(days=1),
    )
