"""``flarescope compare``: do near-real-time and definitive data give the same forecasts?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flarescope.cli._options import AsJson, BlockDays, Resamples, Seed
from flarescope.cli._progress import progress_bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.evaluation.compare import Comparison
    from flarescope.evaluation.sides import Wanted

__all__ = ["compare"]

ANY = "a table (CSV, Parquet), forecasts (JSON, JSON lines, or a folder of them), or a folder of magnetograms"
_Flares = Annotated[list[Path] | None, typer.Option(help="Flare list: history and outcomes; repeatable.")]
_Regions = Annotated[list[Path] | None, typer.Option(help="Solar Region Summary for disks; repeatable.")]
_AtLeast = Annotated[str, typer.Option(help="Threshold class of tables and images.")]
_Within = Annotated[str, typer.Option(help="Length of their window.")]
_Threshold = Annotated[
    float, typer.Option(help="Yes from here on, for tables; forecasts bring their own.", min=0.0, max=1.0)
]


def compare(
    nrt: Annotated[Path, typer.Argument(help=f"On near-real-time data: {ANY}.")],
    definitive: Annotated[Path, typer.Argument(help="On definitive data: the same kinds.")],
    flares: _Flares = None,
    regions: _Regions = None,
    at_least: _AtLeast = "M1.0",
    within: _Within = "24h",
    observed_column: Annotated[str | None, typer.Option(help="Column of what happened (observed).")] = None,
    probability_column: Annotated[str, typer.Option(help="Column of forecasts.")] = "probability",
    time_column: Annotated[str, typer.Option(help="Column of UTC times.")] = "time_utc",
    region_column: Annotated[str | None, typer.Option(help="Column of region numbers (noaa).")] = None,
    threshold: _Threshold = 0.5,
    tolerance: Annotated[str, typer.Option(help="How far two images of an hour may lie apart.")] = "6min",
    block_days: BlockDays = 27,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Figure to write: PNG, PDF or SVG.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare forecasts on near-real-time data with forecasts on the definitive series.

    Stored forecasts beside a folder of definitive magnetograms are made again on those, each for its own
    hour; of two folders of magnetograms both are forecast, and their fields compared. Differences are
    definitive less near-real-time, with 95 % intervals over blocks of days; with fewer than ten blocks they
    are unknown.

    Example: flarescope compare forecasts_2026/ hmi.M_720s_2026/ --flares flares_2026.csv --json
    """
    from flarescope.evaluation.compare import compare as compare_sets
    from flarescope.evaluation.said_tables import Columns
    from flarescope.evaluation.sides import read_sides
    from flarescope.times import duration
    from flarescope.verify import blocks_of_days

    duration(tolerance)
    blocks_of_days([], block_days)
    _check_figure(out)
    columns = Columns(probability_column, time_column, observed_column, region_column, threshold)
    wanted = _wanted(flares, regions, at_least, within, columns, tolerance)
    with progress_bars() as progress:
        sides = read_sides(nrt, definitive, wanted, progress=progress)
    found = compare_sets(
        sides.nrt, sides.definitive, observed=sides.observed, tolerance=tolerance, block_days=block_days,
        resamples=resamples, seed=seed, fields=sides.fields, notes=sides.notes,
    )  # fmt: skip
    missed = [{"name": one.name, "reason": one.reason} for one in sides.missed]
    document = {**found.to_dict(), "missed": missed}
    if out is not None:
        _draw(found, out)
        document["figure"] = str(out)
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        _print(found, document)


def _check_figure(out: Path | None) -> None:
    from flarescope.errors import MissingExtraError
    from flarescope.writing import check_file_place

    if out is None:
        return
    try:
        from flarescope.plots.paper import check_format
    except ImportError:
        raise MissingExtraError("A figure", "explain") from None
    check_format(out)
    check_file_place(out)


def _wanted(
    flares: list[Path] | None,
    regions: list[Path] | None,
    at_least: str,
    within: str,
    columns: Any,
    tolerance: str,
) -> Wanted:
    from flarescope.evaluation.sides import Wanted
    from flarescope.forecaster import Question
    from flarescope.sources.flares import read_flares
    from flarescope.sources.srs import read_srs
    from flarescope.times import duration

    question = Question(at_least, 0.0, duration(within).total_seconds() / 3600)
    return Wanted(
        flares=read_flares(*flares) if flares else None,
        summaries=tuple(read_srs(path) for path in regions or ()),
        question=question,
        columns=columns,
        tolerance=tolerance,
    )


