"""What an HMI header says: time, quality, region. FITS, JP2 and sunpy maps share these keywords."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, BadOptionError
from flarescope.sources.tai import from_utc_or_tai
from flarescope.sun import Position, Region

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

__all__ = ["Header", "comment", "observed", "quality", "region"]

MAX_SLOT_MINUTES = 30.0  # T_OBS and T_REC differ by seconds; further apart, one of them is damaged
MAX_COMMENT = 200


@dataclass(frozen=True)
class Header:
    """The keywords of one file, upper-case, with the file's path for error messages."""

    path: Path
    values: Mapping[str, object]

    def text(self, key: str) -> str:
        """The keyword as text; "" where it is missing."""
        value = self.values.get(key)
        text = "" if value is None else str(value).strip()
        return "" if text.upper() in {"MISSING", "NAN", "NONE"} else text

    def number(self, key: str) -> float | None:
        """The keyword as a finite number; None where it is missing, text or NaN."""
        try:
            value = float(self.text(key))
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def need(self, key: str) -> float:
        """The keyword as a finite number.

        Raises:
            BadFileError: it is missing or no number.
        """
        value = self.number(key)
        if value is None:
            seen = self.text(key)[:40] or "missing"
            raise self.error(f"the header's {key} is '{seen}'; a number is needed.")
        return value

    def error(self, problem: str) -> BadFileError:
        """An error about this file, to be raised."""
        return BadFileError(self.path, problem)


def observed(header: Header) -> datetime | None:
    """When was it observed, in UTC?

    T_OBS (the middle of the exposure) before T_REC (its slot), both TAI; then DATE-OBS (the start), UTC.
    None where the header has none of them.

    Raises:
        BadFileError: a time that cannot be read, or T_OBS and T_REC more than 30 minutes apart.
    """
    times = {}
    for key, scale in (("T_OBS", "TAI"), ("T_REC", "TAI"), ("DATE-OBS", "UTC"), ("DATE_OBS", "UTC")):
        if header.text(key):
            try:
                times[key] = from_utc_or_tai(header.text(key), default=scale)
            except BadOptionError as error:
                raise header.error(f"the header's {key} is wrong. {error}") from None
    if not times:
        return None
    apart = (max(times.values()) - min(times.values())).total_seconds() / 60.0
    if apart > MAX_SLOT_MINUTES:
        said = ", ".join(f"{key} {header.text(key)}" for key in times)
        raise header.error(f"the header's times contradict each other ({said}). Fetch it again.")
    return next(iter(times.values()))


def comment(header: Header) -> tuple[str, ...]:
    """A short COMMENT, as whoever made the file left it; a pipeline's own is long and says nothing new."""
    text = "".join(sign for sign in " ".join(header.text("COMMENT").split()) if sign.isprintable())
    return (text,) if 0 < len(text) <= MAX_COMMENT else ()


def quality(header: Header) -> int:
    """The QUALITY bits: written as an integer, or as hexadecimal text such as 0x00000400; 0 where missing.

    Raises:
        BadFileError: neither of them, or more than 32 bits.
    """
    text = header.text("QUALITY")
    if not text:
        return 0
    try:
        bits = int(text, 16) if text.lower().startswith("0x") else int(text)
    except ValueError:
        number = header.number("QUALITY")
        bits = int(number) if number is not None and number == int(number) else -(2**40)
    if not -(2**31) <= bits < 2**32:
        raise header.error(
            f"the header's QUALITY is '{text[:40]}'; accepted: an integer or hexadecimal of 32 bits."
        )
    return bits & 0xFFFFFFFF


def region(header: Header) -> Region | None:
    """Which active region is it? None for a full disk.

    HARP, NOAA numbers (one HARP may hold several), place and area.

    The place is LON_FWT, LAT_FWT: the flux-weighted centre of the active pixels, Stonyhurst.
    """
    harp = header.number("HARPNUM")
    noaa = tuple(int(number) for number in re.findall(r"\b\d{4,5}\b", header.text("NOAA_ARS")))
    if harp is None and not noaa:
        return None
    if harp is not None and not (0 < harp < 10**6 and harp == int(harp)):
        raise header.error(f"the header's HARPNUM is {harp:g}; accepted: a whole number above 0.")
    if not noaa and 0 < (header.number("NOAA_AR") or 0) < 10**5:
        noaa = (int(header.need("NOAA_AR")),)
    longitude, latitude = header.number("LON_FWT"), header.number("LAT_FWT")
    position = None
    if longitude is not None and latitude is not None:
        if abs(longitude) > 180.0 or abs(latitude) > 90.0:
            raise header.error(
                f"the header's LON_FWT, LAT_FWT ({longitude:g}, {latitude:g}) lie off the Sun."
            )
        position = Position(longitude, latitude)
    area = header.number("AREA_ACR")
    return Region(None if harp is None else int(harp), noaa, position, area)
