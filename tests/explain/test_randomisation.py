"""Randomised weights: methods that read the network change, methods that read the image do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from flarescope.errors import BadOptionError
from flarescope.explain import METHODS
from flarescope.explain.randomisation import insensitive, randomisation
from flarescope.models.patch_cnn import MeanLogit


def cnn(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3),
        nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(8 * 14 * 14, 1), nn.Flatten(0),
    )  # fmt: skip


X = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(3)) + 2.0


def by_gradients(network: nn.Module) -> np.ndarray:
    return METHODS["integrated_gradients"](network, X, steps=8, most_steps=8).map


def edges(network: nn.Module) -> np.ndarray:
    """Shows edges of the image and never asks the network."""
    dy, dx = np.gradient(X[0, 0].numpy().astype(float))
    return np.hypot(dx, dy)


def test_an_edge_detector_is_found_out() -> None:
    found = randomisation(cnn(), edges)
    assert found["correlation"].tolist() == [1.0] * 4
    assert found["signed"].tolist() == [1.0] * 4
    assert insensitive(found)


def test_size_alone_does_not_convict() -> None:
    """A linear network explained by w·x: |φ| follows |x|, the sign follows the weights."""
    size = torch.randn(16, 16, generator=torch.Generator().manual_seed(0)).exp().pow(3)

    def by_sign(network: nn.Module) -> np.ndarray:
        return (torch.sign(network[1].weight.reshape(16, 16)) * size).detach().numpy()  # type: ignore[index]

    found = randomisation(nn.Sequential(nn.Flatten(), nn.Linear(256, 1)), by_sign)
    assert found["correlation"].tolist() == [1.0]
    assert abs(found["signed"].iloc[0]) < 0.3
    assert not insensitive(found)


def test_integrated_gradients_depend_on_what_was_learnt() -> None:
    found = randomisation(cnn(), by_gradients)
    assert found["correlation"].iloc[-1] < 0.5
    assert not insensitive(found)


def test_layers_fall_from_the_output_to_the_image() -> None:
    first = cnn()[0].weight.detach().clone()

    def reads(network: nn.Module) -> np.ndarray:
        kept = torch.equal(network[0].weight, first)  # type: ignore[index]
        return np.arange(4.0).reshape(2, 2) + 1 if kept else np.arange(4.0)[::-1].reshape(2, 2) + 1

    found = randomisation(cnn(), reads)
    assert found["layer"].tolist() == ["8", "4", "1", "0"]
    assert found["correlation"].tolist() == [1.0, 1.0, 1.0, -1.0]


def test_the_last_stage_has_nothing_learnt_left() -> None:
    network = cnn()
    with torch.no_grad():
        network[1].running_mean.fill_(7.0)
    seen: list[dict[str, torch.Tensor]] = []

    def look(drawn: nn.Module) -> np.ndarray:
        assert not drawn.training
        seen.append({name: value.clone() for name, value in drawn.state_dict().items()})
        return np.arange(4.0).reshape(2, 2)

    before = {name: value.clone() for name, value in network.state_dict().items()}
    randomisation(network.train(), look)
    assert network.training
    for name, value in before.items():
        assert torch.equal(network.state_dict()[name], value)  # left as it was
        assert torch.equal(seen[0][name], value)  # the original comes first
        if (
            name.endswith(("0.weight", "4.weight", "8.weight", "bias", "running_mean"))
            and "1.bias" not in name
        ):
            assert not torch.equal(seen[-1][name], value), name


def test_draws_are_repeatable_and_leave_the_caller_alone() -> None:
    network = cnn()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, two, other = (randomisation(network, by_gradients, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert one.equals(two)
    assert not one.equals(other)


def test_fewer_stages_are_the_same_stages() -> None:
    every = randomisation(cnn(), by_gradients)
    some = randomisation(cnn(), by_gradients, most_stages=2)
    assert some["layer"].tolist() == ["8", "0"]
    assert some["correlation"].tolist() == every["correlation"].iloc[[0, -1]].tolist()
    assert len(randomisation(cnn(), by_gradients, most_stages=99)) == 4


def test_only_what_is_asked_for_is_explained() -> None:
    asked: list[nn.Module] = []
    last = randomisation(
        cnn(), lambda network: asked.append(network) or by_gradients(network), most_stages=1, draws=3
    )
    assert len(asked) == 4  # the original, and the last stage of each draw
    assert last["layer"].tolist() == ["0"] * 3
    assert last["draw"].tolist() == [0, 1, 2]
    assert last["correlation"].nunique() == 3
    every = randomisation(cnn(), by_gradients)
    assert last["correlation"].iloc[0] == every["correlation"].iloc[-1]


def test_a_map_turned_into_its_negative_is_the_same_map() -> None:
    first, calls = np.arange(16.0).reshape(4, 4) + 1, iter(range(99))
    turned = randomisation(
        cnn(), lambda network: first * (1 if next(calls) % 2 == 0 else -1), most_stages=1, draws=4
    )
    assert turned["signed"].tolist() == [-1.0, 1.0, -1.0, 1.0]
    assert turned["correlation"].tolist() == [1.0] * 4
    assert insensitive(turned)
    assert insensitive(turned.iloc[:1])


def test_signs_say_nothing_where_the_method_is_not_signed() -> None:
    table = pd.DataFrame({"layer": ["0"], "draw": [0], "correlation": [0.9], "signed": [0.1]})
    assert not insensitive(table)
    assert insensitive(table, signed=False)


def test_only_pixels_that_are_seen_are_compared() -> None:
    seen = np.zeros((4, 4), bool)
    seen[:2] = True
    first, calls = np.arange(16.0).reshape(4, 4) + 1, iter(range(99))
    other = np.where(seen, first, first[::-1])
    found = randomisation(
        cnn(), lambda network: first if next(calls) == 0 else other, most_stages=1, seen=seen
    )
    assert found["correlation"].tolist() == [1.0]
    flat = np.where(seen, 1.0, first)
    assert randomisation(cnn(), lambda network: flat, most_stages=1, seen=seen)["signed"].isna().all()


def test_members_of_an_ensemble_fall_together() -> None:
    found = randomisation(MeanLogit([cnn(0), cnn(1)]), by_gradients)
    assert found["layer"].tolist() == ["8", "4", "1", "0"]
    assert not insensitive(found)


def test_weights_without_a_way_to_be_reset_are_shuffled() -> None:
    class Linear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.arange(32.0 * 32.0).reshape(32, 32))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x[:, 0] * self.weight).sum(dim=(1, 2))

    found = randomisation(Linear(), by_gradients)
    assert found["layer"].tolist() == ["Linear"]
    assert found["correlation"].iloc[0] < 0.5


def test_maps_without_order() -> None:
    flat = randomisation(cnn(), lambda network: np.zeros((4, 4)))
    assert flat["correlation"].isna().all()
    assert not insensitive(flat)
    first, calls = np.arange(16.0).reshape(4, 4), iter(range(99))
    gone = randomisation(cnn(), lambda network: first if next(calls) == 0 else np.zeros((4, 4)))
    assert gone["correlation"].tolist() == [0.0] * 4


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(BadOptionError, match="no weights that could be drawn anew"):
        randomisation(nn.ReLU(), by_gradients)
    with pytest.raises(BadOptionError, match="0 stages in 1 draws are not accepted: 1 or more"):
        randomisation(cnn(), by_gradients, most_stages=0)
    with pytest.raises(BadOptionError, match="4 stages in 0 draws are not accepted: 1 or more"):
        randomisation(cnn(), by_gradients, draws=0)
