"""What is seen on the Sun: positions, active regions, magnetograms.

Flares and lists of them are in ``flare``. Pixels become places through ``geometry``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError
from flarescope.geometry import PlateScale
from flarescope.times import utc

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.geometry import CeaGrid, Disk

__all__ = ["ZERO_GREY", "Encoding", "Magnetogram", "Origin", "Position", "Region", "View"]

View = Literal["full_disk", "region"]
Encoding = Literal["gauss", "grey8"]
ZERO_GREY = 127.5  # the grey level of no field in 8-bit images
MAX_FIELD_GAUSS = 10_000.0  # no photospheric field is stronger; a larger value is a damaged file


@dataclass(frozen=True)
class Position:
    """A place on the Sun: Stonyhurst longitude (west positive) and latitude (north positive), in degrees."""

    longitude: float
    latitude: float

    def __post_init__(self) -> None:
        if not (-180.0 <= self.longitude <= 180.0 and -90.0 <= self.latitude <= 90.0):
            raise BadOptionError(
                f"Position ({self.longitude}, {self.latitude}) is not on the Sun. "
                "Accepted: longitude -180 to 180, latitude -90 to 90 degrees (Stonyhurst)."
            )

    def near_limb(self, limb_degrees: float = 70.0) -> bool:
        """Is it further than ``limb_degrees`` of longitude from the central meridian?"""
        return abs(self.longitude) > limb_degrees


@dataclass(frozen=True)
class Region:
    """An active region: one HARP may hold several NOAA regions, or none.

    ``area_msh`` is in millionths of the solar hemisphere (1 = 3.04 Mm²).
    """

    harp: int | None = None
    noaa: tuple[int, ...] = ()
    position: Position | None = None
    area_msh: float | None = None


@dataclass(frozen=True)
class Origin:
    """Where an image came from: file or record, series or archive, and the sha256 of its bytes."""

    name: str
    source: str = ""
    sha256: str = ""


@dataclass(frozen=True, eq=False)
class Magnetogram:
    """A line-of-sight magnetogram, the right way up.

    Row 0 is the southernmost, column 0 the easternmost, as in sunpy; NaN is off the disk or unknown.

    Attributes:
        field: gauss (``encoding="gauss"``) or grey levels 0 to 255 with zero field at 127.5 (``"grey8"``).
        time: when the field was observed, UTC.
        view: "full_disk" or "region" (a patch around an active region).
        encoding: what the numbers are.
        geometry: how pixels become places: a ``Disk`` or a ``CeaGrid``; a ``PlateScale`` where only their
            size is known, None where nothing is.
        region: which active region a patch shows.
        quality: the archive's QUALITY bits; 0 is good.
        origin: file or record, with its checksum.
        notes: what a reader noticed, in plain words.

    Raises:
        BadOptionError: the field is not two-dimensional, is empty, or is stronger than 10 kG.
    """

    field: Float[np.ndarray, "y x"]
    time: datetime
    view: View
    encoding: Encoding
    geometry: Disk | CeaGrid | PlateScale | None = None
    region: Region | None = None
    quality: int = 0
    origin: Origin = dataclasses.field(default_factory=lambda: Origin("memory"))
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", utc(self.time))
        if self.field.ndim != 2 or min(self.field.shape) < 2:
            raise BadOptionError(
                f"A magnetogram has two dimensions; this array has shape {self.field.shape}."
            )
        finite = self.field[np.isfinite(self.field)]
        if finite.size == 0:
            raise BadOptionError("The magnetogram holds no number at all: every pixel is NaN.")
        low, high = float(finite.min()), float(finite.max())
        if self.encoding == "gauss" and max(-low, high) > MAX_FIELD_GAUSS:
            raise BadOptionError(
                f"The field reaches {max(-low, high):.0f} G; on the Sun it stays below 10 kG."
            )
        if self.encoding == "grey8" and (low < 0.0 or high > 255.0):
            raise BadOptionError(f"Grey levels run from {low:g} to {high:g}; accepted: 0 to 255.")

    @property
    def signed(self) -> Float[np.ndarray, "y x"]:
        """The field with zero at zero: gauss as it is, grey levels less 127.5."""
        return self.field if self.encoding == "gauss" else self.field - ZERO_GREY

    @property
    def place(self) -> Disk | CeaGrid | None:
        """The geometry where it tells places on the Sun; None where it tells at most the size of a pixel."""
        return None if isinstance(self.geometry, PlateScale) else self.geometry

    def with_field(self, values: Float[np.ndarray, "y x"]) -> Magnetogram:
        """The same observation with other values on the same grid."""
        return replace(self, field=values)
