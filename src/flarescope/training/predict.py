"""Logits of many prepared images, in float32, over one view or eight."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from flarescope.errors import BadOptionError
from flarescope.explain.views import eight_views

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import nn

__all__ = ["predict_logits"]

PIXELS_AT_ONCE = 2**21  # the first layer of cnn2 then takes 270 MB


def predict_logits(
    network: nn.Module,
    images: Float[np.ndarray, "n h w"] | Sequence[Float[np.ndarray, "h w"]],
    *,
    views: int = 1,
    batch: int | None = None,
    transform: Callable[[Float[Tensor, "b 1 h w"]], Float[Tensor, "b 1 h w"]] = lambda x: x,
) -> Float[np.ndarray, "n"]:
    """What does the network say of each prepared image?

    Args:
        network: images "n 1 h w" to logits "n"; it is left in evaluation mode.
        images: prepared, of any float type; in a list they may be of several shapes.
        views: 1 for the image as it is, or 8: the mean logit over east-west and north-south mirroring and
            both polarities, which is steadier.
        batch: images at once; by default as many as make two million pixels.
        transform: done to each batch first.

    Returns:
        Logits in float64; the arithmetic is float32.

    Raises:
        BadOptionError: another number of views.
    """
    if views not in (1, 8):
        raise BadOptionError(
            f"{views} views are not offered. Accepted: 1 (as it is) or 8 (flips and polarities)."
        )
    if not isinstance(images, np.ndarray):
        return _of_several_shapes(network, images, views=views, batch=batch, transform=transform)
    batch = batch or max(1, PIXELS_AT_ONCE // math.prod(images.shape[1:]))
    network.eval()
    device = next(network.parameters()).device
    logits = []
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            x = torch.from_numpy(np.ascontiguousarray(images[start : start + batch], np.float32))[:, None]
            x = transform(x.to(device))
            seen = eight_views(x) if views == 8 else [x]
            said = [network(v.contiguous(memory_format=torch.channels_last)) for v in seen]
            logits.append(torch.stack(said).double().mean(dim=0).cpu().numpy())
    return np.concatenate(logits) if logits else np.zeros(0)


def _of_several_shapes(
    network: nn.Module, images: Sequence[Float[np.ndarray, "h w"]], **options: Any
) -> Float[np.ndarray, "n"]:
    """Images of one shape go together; what is added to an image could change what is said of it."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for row, image in enumerate(images):
        alike.setdefault(image.shape, []).append(row)
    logits = np.zeros(len(images))
    for rows in alike.values():
        logits[rows] = predict_logits(network, np.stack([images[row] for row in rows]), **options)
    return logits
