"""A network as boxes and arrows, drawn from the graph of its own code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import FancyBboxPatch

from flarescope.errors import BadOptionError
from flarescope.plots.paper import GREY, INK, TEXT, blank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from flarescope.models.graph import Layer

__all__ = ["architecture_figure"]

WORDS = {
    "Conv2d": "convolution", "MaxPool2d": "max-pool", "AvgPool2d": "average", "BatchNorm2d": "batch norm",
    "AdaptiveAvgPool2d": "global average", "Linear": "fully connected", "Flatten": "flatten",
    "LeakyReLU": "leaky ReLU", "ReLU": "ReLU", "Softshrink": "soft threshold", "LogOnePlus": "log (1 + sum)",
}  # fmt: skip
FILLS = {"Conv2d": "#cfe3f2", "MaxPool2d": "#fbe3b5", "AvgPool2d": "#fbe3b5", "AdaptiveAvgPool2d": "#fbe3b5",
         "Linear": "#f4cdb8"}  # fmt: skip
BOX, THIN, GAP, STEP = 0.32, 0.17, 0.17, 1.72  # inches: tall and flat boxes, between levels, between branches
WIDTH, ASIDE = 1.56, 0.07


def architecture_figure(layers: Sequence[Layer], *, title: str = "", given: str = "magnetogram") -> Figure:
    """What happens to a magnetogram on its way to the answer?

    One box a layer, from the image at the top to the answer at the bottom: its kind, window and filters, and
    in the lower line the shape of what it gives (channels × height × width). Branches stand side by side;
    batch normalisation and activation are flat boxes.

    Args:
        layers: as ``models.graph.layers`` found them.
        title: above the drawing.
        given: what enters, with its size.

    Raises:
        BadOptionError: no layer.
    """
    if not layers:
        raise BadOptionError("There is no layer to draw. Give a network with at least one.")
    level, column = _levels(layers), _columns(layers)
    heights = [max(_height(k) for k, at in zip(layers, level, strict=True) if at == n)
               for n in range(max(level) + 1)]  # fmt: skip
    tops = [sum(heights[:n]) + (n + 1) * GAP for n in range(len(heights))]
    wide, tall = STEP * (max(column) - min(column)) + WIDTH + 0.3, tops[-1] + heights[-1] + 0.15
    figure = blank(max(wide, 3.2), tall + 0.55)
    axes = figure.add_subplot()
    middle = [-(tops[n] + heights[n] / 2) for n in level]
    for layer, x, y in zip(layers, column, middle, strict=True):
        _box(axes, layer, STEP * x, y)
    _arrows(axes, layers, [STEP * x for x in column], middle)
    axes.text(0.0, 0.05, given, ha="center", va="bottom", fontsize=TEXT - 0.5, color=INK)
    half = max(wide, 3.2) / 2
    centre = STEP * (max(column) + min(column)) / 2
    axes.set(xlim=(centre - half, centre + half), ylim=(-tall, 0.25), aspect="equal")
    axes.axis("off")
    if title:
        axes.set_title(title, fontsize=TEXT + 1, color=INK)
    return figure


def _levels(layers: Sequence[Layer]) -> list[int]:
    """How many layers lie before each, along the longest way."""
    found: list[int] = []
    for layer in layers:
        found.append(max((found[k] + 1 for k in layer.sources), default=0))
    return found


def _columns(layers: Sequence[Layer]) -> list[float]:
    """Branches spread out from where they part and come together where they meet."""
    children: dict[tuple[int, ...], list[int]] = {}
    for k, layer in enumerate(layers):
        children.setdefault(layer.sources, []).append(k)
    found: list[float] = []
    for k, layer in enumerate(layers):
        siblings = children[layer.sources]
        start = sum(found[s] for s in layer.sources) / len(layer.sources) if layer.sources else 0.0
        found.append(start + siblings.index(k) - (len(siblings) - 1) / 2)
    return found


def _height(layer: Layer) -> float:
    return BOX if layer.kind in FILLS or layer.kind not in WORDS else THIN


def _box(axes: Axes, layer: Layer, x: float, y: float) -> None:
    height = _height(layer)
    axes.add_patch(FancyBboxPatch(
        (x - WIDTH / 2, y - height / 2), WIDTH, height, boxstyle="round,pad=0,rounding_size=0.04",
        facecolor=FILLS.get(layer.kind, "white"), edgecolor=INK if height == BOX else GREY, linewidth=0.6,
    ))  # fmt: skip
    words = WORDS.get(layer.kind, layer.kind)
    if layer.kernel:
        words += f" {layer.kernel}×{layer.kernel}"
    if layer.stride > 1:
        words += f", step {layer.stride}"
    if height == BOX:
        words += "\n" + " × ".join(map(str, layer.shape))
    axes.text(x, y - 0.006, words, ha="center", va="center", fontsize=TEXT - 1.5, color=INK, linespacing=1.15)


def _arrows(axes: Axes, layers: Sequence[Layer], x: list[float], y: list[float]) -> None:
    """Down from each source, across half-way above the box it feeds, and down into it.

    What skips layers of its own column goes round them on the right.
    """
    arrow = {"arrowstyle": "-|>,head_width=0.1,head_length=0.2", "linewidth": 0.6, "color": GREY,
             "shrinkA": 0, "shrinkB": 0}  # fmt: skip
    for k, layer in enumerate(layers):
        top = y[k] + _height(layer) / 2
        across, round_by = top + 0.6 * GAP, 0.0
        for s in reversed(layer.sources):
            if any(x[m] == x[s] == x[k] and y[k] < y[m] < y[s] for m in range(len(layers))):
                round_by += ASIDE
                side = x[s] + WIDTH / 2 + round_by
                axes.plot([x[s], side, side, x[k]], [y[s], y[s], across, across], color=GREY,
                          linewidth=0.6, zorder=0)  # fmt: skip
            else:
                bottom = y[s] - _height(layers[s]) / 2
                axes.plot([x[s], x[s], x[k]], [bottom, across, across], color=GREY, linewidth=0.6, zorder=0)
        axes.annotate("", (x[k], top), (x[k], across if layer.sources else top + GAP), arrowprops=arrow)
