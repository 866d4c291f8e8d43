"""Figure 5, the support vector machine: recall around flares on real keywords, at full scale.

Twice: for all flares as in the paper, and for isolated flares only. Regions with many flares lend their hours
mostly to the last ones before a flare, since what lies between two flares is split in halves: the curve could
rise through a change of regions, without any change in them. So the same flares are followed as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flarescope.papers.bhattacharjee2020.around_flares import recall_curve
from flarescope.papers.bhattacharjee2020.region_hours import read_region_hours
from flarescope.papers.bhattacharjee2020.svm_answers import INPUTS, svm_held_out
from flarescope.papers.claims import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from flarescope.papers.bhattacharjee2020.svm_answers import Inputs
    from flarescope.papers.reproduction import Desk

    Tables = Mapping[Inputs, pd.DataFrame]

__all__ = ["figure5_svm", "over_splits", "rise", "rise_of_same_flares", "svm_curve", "tss"]

EARLY, LATE = (-72.0, -60.0), (-12.0, 0.0)  # twelve hours each: a single one has few rows
UNCUT = "not cut at 45° of longitude as in the paper"
SPANS = "−12…0 h against −72…−60 h"
NAMES: dict[Inputs, str] = {"all_keywords": "SVM, 10 SHARP keywords", "area_flux": "SVM, area and flux"}
USED: dict[Inputs, str] = {
    "all_keywords": "10 of the paper's 12 keywords (the table lacks TOTBSQ and TOTFZ)",
    "area_flux": "AREA_ACR and USFLUX",
}


def figure5_svm(desk: Desk) -> list[Finding]:
    """Instantaneous recall of the SVM from 72 hours before to 72 hours after flares, and its TSS."""
    hours = read_region_hours(desk)
    tables = {inputs: svm_held_out(desk, hours, inputs) for inputs in INPUTS}
    found = [*_levels(tables), *_rises(tables), *_skill(tables)]
    figure = _draw(desk, tables)
    return [replace(one, figure=figure) for one in found]


def svm_curve(table: pd.DataFrame, *, isolated: bool = False, answer: str = "yes") -> pd.DataFrame:
    """Recall around flares as ``recall_curve`` gives it, mean and standard deviation over splits.

    Args:
        table: held-out hours, as ``svm_held_out`` returns them.
        isolated: only flares with no other of their region within 144 hours.
        answer: "yes", or "yes_even" for the threshold that recognises as many quiet hours as the CNN.
    """
    chosen = table[table["isolated"]] if isolated else table
    return recall_curve(chosen["hours_from_flare"], chosen[answer], chosen["split"])


def tss(table: pd.DataFrame) -> float:
    """Share of flaring regions' hours called flaring, minus that of quiet regions' hours."""
    flaring = table["flaring"] == 1
    return float(table["yes"][flaring].mean() - table["yes"][~flaring].mean())


def rise(table: pd.DataFrame) -> float:
    """Recall in the last 12 hours before flares minus recall 72 to 60 hours before."""
    return float(_span(table, LATE)["yes"].mean() - _span(table, EARLY)["yes"].mean())


def rise_of_same_flares(table: pd.DataFrame) -> float:
    """The same over flares that were seen in both spans: each flare's own rise, averaged. NaN without any."""
    late, early = (_span(table, span).groupby(["region", "flare"])["yes"].mean() for span in (LATE, EARLY))
    return float((late - early).mean())


def over_splits(table: pd.DataFrame, measure: Callable[[pd.DataFrame], float]) -> tuple[float, float]:
    """Mean and standard deviation over splits; those in which the measure is undefined are left out."""
    found = np.array([measure(part) for _, part in table.groupby("split")])
    found = found[np.isfinite(found)]
    return float(found.mean()), float(found.std(ddof=1))


def _span(table: pd.DataFrame, span: tuple[float, float]) -> pd.DataFrame:
    return table[table["hours_from_flare"].between(*span, inclusive="left")]


def _levels(tables: Tables) -> list[Finding]:
    """Peaks and lowest point of the curves."""
    fair = f"threshold at which 80 % of quiet training hours are recognised, as by the CNN; {UNCUT}"
    found, lowest = [], []
    for inputs, table in tables.items():
        wrong = 100 * table["yes"][table["flaring"] == 0].mean()
        price = f"class weight 7 buys this with {wrong:.0f} % of quiet hours called flaring; {UNCUT}"
        curve = svm_curve(table)
        found += [
            _peak(f"peak_{inputs}", curve, price),
            _peak(f"peak_{inputs}_even", svm_curve(table, answer="yes_even"), fair),
        ]
        rising = curve.sort_values("recall", kind="stable")
        lowest.append(_point("stays_high", rising, f"lowest of both curves: {USED[inputs]}"))
    return [*found, min(lowest, key=lambda one: one.value or 0.0), _ahead(tables)]


