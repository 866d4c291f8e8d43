"""SWPC's JSON lists of flares, events and fluxes, as the archive server speaks them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.flare import GoesClass
from flarescope.sources.archive_server.answer import Answer, json_answer
from flarescope.sources.archive_server.content import SHOWN_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.flare import Flare
    from flarescope.sources.archive_server.content import Content

__all__ = ["edited_events", "flares_7_day", "latest_flare", "xrays"]

WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)
LATE = timedelta(hours=1)
EVENT_DAYS = timedelta(days=3)
RISE, DECAY = 10.0, 15.0  # minutes, of the made-up light curves
QUIET = 3e-7  # W m⁻²
PRIMARY = (("2025-04-04", 19), ("2019-12-09", 16), ("2010-01-01", 15))  # satellite since
MADE = "fluxes drawn from the list of flares"


def flares_7_day(content: Content, fault: str) -> Answer:
    """``xray-flares-7-day.json``: the flares of the last seven days, the oldest first."""
    late = LATE if fault == "clock" else timedelta(0)
    return json_answer([_flare(f, content.now, late) for f in _recent(content, WEEK, fault)])


def latest_flare(content: Content, fault: str) -> Answer:
    """``xray-flares-latest.json``: the latest flare and the flux now, in a list of one."""
    late = LATE if fault == "clock" else timedelta(0)
    flares = _recent(content, 4 * WEEK, fault)
    if not flares:
        return json_answer([])
    (flux,) = _curve(flares[-5:], np.array([0.0]), content.now)
    current = {
        "time_tag": _z(content.now + late),
        "current_class": str(GoesClass.from_flux(float(flux))),
        "current_ratio": None,
        "current_int_xrlong": float(flux),
    }
    row = _flare(flares[-1], content.now, late)
    if flares[-1].end is None:  # known without its end, so it is over: see FlareLists
        row["end_time"] = _z(flares[-1].start + SHOWN_AFTER + late)
    return json_answer([row | current], X_Made_Up=f"{MADE}; an end that the list lacks")


def edited_events(content: Content, fault: str) -> Answer:
    """``edited_events.json``: the X-ray events of the last three days."""
    late = LATE if fault == "clock" else timedelta(0)
    flares = _recent(content, EVENT_DAYS, fault)
    return json_answer([_event(f, content.now, late) for f in flares])


def xrays(hours: int) -> Callable[[Content, str], Answer]:
    """``xrays-6-hour.json`` or ``xrays-7-day.json``: two bands a minute, drawn from the list of flares."""

    def answer(content: Content, fault: str) -> Answer:
        late = LATE if fault == "clock" else timedelta(0)
        count = hours * 60
        minutes = np.arange(1 - count, 1, dtype=float)
        times = [content.now + float(minute) * MINUTE for minute in minutes]
        flares = _recent(content, timedelta(hours=hours + 24), "")
        long = _curve(flares, minutes, content.now)
        if fault == "hole":
            keep = np.r_[: count // 3, count // 2 : count]
            times, long = [times[i] for i in keep], long[keep]
        rows = [
            _flux(time + late, flux, energy)
            for time, value in zip(times, long, strict=True)
            for energy, flux in (("0.05-0.4nm", value * 0.02), ("0.1-0.8nm", value))
        ]
        return json_answer(rows, X_Made_Up=MADE)

    return answer


def _recent(content: Content, back: timedelta, fault: str) -> list[Flare]:
    if "flares" in content.without:
        return []
    flares = content.flares.between(content.now - back, content.now + MINUTE, content.now)
    if fault == "hole":
        third = len(flares) // 3
        flares = flares[:third] + flares[third + max(1, len(flares) // 4) :]
    return flares


def _flare(flare: Flare, now: datetime, late: timedelta) -> dict[str, Any]:
    ended = flare.end is not None and flare.end <= now
    return {
        "time_tag": _z((flare.end or flare.peak or flare.start) + late),
        "begin_time": _z(flare.start + late),
        "begin_class": None,
        "max_time": _z(flare.peak + late) if flare.peak else None,
        "max_class": str(flare.goes_class),
        "max_xrlong": flare.goes_class.peak_flux,
        "max_ratio": None,
        "max_ratio_time": None,
        "current_int_xrlong": None,
        "end_time": _z(flare.end + late) if flare.end and ended else None,
        "end_class": None,
        "satellite": _satellite(flare.start),
    }


def _event(flare: Flare, now: datetime, late: timedelta) -> dict[str, Any]:
    ended = flare.end is not None and flare.end <= now
    place = flare.position
    return {
        "begin_datetime": _plain(flare.start + late),
        "begin_quality": None,
        "max_datetime": _plain(flare.peak + late) if flare.peak else None,
        "max_quality": None,
        "end_datetime": _plain(flare.end + late) if flare.end and ended else None,
        "end_quality": None,
        "observatory": f"G{_satellite(flare.start):02d}",
        "quality": "5",
        "type": "XRA",
        "coded_type": 1,
        "obsid": 5,
        "location": _location(place.longitude, place.latitude) if place else None,
        "frequency": "1-8A",
        "particulars1": str(flare.goes_class),
        "particulars2": None,
        **{f"particulars{n}": None for n in range(3, 11)},
        "region": flare.noaa_region % 10_000 if flare.noaa_region else None,
        "bin": flare.start.hour * 60 + flare.start.minute,
        "age": "old",
        "status_code": 2,
        "status_text": "-",
        "change_flag": 1,
    }


def _location(longitude: float, latitude: float) -> str:
    north = "N" if latitude >= 0 else "S"
    west = "W" if longitude >= 0 else "E"
    return f"{north}{abs(round(latitude)):02d}{west}{abs(round(longitude)):02d}"


def _flux(time: datetime, flux: float, energy: str) -> dict[str, Any]:
    return {
        "time_tag": _z(time),
        "satellite": _satellite(time),
        "flux": float(flux),
        "observed_flux": float(flux),
        "electron_correction": 0.0,
        "electron_contaminaton": False,  # the service's own spelling
        "energy": energy,
    }


def _curve(flares: list[Flare], minutes: np.ndarray, now: datetime) -> np.ndarray:
    """The long band's flux: each flare rises to its class in ten minutes and decays exponentially."""
    total = np.full(minutes.shape, QUIET)
    for flare in flares:
        peak = flare.peak or flare.start + RISE * MINUTE
        since = minutes - (peak - now) / MINUTE
        rise = np.clip(1.0 + since / max((peak - flare.start) / MINUTE, 1.0), 0.0, 1.0)
        shape = np.where(since <= 0, rise, np.exp(-np.maximum(since, 0.0) / DECAY))
        total = np.maximum(total, flare.goes_class.peak_flux * shape)
    return np.asarray(total)


def _satellite(time: datetime) -> int:
    day = f"{time:%Y-%m-%d}"
    return next((number for since, number in PRIMARY if since <= day), 14)


def _z(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def _plain(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}"
