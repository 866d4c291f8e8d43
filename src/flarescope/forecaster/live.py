"""Now: the newest image, flare list and region summary, and a forecast from whatever of them is sound."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from flarescope.errors import ArchiveError, BadFileError, BadOptionError, MissingDataError
from flarescope.forecaster.ladder import make_forecast
from flarescope.models.history_terms import MEMORY
from flarescope.sources.flare_join import joined
from flarescope.sources.hek import Hek
from flarescope.sources.helioviewer import Helioviewer
from flarescope.sources.jsoc import Jsoc
from flarescope.sources.swpc import Swpc
from flarescope.times import iso, utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.flare import FlareCatalog
    from flarescope.forecast import Forecast
    from flarescope.forecaster.ladder import Question
    from flarescope.sources.archives import ImageArchive
    from flarescope.sources.http import Http
    from flarescope.sources.settings import ArchiveSettings
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram

__all__ = ["OLDEST_LIVE_IMAGE", "OLDEST_SUMMARY", "LiveInputs", "hurried", "live_forecast", "live_inputs"]

T = TypeVar("T")
OLDEST_LIVE_IMAGE = timedelta(hours=3)  # HMI's near-real-time images come within an hour or so
FIRST_SHARE = 2 / 3  # of the time for images: the first archive's are 16 times as large as the second's
CLOCKS_DIFFER = timedelta(minutes=5)
NO_IMAGE = "No image was given."  # the archives' own notes say why
OLDEST_SUMMARY = timedelta(hours=36)  # one is issued a day, half an hour after midnight
UNKNOWN = ("hole", "unknown", "could not be had")  # in notes on what a list may lack
UNUSABLE = (ArchiveError, BadFileError, MissingDataError)


@dataclass(frozen=True)
class LiveInputs:
    """What the archives had at an hour.

    Attributes:
        image: the newest sound magnetogram, or None.
        flares: the flares of the last 180 days as far as they are known, or None.
        summary: the newest Solar Region Summary, or None.
        names: where each came from.
        notes: what was missing or refused, and why.
    """

    image: Magnetogram | None
    flares: FlareCatalog | None
    summary: RegionSummary | None
    names: dict[str, Any]
    notes: tuple[str, ...] = ()


@dataclass
class _Told:
    """What one archive gave, where it came from, and what went wrong, in the order it was found out."""

    found: Any = None
    names: dict[str, Any] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def attempt(self, what: str, ask: Callable[[], T]) -> T | None:
        """The answer, or None with a note that says why there is none."""
        try:
            return ask()
        except UNUSABLE as problem:
            self.notes.append(f"{what}: {problem}")
            return None


def live_forecast(
    http: Http,
    *,
    at: datetime | None = None,
    question: Question | None = None,
    oldest_image: timedelta = OLDEST_LIVE_IMAGE,
    keep: bool = False,
) -> Forecast:
    """How probable is a flare in the coming hours, as far as the archives know now?

    The ladder: image and history; history alone where no sound image is newer than ``oldest_image``;
    climatology where no flare list can be had. Each step down stands in the notes with its reason.

    Args:
        http: the client that asks; its settings say where the archives are.
        at: the hour; now by default. Nothing later is asked for.
        question: class and window; M1.0 and above within 24 h by default.
        oldest_image: an image taken longer before the hour is refused.
        keep: the image stays in the cache, so that the next forecast from the same image need not fetch it.

    Raises:
        BadOptionError: the hour lies in the future.

    Example:
        >>> from flarescope.sources.http import Http  # doctest: +SKIP
        >>> live_forecast(Http()).state  # doctest: +SKIP
        'full'
    """
    now = datetime.now(UTC).replace(microsecond=0)
    hour = now if at is None else utc(at)
    if hour > now + CLOCKS_DIFFER:
        raise BadOptionError(
            f"The hour {iso(hour)} lies in the future; it is {iso(now)}. Give an earlier one."
        )
    found = live_inputs(http, hour, oldest_image=oldest_image, keep=keep)
    said = make_forecast(
        flares=found.flares,
        image=found.image,
        at=hour,
        question=question,
        summary=found.summary,
        inputs=found.names,
        oldest_image=oldest_image,
    )
    own = (note.replace("no flare list was given", "no archive gave a flare list") for note in said.notes)
    return replace(said, notes=(*found.notes, *(note for note in own if note != NO_IMAGE)))


def hurried(settings: ArchiveSettings) -> ArchiveSettings:
    """The same archives with less patience: a forecast is wanted within a minute, and has a ladder.

    The minute itself is kept by ``live_seconds``, whatever the archives do.
    """
    return settings.model_copy(
        update={
            "attempts": min(settings.attempts, 3),
            "read_seconds": min(settings.read_seconds, 10.0),
            "whole_seconds": min(settings.whole_seconds, 60.0),
        }
    )


def live_inputs(
    http: Http, hour: datetime, *, oldest_image: timedelta = OLDEST_LIVE_IMAGE, keep: bool = False
) -> LiveInputs:
    """The newest of everything not later than the hour; what cannot be had is None, with a note.

    The archives are asked side by side: one that is silent holds up no other, and none is waited for longer
    than the settings' ``live_seconds``.
    """

    def in_time(ask: Callable[[Http, datetime], _Told]) -> _Told:
        with http.within(http.settings.live_seconds):
            return ask(http, hour)

    with ThreadPoolExecutor(4) as pool:
        image = pool.submit(in_time, partial(_newest_image, oldest=oldest_image, keep=keep))
        lists = [pool.submit(in_time, partial(_flares, name=name)) for name in ("HEK", "SWPC")]
        summary = pool.submit(in_time, _summary)
        told = [image.result(), *(flares.result() for flares in lists), summary.result()]
    names: dict[str, Any] = {}
    for each in told:
        names |= each.names
    have = [each.found for each in told[1:3] if each.found is not None]
    known = joined(*have) if have else None
    if known is not None:
        names["flares"] = [name for each in told[1:3] for name in each.lists]
        told[1].notes += [note for note in known.notes if any(word in note for word in UNKNOWN)]
    notes = tuple(note for each in told for note in each.notes)
    return LiveInputs(told[0].found, known, told[3].found, names, notes)


def _newest_image(http: Http, hour: datetime, oldest: timedelta, keep: bool) -> _Told:
    """HMI's own near-real-time image, or else Helioviewer's."""
    archives: tuple[tuple[str, float, Callable[[], ImageArchive]], ...] = (
        ("JSOC near-real-time", FIRST_SHARE, lambda: Jsoc(http, series="hmi.M_720s_nrt", keep=keep)),
        ("Helioviewer", 1.0, lambda: Helioviewer(http, keep=keep)),
    )
    told = _Told()
    for name, share, build in archives:

        def ask(build: Callable[[], ImageArchive] = build) -> Magnetogram:
            archive = build()
            return archive.fetch(archive.newest(hour, oldest=oldest)).image

        with http.within(share * http.settings.live_seconds):
            image = told.attempt(f"No image from {name}", ask)
        if image is None:
            continue
        if image.time > hour:
            told.notes.append(f"No image from {name}: its image of {iso(image.time)} is later than the hour.")
            continue
        told.names["image"] = f"{name}: {image.origin.name}, taken {iso(image.time)}"
        told.names["image_sha256"] = image.origin.sha256
        told.notes += [f"The image: {note}." for note in image.notes]
        told.found = image
        break
    return told


def _flares(http: Http, hour: datetime, name: str) -> _Told:
    """HEK has the last 180 days, SWPC the last week and the newest."""
    told = _Told()

    def ask() -> FlareCatalog:
        if name == "HEK":
            return Hek(http, now=lambda: hour).flares(hour - MEMORY, hour)
        return Swpc(http).flares(hour - timedelta(days=7), hour)

    found = told.attempt(f"No flare list from {name}", ask)
    if found is None:
        return told
    if not len(found):
        told.notes.append(f"{name} answered without a single flare before {iso(hour)}: not believed.")
        return told
    told.lists.append(f"{name}: {len(found)} flares to {iso(found.flares[-1].start)}")
    told.found = found
    return told


def _summary(http: Http, hour: datetime) -> _Told:
    """The newest Solar Region Summary, if it is not too old."""
    told = _Told()
    summary = told.attempt(
        "No region summary from SWPC, so regions are detected in the image", lambda: Swpc(http).summary(hour)
    )
    if summary is None:
        return told
    if not hour - OLDEST_SUMMARY <= summary.issued <= hour:
        told.notes.append(f"The region summary was issued at {iso(summary.issued)}, so it was not used.")
        return told
    told.names["regions"] = f"SWPC region summary issued {iso(summary.issued)}"
    told.found = summary
    return told
