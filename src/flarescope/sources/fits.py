"""FITS magnetograms: SHARP CEA maps, full disks, cut-outs; tile-compressed or plain."""

from __future__ import annotations

import warnings
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadFileError, BadOptionError
from flarescope.sources.channel import check_channel, check_name
from flarescope.sources.fits_structure import check_structure
from flarescope.sources.header import Header, comment, observed, quality, region
from flarescope.sources.limits import FileBytes, check_size, damage_in
from flarescope.sources.statistics import check_statistics
from flarescope.sources.wcs import cea_grid, disk, view_from
from flarescope.sun import Magnetogram, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from flarescope.geometry import CeaGrid, Disk
    from flarescope.sun import Encoding, View

__all__ = ["magnetogram_from", "read_fits"]

MIN_KNOWN = 0.5  # of the disk's pixels in the image
EDGE = 0.01  # of the radius, between the header's limb and the one where the numbers end
STRAY = 0.002  # of the pixels with numbers
BARE = "time and geometry from the archive's list: the file's own header has none"


def read_fits(
    file: FileBytes,
    *,
    time: datetime | None = None,
    segment: str = "magnetogram",
    keywords: Mapping[str, str] | None = None,
) -> Magnetogram:
    """What field does this FITS file hold?

    Rows are south to north and columns east to west, turned by 180° where HMI's camera was upside down.
    Blank pixels and the sky are NaN. The unit is gauss (Mx/cm²).

    Args:
        file: the file's bytes.
        time: when it was observed, if the header does not say.
        segment: "magnetogram"; "Br", "Bp" or "Bt" of a vector magnetogram only on request.
        keywords: what the archive's list says of the file; the file's own keywords win.

    Raises:
        BadFileError: damaged, of another structure, or a header that contradicts itself.
        WrongChannelError: another observable.
    """
    from astropy.io import fits

    check_name(file.path, segment)
    check_structure(file)
    with damage_in(file.path, "FITS file"), fits.open(BytesIO(file.data), memmap=False) as hdus:
        warnings.simplefilter(
            "ignore", fits.verify.VerifyWarning
        )  # real files hold unquoted nan: see _keywords
        hdu = _image(file, hdus)
        own = _keywords(hdu.header)
        header = Header(file.path, {**(keywords or {}), **own})
        check_channel(header, segment)
        check_size(file.path, hdu.shape[1], hdu.shape[0])
        _check_compression(file, hdu)
        field = np.asarray(hdu.data, dtype=np.float32)
    check_statistics(header, field)
    source = f"HMI {segment}" + (" SHARP" if header.text("HARPNUM") else "")
    image = magnetogram_from(header, field, time=time, origin=Origin(file.path.name, source, file.sha256))
    if keywords and observed(Header(file.path, own)) is None:
        return replace(image, notes=(*image.notes, BARE))
    return image


def _image(file: FileBytes, hdus: Any) -> Any:
    """The first HDU with a two-dimensional image, which must lie wholly in the file."""
    for index in range(2):
        try:
            hdu = hdus[index]
        except IndexError:
            break
        if len(hdu.shape or ()) != 2:
            continue
        place = hdus.fileinfo(index)
        end = place["datLoc"] + place["datSpan"]
        if end > len(file.data):
            raise BadFileError(
                file.path,
                f"the file is truncated: {len(file.data):,} of {end:,} bytes are there. Fetch it again.",
            )
        _check_rest(file, hdu, place["datLoc"], end)
        return hdu
    raise BadFileError(file.path, "there is no two-dimensional image in the file's first two parts (HDUs).")


def _check_rest(file: FileBytes, hdu: Any, begin: int, end: int) -> None:
    """After the last pixel come zeros up to the block's end, then another part of the file or nothing.

    Where a damaged header makes the image smaller than it was, pixels are left over.
    """
    used = end
    if not hasattr(hdu, "compression_type"):
        used = begin + hdu.shape[0] * hdu.shape[1] * abs(int(hdu.header["BITPIX"])) // 8
    rest = file.data[end:]
    if file.data[used:end].strip(b"\0") or not (rest.startswith(b"XTENSION") or not rest.strip(b"\0 ")):
        raise BadFileError(
            file.path, "the file holds more than the image that its header describes: it is damaged."
        )


