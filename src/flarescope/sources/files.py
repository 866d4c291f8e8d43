"""Read a magnetogram from a file of any format met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, BadOptionError, WrongTimeError
from flarescope.sources import jp2
from flarescope.sources.fits import read_fits
from flarescope.sources.freshness import check_fresh
from flarescope.sources.grey import read_grey
from flarescope.sources.limits import read_bytes
from flarescope.sources.npz import read_npz
from flarescope.times import duration, iso, utc

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    from flarescope.sources.limits import FileBytes
    from flarescope.sun import Magnetogram, View

__all__ = ["read_magnetogram", "read_magnetogram_bytes"]


def read_magnetogram(
    path: str | Path,
    *,
    time: str | datetime | None = None,
    asked: str | datetime | None = None,
    tolerance: str | timedelta = "12min",
    view: View | None = None,
    segment: str = "magnetogram",
    reduce: int = 0,
    fresh: bool = False,
) -> Magnetogram:
    """What magnetogram is in this file?

    The format is told by the first bytes, not by the name: FITS (SHARP CEA, full disk, cut-out),
    JPEG 2000 (Helioviewer), JPEG, PNG and numpy archives.

    Args:
        path: the file.
        time: when it was observed, for files that do not say; a header wins over it, a name does not.
        asked: the time for which the image was wanted; it must lie within ``tolerance``.
        tolerance: how far the image's own time may lie from ``asked``.
        view: of an 8-bit image: "full_disk" or "region" (a patch); by default its name decides.
        segment: of a vector magnetogram: "Br", "Bp" or "Bt", only when asked for.
        reduce: of a JP2: halvings of its size while decoding, 0 to 5.
        fresh: refuse an image whose bytes were already served for an earlier hour of its folder.

    Returns:
        The field with row 0 the southernmost and column 0 the easternmost, NaN off the disk.

    Raises:
        BadFileError: missing, damaged, too large or of an unknown format; one line with the file's name.
        WrongChannelError: another observable, such as a continuum image.
        WrongTimeError: the image lies further than ``tolerance`` from ``asked``.
        StaleImageError: ``fresh``, and the same bytes are there for an earlier hour.
        BadOptionError: an option is outside what is accepted.

    Example:
        >>> m = read_magnetogram("HMI.m2026.02.03_12.00.00.jpg")  # doctest: +SKIP
        >>> m.view, m.encoding, round(m.geometry.b0, 1)  # doctest: +SKIP
        ('full_disk', 'grey8', -6.1)
    """
    file = read_bytes(path)
    magnetogram = read_magnetogram_bytes(
        file, time=time, asked=asked, tolerance=tolerance, view=view, segment=segment, reduce=reduce
    )
    if fresh:
        check_fresh(path)
    return magnetogram


def read_magnetogram_bytes(
    file: FileBytes,
    *,
    time: str | datetime | None = None,
    asked: str | datetime | None = None,
    tolerance: str | timedelta = "12min",
    view: View | None = None,
    segment: str = "magnetogram",
    reduce: int = 0,
    keywords: Mapping[str, str] | None = None,
) -> Magnetogram:
    """What magnetogram do these bytes hold? As ``read_magnetogram``, of a file in memory.

    Args:
        file: the bytes, with the name that errors and the origin shall have.
        time, asked, tolerance, view, segment, reduce: as in ``read_magnetogram``.
        keywords: of a FITS file: what its archive's list says of it, for files whose own header holds
            little more than the array's size, as JSOC stores them. The file's own keywords win.

    Raises:
        BadFileError, WrongChannelError, WrongTimeError, BadOptionError: as in ``read_magnetogram``.

    Example:
        >>> read_magnetogram_bytes(FileBytes(Path("a.fits"), data), asked="2014-06-10T00:00Z")
        ... # doctest: +SKIP
    """
    if view not in {None, "full_disk", "region"}:
        raise BadOptionError(f"View '{view}' is unknown. Accepted: full_disk, region.")
    limit = duration(tolerance)
    given = None if time is None else utc(time)
    wanted = None if asked is None else utc(asked)
    magnetogram = _decode(file, given, view, segment, reduce, keywords)
    if wanted is not None and abs(magnetogram.time - wanted) > limit:
        raise WrongTimeError(
            file.path,
            f"it is of {iso(magnetogram.time)}, more than {limit.total_seconds() / 60:g} minutes from "
            f"{iso(wanted)}, the time asked for. Give the image of that time.",
        )
    return magnetogram


def _decode(
    file: FileBytes,
    time: datetime | None,
    view: View | None,
    segment: str,
    reduce: int,
    keywords: Mapping[str, str] | None,
) -> Magnetogram:
    """Hand the bytes to the reader of their format."""
    start = file.data[:16]
    if start.startswith(b"SIMPLE  ="):
        return read_fits(file, time=time, segment=segment, keywords=keywords)
    if start.startswith(jp2.SIGNATURE):
        return jp2.read_jp2(file, time=time, reduce=reduce)
    if start.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return read_grey(file, time=time, view=view)
    if start.startswith(b"PK\x03\x04"):
        return read_npz(file, time=time)
    raise BadFileError(
        file.path,
        f"its first bytes ({start[:8].hex(' ')}) belong to no format that is read here. "
        "Accepted: FITS, JP2, JPEG, PNG, npz.",
    )
