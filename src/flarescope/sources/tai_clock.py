"""UTC as JSOC writes it: TAI clock readings such as 2011.02.13_05:00:34_TAI."""

from __future__ import annotations

from datetime import datetime, timedelta

from flarescope.sources.tai import LEAP_SECONDS
from flarescope.times import utc

__all__ = ["tai_text"]


def tai_text(time: datetime, *, milliseconds: bool = False) -> str:
    """What does a TAI clock show at this instant?

    Example:
        >>> tai_text(utc("2011-02-15T02:00:00Z"))
        '2011.02.15_02:00:34_TAI'
    """
    day = f"{utc(time):%Y-%m-%d}"
    offset = max((seconds for since, seconds in LEAP_SECONDS if since <= day), default=25)
    shown = utc(time) + timedelta(seconds=offset)
    fraction = f".{shown.microsecond // 1000:03d}" if milliseconds else ""
    return f"{shown:%Y.%m.%d_%H:%M:%S}{fraction}_TAI"
