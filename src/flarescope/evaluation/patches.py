"""How good is a region network? Out of fold, beside two honest rivals; then refitted on all rows, as a run.

The rivals are logistic regressions on the same folds: on the logarithm of the total unsigned flux, and on
that and the flux near polarity inversion lines. Thresholds come from training rows only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flarescope.evaluation.card import model_card
from flarescope.evaluation.rivals import RIVALS, flux_features, rival_forecasts
from flarescope.samples.loader import load_images
from flarescope.samples.patches import patch_samples
from flarescope.samples.split import by_fold
from flarescope.sources.flares import read_flares
from flarescope.training.folds import Rows, calibration, fold_predictions, folds_by_region, refit
from flarescope.training.run import environment, save_run
from flarescope.verify import best_threshold, blocks_of, scorecard
from flarescope.writing import write_parquet, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flarescope.experiment import Experiment
    from flarescope.samples.table import SampleTable
    from flarescope.verify import Scores

__all__ = ["Judged", "train_patches"]

OUT_OF_FOLD, OUT_OF_FOLD_MEAN = "out_of_fold.parquet", "out_of_fold_mean.parquet"


@dataclass(frozen=True)
class Judged:
    """Out-of-fold scores of one experiment.

    Attributes:
        seeds: the mean over seeds (each seed a group), with rivals and paired differences.
        mean: the forecast that ships: the seeds' mean logit, with rivals.
        degraded: the mean over seeds on degraded copies of the same images.
        mean_degraded: the forecast that ships, on degraded copies.
    """

    seeds: Scores
    mean: Scores
    degraded: Scores
    mean_degraded: Scores

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        parts = ("seeds", "mean", "degraded", "mean_degraded")
        return {f"out_of_fold_{name}": getattr(self, name).to_dict() for name in parts}


def train_patches(
    experiment: Experiment,
    data: Path,
    out: Path,
    *,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> dict[str, Any]:
    """Train folds × seeds, score them out of fold, refit on all rows, and write the run folder.

    What is done already in ``out`` is not done again.

    Args:
        experiment: the settings.
        data: the data folder that the experiment's paths are relative to.
        out: the run folder.
        progress: told (what, done, of).

    Returns:
        The document of ``scores.json``.

    Raises:
        TrainingError: the folder holds another experiment, or training cannot start or go on.
        BadFileError: an input cannot be read.
        LeakError: a region would be in two folds.
        BadOptionError: the folder cannot be written.
    """
    samples = _samples(experiment, data)
    fold = _split(experiment, samples, out)
    folder = (data / experiment.data.index).parent
    paths = [folder / name for name in samples["image"]]
    images = load_images(
        paths, experiment.preparation, progress=lambda done, of: progress("images", done, of)
    )
    labels = samples["label"].to_numpy(int)
    rows = Rows(images, labels, samples["group"].to_numpy())
    found = fold_predictions(experiment, rows, fold, out / "folds", progress=progress)
    features = flux_features(experiment, paths, out / "features.parquet", progress)
    rivals = rival_forecasts(features, labels, fold)
    table = _table(samples, found)
    write_parquet(out / OUT_OF_FOLD, table)
    mean = _mean_of_seeds(table)
    write_parquet(out / OUT_OF_FOLD_MEAN, mean)
    judged = _judged(table, mean, rivals, experiment.evaluation.resamples)
    threshold = best_threshold(mean["probability"], mean["label"])
    label = _save(experiment, rows, samples, out, threshold, progress)
    document = _document(experiment, label, samples, judged)
    write_run_texts(experiment, document, out)
    return document


def write_run_texts(experiment: Experiment, document: dict[str, Any], out: Path) -> None:
    """scores.json, card.md and environment.txt."""
    import json

    write_whole(
        out / "scores.json", json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    )
    write_whole(out / "card.md", model_card(experiment, document))
    write_whole(out / "environment.txt", environment())


def _samples(experiment: Experiment, data: Path) -> SampleTable:
    """Every labelled patch."""
    catalog = read_flares(*(data / name for name in experiment.data.flares))
    return patch_samples(
        data / experiment.data.index,
        catalog,
        at_least=experiment.data.at_least,
        within=experiment.data.within,
    )


def _split(experiment: Experiment, samples: SampleTable, out: Path) -> np.ndarray:
    """The fold of each row; the folder is begun, or found to hold the same experiment."""
    from flarescope.errors import TrainingError
    from flarescope.samples.table import SampleTable

    fold = folds_by_region(
        samples["label"].to_numpy(int),
        samples["group"].to_numpy(),
        folds=experiment.evaluation.folds,
        seed=experiment.evaluation.fold_seed,
    )
    by_fold(samples, fold)  # refuses a region that is in two folds
    settings, split = out / "experiment.toml", out / "split.parquet"
    mine = samples.rows[["image", "time_utc", "noaa", "label"]].assign(fold=fold)
    if settings.exists() and split.exists():
        same = settings.read_text(encoding="utf-8") == experiment.to_toml()
        theirs = SampleTable.read(split).rows
        if not (same and theirs.shape == mine.shape and (theirs == mine).to_numpy().all()):
            raise TrainingError(
                f"{out} holds a run with other settings or other data. Choose another --out, or delete it."
            )
    else:
        write_whole(settings, experiment.to_toml())
        SampleTable(mine).write(split)
    return fold


def _table(samples: SampleTable, found: pd.DataFrame) -> pd.DataFrame:
    """One row a frame and seed, as written to ``out_of_fold.parquet``."""
    rows = samples.rows.iloc[found["row"].to_numpy()]
    return pd.DataFrame(
        {
            "file": rows["image"].to_numpy(),
            "time_utc": rows["time_utc"].to_numpy(),
            "noaa": rows["noaa"].to_numpy(),
            "fold": found["fold"].to_numpy(),
            "seed": found["seed"].to_numpy(),
            "probability": found["probability"].to_numpy(),
            "degraded": found["degraded"].to_numpy(),
            "threshold": found["threshold"].to_numpy(),
            "label": rows["label"].to_numpy(int),
            "row": found["row"].to_numpy(),
        }
    ).sort_values(["seed", "row"], ignore_index=True)


def _mean_of_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """One row a frame: the seeds' mean logit as a probability; the threshold is their mean threshold."""
    keys = ["row", "file", "time_utc", "noaa", "fold", "label"]
    logits = table[keys].assign(
        **{name: _logit(table[name].to_numpy()) for name in ("probability", "degraded", "threshold")}
    )
    mean = logits.groupby(keys, as_index=False, sort=True).mean()
    for name in ("probability", "degraded", "threshold"):
        mean[name] = 1 / (1 + np.exp(-mean[name]))
    return mean


