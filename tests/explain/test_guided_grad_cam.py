"""Guided Grad-CAM: captum's numbers on ReLU networks, our rule elsewhere, refusals by name."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from captum.attr import GuidedGradCam
from torch import nn

from flarescope import models
from flarescope.errors import NoRuleError, UnknownNameError
from flarescope.explain import METHODS
from flarescope.explain.views import EightViews, eight_views
from flarescope.models.alexnet import AlexNet
from flarescope.models.patch_cnn import MeanLogit

CAM = METHODS["guided_grad_cam"]


def relu_network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 5, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.BatchNorm2d(4), nn.Conv2d(4, 8, 3),
        nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(72, 8), nn.ReLU(),
        nn.Linear(8, 1), nn.Flatten(0),
    ).double().eval()  # fmt: skip


def image(size: int = 40, seed: int = 1) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(1, 1, size, size, dtype=torch.float64, generator=draw)


def logit(network: nn.Module, x: torch.Tensor) -> float:
    return float(network(x).detach())


def captum(network: nn.Module, layer: nn.Module, x: torch.Tensor) -> np.ndarray:
    with warnings.catch_warnings():  # captum tells that it sets hooks
        warnings.simplefilter("ignore")
        found: torch.Tensor = GuidedGradCam(network, layer).attribute(x, interpolate_mode="bilinear")
    return found[0, 0].detach().numpy()


def test_captum_agrees_on_relu_networks() -> None:
    drawn = 0
    for seed in range(6):
        network = relu_network(seed)
        ours, theirs = CAM(network, image()), captum(network, network[4], image())
        np.testing.assert_allclose(ours.map, theirs, rtol=1e-9, atol=1e-12 * np.abs(theirs).max())
        assert ours.notes[0] == "Grad-CAM is taken at layer '4'."
        drawn += ours.map.any()
    assert drawn >= 3


def test_captum_agrees_on_alexnet() -> None:
    torch.manual_seed(5)
    network, x = AlexNet().double().eval(), image(96)
    ours, theirs = CAM(network, x), captum(network, network.features[10], x)
    assert np.abs(theirs).max() > 0.0
    np.testing.assert_allclose(ours.map, theirs, atol=1e-12 * np.abs(theirs).max())
    assert ours.checks["logit"] == pytest.approx(logit(network, x))
    assert ours.checks["cells"] == 25.0


def test_a_layer_is_chosen_by_name() -> None:
    network = relu_network(2)
    for layer in ("0", "2", "5"):
        theirs = captum(network, network.get_submodule(layer), image())
        np.testing.assert_allclose(CAM(network, image(), layer=layer).map, theirs, atol=1e-12)
    with pytest.raises(UnknownNameError, match=r"No layer with maps named '9'\. .*Known: 0, 1, 2, 3"):
        CAM(network, image(), layer="9")


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_the_rule_by_hand(slope: float) -> None:
    """f = 2·leaky(x₀) − 3·leaky(x₁), then + leaky(−x₂): only positive gradients pass a bend."""

    class Hand(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.maps = nn.Conv2d(1, 2, 1, bias=False)
            self.maps.weight.data = torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)
            self.bend = nn.LeakyReLU(slope)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            up, down = self.bend(self.maps(x)).unbind(1)
            return 2.0 * up[:, 0, 0] - 3.0 * up[:, 0, 1] + down[:, 0, 2]

    x = torch.tensor([[[[1.0, 1.0, 1.0, 1.0]]]]).double()
    network = Hand().double()
    # Grad-CAM: the mean gradients are (2 - 3)/4 of x and slope/4 of -x: negative in sum, so all is zero
    assert not CAM(network, x).map.any()
    # turned round: the maps are (-1, 1); gradients 2·slope and -3·slope, and 1 at pixel 2
    found = CAM(network, -x)
    cam = max(-(2 - 3) * slope / 4 + 1 / 4, 0.0)
    np.testing.assert_allclose(found.map, np.array([[2.0 * slope, 0.0, -1.0, 0.0]]) * cam, atol=1e-12)


def test_leaky_relu_is_guided_not_plain() -> None:
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 4, 3), nn.LeakyReLU(0.2), nn.Conv2d(4, 4, 3), nn.LeakyReLU(0.2), nn.Flatten()]
    network = nn.Sequential(*layers, nn.Linear(576, 1), nn.Flatten(0)).double()
    x = image(16, seed=4)
    ours, plain = CAM(network, x).map, captum(network, network[2], x)  # captum leaves leaky ReLU alone
    assert ours.any()
    assert not np.allclose(ours, plain, atol=0.01 * np.abs(plain).max())


def test_convolutions_beside_each_other_meet_in_their_concatenation() -> None:
    torch.manual_seed(0)
    found = CAM(models.build("cnn2").double(), image(96))
    assert found.notes[0] == "Grad-CAM is taken at layer 'features.9'."
    assert found.checks["cells"] == 9.0


def test_a_single_map_at_the_end_does_not_count() -> None:
    torch.manual_seed(0)
    assert "features.16" in CAM(models.build("compact").double(), image(96)).notes[0]


def test_views_and_members_are_averaged() -> None:
    one, two, x = relu_network(1), relu_network(3), image()
    mean = CAM(MeanLogit([one, two]), x)
    np.testing.assert_allclose(mean.map, (CAM(one, x).map + CAM(two, x).map) / 2, atol=1e-14)
    assert mean.checks["logit"] == pytest.approx(logit(MeanLogit([one, two]), x))
    views = CAM(EightViews(one), x)
    assert views.map.any()
    for view in eight_views(x)[1:4]:  # as an image is turned, so is its map; the polarity turns the sign
        turned = CAM(EightViews(one), view).map
        back = {1: -turned, 2: turned[:, ::-1], 3: -turned[:, ::-1]}
        assert any(np.allclose(views.map, b, atol=1e-12) for b in back.values())
    assert views.checks["logit"] == pytest.approx(logit(EightViews(one), x))


def test_a_map_of_zeros_is_said() -> None:
    network = relu_network()
    network[-2].weight.data.zero_()
    found = CAM(network, image())
    assert not found.map.any()
    assert found.notes[1].startswith("No cell of that layer speaks for a flare")


def test_the_network_is_left_as_it_was() -> None:
    network = relu_network().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    CAM(network, image())
    assert network.training
    assert all(p.requires_grad and p.grad is None for p in network.parameters())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_what_has_no_maps_or_no_rule_is_refused() -> None:
    dense = nn.Sequential(nn.Flatten(), nn.Linear(1600, 1), nn.Flatten(0))
    with pytest.raises(NoRuleError, match=r"The network has no convolution"):
        CAM(dense.double(), image())
    bumpy = nn.Sequential(nn.Conv2d(1, 2, 3), nn.GELU(), nn.Flatten(), nn.Linear(2888, 1), nn.Flatten(0))
    with pytest.raises(NoRuleError, match=r"functional\.gelu in layer '1' \(GELU\), for it may fall"):
        CAM(bumpy.double(), image())
    with pytest.raises(NoRuleError, match=r"Layer 'stages.3.0' looks at 4 views of the image"):
        CAM(models.build("artefact_free").double(), image())

    class Apart(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = nn.Conv2d(1, 2, 3), nn.Conv2d(1, 2, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.left(x).mean((1, 2, 3)) + self.right(x).mean((1, 2, 3))

    with pytest.raises(NoRuleError, match=r"feed no maps in common.*such as 'right'"):
        CAM(Apart().double(), image())
    assert CAM(Apart().double(), image(), layer="left").checks["cells"] == 38.0**2


@pytest.mark.parametrize("bend", [nn.LeakyReLU(-0.2), nn.ELU(-1.0)])
def test_options_that_make_an_activation_fall_are_refused(bend: nn.Module) -> None:
    layers = [nn.Conv2d(1, 2, 3), bend, nn.Flatten(), nn.Linear(2888, 1), nn.Flatten(0)]
    with pytest.raises(NoRuleError, match=r"in layer '1' .*, for it may fall"):
        CAM(nn.Sequential(*layers).double(), image())


def test_the_sign_is_that_of_the_field() -> None:
    """f(x) = f(−x), and yet the maps are each other's negative: the method is not signed."""

    class Even(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.signs = nn.Conv2d(1, 2, 1, bias=False)
            self.signs.weight.data = torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.signs(x)).mean(dim=(1, 2, 3))

    network, x = Even().double(), image()
    one, other = CAM(network, x, layer="signs"), CAM(network, -x, layer="signs")
    assert one.checks["logit"] == pytest.approx(other.checks["logit"], rel=1e-12)
    assert one.map.any()
    np.testing.assert_allclose(one.map, -other.map, atol=1e-15)
    assert not CAM.signed
    assert not CAM.uses_baseline
    assert METHODS["occlusion"].signed
    assert METHODS["occlusion"].uses_baseline
