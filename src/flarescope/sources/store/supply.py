"""Images in folders as a supply of a store: the units that they make, and what each file gives."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, MissingDataError
from flarescope.sources.store.local_images import image_in
from flarescope.sources.store.store import Unit
from flarescope.times import iso, utc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from flarescope.sources.archives import Supplied
    from flarescope.sources.store.listing import Listing
    from flarescope.sources.store.local_images import Listed

__all__ = ["LocalFiles", "LocalUnit", "units_of"]


@dataclass(frozen=True)
class LocalFiles:
    """The files of one unit, as a supply: small enough to be sent to whoever does the unit.

    Attributes:
        files: in the order in which they are tried.
    """

    files: tuple[Listed, ...]

    def supply(self, time: datetime, harp: int | None = None) -> Supplied:
        """The image of this time, from the first of its files that is sound.

        The path in ``Supplied.file`` is relative to the folder, and so are those in errors: a store knows
        nothing of where it was built.

        Raises:
            MissingDataError: there is no file of this time.
            BadFileError: none of its files is sound; the message is the first one's.
        """
        first: BadFileError | None = None
        for file in self.files:
            if file.time != utc(time) or file.harp != harp:
                continue
            try:
                return _read(file)
            except BadFileError as problem:
                first = first or problem
        raise first or MissingDataError(f"There is no file of {iso(time)}. Give the folder that holds it.")


@dataclass(frozen=True)
class LocalUnit:
    """A unit of a store with the files that it is made from."""

    unit: Unit
    supply: LocalFiles

    @property
    def key(self) -> str:
        """The unit's own key."""
        return self.unit.key


def units_of(listing: Listing) -> Iterator[LocalUnit]:
    """The units that these files make: an hour of the whole disk, a UTC day of a region.

    Keys are as ``20260203T1200Z``, ``harp00377_20110213``, ``harp00377nrt_20110213`` (near-real-time HARPs
    are numbered apart) and ``noaa11158_20110213``. Units come day by day.
    """
    for key, group in groupby(listing.files(), _key):
        files = tuple(group)
        times = tuple(sorted({file.time for file in files}))
        yield LocalUnit(Unit(key, times[0].date(), times, files[0].harp), LocalFiles(files))


def _key(file: Listed) -> str:
    return f"{file.region}_{file.time:%Y%m%d}" if file.region else f"{file.time:%Y%m%dT%H}00Z"


def _read(file: Listed) -> Supplied:
    """Its bytes and what they show, which must be what its name says."""
    supplied = image_in(Path(file.folder), file.name, file.time if file.named else None)
    image = supplied.image
    if (image.view == "region") != bool(file.region):
        shown = "a region" if image.view == "region" else "the whole disk"
        raise BadFileError(file.name, f"it shows {shown}, not what its name says.")
    harp = image.region.harp if image.region else None
    if harp != file.harp:
        raise BadFileError(file.name, f"its header says HARP {harp}, its name HARP {file.harp}.")
    return supplied
