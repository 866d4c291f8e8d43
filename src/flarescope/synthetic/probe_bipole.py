"""Round bipoles of uniform field, as Bhattacharjee et al. 2020 used them to probe a trained network.

Two touching circles of one radius, the eastern one negative ("-+") or positive ("+-"), or one circle alone
("+", "-"), on an otherwise empty CEA map of 0.03° (0.364 Mm) a pixel.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.geometry import CeaGrid
from flarescope.sun import Magnetogram, Origin
from flarescope.synthetic.name import MADE_UP
from flarescope.synthetic.regions import MadeUpRegion
from flarescope.synthetic.spots import DEGREES_PER_PIXEL, Spots

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = ["DEGREES_PER_PIXEL", "FRAME", "MEGAMETRES_PER_PIXEL", "Poles", "probe_bipole", "space_needed"]

Poles = Literal["-+", "+-", "+", "-"]
MEGAMETRES_PER_PIXEL = CeaGrid(0.0, 0.0, 0.0, 0.0, DEGREES_PER_PIXEL).megametres_per_pixel
FRAME = (768, 427)
"""Width and height in pixels. The paper has 768 in its text and Figure 9, 728 in the caption of Figure 7;
the 23° it also states are 767."""
TIME = datetime(2014, 1, 1, tzinfo=UTC)  # any time does: nothing here depends on it
SIGNS: dict[str, tuple[float, float]] = {"-+": (-1.0, 1.0), "+-": (1.0, -1.0)}  # east, west


def probe_bipole(
    radius_mm: float,
    *,
    field_gauss: float = 2000.0,
    poles: Poles = "-+",
    frame: tuple[int, int] = FRAME,
    at: tuple[int, int] | None = None,
    quiet_sun: bool = False,
) -> Magnetogram:
    """What does a bipole of this size look like in a frame of this size?

    A pixel carries the field if its centre lies in the circle, so the same radius gives the same pixels
    in every frame.

    Args:
        radius_mm: of each circle.
        field_gauss: inside the circles; zero elsewhere.
        poles: polarity from east to west, or of the single circle.
        frame: width and height in pixels.
        at: columns and rows east and south of the point where the circles touch (of the middle of a single
            circle); by default half the frame's.
        quiet_sun: lay the made-up Sun's network and noise under it, always the same. Without, as in the
            paper, the picture is unlike all that a network was trained on: an empty frame has no noise.

    Returns:
        A ``Magnetogram`` in gauss on a CEA grid around the middle of the frame, at the Sun's equator.

    Raises:
        BadOptionError: the circles do not fit in the frame, or there is no such arrangement of poles.

    Example:
        >>> probe_bipole(12.5).field.shape
        (427, 768)

    Reference:
        Bhattacharjee et al. 2020, section 4.4 and figure 7.
    """
    stamp = field_gauss * _shape(radius_mm, poles)
    rows, columns = (length // 2 for length in stamp.shape)
    width, height = frame
    x, y = at if at is not None else (width // 2, height // 2)
    if not (columns <= x <= width - columns and rows <= y <= height - rows):
        raise BadOptionError(
            f"A probe of radius {radius_mm:g} Mm needs {2 * columns} × {2 * rows} pixels and does not fit at "
            f"({x}, {y}) in a frame of {width} × {height}. Choose a smaller radius or a larger frame."
        )
    field = _quiet_sun(width, height).copy() if quiet_sun else np.zeros((height, width), np.float32)
    field[y - rows : y + rows, x - columns : x + columns] += stamp
    grid = CeaGrid(0.0, 0.0, (width - 1) / 2, (height - 1) / 2, DEGREES_PER_PIXEL)
    name = f"probe {poles}, radius {radius_mm:g} Mm, {field_gauss:g} G"
    return Magnetogram(field, TIME, "region", "gauss", grid, origin=Origin(name, MADE_UP))


def space_needed(radius_mm: float, poles: Poles = "-+") -> tuple[int, int]:
    """Width and height in pixels of the smallest frame that holds this probe."""
    circles = 2 if poles in SIGNS else 1
    pixels = radius_mm / MEGAMETRES_PER_PIXEL
    return 2 * math.ceil(circles * pixels), 2 * math.ceil(pixels)


@lru_cache(maxsize=4)
def _quiet_sun(width: int, height: int) -> Float[np.ndarray, "y x"]:
    """A made-up region without spots, on the central meridian."""
    nothing = np.zeros(0)
    empty = MadeUpRegion(
        0,
        0.0,
        TIME,
        Spots(nothing, nothing, nothing, nothing),
        0.0,
        0.0,
        0.0,
        (height, width),
        (0.0, 1.0, 1.0),
    )
    return np.asarray(empty.magnetogram(TIME).field, np.float32)


def _shape(radius_mm: float, poles: Poles) -> Float[np.ndarray, "y x"]:
    """1 in the positive circle, -1 in the negative; both sides are even, the middle is a pixel corner."""
    if poles not in get_args(Poles):
        raise BadOptionError(f"Poles '{poles}' are not accepted: {', '.join(get_args(Poles))}.")
    if not 0.5 * MEGAMETRES_PER_PIXEL < radius_mm < math.inf:
        raise BadOptionError(
            f"A radius of {radius_mm:g} Mm is not accepted: more than half a pixel, which is 0.18 Mm."
        )
    columns, rows = space_needed(radius_mm, poles)
    radius = radius_mm / MEGAMETRES_PER_PIXEL
    x = np.arange(columns) - columns / 2 + 0.5
    y = (np.arange(rows) - rows / 2 + 0.5)[:, None]

    def circle(middle: float) -> Float[np.ndarray, "y x"]:
        return np.asarray((x - middle) ** 2 + y**2 <= radius**2, np.float32)

    if poles in SIGNS:
        east, west = SIGNS[poles]
        return east * circle(-radius) + west * circle(radius)
    return circle(0.0) if poles == "+" else -circle(0.0)
