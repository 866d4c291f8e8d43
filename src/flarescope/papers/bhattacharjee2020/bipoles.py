"""CNN-2 of every split under probe: the curves behind Figures 9 to 11."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from flarescope.papers.bhattacharjee2020.held_out import least_spread
from flarescope.papers.claims import Finding
from flarescope.synthetic.probe_bipole import FRAME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flarescope.explain.probe_peaks import PeaksOverFrames
    from flarescope.explain.probes import Curves, Probed
    from flarescope.papers.bhattacharjee2020.cells import Outcome
    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk
    from flarescope.plots.probes import Band

__all__ = [
    "GROUNDS",
    "SIZE",
    "Transform",
    "band",
    "curves_of",
    "frames_of",
    "models",
    "over_models",
    "probed",
    "share_of_models",
]

Transform = Literal["none", "reversed", "hale_joy"]  # of the training and validation images
SIZE = 256  # pixels, as in the paper from Table 3 on
GROUNDS = {"in an empty frame": False, "on a quiet Sun": True}
"""What bipoles lie on: nothing, as in the paper, or network and noise, as in every training image."""
PATCH_FRAME = (612, 612)  # the one field of view of the real patches: 256 pixels of 0.87 Mm, as 223 Mm


def models(desk: Desk, kind: DataKind, *, transform: Transform = "none", size: int = SIZE) -> list[Outcome]:
    """CNN-2 of each split; with ``transform`` none and 256 pixels those of Table 3, trained once for all."""
    from flarescope.papers.bhattacharjee2020.cells import Cell, outcomes, splits

    return outcomes(
        desk,
        [
            Cell(data=kind, network="cnn2", size=size, split=split, transform=transform)
            for split in splits(desk)
        ],
    )


def curves_of(made: Outcome, *, quiet_sun: bool = False) -> Curves:
    """What one model said of bipoles of all sizes, strengths and polarities, in an empty frame or not."""
    return _curves(made.folder, PATCH_FRAME if made.cell.data == "real-small" else FRAME, quiet_sun)


def frames_of(made: Outcome) -> PeaksOverFrames:
    """Where its peaks are in frames of several widths and heights."""
    return _frames(made.folder)


@cache
def probed(folder: Path) -> Probed:
    """The model of a run folder; its output is the paper's y, not calibrated."""
    from flarescope.explain.probes import under_probe
    from flarescope.training.run import load_run

    run = load_run(folder)
    return under_probe(run.network, run.preparation)


@cache
def _curves(folder: Path, frame: tuple[int, int], quiet_sun: bool) -> Curves:
    from flarescope.explain.probes import curves, radii

    return curves(probed(folder), radii(), frame=frame, quiet_sun=quiet_sun)


@cache
def _frames(folder: Path) -> PeaksOverFrames:
    from flarescope.explain.probe_peaks import HEIGHTS, WIDTHS, peaks_over_frames
    from flarescope.explain.probes import radii

    return peaks_over_frames(probed(folder), [*WIDTHS, *HEIGHTS], radii())


def band(curves: Sequence[np.ndarray]) -> Band:
    """Mean and standard deviation over models of their outputs, from logits."""
    from flarescope.explain.probes import probability
    from flarescope.plots.probes import Band

    y = probability(np.array(curves))
    return Band(y.mean(axis=0), y.std(axis=0, ddof=1) if len(y) > 1 else None)


def over_models(
    claim: str, kind: DataKind, values: Sequence[float], *, note: str, figure: str = "", missing: str = ""
) -> Finding:
    """Mean and standard deviation over the models in which there is such a number: half of them at least.

    Args:
        claim: within its item.
        kind: what the models were trained on.
        values: one a model; NaN where there is none.
        note: what was measured.
        figure: that shows it.
        missing: what a model lacks whose value is NaN, such as "a low peak".
    """
    known = np.array([value for value in values if np.isfinite(value)])
    have = f"{len(known)} of {len(values)} models have {missing or 'such a number'}"
    if len(known) < max(2, len(values) / 2):
        needs = f"at least half of the models, and two: {have}. {note}"
        return Finding(claim, kind, None, figure=figure, needs=needs)
    if len(known) < len(values):
        note = f"{note}; {have}"
    return Finding(claim, kind, float(known.mean()), float(known.std(ddof=1)), figure, note)


def share_of_models(
    claim: str, kind: DataKind, values: Sequence[float], *, note: str, figure: str = ""
) -> Finding:
    """In which share of the models is it so (1) and not (0)? Its spread is that of a share of so many."""
    share = float(np.mean(values))
    note = f"{note}; {sum(values):.0f} of {len(values)} models"
    return Finding(claim, kind, share, least_spread(share, len(values)), figure, note)
