"""A population of made-up active regions: where, when, how large, and which of them flare."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.synthetic.law import draw_area, draw_flux, flare_rate, frame_size, pil_flux
from flarescope.synthetic.regions import HALF_PASSAGE, MadeUpRegion
from flarescope.synthetic.spots import (
    ACTIVE_GAUSS,
    PIXEL_CM2,
    PIXEL_MSH,
    Spots,
    draw_group,
    saturated,
)
from flarescope.times import utc

__all__ = ["ANTI_HALE_SHARE", "CYCLES", "SOUTH_SHARE", "population"]

SOUTH_SHARE = 1.25 / 2.25  # 25 % more regions in the south
ANTI_HALE_SHARE = 0.06
# the paper's training period; and the same years of the next cycle
CYCLES = {24: ("2010-05-01T00:00Z", "2015-10-01T00:00Z"), 25: ("2021-05-01T00:00Z", "2026-10-01T00:00Z")}
HIDDEN = 0.6  # scatter (of the logarithm) of the flare rate that no magnetogram shows
UNIT = 40  # pixels a unit of length where a group is measured
PIXEL_MEGAMETRES = float(np.sqrt(PIXEL_CM2)) / 1e8


def population(
    count: int,
    *,
    seed: int,
    cycle: int = 24,
    period: tuple[str | datetime, str | datetime] | None = None,
    activity: float = 1.0,
    first_number: int = 1,
) -> tuple[MadeUpRegion, ...]:
    """Which active regions would cross the disk?

    Sizes follow the real SHARP keywords (``law``). Hale's law: in cycle 24 the leading, western polarity is
    negative in the north and positive in the south, in cycle 25 the other way round; 6 % of the regions break
    it. Joy's law: the leading spot lies nearer the equator, by half the latitude on average, with a scatter
    of 12°. There are 25 % more regions in the south. Flares of M1.0 and above come at random at
    ``law.flare_rate``, which follows the region's growth and decay, times a hidden factor with a scatter of
    0.6 in the logarithm: no magnetogram tells all.

    Args:
        count: number of regions; a larger count adds regions and changes none.
        seed: of everything.
        cycle: 24 or 25.
        period: in which they cross the central meridian; by default 2010-05 to 2015-09 for cycle 24 and
            eleven years later for cycle 25.
        activity: factor of the flare rate.
        first_number: number of the first region.

    Raises:
        BadOptionError: another cycle, a count below 1, or a period that ends before it begins.

    Example:
        >>> regions = population(10, seed=1)
        >>> regions[0].magnetogram(regions[0].crossing).view
        'region'
    """
    begin, end = (utc(t) for t in period or CYCLES.get(cycle, CYCLES[24]))
    if cycle not in CYCLES or count < 1 or not begin < end or not activity >= 0.0:
        raise BadOptionError(
            f"{count} regions of cycle {cycle} from {begin} to {end} with activity {activity} cannot be "
            "made. Accepted: 1 and more, cycle 24 or 25, a period that ends after it begins, activity from 0."
        )
    return tuple(
        _region(np.random.default_rng([seed, cycle, number]), number, cycle, (begin, end), activity)
        for number in range(first_number, first_number + count)
    )


class _Sized(NamedTuple):
    spots: Spots
    flux: float
    area: float
    line: float


def _region(
    rng: np.random.Generator, number: int, cycle: int, period: tuple[datetime, datetime], activity: float
) -> MadeUpRegion:
    begin, end = period
    crossing = begin + (end - begin) * rng.random()
    crossing = crossing.replace(minute=0, second=0, microsecond=0)
    south = rng.random() < SOUTH_SHARE
    latitude = float(np.clip(rng.normal(16.0, 6.0), 3.0, 38.0)) * (-1 if south else 1)
    anti = rng.random() < ANTI_HALE_SHARE
    tilt = (0.5 * abs(latitude) + rng.normal(0.0, 12.0)) * (-1 if south else 1)
    flux = draw_flux(rng)
    complexity = float(np.clip(rng.beta(1.2, 3.0) + 0.12 * np.log10(flux / 1e22), 0.0, 1.0))
    sign = (1 if south else -1) * (1 if cycle == 24 else -1) * (-1 if anti else 1)
    group = draw_group(rng, complexity, tilt)
    sized = _to_size(group.scaled(1.0, sign), flux, draw_area(rng, flux))
    life = (rng.normal(0.0, 4.5), rng.uniform(2.0, 8.0), rng.uniform(5.0, 20.0))
    quiet = MadeUpRegion(
        number=number,
        latitude=latitude,
        crossing=crossing,
        spots=sized.spots,
        usflux=sized.flux,
        area_msh=sized.area,
        pil_flux=sized.line,
        shape=frame_size(rng, sized.flux, sized.spots.extent),
        life=life,
        anti_hale=anti,
    )
    return _with_flares(quiet, rng, activity)


def _to_size(group: Spots, flux: float, area: float) -> _Sized:
    """The group at this unsigned flux and, as far as fields below 4 kG allow it, this area.

    A group keeps its mean field when it is stretched, so the strength is found first, then the length.
    """
    wide, high = group.extent
    shape = 2 * int(high * UNIT * 1.2) + 1, 2 * int(wide * UNIT * 1.2) + 1
    unit = group.scaled(UNIT).field(shape, limit=1e9)
    wanted = flux / PIXEL_CM2 / (area / PIXEL_MSH)
    low, high_gauss = 600.0, 4500.0
    for _ in range(9):
        gauss = (low + high_gauss) / 2
        strong = np.abs(saturated(unit * np.float32(gauss)))
        active = strong > ACTIVE_GAUSS
        mean = float(strong[active].mean()) if active.any() else 0.0
        low, high_gauss = (gauss, high_gauss) if mean < wanted else (low, gauss)
    sum_here = float(strong[active].sum())
    length = float(np.sqrt(flux / PIXEL_CM2 / sum_here))  # native pixels a measuring pixel
    line = pil_flux(saturated(unit * np.float32(gauss)), megametres_per_pixel=length * PIXEL_MEGAMETRES)
    return _Sized(group.scaled(length * UNIT, gauss), flux, float(active.sum()) * length**2 * PIXEL_MSH, line)


def _with_flares(region: MadeUpRegion, rng: np.random.Generator, activity: float) -> MadeUpRegion:
    """Flares at random over the passage, by the hour."""
    hidden = rng.lognormal(0.0, HIDDEN) * activity
    begin = region.crossing - HALF_PASSAGE
    hours = np.arange(int(2 * HALF_PASSAGE / timedelta(hours=1)))
    sizes = region.sizes(hours / 24.0 - HALF_PASSAGE / timedelta(days=1))
    rates = flare_rate(region.usflux * sizes, region.pil_flux * sizes) * hidden / 24.0
    counts = rng.poisson(rates)
    starts = np.sort(np.repeat(hours, counts) + rng.random(counts.sum()))
    return replace(region, flares=tuple(begin + timedelta(hours=float(h)) for h in starts))
