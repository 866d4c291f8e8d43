"""The full-disk network of Pandey et al. 2023: AlexNet behind a 3×3 convolution, for one channel."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from flarescope.errors import BadOptionError

__all__ = ["AlexNet"]

FIELD_OF_VIEW = 63  # pixels: what the last pooling needs to see once
POOLED = 6


class AlexNet(nn.Module):
    """AlexNet: full disks "n 1 h w" to logits "n".

    A 3×3 convolution from one channel to three with ReLU, then AlexNet as it was published for photographs:
    five convolutions, three max-pools of 3 with stride 2, an adaptive mean to 6×6 that takes images of any
    size, and three fully connected layers with dropout. It has two outputs, "quiet" and "flare"; the logit is
    their difference, so that its logistic function is the paper's soft-max. 57 million parameters.

    The weights have torchvision's names (``features.0.weight`` … ``classifier.6.bias``) beside ``stem.0``, so
    a file of ImageNet weights fits all but the last layer. Activations are not in place: attribution rules
    need what went in.

    Args:
        dropout: share dropped before each of the two wide layers, in training.

    Raises:
        BadOptionError: from ``forward``, an image smaller than 63 pixels.

    *Reference*: Pandey et al. 2023, section 4; Krizhevsky 2014 (arXiv 1404.5997) for the layers.
    """

    def __init__(self, dropout: float = 0.5) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU())
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, stride=2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d(POOLED)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(256 * POOLED**2, 4096), nn.ReLU(),
            nn.Dropout(dropout), nn.Linear(4096, 4096), nn.ReLU(),
            nn.Linear(4096, 2),
        )  # fmt: skip

    def forward(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
        """One logit an image: the output for "flare" less that for "quiet"."""
        if min(x.shape[2:]) < FIELD_OF_VIEW:
            raise BadOptionError(
                f"An image of {x.shape[2]}×{x.shape[3]} pixels is smaller than alexnet's field of view. "
                f"Accepted: {FIELD_OF_VIEW} pixels or more each way."
            )
        said = self.classifier(self.avgpool(self.features(self.stem(x))).flatten(1))  # n 2
        logit: Tensor = said[:, 1] - said[:, 0]
        return logit
