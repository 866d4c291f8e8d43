"""Which pixels raised the image's rate? Each region is explained as the network saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import MissingDataError
from flarescope.forecast import Explanation
from flarescope.forecaster.images import RegionView, look_at
from flarescope.forecaster.shipped import shipped_fusion
from flarescope.samples.patch import uncut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["explain_image"]

MOST_REGIONS = 6


def explain_image(
    image: Magnetogram,
    network: Run,
    *,
    summary: RegionSummary | None = None,
    views: Sequence[RegionView] | None = None,
    method: str = "integrated_gradients",
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
        options: passed on to ``explain``: baseline, dtype, steps, stride, progress, …

    Raises:
        MissingDataError: the image shows no active region.
    """
    from flarescope.explain import explain

    seen = look_at(image, network, shipped_fusion(), summary) if views is None else views
    seen = list(seen)[:MOST_REGIONS]
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
    return Explanation(method, heat, found[0].baseline, _worst(found), (*notes, *_said(image, seen)))


def _worst(found: Sequence[Explanation]) -> dict[str, float]:
    """The strongest region's numbers, and the largest completeness error of all."""
    checks = dict(found[0].checks)
    errors = [why.checks["completeness"] for why in found if "completeness" in why.checks]
    return checks | ({"completeness": max(errors)} if errors else {})


def _said(image: Magnetogram, seen: Sequence[RegionView]) -> list[str]:
    if image.view == "region":
        return []
    return [f"{len(seen)} regions explained, each weighted by its share of the image's rate."]
