"""Rates add up: the fusion's arithmetic, its fit, and its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadFileError
from flarescope.models.fusion import Fusion, FusionWeights, rate_of, shift_base_rate
from flarescope.models.history import probability
from flarescope.training.fusion import RegionFrames, fit_fusion, fit_weights


@given(st.floats(0.001, 0.999), st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_the_base_rate_goes_there_and_back(p: float, a: float, b: float) -> None:
    there = shift_base_rate(np.array(p), a, b)
    assert float(shift_base_rate(there, b, a)) == pytest.approx(p, rel=1e-6)
    assert float(shift_base_rate(np.array(a), a, b)) == pytest.approx(b, rel=1e-6)


@given(st.floats(0.0, 0.999))
def test_a_rate_is_the_probabilitys_other_face(p: float) -> None:
    assert float(probability(rate_of(np.array(p)))) == pytest.approx(p, abs=1e-9)


def test_two_independent_regions_add_as_rates() -> None:
    p = rate_of(np.array([0.2, 0.3])).sum()
    assert float(probability(p)) == pytest.approx(1 - 0.8 * 0.7)


def frames(n: int = 20_000, *, history: float = 0.6, image: float = 0.4, seed: int = 0) -> RegionFrames:
    """Frames whose truth is known: Λ = .005 + history·Λ_h + image·λ."""
    rng = np.random.default_rng(seed)
    lam_h, p = rng.exponential(0.05, n), rng.beta(0.5, 8, n)
    truth = probability(0.005 + history * lam_h + image * rate_of(p))
    return RegionFrames(rng.integers(0, 400, n), lam_h, p, rng.random(n) < truth)


def test_the_fit_finds_the_weights_that_made_the_data() -> None:
    made = frames(120_000)
    found = fit_weights(made, rate_of(made.image_probability), np.ones(120_000))
    assert found.history == pytest.approx(0.6, abs=0.06)
    assert found.image == pytest.approx(0.4, abs=0.06)
    assert fit_weights(made, rate_of(made.image_probability), np.ones(120_000), use_image=False).image == 0.0


def test_an_image_that_knows_nothing_gets_no_weight() -> None:
    made = frames(image=0.0)
    assert fit_weights(made, rate_of(made.image_probability), np.ones(20_000)).image < 0.05


def test_the_suns_base_rate_is_met() -> None:
    made = frames()
    fusion = fit_fusion(made, network="n", true_rate=0.03, members=3)
    weights = np.where(made.happened, 0.03 / made.happened.mean(), 0.97 / (1 - made.happened.mean()))
    said = fusion.region.probability(made.history_rate, fusion.image_rate(made.image_probability))
    assert np.average(said, weights=weights) == pytest.approx(0.03, rel=0.05)
    assert fusion.disk.background == 0.0
    assert min(fusion.region.background, fusion.region.history, fusion.region.image) >= 0.0
    assert len(fusion.region_ensemble) == len(fusion.region_history_ensemble) == 3


def test_it_is_written_and_read_back(tmp_path: Path) -> None:
    fusion = fit_fusion(frames(2000), network="n", true_rate=0.03, members=2, fitted_on={"data": "made up"})
    path = tmp_path / "fusion.json"
    path.write_text(fusion.to_json())
    copy = Fusion.load(path)
    assert copy.region.image == pytest.approx(fusion.region.image, rel=1e-5)
    assert isinstance(copy.disk_ensemble[0], FusionWeights)
    path.write_text("[]")
    with pytest.raises(BadFileError, match="flarescope train fusion"):
        Fusion.load(path)
