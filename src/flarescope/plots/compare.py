"""Forecasts on near-real-time and definitive data: hour against hour, and how reliable each set is."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError
from flarescope.plots.paper import BLUE, GREY, INK, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from flarescope.verify import Reliability

__all__ = ["compare_figure"]

# the second curve is drawn over the first: dashes and small marks let the first show where both coincide
LOOKS = (("near-real-time", VERMILION, "o", "-", 6.0), ("definitive", BLUE, "s", (0, (2, 3)), 2.5))
RIVAL_LOOKS = (("#f0c45f", "D"), ("#9fd0ee", "^"))  # light orange and light blue, and of two shapes


def compare_figure(
    p_nrt: Float[np.ndarray, "n"],
    p_definitive: Float[np.ndarray, "n"],
    curves: tuple[Reliability, Reliability] | None = None,
    *,
    rivals: Mapping[str, tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]] | None = None,
    title: str = "",
) -> Figure:
    """How far do the forecasts lie apart, and does what they say come true?

    Left, each pair as a point: on the diagonal both sets agree. Rivals, such as what the image alone says,
    lie below in lighter colours: where the image has weight 0 they alone tell the data apart. Right, the
    observed share of events in each bin of probability, with 95 % bounds where they are known; below the
    diagonal more was said than came.

    Args:
        p_nrt: probabilities on near-real-time data "n".
        p_definitive: on definitive data "n".
        curves: reliability of both, in this order; without them only the left half is drawn.
        rivals: the same probabilities of the rivals, by name, as (near-real-time, definitive) "k".
        title: data, number of pairs, blocks.

    Raises:
        BadOptionError: no pair, or columns of different lengths.
    """
    for x, y in ((p_nrt, p_definitive), *(rivals or {}).values()):
        if not 0 < len(x) == len(y):
            raise BadOptionError(
                f"{len(x)} and {len(y)} probabilities cannot be drawn. Give one or more pairs."
            )
    figure = blank(PAGE if curves else PAGE / 2, PAGE / 2)
    panes = figure.subplots(1, 2 if curves else 1, squeeze=False)[0]
    _scatter(panes[0], p_nrt, p_definitive, rivals or {})
    if curves:
        _reliability(panes[1], curves)
    if title:
        figure.suptitle(title, fontsize=TEXT + 1, color=INK, x=0.01, ha="left")
    return figure


def _scatter(
    axes: Axes,
    x: Float[np.ndarray, "n"],
    y: Float[np.ndarray, "n"],
    rivals: Mapping[str, tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]],
) -> None:
    every = [x, y, *(side for pair in rivals.values() for side in pair)]
    top = min(1.0, 1.08 * max(0.01, *(float(side.max()) for side in every)))
    axes.plot([0, top], [0, top], color=GREY, linewidth=0.7, zorder=0)
    few = len(x) < 500
    for (colour, marker), (name, (a, b)) in zip(cycle(RIVAL_LOOKS), rivals.items()):
        axes.plot(
            a, b, marker, color=colour, markersize=4.5 if few else 2.0, alpha=0.9 if few else 0.4,
            markeredgewidth=0, clip_on=False, zorder=1,
            label=name.replace("_", " ") + (f", {len(a):,} pairs" if len(a) != len(x) else ""),
        )  # fmt: skip
    axes.plot(
        x, y, "o", color=INK, markersize=3.0 if few else 1.5, alpha=0.6 if few else 0.25,
        markeredgewidth=0, clip_on=False, label="forecast",
    )  # fmt: skip
    if rivals:
        handles = axes.get_legend_handles_labels()[0]
        axes.legend(handles=[handles[-1], *handles[:-1]], fontsize=TEXT - 0.5, frameon=False, loc="best")
    axes.set(xlim=(0, top), ylim=(0, top), aspect="equal")
    tidy(
        axes,
        xlabel="probability on near-real-time data",
        ylabel="probability on definitive data",
        title=f"{len(x):,} pairs",
    )


def _reliability(axes: Axes, curves: tuple[Reliability, Reliability]) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.7, zorder=0)
    for (name, colour, marker, line, size), curve in zip(LOOKS, curves, strict=True):
        said = curve.count > 0
        x, y = curve.mean_forecast[said], curve.observed_rate[said]
        spread = np.nan_to_num(np.clip(np.vstack([y - curve.low[said], curve.high[said] - y]), 0.0, None))
        axes.errorbar(
            x, y, yerr=spread, color=colour, marker=marker, markersize=size, linestyle=line, linewidth=1.2,
            elinewidth=2.0 if line == "-" else 0.8,
            label=name, clip_on=False,
        )  # fmt: skip
    scored = int(curves[0].count.sum())
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    bounds = "95 % bounds" if np.isfinite(curves[0].low).any() else "bounds unknown"
    tidy(
        axes,
        xlabel="forecast probability",
        ylabel="observed share of events",
        title=f"{scored:,} scored, {int(curves[0].events.sum()):,} events, {bounds}",
    )
    axes.legend(fontsize=TEXT - 0.5, frameon=False, loc="best")
