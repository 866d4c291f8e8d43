"""Find the solar disk in an image that has no header."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from flarescope.errors import MissingDataError

__all__ = ["Limb", "find_limb"]

RAYS = 720
SKY = 32.0  # grey levels; darker is sky, apart from strong negative field
REJECT_PIXELS = 1.5  # a limb point further off than this is a dark spot, a label or damage
MIN_GOOD_RAYS = 0.9  # in 99 sound images at least 0.998; a dark region at the limb takes 0.03
MAX_BRIGHT_SKY = 0.02  # of the sky; labels take 0.005
MAX_SCATTER = 0.75  # root mean square of the good points' distances, in pixels of a 512-pixel image


@dataclass(frozen=True)
class Limb:
    """A circle fitted to the Sun's edge.

    Centre and radius in pixels, their scatter, the share of rays that agree.
    """

    x: float
    y: float
    radius: float
    scatter: float
    agreement: float


def find_limb(grey: Float[np.ndarray, "y x"]) -> Limb:
    """Where is the Sun's edge in this picture?

    The sky is dark (0) and the quiet Sun grey; strong negative field is dark as well, so the edge is not a
    matter of brightness alone. From the middle of the largest bright patch, rays run outwards; on each, the
    outermost point where the patch falls to half the quiet Sun's grey is a candidate. A circle is fitted to
    them (least squares), and fitted again without those further than 1.5 px off it: dark spots at the limb
    and labels drop out.

    Args:
        grey: 0 to 255, the sky dark.

    Returns:
        Centre and radius to about 0.1 px in a sound 512 × 512 image.

    Raises:
        MissingDataError: no bright disk, or its edge is no circle that lies in the image.
    """
    size = min(grey.shape)
    patch, half = _largest_patch(grey)
    rows, columns = np.nonzero(patch)
    middle = (float(columns.min() + columns.max()) / 2, float(rows.min() + rows.max()) / 2)
    x, y = _edge_points(np.where(patch, grey, 0.0), middle, half)
    good = np.ones(x.size, dtype=bool)
    reject = max(REJECT_PIXELS, REJECT_PIXELS * size / 512)
    tolerance = 20 * reject
    for _ in range(12):
        if np.count_nonzero(good) < MIN_GOOD_RAYS / 2 * x.size:
            break
        centre_x, centre_y, radius = _circle(x[good], y[good])
        residual = np.hypot(x - centre_x, y - centre_y) - radius
        tolerance = max(reject, tolerance / 2)
        good = np.abs(residual) <= tolerance
    agreement = float(np.mean(good))
    if agreement < MIN_GOOD_RAYS:
        raise MissingDataError(
            f"No solar disk was found: only {agreement:.0%} of the bright patch's edge lies on a circle "
            f"(at least {MIN_GOOD_RAYS:.0%} is needed)."
        )
    limb = Limb(centre_x, centre_y, radius, float(np.sqrt(np.mean(residual[good] ** 2))), agreement)
    _check(limb, grey)
    return limb


def _largest_patch(grey: Float[np.ndarray, "y x"]) -> tuple[Float[np.ndarray, "y x"], float]:
    """The largest connected bright area, grown by two pixels, and half the quiet Sun's grey."""
    labels, count = ndimage.label(grey > SKY)
    sizes = np.bincount(labels.ravel(), minlength=2)[1:]
    if count == 0 or sizes.max() < 0.05 * grey.size:
        raise MissingDataError("No solar disk was found: the image is dark nearly everywhere.")
    patch = labels == 1 + int(np.argmax(sizes))
    half = float(np.median(grey[patch])) / 2
    return ndimage.binary_dilation(patch, iterations=2), half


def _edge_points(
    grey: Float[np.ndarray, "y x"], middle: tuple[float, float], half: float
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """On each ray, the outermost crossing of the level ``half``, between pixels by interpolation.

    NaN-free.
    """
    angle = np.arange(RAYS) * 2 * np.pi / RAYS
    step = 0.5
    reach = np.arange(0.0, np.hypot(*grey.shape), step)
    x = middle[0] + np.cos(angle)[:, None] * reach  # (ray, step)
    y = middle[1] + np.sin(angle)[:, None] * reach
    level = ndimage.map_coordinates(grey, [y, x], order=1, mode="constant", cval=0.0)
    bright = level >= half
    last = level.shape[1] - 1 - np.argmax(bright[:, ::-1], axis=1)
    last = np.where(bright.any(axis=1), np.minimum(last, level.shape[1] - 2), 0)
    ray = np.arange(RAYS)
    inner, outer = level[ray, last], level[ray, last + 1]
    fraction = np.clip((inner - half) / np.maximum(inner - outer, 1e-6), 0.0, 1.0)
    distance = (last + fraction) * step
    return middle[0] + np.cos(angle) * distance, middle[1] + np.sin(angle) * distance


def _circle(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"]) -> tuple[float, float, float]:
    """The circle through points: x² + y² = 2ax + 2by + c, by least squares."""
    matrix = np.stack([2 * x, 2 * y, np.ones_like(x)], axis=1)
    (a, b, c), *_ = np.linalg.lstsq(matrix, x**2 + y**2, rcond=None)
    return float(a), float(b), float(np.sqrt(max(c + a**2 + b**2, 0.0)))


def _check(limb: Limb, grey: Float[np.ndarray, "y x"]) -> None:
    """Is it a whole disk inside the image, with a sharp edge and a dark sky around it?"""
    height, width = grey.shape
    inside = (
        limb.x - limb.radius > -1.0
        and limb.y - limb.radius > -1.0
        and limb.x + limb.radius < width
        and limb.y + limb.radius < height
    )
    if not inside:
        raise MissingDataError(
            "No solar disk was found: the bright patch is not a whole disk inside the image."
        )
    if limb.scatter > MAX_SCATTER * max(1.0, min(grey.shape) / 512):
        raise MissingDataError(
            f"No solar disk was found: the edge is ragged, {limb.scatter:.2f} px about a circle."
        )
    rows, columns = np.ogrid[:height, :width]
    sky = np.hypot(columns - limb.x, rows - limb.y) > limb.radius + 0.01 * limb.radius + 2.0
    bright = float(np.mean(grey[sky] > SKY)) if sky.any() else 0.0
    if bright > MAX_BRIGHT_SKY:
        raise MissingDataError(f"No solar disk was found: {bright:.0%} of the sky around it is not dark.")
