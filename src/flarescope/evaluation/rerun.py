"""Forecasts that were issued on near-real-time images, made again on the definitive ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import FlarescopeError
from flarescope.evaluation.issued import asked_of, image_time, oldest_image, region_of, used_image
from flarescope.evaluation.pairs import same_region
from flarescope.forecaster import Question, make_forecast
from flarescope.forecaster.live import OLDEST_SUMMARY
from flarescope.sources.files import read_magnetogram
from flarescope.sources.names import time_in_name
from flarescope.sun import Region
from flarescope.times import duration, iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flarescope.flare import FlareCatalog
    from flarescope.forecast import Forecast
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram

__all__ = ["Missed", "Rerun", "forecast_images", "rerun"]

SAME_SLOT = timedelta(minutes=1)  # T_OBS of one 12-minute slot moves by seconds when it is made again
SAME = 2e-6  # probabilities are written with six decimals
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Missed:
    """What was not forecast, and why."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Rerun:
    """Forecasts and the images they were made on, in one order.

    Attributes:
        issued: as they were issued; equal to ``again`` for ``forecast_images``.
        again: made on ``images``.
        images: files of the images.
        missed: forecasts (or images) that gave none, with the reason.
        notes: what besides the image differs; what the reader of the images noticed.
    """

    issued: tuple[Forecast, ...]
    again: tuple[Forecast, ...]
    images: tuple[Path, ...]
    missed: tuple[Missed, ...] = ()
    notes: tuple[str, ...] = ()


