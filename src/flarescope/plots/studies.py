"""Recall and TSS of many studies beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.plots.paper import BLUE, GREY, INK, ORANGE, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["studies_figure"]

LOOKS = {"published": (INK, "o"), "ours": (VERMILION, "s"), "honest": (BLUE, "D"), "svm": (ORANGE, "^")}
SCORES = {"recall": "recall of flaring images", "tss": "TSS"}


def studies_figure(rows: pd.DataFrame, *, title: str = "", words: dict[str, str] | None = None) -> Figure:
    """Who finds how many flares, and at what price? One line a study, recall on the left, TSS on the right.

    Args:
        rows: name, kind (a key of ``LOOKS``), recall, recall_spread, tss, tss_spread; NaN where unknown.
        title: above the figure.
        words: what each kind is, for the legend.

    Raises:
        BadOptionError: no row, or a kind without a look.
    """
    if not len(rows) or not set(rows["kind"]) <= set(LOOKS):
        raise BadOptionError(
            f"Rows of kinds {sorted(set(rows['kind']))} cannot be drawn. Accepted: one row or more of "
            f"{', '.join(LOOKS)}."
        )
    figure = blank(PAGE, 1.1 + 0.21 * len(rows))
    left, right = figure.subplots(1, 2, sharey=True)
    places = np.arange(len(rows))[::-1]
    for axes, (score, label) in zip((left, right), SCORES.items(), strict=True):
        axes.hlines(places, -1, 1, color="#e3e3e3", linewidth=0.6, zorder=0)
        for kind, (colour, marker) in LOOKS.items():
            own = (rows["kind"] == kind).to_numpy()
            axes.errorbar(
                rows.loc[own, score], places[own], xerr=rows.loc[own, f"{score}_spread"].fillna(0.0),
                color=colour, marker=marker, markersize=4.5, linestyle="none", elinewidth=0.9, capsize=2,
                label=(words or {}).get(kind, kind) if own.any() else "_",
            )  # fmt: skip
        low = float(np.nanmin((rows[score] - rows[f"{score}_spread"].fillna(0.0)).to_numpy(float)))
        axes.axvline(0.0, color=GREY, linewidth=0.7)
        axes.set(xlim=(min(0.0, low - 0.05), 1.02), ylim=(-0.6, len(rows) - 0.4))
        tidy(axes, xlabel=label)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    left.set_yticks(places, list(rows["name"]))
    if title:
        figure.suptitle(title, fontsize=TEXT + 1, color=INK)
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=4,
                  fontsize=TEXT - 0.5, frameon=False)  # fmt: skip
    return figure
