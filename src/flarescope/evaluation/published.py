"""How good were the operational centres? Their archived forecasts against the flare list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import MissingDataError
from flarescope.times import utc
from flarescope.verify import Scores, blocks_of_days, scorecard

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog
    from flarescope.sources.issued_forecasts import IssuedForecasts

__all__ = ["score_issued"]


def score_issued(
    issued: IssuedForecasts,
    flares: FlareCatalog,
    *,
    at_least: str = "M1.0",
    day: int = 1,
    threshold: float = 0.5,
    resamples: int = 1000,
    seed: int = 0,
) -> Scores:
    """How good was the centre, day by day?

    A window is half-open, valid_from ≤ start < valid_from + 24 h, as a calendar day is. Classes are compared
    on the operational scale, on which the centres forecast. Windows that the list does not cover are left
    out and counted in ``notes``.

    Args:
        issued: the centre's forecasts.
        flares: a list that covers them.
        at_least: "M1.0" or "X1.0".
        day: 1 for the first 24 h.
        threshold: yes from this probability on.
        resamples: bootstrap samples of 27-day blocks.
        seed: of the bootstrap.

    Raises:
        BadOptionError: the centre gives no such day or class.
        MissingDataError: the list covers none of the windows.
    """
    start, probability = issued.day(day, at_least)
    end = start + np.timedelta64(24, "h")
    covered = np.array([flares.covers(utc(a), utc(b)) for a, b in zip(start, end, strict=True)], bool)
    if not covered.any():
        raise MissingDataError(
            f"The flare list covers none of {len(start)} windows from {start[0]} to {end[-1]}. "
            "Give a list that does."
        )
    events = flares.on_scale("operational").at_least(at_least).columns.start
    happened = np.searchsorted(events, end) > np.searchsorted(events, start)
    scores = scorecard(
        probability[covered],
        happened[covered],
        threshold=threshold,
        blocks=blocks_of_days(start[covered]),
        resamples=resamples,
        seed=seed,
    )
    missed = int((~covered).sum())
    uncovered = (f"{missed} windows left out: the flare list does not cover them.",) if missed else ()
    return replace(scores, notes=(*issued.notes, *uncovered, *scores.notes))
