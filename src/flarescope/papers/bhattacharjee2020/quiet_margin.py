"""Real SHARPs with their margins changed: a frame's size says nothing about the region in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.geometry import CeaGrid

if TYPE_CHECKING:
    from pathlib import Path

    from jaxtyping import Float

    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram

__all__ = ["CUT", "MARGIN", "margins", "sharps_at_hand"]

MARGIN = 128  # pixels of 0.03° added on each side: 47 Mm
CUT = 32  # pixels cut from each side: 12 Mm
BLOCK = 96  # side of the quiet block that the real margin is made of


def margins(magnetogram: Magnetogram) -> dict[str, Magnetogram]:
    """The same region in other frames: margin "zero" or "quiet" added on each side, or its own margin "cut".

    "quiet" is real: the quietest block of the frame, mirrored again and again, so that it has the noise and
    the network of the quiet Sun and no seams. All changes are multiples of 32 pixels, so that a network whose
    input pixel is 4 of these and whose total stride is 8 sees the region on the same grid.

    Raises:
        BadOptionError: the frame is too small, or has no block without a hole.

    Example:
        >>> margins(sharp)["quiet"].field.shape  # doctest: +SKIP
        (633, 1000)
    """
    field = magnetogram.field
    if min(field.shape) < BLOCK + 2 * CUT:
        raise BadOptionError(
            f"{magnetogram.origin.name} is {field.shape[0]}×{field.shape[1]} pixels; to change its margin it "
            f"must have {BLOCK + 2 * CUT} or more each way."
        )
    zero = np.pad(field, MARGIN)
    quiet = _tiled(_quietest_block(magnetogram), zero.shape)
    quiet[MARGIN:-MARGIN, MARGIN:-MARGIN] = field
    return {
        "zero": _moved(magnetogram, zero, MARGIN),
        "quiet": _moved(magnetogram, quiet, MARGIN),
        "cut": _moved(magnetogram, field[CUT:-CUT, CUT:-CUT], -CUT),
    }


def sharps_at_hand(desk: Desk) -> list[Path]:
    """Magnetograms of HARP 377 in February 2011 and of eleven HARPs on 2012-03-06; every eighth if quick.

    Raises:
        MissingDataError: the data folder has none.
    """
    folder = desk.need("magnetograms", "sharp_cea")
    paths = [
        path
        for name in ("harp377_hourly", "2012-03-06")
        for path in sorted(folder.joinpath(name).glob("*.magnetogram.fits"))
    ]
    return paths[::8] if desk.quick else paths


def _moved(magnetogram: Magnetogram, field: Float[np.ndarray, "y x"], by: int) -> Magnetogram:
    grid = magnetogram.geometry
    if isinstance(grid, CeaGrid):
        grid = replace(grid, x_reference=grid.x_reference + by, y_reference=grid.y_reference + by)
    return replace(magnetogram, field=field, geometry=grid)


def _quietest_block(magnetogram: Magnetogram) -> Float[np.ndarray, "y x"]:
    """The block of the frame, on a grid of 32 pixels, in which the mean unsigned field is smallest."""
    field = magnetogram.field
    height, width = field.shape
    corners = [
        (row, column)
        for row in range(0, height - BLOCK + 1, 32)
        for column in range(0, width - BLOCK + 1, 32)
    ]
    blocks = [field[row : row + BLOCK, column : column + BLOCK] for row, column in corners]
    whole = [block for block in blocks if np.isfinite(block).all()]
    if not whole:
        raise BadOptionError(
            f"{magnetogram.origin.name} has no {BLOCK}×{BLOCK} pixels without a hole. Use one on the disk."
        )
    return min(whole, key=lambda block: float(np.abs(block).mean()))


def _tiled(block: Float[np.ndarray, "y x"], shape: tuple[int, ...]) -> Float[np.ndarray, "h w"]:
    """The block and its mirror images side by side."""
    wanted = [(0, max(0, side - own)) for side, own in zip(shape, block.shape, strict=True)]
    return np.pad(block, wanted, mode="symmetric")[: shape[0], : shape[1]]
