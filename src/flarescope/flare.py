"""Solar flares and lists of them.

A flare's strength is the peak of its soft X-ray flux (GOES 1-8 Å). Two scales exist: up to 2019 the
published classes are "operational" (0.7 times the true flux), later ones are "science". A list without a
flare on some days may have a hole there: ``FlareCatalog.covers`` says where silence means quiet.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.times import to_datetime64, utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flarescope.sun import Position

__all__ = ["Flare", "FlareCatalog", "FlareColumns", "GoesClass", "GoesScale", "scale_by_date"]

GoesScale = Literal["operational", "science"]
OPERATIONAL_OVER_SCIENCE = 0.7  # the factor SWPC applied to the XRS fluxes of GOES 8 to 15
SCIENCE_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
_LETTERS = "ABCMX"
_CLASS = re.compile(r"^\s*([ABCMX])\s*(\d+(?:\.\d*)?|\.\d+)?\s*$", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class GoesClass:
    """How strong was the flare?

    The letter gives the decade of the peak flux (A 1e-8, B 1e-7, C 1e-6, M 1e-5, X 1e-4 W m⁻²), the
    magnitude multiplies it. M10 is X1: classes are kept in their normal form and ordered by flux.

    Raises:
        BadOptionError: the text is not a class.

    Example:
        >>> GoesClass("X9.3") < GoesClass("X17")
        True
        >>> GoesClass("M10").letter
        'X'
    """

    letter: str
    magnitude: float = -1.0

    def __post_init__(self) -> None:
        letter, magnitude = self.letter, self.magnitude
        if magnitude == -1.0:
            match = _CLASS.match(letter) if isinstance(letter, str) else None
            if not match:
                raise BadOptionError(
                    f"GOES class '{letter}' cannot be read. Accepted: such as C1.0, M5 or X2.2."
                )
            letter, magnitude = match[1].upper(), float(match[2] or 1.0)
        if letter not in _LETTERS or not (0.0 < magnitude < 1e4):
            raise BadOptionError(
                f"GOES class '{letter}{magnitude}' is outside A to X with a magnitude above 0."
            )
        step = _LETTERS.index(letter)
        while magnitude >= 10.0 and step < 4:
            step, magnitude = step + 1, magnitude / 10.0
        while magnitude < 1.0 and step > 0:
            step, magnitude = step - 1, magnitude * 10.0
        object.__setattr__(self, "letter", _LETTERS[step])
        object.__setattr__(self, "magnitude", round(magnitude, 9))

    @property
    def peak_flux(self) -> float:
        """Peak of the 1-8 Å flux in W m⁻²."""
        return float(self.magnitude * 10.0 ** (_LETTERS.index(self.letter) - 8))

    @classmethod
    def from_flux(cls, flux: float) -> GoesClass:
        """The class of a peak flux in W m⁻²."""
        if not (math.isfinite(flux) and flux > 0.0):
            raise BadOptionError(f"Peak flux {flux} is not a flux. Accepted: a positive number in W m⁻².")
        step = min(max(math.floor(math.log10(flux) + 1e-12) + 8, 0), 4)
        return cls(_LETTERS[step], flux / 10.0 ** (step - 8))

    def __str__(self) -> str:
        """As lists print it: one decimal."""
        return f"{self.letter}{self.magnitude:.1f}"


def scale_by_date(start: datetime) -> GoesScale:
    """Which scale do published classes of this date have, where the list does not say?"""
    return "science" if start >= SCIENCE_SINCE else "operational"


@dataclass(frozen=True)
class Flare:
    """One X-ray flare.

    ``end`` and ``peak`` are None where the list gives none. ``scale`` follows from the date unless given.
    """

    start: datetime
    goes_class: GoesClass
    peak: datetime | None = None
    end: datetime | None = None
    position: Position | None = None
    noaa_region: int | None = None
    source: str = ""
    scale: GoesScale | None = None

    def __post_init__(self) -> None:
        for name in ("start", "peak", "end"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, utc(value))
        if self.end is not None and self.end < self.start:
            raise BadOptionError(f"Flare of {self.start} ends before it starts, at {self.end}.")
        if self.scale is None:
            object.__setattr__(self, "scale", scale_by_date(self.start))

    def on_scale(self, scale: GoesScale) -> Flare:
        """The same flare with its class on the other scale: science = operational / 0.7."""
        if scale == self.scale:
            return self
        factor = 1 / OPERATIONAL_OVER_SCIENCE if scale == "science" else OPERATIONAL_OVER_SCIENCE
        return replace(self, goes_class=GoesClass.from_flux(self.goes_class.peak_flux * factor), scale=scale)


class FlareColumns(NamedTuple):
    """A catalogue as columns, for arithmetic on all flares at once; times are datetime64[us] UTC."""

    start: np.ndarray
    peak: np.ndarray  # NaT where unknown
    end: np.ndarray  # NaT where unknown
    flux: np.ndarray  # W m⁻², on each flare's own scale
    region: np.ndarray  # 0 where unknown


@dataclass(frozen=True)
class FlareCatalog:
    """A list of flares, sorted by start, that knows where it has holes.

    ``coverage`` holds half-open periods in which the absence of a flare means that there was none;
    ``notes`` what a reader repaired or left out, in plain words.
    """

    flares: tuple[Flare, ...]
    coverage: tuple[tuple[datetime, datetime], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "flares", tuple(sorted(self.flares, key=lambda f: f.start)))
        object.__setattr__(self, "coverage", _merged(self.coverage))

    def __len__(self) -> int:
        return len(self.flares)

    def __iter__(self) -> Iterator[Flare]:
        return iter(self.flares)

    @cached_property
    def columns(self) -> FlareColumns:
        """The catalogue as arrays."""

        def times(values: Iterable[datetime | None]) -> np.ndarray:
            return np.array(
                [np.datetime64("NaT") if v is None else to_datetime64(v) for v in values], "datetime64[us]"
            )

        return FlareColumns(
            times(f.start for f in self.flares),
            times(f.peak for f in self.flares),
            times(f.end for f in self.flares),
            np.array([f.goes_class.peak_flux for f in self.flares], float),
            np.array([f.noaa_region or 0 for f in self.flares], int),
        )

    def between(self, a: datetime, b: datetime) -> FlareCatalog:
        """Flares with a ≤ start < b; the coverage is cut to the same period."""
        a, b = utc(a), utc(b)
        low, high = np.searchsorted(self.columns.start, [to_datetime64(a), to_datetime64(b)])
        cut = tuple((max(s, a), min(e, b)) for s, e in self.coverage if s < b and e > a)
        return replace(self, flares=self.flares[low:high], coverage=cut)

    def at_least(self, goes_class: str | GoesClass) -> FlareCatalog:
        """Flares of this class and above."""
        floor = GoesClass(goes_class) if isinstance(goes_class, str) else goes_class
        return replace(self, flares=tuple(f for f in self.flares if f.goes_class >= floor))

    def in_region(self, noaa_region: int) -> FlareCatalog:
        """Flares of one NOAA region; those without a known region are left out."""
        return replace(self, flares=tuple(f for f in self.flares if f.noaa_region == noaa_region))

    def strongest(self) -> Flare | None:
        """The strongest flare (the earliest of equals), or None."""
        return max(self.flares, key=lambda f: f.goes_class, default=None)

    def any_started(self, after: np.ndarray, before: np.ndarray, at_least: str | GoesClass) -> np.ndarray:
        """Did a flare of this class or above start in after < t < before? For whole columns of datetime64."""
        starts = self.at_least(at_least).columns.start
        return np.searchsorted(starts, before, side="left") > np.searchsorted(starts, after, side="right")

    def on_scale(self, scale: GoesScale) -> FlareCatalog:
        """The same flares, all with classes on one scale."""
        return replace(self, flares=tuple(f.on_scale(scale) for f in self.flares))

    @property
    def scale(self) -> GoesScale | Literal["mixed"] | None:
        """The scale all flares share, "mixed", or None for an empty list."""
        scales = {f.scale for f in self.flares}
        return (scales.pop() if len(scales) == 1 else "mixed") if scales else None

    def covers(self, a: datetime, b: datetime) -> bool:
        """Would the list hold every flare that started in a ≤ t < b? A hole in a list is no quiet Sun."""
        a, b = utc(a), utc(b)
        return any(s <= a and b <= e for s, e in self.coverage)

    def covered_days(self, a: datetime, b: datetime) -> float:
        """How many days of a ≤ t < b does the list cover?"""
        a, b = utc(a), utc(b)
        seconds = [(min(e, b) - max(s, a)).total_seconds() for s, e in self.coverage if s < b and e > a]
        return sum(seconds) / timedelta(days=1).total_seconds()


def _merged(periods: Iterable[tuple[datetime, datetime]]) -> tuple[tuple[datetime, datetime], ...]:
    """Periods sorted, with touching and overlapping ones joined."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted((utc(a), utc(b)) for a, b in periods):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return tuple(joined)
