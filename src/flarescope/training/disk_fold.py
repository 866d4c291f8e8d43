"""One fold of a full-disk run: its networks, one a seed, and their forecasts of the days they did not see.

What is done is not done again: each network and its forecasts have a file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.samples.disk_batches import Copies, DiskBatches
from flarescope.samples.disk_images import Picked
from flarescope.samples.disks import spans
from flarescope.samples.loader import BalancedBatches
from flarescope.training.loop import Validation, fit
from flarescope.training.members import WEIGHTS, fresh, keep_weights, with_weights
from flarescope.training.predict import predict_logits
from flarescope.training.run import Calibration
from flarescope.verify import best_threshold
from flarescope.writing import write_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jaxtyping import Float, Int
    from torch import nn

    from flarescope.experiment import Experiment
    from flarescope.samples.split import Split

__all__ = ["PREDICTIONS", "DiskFold", "out_of_fold", "train_fold"]

PREDICTIONS = "predictions.parquet"
AT_ONCE = 128  # images in memory while forecasting
COLUMNS = ["time_utc", "label", "strongest", "suspect", "fold", "block", "row"]


@dataclass(frozen=True)
class DiskFold:
    """One fold when it is done: its networks, its forecasts of the tested rows, and its scale."""

    split: Split
    members: list[nn.Module]
    table: pd.DataFrame
    calibration: Calibration

    @property
    def spans(self) -> tuple[tuple[str, str], ...]:
        """When its networks were looking."""
        seen = [part["time_utc"].to_numpy() for part in (self.split.train, self.split.validation)]
        return spans(np.concatenate(seen))


def train_fold(
    experiment: Experiment,
    images: Picked,
    split: Split,
    folder: Path,
    progress: Callable[[str, int, int], None],
) -> DiskFold:
    """Train a fold's networks, one a seed, and forecast its tested rows; what is there is read."""
    number = int(split.test["fold"].iloc[0])
    members, logits = [], []
    batches = _batches(experiment, images, split)
    for seed in experiment.evaluation.seeds:
        own = folder / f"seed{seed}_fold{number}"
        told = partial(progress, f"seed {seed}, fold {number}")
        network = _trained(experiment, images, split, own, 1000 * seed + number, told)
        if not (own / PREDICTIONS).exists():
            said = _forecast(network, images, split.test["row"].to_numpy(), experiment.evaluation.views)
            write_parquet(own / PREDICTIONS, pd.DataFrame({"row": split.test["row"], "logit": said}))
        members.append(network)
        logits.append(pd.read_parquet(own / PREDICTIONS)["logit"].to_numpy())
    base_rate = float(split.train["label"].mean())
    scale = Calibration(base_rate, batches.sampled_rate, 0.5, experiment.evaluation.views)
    logit = np.mean(logits, axis=0)
    columns = [name for name in COLUMNS if name in split.test.rows]
    table = split.test.rows[columns].assign(logit=logit, probability=scale.probability(logit))
    return DiskFold(split, members, table, scale)


def out_of_fold(folds: Sequence[DiskFold], images: Picked) -> pd.DataFrame:
    """All tested rows by time, with the threshold of each fold."""
    everything = pd.concat([fold.table for fold in folds], ignore_index=True)
    parts = [fold.table.assign(threshold=_threshold(fold, everything, images)) for fold in folds]
    return pd.concat(parts, ignore_index=True).sort_values("row", ignore_index=True)


def _trained(
    experiment: Experiment,
    images: Picked,
    split: Split,
    own: Path,
    seed: int,
    progress: Callable[[int, int], None],
) -> nn.Module:
    """A network trained on the fold's training rows, once."""
    network = fresh(experiment.model, seed)
    if (own / WEIGHTS).exists():
        return with_weights(network, own)
    batches = _batches(experiment, images, split, seed)
    settings = experiment.training
    if isinstance(batches, DiskBatches):
        settings = settings.in_batches(batches.steps_an_epoch)
    validation = _validation(images, split, batches) if settings.watches else None
    fit(network, batches, settings, seed=seed, folder=own, validation=validation, progress=progress)
    keep_weights(network, own)
    return network


def _batches(
    experiment: Experiment, images: Picked, split: Split, seed: int = 0
) -> BalancedBatches | DiskBatches:
    """What the fold's networks learn from."""
    settings = experiment.training
    own = replace(images, rows=images.rows[split.train["row"].to_numpy(int)])
    labels = split.train["label"].to_numpy(int)
    if settings.batches == "balanced":
        varied = experiment.augmentation.model_dump()
        return BalancedBatches(own, labels, settings.batch, settings.positive_share, varied)
    copies: Copies = "published" if settings.batches == "published" else "none"
    return DiskBatches(own, labels, settings.batch, copies, seed=seed)


def _validation(images: Picked, split: Split, batches: BalancedBatches | DiskBatches) -> Validation:
    """The rows by which stopping and learning rate are decided, weighted as those trained on."""
    labels = split.validation["label"].to_numpy(int)
    weight = batches.positive_weight if isinstance(batches, DiskBatches) else 1.0
    shown = images[split.validation["row"].to_numpy(int)]
    return Validation(shown, labels, np.where(labels == 1, weight, 1.0))


def _forecast(
    network: nn.Module, images: Picked, rows: Int[np.ndarray, "k"], views: int
) -> Float[np.ndarray, "k"]:
    """Logits of some rows, a few images in memory at a time."""
    parts = np.split(rows, range(AT_ONCE, len(rows), AT_ONCE))
    return np.concatenate([predict_logits(network, images[part], views=views) for part in parts])


def _threshold(fold: DiskFold, everything: pd.DataFrame, images: Picked) -> float:
    """Largest TSS on the fold's training rows, as the other folds' networks forecast them.

    Where no other fold was trained: as the fold's own networks forecast them.
    """
    train = fold.split.train.rows
    known = everything[everything["row"].isin(train["row"])]
    if known["label"].nunique() == 2:
        return best_threshold(fold.calibration.probability(known["logit"].to_numpy()), known["label"])
    views = fold.calibration.views
    logits = [_forecast(network, images, train["row"].to_numpy(), views) for network in fold.members]
    return best_threshold(fold.calibration.probability(np.mean(logits, axis=0)), train["label"].astype(int))
