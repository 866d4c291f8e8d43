"""What each method of explanation says of one magnetogram, side by side, as a journal prints it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Circle

from flarescope.errors import BadOptionError
from flarescope.geometry import Disk
from flarescope.plots.contours import SIZE, SMOOTHING, has_baseline, has_sign, method_name
from flarescope.plots.graticule import lines
from flarescope.plots.panel_grid import PanelGrid, panel_grid
from flarescope.plots.paper import BLUE, INK, PAGE, VERMILION, blank, tidy
from flarescope.plots.region_names import draw_region_names
from flarescope.plots.sky import draw_places, headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from flarescope.explain.shares import RegionShare
    from flarescope.forecast import Explanation
    from flarescope.sun import Magnetogram

__all__ = ["side_by_side"]

SMALL = 6.5  # points
LETTERS = 19  # of the key in an inch
BAR = 2.2  # inches, no more, of the colour bar
MARGIN = 1.12  # half the width of a panel, in radii of the disk
FIELD = LinearSegmentedColormap.from_list("faint field", ["#b4b4b4", "#ededed", "#ffffff"])
SPEAKS = LinearSegmentedColormap.from_list("speaks", [BLUE, "#f7f7f7", VERMILION])
SIZES = LinearSegmentedColormap.from_list("sizes", ["#f7f7f7", "#f7f7f7", SIZE])  # zero in the middle too


def side_by_side(
    magnetogram: Magnetogram,
    explanations: Sequence[Explanation],
    *,
    shares: Mapping[str, Sequence[RegionShare]] | None = None,
    title: str | None = None,
    trained_on: str = "",
    saturate_gauss: float = 500.0,
    width_inches: float = PAGE,
) -> Figure:
    """What do the methods say, beside each other and beside the field?

    The first panel is the magnetogram (white: toward us), then one panel a method: orange speaks for a flare,
    blue against, over the faint field; of a method whose sign says neither, the size in purple. Units differ
    between methods, so each map is divided by its own largest absolute value after smoothing; one colour bar
    holds for all with a sign. A full disk has helioprojective axes in arcseconds, limb, grid, and the
    regions' names with their shares; a patch has heliographic degrees.

    Args:
        magnetogram: field and geometry.
        explanations: their maps lie on the magnetogram's grid.
        shares: of the regions, by method, as ``region_shares`` gives them.
        title: what was explained, beside time and region.
        trained_on: what the network learnt from where that was not the real Sun: the headline says it.
        saturate_gauss: largest |field| told apart; grey images are shown whole.
        width_inches: 7.2 fills two columns of a journal.

    Raises:
        BadOptionError: no explanation, or a map of another shape than the field.
    """
    for why in explanations:
        if why.map.shape != magnetogram.field.shape:
            raise BadOptionError(
                f"The map of {why.method} has shape {why.map.shape}, the magnetogram "
                f"{magnetogram.field.shape}. Explanations belong to one magnetogram."
            )
    if not explanations:
        raise BadOptionError("Nothing to draw: give one explanation or more.")
    grid = panel_grid(len(explanations) + 1, _aspect(magnetogram), width_inches)
    figure = blank(width_inches, grid.height)
    panels, key = _panels(figure, grid, len(explanations) + 1)
    disk, inches = magnetogram.geometry, 0.78 * width_inches / grid.across
    _draw_field(panels[0], magnetogram, saturate_gauss)
    for axes, why in zip(panels[1:], explanations, strict=False):
        _draw_map(axes, magnetogram, why)
    for axes in panels:
        _draw_sky(axes, magnetogram)
    for axes, why in zip(panels[1:], explanations, strict=False):
        own = (shares or {}).get(why.method, ())
        if isinstance(disk, Disk) and magnetogram.view == "full_disk" and np.nan_to_num(why.map).any():
            draw_region_names(axes, disk, own, size=SMALL, inches=inches, to_axes=_arcsec(disk))
    _draw_key(key, magnetogram, explanations, inches=grid.key)
    head = headline(magnetogram, trained_on=trained_on)
    figure.suptitle(head if title is None else f"{head}  ·  {title}", fontsize=8.5, color=INK)
    return figure


def _panels(figure: Figure, grid: PanelGrid, count: int) -> tuple[list[Axes], Axes]:
    """The field and the methods, row by row, and the key in what is left."""
    places = figure.add_gridspec(len(grid.rows), grid.across, height_ratios=grid.rows)
    panels = [figure.add_subplot(places[divmod(k, grid.across)]) for k in range(count)]
    row, column = divmod(count, grid.across)
    return panels, figure.add_subplot(places[row, column:])


def _aspect(magnetogram: Magnetogram) -> float:
    """Height of a panel over its width."""
    rows, columns = magnetogram.field.shape
    return 1.0 if magnetogram.view == "full_disk" else rows / columns


def _draw_field(axes: Axes, m: Magnetogram, saturate_gauss: float) -> None:
    limit = saturate_gauss if m.encoding == "gauss" else 127.5
    axes.imshow(
        np.ma.masked_invalid(m.signed), cmap="gray", vmin=-limit, vmax=limit, origin="lower",
        extent=_extent(m), interpolation="antialiased",
    )  # fmt: skip
    said = f"magnetogram, ±{limit:g} G" if m.encoding == "gauss" else "magnetogram, 8-bit grey"
    axes.set_title(said, fontsize=SMALL + 1, color=INK, loc="left")


def _draw_map(axes: Axes, m: Magnetogram, why: Explanation) -> None:
    """The map over the faint field; stronger values cover it more."""
    from scipy.ndimage import gaussian_filter

    gauss = m.encoding == "gauss"
    limit = 500.0 if gauss else 127.5
    axes.imshow(
        np.ma.masked_invalid(m.signed), cmap=FIELD, vmin=-limit, vmax=limit, origin="lower",
        extent=_extent(m), interpolation="antialiased",
    )  # fmt: skip
    signed, values = has_sign(why), np.nan_to_num(why.map)
    smooth = gaussian_filter(values if signed else np.abs(values), _sigma(m))
    top = float(np.abs(smooth).max())
    scaled = smooth / top if top > 0.0 else smooth
    axes.imshow(
        np.ma.masked_where(~np.isfinite(m.field), scaled), cmap=SPEAKS if signed else SIZES, vmin=-1.0,
        vmax=1.0, origin="lower", extent=_extent(m), alpha=np.clip(2.0 * np.abs(scaled), 0.0, 1.0),
        interpolation="nearest",
    )  # fmt: skip
    said = method_name(why) if signed else f"{method_name(why)}, sign not shown"
    axes.set_title(said, fontsize=SMALL + 1, color=INK, loc="left")
    if top == 0.0:
        axes.text(
            0.5, 0.5, "zero everywhere:\nnothing to draw", transform=axes.transAxes, fontsize=SMALL + 1,
            color=INK, ha="center", va="center", bbox={"facecolor": "white", "edgecolor": INK, "lw": 0.5},
        )  # fmt: skip


def _draw_sky(axes: Axes, m: Magnetogram) -> None:
    """Limb, grid and axes."""
    if m.view != "full_disk" or not isinstance(m.geometry, Disk):
        draw_places(axes, m)
        tidy(axes, frame=True)
        _thin(axes)
        known = m.place is not None
        axes.set_xlabel("Stonyhurst longitude" if known else "pixels", fontsize=SMALL, color=INK)
        axes.set_ylabel("latitude" if known else "pixels", fontsize=SMALL, color=INK)
    else:
        disk, scale = m.geometry, m.geometry.arcsec_per_pixel
        to_arcsec = _arcsec(disk)
        for x, y in lines(disk, m.field.shape, whole_disk=True):
            axes.plot(*to_arcsec(x, y), color="#1f4e79", linewidth=0.4, alpha=0.6, linestyle=(0, (1, 2)))
        axes.add_patch(Circle((0.0, 0.0), disk.radius * scale, fill=False, edgecolor=INK, linewidth=0.6))
        half = MARGIN * disk.radius * scale
        axes.set(xlim=(-half, half), ylim=(-half, half), aspect="equal")
        tidy(axes, frame=True)
        axes.set(xticks=(-1000, -500, 0, 500, 1000), yticks=(-1000, -500, 0, 500, 1000))
        turned = f", solar north turned {disk.roll:+.1f}°" if abs(disk.roll) > 0.05 else ""
        axes.set_xlabel(f"helioprojective x (arcsec){turned}", fontsize=SMALL, color=INK)
        axes.set_ylabel("helioprojective y (arcsec)", fontsize=SMALL, color=INK)
    axes.tick_params(labelsize=SMALL - 0.5, length=2.0, pad=1.5)
    axes.xaxis.labelpad = axes.yaxis.labelpad = 1.0
    if not axes.get_subplotspec().is_first_col():  # type: ignore[union-attr]
        axes.set_ylabel("")
        axes.tick_params(labelleft=False)


def _draw_key(axes: Axes, m: Magnetogram, explanations: Sequence[Explanation], *, inches: float) -> None:
    """The colour bar of all panels, and what they show."""
    axes.set_axis_off()
    colours = ScalarMappable(Normalize(-1.0, 1.0), SPEAKS)
    beside = axes.inset_axes((0.06, 0.86, min(0.88, BAR / inches), 0.05))
    bar = axes.figure.colorbar(colours, cax=beside, orientation="horizontal")
    bar.set_ticks([-1.0, 0.0, 1.0], labels=["against a flare", "0", "for a flare"])
    low, _, high = bar.ax.get_xticklabels()
    low.set_horizontalalignment("left")
    high.set_horizontalalignment("right")
    bar.ax.tick_params(labelsize=SMALL, width=0.6, length=2.0, pad=1.5)
    bar.outline.set_linewidth(0.6)
    said = textwrap.fill(_words(m, explanations), int(LETTERS * inches))
    words = axes.annotate(
        said, (0.06, 0.86), (0.0, -18.0), xycoords="axes fraction", textcoords="offset points",
        fontsize=SMALL, color=INK, va="top", linespacing=1.3, annotation_clip=False,
    )  # fmt: skip
    words.set_in_layout(False)  # there is room: see ``panel_grid``


def _words(m: Magnetogram, explanations: Sequence[Explanation]) -> str:
    degrees = getattr(m.geometry, "degrees_per_pixel", None)
    arcsec = m.geometry.arcsec_per_pixel if isinstance(m.geometry, Disk) else None
    sigma = _sigma(m)
    width = f"{sigma:.0f} pixels"
    if degrees is not None:
        width = f"{sigma * degrees:.2f}°"
    elif arcsec is not None:
        width = f"{sigma * arcsec:.0f} arcsec"
    said = [f"Each map is divided by its own largest value, after smoothing with σ\u00a0=\u00a0{width}."]
    if not all(has_sign(why) for why in explanations):
        said.append("Purple: size alone; the sign says neither for nor against.")
    if m.view == "full_disk":
        said.append("Names: active regions, with their share of the map's absolute values.")
    using = [why for why in explanations if has_baseline(why)]
    baselines = dict.fromkeys(why.baseline.replace("_", " ") for why in using)
    said += [f"Baseline: {', '.join(baselines)}."] if baselines else []
    promised = [why for why in explanations if "completeness" in why.checks]
    errors = {method_name(why): why.checks["completeness"] for why in promised}
    if errors:
        each = [
            f"{name} {f'{100 * error:.2g}' if error >= 1e-4 else 'below 0.01'}\u00a0%"
            for name, error in errors.items()
        ]
        said.append(f"Completeness error: {', '.join(each)}.")
    return " ".join(said)


def _thin(axes: Axes) -> None:
    """At most four numbers along an axis, as panels are small, and none outside the image."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        texts = [text.get_text() for text in axis.get_ticklabels()]
        seen = [(k, t) for k, t in zip(axis.get_ticklocs(), texts, strict=True) if low <= k <= high]
        chosen = seen[:: math.ceil(len(seen) / 4) or 1]
        if any(texts):
            axis.set_ticks([k for k, _ in chosen], [t for _, t in chosen])


def _arcsec(disk: Disk) -> Callable[[Any, Any], tuple[Any, Any]]:
    """From pixels to arcseconds from the disk's centre, west and north positive."""
    return lambda x, y: (
        (x - disk.x_centre) * disk.arcsec_per_pixel,
        (y - disk.y_centre) * disk.arcsec_per_pixel,
    )


def _extent(m: Magnetogram) -> tuple[float, float, float, float]:
    """Edges of the image in the units of the axes."""
    rows, columns = m.field.shape
    if m.view != "full_disk" or not isinstance(m.geometry, Disk):
        return -0.5, columns - 0.5, -0.5, rows - 0.5
    to_arcsec = _arcsec(m.geometry)
    (x0, y0), (x1, y1) = to_arcsec(-0.5, -0.5), to_arcsec(columns - 0.5, rows - 0.5)
    return x0, x1, y0, y1


def _sigma(m: Magnetogram) -> float:
    return max(1.0, SMOOTHING * math.sqrt(m.field.shape[0] * m.field.shape[1]))
