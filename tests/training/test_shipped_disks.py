"""The full-disk network that ships: small, not validated and saying so, aware of its training days."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from flarescope.experiment import read_experiment
from flarescope.sources.flares import read_flares
from flarescope.times import utc
from flarescope.training.run import EXPERIMENT, load_run

ROOT = Path(__file__).parents[2]


def test_it_is_the_one_that_was_scored_and_is_small() -> None:
    run = load_run("compact")
    assert run.scores is not None
    assert run.scores["model"] == run.label
    assert run.scores["validated"] is False
    assert (run.sees, len(run.training_spans), run.training_regions) == ("full_disk", 4, ())
    assert (run.folder / "model.safetensors").stat().st_size <= 4e6
    assert read_experiment(run.folder / EXPERIMENT) == read_experiment(ROOT / "experiments/compact.toml")


def test_its_card_claims_nothing() -> None:
    run = load_run("compact")
    assert run.scores is not None
    words = " ".join(run.card.split())
    for said in (run.label, "**not validated**", "1,153 hours", "393 of them positive", "one solar phase",
                 "Courtesy of NASA/SDO", "NOAA/SWPC", "from scratch"):  # fmt: skip
        assert said in words
    for score in ("tss", "auc", "bss"):
        assert f"{run.scores['out_of_fold'][score]['mean']:.3f}" in run.card


def test_every_day_has_a_member_that_never_saw_it() -> None:
    spans = load_run("compact").training_spans
    day, second = timedelta(hours=24), timedelta(seconds=1)
    for hours in range(0, 24 * 58, 6):
        time = utc("2026-02-01T00:00Z") + timedelta(hours=hours)
        near = [any(utc(a) - day < time < utc(b) - second + day for a, b in span) for span in spans]
        assert not all(near), time


@pytest.mark.realdata
def test_out_of_fold_forecasts_come_out_again(data_dir: Path) -> None:
    """Its base rate and calibration are those of the labels at hand."""
    from flarescope.samples.disks import disk_hours

    run = load_run("compact")
    hours = disk_hours(
        data_dir / "magnetograms/full_disk_2026", read_flares(data_dir / "flares/lmsal_2026_start_only.csv")
    )
    assert run.calibration.base_rate == pytest.approx(float(np.mean(hours["label"])))
    assert run.calibration.sampled_rate == 0.5
