"""The real flare lists: counts, repairs and holes as they were found."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from flarescope.sources.flares import read_flares

pytestmark = pytest.mark.realdata


def test_goes_2010_2025(data_dir: Path) -> None:
    began = time.perf_counter()
    catalog = read_flares(data_dir / "flares/goes_2010_2025.csv")
    assert time.perf_counter() - began < 3.0  # 0.5 s on an idle machine
    # 30,407 lines: one A0.0; 31 lines of the last three days of 2023 stand twice, and 17 flares were
    # recorded by two satellites, or twice within a minute
    assert len(catalog) == 30_358
    notes = " ".join(catalog.notes)
    assert "41 peak times moved to the next day" in notes
    assert "84 end times moved to the next day" in notes  # 43 of them with a peak before midnight
    assert "4 flares lost peak and end" in notes
    assert sum(f.peak is None for f in catalog) == sum(f.end is None for f in catalog) == 4
    # three flares of December 2019 were seen by GOES 16, two of January 2020 by GOES 15
    scale = {f.scale for f in catalog if f.start.year < 2019}
    assert scale == {"operational"}
    assert sum(f.scale == "science" for f in catalog if f.start.year == 2019) == 3
    assert sum(f.scale == "operational" for f in catalog if f.start.year >= 2020) == 2


def test_the_solar_minimum_is_not_shredded(data_dir: Path) -> None:
    catalog = read_flares(data_dir / "flares/goes_2010_2025.csv")
    assert catalog.covers(datetime(2010, 9, 1, tzinfo=UTC), datetime(2025, 11, 16, tzinfo=UTC))
    lmsal = read_flares(data_dir / "flares/lmsal_2026_start_only.csv")
    assert lmsal.coverage == ((datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),)


def test_reports_agree_with_the_csv_and_their_holes_are_found(data_dir: Path) -> None:
    reports = read_flares(*sorted((data_dir / "flares/ncei_reports").glob("*.txt")))
    goes = read_flares(data_dir / "flares/goes_2010_2025.csv").columns
    mine = reports.columns
    shared, a, b = np.intersect1d(goes.start, mine.start, return_indices=True)
    ratio = mine.flux[b] / goes.flux[a]
    assert len(shared) > 12_700
    assert np.mean(np.abs(ratio - 1) < 0.13) > 0.999  # a misread scale or letter would be far off
    # the goes list has flares on all these days
    for year, month, first, last in (
        (2012, 3, 25, 31),
        (2012, 11, 3, 13),
        (2015, 5, 23, 31),
        (2016, 5, 4, 15),
    ):
        assert not reports.covers(
            datetime(year, month, first, tzinfo=UTC), datetime(year, month, last, tzinfo=UTC)
        )
    assert len(reports.coverage) == 6  # and one silence, 18 to 26 August 2010, that the goes list has too


def test_other_lists(data_dir: Path) -> None:
    swpc = read_flares(data_dir / "flares/swpc_1996_2018.csv")
    assert len(swpc) == 23_282
    assert min(f.noaa_region for f in swpc if f.noaa_region) == 7986
    assert {f.noaa_region for f in swpc if f.start.year == 2003 and f.noaa_region} <= set(
        range(10_000, 10_600)
    )
    located = read_flares(data_dir / "flares/located_2010_2018.csv")
    assert sum(f.position is not None for f in located) > 7_500
    short = read_flares(data_dir / "forecasts/mx_flares_2014_2016.txt")
    both = read_flares(data_dir / "forecasts/mx_flares_2014_2016.txt", data_dir / "flares/goes_2010_2025.csv")
    assert len(short) == 356
    assert len(both) <= 30_358 + 15
