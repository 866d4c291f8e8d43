"""Tables of samples: one row per magnetogram, checked, kept as Parquet or CSV."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flarescope.errors import BadFileError, BadOptionError, UnknownNameError
from flarescope.sources.forecast_table import read_frame
from flarescope.times import FIRST_YEAR, LAST_YEAR, to_datetime64, utc
from flarescope.writing import write_parquet, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SampleTable", "as_times", "check_name", "read_table"]

_VIEWS = ("full_disk", "region")


def as_times(times: Any) -> np.ndarray:
    """Times of any kind as ``datetime64[us]`` UTC.

    Accepted: numpy or pandas times (without a zone they are UTC, with one they are converted), aware
    datetimes, ISO 8601 text.

    Raises:
        BadOptionError: something that is no time, a missing time, or a naive ``datetime`` object.
    """
    if isinstance(times, (list, tuple)) and any(isinstance(t, (datetime, str)) for t in times):
        return np.array([to_datetime64(utc(t)) for t in times], "datetime64[us]")
    column = times if isinstance(times, pd.Series) else pd.Series(np.asarray(times))
    if pd.api.types.is_numeric_dtype(column) and len(column):
        raise BadOptionError(f"Time {column.iloc[0]} is a bare number. Accepted: ISO 8601, datetime64.")
    found = pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce")
    bad = np.flatnonzero(~found.dt.year.between(FIRST_YEAR, LAST_YEAR).to_numpy(bool))
    if bad.size:
        raise BadOptionError(
            f"Row {bad[0] + 1} holds '{column.iloc[bad[0]]}' ({bad.size} such), which is no time. "
            f"Accepted: ISO 8601 or datetime64, in the years {FIRST_YEAR} to {LAST_YEAR}."
        )
    return found.dt.tz_localize(None).to_numpy("datetime64[us]")


@dataclass(frozen=True, eq=False)
class SampleTable:
    """Samples, one row per magnetogram.

    Attributes:
        rows: a DataFrame. ``time_utc`` (datetime64[us], UTC) is always there. Checked where present:
            ``label`` (Int8: 1, 0 or missing), ``view`` ("full_disk" or "region"), ``weight`` (above 0) and
            ``hours_to_flare`` (0 or more, or NaN). Others pass through: ``image``, ``region``, ``strongest``
            (class of the strongest flare), ``group`` (the unit of independence), ``reason`` (why there is no
            label; empty where there is one).
        notes: what was noticed when it was made.

    Raises:
        BadOptionError: a column is missing or holds what it cannot.

    Example:
        >>> table = SampleTable(pd.DataFrame({"time_utc": ["2012-03-06T14:24"], "label": [1]}))
        >>> len(table), table.counts["positive"]
        (1, 1)
    """

    rows: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if "time_utc" not in self.rows:
            raise BadOptionError(
                f"A sample table needs the column time_utc; it has {_listed(self.rows.columns)}."
            )
        rows = self.rows.reset_index(drop=True).assign(time_utc=as_times(self.rows["time_utc"]))
        if "label" in rows:
            rows["label"] = _labels(rows["label"])
        if "view" in rows and not rows["view"].isin(_VIEWS).all():
            raise BadOptionError(f"A view is not one of {', '.join(_VIEWS)}.")
        if "weight" in rows:
            rows["weight"] = _numbers(rows["weight"], above=0.0)
        if "hours_to_flare" in rows:
            rows["hours_to_flare"] = _numbers(rows["hours_to_flare"], above=-1e-9, missing=True)
        object.__setattr__(self, "rows", rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> pd.Series[Any]:
        if column not in self.rows:
            raise UnknownNameError("column", column, map(str, self.rows.columns))
        return self.rows[column]

    @property
    def labelled(self) -> SampleTable:
        """The rows whose label is known."""
        return self.take(self["label"].notna().to_numpy())

    @property
    def counts(self) -> dict[str, int]:
        """Rows, positive and negative labels, and rows without one."""
        label = self["label"]
        positive, negative = int((label == 1).sum()), int((label == 0).sum())
        return {
            "rows": len(self),
            "positive": positive,
            "negative": negative,
            "unlabelled": len(self) - positive - negative,
        }

    @property
    def excluded(self) -> dict[str, int]:
        """How many rows have no label, by reason."""
        reasons = self.rows["reason"] if "reason" in self.rows else pd.Series(dtype=object)
        return dict(Counter(reason for reason in reasons.fillna("") if reason))

    def take(self, keep: np.ndarray) -> SampleTable:
        """The rows that a mask or an array of row numbers names."""
        rows = self.rows[keep] if keep.dtype == bool else self.rows.iloc[keep]
        return replace(self, rows=rows)

    def write(self, path: str | Path) -> None:
        """Write Parquet or CSV, as the name ends; a file that is there is replaced whole or not at all.

        Raises:
            BadOptionError: the name ends otherwise, or the folder cannot be written.
        """
        path = check_name(path)
        if path.suffix == ".parquet":
            write_parquet(path, self.rows)
        else:
            write_whole(path, self.rows.to_csv(index=False))

    @classmethod
    def read(cls, path: str | Path) -> SampleTable:
        """Read Parquet or CSV.

        Raises:
            BadFileError: the file is missing, damaged, or no sample table.
        """
        rows = read_table(path, needed=("time_utc",))
        try:
            return cls(rows)
        except BadOptionError as problem:
            raise BadFileError(path, str(problem)) from None


def check_name(path: str | Path) -> Path:
    """Can a table have this name?

    Raises:
        BadOptionError: it does not end in .parquet or .csv.
    """
    path = Path(path)
    if path.suffix not in (".parquet", ".csv"):
        raise BadOptionError(f"Table '{path}' ends in '{path.suffix}'. Accepted: .parquet or .csv.")
    return path


def read_table(path: str | Path, *, needed: Iterable[str]) -> pd.DataFrame:
    """A CSV or Parquet table with at least these columns.

    Raises:
        BadFileError: the file is missing, empty, damaged, or lacks a column.
    """
    path = Path(path)
    needed = tuple(needed)
    rows = read_frame(path)
    missing = [name for name in needed if name not in rows]
    if missing:
        raise BadFileError(
            path, f"the columns {_listed(missing)} are missing; it has {_listed(rows.columns)}."
        )
    if rows.empty:
        raise BadFileError(path, "the table holds no row. Accepted: at least one.")
    return rows


def _labels(values: pd.Series[Any]) -> pd.Series[Any]:
    numbers = pd.to_numeric(values, errors="coerce").astype("Float64")
    wrong = (numbers.isna() & values.notna()) | ~(numbers.isna() | numbers.isin([0, 1]))
    if wrong.any():
        raise BadOptionError(f"Label '{values[wrong].iloc[0]}' is not a label. Accepted: 1, 0 or missing.")
    return numbers.astype("Int8")


def _numbers(values: pd.Series[Any], *, above: float, missing: bool = False) -> pd.Series[Any]:
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    good = ((numbers > above) & np.isfinite(numbers)) | (values.isna() & missing)
    if not good.all():
        raise BadOptionError(
            f"Column {values.name} holds '{values[~good].iloc[0]}'. Accepted: finite numbers above {above:g}."
        )
    return numbers


def _listed(names: Iterable[object]) -> str:
    texts = [str(name) for name in names]
    return ", ".join(texts[:12]) + (" …" if len(texts) > 12 else "") if texts else "none"
