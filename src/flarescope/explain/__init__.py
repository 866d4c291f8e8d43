"""Why did the network say so? Attribution maps, each with the checks that tell whether it can be trusted.

A method is registered under a name and declares what it promises; ``explain`` runs it on a magnetogram.
Torch is imported only when a method runs.

Example:
    >>> import flarescope.explain
    >>> list(flarescope.explain.METHODS)
    ['deep_shap', 'guided_grad_cam', 'integrated_gradients', 'occlusion']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from flarescope.errors import BadOptionError, NoRuleError
from flarescope.explain import deep_shap, gradients, guided_grad_cam, occlusion
from flarescope.explain.backgrounds import quiet_copies
from flarescope.explain.baselines import BASELINES
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    "deep_shap",
    "explain",
    "gradients",
    "guided_grad_cam",
    "occlusion",
    "quiet_copies",
    "register",
]

Precision = Literal["float32", "float64"]
QUIET_ONLY = (
    "Differs from its backgrounds in active regions only, so its shares lie there whatever the network has "
    "learnt."
)


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
    backgrounds: Sequence[Magnetogram] | None = None,
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
        baseline: a name in ``BASELINES``: "zero_field", "black", "blurred" or "mean_disk"; a method that
            compares with nothing ("guided_grad_cam") notes that it did not use it.
        dtype: arithmetic of the network; "float64" is slower and settles doubts about rounding.
        views: what the network was trained to see.
        eight_views: explain the mean logit over mirror images and polarities, for a run that uses it.
        progress: told (done, of) now and then.
        backgrounds: images to compare with, for a method that takes several ("deep_shap"). Where none are
            given it takes ten quiet copies of the magnetogram, or the one baseline if that is not
            "zero_field".
        options: of the method, such as ``steps=64`` or ``stride=4``.

    Returns:
        An ``Explanation`` whose checks hold ``logit``, and ``completeness`` (0 is perfect) where the method
        promises it.

    Raises:
        UnknownNameError: no such method or baseline.
        BadOptionError: the network was not trained to see such an image; the method has no such option; a
            background is of another view, encoding or shape.
        NoRuleError: the method has no rule for a layer of the network, or its numbers are not finite.
    """
    chosen, nothing = METHODS[method], BASELINES[baseline](magnetogram)
    _refuse_unseen_view(magnetogram, views)
    if dtype not in ("float32", "float64"):
        raise BadOptionError(f"Arithmetic in '{dtype}' is not accepted: float32 or float64.")
    if eight_views:
        network = _eight_views(network)
        options = {"chunk": 4, **options} if "chunk" in chosen.options else options  # 32 images a pass
    images = [
        _tensor([preparation.apply(m)], network, dtype)
        for m in (magnetogram, magnetogram.with_field(nothing))
    ]
    against = baseline if backgrounds is None else "backgrounds"
    if against == "zero_field" and "backgrounds" in chosen.options:
        against, backgrounds = "quiet_copies", quiet_copies(magnetogram)
    if backgrounds is not None:
        prepared = _prepared(backgrounds, magnetogram, preparation)
        options["backgrounds"] = _tensor(prepared, network, dtype)
    result = chosen(network, images[0], baseline=Baseline(baseline, images[1]), progress=progress, **options)
    if not np.isfinite(result.map).all():
        raise NoRuleError(
            f"Method '{method}' gave numbers that are not finite on {magnetogram.origin.name}. "
            "Try dtype float64."
        )
    laid_back = preparation.undo_map(result.map, magnetogram)
    notes = (*result.notes, *_notes(chosen, baseline, against, result.map))
    return Explanation(method, laid_back, against, result.checks, notes, result.map)


def _notes(method: Method, baseline: str, against: str, found: np.ndarray) -> Iterator[str]:
    """What a reader must know of any method's map."""
    if not method.uses_baseline and baseline != "zero_field":
        yield f"The baseline '{baseline}' was not used: {method.name} compares with nothing."
    if against == "quiet_copies":
        yield QUIET_ONLY
    if not found.any():
        yield "The map is zero everywhere: nothing to draw."


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


def _prepared(
    backgrounds: Sequence[Magnetogram], magnetogram: Magnetogram, preparation: Preparation
) -> list[np.ndarray]:
    """The backgrounds as the network sees them; one that cannot be compared with the image is refused."""
    if not backgrounds:
        raise BadOptionError("There are no backgrounds: give one or more, or leave the choice to the method.")
    shape, prepared = preparation.apply(magnetogram).shape, []
    for background in backgrounds:
        name = background.origin.name
        if background.view != magnetogram.view:
            raise BadOptionError(
                f"Background {name} shows a {background.view.replace('_', ' ')}, the image a "
                f"{magnetogram.view.replace('_', ' ')}. Give backgrounds of the image's kind."
            )
        image = preparation.apply(background)
        if image.shape != shape:
            raise BadOptionError(
                f"Background {name} is prepared to {image.shape[0]}×{image.shape[1]} pixels, the image to "
                f"{shape[0]}×{shape[1]}. Give backgrounds of the image's size."
            )
        prepared.append(image)
    return prepared


def _tensor(images: Sequence[np.ndarray], network: nn.Module, dtype: Precision) -> Any:
    """Prepared images "h w" as the network takes them, "n 1 h w", beside the weights."""
    import torch

    weight = next(network.parameters(), None)
    device = weight.device if weight is not None else torch.device("cpu")
    return torch.from_numpy(np.stack(images)).to(device, getattr(torch, dtype))[:, None]
