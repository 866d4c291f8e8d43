"""TAI to UTC, against astropy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.sources.tai import LEAP_SECONDS, from_tai, from_utc_or_tai


@settings(deadline=None)
@given(st.datetimes(datetime(1990, 1, 2), datetime(2026, 12, 31)))  # noqa: DTZ001 - TAI has no zone
def test_tai_agrees_with_astropy(moment: datetime) -> None:
    from astropy.time import Time

    expected = Time(moment.isoformat(), scale="tai").utc
    if expected.ymdhms["second"] >= 60.0:
        return  # inside a leap second, which datetime cannot write
    oracle = datetime.fromisoformat(expected.isot).replace(tzinfo=UTC)
    assert abs(from_tai(moment) - oracle) <= timedelta(milliseconds=1)


def test_every_leap_second_is_astropys() -> None:
    import erfa

    table = {f"{row['year']}-{row['month']:02d}-01": row["tai_utc"] for row in erfa.leap_seconds.get()}
    assert {day: float(seconds) for day, seconds in LEAP_SECONDS} == {
        day: float(value) for day, value in table.items() if day >= "1990"
    }


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("2011.02.13_04:59:54_TAI", "UTC", "2011-02-13T04:59:20+00:00"),
        ("2022.08.02_10:48:52.509_TAI", "UTC", "2022-08-02T10:48:15.509000+00:00"),
        ("2022-08-02T10:47:53.000", "UTC", "2022-08-02T10:47:53+00:00"),
        ("2010-12-06T18:56:41.10Z", "TAI", "2010-12-06T18:56:41.100000+00:00"),
        ("2011.02.13_04:59", "TAI", "2011-02-13T04:58:26+00:00"),
    ],
)
def test_archive_times(text: str, default: str, expected: str) -> None:
    assert from_utc_or_tai(text, default=default).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MISSING",
        "2011.13.41_00:00:00_TAI",
        "2011.02.13_04:59:54_LST",
        "0001.01.01_00:00_TAI",
        "2011.02.13_04:59:75_TAI",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(BadOptionError, match="Accepted"):
        from_utc_or_tai(text)


def test_a_zone_is_refused() -> None:
    with pytest.raises(BadOptionError, match="naive"):
        from_tai(datetime(2020, 1, 1, tzinfo=UTC))


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"[0-9]{4}.[0-9]{2}.[0-9]{2}[_T][0-9]{2}:[0-9]{2}(:[0-9]{2}(.[0-9]+)?)?(_TAI)?"),
    )
)
def test_any_text_is_an_aware_time_or_refused(text: str) -> None:
    try:
        moment = from_utc_or_tai(text)
    except BadOptionError:
        return
    assert moment.utcoffset() == timedelta(0)
