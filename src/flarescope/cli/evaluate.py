"""``flarescope evaluate``: score a model or a centre on data it was not fitted on, rivals beside it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flarescope.cli._options import AsJson, BlockDays, Resamples, Seed
from flarescope.cli._progress import progress_bar, progress_bars

if TYPE_CHECKING:
    from flarescope.models.history import Target
    from flarescope.sun import Magnetogram
    from flarescope.verify import Scores

__all__ = ["app"]

app = typer.Typer(help="Score a model on data it was not fitted on, beside its rivals.", no_args_is_help=True)
IMAGES = (".jpg", ".jpeg", ".png", ".jp2", ".fits", ".fit", ".fts", ".npz")


@app.command()
def history(
    hours: Annotated[Path, typer.Option(help="CSV or Parquet with time_utc and a column of folds.")],
    flares: Annotated[list[Path], typer.Option(help="Flare list; repeatable.")],
    folds: Annotated[str, typer.Option(help="Column of folds in --hours.")] = "fold",
    at_least: Annotated[str, typer.Option(help="Threshold class.")] = "M1.0",
    from_hours: Annotated[float, typer.Option(help="Start of the window after the hour.")] = 0.0,
    to_hours: Annotated[float, typer.Option(help="End of the window after the hour.")] = 24.0,
    block_days: BlockDays = 27,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Score the flare-history rate, refitted on the training hours of each fold.

    Example: flarescope evaluate history --hours hours.parquet --flares goes.csv --folds fold --json
    """
    from flarescope.evaluation.history import evaluate_history, flares_for
    from flarescope.sources.flares import read_flares
    from flarescope.sources.hours import read_hours

    target = _target(at_least, from_hours, to_hours)
    times, fold = read_hours(hours, folds)
    catalog = flares_for(times, read_flares(*flares), target)
    with progress_bar("refitting and scoring"):
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
    _show(about, scores, as_json)


@app.command()
def fusion(
    images: Annotated[Path, typer.Option(help="Folder of full-disk magnetograms, searched through.")],
    flares: Annotated[list[Path], typer.Option(help="Flare list; repeatable.")],
    every: Annotated[int, typer.Option(help="Take every n-th image.", min=1)] = 1,
    block_days: BlockDays = 5,
    resamples: Resamples = 1000,
    as_json: AsJson = False,
) -> None:
    """Score history and image together on full disks, beside history alone, the image alone and climatology.

    Nothing is fitted on these hours: the weights are the shipped ones, fitted on regions of 2012 to 2017.

    Example: flarescope evaluate fusion --images full_disk_2026 --flares goes.csv --flares flares_2026.csv
    """
    from flarescope.errors import MissingExtraError
    from flarescope.evaluation.fusion import disk_hours, disk_scores
    from flarescope.flare import scale_by_date
    from flarescope.forecaster.shipped import shipped_fusion, shipped_history, shipped_network
    from flarescope.sources.flares import read_flares

    network = shipped_network()
    if network is None:
        raise MissingExtraError("The image network", "train")
    listed = read_flares(*flares)
    paths, first, skipped = _full_disks(images, every)
    scale = scale_by_date(first.time)
    model, weights = shipped_history(scale), shipped_fusion()
    with progress_bar("images") as progress:
        hours = disk_hours(paths, listed.on_scale(scale), model, network, weights, progress=progress)
    with progress_bar("scoring"):
        scores = disk_scores(hours, model, weights, block_days=block_days, resamples=resamples)
    about = {
        "model": f"{network.label} + history, weights of regions",
        "target": "M1.0 0-24h",
        "data": {"images": str(images), "flares": [str(f) for f in flares], "used": len(hours.times)},
        "skipped": skipped,
        "refused": list(hours.refused),
        "goes_scale": scale,
    }
    left_out = skipped | {
        "stale, or refused by the model": len(hours.refused),
        "the flare list does not cover their windows": len(paths) - len(hours.times) - len(hours.refused),
    }
    _show(about, scores, as_json, [f"{n} files left out: {why}." for why, n in left_out.items() if n])


@app.command()
def compact(
    images: Annotated[Path, typer.Option(help="Folder of full-disk magnetograms, searched through.")],
    flares: Annotated[list[Path], typer.Option(help="Flare list; repeatable.")],
    run: Annotated[str, typer.Option(help="Run folder or shipped network of full disks.")] = "compact",
    block_days: BlockDays = 5,
    resamples: Resamples = 1000,
    work: Annotated[
        Path | None, typer.Option(help="Keep prepared images here (half a MB each), to go on after a stop.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Threads (else all cores).", min=1, max=1024)] = None,
    as_json: AsJson = False,
) -> None:
    """Score a full-disk network on days it never saw, beside history, climatology, persistence and fusion.

    Each image is left to those members of the run that were not trained within 24 h of it; thresholds and the
    fusion's weights come from other blocks of days.

    Example: flarescope evaluate compact --images full_disk_2026 --flares flares_2026.csv --json
    """
    from flarescope.compute import keep_memory, use_threads
    from flarescope.errors import MissingExtraError
    from flarescope.sources.flares import read_flares

    listed = read_flares(*flares)
    try:
        from flarescope.evaluation.disks import score_disks
        from flarescope.training.run import load_run
    except ImportError:
        raise MissingExtraError("A full-disk network", "train") from None
    keep_memory()
    use_threads(threads)
    network = load_run(run)
    with progress_bars("images") as progress:
        scores = score_disks(
            network, images, listed, block_days=block_days, resamples=resamples, kept=work, progress=progress
        )
    about = {
        "model": network.label,
        "target": "M1.0 0-24h",
        "data": {"images": str(images), "flares": [str(f) for f in flares]},
    }
    _show_document(about | scores.to_dict(), scores.network, as_json, _verdict_in_words(scores.beats_history))


