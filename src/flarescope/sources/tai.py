"""TAI ends here: the archives' T_REC and T_OBS become UTC."""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import UTC, datetime, timedelta

from flarescope.errors import BadOptionError
from flarescope.times import utc

__all__ = ["from_tai", "from_utc_or_tai", "to_tai"]

# TAI minus UTC in seconds from each date on (IERS Bulletin C); no leap second has come since 2017
LEAP_SECONDS = (
    ("1990-01-01", 25), ("1991-01-01", 26), ("1992-07-01", 27), ("1993-07-01", 28), ("1994-07-01", 29),
    ("1996-01-01", 30), ("1997-07-01", 31), ("1999-01-01", 32), ("2006-01-01", 33), ("2009-01-01", 34),
    ("2012-07-01", 35), ("2015-07-01", 36), ("2017-01-01", 37),
)  # fmt: skip
_DATES = [datetime.fromisoformat(day) for day, _ in LEAP_SECONDS]
_OFFSETS = [timedelta(seconds=seconds) for _, seconds in LEAP_SECONDS]
_STARTS = [
    datetime.fromisoformat(day) + offset for (day, _), offset in zip(LEAP_SECONDS, _OFFSETS, strict=True)
]
_DRMS = re.compile(
    r"(\d{4})[.-](\d{2})[.-](\d{2})[_T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(?:_?(TAI|UTC|UT|Z))?",
    re.ASCII,
)


def from_tai(time: datetime) -> datetime:
    """Which UTC instant is this TAI clock reading?

    Args:
        time: a naive datetime, read off a TAI clock.

    Returns:
        An aware UTC datetime. During a leap second itself (23:59:60) it is the next day's 00:00:00.

    Raises:
        BadOptionError: a time before 1990, or one that carries a zone.

    Example:
        >>> from_tai(datetime(2011, 2, 15, 2, 0, 34)).isoformat()
        '2011-02-15T02:00:00+00:00'
    """
    if time.tzinfo is not None or time < _STARTS[0]:
        raise BadOptionError(
            f"TAI time {time.isoformat()} cannot be converted. Accepted: a naive time from 1990 on."
        )
    return (time - _OFFSETS[bisect_right(_STARTS, time) - 1]).replace(tzinfo=UTC)


def to_tai(time: datetime) -> datetime:
    """What does a TAI clock read at this UTC instant? The inverse of ``from_tai``; naive.

    Raises:
        BadOptionError: a time without a zone, or before 1990.

    Example:
        >>> to_tai(datetime(2011, 2, 15, 2, tzinfo=UTC)).isoformat()
        '2011-02-15T02:00:34'
    """
    clock = utc(time).replace(tzinfo=None)
    if clock < _DATES[0]:
        raise BadOptionError(f"Time {clock.isoformat()} has no TAI here. Accepted: from 1990 on.")
    return clock + _OFFSETS[bisect_right(_DATES, clock) - 1]


def from_utc_or_tai(text: str, *, default: str = "UTC") -> datetime:
    """Which UTC instant is ``2011.02.13_04:59:54_TAI``, or ``2022-08-02T10:47:53.000``?

    Args:
        text: date, time and perhaps a scale (TAI, UTC, UT or Z).
        default: the scale of a text that names none, "UTC" or "TAI".

    Raises:
        BadOptionError: anything else, or a date that is not in the calendar.

    Example:
        >>> from_utc_or_tai("2011.02.13_05:00:34_TAI").isoformat()
        '2011-02-13T05:00:00+00:00'
    """
    match = _DRMS.fullmatch(text.strip())
    if not match:
        raise BadOptionError(
            f"Time '{text[:60]}' cannot be read. Accepted: 2011.02.13_05:00:00_TAI or ISO 8601."
        )
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    if int(match[6] or 0) > 60:  # 60 is a leap second
        raise BadOptionError(f"Time '{text[:60]}' has {match[6]} seconds. Accepted: 0 to 60.")
    extra = timedelta(seconds=int(match[6] or 0) + float(match[7] or 0.0))
    try:
        clock = datetime(year, month, day, hour, minute) + extra  # noqa: DTZ001 - the scale is added below
    except (ValueError, OverflowError):
        raise BadOptionError(
            f"Time '{text}' is not in the calendar. Accepted: 2011.02.13_05:00:00_TAI."
        ) from None
    return from_tai(clock) if (match[8] or default) == "TAI" else clock.replace(tzinfo=UTC)
