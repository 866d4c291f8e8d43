"""Times and durations as people type them: aware UTC datetimes, and "24h".

TAI never comes this far: it ends in ``sources``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np

from flarescope.errors import BadOptionError

__all__ = ["FIRST_YEAR", "LAST_YEAR", "LONGEST", "duration", "duration_text", "iso", "to_datetime64", "utc"]

FIRST_YEAR, LAST_YEAR = 1900, 2200  # GOES began in 1975; what lies outside is a slip of the finger
LONGEST = timedelta(days=3650)
_ACCEPTED = "Accepted: ISO 8601, such as 2026-02-03T12:30Z, in the years 1900 to 2200."
_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)\s*$")


def utc(value: str | datetime | np.datetime64) -> datetime:
    """Which instant is meant?

    Text is ISO 8601; without a zone it is UTC, as in every solar archive. ``numpy.datetime64`` is UTC.
    A naive ``datetime`` is refused: nobody can know which zone it meant.

    Raises:
        BadOptionError: the text is not a time, the datetime has no zone, or the year is not 1900 to 2200.

    Example:
        >>> utc("2026-02-03T12:30Z").isoformat()
        '2026-02-03T12:30:00+00:00'
    """
    if isinstance(value, np.datetime64):
        value = _of_numpy(value)
    elif isinstance(value, str):
        value = _of_text(value)
    _check_year(value.year, value)
    if value.tzinfo is None:
        raise BadOptionError(
            f"Time {value.isoformat()} has no zone. Give it one: .replace(tzinfo=datetime.UTC)."
        )
    return value.astimezone(UTC)


def _of_numpy(value: np.datetime64) -> datetime:
    if np.isnat(value):
        raise BadOptionError(f"Time 'NaT' is not a time. {_ACCEPTED}")
    _check_year(int(value.astype("datetime64[Y]").astype(int)) + 1970, value)
    return datetime.fromisoformat(str(value.astype("datetime64[us]"))).replace(tzinfo=UTC)


def _of_text(value: str) -> datetime:
    try:
        time = datetime.fromisoformat(value.strip())
    except ValueError:
        raise BadOptionError(f"Time {value[:60]!a} cannot be read. {_ACCEPTED}") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _check_year(year: int, value: datetime | np.datetime64) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadOptionError(f"Time {value} is of the year {year}. {_ACCEPTED}")


def duration(value: str | timedelta) -> timedelta:
    """How long is "24h"?

    Accepted: a number and a unit of s, min, h or d; or a ``timedelta``; at most 3650 days.

    Raises:
        BadOptionError: anything else, a duration of zero, or one of more than 3650 days.

    Example:
        >>> duration("1.5d")
        datetime.timedelta(days=1, seconds=43200)
    """
    if isinstance(value, str):
        match = _DURATION.match(value)
        if not match:
            raise BadOptionError(f"Duration '{value}' cannot be read. Accepted: 90s, 12min, 24h or 2d.")
        seconds = float(match[1]) * _UNITS[match[2]]
        if seconds > LONGEST.total_seconds():
            raise BadOptionError(f"Duration '{value}' is too long. Accepted: at most {LONGEST.days}d.")
        value = timedelta(seconds=seconds)
    if value <= timedelta(0):
        raise BadOptionError(f"Duration {value} is not positive. Accepted: 90s, 12min, 24h or 2d.")
    if value > LONGEST:
        raise BadOptionError(f"Duration {value} is too long. Accepted: at most {LONGEST.days}d.")
    return value


def duration_text(value: timedelta) -> str:
    """A duration as people type it and ``duration`` reads it, in the largest unit that leaves it whole.

    Example:
        >>> duration_text(timedelta(seconds=720)), duration_text(timedelta(seconds=0.5))
        ('12min', '0.5s')
    """
    for unit in ("d", "h", "min", "s"):
        count, rest = divmod(value, timedelta(seconds=_UNITS[unit]))
        if not rest:
            return f"{count}{unit}"
    return f"{value.total_seconds():.6f}".rstrip("0") + "s"


def iso(time: datetime) -> str:
    """An aware time as ISO 8601 with Z, to the second: 2026-02-03T12:00:00Z."""
    return utc(time).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_datetime64(time: datetime) -> np.datetime64:
    """An aware time as ``numpy.datetime64`` in microseconds UTC, for arithmetic on whole columns."""
    return np.datetime64(utc(time).replace(tzinfo=None), "us")
