"""Means that weigh flaring and other frames alike, and a figure of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flarescope.papers.bhattacharjee2020 import made_up_sun as made_up
from flarescope.papers.bhattacharjee2020.figure08_resolution import evened_mean, evened_weights, figure8
from flarescope.papers.bhattacharjee2020.real_frames import real_frames
from flarescope.papers.reproduction import Desk


def test_flaring_and_other_frames_weigh_the_same() -> None:
    values, flaring = np.array([1.0, 1.0, 1.0, 3.0]), np.array([0, 0, 0, 1])
    assert evened_weights(flaring) @ values == pytest.approx(2.0)
    mean, error = evened_mean(values, flaring)
    assert mean == pytest.approx(2.0)
    assert error == pytest.approx(1.0 * np.sqrt((1 / 3 + 1) / 4))


def test_without_real_data_the_made_up_sun_answers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_up, "QUICK", (40, 2, 1))
    found = figure8(Desk(None, tmp_path, quick=True))
    by_kind = {(one.claim, one.data): one for one in found}
    made = by_kind["x_resolution", "synthetic"]
    assert made.value is not None
    assert 0.05 < made.value < 0.2
    assert "built in" in made.note
    assert by_kind["x_resolution", "real-small"].value is None
    assert (tmp_path / "quick" / "figure8.png").exists()


@pytest.mark.realdata
def test_the_real_frames_at_hand(data_dir: Path, tmp_path: Path) -> None:
    frames = real_frames(Desk(data_dir, tmp_path)).set_index("region")
    assert len(frames) == 12
    assert frames.loc[377].tolist() == [744, 377, 1]
    assert frames.loc[1449].tolist() == [1167, 460, 1]
    assert int(frames["flaring"].sum()) == 2
