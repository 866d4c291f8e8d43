"""Whole disks of a made-up Sun, with bipoles where they are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flarescope.geometry import Disk, earth_view
from flarescope.sun import Magnetogram, Origin, Position
from flarescope.synthetic.name import MADE_UP, NOISE_GAUSS, NOTE
from flarescope.times import utc

if TYPE_CHECKING:
    from datetime import datetime

    from jaxtyping import Float

__all__ = ["Bipole", "full_disk"]


@dataclass(frozen=True)
class Bipole:
    """Two round poles of equal and opposite flux, following pole east, as in cycle 25's northern hemisphere.

    Attributes:
        position: of the middle, Stonyhurst degrees.
        peak_gauss: field in the middle of each pole; negative turns the polarities round.
        radius_degrees: standard deviation of each Gaussian pole.
        separation_degrees: from pole to pole, along the parallel.
    """

    position: Position
    peak_gauss: float = 1500.0
    radius_degrees: float = 1.5
    separation_degrees: float = 5.0


def full_disk(
    time: datetime, bipoles: tuple[Bipole, ...], *, pixels: int = 512, seed: int = 0
) -> Magnetogram:
    """How would HMI see these bipoles? The radial field times the cosine of the view, in gauss.

    Example:
        >>> spot = Bipole(Position(20.0, 15.0))
        >>> full_disk(datetime(2026, 2, 3, tzinfo=UTC), (spot,), pixels=128).field.shape  # doctest: +SKIP
        (128, 128)
    """
    view = earth_view(utc(time))
    middle = (pixels - 1) / 2
    disk = Disk(middle, middle, 0.4 * pixels, view.b0, view.l0, view.distance_au)
    y, x = np.mgrid[:pixels, :pixels].astype(float)
    longitude, latitude = disk.heliographic(x, y)
    radial = sum((_radial_field(b, longitude, latitude) for b in bipoles), np.zeros((pixels, pixels)))
    noise = np.random.default_rng(seed).normal(0.0, NOISE_GAUSS, (pixels, pixels))
    field = np.where(disk.mask((pixels, pixels)), radial * disk.mu((pixels, pixels)) + noise, np.nan)
    return Magnetogram(
        field=field,
        time=time,
        view="full_disk",
        encoding="gauss",
        geometry=disk,
        origin=Origin(f"{MADE_UP}, seed {seed}", MADE_UP),
        notes=(NOTE,),
    )


def _radial_field(
    b: Bipole, longitude: Float[np.ndarray, "y x"], latitude: Float[np.ndarray, "y x"]
) -> np.ndarray:
    east = (longitude - b.position.longitude) * np.cos(np.radians(b.position.latitude))
    north = latitude - b.position.latitude
    half = b.separation_degrees / 2

    def pole(at: float) -> np.ndarray:
        return np.asarray(np.exp(-((east - at) ** 2 + north**2) / (2 * b.radius_degrees**2)))

    return np.asarray(np.nan_to_num(b.peak_gauss * (pole(half) - pole(-half))))
