"""Does the map point at the region that flared? A game with rules, and rivals that need no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flarescope.explain.shares import RegionShare, separation
from flarescope.sun import Position, Region

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RIVALS", "PointingCase", "pointing_game", "points_at", "region_of"]

RIVALS = ("largest_region", "flared_last", "chance")
WITHIN_DEGREES = 10.0  # a flare lies in its region, not at its centre


@dataclass(frozen=True)
class PointingCase:
    """One image before a flare.

    Attributes:
        image: its name.
        shares: method → shares of the image's regions; every method has the same regions.
        flared: the region that flared, or the flare's own position.
        flared_last: the region that had flared last when the image was taken; None if none had.
        block: what belongs together in intervals, such as five days or a region.
    """

    image: str
    shares: Mapping[str, Sequence[RegionShare]]
    flared: Region | Position
    flared_last: Region | Position | None = None
    block: str | int = 0


def points_at(shares: Sequence[RegionShare], flared: Region | Position) -> bool:
    """Is the region with the largest share the one that flared?

    "Elsewhere" does not compete: it is nearly the whole disk. A map without any share in a region points
    nowhere; a flare that lies in no region of the list cannot be pointed at.

    Args:
        shares: of ``region_shares``.
        flared: a region, found in the list by its NOAA or HARP number or else, where one of the two has no
            NOAA number, by its position; or a position, found in the nearest region within 10°.

    Reference:
        Zhang et al. 2018, IJCV 126, 1084, section 4.1 (the pointing game).
    """
    regions = [one.region for one in shares if one.region is not None]
    best = max((one for one in shares if one.region is not None), key=lambda one: one.share, default=None)
    if best is None or best.share <= 0.0:
        return False
    return best.region is not None and best.region == region_of(flared, regions)


def region_of(flared: Region | Position, regions: Sequence[Region]) -> Region | None:
    """Which of these regions is meant?

    The first with a NOAA number in common, else the one of the same HARP; else the nearest within 10°, but
    none whose NOAA numbers are others than those meant.
    """
    if isinstance(flared, Region):
        numbers = set(flared.noaa)
        same = [region for region in regions if numbers & set(region.noaa)]
        same += [region for region in regions if flared.harp is not None and region.harp == flared.harp]
        if same:
            return same[0]
        regions = [region for region in regions if not (numbers and region.noaa)]
    place = flared if isinstance(flared, Position) else flared.position
    if place is None:
        return None
    away = [_away(region, place) for region in regions]
    nearest = int(np.argmin(away)) if away else -1
    return regions[nearest] if away and away[nearest] <= WITHIN_DEGREES else None


def pointing_game(cases: Sequence[PointingCase]) -> pd.DataFrame:
    """How often does each method point at the region that flared, and how often do its rivals?

    Rivals: "largest_region", by area, wrong where no area is known; "flared_last", the region that flared
    last, wrong where none had; "chance", one region at random.

    Returns:
        One row for each image and method or rival: method, image, block, ``points_at`` (1 right, 0 wrong;
        for "chance" a probability). ``trust.trust_table`` turns it into shares with intervals.
    """
    import pandas as pd

    rows = []
    for case in cases:
        answers = {method: float(points_at(shares, case.flared)) for method, shares in case.shares.items()}
        answers |= _rivals(case)
        rows += [(method, case.image, case.block, answer) for method, answer in answers.items()]
    return pd.DataFrame(rows, columns=["method", "image", "block", "points_at"])


def _rivals(case: PointingCase) -> dict[str, float]:
    shares = next(iter(case.shares.values()), ())
    regions = [one.region for one in shares if one.region is not None]
    right = region_of(case.flared, regions)
    if right is None:
        return dict.fromkeys(RIVALS, 0.0)
    largest = max(regions, key=lambda region: region.area_msh or 0.0)
    last = region_of(case.flared_last, regions) if case.flared_last is not None else None
    by_area = bool(largest.area_msh) and largest == right
    return dict(zip(RIVALS, (float(by_area), float(last == right), 1.0 / len(regions)), strict=True))


def _away(region: Region, place: Position) -> float:
    if region.position is None:
        return np.inf
    own = region.position
    return float(separation(np.asarray(own.longitude), np.asarray(own.latitude), place))
