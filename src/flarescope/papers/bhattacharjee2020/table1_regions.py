"""Table 1: how many regions flare, and how many flares they have, in the two periods of the paper.

The hourly keywords lack QUALITY, OBS_VR and the longitude, so three of the paper's four cuts cannot be made.
The fourth, a largest area above 25 Mm², can be read in two ways: AREA_ACR counts microhemispheres (3.04 Mm²
each, so 25 Mm² are 8.2 of them); the same group's earlier analysis took it for a count of pixels of 0.38²
Mm², and 25 Mm² are then 173. In pixels the mean field of these regions would be some 15,000 G, in
microhemispheres it is some 700 G: the second cut is no 25 Mm², but it may be the one that was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.papers.bhattacharjee2020.periods import TEST_FROM, TEST_UNTIL
from flarescope.papers.bhattacharjee2020.region_hours import AT_LEAST, read_region_hours
from flarescope.papers.claims import Finding
from flarescope.samples.select import select
from flarescope.samples.table import SampleTable

if TYPE_CHECKING:
    from flarescope.papers.bhattacharjee2020.region_hours import RegionHours
    from flarescope.papers.reproduction import Desk

__all__ = ["AREA_CUTS", "chosen_regions", "flares_of", "table1"]

AREA_CUTS = {"": 8.2, "_173": 173.0}  # microhemispheres; claims of the second reading end in _173
QUALITY, SPEED, LONGITUDE = 0xFFFF, 3500.0, 45.0
FROM = {"train": np.datetime64("2010-05-01", "us"), "test": TEST_FROM}
UNTIL = {"train": TEST_FROM, "test": TEST_UNTIL}
MONTH_EARLIER = np.datetime64("2015-09-01", "us")


def table1(desk: Desk) -> list[Finding]:
    """Flaring and other regions and their flares, counted as in the paper."""
    hours = read_region_hours(desk)
    found = []
    for suffix, cut in AREA_CUTS.items():
        regions, lacking = chosen_regions(hours.regions, cut)
        for period in FROM:
            own = regions[regions["period"] == period]
            flaring = int((own["label"] == 1).sum())
            note = f"Largest area ≥ {cut:g} microhemispheres. {lacking}"
            earlier = f" {_a_month_earlier(hours)}" if period == "test" else ""
            found += [
                Finding(f"flaring_{period}{suffix}", "real", flaring, note=f"{note}{earlier}"),
                Finding(f"quiet_{period}{suffix}", "real", len(own) - flaring, note=f"{note}{_hidden(own)}"),
            ]
    return [*found, *(_flares(hours, period) for period in FROM)]


def chosen_regions(regions: pd.DataFrame, area_at_least: float) -> tuple[pd.DataFrame, str]:
    """Regions that pass the paper's cuts, and a sentence on the cuts that cannot be made.

    Args:
        regions: as in ``RegionHours``.
        area_at_least: of the largest area, in microhemispheres.
    """
    table = SampleTable(regions.rename(columns={"largest_area": "area_msh"}))
    selection = select(
        table,
        quality_at_most=QUALITY,
        speed_below=SPEED,
        longitude_within=LONGITUDE,
        area_at_least=area_at_least,
        labelled=False,
    )
    lacking = "; ".join(selection.not_applied)
    return selection.table.rows, f"Cuts that the data lack: {lacking}." if lacking else ""


def flares_of(hours: RegionHours, since: np.datetime64, until: np.datetime64) -> tuple[int, int]:
    """Flares ≥ M1.0 with since ≤ start < until: those of regions with keywords, and all listed ones."""
    columns = hours.flares.columns
    inside = (columns.start >= since) & (columns.start < until)
    numbers = {int(n) for group in hours.regions["group"] for n in group.split(",") if n}
    return int((inside & np.isin(columns.region, list(numbers))).sum()), int(inside.sum())


def _flares(hours: RegionHours, period: str) -> Finding:
    own, listed = flares_of(hours, FROM[period], UNTIL[period])
    earlier = f" {_a_month_earlier(hours)}" if period == "test" else ""
    note = (
        f"Flares ≥ {AT_LEAST} of regions with keywords, out to the limb; the GOES list has {listed} of all "
        f"regions in this period.{earlier}"
    )
    return Finding(f"flares_{period}", "real", own, note=note)


def _a_month_earlier(hours: RegionHours) -> str:
    """What the counts would be if the test period began in September 2015, as the paper's seem to."""
    regions = hours.regions[hours.regions["period"] != "later"]
    late = regions[regions["time_utc"] >= pd.Timestamp(MONTH_EARLIER)]
    _, listed = flares_of(hours, MONTH_EARLIER, TEST_UNTIL)
    return (
        f"With September 2015 counted as test there would be {int((late['label'] == 1).sum())} flaring "
        f"regions and {listed} listed flares."
    )


def _hidden(regions: pd.DataFrame) -> str:
    """Regions that are counted as quiet although a hole in the list could hide a flare."""
    hidden = int(regions["label"].isna().sum())
    return f" {hidden} of them were seen during a hole in the flare list." if hidden else ""
