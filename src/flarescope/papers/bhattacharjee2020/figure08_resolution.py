"""Figure 8: how coarse do frames of different sizes become when all are resized to 256 pixels?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import MissingDataError
from flarescope.papers.bhattacharjee2020.dataset import enough_regions, made_up_sun, sharps
from flarescope.papers.bhattacharjee2020.held_out import SIZE
from flarescope.papers.bhattacharjee2020.real_frames import real_frames
from flarescope.papers.claims import Finding
from flarescope.synthetic.spots import DEGREES_PER_PIXEL

if TYPE_CHECKING:
    import pandas as pd
    from jaxtyping import Float

    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk

__all__ = ["evened_mean", "evened_weights", "figure8"]

AXES = {"x": "width_px", "y": "height_px"}
CLAIMS = {"x_resolution": "x", "x_resolution_caption": "x", "y_resolution": "y"}
NOTES: dict[DataKind, str] = {
    "synthetic": "Made-up Sun, frames of {n} regions, whose sizes were fitted to this figure: agreement "
    "is built in.",
    "real-small": "{n} real HARPs at hand, {flaring} flaring: mostly small regions of two days in 2012.",
    "real": "Frames of {n} HARPs of the given folder.",
}


def figure8(desk: Desk) -> list[Finding]:
    """What are the x- and y-resolutions (degrees a pixel) after resizing to 256 × 256 pixels?"""
    from flarescope.plots.resolution import resolution_figure

    found: list[Finding] = []
    panels: dict[DataKind, tuple[dict[str, np.ndarray], np.ndarray]] = {}
    for kind, frames in _frames(desk).items():
        if isinstance(frames, str):
            found += [Finding(name, kind, None, needs=frames) for name in CLAIMS]
            continue
        weight = evened_weights(frames["flaring"].to_numpy())
        degrees = {
            axis: frames[column].to_numpy() * DEGREES_PER_PIXEL / SIZE for axis, column in AXES.items()
        }
        panels[kind] = (degrees, weight)
        note = NOTES[kind].format(n=len(frames), flaring=int(frames["flaring"].sum()))
        for name, axis in CLAIMS.items():
            mean, error = evened_mean(degrees[axis], frames["flaring"].to_numpy())
            found.append(Finding(name, kind, mean, error, note=note))
    if not panels:
        return found
    name = desk.figure("figure8", resolution_figure(panels))
    return [one if one.value is None else replace(one, figure=name) for one in found]


def evened_weights(flaring: np.ndarray) -> Float[np.ndarray, "n"]:
    """Weights of sum 1 that give flaring and other rows the same share, as the paper's figure does."""
    counts = np.array([(flaring == 0).sum(), (flaring == 1).sum()])
    weights = 1.0 / counts[np.asarray(flaring, int)]
    return np.asarray(weights / weights.sum())


def evened_mean(values: Float[np.ndarray, "n"], flaring: np.ndarray) -> tuple[float, float]:
    """The mean with flaring and other rows weighted alike, and its standard error.

    Rows are independent; both classes have the scatter of all rows, since one of them may be very small.
    """
    classes = [values[flaring == kind] for kind in np.unique(flaring)]
    shares = sum(1 / len(part) for part in classes) / len(classes) ** 2
    return float(np.mean([part.mean() for part in classes])), float(values.std(ddof=1) * np.sqrt(shares))


def _frames(desk: Desk) -> dict[DataKind, pd.DataFrame | str]:
    """One row a region of each kind of frames at hand; or what is missing."""
    made = made_up_sun(desk).rows.query("period == 'train'").drop_duplicates("region")
    found: dict[DataKind, pd.DataFrame | str] = {"synthetic": made}
    try:
        found["real-small"] = real_frames(desk)
    except MissingDataError as problem:
        found["real-small"] = str(problem)
    if desk.sharps is not None:
        try:
            found["real"] = enough_regions(sharps(desk)).rows.drop_duplicates("region")
        except MissingDataError as problem:
            found["real"] = str(problem)
    return found
