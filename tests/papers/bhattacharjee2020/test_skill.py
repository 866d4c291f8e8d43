"""Scores of trainings whose outputs are written by hand, and the items made of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, recall_score

from flarescope.papers.bhattacharjee2020 import (
    chronological_test,
    figure13_loss,
    held_out,
    table2_table3_skill,
    variants,
)
from flarescope.papers.bhattacharjee2020.cells import Cell, Outcome
from flarescope.papers.bhattacharjee2020.skill import compared, measured, recalls, skill_of
from flarescope.papers.claims import Finding
from flarescope.papers.reproduction import Desk

LABEL = np.repeat([1, 0], [10, 40])


def outcome(folder: Path, cell: Cell, hits: int = 7, quiet: int = 30, start: float = 1.0) -> Outcome:
    """``hits`` of 10 flaring and ``quiet`` of 40 other images on the right side of one half."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"calibration": {"base_rate": 0.2, "sampled_rate": 0.5, "threshold": 0.2, "views": 1}}
    (folder / "model.json").write_text(json.dumps(about))
    y = np.concatenate([np.where(np.arange(10) < hits, 0.9, 0.4), np.where(np.arange(40) < quiet, 0.1, 0.5)])
    losses = pd.DataFrame({"epoch": [1.0, 2.0], "train": [start, 0.5], "validation": [1.0, 0.6]})
    return Outcome(cell, folder, np.arange(50), y, LABEL, losses)


def test_scores_are_those_of_one_half_and_of_the_calibrated_output(tmp_path: Path) -> None:
    made = outcome(tmp_path, Cell("synthetic"))
    (row,) = skill_of([made]).to_dict("records")
    yes = made.probability >= 0.5
    assert row["recall_flaring"] == pytest.approx(recall_score(LABEL, yes)) == 0.7
    assert row["recall_quiet"] == pytest.approx(recall_score(1 - LABEL, ~yes)) == 0.75
    assert row["tss"] == pytest.approx(0.45)
    calibrated = 1 / (1 + (1 - made.probability) / made.probability * 4)  # from one half to a fifth
    skill = 1 - brier_score_loss(LABEL, calibrated) / (0.2 * 0.8)
    assert row["bss"] == pytest.approx(skill, rel=1e-9)
    assert np.isnan(recalls([0.3, 0.7], [0, 0])["tss"])


def test_spread_of_a_number_is_over_splits_and_of_a_difference_that_of_its_mean() -> None:
    one = measured("a", "synthetic", [0.4, 0.5, np.nan, 0.6], "made-up")
    assert (one.value, one.spread, one.note) == (pytest.approx(0.5), pytest.approx(0.1), "made-up; 3 splits.")
    two = compared("a", "synthetic", [0.5, 0.7], [0.4, 0.4], "made-up")
    assert (two.value, two.spread) == (
        pytest.approx(0.2),
        pytest.approx(np.sqrt((1 / 2 + 1 / 2) * 0.02) * 12.7062 / 2, rel=1e-5),
    )
    change = np.tile([0.1, 0.3], 50)
    many = compared("a", "synthetic", change + 0.4, np.full(100, 0.4), "made-up")
    assert many.spread == pytest.approx(np.sqrt(1 / 100 + 1 / 2) * change.std(ddof=1), rel=0.01)
    assert two.note == "made-up: 0.60 against 0.40 over 2 splits."
    assert measured("a", "synthetic", [np.nan], "").value is None
    assert compared("a", "synthetic", [np.nan], [1.0], "").value is None


Rule = Callable[[Cell], int]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(None, tmp_path, quick=True)


def trained_by(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hits: Rule) -> list[Cell]:
    """Every training hits as many flaring images as the rule says; the real ones are patches only."""
    asked: list[Cell] = []

    def outcomes(desk: Desk, cells: list[Cell]) -> list[Outcome]:
        asked.extend(cells)
        return [outcome(tmp_path / cell.name, cell, hits(cell)) for cell in cells]

    for module in (table2_table3_skill, variants, chronological_test):
        monkeypatch.setattr(module, "outcomes", outcomes)
    return asked


def by_name(found: list[Finding], kind: str = "synthetic") -> dict[str, Finding]:
    return {one.claim: one for one in found if one.data == kind}


