"""``flarescope archive-server``: the archives on this machine, for tests and demonstrations."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["archive_server"]


def archive_server(
    port: Annotated[int, typer.Option(help="On 127.0.0.1; 0 for any that is free.", min=0, max=65535)] = 0,
    faults: Annotated[str, typer.Option(help="Such as http500,slow; all are named above.")] = "",
    share: Annotated[
        float, typer.Option(help="Of the requests that each fault strikes.", min=0.0, max=1.0)
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Of which requests are struck.", min=0)] = 0,
    clock: Annotated[str | None, typer.Option(help="Serve nothing later, such as 2026-02-03T12:30Z.")] = None,
    without: Annotated[str, typer.Option(help="Switched off: images, flares, regions.")] = "",
    data: Annotated[
        Path | None, typer.Option(envvar="FLARESCOPE_DATA", help="Folder of real data.", show_envvar=True)
    ] = None,
    made_up: Annotated[
        bool, typer.Option("--made-up", help="Serve the made-up Sun, whatever the folder.")
    ] = False,
) -> None:
    """Serve Helioviewer, JSOC, HEK and SWPC from this machine until Ctrl-C, with faults on request.

    Faults: http500 timeout slow truncated wrong_length stale wrong_channel html hole clock rate_limit. Each
    strikes its share of requests once and passes when the same is asked again.

    Example: flarescope archive-server --port 8000 --faults http500,slow --clock 2026-02-03T12:30Z
    """
    from flarescope.sources.archive_server import ArchiveServer
    from flarescope.times import utc

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    server = ArchiveServer(
        data=None if made_up else data,
        port=port,
        faults=_names(faults),
        share=share,
        seed=seed,
        clock=utc(clock) if clock else None,
        without=_names(without),
    )
    with server:
        typer.echo(server.url)
        typer.echo(
            f"Try: flarescope fetch magnetograms --base-url {server.url} …, "
            f"or flarescope forecast --source live --base-url {server.url}",
            err=True,
        )
        while not stop.wait(0.5):
            pass


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
