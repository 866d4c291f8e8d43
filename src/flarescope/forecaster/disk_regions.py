"""Which active regions are on the disk when the image is taken, and how much of a map lies in each?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.explain.shares import name_of, region_shares
from flarescope.forecaster.images import as_trained
from flarescope.geometry import CeaGrid, Disk
from flarescope.samples.detect import detect, regions_from_summary
from flarescope.sun import Region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.explain.shares import RegionShare
    from flarescope.forecast import Explanation
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["left_out", "regions_on", "shares_of"]


def regions_on(image: Magnetogram, summary: RegionSummary | None = None) -> tuple[Region, ...]:
    """Which active regions does this image show, and where?

    On a full disk those of the summary, turned with the Sun (faster at the equator than at the poles) from
    the time its places hold for to the image's time, up to the limb; without a summary those that the
    detector finds, up to 70° from the disk's centre, which have no number. On a patch its own region.

    Args:
        image: full disk, SHARP or patch.
        summary: the newest Solar Region Summary issued before the image.

    Returns:
        Regions with their places at the image's time; none on a patch whose place nobody knows.

    Raises:
        BadOptionError: the summary does not serve the image's time, or a full disk whose place is unknown.
    """
    if image.view == "region":
        return (image.region,) if image.place and image.region and image.region.position else ()
    if summary is None:
        return tuple(found.region for found in detect(image))
    disk = image.geometry
    if not isinstance(disk, Disk):
        raise BadOptionError(f"{image.origin.name} shows no disk on which regions could be placed.")
    turned = regions_from_summary(summary, image.time, limb_degrees=90.0)
    return tuple(region for region in turned if _on_disk(region, disk))


def left_out(image: Magnetogram, summary: RegionSummary | None) -> tuple[str, ...]:
    """Which regions of the summary does the image not show? Notes for the reader."""
    if summary is None or image.view == "region":
        return ()
    shown = {number for region in regions_on(image, summary) for number in region.noaa}
    gone = [one.region for one in summary.regions if not set(one.region.noaa) <= shown]
    if not gone:
        return ()
    names = ", ".join(name_of(region) for region in gone)
    return (f"Behind the limb when the image was taken, and left out: {names}.",)


def shares_of(
    image: Magnetogram, why: Explanation, network: Run, summary: RegionSummary | None = None
) -> tuple[RegionShare, ...]:
    """How much of an explanation lies in each region of the image? See ``region_shares``.

    What the map holds off the disk (``past_limb`` of its checks) counts as "elsewhere". Where regions were
    explained one by one, ``signed`` is in logits of a region's own answer, times the region's share of the
    image's rate: a part of the image's answer, as ``share`` is.

    Args:
        image: what was explained.
        why: its explanation, on the image's own grid.
        network: the run that was explained; its preparation tells how many of its pixels lie in one of the
            image's, so that signed sums are logits (on a SHARP, at the middle of its patch).
        summary: where the regions are, as in ``regions_on``.

    Returns:
        The largest share first, "elsewhere" last; none where nobody knows the image's place on the Sun.

    Raises:
        BadOptionError: the summary does not serve the image's time.
    """
    if image.place is None:
        return ()
    regions = regions_on(image, summary)
    found = region_shares(why.map, image, regions, input_pixels=_input_pixels(image, regions, network))
    lost = why.checks.get("past_limb", 0.0)
    *own, elsewhere = [replace(one, share=(1.0 - lost) * one.share) for one in found]
    return (*own, replace(elsewhere, share=elsewhere.share + lost))


def _input_pixels(image: Magnetogram, regions: Sequence[Region], network: Run) -> float:
    """Pixels of the network's grid in one of the image's."""
    if network.sees != "region":
        return network.preparation.input_pixels(image)
    patch = as_trained(image, regions[0] if regions else Region(), network)
    shared = network.preparation.input_pixels(patch)
    if not isinstance(image.geometry, CeaGrid) or not isinstance(patch.geometry, Disk):
        return shared
    rows, columns = patch.field.shape
    mu = float(np.nan_to_num(patch.geometry.mu((rows, columns))[rows // 2, columns // 2]))
    return shared * mu * (image.geometry.megametres_per_pixel / patch.geometry.megametres_per_pixel) ** 2


def _on_disk(region: Region, disk: Disk) -> bool:
    place = region.position
    return place is not None and bool(np.isfinite(disk.pixel(place.longitude, place.latitude)).all())
