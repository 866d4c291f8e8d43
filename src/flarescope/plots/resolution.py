"""What the size of a frame does: to the resolution of the resized image, and to the label's secrecy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter

from flarescope.plots.paper import BLUE, GREY, INK, ORANGE, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["leak_figure", "resolution_figure"]

KINDS = {
    "synthetic": ("made-up Sun", BLUE),
    "real-small": ("real SHARPs at hand", VERMILION),
    "real": ("real SHARPs", ORANGE),
}
PAPER = {"x": 0.11, "y": 0.05}
ENDS = {"x": 0.25, "y": 0.14}


def resolution_figure(panels: Mapping[Any, tuple[dict[str, np.ndarray], np.ndarray]]) -> Figure:
    """How coarse are images after resizing? x-resolution beside y-resolution, as shares of all weight.

    Args:
        panels: kind of data → (degrees a pixel by axis "x" and "y", weights of sum 1).
    """
    figure = blank(PAGE, 2.7)
    for axes, axis in zip(figure.subplots(1, 2), ("x", "y"), strict=True):
        edges = np.linspace(0.0, ENDS[axis], 26)
        for kind, (degrees, weight) in panels.items():
            name, colour = KINDS[kind]
            values = np.minimum(degrees[axis], ENDS[axis])
            if len(values) < 30:
                axes.plot(values, np.full(len(values), -0.006), "|", color=colour, markersize=8, label=name)
            else:
                shares, _ = np.histogram(values, edges, weights=weight)
                axes.stairs(shares, edges, color=colour, fill=True, alpha=0.25)
                axes.stairs(shares, edges, color=colour, linewidth=1.2, label=name)
            axes.axvline(float(np.sum(degrees[axis] * weight)), color=colour, linewidth=1.0)
        axes.axvline(PAPER[axis], color=INK, linewidth=1.0, linestyle="--", label="mean in the paper")
        axes.set_xlim(0.0, ENDS[axis])
        tidy(axes, xlabel=f"{axis}-resolution (degrees a pixel)", ylabel="share of the weight")
    axes.legend(fontsize=TEXT - 1, frameon=False)
    return figure


def leak_figure(rows: pd.DataFrame, curves: Mapping[str, Sequence[tuple[np.ndarray, np.ndarray]]]) -> Figure:
    """Frames of flaring and other regions, and how well their size alone tells them apart.

    Args:
        rows: ``width_px``, ``height_px``, ``flaring`` and ``region``.
        curves: inputs → a ROC (false alarms, hits) for each split.
    """
    figure = blank(PAGE, 3.0)
    left, right = figure.subplots(1, 2)
    _frames(left, rows.drop_duplicates("region"))
    grid = np.linspace(0.0, 1.0, 101)
    for (name, parts), colour in zip(curves.items(), (VERMILION, BLUE, INK), strict=False):
        hits = np.array([np.interp(grid, *part) for part in parts])
        mean, spread = hits.mean(axis=0), hits.std(axis=0)
        right.plot(grid, mean, color=colour, linewidth=1.3, label=name)
        right.fill_between(
            grid, mean - spread, np.minimum(mean + spread, 1.0), color=colour, alpha=0.15, lw=0
        )
    right.plot([0, 1], [0, 1], color=GREY, linewidth=0.7, linestyle=(0, (4, 2)))
    right.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    right.legend(fontsize=TEXT - 1, frameon=False, loc="lower right")
    tidy(right, xlabel="false alarm rate", ylabel="hit rate (recall)", title="flaring regions told apart")
    return figure


def _frames(axes: Axes, rows: pd.DataFrame) -> None:
    for flaring, colour, name in ((0, BLUE, "non-flaring"), (1, VERMILION, "flaring")):
        own = rows[rows["flaring"] == flaring]
        axes.scatter(own["width_px"], own["height_px"], s=5, color=colour, alpha=0.6, lw=0, label=name)
    axes.set(xscale="log", yscale="log")
    for side, ticks in ((axes.xaxis, (200, 500, 1000, 2000)), (axes.yaxis, (100, 200, 500, 1000))):
        side.set_major_locator(FixedLocator(ticks))
        side.set_major_formatter(ScalarFormatter())
        side.set_minor_formatter(NullFormatter())
    axes.legend(fontsize=TEXT - 1, frameon=False)
    tidy(
        axes,
        xlabel="width of the frame (pixels of 0.03°)",
        ylabel="height (pixels)",
        title="frames of made-up regions",
    )
