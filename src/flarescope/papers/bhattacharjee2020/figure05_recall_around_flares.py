"""Figures 4 and 5: how well CNN-2 recognises flaring regions in the three days around a flare."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.errors import MissingDataError
from flarescope.models.sharp_svm import SvmSettings, fit_sharp_svm
from flarescope.papers.bhattacharjee2020.around_flares import WINDOW_HOURS, recall_curve
from flarescope.papers.bhattacharjee2020.figure05_svm import svm_curve
from flarescope.papers.bhattacharjee2020.held_out import (
    KIND_WORDS,
    held_out,
    least_spread,
    on_each_kind,
    over_splits,
)
from flarescope.papers.bhattacharjee2020.region_hours import read_region_hours
from flarescope.papers.bhattacharjee2020.shared_numbers import of_other_regions
from flarescope.papers.bhattacharjee2020.svm_answers import svm_held_out
from flarescope.papers.claims import Finding

if TYPE_CHECKING:
    from flarescope.papers.bhattacharjee2020.svm_answers import Inputs
    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk

__all__ = ["bin_edges", "figure4", "figure5_cnn", "flux_rival", "rise"]

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 24)  # hours; all divide 72, so that no bin holds both sides of the flare
ENOUGH = 20  # images in the median bin of a split
FROM_CURVE = ("peak", "early", "stays_high")
MOST_PANELS = 3


def figure4(desk: Desk) -> list[Finding]:
    """Is a flaring region recognised more often in the last day before a flare than two days earlier?

    The paper's figure is a sketch of what is expected; this is what is measured.
    """
    from flarescope.plots.outputs import shares_figure

    panels: dict[str, pd.DataFrame] = {}

    def find(kind: DataKind) -> list[Finding]:
        table = _near_flares(held_out(desk, kind))
        panels[KIND_WORDS[kind]] = _by_half_day(table)
        return [over_splits("rises", kind, table, rise, _note(kind, table))]

    found = on_each_kind(desk, ["rises"], find)
    name = desk.figure("figure4", shares_figure(panels)) if panels else ""
    return [replace(one, figure=name) for one in found]


def figure5_cnn(desk: Desk) -> list[Finding]:
    """Instantaneous recall of CNN-2 from 72 hours before to 72 hours after flares, beside the SVM's."""
    curves: dict[DataKind, dict[str, pd.DataFrame]] = {}

    def find(kind: DataKind) -> list[Finding]:
        everything = held_out(desk, kind)
        everything["svm_yes"] = flux_rival(everything)
        table = _near_flares(everything)
        edges = bin_edges(table)
        note = f"{_note(kind, table)[:-1]}, bins of {edges[1] - edges[0]:g} h."
        curves[kind] = {
            "CNN-2": _curve(table, table["y"] >= 0.5, edges),
            "SVM on the images' flux": _curve(table, table["svm_yes"], edges),
        }
        splits = table["split"].nunique()
        found = _of_curve(curves[kind]["CNN-2"], kind, splits, note)
        return [*found, _beside_rival(kind, table, edges, note)]

    found = on_each_kind(desk, [*FROM_CURVE, "like_flux"], find)
    name = _draw(desk, curves) if curves else ""
    return [replace(one, figure=name) for one in found]


def rise(table: pd.DataFrame) -> float:
    """Recall in the last 24 hours before flares minus recall 72 to 48 hours before; NaN if one is empty."""
    hours, yes = table["hours_from_flare"], table["y"] >= 0.5
    late, early = yes[(hours >= -24) & (hours < 0)], yes[(hours >= -72) & (hours < -48)]
    return float(late.mean() - early.mean()) if len(late) and len(early) else float("nan")


def bin_edges(table: pd.DataFrame) -> np.ndarray:
    """Edges of the narrowest bins in which the median bin of a split holds enough images to tell."""
    hours = table["hours_from_flare"].to_numpy()
    for width in WIDTHS:
        edges = np.arange(-WINDOW_HOURS, WINDOW_HOURS + width / 2, width)
        if np.median(np.histogram(hours, edges)[0]) >= ENOUGH * table["split"].nunique():
            break
    return edges


