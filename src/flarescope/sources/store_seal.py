"""Seal a store: join units into days, day by day; killed at any moment and begun again, nothing is lost.

For each day: write the new shard, write the day's record that names it (the commit: before, the units
count; after, the record does), then remove the old shard and the units. Each step may be done twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError
from flarescope.sources.store_arrays import npy_chunks, open_shard
from flarescope.sources.store_files import (
    Places,
    drafts_below,
    locked,
    read_day,
    read_unit,
    remove,
    sha256_of,
    write_chunks,
    write_record,
)
from flarescope.sources.store_index import write_index
from flarescope.sources.store_rows import DayRows, Shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    import numpy as np
    from jaxtyping import Float16

    from flarescope.sources.store_index import Sealed
    from flarescope.sources.store_rows import UnitRows

__all__ = ["seal_folder"]


def seal_folder(folder: Path, progress: Callable[[int, int], None] = lambda done, of: None) -> Sealed:
    """Join all units that are not sealed yet, and write the index.

    Raises:
        BadFileError: something that was sealed before is damaged; the message names it.
        BadOptionError: the place cannot be written.
    """
    places, dropped = Places(folder), list[str]()
    with locked(folder, alone=True):
        for draft in drafts_below(folder):
            remove(draft)
        days = places.pending_days()
        of = len(days) + len({*days, *places.sealed_days()})
        for done, day in enumerate(days, 1):
            dropped += _seal_day(places, day)
            progress(done, of)
        remove(folder / "units")
        sealed = write_index(folder, lambda done, _: progress(len(days) + done, of))
    return replace(sealed, dropped=tuple(dropped))


def _seal_day(places: Places, day: date) -> list[str]:
    """Join a day's units with what was sealed of it before; returns the units that were damaged."""
    fresh, dropped = _fresh(places, day)
    if fresh:
        before = read_day(places.rows(day)) or DayRows(day, None, {})
        merged = before.units | fresh
        shard = _write_shard(places, before, fresh, merged)
        bare = {key: replace(unit, array=None) for key, unit in merged.items()}
        write_record(places.rows(day), DayRows(day, shard, bare).to_dict(), sync=True)
        _tidy(places, day, shard, bare)
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
            _check(path.parent, unit.array)
        except BadFileError:  # a power cut: nothing of it was sealed, so it is done again
            dropped.append(path.stem)
        else:
            found[unit.key] = unit
    return found, dropped


def _check(folder: Path, shard: Shard | None) -> None:
    if shard is not None and sha256_of(folder / shard.name) != shard.sha256:
        raise BadFileError(folder / shard.name, "its bytes are not those that were written.")


def _write_shard(
    places: Places, before: DayRows, fresh: dict[str, UnitRows], merged: dict[str, UnitRows]
) -> Shard | None:
    """All arrays of the day in the order of key and time, in one file; None where there are none."""
    sides = [unit.array.shape for unit in fresh.values() if unit.array]
    sides += [before.shard.shape] if before.shard else []
    if not sides:
        return None
    if before.shard and any(key not in fresh for key in before.units):
        try:
            _check(places.folder / "shards", before.shard)
        except BadFileError as damage:
            record = places.rows(before.day)
            raise BadFileError(
                damage.path, f"{damage.problem} Remove {record} and build again: the day is made anew."
            ) from None
    shape = (sum(unit.images for unit in merged.values()), *sides[0][1:])
    chunks = npy_chunks(_arrays(places, before, fresh, merged), shape)
    path, checksum = write_chunks(
        places.folder / "shards", lambda sha: f"{before.day}.{sha[:8]}.npy", chunks, sync=True
    )
    return Shard(path.name, checksum, shape)


def _arrays(
    places: Places, before: DayRows, fresh: dict[str, UnitRows], merged: dict[str, UnitRows]
) -> Iterator[Float16[np.ndarray, "h w"]]:
    old = open_shard(places.shard(before.shard.name), before.shard) if before.shard else None
    starts, start = {}, 0
    for key in sorted(before.units):
        starts[key] = start
        start += before.units[key].images
    for key in sorted(merged):
        unit = merged[key]
        if key in fresh and unit.array is not None:
            yield from open_shard(places.pending(before.day) / unit.array.name, unit.array)
        elif key not in fresh and old is not None:
            yield from old[starts[key] : starts[key] + unit.images]


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
