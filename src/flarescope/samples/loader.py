"""From rows to batches: images prepared once and kept, drawn in balanced batches, varied as the Sun allows.

The only file of this room that knows torch. Random numbers are torch's own: seed them before drawing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Float16, Int
from torch import Tensor
from torch.nn import functional

from flarescope.errors import TrainingError
from flarescope.sources.files import read_magnetogram

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flarescope.preparation import Preparation
    from flarescope.samples.disk_images import Picked

__all__ = [
    "BalancedBatches",
    "EpochBatches",
    "augment",
    "balanced_rows",
    "check_batches",
    "degrade",
    "load_images",
    "turned",
]


def load_images(
    paths: Sequence[str | Path],
    preparation: Preparation,
    *,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Float16[np.ndarray, "n h w"]:
    """Read and prepare every image once, and keep them in memory as float16.

    A grey level of an 8-bit image is eight float16 steps or more, so nothing is lost on the way.

    Raises:
        BadFileError: an image cannot be read; nothing is returned.
        BadOptionError: the preparation does not fit the images.
    """
    images = np.empty((len(paths), preparation.size, preparation.size), np.float16)
    for row, path in enumerate(paths):
        images[row] = preparation.apply(read_magnetogram(path, view="region"))
        progress(row + 1, len(paths))
    return images


class Balanced:
    """What batches with a fixed share of positives have in common; refuses rows that cannot give them."""

    labels: Int[np.ndarray, "n"]
    size: int
    positive_share: float

    def __post_init__(self) -> None:
        check_batches(self.labels, self.size, self.positive_share)

    @property
    def positives(self) -> int:
        """Positives in each batch."""
        return round(self.size * self.positive_share)

    @property
    def sampled_rate(self) -> float:
        """The base rate that the network is shown."""
        return self.positives / self.size


@dataclass(frozen=True, eq=False)
class BalancedBatches(Balanced):
    """Batches with a fixed share of positives, drawn with replacement.

    Attributes:
        images: prepared images "n h w".
        labels: 0 or 1, "n".
        size: images a batch.
        positive_share: share of positives in each batch; the loss then sees this base rate.
        augmentation: options of ``augment``.
        weights: of each row in the loss, "n"; all 1 by default.

    Raises:
        TrainingError: the rows are of one class, or a batch would be.

    Example:
        >>> torch.manual_seed(0)  # doctest: +SKIP
        >>> x, y, weight = BalancedBatches(images, labels, 48, 0.25).draw()  # doctest: +SKIP
    """

    images: Float16[np.ndarray, "n h w"] | Picked
    labels: Int[np.ndarray, "n"]
    size: int
    positive_share: float
    augmentation: dict[str, Any] = field(default_factory=dict)
    weights: Float[np.ndarray, "n"] | None = None

    def draw(self, step: int = 0) -> tuple[Float[Tensor, "b 1 h w"], Float[Tensor, "b"], Float[Tensor, "b"]]:
        """Images, labels and weights of one batch; torch's random numbers decide it, not the step."""
        rows = balanced_rows(self.labels, self.size, self.positives)
        x = augment(torch.from_numpy(self.images[rows]).float()[:, None], **self.augmentation)
        weights = np.ones(len(rows)) if self.weights is None else self.weights[rows]
        return x, torch.from_numpy(self.labels[rows]).float(), torch.from_numpy(weights).float()


@dataclass(frozen=True, eq=False)
class EpochBatches:
    """Plain epochs: every row once in each, in an order of its own.

    Attributes:
        images: prepared images "n h w".
        labels: 0 or 1, "n".
        size: images a batch; the last one of an epoch may hold fewer.
        seed: decides the orders.

    Raises:
        TrainingError: the rows are of one class.

    Example:
        >>> x, y, weight = EpochBatches(images, labels, 64, seed=0).draw(step=3)  # doctest: +SKIP
    """

    images: Float16[np.ndarray, "n h w"]
    labels: Int[np.ndarray, "n"]
    size: int
    seed: int = 0

    def __post_init__(self) -> None:
        check_classes(self.labels)

    @property
    def sampled_rate(self) -> float:
        """The base rate that the network is shown: that of the rows."""
        return float(np.mean(self.labels == 1))

    @property
    def steps_an_epoch(self) -> int:
        """Batches until every row was shown."""
        return -(-len(self.labels) // self.size)

    def draw(self, step: int = 0) -> tuple[Float[Tensor, "b 1 h w"], Float[Tensor, "b"], Float[Tensor, "b"]]:
        """Images, labels and weights (all 1) of the batch of this step, counted from 0."""
        epoch, batch = divmod(step, self.steps_an_epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.labels))
        rows = order[batch * self.size : (batch + 1) * self.size]
        x = torch.from_numpy(self.images[rows]).float()[:, None]
        return x, torch.from_numpy(self.labels[rows]).float(), torch.ones(len(rows))


