"""CNN-1 of Bhattacharjee et al. 2020: two convolutions and a fully connected layer."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from flarescope.errors import BadOptionError

__all__ = ["Cnn1"]


class Cnn1(nn.Module):
    """CNN-1: magnetograms "n 1 size size" to logits "n".

    5×5 convolution of 32 filters, max-pool 2, 3×3 convolution of 64, max-pool 2, a fully connected layer of
    128, one output; batch normalisation before each convolution, leaky ReLU after it. Leaky ReLU rises
    everywhere, so pooling first gives the same numbers in a quarter of the work.

    Args:
        size: side of the images; the fully connected layer has a weight for each place.
        slope: of the leaky ReLU below zero.

    Raises:
        BadOptionError: ``size`` is too small to pool twice; from ``forward``, an image of another size.

    *Reference*: Bhattacharjee et al. 2020, section 3 and figure 1.
    """

    def __init__(self, size: int = 128, slope: float = 0.1) -> None:
        super().__init__()
        if size < 8:
            raise BadOptionError(f"cnn1 cannot look at images of {size} pixels. Accepted: 8 or more.")
        self.size = size
        self.features = nn.Sequential(
            nn.BatchNorm2d(1), nn.Conv2d(1, 32, 5, padding=2), nn.MaxPool2d(2), nn.LeakyReLU(slope),
            nn.BatchNorm2d(32), nn.Conv2d(32, 64, 3, padding=1), nn.MaxPool2d(2), nn.LeakyReLU(slope),
            nn.Flatten(), nn.Linear(64 * (size // 4) ** 2, 128), nn.LeakyReLU(slope),
        )  # fmt: skip
        self.output = nn.Linear(128, 1)

    def forward(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
        """One logit an image."""
        height, width = x.shape[2:]
        if (height, width) != (self.size, self.size):
            raise BadOptionError(
                f"This cnn1 was built for images of {self.size}×{self.size} pixels, not {height}×{width}. "
                "Build it with that size, or prepare the images to its own."
            )
        logit: Tensor = self.output(self.features(x))
        return logit.squeeze(1)