@app.command()
def centre(
    forecasts: Annotated[Path, typer.Argument(help="Archived forecasts of SWPC or the Met Office.")],
    flares: Annotated[list[Path], typer.Option(help="Flare list; repeatable.")],
    day: Annotated[int, typer.Option(help="1 for the first 24 h of each forecast.", min=1, max=4)] = 1,
    at_least: Annotated[str, typer.Option(help="Threshold class: M1.0 or X1.0.")] = "M1.0",
    threshold: Annotated[float, typer.Option(help="Yes from this probability on.", min=0, max=1)] = 0.5,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Score what an operational centre issued, on the operational GOES scale, over blocks of 27 days.

    Example: flarescope evaluate centre swpc_2014_2016.txt --flares goes_2010_2025.csv --at-least M1.0
    """
    from flarescope.evaluation.published import score_issued
    from flarescope.flare import GoesClass
    from flarescope.sources.flares import read_flares
    from flarescope.sources.issued_forecasts import read_issued_forecasts

    issued, goes_class = read_issued_forecasts(forecasts), str(GoesClass(at_least))
    with progress_bar("scoring"):
        scores = score_issued(
            issued,
            read_flares(*flares),
            at_least=goes_class,
            day=day,
            threshold=threshold,
            resamples=resamples,
            seed=seed,
        )
    about = {
        "model": issued.centre,
        "target": f"{goes_class}, day {day}",
        "data": {"forecasts": str(forecasts), "flares": [str(f) for f in flares]},
        "goes_scale": "operational",
    }
    _show(about, scores, as_json)


def _show(about: dict[str, Any], scores: Scores, as_json: bool, notes: list[str] | None = None) -> None:
    _show_document(about | scores.to_dict(), scores, as_json, notes or [])


def _show_document(document: dict[str, Any], scores: Scores, as_json: bool, notes: list[str]) -> None:
    from flarescope.cli.verify import print_scores

    document["notes"] = [*document["notes"], *notes]
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print_scores(scores, document)


def _verdict_in_words(beats_history: dict[str, bool]) -> list[str]:
    """What the default forecast would take of them."""
    return [
        f"{name}: {'proven better' if better else 'not proven better'} than history in Brier score on days "
        f"no network saw; it {'may enter' if better else 'stays out of'} the default forecast."
        for name, better in beats_history.items()
    ]


def _target(at_least: str, from_hours: float, to_hours: float) -> Target:
    from flarescope.errors import BadOptionError
    from flarescope.flare import GoesClass
    from flarescope.models.history import Target
    from flarescope.times import LONGEST

    longest = LONGEST / timedelta(hours=1)
    if not 0.0 <= from_hours < to_hours <= longest:
        raise BadOptionError(
            f"The window is {from_hours:g} to {to_hours:g} hours after each hour. "
            f"Accepted: 0 <= --from-hours < --to-hours <= {longest:g}."
        )
    return Target(str(GoesClass(at_least)), from_hours, to_hours)


def _full_disks(folder: Path, every: int) -> tuple[list[Path], Magnetogram, dict[str, int]]:
    """Paths of the readable full disks, the first of them, and how many files were skipped, by reason."""
    from flarescope.errors import FlarescopeError, MissingDataError
    from flarescope.sources.files import read_magnetogram

    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGES)[::every]
    if not files:
        raise MissingDataError(
            f"{folder} holds no image. Accepted: a folder of {', '.join(IMAGES)} files (full disks)."
        )
    found: list[Path] = []
    first, problem, skipped = None, "", Counter[str]()
    with progress_bar("looking for full disks") as progress:
        for k, path in enumerate(files):
            progress(k, len(files))
            try:
                image = read_magnetogram(path)
            except FlarescopeError as error:
                problem = problem or f" First problem: {error}"
                skipped["cannot be read"] += 1
                continue
            if image.view != "full_disk":
                skipped["no full disk but a region or patch"] += 1
                continue
            first = first or image
            found.append(path)
    if first is None:
        why = "; ".join(f"{count} {reason}" for reason, count in skipped.items())
        raise MissingDataError(
            f"{folder} holds no full-disk magnetogram among {len(files)} images: {why}.{problem}"
        )
    return found, first, dict(skipped)
