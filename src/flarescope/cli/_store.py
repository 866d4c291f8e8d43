"""What the commands of ``flarescope store`` share: options become objects, results become words."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from flarescope.cli._progress import progress_bar
from flarescope.times import duration_text, iso

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from flarescope.flare import FlareCatalog, GoesScale
    from flarescope.preparation import Preparation
    from flarescope.sources.store import Sealed, Store
    from flarescope.sources.store.build import Built
    from flarescope.sources.store.repair import Repaired
    from flarescope.sources.store.verify import Damage
    from flarescope.sun import Encoding, View

__all__ = [
    "catalog_of", "contents", "labelled", "prepared_as", "tell_built", "tell_labels", "tell_repaired",
    "tell_sealed", "tell_verified", "workers_for",
]  # fmt: skip

GAPS_SHOWN, REASONS_SHOWN, LOST_SHOWN = 5, 20, 20
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC)|[+-]\d\d:\d\d)?")


def workers_for(dask: str | None) -> int:
    """How many workers, where nobody says: a Dask of this machine's own has all cores."""
    if dask != "local":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prepared_as(
    like: str | None, size: int | None, fit: str | None, encoding: Encoding
) -> Callable[[View], Preparation]:
    """How images of a view are prepared, as the options say."""
    from functools import partial

    from flarescope.errors import BadOptionError
    from flarescope.sources.store.build import preparation_for

    if like is None:
        return partial(preparation_for, size=size, fit=fit, encoding=encoding)
    if size or fit or encoding != "grey8":
        raise BadOptionError("--like says how images are prepared: leave --size, --fit and --encoding out.")
    preparation = _preparation_of(like)
    return lambda view: preparation


def _preparation_of(run: str) -> Preparation:
    """That of a shipped network or a run folder."""
    from pathlib import Path

    from flarescope.errors import BadFileError, BadOptionError, FlarescopeError, UnknownNameError
    from flarescope.models import shipped_folder
    from flarescope.preparation import Preparation

    shipped = {path.parent.name: path for path in shipped_folder().glob("*/preparation.json")}
    path = shipped.get(run, Path(run) / "preparation.json")
    if not path.is_file():
        raise UnknownNameError("run folder or shipped model", run, shipped)
    try:
        found = Preparation.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (FlarescopeError, ValueError, TypeError) as problem:
        raise BadFileError(path, f"this is no preparation ({problem}).") from None
    if found.fit == "scale":
        raise BadOptionError(
            f"'{run}' takes images of many sizes (fit 'scale') and a store has one. Choose another network."
        )
    return found


def catalog_of(
    flares: list[Path] | None, at_least: str, within: str, scale: GoesScale | None
) -> FlareCatalog | None:
    """The flares, read before the work begins: an option that is wrong is said at once."""
    from flarescope.errors import BadOptionError
    from flarescope.flare import GoesClass
    from flarescope.sources.flares import read_flares
    from flarescope.times import duration

    GoesClass(at_least)
    if within != "ever":
        duration(within)
    if not flares:
        return None
    catalog = read_flares(*flares)
    if scale is None and catalog.scale == "mixed":
        raise BadOptionError(
            "The flares are on two GOES scales: operational up to 2019, science after (operational / 0.7). "
            "Put them on one: --goes-scale science, or --goes-scale operational."
        )
    return catalog.on_scale(scale) if scale else catalog


def labelled(store: Path, catalog: FlareCatalog | None, at_least: str, within: str) -> dict[str, Any] | None:
    """Write the labels; what came of it, or None where no list was given."""
    from flarescope.samples.store_labels import label_store

    if catalog is None:
        return None
    with progress_bar("labelling") as progress:
        labels = label_store(store, catalog, at_least=at_least, within=within, progress=progress)
    about = {"at_least": at_least, "within": within, "goes_scale": catalog.scale}
    found = labels.to_dict()
    return found | about | {"notes": [*found["notes"], *catalog.notes]}


