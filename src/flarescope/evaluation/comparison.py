"""What a comparison of two sets of forecasts found."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Shaped

from flarescope.evaluation.field_change import summary
from flarescope.times import iso, utc

if TYPE_CHECKING:
    from flarescope.evaluation.field_change import FieldChange
    from flarescope.verify import Estimate, Reliability

__all__ = ["Comparison", "ScoreChange", "hour_of"]

MOST_TIMES = 50  # listed in JSON of hours without a partner
WHOLE_ONLY = ("data", "differences", "only_nrt", "only_definitive", "field")  # said once, not of each rival


@dataclass(frozen=True)
class ScoreChange:
    """One score of both sets on the same rows, and definitive less near-real-time from paired resamples."""

    nrt: Estimate
    definitive: Estimate
    difference: Estimate


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two sets of forecasts for the same hours.

    Attributes:
        data: names of the near-real-time and the definitive set.
        times: of the pairs, as the near-real-time set has them, "n".
        p_nrt, p_definitive: probabilities "n".
        only_nrt, only_definitive: times of forecasts without a partner.
        changes: by name, see ``change.CHANGES``: mean and mean absolute difference, correlation, slope and
            intercept of logit(p_definitive) on logit(p_nrt), share of pairs whose yes/no changed.
        largest: the largest difference with its sign, and its hour.
        to_yes, to_no: pairs that are "yes" on definitive data only, and on near-real-time data only.
        scored: pairs whose outcome is known; ``events`` of them had a flare.
        scores: by name, of ``SCORED``; empty without outcomes.
        curves: reliability of both sets on the scored pairs, or None.
        n_blocks, block_unit: what the intervals were drawn over.
        fields: differences of the images themselves, one an image pair.
        image_unused: pairs in whose forecasts the image has weight 0; ``notes`` then begin with it.
        rivals: the same of what the image says, by name of ``IMAGE_RIVALS``, on the pairs whose two forecasts
            both tell it; empty if none do. Yes and no are by the forecasts' thresholds.
        notes: what a reader must know.
    """

    data: tuple[str, str]
    times: Shaped[np.ndarray, "n"]
    p_nrt: Float[np.ndarray, "n"]
    p_definitive: Float[np.ndarray, "n"]
    only_nrt: Shaped[np.ndarray, "k"]
    only_definitive: Shaped[np.ndarray, "l"]
    changes: dict[str, Estimate]
    largest: tuple[float, np.datetime64]
    to_yes: int
    to_no: int
    n_blocks: int
    block_unit: str
    scored: int = 0
    events: int = 0
    scores: dict[str, ScoreChange] = field(default_factory=dict)
    curves: tuple[Reliability, Reliability] | None = None
    fields: tuple[FieldChange, ...] = ()
    image_unused: int = 0
    rivals: dict[str, Comparison] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of pairs."""
        return len(self.times)

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it: what is unknown is None, with the reason in "how"."""
        rivals = {name: _without(rival.to_dict(), WHOLE_ONLY) for name, rival in self.rivals.items()}
        document = {
            "data": {"nrt": self.data[0], "definitive": self.data[1]},
            "differences": "definitive less near-real-time",
            "n": self.n,
            "first": hour_of(self.times.min()),
            "last": hour_of(self.times.max()),
            "only_nrt": _hours(self.only_nrt),
            "only_definitive": _hours(self.only_definitive),
            "n_blocks": self.n_blocks,
            "block_unit": self.block_unit,
            **{name: _plain(value) for name, value in self.changes.items()},
            "largest_difference": {"value": _number(self.largest[0]), "time_utc": hour_of(self.largest[1])},
            "changed": {"to_yes": self.to_yes, "to_no": self.to_no},
            "scored": self.scored,
            "events": self.events,
            "scores": {name: _plain_scores(value) for name, value in self.scores.items()},
            "reliability": _curves(self.curves),
            "field": summary(self.fields),
            "rivals": rivals,
            "notes": list(self.notes),
        }
        return document if rivals else _without(document, ("rivals",))


def hour_of(time: np.datetime64) -> str:
    """Such as 2026-02-03T12:00:00Z."""
    return iso(utc(time))


def _hours(times: Shaped[np.ndarray, "k"]) -> dict[str, Any]:
    return {"n": len(times), "times_utc": [hour_of(time) for time in np.sort(times)[:MOST_TIMES]]}


def _number(value: float) -> float | None:
    return round(float(value), 6) + 0.0 if math.isfinite(value) else None  # + 0.0: never -0.0


def _plain(estimate: Estimate) -> dict[str, Any]:
    numbers = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: _number(value) for name, value in numbers.items()} | {"how": estimate.how}


def _plain_scores(change: ScoreChange) -> dict[str, Any]:
    return {name: _plain(getattr(change, name)) for name in ("nrt", "definitive", "difference")}


def _without(document: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def _curves(curves: tuple[Reliability, Reliability] | None) -> dict[str, Any] | None:
    return dict(zip(("nrt", "definitive"), map(_bins, curves), strict=True)) if curves else None


def _bins(curve: Reliability) -> dict[str, Any]:
    columns = (curve.lower, curve.count, curve.events, curve.mean_forecast, curve.observed_rate)
    rows = zip(*columns, curve.low, curve.high, strict=True)
    names = ("from", "n", "events", "mean_forecast", "observed_rate", "low", "high")
    return {
        "bins": [
            {
                name: int(v) if name in ("n", "events") else _number(v)
                for name, v in zip(names, row, strict=True)
            }
            for row in rows
        ],
        "how": curve.how,
    }
