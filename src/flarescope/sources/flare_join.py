"""Flare lists that are in memory already become one."""

from __future__ import annotations

import pandas as pd

from flarescope.errors import BadOptionError
from flarescope.flare import FlareCatalog
from flarescope.sources.flare_merge import merged
from flarescope.sources.flare_rows import COLUMNS, flares_of

__all__ = ["joined"]


def joined(*catalogs: FlareCatalog) -> FlareCatalog:
    """What do several lists know together?

    Of the records of one flare the most complete is kept. What one list covers is covered: its silence means
    a quiet Sun even where another list has a hole.

    Raises:
        BadOptionError: no list was given.
    """
    if not catalogs:
        raise BadOptionError("No flare list was given. Give at least one catalogue.")
    filled = [_table(catalog) for catalog in catalogs if len(catalog)]
    covered = tuple(period for catalog in catalogs for period in catalog.coverage)
    notes = tuple(dict.fromkeys(note for catalog in catalogs for note in catalog.notes))
    if not filled:
        return FlareCatalog((), covered, notes)
    table, said = merged(filled)
    return FlareCatalog(flares_of(table), covered, (*notes, *said))


def _table(catalog: FlareCatalog) -> pd.DataFrame:
    """One flare a row, as the readers of lists make it."""
    columns = catalog.columns
    places = [
        (f.position.longitude, f.position.latitude) if f.position else (float("nan"),) * 2 for f in catalog
    ]
    table = pd.DataFrame(
        {
            "start": columns.start,
            "peak": columns.peak,
            "end": columns.end,
            "goes_class": [f"{f.goes_class.letter}{f.goes_class.magnitude}" for f in catalog],
            "region": columns.region,
            "lon": [lon for lon, _ in places],
            "lat": [lat for _, lat in places],
            "science": [f.scale == "science" for f in catalog],
            "line": 0,
            "source": [f.source for f in catalog],
        }
    )
    return table[list(COLUMNS)]