def contents(store: Store) -> dict[str, Any]:
    """What a sealed store holds, from its index a part at a time.

    Raises:
        MissingDataError: the store is not sealed.
        BadFileError: its index or the record of its labels is damaged.
    """
    from flarescope.samples.store_labels import about_labels
    from flarescope.sources.store.index import opened_index

    status, reasons, days, views = Counter[str](), Counter[str](), set[str](), set[str]()
    first, last = None, None
    with opened_index(store.folder) as file:
        for batch in file.iter_batches(columns=["day", "time", "status", "reason", "view"]):
            rows = batch.to_pandas()
            status.update(rows["status"])
            reasons.update(_kind(reason) for reason in rows["reason"] if reason)
            days.update(rows["day"])
            views.update(rows["view"])
            first = min(filter(None, (first, rows["time"].min())))
            last = max(filter(None, (last, rows["time"].max())))
    return {
        "images": status["image"],
        "gaps": status["gap"],
        "stale": status["stale"],
        "days": len(days),
        "first": first and iso(first),
        "last": last and iso(last),
        "views": sorted(filter(None, views)),
        "reasons": dict(reasons.most_common(REASONS_SHOWN)),
        "keep_files": store.keep_files,
        "tolerance": store.tolerance and duration_text(store.tolerance),
        "preparation": store.preparation and store.preparation.to_dict(),
        "labels": about_labels(store.folder),
    }


def _kind(reason: str) -> str:
    """A reason without the name of its file and without times: like reasons are counted together."""
    name, found, rest = reason.partition(": ")
    return _TIME.sub("…", rest if found and " " not in name else reason)


def tell_built(out: Path, built: Built, shard: str | None) -> None:
    """In words: what was done, what was left out, which gaps there are."""
    from flarescope.sources.store.listing import told_left_out

    part = f" of part {shard}" if shard else ""
    typer.echo(
        f"{built.images} images in {built.units} units{part} ({built.there} units were there already), "
        f"{built.gap_count} gaps."
    )
    for told in told_left_out(built.left_out):
        typer.echo(f"  {told}")
    for time, reason in built.gaps[:GAPS_SHOWN]:
        typer.echo(f"  gap {time:%Y-%m-%d %H:%M}: {reason}")
    if built.gap_count > GAPS_SHOWN:
        typer.echo(f"  … and {built.gap_count - GAPS_SHOWN} more gaps: see index.parquet")
    if built.sealed is None:
        typer.echo(f"Not sealed. When all parts are done, type: flarescope store seal {out}")
    else:
        tell_sealed(out, built.sealed)


def tell_sealed(store: Path, sealed: Sealed) -> None:
    """In words: what the sealed store holds."""
    typer.echo(
        f"Sealed: {store} holds {sealed.images} images, {sealed.gaps} gaps, {sealed.stale} stale images, "
        f"{sealed.bytes / 1e6:.1f} MB."
    )
    if sealed.dropped:
        typer.echo(f"  {len(sealed.dropped)} units were damaged before: build them again, then seal.")


def tell_verified(store: Path, damage: Sequence[Damage], waiting: int | None) -> None:
    """In words: what is damaged, and whether units wait to be sealed."""
    for one in damage:
        typer.echo(f"{one.path}: {one.problem}")
    for kind, count in Counter(one.kind for one in damage).items():
        told = "cannot be read" if kind == "unreadable" else f"{'is' if count == 1 else 'are'} {kind}"
        typer.echo(f"{store}: {count} {'file' if count == 1 else 'files'} {told}.")
    if waiting is not None:
        typer.echo(
            f"{store}: not sealed, {waiting} {'unit is' if waiting == 1 else 'units are'} waiting. Type the "
            f"command that was filling it again, or: flarescope store seal {store}"
        )
    elif not damage:
        typer.echo(f"{store}: sound.")


def tell_repaired(store: Path, repaired: Repaired) -> None:
    """In words: what was kept, and what is to be filled again."""
    for name in repaired.records:
        typer.echo(f"{name}: written anew from what the store knows of it elsewhere.")
    for one in repaired.lost[:LOST_SHOWN]:
        typer.echo(f"  gap {one.time.strftime('%Y-%m-%d %H:%M') if one.time else one.day}: {one.reason}")
    if len(repaired.lost) > LOST_SHOWN:
        typer.echo(f"  … and {len(repaired.lost) - LOST_SHOWN} more; --json lists them")
    days = f"{repaired.mended} {'day' if repaired.mended == 1 else 'days'}"
    typer.echo(f"{store}: {days} mended; {repaired.kept} images of them kept, {len(repaired.lost)} lost.")
    if repaired.lost:
        typer.echo("Type the command that filled the store again: it fetches or builds what was lost.")


def tell_labels(labels: dict[str, Any] | None) -> None:
    """In words: how many images were followed by a flare."""
    if labels is None:
        return
    typer.echo(
        f"{labels['rows']} images: {labels['positive']} with a flare of {labels['at_least']} or above within "
        f"{labels['within']}, {labels['negative']} without, {labels['unlabelled']} without a label."
    )
    for reason, count in labels["excluded"].items():
        typer.echo(f"  no label for {count}: {reason}")
    for note in labels["notes"]:
        typer.echo(f"  note: {note}")
    typer.echo(f"Written: {labels['out']}")
