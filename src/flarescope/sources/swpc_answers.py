"""What NOAA's Space Weather Prediction Center (SWPC) says of flares and X-rays, in JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import BadFileError
from flarescope.flare import Flare, GoesClass
from flarescope.sources.flare_rows import FARTHEST
from flarescope.sources.json_rows import rows_of
from flarescope.sources.listed_flares import (
    CLOCK_TOLERANCE,
    FlareAnswer,
    ListedFlare,
    class_in,
    flare_rows,
)
from flarescope.times import iso, to_datetime64

if TYPE_CHECKING:
    from datetime import datetime

    from jaxtyping import Float

    from flarescope.sources.json_rows import JsonRow

__all__ = [
    "XrayFlux",
    "XrayNow",
    "parse_edited_events",
    "parse_xray_flares",
    "parse_xray_now",
    "parse_xrays",
]

FLARES, EVENTS, LATEST, XRAYS = (
    "SWPC xray-flares-7-day", "SWPC edited_events", "SWPC xray-flares-latest", "SWPC xrays",
)  # fmt: skip
LONG_CHANNEL = "0.1-0.8nm"
_ANY_TYPE = re.compile(r"[A-Z]{3}")
_FLARE_FIELDS = ("begin_time", "max_time", "max_class", "end_time")
_EVENT_FIELDS = ("begin_datetime", "max_datetime", "end_datetime", "type", "particulars1", "region")
_MOST_FLUX = 1e-1  # W m⁻²; a thousand times X1
_MINUTE = np.timedelta64(1, "m")
LONGEST_FLARE = timedelta(hours=12)


@dataclass(frozen=True)
class XrayNow:
    """What GOES sees at this minute.

    Attributes:
        time: the minute of the newest measurement.
        goes_class: the flux of that minute as a class, None where it is unknown.
        begin: when the newest flare began, None where no flare is known.
        flare: the newest flare; None where it is under way and its class not known yet.
        ended: does the answer give its end?
    """

    time: datetime
    goes_class: GoesClass | None = None
    begin: datetime | None = None
    flare: Flare | None = None
    ended: bool = False

    @property
    def under_way(self) -> bool:
        """Is the newest flare still going on? One that began twelve hours ago is over, end or no end."""
        return self.begin is not None and not self.ended and self.time - self.begin < LONGEST_FLARE


@dataclass(frozen=True, eq=False)
class XrayFlux:
    """The X-ray flux of GOES's long channel (0.1 to 0.8 nm), minute by minute.

    Attributes:
        times: every minute from the first to the last, datetime64[us] UTC.
        flux: W m⁻² at each of them, NaN where it was not measured.
        notes: what was left out, and what the archive itself doubts.
    """

    times: np.ndarray
    flux: Float[np.ndarray, " t"]
    notes: tuple[str, ...] = ()


def parse_xray_flares(document: Any, *, now: datetime) -> FlareAnswer:
    """Which flares does ``xray-flares-7-day.json`` list? All classes are on the science scale.

    Raises:
        BadFileError: it is no such list, or a flare starts later than now.
    """
    rows = rows_of(FLARES, document, _FLARE_FIELDS)
    found = [_listed(row, "begin_time", "max_time", "end_time", "max_class") for row in rows]
    return _answer(FLARES, found, now)


def parse_edited_events(document: Any, *, now: datetime) -> FlareAnswer:
    """Which GOES flares does ``edited_events.json`` list, with their regions?

    Events of other types than XRA, and X-ray events of another band than 1-8 Å, are counted in the notes.

    Raises:
        BadFileError: it is no such list, or an event starts later than now.
    """
    rows = rows_of(EVENTS, document, _EVENT_FIELDS)
    xray = [row for row in rows if _type(row) == "XRA" and row.text("frequency") in {"", "1-8A"}]
    found = [_listed(row, "begin_datetime", "max_datetime", "end_datetime", "particulars1") for row in xray]
    others = len(rows) - len(xray)
    notes = [f"{others} events of other kinds than X-ray flares passed over"] if others else []
    begins = [time for row in rows if (time := row.time("begin_datetime")) is not None]
    if begins and max(begins) > now + CLOCK_TOLERANCE:
        raise BadFileError(EVENTS, f"an event begins at {iso(max(begins))}, but it is {iso(now)} only.")
    return _answer(EVENTS, found, now, notes, begins)


def parse_xray_now(document: Any, *, now: datetime) -> XrayNow:
    """What does ``xray-flares-latest.json`` say: the newest minute, and the newest flare?

    Raises:
        BadFileError: it is no such answer, or it is of the future.
    """
    rows = rows_of(LATEST, document, ("time_tag", "current_class", *_FLARE_FIELDS))
    if not rows:
        raise BadFileError(LATEST, "it holds no row; one was expected.")
    row = max(rows, key=lambda row: row.needed_time("time_tag"))
    time, begin = row.needed_time("time_tag"), row.time("begin_time")
    if max(time, begin or time) > now + CLOCK_TOLERANCE:
        raise BadFileError(LATEST, f"it is of {iso(max(time, begin or time))}, but it is {iso(now)} only.")
    current, strongest = class_in(row, "current_class"), class_in(row, "max_class")
    peak, end = row.time("max_time"), row.time("end_time")
    _check_order(row, begin, peak, end)
    flare = None
    if begin is not None and strongest and float(strongest[1:]):
        goes_class = GoesClass(strongest)
        flare = Flare(begin, goes_class, peak=peak, end=end, source=LATEST, scale="science")
    known = GoesClass(current) if current and float(current[1:]) else None
    return XrayNow(time, known, begin, flare, ended=end is not None)


def _check_order(row: JsonRow, begin: datetime | None, peak: datetime | None, end: datetime | None) -> None:
    """A flare begins, peaks and ends, all within two days."""
    for key, time in (("max_time", peak), ("end_time", end)):
        if begin is not None and time is not None and not begin <= time <= begin + FARTHEST:
            row.refuse(key, f"a time not before its begin_time, {iso(begin)}, nor two days later")
    if peak is not None and end is not None and end < peak:
        row.refuse("end_time", f"a time not before its max_time, {iso(peak)}")


def parse_xrays(document: Any, *, now: datetime) -> XrayFlux:
    """The long channel's flux in ``xrays-6-hour.json`` and its longer sisters.

    Minutes that are not listed, and fluxes of null or not above 0, are NaN.

    Raises:
        BadFileError: it is no such list, holds nothing of the long channel, or is of the future.
    """
    rows = rows_of(XRAYS, document, ("time_tag", "flux", "energy"))
    long = [row for row in rows if row.text("energy") == LONG_CHANNEL]
    if not long:
        raise BadFileError(XRAYS, f"no row is of the long channel, {LONG_CHANNEL}.")
    minutes = [row.needed_time("time_tag") for row in long]
    if any(time.second or time.microsecond for time in minutes):
        raise BadFileError(XRAYS, "a time is no whole minute: its shape is not known.")
    if max(minutes) > now + CLOCK_TOLERANCE:
        raise BadFileError(XRAYS, f"it holds {iso(max(minutes))}, but it is {iso(now)} only.")
    if max(minutes) - min(minutes) > timedelta(days=30):
        raise BadFileError(XRAYS, f"it spans {max(minutes) - min(minutes)}; at most 30 days were expected.")
    times = np.arange(to_datetime64(min(minutes)), to_datetime64(max(minutes)) + _MINUTE, _MINUTE)
    flux = np.full(len(times), np.nan)
    for time, row in zip(minutes, long, strict=True):
        place = int((to_datetime64(time) - times[0]) / _MINUTE)
        value = row.number("flux", -_MOST_FLUX, _MOST_FLUX)
        if not np.isnan(flux[place]) and value != flux[place]:
            row.refuse("flux", f"one flux a minute; {iso(time)} has two")
        flux[place] = value if value is not None and value > 0.0 else np.nan
    return XrayFlux(times.astype("datetime64[us]"), flux, tuple(_doubts(long, flux)))


def _doubts(rows: list[JsonRow], flux: Float[np.ndarray, " t"]) -> list[str]:
    electrons = sum(row.fields.get("electron_contaminaton") is True for row in rows)  # spelt so by SWPC
    satellites = sorted({row.text("satellite") for row in rows} - {""})
    notes = [f"{XRAYS}: {int(np.isnan(flux).sum())} minutes without a flux."] if np.isnan(flux).any() else []
    notes += [f"{XRAYS}: {electrons} fluxes disturbed by electrons, as SWPC says."] if electrons else []
    notes += [f"{XRAYS}: several satellites: {', '.join(satellites)[:80]}."] if len(satellites) > 1 else []
    return notes


def _type(row: JsonRow) -> str:
    kind = row.text("type")
    if not _ANY_TYPE.fullmatch(kind):
        row.refuse("type", "three capitals such as XRA")
    return kind


def _listed(row: JsonRow, begin: str, peak: str, end: str, goes_class: str) -> ListedFlare:
    region = row.number("region", 0, 99_999) if "region" in row.fields else None
    return ListedFlare(
        row.line,
        row.needed_time(begin),
        class_in(row, goes_class),
        peak=row.time(peak),
        end=row.time(end),
        region=f"{region:g}" if region else "",
        science=True,
    )


def _answer(
    name: str,
    found: list[ListedFlare],
    now: datetime,
    notes: list[str] | None = None,
    begins: list[datetime] | None = None,
) -> FlareAnswer:
    unclear = sorted({flare.start for flare in found if not flare.goes_class})
    said = list(notes or ())
    if unclear:
        said.append(f"{len(unclear)} flares without a class left out: unknown when they started")
    if begins is None:
        begins = [flare.start for flare in found]
    rows = flare_rows(name, [flare for flare in found if flare.goes_class], now, said)
    return FlareAnswer(rows, tuple(unclear), min(begins, default=None), max(begins, default=None))
