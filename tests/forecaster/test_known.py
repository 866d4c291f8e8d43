"""A list at an hour: no later flare, no later end of the list, and a quiet Sun believed where it may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.forecaster import make_forecast
from flarescope.forecaster.known import known_at
from flarescope.sources.flare_coverage import coverage, holes
from flarescope.sources.flares import read_flares
from flarescope.times import utc

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def every(hours: float, *, days: float) -> FlareCatalog:
    """A list with a C flare each so many hours, covering up to midnight after the last."""
    count = int(days * 24 / hours)
    flares = tuple(
        Flare(
            BEGIN + timedelta(hours=k * hours),
            GoesClass("C2.0"),
            end=BEGIN + timedelta(hours=k * hours + 0.3),
        )
        for k in range(count)
    )
    last = flares[-1].start.replace(hour=0, minute=0) + timedelta(days=1)
    return FlareCatalog(flares, ((BEGIN, last),))


def test_an_old_list_of_an_active_sun_is_not_believed() -> None:
    found = known_at(every(2, days=60), BEGIN + timedelta(days=64))
    assert "they look old" in found.problem


def test_a_quiet_sun_needs_no_flare_to_be_believed() -> None:
    quiet = every(24 * 5, days=100)
    hour = quiet.flares[-1].start + timedelta(days=6)
    found = known_at(quiet, hour)
    assert found.problem == ""
    assert found.flares.covers(BEGIN, hour)
    assert "taken as a quiet Sun" in found.notes[0]


def test_a_year_of_silence_is_not_believed_of_any_list() -> None:
    quiet = every(24 * 5, days=100)
    assert known_at(quiet, quiet.flares[-1].start + timedelta(days=365)).problem


def test_too_short_a_list_says_how_much_is_needed() -> None:
    assert "cover 20 of the 180 days" in known_at(every(6, days=20), BEGIN + timedelta(days=20)).problem
    assert "nothing before" in known_at(every(6, days=20), BEGIN - timedelta(days=1)).problem


@pytest.fixture(scope="module")
def goes(data_dir: Path) -> FlareCatalog:
    return read_flares(data_dir / "flares" / "goes_2010_2025.csv")


def held_at(flares: FlareCatalog, at: datetime) -> FlareCatalog:
    """What an operator held then: only flares that had started, and no word on how long a silence lasts."""
    then = tuple(f for f in flares if f.start < at)
    starts = np.array([f.start.replace(tzinfo=None) for f in then], "datetime64[us]")
    return FlareCatalog(then, coverage(starts, holes(starts)))


def told(flares: FlareCatalog, at: datetime) -> dict[str, object]:
    """The whole forecast but the moment it was made."""
    said = make_forecast(flares=flares, at=at).to_dict()
    return {key: value for key, value in said.items() if key != "issued"}


@pytest.mark.realdata
@pytest.mark.parametrize(
    "hour",
    [
        "2018-12-31T15:16Z",  # 50 h of silence in the solar minimum
        "2019-08-28T12:00Z",
        "2020-07-06T12:00Z",
        "2014-10-24T12:00Z",  # the most active days
        "2017-09-06T09:00Z",
        "2024-05-10T00:00Z",
        "2010-08-19T23:00Z",  # within a silence whose length is only known later
        "2017-09-19T23:00Z",  # a silence after great storms, not believed at the hour
        "2021-01-12T00:00Z",
        "2013-08-05T12:00Z",
    ],
)
def test_a_list_downloaded_at_the_hour_says_the_same(goes: FlareCatalog, hour: str) -> None:
    at = utc(hour)
    assert told(held_at(goes, at), at) == told(goes, at)


@pytest.mark.realdata
def test_after_a_hole_there_is_no_history_for_three_days(data_dir: Path) -> None:
    reports = read_flares(*sorted((data_dir / "flares" / "ncei_reports").glob("*.txt")))
    hole = utc("2012-11-14T14:22Z")
    first, later = (
        make_forecast(flares=reports, at=hole),
        make_forecast(flares=reports, at=hole + timedelta(days=4)),
    )
    assert first.state == "climatology"
    assert "a hole within the three days" in first.notes[0]
    assert later.state == "history_only"


def test_a_flare_under_way_changes_nothing_but_the_notes() -> None:
    flares, hour = every(5, days=60), BEGIN + timedelta(days=59)
    weak, strong = (
        replace(flares, flares=(*flares.flares, Flare(hour - timedelta(minutes=10), GoesClass(c))))
        for c in ("C1.1", "X5.0")
    )
    assert told(weak, hour)["rivals"] == told(strong, hour)["rivals"]
    assert any("may have been under way" in note for note in make_forecast(flares=strong, at=hour).notes)


@pytest.mark.realdata
def test_the_solar_minimum_is_forecast_quiet(goes: FlareCatalog) -> None:
    said = make_forecast(flares=goes, at=utc("2019-08-28T12:00Z"))
    assert said.probability < 0.01


def test_what_comes_after_the_hour_changes_nothing() -> None:
    flares, hour = every(7, days=90), BEGIN + timedelta(days=60)
    future = Flare(hour + timedelta(minutes=1), GoesClass("X5.0"), end=hour + timedelta(hours=1))
    more = replace(flares, flares=(*flares.flares, future))
    assert told(more, hour) == told(flares, hour) == told(held_at(flares, hour), hour)
