"""At which sizes of a bipole does a network's output peak, and how do the peaks move with the frame?

A network that sees resized frames cannot know sizes in megametres: Bhattacharjee et al. 2020 found its high
peak to follow the frame's width and its low peak the height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flarescope.synthetic.probe_bipole import FRAME, probe_bipole, space_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jaxtyping import Float

    from flarescope.explain.probes import Probed

__all__ = ["HEIGHTS", "WIDTHS", "Peaks", "PeaksOverFrames", "peaks", "peaks_over_frames"]

PROMINENCE = 0.03  # of the curve's range: less is the pixels' doing
WIDTHS = tuple((width, FRAME[1]) for width in (400, 500, 600, 768, 950, 1200))
HEIGHTS = tuple((FRAME[0], height) for height in (220, 300, 427, 550, 700))


@dataclass(frozen=True)
class Peaks:
    """Radii in Mm of the two peaks of a curve; NaN where there is none.

    ``high`` is the highest maximum, ``low`` the most prominent one at a smaller radius.
    """

    low: float
    high: float


def peaks(radius_mm: Float[np.ndarray, "r"], curve: Float[np.ndarray, "r"]) -> Peaks:
    """Where does a curve over radius peak?

    Only maxima inside the range of radii count, with a prominence of at least 3 % of the curve's range.

    Example:
        >>> r = np.linspace(1, 20, 96)
        >>> peaks(r, np.exp(-(r - 12) ** 2) + 0.5 * np.exp(-(r - 4) ** 2))
        Peaks(low=4.0, high=12.0)
    """
    from scipy.signal import find_peaks

    least = PROMINENCE * float(np.ptp(curve))
    if least == 0.0:
        return Peaks(np.nan, np.nan)
    found, about = find_peaks(curve, prominence=least)
    if not len(found):
        return Peaks(np.nan, np.nan)
    high = found[np.argmax(curve[found])]
    before = found < high
    if not before.any():
        return Peaks(np.nan, round(float(radius_mm[high]), 6))
    low = found[before][np.argmax(about["prominences"][before])]
    return Peaks(round(float(radius_mm[low]), 6), round(float(radius_mm[high]), 6))


@dataclass(frozen=True, eq=False)
class PeaksOverFrames:
    """Peaks of one network in frames of several widths and heights; arrays over the frames "f".

    Attributes:
        width, height: of the frames in native pixels of 0.03°.
        low, high: radii of the peaks in Mm; NaN where there is none.
        radius_mm: of the probes.
        logits: over frames and radii; NaN where the bipole does not fit.
    """

    width: Float[np.ndarray, "f"]
    height: Float[np.ndarray, "f"]
    low: Float[np.ndarray, "f"]
    high: Float[np.ndarray, "f"]
    radius_mm: Float[np.ndarray, "r"]
    logits: Float[np.ndarray, "f r"]

    @property
    def aspect_ratio(self) -> Float[np.ndarray, "f"]:
        """Width over height."""
        return np.asarray(self.width / self.height)

    @property
    def ratio(self) -> Float[np.ndarray, "f"]:
        """Radius of the high peak over that of the low one."""
        return np.asarray(self.high / self.low)


def peaks_over_frames(
    probed: Probed,
    frames: Sequence[tuple[int, int]],
    radius_mm: Sequence[float] | Float[np.ndarray, "r"],
    *,
    field_gauss: float = 2000.0,
    progress: Callable[[int, int], None] | None = None,
) -> PeaksOverFrames:
    """Where are the peaks of −+ bipoles in frames of these widths and heights?

    Radii that do not fit in a frame are left out there.

    Reference:
        Bhattacharjee et al. 2020, section 4.4 and figure 10.
    """
    sizes = np.asarray(radius_mm, float)
    logits = np.full((len(frames), len(sizes)), np.nan)
    for index, frame in enumerate(frames):
        if progress:
            progress(index, len(frames))
        fit = np.array([_fits(r, frame) for r in sizes])
        logits[index, fit] = probed.logits(
            probe_bipole(r, field_gauss=field_gauss, frame=frame) for r in sizes[fit]
        )
    found = [peaks(sizes[np.isfinite(row)], row[np.isfinite(row)]) for row in logits]
    low, high = np.array([(one.low, one.high) for one in found]).T
    width, height = np.array(frames, float).T
    return PeaksOverFrames(width, height, low, high, sizes, logits)


def _fits(radius_mm: float, frame: tuple[int, int]) -> bool:
    columns, rows = space_needed(radius_mm)
    return columns <= frame[0] - 2 and rows <= frame[1] - 2  # an odd frame's middle is half a pixel off
