"""What the 8-bit images mean: constants against the data they were fitted on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarescope.geometry import Disk, PlateScale, earth_view
from flarescope.preparation import Preparation
from flarescope.sources.calibration import (
    GREY_PER_GAUSS,
    PATCH_ARCSEC,
    REGION_DAY_RATE,
    SATURATION_GAUSS,
    patch_scale,
)
from flarescope.sources.files import read_magnetogram
from flarescope.sun import ZERO_GREY
from flarescope.times import utc


@pytest.mark.parametrize("day", ["2012-01-03", "2014-07-04", "2017-10-01"])
def test_a_patch_has_the_scale_of_a_disk_with_pixels_of_the_same_angle(day: str) -> None:
    time = utc(f"{day}T00:00Z")
    view = earth_view(time)
    disk = Disk(0.0, 0.0, 800.0, view.b0, view.l0, view.distance_au)
    disk = Disk(0.0, 0.0, 800.0 * disk.arcsec_per_pixel / PATCH_ARCSEC, view.b0, view.l0, view.distance_au)
    assert disk.arcsec_per_pixel == pytest.approx(PATCH_ARCSEC)
    assert patch_scale(time).megametres_per_pixel == pytest.approx(695.7 / disk.radius)


def test_the_grey_range_is_the_range_of_the_field() -> None:
    assert pytest.approx(ZERO_GREY) == GREY_PER_GAUSS * SATURATION_GAUSS


@pytest.mark.realdata
def test_patches_are_read_with_their_scale_and_can_be_cropped(data_dir: Path) -> None:
    folder = data_dir / "magnetograms/active_regions_2012_2017/11429/2012_03_08_02_00_01_0"
    patch = read_magnetogram(folder / "2012-03-07T140001__magnetogram.jpg")
    assert isinstance(patch.geometry, PlateScale)
    assert patch.place is None
    assert patch.geometry.megametres_per_pixel == pytest.approx(0.8638, abs=1e-3)
    preparation = Preparation(size=128, fit="crop", megametres_per_pixel=1.7, encoding="grey8", std=127.5)
    assert np.ptp(preparation.apply(patch)) > 1.5


@pytest.mark.realdata
def test_the_base_rate_is_that_of_the_region_days(data_dir: Path) -> None:
    days = pd.read_csv(data_dir / "regions/mcintosh_region_days_1996_2018.csv")
    year = pd.to_datetime(days["AR issue_date"]).dt.year
    flared = (days["M+"] > 0)[(year >= 2012) & (year <= 2017)]
    assert (len(flared), int(flared.sum())) == (9342, 328)
    assert flared.mean() == pytest.approx(REGION_DAY_RATE, abs=5e-5)