def _check_compression(file: FileBytes, hdu: Any) -> None:
    """HMI's tiles are Rice-coded; the other codes are refused, since they can unpack to any size."""
    code = getattr(hdu, "compression_type", "RICE_1")
    if code not in {"RICE_1", "RICE_ONE"}:
        raise BadFileError(
            file.path, f"its tiles are compressed with {code!s:.20}; accepted: RICE_1, or none."
        )


def _keywords(cards: Any) -> dict[str, object]:
    """All keywords that can be parsed.

    Some HMI files have unquoted ``nan`` values, which no reader accepts.
    """
    from astropy.io.fits.verify import VerifyError

    values: dict[str, object] = {}
    for key in cards:
        try:
            values[key.upper()] = cards[key]
        except (VerifyError, ValueError):
            continue
    return values


def magnetogram_from(
    header: Header,
    field: Float[np.ndarray, "y x"],
    *,
    time: datetime | None,
    origin: Origin,
    encoding: Encoding = "gauss",
) -> Magnetogram:
    """Header and numbers, rows as in the file, to a magnetogram the right way up.

    Raises:
        BadFileError: no time, a geometry that is not supported, or numbers that no Sun has.
    """
    when = observed(header) or time
    if when is None:
        raise header.error("the header has no T_OBS, T_REC or DATE-OBS. Give time=.")
    view, notes = view_from(header, when)
    seen: View = "region"
    geometry: Disk | CeaGrid
    try:
        if header.text("CTYPE1").endswith("CEA"):
            geometry = cea_grid(header, view)
        else:
            geometry, upside_down = disk(header, view, (field.shape[0], field.shape[1]))
            field = _on_disk(header.path, field[::-1, ::-1] if upside_down else field, geometry)
            seen = "full_disk" if _is_whole(geometry, field.shape) else "region"
        return Magnetogram(
            field, when, seen, encoding, geometry, region(header), quality(header), origin,
            (*notes, *comment(header)),
        )  # fmt: skip
    except BadOptionError as error:
        raise header.error(f"the image cannot be a magnetogram. {error}") from None


def _is_whole(disk: Disk, shape: tuple[int, ...]) -> bool:
    """Does the whole disk lie in an image of this shape?"""
    across = all(-1 < disk.x_centre + side < shape[1] for side in (-disk.radius, disk.radius))
    return across and all(-1 < disk.y_centre + side < shape[0] for side in (-disk.radius, disk.radius))


def _on_disk(path: Path, field: Float[np.ndarray, "y x"], disk: Disk) -> Float[np.ndarray, "y x"]:
    """The field with NaN off the disk; the disk that the header promises must be in the image."""
    on_disk = disk.mask((field.shape[0], field.shape[1]))
    if not on_disk.any():
        raise BadFileError(path, "the header places the whole image off the solar disk.")
    _check_edge(path, field, disk)
    known = float(np.mean(np.isfinite(field[on_disk])))
    if known < MIN_KNOWN:
        raise BadFileError(
            path, f"only {known:.0%} of the solar disk has numbers; {MIN_KNOWN:.0%} are needed."
        )
    return np.where(on_disk, field, np.float32(np.nan))


def _check_edge(path: Path, field: Float[np.ndarray, "y x"], disk: Disk) -> None:
    """Where the sky is blank, the numbers must end at the limb that the header promises.

    An image without blanks in the sky tells nothing.
    """
    step = max(1, min(field.shape) // 512)
    known = np.isfinite(field[::step, ::step])
    y, x = np.ogrid[: field.shape[0] : step, : field.shape[1] : step]
    distance = np.hypot(x - disk.x_centre, y - disk.y_centre)
    slack = max(1.0, EDGE * disk.radius) + step
    sky = known[distance > disk.radius + slack]
    stray = int(np.count_nonzero(sky))
    if stray > STRAY * np.count_nonzero(known) and stray < (1.0 - STRAY) * sky.size:
        raise BadFileError(
            path, "the disk in the image is not where its header says: numbers lie in the sky."
        )
    reach = float(distance[known].max()) if known.any() else 0.0
    if _is_whole(disk, field.shape) and reach < disk.radius - slack:
        raise BadFileError(
            path,
            f"the header's disk has a radius of {disk.radius:.0f} pixels, that in the image {reach:.0f}.",
        )
