"""What follows from stored predictions and labels: by hand in small, and to the published digit."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from flarescope.errors import MissingDataError
from flarescope.papers import paper
from flarescope.papers.claims import Finding, find_claim, read_claims, verdict
from flarescope.papers.reproduction import Desk

PUBLISHED = (
    "dataset_counts", "fold_counts", "class_counts", "skill_tss", "skill_hss", "per_fold", "near_limb_x",
    "near_limb_m", "central_x", "central_m", "border_class",
)  # fmt: skip
MAPS = ("heatmap_x", "heatmap_m", "heatmap_xm")


@pytest.fixture
def not_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn, but not written to files."""
    monkeypatch.setattr(Desk, "figure", lambda desk, name, figure: f"{name}.png")


def run(item: str, desk: Desk) -> dict[str, Finding]:
    module, _, function = paper("pandey2023").items[item].partition(":")
    return {one.claim: one for one in getattr(import_module(module), function)(desk)}


@pytest.mark.usefixtures("not_saved")
@pytest.mark.parametrize("item", [*PUBLISHED, *MAPS])
def test_every_claim_is_found_and_nothing_else(item: str, made_up_data: Path, tmp_path: Path) -> None:
    claims = [claim for claim in read_claims(paper("pandey2023").claims) if claim.item == item]
    found = run(item, Desk(made_up_data, tmp_path))
    if item in ("fold_counts", "per_fold"):  # these forty days lie in two quarters
        claims = [claim for claim in claims if claim.name[-1] in "12"]
    assert set(found) == {claim.name for claim in claims}
    assert all(one.note for one in found.values())
    with pytest.raises(MissingDataError, match="FLARESCOPE_DATA"):
        run(item, Desk(None, tmp_path))


def test_counts_of_forty_days(made_up_data: Path, tmp_path: Path) -> None:
    desk = Desk(made_up_data, tmp_path)

    def values(item: str) -> dict[str, float | None]:
        return {name: one.value for name, one in run(item, desk).items()}

    assert values("dataset_counts") == {"hours": 40, "flaring": 8, "quiet": 32}
    assert values("class_counts") == {"X": 4, "M": 4, "C": 4, "B": 0, "A": 0, "none": 28}
    assert values("near_limb_x") == {"called": 4, "hours": 4, "recall": 1.0, "abstract": 1.0}
    assert values("central_m") == {"called": 3, "hours": 4, "recall": 0.75}
    border = values("border_class")
    assert (border["called"], border["limb_hours"], border["share"]) == (2, 4, 0.5)
    assert values("heatmap_xm") == {"hours": 8, "called": 7, "bins": 2}
    assert (tmp_path / "full" / "heatmap_xm.png").is_file()
    cells = pd.read_csv(tmp_path / "full" / "heatmap_xm.csv")
    assert cells.loc[cells["n"] > 0, ["longitude", "latitude", "n"]].to_numpy().tolist() == [
        [-17.5, 12.5, 4],
        [77.5, 12.5, 4],
    ]
    folds = values("per_fold")
    assert folds["tp_1"] + folds["tp_2"] == 7
    assert folds["fp_1"] + folds["fp_2"] == 2


def test_a_rounded_number_agrees_to_its_last_digit_only() -> None:
    mean = find_claim(read_claims(paper("pandey2023").claims), "skill_tss", "mean")
    assert verdict(mean, Finding("mean", "real", 0.50849)) == "agrees"
    assert verdict(mean, Finding("mean", "real", 0.50851)) == "differs"
    assert verdict(mean, Finding("mean", "real", 0.5074)) == "differs"


@pytest.mark.realdata
@pytest.mark.usefixtures("not_saved")
@pytest.mark.parametrize("item", PUBLISHED)
def test_the_published_numbers_agree_to_the_digit(item: str, data_dir: Path, tmp_path: Path) -> None:
    claims = read_claims(paper("pandey2023").claims)
    found = run(item, Desk(data_dir, tmp_path))
    words = {name: verdict(find_claim(claims, item, name), one) for name, one in found.items()}
    assert set(words.values()) == {"agrees"}, words


@pytest.mark.realdata
@pytest.mark.usefixtures("not_saved")
def test_maps_add_up_to_the_limb_table(data_dir: Path, tmp_path: Path) -> None:
    claims = read_claims(paper("pandey2023").claims)
    for item, letters in zip(MAPS, ("x", "m", "xm"), strict=True):
        found = run(item, Desk(data_dir, tmp_path))
        assert "0 hours are in no bin" in found["hours"].note
        cells = pd.read_csv(tmp_path / "full" / f"{item}.csv")
        for place, beyond in (("central", False), ("near_limb", True)):
            own = cells[(cells["longitude"].abs() > 70) == beyond]
            for column, name in (("n", "hours"), ("called", "called")):
                published = [find_claim(claims, f"{place}_{letter}", name).value for letter in letters]
                assert own[column].sum() == sum(published)


@pytest.mark.realdata
@pytest.mark.usefixtures("not_saved")
def test_notes_say_how_sure_it_is(data_dir: Path, tmp_path: Path) -> None:
    desk = Desk(data_dir, tmp_path)
    assert "63,627 of 63,649 come out alike" in run("dataset_counts", desk)["hours"].note
    note = run("near_limb_x", desk)["recall"].note
    for words in ("[0.41, 0.97]", "8 of which", "163 of 218", "157 of 212, before 12 flares"):
        assert words in note
