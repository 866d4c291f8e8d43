"""Which forecasts of two sets answer the same question of the same hour?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from flarescope.errors import BadOptionError
from flarescope.times import duration
from flarescope.verify.arrays import probability_array

if TYPE_CHECKING:
    from datetime import timedelta

    from flarescope.sun import Region

__all__ = ["IMAGE_RIVALS", "WHOLE_SUN", "Asked", "Pairs", "Said", "pair_up", "same_region"]

WHOLE_SUN = None
IMAGE_RIVALS = ("image", "image_and_history")
SAME_PLACE_DEGREES = 5.0
HARP_ONLY = (
    "{n} pairs were joined by HARP number alone. Near-real-time and definitive SHARPs are numbered apart, so "
    "this holds only where the numbers were translated."
)


class Asked(NamedTuple):
    """A flare of ``at_least`` starting from ``from_hours`` to ``to_hours`` after the hour."""

    at_least: str = "M1.0"
    from_hours: float = 0.0
    to_hours: float = 24.0


@dataclass(frozen=True, eq=False)
class Said:
    """What was said of some hours, one entry a forecast.

    Attributes:
        name: what these forecasts are called: a file, a folder.
        times: ``datetime64[us]`` UTC "n".
        probability: 0 to 1 "n".
        threshold: yes from this probability on "n"; one number for all is accepted.
        regions: of which region each forecast is, "n"; ``WHOLE_SUN`` (None) of the disk. Empty: all of the
            disk.
        asked: the question of each forecast, "n". Empty: M1.0 and above within 24 h.
        rivals: probabilities "n" by name of ``IMAGE_RIVALS``, what the image says of the same question; NaN
            where a forecast does not tell.
        image_unused: an image was read and had weight 0 in the forecast, "n". Empty: of none that is known.

    Raises:
        BadOptionError: columns of different lengths, a value outside 0 to 1, a missing time.
    """

    name: str
    times: Shaped[np.ndarray, "n"]
    probability: Float[np.ndarray, "n"]
    threshold: Float[np.ndarray, "n"]
    regions: tuple[Region | None, ...] = ()
    asked: tuple[Asked, ...] = ()
    rivals: dict[str, Float[np.ndarray, "n"]] = field(default_factory=dict)
    image_unused: Bool[np.ndarray, "n"] = field(default_factory=lambda: np.zeros(0, bool))

    def __post_init__(self) -> None:
        n = len(self.times)
        times = np.asarray(self.times, "datetime64[us]")
        columns: dict[str, Any] = {
            "times": times,
            "probability": probability_array(self.probability),
            "threshold": probability_array(np.broadcast_to(self.threshold, n).copy(), what="Threshold"),
            "regions": self.regions or (WHOLE_SUN,) * n,
            "asked": self.asked or (Asked(),) * n,
            "image_unused": self.image_unused if len(self.image_unused) else np.zeros(n, bool),
        }
        if np.isnat(times).any():
            raise BadOptionError(f"{self.name}: {np.isnat(times).sum()} times are missing.")
        for name, column in (columns | self.rivals).items():
            if len(column) != n:
                raise BadOptionError(f"{self.name}: {n} times, but {len(column)} of {name}. Give one each.")
        for name, column in columns.items():
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.times)

    def rows(self, chosen: Int[np.ndarray, "m"]) -> Said:
        """These rows only, in this order."""
        return replace(
            self,
            times=self.times[chosen],
            probability=self.probability[chosen],
            threshold=self.threshold[chosen],
            regions=tuple(self.regions[k] for k in chosen),
            asked=tuple(self.asked[k] for k in chosen),
            rivals={name: said[chosen] for name, said in self.rivals.items()},
            image_unused=self.image_unused[chosen],
        )

    def of_rival(self, name: str) -> Float[np.ndarray, "n"]:
        """What a rival says, NaN where a forecast does not tell."""
        return self.rivals.get(name, np.full(len(self), np.nan))


@dataclass(frozen=True, eq=False)
class Pairs:
    """Rows of two sets that belong together.

    Attributes:
        nrt: rows of the near-real-time set "m".
        definitive: their partners in the other set "m".
        only_nrt: rows without a partner.
        only_definitive: the other set's rows without one.
        notes: how regions were joined.
    """

    nrt: Int[np.ndarray, "m"]
    definitive: Int[np.ndarray, "m"]
    only_nrt: Int[np.ndarray, "k"]
    only_definitive: Int[np.ndarray, "l"]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.nrt)


def pair_up(nrt: Said, definitive: Said, *, tolerance: str | timedelta = "6min") -> Pairs:
    """Which forecasts are of the same hour, the same region and the same question?

    Each forecast has at most one partner: the one nearest in time. Regions are the same if they share a NOAA
    number or, where one has none, if they lie within 5° of each other; see ``same_region``.

    Args:
        nrt: forecasts on near-real-time data.
        definitive: forecasts on definitive data.
        tolerance: how far two observations of one hour may lie apart; HMI's slots are 12 minutes.

    Raises:
        BadOptionError: a tolerance that is no duration.
    """
    limit = np.timedelta64(duration(tolerance))
    order = np.argsort(definitive.times, kind="stable")
    times = definitive.times[order]
    first = np.searchsorted(times, nrt.times - limit, "left")
    stop = np.searchsorted(times, nrt.times + limit, "right")
    near = [
        (abs(nrt.times[k] - definitive.times[other]), k, int(other))
        for k in range(len(nrt))
        for other in order[first[k] : stop[k]]
        if nrt.asked[k] == definitive.asked[other] and same_region(nrt.regions[k], definitive.regions[other])
    ]
    taken: dict[int, int] = {}
    partner: dict[int, int] = {}
    for _, k, other in sorted(near):
        if k not in partner and other not in taken:
            partner[k], taken[other] = other, k
    mine = np.array(sorted(partner), int)
    theirs = np.array([partner[k] for k in mine], int)
    return Pairs(
        mine,
        theirs,
        np.setdiff1d(np.arange(len(nrt)), mine),
        np.setdiff1d(np.arange(len(definitive)), theirs),
        _joined_by(nrt, definitive, mine, theirs),
    )


def same_region(a: Region | None, b: Region | None) -> bool:
    """Are these one region? HARP numbers count last: the near-real-time series has its own.

    A shared NOAA number decides where both have one; else their places, within 5° in longitude and latitude;
    else the HARP number. The whole Sun is the same as itself only.
    """
    if a is None or b is None:
        return a is b
    if a.noaa and b.noaa:
        return bool(set(a.noaa) & set(b.noaa))
    if a.position and b.position:
        apart = abs((a.position.longitude - b.position.longitude + 180.0) % 360.0 - 180.0)
        return max(apart, abs(a.position.latitude - b.position.latitude)) <= SAME_PLACE_DEGREES
    return a.harp is not None and a.harp == b.harp


def _joined_by(nrt: Said, definitive: Said, mine: np.ndarray, theirs: np.ndarray) -> tuple[str, ...]:
    """What the joins rest on, where it is not the NOAA number."""
    place = harp = 0
    for k, other in zip(mine, theirs, strict=True):
        a, b = nrt.regions[k], definitive.regions[other]
        if a is None or b is None or (a.noaa and b.noaa):
            continue
        place, harp = (place + 1, harp) if a.position and b.position else (place, harp + 1)
    notes = [f"{place} pairs of regions were joined by their places, for want of NOAA numbers."] * bool(place)
    return (*notes, HARP_ONLY.format(n=harp)) if harp else tuple(notes)