def _ahead(tables: Tables) -> Finding:
    """How much higher is the peak on all keywords, split by split?"""
    highest = [
        np.array([svm_curve(part)["recall"].max() for _, part in tables[inputs].groupby("split")])
        for inputs in INPUTS
    ]
    gain = highest[0] - highest[1]
    note = "Peak of each split on all keywords minus that on area and flux."
    return Finding("above_area_flux", "real", float(gain.mean()), float(gain.std(ddof=1)), note=note)


def _peak(claim: str, curve: pd.DataFrame, how: str) -> Finding:
    return _point(claim, curve.sort_values("recall", ascending=False, kind="stable"), how)


def _point(claim: str, curve: pd.DataFrame, how: str) -> Finding:
    """The first point of a curve."""
    hour, recall, sigma = curve[["hour", "recall", "sigma"]].to_numpy(float)[0]
    note = f"At {hour:+.1f} h, mean over splits in 3 h bins; {how}."
    return Finding(claim, "real", float(recall), float(sigma), note=note)


def _rises(tables: Tables) -> list[Finding]:
    """How much recall rises towards the flare, and how much of this is the same flares' own rise."""
    table = tables["all_keywords"]
    every, same, isolated, lower = _four_numbers(table)
    flux = _four_numbers(tables["area_flux"])
    late, early = (set(_span(table, span).groupby(["region", "flare"]).groups) for span in (LATE, EARLY))
    alone = table[table["isolated"]].groupby(["region", "flare"]).ngroups
    of_all = (
        f"{SPANS}, all flares; those seen in both spans rise by {same[0]:.2f}, so {every[0] - same[0]:.2f} "
        "of the rise is a change from one set of flares to another, not in their regions "
        f"(on area and flux: {flux[0][0]:.2f}, {flux[1][0]:.2f} and {flux[0][0] - flux[1][0]:.2f})."
    )
    of_same = (
        f"{SPANS}, {len(late & early)} flares with hours in both spans, each against itself; "
        f"{len(late - early)} others have hours in the late span only."
    )
    of_isolated = f"{SPANS}, {alone} isolated flares (on area and flux: {flux[2][0]:.2f})."
    of_level = f"{alone} isolated flares, mean over −72…72 h (on area and flux: {flux[3][0]:.2f})."
    return [
        Finding("rises", "real", *every, note=of_all),
        Finding("rises_same_flares", "real", *same, note=of_same),
        Finding("rises_isolated", "real", *isolated, note=of_isolated),
        Finding("lower_isolated", "real", *lower, note=of_level),
    ]


def _four_numbers(table: pd.DataFrame) -> list[tuple[float, float]]:
    """Rise of all flares, of those seen twice, of isolated ones; and how much lower the last ones lie."""
    alone = table[table["isolated"]]
    return [
        over_splits(table, rise),
        over_splits(table, rise_of_same_flares),
        over_splits(alone, rise),
        over_splits(table, _level_of_isolated),
    ]


def _level_of_isolated(table: pd.DataFrame) -> float:
    """Mean recall over the curve of isolated flares minus that of all."""
    alone, every = (svm_curve(table, isolated=isolated)["recall"].mean() for isolated in (True, False))
    return float(alone - every)


def _skill(tables: Tables) -> list[Finding]:
    found = []
    for inputs, table in tables.items():
        note = (
            f"{table['split'].nunique()} random splits, {table['region'].nunique()} regions held out, every "
            f"hour out to the limb; {USED[inputs]}."
        )
        found.append(Finding(f"tss_{inputs}", "real", *over_splits(table, tss), note=note))
    return found


def _draw(desk: Desk, tables: Tables) -> str:
    from flarescope.plots.recall import recall_figure

    every, alone = (
        {NAMES[inputs]: svm_curve(table, isolated=isolated) for inputs, table in tables.items()}
        for isolated in (False, True)
    )
    splits = tables["all_keywords"]["split"].nunique()
    titles = [f"all flares ≥ M1.0, {splits} splits, 1σ", "isolated flares only"]
    return desk.figure("figure5_svm", recall_figure(every, alone, titles=titles))
