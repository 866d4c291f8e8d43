"""Sample tables: checked, written whole, read back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarescope.errors import BadFileError, BadOptionError, FlarescopeError, UnknownNameError
from flarescope.samples.table import SampleTable, as_times, read_table


def table(**columns: object) -> SampleTable:
    return SampleTable(pd.DataFrame({"time_utc": ["2012-03-06T14:24", "2012-03-07"], **columns}))


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_there_and_back(tmp_path: Path, suffix: str) -> None:
    made = table(label=[1, None], strongest=["X5.4", ""], hours_to_flare=[9.7, np.nan], weight=[1.0, 2.0])
    path = tmp_path / "new" / f"rows{suffix}"
    made.write(path)
    back = SampleTable.read(path)
    assert back["time_utc"].tolist() == made["time_utc"].tolist()
    assert back["label"].dtype == "Int8"
    assert back.counts == made.counts == {"rows": 2, "positive": 1, "negative": 0, "unlabelled": 1}
    assert back["strongest"].fillna("").tolist() == ["X5.4", ""]
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.parquet"
    table().write(path)
    before = path.read_bytes()

    def broken(part: Path, content: bytes) -> int:
        with part.open("wb") as file:
            file.write(content[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", broken)
    with pytest.raises(BadOptionError, match="No space left"):
        table(label=[0, 1]).write(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(BadOptionError, match=r"rows\.parquet is not a folder"):
        table().write(path / "below_a_file.csv")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"label": [1, 2]}, "Label '2'"),
        ({"label": ["yes", "no"]}, "Label 'yes'"),
        ({"view": ["full_disk", "patch"]}, "view"),
        ({"weight": [1.0, 0.0]}, "weight holds"),
        ({"weight": [1.0, np.inf]}, "weight holds"),
        ({"hours_to_flare": [1.0, -2.0]}, "hours_to_flare holds"),
    ],
)
def test_values_that_cannot_be_are_refused(columns: dict[str, object], message: str) -> None:
    with pytest.raises(BadOptionError, match=message):
        table(**columns)


def test_columns_that_are_missing() -> None:
    with pytest.raises(BadOptionError, match="time_utc"):
        SampleTable(pd.DataFrame({"label": [1]}))
    with pytest.raises(UnknownNameError, match="Did you mean 'time_utc'"):
        table()["time_ut"]


def test_times_of_every_kind() -> None:
    noon = np.datetime64("2012-03-06T12:00", "us")
    aware = pd.Series(pd.to_datetime(["2012-03-06T14:00+02:00"]))
    for times in (
        ["2012-03-06T12:00Z"],
        [datetime(2012, 3, 6, 12, tzinfo=UTC)],
        np.array(["2012-03-06T12"], "M8[h]"),
        pd.DatetimeIndex(["2012-03-06 12:00"]),
        aware,
    ):
        assert as_times(times).tolist() == [noon.item()]
    for wrong in ([datetime(2012, 3, 6)], ["noon"], pd.Series([pd.NaT]), pd.Series(["x"])):  # noqa: DTZ001
        with pytest.raises(BadOptionError, match=r"Accepted|zone"):
            as_times(wrong)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"PAR1 but not really", r"cannot be read as Parquet: .*[^.]\. Write"),
        (b"a,b\n1,2\n", "time_utc are missing"),
        (b"time_utc;label\n2012-01-01;1\n", r"separated by semicolons \('time_utc;label'\)"),
        (b"time_utc\n", "no row"),
        (b"time_utc\n2012-01-01\nyesterday\n", "Row 2 holds 'yesterday'"),
        (b"time_utc\n9999-01-01\n", "in the years 1900 to 2200"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(data)
    with pytest.raises(BadFileError, match=message):
        SampleTable.read(path)
    with pytest.raises(BadFileError, match="cannot be opened"):
        read_table(tmp_path / "none.csv", needed=())


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_tables_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / f"rows{data.draw(st.sampled_from(['.parquet', '.csv']))}"
    table(label=[1, 0], strongest=["M1.0", ""]).write(path)
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    found = table_or_refusal(path)
    assert isinstance(found, SampleTable) or "rows" in str(found)


def table_or_refusal(path: Path) -> SampleTable | FlarescopeError:
    try:
        return SampleTable.read(path)
    except FlarescopeError as error:
        return error
