"""Panels of one shape and a key on a page: as many across as leave the least of it empty."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["PanelGrid", "panel_grid"]

LEAST_ACROSS = 1.8  # inches of page a panel needs for its title
BESIDE, BELOW, HEAD = 0.35, 0.4, 0.35  # inches: numbers left of a row, words around a panel, headline
GAP = 0.08  # inches between panels
KEY = 1.4  # inches that a key needs in height; a row of its own, where its words have room, fewer
KEY_ROW = 0.95
TALLEST = 1.0  # height of the page, in its widths


@dataclass(frozen=True)
class PanelGrid:
    """Where panels and key go: row by row, the key in what the last row leaves, or in a row of its own.

    Attributes:
        across: panels in a row.
        rows: height of each row in inches.
        height: of the whole page in inches.
        filled: share of the page that panels cover, about.
        key: width in inches that the words of the key have.
    """

    across: int
    rows: tuple[float, ...]
    height: float
    filled: float
    key: float


def panel_grid(panels: int, aspect: float, width: float) -> PanelGrid:
    """How are panels of this shape laid out on a page of this width, with one key?

    Args:
        panels: how many, without the key.
        aspect: of a panel, height over width.
        width: of the page in inches.

    Returns:
        The grid whose panels cover most of the page, no taller than wide.

    Example:
        >>> panel_grid(5, 1.0, 7.2).across, panel_grid(5, 0.4, 7.2).across
        (3, 2)
    """
    most = max(1, min(panels + 1, int(width / LEAST_ACROSS)))
    return max(
        (_grid(panels, across, aspect, width) for across in range(1, most + 1)), key=lambda g: g.filled
    )


def _grid(panels: int, across: int, aspect: float, width: float) -> PanelGrid:
    """With so many panels in a row, as large as the page allows."""
    down, free = math.ceil(panels / across), -panels % across
    own_row = 0 if free else 1
    wide = (width - BESIDE) / across - GAP
    most = (TALLEST * width - HEAD - own_row * KEY_ROW) / down - BELOW
    tall = min(wide * aspect, most)
    rows = [tall + BELOW] * down + [KEY_ROW] * own_row
    if free:
        rows[-1] = max(rows[-1], KEY)
    height = HEAD + sum(rows)
    filled = panels * tall * (tall / aspect) / (width * height)
    return PanelGrid(across, tuple(rows), height, filled, (free or across) * width / across - BESIDE)
