"""What a network's output says of many images: recognised or not, how many, and with how much flux."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.plots.paper import BLUE, GREY, INK, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["counts_figure", "flux_figure", "shares_figure"]

CLASSES = (("flaring", VERMILION, "o"), ("quiet", BLUE, "s"))
SIGMAS = 5.0


def counts_figure(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """How many images get which output? One panel a data set, flaring and non-flaring regions apart.

    Args:
        panels: title → table with lower (edge of the bin), flaring and quiet (numbers of images).

    Raises:
        BadOptionError: no panel.
    """
    figure, panes = _panes(panels, 2.6)
    for axes, (title, table) in zip(panes, panels.items(), strict=True):
        edges = np.append(table["lower"], 1.0)
        for name, colour, _ in CLASSES:
            axes.stairs(table[name], edges, color=colour, linewidth=1.4, label=_label(name))
            axes.stairs(table[name], edges, color=colour, alpha=0.15, fill=True)
        _over_output(axes, "images", title)
    _legend(figure, panes[0])
    return figure


def flux_figure(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """How much flux have the images of each output? Means with bars of five standard errors.

    Args:
        panels: title → table with lower, and for each class c of flaring and quiet: c_flux and c_error (mean
            unsigned flux and its standard error, Mx; NaN where there is no image).

    Raises:
        BadOptionError: no panel.
    """
    figure, panes = _panes(panels, 2.8)
    for axes, (title, table) in zip(panes, panels.items(), strict=True):
        middle = np.asarray(table["lower"], float) + 0.5 / len(table)
        for (name, colour, marker), shift in zip(CLASSES, (-0.006, 0.006), strict=True):
            axes.errorbar(
                middle + shift, table[f"{name}_flux"] / 1e22, yerr=SIGMAS * table[f"{name}_error"] / 1e22,
                color=colour, marker=marker, markersize=3.5, linewidth=1.0, elinewidth=0.8, capsize=2,
                label=_label(name),
            )  # fmt: skip
        _over_output(axes, "mean unsigned flux (10²² Mx), ± 5σ", title)
    _legend(figure, panes[0])
    return figure


def shares_figure(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """What share of flaring regions' images is recognised as the flare comes nearer?

    Args:
        panels: title → table with left and right (edges of the bin, hours from the flare), recall and n.

    Raises:
        BadOptionError: no panel.
    """
    figure, panes = _panes(panels, 2.5)
    for axes, (title, table) in zip(panes, panels.items(), strict=True):
        seen = table[table["n"] > 0]
        middle, width = (seen["left"] + seen["right"]) / 2, 0.9 * (seen["right"] - seen["left"])
        axes.bar(middle, seen["recall"], width, color=VERMILION, label="identified as flaring (TP)")
        axes.bar(middle, 1 - seen["recall"], width, bottom=seen["recall"], color="#c9d8e6",
                 label="identified as non-flaring (FN)")  # fmt: skip
        for x, n in zip(middle, seen["n"], strict=True):
            axes.annotate(f"{n:,}", (x, 1.0), xytext=(0, 1), textcoords="offset points", ha="center",
                          fontsize=TEXT - 2, color=GREY)  # fmt: skip
        axes.set(xlim=(float(table["left"].min()), float(table["right"].max())), ylim=(0, 1))
        axes.axvline(0.0, color=INK, linewidth=0.8)
        tidy(axes, xlabel="hours from the flare", ylabel="share of images", title=f"{title}\n")
    _legend(figure, panes[0])
    return figure


def _panes(panels: Mapping[str, pd.DataFrame], height: float) -> tuple[Figure, list[Axes]]:
    if not panels:
        raise BadOptionError("There is nothing to draw. Give one table or more.")
    figure = blank(PAGE if len(panels) > 1 else PAGE * 0.6, height)
    return figure, list(np.atleast_1d(figure.subplots(1, len(panels), squeeze=False)[0]))


def _label(name: str) -> str:
    return f"{'non-flaring' if name == 'quiet' else name} regions"


def _over_output(axes: Axes, ylabel: str, title: str) -> None:
    """From 0 to 1 in the network's output, with the paper's threshold."""
    axes.set(xlim=(0, 1))
    axes.set_ylim(bottom=0)
    axes.axvline(0.5, color=GREY, linewidth=0.7, linestyle=(0, (4, 2)))
    tidy(axes, xlabel="output y of the network", ylabel=ylabel, title=title)


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=TEXT - 0.5, frameon=False)
