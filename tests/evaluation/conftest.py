"""SHARP files made in the test, and real ones made to look as if they had come in near-real time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.geometry import earth_view

# kept of a real header; its statistics would contradict a changed field
KEYS = (
    "TELESCOP", "INSTRUME", "WAVELNTH", "CONTENT", "BUNIT", "T_OBS", "T_REC", "DATE-OBS", "QUALITY",
    "HARPNUM", "NOAA_AR", "NOAA_ARS", "LON_FWT", "LAT_FWT", "AREA_ACR", "CTYPE1", "CTYPE2", "CUNIT1",
    "CUNIT2", "CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CDELT1", "CDELT2", "CROTA2", "CRLT_OBS", "CRLN_OBS",
)  # fmt: skip
QUICK_LOOK = 0x400  # as the real near-real-time JP2 has it
MADE_UP = "made near-real-time-like in a test from the definitive file"


def bipole(shape: tuple[int, int] = (96, 160), strength: float = 1500.0) -> np.ndarray:
    """Two spots of opposite sign, and weak noise."""
    y, x = np.indices(shape, dtype=float)
    spots = [
        sign * np.exp(-((x - cx * shape[1]) ** 2 + (y - shape[0] / 2) ** 2) / (2 * 9.0**2))
        for sign, cx in ((1, 0.4), (-1, 0.6))
    ]
    return strength * (spots[0] + spots[1]) + np.random.default_rng(0).normal(0, 8, shape)


def spoil(field: np.ndarray, header: fits.Header, *, factor: float, noise: float, cut: int, seed: int = 0):
    """Another calibration, more noise, a smaller frame, another HARP number, and keywords without a value."""
    field = field * factor + np.random.default_rng(seed).normal(0, noise, field.shape)
    field = field[cut : field.shape[0] - cut, cut : field.shape[1] - cut].astype(np.float32)
    header["CRPIX1"] -= cut
    header["CRPIX2"] -= cut
    header["QUALITY"] = int(header["QUALITY"]) | QUICK_LOOK
    header["RSUN_OBS"] = header["DSUN_OBS"] = 0.0
    header["HARPNUM"] = 99
    header["COMMENT"] = MADE_UP
    return field, header


@pytest.fixture(scope="session")
def write_sharp() -> Callable[..., Path]:
    """Writes a SHARP of a made-up bipole; ``nrt`` spoils it."""

    def write(
        folder: Path, time: datetime, *, noaa: int = 12345, strength: float = 1500.0, nrt: bool = False
    ) -> Path:
        field, view = bipole(strength=strength), earth_view(time)
        header = fits.Header()
        for key, value in {
            "TELESCOP": "SDO/HMI", "CONTENT": "MAGNETOGRAM", "BUNIT": "Mx/cm^2",
            "DATE-OBS": time.strftime("%Y-%m-%dT%H:%M:%S"), "QUALITY": 0, "HARPNUM": 377,
            "NOAA_AR": noaa, "NOAA_ARS": str(noaa), "CTYPE1": "CRLN-CEA", "CTYPE2": "CRLT-CEA",
            "CUNIT1": "degree", "CUNIT2": "degree", "CRPIX1": 80.5, "CRPIX2": 48.5, "CRVAL1": view.l0 + 10.0,
            "CRVAL2": 12.0, "CDELT1": 0.06, "CDELT2": 0.06, "CRLN_OBS": view.l0, "CRLT_OBS": view.b0,
        }.items():  # fmt: skip
            header[key] = value
        if nrt:
            field, header = spoil(field, header, factor=1.05, noise=8.0, cut=6)
        folder.mkdir(exist_ok=True)
        path = folder / f"made_up{'_nrt' if nrt else ''}.{noaa}.{time:%Y%m%d_%H%M}.fits"
        fits.PrimaryHDU(field.astype(np.float32), header).writeto(path)
        return path

    return write


@pytest.fixture(scope="session")
def nrt_like() -> Callable[..., Path]:
    """Copies a real SHARP as near-real-time data would have it."""

    def make(path: Path, folder: Path, *, factor: float = 1.05, noise: float = 8.0, cut: int = 24) -> Path:
        with fits.open(path) as hdus:
            field, header = np.array(hdus[1].data, float), fits.Header()
            for key in KEYS:
                if key in hdus[1].header:
                    header[key] = hdus[1].header[key]
        field, header = spoil(field, header, factor=factor, noise=noise, cut=cut)
        folder.mkdir(exist_ok=True)
        out = folder / path.name.replace("720s.377", "720s_nrt.99")
        fits.PrimaryHDU(field, header).writeto(out)
        return out

    return make


@pytest.fixture(scope="session")
def catalog() -> FlareCatalog:
    """A C flare every 12 h of half a year, some of them in one region, and an M flare every ninth day."""
    start, step = datetime(2024, 1, 1, 3, tzinfo=UTC), timedelta(hours=12)
    flares = tuple(
        Flare(t, GoesClass("M2.0" if k % 18 == 0 else "C3.0"), t + step / 72, t + step / 36, None, 12345)
        for k in range(360)
        for t in (start + k * step,)
    )
    return FlareCatalog(flares, ((datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 6, 29, tzinfo=UTC)),))
