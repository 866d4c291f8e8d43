"""Magnetograms from and to ``sunpy.map.Map``, where sunpy is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from flarescope.errors import BadOptionError, MissingExtraError
from flarescope.geometry import SOLAR_RADIUS_AU, CeaGrid, Disk, earth_view
from flarescope.sources.channel import check_channel
from flarescope.sources.fits import magnetogram_from
from flarescope.sources.header import Header
from flarescope.sun import Magnetogram, Origin

__all__ = ["from_sunpy_map", "to_sunpy_map"]

METRES_PER_AU = 149_597_870_700.0


def to_sunpy_map(magnetogram: Magnetogram) -> Any:
    """This magnetogram as a ``sunpy.map.Map``.

    The observer is SDO's view where the geometry knows it, or else the Earth's from the ephemeris. Grey
    images have no unit and ``ENCODING = 'grey8'`` in their header. Arcseconds are those of a Sun of 695.7
    Mm; HMI's own headers assume 696.0 Mm, so that angles differ by 0.04 % while pixels and places are the
    same.

    Args:
        magnetogram: with a geometry.

    Raises:
        MissingExtraError: sunpy is not installed.
        BadOptionError: nobody knows where the pixels lie (a patch without geometry).
    """
    try:
        import sunpy.map
    except ImportError:
        raise MissingExtraError("A sunpy map", "sunpy") from None
    if magnetogram.place is None:
        raise BadOptionError(
            f"'{magnetogram.origin.name}' has no known place on the Sun, so it cannot become a sunpy map. "
            "Give a full disk or a SHARP map."
        )
    header = {**_observation(magnetogram), **_axes(magnetogram.place)}
    return sunpy.map.Map(np.asarray(magnetogram.field), header)


def from_sunpy_map(map_: Any) -> Magnetogram:
    """A ``sunpy.map.Map`` as a magnetogram, turned north up where HMI's camera was upside down.

    Args:
        map_: an HMI line-of-sight magnetogram in gauss: full disk, cut-out or SHARP CEA map.

    Raises:
        WrongChannelError: another observable.
        BadFileError: a projection that is not supported, or a header that contradicts itself.
        BadOptionError: this is no sunpy map.

    Example:
        >>> m = from_sunpy_map(sunpy.map.Map("hmi.fits"))  # doctest: +SKIP
    """
    if not (hasattr(map_, "meta") and hasattr(map_, "data")):
        raise BadOptionError(f"A {type(map_).__name__} is not a sunpy map. Give sunpy.map.Map(…).")
    values = {
        str(key).upper(): value
        for key, value in map_.meta.items()
        if not str(key).upper().startswith("NAXIS")
    }
    header = Header(Path(str(getattr(map_, "name", "") or "sunpy map")), values)
    grey = header.text("ENCODING") == "grey8"
    if not grey:
        check_channel(header)
    field = np.asarray(map_.data, dtype=np.float32)
    if field.ndim != 2:
        raise BadOptionError(f"The sunpy map has {field.ndim} dimensions; a magnetogram has two.")
    origin = Origin(str(header.path), "sunpy map")
    return magnetogram_from(header, field, time=None, origin=origin, encoding="grey8" if grey else "gauss")


def _observation(m: Magnetogram) -> dict[str, object]:
    """When, with what, of which region."""
    header: dict[str, object] = {
        "date-obs": m.time.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "telescop": "SDO/HMI",
        "instrume": "HMI",
        "wavelnth": 6173.0,
        "waveunit": "angstrom",
        "content": "MAGNETOGRAM",
        "quality": m.quality,
    }
    header.update({"bunit": "Gauss"} if m.encoding == "gauss" else {"encoding": m.encoding})
    if m.region is not None:
        optional = {
            "harpnum": m.region.harp,
            "noaa_ars": ",".join(str(number) for number in m.region.noaa) or None,
            "lon_fwt": m.region.position.longitude if m.region.position else None,
            "lat_fwt": m.region.position.latitude if m.region.position else None,
            "area_acr": m.region.area_msh,
        }
        header.update({key: value for key, value in optional.items() if value is not None})
    view = earth_view(m.time)
    b0, l0, distance = view.b0, view.l0, view.distance_au
    if isinstance(m.geometry, Disk):
        b0, l0, distance = m.geometry.b0, m.geometry.l0, m.geometry.distance_au
    header.update(
        crlt_obs=b0, crln_obs=l0, dsun_obs=distance * METRES_PER_AU, rsun_ref=SOLAR_RADIUS_AU * METRES_PER_AU
    )
    header["rsun_obs"] = float(np.degrees(np.arcsin(SOLAR_RADIUS_AU / distance)) * 3600.0)
    return header


def _axes(geometry: Disk | CeaGrid) -> dict[str, object]:
    """The coordinate keywords, FITS pixels counted from 1."""
    if isinstance(geometry, CeaGrid):
        scale, unit, roll = geometry.degrees_per_pixel, "deg", 0.0
        names, value = ("HGLN-CEA", "HGLT-CEA"), (geometry.longitude, geometry.latitude)
        pixel = (geometry.x_reference, geometry.y_reference)
    else:
        scale, unit, roll = geometry.arcsec_per_pixel, "arcsec", -geometry.roll
        names, value = ("HPLN-TAN", "HPLT-TAN"), (0.0, 0.0)
        pixel = (geometry.x_centre, geometry.y_centre)
    header: dict[str, object] = {"crota2": roll}
    for axis in (0, 1):
        header[f"ctype{axis + 1}"], header[f"cunit{axis + 1}"] = names[axis], unit
        header[f"crval{axis + 1}"], header[f"cdelt{axis + 1}"] = value[axis], scale
        header[f"crpix{axis + 1}"] = pixel[axis] + 1.0
    return header
