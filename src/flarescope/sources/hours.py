"""Hours to be forecast or scored, with a column that groups them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flarescope.errors import BadFileError, UnknownNameError
from flarescope.sources.forecast_table import labels_column, read_frame, times_column

__all__ = ["read_hours"]


def read_hours(
    path: str | Path, group: str, *, time_column: str = "time_utc"
) -> tuple[np.ndarray, np.ndarray]:
    """Which hours does the file name, and to which group does each belong?

    Returns:
        Times as datetime64[us] UTC and the groups, both "t".

    Raises:
        BadFileError: the file cannot be read, has no rows, or a time or group is missing.
        UnknownNameError: it has no such column.
    """
    file = Path(path)
    frame = read_frame(file)
    for name in (time_column, group):
        if name not in frame.columns:
            raise UnknownNameError(f"column in {file}", name, map(str, frame.columns))
    if frame.empty:
        raise BadFileError(file, "the table has no rows. Give at least one hour.")
    times = times_column(file, frame, time_column)
    return np.asarray(times), labels_column(file, frame[group])
