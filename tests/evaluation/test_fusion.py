"""What the image adds: out of fold for regions, one rule for what becomes the default."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import BadFileError, MissingDataError
from flarescope.evaluation.fusion import disk_hours, disk_scores, fitted_fusion, region_scores
from flarescope.forecaster import shipped_fusion, shipped_history
from flarescope.forecaster.shipped import shipped_network
from flarescope.models.fusion import rate_of
from flarescope.models.history import probability
from flarescope.sources.flares import read_flares
from flarescope.training.fusion import RegionFrames


def frames(image: float, n: int = 6000, seed: int = 1) -> tuple[RegionFrames, np.ndarray]:
    rng = np.random.default_rng(seed)
    lam, p, region = rng.exponential(0.05, n), rng.beta(0.5, 8, n), rng.integers(0, 300, n)
    truth = probability(0.005 + 0.6 * lam + image * rate_of(p))
    return RegionFrames(region, lam, p, rng.random(n) < truth), region % 5


def test_an_image_that_knows_something_is_seen_to() -> None:
    made, folds = frames(image=1.0)
    gain = region_scores(made, folds, resamples=100).rivals["history"]
    assert gain.bss.low is not None
    assert gain.bss.low > 0.02
    assert gain.differences["auc"].value > 0.1


def test_an_image_that_knows_nothing_adds_nothing() -> None:
    made, folds = frames(image=0.0)
    assert abs(region_scores(made, folds, resamples=50).rivals["history"].bss.value) < 0.02


def run_folder(tmp_path: Path, image: float) -> tuple[Path, Path]:
    """A run's out-of-fold table and a flare list that it fits to."""
    made, folds = frames(image=image, n=3000)
    times = pd.date_range("2013-01-01", periods=3000, freq="h")
    table = pd.DataFrame(
        {
            "time_utc": times,
            "noaa": (made.region + 11000).astype(str),
            "probability": made.image_probability,
            "label": made.happened.astype(int),
            "fold": folds,
        }
    )
    table.to_parquet(tmp_path / "out_of_fold_mean.parquet")
    flares = tmp_path / "flares.csv"
    days = [f"2013-0{1 + k % 4}-{1 + k % 27:02d}" for k in range(90)]
    rows = [f"{day} 05:00:00,{day} 05:20:00,C2.0,{11000 + k}" for k, day in enumerate(days)]
    flares.write_text("\n".join(["start_time,end_time,class,noaa_ar", *rows]) + "\n")
    return tmp_path, flares


def trial(bss: tuple[float, float], auc: tuple[float, float]) -> dict[str, object]:
    def estimate(bounds: tuple[float, float]) -> dict[str, float]:
        return {"mean": sum(bounds) / 2, "low": bounds[0], "high": bounds[1]}

    differences = {"auc": estimate(auc), "tss": estimate(auc)}
    return {
        "n": 9,
        "n_blocks": 3,
        "references": {"history": {"bss": estimate(bss), "difference": differences}},
    }


@pytest.mark.parametrize(
    ("bss", "auc", "kept"),
    [
        ((0.01, 0.2), (-0.1, 0.1), True),
        ((-0.1, 0.2), (0.01, 0.1), True),
        ((-0.1, 0.2), (-0.1, 0.1), False),
        ((-0.2, -0.1), (0.01, 0.1), False),
    ],
)
def test_the_disk_keeps_an_image_only_if_it_is_proven(
    tmp_path: Path, bss: tuple[float, float], auc: tuple[float, float], kept: bool
) -> None:
    run, flares = run_folder(tmp_path, image=1.0)
    fusion, _ = fitted_fusion(run, [flares], trial=trial(bss, auc), members=2)
    assert (fusion.disk.image > 0.0) is kept
    assert fusion.region.image > 0.0
    assert ("not proven" in fusion.fitted_on["disk"]) is not kept


def test_without_a_trial_the_disk_is_left_to_history(tmp_path: Path) -> None:
    run, flares = run_folder(tmp_path, image=1.0)
    fusion, _ = fitted_fusion(run, [flares], members=2)
    assert (fusion.disk.history, fusion.disk.image) == (1.0, 0.0)
    with pytest.raises(MissingDataError, match="holds no scores against history"):
        fitted_fusion(run, [flares], trial={"n": 1}, members=2)


def test_a_region_is_left_to_history_where_the_image_is_not_proven(tmp_path: Path) -> None:
    run, flares = run_folder(tmp_path, image=0.0)
    fusion, _ = fitted_fusion(run, [flares], members=2)
    assert fusion.region == fusion.region_history
    assert "not proven" in fusion.fitted_on["region"]


def test_a_run_without_its_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="out_of_fold_mean"):
        fitted_fusion(tmp_path, [tmp_path / "none.csv"])


@pytest.mark.realdata
def test_real_disks_are_scored(data_dir: Path) -> None:
    network, model = shipped_network(), shipped_history("science")
    assert network is not None
    folder = data_dir / "magnetograms" / "full_disk_2026" / "2026"
    images = [folder / f"02/{day:02d}/HMI.m2026.02.{day:02d}_12.00.00.jpg" for day in (3, 10, 20, 22)]
    flares = read_flares(
        data_dir / "flares/goes_2010_2025.csv", data_dir / "flares/lmsal_2026_start_only.csv"
    )
    hours = disk_hours(images, flares.on_scale("science"), model, network, shipped_fusion())
    assert hours.happened.tolist() == [True, True, False, False]
    assert hours.image_rate[0] > 5 * hours.image_rate[2:].max()
    scores = disk_scores(hours, model, shipped_fusion(), resamples=20)
    assert scores.n == 4
    assert set(scores.rivals) == {"history", "image", "climatology", "trailing_climatology"}
