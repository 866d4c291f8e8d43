"""CNN-2 of Bhattacharjee et al. 2020: two convolutions and two inception modules."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from flarescope.errors import BadOptionError

__all__ = ["Cnn2"]

FIELD_OF_VIEW = 27  # pixels: three max-pools of 3


class Cnn2(nn.Module):
    """CNN-2: magnetograms "n 1 h w" to logits "n".

    7×7 convolution, max-pool 3, 3×3 convolution, max-pool 3, inception, max-pool 3, inception, global
    average, one output; batch normalisation before each convolution, leaky ReLU after it. Leaky ReLU rises
    everywhere, so pooling first gives the same numbers in a ninth of the work.

    The paper gives no filter counts. Ours: 32, 64, and 64 for each convolution of an inception module.

    Args:
        channels: filters of the two plain convolutions.
        branch: filters of each convolution of an inception module.
        slope: of the leaky ReLU below zero; 1 is the identity of the paper's Appendix A.

    Raises:
        BadOptionError: from ``forward``, an image smaller than 27 pixels.

    *Reference*: Bhattacharjee et al. 2020, section 3, figures 2 and 3 and Appendix A.
    """

    def __init__(self, channels: tuple[int, int] = (32, 64), branch: int = 64, slope: float = 0.1) -> None:
        super().__init__()
        first, second = channels
        wide = 3 * branch + second
        self.features = nn.Sequential(
            nn.BatchNorm2d(1), nn.Conv2d(1, first, 7, padding=3), nn.MaxPool2d(3), nn.LeakyReLU(slope),
            nn.BatchNorm2d(first), nn.Conv2d(first, second, 3, padding=1), nn.MaxPool2d(3),
            nn.LeakyReLU(slope),
            Inception(second, branch, slope, pool=3),
            Inception(wide, branch, slope, pool=1),
        )  # fmt: skip
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.output = nn.Linear(3 * branch + wide, 1)

    def forward(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
        """One logit an image."""
        if min(x.shape[2:]) < FIELD_OF_VIEW:
            raise BadOptionError(
                f"A patch of {x.shape[2]}×{x.shape[3]} pixels is smaller than cnn2's field of view. "
                f"Accepted: {FIELD_OF_VIEW} pixels or more each way."
            )
        seen = self.mean(self.features(x)).flatten(1)  # n c
        logit: Tensor = self.output(seen)
        return logit.squeeze(1)


class Inception(nn.Module):
    """Convolutions of 3, 5 and 7 pixels and a 3×3 max-pool beside each other, then max-pool ``pool``."""

    def __init__(self, channels: int, branch: int, slope: float, *, pool: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, branch, size, padding=size // 2), _pool(pool), nn.LeakyReLU(slope)
            )
            for size in (3, 5, 7)
        )
        self.branches.append(nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), _pool(pool)))

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d y x"]:
        """All branches, one after the other along the channels."""
        x = self.norm(x)
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def _pool(size: int) -> nn.Module:
    return nn.MaxPool2d(size) if size > 1 else nn.Identity()
