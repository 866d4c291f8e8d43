"""Deep SHAP is complete on every network we have, and agrees with captum where captum is right."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from captum.attr import DeepLift, DeepLiftShap
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from torch import nn

from flarescope import models
from flarescope.errors import BadOptionError
from flarescope.explain import METHODS, Baseline
from flarescope.explain.views import EightViews
from flarescope.models.patch_cnn import MeanLogit

SHAP = METHODS["deep_shap"]
SIDE = 96
FLOAT64, FLOAT32 = torch.float64, torch.float32


def sun(seed: int, size: int = SIDE, *, strength: float = 1.0, dtype: torch.dtype = FLOAT64) -> torch.Tensor:
    """A field as networks see it: faint noise, bipoles, and nothing at all beyond a circle."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    field = random.normal(0.0, 0.03, (size, size))
    for _ in range(4):
        (row, column), width = random.uniform(0.25, 0.75, 2) * size, random.uniform(0.02, 0.05) * size
        for side, sign in ((-1, 1.0), (1, -1.0)):
            spot = np.exp(-((x - column - side * width) ** 2 + (y - row) ** 2) / (2 * width**2))
            field += strength * sign * spot
    field[np.hypot(x - size / 2, y - size / 2) > 0.45 * size] = 0.0
    return torch.from_numpy(field)[None, None].to(dtype)


def quiet(count: int, size: int = SIDE, *, dtype: torch.dtype = FLOAT64) -> torch.Tensor:
    return torch.cat([sun(100 + k, size, strength=0.1, dtype=dtype) for k in range(count)])


@cache
def registered(name: str, seed: int = 3) -> nn.Module:
    """A network with weights drawn anew, and with running averages that are not those of a fresh one."""
    torch.manual_seed(seed)
    network = models.build(name, **({"size": SIDE} if name == "cnn1" else {}))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
    return network.eval()


@pytest.mark.parametrize("name", list(models.networks))
class TestEveryNetwork:
    def test_complete_whatever_the_chunk(self, name: str) -> None:
        network, x, others = registered(name), sun(0), quiet(3)
        whole, parts = (SHAP(network, x, backgrounds=others, chunk=chunk) for chunk in (3, 2))
        assert whole.checks["completeness"] <= 1e-6
        assert whole.checks["backgrounds"] == 3.0
        np.testing.assert_allclose(parts.map, whole.map, atol=1e-9 * np.abs(whole.map).max())

    def test_complete_in_float32(self, name: str) -> None:
        x, others = sun(0, dtype=FLOAT32), quiet(2, dtype=FLOAT32)
        found = SHAP(registered(name), x, backgrounds=others)
        assert found.checks["completeness"] <= 1e-3
        assert not found.notes
        exact = SHAP(registered(name), x.double(), backgrounds=others.double()).map
        assert np.abs(found.map - exact).max() < 0.01 * np.abs(exact).max()

    def test_complete_through_views_and_means(self, name: str) -> None:
        mean = EightViews(MeanLogit([registered(name), registered(name, seed=4)]))
        assert SHAP(mean, sun(0), backgrounds=quiet(2), chunk=2).checks["completeness"] <= 1e-6


def test_backgrounds_are_averaged() -> None:
    network, x, others = registered("cnn2"), sun(0), quiet(3)
    alone = [SHAP(network, x, baseline=Baseline("one", other[None])).map for other in others]
    together = SHAP(network, x, backgrounds=others).map
    np.testing.assert_allclose(together, np.mean(alone, axis=0), atol=1e-9 * np.abs(together).max())


def smooth_network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 5, stride=2), nn.ReLU(), nn.BatchNorm2d(4), nn.Conv2d(4, 6, 3), nn.LeakyReLU(0.1),
        nn.AvgPool2d(2), nn.Conv2d(6, 6, 3), nn.Softplus(), nn.AdaptiveAvgPool2d(3), nn.Flatten(),
        nn.Linear(54, 8), nn.Tanh(), nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.ELU(),
        nn.Linear(4, 1),
    ).double().eval()  # fmt: skip


