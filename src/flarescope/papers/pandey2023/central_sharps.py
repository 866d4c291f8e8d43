"""Real active regions near the middle of the disk, as SHARPs: what can be turned to the limb."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.errors import BadFileError, MissingDataError
from flarescope.sources.files import read_magnetogram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["central_sharps", "harp_of", "learnt_from", "over_harps"]

FOLDERS = ("harp377_hourly", "2012-03-06")
FARTHEST = 50.0  # degrees from the central meridian
MOST = 2  # maps of one HARP, evenly in time
FEWEST = 3  # HARPs without which a spread means nothing


def central_sharps(desk: Desk, *, most: int = MOST) -> list[Magnetogram]:
    """SHARPs of good quality within 50° of the central meridian, up to so many a HARP (a preview: one).

    Raises:
        MissingDataError: the data folder holds none.
    """
    folder = desk.need("magnetograms", "sharp_cea")
    groups: dict[int, list[Magnetogram]] = {}
    for path in sorted(p for name in FOLDERS for p in folder.joinpath(name).glob("*.magnetogram.fits")):
        try:
            seen = read_magnetogram(path)
        except BadFileError:
            continue  # damaged files are left out, as files that are not there
        if seen.region and seen.region.harp and _central(seen):
            groups.setdefault(seen.region.harp, []).append(seen)
    if not groups:
        raise MissingDataError(f"needs SHARP magnetograms near the disk's centre, and {folder} holds none")
    return [one for group in groups.values() for one in _evenly(group, 1 if desk.quick else most)]


def harp_of(m: Magnetogram) -> int:
    """The number of its HARP; 0 where none is known."""
    return int(m.region.harp or 0) if m.region else 0


def learnt_from(run: Run, regions: Sequence[Magnetogram]) -> str:
    """A sentence on which of these regions the network was trained on; empty if on none."""
    known = [m.region for m in regions if m.region and run.in_training(m.region.noaa)]
    numbers = sorted({noaa for region in known for noaa in region.noaa if run.in_training((noaa,))})
    harps = sorted({region.harp for region in known if region.harp})
    if not numbers:
        return ""
    return f" {run.name} was trained on NOAA {_listed(numbers)} (HARP {_listed(harps)})."


def over_harps(table: pd.DataFrame, column: str) -> tuple[float, float | None]:
    """Mean of a column over the HARPs' own means, and its standard error; None for fewer than three."""
    means = table.groupby("harp")[column].mean().dropna()
    spread = float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) >= FEWEST else None
    return float(means.mean()), spread


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _central(m: Magnetogram) -> bool:
    place = m.region.position if m.region else None
    return m.quality == 0 and place is not None and abs(place.longitude) <= FARTHEST


def _evenly(group: list[Magnetogram], most: int) -> list[Magnetogram]:
    """The middle one, or this many from first to last."""
    if most == 1:
        return [group[len(group) // 2]]
    chosen = np.unique(np.linspace(0, len(group) - 1, min(most, len(group))).round().astype(int))
    return [group[k] for k in chosen]
