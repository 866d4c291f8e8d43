"""What an archive offers, and what it answers: the words that all clients share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from flarescope.times import utc

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from flarescope.flare import FlareCatalog
    from flarescope.sources.limits import FileBytes
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram

__all__ = ["FlareArchive", "Found", "ImageArchive", "RegionArchive", "Supplied"]


@dataclass(frozen=True)
class Found:
    """An image that an archive says it has.

    Attributes:
        time: when it was observed, as the archive's list says; UTC.
        url: where its bytes are.
        params: the query that goes with the address.
        name: OUR name for the file, made of time and series; never the server's.
        series: such as ``hmi.M_720s_nrt``, or ``helioviewer:19``.
        quality: QUALITY as the list says, None where it does not.
        harp: the HARP number of a region's image.
        record: the record as the archive names it, for the origin.
        keywords: what the list says of the image, for files whose own header is bare, as JSOC stores them.
    """

    time: datetime
    url: str
    name: str
    series: str
    params: dict[str, str] = field(default_factory=dict)
    quality: int | None = None
    harp: int | None = None
    record: str = ""
    keywords: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", utc(self.time))


@dataclass(frozen=True, eq=False)
class Supplied:
    """An image as it was fetched or found: checked bytes, and what they show."""

    file: FileBytes
    image: Magnetogram
    found: Found | None = None


class ImageArchive(Protocol):
    """An archive of magnetograms; registered as a source that offers "magnetograms"."""

    name: str
    series: str  # as in what it finds
    bytes_each: int  # of one image, for what is printed before a fetch
    seconds_each: float

    def find(self, time: datetime, *, tolerance: timedelta) -> Found:
        """The image nearest to a time; MissingDataError where none lies within the tolerance."""

    def fetch(self, found: Found) -> Supplied:
        """Its bytes, read and checked: ArchiveError where none of the attempts gave a sound image."""

    def newest(self, at: datetime, *, oldest: timedelta) -> Found:
        """The newest image not later than ``at``; MissingDataError where it is older than ``oldest``."""


class FlareArchive(Protocol):
    """An archive of flares; offers "flares"."""

    name: str

    def flares(self, a: datetime, b: datetime) -> FlareCatalog:
        """Flares with a ≤ start < b, with the coverage that the answers warrant."""


class RegionArchive(Protocol):
    """An archive of Solar Region Summaries; offers "regions"."""

    name: str

    def summary(self, day: datetime) -> RegionSummary:
        """The summary issued on a day, or the newest one not later; MissingDataError where there is none."""
