from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from flarescope import models
from flarescope.errors import BadFileError, BadOptionError, UnknownNameError
from flarescope.models.patch_cnn import MeanLogit
from flarescope.preparation import Preparation
from flarescope.sun import Magnetogram
from flarescope.training.run import Calibration, Run, environment, load_run, predict_logits, save_run
from flarescope.training.untrained import untrained_run

OPTIONS = {"channels": [2, 4], "dropout": 0.3}
GREY = Preparation(size=16, encoding="grey8", std=127.5)


def network(members: int = 1) -> torch.nn.Module:
    torch.manual_seed(0)
    built = [models.build("patch_cnn", **OPTIONS).eval() for _ in range(members)]
    return MeanLogit(built).eval() if members > 1 else built[0]


def saved(folder: Path, members: int = 1) -> str:
    scale = Calibration(base_rate=0.05, sampled_rate=0.25, threshold=0.04, views=8)
    return save_run(
        folder, network(members), GREY, scale,
        name="patch_cnn", options=OPTIONS, members=members, training_regions=[11429, 11158],
    )  # fmt: skip


def magnetogram(seed: int = 0) -> Magnetogram:
    field = np.clip(np.random.default_rng(seed).normal(127.5, 30, (20, 20)), 0, 255)
    return Magnetogram(field, datetime(2012, 3, 6, tzinfo=UTC), "region", "grey8")


@pytest.mark.parametrize("members", [1, 3])
def test_a_run_comes_back_as_it_was_saved(members: int, tmp_path: Path) -> None:
    digest = saved(tmp_path, members)
    run = load_run(tmp_path)
    assert isinstance(run, Run)
    assert run.label == f"patch_cnn@{digest}"
    assert run.preparation == GREY
    assert run.training_regions == (11158, 11429)
    assert run.in_training([11429])
    assert not run.in_training([11430])
    assert not run.network.training
    x = torch.randn(2, 1, 16, 16)
    assert torch.equal(run.network(x), network(members)(x))
    assert saved(tmp_path / "again", members) == digest


def test_whether_coarse_pixels_were_seen_is_told_by_the_experiment_and_changes_no_hash(
    tmp_path: Path,
) -> None:
    digest = saved(tmp_path)
    assert not load_run(tmp_path).coarse
    shipped = Path(__file__).parents[2] / "src" / "flarescope" / "models" / "shipped"
    text = (shipped / "patch_cnn" / "experiment.toml").read_text()
    for share, coarse in (("0.5", True), ("0.0", False)):
        said = text.replace("degrade_share = 0.5", f"degrade_share = {share}")
        (tmp_path / "experiment.toml").write_text(said)
        assert load_run(tmp_path).coarse is coarse
        assert load_run(tmp_path).hash == digest


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.json").mkdir()
    with pytest.raises(BadOptionError, match=r"model\.json is a folder"):
        saved(tmp_path / "run")


def test_eight_views_are_the_mean_over_flips_and_polarities() -> None:
    images = np.random.default_rng(1).normal(size=(3, 16, 16)).astype(np.float32)
    eight = [sign * np.flip(images, axes) for sign in (1, -1) for axes in ((), (1,), (2,), (1, 2))]
    each = [predict_logits(network(), view) for view in eight]
    np.testing.assert_allclose(predict_logits(network(), images, views=8), np.mean(each, axis=0), atol=1e-6)
    np.testing.assert_allclose(
        predict_logits(network(), -images[:, ::-1], views=8),
        predict_logits(network(), images, views=8),
        atol=1e-6,
    )
    assert predict_logits(network(), images, batch=2) == pytest.approx(each[0], abs=1e-6)
    with pytest.raises(BadOptionError, match="4 views are not offered"):
        predict_logits(network(), images, views=4)


def test_the_probability_undoes_the_sampling() -> None:
    scale = Calibration(base_rate=0.05, sampled_rate=0.25, threshold=0.05, views=1)
    sampled = np.log(0.25 / 0.75)  # the logit of a network that has learnt nothing
    assert scale.probability(np.array([sampled])) == pytest.approx(0.05)
    assert Calibration(0.3, 0.3, 0.5, 1).probability(np.array([0.0])) == pytest.approx(0.5)


def test_a_magnetogram_becomes_a_probability(tmp_path: Path) -> None:
    saved(tmp_path)
    run = load_run(tmp_path)
    found = run.probability([magnetogram(), magnetogram(1)])
    assert found.shape == (2,)
    assert ((found > 0) & (found < 1)).all()
    images = np.stack([GREY.apply(magnetogram()), GREY.apply(magnetogram(1))])
    expected = predict_logits(network(), images, views=8) + run.calibration.log_odds
    np.testing.assert_allclose(np.log(found / (1 - found)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.safetensors", None, "weights are missing"),
        ("model.safetensors", b"\x00" * 40, "weights are damaged or of another network"),
        ("preparation.json", None, "this file of the run is missing"),
        ("preparation.json", b"{", "it is damaged"),
        ("preparation.json", b"[]", "holds no settings by name"),
        ("preparation.json", b'{"siez": 3}', "No preparation setting named 'siez'"),
        ("model.json", None, "this file of the run is missing"),
        ("model.json", b"{}", "settings cannot be used: KeyError"),
    ],
)
def test_a_damaged_run_is_one_clear_line(
    name: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    saved(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises((BadFileError, UnknownNameError), match=message) as error:
        load_run(tmp_path)
    assert "\n" not in str(error.value)


def test_truncated_weights_are_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadFileError, match="damaged"):
        load_run(tmp_path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    about["options"]["channels"] = [2, 8]
    (tmp_path / "model.json").write_text(json.dumps(about))
    with pytest.raises(BadFileError, match="of another network"):
        load_run(tmp_path)


def test_a_name_that_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="No run folder or shipped model named"):
        load_run(tmp_path / "none")


def test_the_environment_names_what_decides_rounding() -> None:
    text = environment()
    assert f"torch {torch.__version__}" in text
    assert "threads" in text


def test_what_a_run_sees_and_when_it_was_trained_come_back(tmp_path: Path) -> None:
    spans = ((("2026-02-01T00:00Z", "2026-02-06T00:00Z"),), ())
    scale = Calibration(base_rate=0.05, sampled_rate=0.25, threshold=0.04, views=1)
    save_run(
        tmp_path, network(2), GREY, scale, name="patch_cnn", options=OPTIONS, members=2,
        training_regions=[], sees="full_disk", training_spans=spans,
    )  # fmt: skip
    run = load_run(tmp_path)
    assert run.sees == "full_disk"
    assert run.training_spans == spans
    saved(tmp_path / "plain")
    assert load_run(tmp_path / "plain").sees == "region"


def test_drawn_weights_are_those_of_the_seed_and_leave_the_callers_numbers_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, same, other = (untrained_run("compact", seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(1), expected)
    x = torch.randn(1, 1, 64, 64)
    assert torch.equal(one.network(x), same.network(x))
    assert not torch.equal(one.network(x), other.network(x))
    assert one.sees == "any"
    assert one.preparation.fit == "disk"
    assert untrained_run("cnn2").preparation == load_run("cnn2").preparation
    with pytest.raises(UnknownNameError, match="alexnet"):
        untrained_run("alexnot")
