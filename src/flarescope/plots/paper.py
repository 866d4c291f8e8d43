"""What all figures share: sizes and colours for print, and the way to a file or a page."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from flarescope.errors import BadOptionError
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "BLUE",
    "COLUMN",
    "GREY",
    "INK",
    "ORANGE",
    "PAGE",
    "VERMILION",
    "blank",
    "check_format",
    "data_uri",
    "save",
    "tidy",
]

COLUMN, PAGE = 3.5, 7.2  # widths in inches of one and of two columns of a journal
INK, GREY, ORANGE, BLUE, VERMILION = "#1a1a1a", "#767676", "#e69f00", "#0072b2", "#d55e00"
TEXT = 8.0  # points
FORMATS = {".png": "png", ".pdf": "pdf", ".svg": "svg"}


def blank(width: float, height: float) -> Figure:
    """An empty figure of this size in inches, on white, that fits its parts together by itself."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def tidy(axes: Axes, *, xlabel: str = "", ylabel: str = "", title: str = "", frame: bool = False) -> None:
    """Type sizes, thin lines and, unless ``frame``, no box: only the left and the lower axis."""
    axes.set_xlabel(xlabel, fontsize=TEXT, color=INK)
    axes.set_ylabel(ylabel, fontsize=TEXT, color=INK)
    if title:
        axes.set_title(title, fontsize=TEXT + 1, color=INK, loc="left")
    axes.tick_params(labelsize=TEXT - 0.5, width=0.6, length=3, color=INK, labelcolor=INK)
    for side, spine in axes.spines.items():
        spine.set_linewidth(0.6)
        spine.set_color(INK)
        spine.set_visible(frame or side in {"left", "bottom"})


def check_format(path: str | Path) -> None:
    """Can a figure be written under this name? A ``BadOptionError`` if not, before any work is done."""
    if Path(path).suffix.lower() not in FORMATS:
        raise BadOptionError(
            f"A figure cannot be written as '{Path(path).name}'. "
            f"Accepted: names ending in {', '.join(FORMATS)}."
        )


def save(figure: Figure, path: str | Path, *, dpi: int = 300) -> Path:
    """Write a figure as PNG, PDF or SVG, by the path's suffix; the file appears whole or not at all.

    Raises:
        BadOptionError: another suffix, or a place that cannot be written.
    """
    path = Path(path)
    check_format(path)
    return write_whole(path, _draw(figure, FORMATS[path.suffix.lower()], dpi))


def data_uri(figure: Figure, *, form: str = "svg", dpi: int = 200) -> str:
    """A figure as text that an ``<img src>`` can hold: ``form`` "svg" (lines) or "png" (large images)."""
    kinds = {"svg": "image/svg+xml", "png": "image/png"}
    if form not in kinds:
        raise BadOptionError(f"Form '{form}' is not accepted: {' or '.join(kinds)}.")
    return f"data:{kinds[form]};base64,{base64.b64encode(_draw(figure, form, dpi)).decode()}"


def _draw(figure: Figure, form: str, dpi: int) -> bytes:
    memory = io.BytesIO()
    stamp: dict[str, None] = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}[form]
    with matplotlib.rc_context({"svg.hashsalt": "flarescope", "pdf.fonttype": 42}):
        figure.savefig(memory, format=form, dpi=dpi, metadata=stamp)
    return memory.getvalue()
