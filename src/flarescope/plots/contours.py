"""An attribution map as contours over the field, and the words that say what they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.lines import Line2D

from flarescope.plots.paper import BLUE, ORANGE, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from flarescope.forecast import Explanation
    from flarescope.sun import Magnetogram

__all__ = ["SIZE", "contour_levels", "draw_contours", "has_sign"]

SIZE = "#882255"  # of maps without a sign: neither for nor against
LEVELS = (0.25, 0.5, 0.75)  # of the largest absolute attribution after smoothing
SMOOTHING = 0.012  # standard deviation as a share of the image's mean side
MOST_PIXELS = 1024  # a side; contours of larger images are drawn on every second, third, … pixel


def contour_levels(smoothed: np.ndarray) -> tuple[list[float], list[float]]:
    """Which values do the contours follow? (positive, negative), each ascending; none where all is zero."""
    top = float(np.abs(smoothed).max())
    wanted = [share * top for share in LEVELS if top > 0.0]
    above = [level for level in wanted if smoothed.max() > level]
    below = [-level for level in reversed(wanted) if smoothed.min() < -level]
    return above, below


def has_sign(explanation: Explanation) -> bool:
    """Does a positive value speak for a flare? Otherwise the size alone is drawn."""
    from flarescope.explain import METHODS

    return explanation.method not in METHODS or METHODS[explanation.method].signed


def draw_contours(figure: Figure, axes: Axes, magnetogram: Magnetogram, explanation: Explanation) -> None:
    """Solid orange where the map speaks for a flare, dashed blue where against; the legend says the rest.

    Of a method whose sign says something else, the size: solid purple.
    """
    from scipy.ndimage import gaussian_filter

    rows, columns = magnetogram.field.shape
    sigma = max(1.0, SMOOTHING * math.sqrt(rows * columns))
    signed, values = has_sign(explanation), np.nan_to_num(explanation.map)
    smoothed = gaussian_filter(values if signed else np.abs(values), sigma)
    above, below = contour_levels(smoothed)
    handles = []
    if above:
        colour, said = (ORANGE, "speaks for a flare") if signed else (SIZE, "|attribution|, sign not shown")
        handles.append(_draw(axes, smoothed, above, colour, "solid", said))
    if below:
        handles.append(_draw(axes, smoothed, below, BLUE, "dashed", "speaks against a flare"))
    figure.legend(
        handles=handles, loc="outside lower left", ncols=2, fontsize=TEXT - 0.5, frameon=False,
        title=_words(magnetogram, explanation, sigma) if handles else _nothing(explanation),
        title_fontsize=TEXT - 0.5, alignment="left",
    )  # fmt: skip


def _draw(
    axes: Axes,
    smoothed: np.ndarray,
    levels: list[float],
    colour: str,
    style: Literal["solid", "dashed"],
    label: str,
) -> Line2D:
    """Contours with a white edge, to stand out from black and from white field; thicker is stronger."""
    step = math.ceil(max(smoothed.shape) / MOST_PIXELS)
    x, y = np.arange(0, smoothed.shape[1], step), np.arange(0, smoothed.shape[0], step)
    drawn, top = smoothed[::step, ::step], float(np.abs(smoothed).max())
    widths = [0.5 + abs(level) / top for level in levels]
    axes.contour(
        x,
        y,
        drawn,
        levels,
        colors="white",
        linewidths=[w + 0.9 for w in widths],
        linestyles="solid",
        alpha=0.7,
    )
    axes.contour(x, y, drawn, levels, colors=colour, linewidths=widths, linestyles=style)
    return Line2D([], [], color=colour, linestyle=style, linewidth=1.2, label=label)


def _words(magnetogram: Magnetogram, explanation: Explanation, sigma: float) -> str:
    scale = getattr(magnetogram.geometry, "degrees_per_pixel", None)
    smoothing = f"{sigma * scale:.2f}°" if scale else f"{sigma:.0f} pixels"
    complete = explanation.checks.get("completeness")
    error = "" if complete is None else f"; completeness error {100 * complete:.2g} %"
    levels = ", ".join(f"{100 * share:.0f}" for share in LEVELS)
    against = f"baseline {explanation.baseline.replace('_', ' ')}"
    if not has_baseline(explanation):
        against = "no baseline"
    return (
        f"{method_name(explanation)} ({against}{error}).\n"
        f"Contours at {levels} % of the largest |attribution|, smoothed with σ = {smoothing}."
    )


def _nothing(explanation: Explanation) -> str:
    return f"{method_name(explanation)}: the map is zero everywhere, so there is nothing to draw."


def has_baseline(explanation: Explanation) -> bool:
    """Does the method compare with anything? Guided Grad-CAM does not."""
    from flarescope.explain import METHODS

    return explanation.method not in METHODS or METHODS[explanation.method].uses_baseline


def method_name(explanation: Explanation) -> str:
    """The method as people write it."""
    words = {"deep_shap": "Deep SHAP", "guided_grad_cam": "Guided Grad-CAM"}
    return words.get(explanation.method, explanation.method.replace("_", " ").title())
