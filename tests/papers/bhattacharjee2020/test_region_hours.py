"""Regions hour by hour: labels, periods, hours from flares, and hours that were not measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import MissingDataError
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.models.sharp_svm import KEYWORDS
from flarescope.papers.bhattacharjee2020.region_hours import (
    RegionHours,
    make_region_hours,
    read_region_hours,
)
from flarescope.papers.reproduction import Desk
from flarescope.sources.regions import HarpNoaa

if TYPE_CHECKING:
    from pathlib import Path

FIRST = datetime(2015, 9, 29, tzinfo=UTC)
COVERED = ((datetime(2015, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)),)


def frame(harp: int, hours: int, first: datetime = FIRST) -> pd.DataFrame:
    times = pd.date_range(first.replace(tzinfo=None), periods=hours, freq="h").astype("datetime64[us]")
    return pd.DataFrame({"HARPNUM": harp, "time_utc": times, **dict.fromkeys(KEYWORDS, 1.0)})


def flare(hour: float, region: int, strength: str = "M1.0") -> Flare:
    return Flare(FIRST + timedelta(hours=hour), GoesClass(strength), noaa_region=region)


def test_a_harp_flares_if_any_of_its_noaa_regions_does() -> None:
    made = make_region_hours(
        pd.concat([frame(1, 100), frame(2, 100), frame(3, 100)]),
        HarpNoaa({1: (12001, 12002), 2: (12003,)}),
        FlareCatalog((flare(90, 12002), flare(50, 12003, "C9.9")), COVERED),
    )
    regions = made.regions.set_index("region")
    assert regions["label"].astype("Int8").tolist() == [1, 0, pd.NA]  # the third names no NOAA region
    one = made.rows[made.rows["region"] == 1]
    assert one["hours_from_flare"].dropna().to_numpy() == pytest.approx(np.arange(-72, 10))
    assert (one["flare"].dropna() == pd.Timestamp("2015-10-02T18:00")).all()
    assert one["isolated"].sum() == 82
    assert one["flare_within_24h"].to_numpy().nonzero()[0].tolist() == list(range(67, 90))
    two = made.rows[made.rows["region"] == 2]
    assert two["hours_from_flare"].isna().all()
    assert not two["flare_within_24h"].any()
    assert 3 not in made.rows["region"].to_numpy()


def test_the_first_hour_decides_the_period() -> None:
    later = datetime(2018, 9, 1, tzinfo=UTC)
    made = make_region_hours(
        pd.concat([frame(1, 100), frame(2, 10, FIRST + timedelta(days=3)), frame(3, 10, later)]),
        HarpNoaa({1: (12001,), 2: (12002,), 3: (12003,)}),
        FlareCatalog((), COVERED),
    )
    assert made.regions["period"].tolist() == ["train", "test", "later"]
    assert (made.rows.groupby("region")["period"].nunique() == 1).all()


def test_hours_whose_inversion_failed_are_left_out() -> None:
    hours = frame(1, 10)
    hours.loc[2, "USFLUX"] = 0.0  # as the table has it where nothing was measured
    hours.loc[5, "SHRGT45"] = np.nan
    made = make_region_hours(hours, HarpNoaa({1: (12001,)}), FlareCatalog((), COVERED))
    assert made.unmeasured == 2
    assert len(made.rows) == 8


def test_without_data_it_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="hourly_2010_2019"):
        read_region_hours(Desk(None, tmp_path))


def test_the_made_up_regions_are_as_made(region_hours: RegionHours) -> None:
    assert region_hours.regions.groupby("period")["label"].agg(["sum", "size"]).to_numpy().tolist() == [
        [5, 20],
        [15, 60],
    ]


@pytest.mark.realdata
def test_real_regions_and_hours(data_dir: Path, tmp_path: Path) -> None:
    made = read_region_hours(Desk(data_dir, tmp_path))
    counts = made.regions.groupby("period")["label"].agg(["sum", "size"])
    assert counts.loc["train"].tolist() == [168, 1055]
    assert counts.loc["test"].tolist() == [16, 256]
    assert made.unmeasured == 563
    near = made.rows[made.rows["hours_from_flare"].notna()]
    assert (near["flaring"] == 1).all()
    assert near["hours_from_flare"].between(-72, 72).all()
    before = made.rows["hours_from_flare"].between(-24, -1e-9)
    assert made.rows["flare_within_24h"][before].mean() > 0.999
