"""Find the active regions of a full disk where no list of them is at hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int

from flarescope.errors import BadOptionError
from flarescope.geometry import SOLAR_RADIUS_MM, Disk
from flarescope.samples.scale import degrade, encode
from flarescope.sources.calibration import GREY_PER_GAUSS
from flarescope.sun import ZERO_GREY, Position, Region
from flarescope.times import iso

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram

__all__ = ["Detector", "FoundRegion", "detect", "regions_from_summary"]

CM2_PER_MM2 = 1e16
MM2_PER_MSH = 2e-6 * math.pi * SOLAR_RADIUS_MM**2  # a millionth of the hemisphere: 3.04 Mm²
STRONG_GAUSS = 100.0


@dataclass(frozen=True)
class Detector:
    """What counts as an active region?

    The field is brought to 8-bit grey (|B| ends at 250 G) and to ``megametres_per_pixel``. Its unsigned
    line-of-sight value is divided by mu, the cosine of the viewing angle (the field is taken as radial), and
    smoothed. Where that exceeds ``least_gauss``, connected pixels form a patch; patches closer than
    ``merge_megametres`` form one group; a group is a region if it has enough flux and strong field.

    Attributes:
        megametres_per_pixel: finer images are averaged to this first; 3.45 Mm is 4.8″.
        smooth_megametres: standard deviation of the smoothing Gaussian, in the plane of the sky.
        least_gauss: threshold on the smoothed unsigned field.
        merge_megametres: gap up to which patches belong together, in the plane of the sky.
        least_flux: unsigned flux of a region, Mx.
        least_area_msh: area of field above 100 G, in millionths of the hemisphere.
        limb_degrees: regions centred further from the disk's centre than this angle are left out.
    """

    megametres_per_pixel: float = 3.45
    smooth_megametres: float = 7.0
    least_gauss: float = 45.0
    merge_megametres: float = 20.0
    least_flux: float = 2e21
    least_area_msh: float = 100.0
    limb_degrees: float = 70.0


@dataclass(frozen=True)
class FoundRegion:
    """An active region that the detector found.

    Attributes:
        region: its flux-weighted position, and the area of its field above 100 G.
        flux: unsigned, Mx; a lower limit, as 8-bit images end at 250 G.
        box: edges (x0, y0, x1, y1) in pixels of the magnetogram.
    """

    region: Region
    flux: float
    box: tuple[float, float, float, float]


def detect(magnetogram: Magnetogram, detector: Detector | None = None) -> tuple[FoundRegion, ...]:
    """Which active regions does this full disk show? The one with most flux first.

    Found on disks built from the SHARP maps of 2012-03-06 and 03-07, see ``docs/calibration.md``.

    Args:
        magnetogram: a full disk, gauss or grey.
        detector: thresholds; the defaults were tuned for 4.8″ pixels.

    Raises:
        BadOptionError: no full disk.
    """
    settings = detector or Detector()
    if not isinstance(magnetogram.geometry, Disk) or magnetogram.view != "full_disk":
        raise BadOptionError(
            f"{magnetogram.origin.name} is no full disk: regions are detected on full disks only."
        )
    coarse = encode(magnetogram)
    if magnetogram.geometry.radius * settings.megametres_per_pixel > 1.05 * SOLAR_RADIUS_MM:
        coarse = degrade(coarse, settings.megametres_per_pixel)
    disk = coarse.geometry
    assert isinstance(disk, Disk)
    factor = magnetogram.geometry.radius / disk.radius
    shape = (coarse.field.shape[0], coarse.field.shape[1])
    mu = np.nan_to_num(disk.mu(shape))
    seen = mu >= math.cos(math.radians(settings.limb_degrees + 5.0))
    unsigned = np.where(seen, np.abs(np.nan_to_num(coarse.field - ZERO_GREY)), 0.0)
    unsigned = unsigned / GREY_PER_GAUSS / np.where(seen, mu, 1.0)
    labels, count = _groups(unsigned, seen, SOLAR_RADIUS_MM / disk.radius, settings)
    found = [_measured(labels == k, unsigned, mu, disk, factor) for k in range(1, count + 1)]
    return tuple(sorted((f for f in found if _counts(f, disk.b0, settings)), key=lambda f: -f.flux))


def _groups(
    unsigned: Float[np.ndarray, "y x"], seen: Bool[np.ndarray, "y x"], mm: float, settings: Detector
) -> tuple[Int[np.ndarray, "y x"], int]:
    """Pixels of each group of patches, labelled from 1."""
    from scipy import ndimage

    sigma = settings.smooth_megametres / mm
    weight = np.maximum(ndimage.gaussian_filter(seen.astype(float), sigma), 1e-3)
    smooth = ndimage.gaussian_filter(unsigned, sigma) / weight
    patches = (smooth >= settings.least_gauss) & seen
    gap = ndimage.distance_transform_edt(~patches) if patches.any() else np.full(patches.shape, np.inf)
    labels, count = ndimage.label(gap * mm <= settings.merge_megametres / 2.0, np.ones((3, 3)))
    return np.where(patches, labels, 0), int(count)


def _measured(
    pixels: Bool[np.ndarray, "y x"],
    unsigned: Float[np.ndarray, "y x"],
    mu: Float[np.ndarray, "y x"],
    disk: Disk,
    factor: float,
) -> FoundRegion:
    """Flux, area, position and box of one group; ``factor`` image pixels to a pixel here."""
    y, x = np.nonzero(pixels)
    field = unsigned[y, x]
    area = (SOLAR_RADIUS_MM / disk.radius) ** 2 / mu[y, x]  # of each pixel on the Sun, Mm²
    flux = field * area
    longitude, latitude = disk.heliographic(x, y)
    share = flux / flux.sum()
    place = Position(float(np.sum(share * longitude)), float(np.sum(share * latitude)))
    strong = float(area[field >= STRONG_GAUSS].sum()) / MM2_PER_MSH
    x0, y0, x1, y1 = (float((edge + 0.5) * factor - 0.5) for edge in _edges(x, y))
    return FoundRegion(
        Region(position=place, area_msh=strong), float(flux.sum()) * CM2_PER_MM2, (x0, y0, x1, y1)
    )


def _edges(x: Int[np.ndarray, "n"], y: Int[np.ndarray, "n"]) -> tuple[float, float, float, float]:
    """Of the pixels, half a pixel outside their centres."""
    return float(x.min()) - 0.5, float(y.min()) - 0.5, float(x.max()) + 0.5, float(y.max()) + 0.5


def _counts(found: FoundRegion, b0: float, settings: Detector) -> bool:
    """Is it strong and large enough, and near enough to the disk's centre?"""
    place, area = found.region.position, found.region.area_msh
    assert place is not None
    assert area is not None
    return (
        found.flux >= settings.least_flux
        and area >= settings.least_area_msh
        and _angle_from_centre(place, b0) <= settings.limb_degrees
    )


