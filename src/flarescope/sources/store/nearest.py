"""One image found for two times belongs to the nearer one, whichever was asked for first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flarescope.sources.store.files import Places, read_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime, timedelta

    from flarescope.sources.store.rows import DayRows, Row

    _Mark = tuple[int | None, str, datetime | None]

__all__ = ["nearer_times"]


def nearer_times(places: Places, day: DayRows) -> dict[tuple[str, datetime], datetime]:
    """Which images of a day are nearer to another time for which they are there, too?

    An image may be some minutes from the time asked for; so one of 11:00 may be found for 10:50 and for
    11:00. It is that of 11:00, and of two times that are equally near that of the earlier one.

    Args:
        places: of the store; the records of the days around are read where such a time may lie there.
        day: the day.

    Returns:
        By key and time of the row the nearer time. An archive that serves an old image as a new one, of a
        later time, is another matter: such images have not the same time of observation.
    """
    off = [row for _, row in _images(day) if _far(row)]
    wanted = {_mark(row) for row in off}
    days: set[date] = set()
    for row in off:
        days |= {(_own(row) - _far(row)).date(), (_own(row) + _far(row)).date()}
    around = [record for one in sorted(days - {day.day}) if (record := read_day(places.rows(one)))]
    best: dict[_Mark, tuple[timedelta, datetime]] = {}
    for record in (day, *around):
        for _, row in _images(record):
            if _mark(row) in wanted:
                near = (_far(row), row.time)
                best[_mark(row)] = min(best.get(_mark(row), near), near)
    return {
        (key, row.time): best[_mark(row)][1]
        for key, row in _images(day)
        if _mark(row) in wanted and best[_mark(row)][1] != row.time
    }


def _images(day: DayRows) -> Iterator[tuple[str, Row]]:
    return ((key, row) for key, unit in day.units.items() for row in unit.rows if row.observed)


def _far(row: Row) -> timedelta:
    """From the time asked for to the image's own."""
    return abs(row.time - _own(row))


def _own(row: Row) -> datetime:
    return row.observed or row.time


def _mark(row: Row) -> _Mark:
    return row.harp, row.pixels_sha256, row.observed
