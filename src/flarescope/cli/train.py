"""``flarescope train``: fit the history rate to a flare list, or a network to images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperGroup

from flarescope.cli._options import AsJson, Members, Seed
from flarescope.cli._progress import progress_bar, progress_bars

if TYPE_CHECKING:
    from flarescope.flare import GoesScale

__all__ = ["app"]


class _ExperimentByDefault(TyperGroup):
    """``flarescope train EXPERIMENT.toml`` means ``flarescope train experiment EXPERIMENT.toml``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and args[0] in self.commands
        if not named and any(word.endswith(".toml") for word in args):
            args = ["experiment", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    help="Fit a model: flarescope train EXPERIMENT.toml --out RUN, or one of the commands below.",
    no_args_is_help=True,
    cls=_ExperimentByDefault,
)


@app.command()
def experiment(
    experiment: Annotated[Path, typer.Argument(help="TOML file of the experiment.")],
    out: Annotated[Path, typer.Option(help="Run folder; what is done there is not done again.")],
    data: Annotated[
        Path | None, typer.Option(help="Data folder (else FLARESCOPE_DATA).", envvar="FLARESCOPE_DATA")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Threads (else all cores).", min=1, max=1024)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print scores.json.")] = False,
) -> None:
    """Train a network on region images: folds by region, seeds, rivals, and a refit on all rows.

    The word experiment may be left out. A run that was stopped goes on where it was.

    Example: flarescope train experiments/patch_cnn.toml --out runs/patch_cnn
    """
    from flarescope.errors import BadOptionError
    from flarescope.experiment import read_experiment
    from flarescope.writing import check_folder_place

    settings = read_experiment(experiment)
    if data is None or not data.is_dir():
        raise BadOptionError(
            f"The data folder is {data or 'not given'}. Type: --data FOLDER, or set FLARESCOPE_DATA."
        )
    check_folder_place(out)
    from flarescope.compute import keep_memory, use_threads
    from flarescope.evaluation.patches import train_patches

    keep_memory()
    use_threads(threads)
    with progress_bars() as progress:
        document = train_patches(settings, data, out, progress=progress)
    if as_json:
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        _print_scores(document, out)


def _print_scores(document: dict[str, Any], out: Path) -> None:
    """The out-of-fold scores as a table for people."""
    from rich.console import Console
    from rich.table import Table

    from flarescope.evaluation.card import score_rows

    console = Console()
    data = document["data"]
    console.print(
        f"{document['model']}: {data['frames']:,} frames, {data['positive_frames']} positive, "
        f"{data['regions']} regions; {document['split']}; 95 % intervals over regions"
    )
    header, *rows = score_rows(document)
    table = Table(*header)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print(f"written: {out}/scores.json, card.md, model.safetensors, out_of_fold.parquet, …")


