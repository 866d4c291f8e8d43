"""Made-up magnetogram files of every format, so that the readers' tests also run without data."""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
import pytest

from flarescope.geometry import earth_view

TIME = "2014-06-09T23:47:32Z"
TAI_TIME = "2014.06.09_23:48:07.000_TAI"  # 35 leap seconds later


def grey_sun(size: int = 128, radius: float = 50.0, centre: tuple[float, float] | None = None) -> np.ndarray:
    """A grey disk with a bipole north-west of its centre; row 0 is the top, as in an image file."""
    x0, y0 = centre or ((size - 1) / 2, (size - 1) / 2)
    y, x = np.mgrid[:size, :size]
    quiet = 127.5 + 4.0 * np.random.default_rng(5).standard_normal((size, size))
    quiet[np.hypot(x - x0 - 20, y - y0 + 15) < 5] = 250.0
    quiet[np.hypot(x - x0 - 8, y - y0 + 15) < 5] = 5.0
    edge = np.clip(radius + 0.5 - np.hypot(x - x0, y - y0), 0.0, 1.0)
    return np.clip(np.round(edge * quiet), 0, 255).astype(np.uint8)


def statistics(field: np.ndarray) -> dict[str, float]:
    known = field[np.isfinite(field)].astype(float)
    return {
        "DATAVALS": known.size, "MISSVALS": field.size - known.size, "DATAMIN": known.min(),
        "DATAMAX": known.max(), "DATAMEAN": known.mean(), "DATARMS": known.std(ddof=1),
    }  # fmt: skip


def observer() -> dict[str, object]:
    view = earth_view(TIME)
    return {
        "T_OBS": TAI_TIME, "T_REC": "2014.06.09_23:48:00.000_TAI", "TELESCOP": "SDO/HMI",
        "INSTRUME": "HMI_SIDE1", "WAVELNTH": 6173.0, "BUNIT": "Mx/cm^2", "CONTENT": "HMI observable",
        "QUALITY": 0, "CRLT_OBS": view.b0, "CRLN_OBS": view.l0, "RSUN_OBS": view.angular_radius_arcsec,
        "DSUN_OBS": view.distance_au * 149597870700.0,
    }  # fmt: skip


def sharp_header() -> dict[str, object]:
    longitude = (earth_view(TIME).l0 - 20.0) % 360.0
    return observer() | {
        "CTYPE1": "CRLN-CEA", "CTYPE2": "CRLT-CEA", "CRPIX1": 30.5, "CRPIX2": 20.5,
        "CRVAL1": longitude, "CRVAL2": -15.0, "CDELT1": 0.03, "CDELT2": 0.03, "CUNIT1": "degree",
        "CUNIT2": "degree", "CROTA2": 0.0,
        "HARPNUM": 4225, "NOAA_AR": 12085, "NOAA_ARS": "12085,12087", "LON_FWT": -20.1, "LAT_FWT": -15.05,
        "AREA_ACR": 312.5,
    }  # fmt: skip


def disk_header(size: int = 96, roll: float = 180.0) -> dict[str, object]:
    return observer() | {
        "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CRPIX1": size / 2 + 3.0, "CRPIX2": size / 2 - 1.0,
        "CRVAL1": 0.0, "CRVAL2": 0.0, "CDELT1": 24.0, "CDELT2": 24.0, "CUNIT1": "arcsec",
        "CUNIT2": "arcsec", "CROTA2": roll,
    }  # fmt: skip


def fits_bytes(
    field: np.ndarray, header: dict[str, object], *, compressed: bool = True, stated: bool = True
) -> bytes:
    from astropy.io import fits

    cards = fits.Header()
    for key, value in (header | (statistics(field) if stated else {})).items():
        cards[key] = value
    part = (
        fits.CompImageHDU(field, cards, compression_type="RICE_1")
        if compressed
        else fits.PrimaryHDU(field, cards)
    )
    stream = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), part] if compressed else [part]).writeto(stream)
    return stream.getvalue()


def sharp_field() -> np.ndarray:
    """40 × 60 whole gauss: a bipole on noise."""
    y, x = np.mgrid[:40, :60]
    spots = 900 * np.exp(-((x - 38) ** 2 + (y - 22) ** 2) / 30) - 1200 * np.exp(
        -((x - 20) ** 2 + (y - 18) ** 2) / 40
    )
    return np.round(spots + 10 * np.random.default_rng(7).standard_normal((40, 60))).astype(np.int32)


def jp2_bytes(grey: np.ndarray, keywords: dict[str, object], *, xml: str | None = None) -> bytes:
    """Pillow's JP2 with an XML box put before its codestream, as Helioviewer has it."""
    from PIL import Image

    stream = BytesIO()
    Image.fromarray(grey).save(stream, "JPEG2000")
    data = stream.getvalue()
    fits = "".join(f"<{key}>{value}</{key}>" for key, value in keywords.items())
    text = (xml or f'<?xml version="1.0" encoding="UTF-8"?><meta><fits>{fits}</fits></meta>').encode()
    at = data.index(b"jp2c") - 4
    return data[:at] + struct.pack(">I4s", len(text) + 8, b"xml ") + text + data[at:]


def jp2_header(size: int = 128) -> dict[str, object]:
    scale = earth_view(TIME).angular_radius_arcsec / 50.0
    return disk_header() | {
        "CRPIX1": (size + 1) / 2, "CRPIX2": (size + 1) / 2, "CDELT1": scale, "CDELT2": scale, "CROTA2": 0.0,
        "BUNIT": "Gauss", "CONTENT": "MAGNETOGRAM", "QUALITY": 1024,
    }  # fmt: skip


def image_bytes(grey: np.ndarray, kind: str = "JPEG") -> bytes:
    from PIL import Image

    stream = BytesIO()
    Image.fromarray(grey).save(stream, kind, **({"quality": 92} if kind == "JPEG" else {}))
    return stream.getvalue()


def npz_bytes(**arrays: np.ndarray) -> bytes:
    stream = BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


class Made:
    """The functions above, for tests: ``made.sharp()`` and so on give bytes."""

    time = TIME
    grey_sun, sharp_field, fits, jp2, image, npz = map(
        staticmethod, (grey_sun, sharp_field, fits_bytes, jp2_bytes, image_bytes, npz_bytes)
    )
    sharp_header, disk_header, jp2_header = map(staticmethod, (sharp_header, disk_header, jp2_header))

    @staticmethod
    def sharp(**changes: object) -> bytes:
        header = {key: value for key, value in (sharp_header() | changes).items() if value is not None}
        return fits_bytes(sharp_field(), header)

    @staticmethod
    def disk_field(size: int = 96) -> np.ndarray:
        """In the file's own orientation: a unique value in every pixel, blank off the disk by the caller."""
        return (np.arange(size * size, dtype=np.float32).reshape(size, size) / 10.0) - 300.0


@pytest.fixture(scope="session")
def made() -> type[Made]:
    return Made
