"""Occlusion: what changes when part of the image is covered?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError
from flarescope.explain.methods import Baseline, MethodResult, Progress, frozen, logits, register

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Masks", "Reading", "masked_logits", "occlusion"]

SHARING_STRIDE = 4  # pixels; farther apart, each masked image by itself is as fast
FIELD_OF_VIEW = 27  # pixels: CNN-2 refuses smaller images

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
        The map, with checks ``masks``, ``logit``, ``largest_change`` (of the logit), ``label_flips``
        (share of the masks that turn the answer) and ``shared_work`` (1: masks shared their work, as CNN-2's
        can, with the same result; 0: every masked image was passed).

    Raises:
        BadOptionError: a mask larger than the image, a stride that jumps over pixels, an unknown reading.

    Reference: Zeiler and Fergus 2014, section 4.2; Bhattacharjee et al. 2020, section 4.5 (both readings).
    """
    _check(x, mask_pixels, stride, reading, chunk)
    masks = Masks(tuple(x.shape[2:]), mask_pixels, stride)
    network = frozen(network, x.dtype)
    logit = float(logits(network, x))
    masked = masked_logits(network, x, baseline.image, masks, progress=progress, chunk=chunk)
    says_yes = (logit >= threshold_logit, masked >= threshold_logit)
    change = logit - masked if reading == "output" else float(says_yes[0]) - says_yes[1].astype(float)
    checks = {
        "masks": float(masked.size),
        "logit": logit,
        "largest_change": float(np.abs(logit - masked).max()),
        "label_flips": float(np.mean(says_yes[0] != says_yes[1])),
        "shared_work": float(shares_work(network, masks)),
    }
    notes = () if stride == 1 else (f"A preview with stride {stride}; stride 1 is exact.",)
    return MethodResult(masks.mean(change), baseline.name, checks, notes)


@dataclass(frozen=True)
class Masks:
    """Square masks on an image: one at each pair of a row and a column; the last ends at the far edge.

    Attributes:
        shape: height and width of the image.
        side: of a mask in pixels.
        stride: pixels from one position to the next.
    """

    shape: tuple[int, ...]
    side: int
    stride: int = 1

    @property
    def rows(self) -> list[int]:
        """The masks' first rows."""
        return list(_starts(self.shape[0], self.side, self.stride))

    @property
    def columns(self) -> list[int]:
        """The masks' first columns."""
        return list(_starts(self.shape[1], self.side, self.stride))

    def mean(self, change: Float[np.ndarray, "r c"]) -> Float[np.ndarray, "h w"]:
        """The mean over the masks that cover a pixel of a number that each mask has."""
        total, count = np.zeros(self.shape), np.zeros(self.shape)
        for values, r in zip(change, self.rows, strict=True):
            for value, c in zip(values, self.columns, strict=True):
                total[r : r + self.side, c : c + self.side] += value
                count[r : r + self.side, c : c + self.side] += 1.0
        return total / count


def masked_logits(
    network: nn.Module, x: Tensor, cover: Tensor, masks: Masks, *, progress: Progress, chunk: int = 64
) -> Float[np.ndarray, "r c"]:
    """What does the network say under each mask?

    CNN-2 shares the work between masks (``fast_occlusion``), with the same result; any other network sees
    every masked image.

    Args:
        network: images "n 1 h w" to logits "n", in evaluation mode, without gradients.
        x: the prepared image, "1 1 h w".
        cover: what the masks show, "1 1 h w".
        masks: where they lie.
        progress: told (masks done, masks in all).
        chunk: images a pass; bounds the memory.
    """
    import torch

    cover = cover.to(x.dtype)
    with torch.inference_mode():
        if shares_work(network, masks):
            from flarescope.explain import fast_occlusion

            args = (x, cover, masks.rows, masks.columns, masks.side)
            fast = fast_occlusion.masked_logits(network, *args, progress=progress, chunk=chunk)  # type: ignore[arg-type]
            return np.asarray(fast.double().cpu().numpy())
        corners = [(r, c) for r in masks.rows for c in masks.columns]
        masked = np.empty(len(corners))
        for first in range(0, len(corners), chunk):
            batch = corners[first : first + chunk]
            images = _cover(x, cover, batch, masks.side)
            masked[first : first + len(batch)] = logits(network, images).double().cpu().numpy()
            progress(first + len(batch), len(corners))
    return masked.reshape(len(masks.rows), len(masks.columns))


def shares_work(network: nn.Module, masks: Masks) -> bool:
    """Is this the network whose masks can share their work, and do they lie close enough to gain by it?"""
    from flarescope.models.cnn import Cnn2

    return type(network) is Cnn2 and masks.stride <= SHARING_STRIDE and min(masks.shape) >= FIELD_OF_VIEW


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
