"""``flarescope forecast``: how probable is a flare in the coming hours?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Forecast flares from the newest magnetogram and the flare list.

    What is missing is said: without an image the forecast is flare history alone, without a list climatology.

    Example: flarescope forecast --image HMI.m2026.02.03_12.00.00.jpg --flares flares_2026.csv --json
    """
    from flarescope.errors import BadOptionError
    from flarescope.forecast import percent
    from flarescope.forecaster import Question, make_forecast
    from flarescope.sources.files import read_magnetogram
    from flarescope.sources.flares import read_flares
    from flarescope.sources.srs import read_srs
    from flarescope.times import duration, utc

    hour = None if at is None else utc(at)
    hours = duration(within).total_seconds() / 3600
    if day > 1 and hours != 24.0:
        raise BadOptionError(f"--day {day} goes with --within 24h; --within {within} was given.")
    question = Question(at_least, 24.0 * (day - 1), hours if day == 1 else 24.0 * day)
    magnetogram = read_magnetogram(image, time=time, asked=hour, fresh=True) if image else None
    summary = read_srs(regions) if regions else None
    catalog = read_flares(*flares) if flares else None
    said = make_forecast(
        flares=catalog,
        image=magnetogram,
        at=hour,
        question=question,
        summary=summary,
        inputs=_names(image=image, flares=flares, regions=regions),
    )
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
