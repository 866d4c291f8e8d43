"""The engine sees every function that a network calls on the image, and refuses what it has no rule for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional

from flarescope.errors import NoRuleError
from flarescope.explain.rules import Bend, Rules, gradient, with_gradient


class Calls(nn.Module):
    """A network that does one thing, in a layer with a name."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.layer = Layer(function)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x).flatten(1).sum(dim=1)


class Layer(nn.Module):
    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


def plain(bend: Bend) -> torch.Tensor:
    value = bend.function(bend.z)
    return value[0] if bend.pools else value


def image() -> torch.Tensor:
    return torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0)).requires_grad_(True)


def through(network: nn.Module, rule: Callable[[Bend], torch.Tensor] = plain) -> torch.Tensor:
    with Rules(network, "a_method", rule):
        return network(image())


LINEAR = {
    "sum": lambda x: x.sum((2, 3)),
    "views": lambda x: x.flip(3).permute(0, 1, 3, 2).reshape(2, 1, 4, 16).squeeze(1)[:, 1:],
    "parts": lambda x: torch.cat([*x.chunk(2, dim=2), *x.split(4, dim=2)], dim=1),
    "arithmetic": lambda x: 2.0 * x - x / 3.0 + (1.0 - x) - (-x),
    "by a constant tensor": lambda x: x * torch.ones(8) + torch.ones(8) * x,
    "pooled": lambda x: functional.avg_pool2d(x, 2) + functional.adaptive_avg_pool2d(x, 4),
    "padded": lambda x: functional.pad(x, (1, 2, 0, 0)),
    "dropout that is off": lambda x: functional.dropout(x, 0.5, training=False),
    "shape": lambda x: x.view(x.shape[0], -1) + x.new_zeros(x.size(0), x[0].numel()),
    "larger": lambda x: functional.interpolate(x, scale_factor=2, mode="bilinear"),
    "no image": lambda x: x + torch.softmax(torch.ones(8), dim=0),
}


@pytest.mark.parametrize("name", list(LINEAR))
def test_linear_functions_pass_as_they_are(name: str) -> None:
    network = Calls(LINEAR[name])
    torch.testing.assert_close(through(network), network(image()))


REFUSED = {
    "torch.nn.functional.softmax in layer 'layer' (Layer)": lambda x: functional.softmax(x, 3),
    "torch.Tensor.mul in layer 'layer'": lambda x: x * x,
    "torch.Tensor.matmul in layer": lambda x: x @ x,
    "torch.Tensor.div in layer": lambda x: 1.0 / (x + 1.0) if False else x / x,
    "torch.nn.functional.conv2d in layer": lambda x: functional.conv2d(x, x[:1]),
    "torch.Tensor.gt in layer": lambda x: x * (x > 0),
    "torch.Tensor.detach in layer": lambda x: x - x.detach(),
    "torch.Tensor.data in layer": lambda x: x - x.data,
    "torch.Tensor.add_ in layer": lambda x: (2.0 * x).add_(1.0),
    "torch.Tensor.__setitem__ in layer": lambda x: _emptied(x),
    "torch.nn.functional.relu with inplace=True in layer": lambda x: functional.relu(2 * x, inplace=True),
    "torch.nn.functional.dropout with training=True in layer": lambda x: functional.dropout(x),
    "torch.nn.functional.layer_norm in layer": lambda x: functional.layer_norm(x, (8, 8)),
    "torch.Tensor.amax in layer": lambda x: x.amax((2, 3)),
    "options that depend on the image": lambda x: torch.pow(x, x),
    "torch.pow with options that depend on the image in layer": lambda x: torch.pow(2.0, x),
    "torch.Tensor.__rpow__ in layer": lambda x: 2.0**x,
    "torch.dropout in layer": lambda x: torch.dropout(x, 0.5, True),
    "torch.dropout in layer 'layer' (Layer), which does not tell": lambda x: torch.dropout(x, 0.5, False),
    "torch.alpha_dropout in layer": lambda x: torch.alpha_dropout(x, 0.5, True),
    "torch.feature_alpha_dropout in layer": lambda x: torch.feature_alpha_dropout(x, 0.5, True),
    "torch.batch_norm in layer": lambda x: torch.batch_norm(
        x, None, None, torch.zeros(1), torch.ones(1), True, 0.1, 1e-5, False
    ),
}


def _emptied(x: torch.Tensor) -> torch.Tensor:
    x = 2.0 * x
    x[:, :, 0] = 0.0
    return x


@pytest.mark.parametrize("named", list(REFUSED))
def test_what_has_no_rule_is_refused_by_name_and_layer(named: str) -> None:
    with pytest.raises(NoRuleError) as refusal:
        through(Calls(REFUSED[named]))
    assert named in str(refusal.value)
    assert "Method 'a_method'" in str(refusal.value)
    assert "use integrated_gradients or occlusion" in str(refusal.value)


def test_a_step_without_gradient_is_noticed() -> None:
    class Hidden(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                x = 2.0 * x
            return x.sum((1, 2, 3))

    with pytest.raises(NoRuleError, match=r"lost the image in torch\.Tensor\.mul in the network itself"):
        through(Hidden())


def test_a_compiled_module_is_refused() -> None:
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        network = nn.Sequential(nn.Flatten(), torch.jit.script(nn.Tanh()))
    with pytest.raises(NoRuleError, match=r"no rule for layer '1': what a compiled module does"):
        through(network)


@pytest.mark.parametrize(
    "call",
    [functional.relu, torch.relu, torch.Tensor.relu, nn.ReLU(), lambda x: functional.relu(input=x)],
    ids=["functional", "torch", "tensor", "module", "keyword"],
)
def test_a_bend_is_seen_whoever_calls_it(call: Callable[[torch.Tensor], torch.Tensor]) -> None:
    seen: list[str] = []

    def rule(bend: Bend) -> torch.Tensor:
        seen.append(bend.name)
        return with_gradient(bend.z, bend.function(bend.z).detach(), lambda g: 7.0 * g)

    x = image()
    network = Calls(call)
    with Rules(network, "a_method", rule):
        out = network(x)
    assert seen == ["relu"]
    torch.testing.assert_close(out, torch.relu(x).sum((1, 2, 3)))
    assert (gradient(out, x) == 7.0).all()


def test_a_power_is_a_bend() -> None:
    seen: list[str] = []
    network = Calls(lambda x: x**2)
    out = through(network, lambda bend: seen.append(bend.name) or plain(bend))
    assert seen == ["__pow__"]
    torch.testing.assert_close(out, (image() ** 2).sum((1, 2, 3)))


def test_one_module_in_two_places_bends_twice() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bend = nn.LeakyReLU(0.5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.bend(self.bend(x) - 1.0).sum((1, 2, 3))

    seen: list[str] = []
    through(Twice(), lambda bend: seen.append(bend.name) or plain(bend))
    assert seen == ["leaky_relu", "leaky_relu"]


def test_steps_tell_the_maps_and_who_made_them() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 1), nn.Flatten(0))
    network.requires_grad_(False)
    with Rules(network, "a_method", plain) as rules:
        network(image())
    assert [(step.name, step.layer) for step in rules.steps] == [("conv2d", "0"), ("relu", "1")]


def test_nothing_is_left_behind() -> None:
    network = Calls(lambda x: functional.softmax(x, 3))
    with pytest.raises(NoRuleError):
        through(network)
    assert torch.isfinite(network(image())).all()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_the_gradient_of_what_does_not_look_is_zero() -> None:
    x = image()
    assert not gradient(torch.ones(3), x).any()
    assert not gradient(torch.ones(3, requires_grad=True), x).any()
