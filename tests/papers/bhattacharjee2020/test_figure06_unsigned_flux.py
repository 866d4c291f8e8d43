from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from flarescope.papers.bhattacharjee2020 import figure06_unsigned_flux as room
from flarescope.papers.reproduction import Desk


def test_bins_hold_every_image_and_its_flux(held_out_table: pd.DataFrame) -> None:
    bins = room.binned(held_out_table)
    assert len(bins) == 10
    assert bins["flaring"].tolist() == [0, 0, 0, 0, 3 * 8 * 36, 0, 0, 0, 3 * 8 * 12, 0]
    assert bins["quiet"].sum() == 3 * 16 * 48
    near = held_out_table[held_out_table["y"] == 0.8]["flux_mx"]
    assert bins["flaring_flux"][8] == pytest.approx(near.mean())
    assert bins["flaring_error"][8] == pytest.approx(near.sem())
    assert np.isnan(bins["quiet_flux"][9])


def test_an_image_held_out_twice_does_not_make_the_bars_shorter(held_out_table: pd.DataFrame) -> None:
    twice = pd.concat([held_out_table, held_out_table.assign(split="9")])
    once = room.binned(held_out_table)["flaring_error"][8]
    assert room.binned(twice)["flaring_error"][8] == pytest.approx(once, rel=0.01)


def test_rank_correlation_is_spearmans(held_out_table: pd.DataFrame) -> None:
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"y": rng.uniform(size=50).round(1), "flux_mx": rng.uniform(size=50)})
    assert room.rank_correlation(table) == pytest.approx(spearmanr(table["y"], table["flux_mx"]).statistic)
    assert np.isnan(room.rank_correlation(table.assign(y=0.5)))


def test_both_items_find_and_draw(held_out_table: pd.DataFrame, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(room, "held_out", lambda desk, kind: held_out_table)
    desk = Desk(None, tmp_path, quick=True)
    counts = {one.claim: one for one in room.figure6_counts(desk) if one.data == "synthetic"}
    assert counts["quiet_low"].value == pytest.approx(0.75)
    assert counts["flaring_high"].value == pytest.approx(0.25)
    flux = {one.claim: one.value for one in room.figure6_flux(desk) if one.data == "synthetic"}
    assert flux["flaring_grows"] > 0.5
    assert {p.name for p in desk.folder.glob("*.png")} == {"figure6_counts.png", "figure6_flux.png"}
