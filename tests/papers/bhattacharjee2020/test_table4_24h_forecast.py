from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss

from flarescope.errors import MissingDataError
from flarescope.papers import paper
from flarescope.papers.bhattacharjee2020 import table4_24h_forecast as room
from flarescope.papers.claims import read_claims
from flarescope.papers.reproduction import Desk

CLAIMS = read_claims(paper("bhattacharjee2020").claims)


def test_the_papers_construction_leaves_out_the_hard_images(held_out_table: pd.DataFrame) -> None:
    paper, honest = room.paper_table(held_out_table), room.honest_table(held_out_table)
    assert paper.pod == 1.0
    assert paper.pofd == pytest.approx(0.25)  # every fourth quiet region
    assert honest.n == len(held_out_table) > paper.n
    assert honest.pofd == pytest.approx(3 * 4 * 48 / (3 * (16 * 48 + 8 * 36)))


def test_brier_skill_is_against_what_could_be_known(held_out_table: pd.DataFrame) -> None:
    raw = room.honest_bss(held_out_table, calibrated=False)
    part = held_out_table[held_out_table["split"] == "0"]
    rate = held_out_table.loc[held_out_table["split"] != "0", "flare_within_24h"].mean()
    happened = part["flare_within_24h"].to_numpy(int)
    ours, base = (
        brier_score_loss(happened, p) for p in (part["y"].to_numpy(), pd.Series(rate, part.index).to_numpy())
    )
    assert raw["bss"][0] == pytest.approx(1 - ours / base)
    calibrated = room.honest_bss(held_out_table, calibrated=True)
    assert (calibrated["bss"] > raw["bss"]).all()


def test_a_split_that_shares_all_regions_with_the_others_has_no_calibration(
    held_out_table: pd.DataFrame,
) -> None:
    twice = pd.concat([held_out_table[held_out_table["split"] == "0"].assign(split=s) for s in "01"])
    assert room.honest_bss(twice, calibrated=True)["bss"].isna().all()


def test_what_is_missing_is_said(held_out_table: pd.DataFrame, tmp_path: Path, monkeypatch) -> None:
    def known(desk: Desk, kind: str, *, by: str = "splits") -> pd.DataFrame:
        if kind == "real-small":
            raise MissingDataError("needs the patches")
        return held_out_table if by == "splits" else held_out_table[held_out_table["split"] == "2"]

    monkeypatch.setattr(room, "held_out", known)
    found = {(one.claim, one.data): one for one in room.table4(Desk(None, tmp_path, quick=True))}
    assert found["tss", "synthetic"].value == pytest.approx(0.75)
    assert found["tss_test", "synthetic"].spread > 0.02
    assert (
        found["flattered", "synthetic"].value < 0
    )  # at other hours of flaring regions the output is below .5
    assert found["tss", "real-small"].value is None
    assert found["tss", "real-small"].needs == "needs the patches"
    assert found["svm_tss", "real"].value is None
    assert "sharp_keywords" in found["svm_honest_recall_test", "real"].needs
    assert {name for name, _ in found} == {c.name for c in CLAIMS if c.item == "table4"}
    assert (tmp_path / "quick" / "table4.png").is_file()
    studies = room.other_studies(Desk(None, tmp_path, quick=True))
    assert [(one.claim, one.data) for one in studies] == [
        ("comparable", "synthetic"),
        ("comparable", "real-small"),
    ]


def test_the_rows_as_published() -> None:
    rows = room.as_published()
    assert len(rows) == 6
    assert rows["tss"].head(4).mean() == pytest.approx(0.74)
