"""Is it a line-of-sight magnetogram at all? Everything else is refused by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, BadOptionError, WrongChannelError

if TYPE_CHECKING:
    from pathlib import Path

    from flarescope.sources.header import Header

__all__ = ["MAGNETIC_SEGMENTS", "check_channel", "check_name"]

MAGNETIC_SEGMENTS = ("magnetogram", "Br", "Bp", "Bt")  # gauss; the last three only when asked for
SEGMENTS = {
    "magnetogram": "the line-of-sight magnetogram",
    "br": "the radial field of the vector magnetogram",
    "bp": "the westward field of the vector magnetogram",
    "bt": "the southward field of the vector magnetogram",
    "continuum": "a continuum intensity image",
    "dopplergram": "a Dopplergram (velocity)",
    "bitmap": "a map of active pixels",
    "conf_disambig": "a map of the disambiguation's confidence",
    "disambig": "a map of the disambiguation",
    "inclination": "the field's inclination",
    "azimuth": "the field's azimuth",
    "field": "the total field strength",
    "vlos_mag": "a velocity map",
    "eta_0": "a map of line-to-continuum absorption",
    "info_map": "a map of the inversion's flags",
}
UNITS = {
    "dn/s": "a continuum intensity image", "dn": "a continuum intensity image",
    "cm/s": "a Dopplergram (velocity)", "m/s": "a Dopplergram (velocity)", "km/s": "a Dopplergram (velocity)",
    "degree": "a map of angles", "deg": "a map of angles", "ma": "a map of line widths",
}  # fmt: skip
GAUSS = {"mx/cm^2", "mx/cm2", "mx/cm**2", "mx cm-2", "mx / cm2", "mx / cm^2", "gauss", "g"}
CONTENT = (
    ("CONTINUUM", "a continuum intensity image"), ("INTENSITY", "an intensity image"),
    ("DOPPLER", "a Dopplergram (velocity)"), ("VELOCITY", "a velocity map"), ("SYNOPTIC", "a synoptic chart"),
    ("LINE WIDTH", "a map of line widths"), ("LINE DEPTH", "a map of line depths"),
)  # fmt: skip
_SEGMENT_IN_NAME = re.compile(r"\.([A-Za-z]\w*)\.fits?(?:\.fz)?$", re.IGNORECASE)
_HELIOVIEWER = re.compile(r"__SDO_(\w+?)_(\w+?)_(\w+?)\.\w+$", re.IGNORECASE)
HMI_WAVELENGTH = 6173.0


def _refuse(path: Path, what: str, why: str, wanted: str) -> WrongChannelError:
    asked = "a line-of-sight magnetogram" if wanted == "magnetogram" else f"segment {wanted}"
    return WrongChannelError(path, f"this is {what} ({why}), not {asked}. Give the magnetogram of that time.")


def check_name(path: Path, wanted: str = "magnetogram") -> None:
    """Does the file's name say that it is something else?

    Args:
        path: names like ``…_TAI.continuum.fits`` and ``…__SDO_HMI_HMI_continuum.jp2`` speak; others are
        silent.
        wanted: one of ``MAGNETIC_SEGMENTS``.

    Raises:
        WrongChannelError: it does.
        BadOptionError: ``wanted`` is no segment in gauss.
    """
    if wanted not in MAGNETIC_SEGMENTS:
        raise BadOptionError(
            f"Segment '{wanted}' is not a field in gauss. Accepted: {', '.join(MAGNETIC_SEGMENTS)}."
        )
    if match := _SEGMENT_IN_NAME.search(path.name):
        segment = match[1].lower()
        error_map = segment.endswith("_err")
        known = segment.removesuffix("_err") in SEGMENTS
        if known and segment != wanted.lower():
            what = f"the error map of {segment.removesuffix('_err')}" if error_map else SEGMENTS[segment]
            raise _refuse(path, what, f"segment {match[1]} in its name", wanted)
    match = _HELIOVIEWER.search(path.name)
    if match and (match[1], match[3].lower()) != ("HMI", "magnetogram"):
        raise _refuse(path, f"{match[1]} {match[3]}", "as its name says", wanted)


def check_channel(header: Header, wanted: str = "magnetogram") -> None:
    """Does the header say that it is a magnetic field in gauss, from HMI?

    Args:
        header: BUNIT, CONTENT, WAVELNTH and INSTRUME are read.
        wanted: one of ``MAGNETIC_SEGMENTS``.

    Raises:
        WrongChannelError: it is another observable, with its name.
        BadFileError: the header has no unit, so that nobody can know.
    """
    check_name(header.path, wanted)
    content, unit = header.text("CONTENT").upper(), header.text("BUNIT").lower()
    for word, what in CONTENT:
        if word in content:
            raise _refuse(header.path, what, f"CONTENT '{header.text('CONTENT')[:40]}'", wanted)
    wavelength, instrument = header.number("WAVELNTH"), header.text("INSTRUME").upper()
    if wavelength is not None and abs(wavelength - HMI_WAVELENGTH) > 1.0:
        raise _refuse(header.path, "not from HMI", f"WAVELNTH {wavelength:g}; HMI observes at 6173 Å", wanted)
    if instrument and not instrument.startswith("HMI"):
        raise _refuse(header.path, "not from HMI", f"INSTRUME '{instrument[:20]}'", wanted)
    if unit in UNITS:
        raise _refuse(header.path, UNITS[unit], f"BUNIT '{header.text('BUNIT')}'", wanted)
    if not unit:
        raise BadFileError(
            header.path, "the header has no BUNIT, so it may be any observable. Give a file in gauss."
        )
    if unit not in GAUSS:
        raise _refuse(header.path, "no magnetic field", f"BUNIT '{header.text('BUNIT')[:20]}'", wanted)
