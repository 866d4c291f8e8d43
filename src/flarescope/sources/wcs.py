"""From a header's coordinate keywords to our two geometries."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from flarescope.geometry import CeaGrid, Disk, EarthView, earth_view

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.sources.header import Header

__all__ = ["MAX_ROLL", "cea_grid", "disk", "roll_of", "view_from"]

MAX_ROLL = 1.0  # degrees left after the 180° turn; HMI's own is within 0.1
VIEW_DEGREES = 1.0  # degrees by which a header's CRLN_OBS and CRLT_OBS may differ from the ephemeris
DEGREE_UNITS = {"deg": 1.0, "degree": 1.0, "degrees": 1.0, "arcsec": 1 / 3600.0, "": 1 / 3600.0}


def view_from(header: Header, time: datetime) -> tuple[EarthView, tuple[str, ...]]:
    """How did the Sun face SDO?

    CRLT_OBS, CRLN_OBS, DSUN_OBS and RSUN_OBS say so; the ephemeris where they are missing.

    A value of 0 in RSUN_OBS or DSUN_OBS means missing, as near-real-time files have it.

    Returns:
        The view, and notes on what was filled in.

    Raises:
        BadFileError: a value that contradicts the time: more than 1° or 1 % from the ephemeris.
    """
    expected = earth_view(time)
    found = {
        "CRLT_OBS": header.number("CRLT_OBS"),
        "CRLN_OBS": header.number("CRLN_OBS"),
        "DSUN_OBS": _above(header.number("DSUN_OBS"), 1e9),
        "RSUN_OBS": _above(header.number("RSUN_OBS"), 1.0),
    }
    known = {
        "CRLT_OBS": (expected.b0, VIEW_DEGREES),
        "CRLN_OBS": (expected.l0, VIEW_DEGREES),
        "DSUN_OBS": (expected.distance_au * 149_597_870_700.0, 0.01 * 1.5e11),
        "RSUN_OBS": (expected.angular_radius_arcsec, 0.01 * 960.0),
    }
    for key, value in found.items():
        ephemeris, tolerance = known[key]
        if value is None:
            continue
        apart = (
            abs((value - ephemeris + 180.0) % 360.0 - 180.0) if key == "CRLN_OBS" else abs(value - ephemeris)
        )
        if apart > tolerance:
            raise header.error(
                f"the header's {key} {value:g} contradicts its time {time:%Y-%m-%dT%H:%MZ} "
                f"(the ephemeris says {ephemeris:g})."
            )
    values = [known[key][0] if value is None else value for key, value in found.items()]
    missing = [key for key, value in found.items() if value is None]
    notes = (f"{', '.join(missing)} not in the header: taken from the ephemeris",) if missing else ()
    return EarthView(values[0], values[1] % 360.0, values[2] / 149_597_870_700.0, values[3]), notes


def _above(value: float | None, least: float) -> float | None:
    return None if value is None or value < least else value


def roll_of(header: Header) -> float:
    """CROTA2, or the angle in the PC matrix where there is none, in degrees between -180 and 180."""
    angle = header.number("CROTA2")
    if angle is None:
        cosine, sine = header.number("PC1_1"), header.number("PC2_1")
        angle = 0.0 if cosine is None else math.degrees(math.atan2(sine or 0.0, cosine))
    return (angle + 180.0) % 360.0 - 180.0


def _scale(header: Header) -> float:
    """Degrees per pixel, the same in both directions.

    Raises:
        BadFileError: missing, negative, or different in x and y.
    """
    unit = header.text("CUNIT1").lower()
    if unit not in DEGREE_UNITS or header.text("CUNIT2").lower() != unit:
        raise header.error(
            f"the header's CUNIT1, CUNIT2 are '{unit[:20]}'; accepted: both arcsec or both degree."
        )
    x, y = header.need("CDELT1"), header.need("CDELT2")
    if not (x > 0 and abs(x - y) <= 1e-4 * x):
        raise header.error(
            f"the header's CDELT1, CDELT2 are {x:g}, {y:g}; accepted: one positive scale for both."
        )
    return x * DEGREE_UNITS[unit]


def cea_grid(header: Header, view: EarthView) -> CeaGrid:
    """The grid of a CEA map such as a SHARP: Stonyhurst longitude = CRVAL1 − CRLN_OBS.

    Raises:
        BadFileError: another projection, a turned map, or numbers that contradict each other.
    """
    kind = header.text("CTYPE1")[:4]
    if kind not in {"CRLN", "HGLN"} or not header.text("CTYPE2").endswith("LT-CEA"):
        raise header.error(
            f"its axes are '{header.text('CTYPE1')[:20]}'; accepted: CRLN-CEA, HGLN-CEA and HPLN-TAN."
        )
    standard = {"PV2_1": 1.0, "PV1_1": 0.0, "PV1_2": 0.0}
    if abs(roll_of(header)) > 1e-3 or any(
        header.number(key) not in {None, value} for key, value in standard.items()
    ):
        raise header.error("its CEA map is turned or has PV keywords; accepted: CROTA2 = 0 and none of them.")
    scale, latitude = _scale(header), header.need("CRVAL2")
    longitude = header.need("CRVAL1") - (view.l0 if kind == "CRLN" else 0.0)
    if abs(latitude) > 90.0 or scale > 10.0:
        raise header.error(
            f"its map lies at latitude {latitude:g}° with {scale:g}° a pixel: there is no such map."
        )
    longitude = (longitude + 180.0) % 360.0 - 180.0
    grid = CeaGrid(longitude, latitude, header.need("CRPIX1") - 1.0, header.need("CRPIX2") - 1.0, scale)
    _check_centroid(header, grid)
    return grid


def _check_centroid(header: Header, grid: CeaGrid) -> None:
    """The flux-weighted centre that a SHARP's header states must lie on the map."""
    longitude, latitude = header.number("LON_FWT"), header.number("LAT_FWT")
    width, height = header.number("NAXIS1"), header.number("NAXIS2")
    if longitude is None or latitude is None or width is None or height is None:
        return
    x, y = grid.pixel(longitude, latitude)
    if not (-0.1 * width <= x <= 1.1 * width and -0.1 * height <= y <= 1.1 * height):
        raise header.error(
            f"the header places the map at longitude {grid.longitude:.1f}°, latitude {grid.latitude:.1f}°, "
            f"but the region at {longitude:.1f}°, {latitude:.1f}°, off the map."
        )


