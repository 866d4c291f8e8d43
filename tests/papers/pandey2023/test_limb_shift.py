"""Regions turned to the limb: what is compared, on whom, and what is said where something is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from flarescope.errors import MissingDataError
from flarescope.papers import paper
from flarescope.papers.claims import find_claim, read_claims
from flarescope.papers.pandey2023 import limb_shift as item
from flarescope.papers.pandey2023.central_sharps import central_sharps, learnt_from, over_harps
from flarescope.papers.reproduction import Desk
from flarescope.preparation import Preparation
from flarescope.sun import Magnetogram, Region
from flarescope.synthetic.population import population
from flarescope.training.run import Calibration, Run


class Unsigned(nn.Module):
    """The more field it sees, the surer it is."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(-1.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 40.0 * x.abs().mean(dim=(1, 2, 3)) + self.bias


def flux_viewer() -> item.Viewer:
    preparation = Preparation(size=64, encoding="grey8", grey_per_gauss=0.51, std=127.5)
    run = Run(Unsigned(), preparation, "unsigned", "0", Calibration(0.5, 0.5, 0.5, 1), ())
    return item.Viewer("regions", run, item._patch, item._no_field)


@pytest.fixture(scope="module")
def sharps() -> list[Magnetogram]:
    """Four made-up regions at the central meridian, one with a NOAA number, one seen twice."""
    found = [region.magnetogram(region.crossing) for region in population(4, seed=5)]
    first = found[0].region
    assert isinstance(first, Region)
    return [replace(found[0], region=replace(first, noaa=(11111,))), *found[1:], replace(found[3])]


def test_less_is_seen_at_the_limb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sharps: list[Magnetogram]
) -> None:
    def only_regions(desk: Desk, name: str) -> item.Viewer:
        if name == "regions":
            return flux_viewer()
        raise MissingDataError("needs the trained network 'compact'")

    monkeypatch.setattr(item, "central_sharps", lambda desk: sharps)
    monkeypatch.setattr(item, "viewer", only_regions)
    found = {one.claim: one for one in item.limb_shift(Desk(None, tmp_path, quick=True))}
    claims = read_claims(paper("pandey2023").claims)
    assert {find_claim(claims, "limb_shift", name).name for name in found} == {
        c.name for c in claims if c.item == "limb_shift"
    }
    drop, left, share = (found[f"{name}_regions"] for name in ("drop", "left", "share"))
    assert drop.value is not None
    assert drop.value < -0.05
    assert drop.spread is None  # one region has a number
    assert left.value is not None
    assert 0.0 < left.value < 0.6
    assert share.value is not None
    assert -0.2 < share.value < 1.0
    shap = found["share_deep_shap_regions"]
    assert shap.value == pytest.approx(share.value, abs=0.01)  # of a network that is almost linear
    assert found["drop_disk"].value is None
    assert "compact" in found["drop_disk"].needs
    assert (tmp_path / drop.figure).stat().st_size > 10_000
    table = pd.read_csv(tmp_path / "quick" / "limb_shift.csv")
    assert sorted(set(table["longitude"])) == [-75, -45, 0, 45, 75]
    assert len(table) == 5 * len(sharps)
    assert table["share"].notna().sum() == 5 * 4  # one map of each HARP is explained
    assert table["empty"].to_numpy() == pytest.approx(-1.0)


def test_nothing_to_draw_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sharps: list[Magnetogram]
) -> None:
    monkeypatch.setattr(item, "central_sharps", lambda desk: sharps)
    monkeypatch.setattr("flarescope.training.run.shipped_runs", list)
    found = item.limb_shift(Desk(None, tmp_path))
    assert all(one.value is None for one in found)
    assert "'patch_cnn', which does not come with this version" in found[0].needs
    assert "'compact'" in found[-1].needs


def table(*rows: tuple[int, str, float, float, bool]) -> pd.DataFrame:
    """Rows of HARP, longitude 0 or 75, logit and answer."""
    columns = ["harp", "noaa", "file", "longitude", "logit", "yes"]
    return pd.DataFrame(
        [(harp, "1", f, at, logit, yes) for harp, f, at, logit, yes in rows], columns=columns
    ).assign(viewer="regions", share=np.nan, deep_shap=np.nan, area_share=np.nan)


def test_the_slope_is_what_is_left_of_a_difference() -> None:
    rows = []
    for harp, logit in enumerate((-4.0, -2.0, 0.0, 3.0)):
        rows += [(harp, f"{harp}", 0, logit, logit > -1), (harp, f"{harp}", 75, 0.25 * logit - 3, logit > 1)]
    pairs = item._pairs(table(*rows))
    slope, error = item._slope(pairs)
    assert slope == pytest.approx(0.25)
    assert error == pytest.approx(0.0, abs=1e-9)
    still = item._still_yes(pairs, "regions")
    assert still.value == pytest.approx(0.5)
    assert still.spread == pytest.approx(np.sqrt(0.5 * 0.5 / 6))
    assert "2 SHARPs of 2 HARPs" in still.note
    claim = find_claim(read_claims(paper("pandey2023").claims), "limb_shift", "still_yes_regions")
    assert (claim.spread, claim.tolerance) == (0.0, 0.079)


def test_what_the_network_was_trained_on_is_said(sharps: list[Magnetogram]) -> None:
    eye = flux_viewer()
    assert learnt_from(eye.run, sharps) == ""
    trained = replace(eye.run, training_regions=(11111, 99999))
    harp = sharps[0].region.harp if sharps[0].region else None
    assert learnt_from(trained, sharps) == f" unsigned was trained on NOAA 11111 (HARP {harp})."


def test_nobody_is_called_flaring() -> None:
    pairs = item._pairs(table((1, "a", 0, -4.0, False), (1, "a", 75, -4.0, False)))
    still = item._still_yes(pairs, "disk")
    assert still.value is None
    assert "calls flaring" in still.needs


def test_a_spread_needs_three_harps() -> None:
    rows = pd.DataFrame({"harp": [1, 1, 2, 3], "x": [0.0, 2.0, 4.0, 7.0]})
    assert over_harps(rows[:3], "x") == (2.5, None)
    mean, error = over_harps(rows, "x")
    assert mean == pytest.approx(4.0)
    assert error == pytest.approx(np.std([1, 4, 7], ddof=1) / np.sqrt(3))


@pytest.mark.realdata
def test_real_sharps_and_a_quiet_disk(data_dir: Path, tmp_path: Path) -> None:
    desk = Desk(data_dir, tmp_path, quick=True)
    sharps = central_sharps(desk)
    assert len(sharps) == 9  # HARPs
    assert all(m.quality == 0 and m.region and abs(m.region.position.longitude) <= 50 for m in sharps)  # type: ignore[union-attr]
    quiet = item._quiet_disk(desk)
    assert quiet.encoding == "gauss"
    seen = item._disk(sharps[0], 75.0, quiet)
    assert (seen.view, seen.encoding) == ("full_disk", "grey8")
    largest = max(sharps, key=lambda m: m.region.area_msh or 0.0 if m.region else 0.0)
    strong = [np.nansum(np.abs(item._disk(largest, at, quiet).signed) > 50) for at in (0.0, 75.0)]
    assert strong[0] > 1.3 * strong[1]


def test_the_network_of_regions_comes_along() -> None:
    eye = item.viewer(Desk(None, Path()), "regions")
    assert eye.run.name == "patch_cnn"
    with pytest.raises(MissingDataError, match="needs"):
        item.viewer(Desk(None, Path()), "disk")
