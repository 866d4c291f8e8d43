"""Which active region is it about? A map of pixels becomes one share for each region of the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from flarescope.errors import BadOptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.geometry import CeaGrid, Disk
    from flarescope.sun import Magnetogram, Position, Region

__all__ = ["ELSEWHERE", "RegionShare", "name_of", "region_radius", "region_shares", "separation"]

ELSEWHERE = "elsewhere"
SPREAD = 2.5  # radii of a circle of the region's area: spots are the core of a region, not its border


@dataclass(frozen=True)
class RegionShare:
    """How much of a map lies in one region?

    Attributes:
        region: None for all that lies in no region.
        name: "AR 14366", else its place such as "S12E34", else "elsewhere".
        share: of Σ|φ| over the whole map, 0 to 1.
        signed: Σφ over the region, in logits; positive speaks for a flare. Of a map made of several, each
            weighted, logits times the weight. Without meaning where a method's sign says something else
            (``Method.signed``).
    """

    region: Region | None
    name: str
    share: float
    signed: float


def region_shares(
    attribution: Float[np.ndarray, "y x"],
    magnetogram: Magnetogram,
    regions: Sequence[Region],
    *,
    radius_degrees: float = 8.0,
    input_pixels: float = 1.0,
) -> tuple[RegionShare, ...]:
    """How much of what the network looked at lies in each region?

    A pixel belongs to the nearest region, by great-circle distance, among those whose circle holds it; see
    ``region_radius`` for the circle. Pixels in no circle, off the disk or of unknown place are "elsewhere".

    Args:
        attribution: φ on the magnetogram's own grid; what is not finite counts as 0.
        magnetogram: whose geometry tells where a pixel lies.
        regions: with their positions at the magnetogram's time.
        radius_degrees: of regions without a known area.
        input_pixels: how many pixels of the network's grid lie in one of the magnetogram's. A map is in
            logits per pixel of the network's grid, so sums times this are logits.

    Returns:
        One a region, the largest share first, and "elsewhere" last. Shares add up to 1 to rounding; of a map
        that is zero everywhere, "elsewhere" has 1.

    Raises:
        BadOptionError: map and magnetogram differ in shape, the magnetogram has no place on the Sun, a region
            has no position, or the radius is not above 0.

    Example:
        >>> [(s.name, round(s.share, 2)) for s in region_shares(why.map, image, regions)]  # doctest: +SKIP
        [('AR 14366', 0.71), ('S12E34', 0.2), ('elsewhere', 0.09)]
    """
    place = _checked(attribution, magnetogram, regions, radius_degrees)
    phi = np.where(np.isfinite(attribution), attribution, 0.0).astype(float)
    rows, columns = np.nonzero(phi)
    values = phi[rows, columns]
    owner = _owner(*place.heliographic(columns, rows), regions, radius_degrees)  # the last: elsewhere
    size = np.bincount(owner, np.abs(values), len(regions) + 1)
    signed = np.bincount(owner, values, len(regions) + 1) * input_pixels
    total = float(size.sum())
    share = size / total if total > 0.0 else np.eye(len(regions) + 1)[-1]
    found = [
        RegionShare(region, name_of(region), float(share[k]), float(signed[k]))
        for k, region in enumerate(regions)
    ]
    rest = RegionShare(None, ELSEWHERE, float(share[-1]), float(signed[-1]))
    return (*sorted(found, key=lambda one: -one.share), rest)


def region_radius(region: Region, radius_degrees: float = 8.0) -> float:
    """How far from its centre does a region reach? Degrees on the Sun.

    Where its area is known: 2.5 times the radius of a circle of this area, arccos(1 − A) with A in units of
    the hemisphere, but neither below half nor above twice ``radius_degrees``, since areas of different lists
    mean different things (spots, or all strong field). Otherwise ``radius_degrees``.

    Example:
        >>> round(region_radius(Region(area_msh=1000.0)), 1)
        6.4
    """
    if region.area_msh is None or not region.area_msh > 0.0:
        return radius_degrees
    circle = float(np.degrees(np.arccos(1.0 - min(1.0, 1e-6 * region.area_msh))))
    return float(np.clip(SPREAD * circle, 0.5 * radius_degrees, 2.0 * radius_degrees))


def name_of(region: Region) -> str:
    """What is it called? "AR 14366", with several numbers "AR 11429, 11430"; else its place, "S12E34".

    Example:
        >>> name_of(Region(position=Position(-34.2, -12.0)))
        'S12E34'
    """
    if region.noaa:
        return f"AR {', '.join(map(str, region.noaa))}"
    if region.position is None:
        return f"HARP {region.harp}" if region.harp is not None else "unnamed"
    longitude, latitude = round(region.position.longitude), round(region.position.latitude)
    north, west = "S" if latitude < 0 else "N", "E" if longitude < 0 else "W"
    return f"{north}{abs(latitude):02d}{west}{abs(longitude):02d}"


def separation(
    longitude: Float[np.ndarray, "..."], latitude: Float[np.ndarray, "..."], position: Position
) -> Float[np.ndarray, "..."]:
    """How far are these places from that one, along a great circle? Degrees; NaN where a place is NaN.

    Haversine: sin²(d/2) = sin²(Δlat/2) + cos lat₁·cos lat₂·sin²(Δlon/2).
    """
    lon, lat = np.radians(longitude), np.radians(latitude)
    lon_0, lat_0 = np.radians(position.longitude), np.radians(position.latitude)
    across = np.cos(lat) * np.cos(lat_0) * np.sin((lon - lon_0) / 2.0) ** 2
    haversine = np.sin((lat - lat_0) / 2.0) ** 2 + across
    return np.asarray(np.degrees(2.0 * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0)))))


def _owner(
    longitude: Float[np.ndarray, "n"],
    latitude: Float[np.ndarray, "n"],
    regions: Sequence[Region],
    radius_degrees: float,
) -> Int[np.ndarray, "n"]:
    """Index of the region that each place belongs to; ``len(regions)`` where there is none."""
    owner = np.full(len(longitude), len(regions))
    nearest = np.full(len(longitude), np.inf)
    for index, region in enumerate(regions):
        if region.position is None:  # refused before
            continue
        away = separation(longitude, latitude, region.position)
        closer = (away <= region_radius(region, radius_degrees)) & (away < nearest)
        owner[closer], nearest[closer] = index, away[closer]
    return owner


def _checked(
    attribution: Float[np.ndarray, "y x"],
    magnetogram: Magnetogram,
    regions: Sequence[Region],
    radius_degrees: float,
) -> Disk | CeaGrid:
    place, name = magnetogram.place, magnetogram.origin.name
    if attribution.shape != magnetogram.field.shape:
        raise BadOptionError(
            f"A map of shape {attribution.shape} does not lie on {name}, which has shape "
            f"{magnetogram.field.shape}. Give the map on the magnetogram's own grid."
        )
    if place is None:
        raise BadOptionError(
            f"Nobody knows where {name} lies on the Sun, so its map cannot be gathered into regions. "
            "Give a full disk or a SHARP."
        )
    nowhere = [name_of(region) for region in regions if region.position is None]
    if nowhere:
        raise BadOptionError(f"Region {nowhere[0]} has no position. Give every region one, or leave it out.")
    if not 0.0 < radius_degrees <= 180.0:
        raise BadOptionError(f"A radius of {radius_degrees:g}° is not accepted: above 0, such as 8.")
    return place
