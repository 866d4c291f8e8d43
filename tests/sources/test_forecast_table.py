"""Tables of forecasts: what is read, and how each fault is named."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarescope.errors import BadFileError, FlarescopeError, UnknownNameError
from flarescope.sources.forecast_table import read_forecast_table

GOOD = "time_utc,probability,flare,fold,swpc\n2014-01-01 00:00,0.1,0,1,0.2\n2014-01-01 01:00,0.9,1,2,0.6\n"


def write(folder: Path, text: str | bytes, name: str = "f.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_csv_and_parquet_read_alike(tmp_path: Path) -> None:
    csv = write(tmp_path, GOOD)
    frame = pd.read_csv(csv, parse_dates=["time_utc"])
    frame.to_parquet(tmp_path / "f.parquet")
    for path in (csv, tmp_path / "f.parquet"):
        table = read_forecast_table(
            path, observed_column="flare", label_columns=["fold"], reference_columns=["swpc"]
        )
        assert table.probability.tolist() == [0.1, 0.9]
        assert table.observed.tolist() == [False, True]
        assert table.times is not None
        assert table.times.dtype == "datetime64[us]"
        assert table.times[1] == np.datetime64("2014-01-01T01:00")
        assert table.labels["fold"].tolist() == [1, 2]
        assert table.references["swpc"].tolist() == [0.2, 0.6]
        assert table.notes == ()


def test_zones_are_turned_into_utc_and_booleans_are_observations(tmp_path: Path) -> None:
    text = "when,probability,flare\n2014-01-01T01:00+01:00,0.1,False\n2014-01-01T01:00Z,0.2,True\n"
    table = read_forecast_table(write(tmp_path, text), observed_column="flare", time_column="when")
    assert table.times is not None
    assert table.times.astype("datetime64[h]").astype(str).tolist() == ["2014-01-01T00", "2014-01-01T01"]
    assert table.observed.tolist() == [False, True]


def test_no_times_is_accepted_and_repeated_times_are_noted(tmp_path: Path) -> None:
    without = read_forecast_table(write(tmp_path, "probability,flare\n0.1,0\n"), observed_column="flare")
    assert without.times is None
    again = GOOD + "2014-01-01 01:00,0.9,1,2,0.6\n"
    assert read_forecast_table(write(tmp_path, again), observed_column="flare").notes == (
        "1 rows repeat a time of another row; all are scored.",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ("time_utc,probability,flare\n", "the table has no rows"),
        (GOOD.replace("0.9", "1.9"), "Probability 1.9 in row 2 (1 such) is not from 0 to 1."),
        (GOOD.replace("0.9", ""), "Probability nan in row 2"),
        (
            GOOD.replace("0.9", "high"),
            "column 'probability' holds 'high' in row 2 (1 such), which is no number.",
        ),
        (GOOD.replace("0.9,1,", "0.9,3,"), "Observation 3 in row 2"),
        (GOOD.replace("2014-01-01 01:00", "yesterday"), "column 'time_utc' holds 'yesterday' in row 2"),
        (
            GOOD.replace("2014-01-01 01:00", "7").replace("2014-01-01 00:00", "6"),
            "column 'time_utc' holds numbers",
        ),
        (GOOD.replace("0.9,1,2", "0.9,1,"), "column 'fold' is empty in row 2"),
        (GOOD.replace("0.6", "6"), "Probability 'swpc' 6 in row 2"),
        (GOOD + "1,2,3,4,5,6,7\n", "cannot be read as CSV"),
        (b"PAR1 and then nothing of the kind", "cannot be read as Parquet"),
        (b"\x93\xff\xfe\x00\x01binary,\x80", "cannot be read as CSV"),
    ],
)
def test_each_fault_is_named_in_one_line(tmp_path: Path, text: str | bytes, problem: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(BadFileError) as caught:
        read_forecast_table(
            path,
            observed_column="flare",
            label_columns=["fold"] if "fold" in str(text) else [],
            reference_columns=["swpc"] if "swpc" in str(text) else [],
        )
    assert str(path) in str(caught.value)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_column_of_another_name_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        read_forecast_table(write(tmp_path, GOOD), observed_column="flaer")
    assert str(caught.value) == (
        "No column in f.csv named 'flaer'. Did you mean 'flare'? "
        "Known: flare, fold, probability, swpc, time_utc."
    )


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match=r"cannot be opened \(No such file or directory\)"):
        read_forecast_table(tmp_path / "none.csv", observed_column="flare")
    with pytest.raises(BadFileError, match="cannot be opened"):
        read_forecast_table(tmp_path, observed_column="flare")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_ends_in_a_table_or_in_one_line(tmp_path: Path, data: st.DataObject) -> None:
    frame = pd.DataFrame({"time_utc": ["2014-01-01"] * 3, "probability": [0.1, 0.2, 0.3], "flare": [0, 1, 0]})
    kind = data.draw(st.sampled_from(["f.csv", "f.parquet"]))
    frame.to_csv(tmp_path / "f.csv", index=False)
    frame.to_parquet(tmp_path / "f.parquet")
    content = bytearray((tmp_path / kind).read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    for _ in range(data.draw(st.integers(0, 3))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = write(tmp_path, bytes(content), "damaged" + Path(kind).suffix)
    with contextlib.suppress(FlarescopeError):  # anything else fails the test
        table = read_forecast_table(path, observed_column="flare")
        assert len(table.probability) == len(table.observed) > 0
        assert ((table.probability >= 0) & (table.probability <= 1)).all()
