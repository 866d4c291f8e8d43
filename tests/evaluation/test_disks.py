"""Full-disk networks: who may judge which image, what is fitted on which rows, and what the verdict is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.evaluation import disk_forecasts as module
from flarescope.evaluation.beats_history import beats_history
from flarescope.evaluation.disk_forecasts import (
    DiskForecasts,
    disk_forecasts,
    labelled_disks,
)
from flarescope.evaluation.disks import cross_fitted, judged, score_disks
from flarescope.flare import FlareCatalog
from flarescope.models.patch_cnn import MeanLogit
from flarescope.preparation import Preparation
from flarescope.samples.disk_images import DiskImages
from flarescope.samples.disks import spans
from flarescope.sources.flares import read_flares
from flarescope.times import iso, utc
from flarescope.training.run import Calibration, Run, Spans
from flarescope.training.unseen import unseen_members
from flarescope.verify import blocks_of_days

BEGIN = utc("2026-02-01T00:00Z")
DAYS = 40
EVEN = Calibration(base_rate=0.3, sampled_rate=0.5, threshold=0.5, views=1)


class Says(nn.Module):
    """A network whose logit is known: ``gain`` times the mean of the image, plus ``constant``."""

    def __init__(self, gain: float = 0.0, constant: float = 0.0) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(gain))
        self.constant = constant

    def forward(self, x: Tensor) -> Tensor:
        return self.gain * x.mean(dim=(1, 2, 3)) + self.constant


def run_of(*members: nn.Module, spans: Spans, calibration: Calibration = EVEN) -> Run:
    network = MeanLogit(members) if len(members) > 1 else members[0]
    preparation = Preparation(size=2, fit="disk", disk_radius=1.0)
    return Run(network, preparation, "says", "0", calibration, (), sees="full_disk", training_spans=spans)


def days(first: int, last: int) -> tuple[tuple[str, str], ...]:
    """A span from a day's first hour to a second after another day's first hour."""
    return ((iso(BEGIN + timedelta(days=first)), iso(BEGIN + timedelta(days=last, seconds=1))),)


@pytest.fixture
def flares(tmp_path: Path) -> FlareCatalog:
    """Since New Year a C flare each six hours, and an M flare at noon of every fifth and sixth day of ten."""
    rows, start = [], utc("2026-01-01T03:00Z")
    while start < BEGIN + timedelta(days=DAYS + 2):
        rows.append(f"{start:%Y-%m-%d %H:%M:%S},C2.0")
        day = (start - BEGIN).days
        if start.hour == 9 and day % 10 in (4, 5):
            rows.append(f"{start + timedelta(hours=3):%Y-%m-%d %H:%M:%S},M2.0")
        start += timedelta(hours=6)
    path = tmp_path / "flares.csv"
    path.write_text("\n".join(["start_utc,goes_class", *rows]) + "\n")
    return read_flares(path)


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image each six hours whose pixels say how many days have passed; one of them is damaged."""
    folder = tmp_path / "images"
    folder.mkdir()
    for k in range(DAYS * 4):
        time = BEGIN + timedelta(hours=6 * k)
        (folder / f"HMI.m{time:%Y.%m.%d_%H.%M.%S}.jpg").write_text(str(k))
    (folder / "HMI.m2026.02.25_06.00.00.jpg").write_text("damaged")

    def prepared(paths: list[str], preparation: Preparation, folder: Path, **_: object) -> DiskImages:
        texts = [Path(path).read_text() for path in paths]
        readable = np.array([text != "damaged" for text in texts])
        numbers = [float(text) / 4 if text != "damaged" else 0.0 for text in texts]
        fields = np.broadcast_to(np.array(numbers, np.float16)[:, None, None], (len(paths), 2, 2))
        return DiskImages(fields, readable, {})

    monkeypatch.setattr(module, "prepared_disks", prepared)
    return folder


@given(
    trained=st.lists(st.integers(0, 24 * 20), min_size=1, max_size=30),
    asked=st.lists(st.integers(-48, 24 * 22), min_size=1, max_size=30),
)
def test_no_member_is_asked_within_a_day_of_its_training(trained: list[int], asked: list[int]) -> None:
    hours = np.datetime64("2026-02-01", "us") + np.array(trained) * np.timedelta64(1, "h")
    times = np.datetime64("2026-02-01", "us") + np.array(asked) * np.timedelta64(1, "h")
    free = unseen_members(times, (spans(hours), ()))
    away = np.abs(times[:, None] - hours).min(axis=1)
    assert (away[free[:, 0]] >= np.timedelta64(24, "h")).all()
    beyond = (times <= hours.min() - np.timedelta64(24, "h")) | (
        times >= hours.max() + np.timedelta64(24, "h")
    )
    assert free[beyond, 0].all()
    assert free[:, 1].all()


