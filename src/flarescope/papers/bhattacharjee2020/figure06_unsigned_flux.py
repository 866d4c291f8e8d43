"""Figure 6: how many images get which output, and how much flux they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.papers.bhattacharjee2020.held_out import KIND_WORDS, held_out, on_each_kind, over_splits
from flarescope.papers.claims import Finding
from flarescope.verify.probability import bin_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk

__all__ = ["binned", "figure6_counts", "figure6_flux"]

BINS = 10
CLASSES = {"flaring": 1, "quiet": 0}


def figure6_counts(desk: Desk) -> list[Finding]:
    """Do non-flaring regions get outputs near 0, and flaring ones near 1?"""
    from flarescope.plots.outputs import counts_figure

    measures = {
        "quiet_low": lambda t: (_of(t, "quiet")["y"] < 0.5).mean(),
        "flaring_high": lambda t: (_of(t, "flaring")["y"] >= 0.5).mean(),
        "quiet_at_zero": lambda t: (_of(t, "quiet")["y"] < 1 / BINS).mean(),
        "flaring_at_one": lambda t: (_of(t, "flaring")["y"] >= 1 - 1 / BINS).mean(),
    }
    return _run(desk, "figure6_counts", measures, counts_figure)


def figure6_flux(desk: Desk) -> list[Finding]:
    """Does the flux of the images grow with the network's output?"""
    from flarescope.plots.outputs import flux_figure

    measures = {
        "flaring_grows": lambda t: rank_correlation(_of(t, "flaring")),
        "quiet_grows": lambda t: rank_correlation(_of(t, "quiet")),
    }
    return _run(desk, "figure6_flux", measures, flux_figure)


def binned(table: pd.DataFrame) -> pd.DataFrame:
    """Number of images, mean flux and its standard error (Mx) by class in ten bins of the output.

    An image counts once for each split that held it out, but only once in the standard error. That takes
    images as independent, as the paper's bars seem to; images of one region are not.
    """
    bins = pd.DataFrame({"lower": np.arange(BINS) / BINS})
    for name in CLASSES:
        own = _of(table, name)
        groups = own.groupby(bin_of(own["y"].to_numpy(), BINS))
        bins[name] = groups.size().reindex(bins.index, fill_value=0)
        bins[f"{name}_flux"] = groups["flux_mx"].mean().reindex(bins.index)
        error: pd.Series[float] = groups["flux_mx"].std() / np.sqrt(groups["row"].nunique())
        bins[f"{name}_error"] = error.reindex(bins.index)
    return bins


def rank_correlation(table: pd.DataFrame) -> float:
    """Spearman's ρ of output and flux over images; NaN with fewer than three or without any variation."""
    if len(table) < 3 or table["y"].nunique() < 2 or table["flux_mx"].nunique() < 2:
        return float("nan")
    return float(table["y"].rank().corr(table["flux_mx"].rank()))


def _of(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[table["flaring"] == CLASSES[name]]


def _run(
    desk: Desk,
    item: str,
    measures: dict[str, Callable[[pd.DataFrame], float]],
    draw: Callable[[dict[str, pd.DataFrame]], object],
) -> list[Finding]:
    """Measure on each kind of images at hand, and draw all kinds beside each other."""
    from dataclasses import replace

    panels: dict[str, pd.DataFrame] = {}

    def find(kind: DataKind) -> list[Finding]:
        table = held_out(desk, kind)
        panels[KIND_WORDS[kind]] = binned(table)
        note = f"{KIND_WORDS[kind]}, {table['row'].nunique():,} held-out images."
        return [over_splits(name, kind, table, how, note) for name, how in measures.items()]

    found = on_each_kind(desk, list(measures), find)
    name = desk.figure(item, draw(panels)) if panels else ""  # type: ignore[arg-type]
    return [replace(one, figure=name) for one in found]
