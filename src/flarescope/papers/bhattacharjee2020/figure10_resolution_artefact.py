"""Figure 10: the size at which CNN-2's output peaks moves with the frame, since frames are resized."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from flarescope.papers.bhattacharjee2020.bipoles import SIZE, band, frames_of, models, over_models, probed
from flarescope.papers.bhattacharjee2020.held_out import KIND_WORDS
from flarescope.synthetic.probe_bipole import DEGREES_PER_PIXEL, FRAME

if TYPE_CHECKING:
    from flarescope.explain.probe_peaks import PeaksOverFrames
    from flarescope.papers.claims import DataKind, Finding
    from flarescope.papers.reproduction import Desk
    from flarescope.plots.probes import Panel

__all__ = ["figure10_ratio", "figure10_x", "figure10_y"]

Side = Literal["width", "height"]


def figure10_x(desk: Desk) -> list[Finding]:
    """Left: the high peak follows the frame's width; and how much the frame alone changes the answer."""
    from flarescope.explain.probe_measures import measure

    kind = _kind(desk)
    made = models(desk, kind)
    found = [frames_of(one) for one in made]
    shares = [measure(probed(one.folder)).frame_dependence for one in made]
    figure = _figure(desk, kind, found, "width", "high")
    note = f"{KIND_WORDS[kind]}, frames 400 to 1200 pixels wide and {FRAME[1]} high"
    return [
        over_models("moves", kind, [_slope(one, "width", one.high) for one in found], note=note,
                    figure=figure, missing="a high peak in three frames"),
        over_models("same_bipole", kind, shares, figure=figure,
                    note=f"{KIND_WORDS[kind]}, frames of 200 to 1200 pixels, over the range with the radius"),
    ]  # fmt: skip


def figure10_y(desk: Desk) -> list[Finding]:
    """Centre: the low peak follows the frame's height."""
    kind = _kind(desk)
    found = [frames_of(one) for one in models(desk, kind)]
    figure = _figure(desk, kind, found, "height", "low")
    high = [round(_slope(one, "height", one.high)) for one in found if np.isfinite(one.high).sum() >= 3]
    note = (
        f"{KIND_WORDS[kind]}, frames {FRAME[0]} pixels wide, 220 to 700 high; slopes of the high peak with "
        f"the same y-resolution: {', '.join(map(str, high)) or 'none'}"
    )
    return [
        over_models("moves", kind, [_slope(one, "height", one.low) for one in found], note=note,
                    figure=figure, missing="a low peak in three frames"),
    ]  # fmt: skip


def figure10_ratio(desk: Desk) -> list[Finding]:
    """Right: the ratio of the peaks' radii against the frame's aspect ratio."""
    from flarescope.plots.probes import Band, Panel, panels_figure

    kind = _kind(desk)
    found = [frames_of(one) for one in models(desk, kind)]
    curves = {f"split {number}": (one.aspect_ratio, Band(one.ratio)) for number, one in enumerate(found[:6])}
    panel = Panel(curves, "aspect ratio (width over height)", "ratio of the peaks' radii", unit=False,
                  dots=frozenset(curves))  # fmt: skip
    figure = desk.figure("figure10_ratio", panels_figure([panel], title=_title(kind, found)))
    note, missing = f"{KIND_WORDS[kind]}, ten frames", "both peaks in three frames of different shape"
    return [
        over_models("correlated", kind, [_correlation(one) for one in found], note=note, figure=figure,
                    missing=missing),
        over_models("factor", kind, [_median(one.ratio / one.aspect_ratio) for one in found], note=note,
                    figure=figure, missing="both peaks in three frames"),
    ]  # fmt: skip


def _kind(desk: Desk) -> DataKind:
    """Only regions in frames of many sizes teach a frame's size: not the patches with one field of view."""
    return "real" if desk.sharps else "synthetic"


def _slope(found: PeaksOverFrames, side: Side, peak: np.ndarray) -> float:
    """Of a peak's radius in Mm over the resolution in degrees a pixel, where only this side varies."""
    chosen = _varied(found, side) & np.isfinite(peak)
    if chosen.sum() < 3:
        return float("nan")
    return float(np.polyfit(_resolution(found, side)[chosen], peak[chosen], 1)[0])


def _varied(found: PeaksOverFrames, side: Side) -> np.ndarray:
    """Frames in which the other side is the paper's."""
    return np.asarray(found.height == FRAME[1] if side == "width" else found.width == FRAME[0])


def _resolution(found: PeaksOverFrames, side: Side) -> np.ndarray:
    """Degrees a pixel after resizing."""
    return np.asarray(getattr(found, side) * DEGREES_PER_PIXEL / SIZE)


def _correlation(found: PeaksOverFrames) -> float:
    known = np.isfinite(found.ratio)
    x, y = found.aspect_ratio[known], found.ratio[known]
    if len(np.unique(x)) < 3 or np.ptp(y) == 0.0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) >= 3 else float("nan")


def _figure(
    desk: Desk, kind: DataKind, found: list[PeaksOverFrames], side: Side, peak: Literal["low", "high"]
) -> str:
    from flarescope.plots.probes import Band, Panel, panels_figure

    chosen = np.flatnonzero(_varied(found[0], side))
    _, first = np.unique(getattr(found[0], side)[chosen], return_index=True)
    chosen = chosen[first]
    x = _resolution(found[0], side)[chosen]
    axis = "x" if side == "width" else "y"
    curves = {
        f"{degrees:.3f}°": (found[0].radius_mm, band([one.logits[index] for one in found]))
        for degrees, index in zip(x, chosen, strict=True)
    }
    spots = {f"split {i}": (x, Band(getattr(one, peak)[chosen])) for i, one in enumerate(found[:6])}
    panels: list[Panel] = [
        Panel({name: (r, Band(b.y)) for name, (r, b) in curves.items()},
              title=f"{axis}-resolution, mean of the models"),
        Panel(spots, f"{axis}-resolution (degrees a pixel)", f"radius of the {peak} peak (Mm)",
              unit=False, dots=frozenset(spots), title=f"the {peak} peak of each model"),
    ]  # fmt: skip
    return desk.figure(f"figure10_{axis}", panels_figure(panels, title=_title(kind, found)))


def _title(kind: DataKind, found: list[PeaksOverFrames]) -> str:
    return f"CNN-2, {KIND_WORDS[kind]}, {len(found)} splits"
