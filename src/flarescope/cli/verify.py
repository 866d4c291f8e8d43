"""``flarescope verify``: how good are these forecasts?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flarescope.cli._options import AsJson, BlockDays, Resamples, Seed
from flarescope.cli._progress import progress_bar

if TYPE_CHECKING:
    from rich.table import Table

    from flarescope.sources.forecast_table import ForecastTable
    from flarescope.verify import Blocks, Scores

__all__ = ["print_scores", "verify"]

WIDE = 105  # characters in which a score and its interval have room beside each other
ALONE = ("tss", "bss", "auc")  # of the forecasts and of each rival, beside each other


def verify(
    forecasts: Annotated[Path, typer.Argument(help="CSV or Parquet, one row a forecast.")],
    observed_column: Annotated[str, typer.Option(help="Column of what happened, 0 or 1.")] = "observed",
    probability_column: Annotated[str, typer.Option(help="Column of forecasts, 0 to 1.")] = "probability",
    time_column: Annotated[str | None, typer.Option(help="Column of UTC times (else time_utc).")] = None,
    group: Annotated[str | None, typer.Option(help="Column of folds: mean and sd over them.")] = None,
    threshold: Annotated[float, typer.Option(help="Yes from this probability on.")] = 0.5,
    reference: Annotated[
        list[str] | None, typer.Option(help="Column of a rival's forecasts; repeatable.")
    ] = None,
    by: Annotated[list[str] | None, typer.Option(help="Column to slice by; repeatable.")] = None,
    places: Annotated[
        Path | None, typer.Option(help="Where the flares were: labels with positions, or a flare list.")
    ] = None,
    block_days: BlockDays = 27,
    block_column: Annotated[
        str | None, typer.Option(help="Column of bootstrap blocks, such as the region.")
    ] = None,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Score forecasts against what happened: TSS, HSS, AUC, BSS, calibration, each with a 95 % interval.

    Hours are not independent, so intervals are drawn over blocks of 27 days, or over --block-column. With
    --group every score is the mean over groups (ECE: pooled), and sd their sample standard deviation.
    --places adds recall and false alarms within and beyond 70° of the central meridian, and by C magnitude.

    Example: flarescope verify forecasts.parquet --observed-column ge_m1 --group fold --json
    """
    from flarescope.errors import BadOptionError
    from flarescope.sources.forecast_table import read_forecast_table
    from flarescope.verify import scorecard

    rivals, slices = reference or [], by or []
    for name in rivals:
        if name in (observed_column, probability_column):
            raise BadOptionError(f"--reference {name} is what is scored, not a rival. Name another column.")
    table = read_forecast_table(
        forecasts,
        observed_column=observed_column,
        probability_column=probability_column,
        time_column=time_column,
        label_columns=[name for name in (group, block_column, *slices) if name],
        reference_columns=rivals,
    )
    blocks = _blocks(table, block_column, block_days)
    with progress_bar("scoring"):
        scores = scorecard(
            table.probability,
            table.observed,
            threshold=threshold,
            blocks=blocks,
            groups=table.labels[group] if group else None,
            references=table.references,
            resamples=resamples,
            seed=seed,
        )
        curve = _reliability(table, blocks, resamples, seed)
        parts = _slices(table, slices, blocks, threshold, resamples, seed)
        where = _places(table, places, blocks, threshold, resamples, seed) if places else {}
    about = {"data": str(forecasts), "observed": observed_column, "group": group}
    document = about | scores.to_dict()
    document["notes"] = [*table.notes, *document["notes"], *_how_to_get_intervals(blocks)]
    document["reliability"] = curve
    document["slices"] = parts
    document |= where
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print_scores(scores, document)


def _blocks(table: ForecastTable, block_column: str | None, block_days: float) -> Blocks | None:
    from flarescope.verify import blocks_of, blocks_of_days

    if block_column:
        return blocks_of(table.labels[block_column], unit=block_column)
    return None if table.times is None else blocks_of_days(table.times, block_days)


def _how_to_get_intervals(blocks: Blocks | None) -> list[str]:
    if blocks is not None:
        return []
    return ["For intervals add a column time_utc, or name one with --time-column or --block-column."]


def _reliability(table: ForecastTable, blocks: Blocks | None, resamples: int, seed: int) -> dict[str, Any]:
    from flarescope.verify import reliability

    curve = reliability(table.probability, table.observed, blocks=blocks, resamples=resamples, seed=seed)
    bins = zip(
        curve.lower,
        curve.count,
        curve.events,
        curve.mean_forecast,
        curve.observed_rate,
        curve.low,
        curve.high,
        strict=True,
    )
    names = ("from", "n", "events", "mean_forecast", "observed_rate", "low", "high")
    rows = [dict(zip(names, (_plain(value) for value in row), strict=True)) for row in bins]
    return {"bins": rows, "how": curve.how}


