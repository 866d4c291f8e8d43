"""What 8 bits and JPEG do to a field, and what is compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from flarescope.papers import paper
from flarescope.papers.claims import find_claim, read_claims
from flarescope.papers.pandey2023 import raw_vs_8bit as item
from flarescope.papers.pandey2023.limb_shift import Viewer, _no_field, _patch
from flarescope.papers.reproduction import Desk
from flarescope.preparation import Preparation
from flarescope.sun import Magnetogram
from flarescope.synthetic.population import population
from flarescope.times import utc
from flarescope.training.run import Calibration, Run


def grey(field: np.ndarray) -> Magnetogram:
    return Magnetogram(field, utc("2012-03-06T00:00Z"), "region", "grey8")


def spots(side: int = 128) -> np.ndarray:
    """A positive spot in the west and a negative one in the east, in gauss."""
    at = np.arange(side) - side // 2
    return 900 * sum(s * np.exp(-((at - s * 8) ** 2 + at[:, None] ** 2) / 128) for s in (1, -1))


def test_rounding_is_half_a_level_at_most() -> None:
    image = grey(np.linspace(0, 255, 400).reshape(20, 20))
    assert np.abs(item.rounded(image).field - image.field).max() <= 0.5
    assert np.array_equal(item.rounded(image).field % 1, np.zeros((20, 20)))


def test_a_jpeg_keeps_place_and_sky() -> None:
    field = 127.5 + 0.1 * np.clip(spots(), -1000, 1000)
    field[:, :5] = np.nan
    fine, coarse = (item.jpeg(grey(field), quality) for quality in (95, 30))
    assert np.isnan(fine.field[:, :5]).all()
    errors = [float(np.nanmean(np.abs(image.field - field)[:, 16:])) for image in (fine, coarse)]
    assert errors[0] < errors[1] < 3.0
    assert np.nanargmax(fine.field[64]) == pytest.approx(64 + 8, abs=2)


def test_shapes_of_a_bipole() -> None:
    shape = item.shape_of(spots())
    assert shape["directionality"] == pytest.approx(0.0, abs=0.5)
    assert shape["size"] == (np.abs(spots()) > 100).sum()
    assert shape["inversion_line"] > 0
    assert item.shape_of(spots().T)["directionality"] == pytest.approx(90.0, abs=0.5)
    alone = item.shape_of(np.abs(spots()))
    assert alone["size"] == shape["size"]
    assert np.isnan(alone["directionality"])


class Positive(nn.Module):
    """The more positive field, the surer."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(-1.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 20.0 * torch.relu(x).mean(dim=(1, 2, 3)) + self.bias


def test_what_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preparation = Preparation(size=64, encoding="grey8", grey_per_gauss=0.51, std=127.5)
    run = Run(Positive(), preparation, "positive", "0", Calibration(0.5, 0.5, 0.5, 1), ())
    sharps = [region.magnetogram(region.crossing) for region in population(3, seed=5)]
    monkeypatch.setattr(item, "central_sharps", lambda desk: sharps)
    monkeypatch.setattr(item, "viewer", lambda desk, name: Viewer(name, run, _patch, _no_field))
    found = {one.claim: one for one in item.raw_vs_8bit(Desk(None, tmp_path))}
    claims = read_claims(paper("pandey2023").claims)
    assert {find_claim(claims, "raw_vs_8bit", name).name for name in found} == {
        c.name for c in claims if c.item == "raw_vs_8bit"
    }
    change, order = found["probability_8bit_regions"], found["maps_8bit_regions"]
    assert change.value is not None
    assert 0.0 < change.value < 0.01
    assert order.value is not None
    assert order.value > 0.9
    jpeg = found["maps_jpeg_regions"]
    assert jpeg.value is not None
    assert jpeg.value < order.value
    size = found["size"]
    assert size.value is not None
    assert 0.0 < size.value < 1.0
    assert len(pd.read_csv(tmp_path / "full" / "raw_vs_8bit.csv")) == 3 * (2 + 2 + 2)


@pytest.mark.realdata
def test_the_qualities_are_those_of_the_real_files(data_dir: Path, tmp_path: Path) -> None:
    from PIL import Image

    folder = data_dir / "magnetograms"
    real = {
        "regions": next((folder / "active_regions_2012_2017").rglob("*__magnetogram.jpg")),
        "disk": next((folder / "full_disk_2026").rglob("*.jpg")),
    }
    for name, path in real.items():
        Image.fromarray(np.zeros((16, 16), np.uint8)).save(tmp_path / "ours.jpg", quality=item.QUALITY[name])
        with Image.open(path) as theirs, Image.open(tmp_path / "ours.jpg") as ours:
            assert theirs.quantization == ours.quantization, name
