"""What every registered method must hold, and ``explain`` on a magnetogram's own grid."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import torch
from torch import nn

from flarescope.errors import BadOptionError, NoRuleError, UnknownNameError
from flarescope.explain import BASELINES, METHODS, Baseline, MethodResult, completeness, explain, register
from flarescope.forecast import Explanation
from flarescope.geometry import PlateScale
from flarescope.preparation import Preparation
from flarescope.sun import Magnetogram
from flarescope.training.predict import predict_logits

GREY = Preparation(size=32, encoding="grey8", std=127.5)
GAUSS = Preparation(size=32, encoding="gauss", clip=500.0, std=500.0)


class Constant(nn.Module):
    """The same logit for every image, yet with a gradient path."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 0.0 * self.convolution(x).sum(dim=(1, 2, 3)) - 1.0


class Centre(nn.Module):
    """Looks at the middle of the image only: the unsigned field there."""

    def __init__(self) -> None:
        super().__init__()
        self.signs = nn.Conv2d(1, 2, 1, bias=False)
        self.signs.weight.data = torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        middle = x[:, :, x.shape[2] // 4 : 3 * x.shape[2] // 4, x.shape[3] // 4 : 3 * x.shape[3] // 4]
        return torch.relu(self.signs(middle)).mean(dim=(1, 2, 3)) * 4.0 - 1.0


def cnn() -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(1, 4, 5), nn.BatchNorm2d(4), nn.LeakyReLU(0.1), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Linear(4 * 13 * 13, 1), nn.Flatten(0),
    )  # fmt: skip


def magnetogram(
    shape: tuple[int, int] = (40, 60), *, encoding: str = "gauss", view: str = "region"
) -> Magnetogram:
    field = np.random.default_rng(0).normal(0.0, 120.0, shape)
    field = field if encoding == "gauss" else np.clip(field + 127.5, 0, 255)
    field[:4, :5] = np.nan
    return Magnetogram(field, datetime(2012, 3, 6, tzinfo=UTC), view, encoding)


@pytest.mark.parametrize("name", list(METHODS))
class TestEveryMethod:
    def test_same_shape_and_finite(self, name: str) -> None:
        result = METHODS[name](cnn(), torch.randn(1, 1, 32, 32))
        assert isinstance(result, MethodResult)
        assert result.map.shape == (32, 32)
        assert result.map.dtype == np.float64
        assert np.isfinite(result.map).all()
        assert result.map.any()
        assert {"logit"} <= set(result.checks)

    def test_zero_for_a_constant_model(self, name: str) -> None:
        assert not METHODS[name](Constant(), torch.randn(1, 1, 32, 32)).map.any()

    def test_zero_where_the_model_does_not_look(self, name: str) -> None:
        options = {"mask_pixels": 4, "stride": 2} if "mask_pixels" in METHODS[name].options else {}
        found = METHODS[name](Centre(), torch.randn(1, 1, 32, 32), **options).map
        assert not found[:4].any()
        assert found[10:20, 10:20].any()

    def test_complete_where_promised(self, name: str) -> None:
        if not METHODS[name].complete:
            return
        network, x = cnn().double(), torch.randn(1, 1, 32, 32, dtype=torch.float64)
        start = torch.full_like(x, 0.3)
        result = METHODS[name](network, x, baseline=Baseline("grey", start))
        with torch.no_grad():
            difference = float(network.eval()(x) - network(start))
        assert completeness(result.map, difference) <= 0.01
        assert result.checks["completeness"] == pytest.approx(
            completeness(result.map, difference), rel=1e-6, abs=1e-12
        )

    def test_explains_a_magnetogram(self, name: str) -> None:
        m = magnetogram()
        explanation = explain(cnn(), GAUSS, m, method=name)
        assert explanation.method == name
        assert explanation.baseline == ("quiet_copies" if name == "deep_shap" else "zero_field")
        assert explanation.map.shape == m.field.shape
        np.testing.assert_array_equal(np.isnan(explanation.map), np.isnan(m.field))
        assert np.isfinite(explanation.checks["logit"])
        said = {
            "deep_shap": "in active regions only, so its shares lie there whatever the network has learnt.",
            "guided_grad_cam": "taken at layer '0'",
            "occlusion": "A preview with stride 8",
        }
        assert len(explanation.notes) == (name in said)
        assert said.get(name, "") in "".join(explanation.notes)
        np.testing.assert_array_equal(preparation_undone(explanation, m), explanation.map)


