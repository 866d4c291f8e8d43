"""``flarescope demo``: the main job, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("out/demo"),
    data: Annotated[
        Path | None,
        typer.Option(
            envvar="FLARESCOPE_DATA", help="Folder of real data; else the network, else the made-up Sun."
        ),
    ] = None,
    archive: Annotated[
        bool, typer.Option("--archive", help="Ask a local archive server, filled from the data folder.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", envvar="FLARESCOPE_OFFLINE", help="Do not ask the public archives.")
    ] = False,
) -> None:
    """Forecast, explain and verify: writes forecast.json, scores.json, explanation.png and report.html.

    Example: FLARESCOPE_DATA=data flarescope demo --out out/demo
    """
    from flarescope.demo import run_demo
    from flarescope.writing import check_folder_place

    check_folder_place(out)
    if data is not None and not data.is_dir():
        from flarescope.errors import MissingDataError

        raise MissingDataError(
            f"The data folder {data} is not there. Unset FLARESCOPE_DATA for the made-up Sun."
        )
    run_demo(out, data, archive=archive, network=not offline, say=typer.echo)
