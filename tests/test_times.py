"""Times and durations as people type them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.times import duration, duration_text, iso, to_datetime64, utc

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1975, 1, 2), datetime(2099, 1, 1))  # noqa: DTZ001


@given(moments, zones)
def test_every_zone_names_the_same_instant(moment: datetime, zone: timezone) -> None:
    aware = moment.replace(tzinfo=zone)
    assert utc(aware) == aware
    assert utc(aware).tzinfo is UTC
    assert utc(aware.isoformat()) == aware
    assert utc(to_datetime64(aware)) == aware


@given(moments)
def test_text_without_a_zone_is_utc(moment: datetime) -> None:
    assert utc(moment.isoformat()) == moment.replace(tzinfo=UTC)
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    assert utc(iso(whole)) == whole


@given(st.text(max_size=12))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with suppress(BadOptionError):
        assert utc(text).tzinfo is UTC


def test_naive_and_missing_times_are_refused() -> None:
    with pytest.raises(BadOptionError, match="no zone"):
        utc(datetime(2012, 3, 6))  # noqa: DTZ001
    with pytest.raises(BadOptionError, match="NaT"):
        utc(np.datetime64("NaT"))


@given(st.integers(1, 3650), st.sampled_from(["s", "min", "h", "d"]))
def test_durations(number: int, unit: str) -> None:
    seconds = {"s": 1, "min": 60, "h": 3600, "d": 86400}[unit]
    assert duration(f"{number}{unit}") == timedelta(seconds=number * seconds)


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "0h", "24 hours", "1e3h", "ever"])
def test_bad_durations_are_refused(text: str) -> None:
    with pytest.raises(BadOptionError, match="Accepted"):
        duration(text)


@pytest.mark.parametrize("long", ["3651d", "99999999999d", "9" * 400 + "h", timedelta(days=3651)])
def test_durations_end_at_ten_years(long: str | timedelta) -> None:
    assert duration("3650d") == timedelta(days=3650)
    with pytest.raises(BadOptionError, match=r"too long\. Accepted: at most 3650d"):
        duration(long)


@pytest.mark.parametrize(
    "time",
    [
        "9999-12-31T23:00Z",
        "9999-12-31T23:00-05:00",
        "0001-01-01",
        "0001-01-01T00:00+05:00",
        "1899-12-31",
        datetime.max.replace(tzinfo=UTC),
        np.datetime64("2201-01-01"),
        np.datetime64("-5000-01-01"),
        np.datetime64(2**62, "s"),
    ],
)
def test_years_far_away_are_refused(time: str | datetime | np.datetime64) -> None:
    assert utc("1900-01-01").year == 1900
    assert utc("2200-12-31T23:59").year == 2200
    with pytest.raises(BadOptionError, match="in the years 1900 to 2200"):
        utc(time)


@given(st.timedeltas(timedelta(microseconds=1), timedelta(days=3650)))
def test_a_duration_is_typed_as_it_is_read(length: timedelta) -> None:
    assert duration(duration_text(length)) == length


@pytest.mark.parametrize("text", ["12min", "90s", "1h", "25h", "2d", "0.25s"])
def test_a_duration_has_one_text(text: str) -> None:
    assert duration_text(duration(text)) == text
