"""What the network of a training sees: images of its rows, turned as asked, batch by batch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

if TYPE_CHECKING:
    from flarescope.experiment import Training
    from flarescope.papers.bhattacharjee2020.cells import Cell
    from flarescope.papers.bhattacharjee2020.dataset import Dataset
    from flarescope.training.loop import Batches

__all__ = ["batches_of", "images_of", "transformed"]

SHIFT = 7  # pixels of fields, within the total stride of the artefact-free network
SHIFT_SHARE = 8  # images are moved by up to an eighth of their side: CNNs learn by heart without


def images_of(data: Dataset, cell: Cell, rows: Int[np.ndarray, "n"]) -> np.ndarray | list[np.ndarray]:
    """What the network of a training sees of these rows: "n h w", or a list of fields."""
    latitude = data.rows["latitude"].to_numpy(float)
    change = partial(transformed, transform=cell.transform)
    if cell.size:
        images = np.array(data.images(cell.size)[rows])
        for place, row in enumerate(rows):
            images[place] = change(images[place], latitude[row])
        return images
    fields = data.fields()
    return [change(fields[int(row)], latitude[row]) for row in rows]


def transformed(image: np.ndarray, latitude: float, *, transform: str) -> np.ndarray:
    """A prepared image reversed, or brought to the northern hemisphere.

    Row 0 is south; a region of unknown latitude counts as northern.
    """
    if transform == "reversed":
        return -image
    return -image[::-1] if transform == "hale_joy" and latitude < 0 else image


def batches_of(
    cell: Cell, images: np.ndarray | list[np.ndarray], label: np.ndarray, settings: Training
) -> Batches:
    """The batches of a training: balanced, or plain epochs as in the paper."""
    from flarescope.samples.fields import FieldBatches, cut_to_field
    from flarescope.samples.loader import BalancedBatches, EpochBatches

    if not isinstance(images, np.ndarray):
        if cell.network == "artefact_free":  # to it an empty margin is nothing
            images = [cut_to_field(image) for image in images]
        return FieldBatches(images, label, settings.batch, settings.positive_share, shift_pixels=SHIFT)
    if cell.setting == "paper":
        return EpochBatches(images, label, settings.batch, cell.seed)
    moved = {"shift_pixels": cell.size // SHIFT_SHARE}
    return BalancedBatches(images, label, settings.batch, settings.positive_share, moved)