def _angle_from_centre(place: Position, b0: float) -> float:
    """Degrees between a place and the centre of the disk."""
    lon, lat, tilt = (math.radians(v) for v in (place.longitude, place.latitude, b0))
    cosine = math.sin(lat) * math.sin(tilt) + math.cos(lat) * math.cos(tilt) * math.cos(lon)
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def regions_from_summary(
    summary: RegionSummary, time: datetime, *, limb_degrees: float = 70.0
) -> tuple[Region, ...]:
    """Where are the regions of a Solar Region Summary at this time?

    Spotted regions (section I), turned with the Sun from the time their places hold for; what was or has come
    further than ``limb_degrees`` from the central meridian is left out.

    Raises:
        BadOptionError: the summary was issued after ``time``, or holds for a time more than three days off.

    Reference:
        Rotation of magnetic features: Snodgrass 1983, ApJ 270, 288, as seen from the Earth.
    """
    days = (time - summary.valid_at).total_seconds() / 86_400.0
    if summary.issued > time or days > 3.0:
        raise BadOptionError(
            f"The region summary issued {iso(summary.issued)} does not serve {iso(time)}. "
            "Give the newest one issued before it, at most three days old."
        )
    moved = (_turned(reported.region, days) for reported in summary.regions)
    return tuple(r for r in moved if r and r.position and not r.position.near_limb(limb_degrees))


def _turned(region: Region, days: float) -> Region | None:
    """The region some days later; None once it is behind the limb."""
    if region.position is None:
        return None
    sine2 = math.sin(math.radians(region.position.latitude)) ** 2
    rate = 14.38 - 1.95 * sine2 - 2.17 * sine2**2 - 0.9856  # degrees a day, synodic
    longitude = region.position.longitude + rate * days
    if abs(longitude) > 90.0:
        return None
    return replace(region, position=Position(longitude, region.position.latitude))
