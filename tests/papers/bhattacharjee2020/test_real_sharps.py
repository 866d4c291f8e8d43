"""Rows of SHARPs: what belongs together, and what is no part of the paper's periods."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.papers.bhattacharjee2020.real_sharps import labelled, paper_selection, up_to_the_end
from flarescope.papers.bhattacharjee2020.splits import dealt
from flarescope.sources.regions import HarpNoaa

COVERED = ((datetime(2010, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)),)


def headers(harps: int) -> pd.DataFrame:
    """Two rows a HARP, all in 2012; HARPs 10, 20, ... and 11, 21, ... look at one NOAA region."""
    harp = np.repeat(np.arange(10, 10 + harps), 2)
    days = (harp - 10).astype("timedelta64[D]")
    hour = np.tile(np.array([0, 5], "timedelta64[h]"), harps)
    return pd.DataFrame({
        "file": "none", "region": harp, "noaa": [[] for _ in harp],
        "time_utc": np.datetime64("2012-01-01T00", "us") + days + hour, "longitude": 0.0, "latitude": 10.0,
        "flux_mx": 1e22, "width_px": 300, "height_px": 200, "quality": 0, "obs_vr": 0.0,
        "area_now_msh": 100.0,
    })  # fmt: skip


def test_harps_of_one_noaa_number_are_never_on_both_sides() -> None:
    numbers = {harp: (11000 + harp // 2, 11900 + harp) for harp in range(10, 40)}
    flares = tuple(
        Flare(datetime(2012, 1, 2, tzinfo=UTC), GoesClass("M2.0"), noaa_region=11000 + harp // 2)
        for harp in range(10, 40, 6)
    )
    rows = labelled(headers(31), FlareCatalog(flares, COVERED), HarpNoaa(numbers))
    assert rows[rows["region"] == 11]["group"].unique().tolist() == ["11005,11911"]
    assert rows[rows["region"] == 40]["group"].unique().tolist() == ["HARP 40"]
    assert rows.groupby(rows["region"] // 2)["flaring"].nunique().max() == 1
    apart = 0
    for number in range(5):
        split = dealt(rows, number)
        pairs = [set(rows["region"].to_numpy()[part["row"]] // 2) for part in (split.train, split.test)]
        assert pairs[0]
        assert pairs[1]
        apart += len(pairs[0] & pairs[1])
    assert apart == 0


def test_a_number_seen_before_the_date_is_not_tested_on_after_it() -> None:
    rows = labelled(headers(4), FlareCatalog((), COVERED), HarpNoaa({10: (1, 2), 11: (2,), 12: (3,)}))
    late = rows["region"].isin([11, 12])
    moved = rows["time_utc"].where(~late, rows["time_utc"] + pd.Timedelta(days=1600))
    split = dealt(rows.assign(time_utc=moved), "chronological")
    assert set(split.test["group"]) == {"3"}
    assert set(split.train["group"]) == {"1,2", "HARP 13"}


def test_files_after_the_test_period_are_left_out_and_counted() -> None:
    rows = headers(3).assign(time_utc=np.datetime64("2018-08-31T23", "us"))
    rows.loc[[1, 4], "time_utc"] = np.datetime64("2018-09-01T00", "us")
    kept = up_to_the_end(rows)
    assert kept.index.tolist() == [0, 2, 3, 5]
    assert kept.attrs["later"] == 2
    assert up_to_the_end(rows[:0]).attrs["later"] == 0


def test_the_cut_in_quality_is_the_papers() -> None:
    rows = headers(2).assign(quality=[0, 0xFFFF, 0x10000, 0x10001])
    assert paper_selection(rows)["quality"].tolist() == [0, 0xFFFF]
