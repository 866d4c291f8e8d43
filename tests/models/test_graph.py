from __future__ import annotations

import torch
from torch import Tensor, nn

from flarescope import models
from flarescope.models.graph import layers


class Forked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 2, 3, padding=1)
        self.left, self.right = nn.Conv2d(2, 3, 5, padding=2), nn.MaxPool2d(3, stride=1, padding=1)
        self.skip, self.out = nn.Identity(), nn.Linear(5, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x.flip(-1))
        both = torch.cat([self.left(x), self.skip(self.right(x)) * 2.0], dim=1)
        return self.out(both.sum((-2, -1)))


def test_branches_join_through_what_is_no_layer() -> None:
    network = Forked().train()
    seen = layers(network, torch.ones(1, 1, 8, 6))
    assert [layer.name for layer in seen] == ["stem", "left", "right", "out"]
    assert [layer.sources for layer in seen] == [(), (0,), (0,), (1, 2)]
    assert [layer.kernel for layer in seen] == [3, 5, 3, 0]
    assert seen[1].shape == (3, 8, 6)
    assert seen[1].weights == 2 * 3 * 25 + 3
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())


def test_the_networks_of_the_paper() -> None:
    cnn2 = layers(models.build("cnn2"), torch.zeros(1, 1, 64, 64))
    assert [(x.kernel, x.shape[0]) for x in cnn2 if x.kind == "Conv2d"][:2] == [(7, 32), (3, 64)]
    joined = [x for x in cnn2 if len(x.sources) == 4]
    assert [x.kind for x in joined] == ["BatchNorm2d", "AdaptiveAvgPool2d"]
    assert sum(x.weights for x in cnn2) == sum(p.numel() for p in models.build("cnn2").parameters())
