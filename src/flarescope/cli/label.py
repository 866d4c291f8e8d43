"""``flarescope label``: what happened after each of these times?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from flarescope.cli._options import AsJson

__all__ = ["label"]


def label(
    flares: Annotated[list[Path], typer.Option(help="Flare list; repeat it for several lists.")],
    times: Annotated[Path, typer.Option(help="CSV or Parquet with a column time_utc.")],
    out: Annotated[Path, typer.Option(help="Table to write: .parquet or .csv.")],
    at_least: Annotated[str, typer.Option(help="Threshold class.")] = "M1.0",
    within: Annotated[str, typer.Option(help="Length of the window.")] = "24h",
    as_json: AsJson = False,
) -> None:
    """Label each time: does a flare of the class start within the window, t < start < t + 24 h?

    Times whose window the lists do not cover get no label; they are counted with the reason.

    Example: flarescope label --flares goes.csv --times hours.parquet --at-least M1.0 --out labels.parquet
    """
    from flarescope.samples.label import label_times
    from flarescope.samples.table import check_name, read_table
    from flarescope.sources.flares import read_flares
    from flarescope.sources.forecast_table import times_column
    from flarescope.writing import check_file_place

    check_file_place(check_name(out), inputs=[times, *flares])
    moments = times_column(times, read_table(times, needed=("time_utc",)), "time_utc")
    catalog = read_flares(*flares)
    table = label_times(moments, catalog, at_least=at_least, within=within)
    table.write(out)
    if as_json:
        document = {
            **table.counts,
            "excluded": table.excluded,
            "at_least": at_least,
            "within": within,
            "flares": [str(path) for path in flares],
            "times": str(times),
            "out": str(out),
            "goes_scale": catalog.scale,
            "notes": [*table.notes, *catalog.notes],
        }
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
        return
    counts = table.counts
    typer.echo(
        f"{counts['rows']} times: {counts['positive']} with a flare of {at_least} or above within {within}, "
        f"{counts['negative']} without, {counts['unlabelled']} without a label."
    )
    for reason, count in table.excluded.items():
        typer.echo(f"  no label for {count}: {reason}")
    for note in (*table.notes, *catalog.notes):
        typer.echo(f"  note: {note}")
    typer.echo(f"Written: {out}")
