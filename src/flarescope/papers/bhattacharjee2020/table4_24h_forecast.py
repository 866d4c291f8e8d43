"""Table 4: recall and TSS 24 h before flares as the paper computes them, and as a forecast has to be judged.

The paper's table takes images within 24 h before a flare ≥ M1.0 for positives and all images of regions that
never flared for negatives; images of flaring regions at other hours, the hard cases, are in neither. The
honest forecast is asked of every held-out image: is there a flare within 24 h?
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import logit

from flarescope.errors import MissingDataError
from flarescope.papers.bhattacharjee2020.held_out import (
    KIND_WORDS,
    held_out,
    least_spread,
    on_each_kind,
    over_splits,
)
from flarescope.papers.bhattacharjee2020.shared_numbers import of_other_regions
from flarescope.papers.bhattacharjee2020.table4_svm import AHEAD, svm_table4
from flarescope.papers.claims import Finding
from flarescope.verify.contingency import ContingencyTable
from flarescope.verify.probability import bss

if TYPE_CHECKING:
    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk

__all__ = ["as_published", "honest_bss", "other_studies", "paper_table", "table4"]

RESAMPLES = 500
NEGLIGIBLE = 1e-6  # an output this close to 0 or 1 has no finite logit worth the name
CROSS_VALIDATED = (
    "recall", "tss", "honest_recall", "honest_tss", "flattered", "honest_bss", "honest_bss_calibrated",
)  # fmt: skip
CHRONOLOGICAL = ("recall_test", "tss_test")
WORDS = {
    "published": "as published",
    "ours": "ours, the paper's construction",
    "honest": "ours, an honest forecast",
    "svm": "ours, SVM on keywords",
}


def table4(desk: Desk) -> list[Finding]:
    """How good is CNN-2 24 h before flares, the paper's way and as a forecast? And the SVM on keywords?"""
    found = on_each_kind(desk, CROSS_VALIDATED, lambda kind: _cross_validated(desk, kind))
    found += on_each_kind(desk, CHRONOLOGICAL, lambda kind: _chronological(desk, kind))
    found += _svm(desk)
    figure = _draw(desk, "table4", found, "Table 4: flares ≥ M1.0 within 24 h", own_only=True)
    return [replace(one, figure=figure) for one in found]


def other_studies(desk: Desk) -> list[Finding]:
    """The other studies of Table 4 as published, and ours beside them."""
    found = on_each_kind(desk, ["tss"], lambda kind: _cross_validated(desk, kind))
    figure = _draw(desk, "other_studies", found, "Forecasts of flares ≥ M1.0, 24 h ahead", own_only=False)
    note = "Other data, other splits and, in most of these studies, other negatives: a rough comparison."
    return [
        replace(one, claim="comparable", figure=figure, note=f"{one.note} {note}".strip())
        for one in found
        if one.claim == "tss"
    ]


def as_published() -> pd.DataFrame:
    """Table 4 as printed: name, data, inputs, recall, recall_spread, tss, tss_spread (NaN where none)."""
    text = files("flarescope.papers.bhattacharjee2020").joinpath("other_studies.toml").read_text("utf-8")
    return pd.DataFrame(tomllib.loads(text)["study"])


def paper_table(table: pd.DataFrame) -> ContingencyTable:
    """Counts of the paper's construction: images within 24 h before a flare against never-flaring regions."""
    positive, negative = _before_a_flare(table), table["flaring"] == 0
    chosen = positive | negative
    return ContingencyTable.from_answers(table["y"][chosen] >= 0.5, positive[chosen])


def honest_table(table: pd.DataFrame) -> ContingencyTable:
    """Counts of all images: is there a flare within 24 h?"""
    return ContingencyTable.from_answers(table["y"] >= 0.5, _flare_follows(table))


def honest_bss(table: pd.DataFrame, *, calibrated: bool) -> pd.DataFrame:
    """Brier skill of the 24 h forecast in each split, against the base rate of the other splits' rows.

    Args:
        table: held-out rows of all splits.
        calibrated: first turn outputs into 24 h probabilities by a logistic regression on the logit of y,
            fitted on what the other splits' networks said of regions that this split does not hold out.

    Returns:
        One row a split: split and bss (NaN where one class is missing).
    """
    scores = []
    for split, part in table.groupby("split"):
        others = of_other_regions(table, str(split))
        happened = _flare_follows(part)
        if others.empty or _flare_follows(others).nunique() < 2 or happened.nunique() < 2:
            scores.append({"split": split, "bss": float("nan")})
            continue
        probability = _calibrated(others, part) if calibrated else part["y"]
        scores.append(
            {"split": split, "bss": bss(probability, happened, reference=_flare_follows(others).mean())}
        )
    return pd.DataFrame(scores)


def _before_a_flare(table: pd.DataFrame) -> pd.Series[bool]:
    """The paper's positives: pre-flare images, by its halfway rule, of the last 24 h."""
    hours = table["hours_from_flare"]
    return (hours >= -AHEAD) & (hours < 0)


def _flare_follows(table: pd.DataFrame) -> pd.Series[bool]:
    """Is there a flare of the region within (t, t + 24 h)?"""
    return table["flare_within_24h"].astype(bool)


def _calibrated(others: pd.DataFrame, part: pd.DataFrame) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=1e6).fit(_logit(others), _flare_follows(others))
    return np.asarray(fit.predict_proba(_logit(part))[:, 1])


def _logit(table: pd.DataFrame) -> np.ndarray:
    y = np.clip(table["y"].to_numpy(float), NEGLIGIBLE, 1 - NEGLIGIBLE)
    return np.asarray(logit(y))[:, None]


