"""Folds × seeds: each frame is forecast by networks that never saw its region. Then a refit on all rows.

Every fold and seed has a folder of its own; one that holds its predictions is done and is not done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float16, Int

from flarescope.errors import TrainingError
from flarescope.samples.loader import BalancedBatches, degrade
from flarescope.training.loop import Validation, fit
from flarescope.training.members import WEIGHTS, fresh, keep_weights, with_weights
from flarescope.training.predict import predict_logits
from flarescope.training.run import Calibration
from flarescope.verify import best_threshold
from flarescope.writing import write_parquet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import nn

    from flarescope.experiment import Experiment

__all__ = ["Rows", "fold_predictions", "folds_by_region", "refit"]

PREDICTIONS = "predictions.parquet"


@dataclass(frozen=True, eq=False)
class Rows:
    """What is learnt from.

    Attributes:
        images: prepared, "n h w".
        labels: 0 or 1, "n".
        regions: the unit of independence of each row, "n".
    """

    images: Float16[np.ndarray, "n h w"]
    labels: Int[np.ndarray, "n"]
    regions: np.ndarray


def folds_by_region(
    labels: Int[np.ndarray, "n"], regions: np.ndarray, *, folds: int, seed: int
) -> Int[np.ndarray, "n"]:
    """Which fold is each row in? Whole regions, with about as many positives in each fold.

    Raises:
        TrainingError: fewer regions with positives than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    flaring = len(np.unique(regions[labels == 1]))
    if flaring < folds:
        raise TrainingError(
            f"{flaring} regions with positives do not fill {folds} folds. Take fewer folds or more regions."
        )
    fold = np.zeros(len(labels), int)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for number, (_, rows) in enumerate(splitter.split(labels, labels, regions)):
        fold[rows] = number
    return fold


def fold_predictions(
    experiment: Experiment,
    rows: Rows,
    fold: Int[np.ndarray, "n"],
    folder: Path,
    *,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> pd.DataFrame:
    """Out-of-fold forecasts of every row by every seed.

    Returns:
        A row for each seed and row: ``row``, ``seed``, ``fold``, ``probability``, ``threshold`` (largest TSS
        on the fold's own training rows) and ``degraded`` (the probability from a degraded copy of the image).
    """
    if experiment.training.batches != "balanced":
        raise TrainingError(
            f"Batches '{experiment.training.batches}' are for full disks. Accepted for regions: balanced."
        )
    parts = []
    for seed in experiment.evaluation.seeds:
        for number in range(experiment.evaluation.folds):
            own = folder / f"seed{seed}_fold{number}"
            if not (own / PREDICTIONS).exists():
                told = partial(progress, f"seed {seed}, fold {number}")
                _train_fold(experiment, rows, fold != number, own, 1000 * seed + number, told)
            found = pd.read_parquet(own / PREDICTIONS)
            parts.append(found.assign(seed=seed, fold=number))
    return pd.concat(parts, ignore_index=True)


def refit(
    experiment: Experiment,
    rows: Rows,
    folder: Path,
    *,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> list[nn.Module]:
    """One network a seed, trained on all rows."""
    members = []
    for seed in experiment.evaluation.seeds:
        own = folder / f"refit{seed}"
        everything = np.ones(len(rows.labels), bool)
        told = partial(progress, f"refit, seed {seed}")
        members.append(_train(experiment, rows, everything, own, seed, told))
    return members


def calibration(experiment: Experiment, rows: Rows, train: np.ndarray, threshold: float = 0.5) -> Calibration:
    """From logits to probabilities at the base rate of the training rows."""
    labels = rows.labels[train]
    sampled = (
        round(experiment.training.batch * experiment.training.positive_share) / experiment.training.batch
    )
    return Calibration(float(labels.mean()), sampled, threshold, experiment.evaluation.views)


def _train_fold(
    experiment: Experiment,
    rows: Rows,
    train: np.ndarray,
    own: Path,
    seed: int,
    progress: Callable[[int, int], None],
) -> None:
    """Train on a fold's rows, forecast the others, keep both."""
    network = _train(experiment, rows, train, own, seed, progress)
    views, scale = experiment.evaluation.views, calibration(experiment, rows, train)
    seen = scale.probability(predict_logits(network, rows.images[train], views=views))
    held = rows.images[~train]
    logits = predict_logits(network, held, views=views)
    factor = experiment.augmentation.degrade_factor
    coarse = predict_logits(network, held, views=views, transform=lambda x: degrade(x, factor))
    table = pd.DataFrame(
        {
            "row": np.flatnonzero(~train),
            "probability": scale.probability(logits),
            "degraded": scale.probability(coarse),
            "threshold": best_threshold(seen, rows.labels[train]),
        }
    )
    write_parquet(own / PREDICTIONS, table)


def _train(
    experiment: Experiment,
    rows: Rows,
    train: np.ndarray,
    own: Path,
    seed: int,
    progress: Callable[[int, int], None],
) -> nn.Module:
    """A network trained on some rows, once; early stopping sets some of their regions aside."""
    settings, network = experiment.training, fresh(experiment.model, seed)
    if (own / WEIGHTS).exists():
        return with_weights(network, own)
    validation = None
    if settings.early_stopping:
        aside = train & _set_aside(rows, train, settings.validation_share, seed)
        validation = Validation(rows.images[aside], rows.labels[aside])
        train = train & ~aside
    batches = BalancedBatches(
        rows.images[train],
        rows.labels[train],
        settings.batch,
        settings.positive_share,
        experiment.augmentation.model_dump(),
    )
    fit(network, batches, settings, seed=seed, folder=own, validation=validation, progress=progress)
    keep_weights(network, own)
    return network


def _set_aside(rows: Rows, train: np.ndarray, share: float, seed: int) -> np.ndarray:
    """About ``share`` of the training regions, flaring and quiet alike."""
    aside = np.zeros(len(train), bool)
    fold = folds_by_region(rows.labels[train], rows.regions[train], folds=max(2, round(1 / share)), seed=seed)
    aside[np.flatnonzero(train)[fold == 0]] = True
    return aside
