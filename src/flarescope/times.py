"""Times and durations as people type them: aware UTC datetimes, and "24h".

TAI never comes this far: it ends in ``sources``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np

from flarescope.errors import BadOptionError

__all__ = ["duration", "iso", "to_datetime64", "utc"]

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)\s*$")


def utc(value: str | datetime | np.datetime64) -> datetime:
    """Which instant is meant?

    Text is ISO 8601; without a zone it is UTC, as in every solar archive. ``numpy.datetime64`` is UTC.
    A naive ``datetime`` is refused: nobody can know which zone it meant.

    Raises:
        BadOptionError: the text is not a time, or the datetime has no zone.

    Example:
        >>> utc("2026-02-03T12:30Z").isoformat()
        '2026-02-03T12:30:00+00:00'
    """
    if isinstance(value, np.datetime64):
        if np.isnat(value):
            raise BadOptionError("Time 'NaT' is not a time. Accepted: ISO 8601, such as 2026-02-03T12:30Z.")
        return datetime.fromisoformat(str(value.astype("datetime64[us]"))).replace(tzinfo=UTC)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise BadOptionError(
                f"Time '{value}' cannot be read. Accepted: ISO 8601, such as 2026-02-03T12:30Z."
            ) from None
        value = value if value.tzinfo else value.replace(tzinfo=UTC)
    if value.tzinfo is None:
        raise BadOptionError(
            f"Time {value.isoformat()} has no zone. Give it one: .replace(tzinfo=datetime.UTC)."
        )
    return value.astimezone(UTC)


def duration(value: str | timedelta) -> timedelta:
    """How long is "24h"?

    Accepted: a number and a unit of s, min, h or d; or a ``timedelta``.

    Raises:
        BadOptionError: anything else, or a duration of zero.

    Example:
        >>> duration("1.5d")
        datetime.timedelta(days=1, seconds=43200)
    """
    if isinstance(value, str):
        match = _DURATION.match(value)
        if not match:
            raise BadOptionError(f"Duration '{value}' cannot be read. Accepted: 90s, 12min, 24h or 2d.")
        value = timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    if value <= timedelta(0):
        raise BadOptionError(f"Duration {value} is not positive. Accepted: 90s, 12min, 24h or 2d.")
    return value


def iso(time: datetime) -> str:
    """An aware time as ISO 8601 with Z, to the second: 2026-02-03T12:00:00Z."""
    return utc(time).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_datetime64(time: datetime) -> np.datetime64:
    """An aware time as ``numpy.datetime64`` in microseconds UTC, for arithmetic on whole columns."""
    return np.datetime64(utc(time).replace(tzinfo=None), "us")
