"""From what is known at an hour to a forecast, down a ladder: image and history, history alone, climatology.

Nothing later than the hour is visible: flares that start later are cut off before anything is computed, one
under way is shown but counts neither as history nor as label.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import BadOptionError, WrongTimeError
from flarescope.flare import GoesClass, scale_by_date
from flarescope.forecast import Forecast
from flarescope.forecaster.answers import Answer, climatology, disk_answer, region_answer
from flarescope.forecaster.images import look_at, training_note
from flarescope.forecaster.known import Known, known_at
from flarescope.forecaster.shipped import history_label, shipped_fusion, shipped_history, shipped_network
from flarescope.models.history import Target
from flarescope.models.history_terms import flare_ends
from flarescope.times import duration_text, iso, to_datetime64, utc

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog, GoesScale
    from flarescope.forecaster.images import RegionView
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram

__all__ = ["Question", "make_forecast"]

INTERVAL = (5.0, 95.0)
OLDEST_IMAGE = timedelta(minutes=12)
OUT_OF_DISTRIBUTION = "out of distribution"  # how readers begin a note on an image unlike the training images
OTHER_SCALE = (
    "The image network learnt M1.0 on the operational scale, M1.43 on this one: it says a little less."
)
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
        asked = GoesClass(self.at_least)
        if GoesClass(str(asked)) != asked:
            raise BadOptionError(
                f"Class '{self.at_least}' has more than one decimal. Accepted: such as M1.0."
            )
        return Target(str(asked), self.from_hours, self.to_hours)


def make_forecast(
    *,
    flares: FlareCatalog | None = None,
    image: Magnetogram | None = None,
    at: datetime | None = None,
    question: Question | None = None,
    summary: RegionSummary | None = None,
    inputs: dict[str, Any] | None = None,
    issued: datetime | None = None,
    oldest_image: timedelta = OLDEST_IMAGE,
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
        oldest_image: how long before the hour the image may have been taken.

    Raises:
        BadOptionError: neither an image nor an hour was given, the image is later than the hour, or a
            region is asked for more than M1.0 within 24 h.
        WrongTimeError: the image was taken longer before the hour than ``oldest_image``.
        MissingDataError: no model for this class and window.
    """
    hour = _hour(image, at, oldest_image)
    asked = (question or Question()).target
    _refuse_untrained(image, asked)
    scale = scale_by_date(hour)
    model, history = shipped_history(scale), history_label(scale)
    known = None if flares is None else known_at(flares.on_scale(scale), hour)
    views, notes = _views(image, asked, summary, scale)
    of_region = image is not None and image.view == "region"
    if known is None or known.problem:
        answer = climatology(model, asked, views, of_region=of_region)
        problem = "no flare list was given" if known is None else known.problem
        notes.insert(0, f"No flare history: {problem}. The probability is climatology.")
    elif of_region:
        answer = region_answer(model, known.flares, hour, image.region if image else None, views)
    else:
        answer = disk_answer(model, asked, known.flares, hour, views)
    if of_region:
        notes.append("The forecast is of this region, not of the whole Sun.")
    if summary is not None and (image is None or of_region):
        notes.append("The region summary was not used: it tells where the regions of a full disk are.")
    if hour > datetime.now(UTC):
        notes.append("The hour lies in the future of this machine's clock.")
    notes += [*answer.notes, *(known.notes if known else ()), *_under_way(known, hour, model.durations_hours)]
    network = None if views is None else shipped_network()
    notes += training_note(views or (), network, hour.year) if network else []
    return _said(
        answer,
        observed=hour,
        issued=issued or max(datetime.now(UTC), hour),
        valid_from=hour + timedelta(hours=asked.from_hours),
        valid_to=hour + timedelta(hours=asked.to_hours),
        at_least=GoesClass(asked.at_least),
        model=f"{network.label}+{history}" if network and answer.state == "full" else history,
        inputs={
            **(inputs or {}),
            **_taken(image, oldest_image),
            **_assumed(known, hour, model.durations_hours),
        },
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


def _hour(image: Magnetogram | None, at: datetime | None, oldest: timedelta) -> datetime:
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
    if image is not None and utc(at) - image.time > oldest:
        raise WrongTimeError(
            image.origin.name,
            f"taken at {iso(image.time)}, more than {oldest.total_seconds() / 60:g} minutes before the hour "
            f"{iso(at)}. Give a newer one.",
        )
    return utc(at)


def _refuse_untrained(image: Magnetogram | None, asked: Target) -> None:
    if image is not None and image.view == "region" and asked != IMAGE_TARGET:
        raise BadOptionError(
            f"{image.origin.name} shows one region; of a region only {IMAGE_TARGET.name} can be forecast, "
            f"not {asked.name}. Leave out --at-least, --within and --day, or give a full disk."
        )


def _views(
    image: Magnetogram | None, asked: Target, summary: RegionSummary | None, scale: GoesScale
) -> tuple[tuple[RegionView, ...] | None, list[str]]:
    """What the network saw, or None with the reason."""
    if image is None:
        return None, ["No image was given."]
    notes = [f"The image has QUALITY {image.quality:#x}; 0 is good."] if image.quality else []
    if asked != IMAGE_TARGET:
        return None, [
            *notes,
            f"The image network answers {IMAGE_TARGET.name} only, so the image was not used.",
        ]
    strange = [note for note in image.notes if note.startswith(OUT_OF_DISTRIBUTION)]
    if strange:
        return None, [*notes, f"The image was not used. {strange[0][0].upper()}{strange[0][1:]}"]
    network = shipped_network()
    if network is None:
        return None, [
            *notes,
            "torch is not installed, so the image was not used: pip install 'flarescope[train]'",
        ]
    if scale == "science":
        notes.append(OTHER_SCALE)
    return look_at(image, network, shipped_fusion(), summary), notes


def _under_way(known: Known | None, hour: datetime, durations: dict[str, float]) -> list[str]:
    """Flares that had begun and not ended; how strong they will be is not known at the hour."""
    if known is None:
        return []
    recent = known.flares.between(hour - timedelta(days=1), hour)
    ends = flare_ends(recent, durations)
    return [
        f"A flare that began at {iso(f.start)} {'was' if f.end else 'may have been'} under way; "
        "it is neither history nor part of the window."
        for f, end in zip(recent, ends, strict=True)
        if end > to_datetime64(hour)
    ]


def _taken(image: Magnetogram | None, oldest: timedelta) -> dict[str, str]:
    """When the image was taken, and how old it might be: who makes the forecast again needs both."""
    return {"image_time": iso(image.time), "oldest_image": duration_text(oldest)} if image else {}


def _assumed(known: Known | None, hour: datetime, durations: dict[str, float]) -> dict[str, Any]:
    """The durations that stood in for ends that the list lacks."""
    recent = known.flares.between(hour - timedelta(days=30), hour) if known else ()
    without = sum(f.end is None for f in recent)
    if not without:
        return {}
    return {"flares_without_end": without, "assumed_durations_hours": durations}
