"""One image in a folder: its time and its region, as its name tells them or else its header."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flarescope.errors import BadFileError, BadOptionError
from flarescope.sources.archives import Supplied
from flarescope.sources.files import read_magnetogram_bytes
from flarescope.sources.limits import FileBytes, read_bytes
from flarescope.sources.names import region_in_path, time_in_name

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["NO_REGION", "SUFFIXES", "Listed", "image_in", "listed"]

SUFFIXES = (".fits", ".fit", ".fts", ".jp2", ".jpg", ".jpeg", ".png", ".npz")
NO_REGION = "it shows a region, and neither its name nor its header says which"
_DISK_NAME = re.compile(
    r"^HMI\.m\d{4}\.|__SDO_HMI_HMI_|^hmi\.m_\d+s|_HMIB?\.\w+$|HMI\d{8}_\d{4}_b[xyz]\.", re.IGNORECASE
)
_HARP_NAME = re.compile(r"sharp_(?:cea_)?720s(_nrt)?\.(\d{1,6})\.", re.IGNORECASE)
_PATCH_NAME = "__magnetogram."


class Listed(NamedTuple):
    """One file: what it shows, and where it is."""

    region: str  # "" for the whole disk, else such as harp00377 or noaa11158
    time: datetime
    name: str  # relative to the folder
    folder: str
    harp: int | None
    named: bool  # is the time that of the name?


def listed(folder: Path, name: str) -> Listed | str:
    """Which file is this, as its name tells it, or else its header? Or why it cannot be used."""
    path = folder / name
    time = time_in_name(path)
    if time is None:
        return _opened(folder, name)
    if match := _HARP_NAME.search(path.name):
        region = f"harp{int(match[2]):05d}{'nrt' if match[1] else ''}"
        return Listed(region, time, name, str(folder), int(match[2]), True)
    if _PATCH_NAME in path.name:
        noaa = region_in_path(path)
        return Listed(f"noaa{noaa}", time, name, str(folder), None, True) if noaa else NO_REGION
    if _DISK_NAME.search(path.name):
        return Listed("", time, name, str(folder), None, True)
    return _opened(folder, name)


def _opened(folder: Path, name: str) -> Listed | str:
    """The file as its header tells it: for names that are not the archives'."""
    try:
        image = image_in(folder, name, None).image
    except BadFileError as problem:
        return problem.problem
    named = time_in_name(Path(name))
    time = named or image.time - timedelta(microseconds=image.time.microsecond)
    if image.view == "full_disk":
        return Listed("", time, name, str(folder), None, named is not None)
    harp, noaa = (image.region.harp, image.region.noaa) if image.region else (None, ())
    if harp is None and not noaa:
        return NO_REGION
    region = f"noaa{noaa[0]}" if harp is None else f"harp{harp:05d}"
    return Listed(region, time, name, str(folder), harp, named is not None)


def image_in(folder: Path, name: str, asked: datetime | None) -> Supplied:
    """The image of a file, whose path is told relative to the folder, in errors too.

    Args:
        folder: where it is.
        name: relative to the folder.
        asked: its time, where its name tells one.

    Raises:
        BadFileError: it is not sound, or of another time.
    """
    try:
        given = read_bytes(folder / name)
        image = read_magnetogram_bytes(given, asked=asked)
    except BadFileError as problem:
        raise type(problem)(name, problem.problem) from None
    except BadOptionError as problem:  # a time or a number in a header that cannot be
        raise BadFileError(name, str(problem)) from None
    return Supplied(FileBytes(Path(name), given.data), image)
