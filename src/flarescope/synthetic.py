"""A made-up Sun: magnetograms of bipoles and a flare list that follows a known law.

For demonstrations without data and for tests in which the truth must be known. Everything made here says
so in its ``origin`` and ``source``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from flarescope.flare import Flare, FlareCatalog, GoesClass, GoesScale
from flarescope.geometry import Disk, earth_view
from flarescope.sun import Magnetogram, Origin, Position
from flarescope.times import utc

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = ["MADE_UP", "Bipole", "flare_list", "full_disk"]

MADE_UP = "made-up Sun"
NOISE_GAUSS = 12.0


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
        notes=("This magnetogram was made up.",),
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


def flare_list(
    begin: datetime,
    end: datetime,
    *,
    per_day: float = 2.0,
    children: float = 0.9,
    memory_hours: float = 96.0,
    scale: GoesScale = "science",
    seed: int = 0,
) -> FlareCatalog:
    """A list of flares of class C1.0 and above that follows a known law.

    Flares come at random, ``per_day`` on average, and each brings ``children`` more, after exponential
    delays of ``memory_hours`` (a Hawkes process). Peak fluxes follow N(>F) ∝ 1/F, as on the Sun. The whole
    period is covered.
    """
    rng = np.random.default_rng(seed)
    hours = (utc(end) - utc(begin)).total_seconds() / 3600
    mean = per_day * (1 - children) / 24
    starts = list(rng.uniform(0, hours, rng.poisson(mean * hours)))
    generation = starts
    while generation:
        counts = rng.poisson(children, len(generation))
        born = np.repeat(generation, counts) + rng.exponential(memory_hours, counts.sum())
        generation = [t for t in born if t < hours]
        starts += generation
    flux = 1e-6 / (1 - rng.random(len(starts)) * (1 - 1e-3))
    flares = (
        _made_up_flare(utc(begin) + timedelta(hours=float(t)), float(f), scale)
        for t, f in zip(starts, flux, strict=True)
    )
    return FlareCatalog(
        tuple(flares), ((utc(begin), utc(end)),), (f"The flares are of the {MADE_UP}, seed {seed}.",)
    )


def _made_up_flare(start: datetime, flux: float, scale: GoesScale) -> Flare:
    rise = timedelta(minutes=10)
    return Flare(
        start, GoesClass.from_flux(flux), start + rise, start + 3 * rise, source=MADE_UP, scale=scale
    )
