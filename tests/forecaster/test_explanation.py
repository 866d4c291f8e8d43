"""What is explained, what is refused, and what a reader is warned of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import torch
from torch import nn

from flarescope.errors import BadFileError, BadOptionError
from flarescope.forecaster import explain_all, explain_image
from flarescope.forecaster.sights import seen_by, sights
from flarescope.samples.patch import cut
from flarescope.samples.scale import encode
from flarescope.sun import Magnetogram, Origin, Position, Region
from flarescope.synthetic import Bipole, full_disk
from flarescope.training.run import Calibration, Run, load_run
from flarescope.training.untrained import untrained_run

HOUR = datetime(2026, 2, 3, 12, tzinfo=UTC)
SPOT = Bipole(Position(20.0, 15.0), peak_gauss=1800.0, radius_degrees=2.0, separation_degrees=4.0)
QUICK = {"method": "occlusion", "mask_pixels": 64, "stride": 32}


@pytest.fixture(scope="module")
def disk() -> Magnetogram:
    return full_disk(HOUR, (SPOT,), seed=2)


@pytest.fixture(scope="module")
def patch(disk: Magnetogram) -> Magnetogram:
    spot = Region(noaa=(19999,), position=SPOT.position)
    return replace(cut(encode(disk), spot), region=spot)


@pytest.fixture(scope="module")
def network() -> Run:
    return load_run("patch_cnn")


def with_threshold(network: Run, threshold: float) -> Run:
    return replace(network, calibration=replace(network.calibration, threshold=threshold))


def test_the_threshold_as_a_logit_is_where_the_probability_reaches_it() -> None:
    scale = Calibration(base_rate=0.05, sampled_rate=0.25, threshold=0.06, views=8)
    assert scale.probability(np.array([scale.threshold_logit])) == pytest.approx(0.06, rel=1e-12)
    assert np.isfinite(replace(scale, threshold=1.0).threshold_logit)


def test_yes_and_no_are_those_of_the_run(patch: Magnetogram, network: Run) -> None:
    whole = explain_image(patch, network, **QUICK)
    largest = whole.checks["largest_change"]
    assert largest > 0.0
    logit = np.array([whole.checks["logit"] - largest / 2])  # some masks take the logit below this
    near = with_threshold(network, float(network.calibration.probability(logit)[0]))
    turned = explain_image(patch, near, reading="label", **QUICK)
    assert 0.0 < turned.checks["label_flips"] < 1.0
    assert np.nanmax(np.abs(turned.map)) > 0.0
    for far in (1e-6, 1 - 1e-6):
        same = explain_image(patch, with_threshold(network, far), reading="label", **QUICK)
        assert same.checks["label_flips"] == 0.0
    asked = explain_image(patch, near, reading="label", threshold_logit=-50.0, **QUICK)
    assert asked.checks["label_flips"] == 0.0  # who gives a threshold is heard


def test_an_image_unlike_the_training_images_is_refused_by_name(patch: Magnetogram, network: Run) -> None:
    strange = replace(patch, notes=("out of distribution: another stretch.",), origin=Origin("odd.jpg"))
    with pytest.raises(BadFileError, match=r"odd\.jpg: it is out of distribution: another stretch.*--anyway"):
        explain_image(strange, network, **QUICK)
    assert explain_image(strange, network, anyway=True, **QUICK).map.shape == patch.field.shape


@pytest.mark.parametrize(("name", "warned"), [("cnn2", True), ("patch_cnn", False)])
def test_pixels_coarser_than_any_seen_in_training_are_said(
    name: str, warned: bool, patch: Magnetogram
) -> None:
    why = explain_image(patch, load_run(name), **QUICK)
    words = f"{name} was not trained on pixels as coarse as this image's 3.4 Mm"
    assert any(note.startswith(words) for note in why.notes) is warned
    assert isinstance(patch.geometry.radius, float)  # type: ignore[union-attr]
    fine = replace(patch, geometry=replace(patch.geometry, radius=800.0))  # type: ignore[type-var]
    assert not any("coarse" in note for note in explain_image(fine, load_run(name), **QUICK).notes)


def test_a_region_that_was_in_training_is_said(patch: Magnetogram, network: Run) -> None:
    def warned(noaa: int) -> bool:
        seen = replace(patch, region=Region(noaa=(noaa,), position=SPOT.position))
        return any(note.startswith("in_training") for note in explain_image(seen, network, **QUICK).notes)

    assert warned(network.training_regions[0])
    assert not warned(19999)


def test_a_network_of_the_made_up_sun_says_so(patch: Magnetogram, network: Run) -> None:
    why = explain_image(patch, replace(network, trained_on="made-up Sun"), **QUICK)
    assert "patch_cnn was trained on the made-up Sun: of the real one it knows nothing." in why.notes
    assert not any("made-up Sun:" in note for note in explain_image(patch, network, **QUICK).notes)


def test_a_network_of_the_disk_is_shown_the_whole_of_it(disk: Magnetogram, patch: Magnetogram) -> None:
    small = untrained_run("compact")
    whole = replace(small.preparation, size=128, disk_radius=50.0)
    trained = replace(small, preparation=whole, sees="full_disk", trained_on="made-up Sun")
    why = explain_image(disk, trained, **QUICK)
    assert why.map.shape == disk.field.shape
    assert why.prepared is not None
    assert why.prepared.shape == (128, 128)
    assert why.checks["masks"] == 9.0
    assert not any("regions explained" in note for note in why.notes)
    assert any("trained on the made-up Sun" in note for note in why.notes)
    with pytest.raises(BadOptionError, match=r"shows one region, and compact is a network of the full disk"):
        explain_image(patch, trained, **QUICK)


def test_backgrounds_of_a_region_are_cut_at_its_place(disk: Magnetogram, network: Run) -> None:
    seen, _ = sights(disk, network)
    assert sum(sight.weight for sight in seen) == pytest.approx(1.0)
    quiet = encode(full_disk(HOUR, (), seed=5))
    (background,) = seen_by(seen[0], [quiet])
    assert background.field.shape == seen[0].image.field.shape
    assert background.geometry == seen[0].image.geometry
    why = explain_image(disk, network, method="deep_shap", backgrounds=[quiet])
    assert why.baseline == "backgrounds"
    assert why.checks["backgrounds"] == 1.0


def test_backgrounds_unlike_the_training_images_are_said(patch: Magnetogram, network: Run) -> None:
    one_view = replace(network, calibration=replace(network.calibration, views=1))
    odd = replace(patch, notes=("out of distribution: another stretch.",), origin=Origin("odd.jpg"))
    why = explain_image(patch, one_view, method="deep_shap", backgrounds=[patch, odd])
    said = [note for note in why.notes if "backgrounds" in note]
    assert said == [
        "1 of 2 backgrounds are unlike the training images, such as odd.jpg: out of distribution: another "
        "stretch."
    ]
    why = explain_image(patch, one_view, method="deep_shap", backgrounds=[patch, patch])
    assert not any("unlike" in note for note in why.notes)


def test_methods_that_cannot_explain_a_network_are_named(patch: Magnetogram, network: Run) -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.weight * torch.erfinv(0.01 * x).mean(dim=(1, 2, 3))

    odd = replace(network, network=Odd(), calibration=replace(network.calibration, views=1))
    found = explain_all(patch, odd, steps=2, mask_pixels=64, stride=64)
    assert set(found.refused) == {"deep_shap", "guided_grad_cam"}
    assert "erfinv" in found.refused["deep_shap"]
    assert set(found.explanations) == {"integrated_gradients", "occlusion"}
    assert len(found.agreement) == 1
    with pytest.raises(BadOptionError, match="No method can explain patch_cnn"):
        explain_all(patch, odd, methods=["deep_shap"])


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ({"steps": 0}, "cannot begin with 0 steps"),
        ({"mask_pixels": 5000}, "mask of 5000 pixels is not accepted"),
        ({"dtype": "bfloat16"}, "Arithmetic in 'bfloat16' is not accepted"),
    ],
)
def test_a_mistake_of_the_user_is_no_refusal(
    mistake: dict[str, object], message: str, patch: Magnetogram, network: Run
) -> None:
    one_view = replace(network, calibration=replace(network.calibration, views=1))
    methods = ["guided_grad_cam", "integrated_gradients", "occlusion"]
    options = {"steps": 2, "mask_pixels": 64, "stride": 64} | mistake
    with pytest.raises(BadOptionError, match=message):
        explain_all(patch, one_view, methods=methods, **options)


def test_a_disk_networks_maps_say_that_it_knew_the_day_and_is_not_validated(disk: Magnetogram) -> None:
    run = load_run("compact")
    known = explain_image(encode(disk), run, method="guided_grad_cam").notes
    assert any(note.startswith("in_training: ") and "of 4 members" in note for note in known)
    assert any("is not validated" in note for note in known)
    later = replace(encode(disk), time=datetime(2030, 2, 3, 12, tzinfo=UTC))
    assert not any(note.startswith("in_training") for note in sights(later, run)[1])
