"""Does the published augmentation help? The compact network with it and without, on all hours and balanced.

Without it every image is shown once an epoch and as it is; with and without, the classes weigh the same in
the loss and as many batches are seen. Scored at the paper's threshold, one half of the network's own output.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.experiment import Augmentation, Experiment
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.disks_2026 import NETWORKS, at_size, disks_2026, trained
from flarescope.papers.pandey2023.trained_2026 import spread_of
from flarescope.samples.disks import balanced_hours
from flarescope.training.disks import OUT_OF_FOLD
from flarescope.verify import Scores, blocks_of_days, scorecard

if TYPE_CHECKING:
    from typing import Literal

    from flarescope.papers.reproduction import Desk

__all__ = ["augmentation_ablation", "compared"]

SIZE = {"full": 256, "quick": 128}
STEPS = {"full": 80, "quick": 15}
FOLDS = {"full": 3, "quick": 2}
EVERY = 2  # hours: neighbours are almost the same image
BATCH = 24
BLOCK_DAYS = 5
HALF = 0.5


def augmentation_ablation(desk: Desk) -> list[Finding]:
    """Published augmentation less none: TSS and AUC out of fold, paired over blocks of five days."""
    hours, _ = disks_2026(desk, every=EVERY)
    found = []
    for rows, subset in (("all", hours), ("balanced", balanced_hours(hours))):
        subset.attrs = hours.attrs
        logits = {}
        for batches in ("published", "epochs"):
            run = trained(desk, _experiment(desk, batches), subset, what=f"{batches}, {rows} hours")
            logits[batches] = pd.read_parquet(run.folder / OUT_OF_FOLD)
        scores = compared(logits["published"], logits["epochs"])
        found += [_finding(f"{score}_{rows}", scores, score) for score in ("tss", "auc")]
    return found


def compared(one: pd.DataFrame, other: pd.DataFrame, *, resamples: int = 1000) -> Scores:
    """The first network's output scored as it is, with the other's as reference "without".

    Args:
        one: out-of-fold ``time_utc``, ``label`` and ``logit``.
        other: the same hours forecast by another network.
        resamples: bootstrap samples of the blocks.
    """
    both = one.merge(other[["time_utc", "logit"]], on="time_utc", suffixes=("", "_without"))
    return scorecard(
        _output(both["logit"]),
        both["label"],
        threshold=HALF,
        blocks=blocks_of_days(both["time_utc"], BLOCK_DAYS),
        references={"without": _output(both["logit_without"])},
        resamples=resamples,
    )


def _output(logit: pd.Series[float]) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logit.to_numpy(float))))


def _finding(claim: str, scores: Scores, score: str) -> Finding:
    without = scores.rivals["without"]
    change = without.differences[score]
    note = (
        f"{score.upper()} {scores[score]} with and {without.scores[score]} without, paired difference "
        f"{change}; {scores.n} hours, {scores.events} events, {scores.n_blocks} blocks of {BLOCK_DAYS} days."
    )
    return Finding(claim, "real-small", change.value, spread_of(change), note=note)


def _experiment(desk: Desk, batches: Literal["published", "epochs"]) -> Experiment:
    """The compact network at half its size: few steps, the same for both."""
    whole = at_size(Experiment.from_dict({"name": "compact", **NETWORKS["compact"]}), SIZE[desk.mode])
    steps = STEPS[desk.mode]
    settings = {"batches": batches, "batch": BATCH, "steps": steps, "checkpoint_steps": steps}
    return replace(
        whole,
        name=f"compact_{batches}",
        augmentation=Augmentation.model_validate({}),
        training=whole.training.model_copy(update=settings),
        evaluation=whole.evaluation.model_copy(update={"folds": FOLDS[desk.mode]}),
    )
