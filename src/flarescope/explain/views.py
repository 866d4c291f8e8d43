"""A network asked eight times: which way round an image lies, or which polarity leads, matters little."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["EightViews", "eight_views"]


def eight_views(x: Float[Tensor, "n 1 h w"]) -> list[Float[Tensor, "n 1 h w"]]:
    """The images as they are and mirrored east-west, north-south and both, each in both polarities."""
    mirrored = (x, x.flip(3), x.flip(2), x.flip((2, 3)))
    return [view for m in mirrored for view in (m, -m)]


class EightViews(nn.Module):
    """The mean logit over mirroring east-west and north-south and over both polarities, as forecasts use it.

    All views go through the network in one batch, so each module is passed once.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
        """One logit an image."""
        logits: Tensor = self.network(torch.cat(eight_views(x)))
        return logits.reshape(8, -1).mean(dim=0)
