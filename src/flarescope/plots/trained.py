"""A network on days it never saw: what it said week by week, and its scores beside those of its rivals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from flarescope.errors import BadOptionError
from flarescope.plots.paper import BLUE, GREY, INK, ORANGE, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from flarescope.verify import Blocks, Estimate

__all__ = ["disk_scores_figure", "weeks_figure"]

SCORES = {"tss": "TSS", "hss": "HSS", "auc": "AUC", "bss": "Brier skill", "ece": "calibration error"}
NO_SKILL = {"tss": 0.0, "hss": 0.0, "auc": 0.5, "bss": 0.0, "ece": 0.0}
SPANS = {"tss": (-0.8, 1.0), "hss": (-0.8, 1.0), "auc": (0.0, 1.0), "bss": (-1.0, 1.0), "ece": (0.0, 0.6)}
LOOKS = ((VERMILION, "solid", 1.1), (BLUE, "solid", 0.9), (ORANGE, "dashed", 0.9))
SHADE = "#f3d9b1"
BREAK = np.timedelta64(3, "h")


def disk_scores_figure(scores: Mapping[str, Mapping[str, Estimate]], *, title: str = "") -> Figure:
    """Who does better, and how sure is that? A dot and its 95 % interval for each forecast and score.

    An interval that goes on to the left of its panel ends in an arrow.

    Args:
        scores: forecast → score → estimate, with tss, hss, auc, bss and ece; the first is drawn strongest.
        title: what was scored, on how many blocks.

    Raises:
        BadOptionError: there is no forecast.
    """
    if not scores:
        raise BadOptionError("No forecast to draw. Give one or more.")
    figure = blank(PAGE, 0.9 + 0.24 * len(scores))
    row = figure.subplots(1, len(SCORES), sharey=True)
    places = np.arange(len(scores))[::-1]
    for axes, (score, label) in zip(row, SCORES.items(), strict=True):
        low, high = SPANS[score]
        axes.hlines(places, low, high, color="#e3e3e3", linewidth=0.6, zorder=0)
        axes.axvline(NO_SKILL[score], color=GREY, linewidth=0.7)
        for place, (name, found) in zip(places, scores.items(), strict=True):
            one = found[score]
            strong = name == next(iter(scores))
            colour = VERMILION if strong else INK
            axes.hlines(place, max(one.low, low), min(one.high, high), color=colour, linewidth=1.2)
            if one.low < low:
                axes.plot(low, place, "<", color=colour, markersize=3.5, clip_on=False)
            axes.plot(one.value, place, "o", color=colour, markersize=5.0 if strong else 3.8)
        axes.set(xlim=(low, high), ylim=(-0.6, len(scores) - 0.4))
        tidy(axes, xlabel=label)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    row[0].set_yticks(places, [name.replace("_", " ") for name in scores])
    if title:
        figure.suptitle(title, fontsize=TEXT + 1, color=INK)
    return figure


def weeks_figure(
    times: np.ndarray,
    happened: np.ndarray,
    said: Mapping[str, np.ndarray],
    *,
    blocks: Blocks,
    title: str = "",
) -> Figure:
    """What was said hour by hour, and when did a flare follow?

    Hours with a flare within the next 24 h are shaded; thin lines part the blocks that stand for independent
    cases; a curve breaks where there is no image for more than three hours.

    Args:
        times: datetime64 "t", ascending.
        happened: a flare followed "t".
        said: name → probability "t", up to three; the first is drawn strongest.
        blocks: block of each time.
        title: above the figure.

    Raises:
        BadOptionError: no curve, or more than three.
    """
    if not 1 <= len(said) <= len(LOOKS):
        raise BadOptionError(f"{len(said)} curves cannot be drawn. Accepted: 1 to {len(LOOKS)}.")
    figure = blank(PAGE, 2.4)
    axes = figure.add_subplot()
    at, happened = np.asarray(times, "datetime64[us]"), np.asarray(happened, bool)
    step = np.median(np.diff(at)) if len(at) > 1 else np.timedelta64(1, "h")
    gap = np.flatnonzero(np.diff(at) > max(BREAK, 2 * step)) + 1
    for spell in np.split(np.arange(len(at)), np.union1d(gap, np.flatnonzero(np.diff(happened)) + 1)):
        if happened[spell[0]]:
            axes.axvspan(at[spell[0]], at[spell[-1]] + step, color=SHADE, linewidth=0, zorder=0)
    for first in np.flatnonzero(np.diff(blocks.ids, prepend=-1)):
        axes.axvline(at[first], color=GREY, linewidth=0.4, linestyle=(0, (1, 3)), zorder=1)
    broken = np.insert(at, gap, at[gap - 1] + step)
    for (name, p), (colour, style, width) in zip(said.items(), LOOKS, strict=False):
        curve = np.insert(np.asarray(p, float), gap, np.nan)
        axes.plot(broken, curve, color=colour, linestyle=style, linewidth=width, label=name)
    axes.plot([], [], color=SHADE, linewidth=6, label="a flare ≥ M1.0 followed within 24 h")
    axes.set(ylim=(0, 1), xlim=(at[0], at[-1]))
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(
        ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    )
    years = " and ".join(str(year) for year in np.unique(at.astype("datetime64[Y]")))
    tidy(axes, xlabel=years, ylabel="probability", title=title)
    axes.legend(fontsize=TEXT - 0.5, frameon=False, loc="upper center", ncols=4, bbox_to_anchor=(0.5, 1.17))
    return figure
