"""Climatology and persistence see the past only, and know the holes of a list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.models.baselines import (
    happened,
    persistence,
    trailing_climatology,
    was_active,
    window_covered,
)
from flarescope.models.history import Target, TargetFit
from flarescope.times import to_datetime64

START = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = Target("M1.0")
DURATIONS = {"C": 0.5, "M": 1.0, "X": 1.5}


def catalog(*hours: float, days: float = 200) -> FlareCatalog:
    flares = tuple(
        Flare(START + timedelta(hours=h), GoesClass("M1.0"), end=START + timedelta(hours=h + 0.5))
        for h in hours
    )
    return FlareCatalog(flares, ((START, START + timedelta(days=days)),))


def at(*hours: float) -> np.ndarray:
    return np.array([to_datetime64(START + timedelta(hours=h)) for h in hours])


def test_the_window_is_open_at_both_ends() -> None:
    flares = catalog(24.0)
    assert happened(at(-0.1, 0.0, 0.1, 23.9, 24.0), flares, TARGET).tolist() == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert happened(at(-48.0, -30.0), flares, Target("M1.0", 48, 72)).tolist() == [False, True]


def test_a_window_of_part_of_an_hour_is_not_cut_to_whole_ones() -> None:
    assert happened(at(23.3, 23.6), catalog(24.0), Target("M1.0", 0.0, 0.5)).tolist() == [False, True]


def test_without_an_end_yesterday_begins_when_such_flares_are_over() -> None:
    open_ended = FlareCatalog(
        (Flare(START + timedelta(hours=24), GoesClass("M1.0")),), ((START, START + timedelta(days=9)),)
    )
    assert was_active(at(24.9, 25.1), open_ended, TARGET, DURATIONS).tolist() == [False, True]


def test_yesterday_is_known_from_a_flares_end() -> None:
    assert was_active(at(24.4, 24.5, 48.4, 48.5), catalog(24.0), TARGET, DURATIONS).tolist() == [
        False,
        True,
        True,
        False,
    ]
    fit = TargetFit(TARGET, (0.0,) * 6, 0.2, 0.1, 0.6, 0.05)
    assert persistence(at(24.4, 25.0), catalog(24.0), fit, DURATIONS).tolist() == [0.05, 0.6]


def test_trailing_climatology_is_the_share_of_past_hours() -> None:
    flares = catalog(*[24.0 * k + 12 for k in range(0, 100, 2)])
    rate = trailing_climatology(at(24 * 100), flares, TARGET)[0]
    assert rate == pytest.approx(23 / 48, abs=0.005)  # of 48 hours, one stands on a start: open ends


def test_trailing_climatology_does_not_see_an_open_window() -> None:
    quiet, late = catalog(days=60), catalog(24.0 * 59 + 1, days=60)
    hour = at(24 * 59)
    assert trailing_climatology(hour, quiet, TARGET)[0] == trailing_climatology(hour, late, TARGET)[0] == 0.0


def test_too_short_a_list_has_no_climatology() -> None:
    assert np.isnan(trailing_climatology(at(24 * 20), catalog(5.0), TARGET)[0])


def test_a_window_must_be_covered_whole() -> None:
    assert window_covered(at(0, 24 * 199, 24 * 199 + 1), catalog(5.0), TARGET).tolist() == [True, True, False]
