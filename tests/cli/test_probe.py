"""The command: a run in, numbers and a figure out; whatever is measured, exit code 0."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from flarescope.cli import app
from flarescope.errors import BadOptionError, FlarescopeError, UnknownNameError
from flarescope.models import build
from flarescope.preparation import Preparation
from flarescope.training.run import Calibration, load_run, save_run


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder: a network that was never trained, on small images."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("run")
    save_run(
        folder, build("patch_cnn"), Preparation(size=32, std=500.0), Calibration(0.3, 0.3, 0.5, 1),
        name="patch_cnn", options={}, members=1, training_regions=[],
    )  # fmt: skip
    return folder


def run(*words: object) -> str:
    result = CliRunner().invoke(app, ["probe", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_numbers_and_a_figure(model: Path, tmp_path: Path) -> None:
    said = json.loads(run(model, "--dtype", "float64", "--out", tmp_path / "new" / "probes.png", "--json"))
    assert said["run"] == str(model)
    assert said["model"] == load_run(model).label
    assert said["dtype"] == "float64"
    assert said["frame_dependence"] > 1e-2  # it resizes
    assert said["polarity_asymmetry"] > 0.0
    assert said["shift_dependence"] > 0.0
    assert said["radius_mm"][0] == 2.0
    assert said["radius_mm"][-1] == 40.0
    assert len(said["probability"]) == len(said["radius_mm"])
    assert said["probability"] == said["by_field"]["2000"] == said["by_poles"]["-+"]
    assert said["empty_frame"] == said["over_field"][0]
    assert set(said["by_poles"]) == {"-+", "+-", "+", "-"}
    assert said["probability_span"] <= max(said["probability"]) - min(said["probability"]) + 1e-6
    assert said["total_stride_pixels"] == 1
    assert {"width", "height", "low_mm", "high_mm"} == set(said["peaks_over_frames"][0])
    with Image.open(said["figure"]) as figure:
        assert figure.width == 2160


def test_without_json_it_speaks(model: Path) -> None:
    said = run(model, "--radius", "3:12", "--field", 1500)
    assert "bipoles of 1500 G, 3 to 12 Mm, float32" in said
    assert "frame_dependence" in said
    assert "probability_span" in said


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["--radius", "2-40"], BadOptionError, r"--radius 2-40 is not accepted: two radii"),
        (["--radius", "9:3"], BadOptionError, "Radii from 9 to 3 Mm"),
        (["--radius", "2:90"], BadOptionError, "radius 90 Mm needs 990 × 496 pixels"),
        (["--dtype", "float16"], BadOptionError, "--dtype float16 is not accepted"),
        (["--out", "probes.gif"], BadOptionError, r"'probes\.gif'\. Accepted: names ending in \.png"),
    ],
)
def test_what_is_wrong_is_said(
    words: list[str], error: type[FlarescopeError], message: str, model: Path
) -> None:
    with pytest.raises(error, match=message):
        run(model, *words)


def test_an_unknown_model_is_helped() -> None:
    with pytest.raises(UnknownNameError, match="No run folder or shipped model named 'cnn3'"):
        run("cnn3")


def test_help_has_an_example() -> None:
    assert "Example: flarescope probe cnn2" in run("--help")
