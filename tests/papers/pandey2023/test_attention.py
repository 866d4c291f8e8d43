"""The explanation items on a small made-up Sun: every claim is met, and known answers come out."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import MissingDataError
from flarescope.papers import paper
from flarescope.papers.claims import find_claim, read_claims, row
from flarescope.papers.pandey2023 import (
    attention,
    case_false_alarm,
    case_near_limb,
    made_up_disks,
    untrained_disks,
)
from flarescope.papers.pandey2023 import explained_set as set_
from flarescope.papers.pandey2023.disks_2026 import store_of
from flarescope.papers.pandey2023.explained import THREE, Explained
from flarescope.papers.pandey2023.leave_one_out import leave_one_method_out
from flarescope.papers.pandey2023.made_up_disks import Size, disk_network
from flarescope.papers.reproduction import Desk
from flarescope.preparation import Preparation
from flarescope.training.untrained import untrained_run

CLAIMS = read_claims(paper("pandey2023").claims)


@pytest.fixture(scope="module")
def small_sun(tmp_path_factory):
    """A network trained for two steps on 64-pixel disks; three disks explained."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made_up_disks, "PIXELS", 64)
        patch.setattr(
            made_up_disks, "PREPARATION", Preparation(size=64, fit="disk", disk_radius=25.0, std=300.0)
        )
        patch.setattr(made_up_disks, "BATCH", 4)
        patch.setattr(set_, "OPTIONS", {"mask_pixels": 32, "stride": 32, "steps": 16})
        patch.setattr(case_near_limb, "held_out_disks", lambda: made_up_disks.held_out_disks(400))
        for module in (made_up_disks, set_, attention):
            patch.setattr(module, "size_of", lambda desk: Size(12, 2, 3))
        patch.setattr("flarescope.papers.pandey2023.leave_one_out.size_of", lambda desk: Size(12, 2, 3))
        set_.before_flares.cache_clear()
        yield Desk(None, tmp_path_factory.mktemp("out"), quick=True)
        set_.before_flares.cache_clear()


def rows_of(item, found):
    return {(one.claim, one.data): row(find_claim(CLAIMS, item, one.claim), one) for one in found}


@pytest.mark.parametrize("item", ["guided_gradcam", "deep_shap", "integrated_gradients"])
def test_a_method_meets_all_its_claims(small_sun, item):
    rows = rows_of(item, getattr(attention, item)(small_sun))
    assert {name for name, _ in rows} == {claim.name for claim in CLAIMS if claim.item == item}
    assert rows["points_over_largest_region", "real"]["verdict"] == "not run"
    assert "positions" in rows["points_over_largest_region", "real"]["note"]
    assert rows["in_regions", "real-small"]["verdict"] == "not run"  # no data folder
    assert (small_sun.out / rows["randomised", "synthetic"]["figure"]).exists()
    if item != "guided_gradcam":
        assert rows["completeness", "synthetic"]["ours"] < 0.011
        assert rows["off_disk", "synthetic"]["ours"] == 0.0
    assert rows["off_disk", "synthetic"]["verdict"] == "no reference"
    assert "random weights" in rows["in_regions", "synthetic"]["note"]


def test_agreement_meets_all_its_claims(small_sun):
    rows = rows_of("agreement", attention.agreement(small_sun))
    assert {name for name, _ in rows} == {claim.name for claim in CLAIMS if claim.item == "agreement"}
    overlaps = [
        one["ours"]
        for (name, data), one in rows.items()
        if name.startswith("overlap") and data == "synthetic"
    ]
    assert all(-1.0 <= value <= 1.0 for value in overlaps)


def test_a_network_of_random_weights_is_no_better_than_random_weights(small_sun, monkeypatch):
    drawn = replace(disk_network(small_sun), network=untrained_run("compact").network)
    monkeypatch.setattr(untrained_disks, "disk_network", lambda desk: drawn)
    monkeypatch.setattr(untrained_disks, "SEEDS", 1)
    beside = untrained_disks.made_up_beside(replace(small_sun, out=small_sun.out / "random"))
    for found in attention._agreement_on(beside, "synthetic", ""):
        assert found.value is None or found.value == 0.0
    rows = untrained_disks.above_untrained(beside.scored, "in_regions")
    assert rows["above"].dropna().abs().max() == 0.0
    assert rows["own"].dropna().between(0.0, 1.0).all()


def test_random_weights_are_averaged_and_paired_by_disk():
    rows = pd.DataFrame({
        "network": ["learnt", "random0", "random1"] * 2, "image": ["a"] * 3 + ["b"] * 3,
        "block": [0] * 3 + [1] * 3, "x": [0.9, 0.5, 0.7, 0.2, 0.6, np.nan],
    })  # fmt: skip
    assert untrained_disks.above_untrained(rows, "x")["above"].tolist() == pytest.approx([0.3, -0.4])


def test_leave_one_out_meets_all_its_claims(small_sun):
    rows = rows_of("leave_one_method_out", leave_one_method_out(small_sun))
    assert len(rows) == 9
    overlap = [one["ours"] for (name, _), one in rows.items() if name.startswith("overlap")]
    assert sum(overlap) == pytest.approx(0.0, abs=1e-9)  # what one pair is above the mean, others are below