def _plain(value: Any) -> float | int | None:
    """A number as JSON takes it."""
    number = float(value)
    if number != number:
        return None
    return int(number) if number.is_integer() and not isinstance(value, float) else round(number, 6)


def _slices(
    table: ForecastTable,
    columns: list[str],
    blocks: Blocks | None,
    threshold: float,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    import numpy as np

    from flarescope.errors import BadOptionError
    from flarescope.verify import slice_scores

    found: dict[str, Any] = {}
    for name in columns:
        values = np.unique(table.labels[name])
        if len(values) > 50:
            raise BadOptionError(
                f"Column '{name}' has {len(values)} values. Slice by a column of 50 or fewer."
            )
        masks = {str(value): table.labels[name] == value for value in values}
        parts = slice_scores(
            table.probability,
            table.observed,
            masks,
            threshold=threshold,
            blocks=blocks,
            resamples=resamples,
            seed=seed,
        )
        found[name] = {label: part.to_dict() for label, part in parts.items()}
    return found


def _places(
    table: ForecastTable, path: Path, blocks: Blocks | None, threshold: float, resamples: int, seed: int
) -> dict[str, Any]:
    from flarescope.errors import BadOptionError
    from flarescope.evaluation.flare_places import read_flare_places
    from flarescope.evaluation.places import PlacedAnswers, place_scores

    if table.times is None or blocks is None:
        raise BadOptionError("--places needs times: add a column time_utc, or name one with --time-column.")
    flares, called = read_flare_places(path, table.times), table.probability >= threshold
    return {"places": place_scores(PlacedAnswers(called, flares, blocks, resamples, seed))}


def print_scores(scores: Scores, document: dict[str, Any]) -> None:
    """The scores as tables for people."""
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False)  # a file may be called [bold]
    said = "their own threshold" if scores.threshold is None else f"threshold {scores.threshold:g}"
    blocks = f"{scores.n_blocks} blocks ({scores.block_unit})" if scores.n_blocks else "no blocks"
    model = (document[key] for key in ("model", "target") if key in document)
    what = document["data"] if isinstance(document["data"], str) else ", ".join(model)
    console.print(f"{what}: {scores.n:,} forecasts, {scores.events:,} events, {said}, {blocks}")
    shown = Table("score", *(["mean", "sd"] if scores.groups else ["value"]), "95 % interval", *scores.groups)
    for name, estimate in scores.estimates.items():
        interval = "" if estimate.low != estimate.low else f"{estimate.low:.3f} to {estimate.high:.3f}"
        spread = [f"{estimate.sd:.3f}"] if scores.groups else []
        each = [f"{part.values[name]:.3f}" for part in scores.groups.values()]
        shown.add_row(name.upper(), f"{estimate.value:.3f}", *spread, interval, *each)
    console.print(shown)
    if scores.rivals:
        console.print(_beside(scores, document.get("model", "these forecasts"), console.width))
    for name, rival in scores.rivals.items():
        console.print(f"against {name}: BSS {rival.bss}")
        gains = ("tss", "hss", "auc", "brier")
        console.print("  difference: " + "  ".join(f"{g.upper()} {rival.differences[g]}" for g in gains))
    for column, parts in document.get("slices", {}).items():
        for label, part in parts.items():
            tss = f"TSS {part['tss']['mean']}" if "tss" in part else part["note"]
            console.print(f"{column} {label}: {part['n']:,} forecasts, {part['events']:,} events, {tss}")
    for row in document.get("places", {}).get("limb", []):
        share = "" if row["share"] is None else f" = {row['share']:.3f}"
        known = "" if row["low"] is None else f" [{row['low']:.3f}, {row['high']:.3f}]"
        console.print(
            f"{row['class']} {row['place']}: {row['called']:,} of {row['n']:,} called{share}{known}"
        )
    for note in document["notes"]:
        console.print(f"note: {note}")


def _beside(scores: Scores, model: str, width: int) -> Table:
    """The scores of the forecasts and of each rival by itself, one below the other."""
    from rich.table import Table

    table = Table(title="each by itself (BSS: against the base rate)", title_justify="left")
    between = " [" if width >= WIDE else "\n["
    table.add_column("forecast", overflow="fold")
    for score in ALONE:
        table.add_column(score.upper())
    alone = {model: scores.estimates} | {name: rival.scores for name, rival in scores.rivals.items()}
    for name, estimates in alone.items():
        table.add_row(name, *(str(estimates[score]).replace(" [", between) for score in ALONE))
    return table
