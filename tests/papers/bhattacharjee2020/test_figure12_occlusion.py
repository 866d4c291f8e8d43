"""Figure 12 from end to end on made-up files and a network whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from flarescope.geometry import CeaGrid
from flarescope.papers.bhattacharjee2020 import figure12_occlusion as item
from flarescope.papers.bhattacharjee2020.occluded import Occluded, Viewer, occluded
from flarescope.papers.claims import find_claim, read_claims
from flarescope.papers.reproduction import Desk
from flarescope.preparation import Preparation
from flarescope.sun import Magnetogram, Region
from flarescope.training.run import Calibration, Run


class Contrast(torch.nn.Module):
    """How long is the place where the field changes most to the west? It looks at the inversion line."""

    def __init__(self) -> None:
        super().__init__()
        self.passes = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.passes += len(x)
        return (x.diff(dim=3).abs() - 10.0).relu().sum(dim=(1, 2, 3)) / 20.0


def bipole(harp: int) -> Magnetogram:
    """±1000 G side by side, away from the middle, at another place for each region."""
    field = np.random.default_rng(harp).normal(0, 3, (64, 128))
    row, column = 4 + 6 * harp, 10 + 12 * harp
    field[row : row + 24, column : column + 16] += 1000.0
    field[row : row + 24, column + 16 : column + 32] -= 1000.0
    grid = CeaGrid(0.0, 0.0, 63.5, 31.5, 0.12)
    region = Region(harp=harp, noaa=(11428 + harp,))
    return Magnetogram(field, datetime(2014, 1, 1, tzinfo=UTC), "region", "gauss", grid, region)


def viewer(name: str) -> Viewer:
    preparation = Preparation(64, std=100.0)
    run = Run(Contrast().eval(), preparation, name, "0", Calibration(0.1, 0.1, 0.5, 1), (11429,))
    return Viewer(name, run)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    paths = [Path(f"hmi.sharp_cea_720s.{harp}.x.magnetogram.fits") for harp in range(5)]
    monkeypatch.setattr(item, "_chosen", lambda desk: paths)
    monkeypatch.setattr(
        "flarescope.sources.files.read_magnetogram", lambda path: bipole(int(path.name.split(".")[2]))
    )
    names = ("cnn2", "cnn2_patches", "artefact_free")
    monkeypatch.setattr(item, "_viewers", lambda desk: [viewer(name) for name in names])
    return Desk(None, tmp_path, quick=True)


def test_red_regions_follow_the_lines(desk: Desk) -> None:
    claims = read_claims(Path(item.__file__).with_name("claims.toml"))
    found = {one.claim: one for one in item.figure12(desk)}
    for name, one in found.items():
        assert find_claim(claims, "figure12", name).item == "figure12"
        assert one.data == "real-small"
    own = found["near_inversion_line"]
    assert own.value is not None
    assert own.spread is not None
    assert own.value > 0.4
    assert 0.0 < own.spread < own.value
    assert "5 of 5 magnetograms have a red region" in own.note
    assert "preview: stride 4" in own.note
    assert "says yes to 5 of these, in 5 HARPs, excess +" in own.note
    assert "trained on NOAA regions of 1 of the HARPs" in own.note
    swapped = found["near_inversion_line_swapped"]
    assert swapped.value is not None
    assert swapped.value > 0.2
    assert (desk.out / own.figure).exists()
    assert (desk.folder / "figure12_red_regions.csv").read_text().count("\n") == 1 + 5 * 3 * 2


def test_what_is_kept_is_not_done_again(desk: Desk) -> None:
    one, path = viewer("cnn2"), Path("a.fits")
    first = occluded(desk, one, path, bipole(2))
    passes = one.run.network.passes
    again = viewer("cnn2")
    second = occluded(desk, again, path, bipole(2))
    assert passes == 0  # a copy is asked, never the run's own network
    np.testing.assert_array_equal(first.masked, second.masked)
    kept = next((desk.cache("occlusion") / "cnn2_0").glob("*.npz"))
    kept.write_bytes(kept.read_bytes()[:50])
    np.testing.assert_array_equal(occluded(desk, again, path, bipole(2)).masked, first.masked)


def test_both_readings_of_the_paper() -> None:
    from flarescope.explain.occlusion import Masks

    answer = Occluded(2.0, np.array([[2.0, -2.0]]), Masks((2, 3), 2, 1))
    np.testing.assert_array_equal(answer.map("label", 0.0), [[0.0, 0.5, 1.0]] * 2)
    np.testing.assert_array_equal(answer.map("label", -3.0), np.zeros((2, 3)))
    change = 1 / (1 + np.exp(-2)) - 1 / (1 + np.exp(2))
    np.testing.assert_allclose(answer.map("output", 0.0), [[0.0, change / 2, change]] * 2)


def test_the_mask_is_as_large_a_share_of_a_field(desk: Desk) -> None:
    fields = Preparation(8, fit="scale", interpolation="area", megametres_per_pixel=1.457, std=100.0)
    answer = occluded(
        desk, Viewer("f", replace(viewer("f").run, preparation=fields)), Path("b.fits"), bipole(0)
    )
    assert answer.masks.shape == (64, 128)
    assert answer.masks.side == round(100 / 256 * np.sqrt(64 * 128)) == 35
    assert answer.masks.stride == 4
