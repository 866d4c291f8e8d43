"""One series of JSOC's magnetograms: what is asked of its list, and what its records are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flarescope.errors import BadOptionError, UnknownNameError
from flarescope.sources.answers import printable
from flarescope.sources.archives import Found
from flarescope.sources.channel import MAGNETIC_SEGMENTS
from flarescope.sources.tai import from_tai, to_tai

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.sources.jsoc_answers import Record

__all__ = ["SERIES", "SLOT", "JsocSeries", "check_record_set", "nearest_slot"]

SERIES = ("hmi.M_720s", "hmi.M_720s_nrt", "hmi.sharp_cea_720s", "hmi.sharp_cea_720s_nrt")
SLOT = timedelta(minutes=12)
# A stored file's own header holds the array's size; everything else is in the list.
KEYS = (
    "T_REC", "T_OBS", "QUALITY", "TELESCOP", "INSTRUME", "WAVELNTH", "CONTENT", "CTYPE1", "CTYPE2", "CUNIT1",
    "CUNIT2", "CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CDELT1", "CDELT2", "CROTA2", "RSUN_OBS", "DSUN_OBS",
    "CRLN_OBS", "CRLT_OBS",
)  # fmt: skip
REGION_KEYS = ("HARPNUM", "NOAA_AR", "NOAA_ARS", "LON_FWT", "LAT_FWT", "AREA_ACR")
UNITS = ("BUNIT", "BUNIT_000")  # of the segment "magnetogram", whichever the series has
_RECORDS = re.compile(r"[\x20-\x7e]{1,1000}", re.ASCII)


def nearest_slot(time: datetime) -> datetime:
    """Which T_REC slot is nearest? Slots are at multiples of 12 minutes on a TAI clock.

    Example:
        >>> nearest_slot(datetime(2026, 2, 3, 12, tzinfo=UTC)).isoformat()
        '2026-02-03T11:59:23+00:00'
    """
    clock = to_tai(time)
    midnight = clock.replace(hour=0, minute=0, second=0, microsecond=0)
    return from_tai(midnight + round((clock - midnight) / SLOT) * SLOT)


@dataclass(frozen=True)
class JsocSeries:
    """A series, the segment wanted of it, and perhaps one region.

    Raises:
        UnknownNameError: another series than ``SERIES``.
        BadOptionError: another segment, or a HARP number that cannot be.
    """

    name: str
    segment: str = "magnetogram"
    harp: int | None = None

    def __post_init__(self) -> None:
        if self.name not in SERIES:
            raise UnknownNameError("series of JSOC", printable(self.name, 60), SERIES)
        accepted = MAGNETIC_SEGMENTS if self.regions else MAGNETIC_SEGMENTS[:1]
        if self.segment not in accepted:
            seen = printable(self.segment, 40)
            raise BadOptionError(
                f"{self.name} has no segment '{seen}' in gauss. Accepted: {', '.join(accepted)}."
            )
        if self.harp is not None and not (self.regions and 0 < self.harp < 10**6):
            raise BadOptionError(
                f"HARP {self.harp} of {self.name} is not possible. Accepted: SHARPs from 1 on."
            )

    @property
    def regions(self) -> bool:
        """Are its images of regions?"""
        return "sharp" in self.name

    @property
    def what(self) -> str:
        """As it is called in messages."""
        return self.name + (f" of HARP {self.harp}" if self.harp else "")

    def need_harp(self) -> None:
        """Can an image be named by its time alone?

        Raises:
            BadOptionError: no, there are many regions at a time.
        """
        if self.regions and self.harp is None:
            raise BadOptionError(
                f"{self.name} has many regions at a time. Give harp=, such as 377, or take hmi.M_720s."
            )

    def query(self, a: datetime, b: datetime) -> dict[str, str]:
        """What is asked of jsoc_info for the records between two times."""
        first, last = (f"{to_tai(time):%Y.%m.%d_%H:%M:%S}_TAI" for time in (a, b))
        region = f"[{self.harp or ''}]" if self.regions else ""
        keys = (*KEYS, *(REGION_KEYS if self.regions else ()))
        keys = (*keys, *UNITS) if self.segment == "magnetogram" else keys
        ds = f"{self.name}{region}[{first}-{last}]"
        return {"op": "rs_list", "ds": ds, "key": ",".join(keys), "seg": self.segment}

    def record_set(self, record: Record) -> str:
        """The record as JSOC names it."""
        region = f"[{record.harp}]" if record.harp else ""
        return f"{self.name}{region}[{to_tai(record.slot):%Y.%m.%d_%H:%M:%S}_TAI]"

    def found(self, record: Record, host: str) -> Found:
        """The record as an image that can be fetched from a host, with a name of our own."""
        region = f"{record.harp}." if record.harp else ""
        keywords = dict(record.keywords)
        if unit := keywords.pop("BUNIT_000", ""):
            keywords.setdefault("BUNIT", unit)
        return Found(
            time=record.observed,
            url=f"{host}{record.path}",
            name=f"{self.name}.{region}{to_tai(record.slot):%Y%m%d_%H%M%S}_TAI.{self.segment}.fits",
            series=self.name,
            quality=record.quality,
            harp=record.harp,
            record=self.record_set(record),
            keywords=keywords,
        )


def check_record_set(ds: str) -> str:
    """A record set of one of the series, as the user wrote it.

    Raises:
        UnknownNameError: of another series.
        BadOptionError: too long, or with unprintable signs.
    """
    series = re.split(r"[\[{]", ds, maxsplit=1)[0].strip()
    if series not in SERIES:
        raise UnknownNameError("series of JSOC", printable(series, 60), SERIES)
    if not _RECORDS.fullmatch(ds):
        raise BadOptionError("The record set is too long or holds unprintable signs. Accepted: 1000 signs.")
    return ds
