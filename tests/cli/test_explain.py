"""The command: files in, figure and one JSON document out; what is wrong is said in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from flarescope.cli import app
from flarescope.cli._explained import show
from flarescope.errors import BadFileError, BadOptionError, FlarescopeError, StaleImageError, UnknownNameError
from flarescope.models import build
from flarescope.preparation import Preparation
from flarescope.sources.files import read_magnetogram
from flarescope.sun import Position
from flarescope.synthetic import Bipole, full_disk
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


@pytest.fixture(scope="module")
def grey_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for 8-bit images, which a full disk is cut into."""
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("grey")
    save_run(
        folder, build("patch_cnn"),
        Preparation(size=64, encoding="grey8", grey_per_gauss=0.51, std=127.5),
        Calibration(base_rate=0.1, sampled_rate=0.5, threshold=0.2, views=8),
        name="patch_cnn", options={}, members=1, training_regions=[],
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
    assert "in_training: the network was trained on a region that this image shows." in said["notes"]
    assert said["probability_of"] == "this region, at the base rate of the training frames"
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
    assert said["probability_of"] == "strongest region, at the base rate of the training frames"


def write_disk(folder: Path, name: str, seed: int = 2, pixels: int = 512) -> Path:
    """A made-up Sun as a numpy archive, its time in its name: two bipoles, the stronger one in the west."""
    folder.mkdir(exist_ok=True)
    spots = (Bipole(Position(-30.0, -12.0)), Bipole(Position(25.0, 15.0), peak_gauss=1800.0))
    disk = full_disk(datetime(2026, 2, 3, 12, tzinfo=UTC), spots, pixels=pixels, seed=seed)
    np.savez_compressed(folder / name, x=np.nan_to_num(disk.field).astype(np.float32))
    return folder / name


SUMMARY = """:Product: 0203SRS.txt
:Issued: 2026 Feb 03 0030 UTC
# Made up for a test
SRS Number 34 Issued at 0030Z on 03 Feb 2026
I.  Regions with Sunspots.  Locations Valid at 02/2400Z
Nmbr Location  Lo  Area  Z   LL   NN Mag Type
{rows}
IA. H-alpha Plages without Spots.  Locations Valid at 02/2400Z Feb
Nmbr  Location  Lo
None
II. Regions Due to Return 03 Feb to 05 Feb
Nmbr Lat    Lo
None
"""


def test_a_disk_is_explained_where_the_summary_says(tmp_path: Path) -> None:
    image = write_disk(tmp_path, "HMI.m2026.02.03_12.00.00.npz")
    words = ("--image", image, "--method", "occlusion", "--mask-pixels", 64, "--stride", 32)
    found = run(Path("patch_cnn"), *words, "--out", tmp_path / "found.png", "--dpi", 50)
    (tmp_path / "one.txt").write_text(SUMMARY.format(rows="4300 S12E37   100  0100 Dai  08   09 Beta"))
    told = run(
        Path("patch_cnn"), *words, "--regions", tmp_path / "one.txt", "--out", tmp_path / "told.png",
        "--dpi", 50,
    )  # fmt: skip
    assert any("2 regions explained" in note for note in found["notes"])
    assert any("1 region explained" in note for note in told["notes"])
    assert found["probability_of"] == "strongest region, at the base rate of the training frames"
    assert all(spot["longitude"] < 0.0 for spot in told["top_regions"])  # the eastern one alone
    (tmp_path / "old.txt").write_text(
        SUMMARY.format(rows="4300 S12E37   100  0100 Dai  08   09 Beta").replace("2026", "2025")
    )
    with pytest.raises(BadOptionError, match="does not serve 2026-02-03T12:00:00Z"):
        run(Path("patch_cnn"), *words, "--regions", tmp_path / "old.txt", "--out", tmp_path / "no.png")
    assert not (tmp_path / "no.png").exists()


def test_what_a_forecast_refuses_is_not_explained(tmp_path: Path) -> None:
    first = write_disk(tmp_path / "stale", "HMI.m2026.02.03_12.00.00.npz")
    again = first.with_name("HMI.m2026.02.03_13.00.00.npz")
    again.write_bytes(first.read_bytes())
    with pytest.raises(StaleImageError, match=r"13\.00\.00\.npz: the same bytes were already served"):
        run(Path("patch_cnn"), "--image", again, "--out", tmp_path / "why.png")
    strange = write_disk(tmp_path / "strange", "HMI20260203_1200_bz.npz")
    words = ("--image", strange, "--out", tmp_path / "why.png", "--dpi", 50, "--method", "occlusion")
    words = (*words, "--mask-pixels", 64, "--stride", 64)
    with pytest.raises(BadFileError, match=r"_bz\.npz: it is out of distribution.*type --anyway"):
        run(Path("patch_cnn"), *words)
    assert not (tmp_path / "why.png").exists()
    said = run(Path("patch_cnn"), *words, "--anyway")
    assert any(note.startswith("out of distribution") for note in said["notes"])


def test_the_label_reading_turns_at_the_threshold_of_the_run(tmp_path: Path) -> None:
    image = write_disk(tmp_path, "HMI.m2026.02.03_12.00.00.npz")
    words = ("--image", image, "--out", tmp_path / "why.png", "--dpi", 50, "--method", "occlusion")
    said = run(Path("patch_cnn"), *words, "--mask-pixels", 64, "--stride", 64, "--reading", "label")
    calibration = load_run("patch_cnn").calibration
    yes = said["probability"] >= said["threshold"]
    assert yes == (said["checks"]["logit"] >= calibration.threshold_logit)
    assert yes != (said["checks"]["logit"] >= 0.0)  # the threshold is far from logit 0


def test_a_network_blind_on_coarse_pixels_says_so(tmp_path: Path) -> None:
    image = write_disk(tmp_path, "HMI.m2026.02.03_12.00.00.npz")
    words = ("--image", image, "--out", tmp_path / "why.png", "--dpi", 50, "--method", "occlusion")
    said = run(Path("cnn2"), *words, "--mask-pixels", 128, "--stride", 128)
    assert any("cnn2 was not trained on pixels as coarse as this image's 3.4 Mm" in n for n in said["notes"])


def test_random_weights_see_the_whole_image_and_no_figure_is_asked_for(tmp_path: Path) -> None:
    image = write_disk(tmp_path, "HMI.m2026.02.03_12.00.00.npz")
    words = ("--image", image, "--weights", "random", "--seed", 3, "--method", "deep_shap")
    said = run(Path("cnn2"), *words, "--dtype", "float64")
    assert said["completeness"] <= 1e-6
    assert said["checks"]["backgrounds"] == 10
    assert said["figure"] is None
    assert (said["model"], said["weights"]) == ("cnn2@random3", "random")
    assert said["probability_of"] == "this image, with random weights"
    assert any("weights of cnn2 are random" in note for note in said["notes"])
    assert sum(region["share"] for region in said["regions"]) == pytest.approx(1.0, abs=1e-9)
    assert said["regions"][-1]["name"] == "elsewhere"
    assert [p.name for p in tmp_path.iterdir()] == [image.name]


def test_backgrounds_are_the_images_of_a_folder(tmp_path: Path) -> None:
    image = write_disk(tmp_path, "HMI.m2026.02.03_12.00.00.npz")
    folder = tmp_path / "quiet"
    for hour in (1, 2):
        write_disk(folder, f"HMI.m2026.01.03_{hour:02d}.00.00.npz", seed=hour)
    write_disk(folder, "undated.npz", seed=3)  # given the image's own time
    (folder / "index.csv").write_text("no image")
    words = ("--image", image, "--weights", "random", "--method", "deep_shap", "--backgrounds", folder)
    said = run(Path("patch_cnn"), *words)
    assert said["checks"]["backgrounds"] == 3
    assert said["baseline"] == "backgrounds"
    with pytest.raises(BadOptionError, match="--backgrounds is an option of deep_shap, not of occlusion"):
        run(Path("patch_cnn"), "--image", image, "--method", "occlusion", "--backgrounds", folder)
    with pytest.raises(BadOptionError, match="is no folder"):
        run(Path("patch_cnn"), *words[:-1], image)
    write_disk(folder, "small.npz", seed=4, pixels=256)
    with pytest.raises(BadOptionError, match=r"small\.npz has 256×256 pixels, all others have 512×512"):
        run(Path("patch_cnn"), *words)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadOptionError, match=r"holds 0 images\. Accepted: 1 to 100"):
        run(Path("patch_cnn"), *words[:-1], tmp_path / "empty")


