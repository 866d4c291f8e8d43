"""The hourly disks of February and March 2026, and full-disk networks trained on them in blocks of days."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flarescope.evaluation.disk_forecasts import labelled_disks
from flarescope.experiment import Experiment
from flarescope.papers.kept_stamp import sizes, stamp
from flarescope.sources.flares import read_flares
from flarescope.training.disks import train_disks
from flarescope.training.run import load_run

if TYPE_CHECKING:
    import pandas as pd

    from flarescope.flare import FlareCatalog
    from flarescope.papers.reproduction import Desk
    from flarescope.preparation import Preparation
    from flarescope.training.run import Run

__all__ = ["NETWORKS", "at_size", "disks_2026", "experiment_of", "store_of", "trained"]

IMAGES = "magnetograms/full_disk_2026"
FLARES = "flares/lmsal_2026_start_only.csv"
QUICK_EVERY, QUICK_SIZE, QUICK_STEPS = 8, 128, 20
FIRST_RATE = 0.3  # flares of M1.0 and above in 24 h: near the base rate
ALIKE: dict[str, Any] = {
    "data": {"index": IMAGES, "flares": [FLARES], "at_least": "M1.0", "within": "24h"},
    "preparation": {
        "size": 512,
        "fit": "disk",
        "disk_radius": 200.0,
        "encoding": "grey8",
        "grey_per_gauss": 0.51,
        "std": 127.5,
    },
    "augmentation": {"flips": True, "polarity": True, "turn_degrees": 5.0},
}
NETWORKS: dict[str, dict[str, Any]] = {
    "compact": {
        **ALIKE,
        "model": {"name": "compact"},
        "training": {
            "steps": 120,
            "batch": 24,
            "positive_share": 0.5,
            "learning_rate": 2e-3,
            "weight_decay": 1e-2,
            "label_smoothing": 0.04,
            "bf16": True,
            "checkpoint_steps": 40,
        },
        "evaluation": {"folds": 4, "block_days": 5},
    },
    "alexnet_2026": {
        **ALIKE,
        "model": {"name": "alexnet"},
        "training": {
            "steps": 60,
            "batch": 32,
            "positive_share": 0.5,
            "learning_rate": 3e-4,
            "weight_decay": 1e-2,
            "bf16": True,
            "checkpoint_steps": 30,
        },
        "evaluation": {"folds": 2, "block_days": 5},
    },
}  # experiments/compact.toml and experiments/alexnet_2026.toml, which a test holds equal


def experiment_of(name: str, desk: Desk) -> Experiment:
    """The settings of ``experiments/NAME.toml``; for a quick run smaller images and fewer steps."""
    full = Experiment.from_dict({"name": name, **NETWORKS[name]})
    if not desk.quick:
        return full
    steps = {"steps": QUICK_STEPS, "checkpoint_steps": QUICK_STEPS}
    return replace(
        at_size(full, QUICK_SIZE),
        training=full.training.model_copy(update=steps),
        evaluation=full.evaluation.model_copy(update={"folds": 2}),
    )


def at_size(experiment: Experiment, size: int) -> Experiment:
    """The same network on the same view of the Sun in fewer pixels."""
    shrunk = size / experiment.preparation.size
    radius = float(experiment.preparation.disk_radius or 0.0) * shrunk
    model = experiment.model
    if model.name == "compact":  # its first rate is that of 512 pixels, and fewer cells have to add up to it
        model = model.model_copy(update={"options": {**model.options, "rate": FIRST_RATE / shrunk**2}})
    preparation = replace(experiment.preparation, size=size, disk_radius=radius)
    return replace(experiment, model=model, preparation=preparation)


def disks_2026(desk: Desk, *, every: int = 1) -> tuple[pd.DataFrame, FlareCatalog]:
    """Labelled hours and the flares they are labelled by; a quick run takes every eighth."""
    hours, catalog = labelled_disks(desk.need(IMAGES), read_flares(desk.need(FLARES)))
    taken = hours.iloc[:: QUICK_EVERY if desk.quick else every].reset_index(drop=True)
    taken.attrs = hours.attrs
    return taken, catalog


def store_of(desk: Desk, preparation: Preparation, hours: pd.DataFrame) -> Path:
    """Where the images so prepared are kept; trainings that see the same images share them."""
    return desk.cache(f"disks_2026_{stamp(preparation.to_dict(), len(hours))}")


def trained(desk: Desk, experiment: Experiment, hours: pd.DataFrame, *, what: str) -> Run:
    """The run of this experiment on these hours; trained now unless it stands in the desk's cache."""
    named = stamp(experiment.to_dict(), list(hours["label"]), sizes(map(Path, hours["path"])))
    folder = desk.cache("disk_networks") / f"{experiment.name}_{named}"
    store = store_of(desk, experiment.preparation, hours)
    progress = partial(_told, desk, what)
    return load_run(train_disks(experiment, hours, folder, store=store, progress=progress))


def _told(desk: Desk, what: str, part: str, done: int, of: int) -> None:
    desk.progress(f"{what}: {part}", done, of)
