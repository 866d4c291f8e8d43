"""What would the Earth see of this field? Maps of active regions laid onto the disk, at any longitude."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError
from flarescope.geometry import SOLAR_RADIUS_AU, CeaGrid, Disk, earth_view
from flarescope.sun import Magnetogram, Origin, Position, Region

__all__ = ["cosine_of_view", "onto_disk", "turned"]

FINEST = 8  # samples a pixel and direction: at 512 pixels, HMI's own 4096
FARTHEST = 60.0  # degrees from the disk's centre to which B/mu is believed
LARGEST_LONGITUDE = 88.0
RADIUS_SHARE = 200.0 / 512.0  # of the disk in the image, as in Helioviewer's
LIMB = 0.02


def onto_disk(
    field: Float[np.ndarray, "y x"],
    grid: CeaGrid,
    disk: Disk,
    shape: tuple[int, int],
    *,
    limit_gauss: float | None = None,
) -> Float[np.ndarray, "y x"]:
    """How does a map of the radial field look on the disk, along the line of sight?

    B_los = B_r · mu, averaged over each pixel: up to 8 × 8 samples a pixel, each a linear interpolation in
    the map (which is averaged to cells of a sample's size first). Samples beyond the limb count as zero, so
    what is seen of the flux is kept.

    Args:
        field: radial field, gauss; NaN counts as zero field.
        grid: where the map lies on the Sun.
        disk: the disk in the image.
        shape: rows and columns of the image.
        limit_gauss: samples of B_los are cut off at ± this before they are averaged, as HMI's are in 8-bit
            images (250 G).

    Returns:
        Gauss; 0 where the map shows nothing, NaN off the disk.

    Example:
        >>> disk = Disk(63.5, 63.5, 50.0, b0=0.0, l0=0.0, distance_au=1.0)
        >>> seen = onto_disk(np.full((200, 200), 100.0), CeaGrid(60, 0, 99.5, 99.5, 0.05), disk, (128, 128))
        >>> round(float(np.nanmax(seen)))
        57
    """
    seen = np.where(disk.mask(shape), np.float32(0.0), np.float32(np.nan))
    box = _box(grid, (field.shape[0], field.shape[1]), disk, shape)
    if box is None:
        return seen
    rows, columns = box
    degrees = np.degrees(1.0 / disk.radius)
    finer = int(np.clip(np.ceil(degrees / grid.degrees_per_pixel), 2, FINEST))
    cells, grid = _cells(field, grid, max(1, round(degrees / finer / grid.degrees_per_pixel)))
    fine = _finer(disk, rows.start, columns.start, finer)
    high, wide = (rows.stop - rows.start) * finer, (columns.stop - columns.start) * finer
    x, y = grid.pixel(*fine.heliographic(*np.meshgrid(np.arange(wide), np.arange(high))))
    los = _sampled(cells, np.asarray(x), np.asarray(y)) * np.nan_to_num(fine.mu((high, wide)))
    if limit_gauss is not None:
        los = np.clip(los, -limit_gauss, limit_gauss)
    seen[rows, columns] += los.reshape(high // finer, finer, wide // finer, finer).mean(axis=(1, 3))
    return seen


def turned(
    region: Magnetogram,
    longitude: float,
    *,
    pixels: int = 512,
    background: Magnetogram | None = None,
    limit_gauss: float | None = None,
    noise_gauss: float = 0.0,
    seed: int = 0,
) -> Magnetogram:
    """What would the Earth see if this region stood at another longitude?

    The field is taken as radial: B_r = B_los/mu at its own place, then B_los = B_r·mu at the new one. Its
    latitude stays, and so does everything on its map, its noise included.

    Args:
        region: a CEA map such as a SHARP, in gauss, within 60° of the disk's centre.
        longitude: Stonyhurst degrees to which its middle (the flux-weighted one of the header, else the
            map's) is brought, within ±88°.
        pixels: side of the image; the disk's radius is 200/512 of it.
        background: a full disk in gauss on which it is laid; its noise, its grid and its time are used. By
            default zero field.
        limit_gauss: the field is cut off at ± this before pixels are averaged (see ``onto_disk``).
        noise_gauss: standard deviation of noise added to every pixel of the disk.
        seed: of the noise.

    Returns:
        A full disk in gauss; its ``region`` is the one that was turned, at its new place.

    Raises:
        BadOptionError: no CEA map in gauss, too near the limb, or a longitude on the far side.

    Example:
        >>> near_limb = turned(read_magnetogram("hmi.sharp_cea_720s.377….fits"), 75.0)  # doctest: +SKIP
    """
    grid, middle = _checked(region, longitude)
    view = earth_view(region.time)
    centre = (pixels - 1) / 2
    disk = Disk(centre, centre, RADIUS_SHARE * pixels, view.b0, view.l0, view.distance_au)
    radial = region.field / np.maximum(_cosines(region.field.shape, grid, disk), 0.5)
    moved = replace(grid, longitude=grid.longitude + longitude - middle.longitude)
    if background is not None:
        disk, shape = _disk_of(background)
    else:
        shape = (pixels, pixels)
    seen = onto_disk(radial, moved, disk, shape, limit_gauss=limit_gauss)
    if background is not None:
        inside = onto_disk(np.ones_like(radial), moved, disk, shape) > 0.5 * np.maximum(disk.mu(shape), LIMB)
        seen = np.where(inside, seen, background.field)
    if noise_gauss > 0.0:
        seen = seen + np.random.default_rng(seed).normal(0.0, noise_gauss, shape)
    return Magnetogram(
        field=seen.astype(np.float32),
        time=region.time if background is None else background.time,
        view="full_disk",
        encoding="gauss",
        geometry=disk,
        region=_at(region, Position(longitude, middle.latitude)),
        quality=region.quality,
        origin=Origin(f"{region.origin.name}, turned to {longitude:+.0f}°", region.origin.source),
        notes=(f"The region was turned from longitude {middle.longitude:.1f}° to {longitude:.1f}°.",),
    )


def cosine_of_view(
    longitude: float | Float[np.ndarray, "..."], latitude: float | Float[np.ndarray, "..."], disk: Disk
) -> Float[np.ndarray, "..."]:
    """How squarely is this place seen: mu, 1 at the disk's centre, 0 at the limb and negative behind it."""
    lon, lat, b0 = np.radians(longitude), np.radians(latitude), np.radians(disk.b0)
    toward = np.sin(lat) * np.sin(b0) + np.cos(lat) * np.cos(b0) * np.cos(lon)
    d = disk.distance_au / SOLAR_RADIUS_AU
    return np.asarray((d * toward - 1.0) / np.sqrt(1.0 + d**2 - 2.0 * d * toward))


def _checked(region: Magnetogram, longitude: float) -> tuple[CeaGrid, Position]:
    """The map's grid and its middle; refuses what cannot be turned."""
    grid = region.geometry
    if not isinstance(grid, CeaGrid) or region.encoding != "gauss":
        raise BadOptionError(
            f"{region.origin.name} cannot be turned: it is no CEA map in gauss. Give a SHARP CEA file."
        )
    if not abs(longitude) <= LARGEST_LONGITUDE:
        raise BadOptionError(
            f"A region cannot be turned to longitude {longitude:g}°: nothing of it would be seen. "
            f"Accepted: within ±{LARGEST_LONGITUDE:g}°."
        )
    middle = region.region.position if region.region else None
    middle = middle or Position(grid.longitude, grid.latitude)
    view = earth_view(region.time)
    disk = Disk(0.0, 0.0, 1.0, view.b0, view.l0, view.distance_au)
    if cosine_of_view(middle.longitude, middle.latitude, disk) < np.cos(np.radians(FARTHEST)):
        raise BadOptionError(
            f"{region.origin.name} lies at longitude {middle.longitude:.1f}°, latitude "
            f"{middle.latitude:.1f}°, where its radial field cannot be told. "
            f"Accepted: within {FARTHEST:g}° of the disk's centre."
        )
    return grid, middle


def _cosines(shape: tuple[int, ...], grid: CeaGrid, disk: Disk) -> Float[np.ndarray, "y x"]:
    """Mu of every pixel of a map."""
    x, y = np.meshgrid(np.arange(shape[1], dtype=float), np.arange(shape[0], dtype=float))
    return cosine_of_view(*grid.heliographic(x, y), disk)


def _disk_of(background: Magnetogram) -> tuple[Disk, tuple[int, int]]:
    disk = background.geometry
    if not isinstance(disk, Disk) or background.encoding != "gauss" or background.view != "full_disk":
        raise BadOptionError(f"{background.origin.name} is no background: it is no full disk in gauss.")
    return disk, (background.field.shape[0], background.field.shape[1])


def _at(region: Magnetogram, place: Position) -> Region:
    return replace(region.region or Region(), position=place)


def _box(
    grid: CeaGrid, size: tuple[int, int], disk: Disk, shape: tuple[int, int]
) -> tuple[slice, slice] | None:
    """Rows and columns of the image in which the map may be seen; None where it is not."""
    x, y = np.meshgrid(np.linspace(-0.5, size[1] - 0.5, 33), np.linspace(-0.5, size[0] - 0.5, 33))
    places = disk.pixel(*grid.heliographic(x, y))
    found = []
    for at, most in zip(places[::-1], shape, strict=True):
        if not np.isfinite(at).any():
            return None
        low, high = int(np.floor(np.nanmin(at))) - 1, int(np.ceil(np.nanmax(at))) + 2
        found.append(slice(max(0, low), min(most, high)))
    return (found[0], found[1]) if all(s.start < s.stop for s in found) else None


def _cells(
    field: Float[np.ndarray, "y x"], grid: CeaGrid, side: int
) -> tuple[Float[np.ndarray, "r c"], CeaGrid]:
    """The map in cells of ``side`` × ``side`` pixels, zero field added to whole cells; and its grid."""
    values = np.nan_to_num(np.asarray(field, dtype=np.float32))
    if side == 1:
        return values, grid
    values = np.pad(values, [(0, -n % side) for n in values.shape])
    rows, columns = (n // side for n in values.shape)
    cells = values.reshape(rows, side, columns, side).mean(axis=(1, 3))
    x, y = ((at + 0.5) / side - 0.5 for at in (grid.x_reference, grid.y_reference))
    return cells, replace(grid, x_reference=x, y_reference=y, degrees_per_pixel=side * grid.degrees_per_pixel)


def _finer(disk: Disk, row: int, column: int, finer: int) -> Disk:
    """The disk in the samples of a box that begins at this row and column."""
    return replace(
        disk,
        x_centre=(disk.x_centre - column + 0.5) * finer - 0.5,
        y_centre=(disk.y_centre - row + 0.5) * finer - 0.5,
        radius=disk.radius * finer,
    )


def _sampled(
    cells: Float[np.ndarray, "r c"], x: Float[np.ndarray, "h w"], y: Float[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w"]:
    """Linear interpolation; 0 outside the map and off the disk."""
    from scipy import ndimage

    seen = np.isfinite(x) & np.isfinite(y)
    places = [np.where(seen, y, -9.0), np.where(seen, x, -9.0)]
    # "grid-constant": the outermost half cell fades to zero field instead of being cut off
    return np.asarray(ndimage.map_coordinates(cells, places, order=1, mode="grid-constant", cval=0.0))
