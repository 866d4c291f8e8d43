"""What a network is shown of an image: the whole of it, or region by region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.forecaster.images import RegionView, look_at
from flarescope.forecaster.ladder import OUT_OF_DISTRIBUTION
from flarescope.forecaster.shipped import shipped_fusion
from flarescope.geometry import Disk
from flarescope.samples.patch import as_patch, uncut
from flarescope.sources.calibration import patch_scale
from flarescope.times import to_datetime64
from flarescope.training.unseen import unseen_members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.forecast import Explanation
    from flarescope.preparation import Preparation
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram, Region
    from flarescope.training.run import Run

__all__ = ["Sight", "doubts", "laid_on", "past_limb", "seen_by", "sights", "strange", "sunlit"]

MOST_REGIONS = 6
COARSER = 1.5  # times the pixels of the training images


@dataclass(frozen=True, eq=False)
class Sight:
    """One image as a network is shown it.

    Attributes:
        image: the whole image, or the patch of a region.
        weight: share of the image's rate; those of all sights add up to 1.
        region: whose patch it is; None for the whole image.
    """

    image: Magnetogram
    weight: float = 1.0
    region: Region | None = None


def sights(
    image: Magnetogram,
    network: Run,
    *,
    summary: RegionSummary | None = None,
    views: Sequence[RegionView] | None = None,
    anyway: bool = False,
) -> tuple[tuple[Sight, ...], tuple[str, ...]]:
    """What is this network shown of this image?

    A network of the full disk, or one that was never trained, is shown the whole image. One of regions is
    shown a patch or SHARP in the plane of the sky, or the most probable regions of a full disk, at most six.

    Args:
        image: full disk, SHARP or patch.
        network: a run.
        summary: where the regions of a full disk are; the detector finds them otherwise.
        views: what ``look_at`` found, to spare looking twice.
        anyway: take an image that is unlike the training images, which a forecast would not use.

    Returns:
        The sights, the most probable first, and notes for the reader.

    Raises:
        BadFileError: the image is unlike the training images, and ``anyway`` is False.
        BadOptionError: a patch for a network of the full disk.
        MissingDataError: a network of regions, and the image shows none.
    """
    if not anyway:
        _refuse_strange(image)
    if network.sees != "region":
        _refuse_patch(image, network)
        return (Sight(image),), tuple(doubts(image, (), network))
    shown = look_at(image, network, shipped_fusion(), summary) if views is None else views
    seen = list(shown)[:MOST_REGIONS]
    if not seen:
        raise MissingDataError(f"{image.origin.name} shows no active region, so there is nothing to explain.")
    total = sum(view.rate for view in seen)
    found = tuple(Sight(view.patch, view.rate / total, view.region) for view in seen)
    regions = [view.region for view in seen]
    return found, (*_said(image, len(seen), len(shown)), *doubts(image, regions, network))


def seen_by(sight: Sight, others: Sequence[Magnetogram]) -> list[Magnetogram]:
    """The same part of other images: of full disks, the patch at the place of the sight's region."""
    if sight.region is None:
        return list(others)
    return [as_patch(one, sight.region) if one.view == "full_disk" else one for one in others]


def laid_on(
    image: Magnetogram, seen: Sequence[Sight], found: Sequence[Explanation]
) -> Float[np.ndarray, "y x"]:
    """The map of each sight on the image's own grid, each weighted by its share of the rate."""
    if seen[0].image is image:
        return found[0].map
    heat = np.zeros(image.field.shape)
    for sight, why in zip(seen, found, strict=True):
        heat += sight.weight * uncut(np.nan_to_num(why.map), sight.image, image)
    return heat


