"""Table 1: counts of regions and flares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flarescope.papers import paper
from flarescope.papers.bhattacharjee2020 import table1_regions
from flarescope.papers.bhattacharjee2020.table1_regions import chosen_regions, flares_of, table1
from flarescope.papers.claims import read_claims
from flarescope.papers.reproduction import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from flarescope.papers.bhattacharjee2020.region_hours import RegionHours


def test_regions_and_flares_are_counted_by_period(
    region_hours: RegionHours, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table1_regions, "read_region_hours", lambda desk: region_hours)
    found = {one.claim: one for one in table1(Desk(None, tmp_path))}
    claims = read_claims(paper("bhattacharjee2020").claims)
    assert set(found) == {claim.name for claim in claims if claim.item == "table1"}
    counts = {name: one.value for name, one in found.items() if not name.endswith("_173")}
    assert counts == {
        "flaring_train": 15, "quiet_train": 45, "flaring_test": 5, "quiet_test": 15,
        "flares_train": 31, "flares_test": 9,
    }  # fmt: skip
    for column in ("quality", "obs_vr", "longitude"):
        assert f"not applied, needs the column '{column}'" in found["quiet_train"].note


def test_only_the_area_cut_can_be_made(region_hours: RegionHours) -> None:
    large, lacking = chosen_regions(region_hours.regions, 600.0)
    assert set(large["label"]) == {1}
    assert lacking.count("not applied") == 3


def test_flares_without_a_known_region_are_listed_only(region_hours: RegionHours) -> None:
    since, until = np.datetime64("2012-01-01"), np.datetime64("2013-01-01")
    assert flares_of(region_hours, since, until) == (31, 31)


@pytest.mark.realdata
def test_real_counts(data_dir: Path, tmp_path: Path) -> None:
    found = {one.claim: one for one in table1(Desk(data_dir, tmp_path))}
    assert {name: one.value for name, one in found.items()} == {
        "flaring_train": 168, "quiet_train": 886, "flaring_test": 16, "quiet_test": 240,
        "flaring_train_173": 165, "quiet_train_173": 596, "flaring_test_173": 16, "quiet_test_173": 146,
        "flares_train": 663, "flares_test": 76,
    }  # fmt: skip
    assert "the GOES list has 79" in found["flares_test"].note
    assert "20 flaring regions and 99 listed flares" in found["flaring_test"].note