def preparation_undone(explanation: Explanation, m: Magnetogram) -> np.ndarray:
    """The map on the network's own grid, laid back."""
    assert explanation.prepared is not None
    assert explanation.prepared.shape == (32, 32)
    return GAUSS.undo_map(explanation.prepared, m)


def test_eight_views_are_those_of_the_forecast() -> None:
    m, network = magnetogram(), cnn().eval()
    explanation = explain(network, GAUSS, m, eight_views=True)
    forecast = predict_logits(network, GAUSS.apply(m)[None], views=8)
    assert explanation.checks["logit"] == pytest.approx(float(forecast[0]), abs=1e-5)
    assert explanation.checks["completeness"] <= 0.01
    upside_down = m.with_field(-m.field[:, ::-1])
    turned = explain(network, GAUSS, upside_down, eight_views=True)
    np.testing.assert_allclose(
        turned.map[:, ::-1], explanation.map, atol=1e-4 * np.nanmax(np.abs(explanation.map))
    )


def test_float64_agrees_with_float32() -> None:
    m, network = magnetogram(), cnn().eval()
    single, double = (explain(network, GAUSS, m, dtype=d) for d in ("float32", "float64"))
    assert single.checks["logit"] == pytest.approx(double.checks["logit"], abs=1e-5)
    assert np.nanmax(np.abs(single.map - double.map)) < 1e-3 * np.nanmax(np.abs(double.map))
    with pytest.raises(BadOptionError, match="Arithmetic in 'bfloat16' is not accepted"):
        explain(network, GAUSS, m, dtype="bfloat16")


@pytest.mark.parametrize(
    ("baseline", "encoding", "level"),
    [("zero_field", "gauss", 0.0), ("zero_field", "grey8", 0.0), ("black", "grey8", -1.0)],
)
def test_a_baseline_is_what_the_network_sees_of_it(baseline: str, encoding: str, level: float) -> None:
    preparation = GAUSS if encoding == "gauss" else GREY
    m = magnetogram((32, 32), encoding=encoding)
    m = m.with_field(np.nan_to_num(m.field, nan=100.0))
    seen = preparation.apply(m.with_field(BASELINES[baseline](m)))
    np.testing.assert_allclose(seen, level, atol=1e-6)


@pytest.mark.parametrize("baseline", list(BASELINES))
def test_every_baseline_serves(baseline: str) -> None:
    explanation = explain(cnn(), GAUSS, magnetogram(), baseline=baseline)
    assert explanation.baseline == baseline
    assert explanation.checks["completeness"] <= 0.01


def test_deep_shap_compares_with_what_it_is_given() -> None:
    m, others = (
        magnetogram(),
        [magnetogram((50, 50)).with_field(np.full((50, 50), level)) for level in (0, 50)],
    )
    assert explain(cnn(), GAUSS, m, method="deep_shap").checks["backgrounds"] == 10.0
    given = explain(cnn(), GAUSS, m, method="deep_shap", backgrounds=others)
    assert (given.baseline, given.checks["backgrounds"]) == ("backgrounds", 2.0)
    alone = explain(cnn(), GAUSS, m, method="deep_shap", baseline="black")
    assert (alone.baseline, alone.checks["backgrounds"]) == ("black", 1.0)
    zero = explain(cnn(), GAUSS, m, method="deep_shap", backgrounds=others[:1])
    reference = explain(cnn(), GAUSS, m, steps=256)
    assert zero.checks["logit_at_baseline"] == pytest.approx(reference.checks["logit_at_baseline"], abs=1e-6)


def test_quiet_copies_are_told_of_and_other_backgrounds_are_not() -> None:
    m = magnetogram()
    assert any("active regions only" in note for note in explain(cnn(), GAUSS, m, method="deep_shap").notes)
    for options in ({"baseline": "black"}, {"backgrounds": [m.with_field(0.0 * m.field)]}):
        assert not explain(cnn(), GAUSS, m, method="deep_shap", **options).notes


