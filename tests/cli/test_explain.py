"""The command: files in, figure and one JSON document out; what is wrong is said in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from flarescope.cli import app
from flarescope.errors import BadFileError, BadOptionError, FlarescopeError, UnknownNameError
from flarescope.models import build
from flarescope.preparation import Preparation
from flarescope.sources.files import read_magnetogram
from flarescope.training.run import Calibration, load_run, save_run

SHARP = "magnetograms/sharp_cea/harp377_hourly/hmi.sharp_cea_720s.377.20110215_010000_TAI.magnetogram.fits"
DISK = "magnetograms/full_disk_2026/2026/02/03/HMI.m2026.02.03_12.00.00.jpg"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder: a network that was never trained, which nobody tells the command."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("run")
    save_run(
        folder, build("patch_cnn"), Preparation(size=64, clip=1000.0, std=500.0),
        Calibration(base_rate=0.1, sampled_rate=0.5, threshold=0.2, views=8),
        name="patch_cnn", options={}, members=1, training_regions=[11158],
    )  # fmt: skip
    return folder


def run(model: Path, *words: object) -> dict:
    result = CliRunner().invoke(
        app, ["explain", "--model", str(model), *map(str, words), "--json"], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.realdata
def test_integrated_gradients_of_a_sharp_file(model: Path, data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "why.png"
    said = run(
        model, "--image", data_dir / SHARP, "--method", "integrated_gradients", "--out", out, "--dpi", 100
    )
    assert said["method"] == "integrated_gradients"
    assert said["model"] == load_run(model).label
    whole = load_run(model).probability([read_magnetogram(data_dir / SHARP)])
    assert said["probability"] == pytest.approx(float(whole[0]), abs=1e-6)
    assert "in_training: the model was trained on this region." in said["notes"]
    assert 0.0 <= said["completeness"] <= 0.01
    assert said["baseline"] == "zero_field"
    assert said["checks"]["steps"] >= 32
    assert said["observed"] == "2011-02-15T00:59:20Z"
    spot = said["top_regions"][0]
    assert spot["longitude"] == pytest.approx(12.6, abs=12.0)
    assert spot["latitude"] == pytest.approx(-21.0, abs=6.0)
    assert 0.0 < spot["share"] <= 1.0
    with Image.open(out) as figure:
        assert figure.width == 720
    assert [p.name for p in out.parent.iterdir()] == ["why.png"]


@pytest.mark.realdata
def test_occlusion_with_its_options(model: Path, data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.svg"
    words = ("--image", data_dir / SHARP, "--method", "occlusion", "--out", out, "--dtype", "float64")
    said = run(model, *words, "--mask-pixels", 8, "--stride", 8, "--reading", "label")
    assert said["completeness"] is None
    assert said["checks"]["masks"] == 64
    assert said["dtype"] == "float64"
    assert "A preview with stride 8; stride 1 is exact." in said["notes"]
    assert out.read_text().startswith("<?xml")


@pytest.mark.realdata
def test_without_json_it_speaks(model: Path, data_dir: Path, tmp_path: Path) -> None:
    words = [
        "explain",
        "--model",
        str(model),
        "--image",
        str(data_dir / SHARP),
        "--out",
        str(tmp_path / "why.png"),
        "--dpi",
        "50",
    ]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert "integrated_gradients of patch_cnn@" in result.stdout
    assert "complete to within" in result.stdout
    assert "% of the attribution around row" in result.stdout


@pytest.mark.realdata
def test_a_full_disk_is_explained_region_by_region(data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    said = run(Path("patch_cnn"), "--image", data_dir / DISK, "--out", out)
    assert out.stat().st_size > 10_000
    assert said["completeness"] <= 0.01
    assert said["top_regions"][0]["longitude"] == pytest.approx(-15, abs=5)
    assert any("regions explained" in note for note in said["notes"])


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["--method", "integrated_gradient"], UnknownNameError, r"Did you mean 'integrated_gradients'\?"),
        (["--baseline", "blac"], UnknownNameError, r"Did you mean 'black'\?"),
        (["--stride", "4"], BadOptionError, "Method 'integrated_gradients' has no option 'stride'"),
        (["--method", "occlusion", "--steps", "4"], BadOptionError, "no option 'steps'"),
        (["--out", "why.gif"], BadOptionError, r"'why\.gif'\. Accepted: names ending in \.png"),
        ([], BadFileError, "missing.fits"),
    ],
)
def test_what_is_wrong_is_said(
    words: list[str], error: type[FlarescopeError], message: str, model: Path, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        run(model, "--image", tmp_path / "missing.fits", "--out", tmp_path / "why.png", *words)
    assert not list(tmp_path.iterdir())


def test_a_bad_image_is_one_line_and_torch_is_never_imported(tmp_path: Path) -> None:
    bad = tmp_path / "bad.fits"
    bad.write_bytes(b"not a magnetogram")
    code = (
        "import sys, atexit; atexit.register(lambda: print('torch' in sys.modules));"
        f"sys.argv[1:] = ['explain', '--image', {str(bad)!r}, '--out', {str(tmp_path / 'why.png')!r}];"
        "from flarescope.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 2
    assert done.stdout == "False\n"
    assert done.stderr.startswith(f"flarescope: {bad}: ")
    assert done.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["bad.fits"]


@pytest.mark.realdata
def test_an_unknown_model_is_helped(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="No run folder or shipped model named 'patch_cnm'"):
        run(Path("patch_cnm"), "--image", data_dir / SHARP, "--out", tmp_path / "why.png")
    assert not list(tmp_path.iterdir())


def test_help_has_an_example() -> None:
    result = CliRunner().invoke(app, ["explain", "--help"])
    assert "Example: flarescope explain --image" in result.stdout
