"""What NOAA's Space Weather Prediction Center (SWPC) says of active regions, in JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import BadFileError
from flarescope.sources.json_rows import rows_of
from flarescope.sources.noaa_numbers import full_region_numbers
from flarescope.sources.srs import ReportedRegion
from flarescope.sun import Position, Region
from flarescope.times import iso

if TYPE_CHECKING:
    from flarescope.sources.json_rows import JsonRow

__all__ = ["RegionDay", "parse_solar_regions"]

REGIONS = "SWPC solar_regions"
_PLACE = re.compile(r"([NS])(\d\d)([EW])(\d\d\d?)", re.ASCII)
_MCINTOSH = re.compile(r"[A-HZ][a-z][a-z]", re.ASCII | re.IGNORECASE)
_MAGNETIC = {"A": "alpha", "B": "beta", "G": "gamma", "D": "delta"}
_NEEDED = ("observed_date", "region", "location", "area", "spot_class", "mag_class")
_MOST_AREA = 20_000.0  # millionths of the hemisphere; the largest group on record (1947) had 6132


@dataclass(frozen=True)
class RegionDay:
    """The regions of one day in SWPC's list.

    Attributes:
        observed: the day, UTC.
        valid_at: the time its places hold for: 24:00 UTC of that day, also while the day goes on.
        regions: with spots and without, in the order of their numbers.
        notes: what could not be understood.
    """

    observed: date
    valid_at: datetime
    regions: tuple[ReportedRegion, ...]
    notes: tuple[str, ...] = ()


def parse_solar_regions(document: Any, *, now: datetime) -> tuple[RegionDay, ...]:
    """Which regions does ``solar_regions.json`` list, day by day? The last day is the newest.

    Places are taken from ``location`` (N15W20): the list's own ``longitude`` counts east as positive. Where
    the two do not agree, the region has no position and a note says so.

    Raises:
        BadFileError: it is no such list, or it holds a day of the future.
    """
    days: dict[date, list[JsonRow]] = {}
    for row in rows_of(REGIONS, document, _NEEDED):
        days.setdefault(_day(row, now), []).append(row)
    return tuple(_region_day(day, days[day]) for day in sorted(days))


def _day(row: JsonRow, now: datetime) -> date:
    text = row.text("observed_date")
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not 1974 <= day.year <= 2100:
        row.refuse("observed_date", "a day such as 2026-02-03")
    if day > now.date():
        raise BadFileError(REGIONS, f"row {row.line} is of {day}, but it is {iso(now)} only.")
    return day


def _region_day(day: date, rows: list[JsonRow]) -> RegionDay:
    notes: list[str] = []
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    found: dict[int, ReportedRegion] = {}
    for row in rows:
        region = _region(row, midnight, notes)
        number = region.region.noaa[0]
        if number in found and found[number] != region:
            notes.append(f"{REGIONS}: region {number} stands twice on {day}; the first record is kept.")
        found.setdefault(number, region)
    regions = tuple(found[number] for number in sorted(found))
    return RegionDay(day, midnight + timedelta(days=1), regions, tuple(notes))


def _region(row: JsonRow, midnight: datetime, notes: list[str]) -> ReportedRegion:
    number = row.number("region", 1, 99_999)
    if number is None or number % 1:
        row.refuse("region", "a region's number")
    day = np.array([midnight.replace(tzinfo=None)], "M8[D]")
    noaa = int(full_region_numbers(np.array([int(number)]), day)[0])
    spots, extent = row.number("number_spots", 0, 10_000), row.number("extent", 0, 180)
    if spots is not None and spots % 1:
        row.refuse("number_spots", "a whole number")
    mcintosh = row.text("spot_class")
    if mcintosh and not _MCINTOSH.fullmatch(mcintosh):
        notes.append(f"{REGIONS}: region {noaa}: class {ascii(mcintosh)[:20]} was not understood.")
        mcintosh = ""
    return ReportedRegion(
        Region(
            noaa=(noaa,),
            position=_position(row, noaa, notes),
            area_msh=row.number("area", 0, _MOST_AREA),
        ),
        carrington_longitude=row.number("carrington_longitude", 0, 360),
        mcintosh=mcintosh.capitalize() or None,
        magnetic=_magnetic(row, noaa, notes),
        spots=None if spots is None else int(spots),
        extent_degrees=extent,
    )


def _position(row: JsonRow, noaa: int, notes: list[str]) -> Position | None:
    text = row.text("location")
    match = _PLACE.fullmatch(text)
    if match is None or int(match[2]) > 90 or int(match[4]) > 180:
        notes.append(f"{REGIONS}: region {noaa}: location {ascii(text)[:20]} was not understood.")
        return None
    latitude = float(match[2]) * (1 if match[1] == "N" else -1)
    longitude = float(match[4]) * (1 if match[3] == "W" else -1)
    east, north = row.number("longitude", -360, 360), row.number("latitude", -90, 90)
    if (east is not None and east != -longitude) or (north is not None and north != latitude):
        notes.append(f"{REGIONS}: region {noaa}: location {text} and longitude, latitude do not agree.")
        return None
    return Position(longitude, latitude)


def _magnetic(row: JsonRow, noaa: int, notes: list[str]) -> str | None:
    """BGD is beta-gamma-delta."""
    code = row.text("mag_class").upper()
    if any(letter not in _MAGNETIC for letter in code) or len(code) > 4:
        notes.append(f"{REGIONS}: region {noaa}: magnetic class {ascii(code)[:20]} was not understood.")
        return None
    return "-".join(_MAGNETIC[letter] for letter in code) or None