def _judged(
    table: pd.DataFrame, mean: pd.DataFrame, rivals: dict[str, tuple[np.ndarray, np.ndarray]], resamples: int
) -> Judged:
    """Scores with region-block intervals; seeds are groups drawn together."""
    seeds = table["seed"].nunique()

    def card(rows: pd.DataFrame, column: str, *, with_rivals: bool) -> Scores:
        times = len(rows) // len(mean)
        chosen = rivals if with_rivals else {}
        return scorecard(
            rows[column],
            rows["label"],
            threshold=rows["threshold"].to_numpy(),
            blocks=blocks_of(rows["noaa"], unit="region"),
            groups=rows["seed"].to_numpy() if "seed" in rows and seeds > 1 else None,
            references={name: np.tile(said, times) for name, (said, _) in chosen.items()},
            reference_thresholds={name: np.tile(yes, times) for name, (_, yes) in chosen.items()},
            resamples=resamples,
        )

    return Judged(
        seeds=card(table, "probability", with_rivals=True),
        mean=card(mean, "probability", with_rivals=True),
        degraded=card(table, "degraded", with_rivals=False),
        mean_degraded=card(mean, "degraded", with_rivals=False),
    )


def _save(
    experiment: Experiment,
    rows: Rows,
    samples: SampleTable,
    out: Path,
    threshold: float,
    progress: Callable[[str, int, int], None],
) -> str:
    """The refit on all rows as the run's model; its label name@hash."""
    from flarescope.models.patch_cnn import MeanLogit

    members = refit(experiment, rows, out / "folds", progress=progress)
    network = MeanLogit(members) if len(members) > 1 else members[0]
    scale = calibration(experiment, rows, np.ones(len(rows.labels), bool), threshold)
    digest = save_run(
        out,
        network,
        experiment.preparation,
        scale,
        name=experiment.model.name,
        options=experiment.model.options,
        members=len(members),
        training_regions=sorted({int(number) for number in samples["noaa"]}),
    )
    _join_logs(out)
    return f"{experiment.model.name}@{digest}"


def _join_logs(out: Path) -> None:
    """All logs as one, each line with the part it came from."""
    import json

    lines = [
        json.dumps({"part": log.parent.name} | json.loads(line))
        for log in sorted((out / "folds").glob("*/log.jsonl"))
        for line in log.read_text(encoding="utf-8").splitlines()
    ]
    write_whole(out / "log.jsonl", "\n".join(lines) + "\n")


def _document(experiment: Experiment, label: str, samples: SampleTable, judged: Judged) -> dict[str, Any]:
    """What scores.json holds."""
    positive = samples["label"].to_numpy(int) == 1
    about = {
        "model": label,
        "experiment": experiment.name,
        "data": {
            "images": experiment.data.index,
            "flares": list(experiment.data.flares),
            "label": f"a flare of {experiment.data.at_least} or above of the same NOAA region, "
            f"t < start < t + {experiment.data.within}",
            "frames": len(samples),
            "positive_frames": int(positive.sum()),
            "regions": int(samples["group"].nunique()),
            "positive_regions": int(samples["group"][positive].nunique()),
        },
        "split": f"{experiment.evaluation.folds} folds over NOAA regions, "
        f"seed {experiment.evaluation.fold_seed}",
        "seeds": list(experiment.evaluation.seeds),
        "rivals": {name: text.format(experiment=experiment) for name, text in RIVALS.items()},
    }
    return about | judged.to_dict()


def _logit(probability: np.ndarray) -> np.ndarray:
    safe = np.clip(probability, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(safe / (1 - safe)))
