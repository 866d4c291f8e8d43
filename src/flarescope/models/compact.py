"""Our own small network for the full disk: every place on the Sun has a flare rate, and rates add."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from flarescope.errors import BadOptionError

__all__ = ["Compact", "LogOfFlare"]


class Compact(nn.Module):
    """Full disks "n 1 h w" of any size to logits "n".

    Regions flare one without the other, so their rates add, as history's and the image's do in our fusion.
    Convolutions (5×5 with stride 2, then 3×3; batch normalisation, ReLU, max-pool 2) look at the field and
    its absolute value; each cell of the last map, 32 pixels apart, gives a rate λ = softplus(e). With Λ = Σ λ
    the probability is P = 1 − exp(−Λ), and the logit log(exp(Λ) − 1). The same filters look everywhere;
    projection and foreshortening near the limb are not undone. 190 thousand parameters at the default width.

    Args:
        channels: filters of the convolutions.
        dropout: share of the last map's channels dropped in training.
        rate: Λ of an image of 16×16 cells before training, near the base rate of flares.

    Raises:
        BadOptionError: fewer than two convolutions, or a rate that is not positive; from ``forward``, an
            image smaller than one cell.
    """

    def __init__(
        self, channels: Sequence[int] = (16, 32, 64, 96, 128), dropout: float = 0.2, rate: float = 0.3
    ) -> None:
        super().__init__()
        if len(channels) < 2 or rate <= 0.0:
            raise BadOptionError(
                f"compact with {len(channels)} convolutions and a rate of {rate:g} cannot be built. "
                "Accepted: 2 convolutions or more, a rate above 0."
            )
        self.cell = 2 ** len(channels)
        self.north, self.south = nn.ReLU(), nn.ReLU()  # positive and negative field
        layers: list[nn.Module] = [*_convolution(2, channels[0], size=5, stride=2)]
        for before, after in itertools.pairwise(channels):
            layers += [nn.MaxPool2d(2), *_convolution(before, after, size=3, stride=1)]
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout2d(dropout)
        self.evidence = nn.Conv2d(channels[-1], 1, 1)
        nn.init.normal_(self.evidence.weight, std=0.01)
        if self.evidence.bias is not None:
            nn.init.constant_(self.evidence.bias, math.log(math.expm1(rate / 256)))
        self.rate = nn.Softplus()
        self.log = LogOfFlare()

    def forward(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
        """One logit an image."""
        logit: Tensor = self.log(self.rates(x).sum(dim=(1, 2, 3)))
        return logit

    def rates(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n 1 y x"]:
        """The rate of each cell: flares of the asked class within the asked hours."""
        if min(x.shape[2:]) < self.cell:
            raise BadOptionError(
                f"An image of {x.shape[2]}×{x.shape[3]} pixels is smaller than one cell of compact. "
                f"Accepted: {self.cell} pixels or more each way."
            )
        positive, negative = self.north(x), self.south(-x)
        seen = self.features(torch.cat([positive - negative, positive + negative], dim=1))
        given: Tensor = self.rate(self.evidence(self.dropout(seen)))
        return given


class LogOfFlare(nn.Module):
    """log(exp(Λ) − 1) of rates "n": the logit of 1 − exp(−Λ), without overflow."""

    def forward(self, rate: Float[Tensor, "n"]) -> Float[Tensor, "n"]:
        """The inverse of soft-plus; a rate of nothing counts as 1e-12."""
        rate = rate + 1e-12
        return rate + torch.log(-torch.expm1(-rate))


def _convolution(before: int, after: int, *, size: int, stride: int) -> list[nn.Module]:
    """Convolution, batch normalisation and ReLU."""
    convolution = nn.Conv2d(before, after, size, stride=stride, padding=size // 2, bias=False)
    return [convolution, nn.BatchNorm2d(after), nn.ReLU()]
