"""The trained networks that come with flarescope: whole, small, honest about their scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from flarescope.errors import UnknownNameError
from flarescope.training.run import load_run, shipped_runs

REAL = ("cnn2", "patch_cnn")  # trained on the real Sun
DISKS = ("compact",)  # trained on full disks: see test_shipped_disks
SHIPPED = Path(__file__).parents[2] / "src" / "flarescope" / "models" / "shipped"


def test_both_networks_ship_and_are_small() -> None:
    assert set(shipped_runs()) == {*REAL, *DISKS, "cnn2_frames", "artefact_free"}
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 15e6


def test_what_never_saw_the_real_sun_says_so() -> None:
    assert {name for name in shipped_runs() if not load_run(name).trained_on} == {*REAL, *DISKS}


@pytest.mark.parametrize("name", REAL)
class TestEveryShippedRun:
    def test_it_is_the_one_that_was_scored(self, name: str) -> None:
        run = load_run(name)
        assert run.scores is not None
        assert run.scores["model"] == run.label
        assert run.label in run.card
        assert len(run.training_regions) == run.scores["data"]["regions"] == 463
        assert run.in_training([11429])

    def test_it_knows_whether_it_has_seen_coarse_pixels(self, name: str) -> None:
        assert load_run(name).coarse == {"patch_cnn": True, "cnn2": False}[name]

    def test_its_card_says_which_scale_the_label_is_on(self, name: str) -> None:
        words = "M1.0 on the operational GOES scale, which is M1.43 on the science scale in use since 2020"
        assert words in " ".join(load_run(name).card.split())

    def test_its_card_says_the_scores_and_the_limits(self, name: str) -> None:
        run = load_run(name)
        assert run.scores is not None
        for score in ("tss", "auc"):
            assert f"{run.scores['out_of_fold_seeds'][score]['mean']:.3f}" in run.card
        for words in ("picked by hand", "36 regions", "Courtesy of NASA/SDO", "NOAA/SWPC", "rival flux_pil"):
            assert words in " ".join(run.card.split())

    def test_zero_field_is_quiet(self, name: str) -> None:
        run = load_run(name)
        size = run.preparation.size
        with torch.inference_mode():
            logit = run.network(torch.zeros(1, 1, size, size))
        assert run.calibration.probability(logit.numpy())[0] < 0.2

    def test_polarity_does_not_matter_where_eight_views_are_taken(self, name: str) -> None:
        from flarescope.training.predict import predict_logits

        run = load_run(name)
        x = np.random.default_rng(0).normal(0, 0.2, (2, run.preparation.size, run.preparation.size))
        one, other = (predict_logits(run.network, s * x, views=run.calibration.views) for s in (1, -1))
        if run.calibration.views == 8:
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_region_network_holds_its_bar() -> None:
    scores = load_run("patch_cnn").scores
    assert scores is not None
    assert scores["seeds"] == [0, 1, 2]
    assert scores["out_of_fold_seeds"]["tss"]["mean"] >= 0.50
    assert scores["out_of_fold_seeds"]["auc"]["mean"] >= 0.83


def test_a_name_that_does_not_ship_is_helped() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'patch_cnn'\?"):
        load_run("patch_cn")


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["cnn2", "patch_cnn"])
def test_active_regions_stand_out(name: str, data_dir: Path) -> None:
    from flarescope.sources.files import read_magnetogram

    folder = data_dir / "magnetograms" / "active_regions_2012_2017"
    index = pd.read_csv(folder / "index.csv")
    strong = index["file"][index["noaa_ar"] == 11429].iloc[:6]
    others = index["file"][index["noaa_ar"] != 11429].iloc[::300]
    run = load_run(name)

    def said(files: pd.Series) -> np.ndarray:
        return run.probability([read_magnetogram(folder / file) for file in files])

    # trained on all of these: this shows that weights and preparation belong together, not skill
    assert said(strong).mean() > 3 * said(others).mean()
    assert said(others).mean() < 0.12


@pytest.mark.realdata
def test_gauss_is_brought_to_grey(data_dir: Path) -> None:
    from flarescope.sources.files import read_magnetogram

    folder = data_dir / "magnetograms" / "sharp_cea"
    sharp = next(path for path in sorted(folder.rglob("*.1449.*magnetogram.fits")))
    run = load_run("patch_cnn")
    image = run.preparation.apply(read_magnetogram(sharp))
    assert image.shape == (128, 128)
    assert np.abs(image).max() <= 1.0 + 0.2  # bicubic may overshoot a little
    assert run.probability([read_magnetogram(sharp)])[0] > 0.02
