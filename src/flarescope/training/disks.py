"""A full-disk network from labelled hours to a run folder: folds of blocks of days, out-of-fold forecasts.

Each member is trained without its tested blocks and the 24 h on both sides of them, and the run is the mean
logit of the members: a later score of an image can leave out those that saw its day (``training_spans``).
What is done is not done again: images, members and their forecasts each have a file.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flarescope.errors import BadOptionError, TrainingError
from flarescope.experiment import read_experiment
from flarescope.models.patch_cnn import MeanLogit
from flarescope.samples.disk_images import Picked, prepared_disks
from flarescope.samples.disks import by_blocks
from flarescope.training.disk_card import disk_card, disk_document
from flarescope.training.disk_fold import DiskFold, out_of_fold, train_fold
from flarescope.training.loop import LOG
from flarescope.training.run import CARD, EXPERIMENT, Calibration, environment, save_run
from flarescope.verify import best_threshold
from flarescope.writing import check_folder_place, write_parquet, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flarescope.experiment import Experiment
    from flarescope.samples.split import Split

__all__ = ["OUT_OF_FOLD", "train_disks"]

OUT_OF_FOLD = "out_of_fold.parquet"


def train_disks(
    experiment: Experiment,
    hours: pd.DataFrame,
    out: Path,
    *,
    store: Path | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Path:
    """Train a full-disk network on labelled hours, and write the run folder.

    ``out_of_fold.parquet`` has a row for each tested hour: ``time_utc``, ``label``, ``logit``, ``fold``,
    ``block``, ``probability`` (at the base rate of the fold's training rows), ``threshold`` (largest TSS on
    the fold's training rows, as forecast by networks that had not seen them), ``strongest``, ``suspect`` and
    ``row`` (in ``hours``). The card says that the network is not validated.

    Args:
        experiment: the settings; its ``data`` are not read.
        hours: as ``samples.disks.disk_hours`` gives them, all of them or some.
        out: the run folder; a training that was stopped goes on.
        store: folder for the prepared images, so that several trainings can share them; in ``out`` by
            default.
        progress: told (what, done, of).

    Returns:
        The run folder.

    Raises:
        TrainingError: the folder holds another run, or training cannot start or go on.
        MissingDataError: no image can be read.
        BadOptionError: fewer blocks than folds, settings that do not fit full disks, or no place to write.

    Example:
        >>> run = train_disks(read_experiment("compact.toml"), hours, Path("runs/compact"))  # doctest: +SKIP
    """
    _check(experiment)
    check_folder_place(out)
    _begin(experiment, out)
    given = prepared_disks(
        list(hours["path"]),
        experiment.preparation,
        store or out / "images",
        progress=partial(progress, "images"),
    )
    rows = hours[given.readable].reset_index(drop=True)
    images = Picked(given.images, np.flatnonzero(given.readable))
    splits = _splits(experiment, rows)
    _same_rows(rows, out)
    folds = [train_fold(experiment, images, split, out / "folds", progress) for split in splits]
    table = out_of_fold(folds, images)
    table["row"] = images.rows[table["row"]]
    write_parquet(out / OUT_OF_FOLD, table)
    label = _save(experiment, rows, folds, table, out)
    left_out = dict(hours.attrs.get("left_out", {})) | {"the image cannot be read": len(hours) - len(rows)}
    document = disk_document(experiment, label, rows, table, left_out, [fold.split for fold in folds])
    write_whole(out / "scores.json", json.dumps(document, indent=1, allow_nan=False) + "\n")
    write_whole(out / CARD, disk_card(experiment, document))
    write_whole(out / "environment.txt", environment())
    _join_logs(document["begins"], out)
    return out


def _check(experiment: Experiment) -> None:
    """Settings that full disks do not have."""
    training = experiment.training
    if experiment.preparation.fit != "disk":
        raise BadOptionError(
            f"The experiment prepares images with fit '{experiment.preparation.fit}'. Full disks need "
            "'disk': the size of the disk changes with the season and gives the date away."
        )
    varied = experiment.augmentation.model_dump(exclude={"degrade_factor"})
    if training.batches != "balanced" and any(varied.values()):
        raise BadOptionError(
            f"Batches '{training.batches}' are not varied any further. Leave [augmentation] empty, or set "
            'batches = "balanced".'
        )
    if training.batches == "balanced" and training.steps_are == "epochs":
        raise BadOptionError('Balanced batches have no epochs. Set steps_are = "batches", or other batches.')


def _begin(experiment: Experiment, out: Path) -> None:
    """The folder is begun, or found to hold the same experiment."""
    settings = out / EXPERIMENT
    if not settings.exists():
        write_whole(settings, experiment.to_toml())
    elif read_experiment(settings) != experiment:
        raise TrainingError(f"{out} holds a run with other settings. Choose another --out, or delete it.")


def _splits(experiment: Experiment, rows: pd.DataFrame) -> tuple[Split, ...]:
    """The folds that are trained."""
    settings = experiment.evaluation
    return by_blocks(
        rows,
        days=settings.block_days,
        folds=settings.folds,
        quarters=settings.quarters,
        validation=experiment.training.watches,
    )[: settings.trained_folds]


def _same_rows(rows: pd.DataFrame, out: Path) -> None:
    """The rows are written down, or found to be those of before."""
    mine, path = rows[["time_utc", "label"]], out / "split.parquet"
    if not path.exists():
        write_parquet(path, mine)
    elif not pd.read_parquet(path).equals(mine):
        raise TrainingError(f"{out} holds a run on other images. Choose another --out, or delete it.")


def _save(
    experiment: Experiment, rows: pd.DataFrame, folds: list[DiskFold], table: pd.DataFrame, out: Path
) -> str:
    """The mean of all members as the run's model; its label name@hash."""
    members = [network for fold in folds for network in fold.members]
    rates = [fold.calibration.sampled_rate for fold in folds]
    scale = Calibration(float(rows["label"].mean()), float(np.mean(rates)), 0.5, experiment.evaluation.views)
    threshold = best_threshold(scale.probability(table["logit"].to_numpy()), table["label"])
    digest = save_run(
        out,
        MeanLogit(members) if len(members) > 1 else members[0],
        experiment.preparation,
        replace(scale, threshold=threshold),
        name=experiment.model.name,
        options=experiment.model.options,
        members=len(members),
        training_regions=(),
        sees="full_disk",
        training_spans=tuple(fold.spans for fold in folds for _ in fold.members),
    )
    return f"{experiment.model.name}@{digest}"


def _join_logs(begins: str, out: Path) -> None:
    """All logs as one, each line with the part it came from; first of all, which weights it began from."""
    lines = [json.dumps({"part": "begin", "weights": begins})]
    for log in sorted((out / "folds").glob(f"*/{LOG}")):
        told: list[dict[str, Any]] = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
        lines += [json.dumps({"part": log.parent.name} | line) for line in told]
    write_whole(out / LOG, "\n".join(lines) + "\n")
