"""The whole way of a region network on made-up patches: index and flares in, run folder and scores out."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from flarescope.errors import LeakError, TrainingError
from flarescope.evaluation import patches
from flarescope.evaluation.card import score_rows
from flarescope.evaluation.patches import train_patches
from flarescope.evaluation.rivals import rival_forecasts
from flarescope.experiment import Experiment, read_experiment
from flarescope.training.run import load_run
from flarescope.verify import auc, scorecard

REGIONS, FRAMES = 24, 2


def settings(**changes: Any) -> dict[str, Any]:
    return {
        "name": "tiny",
        "data": {"index": "patches/index.csv", "flares": ["flares.csv"]},
        "model": {"name": "patch_cnn", "options": {"channels": [2, 4]}},
        "preparation": {"size": 16, "encoding": "grey8", "std": 127.5},
        "training": {"steps": 3, "batch": 8, "learning_rate": 1e-3},
        "evaluation": {"folds": 3, "seeds": [0, 1], "views": 1, "resamples": 50, "pil_fwhm_pixels": 3.0},
    } | changes


def write_patch(path: Path, strength: float, seed: int) -> None:
    """Quiet Sun and a bipole."""
    field = np.random.default_rng(seed).normal(127.5, 4.0, (32, 32))
    field[12:20, 10:16] += strength
    field[12:20, 16:22] -= strength
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(field, 0, 255).astype(np.uint8)).save(path)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every third region is strong and flares ten hours later; the others do not."""
    folder = tmp_path_factory.mktemp("data")
    begin, images, flares = datetime(2013, 1, 1), [], []  # noqa: DTZ001
    for k in range(REGIONS):
        at, noaa = begin + timedelta(days=5 * k), 11600 + k
        for frame in range(FRAMES):
            time = at + timedelta(hours=3 * frame)
            name = f"{noaa}/{noaa}_0/{time:%Y-%m-%dT%H%M%S}__magnetogram.png"
            write_patch(folder / "patches" / name, 100.0 if k % 3 == 0 else 20.0, FRAMES * k + frame)
            images.append((name, noaa, time))
        start = at + timedelta(hours=10)
        peak, end = start + timedelta(minutes=10), start + timedelta(minutes=20)
        flares.append((start, peak, end, "M2.0" if k % 3 == 0 else "C2.0", noaa))
    pd.DataFrame(images, columns=["file", "noaa_ar", "time_utc"]).to_csv(
        folder / "patches" / "index.csv", index=False
    )
    late = begin + timedelta(days=5 * REGIONS)  # so that the list covers the last region's window
    flares.append((late, late, late, "C1.0", 11000))
    columns = ["start_time", "peak_time", "end_time", "class", "noaa_ar"]
    pd.DataFrame(flares, columns=columns).to_csv(folder / "flares.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("runs") / "tiny"
    return out, train_patches(Experiment.from_dict(settings()), data, out)


def test_the_run_folder_is_whole(run: tuple[Path, dict[str, Any]]) -> None:
    out, document = run
    names = {path.name for path in out.iterdir() if path.is_file()}
    assert names >= {
        "experiment.toml", "model.safetensors", "preparation.json", "model.json", "split.parquet",
        "log.jsonl", "scores.json", "environment.txt", "card.md", "out_of_fold.parquet",
        "out_of_fold_mean.parquet",
    }  # fmt: skip
    loaded = load_run(out)
    assert loaded.label == document["model"] == loaded.scores["model"]
    assert loaded.training_regions == tuple(range(11600, 11600 + REGIONS))
    assert read_experiment(out / "experiment.toml") == Experiment.from_dict(settings())
    assert json.loads((out / "scores.json").read_text()) == document
    assert document["model"] in loaded.card
    assert "Courtesy of NASA/SDO and the AIA, EVE, and HMI science teams" in loaded.card
    assert {json.loads(line)["part"] for line in (out / "log.jsonl").read_text().splitlines()} == {
        *(f"seed{s}_fold{k}" for s in (0, 1) for k in (0, 1, 2)), "refit0", "refit1",
    }  # fmt: skip


def test_labels_and_counts(run: tuple[Path, dict[str, Any]]) -> None:
    counts = run[1]["data"]
    assert counts["frames"] == REGIONS * FRAMES
    assert counts["positive_frames"] == 8 * FRAMES
    assert counts["positive_regions"] == 8


def test_scores_are_those_of_the_table(run: tuple[Path, dict[str, Any]]) -> None:
    out, document = run
    table = pd.read_parquet(out / "out_of_fold.parquet")
    assert len(table) == 2 * REGIONS * FRAMES
    each = [auc(part["probability"], part["label"]) for _, part in table.groupby("seed")]
    assert document["out_of_fold_seeds"]["auc"]["mean"] == pytest.approx(np.mean(each), abs=1e-6)
    one = table[table["seed"] == 1]
    card = scorecard(one["probability"], one["label"], threshold=one["threshold"].to_numpy())
    assert document["out_of_fold_seeds"]["groups"]["1"]["tss"] == pytest.approx(card["tss"].value, abs=1e-6)
    mean = pd.read_parquet(out / "out_of_fold_mean.parquet")
    logit = np.log(table["probability"] / (1 - table["probability"])).groupby(table["row"]).mean()
    np.testing.assert_allclose(mean["probability"], 1 / (1 + np.exp(-logit)), rtol=1e-6)
    assert (mean["row"] == np.arange(len(mean))).all()


def test_rivals_stand_beside_it(run: tuple[Path, dict[str, Any]]) -> None:
    rivals = run[1]["out_of_fold_seeds"]["references"]
    assert set(rivals) == {"flux", "flux_pil"}
    assert rivals["flux"]["scores"]["auc"]["mean"] == 1.0  # strong regions flare in this made-up world
    mine = run[1]["out_of_fold_seeds"]["auc"]["mean"]
    assert rivals["flux"]["difference"]["auc"]["mean"] == pytest.approx(mine - 1.0, abs=1e-6)
    header, *rows = score_rows(run[1])
    assert header[1] == "TSS"
    assert [row[0] for row in rows][-4:] == ["rival flux", "rival flux_pil", "seed 0", "seed 1"]


def test_a_second_call_does_nothing_anew(run: tuple[Path, dict[str, Any]], data: Path) -> None:
    out, document = run
    told: set[str] = set()
    again = train_patches(
        Experiment.from_dict(settings()), data, out, progress=lambda what, done, of: told.add(what)
    )
    assert again == document
    assert told == {"images"}


def test_a_folder_of_another_experiment_is_refused(run: tuple[Path, dict[str, Any]], data: Path) -> None:
    other = Experiment.from_dict(settings(training={"steps": 4, "batch": 8, "learning_rate": 1e-3}))
    with pytest.raises(TrainingError, match="holds a run with other settings"):
        train_patches(other, data, run[0])


def test_one_class_only_is_refused(data: Path, tmp_path: Path) -> None:
    rare = Experiment.from_dict(
        settings(data={"index": "patches/index.csv", "flares": ["flares.csv"], "at_least": "X1.0"})
    )
    with pytest.raises(TrainingError, match="0 regions with positives do not fill 3 folds"):
        train_patches(rare, data, tmp_path)


def test_folds_that_share_a_region_are_refused_before_anything_is_written(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaking(labels: np.ndarray, regions: np.ndarray, *, folds: int, seed: int) -> np.ndarray:
        return np.arange(len(labels)) % folds  # row by row: frames of one region fall apart

    monkeypatch.setattr(patches, "folds_by_region", leaking)
    out = tmp_path / "leaking"
    with pytest.raises(LeakError, match=r"16 units of 'group' are in both train and test, such as '11600'"):
        train_patches(Experiment.from_dict(settings()), data, out)
    assert not out.exists()


def test_the_card_says_which_scale_the_label_is_on(run: tuple[Path, dict[str, Any]]) -> None:
    card = " ".join((run[0] / "card.md").read_text().split())
    assert "M1.0 on the operational GOES scale, which is M1.43 on the science scale in use since 2020" in card


def test_rivals_are_forecast_out_of_fold() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 200)
    features = pd.DataFrame({"flux": random.normal(size=200), "pil": random.normal(size=200) + labels})
    found = rival_forecasts(features, labels, np.arange(200) % 4)
    assert auc(found["flux_pil"][0], labels) > 0.7
    assert 0.3 < auc(found["flux"][0], labels) < 0.7
    assert all(len(np.unique(threshold)) == 4 for _, threshold in found.values())
