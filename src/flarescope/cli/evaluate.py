"""``flarescope evaluate``: refit on each fold's training part, score on the fold, rivals beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from flarescope.cli._progress import progress_bar

__all__ = ["app"]

app = typer.Typer(help="Score a model on data it was not fitted on, beside its rivals.", no_args_is_help=True)


@app.command()
def history(
    hours: Annotated[Path, typer.Option(help="CSV or Parquet with time_utc and a column of folds.")],
    flares: Annotated[list[Path], typer.Option(help="Flare list; repeatable.")],
    folds: Annotated[str, typer.Option(help="Column of folds in --hours.")] = "fold",
    at_least: Annotated[str, typer.Option(help="Threshold class.")] = "M1.0",
    from_hours: Annotated[float, typer.Option(help="Start of the window after the hour.")] = 0.0,
    to_hours: Annotated[float, typer.Option(help="End of the window after the hour.")] = 24.0,
    block_days: Annotated[float, typer.Option(help="Length of a bootstrap block in days.")] = 27,
    resamples: Annotated[int, typer.Option(help="Bootstrap samples.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Score the flare-history rate, refitted on the training hours of each fold.

    Example: flarescope evaluate history --hours hours.parquet --flares goes.csv --folds fold --json
    """
    from flarescope.cli.verify import print_scores
    from flarescope.evaluation.history import evaluate_history, flares_for
    from flarescope.flare import GoesClass
    from flarescope.models.history import Target
    from flarescope.sources.flares import read_flares
    from flarescope.sources.hours import read_hours

    times, fold = read_hours(hours, folds)
    target = Target(str(GoesClass(at_least)), from_hours, to_hours)
    catalog = flares_for(times, read_flares(*flares), target)
    scores = evaluate_history(
        times, fold, catalog, target, block_days=block_days, resamples=resamples, seed=seed
    )
    about = {
        "model": "history, refitted on the other folds",
        "target": target.name,
        "data": {"hours": str(hours), "flares": [str(f) for f in flares]},
        "group": folds,
        "goes_scale": catalog.scale,
    }
    document = about | scores.to_dict()
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print_scores(scores, document)


@app.command()
def fusion(
    images: Annotated[Path, typer.Option(help="Folder of full-disk magnetograms, searched through.")],
    flares: Annotated[list[Path], typer.Option(help="Flare list; repeatable.")],
    every: Annotated[int, typer.Option(help="Take every n-th image.", min=1)] = 1,
    block_days: Annotated[float, typer.Option(help="Length of a bootstrap block in days.")] = 5,
    resamples: Annotated[int, typer.Option(help="Bootstrap samples.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Score history and image together on full disks, beside history alone, the image alone and climatology.

    Nothing is fitted on these hours: the weights are the shipped ones, fitted on regions of 2012 to 2017.

    Example: flarescope evaluate fusion --images full_disk_2026 --flares goes.csv --flares flares_2026.csv
    """
    from flarescope.cli.verify import print_scores
    from flarescope.errors import MissingDataError
    from flarescope.evaluation.fusion import disk_hours, disk_scores
    from flarescope.flare import scale_by_date
    from flarescope.forecaster.shipped import shipped_fusion, shipped_history, shipped_network
    from flarescope.sources.files import read_magnetogram
    from flarescope.sources.flares import read_flares

    paths = sorted(p for p in images.rglob("*") if p.suffix.lower() in (".jpg", ".jp2", ".fits", ".npz"))[
        ::every
    ]
    if not paths:
        raise MissingDataError(
            f"{images} holds no image. Accepted: a folder of .jpg, .jp2, .fits or .npz files."
        )
    network = shipped_network()
    if network is None:
        from flarescope.errors import MissingExtraError

        raise MissingExtraError("The image network", "train")
    scale = scale_by_date(read_magnetogram(paths[0]).time)
    model, weights = shipped_history(scale), shipped_fusion()
    catalog = read_flares(*flares).on_scale(scale)
    with progress_bar("images") as progress:
        hours = disk_hours(paths, catalog, model, network, weights, progress=progress)
    scores = disk_scores(hours, model, weights, block_days=block_days, resamples=resamples)
    document = {
        "model": f"{network.label} + history, weights of regions",
        "target": "M1.0 0-24h",
        "data": {"images": str(images), "flares": [str(f) for f in flares], "used": len(hours.times)},
        "refused": list(hours.refused),
        "goes_scale": scale,
    } | scores.to_dict()
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print_scores(scores, document)
