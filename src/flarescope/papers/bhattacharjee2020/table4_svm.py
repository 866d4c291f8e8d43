"""Table 4 for the support vector machine on real keywords: the paper's way, and as a forecast is judged.

The machine is that of Figure 5, trained to tell regions that flare in their passage from others. The paper's
way takes its hours within 24 h before a flare for positives and all hours of never-flaring regions for
negatives; the honest way asks of every hour whether a flare follows within 24 h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.papers.bhattacharjee2020.figure05_svm import over_splits
from flarescope.papers.bhattacharjee2020.region_hours import read_region_hours
from flarescope.papers.bhattacharjee2020.svm_answers import svm_held_out
from flarescope.papers.claims import Finding
from flarescope.verify.arrays import divide
from flarescope.verify.contingency import ContingencyTable
from flarescope.verify.intervals import blocks_of, resampled_weights

if TYPE_CHECKING:
    import pandas as pd

    from flarescope.papers.reproduction import Desk

__all__ = ["honest", "svm_table4", "the_papers_way"]

AHEAD = 24.0  # hours
RESAMPLES = 1000


def svm_table4(desk: Desk) -> list[Finding]:
    """Recall and TSS 24 h before flares, in cross-validation and in the chronological test, both ways."""
    hours = read_region_hours(desk)
    crossed = svm_held_out(desk, hours, "all_keywords")
    later = svm_held_out(desk, hours, "all_keywords", by="chronological")
    return [*_cross_validated(crossed), *_chronological(later)]


def the_papers_way(table: pd.DataFrame) -> pd.DataFrame:
    """Hours within 24 h before a flare and hours of never-flaring regions, with ``event``; no others."""
    hours = table["hours_from_flare"]
    before = (hours >= -AHEAD) & (hours < 0)
    return table.assign(event=before)[before | (table["flaring"] == 0)]


def honest(table: pd.DataFrame) -> pd.DataFrame:
    """All hours, with ``event``: does a flare of the region follow within 24 h?"""
    return table.assign(event=table["flare_within_24h"])


def _cross_validated(table: pd.DataFrame) -> list[Finding]:
    found = []
    for prefix, way in (("svm", the_papers_way), ("svm_honest", honest)):
        rows = way(table)
        note = f"{table['split'].nunique()} random splits; {_words(rows)}"
        for score, measure in (("recall", _recall), ("tss", _tss)):
            found.append(Finding(f"{prefix}_{score}", "real", *over_splits(rows, measure), note=note))
    return found


def _chronological(table: pd.DataFrame) -> list[Finding]:
    """One machine, one test period: the spread is that of drawing regions."""
    found = []
    for prefix, way in (("svm", the_papers_way), ("svm_honest", honest)):
        rows = way(table)
        recalls, differences = _drawn(rows)
        flaring = rows["region"][rows["event"]].nunique()
        note = f"October 2015 to August 2018; {_words(rows)} Spread over regions, {flaring} with events."
        for score, measure, draws in (("recall", _recall, recalls), ("tss", _tss, differences)):
            spread = float(np.nanstd(draws))
            found.append(Finding(f"{prefix}_{score}_test", "real", measure(rows), spread, note=note))
    return found


def _words(rows: pd.DataFrame) -> str:
    once = rows.drop_duplicates(["region", "time_utc"])
    kind = "of never-flaring regions" if (once["event"] | (once["flaring"] == 0)).all() else "of all regions"
    return (
        f"{int(once['event'].sum()):,} hours before flares against {int((~once['event']).sum()):,} {kind}, "
        "trained on whole passages."
    )


def _counts(rows: pd.DataFrame) -> ContingencyTable:
    return ContingencyTable.from_forecasts(rows["yes"].to_numpy(float), rows["event"].to_numpy(float))


def _recall(rows: pd.DataFrame) -> float:
    return float(_counts(rows).pod)


def _tss(rows: pd.DataFrame) -> float:
    return float(_counts(rows).tss)


def _drawn(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Recall and TSS of regions drawn with replacement."""
    blocks = blocks_of(rows["region"])
    yes, event = rows["yes"].to_numpy(bool), rows["event"].to_numpy(bool)
    sums = np.stack([np.bincount(blocks.ids, part, blocks.count)
                     for part in (yes & event, event, yes & ~event, ~event)])  # fmt: skip
    drawn = np.concatenate([weights @ sums.T for weights in resampled_weights(blocks, RESAMPLES, seed=0)])
    recall = divide(drawn[:, 0], drawn[:, 1])
    return recall, recall - divide(drawn[:, 2], drawn[:, 3])
