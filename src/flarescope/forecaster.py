"""From what is known at an hour to a forecast, down a ladder: image and history, history alone, climatology.

Nothing later than the hour is visible: flares that start later are cut off before anything is computed, one
under way is shown but counts neither as history nor as label.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.flare import FlareCatalog, GoesClass, scale_by_date
from flarescope.forecast import Forecast
from flarescope.models.baselines import persistence, trailing_climatology
from flarescope.models.history import (
    LEAST_COVERED_DAYS,
    HistoryModel,
    Target,
    TargetFit,
    covered_days,
    probability,
    rates,
)
from flarescope.times import iso, to_datetime64, utc

if TYPE_CHECKING:
    from flarescope.flare import GoesScale
    from flarescope.forecast import Explanation, State
    from flarescope.sun import Magnetogram

__all__ = ["Question", "explain_forecast", "forecast", "shipped_history"]

INTERVAL = (5.0, 95.0)
LATEST_LIST_HOURS = 24.0  # a list that ends earlier than this before the hour says too little of it


@dataclass(frozen=True)
class Question:
    """What is asked: a flare of ``at_least`` starting from ``from_hours`` to ``to_hours`` after the hour."""

    at_least: str = "M1.0"
    from_hours: float = 0.0
    to_hours: float = 24.0

    @property
    def target(self) -> Target:
        """The same as a target of the history model."""
        return Target(str(GoesClass(self.at_least)), self.from_hours, self.to_hours)


@cache
def shipped_history(scale: GoesScale) -> HistoryModel:
    """The history rate that ships with flarescope, for flares of one GOES scale."""
    return HistoryModel.load(_shipped_file(scale))


def _shipped_file(scale: GoesScale) -> Path:
    return Path(str(files("flarescope.models") / "shipped" / f"history_{scale}.json"))


@cache
def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def forecast(
    *,
    flares: FlareCatalog | None = None,
    image: Magnetogram | None = None,
    at: datetime | None = None,
    question: Question | None = None,
    inputs: dict[str, Any] | None = None,
    issued: datetime | None = None,
) -> Forecast:
    """How probable is a flare in the coming hours?

    Args:
        flares: the flare list; anything after the hour is ignored.
        image: the newest magnetogram.
        at: the hour; the image's own time by default.
        question: class and window; M1.0 and above within 24 h by default.
        inputs: names of the files used, to be repeated in the forecast.
        issued: when the forecast is made; now by default.

    Raises:
        BadOptionError: neither an image nor an hour was given, or the image is later than the hour.
        MissingDataError: no model for this class and window.
    """
    hour = _hour(image, at)
    asked = (question or Question()).target
    scale = scale_by_date(hour)
    model = shipped_history(scale)
    fit = model.fit_of(asked)
    seen = None if flares is None else _visible(flares, hour).on_scale(scale)
    notes = _under_way(seen, hour)
    problem = _history_problem(seen, hour)
    state: State
    if seen is None or problem:
        notes.append(f"No flare history: {problem}. The probability is climatology.")
        members = np.array([fit.base_rate])
        state, value, rivals = "climatology", fit.base_rate, {"climatology": fit.base_rate}
    else:
        members, value = _history(model, fit, seen, hour)
        state, rivals = "history_only", _rivals(fit, seen, hour, value)
        notes += _image_note(image)
    low, high = np.percentile(members, INTERVAL)
    return Forecast(
        observed=hour,
        issued=issued or max(datetime.now(UTC), hour),
        valid_from=hour + timedelta(hours=asked.from_hours),
        valid_to=hour + timedelta(hours=asked.to_hours),
        at_least=GoesClass(asked.at_least),
        probability=value,
        low=min(float(low), value),
        high=max(float(high), value),
        threshold=fit.threshold,
        model=f"history_{scale}@{_hash(_shipped_file(scale))}",
        inputs=inputs or {},
        state=state,
        scale=scale,
        rivals=rivals,
        notes=tuple(notes),
    )


def _hour(image: Magnetogram | None, at: datetime | None) -> datetime:
    if image is None and at is None:
        raise BadOptionError(
            "Neither an image nor an hour was given. Type: --image FILE, or --at 2026-02-03T12:00Z."
        )
    if at is None:
        return image.time if image else datetime.now(UTC)
    if image is not None and image.time > utc(at):
        raise BadOptionError(
            f"The image of {iso(image.time)} is later than the hour {iso(at)}. Give an earlier image."
        )
    return utc(at)


def _visible(flares: FlareCatalog, hour: datetime) -> FlareCatalog:
    """What a list could have held at this hour."""
    return flares.between(datetime(1970, 1, 1, tzinfo=UTC), hour)


def _under_way(flares: FlareCatalog | None, hour: datetime) -> list[str]:
    if flares is None:
        return []
    recent = flares.between(hour - timedelta(days=1), hour)
    return [
        f"A flare was under way: {f.goes_class}, {iso(f.start)} to {iso(f.end)}; it is not yet history."
        for f in recent
        if f.end is not None and f.end > hour
    ]


def _history_problem(flares: FlareCatalog | None, hour: datetime) -> str:
    """Why the list cannot carry a forecast; empty where it can."""
    if flares is None:
        return "no flare list was given"
    at = np.array([to_datetime64(hour)])
    days = float(covered_days(at, flares)[0])
    if days < LEAST_COVERED_DAYS:
        least = f"{LEAST_COVERED_DAYS:.0f} are needed"
        return f"the lists cover {days:.0f} of the 180 days before {iso(hour)} and {least}"
    last = max(end for _, end in flares.coverage)
    if hour - last > timedelta(hours=LATEST_LIST_HOURS):
        return f"the lists end at {iso(last)}, more than {LATEST_LIST_HOURS:.0f} h before {iso(hour)}"
    return ""


def _history(
    model: HistoryModel, fit: TargetFit, flares: FlareCatalog, hour: datetime
) -> tuple[np.ndarray, float]:
    terms = model.terms([hour], flares)
    members = [float(probability(rates(terms, b))[0]) for b in fit.ensemble]
    value = float(probability(rates(terms, fit.coefficients))[0])
    return np.array(members or [value]), value


def _rivals(fit: TargetFit, flares: FlareCatalog, hour: datetime, history: float) -> dict[str, float]:
    at = np.array([to_datetime64(hour)])
    trailing = float(trailing_climatology(at, flares, fit.target)[0])
    found = {
        "climatology": fit.base_rate,
        "persistence": float(persistence(at, flares, fit)[0]),
        "history": history,
    }
    return found | ({"trailing_climatology": trailing} if np.isfinite(trailing) else {})


def _image_note(image: Magnetogram | None) -> list[str]:
    if image is None:
        return ["No image was given: flare history alone."]
    return [f"The image {image.origin.name} was read; no image model is used yet: flare history alone."]


def explain_forecast(image: Magnetogram, said: Forecast) -> Explanation | None:
    """Which pixels raised the image's rate? None where no network took part."""
    return None
