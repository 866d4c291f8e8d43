"""What the demonstration runs on: files, the archives, or the made-up Sun."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import MissingDataError
from flarescope.forecaster.ladder import OLDEST_IMAGE
from flarescope.models.history import Target
from flarescope.models.history_terms import LEAST_COVERED_DAYS, MEMORY
from flarescope.sun import Position
from flarescope.times import to_datetime64

if TYPE_CHECKING:
    from pathlib import Path

    from flarescope.flare import FlareCatalog
    from flarescope.forecaster.live import LiveInputs
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram

__all__ = ["TARGET", "Inputs", "from_archive", "from_files", "from_network", "made_up"]

TARGET = Target("M1.0")
IMAGE = "magnetograms/full_disk_2026/2026/02/14/HMI.m2026.02.14_12.00.00.jpg"
NEWEST_FLARES = "flares/lmsal_2026_start_only.csv"
OLDER_FLARES = "flares/goes_2010_2025.csv"
HOURS = "labels/full_disk_hours_2010_2018.parquet"
PUBLISHED = "predictions/pandey2023_alexnet.parquet"
ARCHIVE_HOUR = datetime(2026, 2, 14, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Inputs:
    """What the demonstration runs on: for the forecast, and for the record of past forecasts."""

    image: Magnetogram
    flares: FlareCatalog
    names: dict[str, Any]
    times: np.ndarray
    folds: np.ndarray
    record: FlareCatalog
    published: dict[str, np.ndarray]
    data: str
    made_up: bool
    hour: datetime | None = None
    summary: RegionSummary | None = None
    oldest_image: timedelta = OLDEST_IMAGE
    notes: tuple[str, ...] = ()


def from_files(data: Path) -> Inputs:
    """The real image, lists and published forecasts of a data folder."""
    from flarescope.evaluation.history import flares_for
    from flarescope.sources.files import read_magnetogram
    from flarescope.sources.flares import read_flares
    from flarescope.sources.forecast_table import read_forecast_table
    from flarescope.sources.hours import read_hours

    for name in (IMAGE, NEWEST_FLARES, OLDER_FLARES, HOURS, PUBLISHED):
        if not (data / name).is_file():
            raise MissingDataError(f"{data / name} is not there. Point FLARESCOPE_DATA elsewhere.")
    times, folds = read_hours(data / HOURS, "fold")
    older = read_flares(data / OLDER_FLARES)
    published = read_forecast_table(data / PUBLISHED, observed_column="ge_m1")
    return Inputs(
        image=read_magnetogram(data / IMAGE),
        flares=read_flares(data / OLDER_FLARES, data / NEWEST_FLARES),
        names={"image": str(data / IMAGE), "flares": [str(data / OLDER_FLARES), str(data / NEWEST_FLARES)]},
        times=times,
        folds=folds,
        record=flares_for(times, older, TARGET),
        published={"AlexNet (Pandey 2023)": published.probability},
        data="the 63,649 hours of 2010 to 2018 published with Pandey et al. 2023, refitted on three "
        "of four folds (calendar quarters); 95 % intervals from 27-day blocks",
        made_up=False,
    )


def made_up() -> Inputs:
    """A made-up disk with three regions, and two years of made-up flares."""
    from flarescope.synthetic import Bipole, flare_list, full_disk

    begin, hour = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 2, 3, 12, tzinfo=UTC)
    regions = (
        Bipole(Position(20.0, 15.0), peak_gauss=1800.0, radius_degrees=2.0, separation_degrees=4.0),
        Bipole(Position(-35.0, -12.0), peak_gauss=-1200.0),
        Bipole(Position(55.0, 8.0), peak_gauss=900.0, radius_degrees=1.0, separation_degrees=3.0),
    )
    flares = flare_list(begin, hour, per_day=4.0, seed=2)
    times = np.arange(
        to_datetime64(begin) + np.timedelta64(180, "D"),
        to_datetime64(hour) - np.timedelta64(1, "D"),
        np.timedelta64(1, "h"),
    )
    folds = np.where(times < times[len(times) // 2], "first half", "second half")
    return Inputs(
        image=full_disk(hour, regions, seed=2),
        flares=flares,
        names={"image": "made-up Sun", "flares": ["made-up Sun"]},
        times=times,
        folds=folds,
        record=flares,
        published={},
        data="the made-up Sun, each half forecast by a fit to the other; 95 % intervals, 27-day blocks",
        made_up=True,
    )


def from_archive(data: Path | None) -> Inputs:
    """As from the network, but from a local archive server; the record stays that of the files."""
    from flarescope.forecaster.live import OLDEST_LIVE_IMAGE, live_inputs
    from flarescope.sources.archive_server import ArchiveServer
    from flarescope.sources.http import Http
    from flarescope.sources.settings import ArchiveSettings

    base = made_up() if data is None else from_files(data)
    with (
        ArchiveServer(data=data, clock=ARCHIVE_HOUR) as server,
        Http(ArchiveSettings().at(server.url)) as http,
    ):
        found = live_inputs(http, ARCHIVE_HOUR)
    image = _needed(found)
    return replace(
        base,
        image=image,
        flares=found.flares or base.flares,
        names=found.names,
        hour=ARCHIVE_HOUR,
        summary=found.summary,
        oldest_image=OLDEST_LIVE_IMAGE,
        notes=found.notes,
    )


def from_network() -> Inputs | None:
    """The newest image and lists of the public archives; None where they do not answer with an image.

    The record is that of the flare history over the half year that was fetched.
    """
    from flarescope.errors import FlarescopeError
    from flarescope.forecaster.live import OLDEST_LIVE_IMAGE, live_inputs
    from flarescope.sources.http import Http
    from flarescope.sources.settings import archive_settings

    hour = datetime.now(UTC).replace(microsecond=0)
    quick = archive_settings().model_copy(update={"attempts": 1, "connect_seconds": 2.0})
    try:
        with Http(quick) as http:
            found = live_inputs(http, hour)
        image, flares = _needed(found), found.flares
    except FlarescopeError:
        return None
    if flares is None:
        return None
    first = to_datetime64(hour - MEMORY + timedelta(days=LEAST_COVERED_DAYS))
    times = np.arange(first, to_datetime64(hour - timedelta(days=1)), np.timedelta64(1, "h"))
    folds = np.where(times < times[len(times) // 2], "first half", "second half")
    return Inputs(
        image, flares, found.names, times, folds, flares, {},
        "the last half year of the archives' flare lists, each half forecast by a fit to the other; 95 % "
        "intervals, 27-day blocks", False, hour, found.summary, OLDEST_LIVE_IMAGE, found.notes,
    )  # fmt: skip


def _needed(found: LiveInputs) -> Magnetogram:
    if found.image is None:
        raise MissingDataError(f"The archives gave no image. {' '.join(found.notes)}")
    return found.image
