"""The hours of the paper: how many there are, in which folds, and what followed them.

Labels and predictions are those that the authors published: 63,649 hours, 2010 to 2018, with the strongest
flare of t < start < t + 24 h, its place, the fold and the probability of their AlexNet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import MissingDataError
from flarescope.evaluation.flare_places import read_flare_places
from flarescope.evaluation.places import PlacedAnswers
from flarescope.papers.claims import Finding
from flarescope.samples.label import label_times
from flarescope.sources.flares import read_flares
from flarescope.sources.forecast_table import read_forecast_table, read_frame
from flarescope.verify import blocks_of_days, by_class

if TYPE_CHECKING:
    import pandas as pd

    from flarescope.papers.reproduction import Desk
    from flarescope.sources.forecast_table import ForecastTable

__all__ = [
    "LABELS",
    "THRESHOLD",
    "Published",
    "class_counts",
    "dataset_counts",
    "fold_counts",
    "published",
]

LABELS = ("labels", "full_disk_hours_2010_2018.parquet")
PREDICTIONS = ("predictions", "pandey2023_alexnet.parquet")
GOES_LIST = ("flares", "goes_2010_2025.csv")
THRESHOLD = 0.5
BLOCK_DAYS = 27  # one solar rotation


@dataclass(frozen=True, eq=False)
class Published:
    """What the authors' AlexNet said of each hour, and what followed.

    Attributes:
        table: probabilities, observations and folds.
        answers: yes or no at the paper's threshold, with the strongest flare's class and place.
    """

    table: ForecastTable
    answers: PlacedAnswers


def published(desk: Desk) -> Published:
    """The published predictions with the published labels and places.

    Raises:
        MissingDataError: they are not at hand.
    """
    table = read_forecast_table(desk.need(*PREDICTIONS), observed_column="ge_m1", label_columns=["fold"])
    if table.times is None:
        raise MissingDataError(f"needs a column time_utc in {PREDICTIONS[-1]}")
    places = read_flare_places(desk.need(*LABELS), table.times)
    blocks = blocks_of_days(table.times, BLOCK_DAYS)
    return Published(table, PlacedAnswers(table.probability >= THRESHOLD, places, blocks))


def dataset_counts(desk: Desk) -> list[Finding]:
    """How many hours, and how many of them are followed by a flare of M1.0 or above within 24 h?"""
    hours = read_frame(desk.need(*LABELS))
    flaring = int(hours["ge_m1"].sum())
    counts = {"hours": len(hours), "flaring": flaring, "quiet": len(hours) - flaring}
    note = f"The published labels. {_derived(desk, hours)}".strip()
    return [Finding(name, "real", count, note=note) for name, count in counts.items()]


def fold_counts(desk: Desk) -> list[Finding]:
    """How are the hours dealt to the four folds?"""
    hours = read_frame(desk.need(*LABELS))
    elsewhere = int((hours["fold"] != hours["time_utc"].dt.quarter).sum())
    note = (
        f"Folds are calendar quarters, all years together; {elsewhere} hours are in another quarter's fold. "
        "Each fold was used both to steer the training and to score it, and hours on either side of a border "
        "share their 24 h."
    )
    found = []
    for fold, rows in hours.groupby("fold"):
        found.append(Finding(f"hours_{fold}", "real", len(rows), note=note))
        found.append(Finding(f"flaring_{fold}", "real", int(rows["ge_m1"].sum()), note=note))
    return found


def class_counts(desk: Desk) -> list[Finding]:
    """Of which class is the strongest flare of the 24 h after each hour?"""
    hours = read_frame(desk.need(*LABELS))
    places = read_flare_places(desk.need(*LABELS), hours["time_utc"].to_numpy("datetime64[us]"))
    unknown = int(((places.flux > 0) & np.isnan(places.longitude)).sum())
    note = f"{unknown} of these flares, none of them M or X, have no position."
    return [Finding(name, "real", int(own.sum()), note=note) for name, own in by_class(places.flux).items()]


def _derived(desk: Desk, hours: pd.DataFrame) -> str:
    """Do the labels follow from the GOES list?"""
    try:
        catalog = read_flares(desk.need(*GOES_LIST))
    except MissingDataError:
        return ""
    ours = label_times(hours["time_utc"], catalog).rows["label"]
    alike = int((ours.fillna(-1).to_numpy(int) == hours["ge_m1"].to_numpy(int)).sum())
    source = f"Derived again from {GOES_LIST[-1]} (t < start < t + 24 h)"
    return f"{source}, {alike:,} of {len(hours):,} come out alike."