def pooled_network(seed: int, *, size: int, stride: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 5, stride=2), nn.ReLU(), nn.MaxPool2d(size, stride),
        nn.Conv2d(4, 8, 3), nn.ReLU(), nn.MaxPool2d(size, stride), nn.AdaptiveAvgPool2d(4), nn.Flatten(),
        nn.Linear(128, 1),
    ).double().eval()  # fmt: skip


def captum(method: type, network: nn.Module, x: torch.Tensor, others: torch.Tensor) -> np.ndarray:
    with warnings.catch_warnings():  # captum tells that it sets hooks
        warnings.simplefilter("ignore")
        found: torch.Tensor = method(network).attribute(x, others)
    return found[0, 0].detach().numpy()


def test_captum_agrees_on_networks_without_max_pooling() -> None:
    network, x, others = smooth_network(), sun(1, 48), quiet(4, 48)
    ours = SHAP(nn.Sequential(network, nn.Flatten(0)), x, backgrounds=others)
    theirs = captum(DeepLiftShap, network, x, others)
    np.testing.assert_allclose(ours.map, theirs, rtol=1e-6, atol=1e-9 * np.abs(theirs).max())
    one = SHAP(nn.Sequential(network, nn.Flatten(0)), x, baseline=Baseline("one", others[:1]))
    assert one.baseline == "one"
    np.testing.assert_allclose(
        one.map, captum(DeepLift, network, x, others[:1]), rtol=1e-6, atol=1e-9 * np.abs(theirs).max()
    )


def test_where_windows_overlap_captum_is_incomplete_and_ours_is_not() -> None:
    network, x, other = pooled_network(0, size=3, stride=2), sun(1, 64), quiet(1, 64)
    with torch.no_grad():
        difference = float(network(x) - network(other))
    theirs = captum(DeepLift, network, x, other)
    ours = SHAP(nn.Sequential(network, nn.Flatten(0)), x, backgrounds=other)
    assert abs(theirs.sum() - difference) > 0.01 * abs(difference)
    assert abs(ours.map.sum() - difference) < 1e-12 * np.abs(ours.map).sum()


LAYERS: dict[str, Callable[[int], nn.Module]] = {
    "convolution": lambda c: nn.Conv2d(c, c, 3, padding=1),
    "norm": lambda c: nn.BatchNorm2d(c).eval(),
    "relu": lambda c: nn.ReLU(),
    "leaky": lambda c: nn.LeakyReLU(0.2),
    "softshrink": lambda c: nn.Softshrink(0.05),
    "softplus": lambda c: nn.Softplus(),
    "gelu": lambda c: nn.GELU(),
    "silu": lambda c: nn.SiLU(),
    "max": lambda c: nn.MaxPool2d(3, 1, padding=1),
    "overlapping": lambda c: nn.MaxPool2d(3, 2, padding=1),
    "uneven": lambda c: nn.MaxPool2d(2, 2, ceil_mode=True),
    "dilated": lambda c: nn.MaxPool2d(2, 1, padding=1, dilation=2),
    "mean": lambda c: nn.AvgPool2d(2, 1, padding=1),
}


@settings(max_examples=40)
@example(kinds=["dilated", "norm", "gelu", "mean"], seed=0)  # torch's batch_norm and one image in odd strides
@given(kinds=st.lists(st.sampled_from(sorted(LAYERS)), max_size=8), seed=st.integers(0, 10_000))
def test_any_network_of_known_layers_is_complete(kinds: list[str], seed: int) -> None:
    assume(
        sum(kind in {"overlapping", "uneven"} for kind in kinds) <= 3
    )  # windows of padding only have no place
    torch.manual_seed(seed)
    layers = [LAYERS[kind](3) for kind in kinds]
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3), *layers, nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(12, 1), nn.Flatten(0)
    ).double()
    found = SHAP(network, torch.randn(1, 1, 17, 19).double(), backgrounds=torch.randn(3, 1, 17, 19), chunk=2)
    assert found.checks["completeness"] <= 1e-6


