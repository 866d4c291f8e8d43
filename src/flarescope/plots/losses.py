"""How the loss fell as a training went on: where it was trained, and where it was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.plots.paper import BLUE, COLUMN, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["loss_figure"]

SIDES = (("train", "training", BLUE, "solid"), ("validation", "validation", VERMILION, "dashed"))


def loss_figure(panels: Mapping[str, Sequence[pd.DataFrame]]) -> Figure:
    """Do training and validation loss fall alike? Means over trainings, with bands of one standard deviation.

    Args:
        panels: title → one table a training, with the columns epoch, train and validation, of equal lengths.

    Raises:
        BadOptionError: no panel, or one without a training.

    *Reference*: Bhattacharjee et al. 2020, Figure 13.
    """
    if not panels or not all(len(tables) for tables in panels.values()):
        raise BadOptionError("A figure of losses needs at least one training in each panel.")
    figure = blank(COLUMN if len(panels) == 1 else PAGE, 2.6)
    row = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (title, tables) in zip(row, panels.items(), strict=True):
        _draw(axes, tables)
        tidy(axes, xlabel="epochs", ylabel="loss" if axes is row[0] else "", title=title)
    row[0].legend(fontsize=TEXT - 0.5, frameon=False)
    return figure


def _draw(axes: Axes, tables: Sequence[pd.DataFrame]) -> None:
    epoch = np.mean([table["epoch"].to_numpy(float) for table in tables], axis=0)
    for column, label, colour, style in SIDES:
        losses = np.array([table[column].to_numpy(float) for table in tables])
        mean, sigma = losses.mean(axis=0), losses.std(axis=0, ddof=1 if len(tables) > 1 else 0)
        axes.fill_between(epoch, mean - sigma, mean + sigma, color=colour, alpha=0.18, linewidth=0)
        axes.plot(epoch, mean, color=colour, linestyle=style, linewidth=1.2, label=label)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
