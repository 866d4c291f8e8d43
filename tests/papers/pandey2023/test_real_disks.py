"""Real disks of 2026 through the paper's three methods; the weights are random, so only the way is tested."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flarescope.papers.pandey2023 import case_false_alarm, real_disks, untrained_disks
from flarescope.papers.pandey2023.explained import THREE
from flarescope.papers.reproduction import Desk
from flarescope.preparation import Preparation

SPANS = tuple(((f"2026-{month}-01T00:00:00Z", f"2026-{month}-20T00:00:00Z"),) for month in ("02", "03"))


@pytest.fixture
def desk(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Two members on 128 pixels, each trained in one of the months; it answers as a shipped run does."""
    from flarescope.models.patch_cnn import MeanLogit
    from flarescope.training.untrained import untrained_run

    run = untrained_run("compact")
    small = replace(run.preparation, size=128, disk_radius=50.0)
    assert isinstance(small, Preparation)
    members = MeanLogit([run.network, untrained_run("compact", seed=1).network])
    times = np.array(["2026-02-05T06:00", "2026-02-21T06:00", "2026-03-05T06:00"], "datetime64[us]")
    answers = times, np.array([1, 0, 0]), np.array([3.0, 1.0, 2.0])
    monkeypatch.setattr(case_false_alarm, "_asked", lambda desk, run: answers)
    shipped = replace(
        run, network=members, preparation=small, sees="full_disk", training_spans=SPANS, folder=tmp_path
    )
    for module in (real_disks, case_false_alarm, untrained_disks):
        monkeypatch.setattr(module, "shipped_disk_network", lambda: shipped)
    monkeypatch.setattr(real_disks, "QUICK_HOURS", 1)
    return Desk(data_dir, tmp_path / "out", quick=True)


@pytest.mark.realdata
def test_real_hours_are_explained_and_checked(desk: Desk) -> None:
    found = real_disks.real_set(desk)
    assert found.scored["method"].tolist() == list(THREE)
    complete = found.scored.set_index("method")["completeness"].drop("guided_grad_cam")
    assert (complete < 0.011).all()
    assert found.pairs["chance"].between(0.0, 1.0).all()
    assert set(found.maps(found.images[0])) == set(THREE)


@pytest.mark.realdata
def test_real_hours_are_explained_by_random_weights_too(desk: Desk) -> None:
    beside = untrained_disks.real_beside(desk)
    assert set(beside.scored["network"]) == {"learnt", "random0", "random1"}
    assert len(beside.pairs) == 3 * 3
    assert beside.scored["in_regions"].dropna().between(0.0, 1.0).all()


@pytest.mark.realdata
def test_the_worst_false_alarm_is_explained_by_members_that_never_saw_it(desk: Desk) -> None:
    found = {one.claim: one for one in case_false_alarm.case_false_alarm(desk)}
    assert "2026-03-05T06:00" in found["probability"].note  # not the hour that a flare followed
    assert (desk.out / found["probability"].figure).exists()
    assert all(0.0 <= float(found[f"first_share_{m}"].value or 0.0) <= 1.0 for m in THREE)
    assert found["published_case"].value is None
