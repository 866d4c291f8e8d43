"""Images that lie in folders already, as a supply of a store: which there are, and in which units.

Nothing is decoded to list them where the names speak, as those of all archives do.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.sources.archives import Supplied
from flarescope.sources.files import read_magnetogram_bytes
from flarescope.sources.limits import FileBytes, read_bytes
from flarescope.sources.names import region_in_path, time_in_name
from flarescope.sources.store import Unit
from flarescope.times import iso, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from flarescope.sun import View

__all__ = ["SUFFIXES", "Listing", "LocalFiles", "LocalUnit", "list_files", "units_of"]

SUFFIXES = (".fits", ".fit", ".fts", ".jp2", ".jpg", ".jpeg", ".png", ".npz")
NO_REGION = "it shows a region, and neither its name nor its header says which"
SAME_TIME = "another file of the same time, kept for when the first is not sound"
OUTSIDE = "outside the period asked for"
_DISK_NAME = re.compile(
    r"^HMI\.m\d{4}\.|__SDO_HMI_HMI_|^hmi\.m_\d+s|_HMIB?\.\w+$|HMI\d{8}_\d{4}_b[xyz]\.", re.IGNORECASE
)
_HARP_NAME = re.compile(r"sharp_(?:cea_)?720s(_nrt)?\.(\d{1,6})\.", re.IGNORECASE)
_PATCH_NAME = "__magnetogram."


class _Listed(NamedTuple):
    """One file."""

    region: str  # "" for the whole disk, else such as harp00377 or noaa11158
    time: datetime
    name: str  # relative to the folder
    folder: str
    harp: int | None
    named: bool  # is the time that of the name?


@dataclass(frozen=True, eq=False)
class Listing:
    """What a few folders hold.

    Attributes:
        files: in the order of day, region, time and name.
        left_out: how many files are no part of any unit, by reason; those of ``SAME_TIME`` are, if need be.
        disks: how many files show the whole disk, as their names or headers say.
        regions: how many show a region.
    """

    files: tuple[_Listed, ...]
    left_out: dict[str, int]

    @property
    def disks(self) -> int:
        """How many files show the whole disk, as their names or headers say?"""
        return sum(not file.region for file in self.files)

    @property
    def regions(self) -> int:
        """How many show a region?"""
        return len(self.files) - self.disks

    def only(self, view: View) -> Listing:
        """The files of one view; the others are counted."""
        kept = tuple(file for file in self.files if bool(file.region) == (view == "region"))
        other = "it shows a region" if view == "full_disk" else "it shows the whole disk"
        gone = {other: len(self.files) - len(kept)} if len(kept) < len(self.files) else {}
        return Listing(kept, self.left_out | gone)


@dataclass(frozen=True)
class LocalFiles:
    """The files of one unit, as a supply: small enough to be sent to whoever does the unit.

    Attributes:
        files: in the order in which they are tried.
    """

    files: tuple[_Listed, ...]

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


def list_files(
    folders: Sequence[str | Path],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Listing:
    """Which images are in these folders, and in any folder below?

    Names as the archives give them tell time and region (``hmi.sharp_cea_720s.377.20110215_020000_TAI…``,
    ``HMI.m2026.02.03_12.00.00.jpg``, ``2022_08_02__10_47_53_000__SDO_HMI_HMI_magnetogram.jp2``, patches as
    ``11158/…/2011-02-14T102701__magnetogram.jpg``); other files are opened, which takes longer. About 400
    bytes of memory a file.

    Args:
        folders: one or several; a file may be in two of them.
        since: the first time; images before it are left out.
        until: the first time no more wanted.
        progress: told (done, of) while files are opened; ``of`` is what was found so far.

    Raises:
        MissingDataError: there is no image at all.
        BadOptionError: a folder is none.

    Example:
        >>> list_files(["magnetograms/full_disk_2026"]).disks  # doctest: +SKIP
        1177
    """
    left_out: Counter[str] = Counter()
    files: list[_Listed] = []
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise BadOptionError(f"{folder} is not a folder. Give a folder with images in it or below it.")
        for count, name in enumerate(_names_below(folder), 1):
            found = _listed(folder, name)
            if isinstance(found, str):
                left_out[found] += 1
            elif (since and found.time < since) or (until and found.time >= until):
                left_out[OUTSIDE] += 1
            else:
                files.append(found)
            progress(count, count)
    if not files and not left_out:
        raise MissingDataError(
            f"{', '.join(map(str, folders))}: no image. Accepted: a folder with {', '.join(SUFFIXES)} in it "
            "or below it."
        )
    files.sort(key=lambda file: (file.time.date(), file.region, file.time, file.name))
    places = Counter((file.region, file.time) for file in files)
    left_out[SAME_TIME] = len(files) - len(places)
    return Listing(tuple(files), dict(+left_out))


def units_of(listing: Listing) -> Iterator[LocalUnit]:
    """The units that these files make: an hour of the whole disk, a UTC day of a region.

    Keys are as ``20260203T1200Z``, ``harp00377_20110213``, ``harp00377nrt_20110213`` (near-real-time HARPs
    are numbered apart) and ``noaa11158_20110213``. Units come day by day.
    """
    for key, group in groupby(listing.files, _key):
        files = tuple(group)
        times = tuple(sorted({file.time for file in files}))
        yield LocalUnit(Unit(key, times[0].date(), times, files[0].harp), LocalFiles(files))


def _key(file: _Listed) -> str:
    return f"{file.region}_{file.time:%Y%m%d}" if file.region else f"{file.time:%Y%m%dT%H}00Z"


def _names_below(folder: Path) -> Iterator[str]:
    """Names of all images, relative to the folder, in a fixed order; drafts (``.name``) are none."""
    for place, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield os.path.relpath(os.path.join(place, name), folder)


def _listed(folder: Path, name: str) -> _Listed | str:
    """The file as its name tells it, or else its header; or why it cannot be used."""
    path = folder / name
    time = time_in_name(path)
    if time is None:
        return _opened(folder, name)
    if match := _HARP_NAME.search(path.name):
        region = f"harp{int(match[2]):05d}{'nrt' if match[1] else ''}"
        return _Listed(region, time, name, str(folder), int(match[2]), True)
    if _PATCH_NAME in path.name:
        noaa = region_in_path(path)
        return _Listed(f"noaa{noaa}", time, name, str(folder), None, True) if noaa else NO_REGION
    if _DISK_NAME.search(path.name):
        return _Listed("", time, name, str(folder), None, True)
    return _opened(folder, name)


def _opened(folder: Path, name: str) -> _Listed | str:
    """The file as its header tells it: for names that are not the archives'."""
    try:
        image = _image(folder, name, None).image
    except BadFileError as problem:
        return problem.problem
    named = time_in_name(Path(name))
    time = named or image.time - timedelta(microseconds=image.time.microsecond)
    if image.view == "full_disk":
        return _Listed("", time, name, str(folder), None, named is not None)
    harp, noaa = (image.region.harp, image.region.noaa) if image.region else (None, ())
    if harp is None and not noaa:
        return NO_REGION
    region = f"noaa{noaa[0]}" if harp is None else f"harp{harp:05d}"
    return _Listed(region, time, name, str(folder), harp, named is not None)


def _read(file: _Listed) -> Supplied:
    """Its bytes and what they show, which must be what its name says."""
    supplied = _image(Path(file.folder), file.name, file.time if file.named else None)
    image = supplied.image
    if (image.view == "region") != bool(file.region):
        shown = "a region" if image.view == "region" else "the whole disk"
        raise BadFileError(file.name, f"it shows {shown}, not what its name says.")
    harp = image.region.harp if image.region else None
    if harp != file.harp:
        raise BadFileError(file.name, f"its header says HARP {harp}, its name HARP {file.harp}.")
    return supplied


def _image(folder: Path, name: str, asked: datetime | None) -> Supplied:
    """Errors name the file as the store knows it."""
    try:
        given = read_bytes(folder / name)
        image = read_magnetogram_bytes(given, asked=asked)
    except BadFileError as problem:
        raise type(problem)(name, problem.problem) from None
    except BadOptionError as problem:  # a time or a number in a header that cannot be
        raise BadFileError(name, str(problem)) from None
    return Supplied(FileBytes(Path(name), given.data), image)
