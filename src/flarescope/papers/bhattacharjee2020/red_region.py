"""The red regions of Figure 12: where they lie, beside chance, and what they share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.models.features import inversion_line

if TYPE_CHECKING:
    from flarescope.sun import Magnetogram

__all__ = ["RED", "Lie", "Region", "laid_into", "normalised", "red_region", "share_of_shifts"]

RED = 0.9  # of the largest absolute value, as in the paper
NEAR_MM = 10.0
STRONG_GAUSS = 150.0  # on both sides of the line, after smoothing
SMOOTHING_MM = 2.0  # full width at half maximum
REACH_MM = 1.45  # strong fields this far from a pixel meet there: one pixel of Schrijver 2007
FWHM = np.sqrt(8 * np.log(2))
SHIFTS = 300


@dataclass(frozen=True, eq=False)
class Lie:
    """Where strong fields of both signs meet in a magnetogram.

    Attributes:
        field: gauss, zero where nothing is known.
        smooth: the field smoothed by a Gaussian of 2 Mm (full width at half maximum).
        line: pixels within 1.45 Mm of smoothed field above 150 G and of field below −150 G.
        near: pixels within 10 Mm of the line.
        megametres: side of a pixel.
    """

    field: Float[np.ndarray, "y x"]
    smooth: Float[np.ndarray, "y x"]
    line: Bool[np.ndarray, "y x"]
    near: Bool[np.ndarray, "y x"]
    megametres: float

    @classmethod
    def of(cls, magnetogram: Magnetogram) -> Lie:
        """The lines of a magnetogram in gauss with a known size of a pixel; there may be none."""
        from scipy.ndimage import distance_transform_edt, gaussian_filter

        assert magnetogram.geometry is not None
        side = magnetogram.geometry.megametres_per_pixel
        field = np.nan_to_num(np.asarray(magnetogram.field, dtype=float))
        smooth = gaussian_filter(field, SMOOTHING_MM / side / FWHM)
        line = inversion_line(smooth, threshold=STRONG_GAUSS, reach=max(1, round(REACH_MM / side)))
        near = distance_transform_edt(~line) * side <= NEAR_MM if line.any() else np.zeros(line.shape, bool)
        return cls(field, smooth, line, near, side)

    def share(self, red: Bool[np.ndarray, "y x"]) -> float:
        """Share of these pixels that lie near a line."""
        return float(self.near[red].mean())

    def separation(self) -> float:
        """Megametres between the flux-weighted centres of both signs above 150 G."""
        rows, columns = np.indices(self.smooth.shape)
        centres = []
        for sign in (1, -1):
            weight = np.where(sign * self.smooth > STRONG_GAUSS, np.abs(self.smooth), 0.0)
            centres.append([(weight * places).sum() / weight.sum() for places in (rows, columns)])
        return math.dist(*centres) * self.megametres

    def gradient(self, red: Bool[np.ndarray, "y x"]) -> float:
        """Mean gradient of the smoothed field on the lines in these pixels, G/Mm; NaN without lines."""
        down, right = np.gradient(self.smooth, self.megametres)
        steep = np.hypot(down, right)[red & self.line]
        return float(steep.mean()) if steep.size else float("nan")

    def strength(self, red: Bool[np.ndarray, "y x"]) -> float:
        """Mean unsigned field of these pixels in gauss."""
        return float(np.abs(self.field[red]).mean())


@dataclass(frozen=True)
class Region:
    """One magnetogram's red region beside chance.

    Attributes:
        share: of it that lies near the line.
        shifted: the same for the region moved at random inside its frame, mean.
        gradient: across the lines in it, gauss a megametre.
        gradient_all: across all lines of the magnetogram.
        strength: mean |B| in it.
        strength_all: mean |B| of the frame.
        separation: of the polarities, Mm.
        area: its share of the frame.
    """

    share: float
    shifted: float
    gradient: float
    gradient_all: float
    strength: float
    strength_all: float
    separation: float
    area: float

    @classmethod
    def of(cls, lie: Lie, red: Bool[np.ndarray, "y x"], seed: int) -> Region:
        """Measured."""
        everywhere = np.ones_like(red)
        return cls(
            lie.share(red), share_of_shifts(red, lie.near, np.random.default_rng(seed)),
            lie.gradient(red), lie.gradient(everywhere), lie.strength(red), lie.strength(everywhere),
            lie.separation(), float(red.mean()),
        )  # fmt: skip


def normalised(found: Float[np.ndarray, "y x"]) -> Float[np.ndarray, "y x"]:
    """Divided by its largest absolute value, as in the paper; zeros stay zeros."""
    top = float(np.nanmax(np.abs(found)))
    return np.nan_to_num(found / top) if top > 0.0 else np.zeros_like(found)


def red_region(found: Float[np.ndarray, "y x"]) -> Bool[np.ndarray, "y x"]:
    """Where the normalised map is above .9: empty where covering anything speaks for a flare."""
    return np.asarray(normalised(found) > RED)


def share_of_shifts(
    red: Bool[np.ndarray, "y x"], near: Bool[np.ndarray, "y x"], random: np.random.Generator
) -> float:
    """The share near the line of the same region moved at random inside the frame, mean over 300 moves."""
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    shape = red[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    tops = random.integers(0, red.shape[0] - shape.shape[0] + 1, SHIFTS)
    lefts = random.integers(0, red.shape[1] - shape.shape[1] + 1, SHIFTS)
    shares = [
        near[top : top + shape.shape[0], left : left + shape.shape[1]][shape].mean()
        for top, left in zip(tops, lefts, strict=True)
    ]
    return float(np.mean(shares))


def laid_into(red: Bool[np.ndarray, "y x"], shape: tuple[int, ...]) -> Bool[np.ndarray, "h w"]:
    """A red region stretched into another frame, by the nearest pixel."""
    rows, columns = ((np.arange(new) + 0.5) * old // new for new, old in zip(shape, red.shape, strict=True))
    return red[np.ix_(rows.astype(int), columns.astype(int))]