def flux_rival(table: pd.DataFrame) -> pd.Series[bool]:
    """What does an SVM say of the same images that knows only their flux and the size of their frame?

    For each split it learns from regions that other splits hold out and this one does not, both classes
    weighing the same. A size that never changes is left out.
    """
    inputs = pd.DataFrame({"flux": table["flux_mx"], "frame": table["width_px"] * table["height_px"]})
    said = pd.Series(False, table.index)
    for split, part in table.groupby("split"):
        others = of_other_regions(table, str(split)).drop_duplicates("row")
        if others["flaring"].nunique() < 2:
            continue
        known = inputs.loc[others.index]
        names = [name for name in inputs if known[name].nunique() > 1]
        flaring = others["flaring"].to_numpy(bool)
        even = SvmSettings(flaring_weight=float((~flaring).sum() / flaring.sum()))
        svm = fit_sharp_svm(known[names].to_numpy(float), flaring, even)
        said[part.index] = svm.decision(inputs.loc[part.index, names].to_numpy(float)) >= 0
    return said


def _near_flares(table: pd.DataFrame) -> pd.DataFrame:
    near: pd.DataFrame = table[np.isfinite(table["hours_from_flare"]) & (table["flaring"] == 1)]
    return near


def _curve(table: pd.DataFrame, yes: pd.Series[bool], edges: np.ndarray) -> pd.DataFrame:
    curve: pd.DataFrame = recall_curve(table["hours_from_flare"], yes, table["split"], bins=edges)
    return curve


def _note(kind: DataKind, table: pd.DataFrame) -> str:
    return (
        f"{KIND_WORDS[kind]}, {table['row'].nunique():,} held-out images of "
        f"{table['region'].nunique()} flaring regions within 72 h of a flare."
    )


def _by_half_day(table: pd.DataFrame) -> pd.DataFrame:
    """Recall of each half day before the flare."""
    edges = np.arange(-WINDOW_HOURS, 1.0, 12.0)
    curve = _curve(table, table["y"] >= 0.5, edges)
    return curve.assign(left=edges[:-1], right=edges[1:])


def _of_curve(curve: pd.DataFrame, kind: DataKind, splits: int, note: str) -> list[Finding]:
    """Peak, first bin and minimum of a recall curve, each with its spread over splits.

    The spread is at least that of as many images as one split has in the bin.
    """
    known = curve[np.isfinite(curve["recall"]) & np.isfinite(curve["sigma"])]
    if known.empty or known.index[0] != 0:
        needs = "more images of flaring regions 72 h before flares"
        return [Finding(claim, kind, None, needs=needs) for claim in FROM_CURVE]
    rows = (known.loc[known["recall"].idxmax()], known.iloc[0], known.loc[known["recall"].idxmin()])
    return [
        Finding(claim, kind, float(row["recall"]),
                max(float(row["sigma"]), least_spread(float(row["recall"]), row["n"] / splits)),
                note=f"{note[:-1]}; at {row['hour']:+.0f} h.")
        for claim, row in zip(FROM_CURVE, rows, strict=True)
    ]  # fmt: skip


def _beside_rival(kind: DataKind, table: pd.DataFrame, edges: np.ndarray, note: str) -> Finding:
    """Mean difference of the two recall curves."""

    def difference(part: pd.DataFrame) -> float:
        ours, rivals = (_curve(part, yes, edges)["recall"] for yes in (part["y"] >= 0.5, part["svm_yes"]))
        return float((ours - rivals).mean())

    return over_splits("like_flux", kind, table, difference, f"{note} CNN-2 minus SVM, mean over bins.")


def _draw(desk: Desk, curves: dict[DataKind, dict[str, pd.DataFrame]]) -> str:
    """A panel for each kind of images, and the SVM on real keywords where these are at hand."""
    from flarescope.plots.recall import recall_figure

    shown, titles = list(curves.values()), [KIND_WORDS[kind] for kind in curves]
    keywords = _on_keywords(desk)
    if keywords and len(shown) < MOST_PANELS:
        shown, titles = [*shown, keywords], [*titles, "Real SHARP keywords"]
    return desk.figure("figure5_cnn", recall_figure(*shown, titles=titles))


def _on_keywords(desk: Desk) -> dict[str, pd.DataFrame]:
    """The SVM's curves on real keywords (the item figure5_svm), with as many false alarms as the CNN."""
    try:
        hours = read_region_hours(desk)
    except MissingDataError:
        return {}
    names: dict[Inputs, str] = {"all_keywords": "SVM, all keywords", "area_flux": "SVM, area and flux"}
    return {
        words: svm_curve(svm_held_out(desk, hours, inputs), answer="yes_even")
        for inputs, words in names.items()
    }
