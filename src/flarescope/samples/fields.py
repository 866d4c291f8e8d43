"""Batches of fields that differ in size: at a fixed physical scale a large region makes a large image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from flarescope.samples.loader import Balanced, balanced_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FieldBatches", "cut_to_field", "padded", "similar_sizes"]

WASTE = 1.3  # a micro-batch may have this many times the pixels of its fields


@dataclass(frozen=True, eq=False)
class FieldBatches(Balanced):
    """Balanced batches of fields, each a list of micro-batches of fields of similar size.

    Fields of a micro-batch are filled up with zero field to the largest. For a network that makes nothing of
    an empty margin (``artefact_free``) that changes nothing.

    Attributes:
        fields: prepared at one physical scale (``Preparation(fit="scale")``); ``cut_to_field`` makes them
            smaller and training faster.
        labels: 0 or 1, "n".
        size: fields a batch.
        positive_share: share of positives in each batch; the loss then sees this base rate.
        weights: of each row in the loss, "n"; all 1 by default.
        shift_pixels: each micro-batch is moved north and west by up to as many pixels, so that the network
            learns to care little about where its pooling windows lie.

    Raises:
        TrainingError: the rows are of one class, or a batch would be.

    Example:
        >>> torch.manual_seed(0)  # doctest: +SKIP
        >>> parts, y, weight = FieldBatches(fields, labels, 32, 0.5).draw()  # doctest: +SKIP
        >>> logits = torch.cat([network(x) for x in parts])  # doctest: +SKIP
    """

    fields: Sequence[Float[np.ndarray, "h w"]]
    labels: Int[np.ndarray, "n"]
    size: int
    positive_share: float
    weights: Float[np.ndarray, "n"] | None = None
    shift_pixels: int = 0

    def draw(
        self, step: int = 0
    ) -> tuple[list[Float[Tensor, "k 1 h w"]], Float[Tensor, "b"], Float[Tensor, "b"]]:
        """Micro-batches of one batch, which torch's random numbers decide and not the step.

        Labels and weights are in the order of the fields.
        """
        rows = balanced_rows(self.labels, self.size, self.positives)
        groups = similar_sizes([self.fields[row].shape for row in rows])
        rows = rows[np.concatenate(groups)]
        parts, start = [], 0
        for group in groups:
            members = rows[start : start + len(group)]
            corner = torch.randint(self.shift_pixels + 1, (2,)).tolist()
            parts.append(padded([self.fields[row] for row in members], corner=(corner[0], corner[1])))
            start += len(group)
        weights = np.ones(len(rows)) if self.weights is None else self.weights[rows]
        return parts, torch.from_numpy(self.labels[rows]).float(), torch.from_numpy(weights).float()


def cut_to_field(
    field: Float[np.ndarray, "h w"], *, threshold: float = 0.25, stride: int = 8
) -> Float[np.ndarray, "y x"]:
    """The smallest box that holds all pixels stronger than ``threshold``, on the grid of ``stride``.

    What ``artefact_free`` says of it is what it says of the whole: its soft threshold takes all outside to
    zero, and zero adds nothing. At least one cell of the grid comes back.
    """
    strong = np.abs(field) > threshold
    if not strong.any():
        return np.zeros((stride, stride), field.dtype)
    rows, columns = (np.flatnonzero(strong.any(axis=axis)) for axis in (1, 0))
    top, left = rows[0] // stride * stride, columns[0] // stride * stride
    bottom, right = -(-(rows[-1] + 1) // stride) * stride, -(-(columns[-1] + 1) // stride) * stride
    return field[top:bottom, left:right]


def similar_sizes(shapes: Sequence[tuple[int, ...]], *, waste: float = WASTE) -> list[list[int]]:
    """Row numbers in groups of similar size: filled up, a group has at most ``waste`` times its pixels."""
    groups: list[list[int]] = []
    for row in sorted(range(len(shapes)), key=lambda k: (shapes[k][0] * shapes[k][1], shapes[k])):
        if groups:
            wider = [shapes[member] for member in (*groups[-1], row)]
            pixels = len(wider) * max(h for h, _ in wider) * max(w for _, w in wider)
            if pixels <= waste * sum(h * w for h, w in wider):
                groups[-1].append(row)
                continue
        groups.append([row])
    return groups


def padded(
    fields: Sequence[Float[np.ndarray, "h w"]], *, corner: tuple[int, int] = (0, 0)
) -> Float[Tensor, "k 1 y x"]:
    """Fields with zero field at the near edges, as ``corner`` says, and at the far ones up to the largest."""
    top, left = corner
    rows, columns = (max(field.shape[axis] for field in fields) for axis in (0, 1))
    x = torch.zeros(len(fields), 1, top + rows, left + columns)
    for place, field in zip(x[:, 0], fields, strict=True):
        height, width = field.shape
        place[top : top + height, left : left + width] = torch.from_numpy(np.asarray(field, np.float32))
    return x
