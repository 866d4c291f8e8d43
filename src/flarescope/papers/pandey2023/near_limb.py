"""Recall near the limb, beyond 70° from the central meridian, and within: the paper's own claim to novelty.

The 212 hours with an X flare beyond 70° come before twelve flares of eight rotations, so the interval is
wide; and the strongest flare's place depends on who measured it. Both are said in the notes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flarescope.errors import MissingDataError
from flarescope.evaluation.flare_places import read_flare_places
from flarescope.evaluation.places import PlacedAnswers, limb_gap, limb_table
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.dataset import THRESHOLD, published
from flarescope.sources.forecast_table import read_frame
from flarescope.verify import by_longitude

if TYPE_CHECKING:
    import pandas as pd

    from flarescope.papers.pandey2023.dataset import Published
    from flarescope.papers.reproduction import Desk

__all__ = ["central_m", "central_x", "near_limb_m", "near_limb_x"]

LIMB_DEGREES = 70.0
WITHIN, BEYOND, _ = by_longitude([], limb_degrees=LIMB_DEGREES)
LOCATED = ("flares", "located_2010_2018.csv")
X_CLASS = ("predictions", "pandey2023_alexnet_x_class.csv")


def near_limb_x(desk: Desk) -> list[Finding]:
    """X flares beyond 70°: how many of the hours before them are called?"""
    return _recall(desk, "X", BEYOND)


def near_limb_m(desk: Desk) -> list[Finding]:
    """M flares beyond 70°."""
    return _recall(desk, "M", BEYOND)


def central_x(desk: Desk) -> list[Finding]:
    """X flares within 70°."""
    return _recall(desk, "X", WITHIN)


def central_m(desk: Desk) -> list[Finding]:
    """M flares within 70°."""
    return _recall(desk, "M", WITHIN)


def _recall(desk: Desk, letter: str, place: str) -> list[Finding]:
    from flarescope.plots.places import limb_figure

    hours = published(desk)
    table = limb_table(hours.answers, classes="XMCB", limb_degrees=LIMB_DEGREES)
    row = _row(table, letter, place)
    sentences = [_interval(row), _gap(hours, letter), _elsewhere(desk, hours, letter, place)]
    if letter == "X":
        sentences.append(_own_table(desk, place))
    note = " ".join(sentence for sentence in sentences if sentence)
    title = "Published AlexNet, 63,649 hours, 2010–2018"
    figure = desk.figure("near_limb", limb_figure(table, title=title))
    values = {"called": float(row["called"]), "hours": float(row["n"]), "recall": float(row["share"])}
    if place == BEYOND:
        values["abstract"] = values["recall"]
    return [Finding(name, "real", value, note=note, figure=figure) for name, value in values.items()]


def _row(table: pd.DataFrame, letter: str, place: str) -> pd.Series:
    return table[(table["class"] == letter) & (table["place"] == place)].iloc[0]


def _interval(row: pd.Series) -> str:
    return (
        f"Recall {row['share']:.3f}, 95 % interval [{row['low']:.2f}, {row['high']:.2f}] over blocks of 27 "
        f"days, {row['blocks']} of which hold such a flare."
    )


def _gap(hours: Published, letter: str) -> str:
    gap = limb_gap(hours.answers, letter, limb_degrees=LIMB_DEGREES)
    return f"Within 70° it is higher by {gap.value:.2f} [{gap.low:.2f}, {gap.high:.2f}]."


def _elsewhere(desk: Desk, hours: Published, letter: str, place: str) -> str:
    """The same with the positions of another list, which puts flares elsewhere by some degrees."""
    try:
        places = read_flare_places(desk.need(*LOCATED), hours.answers.places.times)
    except MissingDataError:
        return ""
    other = PlacedAnswers(hours.answers.called, places, hours.answers.blocks, resamples=1)
    row = _row(limb_table(other, classes=letter, limb_degrees=LIMB_DEGREES), letter, place)
    return (
        f"With the positions of {LOCATED[-1]} it is {row['called']:,} of {row['n']:,} = {row['share']:.3f}."
    )


def _own_table(desk: Desk, place: str) -> str:
    """The authors' own list of X-class hours, which gives positions as text."""
    try:
        rows = read_frame(desk.need(*X_CLASS))
    except MissingDataError:
        return ""
    longitude = rows["fl_location"].str.extract(r"\(\s*([-\d.]+)")[0].astype(float)
    own = by_longitude(longitude, limb_degrees=LIMB_DEGREES)[place]
    called, flares = int((rows["flare_prob"][own] >= THRESHOLD).sum()), rows["flare_start"][own].nunique()
    return (
        f"The authors' own list of X-class hours gives {called} of {int(own.sum())}, before {flares} flares."
    )
