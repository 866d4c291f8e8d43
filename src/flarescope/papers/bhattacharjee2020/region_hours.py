"""Every region of May 2010 to August 2018 hour by hour: keywords, label, and hours from its flares.

A region is a HARP. It flares if any NOAA region in it has a flare ≥ M1.0 in its passage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.models.sharp_svm import KEYWORDS
from flarescope.papers.bhattacharjee2020.around_flares import hours_from_flares
from flarescope.papers.bhattacharjee2020.periods import TEST_FROM, TEST_UNTIL
from flarescope.samples.label import label_regions
from flarescope.sources.flares import read_flares
from flarescope.sources.region_tables import read_sharp_keywords
from flarescope.sources.regions import read_harp_noaa

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog
    from flarescope.papers.reproduction import Desk
    from flarescope.sources.regions import HarpNoaa

__all__ = ["AT_LEAST", "RegionHours", "make_region_hours", "read_region_hours"]

AT_LEAST = "M1.0"


@dataclass(frozen=True, eq=False)
class RegionHours:
    """All regions with SHARP keywords.

    Attributes:
        regions: one row a region: region (HARP), group (its NOAA numbers), time_utc (first hour), label (1
            flaring, 0 not, missing where a hole in the flare list hides it), largest_area (AREA_ACR, in
            microhemispheres), hours (rows) and period: "train", "test" or "later", by the first hour.
        rows: one row a region and hour, both known, with every keyword measured: region, group, period,
            time_utc, flaring (0/1), the keywords, hours_from_flare (NaN beyond ±72), flare (start of that
            flare, or NaT), isolated (no other flare of the region within 144 h), flare_within_24h.
        flares: flares ≥ M1.0.
        unmeasured: hours left out of ``rows`` because a keyword is missing. Where the inversion of the
            field failed, USFLUX and others are 0, not missing: these hours are among them.
    """

    regions: pd.DataFrame
    rows: pd.DataFrame
    flares: FlareCatalog
    unmeasured: int


def read_region_hours(desk: Desk) -> RegionHours:
    """The real regions, from the keywords, the GOES list and the table of HARP and NOAA numbers.

    Raises:
        MissingDataError: one of the three is not there.
    """
    keywords = read_sharp_keywords(desk.need("sharp_keywords", "hourly_2010_2019.parquet"))
    numbers = read_harp_noaa(desk.need("regions", "all_harps_with_noaa_ars.txt"))
    return make_region_hours(keywords, numbers, read_flares(desk.need("flares", "goes_2010_2025.csv")))


def make_region_hours(keywords: pd.DataFrame, numbers: HarpNoaa, catalog: FlareCatalog) -> RegionHours:
    """Label regions and hours.

    Args:
        keywords: as ``read_sharp_keywords`` returns them.
        numbers: which HARP holds which NOAA regions.
        catalog: a flare list that covers the rows.
    """
    hours = keywords.rename(columns={"HARPNUM": "region"}).sort_values(["region", "time_utc"])
    hours = hours.reset_index(drop=True)
    flares = catalog.at_least(AT_LEAST)
    held = hours["region"].map(numbers.noaa)
    ever = label_regions(hours["time_utc"], held, catalog, at_least=AT_LEAST, within="ever")
    soon = label_regions(hours["time_utc"], held, catalog, at_least=AT_LEAST, within="24h")
    hours = hours.assign(
        group=ever["group"],
        label=ever["label"],
        flare_within_24h=(soon["label"] == 1).fillna(False).astype(bool),
    )
    regions = _regions(hours)
    hours["period"] = hours["region"].map(regions.set_index("region")["period"])
    measured = (hours["USFLUX"] > 0) & hours[list(KEYWORDS)].notna().all(axis=1)
    rows = hours[measured & hours["label"].notna()].reset_index(drop=True)
    rows = rows.assign(flaring=rows["label"].astype(int)).drop(columns="label")
    return RegionHours(regions, _around_flares(rows, numbers, flares), flares, int((~measured).sum()))


def _regions(hours: pd.DataFrame) -> pd.DataFrame:
    found = hours.groupby("region", as_index=False).agg(
        group=("group", "first"),
        time_utc=("time_utc", "min"),
        label=("label", "first"),
        largest_area=("AREA_ACR", "max"),
        hours=("time_utc", "size"),
    )
    first = found["time_utc"].to_numpy("datetime64[us]")
    later = np.where(first < TEST_UNTIL, "test", "later")
    return found.assign(period=np.where(first < TEST_FROM, "train", later))


def _around_flares(rows: pd.DataFrame, numbers: HarpNoaa, flares: FlareCatalog) -> pd.DataFrame:
    """Hours from the flares of each row's own region."""
    hours, isolated = np.full(len(rows), np.nan), np.zeros(len(rows), bool)
    times = rows["time_utc"].to_numpy("datetime64[us]")
    starts, region_of = flares.columns.start, flares.columns.region
    for harp, where in rows.groupby("region").indices.items():
        own = starts[np.isin(region_of, numbers.noaa(int(harp)))]  # type: ignore[call-overload]
        hours[where], isolated[where] = hours_from_flares(times[where], own)
    since = np.where(np.isnan(hours), 0.0, hours) * 3.6e9
    flare = times - np.round(since).astype("timedelta64[us]")
    flare[np.isnan(hours)] = np.datetime64("NaT")
    return rows.assign(hours_from_flare=hours, isolated=isolated, flare=flare)
