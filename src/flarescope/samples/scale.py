"""One scale for all magnetograms: grey levels for gauss, and coarser pixels for finer ones.

HMI's field was cut off at ±250 G before pixels were averaged, so ``encode`` comes before ``degrade``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError
from flarescope.geometry import CeaGrid, Disk, PlateScale
from flarescope.sources.calibration import GREY_PER_GAUSS, PATCH_PIXELS, SATURATION_GAUSS
from flarescope.sun import ZERO_GREY

if TYPE_CHECKING:
    from flarescope.sun import Magnetogram

__all__ = ["degrade", "encode", "pixel_megametres"]


def encode(magnetogram: Magnetogram) -> Magnetogram:
    """How would the archive have drawn this field in 8-bit grey?

    grey = 127.5 + 0.51·clip(B, ±250 G), not rounded. Grey images come back as they are; NaN stays NaN.

    Reference:
        ``docs/calibration.md``: fitted on region 11429 and HARP 1449, ±3 %.
    """
    if magnetogram.encoding == "grey8":
        return magnetogram
    clipped = np.clip(magnetogram.field, -SATURATION_GAUSS, SATURATION_GAUSS)
    grey = np.clip(ZERO_GREY + GREY_PER_GAUSS * clipped, 0.0, 255.0).astype(np.float32)
    return replace(magnetogram, field=grey, encoding="grey8")


def pixel_megametres(magnetogram: Magnetogram) -> float:
    """How large is a pixel, in Mm, at the disk's centre or the map's reference point?

    Raises:
        BadOptionError: nobody knows.
    """
    geometry = magnetogram.geometry
    if geometry is None:
        raise BadOptionError(
            f"{magnetogram.origin.name} has no known physical scale. Give a file with a header, a full disk, "
            f"or a {PATCH_PIXELS}-pixel patch."
        )
    return geometry.megametres_per_pixel


def degrade(magnetogram: Magnetogram, megametres_per_pixel: float) -> Magnetogram:
    """What would an instrument with coarser pixels have seen?

    Each new pixel is the mean over its area; where that is partly unknown, over the known part. The number of
    new pixels is the nearest whole one, so the scale reached may differ a little: the geometry has it.

    Args:
        magnetogram: of known scale.
        megametres_per_pixel: of the new pixels; not finer than the old.

    Raises:
        BadOptionError: the scale is unknown, or finer than the magnetogram's own.
    """
    own = pixel_megametres(magnetogram)
    rows, columns = (round(n * own / megametres_per_pixel) for n in magnetogram.field.shape)
    if not own <= megametres_per_pixel * 1.001 or min(rows, columns) < 2:
        raise BadOptionError(
            f"{magnetogram.origin.name} has {own:.2f} Mm a pixel and {min(magnetogram.field.shape)} of them; "
            f"it cannot be degraded to {megametres_per_pixel:g} Mm. Accepted: coarser, 2 pixels left."
        )
    known = np.isfinite(magnetogram.field)
    weight = _area_mean(known.astype(np.float32), rows, columns)
    total = _area_mean(np.where(known, magnetogram.field, 0.0), rows, columns)
    field = np.where(weight >= 0.5, total / np.maximum(weight, 1e-6), np.nan)
    height, width = magnetogram.field.shape
    return replace(magnetogram, field=field, geometry=_coarser(magnetogram, columns / width, rows / height))


def _area_mean(values: Float[np.ndarray, "y x"], rows: int, columns: int) -> Float[np.ndarray, "r c"]:
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(image.resize((columns, rows), Image.Resampling.BOX), dtype=np.float32)


def _coarser(m: Magnetogram, across: float, up: float) -> Disk | CeaGrid | PlateScale | None:
    """The geometry with ``across`` and ``up`` new pixels for each old one."""
    geometry, mean = m.geometry, math.sqrt(across * up)

    def moved(at: float, factor: float) -> float:
        return (at + 0.5) * factor - 0.5

    if isinstance(geometry, Disk):
        return replace(
            geometry,
            x_centre=moved(geometry.x_centre, across),
            y_centre=moved(geometry.y_centre, up),
            radius=geometry.radius * mean,
        )
    if isinstance(geometry, CeaGrid):
        return replace(
            geometry,
            x_reference=moved(geometry.x_reference, across),
            y_reference=moved(geometry.y_reference, up),
            degrees_per_pixel=geometry.degrees_per_pixel / mean,
        )
    return geometry and PlateScale(geometry.megametres_per_pixel / mean)
