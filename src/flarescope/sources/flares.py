"""GOES flare lists in every format met → ``FlareCatalog``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flarescope.errors import BadFileError, BadOptionError
from flarescope.flare import FlareCatalog, GoesClass
from flarescope.sources.flare_coverage import coverage, holes
from flarescope.sources.flare_csv import Sidecar, read_sidecar, sources_in
from flarescope.sources.flare_rows import flares_of
from flarescope.sources.goes_csv import ACCEPTED, read_csv_list
from flarescope.sources.listed_flares import empty_rows, merged_rows
from flarescope.sources.ncei_report import is_ncei_report, is_short_list, read_ncei_report, read_short_list
from flarescope.sources.plain_text import read_text

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

__all__ = ["read_flares"]

_FORMATS = ((is_ncei_report, read_ncei_report), (is_short_list, read_short_list))  # else CSV


def read_flares(*paths: str | Path) -> FlareCatalog:
    """Which flares do these lists hold?

    The format is recognised by what the file holds, not by its name. Several lists are merged: of records
    of one flare the more complete is kept. ``notes`` counts what was repaired, dropped or merged. A list
    covers from 00:00 UTC of its first flare's day to 24:00 UTC of its last flare's day, less the holes
    found in it; a list written by ``write_flares`` covers what its sidecar says.

    Raises:
        BadFileError: a file is missing, empty or no flare list; the message names the line.
        BadOptionError: no list was given.

    Example:
        >>> flares = read_flares("goes_2010_2025.csv", "lmsal_2026_start_only.csv")  # doctest: +SKIP
    """
    if not paths:
        raise BadOptionError("No flare list was given. Name at least one file.")
    lists = [_read_one(Path(path)) for path in paths]
    table, notes = merged_rows([rows.table for rows in lists])
    covered = tuple(period for rows in lists for period in rows.coverage)
    return FlareCatalog(flares_of(table), covered, (*(n for rows in lists for n in rows.notes), *notes))


class _List(NamedTuple):
    table: pd.DataFrame
    coverage: tuple[tuple[datetime, datetime], ...]
    notes: tuple[str, ...]


def _read_one(path: Path) -> _List:
    """One list, in whichever format it is."""
    text = read_text(path, ACCEPTED)
    sidecar = read_sidecar(path, text)
    if sidecar is not None:
        return _read_own(path, text, sidecar)
    read = next((read for fits, read in _FORMATS if fits(text)), read_csv_list)
    rows = read(path, text)
    starts = np.sort(rows.table["start"].to_numpy("datetime64[us]"))
    found = holes(starts)
    notes = [*rows.notes, *(f"{path.name}: {hole}." for hole in found)]
    weakest = min(GoesClass(text) for text in rows.table["goes_class"].unique())
    if weakest >= GoesClass("C1.0"):
        notes.append(f"{path.name}: no flare below {weakest}; the list says nothing about weaker ones.")
    return _List(rows.table, coverage(starts, found), tuple(notes))


def _read_own(path: Path, text: str, sidecar: Sidecar) -> _List:
    """A list that ``write_flares`` wrote: it may be empty, and its flares keep their sources."""
    rows = read_csv_list(path, text) if "\n" in text.strip() else empty_rows()
    if sidecar.flares is not None and sidecar.flares != len(rows.table):
        raise BadFileError(
            path,
            f"it holds {len(rows.table)} flares; {path.name}.coverage.json says {sidecar.flares}. "
            "Fetch it again, or delete that file.",
        )
    sources = np.array(sources_in(text), object)
    table = rows.table.assign(source=sources[rows.table["line"].to_numpy(int) - 2])
    return _List(table, sidecar.coverage, (*sidecar.notes, *rows.notes))