def test_each_image_is_left_to_members_that_never_saw_its_days(images: Path, flares: FlareCatalog) -> None:
    run = run_of(Says(constant=1.0), Says(constant=3.0), spans=(days(0, 19), days(10, 40)))
    found = disk_forecasts(run, *labelled_disks(images, flares))
    first, last = BEGIN + timedelta(days=9), BEGIN + timedelta(days=20)
    when = [utc(t) for t in found.times]
    assert all(t <= first or t >= last for t in when)
    assert found.logit.tolist() == [3.0 if t <= first else 1.0 for t in when]
    assert set(found.members) == {1}
    assert not found.untouched.any()
    assert found.left_out["every member was trained within 24 h of it"] == 43
    assert found.left_out["the image cannot be read"] == 1


def test_days_that_no_member_saw_are_forecast_by_all(images: Path, flares: FlareCatalog) -> None:
    run = run_of(Says(constant=1.0), Says(constant=3.0), spans=(days(0, 5), days(3, 8)))
    found = disk_forecasts(run, *labelled_disks(images, flares))
    later = np.array([utc(t) >= BEGIN + timedelta(days=9) for t in found.times])
    assert found.untouched.tolist() == later.tolist()
    assert set(found.logit[later]) == {2.0}
    assert set(found.members[later]) == {2}


def test_history_knows_the_list_only_as_far_as_it_reaches(images: Path, flares: FlareCatalog) -> None:
    late = replace(flares, coverage=((BEGIN - timedelta(days=10), flares.coverage[-1][1]),))
    found = disk_forecasts(run_of(Says(), spans=(days(-90, -80),)), *labelled_disks(images, late))
    assert utc(found.times[0]) == BEGIN + timedelta(days=17)
    assert found.left_out[module.UNKNOWN] == 17 * 4
    assert set(found.rivals) == {"history", "climatology", "trailing_climatology", "persistence"}


def made_forecasts(*, gain: float, seed: int = 0, n: int = 480) -> DiskForecasts:
    """Forty days of two-hourly images; the logit knows ``gain`` of the truth, history something else."""
    rng = np.random.default_rng(seed)
    times = np.datetime64("2026-02-01", "us") + np.arange(n) * np.timedelta64(2, "h")
    truth, past = rng.normal(size=n), rng.normal(size=n)
    happened = rng.random(n) < 1 / (1 + np.exp(-(3.0 * truth + past - 1.0)))
    rivals = {"history": 1 / (1 + np.exp(-(past - 1.0))), "climatology": np.full(n, 0.2)}
    logit = gain * 3.0 * truth + (1 - gain) * rng.normal(size=n) - 0.5
    return DiskForecasts(
        times, happened, logit, np.ones(n, int), np.zeros(n, bool), rivals, EVEN, {"no label": 2}
    )


def test_a_network_that_knows_more_beats_history_and_one_that_knows_nothing_does_not() -> None:
    good, poor = (judged(made_forecasts(gain=gain), resamples=200) for gain in (1.0, 0.0))
    assert good.beats_history == {"network": True, "fusion": True}
    assert good.to_dict()["enters_default_forecast"]
    assert good.fusion["bss"].value > good.network["bss"].value
    assert poor.beats_history == {"network": False, "fusion": False}
    assert (
        poor.fusion.rivals["history"].bss.low > 0.0
    )  # it only brought history to the base rate of these days
    assert poor.fusion.rivals["history_refitted"].bss.value < 0.01
    assert not poor.to_dict()["enters_default_forecast"]
    assert poor.fusion.rivals["history"].bss.value > poor.network.rivals["history"].bss.value
    assert poor.to_dict()["fusion_weights"]["image"] < 0.3 < good.to_dict()["fusion_weights"]["image"]


def test_the_document_says_what_it_rests_on() -> None:
    document = judged(made_forecasts(gain=0.5), resamples=50).to_dict()
    assert document["n_blocks"] == 8
    assert document["block_unit"] == "5 days"
    assert document["notes"][0].startswith("not validated: 480 hours with ")
    assert document["notes"][0].endswith("in 8 blocks of 5 days, all of one solar phase.")
    assert document["left_out"] == {"no label": 2}
    assert document["asked"] == {"1 members": 480}
    for name in ("history", "climatology", "fusion"):
        assert document["references"][name]["scores"]["bss"]["low"] is not None
    assert set(document["fusion_against"]) == {"history", "history_refitted"}
    years = replace(made_forecasts(gain=0.5), times=np.arange(480) * np.timedelta64(2, "D") + BEGIN_64)
    assert not any("not validated" in note for note in judged(years, resamples=20).to_dict()["notes"])