def past_limb(seen: Sequence[Sight], found: Sequence[Explanation], preparation: Preparation) -> float:
    """How much of the map has no place on the image? Σ|φ| where its field is not known, over Σ|φ|.

    Off the disk a network sees zero field, and a method may find something there all the same, as a square
    of an occlusion that reaches over the limb. On the image's own grid such pixels are NaN.

    Returns:
        0 to 1, over all sights, each weighted by its share of the rate; 0 of maps that are zero everywhere.
    """
    lost = total = 0.0
    for sight, why in zip(seen, found, strict=True):
        known = np.isfinite(sight.image.field)
        if why.prepared is None or (known.all() and len(seen) == 1):
            continue
        everywhere = sight.image.with_field(np.zeros(known.shape))
        size = sight.weight * np.abs(preparation.undo_map(why.prepared, everywhere))
        lost, total = lost + float(size[~known].sum()), total + float(size.sum())
    return lost / total if total > 0.0 else 0.0


def sunlit(sight: Sight, preparation: Preparation) -> Bool[np.ndarray, "h w"]:
    """Which pixels of the network's grid show the Sun? A patch cut at the limb is zero field beyond it."""
    image = sight.image
    if isinstance(image.geometry, Disk):
        rows, columns = image.field.shape
        image = image.with_field(np.where(image.geometry.mask((rows, columns)), image.field, np.nan))
    return preparation.seen(image)


def strange(image: Magnetogram) -> str | None:
    """What makes this image unlike the training images, as its reader noted; None if nothing does."""
    return next((note for note in image.notes if note.startswith(OUT_OF_DISTRIBUTION)), None)


def _refuse_strange(image: Magnetogram) -> None:
    """A forecast leaves such an image out; its explanation would explain nothing."""
    why = strange(image)
    if why is not None:
        raise BadFileError(
            image.origin.name,
            f"it is {why}. A forecast does not use it; to explain it all the same, type --anyway "
            "(in Python: anyway=True).",
        )


def _refuse_patch(image: Magnetogram, network: Run) -> None:
    """A network of the disk says nothing sensible of a patch."""
    if image.view == "region" and (network.sees == "full_disk" or network.preparation.fit == "disk"):
        raise BadOptionError(
            f"{image.origin.name} shows one region, and {network.name} is a network of the full disk. "
            "Give a full-disk magnetogram, or a model of regions such as patch_cnn."
        )


def _said(image: Magnetogram, explained: int, shown: int) -> list[str]:
    if image.view == "region":
        return []
    of_all = f" of {shown}" if shown > explained else ""
    regions = "region" if explained == 1 else "regions"
    return [f"{explained}{of_all} {regions} explained, each weighted by its share of the image's rate."]


def doubts(image: Magnetogram, regions: Sequence[Region], network: Run) -> list[str]:
    """What speaks against trusting this network on this image?"""
    if network.sees == "any":
        return [f"The weights of {network.name} are random: its maps show a method, nothing of the Sun."]
    found = []
    if network.trained_on:
        found.append(
            f"{network.name} was trained on the {network.trained_on}: of the real one it knows nothing."
        )
    if network.in_training([number for region in regions for number in region.noaa]):
        found.append("in_training: the network was trained on a region that this image shows.")
    if network.training_spans:
        free = unseen_members(np.array([to_datetime64(image.time)]), network.training_spans)
        if not free.all():
            seen = f"{int((~free).sum())} of {free.size}"
            found.append(f"in_training: {seen} members were trained within 24 h of this image.")
    if network.scores is not None and network.scores.get("validated") is False:
        found.append(f"{network.name} is not validated: see its card and flarescope evaluate.")
    if network.sees == "region" and _too_coarse(image, network):
        own = image.geometry.megametres_per_pixel if image.geometry else 0.0
        found.append(
            f"{network.name} was not trained on pixels as coarse as this image's {own:.1f} Mm: "
            "neither its answer nor this map means much."
        )
    return found


def _too_coarse(image: Magnetogram, network: Run) -> bool:
    own = image.geometry.megametres_per_pixel if image.geometry else 0.0
    learnt: Any = network.preparation.megametres_per_pixel or patch_scale(image.time).megametres_per_pixel
    return not network.coarse and own > COARSER * float(learnt)
