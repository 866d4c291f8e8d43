"""Selection: every row that is left out is counted once, with its reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.samples.select import select
from flarescope.samples.table import SampleTable


def table(n: int = 4, **columns: object) -> SampleTable:
    times = pd.date_range("2012-03-06", periods=n, freq="12min")
    return SampleTable(pd.DataFrame({"time_utc": times, **columns}))


def test_each_cut_and_its_reason() -> None:
    rows = table(
        6,
        quality=["0x00000000", "0x00010400", "0", "0", "0", "0"],
        obs_vr=[100.0, 0.0, -3600.0, 3499.0, 0.0, 0.0],
        longitude=[-45.0, 0.0, 0.0, 46.0, 0.0, np.nan],
        area_msh=[500.0, 500.0, 500.0, 500.0, 10.0, 500.0],
        label=[1, 0, 0, 0, 0, 0],
    )
    kept = select(rows, quality_at_most=0x10000, speed_below=3500, longitude_within=45, area_at_least=50)
    assert len(kept.table) == 1
    assert kept.excluded == {
        "quality above 0x10000": 1,
        "speed of 3500 m/s and more": 1,
        "further than 45° from the central meridian": 1,
        "area below 50 millionths": 1,
        "longitude not known": 1,
    }
    assert kept.not_applied == ()


def test_a_missing_column_excludes_nothing_and_is_said() -> None:
    kept = select(table(), quality_at_most=0x10000, longitude_within=45)
    assert len(kept.table) == 4
    assert kept.excluded == {}
    assert [note.split(": ")[1] for note in kept.not_applied] == [
        "not applied, needs the column 'quality'",
        "not applied, needs the column 'longitude'",
        "not applied, needs the column 'label'",
    ]


def test_rows_without_a_label_go_under_their_own_reason() -> None:
    rows = table(label=[1, None, None, 0], reason=["", "the list has a hole", "", ""])
    kept = select(rows)
    assert kept.excluded == {"the list has a hole": 1, "no label": 1}
    assert len(select(rows, labelled=False).table) == 4


def test_one_row_an_hour_and_region() -> None:
    rows = table(10, group=["a", "b"] * 5)
    kept = select(rows, cadence="1h", labelled=False)
    assert kept.table["time_utc"].dt.strftime("%H:%M").tolist() == ["00:00", "00:12", "01:00", "01:12"]
    assert kept.excluded == {"not the first in its 1h": 6}


def test_an_excluded_row_does_not_stand_for_its_hour() -> None:
    kept = select(table(5, quality=[9, 0, 0, 0, 0]), quality_at_most=1, cadence="1h", labelled=False)
    assert kept.table["time_utc"].dt.minute.tolist() == [12]


def test_negative_limits_are_refused() -> None:
    with pytest.raises(BadOptionError, match="negative"):
        select(table(), longitude_within=-45)


@given(st.lists(st.one_of(st.none(), st.floats(-90, 90)), min_size=1, max_size=30), st.floats(0, 90))
def test_kept_and_excluded_add_up(longitudes: list[float | None], limit: float) -> None:
    rows = table(len(longitudes), longitude=pd.array(longitudes, dtype="Float64"))
    kept = select(rows, longitude_within=limit, cadence="1h", labelled=False)
    assert len(kept.table) + sum(kept.excluded.values()) == len(rows)
    assert (kept.table["longitude"].abs() <= limit).all()
