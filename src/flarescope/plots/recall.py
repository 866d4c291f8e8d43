"""How often flaring regions are recognised, hour by hour around their flares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flarescope.errors import BadOptionError
from flarescope.plots.paper import BLUE, COLUMN, GREY, ORANGE, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["recall_figure"]

LOOKS = ((VERMILION, "solid"), (BLUE, "dashed"), (ORANGE, "dashdot"), (GREY, (0, (1, 1))))
WINDOW = 72


def recall_figure(*panels: Mapping[str, pd.DataFrame], titles: Sequence[str] = ()) -> Figure:
    """When before and after a flare is the region recognised as flaring?

    Recall by hours from the flare, each curve with a band of one standard deviation; the flare is the line
    at 0. Panels stand side by side on one scale.

    Args:
        panels: each name → curve with the columns hour, recall and sigma, up to four curves a panel.
        titles: of the panels, with the data and the split; fewer than panels leaves the last ones bare.

    Raises:
        BadOptionError: no panel, more than three, or a panel without curves or with more than four.

    Example:
        >>> figure = recall_figure({"SVM": curve}, titles=["validation data"])  # doctest: +SKIP

    *Reference*: Bhattacharjee et al. 2020, Figure 5.
    """
    if not 1 <= len(panels) <= 3 or not all(1 <= len(curves) <= len(LOOKS) for curves in panels):
        raise BadOptionError(
            f"{[len(curves) for curves in panels]} curves a panel cannot be drawn. "
            f"Accepted: 1 to 3 panels of 1 to {len(LOOKS)} curves."
        )
    one = len(panels) == 1
    figure = blank(COLUMN if one else PAGE, 2.6 if one else 2.9)
    row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, curves, title in zip(row, panels, [*titles, "", "", ""], strict=False):
        _draw(axes, curves)
        tidy(axes, xlabel="hours from flare", ylabel="recall" if axes is row[0] else "", title=title)
    return figure


def _draw(axes: Axes, curves: Mapping[str, pd.DataFrame]) -> None:
    axes.axvline(0, color=GREY, linewidth=0.7)
    axes.axhline(0.5, color=GREY, linewidth=0.7, linestyle=(0, (4, 2)))
    for (name, curve), (colour, style) in zip(curves.items(), LOOKS, strict=False):
        hour, recall, sigma = (curve[column].to_numpy(float) for column in ("hour", "recall", "sigma"))
        low, high = (recall - sigma).clip(0, 1), (recall + sigma).clip(0, 1)
        axes.fill_between(hour, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(hour, recall, color=colour, linestyle=style, linewidth=1.2, label=name)
    axes.set(xlim=(-WINDOW, WINDOW), ylim=(0, 1))
    axes.set_xticks(range(-WINDOW, WINDOW + 1, 24))
    axes.legend(fontsize=TEXT - 0.5, frameon=False, loc="lower left")
