"""Our own small network for images of one active region."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["MeanLogit", "PatchCnn"]


class PatchCnn(nn.Module):
    """A small regularised network: images of a region "n 1 h w" to logits "n".

    It sees the field and its absolute value. Four convolutions (5×5 with stride 2, then 3×3), each with batch
    normalisation and ReLU and all but the last with max-pool 2; then mean and maximum over the image, dropout
    and one output. 98 thousand parameters: 148 positive frames of 36 regions carry no more.

    |x| is made of two ReLUs, so that every bend of the network is a module that attribution rules know.

    Args:
        channels: filters of the convolutions.
        dropout: share of the features dropped in training.
    """

    def __init__(self, channels: Sequence[int] = (16, 32, 64, 128), dropout: float = 0.4) -> None:
        super().__init__()
        self.north, self.south = nn.ReLU(), nn.ReLU()  # positive and negative field
        layers: list[nn.Module] = [*_convolution(2, channels[0], size=5, stride=2)]
        for before, after in itertools.pairwise(channels):
            layers += [nn.MaxPool2d(2), *_convolution(before, after, size=3, stride=1)]
        self.features = nn.Sequential(*layers)
        self.mean, self.maximum = nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * channels[-1], 1)

    def forward(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
        """One logit an image."""
        positive, negative = self.north(x), self.south(-x)
        x = self.features(torch.cat([positive - negative, positive + negative], dim=1))  # n c y x
        seen = torch.cat([self.mean(x), self.maximum(x)], dim=1).flatten(1)  # n 2c
        logit: Tensor = self.output(self.dropout(seen))
        return logit.squeeze(1)


class MeanLogit(nn.Module):
    """Several networks that say one thing: the mean of their logits "n".

    A mean of gradients is the gradient of the mean, so it is explained as any other network is.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
        """One logit an image."""
        return torch.stack([member(x) for member in self.members]).mean(dim=0)


def _convolution(before: int, after: int, *, size: int, stride: int) -> list[nn.Module]:
    """Convolution, batch normalisation and ReLU."""
    convolution = nn.Conv2d(before, after, size, stride=stride, padding=size // 2, bias=False)
    return [convolution, nn.BatchNorm2d(after), nn.ReLU()]
