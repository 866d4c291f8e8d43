"""A made-up flare list that follows a known law: each flare brings others."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from flarescope.flare import Flare, FlareCatalog, GoesClass, GoesScale
from flarescope.synthetic.name import MADE_UP
from flarescope.times import utc

__all__ = ["flare_list"]


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
