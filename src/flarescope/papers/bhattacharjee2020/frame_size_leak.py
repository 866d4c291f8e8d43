"""A leak that the paper only hints at: a HARP's frame encloses its whole life, and so tells its future."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float

from flarescope.errors import MissingDataError
from flarescope.papers.bhattacharjee2020.dataset import dataset
from flarescope.papers.bhattacharjee2020.real_frames import real_frames
from flarescope.papers.bhattacharjee2020.splits import dealt
from flarescope.papers.claims import Finding
from flarescope.verify import ContingencyTable, best_threshold
from flarescope.verify.probability import auc

if TYPE_CHECKING:
    import pandas as pd

    from flarescope.papers.reproduction import Desk

__all__ = ["frame_size_leak", "scores_of"]

SPLITS = 10  # cheap enough for a quick run
INPUTS = {
    "frame size": ["width_px", "height_px"],
    "flux of the image": ["flux_mx"],
    "both": ["width_px", "height_px", "flux_mx"],
}


class SplitScores(NamedTuple):
    """TSS and AUC on the held-out images of one split; ``curve`` is a ROC as (false alarms, hits)."""

    tss: float
    auc: float
    curve: tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]


def frame_size_leak(desk: Desk) -> list[Finding]:
    """How well does the size of the frame alone, no pixel seen, tell flaring regions from others?"""
    from flarescope.plots.resolution import leak_figure

    rows = dataset(desk, "synthetic").rows
    found = {name: scores_of(rows, columns) for name, columns in INPUTS.items()}
    figure = desk.figure(
        "frame_size_leak", leak_figure(rows, {n: [s.curve for s in v] for n, v in found.items()})
    )
    alone = found["frame size"]
    gain = [b.auc - f.auc for b, f in zip(found["both"], found["flux of the image"], strict=True)]
    tss = ", ".join(f"{name} {np.mean([s.tss for s in scores]):.2f}" for name, scores in found.items())
    note = (
        f"Made-up Sun, {SPLITS} splits, logistic regression, threshold from training rows. TSS of {tss} "
        "(the flux of an image holds its noise, which grows with the frame)."
    )
    values = {"leaks": [s.tss for s in alone], "leaks_auc": [s.auc for s in alone], "beyond_flux": gain}
    return [
        Finding(name, "synthetic", float(np.mean(v)), float(np.std(v, ddof=1)), figure, note)
        for name, v in values.items()
    ] + _real(desk)


def scores_of(rows: pd.DataFrame, columns: list[str]) -> list[SplitScores]:
    """TSS and AUC of a logistic regression on logarithms of some columns, split by split.

    Args:
        rows: of a data set.
        columns: inputs, all above 0.
    """
    return [_score(rows, columns, split) for split in range(SPLITS)]


def _score(rows: pd.DataFrame, columns: list[str], split: int) -> SplitScores:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    parts = dealt(rows, split)
    train, test = parts.train["row"].to_numpy(int), parts.test["row"].to_numpy(int)
    inputs, label = np.log(rows[columns].to_numpy(float)), rows["flaring"].to_numpy(int)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(inputs[train], label[train])
    seen, said = (model.predict_proba(inputs[part])[:, 1] for part in (train, test))
    threshold = best_threshold(seen, label[train])
    table = ContingencyTable.from_answers(said >= threshold, label[test])
    return SplitScores(float(table.tss), auc(said, label[test]), _curve(said, label[test]))


def _curve(said: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-said, kind="stable")
    hits, alarms = np.cumsum(label[order] == 1), np.cumsum(label[order] == 0)
    return np.append(0.0, alarms / alarms[-1]), np.append(0.0, hits / hits[-1])


def _real(desk: Desk) -> list[Finding]:
    """On the few real frames at hand: the AUC of their area, and the scatter that chance gives."""
    try:
        frames = real_frames(desk)
    except MissingDataError as problem:
        return [Finding("leaks_auc", "real-small", None, needs=str(problem))]
    flaring, quiet = int(frames["flaring"].sum()), int((frames["flaring"] == 0).sum())
    if min(flaring, quiet) < 2:
        return [Finding("leaks_auc", "real-small", None, needs="frames of flaring and of other HARPs")]
    area = (frames["width_px"] * frames["height_px"]).rank() / (len(frames) + 1)
    chance = float(np.sqrt((flaring + quiet + 1) / (12 * flaring * quiet)))
    note = (
        f"Area of the frames of {len(frames)} real HARPs at hand, {flaring} of them flaring; the spread is "
        "what chance gives."
    )
    return [Finding("leaks_auc", "real-small", auc(area, frames["flaring"]), chance, "", note)]
