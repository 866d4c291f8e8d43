"""8-bit grey images without a header: full disks and active-region patches as JPEG or PNG."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadFileError, BadOptionError, MissingDataError, WrongChannelError
from flarescope.geometry import Disk, earth_view
from flarescope.sources.calibration import HELIOVIEWER_ARCSEC, PATCH_PIXELS, patch_scale
from flarescope.sources.channel import check_name
from flarescope.sources.limb import Limb, find_limb
from flarescope.sources.limits import FileBytes, check_size, damage_in
from flarescope.sources.names import region_in_path, time_in_name
from flarescope.sun import ZERO_GREY, Magnetogram, Origin, Region

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.sun import View

__all__ = ["HELIOVIEWER_ARCSEC", "check_zero", "decode_grey", "read_grey"]

SCALE_TOLERANCE = 0.01
BANDS = 8
MAX_ZERO_OFF = 12.0  # grey levels; the quiet Sun's median is within 2 of mid-grey in every stretch met


def decode_grey(file: FileBytes) -> Float[np.ndarray, "y x"]:
    """The grey levels of a JPEG or PNG, row 0 the southernmost.

    Raises:
        BadFileError: damaged, truncated, too large, or not 8-bit.
        WrongChannelError: a colour image.
    """
    from PIL import Image

    kind = "PNG" if file.data.startswith(b"\x89PNG") else "JPEG"
    if kind == "JPEG" and not file.data.rstrip(b"\0").endswith(b"\xff\xd9"):
        raise BadFileError(
            file.path, "the JPEG image is truncated: its end marker is missing. Fetch it again."
        )
    if kind == "PNG" and b"IEND\xaeB`\x82" not in file.data[-64:]:
        raise BadFileError(file.path, "the PNG image is truncated: its end chunk is missing. Fetch it again.")
    with damage_in(file.path, f"{kind} image"), Image.open(BytesIO(file.data), formats=(kind,)) as image:
        check_size(file.path, *image.size)
        if image.mode not in {"L", "RGB", "RGBA", "LA", "P"}:
            raise BadFileError(file.path, f"its pixels are of mode '{image.mode}'; accepted: 8-bit grey.")
        grey = np.asarray(image) if image.mode == "L" else _grey_of(file, np.asarray(image.convert("RGB")))
    return np.flipud(grey).astype(np.float32)


def _grey_of(file: FileBytes, colours: Float[np.ndarray, "y x 3"]) -> Float[np.ndarray, "y x"]:
    spread = np.ptp(colours.astype(np.int16), axis=2)
    if np.mean(spread > 24) > 0.001:
        raise WrongChannelError(
            file.path,
            "this is a colour image; a line-of-sight magnetogram is grey. Give the black-and-white image.",
        )
    return colours[..., 1]


def read_grey(file: FileBytes, *, time: datetime | None = None, view: View | None = None) -> Magnetogram:
    """What does this 8-bit magnetogram show?

    A full disk is placed by its own limb, with B0, L0 and distance from the ephemeris; its sky becomes NaN.
    A patch (named ``…__magnetogram.jpg``, or with ``view="region"``) of 256 pixels has a plate scale (see
    ``calibration``) but no place; its region is the folder's NOAA number. Grey levels stay as they are, zero
    field at 127.5.

    Args:
        file: the file's bytes.
        time: when it was observed, if its name does not say.
        view: "full_disk" or "region"; by default the name decides.

    Raises:
        BadFileError: damaged, no time, or no solar disk.
        WrongChannelError: a colour image, or one whose quiet Sun is not mid-grey, such as a continuum image.
    """
    check_name(file.path)
    named = time_in_name(file.path)
    when = time or named
    if when is None:
        raise BadFileError(
            file.path,
            "neither the image nor its name says when it was observed. Give time=2026-02-03T12:00Z.",
        )
    patch = view == "region" or (view is None and "__magnetogram." in file.path.name)
    said = "time from the file's name" + (
        "" if patch else ": the time asked for, not necessarily the exposure's"
    )
    notes = () if time else (said,)
    grey = decode_grey(file)
    try:
        return (_patch if patch else _full_disk)(file, grey, when, notes)
    except (BadOptionError, MissingDataError) as error:
        raise BadFileError(file.path, f"the image cannot be a magnetogram. {error}") from None


def _patch(
    file: FileBytes, grey: Float[np.ndarray, "y x"], time: datetime, notes: tuple[str, ...]
) -> Magnetogram:
    check_zero(file, grey, bands=1)
    number = region_in_path(file.path)
    region = None if number is None else Region(noaa=(number,))
    origin = Origin(file.path.name, "active-region patch", file.sha256)
    scale = patch_scale(time) if grey.shape == (PATCH_PIXELS, PATCH_PIXELS) else None
    return Magnetogram(grey, time, "region", "grey8", scale, region, 0, origin, notes)


def _full_disk(
    file: FileBytes, grey: Float[np.ndarray, "y x"], time: datetime, notes: tuple[str, ...]
) -> Magnetogram:
    limb = find_limb(grey)
    seen = earth_view(time)
    geometry = Disk(limb.x, limb.y, limb.radius, seen.b0, seen.l0, seen.distance_au)
    field = np.where(geometry.mask((grey.shape[0], grey.shape[1])), grey, np.float32(np.nan))
    check_zero(file, field)
    notes = (
        *notes,
        f"disk from its limb: radius {limb.radius:.2f} px",
        *_stretch_note(limb, grey, seen.angular_radius_arcsec),
    )
    return Magnetogram(
        field,
        time,
        "full_disk",
        "grey8",
        geometry,
        None,
        0,
        Origin(file.path.name, "8-bit image", file.sha256),
        notes,
    )


def check_zero(file: FileBytes, grey: Float[np.ndarray, "y x"], *, bands: int = BANDS) -> None:
    """Is the quiet Sun mid-grey, in every band of rows?

    In a continuum image it is bright; in a damaged JPEG everything is shifted from some row on.

    Args:
        file: for the error's text.
        grey: 0 to 255, NaN off the disk.
        bands: into how many bands of rows the image is cut.

    Raises:
        WrongChannelError: a band's median is further than 12 grey levels from 127.5.
    """
    step = max(1, min(grey.shape) // 512)
    sample = grey[::step, ::step]
    rows = np.flatnonzero(np.isfinite(sample).any(axis=1))
    for band in np.array_split(rows, bands):
        zero = float(np.nanmedian(sample[band]))
        if abs(zero - ZERO_GREY) > MAX_ZERO_OFF:
            raise WrongChannelError(
                file.path,
                f"its median grey level is {zero:.0f}, but in a magnetogram the quiet Sun lies at "
                f"{ZERO_GREY:g} ± {MAX_ZERO_OFF:g}: this is another observable, or damaged.",
            )


def _stretch_note(limb: Limb, grey: Float[np.ndarray, "y x"], radius_arcsec: float) -> tuple[str, ...]:
    """Is it laid out as Helioviewer's images are, on which the grey levels were learnt?"""
    scale = radius_arcsec / limb.radius * max(grey.shape) / 512
    if abs(scale / HELIOVIEWER_ARCSEC - 1.0) <= SCALE_TOLERANCE:
        return ()
    return (
        f"out of distribution: {scale:.2f} arcsec per pixel at 512 pixels instead of Helioviewer's "
        f"{HELIOVIEWER_ARCSEC}, so its grey levels may be stretched in another way",
    )