class Shared(nn.Module):
    """One activation module in three places, functional calls among them, and a residual sum."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.bend = nn.ReLU()
        self.output = nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.bend(self.first(x))
        x = x + torch.tanh(self.bend(self.second(x) - 0.1))
        logit: torch.Tensor = self.output(self.bend(x.mean((2, 3)))).squeeze(1)
        return logit


def test_a_module_in_several_places_is_no_trouble() -> None:
    found = SHAP(Shared().double(), sun(2, 32), backgrounds=quiet(2, 32))
    assert found.checks["completeness"] <= 1e-12


def test_the_attribution_of_a_tiny_network_by_hand() -> None:
    class Tiny(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(x[:, 0, 0, 0] + 2.0 * x[:, 0, 0, 1] - 3.0)

    x = torch.tensor([[[[1.0, 3.0]]]]).double()
    found = SHAP(Tiny(), x)  # from 0: relu(4) - relu(-3) over a change of 7, times (1, 6)
    np.testing.assert_allclose(found.map, [[4 / 7, 24 / 7]])
    assert (found.checks["logit"], found.checks["logit_at_baseline"]) == (4.0, 0.0)


def test_the_network_is_left_as_it_was() -> None:
    network = copy.deepcopy(registered("patch_cnn")).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    SHAP(network, sun(0), backgrounds=quiet(2))
    assert network.training
    assert all(p.requires_grad and p.grad is None and p.dtype == FLOAT32 for p in network.parameters())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())


def test_an_in_place_activation_module_is_explained_all_the_same() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(1800, 1), nn.Flatten(0)
    )
    assert SHAP(network.double(), sun(0, 32), backgrounds=quiet(1, 32)).checks["completeness"] <= 1e-12
    assert network[1].inplace


def test_images_that_are_the_same_have_nothing_to_explain() -> None:
    found = SHAP(registered("cnn2"), sun(0), backgrounds=sun(0).repeat(2, 1, 1, 1))
    assert not found.map.any()
    assert found.checks["completeness"] == 0.0


class Offset(nn.Module):
    """Float32 loses the field among large numbers, inside the network or at its end."""

    def __init__(self, *, inside: float = 0.0, end: float = 0.0) -> None:
        super().__init__()
        self.inside, self.end = inside, end

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu((x + self.inside) - self.inside).sum((1, 2, 3)) + self.end


def test_rounding_of_the_logits_is_not_held_against_the_map() -> None:
    x, other = sun(0, 32, dtype=FLOAT32), quiet(1, 32, dtype=FLOAT32)
    coarse, fine = (SHAP(Offset(end=1e8), x.to(dtype), backgrounds=other) for dtype in (FLOAT32, FLOAT64))
    assert coarse.checks["completeness"] <= 1e-5
    assert fine.checks["completeness"] <= 1e-6
    assert coarse.checks["logit"] == pytest.approx(fine.checks["logit"], rel=1e-15)


def test_rounding_in_the_network_is_said() -> None:
    x, other = sun(0, 32, dtype=FLOAT32), quiet(1, 32, dtype=FLOAT32)
    found = SHAP(Offset(inside=3e6), x, backgrounds=other)
    assert found.checks["completeness"] > 0.01
    assert "rounding in the network. Take dtype float64" in found.notes[0]


def test_wrong_use_is_refused_in_words() -> None:
    network, x = registered("patch_cnn"), sun(0)
    with pytest.raises(BadOptionError, match=r"Backgrounds of shape \(2, 1, 64, 64\) cannot be compared"):
        SHAP(network, x, backgrounds=quiet(2, 64))
    with pytest.raises(BadOptionError, match=r"Accepted: one background or more .* \(b, 1, 96, 96\)"):
        SHAP(network, x, backgrounds=quiet(2)[:0])
    with pytest.raises(BadOptionError, match=r"A background holds numbers that are not finite"):
        SHAP(network, x, backgrounds=x * float("nan"))
    with pytest.raises(BadOptionError, match=r"Chunk 0 is not accepted: 1 or more backgrounds a pass"):
        SHAP(network, x, chunk=0)
    head = nn.Sequential(nn.Flatten(), nn.Linear(256, 2), nn.LogSoftmax(dim=1), nn.Flatten(0))
    with pytest.raises(BadOptionError, match=r"no rule for .*log_softmax in layer '2' \(LogSoftmax\)"):
        SHAP(head, sun(0, 16))


def test_progress_is_told() -> None:
    seen: list[tuple[int, int]] = []
    SHAP(registered("patch_cnn"), sun(0), backgrounds=quiet(3), chunk=2, progress=lambda *n: seen.append(n))
    assert seen == [(2, 3), (3, 3)]