def test_near_the_limb_only_the_made_up_sun_runs_without_data(small_sun):
    rows = rows_of("case_near_limb", case_near_limb.case_near_limb(small_sun))
    assert {name for name, _ in rows} == {claim.name for claim in CLAIMS if claim.item == "case_near_limb"}
    ran = {name for (name, _), one in rows.items() if one["verdict"] != "not run"}
    assert ran == {f"made_up_{what}" for what in ("answer", *THREE)}


def test_a_region_taken_out_leaves_the_rest_of_the_disk(small_sun):
    case = next(case_near_limb._made_up())
    assert abs(case.region.position.longitude) > 70.0
    changed = np.nan_to_num(case.image.field) != np.nan_to_num(case.quiet.field)
    assert 0 < changed.mean() < 0.05
    x, _ = case.image.place.pixel(case.region.position.longitude, case.region.position.latitude)
    columns = np.flatnonzero(changed.any(axis=0))
    assert np.abs(columns - x).max() < 12


def test_the_training_is_not_done_twice(small_sun, monkeypatch):
    first = disk_network(small_sun)
    monkeypatch.setattr(made_up_disks, "_train", lambda *args: pytest.fail("trained again"))
    again = disk_network(small_sun)
    assert first.hash == again.hash
    assert again.sees == "full_disk"
    assert again.trained_on


def test_pointing_is_compared_disk_by_disk():
    scored = pd.DataFrame({
        "method": ["deep_shap"] * 4 + ["largest_region"] * 4, "image": list("abcd") * 2,
        "block": [0, 1, 2, 3] * 2, "points_at": [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
    })  # fmt: skip
    found = attention._beside(scored, "deep_shap", "largest_region", "")
    assert found.value == 0.25
    assert "75%" in found.note
    assert "50%" in found.note


def test_agreement_above_flux_is_paired(tmp_path):
    a, b = attention.PAIRS["shap_gradients"]
    overlaps = {(a, b): 0.5, (a, "unsigned_flux"): 0.4, (b, "unsigned_flux"): 0.0}
    pairs = pd.DataFrame([
        {"method_a": x, "method_b": y, "image": i, "block": i, "overlap": value + 0.1 * i}
        for i in range(3) for (x, y), value in overlaps.items()
    ])  # fmt: skip
    found = attention._over_flux(Explained(pd.DataFrame(), pairs, tmp_path), "shap_gradients", (a, b), "")
    assert found.value == pytest.approx(0.3)
    assert found.spread == pytest.approx(0.0, abs=1e-12)  # the differences are all alike


def test_false_alarm_needs_a_shipped_network(monkeypatch, tmp_path):
    def none() -> None:
        raise MissingDataError("needs a trained full-disk network")

    monkeypatch.setattr(case_false_alarm, "shipped_disk_network", none)
    with pytest.raises(MissingDataError, match="full-disk network"):
        case_false_alarm.case_false_alarm(Desk(None, tmp_path))


def test_only_members_that_never_saw_the_day_are_asked(small_sun):
    from flarescope.models.patch_cnn import MeanLogit
    from flarescope.times import utc

    run = disk_network(small_sun)
    spans = (
        (("2026-02-01T00:00:00Z", "2026-02-10T00:00:00Z"),),
        (("2026-03-01T00:00:00Z", "2026-03-10T00:00:00Z"),),
    )
    both = replace(run, network=MeanLogit([run.network, run.network]), training_spans=spans)
    early = case_false_alarm.unseen_run(both, utc("2026-02-05T00:00Z"))
    assert early.network is both.network.members[1]
    assert len(case_false_alarm.unseen_run(both, utc("2026-02-20T00:00Z")).network.members) == 2
    one = replace(both, network=run.network, training_spans=spans[:1])
    with pytest.raises(MissingDataError, match="not trained"):
        case_false_alarm.unseen_run(one, utc("2026-02-05T00:00Z"))


def test_the_worst_false_alarm_is_before_a_flareless_window(small_sun, monkeypatch):
    days = ["2026-02-01T06:00", "2026-02-02T06:00", "2026-02-03T06:00"]  # without a zone: UTC
    answers = np.array(days, "datetime64[us]"), np.array([1, 0, 0]), np.array([5.0, 1.0, 2.0])
    monkeypatch.setattr(case_false_alarm, "_asked", lambda desk, run: answers)
    time, logit = case_false_alarm._worst(small_sun, disk_network(small_sun))
    assert (time.isoformat(), logit) == ("2026-02-03T06:00:00+00:00", 2.0)


def test_the_prepared_images_of_2026_are_shared_with_the_trainings(small_sun, monkeypatch):
    run, hours = disk_network(small_sun), pd.DataFrame({"path": ["a", "b"]})
    asked = {}

    def forecast(run, hours, catalog, *, kept, progress):
        asked["kept"] = kept
        return SimpleNamespace(times=np.empty(0), happened=np.empty(0, bool), logit=np.empty(0))

    monkeypatch.setattr(case_false_alarm, "disks_2026", lambda desk: (hours, None))
    monkeypatch.setattr("flarescope.evaluation.disk_forecasts.disk_forecasts", forecast)
    case_false_alarm._asked(small_sun, run)
    assert asked["kept"] == store_of(small_sun, run.preparation, hours)