def test_all_methods_with_their_checks_side_by_side(
    grey_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, out = write_disk(tmp_path, "HMI.m2026.02.03_12.00.00.npz"), tmp_path / "all.png"
    (tmp_path / "srs.txt").write_text(
        SUMMARY.format(
            rows="4300 S12E37   100  0100 Dai  08   09 Beta\n4301 N15W88   100  0100 Dai  08   09 Beta"
        )
    )
    words = ("--method", "all", "--steps", 2, "--mask-pixels", 32, "--stride", 32, "--dpi", 60)
    said = run(grey_model, "--image", image, "--out", out, "--regions", tmp_path / "srs.txt", *words)
    assert list(said["methods"]) == ["deep_shap", "guided_grad_cam", "integrated_gradients", "occlusion"]
    for name, one in said["methods"].items():
        assert sum(region["share"] for region in one["regions"]) == pytest.approx(1.0, abs=1e-9)
        assert [region["name"] for region in one["regions"]] == ["AR 14300", "elsewhere"]
        assert {"randomised", "deletion_over_random", "off_disk", "baseline_sensitivity"} <= set(
            one["checks"]
        )
        assert all((region["signed"] is None) == (name == "guided_grad_cam") for region in one["regions"])
        assert (one["completeness"] is None) == (name in ("guided_grad_cam", "occlusion"))
    assert said["methods"]["deep_shap"]["completeness"] <= 1e-3
    assert said["methods"]["occlusion"]["checks"]["masks"] == 4
    assert len(said["agreement"]) == 6
    assert said["refused"] == {}
    assert said["figure"] == str(out)
    assert any("left out: AR 14301" in note for note in said["notes"])
    with Image.open(out) as figure:
        assert figure.width == 432
    show(said)
    spoken = capsys.readouterr().out
    assert "4 methods on patch_cnn@" in spoken
    assert "deep_shap: AR 14300" in spoken
    assert "deep_shap and guided_grad_cam: rank correlation" in spoken


def test_an_image_without_a_place_has_no_regions_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    said = {"regions": [], "checks": {}, "notes": []}
    show({
        "method": "all",
        "figure": None, "model": "m", "methods": {"occlusion": said}, "refused": {}, "agreement": [],
        "probability": 0.1, "probability_of": "this image", "threshold": 0.5, "notes": [],
    })  # fmt: skip
    assert "occlusion: the image tells no place on the Sun" in capsys.readouterr().out


def test_each_check_says_whether_it_is_good_and_what_it_should_be(capsys: pytest.CaptureFixture[str]) -> None:
    checks = {
        "completeness": 0.0086, "randomised": 0.7, "randomised_signed": None, "insensitive": 0.0,
        "deletion_over_random": -0.2, "off_disk": 0.3, "baseline_sensitivity": 0.4, "logit": 1.0,
    }  # fmt: skip
    show({
        "method": "all",
        "figure": None, "model": "m", "refused": {}, "agreement": [],
        "methods": {"deep_shap": {"regions": [], "checks": checks, "notes": []}},
        "probability": 0.1, "probability_of": "this image", "threshold": 0.5, "notes": [],
    })  # fmt: skip
    spoken = capsys.readouterr().out.splitlines()
    assert spoken[3:] == [
        "    completeness 0.0086 (good: at most 0.01)",
        "    randomised 0.7 (not good: should be at most 0.5)",
        "    insensitive 0 (good: at most 0)",
        "    deletion_over_random -0.2 (not good: should be above 0)",
        "    off_disk 0.3",
        "    baseline_sensitivity 0.4",
    ]


def test_models_of_the_disk_and_of_regions_are_told_apart(tmp_path: Path) -> None:
    patch = tmp_path / "2015-01-01T000000__magnetogram.png"
    Image.new("L", (64, 64), 127).save(patch)
    words = ("--image", patch, "--time", "2015-01-01T00:00Z", "--method", "occlusion")
    with pytest.raises(BadOptionError, match="shows one region, and alexnet is a network of the full disk"):
        run(Path("alexnet"), *words, "--weights", "random")
    with pytest.raises(BadOptionError, match="No trained weights of 'alexnet' come with flarescope"):
        run(Path("alexnet"), *words)
    with pytest.raises(UnknownNameError, match=r"Did you mean 'alexnet'\?"):
        run(Path("alexnt"), *words, "--weights", "random")


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["--method", "integrated_gradient"], UnknownNameError, r"Did you mean 'integrated_gradients'\?"),
        (["--baseline", "blac"], UnknownNameError, r"Did you mean 'black'\?"),
        (
            ["--mask-pixels", "4"],
            BadOptionError,
            r"^--mask-pixels is an option of occlusion, not of integrated_gradients\. "
            r"Accepted with integrated_gradients: --steps\.$",
        ),
        (
            ["--method", "occlusion", "--steps", "4"],
            BadOptionError,
            r"^--steps is an option of integrated_gradients, not of occlusion\. "
            r"Accepted with occlusion: --mask-pixels, --stride, --reading\.$",
        ),
        (
            ["--method", "guided_grad_cam", "--stride", "4"],
            BadOptionError,
            r"Accepted with guided_grad_cam: none of its own\.$",
        ),
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


def test_the_figure_never_replaces_the_image(tmp_path: Path) -> None:
    image = tmp_path / "HMI.m2026.02.03_12.00.00.png"
    Image.new("L", (256, 256), 127).save(image)
    before = image.read_bytes()
    with pytest.raises(BadOptionError, match="read as an input and would be overwritten"):
        run(Path("patch_cnn"), "--image", image, "--out", image)
    assert image.read_bytes() == before


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
