"""Names of active regions beside their shares, on a picture of the disk, without one covering another."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from matplotlib.patheffects import withStroke

from flarescope.forecast import percent
from flarescope.plots.paper import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from flarescope.explain.shares import RegionShare
    from flarescope.geometry import Disk

__all__ = ["draw_region_names", "places_for_labels"]

MOST_NAMES = 6
LEAST_SHARE = 0.02
Box: TypeAlias = tuple[float, float, float, float]  # west, south, east, north edges are x0, y0, x1, y1
Point: TypeAlias = tuple[float, float]


def draw_region_names(
    axes: Axes,
    disk: Disk,
    shares: Sequence[RegionShare],
    *,
    size: float,
    inches: float,
    to_axes: Callable[[float, float], Point] = lambda x, y: (x, y),
) -> None:
    """Write the name and share of the strongest regions beside them, and what lies elsewhere in the corner.

    Args:
        axes: with their limits set.
        disk: where a place on the Sun lies in the image.
        shares: of the regions, "elsewhere" with region None.
        size: of the type in points.
        inches: width of the axes on paper, about: how much room a word takes depends on it.
        to_axes: from pixels to the units of the axes.
    """
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    point = abs(right - left) / (72.0 * inches)  # in units of the axes
    marked, texts = [], []
    for share in shares:
        if share.region is not None and share.region.position is not None and share.share >= LEAST_SHARE:
            where = disk.pixel(share.region.position.longitude, share.region.position.latitude)
            if math.isfinite(float(where[0])):
                marked.append(to_axes(float(where[0]), float(where[1])))
                texts.append(f"{share.name}  {percent(share.share)}")
    marked, texts = marked[:MOST_NAMES], texts[:MOST_NAMES]
    centre = to_axes(disk.x_centre, disk.y_centre)
    words = [(0.6 * size * len(text) * point, 1.25 * size * point) for text in texts]
    frame = (left, bottom + 1.6 * size * point, right, top)  # the corner's line is left free
    found = places_for_labels(marked, words, centre, frame, gap=size * point)
    white = [withStroke(linewidth=1.6, foreground="white")]
    for (x, y), text, word, place in zip(marked, texts, words, found, strict=True):
        axes.plot(x, y, "o", markersize=4.0, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=0.6)
        if place is not None:
            end = _edge((x, y), place, word)
            axes.plot([x, end[0]], [y, end[1]], color=INK, linewidth=0.4)
            axes.text(*place, text, fontsize=size, color=INK, ha="center", va="center", path_effects=white)
    for share in shares:
        if share.region is None:
            corner = f"{share.name}  {percent(share.share)}"
            axes.text(0.02, 0.015, corner, fontsize=size, color=INK, transform=axes.transAxes)


def places_for_labels(
    marked: Sequence[Point], words: Sequence[tuple[float, float]], centre: Point, frame: Box, *, gap: float
) -> list[Point | None]:
    """Where do labels stand so that none covers another, or another's mark?

    Each is tried at growing distances from its mark, outward from the disk's centre first.

    Args:
        marked: the marks.
        words: width and height of each label.
        centre: of the disk.
        frame: no label reaches beyond it.
        gap: the smallest step away from a mark.

    Returns:
        The middle of each label; None where there is no room near its mark.
    """
    taken = [_box(mark, (0.8 * gap, 0.8 * gap)) for mark in marked]
    found: list[Point | None] = []
    for mark, word in zip(marked, words, strict=True):
        others = [box for box in taken if not _covers(box, mark)]
        place = next(
            (p for p in _tries(mark, word, centre, gap) if _fits(mark, p, word, others, frame)), None
        )
        found.append(place)
        if place is not None:
            line = _line(mark, place)
            taken += [_box(place, word), *(_box(point, (0.2 * gap, 0.2 * gap)) for point in line[2:])]
    return found


def _tries(mark: Point, word: tuple[float, float], centre: Point, gap: float) -> Iterator[Point]:
    outward = math.atan2(mark[1] - centre[1], mark[0] - centre[0])
    for ring in np.arange(0.8, 8.0, 0.6):
        for turn in sorted(range(-16, 17), key=abs):
            angle = outward + turn * math.pi / 16.0
            along, up = math.cos(angle), math.sin(angle)
            yield (
                mark[0] + along * (float(ring) * gap + 0.5 * word[0]),
                mark[1] + up * (float(ring) * gap + 0.5 * word[1]),
            )


def _box(middle: Point, size: tuple[float, float]) -> Box:
    (x, y), (width, height) = middle, size
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _line(mark: Point, place: Point) -> list[Point]:
    """Points on the way from a mark to its label."""
    return [
        (mark[0] + k / 16 * (place[0] - mark[0]), mark[1] + k / 16 * (place[1] - mark[1])) for k in range(17)
    ]


def _edge(mark: Point, place: Point, word: tuple[float, float]) -> Point:
    """Where the line from the mark meets the label."""
    x, y = mark[0] - place[0], mark[1] - place[1]
    inside = min(word[0] / 2 / max(abs(x), 1e-9), word[1] / 2 / max(abs(y), 1e-9), 1.0)
    return place[0] + inside * x, place[1] + inside * y


def _fits(mark: Point, place: Point, word: tuple[float, float], others: Sequence[Box], frame: Box) -> bool:
    """Is the label inside, on nothing else, and its line across no other label or mark?"""
    box = _box(place, word)
    inside = box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]
    if not inside or _covers(box, mark):
        return False
    if any(box[0] < o[2] and o[0] < box[2] and box[1] < o[3] and o[1] < box[3] for o in others):
        return False
    return not any(_covers(other, point) for point in _line(mark, place) for other in others)


def _covers(box: Box, point: Point) -> bool:
    return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]
