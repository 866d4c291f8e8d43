"""What happened after each forecast, by a flare list."""

from __future__ import annotations

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


def outcomes(said: Said, flares: FlareCatalog) -> Float[np.ndarray, "n"]:
    """Did a flare of the class asked for start within the window of each forecast?

    A forecast of a region counts flares of its own NOAA regions only. Classes are those of the scale of the
    forecast's date.

    Returns:
        1, 0, or NaN where the list does not cover the window or the region has no NOAA number "n".
    """
    groups: dict[tuple[Asked, str, bool], list[int]] = {}
    for k, (time, asked, region) in enumerate(zip(said.times, said.asked, said.regions, strict=True)):
        groups.setdefault((asked, scale_by_date(utc(time)), region is None), []).append(k)
    found = np.full(len(said), np.nan)
    for (asked, scale, whole_sun), rows in groups.items():
        catalog = flares.on_scale("science" if scale == "science" else "operational")
        start = said.times[rows] + np.timedelta64(timedelta(hours=asked.from_hours))
        window = timedelta(hours=asked.to_hours - asked.from_hours)
        if whole_sun:
            table = label_times(start, catalog, at_least=asked.at_least, within=window)
        else:
            noaa = [region.noaa if (region := said.regions[k]) else () for k in rows]
            table = label_regions(start, noaa, catalog, at_least=asked.at_least, within=window)
        found[rows] = table.rows["label"].to_numpy(float, na_value=np.nan)
    return found
