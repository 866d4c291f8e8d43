"""Networks whose answer is known: what frames, polarities and shifts do to it is then known too."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from flarescope.errors import BadOptionError
from flarescope.explain.probe_measures import measure
from flarescope.explain.probe_peaks import Peaks, peaks, peaks_over_frames
from flarescope.explain.probes import curves, radii, under_probe
from flarescope.preparation import Preparation
from flarescope.synthetic.probe_bipole import MEGAMETRES_PER_PIXEL, probe_bipole

COARSE = Preparation(
    size=4, fit="scale", megametres_per_pixel=4 * MEGAMETRES_PER_PIXEL, interpolation="area", std=1e3
)
RESIZED = Preparation(size=16, std=1000.0)


class Flux(nn.Module):
    """The logit is the sum of |B|, or of one polarity: nothing but size and strength count."""

    def __init__(self, *, signed: bool = False, factor: float = 1e-4) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))
        self.signed = signed

    def forward(self, x: Tensor) -> Tensor:
        x = x.clamp(min=0.0) if self.signed else x.abs()
        return self.factor * x.sum(dim=(1, 2, 3))


class Pooled(Flux):
    """Sums of maxima of 2 × 2 pixels: what lies where within a pool counts."""

    total_stride = 2

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2))
        return super().forward(nn.functional.max_pool2d(x.abs(), 2))


def test_flux_at_a_fixed_scale_has_no_artefact() -> None:
    found = measure(under_probe(Flux(), COARSE, dtype="float64"))
    assert found.frame_dependence <= 1e-12
    assert found.polarity_asymmetry == 0.0
    area = 2 * math.pi * (40**2 - 2**2) / (4 * MEGAMETRES_PER_PIXEL) ** 2
    assert found.logit_range == pytest.approx(1e-4 * 2.0 * area, rel=0.01)
    assert found.probability_span == pytest.approx(1 / (1 + math.exp(-found.logit_range)) - 0.5, rel=0.02)


def test_resizing_makes_the_answer_hang_on_the_frame() -> None:
    found = measure(under_probe(Flux(factor=0.1), RESIZED))
    assert found.frame_dependence > 0.5
    assert found.polarity_asymmetry < 1e-5


def test_one_polarity_alone_tells_signs_apart() -> None:
    found = measure(under_probe(Flux(signed=True), COARSE))
    assert found.polarity_asymmetry == pytest.approx(1.0, rel=0.02)  # all of + is lost in −
    assert found.frame_dependence < 1e-5


def test_the_stride_is_kept_and_other_shifts_show() -> None:
    probed = under_probe(nn.Sequential(Pooled()), COARSE, dtype="float64")
    assert probed.stride == 2 * 4
    found = measure(probed)
    assert found.frame_dependence <= 1e-12
    assert 1e-5 < found.shift_dependence < 0.1
    assert under_probe(Pooled(), RESIZED).stride == 2


def test_a_constant_network_passes_nothing() -> None:
    found = measure(under_probe(Flux(factor=0.0), RESIZED))
    assert found.probability_span == 0.0
    assert math.isnan(found.frame_dependence)


def test_a_broken_network_is_refused() -> None:
    with pytest.raises(BadOptionError, match="logit of a probe is no number"):
        under_probe(Flux(factor=math.nan), RESIZED).logits([probe_bipole(5.0)])
    with pytest.raises(BadOptionError, match="'float16' is not accepted: float32 or float64"):
        under_probe(Flux(), RESIZED, dtype="float16")  # type: ignore[arg-type]


def test_the_network_itself_is_left_as_it_is() -> None:
    network = Flux().train()
    under_probe(network, RESIZED, dtype="float64")
    assert network.factor.dtype == torch.float32
    assert network.training


def test_curves_follow_strength_and_arrangement() -> None:
    found = curves(under_probe(Flux(signed=True), COARSE), radii(2, 30, 5), field_gauss=1500.0)
    assert sorted(found.by_field) == [1000.0, 1500.0, 2000.0, 3000.0]
    assert found.by_field[3000.0] == pytest.approx(3 * found.by_field[1000.0], rel=1e-5)
    assert found.by_poles["+"] == pytest.approx(found.by_poles["-+"], rel=0.1)
    assert not found.by_poles["-"].any()
    assert found.over_field == pytest.approx(found.over_field[-1] * found.fields_gauss / 4000, abs=1e-4)


def test_what_the_preparation_does_is_told() -> None:
    grey = Preparation(size=32, fit="crop", megametres_per_pixel=2.0, encoding="grey8", grey_per_gauss=0.51)
    notes = under_probe(Flux(), grey).notes
    assert "fields beyond 250 G all look the same" in notes[0]
    assert "sees 64 Mm around the middle" in notes[1]
    assert "cut at 500 G" in under_probe(Flux(), Preparation(size=8, clip=500.0)).notes[0]
    assert under_probe(Flux(), RESIZED).notes == ()


def test_views_of_a_run_are_averaged() -> None:
    probed = under_probe(Flux(signed=True), COARSE, views=8)
    assert probed.logits([probe_bipole(9.0, poles="+")]) == pytest.approx(
        probed.logits([probe_bipole(9.0, poles="-")])
    )


def test_peaks_of_known_curves() -> None:
    r = radii(2, 40, 200)
    bump = np.exp(-(np.log(r / 12.5) ** 2) / 0.1)
    small = 0.5 * np.exp(-(np.log(r / 3.5) ** 2) / 0.1)
    found = peaks(r, bump + small)
    assert found.high == pytest.approx(12.5, rel=0.03)
    assert found.low == pytest.approx(3.5, rel=0.03)
    assert math.isnan(peaks(r, bump).low)
    assert peaks(r, bump).high == pytest.approx(12.5, rel=0.03)
    assert all(math.isnan(x) for x in (peaks(r, r).high, peaks(r, 0 * r).high))
    assert isinstance(found, Peaks)


class Width(nn.Module):
    """Peaks where the bipole fills half of the image's width, whatever that is in Mm."""

    def forward(self, x: Tensor) -> Tensor:
        return -((x.abs().amax(dim=(1, 2)) > 0.5).float().mean(dim=1) - 0.5).abs()


def test_a_network_that_sees_resized_frames_peaks_with_the_frame() -> None:
    probed = under_probe(Width(), Preparation(size=64, std=1000.0))
    found = peaks_over_frames(probed, [(300, 427), (600, 427)], radii(5, 40, 61))
    assert found.high[1] / found.high[0] == pytest.approx(2.0, rel=0.1)
    assert np.isnan(found.low).all()
    assert np.isnan(found.logits[0, -1])  # 40 Mm do not fit in 300 pixels
    assert np.isfinite(found.logits[1]).all()
