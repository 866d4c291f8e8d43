"""The sample table of a folder of active-region patches: an index of files, labelled from a flare list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import MissingDataError
from flarescope.samples.label import label_regions
from flarescope.samples.table import SampleTable, read_table

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog

__all__ = ["patch_samples"]

COLUMNS = ("file", "noaa_ar", "time_utc")


def patch_samples(
    index: str | Path, catalog: FlareCatalog, *, at_least: str = "M1.0", within: str = "24h"
) -> SampleTable:
    """Which patches are there, and did their region flare within 24 h?

    Args:
        index: CSV or Parquet with ``file`` (relative to the index), ``noaa_ar`` and ``time_utc``.
        catalog: flares with region numbers, on the scale the threshold is meant on.
        at_least: threshold class.
        within: length of the window after the image.

    Returns:
        The labelled rows of ``label_regions`` in the order of the index, with ``image``, the path of the
        file, relative to the index.

    Raises:
        BadFileError: the index is missing, damaged or lacks a column.
        MissingDataError: no row can be labelled.
    """
    listed = read_table(index, needed=COLUMNS)
    labelled = label_regions(listed["time_utc"], listed["noaa_ar"], catalog, at_least=at_least, within=within)
    rows = labelled.rows.assign(image=listed["file"].to_numpy(), view="region")
    table = SampleTable(rows).labelled
    if not len(table):
        raise MissingDataError(
            f"None of the {len(listed)} rows of {index} can be labelled: {labelled.excluded}. "
            "Give a flare list that covers them."
        )
    return table
