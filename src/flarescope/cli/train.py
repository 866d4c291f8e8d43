"""``flarescope train``: fit the history rate to a flare list, or a network to images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from flarescope.flare import GoesScale

__all__ = ["app"]

app = typer.Typer(help="Fit a model.", no_args_is_help=True)


@app.command()
def history(
    flares: Annotated[list[Path], typer.Option(help="Flare list; repeatable.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
    begin: Annotated[str, typer.Option("--from", help="First hour, UTC.")],
    end: Annotated[str, typer.Option("--to", help="Hour after the last, UTC.")],
    scale: Annotated[str, typer.Option(help="GOES scale: operational or science.")] = "science",
    members: Annotated[int, typer.Option(help="Refits for the interval.")] = 40,
    seed: Annotated[int, typer.Option(help="Seed of the refits.")] = 0,
) -> None:
    """Fit the flare-history rate: classes C1.0, M1.0, X1.0; days 1, 2, 3 and the first 48 and 72 hours.

    Example: flarescope train history --flares goes.csv --from 1997-01-01 --to 2026-01-01 --out history.json
    """
    from rich.console import Console

    from flarescope.errors import UnknownNameError
    from flarescope.sources.flares import read_flares
    from flarescope.times import utc
    from flarescope.training.history import TARGETS, fit_history

    if scale not in ("operational", "science"):
        raise UnknownNameError("GOES scale", scale, ("operational", "science"))
    first, last = utc(begin), utc(end)
    catalog = read_flares(*flares).between(utc("1975-01-01"), last).on_scale(cast("GoesScale", scale))
    console = Console(stderr=True)
    with console.status("reading", spinner="dots") as status:
        model = fit_history(
            catalog,
            first,
            last,
            source=", ".join(f.name for f in flares),
            members=members,
            seed=seed,
            progress=lambda name: status.update(f"fitting {name} ({len(TARGETS)} targets)"),
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(out.name + ".part")
    draft.write_text(model.to_json(), encoding="utf-8")
    os.replace(draft, out)
    typer.echo(f"{out}: {len(model.fits)} targets fitted on {model.fitted_on['hours']:,} hours")
