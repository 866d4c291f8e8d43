"""What every registered method must hold, and ``explain`` on a magnetogram's own grid."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest
import torch
from torch import nn

from flarescope.errors import BadOptionError, UnknownNameError
from flarescope.explain import BASELINES, METHODS, Baseline, MethodResult, completeness, explain, register
from flarescope.preparation import Preparation
from flarescope.sun import Magnetogram
from flarescope.training.predict import predict_logits

GREY = Preparation(size=32, encoding="grey8", std=127.5)
GAUSS = Preparation(size=32, encoding="gauss", clip=500.0, std=500.0)


class Constant(nn.Module):
    """The same logit for every image, yet with a gradient path."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 0.0 * x.sum(dim=(1, 2, 3)) - 1.0


class Centre(nn.Module):
    """Looks at the middle of the image only."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        middle = x[:, 0, x.shape[2] // 4 : 3 * x.shape[2] // 4, x.shape[3] // 4 : 3 * x.shape[3] // 4]
        return (middle**2).mean(dim=(1, 2)) * 4.0 - 1.0


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
        assert explanation.baseline == "zero_field"
        assert explanation.map.shape == m.field.shape
        np.testing.assert_array_equal(np.isnan(explanation.map), np.isnan(m.field))
        assert np.isfinite(explanation.checks["logit"])
        assert explanation.notes == (
            () if METHODS[name].complete else ("A preview with stride 8; stride 1 is exact.",)
        )


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
    seen = preparation.apply(m.with_field(np.full(m.field.shape, BASELINES[baseline](m))))
    np.testing.assert_allclose(seen, level, atol=1e-6)


def test_the_mean_baseline_is_the_mean() -> None:
    m = magnetogram()
    assert BASELINES["mean"](m) == pytest.approx(np.nanmean(m.field))
    explanation = explain(cnn(), GAUSS, m, baseline="mean")
    assert explanation.baseline == "mean"
    assert explanation.checks["completeness"] <= 0.01


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

    with pytest.raises(BadOptionError, match="not finite"):
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
