"""Does the published augmentation help? The compact network with it and without, on all hours and balanced.

Without it every image is shown once an epoch and as it is; with and without, the classes weigh the same in
the loss and as many batches are seen: about two passes over the copies, five over the plain images.
Scored at the paper's threshold, one half of the network's own output: TSS then holds a bias of the output
too, AUC does not. Twins that differ in their random numbers alone differ in skill too: their scatter is part
of every spread.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit

from flarescope.experiment import Augmentation, Experiment
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.disks_2026 import NETWORKS, at_size, disks_2026, trained
from flarescope.papers.pandey2023.trained_2026 import spread_of
from flarescope.samples.disks import balanced_hours
from flarescope.training.disk_fold import PREDICTIONS
from flarescope.training.disks import OUT_OF_FOLD
from flarescope.verify import Scores, blocks_of_days, scorecard

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

    from flarescope.papers.reproduction import Desk

__all__ = ["augmentation_ablation", "compared"]

SIZE = {"full": 256, "quick": 128}
STEPS = {"full": 80, "quick": 15}
FOLDS = 2
SEEDS = (0, 1)
EVERY = 2  # hours: neighbours are almost the same image
BATCH = 24
BLOCK_DAYS = 5
SCORES = ("tss", "auc")
HALF = 0.5


def augmentation_ablation(desk: Desk) -> list[Finding]:
    """Published augmentation less none: TSS and AUC out of fold, paired over blocks of five days."""
    hours, _ = disks_2026(desk, every=EVERY)
    found = []
    for rows, subset in (("all", hours), ("balanced", balanced_hours(hours))):
        subset.attrs = hours.attrs
        tables = {}
        for batches in ("published", "epochs"):
            run = trained(desk, _experiment(desk, batches), subset, what=f"{batches}, {rows} hours")
            tables[batches] = _tables(run.folder)
        scores = compared(tables["published"][0], tables["epochs"][0])
        scatter = _scatter(tables["published"][1:], tables["epochs"][1:])
        found += [_finding(f"{score}_{rows}", scores, score, scatter[score]) for score in SCORES]
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
        expit(both["logit"].to_numpy(float)),
        both["label"],
        threshold=HALF,
        blocks=blocks_of_days(both["time_utc"], BLOCK_DAYS),
        references={"without": expit(both["logit_without"].to_numpy(float))},
        resamples=resamples,
    )


def _tables(folder: Path) -> list[pd.DataFrame]:
    """Out-of-fold forecasts: first the mean of the seeds, then each seed's own."""
    mean = pd.read_parquet(folder / OUT_OF_FOLD)
    seeds = []
    for seed in SEEDS:
        places = sorted((folder / "folds").glob(f"seed{seed}_*/{PREDICTIONS}"))
        own = pd.concat([pd.read_parquet(path) for path in places])
        seeds.append(mean.assign(logit=mean[["row"]].merge(own, on="row", how="left")["logit"]))
    return [mean, *seeds]


def _scatter(ones: list[pd.DataFrame], others: list[pd.DataFrame]) -> dict[str, float]:
    """Standard deviation that chance in training gives the mean difference of as many seeds."""
    pairs = [compared(a, b, resamples=2) for a, b in zip(ones, others, strict=True)]
    return {
        score: float(np.std([p.rivals["without"].differences[score].value for p in pairs], ddof=1))
        / np.sqrt(len(pairs))
        for score in SCORES
    }


def _finding(claim: str, scores: Scores, score: str, scatter: float) -> Finding:
    without = scores.rivals["without"]
    change = without.differences[score]
    note = (
        f"{score.upper()} {scores[score]} with and {without.scores[score]} without, paired difference "
        f"{change}, and {scatter:.3f} from {len(SEEDS)} seeds; {scores.n} hours, {scores.events} events, "
        f"{scores.n_blocks} blocks of {BLOCK_DAYS} days of one solar phase."
    )
    spread = spread_of(change)
    both = None if spread is None else float(np.hypot(spread, scatter))
    return Finding(claim, "real-small", change.value, both, note=note)


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
        evaluation=whole.evaluation.model_copy(update={"folds": FOLDS, "seeds": SEEDS}),
    )
