"""Attribution maps of AlexNet on full disks: ours against captum, in turn, in one process.

Both get the same frozen network with its weights channels last and the tuned allocator. Integrated Gradients
and Guided Grad-CAM must give the same map, which is checked in the same run in float64; Deep SHAP must not:
captum's is incomplete where max-pools overlap, so the completeness of both is told.

Example:
    python -m flarescope.bench.attribution
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["compare"]

STEPS = 50
SMALL = 96  # pixels; AlexNet takes 63 and more


def compare(*, size: int = 512, backgrounds: int = 10, rounds: int = 3) -> dict[str, dict[str, float]]:
    """How long does each map take, and do ours and captum's agree?

    Args:
        size: side of the images in pixels.
        backgrounds: of Deep SHAP.
        rounds: turns of each; medians are taken.

    Returns:
        For each method the seconds a map (``ours``, ``captum``), their ``ratio``, and the
        ``largest_difference`` of the two maps relative to the largest attribution, in float64 on
        a small image; for Deep SHAP the completeness of both instead, at full size in float32.
    """
    import torch

    from flarescope.compute import keep_memory
    from flarescope.explain.methods import frozen
    from flarescope.models.alexnet import AlexNet

    keep_memory()
    torch.manual_seed(5)
    network = frozen(AlexNet().eval(), torch.float32)
    x, others = torch.randn(1, 1, size, size), 0.3 * torch.randn(backgrounds, 1, size, size)
    exact, small = frozen(network, torch.float64), torch.randn(1, 1, SMALL, SMALL, dtype=torch.float64)
    with warnings.catch_warnings():  # captum tells that it sets hooks and requires gradients
        warnings.simplefilter("ignore")
        return {name: _compared(name, (network, x, others), (exact, small, small), rounds) for name in _WAYS}


def _compared(
    name: str,
    case: tuple[nn.Module, Tensor, Tensor],
    exact: tuple[nn.Module, Tensor, Tensor],
    rounds: int,
) -> dict[str, float]:
    """One method: both ways in turn on ``case``, and how far they agree on ``exact``."""
    ways = _WAYS[name]
    seconds = [[_seconds(way, *case) for way in ways] for _ in range(rounds)]
    mine, theirs = (statistics.median(column) for column in zip(*seconds, strict=True))
    found = {"ours": mine, "captum": theirs, "ratio": theirs / mine}
    if name == "deep_shap":
        errors = [_completeness(way(*case), *case) for way in ways]
        return found | {"completeness": errors[0], "completeness_captum": errors[1]}
    ours, captum = (way(*exact) for way in ways)
    return found | {"largest_difference": float(np.abs(ours - captum).max() / np.abs(captum).max())}


def _ours(method: str, **options: Any) -> Callable[..., np.ndarray]:
    from flarescope.explain import METHODS

    def way(network: nn.Module, x: Tensor, others: Tensor) -> np.ndarray:
        given: dict[str, Any] = {"backgrounds": others} if method == "deep_shap" else {}
        return METHODS[method](network, x, **given, **options).map

    return way


def _captum_integrated(network: nn.Module, x: Tensor, others: Tensor) -> np.ndarray:
    from captum.attr import IntegratedGradients

    told = {"n_steps": STEPS, "method": "riemann_middle", "internal_batch_size": 16}
    return _plain(IntegratedGradients(network).attribute(x, x.new_zeros(x.shape), **told))


def _captum_guided(network: nn.Module, x: Tensor, others: Tensor) -> np.ndarray:
    from captum.attr import GuidedGradCam

    last = network.get_submodule("features.10")
    return _plain(GuidedGradCam(network, last).attribute(x, interpolate_mode="bilinear"))


def _captum_shap(network: nn.Module, x: Tensor, others: Tensor) -> np.ndarray:
    """One background after the other: DeepLiftShap takes all at once, and far more memory."""
    from captum.attr import DeepLift
    from torch import nn as layers

    explainer = DeepLift(layers.Sequential(network, layers.Unflatten(0, (-1, 1))))
    maps = [_plain(explainer.attribute(x, other[None], target=0)) for other in others]
    return np.asarray(np.mean(maps, axis=0))


_WAYS: dict[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]] = {
    "deep_shap": (_ours("deep_shap"), _captum_shap),
    "guided_grad_cam": (_ours("guided_grad_cam"), _captum_guided),
    "integrated_gradients": (
        _ours("integrated_gradients", steps=STEPS, most_steps=STEPS),
        _captum_integrated,
    ),
}


def _completeness(attribution: np.ndarray, network: nn.Module, x: Tensor, others: Tensor) -> float:
    """Against the difference of the logits in float64."""
    import torch

    from flarescope.explain.methods import completeness, frozen

    exact = frozen(network, torch.float64)
    with torch.inference_mode():
        logit, *rest = [float(exact(image[None].double())) for image in torch.cat([x, others])]
    return completeness(attribution, logit - statistics.fmean(rest))


def _plain(attribution: Tensor) -> np.ndarray:
    return np.asarray(attribution[0, 0].detach().double().numpy())


def _seconds(way: Callable[..., np.ndarray], network: nn.Module, x: Tensor, others: Tensor) -> float:
    begin = time.perf_counter()
    way(network, x, others)
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.stdout.write(json.dumps(compare(), indent=1) + "\n")