def test_a_baseline_that_is_not_used_is_noted() -> None:
    found = explain(cnn(), GAUSS, magnetogram(), method="guided_grad_cam", baseline="black")
    assert "The baseline 'black' was not used: guided_grad_cam compares with nothing." in found.notes


def test_backgrounds_of_another_kind_are_refused() -> None:
    m, grey = magnetogram(), magnetogram((40, 60), encoding="grey8")
    with pytest.raises(BadOptionError, match=r"Background memory shows a full disk, the image a region"):
        explain(cnn(), GAUSS, m, method="deep_shap", backgrounds=[magnetogram(view="full_disk")])
    with pytest.raises(BadOptionError, match=r"grey"):
        explain(cnn(), GAUSS, m, method="deep_shap", backgrounds=[grey])
    scaled = Preparation(size=8, fit="scale", encoding="gauss", megametres_per_pixel=1.0)
    plates = [
        replace(m.with_field(np.zeros(shape)), geometry=PlateScale(1.0)) for shape in ((32, 32), (32, 40))
    ]
    with pytest.raises(BadOptionError, match=r"prepared to 32×40 pixels, the image to 32×32"):
        explain(Centre(), scaled, plates[0], method="deep_shap", backgrounds=[plates[1]])
    with pytest.raises(BadOptionError, match=r"There are no backgrounds"):
        explain(cnn(), GAUSS, m, method="deep_shap", backgrounds=[])
    with pytest.raises(BadOptionError, match=r"has no option 'backgrounds'"):
        explain(cnn(), GAUSS, m, backgrounds=[m])


def test_a_constant_image_and_unknown_pixels_are_explained() -> None:
    flat = magnetogram().with_field(np.full((40, 60), 10.0))
    nothing = explain(cnn(), GAUSS, flat, method="deep_shap")
    assert not nothing.map.any()
    assert nothing.checks["completeness"] == 0.0
    assert "zero everywhere" in nothing.notes[-1]
    hollow = magnetogram()
    hollow = hollow.with_field(
        np.where(np.add.outer(np.arange(40), np.arange(60)) < 50, np.nan, hollow.field)
    )
    for method in ("deep_shap", "guided_grad_cam"):
        found = explain(cnn(), GAUSS, hollow, method=method).map
        np.testing.assert_array_equal(np.isnan(found), np.isnan(hollow.field))


def test_an_all_zero_map_is_said() -> None:
    explanation = explain(Constant(), GAUSS, magnetogram())
    assert explanation.notes == ("The map is zero everywhere: nothing to draw.",)
    assert explanation.top_regions() == []


def test_a_whole_disk_is_refused_by_a_patch_network() -> None:
    disk = magnetogram(view="full_disk")
    with pytest.raises(
        BadOptionError, match="shows a full disk, and this model was trained on region images"
    ):
        explain(cnn(), GAUSS, disk)
    assert explain(cnn(), GAUSS, disk, views=("full_disk",)).map.shape == disk.field.shape


def test_unknown_names_are_helped() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'integrated_gradients'\?"):
        explain(cnn(), GAUSS, magnetogram(), method="integrated_gradient")
    with pytest.raises(UnknownNameError, match=r"Did you mean 'zero_field'\?"):
        explain(cnn(), GAUSS, magnetogram(), baseline="zero")


def test_numbers_that_are_not_finite_are_refused() -> None:
    class Broken(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sum(dim=(1, 2, 3)) * float("nan")

    with pytest.raises(NoRuleError, match="not finite"):
        explain(Broken(), GAUSS, magnetogram())


def test_a_new_method_is_known_at_once_and_a_name_is_taken_once() -> None:
    with pytest.raises(BadOptionError, match="registered already"):
        register("occlusion")(lambda network, x: None)
    assert METHODS["integrated_gradients"].complete
    assert not METHODS["occlusion"].complete


def test_the_list_of_methods_needs_no_torch() -> None:
    code = "import sys, flarescope.explain as e; assert len(e.METHODS) >= 2; print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )
