"""Occlusion by hand, and against captum."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from torch import nn

from flarescope.errors import BadOptionError
from flarescope.explain import METHODS, Baseline

OCCLUSION = METHODS["occlusion"]


class Total(nn.Module):
    """f(x) = Σ x − 1.5."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.sum(dim=(1, 2, 3)) - 1.5


def image(height: int, width: int) -> torch.Tensor:
    return torch.randn(1, 1, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def by_hand(x: np.ndarray, mask: int, stride: int) -> np.ndarray:
    total, count = np.zeros(x.shape), np.zeros(x.shape)
    rows = sorted({*range(0, x.shape[0] - mask + 1, stride), x.shape[0] - mask})
    columns = sorted({*range(0, x.shape[1] - mask + 1, stride), x.shape[1] - mask})
    for r in rows:
        for c in columns:
            total[r : r + mask, c : c + mask] += x[r : r + mask, c : c + mask].sum()
            count[r : r + mask, c : c + mask] += 1
    assert count.min() >= 1
    return total / count


@pytest.mark.parametrize(("mask", "stride"), [(1, 1), (3, 1), (4, 3), (5, 2), (7, 7)])
def test_a_sum_loses_what_is_covered(mask: int, stride: int) -> None:
    x = image(11, 7)
    result = OCCLUSION(Total(), x, mask_pixels=mask, stride=stride, chunk=5)
    np.testing.assert_allclose(result.map, by_hand(x[0, 0].numpy(), mask, stride), atol=1e-12)


def test_captum_agrees() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3),
        nn.LeakyReLU(0.1),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(3 * 7 * 7, 1),
        nn.Flatten(0),
    ).double()
    x, cover = image(16, 16), torch.full((1, 1, 16, 16), 0.25, dtype=torch.float64)
    theirs = Occlusion(network).attribute(x, (1, 4, 4), strides=(1, 3, 3), baselines=0.25)
    ours = OCCLUSION(network, x, baseline=Baseline("quarter", cover), mask_pixels=4, stride=3)
    np.testing.assert_allclose(
        ours.map, theirs[0, 0].detach().numpy(), rtol=1e-6, atol=1e-8
    )  # captum sums in float32
    assert ours.baseline == "quarter"


def test_the_label_reading_counts_turned_answers() -> None:
    x = torch.zeros(1, 1, 4, 4, dtype=torch.float64)
    x[0, 0, 1, 2] = 2.0  # logit 0.5: yes; without this pixel −1.5: no
    result = OCCLUSION(Total(), x, mask_pixels=1, stride=1, reading="label")
    expected = np.zeros((4, 4))
    expected[1, 2] = 1.0
    np.testing.assert_array_equal(result.map, expected)
    assert result.checks["label_flips"] == 1 / 16
    assert result.checks["largest_change"] == 2.0
    assert result.checks["masks"] == 16
    still_yes = OCCLUSION(Total(), x, mask_pixels=1, stride=1, reading="label", threshold_logit=-1.5)
    assert not still_yes.map.any()


def test_wrong_options_are_refused_in_words() -> None:
    x = image(8, 6)
    with pytest.raises(BadOptionError, match=r"A mask of 7 pixels is not accepted.*8 × 6, so 1 to 6"):
        OCCLUSION(Total(), x, mask_pixels=7)
    with pytest.raises(BadOptionError, match=r"Stride 4 is not accepted: 1 to 3"):
        OCCLUSION(Total(), x, mask_pixels=3, stride=4)
    with pytest.raises(BadOptionError, match=r"Reading 'class' is not accepted"):
        OCCLUSION(Total(), x, mask_pixels=3, stride=1, reading="class")
    with pytest.raises(BadOptionError, match=r"Chunk 0"):
        OCCLUSION(Total(), x, mask_pixels=3, stride=1, chunk=0)
