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
from flarescope.experiment import Experiment, read_experiment
from flarescope.samples import disk_images
from flarescope.samples.disk_images import prepared_disks
from flarescope.samples.disks import block_folds
from flarescope.times import to_datetime64, utc
from flarescope.training import disks, loop
from flarescope.training.disks import OUT_OF_FOLD, train_disks
from flarescope.training.run import load_run

ROOT = Path(__file__).parents[2]
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


def test_killed_and_resumed_equals_uninterrupted(
    hours: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = experiment(
        batches="published", optimizer="sgd", learning_rate=0.05, weight_decay=0.01,
        schedule="plateau_stepped_twice", plateau_factor=0.03, plateau_patience=0,
        steps=4, steps_are="epochs", check_steps=1, checkpoint_steps=1,
    )  # fmt: skip
    whole = train_disks(settings, hours, tmp_path / "whole")
    steps = 0
    saved = loop.save_checkpoint

    class KilledError(Exception):
        """As if the process had ended here."""

    def killing(*args: Any) -> None:
        nonlocal steps
        saved(*args)
        steps += 1
        if steps % 3 == 2:
            raise KilledError

    monkeypatch.setattr(loop, "save_checkpoint", killing)
    for _ in range(20):
        try:
            resumed = train_disks(settings, hours, tmp_path / "resumed")
            break
        except KilledError:
            continue
    assert steps > 8
    assert (resumed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert load_run(resumed).hash == load_run(whole).hash
    tables = [pd.read_parquet(run / OUT_OF_FOLD) for run in (whole, resumed)]
    pd.testing.assert_frame_equal(*tables)
    rates = [json.loads(line).get("learning_rate") for line in (whole / "log.jsonl").read_text().splitlines()]
    assert min(rate for rate in rates if rate) < 0.05


def test_images_killed_while_prepared_go_on(
    hours: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preparation = experiment().preparation
    whole = prepared_disks(list(hours["path"]), preparation, tmp_path / "whole")
    read: list[Path] = []

    def reading(path: Path, *args: Any) -> np.ndarray | str:
        read.append(path)
        if len(read) == 30:
            raise KeyboardInterrupt
        return own(path, *args)

    own = disk_images._prepared
    monkeypatch.setattr(disk_images, "_prepared", reading)
    monkeypatch.setattr(disk_images, "AT_ONCE", 8)
    with pytest.raises(KeyboardInterrupt):
        prepared_disks(list(hours["path"]), preparation, tmp_path / "resumed")
    begun = len(read)
    resumed = prepared_disks(list(hours["path"]), preparation, tmp_path / "resumed")
    assert len(read) - begun == len(hours) - 24
    assert np.array_equal(whole.images, resumed.images)
    other = dataclasses.replace(preparation, disk_radius=20.0)
    assert not np.array_equal(whole.images, prepared_disks(hours["path"], other, tmp_path / "resumed").images)


def test_damaged_images_are_left_out_and_counted(hours: pd.DataFrame, tmp_path: Path) -> None:
    damaged = tmp_path / "HMI.m2026.02.02_06.00.00.png"
    damaged.write_bytes(Path(hours["path"][5]).read_bytes()[:200])
    some = hours.copy()
    some.loc[5, "path"] = str(damaged)
    some.attrs = {"left_out": {"the flare list does not cover the window": 3}}
    out = train_disks(experiment(steps=2), some, tmp_path / "run")
    table = pd.read_parquet(out / OUT_OF_FOLD)
    assert table["row"].tolist() == [row for row in range(len(hours)) if row != 5]
    assert table["time_utc"].tolist() == hours["time_utc"].drop(5).tolist()
    left_out = json.loads((out / "scores.json").read_text())["data"]["left_out"]
    assert left_out == {"the flare list does not cover the window": 3, "the image cannot be read": 1}
    with pytest.raises(MissingDataError, match="None of the 1 images can be read"):
        prepared_disks([damaged], experiment().preparation, tmp_path / "none")


def test_another_run_in_the_folder_is_refused(hours: pd.DataFrame, tmp_path: Path) -> None:
    train_disks(experiment(steps=1), hours, tmp_path)
    with pytest.raises(TrainingError, match="other settings"):
        train_disks(experiment(steps=2), hours, tmp_path)
    with pytest.raises(TrainingError, match="other images"):
        train_disks(experiment(steps=1), hours[1:], tmp_path)


def test_one_split_takes_its_threshold_from_training_rows(hours: pd.DataFrame, tmp_path: Path) -> None:
    settings = experiment(batches="epochs", steps=2)
    few = dataclasses.replace(
        settings, evaluation=settings.evaluation.model_copy(update={"trained_folds": 1})
    )
    out = train_disks(few, hours, tmp_path / "run")
    table = pd.read_parquet(out / OUT_OF_FOLD)
    assert set(table["fold"]) == {0}
    assert table["threshold"].nunique() == 1
    assert load_run(out).training_spans[0][0][0].startswith("2026-02-0")
    assert "1 of them trained" in load_run(out).card


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"training": {"batches": "published"}, "augmentation": {"flips": True}}, "not varied any further"),
        ({"training": {"steps_are": "epochs"}}, "have no epochs"),
        ({"preparation": {"fit": "resize"}}, "fit 'resize'"),
    ],
)
def test_settings_that_full_disks_do_not_have(
    changes: dict[str, dict[str, Any]], says: str, hours: pd.DataFrame, tmp_path: Path
) -> None:
    document = experiment().to_dict()
    for section, values in changes.items():
        document[section] = document[section] | values
    with pytest.raises(BadOptionError, match=says):
        train_disks(Experiment.from_dict(document), hours, tmp_path)


def test_experiments_for_full_disks_can_be_read_and_trained() -> None:
    for name in ("compact", "alexnet_2026", "pandey2023"):
        settings = read_experiment(ROOT / "experiments" / f"{name}.toml")
        disks._check(settings)
        assert settings.preparation.disk_radius == 200.0
    published = settings.training
    assert (published.optimizer, published.learning_rate, published.weight_decay) == ("sgd", 0.0099, 0.01)
    assert (published.batch, published.steps, published.steps_are) == (64, 40, "epochs")
    assert (published.plateau_factor, published.plateau_patience) == (0.03, 4)
