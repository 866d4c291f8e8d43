"""Full disks: trained in folds, killed and resumed, and never forecast by who saw their day."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from flarescope.errors import BadOptionError, MissingDataError, TrainingError
from flarescope.experiment import Experiment
from flarescope.samples.disks import block_folds
from flarescope.times import to_datetime64, utc
from flarescope.training import disks, loop
from flarescope.training.disks import OUT_OF_FOLD, train_disks
from flarescope.training.run import load_run

DAYS, SIDE = 12, 96


def experiment(**training: Any) -> Experiment:
    """A tiny compact network on tiny disks: blocks of 2 days, 3 folds."""
    return Experiment.from_dict(
        {
            "name": "tiny",
            "data": {"index": "images", "flares": ["flares.csv"]},
            "model": {"name": "compact", "options": {"channels": [4, 8]}},
            "preparation": {
                "size": 64,
                "fit": "disk",
                "disk_radius": 25.0,
                "encoding": "grey8",
                "std": 127.5,
            },
            "training": {"steps": 6, "batch": 8, "learning_rate": 1e-2, "checkpoint_steps": 2} | training,
            "evaluation": {"folds": 3, "block_days": 2, "resamples": 20},
        }
    )


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Four images a day; on every third day a strong bipole stands on the disk, and a flare follows."""
    folder = tmp_path_factory.mktemp("images")
    times = pd.date_range("2026-02-01", periods=4 * DAYS, freq="6h")
    labels = (np.arange(4 * DAYS) // 4 % 3 == 0).astype(int)
    paths = []
    for row, (time, label) in enumerate(zip(times, labels, strict=True)):
        paths.append(folder / f"HMI.m{time:%Y.%m.%d_%H.%M.%S}.png")
        disk(label, row).save(paths[-1])
    return pd.DataFrame(
        {"path": [str(path) for path in paths], "time_utc": times.astype("datetime64[us]"), "label": labels,
         "strongest": "", "suspect": False}
    )  # fmt: skip


def disk(label: int, seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    grey = np.where(rng.random((SIDE, SIDE)) < 0.5, 124.0, 131.0) + rng.normal(0, 2, (SIDE, SIDE))
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    if label:
        grey[30:42, 40:52], grey[30:42, 52:64] = 250, 5
    grey[np.hypot(y, x) > 38] = 0
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def test_out_of_fold_by_members_that_never_saw_the_day(hours: pd.DataFrame, tmp_path: Path) -> None:
    out = train_disks(experiment(steps=30, batch=16), hours, tmp_path / "run")
    table = pd.read_parquet(out / OUT_OF_FOLD)
    times = hours["time_utc"].to_numpy()
    assert table["row"].tolist() == list(range(len(hours)))
    assert (table["fold"] == block_folds(times, hours["label"].to_numpy(), days=2, folds=3)).all()
    run = load_run(out)
    assert (run.sees, len(run.training_spans)) == ("full_disk", 3)
    for row in table.itertuples():
        seen = run.training_spans[row.fold]
        day = np.timedelta64(24, "h")
        when = np.datetime64(row.time_utc)
        for begin, end in seen:
            assert (
                not to_datetime64(utc(begin)) - day
                < when
                < to_datetime64(utc(end)) + day - np.timedelta64(1, "s")
            )
    assert table["logit"][table["label"] == 1].mean() > table["logit"][table["label"] == 0].mean()
    document = json.loads((out / "scores.json").read_text())
    assert document["out_of_fold"]["auc"]["mean"] > 0.8
    assert document["begins"].startswith("from scratch")
    assert "not validated" in run.card
    assert "from scratch" in run.card
    assert json.loads((out / "log.jsonl").read_text().splitlines()[0])["weights"].startswith("from scratch")
