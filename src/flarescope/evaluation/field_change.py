"""How does the field of one image differ from that of another of the same hour?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.times import iso

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flarescope.sun import Magnetogram

__all__ = ["ACTIVE", "FieldChange", "field_change", "laid_over", "robust_line", "summary"]

ACTIVE = {"gauss": 100.0, "grey8": 20.0}  # from this mean size of both images on a pixel is active
UNITS = {"gauss": "G", "grey8": "grey levels"}
LEAST_PIXELS = 100
HUBER = 1.345  # 95 % as sharp as least squares where the noise is normal
ROUNDS = 100


@dataclass(frozen=True)
class FieldChange:
    """The definitive image against the near-real-time one: B_definitive ≈ scale · B_nrt + offset.

    Attributes:
        time: of the definitive image.
        pixels: that both images show.
        active: of these, with a mean size of both fields of 100 G or more (20 grey levels).
        scale: slope of the robust line through the active pixels; 1 where both agree, NaN for fewer than 100.
        offset: its intercept, in ``unit``.
        quiet_difference: mean |ΔB| over quiet pixels; NaN where there are none.
        active_difference: mean |ΔB| over active pixels.
        unit: "G", or "grey levels" of 8-bit images less 127.5.
    """

    time: datetime
    pixels: int
    active: int
    scale: float
    offset: float
    quiet_difference: float
    active_difference: float
    unit: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        names = ("scale", "offset", "quiet_difference", "active_difference")
        numbers = {name: _number(getattr(self, name)) for name in names}
        return {"time_utc": iso(self.time), "pixels": self.pixels, "active": self.active, **numbers}


def field_change(nrt: Magnetogram, definitive: Magnetogram) -> FieldChange:
    """By what factor, what offset and what noise do two images of one hour differ?

    The near-real-time image is laid over the definitive one by the places that its pixels show. A pixel is
    active by the mean of both images, so that the choice favours neither.

    Args:
        nrt: near-real-time image.
        definitive: definitive image, of the same encoding.

    Raises:
        BadOptionError: gauss against grey levels.
        MissingDataError: the images share fewer than 100 pixels, or do not say where they are.
    """
    if nrt.encoding != definitive.encoding:
        raise BadOptionError(
            f"{nrt.origin.name} is in {UNITS[nrt.encoding]} and {definitive.origin.name} in "
            f"{UNITS[definitive.encoding]}: their fields cannot be compared. Give both in one unit."
        )
    b = np.asarray(definitive.signed, float)
    a = laid_over(nrt, definitive)
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < LEAST_PIXELS:
        raise MissingDataError(
            f"{nrt.origin.name} and {definitive.origin.name} share {both.sum()} pixels; "
            f"{LEAST_PIXELS} are needed. Give images of one region."
        )
    a, b = a[both], b[both]
    active = np.abs(a + b) / 2.0 >= ACTIVE[definitive.encoding]
    enough = active.sum() >= LEAST_PIXELS
    scale, offset = robust_line(a[active], b[active]) if enough else (math.nan, math.nan)
    return FieldChange(
        definitive.time,
        len(a),
        int(active.sum()),
        scale,
        offset,
        _mean_gap(a, b, ~active),
        _mean_gap(a, b, active),
        UNITS[definitive.encoding],
    )


def laid_over(nrt: Magnetogram, definitive: Magnetogram) -> Float[np.ndarray, "y x"]:
    """The near-real-time field on the definitive image's grid, bilinear; NaN where it has none.

    The frame of a near-real-time SHARP is cut otherwise than that of the definitive one, whose frame knows
    the region's whole life.

    Raises:
        MissingDataError: an image does not say which places it shows, and the shapes differ.
    """
    from scipy.ndimage import map_coordinates

    a = np.asarray(nrt.signed, float)
    if nrt.place is None or definitive.place is None:
        if a.shape != definitive.field.shape:
            raise MissingDataError(
                f"{nrt.origin.name} and {definitive.origin.name} differ in size and do not both say where "
                "they lie on the Sun, so they cannot be laid over each other."
            )
        return a
    y, x = np.indices(definitive.field.shape, dtype=float)
    x, y = nrt.place.pixel(*definitive.place.heliographic(x, y))
    on_grid = np.array([_whole(y), _whole(x)])
    return np.asarray(map_coordinates(a, np.nan_to_num(on_grid, nan=-9.0), order=1, cval=np.nan))


def robust_line(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"]) -> tuple[float, float]:
    """Slope and intercept of y on x, little moved by outliers.

    Least squares with Huber's weights, min(1, 1.345 s / |residual|), s = 1.483 times the median size of the
    residuals, again until nothing changes. *Reference*: Huber 1964, Ann. Math. Statist. 35, 73.
    """
    weight = np.ones(len(x))
    slope = intercept = math.nan
    for _ in range(ROUNDS):
        total = weight.sum()
        x0, y0 = weight @ x / total, weight @ y / total
        spread = float(weight @ (x - x0) ** 2)
        if spread <= 0.0:
            return math.nan, math.nan
        before, slope = slope, float(weight @ ((x - x0) * (y - y0)) / spread)
        intercept = float(y0 - slope * x0)
        size = np.abs(y - slope * x - intercept)
        s = 1.483 * float(np.median(size))
        if s <= 1e-9 or abs(slope - before) < 1e-9:
            break
        weight = np.minimum(1.0, HUBER * s / np.maximum(size, 1e-12))
    return slope, intercept


def summary(fields: Sequence[FieldChange]) -> dict[str, Any] | None:
    """Medians over the images with their range, and each image; None without images."""
    if not fields:
        return None
    found: dict[str, Any] = {"images": len(fields), "unit": fields[0].unit}
    for name in ("scale", "offset", "quiet_difference", "active_difference"):
        values = np.array([getattr(field, name) for field in fields])
        known = values[np.isfinite(values)]
        numbers = (np.median(known), known.min(), known.max()) if len(known) else (math.nan,) * 3
        found[name] = dict(zip(("median", "smallest", "largest"), map(_number, numbers), strict=True))
    found["how"] = "median, smallest and largest over the images: a range, no interval"
    found["each"] = [field.to_dict() for field in fields]
    return found


def _whole(pixel: Float[np.ndarray, "y x"]) -> Float[np.ndarray, "y x"]:
    """Pixels that fall on each other to rounding are not blurred."""
    nearest = np.round(pixel)
    return np.where(np.abs(pixel - nearest) < 1e-3, nearest, pixel)


def _mean_gap(a: Float[np.ndarray, "n"], b: Float[np.ndarray, "n"], chosen: Bool[np.ndarray, "n"]) -> float:
    return float(np.mean(np.abs(b - a)[chosen])) if chosen.any() else math.nan


def _number(value: float) -> float | None:
    return round(float(value), 5) if math.isfinite(value) else None
