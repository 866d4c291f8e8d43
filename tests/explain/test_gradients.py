"""Integrated Gradients against networks whose attribution is known by hand, and against captum."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn

from flarescope.errors import BadOptionError
from flarescope.explain import METHODS, Baseline, completeness

IG = METHODS["integrated_gradients"]


class Linear(nn.Module):
    """f(x) = Σ w·x + b: the attribution is w·(x − x′), whatever the path."""

    def __init__(self, size: int = 6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(size, size, dtype=torch.float64))
        self.bias = nn.Parameter(torch.tensor(0.7, dtype=torch.float64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x[:, 0] * self.weight).sum(dim=(1, 2)) + self.bias


class Product(nn.Module):
    """f(x) = x₀·x₁: from zero each of the two gets half of the product."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, 0, 0, 0] * x[:, 0, 0, 1]


def tiny_cnn(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.Softplus(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(4 * 5 * 5, 1), nn.Flatten(0),
    ).double()  # fmt: skip


def image(size: int = 16, seed: int = 1) -> torch.Tensor:
    return torch.randn(1, 1, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_a_linear_network_is_explained_exactly() -> None:
    network, x = Linear(), image(6)
    start = Baseline("half", torch.full_like(x, 0.5))
    result = IG(network, x, baseline=start)
    expected = network.weight.detach().numpy() * (x[0, 0].numpy() - 0.5)
    np.testing.assert_allclose(result.map, expected, rtol=1e-12)
    assert result.checks["completeness"] < 1e-12
    assert result.checks["steps"] == 32
    assert result.baseline == "half"


def test_a_product_is_shared_equally() -> None:
    x = torch.zeros(1, 1, 2, 2, dtype=torch.float64)
    x[0, 0, 0] = torch.tensor([3.0, 5.0])
    result = IG(Product(), x)
    np.testing.assert_allclose(result.map, [[7.5, 7.5], [0.0, 0.0]], atol=1e-12)


def test_captum_agrees() -> None:
    network, x = tiny_cnn().eval(), image()
    start = image(seed=5)
    theirs = IntegratedGradients(network).attribute(x, start, n_steps=64, method="riemann_middle")
    ours = IG(network, x, baseline=Baseline("other", start), steps=64, most_steps=64, chunk=7)
    np.testing.assert_allclose(ours.map, theirs[0, 0].detach().numpy(), rtol=1e-9, atol=1e-12)


def test_steps_double_until_complete() -> None:
    network, x = tiny_cnn(), 20 * image()
    rough = IG(network, x, steps=1, most_steps=1)
    fine = IG(network, x, steps=1, most_steps=1024, tolerance=1e-3)
    assert rough.checks["completeness"] > 0.01
    assert "Read it with care" in rough.notes[0]
    assert fine.checks["completeness"] <= 1e-3
    assert not fine.notes
    assert np.log2(fine.checks["steps"]) % 1 == 0
    assert fine.checks["steps"] > 1


def test_the_network_is_left_as_it_was() -> None:
    network = tiny_cnn().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    first, second = IG(network, image()), IG(network, image())
    assert network.training
    assert all(p.requires_grad and p.grad is None for p in network.parameters())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    np.testing.assert_array_equal(first.map, second.map)  # dropout is off inside


def test_progress_is_told() -> None:
    seen: list[tuple[int, int]] = []
    IG(Linear(), image(6), progress=lambda done, of: seen.append((done, of)), chunk=16)
    assert seen == [(16, 32), (32, 32)]


def test_completeness_stays_meaningful_where_attributions_cancel() -> None:
    assert completeness(np.array([1.0, 1.0]), 2.0) == 0.0
    assert completeness(np.array([5.0, -5.0]), 0.0) == 0.0
    assert completeness(np.zeros(3), 0.0) == 0.0
    assert completeness(np.array([5.0, -5.0]), 0.05) == pytest.approx(0.5)
    assert completeness(np.array([0.9]), 1.0) == pytest.approx(0.1)


def test_wrong_use_is_refused_in_words() -> None:
    with pytest.raises(BadOptionError, match=r"one image of one channel"):
        IG(Linear(), image(6)[0])
    with pytest.raises(
        BadOptionError, match=r"has no option 'step'\. Accepted: steps, most_steps, tolerance, chunk"
    ):
        IG(Linear(), image(6), step=3)
    with pytest.raises(BadOptionError, match=r"cannot begin with 0 steps\. Accepted: 1 to 1024"):
        IG(Linear(), image(6), steps=0)
    with pytest.raises(BadOptionError, match=r"^Chunk 0 is not accepted: 1 or more images a pass\.$"):
        IG(Linear(), image(6), chunk=0)
    with pytest.raises(BadOptionError, match=r"^Tolerance 0 is not accepted: a fraction above 0"):
        IG(Linear(), image(6), tolerance=0.0)
    with pytest.raises(BadOptionError, match=r"one logit an image, \(1,\)"):
        IG(nn.Flatten(), image(6))


@pytest.mark.parametrize("reads", [False, True], ids=["no image", "no gradient"])
def test_a_network_that_does_not_depend_on_the_image_is_explained_by_zeros(reads: bool) -> None:
    class Blind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bias = nn.Parameter(torch.tensor(0.7))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.bias + (0.0 * x.detach().sum(dim=(1, 2, 3)) if reads else x.new_zeros(len(x)))

    found = IG(Blind(), image(6))
    assert not found.map.any()
    assert found.checks["completeness"] == 0.0
