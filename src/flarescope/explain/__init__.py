"""Why did the network say so? Attribution maps, each with the checks that tell whether it can be trusted.

A method is registered under a name and declares what it promises; ``explain`` runs it on a magnetogram.
Torch is imported only when a method runs.

Example:
    >>> import flarescope.explain
    >>> list(flarescope.explain.METHODS)
    ['integrated_gradients', 'occlusion']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.explain import gradients, occlusion
from flarescope.explain.methods import (
    METHODS,
    Baseline,
    Method,
    MethodResult,
    Progress,
    completeness,
    register,
)
from flarescope.forecast import Explanation
from flarescope.registry import Registry
from flarescope.sun import ZERO_GREY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import nn

    from flarescope.preparation import Preparation
    from flarescope.sun import Magnetogram, View

__all__ = [
    "BASELINES",
    "METHODS",
    "Baseline",
    "Method",
    "MethodResult",
    "Precision",
    "Progress",
    "completeness",
    "explain",
    "gradients",
    "occlusion",
    "register",
]

Precision = Literal["float32", "float64"]
BASELINES: Registry[Callable[[Magnetogram], float]] = Registry("baseline")
"""Named levels of the field that stand for "nothing there"; the preparation brings them to the network."""


@BASELINES.register("zero_field")
def _zero_field(magnetogram: Magnetogram) -> float:
    return 0.0 if magnetogram.encoding == "gauss" else ZERO_GREY


@BASELINES.register("mean")
def _mean(magnetogram: Magnetogram) -> float:
    """The image's own mean: all structure gone, the net flux kept."""
    return float(np.nanmean(magnetogram.field))


@BASELINES.register("black")
def _black(magnetogram: Magnetogram) -> float:
    """The darkest the image format can show; in gauss, the strongest negative field of the image."""
    return float(np.nanmin(magnetogram.field)) if magnetogram.encoding == "gauss" else 0.0


def explain(
    network: nn.Module,
    preparation: Preparation,
    magnetogram: Magnetogram,
    *,
    method: str = "integrated_gradients",
    baseline: str = "zero_field",
    dtype: Precision = "float32",
    views: Sequence[View] = ("region",),
    eight_views: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Explanation:
    """Which pixels made this network say so?

    The magnetogram is prepared as in training and explained on the network's own grid, where completeness is
    measured. Then the map is laid back on the magnetogram's grid: NaN off the disk, zero where the network
    saw nothing, otherwise logit per pixel of the network's grid.

    Args:
        network: images "n 1 h w" to logits "n".
        preparation: the one the network was trained with.
        magnetogram: what to explain.
        method: a name in ``METHODS``.
        baseline: a name in ``BASELINES``: "zero_field", "mean" or "black".
        dtype: arithmetic of the network; "float64" is slower and settles doubts about rounding.
        views: what the network was trained to see.
        eight_views: explain the mean logit over mirror images and polarities, for a run that uses it.
        progress: told (done, of) now and then.
        options: of the method, such as ``steps=64`` or ``stride=4``.

    Returns:
        An ``Explanation`` whose checks hold ``logit``, and ``completeness`` (0 is perfect) where the method
        promises it.

    Raises:
        UnknownNameError: no such method or baseline.
        BadOptionError: the network was not trained to see such an image, or the method has no such option.
    """
    chosen, level = METHODS[method], BASELINES[baseline](magnetogram)
    _refuse_unseen_view(magnetogram, views)
    if dtype not in ("float32", "float64"):
        raise BadOptionError(f"Arithmetic in '{dtype}' is not accepted: float32 or float64.")
    if eight_views:
        network = _eight_views(network)
        options = {"chunk": 4, **options} if "chunk" in chosen.options else options  # 32 images a pass
    nothing = magnetogram.with_field(np.where(np.isfinite(magnetogram.field), level, np.nan))
    images = [_tensor(preparation.apply(m), network, dtype) for m in (magnetogram, nothing)]
    result = chosen(network, images[0], baseline=Baseline(baseline, images[1]), progress=progress, **options)
    if not np.isfinite(result.map).all():
        raise BadOptionError(
            f"Method '{method}' gave numbers that are not finite on {magnetogram.origin.name}. "
            "Try dtype float64."
        )
    notes = (
        result.notes if result.map.any() else (*result.notes, "The map is zero everywhere: nothing to draw.")
    )
    return Explanation(
        method, preparation.undo_map(result.map, magnetogram), result.baseline, result.checks, notes
    )


def _refuse_unseen_view(magnetogram: Magnetogram, views: Sequence[View]) -> None:
    """A network trained on patches says nothing sensible of a whole disk: the forecaster cuts regions out."""
    if magnetogram.view not in views:
        raise BadOptionError(
            f"{magnetogram.origin.name} shows a {magnetogram.view.replace('_', ' ')}, and this model was "
            f"trained on {' and '.join(view.replace('_', ' ') for view in views)} images. "
            "Give a patch around one active region, such as a SHARP file, or a model of the full disk."
        )


def _eight_views(network: nn.Module) -> nn.Module:
    from flarescope.explain.views import EightViews

    return EightViews(network)


def _tensor(image: np.ndarray, network: nn.Module, dtype: Precision) -> Any:
    """A prepared image "h w" as the network takes it, "1 1 h w", beside the weights."""
    import torch

    weight = next(network.parameters(), None)
    device = weight.device if weight is not None else torch.device("cpu")
    return torch.from_numpy(np.ascontiguousarray(image)).to(device, getattr(torch, dtype))[None, None]
