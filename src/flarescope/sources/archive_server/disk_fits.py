"""Full disks of the made-up Sun as JSOC stores HMI's: FITS, upside down, in gauss."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import numpy as np

from flarescope.geometry import Disk, earth_view
from flarescope.sources.archive_server.images import AU_METRES, MADE, PIXELS, made_up_disk
from flarescope.sources.tai import from_tai

__all__ = ["disk_file", "disk_header"]


def disk_header(slot: datetime) -> dict[str, object]:
    """The keywords of the slot at this TAI clock reading."""
    time = from_tai(slot)
    view = earth_view(time)
    middle = (PIXELS - 1) / 2
    scale = Disk(middle, middle, 0.4 * PIXELS, view.b0, view.l0, view.distance_au).arcsec_per_pixel
    tai = f"{slot:%Y.%m.%d_%H:%M:%S}_TAI"
    return {
        "T_REC": tai, "T_OBS": tai, "DATE-OBS": f"{time:%Y-%m-%dT%H:%M:%S}.00", "CAMERA": 3,
        "TELESCOP": "SDO/HMI", "INSTRUME": "HMI_SIDE1", "WAVELNTH": 6173.0, "CONTENT": "MAGNETOGRAM",
        "BUNIT": "Gauss", "QUALITY": 0, "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec",
        "CUNIT2": "arcsec", "CRPIX1": middle + 1.0, "CRPIX2": middle + 1.0, "CRVAL1": 0.0, "CRVAL2": 0.0,
        "CDELT1": scale, "CDELT2": scale, "CROTA2": 180.0, "CRLN_OBS": view.l0, "CRLT_OBS": view.b0,
        "DSUN_OBS": view.distance_au * AU_METRES, "RSUN_REF": 6.96e8,
        "RSUN_OBS": view.angular_radius_arcsec, "COMMENT": MADE,
    }  # fmt: skip


def disk_file(slot: datetime) -> bytes:
    """The disk as the camera sees it, turned by 180°, in single precision with NaN off the disk."""
    from astropy.io import fits

    field = made_up_disk(from_tai(slot)).field[::-1, ::-1].astype(np.float32)
    stream = BytesIO()
    fits.HDUList([fits.PrimaryHDU(field, fits.Header(disk_header(slot)))]).writeto(stream)
    return stream.getvalue()
