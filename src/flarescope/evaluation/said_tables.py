"""Tables of forecasts without a word on the question: CSV or Parquet, as ``flarescope verify`` reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadFileError, BadOptionError, UnknownNameError
from flarescope.evaluation.pairs import Said
from flarescope.sources.forecast_table import read_frame, times_column
from flarescope.sun import Region
from flarescope.verify.arrays import probability_array

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from flarescope.evaluation.pairs import Asked

__all__ = ["Columns", "read_said"]

REGION_COLUMNS = ("noaa", "region", "harp")
_NUMBER = re.compile(r"\d{1,6}")


@dataclass(frozen=True)
class Columns:
    """Names of a table's columns.

    Attributes:
        probability: 0 to 1.
        time: UTC.
        observed: 0, 1 or empty; one of two tables may lack it. None takes "observed".
        region: NOAA numbers, or HARP numbers if the name holds "harp"; empty for the whole Sun. None takes
            noaa, region or harp where the table has one.
        threshold: yes from this probability on, for all rows.
    """

    probability: str = "probability"
    time: str = "time_utc"
    observed: str | None = None
    region: str | None = None
    threshold: float = 0.5


def read_said(
    path: Path, columns: Columns, asked: Asked
) -> tuple[Said, Float[np.ndarray, "n"] | None, tuple[str, ...]]:
    """What does this table say, and what does it know of what happened?

    Returns:
        The forecasts, the outcomes (NaN where empty; None without such a column), and notes.

    Raises:
        BadFileError: the table cannot be read, has no rows, or holds values that cannot be compared.
        UnknownNameError: it has no such column.
    """
    frame = read_frame(path)
    known = [str(name) for name in frame.columns]
    for name in (columns.probability, columns.time, columns.region):
        if name is not None and name not in known:
            raise UnknownNameError(f"column in {path.name}", name, known)
    if frame.empty:
        raise BadFileError(path, "the table has no rows. Give at least one forecast.")
    seen = next((name for name in (columns.observed or "observed",) if name in known), None)
    where = columns.region or next((name for name in REGION_COLUMNS if name in known), None)
    times = np.asarray(times_column(path, frame, columns.time))
    regions = () if where is None else tuple(_region(path, where, value) for value in frame[where])
    try:
        said = Said(
            str(path),
            times,
            probability_array(_numbers(frame[columns.probability])),
            np.array(columns.threshold),
            regions,
            (asked,) * len(times),
        )
    except BadOptionError as error:
        raise BadFileError(path, str(error)) from None
    repeats = len(times) - len(set(zip(times.tolist(), regions or [None] * len(times), strict=True)))
    notes = (f"{path.name}: {repeats} rows repeat the time and region of another.",) if repeats else ()
    return said, None if seen is None else _outcomes(path, frame[seen]), notes


def _numbers(column: pd.Series) -> Float[np.ndarray, "n"]:
    import pandas as pd

    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan))


def _outcomes(path: Path, column: pd.Series) -> Float[np.ndarray, "n"]:
    numbers = _numbers(column)
    bad = np.flatnonzero(column.notna().to_numpy() & (numbers != 0.0) & (numbers != 1.0))
    if bad.size:
        raise BadFileError(
            path,
            f"column '{column.name}' holds '{column.iloc[bad[0]]}' in row {bad[0] + 1}; accepted: 0, 1 "
            "or empty.",
        )
    return numbers


def _region(path: Path, name: str, value: object) -> Region | None:
    """A region by its number or numbers; an empty cell is the whole Sun."""
    text = "" if value is None or value != value else str(value).strip()
    if not text:
        return None
    numbers = tuple(int(n) for n in _NUMBER.findall(re.sub(r"\.0+\b", "", text)))
    if not numbers:
        raise BadFileError(
            path, f"column '{name}' holds '{text[:40]}'; accepted: NOAA or HARP numbers, or empty."
        )
    return Region(harp=numbers[0]) if "harp" in name.lower() else Region(noaa=numbers)
