from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from flarescope.errors import TrainingError
from flarescope.experiment import Experiment
from flarescope.training.folds import Rows, calibration, fold_predictions, folds_by_region, refit


def experiment(**training: object) -> Experiment:
    return Experiment.from_dict(
        {
            "name": "tiny",
            "data": {"index": "index.csv", "flares": ["flares.csv"]},
            "model": {"name": "patch_cnn", "options": {"channels": [2, 4]}},
            "preparation": {"size": 16, "encoding": "grey8", "std": 127.5},
            "training": {"steps": 3, "batch": 8, "learning_rate": 1e-3} | training,
            "evaluation": {"folds": 2, "seeds": [0, 1], "views": 1},
        }
    )


def rows(n: int = 48) -> Rows:
    images = np.random.default_rng(0).normal(size=(n, 16, 16)).astype(np.float16)
    regions = np.array([str(11000 + k // 3) for k in range(n)])
    return Rows(images, ((np.arange(n) // 3) % 4 == 0).astype(int), regions)


def folded(data: Rows) -> np.ndarray:
    return folds_by_region(data.labels, data.regions, folds=2, seed=0)


def test_folds_keep_regions_whole_and_share_the_positives() -> None:
    data = rows(96)
    fold = folds_by_region(data.labels, data.regions, folds=4, seed=0)
    for region in np.unique(data.regions):
        assert len(set(fold[data.regions == region])) == 1
    assert [int(data.labels[fold == k].sum()) for k in range(4)] == [6, 6, 6, 6]
    with pytest.raises(TrainingError, match="8 regions with positives do not fill 9 folds"):
        folds_by_region(data.labels, data.regions, folds=9, seed=0)


def test_every_row_is_forecast_once_a_seed_by_a_network_that_did_not_see_it(tmp_path: Path) -> None:
    data = rows()
    fold, told = folded(data), []
    found = fold_predictions(
        experiment(), data, fold, tmp_path, progress=lambda what, done, of: told.append(what)
    )
    assert (found.groupby("seed")["row"].apply(sorted).apply(lambda r: r == list(range(48)))).all()
    assert (fold[found["row"]] == found["fold"]).all()
    assert found["probability"].between(0, 1).all()
    assert not np.allclose(found["probability"], found["degraded"])
    assert set(told) == {f"seed {s}, fold {k}" for s in (0, 1) for k in (0, 1)}
    assert not list(tmp_path.glob("*/checkpoint.safetensors"))


def test_what_is_finished_is_not_done_again(tmp_path: Path) -> None:
    data = rows()
    first = fold_predictions(experiment(), data, folded(data), tmp_path)
    for name in ("predictions.parquet", "model.safetensors"):
        (tmp_path / "seed1_fold0" / name).unlink()
    (tmp_path / "seed0_fold1" / "predictions.parquet").unlink()  # forecast again, but not trained again
    told: list[str] = []
    again = fold_predictions(
        experiment(), data, folded(data), tmp_path, progress=lambda what, done, of: told.append(what)
    )
    assert set(told) == {"seed 1, fold 0"}
    pd.testing.assert_frame_equal(first, again, rtol=1e-4)


def test_the_refit_sees_all_rows_and_comes_back(tmp_path: Path) -> None:
    data = rows()
    members = refit(experiment(), data, tmp_path)
    told: list[str] = []
    again = refit(experiment(), data, tmp_path, progress=lambda what, done, of: told.append(what))
    x = torch.randn(2, 1, 16, 16)
    assert len(members) == 2
    assert not told
    for one, two in zip(members, again, strict=True):
        torch.testing.assert_close(one(x), two(x))  # another memory layout rounds otherwise
    assert not torch.equal(members[0](x), members[1](x))


def test_damaged_weights_of_a_part_are_named(tmp_path: Path) -> None:
    (tmp_path / "refit0").mkdir()
    (tmp_path / "refit0" / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(TrainingError, match=r"refit0: its weights cannot be used .* Delete this folder"):
        refit(experiment(), rows(), tmp_path)


def test_calibration_is_that_of_the_training_rows() -> None:
    data = rows()
    train = folded(data) != 0
    scale = calibration(experiment(), data, train)
    assert scale.base_rate == pytest.approx(data.labels[train].mean())
    assert scale.sampled_rate == 0.25


def test_early_stopping_sets_regions_aside(tmp_path: Path) -> None:
    data = rows()
    settings = experiment(early_stopping=1, check_steps=1, validation_share=0.5)
    refit(settings, data, tmp_path)
    assert "validation_loss" in (tmp_path / "refit0" / "log.jsonl").read_text()
