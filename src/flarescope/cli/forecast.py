"""``flarescope forecast``: how probable is a flare in the coming hours?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flarescope.forecast import Forecast
    from flarescope.forecaster import Question

__all__ = ["forecast"]


def forecast(
    image: Annotated[Path | None, typer.Option(help="Magnetogram: FITS, JP2, JPEG, PNG or npz.")] = None,
    flares: Annotated[list[Path] | None, typer.Option(help="Flare list; repeatable.")] = None,
    regions: Annotated[
        Path | None, typer.Option(help="Solar Region Summary, for the places of regions on a full disk.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="When the image was taken, UTC, if the file does not say.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="The hour, UTC; the image's time by default.")] = None,
    at_least: Annotated[str, typer.Option(help="Threshold class: C1.0, M1.0 or X1.0.")] = "M1.0",
    within: Annotated[str, typer.Option(help="Length of the window: 24h, 48h or 72h.")] = "24h",
    day: Annotated[
        int, typer.Option(help="1: from now on; 2 or 3: the second or third 24 h.", min=1, max=3)
    ] = 1,
    source: Annotated[
        str, typer.Option(help="files: those given; live: the newest of the public archives.")
    ] = "files",
    base_url: Annotated[
        str | None, typer.Option(help="With --source live: one address that has all archives.")
    ] = None,
    oldest_image: Annotated[
        str | None, typer.Option(help="With --source live: refuse an older image; 3h by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Forecast flares from the newest magnetogram and the flare list.

    What is missing is said: without an image the forecast is flare history alone, without a list climatology.
    With ``--source live`` the archives are asked: HMI near-real-time, else Helioviewer; HEK and SWPC.

    Example: flarescope forecast --image HMI.m2026.02.03_12.00.00.jpg --flares flares_2026.csv --json

    Example: flarescope forecast --source live --json
    """
    from flarescope.errors import BadOptionError, UnknownNameError
    from flarescope.forecaster import Question
    from flarescope.times import duration, utc

    hour = None if at is None else utc(at)
    hours = duration(within).total_seconds() / 3600
    if day > 1 and hours != 24.0:
        raise BadOptionError(f"--day {day} goes with --within 24h; --within {within} was given.")
    question = Question(at_least, 24.0 * (day - 1), hours if day == 1 else 24.0 * day)
    files = {"image": image, "flares": flares, "regions": regions}
    if source == "live":
        _refuse({**files, "time": time}, "goes with files, not with --source live. Leave one of them out.")
        said = _live(hour, question, base_url, oldest_image)
    elif source == "files":
        _refuse(
            {"base-url": base_url, "oldest-image": oldest_image}, "goes with --source live. Type it, too."
        )
        said = _from_files(image, flares, regions, time, hour, question)
    else:
        raise UnknownNameError("source of forecasts", source, ("files", "live"))
    _say(said, as_json=as_json)


def _from_files(
    image: Path | None,
    flares: list[Path] | None,
    regions: Path | None,
    time: str | None,
    hour: datetime | None,
    question: Question,
) -> Forecast:
    """The forecast that these files allow."""
    from flarescope.forecaster import make_forecast
    from flarescope.sources.files import read_magnetogram
    from flarescope.sources.flares import read_flares
    from flarescope.sources.srs import read_srs

    magnetogram = read_magnetogram(image, time=time, asked=hour, fresh=True) if image else None
    summary = read_srs(regions) if regions else None
    catalog = read_flares(*flares) if flares else None
    return make_forecast(
        flares=catalog,
        image=magnetogram,
        at=hour,
        question=question,
        summary=summary,
        inputs=_names(image=image, flares=flares, regions=regions),
    )


def _live(
    hour: datetime | None, question: Question, base_url: str | None, oldest_image: str | None
) -> Forecast:
    """The forecast that the archives allow."""
    from flarescope.forecaster.live import OLDEST_LIVE_IMAGE, hurried, live_forecast
    from flarescope.sources.http import Http
    from flarescope.sources.settings import archive_settings
    from flarescope.times import duration

    settings = archive_settings() if base_url is None else archive_settings().at(base_url)
    oldest = OLDEST_LIVE_IMAGE if oldest_image is None else duration(oldest_image)
    with Http(hurried(settings)) as http:
        return live_forecast(http, at=hour, question=question, oldest_image=oldest, keep=base_url is None)


def _refuse(given: Mapping[str, object], why: str) -> None:
    from flarescope.errors import BadOptionError

    for name, value in given.items():
        if value is not None:
            raise BadOptionError(f"--{name} {why}")


def _say(said: Forecast, *, as_json: bool) -> None:
    from flarescope.forecast import percent

    if as_json:
        typer.echo(said.to_json())
        return
    typer.echo(
        f"{said.at_least} or stronger, {said.valid_from:%Y-%m-%d %H:%M} to {said.valid_to:%Y-%m-%d %H:%M} UTC"
    )
    typer.echo(
        f"  {percent(said.probability)}  [{percent(said.low)} to {percent(said.high)}]"
        f"  state {said.state}, {said.model}"
    )
    for name, value in sorted(said.rivals.items(), key=lambda item: -item[1]):
        typer.echo(f"  {percent(value):>8}  {name.replace('_', ' ')}")
    for note in said.notes:
        typer.echo(f"  note: {note}")


def _names(**given: Path | list[Path] | None) -> dict[str, str | list[str]]:
    """The files that were given, by role."""
    return {
        role: [str(f) for f in files] if isinstance(files, list) else str(files)
        for role, files in given.items()
        if files
    }
