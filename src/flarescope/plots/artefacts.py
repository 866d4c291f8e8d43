"""Figure: what the answers of two networks hang on besides the Sun."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.plots.paper import BLUE, COLUMN, GREY, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["artefacts"]

MEASURES = {
    "frame_dependence": "other frame",
    "polarity_asymmetry": "reversed polarity",
    "shift_dependence": "other offset",
}
FRAMES = {"zero": "zero field added", "quiet": "quiet Sun added", "cut": "margin cut"}
COLOURS = (BLUE, VERMILION, GREY)
FLOOR = 1e-8  # smaller shares, also exact zeros, are drawn here


def artefacts(probes: pd.DataFrame, margins: pd.DataFrame) -> Figure:
    """Left: made-up bipoles in other frames; right: real SHARPs with other margins.

    Each dot is a change of the logit as a share of the network's range over bipole radius, on a logarithmic
    scale; what is below 1e-8 stands on the axis.

    Args:
        probes: columns network, frame_dependence, polarity_asymmetry, shift_dependence; a row a network.
        margins: columns network, frame ("zero", "quiet", "cut") and share; a row a change.
    """
    figure = blank(PAGE, 0.8 * COLUMN)
    left, right = figure.subplots(1, 2, sharey=True)
    of_probes = {text: _by_network(probes, key) for key, text in MEASURES.items()}
    of_margins = {
        text: _by_network(margins[margins["frame"] == frame], "share")
        for frame, text in FRAMES.items()
        if (margins["frame"] == frame).any()
    }
    _dots(left, of_probes)
    _dots(right, of_margins)
    tidy(left, ylabel="|Δ logit| / range over radius", title="made-up bipoles")
    tidy(right, title="real SHARPs")
    left.legend(fontsize=TEXT - 1, frameon=False, loc="lower right")
    return figure


def _by_network(table: pd.DataFrame, column: str) -> dict[str, list[float]]:
    return {str(name): [float(one) for one in part[column]] for name, part in table.groupby("network")}


def _dots(axes: Axes, groups: dict[str, dict[str, list[float]]]) -> None:
    """One column a group, in it one colour a network, dots side by side."""
    names = sorted({name for group in groups.values() for name in group})
    for place, group in enumerate(groups.values()):
        for which, name in enumerate(names):
            y = np.maximum(np.asarray(group.get(name, []), float), FLOOR)
            x = place + 0.3 * (which - (len(names) - 1) / 2) + np.linspace(-0.1, 0.1, len(y))
            label = name if place == 0 else None
            axes.plot(x, y, "o", ms=3, mew=0, color=COLOURS[which % 3], alpha=0.7, label=label)
    axes.set_yscale("log")
    axes.set_ylim(FLOOR / 2, 30)
    axes.set_xticks(range(len(groups)), list(groups))
