"""What happened after each forecast, by a flare list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from flarescope.flare import scale_by_date
from flarescope.samples.label import label_regions, label_times
from flarescope.times import utc

if TYPE_CHECKING:
    from flarescope.evaluation.pairs import Asked, Said
    from flarescope.flare import FlareCatalog

__all__ = ["outcomes"]

NOBODYS = (
    "What happened after {n} forecasts of a region is not known: the one flare strong enough has no region "
    "in the list."
)


def outcomes(said: Said, flares: FlareCatalog) -> tuple[Float[np.ndarray, "n"], list[str]]:
    """Did a flare of the class asked for start within the window of each forecast?

    A forecast of a region counts flares of its own NOAA regions only. Classes are those of the scale of the
    forecast's date.

    Returns:
        1, 0, or NaN where nobody knows "n": the list does not cover the window, the region has no NOAA
        number, or the only flare strong enough has no region in the list and may be its own; and notes.
    """
    groups: dict[tuple[Asked, str, bool], list[int]] = {}
    for k, (time, asked, region) in enumerate(zip(said.times, said.asked, said.regions, strict=True)):
        groups.setdefault((asked, scale_by_date(utc(time)), region is None), []).append(k)
    found, nobodys = np.full(len(said), np.nan), 0
    for (asked, scale, whole_sun), rows in groups.items():
        catalog = flares.on_scale("science" if scale == "science" else "operational")
        start = said.times[rows] + np.timedelta64(timedelta(hours=asked.from_hours))
        window = timedelta(hours=asked.to_hours - asked.from_hours)
        if whole_sun:
            table = label_times(start, catalog, at_least=asked.at_least, within=window)
        else:
            noaa = [region.noaa if (region := said.regions[k]) else () for k in rows]
            table = label_regions(start, noaa, catalog, at_least=asked.at_least, within=window)
        label = table.rows["label"].to_numpy(float, na_value=np.nan)
        if not whole_sun:
            homeless = replace(catalog, flares=tuple(f for f in catalog if not f.noaa_region))
            doubt = (label == 0) & homeless.any_started(start, start + np.timedelta64(window), asked.at_least)
            label[doubt] = np.nan
            nobodys += int(doubt.sum())
        found[rows] = label
    return found, [NOBODYS.format(n=nobodys)] * bool(nobodys)
