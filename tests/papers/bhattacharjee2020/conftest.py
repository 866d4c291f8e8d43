"""Tables whose every number is known: held-out images, and regions hour by hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.models.sharp_svm import KEYWORDS
from flarescope.papers.bhattacharjee2020.region_hours import RegionHours, make_region_hours
from flarescope.sources.regions import HarpNoaa

DAYS = 8


@pytest.fixture
def held_out_table() -> pd.DataFrame:
    """Three splits of 8 flaring and 16 quiet regions, 48 hourly images each; the output rises to the flare.

    Flaring regions flare once, half-way through. y is .8 within 24 h before it, .4 otherwise; of quiet
    regions every fourth is called flaring (.55), the others are not (.05).
    """
    parts = []
    for split in range(3):
        for number in range(24):
            flaring = number < 8
            hours = np.arange(-47.5, 48.0, 2.0) if flaring else np.full(48, np.nan)
            near = (hours > -24) & (hours < 0)
            y = np.where(near, 0.8, 0.4) if flaring else np.full(48, 0.55 if number % 4 == 0 else 0.05)
            region = 1000 * (split + 1) + number
            parts.append(pd.DataFrame({
                "split": str(split), "row": np.arange(48) + 48 * (number + 24 * split),
                "region": region, "group": str(region), "flaring": int(flaring),
                "hours_from_flare": hours, "flare_within_24h": near, "y": y,
                "flux_mx": 1e22 * (1 + y) + 1e19 * np.arange(48),
            }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def keywords_of(harp: int, first: datetime, size: float) -> pd.DataFrame:
    """Eight days of one region, of this size in units of a typical quiet one."""
    rng = np.random.default_rng(harp)
    times = pd.date_range(first.replace(tzinfo=None), periods=24 * DAYS, freq="h").astype("datetime64[us]")
    columns = {name: size * np.exp(rng.normal(0, 0.2, len(times))) for name in KEYWORDS}
    columns["USFLUX"] *= 6e21
    columns["AREA_ACR"] *= 260
    return pd.DataFrame({"HARPNUM": harp, "time_utc": times, **columns}).astype(
        dict.fromkeys(KEYWORDS, np.float32)
    )


@pytest.fixture(scope="session")
def region_hours() -> RegionHours:
    """Sixty regions from 2012 and twenty from 2016; every fourth is four times as large and flares."""
    frames, flares, numbers = [], [], {}
    for i in range(80):
        harp, year = 100 + i, 2012 if i < 60 else 2016
        first = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=3 * i)
        frames.append(keywords_of(harp, first, 4.0 if i % 4 == 0 else 1.0))
        numbers[harp] = (11000 + i,)
        if i % 4 == 0:
            hours = (100,) if i % 8 else (80, 90, 140)
            flares += [
                Flare(first + timedelta(hours=h), GoesClass("M2.0"), noaa_region=11000 + i) for h in hours
            ]
    covered = ((datetime(2010, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)),)
    return make_region_hours(
        pd.concat(frames, ignore_index=True), HarpNoaa(numbers), FlareCatalog(tuple(flares), covered)
    )
