"""Flare history on the hours and folds of Pandey et al. 2023: the bar every network has to take."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from flarescope.cli import app
from flarescope.errors import MissingDataError
from flarescope.evaluation.history import cross_validated, evaluate_history
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


def test_folds_do_not_see_themselves() -> None:
    flares = flare_list(utc("2023-01-01"), utc("2025-06-01"), per_day=4.0, children=0.95, seed=5)
    times = np.arange("2023-07-01", "2025-05-25", np.timedelta64(1, "h"), "datetime64[us]")
    folds = np.where(times < np.datetime64("2024-07-01"), 1, 2)
    said = cross_validated(times, folds, flares, Target("M1.0"))
    assert set(np.unique(said["threshold"])) == set(said["threshold"][[0, -1]])
    assert said["climatology"][0] != said["climatology"][-1]
    scores = evaluate_history(times, folds, flares, Target("M1.0"), resamples=50)
    assert scores["auc"].value > 0.6


def test_one_fold_cannot_be_left_out() -> None:
    flares = flare_list(utc("2024-01-01"), utc("2025-06-01"), seed=5)
    times = np.arange("2024-07-01", "2024-08-01", np.timedelta64(1, "h"), "datetime64[us]")
    with pytest.raises(MissingDataError, match="at least two folds"):
        cross_validated(times, np.ones(len(times)), flares, Target("M1.0"))
