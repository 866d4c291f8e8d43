"""The field of a made-up active region: round spots and patches of plage, added up.

Lengths are pixels of 0.03° from the region's middle (x west, y north), fields are radial, in gauss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["ACTIVE_GAUSS", "DEGREES_PER_PIXEL", "PIXEL_CM2", "PIXEL_MSH", "Spots", "draw_group", "stamp"]

DEGREES_PER_PIXEL = 0.03
_PIXEL_CM = np.radians(DEGREES_PER_PIXEL) * 6.957e10
PIXEL_CM2 = float(_PIXEL_CM**2)
PIXEL_MSH = float(PIXEL_CM2 / (2 * np.pi * 6.957e10**2) * 1e6)  # millionths of the hemisphere
ACTIVE_GAUSS = 200.0  # pixels with more field than this count for AREA_ACR and USFLUX
STRONGEST_GAUSS = 3500.0
REACH = 3.5  # standard deviations to which a spot is drawn


@dataclass(frozen=True, eq=False)
class Spots:
    """Gaussian spots, one array entry each.

    Attributes:
        x, y: middle, pixels from the region's middle.
        sigma: standard deviation, pixels.
        peak: signed radial field in the middle, gauss.
    """

    x: Float[np.ndarray, "n"]
    y: Float[np.ndarray, "n"]
    sigma: Float[np.ndarray, "n"]
    peak: Float[np.ndarray, "n"]

    def scaled(self, length: float, gauss: float = 1.0) -> Spots:
        """The same figure, larger or stronger."""
        return Spots(self.x * length, self.y * length, self.sigma * length, self.peak * gauss)

    @property
    def extent(self) -> tuple[float, float]:
        """Half width and half height of what the spots cover, pixels."""
        reach = 2.0 * self.sigma
        return float(np.max(np.abs(self.x) + reach)), float(np.max(np.abs(self.y) + reach))

    def field(self, shape: tuple[int, int], *, limit: float = STRONGEST_GAUSS) -> Float[np.ndarray, "y x"]:
        """The sum of all spots around the middle of an array of this shape; B → limit·tanh(B/limit)."""
        total = np.zeros(shape, np.float32)
        y0, x0 = (shape[0] - 1) / 2, (shape[1] - 1) / 2
        for x, y, sigma, peak in zip(self.x + x0, self.y + y0, self.sigma, self.peak, strict=True):
            stamp(total, float(x), float(y), float(sigma), float(peak))
        return saturated(total, limit)


def saturated(field: Float[np.ndarray, "y x"], limit: float = STRONGEST_GAUSS) -> Float[np.ndarray, "y x"]:
    """No field is stronger than ``limit``: B → limit·tanh(B/limit)."""
    return np.asarray(limit * np.tanh(field / np.float32(limit)), dtype=np.float32)


def stamp(total: Float[np.ndarray, "y x"], x: float, y: float, sigma: float, peak: float) -> None:
    """Add one Gaussian spot to the array, in place."""
    reach = REACH * sigma + 1
    rows = slice(max(0, int(y - reach)), max(0, int(y + reach) + 1))
    columns = slice(max(0, int(x - reach)), max(0, int(x + reach) + 1))
    part = total[rows, columns]
    if part.size:
        north = np.arange(rows.start, rows.start + part.shape[0], dtype=np.float32) - np.float32(y)
        west = np.arange(columns.start, columns.start + part.shape[1], dtype=np.float32) - np.float32(x)
        width = np.float32(-0.5 / sigma**2)
        part += np.outer(np.float32(peak) * np.exp(width * north**2), np.exp(width * west**2))


def draw_group(rng: np.random.Generator, complexity: float, tilt_degrees: float) -> Spots:
    """A group about one unit long: leading spot west, positive and whole; following spots east, negative.

    Args:
        rng: random numbers.
        complexity: 0 (a plain bipole) to 1 (polarities close together and mixed).
        tilt_degrees: by which the leading spot lies lower (toward the south) than the following.
    """
    half = rng.uniform(0.55, 0.95) * (1.0 - 0.65 * complexity)
    leading = _cluster(rng, 1 + rng.poisson(0.8), half, 0.14, (0.06, 0.11), (0.8, 1.0))
    following = _cluster(rng, 3 + rng.poisson(3.0), -half, 0.24, (0.035, 0.07), (0.6, 1.0))
    mixed = _cluster(rng, rng.poisson(9.0 * complexity), 0.0, 0.25, (0.03, 0.07), (0.6, 1.0))
    plage = [_plage(rng, side * (half + 0.05)) for side in (1, -1)]
    signs = (1, -1, rng.choice((-1.0, 1.0), len(mixed)), 1, -1)
    parts = [leading, following, mixed, *plage]
    table = np.concatenate([np.c_[p[:, :3], p[:, 3] * s] for p, s in zip(parts, signs, strict=True)])
    x, y, sigma, peak = table.T
    flux = peak * sigma**2
    balance = np.sqrt(flux[flux > 0].sum() / -flux[flux < 0].sum() * rng.lognormal(0.0, 0.08))
    sigma = np.where(peak < 0, sigma * balance, sigma)
    turn = np.radians(tilt_degrees)
    x, y = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    return Spots(x - (x.max() + x.min()) / 2, y - (y.max() + y.min()) / 2, sigma, peak)


def _plage(rng: np.random.Generator, x: float) -> Float[np.ndarray, "count 4"]:
    """Small elements in strands around (x, 0): each strand walks from where it begins."""
    strands, steps = 16, 9
    begin = np.stack([rng.normal(x, 0.32, strands), rng.normal(0.0, 0.20, strands)])
    walk = np.cumsum(rng.normal(0.0, 0.055, (2, strands, steps)), axis=2)
    east_north = np.clip(begin[:, :, None] + walk, [[[x - 0.8]], [[-0.55]]], [[[x + 0.8]], [[0.55]]])
    count = strands * steps
    sigma, peak = rng.uniform(0.018, 0.034, count), rng.uniform(0.12, 0.40, count)
    return np.stack([*east_north.reshape(2, count), sigma, peak], axis=1)


def _cluster(
    rng: np.random.Generator,
    count: int,
    x: float,
    scatter: float,
    sigma: tuple[float, float],
    peak: tuple[float, float],
) -> Float[np.ndarray, "count 4"]:
    """Spots around (x, 0): columns x, y, sigma, peak."""
    columns = (
        rng.normal(x, scatter, count),
        rng.normal(0.0, 0.7 * scatter, count),
        rng.uniform(*sigma, count),
        rng.uniform(*peak, count),
    )
    return np.stack(columns, axis=1)
