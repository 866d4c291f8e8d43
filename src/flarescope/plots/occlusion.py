"""Figure 12 of Bhattacharjee et al. 2020: magnetograms with what the network looks at outlined in red."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.figure import Figure

from flarescope.plots.paper import ORANGE, PAGE, blank, tidy

__all__ = ["Panel", "occlusion_figure"]

SATURATION = 500.0  # gauss
RED = "#e4002b"
ACROSS = 2


@dataclass(frozen=True, eq=False)
class Panel:
    """One magnetogram.

    Attributes:
        title: above it.
        field: gauss, row 0 the southernmost.
        red: the red region.
        line: the polarity inversion line.
        megametres: side of a pixel.
    """

    title: str
    field: Float[np.ndarray, "y x"]
    red: Bool[np.ndarray, "y x"]
    line: Bool[np.ndarray, "y x"]
    megametres: float


def occlusion_figure(panels: Sequence[Panel], words: str) -> Figure:
    """Field from −500 G (black) to 500 G (white), the red region outlined, the inversion line in orange.

    Args:
        panels: the magnetograms.
        words: below them: network, reading, stride.
    """
    lines = -(-len(panels) // ACROSS)
    figure = blank(PAGE, 0.5 + 2.0 * lines)
    for place, panel in enumerate(panels):
        axes = figure.add_subplot(lines, ACROSS, place + 1)
        height, width = (side * panel.megametres for side in panel.field.shape)
        box = (0.0, width, 0.0, height)
        field = np.clip(np.nan_to_num(panel.field), -SATURATION, SATURATION)
        axes.imshow(field, cmap="gray", origin="lower", extent=box, vmin=-SATURATION, vmax=SATURATION)
        veil = np.zeros((*panel.line.shape, 4))
        veil[panel.line] = [*(int(ORANGE[k : k + 2], 16) / 255 for k in (1, 3, 5)), 1.0]
        axes.imshow(veil, origin="lower", extent=box, interpolation="nearest")
        if panel.red.any():
            x, y = ((np.arange(side) + 0.5) * panel.megametres for side in panel.field.shape[::-1])
            axes.contour(x, y, panel.red.astype(float), [0.5], colors=RED, linewidths=1.2)
        tidy(axes, title=panel.title, frame=True, xlabel="Mm", ylabel="Mm" if place % ACROSS == 0 else "")
    figure.supxlabel(words, fontsize=7.5)
    return figure
