"""The magnetogram, and over it what the model looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Circle

from flarescope.errors import BadOptionError
from flarescope.geometry import Disk
from flarescope.plots.contours import draw_contours
from flarescope.plots.graticule import edge_ticks, limb_labels, lines
from flarescope.plots.paper import INK, PAGE, TEXT, blank, tidy
from flarescope.plots.region_names import draw_region_names
from flarescope.synthetic.name import MADE_UP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from flarescope.explain.shares import RegionShare
    from flarescope.forecast import Explanation
    from flarescope.sun import Magnetogram

__all__ = ["draw_places", "headline", "magnetogram_figure"]


def magnetogram_figure(
    magnetogram: Magnetogram,
    explanation: Explanation | None = None,
    *,
    saturate_gauss: float = 500.0,
    width_inches: float = PAGE,
    title: str | None = None,
    shares: Sequence[RegionShare] = (),
) -> Figure:
    """What does the field look like, and which parts of it speak for a flare?

    The field in grey (white: toward us), axes in Stonyhurst degrees, the full disk with limb and grid. Over
    it contours of the attribution: solid orange speaks for a flare, dashed blue against; single pixels are
    noise, so the map is smoothed first, and the figure says by how much.

    Args:
        magnetogram: field and geometry; without geometry the axes are pixels.
        explanation: its map lies on the magnetogram's grid.
        saturate_gauss: largest |field| told apart; grey images are shown whole.
        width_inches: 7.2 fills a page of a journal, 3.5 a column.
        title: instead of time and region.
        shares: of the map's regions; a full disk has their names beside them.

    Raises:
        BadOptionError: the map has another shape than the field, or nothing to saturate at.
    """
    if explanation is not None and explanation.map.shape != magnetogram.field.shape:
        raise BadOptionError(
            f"The explanation's map has shape {explanation.map.shape}, "
            f"the magnetogram {magnetogram.field.shape}. "
            "An explanation belongs to one magnetogram."
        )
    if not saturate_gauss > 0.0:
        raise BadOptionError(f"Saturation at {saturate_gauss:g} G is not accepted: more than 0, such as 500.")
    rows, columns = magnetogram.field.shape
    figure = blank(width_inches, _height(width_inches, rows / columns, explanation is not None))
    axes = figure.add_subplot()
    _draw_field(axes, magnetogram, saturate_gauss)
    draw_places(axes, magnetogram)
    tidy(axes, title=headline(magnetogram) if title is None else title, frame=magnetogram.view == "region")
    _name_axes(axes, magnetogram)
    if explanation is not None:
        draw_contours(figure, axes, magnetogram, explanation)
    if magnetogram.view == "full_disk" and isinstance(magnetogram.geometry, Disk):
        draw_region_names(axes, magnetogram.geometry, shares, size=TEXT - 1.0, inches=0.75 * width_inches)
    return figure


def _height(width: float, aspect: float, legend: bool) -> float:
    """Room for the field beside its colour bar, with the title above and the legend below."""
    return min(width * 0.8 * aspect + (1.2 if legend else 0.65), 1.3 * width)


def headline(m: Magnetogram, *, trained_on: str = "") -> str:
    """When it was observed, and of which region; and whether image or network are of the made-up Sun.

    Args:
        m: what is shown.
        trained_on: what the network learnt from where that was not the real Sun (``Run.trained_on``).
    """
    made_up = [MADE_UP] if m.origin.source == MADE_UP else []
    parts = [*made_up, f"{m.time:%Y-%m-%d %H:%M} UTC"]
    if m.region and m.region.harp:
        parts.append(f"HARP {m.region.harp}")
    if m.region and m.region.noaa:
        parts.append(f"NOAA {', '.join(map(str, m.region.noaa))}")
    if trained_on and trained_on not in made_up:
        parts.append(f"network of the {trained_on}")
    return "  ·  ".join(parts)


def _draw_field(axes: Axes, m: Magnetogram, saturate_gauss: float) -> None:
    gauss = m.encoding == "gauss"
    limit = saturate_gauss if gauss else 127.5
    axes.patch.set(facecolor="white")
    if m.view == "region":  # unknown pixels must not look like strong field
        axes.patch.set(hatch="////", edgecolor="#c8c8c8", linewidth=0.0)
    image = axes.imshow(
        np.ma.masked_invalid(m.signed),
        cmap="gray",
        vmin=-limit,
        vmax=limit,
        origin="lower",
        interpolation="antialiased",
    )
    strongest = float(np.nanmax(np.abs(m.signed)))
    beside = axes.inset_axes((1.02, 0.0, 0.022, 1.0))  # as tall as the image, whatever its shape
    bar = axes.figure.colorbar(
        image, cax=beside, extend="both" if strongest > limit else "neither", extendfrac=0.03
    )
    label = (
        f"line-of-sight field (G), saturated at ±{limit:g} G" if gauss else "grey level − 127.5 (0: no field)"
    )
    bar.set_label(label, fontsize=TEXT, color=INK)
    bar.set_ticks([-limit, -limit / 2, 0.0, limit / 2, limit] if gauss else [-100, -50, 0, 50, 100])
    bar.ax.tick_params(labelsize=TEXT - 0.5, width=0.6, length=3)
    bar.outline.set_linewidth(0.6)


def draw_places(axes: Axes, m: Magnetogram) -> None:
    """Lines of longitude and latitude, numbered at the edges of a patch or along the limb of the disk."""
    rows, columns = m.field.shape
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(-0.5, rows - 0.5))
    if m.place is None:
        return
    whole = m.view == "full_disk"
    for x, y in lines(m.place, m.field.shape, whole_disk=whole):
        axes.plot(x, y, color="#1f4e79", linewidth=0.6, alpha=0.7, linestyle=(0, (1, 2)))
    if whole:
        axes.set(xticks=[], yticks=[])
        if isinstance(m.place, Disk):
            _draw_limb(axes, m.place)
        return
    for axis, ticks in zip((axes.xaxis, axes.yaxis), edge_ticks(m.place, m.field.shape), strict=True):
        axis.set_ticks([place for place, _ in ticks], [text for _, text in ticks])


def _draw_limb(axes: Axes, disk: Disk) -> None:
    x, y, margin = disk.x_centre, disk.y_centre, 1.1 * disk.radius
    axes.add_patch(Circle((x, y), disk.radius, fill=False, edgecolor=INK, linewidth=0.6))
    for at_x, at_y, text, (across, along) in limb_labels(disk):
        axes.text(at_x, at_y, text, fontsize=TEXT - 1.5, color=INK, ha=across, va=along)
    axes.set(xlim=(x - margin, x + margin), ylim=(y - margin, y + margin))


def _name_axes(axes: Axes, m: Magnetogram) -> None:
    if m.view == "full_disk" and m.place is not None:
        axes.spines[:].set_visible(False)
        return
    known = m.place is not None
    axes.set_xlabel(
        "Stonyhurst longitude" if known else "pixels (place on the Sun unknown)", fontsize=TEXT, color=INK
    )
    axes.set_ylabel("latitude" if known else "pixels", fontsize=TEXT, color=INK)
