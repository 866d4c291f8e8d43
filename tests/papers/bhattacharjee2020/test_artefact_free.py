"""The item of section 5, on networks that nobody trained: what must hold then holds by construction."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from flarescope import models
from flarescope.explain import probe_measures
from flarescope.papers.bhattacharjee2020 import artefact_free as item
from flarescope.papers.bhattacharjee2020.cells import Cell, Outcome
from flarescope.papers.claims import Finding
from flarescope.papers.reproduction import Desk
from flarescope.preparation import Preparation
from flarescope.training.run import Calibration, save_run

ROWS = 24


def untrained(folder: Path, cell: Cell) -> Outcome:
    """An outcome of a network with random weights, whose answers are right for three rows of four."""
    torch.manual_seed(int(cell.split))
    options = {"branch": 2, "channels": (2, 2)} if cell.network == "cnn2" else cell.options
    network = models.build(cell.network, **options).eval()
    preparation = (
        Preparation(cell.size, std=100.0)
        if cell.size
        else Preparation(8, fit="scale", megametres_per_pixel=1.457, std=100.0)
    )
    own = folder / f"{cell.network}_{cell.split}_{cell.transform}"
    save_run(
        own, network, preparation, Calibration(0.3, 0.5, 0.3, 1), name=cell.network, options=options,
        members=1, training_regions=(),
    )  # fmt: skip
    rows, label = np.arange(ROWS), np.arange(ROWS) % 2
    y = np.where(rows % 4 == 0, 0.6, 0.2 + 0.6 * label)
    return Outcome(cell, own, rows, y, label, pd.DataFrame())


class Pictures:
    """What a data set would hold: noise with a strong western half."""

    def images(self, size: int) -> np.ndarray:
        x = np.random.default_rng(0).normal(0, 1, (ROWS, size, size))
        x[:, :, size // 2 :] += np.arange(ROWS)[:, None, None] % 3
        return x

    def fields(self) -> list[np.ndarray]:
        return [image[:40, 20:60] for image in self.images(64)]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    folder = tmp_path_factory.mktemp("artefact_free")

    def outcomes(desk: Desk, cells: list[Cell]) -> list[Outcome]:
        return [untrained(folder, cell) for cell in cells]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(item, "outcomes", outcomes)
        patched.setattr(item, "splits", lambda desk: range(2))
        patched.setattr(item, "kinds", lambda desk: ("synthetic",))
        patched.setattr(item, "dataset", lambda desk, kind: Pictures())
        patched.setattr(probe_measures, "FRAMES", ((320, 320), (640, 480)))
        patched.setattr(probe_measures, "FRAME_RADII_MM", (4.0,))
        patched.setattr(probe_measures, "SHIFT_RADII_MM", (4.0,))
        return {one.claim: one for one in item.artefact_free(Desk(None, folder, quick=True))}


def test_every_claim_is_answered(found: dict[str, Finding]) -> None:
    from flarescope.papers import paper
    from flarescope.papers.claims import read_claims

    claims = read_claims(paper("bhattacharjee2020").claims)
    assert set(found) == {claim.name for claim in claims if claim.item == "artefact_free"}


def test_one_is_blind_to_frame_and_polarity_and_the_other_is_not(found: dict[str, Finding]) -> None:
    for claim in ("frame", "polarity", "cycle_25"):
        new, old = found[claim], found[f"{claim}_cnn2"]
        assert new.value is not None
        assert old.value is not None
        assert 0.0 <= new.value < 1e-4
        assert old.value > 0.01
        assert old.spread is not None


def test_how_learning_rates_were_chosen_is_said(found: dict[str, Finding]) -> None:
    assert "learning rates 0.003 and 0.001" in found["tss"].note
    assert "flatters" in found["tss"].note


def test_equal_answers_are_no_difference(found: dict[str, Finding]) -> None:
    for claim in ("tss", "bss", "ablation"):
        assert found[claim].value == pytest.approx(0.0)


def test_what_needs_real_sharps_says_so(found: dict[str, Finding]) -> None:
    for claim in item.MARGINS:
        assert found[claim].value is None
        assert "sharp_cea" in found[claim].needs


def test_margins_are_compared_split_by_split() -> None:
    table = pd.DataFrame({"network": [item.NEW, item.OLD], "frame_dependence": [0.0, 0.5],
                          "polarity_asymmetry": [0.0, 0.1], "shift_dependence": [0.1, 0.2]})  # fmt: skip
    moved = pd.DataFrame(
        [{"split": split, "network": name, "sharp": "a", "frame": frame, "share": share * 2**split}
         for split in range(3) for name, share in ((item.NEW, 0.002), (item.OLD, 0.2))
         for frame in item.FRAMES]
    )  # fmt: skip
    told = SimpleNamespace(figure=lambda name, figure: f"{name}.png")
    made = {one.claim: one for one in item._margins(told, table, moved)}  # type: ignore[arg-type]
    assert tuple(made) == item.MARGINS
    assert made["margin_zero"].value == pytest.approx(0.002 * 7 / 3)
    assert made["margin_zero_cnn2"].value == pytest.approx(0.2 * 7 / 3)
    for frame in ("quiet", "cut"):
        assert made[f"margin_{frame}"].value == pytest.approx(2.0)
        assert made[f"margin_{frame}"].spread == pytest.approx(0.0, abs=1e-12)
    for one in made.values():
        assert one.figure == "artefact_free.png"
        assert one.data == "real-small"
