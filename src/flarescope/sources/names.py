"""What a file's name tells where the file has no header: its time, its region."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flarescope.errors import BadOptionError
from flarescope.sources.tai import from_utc_or_tai

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

__all__ = ["region_in_path", "time_in_name"]

_TIMES = (
    (re.compile(r"HMI\.m(\d{4})\.(\d{2})\.(\d{2})_(\d{2})\.(\d{2})\.(\d{2})"), "UTC"),  # asked of Helioviewer
    (
        re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2})(\d{2})(\d{2})__magnetogram"),
        "UTC",
    ),  # active-region patches
    (re.compile(r"(\d{4})_(\d{2})_(\d{2})__(\d{2})_(\d{2})_(\d{2})_\d{3}__"), "UTC"),  # Helioviewer's JP2
    (re.compile(r"(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})_TAI"), "TAI"),  # JSOC
    (re.compile(r"(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})_\d+_HMIB"), "UTC"),  # sdo.gsfc.nasa.gov
    (re.compile(r"HMI(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})_b[xyz]"), "UTC"),  # SDOML
)
_REGION = re.compile(r"1[0-4]\d{3}")


def time_in_name(path: Path) -> datetime | None:
    """Which time stands in the file's name? None where no known pattern does.

    For images that were asked of Helioviewer it is the time *asked for*: the nearest image was served.

    Example:
        >>> from pathlib import Path
        >>> time_in_name(Path("HMI.m2026.02.03_12.00.00.jpg")).isoformat()
        '2026-02-03T12:00:00+00:00'
    """
    for pattern, scale in _TIMES:
        if match := pattern.search(path.name):
            parts = [*match.groups(), "00"]
            text = "{}-{}-{}T{}:{}:{}".format(*parts)
            try:
                return from_utc_or_tai(text, default=scale)
            except BadOptionError:
                return None
    return None


def region_in_path(path: Path) -> int | None:
    """Which NOAA number (10000 to 14999) is the name of a folder above the file? The nearest counts."""
    return next((int(part) for part in reversed(path.parts[:-1]) if _REGION.fullmatch(part)), None)
