"""Which pixels raised the image's rate? Each region is explained as the network saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import BadFileError, MissingDataError
from flarescope.forecast import Explanation
from flarescope.forecaster.images import RegionView, look_at
from flarescope.forecaster.ladder import OUT_OF_DISTRIBUTION
from flarescope.forecaster.shipped import shipped_fusion
from flarescope.samples.patch import uncut
from flarescope.sources.calibration import patch_scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["explain_image"]

MOST_REGIONS = 6
COARSER = 1.5  # times the pixels of the training images


def explain_image(
    image: Magnetogram,
    network: Run,
    *,
    summary: RegionSummary | None = None,
    views: Sequence[RegionView] | None = None,
    method: str = "integrated_gradients",
    anyway: bool = False,
    **options: Any,
) -> Explanation:
    """Which pixels of this image made the network say so?

    A patch or SHARP is brought to the plane of the sky, explained there and laid back on its own grid. On a
    full disk the most probable regions are explained one by one, each map weighted by the region's share
    of the image's rate; checks are those of the worst region.

    Args:
        image: full disk, SHARP or patch.
        network: a trained run.
        summary: where the regions of a full disk are; the detector finds them otherwise.
        views: what ``look_at`` found, to spare looking twice.
        method: a registered method of explanation.
        anyway: explain an image that is unlike the training images, which a forecast would not use.
        options: passed on to ``explain``: baseline, dtype, steps, stride, progress, … Where a method asks
            from which logit on the answer is yes, it is told the run's own threshold.

    Raises:
        BadFileError: the image is unlike the training images, and ``anyway`` is False.
        MissingDataError: the image shows no active region.
        BadOptionError: the summary does not serve the image's time.
    """
    from flarescope.explain import METHODS, explain

    if not anyway:
        _refuse_strange(image)
    if "threshold_logit" in METHODS[method].options:
        options = {"threshold_logit": network.calibration.threshold_logit, **options}
    shown = look_at(image, network, shipped_fusion(), summary) if views is None else views
    seen = list(shown)[:MOST_REGIONS]
    if not seen:
        raise MissingDataError(f"{image.origin.name} shows no active region, so there is nothing to explain.")
    total = sum(view.rate for view in seen)
    eight = network.calibration.views == 8
    found = [
        explain(network.network, network.preparation, view.patch, method=method, eight_views=eight, **options)
        for view in seen
    ]
    heat = np.zeros(image.field.shape)
    for view, why in zip(seen, found, strict=True):
        heat += view.rate / total * uncut(np.nan_to_num(why.map), view.patch, image)
    notes = dict.fromkeys(note for why in found for note in why.notes)
    notes |= dict.fromkeys([*_said(image, len(seen), len(shown)), *_doubts(image, seen, network)])
    return Explanation(method, heat, found[0].baseline, _worst(found), tuple(notes))


def _refuse_strange(image: Magnetogram) -> None:
    """A forecast leaves such an image out; its explanation would explain nothing."""
    strange = next((note for note in image.notes if note.startswith(OUT_OF_DISTRIBUTION)), None)
    if strange is not None:
        raise BadFileError(
            image.origin.name,
            f"it is {strange}. A forecast does not use it; to explain it all the same, type --anyway "
            "(in Python: anyway=True).",
        )


def _worst(found: Sequence[Explanation]) -> dict[str, float]:
    """The strongest region's numbers, and the largest completeness error of all."""
    checks = dict(found[0].checks)
    errors = [why.checks["completeness"] for why in found if "completeness" in why.checks]
    return checks | ({"completeness": max(errors)} if errors else {})


def _said(image: Magnetogram, explained: int, shown: int) -> list[str]:
    if image.view == "region":
        return []
    of_all = f" of {shown}" if shown > explained else ""
    regions = "region" if explained == 1 else "regions"
    return [f"{explained}{of_all} {regions} explained, each weighted by its share of the image's rate."]


def _doubts(image: Magnetogram, seen: Sequence[RegionView], network: Run) -> list[str]:
    """What speaks against trusting this network on this image."""
    doubts = []
    if network.trained_on:
        doubts.append(
            f"{network.name} was trained on the {network.trained_on}: of the real one it knows nothing."
        )
    if network.in_training([number for view in seen for number in view.region.noaa]):
        doubts.append("in_training: the network was trained on a region that this image shows.")
    own = image.geometry.megametres_per_pixel if image.geometry else 0.0
    learnt = network.preparation.megametres_per_pixel or patch_scale(image.time).megametres_per_pixel
    if not network.coarse and own > COARSER * learnt:
        doubts.append(
            f"{network.name} was not trained on pixels as coarse as this image's {own:.1f} Mm: "
            "neither its answer nor this map means much."
        )
    return doubts
