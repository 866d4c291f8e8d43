"""A made-up active region: how it grows and fades, and what HMI would see of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from flarescope.geometry import CeaGrid, earth_view
from flarescope.sun import Magnetogram, Origin, Position, Region
from flarescope.synthetic.name import MADE_UP, NOISE_GAUSS, NOTE
from flarescope.synthetic.spots import DEGREES_PER_PIXEL
from flarescope.times import iso, utc

if TYPE_CHECKING:
    from jaxtyping import Float

    from flarescope.synthetic.spots import Spots

__all__ = ["DEGREES_PER_DAY", "HALF_PASSAGE", "MadeUpRegion"]

DEGREES_PER_DAY = 13.2  # of Stonyhurst longitude, as the Sun turns
HALF_PASSAGE = timedelta(days=90.0 / DEGREES_PER_DAY)
_OBSERVED_DAYS = 45.0 / DEGREES_PER_DAY
SMALLEST = 0.08  # share of its largest flux that a region always keeps
FLECKS_PER_PIXEL = 0.0012  # of the quiet Sun's network


@dataclass(frozen=True, eq=False)
class MadeUpRegion:
    """An active region of the made-up Sun, on its way across the disk.

    It grows and fades without changing its figure: flux and area follow one curve (two half Gaussians), so
    lengths follow its square root. The frame stays as it is and encloses the whole life, as a HARP's does.

    Attributes:
        number: of the region, used as its HARP number; it also decides the noise.
        latitude: degrees, north positive.
        crossing: when it crosses the central meridian.
        spots: its field at its largest, as radial gauss and pixels of 0.03°.
        usflux: largest unsigned flux within ±45°, in maxwell: of pixels of more than 200 G, as radial field.
        area_msh: area of those pixels at that time, millionths of the hemisphere.
        pil_flux: flux near polarity inversion lines at that time, maxwell (``law.pil_flux``).
        shape: height and width of the frame in pixels.
        life: day of the largest size, counted from ``crossing``, and the standard deviations in days of the
            growth before and the decay after.
        flares: starts of its flares of M1.0 and above while it is on the near side.
        anti_hale: its polarities are the wrong way round for its hemisphere and cycle.
    """

    number: int
    latitude: float
    crossing: datetime
    spots: Spots
    usflux: float
    area_msh: float
    pil_flux: float
    shape: tuple[int, int]
    life: tuple[float, float, float]
    flares: tuple[datetime, ...] = ()
    anti_hale: bool = False

    @property
    def flaring(self) -> bool:
        """Does it have a flare of M1.0 or above while it is on the near side?"""
        return bool(self.flares)

    def longitude(self, time: datetime) -> float:
        """Stonyhurst degrees at this time, west positive."""
        return (utc(time) - self.crossing) / timedelta(days=1) * DEGREES_PER_DAY

    def size(self, time: datetime) -> float:
        """The flux at this time as a share of the largest within ±45°."""
        return float(self.sizes((utc(time) - self.crossing) / timedelta(days=1)))

    def sizes(self, days: float | Float[np.ndarray, "n"]) -> Float[np.ndarray, "..."]:
        """The same for days counted from ``crossing``."""
        best = float(np.clip(self.life[0], -_OBSERVED_DAYS, _OBSERVED_DAYS))
        return np.asarray(self._life(days) / self._life(best))

    def magnetogram(self, time: datetime, *, noise_gauss: float = NOISE_GAUSS) -> Magnetogram:
        """What would a SHARP CEA map of the region show at this time?

        The line-of-sight field: the radial field times the cosine of the view, with the quiet Sun's network
        and noise. The same time gives the same map.

        Args:
            time: UTC.
            noise_gauss: standard deviation of the noise; 0 leaves out the network as well.

        Returns:
            A map of 0.03° a pixel in the region's frame, in gauss.
        """
        field = self.spots.scaled(float(np.sqrt(self.size(time)))).field(self.shape)
        if noise_gauss > 0:
            rng = np.random.default_rng([self.number, round(utc(time).timestamp())])
            _add_network(field, rng)
        field *= self.foreshortening(time)
        if noise_gauss > 0:
            field += np.float32(noise_gauss) * rng.standard_normal(self.shape, dtype=np.float32)
        longitude = self.longitude(time)
        middle = (self.shape[1] - 1) / 2, (self.shape[0] - 1) / 2
        return Magnetogram(
            field=field,
            time=time,
            view="region",
            encoding="gauss",
            geometry=CeaGrid(longitude, self.latitude, *middle, DEGREES_PER_PIXEL),
            region=Region(
                self.number, (), Position(longitude, self.latitude), self.area_msh * self.size(time)
            ),
            origin=Origin(f"{MADE_UP}, region {self.number} at {iso(time)}", MADE_UP),
            notes=(NOTE,),
        )

    def foreshortening(self, time: datetime) -> float:
        """Cosine between the line of sight and the vertical in the region's middle; at least 0.05."""
        b0 = np.radians(earth_view(time).b0)
        latitude, longitude = np.radians(self.latitude), np.radians(self.longitude(time))
        cosine = np.sin(latitude) * np.sin(b0) + np.cos(latitude) * np.cos(b0) * np.cos(longitude)
        return max(0.05, float(cosine))

    def _life(self, days: float | Float[np.ndarray, "n"]) -> Float[np.ndarray, "..."]:
        peak, growth, decay = self.life
        widths = np.where(np.less(days, peak), growth, decay)
        return np.asarray(np.maximum(SMALLEST, np.exp(-0.5 * ((days - peak) / widths) ** 2)))


def _add_network(field: Float[np.ndarray, "y x"], rng: np.random.Generator) -> None:
    """Flecks of 60 to 350 G and a few pixels, of either sign, all over the frame."""
    height, width = field.shape
    count = rng.poisson(FLECKS_PER_PIXEL * height * width)
    x, y = rng.uniform(0, width, count), rng.uniform(0, height, count)
    peak = rng.choice((-1.0, 1.0), count) * np.minimum(60.0 + rng.exponential(60.0, count), 350.0)
    sigma = rng.uniform(0.9, 2.2, count)
    steps = np.arange(-5, 6)
    rows, columns = (np.floor(y)[:, None] + steps).astype(int), (np.floor(x)[:, None] + steps).astype(int)
    north, west = (np.exp(-0.5 * ((at - middle[:, None]) / sigma[:, None]) ** 2)
                   for at, middle in ((rows, y), (columns, x)))  # fmt: skip
    patches = peak[:, None, None] * north[:, :, None] * west[:, None, :]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    places = rows[:, :, None] * width + columns[:, None, :]
    flat = np.bincount(places[inside], patches[inside], minlength=height * width)
    field += flat.reshape(height, width).astype(np.float32)
