"""A network asked eight times: which way round an image lies, or which polarity leads, matters little."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["EightViews"]


class EightViews(nn.Module):
    """The mean logit over mirroring east-west and north-south and over both polarities, as forecasts use it.

    All views go through the network in one batch, so each module is passed once.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
        """One logit an image."""
        mirrored = [x, x.flip(3), x.flip(2), x.flip((2, 3))]
        logits: Tensor = self.network(torch.cat([*mirrored, *(-m for m in mirrored)]))
        return logits.reshape(8, -1).mean(dim=0)
