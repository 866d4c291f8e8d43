"""From what is known at an hour to a forecast, down a ladder: image and history, history alone, climatology.

Nothing later than the hour is visible: flares that start later are cut off before anything is computed, one
under way is shown but counts neither as history nor as label.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.flare import FlareCatalog, GoesClass, scale_by_date
from flarescope.forecast import Forecast
from flarescope.forecaster.answers import Answer, climatology, disk_answer, region_answer
from flarescope.forecaster.images import look_at, training_note
from flarescope.forecaster.shipped import history_label, shipped_fusion, shipped_history, shipped_network
from flarescope.models.history import LEAST_COVERED_DAYS, Target, covered_days
from flarescope.times import iso, to_datetime64, utc

if TYPE_CHECKING:
    from flarescope.forecaster.images import RegionView
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram

__all__ = ["Question", "make_forecast"]

INTERVAL = (5.0, 95.0)
LATEST_LIST_HOURS = 24.0  # a list that ends earlier than this before the hour says too little of it
OUT_OF_DISTRIBUTION = "out of distribution"  # how readers begin a note on an image unlike the training images
IMAGE_TARGET = Target("M1.0", 0.0, 24.0)  # what the region network was trained to answer


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


def make_forecast(
    *,
    flares: FlareCatalog | None = None,
    image: Magnetogram | None = None,
    at: datetime | None = None,
    question: Question | None = None,
    summary: RegionSummary | None = None,
    inputs: dict[str, Any] | None = None,
    issued: datetime | None = None,
) -> Forecast:
    """How probable is a flare in the coming hours?

    A full disk asks of the whole Sun; a patch or SHARP asks of its own region.

    Args:
        flares: the flare list; anything after the hour is ignored.
        image: the newest magnetogram.
        at: the hour; the image's own time by default.
        question: class and window; M1.0 and above within 24 h by default.
        summary: Solar Region Summary, for the places of regions on a full disk; else they are detected.
        inputs: names of the files used, to be repeated in the forecast.
        issued: when the forecast is made; now by default.

    Raises:
        BadOptionError: neither an image nor an hour was given, the image is later than the hour, or a
            region is asked for more than M1.0 within 24 h.
        MissingDataError: no model for this class and window.
    """
    hour = _hour(image, at)
    asked = (question or Question()).target
    _refuse_untrained(image, asked)
    scale = scale_by_date(hour)
    seen = None if flares is None else _visible(flares, hour).on_scale(scale)
    views, notes = _views(image, asked, summary)
    problem = _history_problem(seen, hour)
    region = image.region if image is not None and image.view == "region" else None
    of_region = image is not None and image.view == "region"
    if seen is None or problem:
        answer = climatology(shipped_history(scale), asked, of_region)
        notes.insert(0, f"No flare history: {problem}. The probability is climatology.")
    elif of_region:
        answer = region_answer(shipped_history(scale), seen, hour, region, views)
    else:
        answer = disk_answer(shipped_history(scale), asked, seen, hour, views)
    notes += [*answer.notes, *_under_way(seen, hour)]
    said_by = [history_label(scale)]
    if views is not None and (network := shipped_network()) is not None:
        said_by.insert(0, network.label)
        notes += training_note(views, network, hour.year)
    return _said(
        answer,
        observed=hour,
        issued=issued or max(datetime.now(UTC), hour),
        valid_from=hour + timedelta(hours=asked.from_hours),
        valid_to=hour + timedelta(hours=asked.to_hours),
        at_least=GoesClass(asked.at_least),
        model="+".join(said_by),
        inputs={**(inputs or {}), **_assumed(seen, hour, shipped_history(scale).durations_hours)},
        scale=scale,
        regions=tuple(view.to_dict() for view in views or ()),
        notes=tuple(notes),
    )


def _said(answer: Answer, **known: Any) -> Forecast:
    low, high = np.percentile(answer.members, INTERVAL)
    value = answer.probability
    return Forecast(
        probability=value,
        low=min(float(low), value),
        high=max(float(high), value),
        threshold=answer.threshold,
        state=answer.state,
        rivals=answer.rivals,
        **known,
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


def _refuse_untrained(image: Magnetogram | None, asked: Target) -> None:
    if image is not None and image.view == "region" and asked != IMAGE_TARGET:
        raise BadOptionError(
            f"{image.origin.name} shows one region; of a region only {IMAGE_TARGET.name} can be forecast, "
            f"not {asked.name}. Leave out --at-least, --within and --day, or give a full disk."
        )


def _views(
    image: Magnetogram | None, asked: Target, summary: RegionSummary | None
) -> tuple[tuple[RegionView, ...] | None, list[str]]:
    """What the network saw, or None with the reason."""
    if image is None:
        return None, ["No image was given: flare history alone."]
    notes = [f"The image has QUALITY {image.quality:#x}; 0 is good."] if image.quality else []
    if asked != IMAGE_TARGET:
        return None, [*notes, f"The image network answers {IMAGE_TARGET.name} only: flare history alone."]
    strange = [note for note in image.notes if note.startswith(OUT_OF_DISTRIBUTION)]
    if strange:
        return None, [*notes, f"The image was not used. {strange[0][0].upper()}{strange[0][1:]}"]
    network = shipped_network()
    if network is None:
        return None, [
            *notes,
            "torch is not installed, so the image was not used: pip install 'flarescope[train]'",
        ]
    return look_at(image, network, shipped_fusion(), summary), notes


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


def _assumed(flares: FlareCatalog | None, hour: datetime, durations: dict[str, float]) -> dict[str, Any]:
    """The durations that stood in for ends that the list lacks."""
    recent = flares.between(hour - timedelta(days=30), hour) if flares is not None else ()
    without = sum(f.end is None for f in recent)
    if not without:
        return {}
    return {"flares_without_end": without, "assumed_durations_hours": durations}


def _history_problem(flares: FlareCatalog | None, hour: datetime) -> str:
    """Why the list cannot carry a forecast; empty where it can."""
    if flares is None:
        return "no flare list was given"
    days = float(covered_days(np.array([to_datetime64(hour)]), flares)[0])
    if days < LEAST_COVERED_DAYS:
        least = f"{LEAST_COVERED_DAYS:.0f} are needed"
        return f"the lists cover {days:.0f} of the 180 days before {iso(hour)} and {least}"
    last = max(end for _, end in flares.coverage)
    if hour - last > timedelta(hours=LATEST_LIST_HOURS):
        return f"the lists end at {iso(last)}, more than {LATEST_LIST_HOURS:.0f} h before {iso(hour)}"
    return ""
