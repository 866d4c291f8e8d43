"""Figures 7 and 9 to 11 on networks that were never trained: every claim gets its number, honestly spread."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from flarescope.models import build
from flarescope.papers import paper
from flarescope.papers.bhattacharjee2020 import (
    bipoles,
    figure07_bipole,
    figure09_bipoles,
    figure10_resolution_artefact,
    figure11_retrained,
)
from flarescope.papers.claims import Finding, find_claim, read_claims, verdict
from flarescope.papers.reproduction import Desk
from flarescope.preparation import Preparation
from flarescope.training.run import Calibration, save_run

CLAIMS = read_claims(paper("bhattacharjee2020").claims)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Two models a transform; "reversed" is the plain network with its first layer's sign turned."""
    folders: dict[str, list[Path]] = {"none": [], "reversed": []}
    for seed in range(2):
        torch.manual_seed(seed)
        network = build("cnn2", channels=(4, 4), branch=2).eval()
        for transform, own in folders.items():
            if transform == "reversed":
                network.features[1].weight.data *= -1.0
            own.append(tmp_path_factory.mktemp("run"))
            save_run(
                own[-1], network, Preparation(size=64, std=500.0), Calibration(0.5, 0.5, 0.5, 1),
                name="cnn2", options={"channels": (4, 4), "branch": 2}, members=1, training_regions=[],
            )  # fmt: skip
    return folders | {"hale_joy": folders["none"]}


@pytest.fixture
def desk(runs: dict[str, list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose trainings stand already, without real data."""

    def models(desk: Desk, kind: str, *, transform: str = "none", size: int = 256) -> list[SimpleNamespace]:
        if kind != "synthetic":
            return []
        label = np.tile([0, 1], 20)
        said = np.where(np.arange(40) < 36, label, 1 - label).astype(float)
        cell = SimpleNamespace(data=kind)
        return [
            SimpleNamespace(cell=cell, folder=folder, probability=said, label=label)
            for folder in runs[transform]
        ]

    for module in (figure09_bipoles, figure10_resolution_artefact, figure11_retrained):
        monkeypatch.setattr(module, "models", models)
        if hasattr(module, "on_each_kind"):
            monkeypatch.setattr(module, "on_each_kind", lambda desk, claims, find: find("synthetic"))
    return Desk(None, tmp_path, quick=True)


def numbers(item: str, found: list[Finding], desk: Desk) -> dict[str, Finding]:
    """Findings by name; all of the item's claims, each with a verdict and its figure."""
    assert {one.claim for one in found} == {claim.name for claim in CLAIMS if claim.item == item}
    for one in found:
        word = verdict(find_claim(CLAIMS, item, one.claim), one)
        assert (word == "not run") == (one.value is None)
        assert one.needs if one.value is None else one.note
        assert (desk.out / one.figure).stat().st_size > 5000
    return {one.claim: one for one in reversed(found)}  # the first is in an empty frame


def test_figure_7(desk: Desk) -> None:
    found = numbers("figure7", figure07_bipole.figure7(desk), desk)
    assert found["degrees"].value == pytest.approx(23.04)


def test_figure_9(desk: Desk) -> None:
    for item in ("figure9_radius", "figure9_field", "figure9_polarity", "figure9_single"):
        numbers(item, getattr(figure09_bipoles, item)(desk), desk)


def test_figure_10(desk: Desk) -> None:
    found = numbers("figure10_x", figure10_resolution_artefact.figure10_x(desk), desk)
    assert found["same_bipole"].value is not None
    assert found["same_bipole"].value > 0.01  # it resizes
    for item in ("figure10_y", "figure10_ratio"):
        numbers(item, getattr(figure10_resolution_artefact, item)(desk), desk)


def test_figure_11(desk: Desk) -> None:
    numbers("figure11_spread", figure11_retrained.figure11_spread(desk), desk)
    same = numbers("hale_joy", figure11_retrained.hale_joy(desk), desk)["same_tss"]
    assert same.value == 0.0
    assert "TSS corrected against as observed: 0.80 against 0.80 over 2 splits" in same.note


@pytest.mark.parametrize(("before", "clear"), [((-0.30, -0.31), True), ((-0.3, 0.2), False)])
def test_only_an_asymmetry_that_is_there_turns_round(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, before: tuple[float, float], clear: bool
) -> None:
    said = iter([*before, 0.2, 0.3] * 2)  # before and after, in an empty frame and on a quiet Sun
    monkeypatch.setattr(figure11_retrained, "asymmetry", lambda curves: next(said))
    one = numbers("figure11_reversed", figure11_retrained.figure11_reversed(desk), desk)["reverses"]
    if clear:
        assert one.value == pytest.approx(-0.25)
    else:
        assert one.value is None
        assert "the asymmetry before is -0.050 ± " in one.needs
        assert "too small to be turned round" in one.needs


def test_a_share_of_models_is_as_wide_as_so_few_make_it() -> None:
    claim = find_claim(CLAIMS, "figure9_radius", "two_peaks")
    for having, word in ((10, "in principle"), (7, "differs"), (5, "differs")):
        values = [1.0] * having + [0.0] * (10 - having)
        found = bipoles.share_of_models("two_peaks", "synthetic", values, note="Here")
        assert found.spread is not None
        assert 0.05 < found.spread < 0.15
        assert found.note == f"Here; {having} of 10 models"
        assert verdict(claim, found) == word


def test_models_without_a_number_are_counted() -> None:
    found = bipoles.over_models("high_peak", "synthetic", [1.0, 3.0, math.nan], note="Here", missing="a peak")
    assert (found.value, found.spread) == (2.0, pytest.approx(math.sqrt(2)))
    assert found.note == "Here; 2 of 3 models have a peak"
    none = bipoles.over_models("high_peak", "synthetic", [1.0, math.nan], note="Here", missing="a peak")
    assert none.value is None
    assert "1 of 2 models have a peak" in none.needs
    minority = bipoles.over_models(
        "a", "synthetic", [1.0, 2.0, *[math.nan] * 3], note="Here", missing="a peak"
    )
    assert minority.value is None
    assert "2 of 5 models have a peak" in minority.needs


def test_the_ratio_of_known_peaks() -> None:
    width, height = np.array([400.0, 768, 1200, 768, 768]), np.array([427.0, 427, 427, 220, 700])
    low, high = height / 100, width / 50
    found = bipoles_over(width, height, low, high)
    assert figure10_resolution_artefact._correlation(found) == pytest.approx(1.0)
    assert figure10_resolution_artefact._median(found.ratio / found.aspect_ratio) == pytest.approx(2.0)
    per_degree = 256 / 0.03
    assert figure10_resolution_artefact._slope(found, "width", found.high) == pytest.approx(per_degree / 50)
    assert figure10_resolution_artefact._slope(found, "height", found.low) == pytest.approx(per_degree / 100)
    assert math.isnan(figure10_resolution_artefact._slope(found, "height", np.full(5, np.nan)))


def bipoles_over(width: np.ndarray, height: np.ndarray, low: np.ndarray, high: np.ndarray):
    from flarescope.explain.probe_peaks import PeaksOverFrames

    return PeaksOverFrames(width, height, low, high, np.zeros(0), np.zeros((5, 0)))
