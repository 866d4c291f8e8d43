"""Figures of probes: a bipole, and curves of a network's output over its size, strength and polarity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.plots.paper import BLUE, COLUMN, GREY, INK, ORANGE, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import Float
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from flarescope.sun import Magnetogram

__all__ = ["Band", "Panel", "bipole_figure", "figure9_panels", "panels_figure"]

LOOKS = ((VERMILION, "solid"), (BLUE, "dashed"), (ORANGE, "dashdot"), (GREY, (0, (1, 1))),
         (INK, (0, (5, 1, 1, 1, 1, 1))), ("#009e73", (0, (3, 1))))  # fmt: skip
SIGNS = str.maketrans("-", "−")
RADIUS = "radius of the circles (Mm)"


@dataclass(frozen=True, eq=False)
class Band:
    """A curve, and one standard deviation of it where there is one."""

    y: Float[np.ndarray, "n"]
    spread: Float[np.ndarray, "n"] | None = None


Bands: TypeAlias = Mapping[str, tuple["Float[np.ndarray, 'n']", Band]]


@dataclass(frozen=True, eq=False)
class Panel:
    """One pair of axes.

    Attributes:
        curves: name → (x, band); a dot marks a name in ``dots``.
        xlabel, ylabel, title: of the axes.
        unit: does y run from 0 to 1? (or to less, where all curves stay below 0.4)
        dots: names drawn as dots rather than lines.
    """

    curves: Bands
    xlabel: str = RADIUS
    ylabel: str = "output"
    title: str = ""
    unit: bool = True
    dots: frozenset[str] = field(default_factory=frozenset)


def panels_figure(panels: Sequence[Panel], *, columns: int = 2, title: str = "") -> Figure:
    """Curves in panels (a), (b), …; bands are one standard deviation.

    Args:
        panels: each with at most six curves.
        columns: panels side by side; the figure fills a page's width, or a column's if it is 1.
        title: what was probed.

    Raises:
        BadOptionError: no panel, or too many curves in one.
    """
    if not panels or any(len(panel.curves) > len(LOOKS) for panel in panels):
        raise BadOptionError(f"A figure has at least one panel, and a panel at most {len(LOOKS)} curves.")
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    width = COLUMN if columns == 1 else PAGE
    figure = blank(width, 0.72 * width / columns * rows + (0.25 if title else 0.0))
    for number, panel in enumerate(panels):
        axes = figure.add_subplot(rows, columns, number + 1)
        letter = f"({chr(ord('a') + number)}) " if len(panels) > 1 else ""
        _draw(axes, panel, letter)
    if title:
        figure.suptitle(title, fontsize=TEXT + 1, color=INK, x=0.01, ha="left")
    return figure


def figure9_panels(
    radius_mm: Float[np.ndarray, "r"],
    by_field: Mapping[float, Band],
    by_poles: Mapping[str, Band],
    fields_gauss: Float[np.ndarray, "f"],
    over_field: Band,
    *,
    field_gauss: float = 2000.0,
    ylabel: str = "output",
) -> list[Panel]:
    """The four panels of Bhattacharjee et al. 2020, figure 9.

    Args:
        radius_mm: of the probes.
        by_field: field strength in gauss → output over radius, of −+ bipoles.
        by_poles: "-+", "+-", "+", "-" → output over radius at ``field_gauss``.
        fields_gauss: strengths of ``over_field``, in gauss.
        over_field: output over strength, of a −+ bipole of 12.5 Mm.
        field_gauss: of ``by_poles``.
        ylabel: what the output is.
    """

    def poles(*names: str) -> Bands:
        return {name.translate(SIGNS): (radius_mm, by_poles[name]) for name in names}

    strengths = {f"−+, {field:.0f} G": (radius_mm, band) for field, band in by_field.items()}
    return [
        Panel(strengths, ylabel=ylabel, title="size"),
        Panel({"−+, 12.5 Mm": (fields_gauss, over_field)}, "field strength (G)", ylabel, "field strength"),
        Panel(poles("-+", "+-"), ylabel=ylabel, title=f"polarity, {field_gauss:.0f} G"),
        Panel(poles("-+", "+", "-"), ylabel=ylabel, title=f"one pole alone, {field_gauss:.0f} G"),
    ]


def bipole_figure(probe: Magnetogram, *, width_inches: float = COLUMN) -> Figure:
    """A probe in its frame, degrees from the middle; black is negative, white positive, east left.

    *Reference*: Bhattacharjee et al. 2020, figure 7.
    """
    height, width = probe.field.shape
    degrees = 0.03 if probe.place is None else getattr(probe.place, "degrees_per_pixel", 0.03)
    across, up = degrees * width / 2, degrees * height / 2
    figure = blank(width_inches, width_inches * (0.12 + 0.92 * height / width))
    axes = figure.add_subplot()
    limit = float(np.abs(probe.field).max()) or 1.0
    axes.imshow(
        probe.field, cmap="gray", vmin=-limit, vmax=limit, origin="lower", interpolation="nearest",
        extent=(-across, across, -up, up),
    )  # fmt: skip
    tidy(axes, xlabel="degrees west", ylabel="degrees north", frame=True)
    return figure


def _draw(axes: Axes, panel: Panel, letter: str) -> None:
    for (name, (x, band)), (colour, style) in zip(panel.curves.items(), LOOKS, strict=False):
        if name in panel.dots:
            axes.errorbar(x, band.y, yerr=band.spread, fmt="o", color=colour, markersize=3, linewidth=0.8,
                          label=name)  # fmt: skip
            continue
        axes.plot(x, band.y, color=colour, linestyle=style, linewidth=1.2, label=name)
        if band.spread is not None:
            axes.fill_between(
                x, band.y - band.spread, band.y + band.spread, color=colour, alpha=0.18, linewidth=0
            )
    if panel.unit:
        most = max(float(np.nanmax(band.y)) for _, band in panel.curves.values())
        axes.set_ylim(0, 1.02 if most > 0.4 else 1.3 * most or 1)
    tidy(axes, xlabel=panel.xlabel, ylabel=panel.ylabel, title=f"{letter}{panel.title}")
    if len(panel.curves) > 1:
        axes.legend(fontsize=TEXT - 1, frameon=False)
