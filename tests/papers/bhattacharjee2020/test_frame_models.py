"""What ships of the made-up Sun says so, and holds its bars; how it was trained is one function."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flarescope.models import shipped_folder
from flarescope.papers.bhattacharjee2020.frame_card import frame_card
from flarescope.papers.bhattacharjee2020.frame_models import FRAME_MODELS
from flarescope.training.run import load_run

BARS = {"float64": 1e-6, "float32": 1e-4}


def scores_of(name: str) -> dict:
    return json.loads((shipped_folder() / name / "scores.json").read_text(encoding="utf-8"))


def test_both_were_trained_alike() -> None:
    old, new = FRAME_MODELS["cnn2_frames"], FRAME_MODELS["artefact_free"]
    assert (old.data, old.split, old.steps, old.batch) == (new.data, new.split, new.steps, new.batch)
    old_scores, new_scores = scores_of("cnn2_frames"), scores_of("artefact_free")
    assert old_scores["data"] == new_scores["data"]
    for setting in ("steps", "batch", "positive_share", "loss"):
        assert old_scores["training"][setting] == new_scores["training"][setting]


@pytest.mark.parametrize("name", list(FRAME_MODELS))
class TestEachShipped:
    def test_it_says_that_its_sun_was_made_up(self, name: str) -> None:
        run = load_run(name)
        assert run.trained_on == "made-up Sun"
        assert "made-up Sun" in run.card.split("\n\n")[1]
        assert not run.in_training(range(1, 20_000))

    def test_its_card_is_that_of_its_scores(self, name: str) -> None:
        run = load_run(name)
        assert run.scores is not None
        assert run.scores["model"].split("@")[1] == run.hash
        assert run.card == frame_card(name, run.scores)
        assert run.scores["scores"]["tss"]["low"] > 0.0  # better than chance

    def test_it_is_small(self, name: str) -> None:
        assert sum(path.stat().st_size for path in (shipped_folder() / name).iterdir()) < 3e6


@pytest.mark.parametrize("dtype", list(BARS))
def test_the_shares_that_were_measured_hold_the_bars(dtype: str) -> None:
    new, old = scores_of("artefact_free")["probes"][dtype], scores_of("cnn2_frames")["probes"][dtype]
    assert max(new["frame_dependence"], new["polarity_asymmetry"]) <= BARS[dtype]
    assert new["probability_span"] >= 0.3
    assert min(old["frame_dependence"], old["polarity_asymmetry"]) > 1e-2


def test_a_bipole_in_another_frame_is_the_same_bipole() -> None:
    from flarescope.explain.probes import under_probe
    from flarescope.synthetic.probe_bipole import probe_bipole

    for name, bound in (("artefact_free", 1e-4), ("cnn2_frames", None)):
        run = load_run(name)
        one, other, turned = under_probe(run.network, run.preparation).logits(
            [
                probe_bipole(8.0, frame=(320, 320), at=(160, 160)),
                probe_bipole(8.0, frame=(960, 640), at=(320, 288)),
                probe_bipole(8.0, frame=(320, 320), at=(160, 160), poles="+-"),
            ]
        )
        if bound is None:
            assert min(abs(other - one), abs(turned - one)) > 1e-2
        else:
            assert max(abs(other - one), abs(turned - one)) <= bound


@pytest.mark.slow
def test_one_command_trains_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flarescope.explain import probe_measures
    from flarescope.papers.bhattacharjee2020 import cells, frame_models, made_up_sun

    monkeypatch.setattr(made_up_sun, "QUICK", (100, 40, 1))
    monkeypatch.setitem(cells.STEPS, "quick", 2)
    monkeypatch.setattr(frame_models, "_precisions", lambda: ("float64",))
    monkeypatch.setattr(probe_measures, "FRAMES", ((320, 320), (640, 480)))
    documents = frame_models.train_frames(tmp_path, quick=True)
    for name, document in documents.items():
        run = load_run(tmp_path / name)
        assert run.trained_on == "made-up Sun"
        assert run.label == document["model"]
        assert run.scores == document
    assert documents["artefact_free"]["probes"]["float64"]["frame_dependence"] <= 1e-6
