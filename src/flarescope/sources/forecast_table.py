"""Tables of forecasts and what was observed: CSV or Parquet, one row a forecast."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Shaped

from flarescope.errors import BadFileError, BadOptionError, UnknownNameError
from flarescope.times import FIRST_YEAR, LAST_YEAR
from flarescope.verify.arrays import forecast_arrays, probability_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["ForecastTable", "labels_column", "read_forecast_table", "read_frame", "times_column"]

TIME_COLUMN = "time_utc"
# what pandas and pyarrow raise on damaged files, found by flipping bytes of good ones
_DAMAGE = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
)


@dataclass(frozen=True, eq=False)
class ForecastTable:
    """Forecasts and observations, checked and fit to be scored.

    Attributes:
        path: the file.
        probability: forecasts "n", 0 to 1.
        observed: what happened "n".
        times: ``datetime64[us]`` UTC "n", or None where the file has no column of times.
        labels: the text or numbers of group, block and slice columns "n", by column name.
        references: rivals' probabilities "n", by column name.
        notes: what a reader must know.
    """

    path: Path
    probability: Float[np.ndarray, "n"]
    observed: Bool[np.ndarray, "n"]
    times: Shaped[np.ndarray, "n"] | None
    labels: dict[str, Shaped[np.ndarray, "n"]] = field(default_factory=dict)
    references: dict[str, Float[np.ndarray, "n"]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_forecast_table(
    path: str | Path,
    *,
    observed_column: str,
    probability_column: str = "probability",
    time_column: str | None = None,
    label_columns: Sequence[str] = (),
    reference_columns: Sequence[str] = (),
) -> ForecastTable:
    """What was forecast, and what happened?

    Args:
        path: CSV or Parquet; which of the two is seen from the file itself.
        observed_column: 0 or 1 for each row.
        probability_column: 0 to 1.
        time_column: UTC; without it ``time_utc`` is used where the file has it.
        label_columns: folds, regions, slices.
        reference_columns: rivals' probabilities, 0 to 1.

    Raises:
        BadFileError: the file is missing, damaged, empty, or holds values that cannot be scored.
        UnknownNameError: the file has no such column.
    """
    file = Path(path)
    frame = read_frame(file)
    wanted = [probability_column, observed_column, *label_columns, *reference_columns]
    for name in wanted + ([time_column] if time_column else []):
        if name not in frame.columns:
            raise UnknownNameError(f"column in {file.name}", name, map(str, frame.columns))
    if frame.empty:
        raise BadFileError(file, "the table has no rows. Give at least one forecast.")
    times = times_column(file, frame, time_column or TIME_COLUMN)
    repeats = 0 if times is None else len(times) - len(np.unique(times))
    try:
        probability, observed = forecast_arrays(
            _numbers(file, frame[probability_column]), _numbers(file, frame[observed_column])
        )
        references = {
            name: probability_array(_numbers(file, frame[name]), what=f"Probability '{name}'")
            for name in reference_columns
        }
    except BadOptionError as error:
        raise BadFileError(file, str(error)) from None
    return ForecastTable(
        path=file,
        probability=probability,
        observed=observed,
        times=times,
        labels={name: labels_column(file, frame[name]) for name in label_columns},
        references=references,
        notes=(f"{repeats} rows repeat a time of another row; all are scored.",) if repeats else (),
    )


def read_frame(file: Path) -> pd.DataFrame:
    """The table as it is."""
    import pandas as pd

    try:
        with file.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise BadFileError(
            file, f"cannot be opened ({error.strerror}). Give a CSV or Parquet file."
        ) from None
    if not start:
        raise BadFileError(
            file, "the file is empty. Give a CSV or Parquet file with a row for each forecast."
        )
    kind = "Parquet" if start == b"PAR1" or file.suffix.lower() in (".parquet", ".pq") else "CSV"
    try:
        frame = _read_parquet(file) if kind == "Parquet" else pd.read_csv(file, low_memory=False)
    except _DAMAGE as error:
        problem = (str(error) or type(error).__name__).splitlines()[0].rstrip(". ")
        raise BadFileError(file, f"cannot be read as {kind}: {problem}. Write the file again.") from None
    _check_separator(file, frame)
    return frame


def _check_separator(file: Path, frame: pd.DataFrame) -> None:
    """Columns parted by anything but commas look like one column."""
    only = str(frame.columns[0]) if len(frame.columns) == 1 else ""
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if mark in only:
            raise BadFileError(
                file, f"its columns are separated by {name} ('{only[:60]}'). Accepted: commas, or Parquet."
            )


def _read_parquet(file: Path) -> pd.DataFrame:
    """A Parquet file whose every value is checked: damaged text would else fail later, at first use."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(file) as parquet:
            table = parquet.read()
        table.validate(full=True)
        frame: pd.DataFrame = table.to_pandas()
    except pyarrow.ArrowException as error:
        raise ValueError(str(error)) from None
    return frame


def _numbers(file: Path, column: pd.Series) -> Float[np.ndarray, "n"]:
    """One column as float64; a word where a number should be is named."""
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    words = np.flatnonzero((numbers.isna() & column.notna()).to_numpy())
    if words.size:
        raise BadFileError(
            file,
            f"column '{column.name}' holds '{column.iloc[words[0]]}' in row {words[0] + 1} "
            f"({words.size} such), which is no number. Mend or drop these rows.",
        )
    return np.asarray(numbers.to_numpy(dtype=float, na_value=np.nan))


def times_column(file: Path, frame: pd.DataFrame, name: str) -> Shaped[np.ndarray, "n"] | None:
    """One column as ``datetime64[us]`` UTC; None where the file has none."""
    import pandas as pd

    if name not in frame.columns:
        return None
    column = frame[name]
    if pd.api.types.is_numeric_dtype(column):
        raise BadFileError(
            file, f"column '{name}' holds numbers. Accepted: ISO 8601 times, such as 2014-01-01T12:00Z."
        )
    text = column if pd.api.types.is_datetime64_any_dtype(column) else column.astype("string")
    times = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
    bad = np.flatnonzero(~times.dt.year.between(FIRST_YEAR, LAST_YEAR).to_numpy(bool))
    if bad.size:
        raise BadFileError(
            file,
            f"column '{name}' holds '{column.iloc[bad[0]]}' in row {bad[0] + 1} ({bad.size} such), "
            "which is no time. Accepted: ISO 8601, such as 2014-01-01T12:00Z, in the years 1900 to 2200.",
        )
    return np.asarray(times.dt.tz_localize(None).to_numpy(dtype="datetime64[us]"))


def labels_column(file: Path, column: pd.Series) -> Shaped[np.ndarray, "n"]:
    """One column of labels, none missing; numbers stay numbers so that they sort as such."""
    import pandas as pd

    missing = np.flatnonzero(column.isna().to_numpy())
    if missing.size:
        raise BadFileError(
            file,
            f"column '{column.name}' is empty in row {missing[0] + 1} ({missing.size} such). "
            "Give each row its label, or drop these rows.",
        )
    return np.asarray(
        column.to_numpy() if pd.api.types.is_numeric_dtype(column) else column.astype(str).to_numpy(str)
    )
