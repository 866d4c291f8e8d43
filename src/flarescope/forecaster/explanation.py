"""Which pixels raised the image's rate? The whole disk, or each region as the network saw it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flarescope.forecast import Explanation
from flarescope.forecaster.sights import Sight, laid_on, past_limb, seen_by, sights, strange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.forecaster.images import RegionView
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["explain_image", "explain_sight", "together"]


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

    A network of the full disk, or one that was never trained, is explained on the whole image. For a network
    of regions a patch or SHARP is brought to the plane of the sky, explained there and laid back on its own
    grid; on a full disk the most probable regions are explained one by one, each map weighted by the region's
    share of the image's rate. Checks are those of the strongest region, completeness that of the worst, and
    ``past_limb``, the share of the map that has no place on the image, that of all.

    Args:
        image: full disk, SHARP or patch.
        network: a run.
        summary: where the regions of a full disk are; the detector finds them otherwise.
        views: what ``look_at`` found, to spare looking twice.
        method: a registered method of explanation.
        anyway: explain an image that is unlike the training images, which a forecast would not use.
        options: passed on to ``explain``: baseline, dtype, backgrounds, steps, stride, progress, … Where a
            method asks from which logit on the answer is yes, it is told the run's own threshold.

    Raises:
        BadFileError: the image is unlike the training images, and ``anyway`` is False.
        MissingDataError: the image shows no active region, and the network is one of regions.
        BadOptionError: a patch for a network of the full disk, or the summary does not serve the image's
            time.
    """
    seen, notes = sights(image, network, summary=summary, views=views, anyway=anyway)
    found = [explain_sight(sight, network, method=method, **options) for sight in seen]
    return together(image, network, seen, found, notes)


def explain_sight(sight: Sight, network: Run, *, method: str, **options: Any) -> Explanation:
    """One sight explained, on its own grid."""
    from flarescope.explain import METHODS, explain

    if "threshold_logit" in METHODS[method].options:
        options = {"threshold_logit": network.calibration.threshold_logit, **options}
    backgrounds = options.get("backgrounds")
    if backgrounds is not None:
        options = {**options, "backgrounds": seen_by(sight, backgrounds)}
    why = explain(
        network.network, network.preparation, sight.image, method=method, views=(sight.image.view,),
        eight_views=network.calibration.views == 8, **options,
    )  # fmt: skip
    return replace(why, notes=(*why.notes, *_said(backgrounds or ())))


def together(
    image: Magnetogram,
    network: Run,
    seen: Sequence[Sight],
    found: Sequence[Explanation],
    notes: Sequence[str],
) -> Explanation:
    """The explanations of all sights as one of the image: the first one's checks, the worst completeness."""
    errors = [why.checks["completeness"] for why in found if "completeness" in why.checks]
    checks = dict(found[0].checks) | ({"completeness": max(errors)} if errors else {})
    checks["past_limb"] = past_limb(seen, found, network.preparation)
    said = dict.fromkeys([*(note for why in found for note in why.notes), *notes])
    first = found[0]
    prepared = first.prepared if len(found) == 1 else None
    map_ = laid_on(image, seen, found)
    return Explanation(first.method, map_, first.baseline, checks, tuple(said), prepared)


def _said(backgrounds: Sequence[Magnetogram]) -> list[str]:
    """Which backgrounds are unlike the training images?"""
    odd = [(one, why) for one in backgrounds if (why := strange(one)) is not None]
    if not odd:
        return []
    first, why = odd[0]
    return [
        f"{len(odd)} of {len(backgrounds)} backgrounds are unlike the training images, such as "
        f"{first.origin.name}: {why}"
    ]
