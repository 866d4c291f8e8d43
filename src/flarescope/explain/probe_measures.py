"""Four numbers that tell what a network's answer hangs on besides the Sun.

Three are shares of the logit's range over the radius of a −+ bipole (2000 G, 2 to 40 Mm), so that they
compare between networks. A network that says the same to everything has no range: its shares are NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from flarescope.explain.probes import radii
from flarescope.synthetic.probe_bipole import FRAME, Poles, probe_bipole, space_needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import Float

    from flarescope.explain.probes import Probed

__all__ = ["FRAMES", "Measures", "measure"]

FRAMES = ((200, 200), (300, 200), (200, 427), (427, 427), (768, 200), FRAME, (501, 703), (1200, 300),
          (333, 1131), (1200, 700), (1200, 1200))  # fmt: skip
FRAME_RADII_MM = (4.0, 12.5, 16.0, 30.0)  # the last one does not fit in the smallest frames
SHIFT_RADII_MM = (4.0, 12.5)
SHIFTS = ((1, 0), (0, 1), (1, 1), (2, 1), (3, 2), (4, 4), (7, 11), (16, 13))  # east, north, native pixels


@dataclass(frozen=True)
class Measures:
    """What a network's answer hangs on.

    Attributes:
        frame_dependence: largest change of the logit when the same pixels lie in frames of 200 to 1200 pixels
            of many widths and heights, moved by multiples of the total stride, over the range; 0 is perfect.
        polarity_asymmetry: largest change of the logit when all polarities are turned round, over the range.
        shift_dependence: largest change when the bipole moves by other offsets within one frame, over the
            range.
        probability_span: largest less smallest probability over the radius; 0 knows nothing of size.
        logit_range: largest less smallest logit over the radius.
    """

    frame_dependence: float
    polarity_asymmetry: float
    shift_dependence: float
    probability_span: float
    logit_range: float


def measure(
    probed: Probed,
    radius_mm: Sequence[float] | Float[np.ndarray, "r"] | None = None,
    *,
    field_gauss: float = 2000.0,
) -> Measures:
    """What does this network's answer hang on?

    Args:
        probed: the network, in the arithmetic that the numbers are wanted in.
        radius_mm: radii over which the range is taken; by default 21 from 2 to 40 Mm.
        field_gauss: of all probes.

    Raises:
        BadOptionError: a logit that is no number, or a radius that does not fit in the frame.

    Example:
        >>> measure(under_probe(network, preparation, dtype="float64"))  # doctest: +SKIP
    """
    sizes = radii(count=21) if radius_mm is None else radius_mm

    def over_radius(poles: Poles, every: int = 1) -> Float[np.ndarray, "r"]:
        return probed.logits(
            probe_bipole(float(r), field_gauss=field_gauss, poles=poles) for r in sizes[::every]
        )

    said = {poles: over_radius(poles, 3 - len(poles)) for poles in get_args(Poles)}
    span = float(np.ptp(said["-+"]))
    share = 1.0 / span if span > 0.0 else np.nan
    turned = (np.abs(said[a] - said[b]).max() for a, b in (("-+", "+-"), ("-", "+")))
    return Measures(
        frame_dependence=share * max(_change_by_frame(probed, r, field_gauss) for r in FRAME_RADII_MM),
        polarity_asymmetry=share * float(max(turned)),
        shift_dependence=share * max(_change_by_shift(probed, r, field_gauss) for r in SHIFT_RADII_MM),
        probability_span=float(np.ptp(probed.probability(said["-+"]))),
        logit_range=span,
    )


def _change_by_frame(probed: Probed, radius_mm: float, gauss: float) -> float:
    """Largest less smallest logit of one bipole over all frames that hold it."""
    logits = probed.logits(
        probe_bipole(radius_mm, field_gauss=gauss, frame=frame, at=at)
        for frame in FRAMES
        for at in _places(frame, radius_mm, probed.stride)
    )
    return float(np.ptp(logits))


def _places(frame: tuple[int, int], radius_mm: float, stride: int) -> list[tuple[int, int]]:
    """On the stride: near the middle of the frame, and half-way from there to its south-eastern corner."""
    found = []
    for length, need in zip(frame, space_needed(radius_mm), strict=True):
        free = range(-(-need // 2 // stride) * stride, length - need // 2 + 1, stride)
        found.append((free[len(free) // 2], free[len(free) // 4]) if free else None)
    x, y = found
    return [] if x is None or y is None else list(dict.fromkeys(zip(x, y, strict=True)))


def _change_by_shift(probed: Probed, radius_mm: float, gauss: float) -> float:
    """Largest change of the logit over offsets that are no multiple of the stride."""
    x, y = _places(FRAME, radius_mm, probed.stride)[0]
    offsets = [(0, 0), *(s for s in SHIFTS if probed.stride == 1 or any(n % probed.stride for n in s))]
    logits: Float[np.ndarray, "n"] = probed.logits(
        probe_bipole(radius_mm, field_gauss=gauss, at=(x + east, y + north)) for east, north in offsets
    )
    return float(np.abs(logits - logits[0]).max())
