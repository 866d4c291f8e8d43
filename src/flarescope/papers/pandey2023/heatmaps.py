"""Maps of recall over the disk in bins of 5°. The paper draws such maps and prints no number of them.

Their bins add up to the limb table, as the notes show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.evaluation.places import longitude_profile, place_map
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.dataset import published
from flarescope.papers.pandey2023.near_limb import BEYOND, LIMB_DEGREES, WITHIN
from flarescope.verify import by_class
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from flarescope.papers.reproduction import Desk

__all__ = ["heatmap_m", "heatmap_x", "heatmap_xm"]

BIN_DEGREES = 5.0


def heatmap_x(desk: Desk) -> list[Finding]:
    """Where were the X flares, and where were they foreseen?"""
    return _map(desk, "heatmap_x", "X")


def heatmap_m(desk: Desk) -> list[Finding]:
    """Where were the M flares, and where were they foreseen?"""
    return _map(desk, "heatmap_m", "M")


def heatmap_xm(desk: Desk) -> list[Finding]:
    """X and M together."""
    return _map(desk, "heatmap_xm", "XM")


def _map(desk: Desk, item: str, letters: str) -> list[Finding]:
    from flarescope.plots.places import place_figure

    answers = published(desk).answers
    classes = by_class(answers.places.flux)
    chosen = np.any([classes[letter] for letter in letters], axis=0)
    cells = place_map(answers, chosen, degrees=BIN_DEGREES)
    write_whole(desk.folder / f"{item}.csv", cells.to_csv(index=False, lineterminator="\n"))
    words = f"{' and '.join(letters)} flares, published AlexNet, 2010–2018"
    profile = longitude_profile(answers, chosen)
    drawn = place_figure(cells, profile, degrees=BIN_DEGREES, limb_degrees=LIMB_DEGREES, title=words)
    sums = {}
    for place, own in zip((WITHIN, BEYOND), _sides(cells["longitude"].to_numpy(float)), strict=True):
        sums[place] = f"{cells.loc[own, 'called'].sum():,} of {cells.loc[own, 'n'].sum():,}"
    missing = int(chosen.sum() - cells["n"].sum())
    note = (
        f"In bins {WITHIN} {sums[WITHIN]} hours were called, in bins {BEYOND} {sums[BEYOND]}, as in the limb "
        f"table; {missing} hours are in no bin. A bin holds one to a few flares of up to 24 hours each: "
        "its colour is no measured rate."
    )
    values = {"hours": cells["n"].sum(), "called": cells["called"].sum(), "bins": (cells["n"] > 0).sum()}
    figure = desk.figure(item, drawn)
    return [Finding(name, "real", float(value), note=note, figure=figure) for name, value in values.items()]


def _sides(longitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    away = np.abs(longitude)
    return away < LIMB_DEGREES, away > LIMB_DEGREES
