"""What the region network says of an image: region by region, on the scale it was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flarescope.samples.detect import detect, regions_from_summary
from flarescope.samples.patch import as_patch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.models.fusion import Fusion
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram, Region
    from flarescope.training.run import Run

__all__ = ["RegionView", "as_trained", "look_at"]

TRAINED_FROM, TRAINED_TO = 2012, 2017


@dataclass(frozen=True, eq=False)
class RegionView:
    """One active region as the network saw it.

    Attributes:
        region: number and place, as far as known.
        patch: what the network was shown.
        probability: the network's own, at the base rate of its training frames.
        rate: −ln(1 − p) at the base rate of the Solar Region Summaries.
    """

    region: Region
    patch: Magnetogram
    probability: float
    rate: float

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the probability is the image's alone, at the Sun's base rate."""
        from flarescope.models.history import probability

        place = self.region.position
        return {
            "noaa": list(self.region.noaa),
            "harp": self.region.harp,
            "longitude": round(place.longitude, 1) if place else None,
            "latitude": round(place.latitude, 1) if place else None,
            "image_probability": round(float(probability(self.rate)), 4),
        }


def look_at(
    image: Magnetogram, network: Run, fusion: Fusion, summary: RegionSummary | None = None
) -> tuple[RegionView, ...]:
    """Which regions does the image show, and how probable does the network hold a flare in each?

    A patch or SHARP is one region. On a full disk the regions come from the summary, or else from the
    detector; the most probable stands first.
    """
    regions = _regions(image, summary)
    if not regions:
        return ()
    patches = [as_trained(image, region, network) for region in regions]
    said = network.probability(patches)
    views = [
        RegionView(region, patch, float(p), float(fusion.image_rate(p)))
        for region, patch, p in zip(regions, patches, said, strict=True)
    ]
    return tuple(sorted(views, key=lambda view: -view.rate))


def as_trained(image: Magnetogram, region: Region, network: Run) -> Magnetogram:
    """What a network of regions is used to see: a grey patch in the plane of the sky, or gauss."""
    if image.view == "region":
        return image if network.preparation.encoding == "gauss" else as_patch(image)
    return as_patch(image, region)


def _regions(image: Magnetogram, summary: RegionSummary | None) -> Sequence[Region]:
    from flarescope.sun import Region

    if image.view == "region":
        return [image.region or Region()]
    if summary is not None:
        return regions_from_summary(summary, image.time)
    return [found.region for found in detect(image)]


def training_note(views: Sequence[RegionView], network: Run, year: int) -> list[str]:
    """Was the network trained on one of these regions? Then its word on them is no test."""
    numbers = [n for view in views for n in view.region.noaa]
    if network.in_training(numbers):
        return ["in_training: the network was trained on a region that this image shows."]
    if TRAINED_FROM <= year <= TRAINED_TO and not numbers and views:
        return ["in_training?: the network's training regions are of these years, and these have no number."]
    return []