def check_classes(labels: Int[np.ndarray, "n"]) -> None:
    """Raise a ``TrainingError`` if the rows are of one class."""
    positives = int(np.sum(labels == 1))
    if not 0 < positives < len(labels):
        raise TrainingError(
            f"All {len(labels)} training rows have the same label ({positives} positives). "
            "Training needs both: take more regions, or a lower class."
        )


def check_batches(labels: Int[np.ndarray, "n"], size: int, positive_share: float) -> None:
    """Raise a ``TrainingError`` if the rows are of one class, or batches of ``size`` would be."""
    check_classes(labels)
    if not 0 < (shown := round(size * positive_share)) < size:
        raise TrainingError(
            f"A batch of {size} with a positive share of {positive_share:g} holds "
            f"{shown} positives. Accepted: at least one of each class."
        )


def balanced_rows(labels: Int[np.ndarray, "n"], size: int, positives: int) -> Int[np.ndarray, "b"]:
    """Row numbers of one batch, drawn with replacement by torch's random numbers; positives first."""
    quotas = ((1, positives), (0, size - positives))
    return np.concatenate([_drawn(np.flatnonzero(labels == label), count) for label, count in quotas])


def augment(
    x: Float[Tensor, "n 1 h w"],
    *,
    shift_pixels: int = 0,
    flips: bool = False,
    polarity: bool = False,
    degrade_share: float = 0.0,
    degrade_factor: float = 2.0,
    turn_degrees: float = 0.0,
) -> Float[Tensor, "n 1 h w"]:
    """The same regions as they might also have looked.

    Args:
        x: prepared images; zero is zero field.
        shift_pixels: largest shift in each direction; zero field comes in from the edge.
        flips: mirror east-west and north-south, each with probability one half.
        polarity: reverse the sign of the field with probability one half.
        degrade_share: probability that an image is seen through the coarser pixels of a full-disk image.
        degrade_factor: side of such a pixel, in pixels of the image.
        turn_degrees: largest turn about the image's centre, either way.
    """
    if turn_degrees:
        x = turned(x, (torch.rand(len(x)) * 2 - 1) * turn_degrees)
    if shift_pixels:
        x = _shifted(x, shift_pixels)
    choice = (torch.rand(4, len(x)) < torch.tensor([[0.5], [0.5], [0.5], [degrade_share]]))[
        ..., None, None, None
    ]
    if flips:
        x = torch.where(choice[0], x.flip(3), x)
        x = torch.where(choice[1], x.flip(2), x)
    if polarity:
        x = torch.where(choice[2], -x, x)
    coarse = choice[3].flatten()
    if coarse.any():
        x = x.clone()
        x[coarse] = degrade(x[coarse], degrade_factor)
    return x


def turned(x: Float[Tensor, "n 1 h w"], degrees: Float[Tensor, "n"]) -> Float[Tensor, "n 1 h w"]:
    """Each image turned about its centre, bilinearly; zero field comes in at the corners.

    Row 0 is south: a positive angle turns from the west (the last column) towards the north.
    """
    angle = torch.deg2rad(degrees)
    cos, sin = torch.cos(angle), torch.sin(angle)
    back = torch.stack([torch.stack([cos, sin, 0 * cos], 1), torch.stack([-sin, cos, 0 * cos], 1)], 1)
    grid = functional.affine_grid(back, list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def degrade(x: Float[Tensor, "n 1 h w"], factor: float) -> Float[Tensor, "n 1 h w"]:
    """What a coarser instrument would have seen: means over pixels ``factor`` as wide, interpolated back.

    The coarse image has a whole number of pixels, so the factor is met to within half a pixel of the image's
    width. Bicubic on the way back, as ``Preparation`` enlarges.
    """
    height, width = x.shape[2:]
    coarse = functional.interpolate(x, size=(round(height / factor), round(width / factor)), mode="area")
    return functional.interpolate(coarse, size=(height, width), mode="bicubic", align_corners=False)


def _drawn(rows: Int[np.ndarray, "k"], count: int) -> Int[np.ndarray, "c"]:
    return np.asarray(rows[torch.randint(len(rows), (count,)).numpy()])


def _shifted(x: Float[Tensor, "n 1 h w"], most: int) -> Float[Tensor, "n 1 h w"]:
    """Each image moved by its own whole number of pixels."""
    height, width = x.shape[2:]
    padded = functional.pad(x, (most, most, most, most))
    corners = torch.randint(2 * most + 1, (len(x), 2)).tolist()
    return torch.stack(
        [
            image[:, top : top + height, left : left + width]
            for image, (top, left) in zip(padded, corners, strict=True)
        ]
    )
