"""``flarescope store``: data sets of any size, checked and labelled, that survive whatever happens."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from flarescope.cli._options import AsJson
from flarescope.cli._progress import progress_bar, progress_bars
from flarescope.cli._store import (
    catalog_of,
    contents,
    labelled,
    prepared_as,
    tell_built,
    tell_labels,
    tell_repaired,
    tell_sealed,
    tell_verified,
    workers_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.flare import FlareCatalog

__all__ = ["app"]

app = typer.Typer(
    help="Make a data set of any size from images: arrays, an index, labels, checksums.",
    epilog="Example: flarescope store build --images IMAGES --out STORE --flares LIST",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Argument(help="Folder of the store.")]
Flares = Annotated[
    list[Path] | None, typer.Option(help="Flare list, to write labels.parquet; repeat it for several.")
]
AtLeast = Annotated[str, typer.Option(help="Threshold class of the labels.")]
Scale = Annotated[
    Literal["science", "operational"] | None,
    typer.Option("--goes-scale", help="Put all classes on this scale; as listed, unless the list mixes two."),
]
Within = Annotated[str, typer.Option(help="Window of the labels; 'ever' for regions.")]


@app.command()
def build(
    images: Annotated[list[Path], typer.Option(help="Folder of images, searched through; repeatable.")],
    out: Annotated[Path, typer.Option(help="Folder of the store; gone on with where it is begun.")],
    flares: Flares = None,
    at_least: AtLeast = "M1.0",
    within: Within = "24h",
    goes_scale: Scale = None,
    view: Annotated[
        Literal["full_disk", "region"] | None, typer.Option(help="Where the folders hold both.")
    ] = None,
    from_time: Annotated[str | None, typer.Option("--from", help="First time taken.")] = None,
    to_time: Annotated[str | None, typer.Option("--to", help="First time not taken any more.")] = None,
    like: Annotated[
        str | None, typer.Option(help="Prepare images as this shipped network or run folder wants them.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Side in pixels; 512, regions 128.", min=2, max=4096)
    ] = None,
    fit: Annotated[str | None, typer.Option(help="disk, crop, pad or resize; disk, regions crop.")] = None,
    encoding: Annotated[
        Literal["grey8", "gauss"], typer.Option(help="grey8 cuts off at ±250 G, as networks want it.")
    ] = "grey8",
    keep_files: Annotated[bool, typer.Option(help="Keep the files themselves, too.")] = False,
    workers: Annotated[
        int | None, typer.Option(help="Processes; 1, and with --dask local all cores.", min=1, max=1024)
    ] = None,
    threads: Annotated[bool, typer.Option(help="Threads instead of processes.")] = False,
    dask: Annotated[str | None, typer.Option(help="'local', or the address of a Dask scheduler.")] = None,
    shard: Annotated[
        str | None, typer.Option(help="Do part i of n, as 3/16, and do not seal: see store seal.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a store of all magnetograms in a folder: prepared arrays, an index, labels and checksums.

    Killed at any moment and typed again, it goes on with what is missing. Files that cannot be read become
    gaps with their reason, and are tried again the next time. The store is the same, byte for byte, whoever
    did the work.

    Example: flarescope store build --images full_disk_2026 --out store --flares flares_2026.csv --workers 4
    """
    from flarescope.errors import BadOptionError
    from flarescope.sources.store.build import How, build_store
    from flarescope.times import utc
    from flarescope.work import parse_shard
    from flarescope.writing import check_folder_place

    check_folder_place(out)
    how = How(workers or workers_for(dask), threads, dask, parse_shard(shard) if shard else None)
    if how.shard and flares:
        raise BadOptionError("Labels belong to the whole store: give --flares to 'store seal', not --shard.")
    catalog = catalog_of(flares, at_least, within, goes_scale)
    with progress_bars("looking") as progress:
        built = build_store(
            images,
            out,
            view=view,
            preparation=prepared_as(like, size, fit, encoding),
            since=utc(from_time) if from_time else None,
            until=utc(to_time) if to_time else None,
            keep_files=keep_files,
            how=how,
            progress=progress,
        )
    tell = None if as_json else (lambda: tell_built(out, built, shard))
    _finish({"store": str(out), **built.to_dict()}, tell, out, (catalog, at_least, within))


