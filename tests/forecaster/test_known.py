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
    ],
)
def test_a_list_downloaded_at_the_hour_says_the_same(goes: FlareCatalog, hour: str) -> None:
    """What an operator held then: only flares that had started, and no word on how long a silence lasts."""
    at = utc(hour)
    then = tuple(f for f in goes if f.start < at)
    starts = np.array([f.start.replace(tzinfo=None) for f in then], "datetime64[us]")
    held = FlareCatalog(then, coverage(starts, holes(starts)))
    now, once = make_forecast(flares=goes, at=at), make_forecast(flares=held, at=at)
    assert once.state == now.state == "history_only"
    assert once.probability == pytest.approx(now.probability, abs=1e-9)
    assert once.rivals["history"] == pytest.approx(now.rivals["history"], abs=1e-9)


@pytest.mark.realdata
def test_the_solar_minimum_is_forecast_quiet(goes: FlareCatalog) -> None:
    said = make_forecast(flares=goes, at=utc("2019-08-28T12:00Z"))
    assert said.probability < 0.01


def test_what_comes_after_the_hour_changes_nothing() -> None:
    flares, hour = every(7, days=90), BEGIN + timedelta(days=60)
    future = Flare(hour + timedelta(minutes=1), GoesClass("X5.0"), end=hour + timedelta(hours=1))
    more = replace(flares, flares=(*flares.flares, future))
    assert (
        make_forecast(flares=more, at=hour).probability == make_forecast(flares=flares, at=hour).probability
    )
