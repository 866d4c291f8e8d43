"""Networks on eight weeks of disks: settings, what is kept, what is claimed, and the date in a disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flarescope.errors import MissingDataError
from flarescope.experiment import Experiment, read_experiment
from flarescope.papers import paper
from flarescope.papers.claims import Finding, find_claim, read_claims, verdict
from flarescope.papers.pandey2023 import date_leak, disks_2026, trained_2026
from flarescope.papers.reproduction import Desk
from flarescope.sun import Magnetogram, Position
from flarescope.synthetic import Bipole, full_disk
from flarescope.times import utc
from flarescope.verify import blocks_of, blocks_of_days
from flarescope.verify.intervals import Estimate

ROOT = Path(__file__).parents[3]
BEGIN = datetime(2026, 2, 1)  # noqa: DTZ001


@pytest.mark.parametrize("name", sorted(disks_2026.NETWORKS))
def test_settings_are_those_of_the_experiments_files(name: str, tmp_path: Path) -> None:
    assert disks_2026.experiment_of(name, Desk(None, tmp_path)) == read_experiment(
        ROOT / "experiments" / f"{name}.toml"
    )
    quick = disks_2026.experiment_of(name, Desk(None, tmp_path, quick=True))
    assert (quick.preparation.size, quick.preparation.disk_radius) == (128, 50.0)
    assert quick.evaluation.folds == 2


def test_a_smaller_compact_network_begins_with_the_same_probability(tmp_path: Path) -> None:
    import torch

    from flarescope.training.members import fresh

    first = []
    for quick in (False, True):
        experiment = disks_2026.experiment_of("compact", Desk(None, tmp_path, quick=quick))
        network, side = fresh(experiment.model, 0).eval(), experiment.preparation.size
        with torch.no_grad():
            first.append(float(torch.sigmoid(network(torch.zeros(1, 1, side, side)))))
    assert first == pytest.approx([1 - np.exp(-0.3)] * 2, abs=0.02)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Forty days of made-up disks, a bipole where a flare follows, and networks of a second's training."""
    images, lists = tmp_path / disks_2026.IMAGES, tmp_path / "flares"
    images.mkdir(parents=True)
    lists.mkdir()
    for k in range(320):
        (images / f"HMI.m{BEGIN + timedelta(hours=3 * k):%Y.%m.%d_%H.%M.%S}.jpg").write_text(str(k))
    flares = ["start_utc,goes_class"]
    for k in range(80 * 2):
        start = datetime(2026, 1, 1, 3) + timedelta(hours=12 * k)  # noqa: DTZ001
        flares.append(f"{start},{'M2.0' if _active(start) else 'C2.0'}")
    (lists / "lmsal_2026_start_only.csv").write_text("\n".join(flares) + "\n")

    def read(path: Path, **_: Any) -> Magnetogram:
        time = datetime.strptime(path.stem, "HMI.m%Y.%m.%d_%H.%M.%S")  # noqa: DTZ007
        bipoles = (Bipole(Position(10.0, 15.0)),) if _active(time + timedelta(hours=12)) else ()
        return full_disk(utc(f"{time}Z"), bipoles, pixels=64)

    def tiny(name: str, desk: Desk) -> Experiment:
        settings = disks_2026.NETWORKS["compact"]
        whole = Experiment.from_dict({"name": name, **settings})
        return replace(
            disks_2026.at_size(whole, 64),
            model=whole.model.model_copy(update={"options": {"channels": [2, 4]}}),
            training=whole.training.model_copy(update={"steps": 4, "batch": 8}),
            evaluation=whole.evaluation.model_copy(update={"folds": 2}),
        )

    monkeypatch.setattr("flarescope.samples.disk_images.read_magnetogram", read)
    monkeypatch.setattr(trained_2026, "experiment_of", tiny)
    monkeypatch.setattr(date_leak, "experiment_of", tiny)
    return Desk(tmp_path, tmp_path / "out", quick=True)


def _active(time: datetime) -> bool:
    return (time - BEGIN).days % 10 in (4, 5, 6)


def test_an_item_says_that_nothing_is_validated_and_trains_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = trained_2026.compact_trained_2026(desk)
    claims = read_claims(paper("pandey2023").claims)
    names = [claim.name for claim in claims if claim.item == "compact_trained_2026"]
    assert [one.claim for one in found] == names
    for one in found[:3]:
        assert "40 hours" in one.note
        assert "one solar phase: not validated" in one.note
        assert (desk.out / one.figure).exists()
        assert verdict(find_claim(claims, "compact_trained_2026", one.claim), one) != "not run"
    monkeypatch.setattr("flarescope.training.disk_fold.fit", None)  # a second training would fail
    assert trained_2026.compact_trained_2026(desk) == found


def test_alexnet_has_the_same_claims_without_the_date(desk: Desk) -> None:
    found = trained_2026.alexnet_trained_2026(desk)
    claims = read_claims(paper("pandey2023").claims)
    assert [one.claim for one in found] == [c.name for c in claims if c.item == "alexnet_trained_2026"]
    assert f"TSS {(found[0].value or 0.0) + 0.508:.3f} [" in found[0].note
    claim = find_claim(claims, "alexnet_trained_2026", "tss")
    wide = Finding("tss", "real-small", 0.15 - 0.508, 0.21)  # both 0 and the paper are near
    assert verdict(claim, wide) == "undecided"


def test_without_the_images_it_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="needs magnetograms/full_disk_2026"):
        trained_2026.alexnet_trained_2026(Desk(tmp_path, tmp_path / "out"))


def test_a_spread_is_a_quarter_of_the_interval() -> None:
    assert trained_2026.spread_of(Estimate(0.1, -0.1, 0.3, "")) == pytest.approx(0.1)
    assert trained_2026.spread_of(Estimate(0.1, np.nan, np.nan, "")) is None


def test_rings_are_counted_from_the_centre() -> None:
    away = np.hypot(*np.meshgrid(np.arange(16) - 7.5, np.arange(16) - 7.5))
    found = date_leak.ring_means(np.where(away < 4, -1.0, 0.0)[None])
    assert found.round(6).tolist() == [[1.0, 1.0, 0.0, 0.0]]


def test_a_shrinking_disk_tells_the_date_and_a_constant_one_does_not() -> None:
    rng = np.random.default_rng(0)
    days = np.arange(160) / 4
    blocks = blocks_of_days(np.datetime64("2026-02-01", "us") + np.arange(160) * np.timedelta64(6, "h"), 5)
    away = np.hypot(*np.meshgrid(np.arange(64) - 31.5, np.arange(64) - 31.5))

    def disks(radius: np.ndarray) -> np.ndarray:
        noise = rng.normal(1.0, 0.05, (len(days), 64, 64))
        return np.where(away < radius[:, None, None], noise, 0.0)

    error, spread = date_leak.date_error(date_leak.ring_means(disks(26 - days / 10)), days, blocks)
    assert error < 0.45
    assert 0.0 < spread < 0.2
    constant, _ = date_leak.date_error(date_leak.ring_means(disks(np.full(160, 25.0))), days, blocks)
    assert constant > 0.95


def test_the_date_ranks_hours_when_flares_come_early() -> None:
    days = np.arange(100.0)
    blocks = blocks_of(np.arange(100) // 10)
    early = date_leak._ranked(days, (days < 30).astype(int), blocks)
    assert early.value == 1.0
    assert isinstance(early, Finding)
    middle = date_leak._ranked(days, (np.abs(days - 49.5) < 10).astype(int), blocks)
    assert middle.value == pytest.approx(0.5)
    assert (middle.spread or 0.0) > 0.05
