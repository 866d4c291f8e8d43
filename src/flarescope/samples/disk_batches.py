"""Batches of full disks in epochs, varied and weighted as published.

Flaring images come four times in an epoch (as they are, mirrored east-west, mirrored north-south, turned by
up to 5°), quiet ones twice (as they are, and one of the three, drawn anew each epoch).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float16, Int
from torch import Tensor

from flarescope.samples.disk_images import Picked
from flarescope.samples.loader import check_classes, turned

__all__ = ["Copies", "DiskBatches"]

AS_IT_IS, EAST_WEST, NORTH_SOUTH, TURNED = range(4)
LARGEST_TURN = 5.0  # degrees
Copies = Literal["published", "none"]


@dataclass(frozen=True, eq=False)
class DiskBatches:
    """Epochs in which every image comes as often as published, in an order of its own.

    In the loss an image counts 1 if quiet and 2·N_NF / (4·N_FL) if flaring, so that both classes weigh the
    same; N_NF and N_FL are the numbers of rows. Without copies the weight is N_NF / N_FL.

    Attributes:
        images: prepared images "n h w", in memory or in a file.
        labels: 0 or 1, "n".
        size: images a batch; the last one of an epoch may hold fewer.
        copies: "published", or "none" for every image once and as it is.
        weighted: False counts all images 1.
        seed: decides the orders, the copies of quiet images and the turns.

    Raises:
        TrainingError: the rows are of one class.

    Example:
        >>> x, y, weight = DiskBatches(images, labels, 64).draw(step=3)  # doctest: +SKIP

    *Reference*: Pandey et al. 2023, section 3.
    """

    images: Float16[np.ndarray, "n h w"] | Picked
    labels: Int[np.ndarray, "n"]
    size: int = 64
    copies: Copies = "published"
    weighted: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        check_classes(self.labels)

    @cached_property
    def entries(self) -> Int[np.ndarray, "m 2"]:
        """Row and copy of everything that an epoch shows; copy −1 is one of the three, drawn anew."""
        flaring, quiet = (np.flatnonzero(self.labels == label) for label in (1, 0))
        if self.copies == "none":
            return _pairs({AS_IT_IS: np.arange(len(self.labels))})
        more = dict.fromkeys((EAST_WEST, NORTH_SOUTH, TURNED), flaring)
        return _pairs({AS_IT_IS: np.arange(len(self.labels)), **more, -1: quiet})

    @property
    def positive_weight(self) -> float:
        """What a flaring image counts in the loss."""
        if not self.weighted:
            return 1.0
        shown = self.labels[self.entries[:, 0]]
        return float(np.sum(shown == 0) / np.sum(shown == 1))

    @property
    def sampled_rate(self) -> float:
        """The base rate that the loss sees: one half with weights."""
        shown = self.labels[self.entries[:, 0]] == 1
        weight = self.positive_weight * shown.sum()
        return float(weight / (weight + (~shown).sum()))

    @property
    def steps_an_epoch(self) -> int:
        """Batches until everything was shown."""
        return -(-len(self.entries) // self.size)

    def draw(self, step: int = 0) -> tuple[Float[Tensor, "b 1 h w"], Float[Tensor, "b"], Float[Tensor, "b"]]:
        """Images, labels and weights of the batch of this step, counted from 0."""
        epoch, batch = divmod(step, self.steps_an_epoch)
        rng = np.random.default_rng([self.seed, epoch])
        order = rng.permutation(len(self.entries))[batch * self.size : (batch + 1) * self.size]
        drawn = rng.integers(EAST_WEST, TURNED + 1, len(self.entries))
        angle = rng.uniform(-LARGEST_TURN, LARGEST_TURN, len(self.entries))
        rows, copy = self.entries[order].T
        copy = np.where(copy < 0, drawn[order], copy)
        x = _varied(torch.from_numpy(self.images[rows]).float()[:, None], copy, angle[order])
        labels = self.labels[rows]
        weights = np.where(labels == 1, self.positive_weight, 1.0)
        return x, torch.from_numpy(labels).float(), torch.from_numpy(weights).float()


def _pairs(rows_of: dict[int, Int[np.ndarray, "k"]]) -> Int[np.ndarray, "m 2"]:
    parts = [np.column_stack([rows, np.full(len(rows), copy)]) for copy, rows in rows_of.items()]
    return np.concatenate(parts)


def _varied(
    x: Float[Tensor, "b 1 h w"], copy: Int[np.ndarray, "b"], degrees: Float[np.ndarray, "b"]
) -> Float[Tensor, "b 1 h w"]:
    """Each image as its copy says."""
    mirrored = {EAST_WEST: 3, NORTH_SOUTH: 2}
    for kind, axis in mirrored.items():
        rows = torch.from_numpy(np.flatnonzero(copy == kind))
        x[rows] = x[rows].flip(axis)
    rows = torch.from_numpy(np.flatnonzero(copy == TURNED))
    if len(rows):
        x[rows] = turned(x[rows], torch.from_numpy(degrees).float()[rows])
    return x
