"""Figure 5 for the support vector machine: levels, rises and what of them is composition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from flarescope.papers import paper
from flarescope.papers.bhattacharjee2020 import figure05_svm
from flarescope.papers.bhattacharjee2020.figure05_svm import (
    figure5_svm,
    over_splits,
    rise,
    rise_of_same_flares,
    tss,
)
from flarescope.papers.claims import read_claims
from flarescope.papers.reproduction import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from flarescope.papers.bhattacharjee2020.region_hours import RegionHours


def hours_of(flare: int, hours: list[float], yes: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": flare,
            "flare": np.datetime64("2012-01-01", "us") + np.timedelta64(flare, "D"),
            "hours_from_flare": hours,
            "yes": np.array(yes, bool),
            "split": "a",
        }
    )


def test_a_rise_that_is_only_a_change_of_flares_is_told_from_a_rise_of_flares() -> None:
    steady = hours_of(1, [-70, -65, -6, -3], [0, 1, 0, 1])
    strong = hours_of(2, [-6, -5, -4, -3], [1, 1, 1, 1])  # its earlier hours belong to another flare
    table = pd.concat([steady, strong])
    assert rise(table) == pytest.approx(5 / 6 - 1 / 2)
    assert rise_of_same_flares(table) == 0.0
    assert np.isnan(rise_of_same_flares(strong))


def test_skill_and_spread_over_splits() -> None:
    table = pd.DataFrame(
        {
            "split": list("aaaabbbb"),
            "flaring": [1, 1, 0, 0, 1, 1, 0, 0],
            "yes": [True, True, False, True, True, False, False, False],
        }
    )
    assert tss(table[table["split"] == "a"]) == 0.5
    assert over_splits(table, tss) == pytest.approx((0.5, 0.0))


def test_the_item_gives_every_claim_and_a_figure(
    region_hours: RegionHours, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figure05_svm, "read_region_hours", lambda desk: region_hours)
    found = {one.claim: one for one in figure5_svm(Desk(None, tmp_path, quick=True))}
    claims = read_claims(paper("bhattacharjee2020").claims)
    assert set(found) == {claim.name for claim in claims if claim.item == "figure5_svm"}
    assert found["tss_area_flux"].value == pytest.approx(1.0, abs=0.05)
    assert found["peak_all_keywords"].value == pytest.approx(1.0)
    assert abs(found["rises"].value or 0.0) < 0.05  # nothing changes here before a flare
    assert (tmp_path / found["rises"].figure).is_file()
