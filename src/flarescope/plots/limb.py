"""Regions turned to the limb: what the network says of them, and where it looks, against longitude."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.plots.paper import BLUE, GREY, INK, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["limb_figure"]

COLUMNS = {"viewer", "harp", "noaa", "longitude", "logit", "empty", "share", "area_share"}
TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99)


def limb_figure(table: pd.DataFrame, *, words: dict[str, str] | None = None) -> Figure:
    """Probability (above) and the region's share of the attribution (below) against longitude.

    One column a network. Thin lines are regions (the mean of a HARP's maps; blue where it has a NOAA
    number), the thick one their mean with its standard error as a band. Below, the dashed line is the
    region's share of the area with field; above, the dotted one is the answer without the region.

    Args:
        table: columns viewer, harp, noaa, longitude, logit, empty (of the image without the
            region), share, area_share; a row a map and longitude.
        words: what each viewer is, for the titles.

    Raises:
        BadOptionError: no row, or a column is missing.
    """
    missing = COLUMNS - set(table.columns)
    if missing or not len(table):
        raise BadOptionError(
            f"A table of {len(table)} rows without {', '.join(sorted(missing)) or 'any row'} cannot be "
            f"drawn. Accepted: rows with {', '.join(sorted(COLUMNS))}."
        )
    names = list(dict.fromkeys(table["viewer"]))
    figure = blank(min(PAGE, 1.0 + 3.1 * len(names)), 4.6)
    rows = figure.subplots(2, len(names), sharex=True, sharey="row", squeeze=False)
    for column, name in enumerate(names):
        own, first = table[table["viewer"] == name], column == 0
        upper, lower = rows[0][column], rows[1][column]
        _lines(upper, own, "logit")
        upper.axhline(
            own["empty"].mean(), color=INK, linewidth=1.0, linestyle=":", label="without the region"
        )
        _logit_ticks(upper)
        tidy(upper, title=(words or {}).get(name, name), ylabel="probability of a flare" if first else "")
        _lines(lower, own, "share")
        area = own.groupby("longitude")["area_share"].mean().dropna()
        lower.plot(
            area.index,
            area,
            color=INK,
            linewidth=1.0,
            linestyle=(0, (4, 3)),
            label="share of the area with field",
        )
        lower.set(ylim=(0.0, 1.0), xlim=(-84, 84), xticks=range(-80, 81, 40))
        tidy(lower, xlabel="longitude (°, west positive)",
             ylabel="share of the attribution\nin the region" if first else "")  # fmt: skip
    lines = [*rows[1][0].get_lines(), *rows[0][0].get_lines()]
    handles = {str(h.get_label()): h for h in lines if not str(h.get_label()).startswith("_")}
    figure.legend(list(handles.values()), list(handles), loc="outside lower center",
                  ncols=2 if len(names) == 1 else 3, fontsize=TEXT - 0.5, frameon=False)  # fmt: skip
    return figure


def _lines(axes: Axes, own: pd.DataFrame, value: str) -> None:
    """Each HARP, and the mean of all."""
    means = own.groupby(["harp", "longitude"])[value].mean().unstack("harp").dropna(how="all").sort_index()
    numbered = set(own.loc[own["noaa"] != "", "harp"])
    seen: set[bool] = set()
    for harp in means.columns:
        known = harp in numbered
        label = ("a region with a NOAA number" if known else "a region without") if known not in seen else "_"
        seen.add(known)
        axes.plot(
            means.index, means[harp], color=BLUE if known else GREY, linewidth=0.7, alpha=0.8, label=label
        )
    middle = means.mean(axis=1)
    axes.plot(means.index, middle, color=VERMILION, linewidth=1.8, label="mean, ± its standard error")
    if means.shape[1] > 1:
        error = means.std(axis=1, ddof=1) / np.sqrt(means.notna().sum(axis=1))
        axes.fill_between(
            means.index, middle - error, middle + error, color=VERMILION, alpha=0.18, linewidth=0
        )


def _logit_ticks(axes: Axes) -> None:
    """Probabilities at equal steps of the logit."""
    low, high = axes.get_ylim()
    marks = [p for p in TICKS if low <= np.log(p / (1 - p)) <= high]
    axes.set_yticks([float(np.log(p / (1 - p))) for p in marks], [f"{p:g}" for p in marks])