def disk(header: Header, view: EarthView, shape: tuple[int, int]) -> tuple[Disk, bool]:
    """The solar disk of a helioprojective image, and whether the image must be turned by 180° first.

    Args:
        header: CRPIX, CRVAL, CDELT, CROTA2 (HMI's camera is upside down: 180° and a little).
        view: radius and distance.
        shape: rows and columns.

    Returns:
        The disk in the pixels of the image *after* the turn, and True where the turn is needed. What is left
        of the roll, some hundredths of a degree, is in ``Disk.roll``.

    Raises:
        BadFileError: another projection, or a roll more than 1° from 0° and 180°.
    """
    if header.text("CTYPE1") != "HPLN-TAN" or header.text("CTYPE2") != "HPLT-TAN":
        raise header.error(
            f"its axes are '{header.text('CTYPE1')[:20]}'; accepted: HPLN-TAN, CRLN-CEA and HGLN-CEA."
        )
    scale, roll = _scale(header), roll_of(header)
    upside_down = abs(roll) > 90.0
    rest = (roll % 360.0) - 180.0 if upside_down else roll
    if abs(rest) > MAX_ROLL:
        raise header.error(
            f"the image is rolled by {roll:.2f}°; accepted: 0° or 180°, ±{MAX_ROLL:g}°. Rotate it first."
        )
    cosine, sine = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    unit = DEGREE_UNITS[header.text("CUNIT1").lower()]
    right, up = header.need("CRVAL1") * unit / scale, header.need("CRVAL2") * unit / scale
    x = header.need("CRPIX1") - 1.0 - (cosine * right + sine * up)
    y = header.need("CRPIX2") - 1.0 - (cosine * up - sine * right)
    if upside_down:
        x, y = shape[1] - 1.0 - x, shape[0] - 1.0 - y
    radius = math.degrees(math.tan(math.radians(view.angular_radius_arcsec / 3600.0))) / scale
    return Disk(x, y, radius, view.b0, view.l0, view.distance_au, 0.0 - rest), upside_down
