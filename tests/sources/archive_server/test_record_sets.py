"""JSOC's record sets: which records a text means."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.sources.archive_server.fits_bytes import an_hour_later, with_comment
from flarescope.sources.archive_server.record_sets import SLOT, Slots, parse_record_set

FIVE = datetime(2011, 2, 13, 5)  # noqa: DTZ001 - a TAI clock reading


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("hmi.M_720s[2011.02.13_05:00:00_TAI]", FIVE, FIVE),
        ("hmi.m_720s[2011.02.13_05:02_TAI]", FIVE, FIVE),
        ("hmi.M_720s[2011.02.13_04:59:26_UTC]", FIVE, FIVE),
        ("hmi.M_720s[2011.02.13_05:00:00_TAI-2011.02.13_06:00:00_TAI]", FIVE, FIVE + timedelta(hours=1)),
        ("hmi.M_720s[2011.02.13_05:00/1h]", FIVE, FIVE + timedelta(minutes=59, seconds=59)),
        ("hmi.sharp_cea_720s[377][2011.02.13_05:00:00]{magnetogram, Br}", FIVE, FIVE),
    ],
)  # fmt: skip
def test_times(text: str, first: datetime, last: datetime) -> None:
    found = parse_record_set(text)
    assert (found.slots.first, found.slots.last) == (first, last)


def test_series_region_and_segments() -> None:
    found = parse_record_set(" hmi.SHARP_cea_720s_nrt[377][$]{magnetogram, Br} ")
    assert (found.series, found.harp, found.segments) == (
        "hmi.sharp_cea_720s_nrt",
        377,
        ("magnetogram", "Br"),
    )
    assert found.slots.end == "$"
    assert parse_record_set("hmi.sharp_cea_720s[][2011.02.13/1d@2h]").harp is None


def test_a_cadence_takes_every_so_many_slots() -> None:
    slots = parse_record_set("hmi.M_720s[2011.02.13_05:00/1d@1h]").slots
    taken = [FIVE + n * SLOT for n in range(120) if slots.holds(FIVE + n * SLOT)]
    assert taken == [FIVE + timedelta(hours=h) for h in range(24)]
    assert not Slots(FIVE, FIVE).holds(FIVE + SLOT)


@pytest.mark.parametrize(
    "text",
    ["", "hmi", "hmi.M_45s[$]", "hmi.M_720s[", "hmi.M_720s[2011.13.01]", "hmi.M_720s[2011.02.13/0d]",
     "hmi.M_720s[2011.02.13/1y]", "hmi.M_720s[?QUALITY=0?]", "hmi.sharp_cea_720s[x][$]"],
)  # fmt: skip
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(BadOptionError, match="Cannot"):
        parse_record_set(text)


@given(st.text(st.sampled_from("hmi.M_720s[]{}$^-/@:019 dhTAI?\n\0²"), max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    for prefix in ("", "hmi.M_720s["):
        with contextlib.suppress(BadOptionError):
            parse_record_set(prefix + text)


def test_a_comment_and_a_late_clock_leave_the_pixels_alone(made: object) -> None:
    from io import BytesIO

    import numpy as np
    from astropy.io import fits

    data = made.sharp()  # type: ignore[attr-defined]
    marked, late = with_comment(data, "made by a test"), an_hour_later(data)
    assert "made by a test" in str(fits.getheader(BytesIO(marked), 1)["COMMENT"])
    assert fits.getheader(BytesIO(late), 1)["T_OBS"] == "2014.06.10_00:48:07.000_TAI"
    for changed in (marked, late):
        assert len(changed) % 2880 == 0
        np.testing.assert_array_equal(fits.getdata(BytesIO(changed), 1), fits.getdata(BytesIO(data), 1))
