"""Lines of longitude and latitude over a magnetogram, and the numbers beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from flarescope.geometry import CeaGrid, Disk

__all__ = ["edge_ticks", "limb_labels", "lines", "nice_step"]

STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
WHOLE_DISK_STEP = 30.0


def nice_step(span: float, *, at_most: int = 8) -> float:
    """The smallest round step in degrees that cuts ``span`` into at most ``at_most`` pieces."""
    return next((step for step in STEPS if span / step <= at_most), STEPS[-1])


def lines(
    geometry: Disk | CeaGrid, shape: tuple[int, ...], *, whole_disk: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pixels (x, y) along each line of longitude and of latitude that crosses the image."""
    if whole_disk:
        meridians = parallels = np.arange(-60.0, 61.0, WHOLE_DISK_STEP)
        longitudes, latitudes = np.linspace(-95.0, 95.0, 381), np.linspace(-90.0, 90.0, 361)
    else:
        (east, west), (south, north) = _span(geometry, shape)
        meridians, parallels = _round_values(east, west), _round_values(south, north)
        longitudes, latitudes = np.linspace(east - 1, west + 1, 200), np.linspace(south - 1, north + 1, 200)
    for longitude in meridians:
        yield geometry.pixel(np.full_like(latitudes, longitude), latitudes)
    for latitude in parallels:
        yield geometry.pixel(longitudes, np.full_like(longitudes, latitude))


def edge_ticks(
    geometry: Disk | CeaGrid, shape: tuple[int, ...]
) -> tuple[list[tuple[float, str]], list[tuple[float, str]]]:
    """Where do round longitudes meet the lower edge, and round latitudes the left one? (pixel, text)."""
    rows, columns = shape
    x, y = np.arange(columns, dtype=float), np.arange(rows, dtype=float)
    longitude = geometry.heliographic(x, np.zeros(columns))[0]
    latitude = geometry.heliographic(np.zeros(rows), y)[1]
    return _ticks(x, longitude, "E", "W"), _ticks(y, latitude, "S", "N")


def limb_labels(disk: Disk) -> Iterator[tuple[float, float, str, tuple[str, str]]]:
    """Latitudes outside the limb of a full disk, longitudes along its equator: (x, y, text, alignment)."""
    for latitude in np.arange(-60.0, 61.0, WHOLE_DISK_STEP):
        up = np.sin(np.radians(latitude)) / np.cos(np.radians(disk.b0))  # where the parallel meets the limb
        for side in (-1.0, 1.0):
            x = disk.x_centre + side * 1.02 * disk.radius * np.sqrt(1.0 - up**2)
            y = disk.y_centre + 1.02 * disk.radius * up
            yield (
                float(x),
                float(y),
                _degrees(latitude, "S", "N"),
                ("right" if side < 0 else "left", "center"),
            )
    for longitude in np.arange(-60.0, 61.0, WHOLE_DISK_STEP):
        x, y = disk.pixel(longitude, 0.0)
        yield float(x), float(y), _degrees(longitude, "E", "W"), ("center", "bottom")


def _span(
    geometry: Disk | CeaGrid, shape: tuple[int, ...]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Longitudes and latitudes that the image reaches, from a coarse grid of its pixels."""
    y, x = np.meshgrid(np.linspace(0, shape[0] - 1, 33), np.linspace(0, shape[1] - 1, 33), indexing="ij")
    longitude, latitude = geometry.heliographic(x, y)
    if not np.isfinite(longitude).any():
        return (0.0, 0.0), (0.0, 0.0)
    return (
        (float(np.nanmin(longitude)), float(np.nanmax(longitude))),
        (float(np.nanmin(latitude)), float(np.nanmax(latitude))),
    )


def _round_values(low: float, high: float) -> np.ndarray:
    step = nice_step(high - low)
    return np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step


def _ticks(pixels: np.ndarray, degrees: np.ndarray, minus: str, plus: str) -> list[tuple[float, str]]:
    on_sun = np.isfinite(degrees)
    pixels, degrees = pixels[on_sun], degrees[on_sun]
    if len(pixels) < 2 or np.any(np.diff(degrees) <= 0.0):
        return []
    return [
        (float(np.interp(value, degrees, pixels)), _degrees(value, minus, plus))
        for value in _round_values(degrees[0], degrees[-1])
    ]


def _degrees(value: float, minus: str, plus: str) -> str:
    """Degrees as solar physicists write them: 12°W, 5°S, 0°."""
    if abs(value) < 1e-9:
        return "0°"
    return f"{abs(value):g}°{plus if value > 0 else minus}"
