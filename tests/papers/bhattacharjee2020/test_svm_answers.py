"""The machine's answers on held-out regions, and that they are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from flarescope.papers.bhattacharjee2020 import svm_answers
from flarescope.papers.bhattacharjee2020.svm_answers import INPUTS, svm_held_out, svm_splits
from flarescope.papers.reproduction import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from flarescope.papers.bhattacharjee2020.region_hours import RegionHours


def test_large_regions_are_told_from_small_ones(region_hours: RegionHours, tmp_path: Path) -> None:
    for inputs in INPUTS:
        table = svm_held_out(Desk(None, tmp_path, quick=True), region_hours, inputs)
        assert table["split"].nunique() == 3
        assert table["yes"][table["flaring"] == 1].mean() > 0.95
        assert table["yes"][table["flaring"] == 0].mean() < 0.05
        assert table["yes_even"][table["flaring"] == 0].mean() == pytest.approx(0.2, abs=0.05)
        assert (table["yes"] == (table["decision"] >= 0)).all()


def test_splits_share_no_region_and_deal_flaring_ones_apart(
    region_hours: RegionHours, tmp_path: Path
) -> None:
    for split in svm_splits(Desk(None, tmp_path), region_hours.regions):
        assert not set(split.train["region"]) & set(split.test["region"])
        assert split.test.counts["positive"] == 5
        assert len(split.test) == 20


def test_the_chronological_test_leaves_out_regions_that_were_seen_before(
    region_hours: RegionHours, tmp_path: Path
) -> None:
    regions = region_hours.regions.copy()
    twin = regions.index[regions["period"] == "test"][0]
    regions.loc[twin, "group"] = regions.loc[0, "group"]
    (split,) = svm_splits(Desk(None, tmp_path), regions, by="chronological")
    assert (len(split.train), len(split.test)) == (60, 19)


def test_what_stands_is_not_computed_again(
    region_hours: RegionHours, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(None, tmp_path, quick=True)
    first = svm_held_out(desk, region_hours, "area_flux", by="chronological")
    calls = []
    fit = svm_answers.fit_sharp_svm
    monkeypatch.setattr(svm_answers, "fit_sharp_svm", lambda *a: calls.append(a) or fit(*a))
    again = svm_held_out(desk, region_hours, "area_flux", by="chronological")
    pd.testing.assert_frame_equal(first, again)
    assert not calls

    other = region_hours.rows.assign(USFLUX=region_hours.rows["USFLUX"] * 1.1)
    svm_held_out(desk, replace(region_hours, rows=other), "area_flux", by="chronological")
    assert len(calls) == 1  # other data, other answers

    (kept,) = (tmp_path / "quick" / "work" / "svm").glob("*.parquet")
    kept.write_bytes(kept.read_bytes()[:1000])  # a damaged file is no answer
    pd.testing.assert_frame_equal(first, svm_held_out(desk, region_hours, "area_flux", by="chronological"))
    assert len(calls) == 2
