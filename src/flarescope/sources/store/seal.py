"""Seal a store: join units into days, day by day; killed at any moment and begun again, nothing is lost.

For each day: write the new shard, write the day's record that names it (the commit: before, the units
count; after, the record does), then remove the old shard and the units. Each step may be done twice. Nothing
is removed but what a record that is there supersedes, and what a stopped run left (see ``leftovers``).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, BadOptionError, UnreadableFileError
from flarescope.sources.store.access import check_open
from flarescope.sources.store.arrays import check_shard, npy_chunks, open_shard
from flarescope.sources.store.files import (
    Places,
    drafts_below,
    read_day,
    read_unit,
    remove,
    repair_line,
    write_chunks,
    write_record,
)
from flarescope.sources.store.index import write_index
from flarescope.sources.store.leftovers import clear_leftovers, forget_files, named_files, note
from flarescope.sources.store.lock import locked
from flarescope.sources.store.parts import clear_parts, missing_parts
from flarescope.sources.store.rows import DayRows, Shard, UnitRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path

    import numpy as np
    from jaxtyping import Float16

    from flarescope.sources.store.index import Sealed

    StoredImage = tuple[Path, Shard, int]  # the file of its array, what that must be, and its place there

__all__ = ["commit_day", "one_file", "seal_folder"]

PARTS_TOLD = 8


def seal_folder(
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
    *,
    partial: bool = False,
) -> Sealed:
    """Join all units that are not sealed yet, and write the index.

    Raises:
        BadFileError: something that was sealed before is damaged, or cannot be read; the message names it.
        BadOptionError: a part of n was not done, and ``partial`` is not asked for; or the place cannot be
            written.
    """
    places, dropped = Places(folder), list[str]()
    with locked(folder, alone=True):
        check_open(folder)
        if not partial:
            _check_parts(folder)
        for draft in drafts_below(folder):
            remove(draft)
        days = places.pending_days()
        of = len(days) + len({*days, *places.sealed_days()})
        for done, day in enumerate(days, 1):
            dropped += _seal_day(places, day)
            progress(done, of)
        sealed = write_index(folder, lambda done, _: progress(len(days) + done, of))
        clear_parts(folder)
        remove(folder / "units")
    return replace(sealed, dropped=tuple(dropped))


def _check_parts(folder: Path) -> None:
    missing = missing_parts(folder)
    if missing:
        more = f" and {len(missing) - PARTS_TOLD} more" if len(missing) > PARTS_TOLD else ""
        raise BadOptionError(
            f"{folder} is not whole: never done to the end: --shard {', '.join(missing[:PARTS_TOLD])}{more}. "
            f"Build {'it' if len(missing) == 1 else 'them'} first, or seal what is there: "
            f"flarescope store seal {folder} --partial"
        )


def _seal_day(places: Places, day: date) -> list[str]:
    """Join a day's units with what was sealed of it before; returns the units that were damaged."""
    fresh, dropped = _fresh(places, day)
    record = read_day(places.rows(day))
    if fresh:
        before = record or DayRows(day, None, {})
        merged = dict(before.units)
        for key, unit in fresh.items():
            merged[key] = merged.get(key, UnitRows(key, ())).joined(unit)
        for file in named_files(before) - named_files(DayRows(day, None, merged)):
            note(places, day, file.rpartition("/")[2])
        record = commit_day(places, before, merged, _images(places, before, fresh))
    if dropped:
        forget_files(places, day)
    clear_leftovers(places, day, record)
    pending = places.pending(day)
    for path in sorted(pending.glob("*"), key=lambda path: path.suffix != ".json"):
        remove(path)  # records first: arrays without a record are no unit
    remove(pending)
    return dropped


def commit_day(
    places: Places, before: DayRows, units: dict[str, UnitRows], images: list[StoredImage]
) -> DayRows:
    """Write a day's arrays, then the record that names them; the older shard is noted, to be cleared.

    Args:
        places: of the store, held alone.
        before: what the day's record told until now.
        units: what it shall tell.
        images: where the arrays of the units lie now, in the order of key and time.

    Raises:
        BadOptionError: the place cannot be written.
    """
    if before.shard:
        note(places, before.day, before.shard.name)
    record = DayRows(before.day, _write_shard(places, before.day, images), units)
    write_record(places.rows(before.day), record.to_dict(), sync=True)
    return record


def _fresh(places: Places, day: date) -> tuple[dict[str, UnitRows], list[str]]:
    """The day's units that are not sealed yet, and the keys of those that are damaged."""
    found, dropped = {}, []
    for path in sorted(places.pending(day).glob("*.json")):
        try:
            unit = read_unit(path)
            if unit.array:
                check_shard(path.parent / unit.array.name, unit.array)
        except UnreadableFileError:
            raise
        except BadFileError:  # a power cut: nothing of it was sealed, so it is done again
            dropped.append(path.stem)
        else:
            found[unit.key] = unit
    return found, dropped


def _images(places: Places, before: DayRows, fresh: dict[str, UnitRows]) -> list[StoredImage]:
    """Where each image of the day lies, in the order of key and time: what is fresh goes before what is old.

    Raises:
        BadFileError: the old shard is needed and damaged.
    """
    units = [before.units[key] for key in sorted(before.units)]
    found = one_file(places.folder / "shards", before.shard, units)
    for unit in fresh.values():
        found |= one_file(places.pending(before.day), unit.array, [unit])
    if before.shard and any(shard is before.shard for _, shard, _ in found.values()):
        try:
            check_shard(places.shard(before.shard.name), before.shard)
        except BadFileError as damage:
            if isinstance(damage, UnreadableFileError):
                raise
            raise BadFileError(damage.path, f"{damage.problem} {repair_line(places.folder)}") from None
    return [found[which] for which in sorted(found)]


def one_file(
    folder: Path, shard: Shard | None, units: Sequence[UnitRows]
) -> dict[tuple[str, datetime], StoredImage]:
    """Where the image of each key and time lies in the file that holds all of these units."""
    if shard is None:
        return {}
    which = ((unit.key, time) for unit in units for time in unit.image_times)
    return {one: (folder / shard.name, shard, place) for place, one in enumerate(which)}


def _write_shard(places: Places, day: date, images: list[StoredImage]) -> Shard | None:
    """All arrays of the day in one file; None where there are none."""
    if not images:
        return None

    def named(sha256: str) -> str:
        name = f"{day}.{sha256[:8]}.npy"
        note(places, day, name)
        return name

    shape = (len(images), *images[0][1].shape[1:])
    path, checksum = write_chunks(
        places.folder / "shards",
        named,
        npy_chunks(_arrays(images), shape),
        sync=True,
    )
    return Shard(path.name, checksum, shape)


def _arrays(images: list[StoredImage]) -> Iterator[Float16[np.ndarray, "h w"]]:
    opened = lru_cache(maxsize=2)(open_shard)
    for path, shard, place in images:
        yield opened(path, shard)[place]
