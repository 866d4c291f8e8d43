"""What a forecast that was issued tells of itself: its question, its region, and the image it was made on."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.evaluation.pairs import Asked
from flarescope.forecaster.live import OLDEST_LIVE_IMAGE
from flarescope.sources.names import time_in_name
from flarescope.sun import Position, Region
from flarescope.times import duration, utc

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.forecast import Forecast

__all__ = ["asked_of", "image_time", "oldest_image", "region_of", "used_image"]

OF_REGION = "The forecast is of this region"  # how a forecast of one region says so in its notes
_TAKEN = re.compile(r", taken (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$")  # how a live forecast names its image


def asked_of(forecast: Forecast) -> Asked:
    """The question that a forecast answers."""
    hours = [
        round((time - forecast.observed) / timedelta(hours=1), 6)
        for time in (forecast.valid_from, forecast.valid_to)
    ]
    return Asked(str(forecast.at_least), *hours)


def region_of(forecast: Forecast) -> Region | None:
    """Of which region is the forecast? None: of the whole Sun. An empty ``Region``: it does not say."""
    if not any(note.startswith(OF_REGION) for note in forecast.notes):
        return None
    said = forecast.regions[0] if forecast.regions else {}
    harp, noaa = said.get("harp"), said.get("noaa") or ()
    return Region(
        harp if isinstance(harp, int) else None,
        tuple(int(n) for n in noaa if isinstance(n, int)) if isinstance(noaa, list | tuple) else (),
        _place(said.get("longitude"), said.get("latitude")),
    )


def _place(longitude: object, latitude: object) -> Position | None:
    if not (isinstance(longitude, int | float) and isinstance(latitude, int | float)):
        return None
    return Position(longitude, latitude)


def used_image(forecast: Forecast) -> bool:
    """Was an image given and accepted? ``state`` full says so; the regions seen, where there was no list."""
    return forecast.state == "full" or bool(forecast.regions)


def image_time(forecast: Forecast) -> datetime:
    """When was the image taken that was used?

    The forecast says so (``image_time``); one of an older flarescope says it in the name of the image. Where
    nothing does, it is the hour: an image without an hour of its own was given for it.

    Raises:
        BadOptionError: what it says is no time.
    """
    name = str(forecast.inputs.get("image", ""))
    taken = _TAKEN.search(name)
    said = forecast.inputs.get("image_time", taken[1] if taken else None)
    if said is not None:
        return utc(str(said))
    return time_in_name(Path(name)) or forecast.observed


def oldest_image(forecast: Forecast) -> timedelta:
    """How old might its image be when it was issued? What a live forecast allows, where it does not say.

    Raises:
        BadOptionError: what it says is no duration.
    """
    said = forecast.inputs.get("oldest_image")
    return OLDEST_LIVE_IMAGE if said is None else duration(str(said))
