"""Whole disks of a made-up Sun with several active regions, one of which flares on cue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, overload

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.flare import GoesClass
from flarescope.geometry import CeaGrid, Disk, earth_view
from flarescope.sun import Magnetogram, Origin, Position, Region
from flarescope.synthetic.law import flare_rate
from flarescope.synthetic.name import MADE_UP, NOTE
from flarescope.synthetic.population import population
from flarescope.synthetic.regions import DEGREES_PER_DAY, MadeUpRegion
from flarescope.synthetic.spots import DEGREES_PER_PIXEL, saturated
from flarescope.synthetic.turned import RADIUS_SHARE, onto_disk
from flarescope.times import duration, iso, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from jaxtyping import Float

__all__ = ["MadeUpDisk", "made_up_disks"]

FARTHEST = 87.0  # degrees of longitude up to which a region counts as being on the disk
DAYS_A_REGION = 1.6  # a new region crosses the central meridian: about 8 on the disk
BEGIN = "2010-05-01T00:00Z"
COARSER = 3  # native pixels of 0.03° in a cell of the map that is laid onto the disk
WINDOW = timedelta(hours=24)
STRONGEST_OVER_M1 = 100.0  # flares reach X10
# Measured on Helioviewer's images of 2026 (512 pixels): the quiet Sun scatters by 14 G at the disk's centre,
# most of it in few flecks; neighbouring pixels are correlated by .4
NETWORK_GAUSS, NETWORK_PIXELS, NOISE_GAUSS = 14.0, 0.6, 4.0


@dataclass(frozen=True, eq=False)
class MadeUpDisk:
    """A full disk whose next flare is known.

    Attributes:
        magnetogram: line of sight, gauss, with the quiet Sun's network and noise.
        regions: all active regions within ±87° of longitude, with number (as HARP), place and area.
        rates: flares of M1.0 and above a day that each region's field lets expect (``law.flare_rate``); the
            made-up Sun hides a factor of its own from every magnetogram.
        flare: the region of the strongest flare that starts within 24 h, if any reaches M1.0.
        strongest: that flare's class.
        last_flared: the region on the disk with the latest flare of M1.0 or above so far, if there was one.
    """

    magnetogram: Magnetogram
    regions: tuple[Region, ...]
    rates: tuple[float, ...]
    flare: Region | None
    strongest: GoesClass | None
    last_flared: Region | None

    @property
    def label(self) -> int:
        """1 if a flare of M1.0 or above starts within 24 h."""
        return int(self.flare is not None)


class _Disks(Sequence[MadeUpDisk]):
    """Disks that are drawn when they are asked for, and again when they are asked for again."""

    def __init__(self, indices: range, draw: Callable[[int], MadeUpDisk]) -> None:
        self._indices, self._draw = indices, draw

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> MadeUpDisk: ...
    @overload
    def __getitem__(self, index: slice) -> _Disks: ...
    def __getitem__(self, index: int | slice) -> MadeUpDisk | _Disks:
        if isinstance(index, slice):
            return _Disks(self._indices[index], self._draw)
        return self._draw(self._indices[index])

    def __iter__(self) -> Iterator[MadeUpDisk]:
        return map(self._draw, self._indices)


def made_up_disks(n: int, *, pixels: int = 256, seed: int = 0, every: str = "36h") -> Sequence[MadeUpDisk]:
    """Full disks, one after the other, of one made-up Sun, each with its next 24 hours known.

    Regions (``population``) cross the disk one every 1.6 days on average, so that about eight are seen at a
    time, some of them near the limb. Each brings its own flares of M1.0 and above, whose peak fluxes follow
    N(>F) ∝ 1/F. About every fourth disk is followed by one within 24 h. Disks close in time share regions: a
    region stays for 13 days, so score in blocks of 27 days.

    Args:
        n: number of disks; more disks add to the end and change none.
        pixels: side of the square images; the disk's radius is 200/512 of it.
        seed: of everything.
        every: time between disks.

    Returns:
        A lazy sequence; an item is drawn when it is asked for, and is the same each time. Slices are lazy.

    Raises:
        BadOptionError: no disk, fewer than 64 pixels, or less than an hour between disks.

    Example:
        >>> disks = made_up_disks(100, pixels=128, seed=1)
        >>> disks[3].magnetogram.field.shape, len(disks[:10])
        ((128, 128), 10)
    """
    step = duration(every)
    if n < 1 or not 64 <= pixels <= 4096 or step < timedelta(hours=1):
        raise BadOptionError(
            f"{n} disks of {pixels} pixels every {every} cannot be made. "
            "Accepted: 1 and more, 64 to 4096 pixels, an hour or more between disks."
        )
    return _Disks(range(n), partial(_disk, pixels=pixels, seed=seed, step=step))


def _disk(index: int, *, pixels: int, seed: int, step: timedelta) -> MadeUpDisk:
    time = utc(BEGIN) + index * step
    here = _on_the_disk(time, seed)
    shown = [
        Region(one.number, (), Position(one.longitude(time), one.latitude), one.area_msh * one.size(time))
        for one in here
    ]
    flares = [
        (start, _peak(seed, one.number, k), place)
        for one, place in zip(here, shown, strict=True)
        for k, start in enumerate(one.flares)
    ]
    coming = [(peak, place) for start, peak, place in flares if time < start < time + WINDOW]
    past = [(start, place) for start, _, place in flares if start <= time]
    peak, flaring = max(coming, key=lambda one: one[0], default=(0.0, None))
    return MadeUpDisk(
        magnetogram=_magnetogram(time, here, pixels, np.random.default_rng([seed, index, 1])),
        regions=tuple(shown),
        rates=tuple(_rate(one, time) for one in here),
        flare=flaring,
        strongest=GoesClass.from_flux(peak) if peak else None,
        last_flared=max(past, key=lambda one: one[0], default=(None, None))[1],
    )


def _rate(region: MadeUpRegion, time: datetime) -> float:
    """Flares of M1.0 and above a day that its field lets expect; flux near the line grows with all flux."""
    size = region.size(time)
    return float(flare_rate(region.usflux * size, region.pil_flux * size))


def _on_the_disk(time: datetime, seed: int) -> list[MadeUpRegion]:
    """The regions within ±87°, the westernmost first."""
    days = (time - utc(BEGIN)) / timedelta(days=1)
    reach = FARTHEST / DEGREES_PER_DAY
    # numbers begin at 1, and the first of them crosses well before the first disk
    first, last = (int((days + side * reach + 20.0) // DAYS_A_REGION) for side in (-1, 1))
    near = (_region(number, seed) for number in range(first, last + 1))
    return [one for one in near if abs(one.longitude(time)) <= FARTHEST]


@lru_cache(maxsize=4096)
def _region(number: int, seed: int) -> MadeUpRegion:
    """Each region crosses the central meridian in a stretch of time of its own."""
    begin = utc(BEGIN) + timedelta(days=number * DAYS_A_REGION - 20.0)
    period = begin, begin + timedelta(days=DAYS_A_REGION)
    return population(1, seed=seed, period=period, first_number=number)[0]


def _peak(seed: int, number: int, flare: int) -> float:
    """Peak flux of a region's flare, W m⁻²: N(>F) ∝ 1/F from M1 to X10."""
    chance = np.random.default_rng([seed, number, flare, 2]).random()
    return float(1e-5 / (1.0 - chance * (1.0 - 1.0 / STRONGEST_OVER_M1)))


