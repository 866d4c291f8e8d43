"""Bring any magnetogram to what the region networks were trained on: a patch in the plane of the sky.

A patch cut or projected here keeps a ``Disk`` as its geometry and thus its place on the Sun; ``uncut`` needs
nothing else to bring a map back.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError
from flarescope.geometry import SOLAR_RADIUS_MM, CeaGrid, Disk, earth_view
from flarescope.samples.scale import encode, pixel_megametres
from flarescope.sources.calibration import PATCH_PIXELS, patch_scale
from flarescope.sun import ZERO_GREY, Position

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.sun import Magnetogram, Region

__all__ = ["as_patch", "cut", "patch_megametres", "to_plane_of_sky", "uncut"]

FINER = 3  # samples per pixel and direction when a map is projected, then averaged
MOST_PIXELS = 4096


def patch_megametres(time: datetime) -> float:
    """How wide is the field of view of a training patch on that day, in Mm? 307″, about 221."""
    return PATCH_PIXELS * patch_scale(time).megametres_per_pixel


def cut(magnetogram: Magnetogram, region: Region, *, size_megametres: float | None = None) -> Magnetogram:
    """The square around a region, cut out of a full disk, in the plane of the sky.

    Whole pixels are taken, so no value changes; what lies off the disk or outside the image becomes zero
    field. The geometry is the disk's, moved, so every pixel keeps its place on the Sun.

    Args:
        magnetogram: a full disk.
        region: with a position on the near side.
        size_megametres: side of the square; by default the training patches' field of view, about 221 Mm.

    Raises:
        BadOptionError: no disk, no position, or a position behind the limb.
    """
    disk = magnetogram.geometry
    if not isinstance(disk, Disk):
        raise BadOptionError(f"{magnetogram.origin.name} is no full disk: nothing can be cut out of it.")
    if region.position is None:
        raise BadOptionError("The region has no position, so it cannot be cut out. Give its position.")
    x, y = (float(v) for v in disk.pixel(region.position.longitude, region.position.latitude))
    if not math.isfinite(x + y):
        raise BadOptionError(
            f"A region at longitude {region.position.longitude:g}° is behind the limb. Give one on the disk."
        )
    side = (size_megametres or patch_megametres(magnetogram.time)) / pixel_megametres(magnetogram)
    n = max(2, round(side))
    left, bottom = round(x - (n - 1) / 2), round(y - (n - 1) / 2)
    field = _window(magnetogram, left, bottom, n)
    geometry = replace(disk, x_centre=disk.x_centre - left, y_centre=disk.y_centre - bottom)
    return replace(magnetogram, field=field, view="region", geometry=geometry, region=region)


def _window(m: Magnetogram, left: int, bottom: int, n: int) -> Float[np.ndarray, "n n"]:
    """``n`` × ``n`` pixels from (left, bottom) on; zero field where there is nothing."""
    zero = ZERO_GREY if m.encoding == "grey8" else 0.0
    field = np.full((n, n), zero, dtype=np.float32)
    rows, columns = m.field.shape
    y0, y1, x0, x1 = max(bottom, 0), min(bottom + n, rows), max(left, 0), min(left + n, columns)
    if y0 < y1 and x0 < x1:
        part = m.field[y0:y1, x0:x1]
        field[y0 - bottom : y1 - bottom, x0 - left : x1 - left] = np.where(np.isfinite(part), part, zero)
    return field


def to_plane_of_sky(
    magnetogram: Magnetogram,
    *,
    pixels: int = PATCH_PIXELS,
    megametres_per_pixel: float | None = None,
    centre: Position | None = None,
) -> Magnetogram:
    """How does a CEA map, such as a SHARP, look in the plane of the sky, as the camera saw it?

    The line-of-sight field is the same number in both projections; only the grid changes. Each new pixel is
    the mean of 3 × 3 linear interpolations. Zero field outside the map.

    Args:
        magnetogram: with a ``CeaGrid``; encode it first if a network of grey patches is to see it.
        pixels: side of the square, 2 to 4096.
        megametres_per_pixel: by default the training patches', 1.2″.
        centre: of the square; by default the region's flux-weighted position, or else the middle of the map.

    Returns:
        A patch with a ``Disk`` (seen from the Earth) as its geometry.

    Raises:
        BadOptionError: no CEA map, its centre behind the limb, or too many pixels.
    """
    grid = magnetogram.geometry
    if not isinstance(grid, CeaGrid) or not 2 <= pixels <= MOST_PIXELS:
        raise BadOptionError(
            f"{magnetogram.origin.name} with {pixels} pixels cannot be projected. Accepted: a CEA map like "
            f"a SHARP, 2 to {MOST_PIXELS} pixels."
        )
    scale = megametres_per_pixel or patch_scale(magnetogram.time).megametres_per_pixel
    disk = _disk_around(magnetogram, grid, centre, pixels, scale)
    fine = (np.arange(pixels * FINER) + 0.5) / FINER - 0.5
    longitude, latitude = disk.heliographic(*np.meshgrid(fine, fine))
    zero = ZERO_GREY if magnetogram.encoding == "grey8" else 0.0
    sampled = _sampled(magnetogram.field - zero, *grid.pixel(longitude, latitude))
    field = zero + sampled.reshape(pixels, FINER, pixels, FINER).mean(axis=(1, 3))
    return replace(magnetogram, field=field.astype(np.float32), geometry=disk)


def _disk_around(m: Magnetogram, grid: CeaGrid, centre: Position | None, pixels: int, scale: float) -> Disk:
    """The disk in the pixels of a square around ``centre``."""
    if centre is None and m.region is not None:
        centre = m.region.position
    if centre is None:
        rows, columns = m.field.shape
        centre = Position(*(float(v) for v in grid.heliographic((columns - 1) / 2, (rows - 1) / 2)))
    view = earth_view(m.time)
    disk = Disk(0.0, 0.0, SOLAR_RADIUS_MM / scale, view.b0, view.l0, view.distance_au)
    x, y = (float(v) for v in disk.pixel(centre.longitude, centre.latitude))
    if not math.isfinite(x + y):
        raise BadOptionError(
            f"{m.origin.name} is centred at longitude {centre.longitude:.1f}°, behind the limb. "
            "Give a centre on the disk."
        )
    return replace(disk, x_centre=(pixels - 1) / 2 - x, y_centre=(pixels - 1) / 2 - y)


def _sampled(
    values: Float[np.ndarray, "y x"], x: Float[np.ndarray, "r c"], y: Float[np.ndarray, "r c"]
) -> Float[np.ndarray, "r c"]:
    """Linear interpolation; 0 outside, where NaN is, and where x or y is NaN."""
    from scipy import ndimage

    seen = np.isfinite(x) & np.isfinite(y)
    places = [np.where(seen, y, -9.0), np.where(seen, x, -9.0)]
    return np.asarray(ndimage.map_coordinates(np.nan_to_num(values), places, order=1, cval=0.0))


def as_patch(magnetogram: Magnetogram, region: Region | None = None) -> Magnetogram:
    """The patch of a region as the network for regions is used to see it: grey, plane of sky, 307″ wide.

    Args:
        magnetogram: a full disk (then ``region`` says where), a SHARP map, a cut-out of a disk, or a patch
            already like that.
        region: where to cut; by default the magnetogram's own.

    Raises:
        BadOptionError: a full disk without a region, or a place behind the limb.
    """
    grey = encode(magnetogram)
    if isinstance(grey.geometry, CeaGrid):
        return to_plane_of_sky(grey, centre=region.position if region else None)
    if not isinstance(grey.geometry, Disk):
        return grey
    shown = region or grey.region
    if shown is None or shown.position is None:
        if grey.view == "full_disk":
            raise BadOptionError(
                "A full disk shows many regions. Say which: give the region, with its position."
            )
        return grey
    return cut(grey, shown)


def uncut(
    map_: Float[np.ndarray, "h w"], patch: Magnetogram, original: Magnetogram
) -> Float[np.ndarray, "y x"]:
    """Where on the original magnetogram does a map on the patch lie?

    Place by place through heliographic coordinates, with linear interpolation; 0 where the patch shows
    nothing, NaN where the original does. Values are per pixel of the patch: sums are to be taken there.

    Raises:
        BadOptionError: the map has another shape than the patch, or one of the two has no known place.
    """
    if map_.shape != patch.field.shape:
        raise BadOptionError(f"The map has shape {map_.shape}, the patch {patch.field.shape}.")
    if patch.geometry == original.geometry and map_.shape == original.field.shape:
        return np.where(np.isfinite(original.field), map_, np.nan)
    if patch.place is None or original.place is None:
        raise BadOptionError("A map can be brought back only where the patch and the original have a place.")
    rows, columns = original.field.shape
    x, y = np.meshgrid(np.arange(columns, dtype=float), np.arange(rows, dtype=float))
    found = _sampled(map_, *patch.place.pixel(*original.place.heliographic(x, y)))
    return np.where(np.isfinite(original.field), found, np.nan)
