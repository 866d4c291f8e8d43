"""Full disks for the archive server: real JPEGs wrapped as JP2, or the made-up Sun."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np

from flarescope.geometry import ARCSEC, Disk, earth_view
from flarescope.sources.archive_server.answer import tai_text
from flarescope.sources.calibration import GREY_PER_GAUSS
from flarescope.sun import ZERO_GREY, Magnetogram, Position
from flarescope.times import iso

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from jaxtyping import Float

    from flarescope.synthetic import Bipole

__all__ = ["Place", "continuum_jp2", "jp2_of_jpeg", "jp2_of_made_up", "made_up_disk", "places"]

PIXELS = 512
REAL = "JPEG of 512 pixels from the index of full_disk_2026, wrapped as JP2 by flarescope's archive server"
MADE = "made-up Sun, drawn by flarescope's archive server"
AU_METRES = 149_597_870_700.0
# (Carrington longitude, latitude, peak in gauss): Hale's law of cycle 25, spots of several sizes
SPOTS = (
    (15.0, 14.0, 1800.0), (70.0, -11.0, -1500.0), (118.0, 21.0, 900.0), (163.0, -17.0, -2000.0),
    (201.0, 9.0, 1400.0), (256.0, -23.0, -800.0), (291.0, 17.0, 2100.0), (338.0, -8.0, -1200.0),
)  # fmt: skip
FIRST_REGION = 14_901
FARTHEST = 85.0


@dataclass(frozen=True)
class Place:
    """A region of the made-up Sun on one day: its number, where it is, and its poles' field."""

    noaa: int
    longitude: float
    latitude: float
    carrington: float
    gauss: float


def places(time: datetime) -> tuple[Place, ...]:
    """Which regions of the made-up Sun are on the disk? They stay where they are and turn with it."""
    view = earth_view(time)
    found = []
    for number, (carrington, latitude, gauss) in enumerate(SPOTS):
        longitude = (carrington - view.l0 + 180.0) % 360.0 - 180.0
        if abs(longitude) <= FARTHEST:
            found.append(Place(FIRST_REGION + number, longitude, latitude, carrington, gauss))
    return tuple(found)


def made_up_disk(time: datetime) -> Magnetogram:
    """The made-up Sun at a time, in gauss; no two times have the same noise."""
    from flarescope.synthetic import full_disk

    seed = int(time.timestamp()) // 60
    return full_disk(time, tuple(map(_bipole, places(time))), pixels=PIXELS, seed=seed)


def _bipole(place: Place) -> Bipole:
    from flarescope.synthetic import Bipole

    return Bipole(Position(place.longitude, place.latitude), peak_gauss=place.gauss)


def jp2_of_jpeg(path: Path, said: datetime, *, note: str = "") -> bytes:
    """A JPEG of the disk as a JP2 with the same grey levels.

    Its disk is where the limb was found; ``said`` is the time its header states.

    Raises:
        BadFileError: the file is damaged or shows no disk.
    """
    from flarescope.sources.grey import decode_grey, read_grey
    from flarescope.sources.limits import read_bytes

    file = read_bytes(path)
    disk = read_grey(file, time=said, view="full_disk").geometry
    assert isinstance(disk, Disk)
    return _jp2(decode_grey(file), _keywords(disk, said) | {"COMMENT": REAL + note})


def jp2_of_made_up(time: datetime, said: datetime) -> bytes:
    """The made-up Sun as a JP2, its field stretched to grey levels as Helioviewer's are."""
    sun = made_up_disk(time)
    assert isinstance(sun.geometry, Disk)
    grey = np.clip(np.round(ZERO_GREY + GREY_PER_GAUSS * np.nan_to_num(sun.field)), 1, 255)
    return _jp2(np.where(np.isfinite(sun.field), grey, 0), _keywords(sun.geometry, said) | {"COMMENT": MADE})


def continuum_jp2(time: datetime) -> bytes:
    """A made-up continuum image: a bright disk, as its header says."""
    view = earth_view(time)
    middle = (PIXELS - 1) / 2
    disk = Disk(middle, middle, 0.4 * PIXELS, view.b0, view.l0, view.distance_au)
    grey = np.where(disk.mask((PIXELS, PIXELS)), 120.0 + 110.0 * disk.mu((PIXELS, PIXELS)), 0.0)
    other = {"CONTENT": "CONTINUUM INTENSITY", "BUNIT": "DN", "COMMENT": MADE}
    return _jp2(np.nan_to_num(grey), _keywords(disk, time) | other)


def _jp2(grey: Float[np.ndarray, "y x"], keywords: dict[str, object]) -> bytes:
    """Lossless JPEG 2000 with the header in an XML box before the codestream."""
    from PIL import Image

    stream = BytesIO()
    Image.fromarray(np.flipud(grey).astype(np.uint8)).save(stream, "JPEG2000", irreversible=False)
    data = stream.getvalue()
    fits = "".join(f"<{key}>{escape(str(value))}</{key}>\n" for key, value in keywords.items())
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<meta>\n<fits>\n{fits}</fits>\n</meta>\n'.encode()
    at = data.index(b"jp2c") - 4
    return data[:at] + struct.pack(">I4s", len(xml) + 8, b"xml ") + xml + data[at:]


def _keywords(disk: Disk, time: datetime) -> dict[str, object]:
    """What HMI's header says of an image that is turned north up."""
    view = earth_view(time)
    # the limb is seen at the angle asin(R/D); in the image plane at its tangent
    scale = math.tan(view.angular_radius_arcsec / ARCSEC) * ARCSEC / disk.radius
    return {
        "DATE-OBS": iso(time)[:-1] + ".000", "T_OBS": tai_text(time), "T_REC": tai_text(time),
        "TELESCOP": "SDO", "INSTRUME": "HMI_FRONT2", "WAVELNTH": "6173.00", "CONTENT": "MAGNETOGRAM",
        "BUNIT": "Gauss", "QUALITY": 0,
        "NAXIS": 2, "NAXIS1": PIXELS, "NAXIS2": PIXELS, "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN",
        "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRPIX1": disk.x_centre + 1.0, "CRPIX2": disk.y_centre + 1.0,
        "CRVAL1": 0.0, "CRVAL2": 0.0, "CDELT1": scale, "CDELT2": scale, "CROTA2": 0.0,
        "RSUN_OBS": view.angular_radius_arcsec, "RSUN_REF": 6.96e8, "DSUN_OBS": view.distance_au * AU_METRES,
        "CRLN_OBS": view.l0, "CRLT_OBS": view.b0,
    }  # fmt: skip
