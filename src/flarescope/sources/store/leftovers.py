"""What a stopped run may leave in a store: noted before it is written, and so never taken for something else.

A file of which no record tells is either the leftover of a run that was killed, or sound and its record was
lost. The first kind has a note beside the units that wait, and sealing removes it; the other kind stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flarescope.errors import BadOptionError
from flarescope.sources.store.files import Places, remove

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from flarescope.sources.store.rows import DayRows

__all__ = ["clear_leftovers", "forget_files", "named_files", "note", "noted"]

NOTE = ".note"


def note(places: Places, day: date, name: str) -> None:
    """Note that a kept file or a shard of this name is about to be written, or to be superseded.

    Raises:
        BadOptionError: the place cannot be written.
    """
    folder = places.pending(day)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}{NOTE}").touch()
    except OSError as problem:
        raise BadOptionError(
            f"Nothing can be written in {folder} ({problem.strerror}). Make room or choose another place."
        ) from None


def noted(places: Places, day: date) -> set[str]:
    """The names that were noted for a day and not cleared yet."""
    return {path.name.removesuffix(NOTE) for path in places.pending(day).glob(f"*{NOTE}")}


def named_files(record: DayRows | None) -> set[str]:
    """The kept files that a day's record tells of, relative to the store."""
    rows = (row for unit in (record.units if record else {}).values() for row in unit.rows)
    return {row.file for row in rows if row.file}


def forget_files(places: Places, day: date) -> None:
    """Drop the notes of kept files: what tells of them is damaged, and they themselves may be sound."""
    for path in places.pending(day).glob(f"*{NOTE}"):
        if not _shard_of(places, day, path.name.removesuffix(NOTE)):
            remove(path)


def clear_leftovers(places: Places, day: date, record: DayRows | None) -> None:
    """Remove what was noted of a day and is not in its record, then the notes. No unit of it may wait."""
    named = named_files(record)
    for name in noted(places, day):
        shard, file = _shard_of(places, day, name), places.files(day) / name
        if shard and not (record and record.shard and record.shard.name == name):
            remove(shard)
        if file.relative_to(places.folder).as_posix() not in named:
            remove(file)
    for folder in (places.files(day), *places.files(day).parents[:3]):
        remove(folder)  # where nothing is in it
    for path in places.pending(day).glob(f"*{NOTE}"):
        remove(path)


def _shard_of(places: Places, day: date, name: str) -> Path | None:
    """Where a shard of this name lies; None for the name of a kept file."""
    is_shard = name.startswith(f"{day}.") and name.endswith(".npy")
    return places.shard(name) if is_shard else None