def rerun(
    forecasts: Mapping[str, Forecast] | Sequence[Forecast],
    images: Iterable[str | Path],
    *,
    flares: FlareCatalog | None,
    summaries: Sequence[RegionSummary] = (),
    tolerance: str | timedelta = "6min",
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Rerun:
    """What would these forecasts have said on the definitive images?

    Each is made again for its own hour and question, on the definitive image of the time at which its own
    image was taken and, for a forecast of one region, of that region; another image never takes its place.
    Flares that start after the hour are cut off before anything else.

    Args:
        forecasts: as they were issued, by name or in a row.
        images: files of definitive images; their times are read off their names, or else out of them.
        flares: the list; what the hour did not know is cut off.
        summaries: Solar Region Summaries; the newest one issued by the hour serves.
        tolerance: how far the image may lie from the one that was used.
        progress: told (done, of).

    Returns:
        The pairs; what could not be made again is in ``missed``. ``notes`` say where something besides the
        image differs: another model, or a flare list that has changed since.

    Raises:
        BadOptionError: a tolerance that is no duration.
    """
    named = dict(forecasts) if hasattr(forecasts, "keys") else {iso(f.observed): f for f in forecasts}
    if not hasattr(forecasts, "keys") and len(named) < len(forecasts):
        named = {f"{k} ({iso(f.observed)})": f for k, f in enumerate(forecasts, 1)}
    search = _Search(_with_times(images), duration(tolerance))
    made, missed = [], []
    for done, (name, forecast) in enumerate(named.items(), 1):
        try:
            path, image = search.image_for(forecast)
            oldest = oldest_image(forecast) + search.tolerance  # the same observation may be named otherwise
            made.append((forecast, _again(forecast, image, path, flares, summaries, oldest), path))
        except _NotAgainError as why:
            missed.append(Missed(name, str(why)))
        except FlarescopeError as error:
            missed.append(Missed(name, f"the forecaster refused: {error}"))
        progress(done, len(named))
    issued, again, files = zip(*made, strict=True) if made else ((), (), ())
    return Rerun(issued, again, files, tuple(missed), tuple(_what_else(issued, again)))


def forecast_images(
    images: Iterable[str | Path],
    *,
    flares: FlareCatalog | None,
    question: Question | None = None,
    summaries: Sequence[RegionSummary] = (),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Rerun:
    """What does each image say at its own hour, with what was known by then?

    Images that cannot be read, or were already served for an earlier hour, are in ``missed``.
    """
    files = sorted(map(Path, images))
    made, missed, read = [], [], Counter[str]()
    for done, path in enumerate(files, 1):
        try:
            image = read_magnetogram(path, fresh=True)
            read.update(image.notes)
            forecast = make_forecast(
                flares=None if flares is None else flares.between(_BEGINNING, image.time),
                image=image,
                question=question,
                summary=_newest(summaries, image, image.time),
                inputs={"image": path.name},
            )
            made.append((forecast, path))
        except FlarescopeError as error:
            missed.append(Missed(path.name, str(error)))
        progress(done, len(files))
    said, found = zip(*made, strict=True) if made else ((), ())
    notes = tuple(f"{count} of {len(files)} images: {note}" for note, count in read.items())
    return Rerun(said, said, found, tuple(missed), notes)


class _NotAgainError(Exception):
    """Why a forecast cannot be made again."""


@dataclass(frozen=True)
class _Search:
    """Definitive images by time."""

    times: dict[Path, datetime | str]
    tolerance: timedelta

    def image_for(self, forecast: Forecast) -> tuple[Path, Magnetogram]:
        """The nearest image of the same hour and region."""
        if not used_image(forecast):
            raise _NotAgainError(f"it was issued without an image (state {forecast.state})")
        target, region = image_time(forecast), region_of(forecast)
        near = sorted(
            (abs(time - target), path)
            for path, time in self.times.items()
            if isinstance(time, datetime) and abs(time - target) <= self.tolerance
        )
        if not near:
            raise _NotAgainError(f"no definitive image within {self.tolerance} of {iso(target)}")
        refused = []
        for _, path in near:
            try:
                image = read_magnetogram(path, fresh=True)
            except FlarescopeError as error:
                refused.append(str(error))
                continue
            if image.time > forecast.observed + SAME_SLOT:
                refused.append(f"{path.name} is of {iso(image.time)}, later than the hour")
            elif _shows(image, region):
                return path, image
        raise _NotAgainError(
            "; ".join(refused) or f"none of the {len(near)} images of that hour shows its region"
        )


def _shows(image: Magnetogram, region: Region | None) -> bool:
    if region is None:
        return image.view == "full_disk"
    return image.view == "region" and same_region(region, image.region or Region())


def _with_times(images: Iterable[str | Path]) -> dict[Path, datetime | str]:
    """Each image's time, off its name or out of the file; or why it has none."""
    found: dict[Path, datetime | str] = {}
    for path in sorted(map(Path, images)):
        time: datetime | str | None = time_in_name(path)
        if time is None:
            try:
                time = read_magnetogram(path).time
            except FlarescopeError as error:
                time = str(error)
        found[path] = time
    return found


def _again(
    forecast: Forecast,
    image: Magnetogram,
    path: Path,
    flares: FlareCatalog | None,
    summaries: Sequence[RegionSummary],
    oldest: timedelta,
) -> Forecast:
    """The same question at the same hour; an image of the same slot may be seconds later, flares not."""
    hour = forecast.observed
    at_least, from_hours, to_hours = asked_of(forecast)
    return make_forecast(
        flares=None if flares is None else flares.between(_BEGINNING, hour),
        image=image,
        at=max(hour, image.time),
        question=Question(at_least, from_hours, to_hours),
        summary=_newest(summaries, image, hour),
        inputs={"image": path.name, "made_again": f"issued {iso(forecast.issued)} by {forecast.model}"},
        oldest_image=oldest,
    )


def _newest(summaries: Sequence[RegionSummary], image: Magnetogram, hour: datetime) -> RegionSummary | None:
    """The newest summary that had been issued by the hour and is not too old; of a disk only."""
    if image.view != "full_disk":
        return None
    known = [s for s in summaries if hour - OLDEST_SUMMARY <= s.issued <= hour]
    return max(known, key=lambda s: s.issued, default=None)


def _what_else(issued: Sequence[Forecast], again: Sequence[Forecast]) -> list[str]:
    """What differs besides the image."""
    pairs = list(zip(issued, again, strict=True))
    n = len(pairs)
    model = sum(a.model != b.model for a, b in pairs)
    listed = sum(abs(a.rivals.get("history", 0) - b.rivals.get("history", 0)) > SAME for a, b in pairs)
    state = sum(a.state != b.state for a, b in pairs)
    summary = sum(("regions" in a.inputs) for a, _ in pairs)
    notes = []
    if model:
        notes.append(f"{model} of {n} forecasts were issued by another model: differences are its, too.")
    if listed:
        notes.append(
            f"In {listed} of {n} forecasts the flare history alone differs: the list has changed since, or "
            "another was given. Part of their difference is the list's."
        )
    if state:
        notes.append(f"{state} of {n} forecasts have another state than when issued.")
    if summary:
        notes.append(f"{summary} of {n} forecasts were issued with a region summary, by file name only.")
    return notes
