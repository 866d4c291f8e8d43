"""The two networks of the full disk: names that others' weights have, rates that add."""

from __future__ import annotations

import pytest
import torch

from flarescope import models
from flarescope.errors import BadOptionError


def test_alexnet_has_the_names_and_shapes_of_the_usual_weights() -> None:
    shapes = {key: tuple(value.shape) for key, value in models.build("alexnet").state_dict().items()}
    assert shapes["stem.0.weight"] == (3, 1, 3, 3)
    assert shapes["features.0.weight"] == (64, 3, 11, 11)
    assert shapes["features.3.weight"] == (192, 64, 5, 5)
    assert shapes["features.6.weight"] == (384, 192, 3, 3)
    assert shapes["features.8.weight"] == (256, 384, 3, 3)
    assert shapes["features.10.weight"] == (256, 256, 3, 3)
    assert shapes["classifier.1.weight"] == (4096, 9216)
    assert shapes["classifier.4.weight"] == (4096, 4096)
    assert shapes["classifier.6.weight"] == (2, 4096)


def test_alexnets_logit_is_the_papers_soft_max() -> None:
    torch.manual_seed(0)
    network, x = models.build("alexnet").eval(), torch.randn(2, 1, 64, 64)
    said = network.classifier(network.avgpool(network.features(network.stem(x))).flatten(1))
    torch.testing.assert_close(torch.sigmoid(network(x)), torch.softmax(said, dim=1)[:, 1])


def test_rates_of_two_halves_of_the_sky_add() -> None:
    torch.manual_seed(0)
    network = models.build("compact", channels=(4, 8)).eval().double()
    left, right = torch.randn(2, 1, 1, 64, 64, dtype=torch.float64)
    gap = torch.zeros(1, 1, 64, 32, dtype=torch.float64)  # wider than what a cell sees
    both = network.rates(torch.cat([gap, left, gap, gap, right, gap], dim=3))
    middle = both.shape[3] // 2
    alone = [network.rates(torch.cat([gap, half, gap], dim=3)) for half in (left, right)]
    torch.testing.assert_close(both[..., :middle], alone[0])
    torch.testing.assert_close(both[..., middle:], alone[1])


def test_compacts_logit_is_that_of_one_minus_exp_of_minus_the_rate() -> None:
    torch.manual_seed(0)
    network, x = models.build("compact").eval().double(), torch.randn(3, 1, 64, 64, dtype=torch.float64)
    total = network.rates(x).sum(dim=(1, 2, 3))
    torch.testing.assert_close(torch.sigmoid(network(x)), 1 - torch.exp(-total))
    rates = torch.tensor([0.0, 1e-9, 1.0, 80.0])
    assert torch.isfinite(network.log(rates)).all()
    assert network.log(rates)[-1] == pytest.approx(80.0)


@pytest.mark.parametrize("name", ["alexnet", "compact"])
def test_an_image_too_small_is_refused(name: str) -> None:
    with pytest.raises(BadOptionError, match="smaller than"):
        models.build(name)(torch.zeros(1, 1, 16, 16))
    with pytest.raises(BadOptionError, match="cannot be built"):
        models.build(name, **({"rate": 0.0} if name == "compact" else {"depth": 3}))
