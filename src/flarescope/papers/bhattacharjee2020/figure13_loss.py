"""Figure 13: training and validation loss of CNN-2 as the training goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flarescope.papers.bhattacharjee2020.cells import Cell
from flarescope.papers.bhattacharjee2020.held_out import KIND_WORDS, SIZE, on_each_kind
from flarescope.papers.bhattacharjee2020.skill import measured
from flarescope.papers.bhattacharjee2020.table2_table3_skill import over_splits

if TYPE_CHECKING:
    import pandas as pd

    from flarescope.papers.claims import DataKind, Finding
    from flarescope.papers.reproduction import Desk

__all__ = ["figure13"]


def figure13(desk: Desk) -> list[Finding]:
    """Does CNN-2 of Table 3 overfit?

    Both losses are those of the finished check, in evaluation, on as many flaring as other images: mean
    weighted cross-entropy over the training's own images, and over images of regions that it never saw.
    """
    from flarescope.plots.losses import loss_figure

    panels: dict[str, list[pd.DataFrame]] = {}

    def find(kind: DataKind) -> list[Finding]:
        made = over_splits(desk, Cell(kind, "cnn2", size=SIZE))
        panels[KIND_WORDS[kind]] = [one.losses for one in made]
        last = [one.losses.iloc[-1] for one in made]
        note = (
            f"{KIND_WORDS[kind]}, {last[0]['epoch']:.2g} epochs: training "
            f"{sum(one['train'] for one in last) / len(last):.2f}, validation "
            f"{sum(one['validation'] for one in last) / len(last):.2f}"
        )
        change = [one["validation"] / one["train"] - 1 for one in last]
        return [measured("no_overfitting", kind, change, note)]

    found = on_each_kind(desk, ["no_overfitting"], find)
    if not panels:
        return found
    name = desk.figure("figure13", loss_figure(panels))
    return [one if one.value is None else replace(one, figure=name) for one in found]
