"""The made-up Sun as a data set: the paper's numbers of regions, each seen a few times."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope import synthetic
from flarescope.papers.bhattacharjee2020 import around_flares
from flarescope.papers.bhattacharjee2020.around_flares import flare_follows, hours_from_flares
from flarescope.papers.bhattacharjee2020.dataset import COLUMNS, Dataset
from flarescope.papers.bhattacharjee2020.kept_rows import kept_rows
from flarescope.papers.bhattacharjee2020.periods import TEST_FROM, TEST_UNTIL
from flarescope.papers.kept_stamp import stamp
from flarescope.synthetic.population import population
from flarescope.synthetic.regions import DEGREES_PER_DAY
from flarescope.synthetic.spots import PIXEL_CM2
from flarescope.times import to_datetime64, utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram
    from flarescope.synthetic.regions import MadeUpRegion

__all__ = ["made_up_sun"]

SEED = 2020
TEST_PERIOD = (f"{TEST_FROM}Z", f"{TEST_UNTIL}Z")
LAW_FILES = ("law.py", "name.py", "population.py", "regions.py", "spots.py")  # of the made-up Sun
TEST_ACTIVITY = 0.35  # of the flare rate: 20 of 211 regions flare in the paper's test period
FIRST_OF_TEST = 100_001
FULL, QUICK = (857, 211, 4), (240, 60, 3)  # training regions, test regions, times each
HALF_WINDOW_DAYS = 45.0 / DEGREES_PER_DAY


def made_up_sun(desk: Desk) -> Dataset:
    """Regions of cycle 24 in the paper's numbers, each seen at a few hours within ±45°."""
    training, test, times = QUICK if desk.quick else FULL

    def read(row: int) -> Magnetogram:
        region, hour = _seen(training, test, times)[row]
        return region.magnetogram(utc(hour))

    folder = desk.cache("dataset_made_up_sun")
    named = _named(training, test, times)
    rows = kept_rows(
        folder / f"rows_{named}.parquet",
        lambda: _rows(_seen(training, test, times), lambda done, of: desk.progress("made-up Sun", done, of)),
        COLUMNS,
    )
    return Dataset("synthetic", rows, folder, named, read, "gauss", desk.progress)


@lru_cache(maxsize=2)
def _seen(training: int, test: int, times: int) -> tuple[tuple[MadeUpRegion, np.datetime64], ...]:
    """Regions of both periods, each with the hours at which it is seen."""
    regions = population(training, seed=SEED) + population(
        test, seed=SEED, period=TEST_PERIOD, activity=TEST_ACTIVITY, first_number=FIRST_OF_TEST
    )
    return tuple((region, hour) for region in regions for hour in _hours(region, times))


def _hours(region: MadeUpRegion, times: int) -> np.ndarray:
    """Whole hours within ±45°, one drawn in each of ``times`` equal parts of the passage."""
    rng = np.random.default_rng([SEED, region.number, times])
    share = (np.arange(times) + rng.random(times)) / times
    hours = np.round((2 * share - 1) * (HALF_WINDOW_DAYS * 24 - 1)).astype(int)
    return np.asarray(to_datetime64(region.crossing) + hours.astype("timedelta64[h]"))


def _rows(
    seen: tuple[tuple[MadeUpRegion, np.datetime64], ...], progress: Callable[[int, int], None]
) -> pd.DataFrame:
    """The table of all magnetograms; each is rendered once for its flux."""
    rows = []
    for number, (region, hour) in enumerate(seen):
        flares = np.array([to_datetime64(t) for t in region.flares], "datetime64[us]")
        hours, isolated = hours_from_flares(np.array([hour]), flares)
        flux = float(np.abs(region.magnetogram(utc(hour)).field).sum(dtype=float)) * PIXEL_CM2
        period = "test" if region.number >= FIRST_OF_TEST else "train"
        longitude = region.longitude(utc(hour))
        rows.append(
            (region.number, str(region.number), int(region.flaring), hour, period, region.latitude, longitude,
             flux, region.shape[1], region.shape[0], hours[0], bool(isolated[0]),
             bool(flare_follows(np.array([hour]), flares)[0]))
        )  # fmt: skip
        if number % 50 == 0:
            progress(number, len(seen))
    progress(len(seen), len(seen))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _named(*settings: object) -> str:
    """A stamp over the settings and the code that makes the regions and their hours from flares."""
    folder = Path(synthetic.__file__).parent
    code = [*(folder / name for name in LAW_FILES), Path(around_flares.__file__)]
    return stamp(SEED, TEST_ACTIVITY, TEST_PERIOD, FIRST_OF_TEST, HALF_WINDOW_DAYS, settings, files=code)
