"""How good the forecasts are: reliability, ROC, and one forecast beside its rivals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.plots.paper import BLUE, COLUMN, GREY, INK, ORANGE, TEXT, VERMILION, blank, tidy
from flarescope.verify.probability import Reliability, Roc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from flarescope.forecast import Forecast

__all__ = ["Reliability", "Roc", "reliability_figure", "rivals_figure", "roc_figure"]

LOOKS = ((VERMILION, "o", "solid"), (BLUE, "s", "dashed"), (ORANGE, "^", "dashdot"), (GREY, "D", (0, (1, 1))))


def reliability_figure(
    curves: Mapping[str, Reliability], *, title: str = "", width_inches: float = COLUMN
) -> Figure:
    """Does an event follow in 30 % of the cases in which 30 % was said?

    Above, the observed share of events against the mean probability of each bin, with its 95 % interval; on
    the diagonal, what is said comes true. Below, how often each probability was said (logarithmic).

    Args:
        curves: name → reliability; the first is drawn strongest; up to four.
        title: what data, split and threshold they ran on.
        width_inches: 3.5 fills a journal's column.

    Raises:
        BadOptionError: no curve, or more than four.
    """
    _check(curves)
    figure = blank(width_inches, 1.3 * width_inches)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3.4, 1.0])
    for (name, curve), (colour, marker, style) in zip(curves.items(), LOOKS, strict=False):
        said = curve.count > 0
        x, y = curve.mean_forecast[said], curve.observed_rate[said]
        spread = np.clip(np.vstack([y - curve.low[said], curve.high[said] - y]), 0.0, None)
        above.errorbar(
            x, y, yerr=spread, color=colour, marker=marker, markersize=3.5, linestyle=style, linewidth=1.0,
            elinewidth=0.8, label=name, clip_on=False,
        )  # fmt: skip
        edges = np.append(curve.lower, 1.0)
        below.stairs(
            np.where(said, curve.count, np.nan),
            edges,
            color=colour,
            linewidth=1.0,
            linestyle=style,
            baseline=None,
        )
    base = next(iter(curves.values()))
    rate = base.events.sum() / max(1, base.count.sum())
    above.plot([0, 1], [0, 1], color=GREY, linewidth=0.7, label="perfect", zorder=0)
    above.plot(
        [0, 1], [rate, rate], color=GREY, linewidth=0.7, linestyle=(0, (1, 2)), label=f"base rate {rate:.3f}"
    )
    above.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    below.set_yscale("log")
    fewest = min(int(curve.count[curve.count > 0].min()) for curve in curves.values())
    below.set_ylim(bottom=max(0.7, fewest / 3))
    tidy(above, ylabel="observed share of events", title=title)
    tidy(below, xlabel="forecast probability", ylabel="forecasts")
    above.legend(fontsize=TEXT - 0.5, frameon=False, loc="upper left")
    return figure


def roc_figure(curves: Mapping[str, Roc], *, title: str = "", width_inches: float = COLUMN) -> Figure:
    """What do more hits cost in false alarms? The area under each curve stands beside its name.

    Args:
        curves: name → ROC; the first is drawn strongest; up to four.
        title: what data, split and threshold they ran on.
        width_inches: 3.5 fills a journal's column.

    Raises:
        BadOptionError: no curve, or more than four.
    """
    _check(curves)
    figure = blank(width_inches, 1.06 * width_inches)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.6)
    axes.annotate(
        "no skill", (0.5, 0.5), xytext=(4, -8), textcoords="offset points", fontsize=TEXT - 1, color=GREY
    )
    for (name, curve), (colour, _, style) in zip(curves.items(), LOOKS, strict=False):
        area = float(np.trapezoid(curve.pod, curve.pofd))
        axes.plot(
            curve.pofd,
            curve.pod,
            color=colour,
            linestyle=style,
            linewidth=1.2,
            label=f"{name}, AUC {area:.3f}",
        )
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    tidy(
        axes,
        xlabel="false alarm rate (quiet cases called flaring)",
        ylabel="hit rate (flaring cases found)",
        title=title,
    )
    axes.legend(fontsize=TEXT - 0.5, frameon=False, loc="lower right")
    return figure


def rivals_figure(forecast: Forecast, *, width_inches: float = COLUMN) -> Figure:
    """What do the honest rivals say of the same window? Ours with its 90 % interval, theirs as dots.

    Args:
        forecast: with ``rivals``: name → probability.
        width_inches: 3.5 fills a journal's column.
    """
    names = ["flarescope", *sorted(forecast.rivals, key=lambda name: -forecast.rivals[name])]
    figure = blank(width_inches, 0.95 + 0.27 * len(names))
    axes = figure.add_subplot()
    rows = np.arange(len(names))[::-1]
    axes.hlines(rows, 0, 1, color="#e3e3e3", linewidth=0.6, zorder=0)
    axes.hlines(rows[0], forecast.low, forecast.high, color=VERMILION, linewidth=2.0)
    axes.plot(forecast.probability, rows[0], "o", color=VERMILION, markersize=6.5)
    for row, name in zip(rows[1:], names[1:], strict=True):
        axes.plot(forecast.rivals[name], row, "o", color=INK, markersize=4.5)
    axes.axvline(forecast.threshold, color=GREY, linewidth=0.7, linestyle=(0, (4, 2)))
    right = forecast.threshold > 0.7  # then the words stand on the other side of the line
    axes.annotate(
        f"“yes” from {100 * forecast.threshold:.0f} %", (forecast.threshold, rows[0] + 0.5),
        xytext=(-3 if right else 3, 1), textcoords="offset points", ha="right" if right else "left",
        fontsize=TEXT - 1, color=GREY,
    )  # fmt: skip
    _write_values(axes, forecast, names, rows)
    axes.set(xlim=(0, 1), ylim=(-0.6, len(names) - 0.2))
    axes.set_yticks(rows, [name.replace("_", " ") for name in names])
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    tidy(axes, xlabel=f"probability of a flare ≥ {forecast.at_least}")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def _write_values(axes: Axes, forecast: Forecast, names: list[str], rows: np.ndarray) -> None:
    """Each probability in figures at the right edge, where no dot can hide it."""
    values = [forecast.probability, *(forecast.rivals[name] for name in names[1:])]
    for row, value in zip(rows, values, strict=True):
        axes.annotate(
            f"{100 * value:.1f} %", (1.0, row), xytext=(6, 0), textcoords="offset points", va="center",
            fontsize=TEXT - 0.5, color=VERMILION if row == rows[0] else INK, annotation_clip=False,
        )  # fmt: skip


def _check(curves: Mapping[str, object]) -> None:
    if not 1 <= len(curves) <= len(LOOKS):
        raise BadOptionError(
            f"{len(curves)} curves cannot be drawn in one figure. Accepted: 1 to {len(LOOKS)}."
        )
