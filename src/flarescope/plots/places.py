"""Where on the Sun forecasts are right: maps in heliographic bins, limb and centre; and by strength."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.ticker import FuncFormatter

from flarescope.errors import BadOptionError
from flarescope.plots.paper import BLUE, COLUMN, GREY, INK, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["limb_figure", "magnitude_figure", "place_figure"]

EVENTS = "XM"  # hours of these classes are to be called; those of the others are not
LOOKS = ((BLUE, "o"), (VERMILION, "s"))


def place_figure(
    cells: pd.DataFrame,
    profile: pd.DataFrame,
    *,
    degrees: float = 5.0,
    limb_degrees: float = 70.0,
    title: str = "",
) -> Figure:
    """Where were the flares, and where were they foreseen?

    Above, the hours of each bin; in the middle, the share of them that was called (red: missed, blue: found);
    below, the same share by longitude with its 95 % interval. Bins without an hour are blank, dashed lines
    stand at the limb's longitude. East is on the left, as in the sky.

    Args:
        cells: ``longitude``, ``latitude`` (middles of the bins), ``n`` and ``share``, one row a bin.
        profile: ``longitude``, ``share``, ``low``, ``high`` and ``n``, one row a strip.
        degrees: side of a bin.
        limb_degrees: where "near the limb" begins.
        title: which flares, whose forecasts, which years.
    """
    figure = blank(PAGE, 6.6)
    panes = figure.subplots(3, 2, sharex="col", height_ratios=[1.0, 1.0, 0.62], width_ratios=[1.0, 0.025])
    (counts, recall, below), bars = panes[:, 0], panes[:, 1]
    grids = {name: _grid(cells, name, degrees) for name in ("n", "share")}
    most = max(float(np.nanmax(grids["n"], initial=1.0)), 2.0)
    shown = np.ma.masked_where(~(grids["n"] > 0), grids["n"])
    drawn = counts.imshow(shown, cmap="YlGnBu", norm=LogNorm(1, most), **_extent(cells, degrees))
    _bar(figure, bars[0], drawn, "hours")
    shares = np.ma.masked_invalid(grids["share"])
    drawn = recall.imshow(shares, cmap="coolwarm_r", vmin=0, vmax=1, **_extent(cells, degrees))
    _bar(figure, bars[1], drawn, "share called flaring")
    bars[2].axis("off")
    for axes in (counts, recall):
        _limb_lines(axes, limb_degrees)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _side(value, "S", "N")))
        axes.set_yticks([-30, -15, 0, 15, 30])
        tidy(axes, ylabel="latitude", frame=True)
    counts.set_title(title, fontsize=TEXT + 1, color=INK, loc="left")
    _profile(below, profile)
    _limb_lines(below, limb_degrees)
    below.set_xticks([-90, -limb_degrees, -45, -20, 0, 20, 45, limb_degrees, 90])
    below.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _side(value, "E", "W")))
    tidy(below, xlabel="longitude from the central meridian", ylabel="share called")
    return figure


def limb_figure(table: pd.DataFrame, *, title: str = "") -> Figure:
    """How often is a flare forecast near the limb, and how often nearer to the disk's centre?

    A dot with its 95 % interval for each class and place: recall for M and X, false alarms for the others.

    Args:
        table: ``class``, ``place``, ``called``, ``n``, ``share``, ``low`` and ``high``; the first two places
            are drawn.
        title: whose forecasts, which years.

    Raises:
        BadOptionError: fewer than two places.
    """
    places = list(dict.fromkeys(table["place"]))[:2]
    if len(places) < 2:
        raise BadOptionError(f"Places {places} cannot be compared. Give two.")
    letters = list(dict.fromkeys(table["class"]))
    figure = blank(1.5 * COLUMN, 0.9 + 0.42 * len(letters))
    axes = figure.add_subplot()
    for (colour, marker), place, shift in zip(LOOKS, places, (0.16, -0.16), strict=True):
        own = table[table["place"] == place].set_index("class").loc[letters]
        y = np.arange(len(letters))[::-1] + shift
        axes.errorbar(own["share"], y, xerr=_bars(own), fmt=marker, color=colour, label=place, **_LINES)
        for height, row in zip(y, own.to_dict("records"), strict=True):
            axes.annotate(
                f"{row['called']:,} of {row['n']:,}", (1.0, height), xytext=(6, 0), va="center",
                textcoords="offset points", fontsize=TEXT - 1, color=colour, annotation_clip=False,
            )  # fmt: skip
    names = [f"{name} ({'recall' if name in EVENTS else 'false alarms'})" for name in letters]
    axes.set_yticks(np.arange(len(letters))[::-1], names)
    axes.set(xlim=(0, 1), ylim=(-0.5, len(letters) - 0.5))
    axes.grid(axis="x", color="#e3e3e3", linewidth=0.6)
    axes.set_axisbelow(True)
    tidy(axes, xlabel="share of hours called flaring, with 95 % interval", title=title)
    figure.legend(loc="outside lower center", ncols=2, fontsize=TEXT - 0.5, frameon=False)
    return figure


def magnitude_figure(curves: Mapping[str, pd.DataFrame], *, letter: str = "C", title: str = "") -> Figure:
    """How often is a flare called, by its magnitude within one class? And how many hours are there?

    Args:
        curves: name → ``lower``, ``upper``, ``n``, ``share``, ``low`` and ``high``, one row a bin; one or two
            curves.
        letter: the class.
        title: whose forecasts, which years.

    Raises:
        BadOptionError: no curve, or more than two.
    """
    if not 1 <= len(curves) <= len(LOOKS):
        raise BadOptionError(f"{len(curves)} curves cannot be drawn. Accepted: 1 or 2.")
    figure = blank(1.35 * COLUMN, 3.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2.6, 1.0])
    bottom = np.zeros(len(next(iter(curves.values()))))
    for (name, table), (colour, marker), shift in zip(curves.items(), LOOKS, (-0.06, 0.06), strict=False):
        middle = ((table["lower"] + table["upper"]) / 2).to_numpy(float)
        above.errorbar(
            middle + shift, table["share"], yerr=_bars(table), fmt=marker, color=colour, label=name, **_LINES
        )
        width = 0.9 * (table["upper"] - table["lower"])
        below.bar(middle, table["n"], width, bottom=bottom, color=colour, alpha=0.75)
        bottom = bottom + table["n"].to_numpy(float)
    table = next(iter(curves.values()))
    below.set_xticks([*table["lower"], table["upper"].iloc[-1]])
    below.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{letter}{value:g}"))
    above.set_ylim(0, 1)
    above.grid(axis="y", color="#e3e3e3", linewidth=0.6)
    above.set_axisbelow(True)
    tidy(above, ylabel="share of hours called flaring", title=title)
    tidy(below, xlabel="strongest flare of the 24 h", ylabel="hours")
    above.legend(fontsize=TEXT - 0.5, frameon=False, loc="upper left")
    return figure


_LINES: dict[str, Any] = {"markersize": 4.0, "elinewidth": 1.0, "capsize": 2.0, "linestyle": "none"}


def _bars(table: pd.DataFrame) -> np.ndarray:
    """Lengths of the interval's two arms; NaN where there is none."""
    share = table["share"].to_numpy(float)
    return np.vstack([share - table["low"], table["high"] - share]).clip(min=0.0)


