"""Occlusion: what changes when part of the image is covered?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.explain.methods import Baseline, MethodResult, Progress, frozen, logits, register

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Reading", "occlusion"]

Reading = Literal["output", "label"]


@register("occlusion")
def occlusion(
    network: nn.Module,
    x: Tensor,
    *,
    baseline: Baseline,
    progress: Progress,
    mask_pixels: int = 32,
    stride: int = 8,
    reading: Reading = "output",
    threshold_logit: float = 0.0,
    chunk: int = 64,
) -> MethodResult:
    """What changes when part of the image is covered?

    A square mask shows the baseline instead of the image; it moves by ``stride``, and a last position ends at
    each far edge, so every pixel is covered at least once. A pixel's value is the mean over the masks that
    cover it of f(x) − f(masked x): the change of the logit ("output"), or of the yes (1) or no (0) that the
    threshold makes of it ("label").

    Args:
        network: images "n 1 h w" to logits "n".
        x: the prepared image, "1 1 h w".
        baseline: what the mask shows.
        progress: told (masks done, masks in all).
        mask_pixels: side of the mask in pixels of the network's own grid.
        stride: pixels from one position to the next; 1 is exact, more is a preview.
        reading: "output" or "label".
        threshold_logit: yes from here on, for "label".
        chunk: images a pass; bounds the memory.

    Returns:
        The map, with checks ``masks``, ``logit``, ``largest_change`` (of the logit) and ``label_flips``
        (share of the masks that turn the answer).

    Raises:
        BadOptionError: a mask larger than the image, a stride that jumps over pixels, an unknown reading.

    Reference: Zeiler and Fergus 2014, section 4.2; Bhattacharjee et al. 2020, section 4.5 (both readings).
    """
    _check(x, mask_pixels, stride, reading, chunk)
    network = frozen(network, x.dtype)
    corners = [
        (r, c)
        for r in _starts(x.shape[2], mask_pixels, stride)
        for c in _starts(x.shape[3], mask_pixels, stride)
    ]
    logit = float(logits(network, x))
    masked = np.empty(len(corners))
    for first in range(0, len(corners), chunk):
        batch = corners[first : first + chunk]
        images = _cover(x, baseline.image.to(x.dtype), batch, mask_pixels)
        masked[first : first + len(batch)] = logits(network, images).double().cpu().numpy()
        progress(first + len(batch), len(corners))
    says_yes = (logit >= threshold_logit, masked >= threshold_logit)
    change = logit - masked if reading == "output" else float(says_yes[0]) - says_yes[1].astype(float)
    checks = {
        "masks": float(len(corners)),
        "logit": logit,
        "largest_change": float(np.abs(logit - masked).max()),
        "label_flips": float(np.mean(says_yes[0] != says_yes[1])),
    }
    found = _mean_over_masks(change, corners, mask_pixels, x.shape[2:])
    notes = () if stride == 1 else (f"A preview with stride {stride}; stride 1 is exact.",)
    return MethodResult(found, baseline.name, checks, notes)


def _check(x: Tensor, mask_pixels: int, stride: int, reading: str, chunk: int) -> None:
    height, width = x.shape[2:]
    if not 1 <= mask_pixels <= min(height, width):
        raise BadOptionError(
            f"A mask of {mask_pixels} pixels is not accepted: this network sees {height} × {width}, "
            f"so 1 to {min(height, width)}."
        )
    if not 1 <= stride <= mask_pixels:
        raise BadOptionError(
            f"Stride {stride} is not accepted: 1 to {mask_pixels}, the mask's side, so no pixel is left out."
        )
    if reading not in ("output", "label"):
        raise BadOptionError(
            f"Reading '{reading}' is not accepted: output (change of the logit) or label (of yes or no)."
        )
    if chunk < 1:
        raise BadOptionError(f"Chunk {chunk} is not accepted: 1 or more images a pass.")


def _starts(length: int, mask: int, stride: int) -> Iterator[int]:
    """First pixels of the masks along one side; the last mask ends at the edge."""
    last = length - mask
    yield from range(0, last, stride)
    yield last


def _cover(x: Tensor, cover: Tensor, corners: list[tuple[int, int]], mask: int) -> Tensor:
    """One copy of the image for each corner, "n 1 h w", with ``cover`` in the square that begins there."""
    images = x.repeat(len(corners), 1, 1, 1)
    for image, (r, c) in zip(images, corners, strict=True):
        image[:, r : r + mask, c : c + mask] = cover[0, :, r : r + mask, c : c + mask]
    return images


def _mean_over_masks(
    change: np.ndarray, corners: list[tuple[int, int]], mask: int, shape: tuple[int, ...]
) -> np.ndarray:
    total, count = np.zeros(shape), np.zeros(shape)
    for value, (r, c) in zip(change, corners, strict=True):
        total[r : r + mask, c : c + mask] += value
        count[r : r + mask, c : c + mask] += 1.0
    return total / count