def _cross_validated(desk: Desk, kind: DataKind) -> list[Finding]:
    table = held_out(desk, kind)
    words = KIND_WORDS[kind]
    paper = f"{words}, {_before_a_flare(table).groupby(table['row']).first().sum():,} images before flares."
    all_rows = f"{words}, all {table['row'].nunique():,} held-out images, flaring regions' quiet hours too."
    raw, calibrated = (honest_bss(table, calibrated=so) for so in (False, True))
    return [
        over_splits("recall", kind, table, lambda t: float(paper_table(t).pod), paper),
        over_splits("tss", kind, table, lambda t: float(paper_table(t).tss), paper),
        over_splits("honest_recall", kind, table, lambda t: float(honest_table(t).pod), all_rows),
        over_splits("honest_tss", kind, table, lambda t: float(honest_table(t).tss), all_rows),
        over_splits("flattered", kind, table, _flattery, all_rows),
        over_splits("honest_bss", kind, raw, lambda t: float(t["bss"].mean()),
                    f"{all_rows} The output is trained on whole passages, not on 24 h."),
        over_splits("honest_bss_calibrated", kind, calibrated, lambda t: float(t["bss"].mean()),
                    f"{all_rows} Calibrated on other splits' regions."),
    ]  # fmt: skip


def _flattery(table: pd.DataFrame) -> float:
    return float(paper_table(table).tss - honest_table(table).tss)


def _chronological(desk: Desk, kind: DataKind) -> list[Finding]:
    """One network, one test period: the spread is from drawing regions, 500 times."""
    table = held_out(desk, kind, by="chronological")
    positive, quiet = _before_a_flare(table), table["flaring"] == 0
    if not (positive.any() and quiet.any()):
        needs = "images before flares and of quiet regions in the test period"
        return [Finding(name, kind, None, needs=needs) for name in CHRONOLOGICAL]
    once = paper_table(table)
    recall, tss = _drawn(table.assign(positive=positive, quiet=quiet, yes=table["y"] >= 0.5))
    regions = table["region"][positive].nunique()
    least = least_spread(float(once.pod), regions)
    note = f"{KIND_WORDS[kind]}, {positive.sum():,} images before flares, of {regions} regions."
    return [
        Finding("recall_test", kind, float(once.pod), max(least, float(np.nanstd(recall))), note=note),
        Finding("tss_test", kind, float(once.tss), max(least, float(np.nanstd(tss))), note=note),
    ]


def _drawn(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Recall and TSS of the paper's construction for each draw of regions with replacement."""
    from flarescope.verify.arrays import divide
    from flarescope.verify.intervals import blocks_of, resampled_weights

    blocks = blocks_of(table["region"])
    sums = np.stack([
        np.bincount(blocks.ids, values, blocks.count)
        for values in (table["positive"] & table["yes"], table["positive"],
                       table["quiet"] & table["yes"], table["quiet"])
    ])  # fmt: skip
    drawn = np.concatenate([weights @ sums.T for weights in resampled_weights(blocks, RESAMPLES, seed=0)])
    recall = divide(drawn[:, 0], drawn[:, 1])
    return recall, recall - divide(drawn[:, 2], drawn[:, 3])


def _svm(desk: Desk) -> list[Finding]:
    """The SVM on real keywords at full scale; nothing is said of it where they are not at hand."""
    try:
        return svm_table4(desk)
    except MissingDataError as problem:
        names = [f"svm_{way}{score}{part}" for way in ("", "honest_") for score in ("recall", "tss")
                 for part in ("", "_test")]  # fmt: skip
        return [Finding(name, "real", None, needs=str(problem)) for name in names]


def _draw(desk: Desk, name: str, found: list[Finding], title: str, *, own_only: bool) -> str:
    from flarescope.plots.studies import studies_figure

    rows = as_published().assign(kind="published")
    if own_only:
        rows = rows[rows["name"].str.startswith("Bhattacharjee")]
    rows = pd.concat([rows, _ours(found)], ignore_index=True)
    return desk.figure(name, studies_figure(rows, title=title, words=WORDS))


def _ours(found: list[Finding]) -> pd.DataFrame:
    """A line of the figure for each kind of data and construction that has both scores."""
    known = {(one.data, one.claim): one for one in found if one.value is not None}
    lines = []
    for data, before, after, name, kind in _lines():
        recall, tss = (known.get((data, f"{before}{score}{after}")) for score in ("recall", "tss"))
        if recall and tss:
            lines.append({
                "name": name, "kind": kind, "recall": recall.value, "recall_spread": recall.spread,
                "tss": tss.value, "tss_spread": tss.spread,
            })  # fmt: skip
    return pd.DataFrame(lines)


def _lines() -> list[tuple[DataKind, str, str, str, str]]:
    """(data, what stands before a score's name, what after, words, look) of every line there may be."""
    lines: list[tuple[DataKind, str, str, str, str]] = []
    for data, words in KIND_WORDS.items():
        name = f"CNN-2, {words.replace('Made', 'made').replace('Real', 'real')}"
        lines += [
            (data, "", "", name, "ours"),
            (data, "", "_test", f"{name}, test", "ours"),
            (data, "honest_", "", f"{name}, honest", "honest"),
        ]
    for part, name in (("", "SVM, real keywords"), ("_test", "SVM, real keywords, test")):
        lines += [("real", "svm_", part, name, "svm")]
        lines += [("real", "svm_honest_", part, f"{name}, honest", "honest")]
    return lines
