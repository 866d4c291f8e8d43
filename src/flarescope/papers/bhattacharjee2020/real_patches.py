"""The real active-region patches of 2012 to 2017 as a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.papers.bhattacharjee2020 import around_flares
from flarescope.papers.bhattacharjee2020.around_flares import flare_follows, hours_from_flares
from flarescope.papers.bhattacharjee2020.dataset import COLUMNS, Dataset
from flarescope.papers.bhattacharjee2020.kept_rows import kept_rows
from flarescope.papers.bhattacharjee2020.periods import TEST_FROM
from flarescope.papers.kept_stamp import sizes, stamp
from flarescope.samples.table import as_times, read_table
from flarescope.sources.calibration import GREY_PER_GAUSS, patch_scale
from flarescope.sources.files import read_magnetogram
from flarescope.sources.flares import read_flares
from flarescope.sources.region_tables import read_region_days
from flarescope.synthetic.regions import DEGREES_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.flare import FlareCatalog
    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram

__all__ = ["patches"]

INDEX = "magnetograms/active_regions_2012_2017/index.csv"
FLARES = "flares/goes_2010_2025.csv"
REGION_DAYS = "regions/mcintosh_region_days_1996_2018.csv"
CM2_PER_MM2 = 1e16


def patches(desk: Desk) -> Dataset:
    """3,125 frames of 463 NOAA regions, 8-bit, each of one fixed field of view.

    A region's label is whether it has a flare of M1.0 or above at any time of its passage.
    """
    index, flares, region_days = desk.need(INDEX), desk.need(FLARES), desk.need(REGION_DAYS)
    listed = read_table(index, needed=("file", "noaa_ar", "time_utc"))
    folder = desk.cache("dataset_patches")
    images = sizes(index.parent / name for name in listed["file"])
    read_too = (index, flares, region_days, Path(around_flares.__file__))
    named = stamp(str(TEST_FROM), DEGREES_PER_DAY, GREY_PER_GAUSS, images, files=read_too)

    def read(row: int) -> Magnetogram:
        return read_magnetogram(index.parent / listed["file"].iloc[row], view="region")

    def table() -> pd.DataFrame:
        rows = _labelled(listed, read_flares(flares).at_least("M1.0"))
        return _with_flux(_with_places(rows, region_days), read, desk)[list(COLUMNS)]

    rows = kept_rows(folder / f"rows_{named}.parquet", table, COLUMNS)
    return Dataset("real-small", rows, folder, named, read, "grey8", desk.progress)


def _labelled(listed: pd.DataFrame, flares: FlareCatalog) -> pd.DataFrame:
    """Region, label, time and hours from flares of each frame."""
    times = as_times(listed["time_utc"])
    regions = listed["noaa_ar"].to_numpy(int)
    rows = pd.DataFrame({"region": regions, "group": regions.astype(str), "time_utc": times})
    first = rows.groupby("region")["time_utc"].transform("min")
    rows = rows.assign(
        period=np.where(first < TEST_FROM, "train", "test"),
        flaring=0,
        hours_from_flare=np.nan,
        isolated=False,
        flare_within_24h=False,
        width_px=256,
        height_px=256,
    )
    starts, of_region = flares.columns.start, flares.columns.region
    for region in np.unique(regions):
        own, at = regions == region, starts[of_region == region]
        hours, isolated = hours_from_flares(times[own], at)
        rows.loc[own, "flaring"] = int(len(at) > 0)
        rows.loc[own, "hours_from_flare"], rows.loc[own, "isolated"] = hours, isolated
        rows.loc[own, "flare_within_24h"] = flare_follows(times[own], at)
    return rows


def _with_places(rows: pd.DataFrame, region_days: Path) -> pd.DataFrame:
    """Latitude and longitude from the region's nearest day in the summaries, turned with the Sun.

    NaN for a region that is not in them.
    """
    days = read_region_days(region_days)
    days = days[days["noaa"].isin(rows["region"])].dropna(subset=["latitude", "longitude"])
    days = days.assign(day=days["issued_utc"].astype("datetime64[us]"), noaa=days["noaa"].astype(int))
    found = pd.merge_asof(
        rows.assign(row=np.arange(len(rows))).sort_values("time_utc"),
        days.sort_values("day")[["day", "noaa", "latitude", "longitude"]],
        left_on="time_utc",
        right_on="day",
        left_by="region",
        right_by="noaa",
        direction="nearest",
    ).sort_values("row")
    turned = (found["time_utc"] - found["day"]).dt.total_seconds() / 86_400.0 * DEGREES_PER_DAY
    return rows.assign(
        latitude=found["latitude"].to_numpy(float), longitude=(found["longitude"] + turned).to_numpy(float)
    )


def _with_flux(rows: pd.DataFrame, read: Callable[[int], Magnetogram], desk: Desk) -> pd.DataFrame:
    """Unsigned line-of-sight flux of the whole patch, by the grey levels' calibration."""
    flux = np.empty(len(rows))
    for row, time in enumerate(rows["time_utc"]):
        gauss = float(np.nansum(np.abs(read(row).signed), dtype=float)) / GREY_PER_GAUSS
        side = patch_scale(time.tz_localize("UTC").to_pydatetime()).megametres_per_pixel
        flux[row] = gauss * side**2 * CM2_PER_MM2
        if row % 50 == 0:
            desk.progress("patches", row, len(rows))
    return rows.assign(flux_mx=flux)