BEGIN_64 = np.datetime64("2020-01-01", "us")


def test_nothing_is_fitted_on_the_block_it_is_for() -> None:
    forecasts = made_forecasts(gain=0.7)
    blocks = blocks_of_days(forecasts.times, 5)
    own = blocks.ids == 3
    near = (forecasts.times >= forecasts.times[own].min() - np.timedelta64(23, "h")) & (
        forecasts.times <= forecasts.times[own].max() + np.timedelta64(23, "h")
    )
    other = replace(forecasts, happened=np.where(near, ~forecasts.happened, forecasts.happened))
    before, after = cross_fitted(forecasts, blocks), cross_fitted(other, blocks)
    for name in before.said:
        assert (before.said[name][own] == after.said[name][own]).all()
        assert (before.thresholds[name][own] == after.thresholds[name][own]).all()
    assert before.weights[3] == after.weights[3]
    assert before.weights[0] != after.weights[0]


def test_the_base_rate_is_climatology_unless_no_member_was_trained_here() -> None:
    forecasts = made_forecasts(gain=0.7)
    new = replace(forecasts, untouched=np.arange(480) < 100)
    said = cross_fitted(new, blocks_of_days(forecasts.times, 5)).said["network"]
    assert said[:100] == pytest.approx(EVEN.probability(forecasts.logit[:100]))
    odds = np.log(said / (1 - said)) - forecasts.logit
    assert 1 / (1 + np.exp(-odds[100:])) == pytest.approx(0.2)


def test_bad_runs_and_blocks_are_refused(images: Path, flares: FlareCatalog) -> None:
    run = run_of(Says(), spans=(days(0, 5),))
    with pytest.raises(BadOptionError, match="images of single regions"):
        score_disks(replace(run, sees="region"), images, flares)
    with pytest.raises(MissingDataError, match="Nobody knows on which days"):
        score_disks(replace(run, training_spans=()), images, flares)
    with pytest.raises(MissingDataError, match="1 members and training_spans of 2"):
        score_disks(replace(run, training_spans=(days(0, 5), days(5, 9))), images, flares)
    with pytest.raises(MissingDataError, match="every member was trained within 24 h"):
        score_disks(run_of(Says(), spans=(days(-2, 60),)), images, flares)
    with pytest.raises(BadOptionError, match="Blocks of 3 days are too short"):
        score_disks(run, images, flares, block_days=3)
    one = made_forecasts(gain=0.5)
    happened = np.arange(480) < 20
    with pytest.raises(MissingDataError, match="events in 1 of 8 blocks"):
        judged(replace(one, happened=happened))


def test_the_rule_for_disks_asks_for_the_brier_score() -> None:
    def document(brier_low: float | None, auc_low: float) -> dict[str, object]:
        rival = {"bss": {"low": brier_low, "high": 0.2}, "difference": {"auc": {"low": auc_low}}}
        return {"references": {"history": rival}}

    assert beats_history(document(0.01, -0.1), ranking_counts=False)
    assert not beats_history(document(-0.01, 0.1), ranking_counts=False)
    assert beats_history(document(-0.01, 0.1))
    assert not beats_history(document(None, 0.1), ranking_counts=False)
    with pytest.raises(MissingDataError, match="no scores against history"):
        beats_history({"references": {}}, ranking_counts=False)


@pytest.mark.realdata
def test_real_disks_are_scored_beside_their_rivals(data_dir: Path, tmp_path: Path) -> None:
    found = sorted((data_dir / "magnetograms/full_disk_2026/2026").rglob("*_12.00.00.jpg"))[::2]
    for path in found:
        (tmp_path / path.name).symlink_to(path)
    flares = read_flares(data_dir / "flares/lmsal_2026_start_only.csv")
    preparation = Preparation(size=64, fit="disk", disk_radius=25.0, encoding="grey8", std=127.5)
    run = replace(run_of(Says(gain=50.0), spans=(days(-400, -390),)), preparation=preparation)
    scores = score_disks(run, tmp_path, flares, resamples=50)
    assert scores.network.n + sum(scores.about["left_out"].values()) == len(found) == 25
    assert scores.network.n_blocks == 11
    assert scores.network.rivals["history"].scores["auc"].value > 0.7
    assert scores.about["asked"] == {"1 members": scores.network.n}
    assert scores.network.notes[0].startswith("not validated: ")
