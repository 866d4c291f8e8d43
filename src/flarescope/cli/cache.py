"""``flarescope cache``: what is kept of the archives' answers?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from flarescope.cli._options import AsJson

if TYPE_CHECKING:
    from flarescope.sources.cache import CacheInfo

__all__ = ["app", "clear", "info"]

app = typer.Typer(
    help="Show or clear the answers kept on this machine, so that nothing is asked for twice.",
    epilog="Example: flarescope cache info --json",
    no_args_is_help=True,
)


@app.command()
def info(as_json: AsJson = False) -> None:
    """Say where answers are kept, how many, and how large they are together.

    FLARESCOPE_CACHE_DIR names another folder.

    Example: flarescope cache info --json
    """
    from flarescope.sources.cache import Cache

    _say("kept", Cache().info(), as_json)


@app.command()
def clear(as_json: AsJson = False) -> None:
    """Remove all kept answers, and nothing else that lies in their folder.

    Example: flarescope cache clear
    """
    from flarescope.sources.cache import Cache

    _say("removed", Cache().clear(), as_json)


def _say(what: str, about: CacheInfo, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(about.to_dict(), ensure_ascii=False))
    else:
        answers = "1 answer" if about.entries == 1 else f"{about.entries:,} answers"
        typer.echo(f"{answers}, {about.bytes:,} bytes {what} in {about.folder}")