def test_table2_compares_networks_losses_and_optimisers(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hits(cell: Cell) -> int:
        if cell.setting == "paper":
            return 9 if cell.learning_rate else 2
        return {("cnn1", "weighted"): 4, ("cnn1", "batch_skill"): 5}.get((cell.network, cell.loss), 8)

    asked = trained_by(monkeypatch, tmp_path, hits)
    found = table2_table3_skill.table2(desk)
    names = table2_table3_skill.TABLE2
    assert [one.claim for one in found] == names + names[:-1]  # the paper's SGD on the made-up Sun only
    one = by_name(found)
    assert one["cnn1_recall_flaring"].value == pytest.approx(0.5)
    assert one["cnn2_tss"].value == pytest.approx(0.55)
    assert one["cnn2_better"].value == pytest.approx(0.3)
    assert one["cnn1_batch_skill_better"].value == pytest.approx(0.1)
    assert one["cnn2_papers_sgd_tss"].value == pytest.approx(-0.05)
    assert (
        "at 1000 times the rate, as after so many times the epochs, TSS is 0.65"
        in one["cnn2_papers_sgd_tss"].note
    )
    assert {cell.size for cell in asked} == {128}
    assert {cell.split for cell in asked} == {0, 1, 2}


def test_table3_and_variants_are_differences_under_the_same_splits(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hits(cell: Cell) -> int:
        if cell.options:
            return {16: 4, 64: 9}.get(cell.options.get("channels", [0])[0], 5)
        return {128: 6, 256: 7, 320: 9}[cell.size]

    trained_by(monkeypatch, tmp_path, hits)
    assert by_name(table2_table3_skill.table3(desk))["larger_better"].value == pytest.approx(0.1)
    assert by_name(variants.larger_input(desk))["better"].value == pytest.approx(0.2)
    assert by_name(variants.identity_activation(desk), "real-small")["similar"].value == pytest.approx(-0.1)
    (insensitive,) = variants.filter_sensitivity(desk)
    assert insensitive.value == pytest.approx(0.3)  # twice the filters, the larger change
    assert "half the filters against ours: 0.15 against 0.35" in insensitive.note


@pytest.mark.parametrize(("liked", "gain"), [((1e-2, 1e-2), 0.6), ((1e-3, 1e-3), 0.0)])
def test_the_search_is_judged_on_regions_that_it_did_not_see(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, liked: tuple[float, float], gain: float
) -> None:
    def hits(cell: Cell) -> int:
        assert isinstance(cell.split, int)
        assert cell.steps
        assert cell.batch
        assert cell.steps * cell.batch == 30 * 32
        return 9 if cell.learning_rate == liked[cell.split] else 3

    trained_by(monkeypatch, tmp_path, hits)
    rows = pd.DataFrame({"region": np.arange(50)})
    monkeypatch.setattr(variants, "dataset", lambda desk, kind: type("Data", (), {"rows": rows}))
    (found,) = variants.learning_rate_batch(desk)
    assert found.value == pytest.approx(gain)
    assert "0.01 and 64: " in found.note


def test_a_choice_that_only_one_half_likes_gains_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    lucky = {0: [0.9, 0.1], 1: [0.1, 0.9]}  # a setting is good on one half and bad on the other

    def said(desk: Desk, rate: float, batch: int, of: range) -> list[list[float]]:
        return [lucky[int(rate == 1e-2)] if rate != 1e-3 else [0.5, 0.5] for _ in of]

    monkeypatch.setattr(variants, "_tss_of_halves", said)
    (found,) = variants.learning_rate_batch(desk)
    assert found.value == pytest.approx(0.1 - 0.5)
    monkeypatch.setattr(variants, "_tss_of_halves", lambda *asked: [[0.5, np.nan]] * 2)
    (found,) = variants.learning_rate_batch(desk)
    assert found.value is None
    assert "both halves" in found.needs


def test_halves_share_no_region_and_have_both_classes() -> None:
    region = np.repeat(np.arange(21), 3)
    label = (region < 6).astype(int)
    first = variants.first_half(region, label, seed=0)
    assert not set(region[first]) & set(region[~first])
    assert (len(set(region[first & (label == 1)])), len(set(region[first & (label == 0)]))) == (3, 8)
    assert (first != variants.first_half(region, label, seed=1)).any()


def test_figure13_is_drawn_and_gives_the_relative_difference(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained_by(monkeypatch, tmp_path, lambda cell: 7)
    found = by_name(figure13_loss.figure13(desk))["no_overfitting"]
    assert found.value == pytest.approx(0.2)
    assert (tmp_path / found.figure).stat().st_size > 10_000


def test_the_chronological_test_asks_the_networks_of_table_3(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = np.repeat(np.arange(20), 2)
    late = region >= 10
    rows = pd.DataFrame({
        "region": region, "group": region.astype(str), "flaring": (region % 2 == 0).astype(int),
        "period": np.where(late, "test", "train"),
        "time_utc": np.where(late, np.datetime64("2016-01-01"), np.datetime64("2012-01-01")),
    })  # fmt: skip
    data = type("Data", (), {"rows": rows})
    monkeypatch.setattr(chronological_test, "dataset", lambda desk, kind: data)
    monkeypatch.setattr(held_out, "kinds", lambda desk: ("synthetic",))

    def said(desk: Desk, made: Outcome, numbers: np.ndarray) -> np.ndarray:
        assert (numbers >= 20).all()
        right = rows["flaring"].to_numpy()[numbers] * 1.0
        right[: made.cell.seed] = 1 - right[: made.cell.seed]  # as many wrong as the number of the split
        return right

    monkeypatch.setattr(chronological_test, "said_of", said)
    trained_by(monkeypatch, tmp_path, lambda cell: 8)
    found = by_name(chronological_test.chronological_test(desk))
    assert found["recall_flaring"].value == pytest.approx((1 + 0.9 + 0.8) / 3)
    assert found["recall_quiet"].value == pytest.approx(1.0)
    assert "trained on all earlier ones: 0.80, 0.75, 0.55" in found["tss"].note
    few = rows.assign(flaring=np.where(late & (region > 12), 0, rows["flaring"]))
    monkeypatch.setattr(chronological_test, "dataset", lambda desk, kind: type("Data", (), {"rows": few}))
    missing = by_name(chronological_test.chronological_test(desk))["tss"]
    assert missing.value is None
    assert "2 flaring, 8 others" in missing.needs