@app.command()
def seal(
    store: Folder,
    flares: Flares = None,
    at_least: AtLeast = "M1.0",
    within: Within = "24h",
    goes_scale: Scale = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Seal although parts of n (--shard i/n) were never done.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Join the parts of a store when all of them are done: arrays by day, one index, checksums.

    Typed twice it changes nothing; killed and typed again it goes on.

    Example: flarescope store seal store --flares goes.csv
    """
    from flarescope.sources.store import Store

    opened = Store.open(store)
    catalog = catalog_of(flares, at_least, within, goes_scale)
    with progress_bar("sealing") as progress:
        sealed = opened.seal(progress, partial=partial)
    tell = None if as_json else (lambda: tell_sealed(store, sealed))
    _finish({"store": str(store), **asdict(sealed)}, tell, store, (catalog, at_least, within))


@app.command()
def verify(store: Folder, as_json: AsJson = False) -> None:
    """Is every byte as it was written, and all of it sealed? Exit code 1 if not.

    Example: flarescope store verify store
    """
    from flarescope.samples.store_labels import verify_labels
    from flarescope.sources.store.verify import verify_store, waiting_units

    with progress_bar("verifying") as progress:
        damage = [*verify_store(store, progress), *verify_labels(store)]
    closed = any(one.kind == "unreadable" for one in damage)
    waiting = None if closed else waiting_units(store)
    sealed = waiting is None and not closed
    if as_json:
        found = {"sound": sealed and not damage, "sealed": sealed, "waiting_units": waiting or 0}
        _print({"store": str(store), **found, "damage": [asdict(one) for one in damage]})
    else:
        tell_verified(store, damage, waiting)
    if damage or not sealed:
        raise typer.Exit(1)


@app.command()
def repair(store: Folder, as_json: AsJson = False) -> None:
    """Keep what is sound of a damaged store, and note the rest as gaps that are filled again.

    Then type the command that filled the store again: it fetches or builds the gaps alone. May be killed and
    typed again; a sound store stays as it is.

    Example: flarescope store repair store
    """
    from flarescope.sources.store.repair import repair_store

    with progress_bar("repairing") as progress:
        repaired = repair_store(store, progress)
    if as_json:
        _print({"store": str(store), **repaired.to_dict()})
    else:
        tell_repaired(store, repaired)


@app.command()
def export(
    store: Folder,
    zarr: Annotated[Path, typer.Option(help="Folder of the zarr group to write.")],
    as_json: AsJson = False,
) -> None:
    """Write the images and the index of a sealed store as one zarr group.

    Example: flarescope store export store --zarr store.zarr
    """
    from flarescope.sources.store import Store
    from flarescope.sources.store.export import export_zarr

    opened = Store.open(store)
    with progress_bar("exporting") as progress:
        images = export_zarr(opened, zarr, progress)
    if as_json:
        _print({"store": str(store), "images": images, "zarr": str(zarr)})
    else:
        typer.echo(f"{images} images written: {zarr}")


@app.command()
def info(store: Folder, as_json: AsJson = False) -> None:
    """What does a store hold: images, gaps and their reasons, days, labels?

    Example: flarescope store info store --json
    """
    from flarescope.sources.store import Store

    found = contents(Store.open(store))
    if as_json:
        _print({"store": str(store), **found})
        return
    for name, value in found.items():
        plain = "none" if value is None else value
        typer.echo(f"{name}: {json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else plain}")


def _finish(
    document: dict[str, Any],
    tell: Callable[[], None] | None,
    store: Path,
    how: tuple[FlareCatalog | None, str, str],
) -> None:
    """Write the labels, and tell all, as a document where ``tell`` is None.

    A store without an image has no labels, which is said after all else.
    """
    from flarescope.errors import MissingDataError

    labels, problem = None, None
    try:
        labels = labelled(store, *how)
    except MissingDataError as missing:
        problem = missing
    if tell is None:
        _print({**document, "labels": labels})
    else:
        tell()
        tell_labels(labels)
    if problem:
        raise problem


def _print(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
