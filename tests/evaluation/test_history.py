"""Flare history on the hours and folds of Pandey et al. 2023: the bar every network has to take."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from flarescope.cli import app
from flarescope.errors import MissingDataError
from flarescope.evaluation.history import cross_validated, evaluate_history
from flarescope.flare import GoesClass
from flarescope.models.history import Target
from flarescope.synthetic import flare_list
from flarescope.times import utc


@pytest.mark.realdata
def test_history_takes_the_bar_on_the_published_folds(data_dir: Path) -> None:
    hours = data_dir / "labels" / "full_disk_hours_2010_2018.parquet"
    flares = data_dir / "flares" / "goes_2010_2025.csv"
    typed = [
        "evaluate",
        "history",
        "--hours",
        str(hours),
        "--flares",
        str(flares),
        "--folds",
        "fold",
        "--json",
    ]
    result = CliRunner().invoke(app, [*typed, "--resamples", "200"])
    said = json.loads(result.stdout)
    assert said["tss"]["mean"] >= 0.585
    assert said["auc"]["mean"] >= 0.875
    assert said["bss"]["mean"] >= 0.285
    assert said["n"] == 63_649
    assert said["goes_scale"] == "operational"
    assert set(said["groups"]) == {"1", "2", "3", "4"}
    assert said["tss"]["low"] < said["tss"]["mean"] < said["tss"]["high"]
    assert said["references"]["persistence"]["bss"]["low"] > 0


def made_up() -> tuple[np.ndarray, np.ndarray]:
    times = np.arange("2023-07-01", "2025-05-25", np.timedelta64(1, "h"), "datetime64[us]")
    return times, np.where(times < np.datetime64("2024-07-01"), 1, 2)


def test_what_is_fitted_for_a_fold_does_not_depend_on_what_happened_in_it() -> None:
    """Other flares in fold 2: coefficients and thresholds used on fold 2 stay as they were."""
    flares = flare_list(utc("2023-01-01"), utc("2025-06-01"), per_day=4.0, children=0.95, seed=5)
    times, folds = made_up()
    border = utc("2024-07-01")
    late = tuple(replace(f, goes_class=GoesClass("X1.0")) if f.start > border else f for f in flares)
    one = cross_validated(times, folds, flares, Target("M1.0"))
    two = cross_validated(times, folds, replace(flares, flares=late), Target("M1.0"))
    second = one.folds == 2
    for name in ("climatology", "trailing_climatology", "persistence", "history"):
        assert np.unique(one.thresholds[name][second]) == pytest.approx(
            np.unique(two.thresholds[name][second])
        )
    assert one.said["climatology"][second] == pytest.approx(two.said["climatology"][second])
    assert one.said["climatology"][~second][0] != pytest.approx(two.said["climatology"][~second][0])
    scores = evaluate_history(times, folds, flares, Target("M1.0"), resamples=50)
    assert scores["auc"].value > 0.6


def test_hours_that_the_list_does_not_cover_are_left_out_and_counted() -> None:
    flares = flare_list(utc("2023-01-01"), utc("2025-01-01"), per_day=4.0, children=0.95, seed=5)
    times, folds = made_up()
    found = cross_validated(times, folds, flares, Target("M1.0"))
    assert found.times.max() <= np.datetime64("2024-12-31")
    scores = evaluate_history(times, folds, flares, Target("M1.0"), resamples=20)
    assert scores.n + int((~found.usable).sum()) == len(times)
    assert "left out: the list does not cover them" in scores.notes[-1]
    with pytest.raises(MissingDataError, match="covers none of the"):
        cross_validated(times + np.timedelta64(3650, "D"), folds, flares, Target("M1.0"))


def test_one_fold_cannot_be_left_out() -> None:
    flares = flare_list(utc("2024-01-01"), utc("2025-06-01"), seed=5)
    times = np.arange("2024-07-01", "2024-08-01", np.timedelta64(1, "h"), "datetime64[us]")
    with pytest.raises(MissingDataError, match="at least two folds"):
        cross_validated(times, np.ones(len(times)), flares, Target("M1.0"))