@app.command()
def fusion(
    run: Annotated[Path, typer.Option(help="Run folder with out-of-fold forecasts of the network.")],
    flares: Annotated[list[Path], typer.Option(help="Flare list; repeatable.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
    trial: Annotated[
        Path | None, typer.Option(help="What evaluate fusion --json printed: decides the disk's weight.")
    ] = None,
    members: Members = 40,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Fit the weights of history and image on a run's out-of-fold frames, and say what the image adds.

    Example: flarescope train fusion --run runs/patch_cnn --flares goes_2010_2025.csv --out fusion.json
    """
    from flarescope.cli.verify import print_scores
    from flarescope.evaluation.fusion import fitted_fusion
    from flarescope.sources.plain_text import read_json
    from flarescope.writing import check_file_place, write_whole

    check_file_place(out, inputs=[*flares, *([trial] if trial else ()), *run.glob("*")])
    tried = read_json(trial, "the JSON of flarescope evaluate fusion") if trial else None
    with progress_bar("fitting and scoring"):
        weights, scores = fitted_fusion(run, flares, trial=tried, members=members, seed=seed)
    write_whole(out, weights.to_json())
    document = {"data": f"out-of-fold frames of {run}", "weights": str(out)} | scores.to_dict()
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print_scores(scores, document)


@app.command()
def frames(
    out: Annotated[
        Path, typer.Option(help="Folder for the two run folders; what is done is not done again.")
    ],
    quick: Annotated[bool, typer.Option(help="Few regions and steps: a trial.")] = False,
    threads: Annotated[int | None, typer.Option(help="Threads (else all cores).", min=1, max=1024)] = None,
    as_json: AsJson = False,
) -> None:
    """Train cnn2_frames and artefact_free on the same made-up Sun, as they ship: for probes, not forecasts.

    Needs no data. Probe what comes out with flarescope probe OUT/artefact_free.

    Example: flarescope train frames --out runs/frames
    """
    from flarescope.writing import check_folder_place

    check_folder_place(out)
    from flarescope.compute import keep_memory, use_threads
    from flarescope.papers.bhattacharjee2020.frame_models import train_frames

    keep_memory()
    use_threads(threads)
    with progress_bars() as progress:
        documents = train_frames(out, quick=quick, progress=progress)
    if as_json:
        typer.echo(json.dumps(documents, indent=1, ensure_ascii=False, allow_nan=False))
        return
    for name, document in documents.items():
        scores = (f"{key} {document['scores'][key]['mean']:.3f}" for key in ("tss", "auc", "bss"))
        typer.echo(f"{out / name}: {document['model']}, held-out {', '.join(scores)}")


@app.command()
def disks(
    experiment: Annotated[Path, typer.Argument(help="TOML file of the experiment.")],
    out: Annotated[Path, typer.Option(help="Run folder; what is done there is not done again.")],
    images: Annotated[
        Path | None, typer.Option(help="Folder of full-disk images (else as the experiment says).")
    ] = None,
    flares: Annotated[
        list[Path] | None, typer.Option(help="Flare list; repeatable (else as the experiment says).")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Data folder (else FLARESCOPE_DATA).", envvar="FLARESCOPE_DATA")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Threads (else all cores).", min=1, max=1024)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print scores.json.")] = False,
) -> None:
    """Train a full-disk network on images and a flare list: folds of blocks of days, a day apart.

    A run that was stopped goes on where it was. The scores prove no skill unless the images span years.

    Example: flarescope train disks experiments/compact.toml --images 2026 --flares goes.csv --out runs/disks
    """
    from flarescope.experiment import read_experiment
    from flarescope.sources.flares import read_flares
    from flarescope.writing import check_folder_place

    settings = read_experiment(experiment)
    folder = images or _in_data(data, settings.data.index, "--images FOLDER")
    lists = flares or [_in_data(data, name, "--flares LIST") for name in settings.data.flares]
    check_folder_place(out)
    from flarescope.samples.disks import disk_hours

    asked = settings.data
    hours = disk_hours(folder, read_flares(*lists), at_least=asked.at_least, within=asked.within)
    from flarescope.compute import keep_memory, use_threads
    from flarescope.training.disk_card import estimate_text
    from flarescope.training.disks import train_disks

    keep_memory()
    use_threads(threads)
    with progress_bars() as progress:
        train_disks(settings, hours, out, progress=progress)
    document = json.loads((out / "scores.json").read_text(encoding="utf-8"))
    if as_json:
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))
        return
    typer.echo(f"{document['model']}, not validated: {document['split']}; weights begin {document['begins']}")
    for name in ("tss", "auc", "bss"):
        typer.echo(f"{name.upper()} {estimate_text(document['out_of_fold'][name])}")
    typer.echo(f"written: {out}/scores.json, card.md, model.safetensors, out_of_fold.parquet, …")


def _in_data(data: Path | None, name: str, option: str) -> Path:
    """A path of the experiment, in the data folder."""
    from flarescope.errors import BadOptionError

    if data is None or not data.is_dir():
        raise BadOptionError(
            f"The data folder is {data or 'not given'}. Type: {option}, or --data FOLDER, or set "
            "FLARESCOPE_DATA."
        )
    return data / name


@app.command()
def history(
    flares: Annotated[list[Path], typer.Option(help="Flare list; repeatable.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
    begin: Annotated[str, typer.Option("--from", help="First hour, UTC.")],
    end: Annotated[str, typer.Option("--to", help="Hour after the last, UTC.")],
    scale: Annotated[str, typer.Option(help="GOES scale: operational or science.")] = "science",
    members: Members = 40,
    seed: Seed = 0,
) -> None:
    """Fit the flare-history rate: classes C1.0, M1.0, X1.0; days 1, 2, 3 and the first 48 and 72 hours.

    Example: flarescope train history --flares goes.csv --from 1997-01-01 --to 2026-01-01 --out history.json
    """
    from flarescope.errors import BadOptionError, UnknownNameError
    from flarescope.sources.flares import read_flares
    from flarescope.times import iso, utc
    from flarescope.training.history import TARGETS, fit_history
    from flarescope.writing import check_file_place, write_whole

    if scale not in ("operational", "science"):
        raise UnknownNameError("GOES scale", scale, ("operational", "science"))
    first, last = utc(begin), utc(end)
    if first >= last:
        raise BadOptionError(
            f"--from {iso(first)} is not before --to {iso(last)}. Give an earlier --from or a later --to."
        )
    check_file_place(out, inputs=flares)
    catalog = read_flares(*flares).between(utc("1975-01-01"), last).on_scale(cast("GoesScale", scale))
    names = [target.name for target in TARGETS]
    with progress_bar("fitting targets") as progress:
        model = fit_history(
            catalog,
            first,
            last,
            source=", ".join(f.name for f in flares),
            members=members,
            seed=seed,
            progress=lambda name: progress(names.index(name), len(names)),
        )
    write_whole(out, model.to_json())
    typer.echo(f"{out}: {len(model.fits)} targets fitted on {model.fitted_on['hours']:,} hours")
