from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarescope.papers.bhattacharjee2020 import figure05_recall_around_flares as room
from flarescope.papers.reproduction import Desk


@pytest.fixture
def table(held_out_table: pd.DataFrame) -> pd.DataFrame:
    """Framed in two sizes; hours stretched so that all three days before and after the flare are seen."""
    stretched = held_out_table.assign(hours_from_flare=held_out_table["hours_from_flare"] * 1.53)
    return stretched.assign(width_px=300, height_px=100 + held_out_table["region"] % 7)


def test_the_rise_is_late_recall_minus_early(table: pd.DataFrame) -> None:
    assert room.rise(table) == pytest.approx(_share(table, -24, 0) - _share(table, -72, -48))
    assert np.isnan(room.rise(table[table["hours_from_flare"] > -40]))


def _share(table: pd.DataFrame, low: float, high: float) -> float:
    inside = table["hours_from_flare"].between(low, high, inclusive="left")
    return float((table["y"][inside] >= 0.5).mean())


def test_bins_widen_until_they_hold_enough(table: pd.DataFrame) -> None:
    def width(rows: pd.DataFrame) -> float:
        edges = room.bin_edges(rows)
        assert 0.0 in edges
        assert (edges[0], edges[-1]) == (-72, 72)
        return float(edges[1] - edges[0])

    near = table[table["flaring"] == 1]
    assert width(near) < width(near.groupby("split").head(40)) == 24
    assert width(pd.concat([near] * 30)) < width(near)


def test_the_rival_learns_from_other_regions_only(table: pd.DataFrame) -> None:
    by_flux = table.assign(flux_mx=np.where(table["flaring"] == 1, 3e22, 1e22) + table["row"] * 1e17)
    said = room.flux_rival(by_flux)
    assert (said == (by_flux["flaring"] == 1)).all()
    alone = by_flux[by_flux["split"] == "0"]
    assert not room.flux_rival(alone).any()  # nothing to learn from
    turned = by_flux.assign(
        flaring=np.where(by_flux["split"] == "0", 1 - by_flux["flaring"], by_flux["flaring"])
    )
    assert (room.flux_rival(turned)[alone.index] == (alone["flaring"] == 1)).all()


def test_both_items_find_and_draw(table: pd.DataFrame, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(room, "held_out", lambda desk, kind: table.copy())
    desk = Desk(None, tmp_path, quick=True)
    found = {one.claim: one for one in room.figure5_cnn(desk) if one.data == "synthetic"}
    assert set(found) == {"peak", "early", "stays_high", "like_flux"}
    assert found["peak"].value == pytest.approx(1.0)
    assert found["early"].value == found["stays_high"].value == pytest.approx(0.0)
    (rises, _) = room.figure4(desk)
    assert rises.value > 0.5
    assert {p.name for p in tmp_path.rglob("*.png")} == {"figure4.png", "figure5_cnn.png"}


def test_too_few_images_are_said(table: pd.DataFrame, tmp_path: Path, monkeypatch) -> None:
    late = table[(table["flaring"] == 0) | (table["hours_from_flare"] > -30)]
    monkeypatch.setattr(room, "held_out", lambda desk, kind: late.copy())
    found = [one for one in room.figure5_cnn(Desk(None, tmp_path)) if one.claim == "early"]
    assert all(one.value is None and "72 h before flares" in one.needs for one in found)