def _grid(cells: pd.DataFrame, column: str, degrees: float) -> np.ndarray:
    """Rows from south to north, columns from east to west; NaN where a bin is missing."""
    x = np.round((cells["longitude"] - cells["longitude"].min()) / degrees).astype(int)
    y = np.round((cells["latitude"] - cells["latitude"].min()) / degrees).astype(int)
    grid = np.full((int(y.max()) + 1, int(x.max()) + 1), np.nan)
    grid[y, x] = cells[column]
    return grid


def _extent(cells: pd.DataFrame, degrees: float) -> dict[str, Any]:
    half = degrees / 2
    ends = [f(cells[name]) + s for name in ("longitude", "latitude") for f, s in ((min, -half), (max, half))]
    return {"extent": ends, "origin": "lower", "interpolation": "nearest", "aspect": "auto"}


def _bar(figure: Figure, axes: Axes, drawn: Any, label: str) -> None:
    bar = figure.colorbar(drawn, cax=axes)
    bar.set_label(label, fontsize=TEXT, color=INK)
    bar.ax.tick_params(labelsize=TEXT - 0.5, width=0.6, length=2, color=INK)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    bar.outline.set_linewidth(0.6)


def _limb_lines(axes: Axes, limb_degrees: float) -> None:
    for longitude in (-limb_degrees, limb_degrees):
        axes.axvline(longitude, color=INK, linewidth=0.9, linestyle=(0, (4, 2)))


def _profile(axes: Axes, profile: pd.DataFrame) -> None:
    own = profile[profile["n"] > 0]
    axes.errorbar(
        own["longitude"], own["share"], yerr=_bars(own), fmt="o", color=INK, clip_on=False, **_LINES
    )
    axes.axhline(0.5, color=GREY, linewidth=0.6)
    axes.set(xlim=(-90, 90), ylim=(0, 1))


def _side(degrees: float, negative: str, positive: str) -> str:
    """E60, 0 or W60."""
    return "0°" if degrees == 0 else f"{negative if degrees < 0 else positive}{abs(degrees):g}°"
