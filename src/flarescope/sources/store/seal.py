"""Seal a store: join units into days, day by day; killed at any moment and begun again, nothing is lost.

For each day: write the new shard, write the day's record that names it (the commit: before, the units
count; after, the record does), then remove the old shard and the units. Each step may be done twice.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, BadOptionError
from flarescope.sources.store.arrays import check_shard, npy_chunks, open_shard
from flarescope.sources.store.files import (
    Places,
    drafts_below,
    locked,
    read_day,
    read_unit,
    remove,
    write_chunks,
    write_record,
)
from flarescope.sources.store.index import write_index
from flarescope.sources.store.parts import clear_parts, missing_parts
from flarescope.sources.store.rows import DayRows, Shard, UnitRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path

    import numpy as np
    from jaxtyping import Float16

    from flarescope.sources.store.index import Sealed

    _Image = tuple[Path, Shard, int]  # the file of its array, what that must be, and its place there

__all__ = ["seal_folder"]

PARTS_TOLD = 8


def seal_folder(
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
    *,
    partial: bool = False,
) -> Sealed:
    """Join all units that are not sealed yet, and write the index.

    Raises:
        BadFileError: something that was sealed before is damaged; the message names it.
        BadOptionError: a part of n was not done, and ``partial`` is not asked for; or the place cannot be
            written.
    """
    places, dropped = Places(folder), list[str]()
    with locked(folder, alone=True):
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
    if fresh:
        before = read_day(places.rows(day)) or DayRows(day, None, {})
        merged = dict(before.units)
        for key, unit in fresh.items():
            merged[key] = merged.get(key, UnitRows(key, ())).joined(unit)
        shard = _write_shard(places, day, _images(places, before, fresh))
        write_record(places.rows(day), DayRows(day, shard, merged).to_dict(), sync=True)
        _tidy(places, day, shard, merged)
    pending = places.pending(day)
    for path in sorted(pending.glob("*"), key=lambda path: path.suffix != ".json"):
        remove(path)  # records first: arrays without a record are no unit
    remove(pending)
    return dropped


def _fresh(places: Places, day: date) -> tuple[dict[str, UnitRows], list[str]]:
    """The day's units that are not sealed yet, and the keys of those that are damaged."""
    found, dropped = {}, []
    for path in sorted(places.pending(day).glob("*.json")):
        try:
            unit = read_unit(path)
            if unit.array:
                check_shard(path.parent / unit.array.name, unit.array)
        except BadFileError:  # a power cut: nothing of it was sealed, so it is done again
            dropped.append(path.stem)
        else:
            found[unit.key] = unit
    return found, dropped


def _images(places: Places, before: DayRows, fresh: dict[str, UnitRows]) -> list[_Image]:
    """Where each image of the day lies, in the order of key and time: what is fresh goes before what is old.

    Raises:
        BadFileError: the old shard is needed and damaged.
    """
    units = [before.units[key] for key in sorted(before.units)]
    found = _in_one_file(places.folder / "shards", before.shard, units)
    for unit in fresh.values():
        found |= _in_one_file(places.pending(before.day), unit.array, [unit])
    if before.shard and any(shard is before.shard for _, shard, _ in found.values()):
        try:
            check_shard(places.shard(before.shard.name), before.shard)
        except BadFileError as damage:
            record = places.rows(before.day)
            raise BadFileError(
                damage.path, f"{damage.problem} Remove {record} and build again: the day is made anew."
            ) from None
    return [found[which] for which in sorted(found)]


def _in_one_file(
    folder: Path, shard: Shard | None, units: Sequence[UnitRows]
) -> dict[tuple[str, datetime], _Image]:
    """Where the image of each key and time lies in the file that holds all of these units."""
    if shard is None:
        return {}
    which = ((unit.key, time) for unit in units for time in unit.image_times)
    return {one: (folder / shard.name, shard, place) for place, one in enumerate(which)}


def _write_shard(places: Places, day: date, images: list[_Image]) -> Shard | None:
    """All arrays of the day in one file; None where there are none."""
    if not images:
        return None
    shape = (len(images), *images[0][1].shape[1:])
    path, checksum = write_chunks(
        places.folder / "shards",
        lambda sha: f"{day}.{sha[:8]}.npy",
        npy_chunks(_arrays(images), shape),
        sync=True,
    )
    return Shard(path.name, checksum, shape)


def _arrays(images: list[_Image]) -> Iterator[Float16[np.ndarray, "h w"]]:
    opened = lru_cache(maxsize=2)(open_shard)
    for path, shard, place in images:
        yield opened(path, shard)[place]


def _tidy(places: Places, day: date, shard: Shard | None, units: dict[str, UnitRows]) -> None:
    """Remove what the day's record does not name: older shards, files of attempts that were killed."""
    for path in places.shards_of(day):
        if shard is None or path.name != shard.name:
            remove(path)
    named = {row.file for unit in units.values() for row in unit.rows}
    for path in places.files(day).glob("*"):
        if path.relative_to(places.folder).as_posix() not in named:
            remove(path)
    for folder in (places.files(day), *places.files(day).parents[:3]):
        remove(folder)  # where nothing is in it
