from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from flarescope.samples.loader import BalancedBatches
from flarescope.training.settle import settle


def batches() -> BalancedBatches:
    images = np.random.default_rng(0).normal(3.0, 2.0, size=(40, 6, 6)).astype(np.float16)
    return BalancedBatches(images, (np.arange(40) < 20).astype(int), 16, 0.5)


def test_running_means_become_those_of_the_batches() -> None:
    norm = nn.BatchNorm2d(1)
    norm.running_mean.fill_(-50.0)
    network = nn.Sequential(norm, nn.Conv2d(1, 1, 3), nn.Dropout(0.5))
    source, drawn = batches(), []
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    assert settle(network, source, steps=3, seed=2) is network
    assert torch.equal(torch.rand(2), expected)
    for step in range(3):
        torch.manual_seed(2 * 1_000_003 + step)
        drawn.append(source.draw(step)[0])
    assert float(norm.running_mean) == pytest.approx(np.mean([x.mean() for x in drawn]), rel=1e-5)
    assert float(norm.running_var) == pytest.approx(np.mean([x.var() for x in drawn]), rel=1e-5)
    assert norm.momentum == 0.1
    assert not any(module.training for module in network.modules())


def test_without_batch_normalisation_nothing_is_drawn() -> None:
    network = nn.Conv2d(1, 1, 3)
    assert settle(network, None) is network  # type: ignore[arg-type]
