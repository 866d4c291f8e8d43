"""Table 4 for the support vector machine: the paper's negatives and honest ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from flarescope.papers import paper
from flarescope.papers.bhattacharjee2020 import table4_svm
from flarescope.papers.bhattacharjee2020.table4_svm import honest, svm_table4, the_papers_way
from flarescope.papers.claims import read_claims
from flarescope.papers.reproduction import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from flarescope.papers.bhattacharjee2020.region_hours import RegionHours


def test_the_paper_leaves_out_the_quiet_hours_of_flaring_regions() -> None:
    table = pd.DataFrame(
        {
            "flaring": [1, 1, 1, 1, 0],
            "hours_from_flare": [-30.0, -24.0, -1.0, 0.0, np.nan],
            "flare_within_24h": [False, False, True, False, False],
        }
    )
    assert the_papers_way(table).index.tolist() == [1, 2, 4]
    assert the_papers_way(table)["event"].tolist() == [True, True, False]
    assert honest(table)["event"].tolist() == [False, False, True, False, False]


def test_a_machine_that_knows_regions_but_not_hours_looks_better_the_papers_way(
    region_hours: RegionHours, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table4_svm, "read_region_hours", lambda desk: region_hours)
    found = {one.claim: one for one in svm_table4(Desk(None, tmp_path, quick=True))}
    names = {claim.name for claim in read_claims(paper("bhattacharjee2020").claims) if claim.item == "table4"}
    assert set(found) == {name for name in names if name.startswith("svm_")}
    for end in ("", "_test"):
        assert found[f"svm_tss{end}"].value == pytest.approx(1.0, abs=0.05)
        assert found[f"svm_honest_recall{end}"].value == pytest.approx(1.0, abs=0.05)
        assert 0.7 < (found[f"svm_honest_tss{end}"].value or 0.0) < 0.9
    assert (found["svm_honest_tss_test"].spread or 0.0) > 0.01
    assert "of never-flaring regions" in found["svm_tss"].note
    assert "of all regions" in found["svm_honest_tss"].note
