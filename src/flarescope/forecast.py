"""What is said of the coming hours, and why: Forecast and Explanation."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError
from flarescope.times import iso, utc

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.flare import GoesClass

__all__ = ["Explanation", "Forecast", "State", "percent"]

State = Literal["full", "history_only", "climatology"]


def percent(share: float) -> str:
    """A probability as people read it: never a rounded 0 or 100 where it is neither.

    Example:
        >>> percent(0.62), percent(0.034), percent(0.9959), percent(0.0001)
        ('62 %', '3.4 %', '99.6 %', 'less than 0.1 %')
    """
    if 0.0 < share < 0.0005:
        return "less than 0.1 %"
    if 0.9995 <= share < 1.0:
        return "more than 99.9 %"
    return f"{100 * share:.0f} %" if 0.0995 <= share < 0.9895 or share == 1.0 else f"{100 * share:.1f} %"


@dataclass(frozen=True)
class Forecast:
    """The probability of at least one flare of class ``at_least`` starting in (valid_from, valid_to).

    Attributes:
        observed: time of the newest observation used.
        issued: when the forecast was made; never before ``observed``.
        valid_from: start of the window, itself excluded.
        valid_to: end of the window, itself excluded.
        at_least: the threshold class, on ``scale``.
        probability: between 0 and 1, with ``low`` and ``high`` a 90 % interval.
        threshold: the probability from which the answer is "yes".
        model: name@hash of what made it.
        inputs: the files and lists used, by role.
        state: which inputs were present and accepted, whatever their weight.
        rivals: the same question answered by climatology, persistence and history.
        notes: what a reader must know: fallbacks, holes, flares under way.

    Raises:
        BadOptionError: a probability outside 0 to 1, or times out of order.
    """

    observed: datetime
    issued: datetime
    valid_from: datetime
    valid_to: datetime
    at_least: GoesClass
    probability: float
    low: float
    high: float
    threshold: float
    model: str
    inputs: dict[str, Any]
    state: State
    scale: str = "science"
    rivals: dict[str, float] = field(default_factory=dict)
    regions: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("observed", "issued", "valid_from", "valid_to"):
            object.__setattr__(self, name, utc(getattr(self, name)))
        if not 0.0 <= self.low <= self.probability <= self.high <= 1.0:
            raise BadOptionError(
                f"Probability {self.probability} with interval [{self.low}, {self.high}] is not accepted: "
                "0 ≤ low ≤ probability ≤ high ≤ 1."
            )
        if not self.observed <= self.valid_from < self.valid_to or self.issued < self.observed:
            raise BadOptionError(
                f"Times out of order: observed {iso(self.observed)}, issued {iso(self.issued)}, "
                f"valid {iso(self.valid_from)} to {iso(self.valid_to)}."
            )

    @property
    def says_flare(self) -> bool:
        """Is the probability at or above the threshold?"""
        return self.probability >= self.threshold

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; times with Z."""
        times = {name: iso(getattr(self, name)) for name in ("observed", "issued", "valid_from", "valid_to")}
        numbers = {
            name: round(getattr(self, name), 6) for name in ("probability", "low", "high", "threshold")
        }
        return {
            **numbers,
            "interval": "90 %",
            "at_least": str(self.at_least),
            **times,
            "says_flare": self.says_flare,
            "state": self.state,
            "model": self.model,
            "goes_scale": self.scale,
            "inputs": self.inputs,
            "rivals": {name: round(value, 6) for name, value in self.rivals.items()},
            "regions": list(self.regions),
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """One JSON document."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)


@dataclass(frozen=True, eq=False)
class Explanation:
    """Which pixels made the model say so.

    Attributes:
        method: name of the method.
        map: attribution on the magnetogram's own grid; positive speaks for a flare, but for methods without
            a sign of their own (``explain.Method.signed``).
        baseline: what "nothing there" meant.
        checks: numbers that tell whether the map can be trusted, such as ``completeness``.
        notes: such as "the map is all zero".
        prepared: the map on the network's own grid, where sums are taken and checks are made.
    """

    method: str
    map: Float[np.ndarray, "y x"]
    baseline: str
    checks: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    prepared: Float[np.ndarray, "h w"] | None = None

    def top_regions(self, n: int = 3, *, share: float = 0.9) -> list[tuple[int, int, float]]:
        """Where is the attribution strongest?

        Connected groups of pixels whose absolute attribution exceeds ``share`` of its 99.9 % quantile.

        Returns:
            Up to ``n`` tuples (row, column, share of the total absolute attribution), strongest first.
        """
        from scipy.ndimage import center_of_mass, label, sum_labels

        size = np.abs(np.nan_to_num(self.map))
        total = float(size.sum())
        if total == 0.0:
            return []
        groups, count = label(size > (1.0 - share) * np.quantile(size, 0.999))
        numbers = np.arange(1, count + 1)
        shares = sum_labels(size, groups, numbers) / total
        best = numbers[np.argsort(shares)[::-1][:n]]
        centres = np.array(center_of_mass(size, groups, best)).reshape(-1, 2).round().astype(int)
        return [(int(y), int(x), float(shares[k - 1])) for (y, x), k in zip(centres, best, strict=True)]