def _magnetogram(
    time: datetime, regions: list[MadeUpRegion], pixels: int, rng: np.random.Generator
) -> Magnetogram:
    view = earth_view(time)
    middle, shape = (pixels - 1) / 2, (pixels, pixels)
    disk = Disk(middle, middle, RADIUS_SHARE * pixels, view.b0, view.l0, view.distance_au)
    field = _quiet_sun(disk.mu(shape), rng)
    for region in regions:
        field += onto_disk(*_map(region, time), disk, shape)
    return Magnetogram(
        field=saturated(field.astype(np.float32)),
        time=time,
        view="full_disk",
        encoding="gauss",
        geometry=disk,
        origin=Origin(f"{MADE_UP} at {iso(time)}", MADE_UP),
        notes=(NOTE,),
    )


def _map(region: MadeUpRegion, time: datetime) -> tuple[Float[np.ndarray, "y x"], CeaGrid]:
    """The region's radial field at this time, in cells that are coarser than a SHARP's."""
    spots = region.spots.scaled(float(np.sqrt(region.size(time))) / COARSER)
    wide, high = spots.extent
    rows, columns = 2 * int(1.3 * high) + 3, 2 * int(1.3 * wide) + 3
    middle = (columns - 1) / 2, (rows - 1) / 2
    grid = CeaGrid(region.longitude(time), region.latitude, *middle, COARSER * DEGREES_PER_PIXEL)
    return spots.field((rows, columns)), grid


def _quiet_sun(mu: Float[np.ndarray, "y x"], rng: np.random.Generator) -> Float[np.ndarray, "y x"]:
    """Network, foreshortened, and the instrument's noise; NaN off the disk."""
    from scipy.ndimage import gaussian_filter

    finer = mu.shape[0] / 512  # larger pixels average more of the network and of the noise
    network = gaussian_filter(rng.standard_normal(mu.shape, dtype=np.float32), NETWORK_PIXELS * finer)
    network **= 3  # few flecks, and little between them
    network *= NETWORK_GAUSS * min(1.0, finer) / max(float(network.std()), 1e-9)
    noise = NOISE_GAUSS * min(1.0, finer) * rng.standard_normal(mu.shape, dtype=np.float32)
    return np.asarray(network * np.sqrt(mu) + noise)
