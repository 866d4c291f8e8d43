"""Occlusion maps of CNN-2: masks that share their work against every masked image by itself.

Both do the same part of the map in turn, several times, in one process; medians are carried to a whole map of
24,649 masks. Ours also pays once a map for strips, so a part of the map flatters the plain way a little. That
both say the same is checked in the same run.

Example:
    python -m flarescope.bench.occlusion
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["compare"]

SIDE, MASK = 256, 100
POSITIONS = SIDE - MASK + 1


def compare(*, rows: int = 27, plain_rows: int = 1, rounds: int = 3) -> dict[str, float]:
    """How long does a map take either way, and do they agree?

    Args:
        rows: rows of masks that ours does a round, from the middle of the image; 157 are all.
        plain_rows: rows that the plain way does a round.
        rounds: turns of each; medians are taken.

    Returns:
        Seconds a map (``ours``, ``plain``), their ``ratio``, and the ``largest_difference`` of two logits
        beside the ``spread`` of the logits over masks.
    """
    import torch

    from flarescope.compute import keep_memory
    from flarescope.explain.fast_occlusion import masked_logits
    from flarescope.models.cnn import Cnn2

    keep_memory()
    torch.manual_seed(0)
    network = Cnn2().eval().requires_grad_(False)
    x = torch.randn(1, 1, SIDE, SIDE)
    first = (POSITIONS - rows) // 2
    chosen, columns = list(range(first, first + rows)), list(range(POSITIONS))

    def ours() -> Tensor:
        zero = torch.zeros_like(x)
        return masked_logits(network, x, zero, chosen, columns, MASK, progress=lambda done, of: None)

    def plain() -> Tensor:
        return torch.stack([network(_masked(x, row)) for row in chosen[:plain_rows]])

    with torch.inference_mode():
        answers = ours(), plain()
        seconds = [[_seconds(way) for way in (ours, plain)] for _ in range(rounds)]
    mine, theirs = (statistics.median(column) for column in zip(*seconds, strict=True))
    difference = (answers[0][:plain_rows] - answers[1]).abs().max()
    whole = {"ours": mine * POSITIONS / rows, "plain": theirs * POSITIONS / plain_rows}
    return {
        **whole,
        "ratio": whole["plain"] / whole["ours"],
        "largest_difference": float(difference),
        "spread": float(np.std(answers[0].numpy())),
    }


def _masked(x: Tensor, row: int) -> Tensor:
    """The images of one row of masks, in the order of memory that convolutions like best."""
    import torch

    images = x.repeat(POSITIONS, 1, 1, 1)
    for column in range(POSITIONS):
        images[column, :, row : row + MASK, column : column + MASK] = 0.0
    return images.contiguous(memory_format=torch.channels_last)


def _seconds(way: Callable[[], Tensor]) -> float:
    begin = time.perf_counter()
    way()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.stdout.write(json.dumps(compare(), indent=1) + "\n")