def _draw(found: Comparison, out: Path) -> None:
    from flarescope.plots.compare import compare_figure
    from flarescope.plots.paper import save

    names = [Path(name).name for name in found.data]
    title = f"{names[1]} against {names[0]}, {_blocks(found)}"
    if found.image_unused:
        title += f", image of weight 0 in {found.image_unused:,} of {found.n:,} pairs"
    rivals = {name: (one.p_nrt, one.p_definitive) for name, one in found.rivals.items()}
    save(compare_figure(found.p_nrt, found.p_definitive, found.curves, rivals=rivals, title=title), out)


def _blocks(found: Comparison) -> str:
    return f"{found.n_blocks} {'block' if found.n_blocks == 1 else 'blocks'} of {found.block_unit}"


def _print(found: Comparison, document: dict[str, Any]) -> None:
    """The comparison as tables for people."""
    from rich.console import Console

    console = Console(markup=False)  # a file may be called [bold]
    span = f"{document['first']} to {document['last']}"
    console.print(f"{found.data[1]} less {found.data[0]}: {found.n:,} pairs, {span}, {_blocks(found)}")
    console.print(
        f"without a partner: {len(found.only_nrt)} near-real-time, {len(found.only_definitive)} definitive"
    )
    aloud, rest = (found.notes[:1], found.notes[1:]) if found.image_unused else ((), found.notes)
    for note in aloud:
        console.print(f"NOTE: {note}")
    for name, estimate in found.changes.items():
        console.print(f"  {name.replace('_', ' ')}: {estimate}")
    top = document["largest_difference"]
    console.print(f"  largest difference: {top['value']:+z.3f} at {top['time_utc']}")
    console.print(f"  changed: {found.to_yes} to yes, {found.to_no} to no")
    if found.scores:
        console.print(f"{found.scored:,} scored, {found.events:,} events")
        rows = [
            (_title(n), str(s.nrt), str(s.definitive), str(s.difference)) for n, s in found.scores.items()
        ]
        _print_table(console, ("score", "near-real-time", "definitive", "difference"), rows)
    if found.rivals:
        _print_rivals(console, found.rivals)
    if document["field"]:
        _print_field(console, document["field"])
    for one in document["missed"][:20]:
        console.print(f"missed: {one['name']}: {one['reason']}")
    if len(document["missed"]) > 20:
        console.print(f"missed: {len(document['missed']) - 20} more; --json lists them all")
    for note in rest:
        console.print(f"note: {note}")


def _title(name: str) -> str:
    """TSS, BSS, Brier; mean difference."""
    return name.upper() if len(name) == 3 else name.replace("_", " ").replace("brier", "Brier")


def _print_rivals(console: Any, rivals: dict[str, Comparison]) -> None:
    """What the image itself says, a column each; scores as differences."""
    several = list(rivals.values())
    rows = [("pairs", *(f"{one.n:,}" for one in several))]
    rows += [("largest difference", *(f"{one.largest[0]:+z.3f}" for one in several))]
    rows += [(_title(name), *(str(one.changes[name]) for one in several)) for name in several[0].changes]
    for name in dict.fromkeys(name for one in several for name in one.scores):
        told = (str(one.scores[name].difference) if one.scores else "no outcome" for one in several)
        rows.append((f"{_title(name)} difference", *told))
    console.print()
    _print_table(console, ("what the image says", *map(_title, rivals)), rows)


def _print_table(console: Any, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Four columns with intervals fit 80 letters."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = Table(*head, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for row in rows:
        shown.add_row(*row)
    console.print(shown)


def _print_field(console: Any, field: dict[str, Any]) -> None:
    """Medians and ranges of what the images differ by."""
    units = {"scale": "", "offset": field["unit"]} | dict.fromkeys(
        ("quiet_difference", "active_difference"), field["unit"]
    )
    console.print(f"field of {field['images']} image pairs: median (smallest to largest)")
    for name, unit in units.items():
        part = field[name]
        if part["median"] is None:
            console.print(f"  {name.replace('_', ' ')}: undefined, too few pixels")
            continue
        console.print(
            f"  {name.replace('_', ' ')}: {part['median']:z.3f} "
            f"({part['smallest']:z.3f} to {part['largest']:z.3f}) {unit}".rstrip()
        )
