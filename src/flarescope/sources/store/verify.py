"""Is every byte of a store as it was written? What is damaged, missing or strange is named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flarescope.errors import BadFileError, UnreadableFileError
from flarescope.sources.store.access import closed_folders
from flarescope.sources.store.arrays import check_shard, open_shard
from flarescope.sources.store.files import (
    ABOUT,
    CHECKSUMS,
    INDEX,
    LABELS,
    LOCK,
    MAY_READ,
    SETTINGS,
    Places,
    is_draft,
    read_day_anew,
    read_record,
    read_unit,
    repair_line,
    sha256_of,
)
from flarescope.sources.store.index import RowsChecksum, opened_index
from flarescope.sources.store.leftovers import noted
from flarescope.sources.store.parts import part_in_name
from flarescope.sources.store.rows import day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flarescope.sources.store.rows import DayRows, Shard

__all__ = ["Damage", "verify_store", "waiting_units"]

KNOWN = {SETTINGS, INDEX, CHECKSUMS, LOCK, LABELS, ABOUT}
CHANGED = "its bytes are not those that were written."
STOPPED = "left over from a stopped run. Type the same line again to take it up."
DRAFT = "left over from a stopped run. Type the same line again, or seal the store."
UNKNOWN = (
    "no record tells of it. Fetch or build that day again to take it up, or remove it if it is not wanted."
)


@dataclass(frozen=True, order=True)
class Damage:
    """A file of a store that is not as it should be.

    Attributes:
        path: relative to the store.
        problem: what is wrong with it, and what to do.
        kind: "damaged"; "unreadable" where the system does not give it out, and it may well be sound;
            "left over" from a run that was stopped; or "without a record", which may be sound, too.
    """

    path: str
    problem: str
    kind: Literal["damaged", "unreadable", "left over", "without a record"] = "damaged"


def verify_store(
    folder: str | Path, progress: Callable[[int, int], None] = lambda done, of: None
) -> list[Damage]:
    """Which files of this store are damaged, missing, or no part of it?

    Every byte of every record, array, kept file and of the index is read and compared with its checksum.
    Units that are not sealed yet are checked, too, and are no damage: see ``waiting_units``. What is damaged
    is mended by ``repair_store``. Where a folder cannot be read, no more than that is told.

    Args:
        folder: of the store.
        progress: told (done, of) in days.

    Returns:
        What is wrong, by path; empty where all is sound.

    Raises:
        BadFileError: there is no store in the folder.

    Example:
        >>> verify_store("store")  # doctest: +SKIP
        [Damage(path='shards/2026-02-03.1f0a7c22.npy', problem='its bytes are not those that were written.')]
    """
    places = Places(Path(folder))
    if not any((places.folder / name).exists() for name in (SETTINGS, CHECKSUMS)):
        raise BadFileError(folder, "this is no store: there is no store.json. Check the path.")
    if closed := list(closed_folders(places.folder)):
        why = f"the folder cannot be read. {MAY_READ}"
        return [Damage(_name(places, path), why, "unreadable") for path in closed]
    found = [*_record(places, SETTINGS), *_strange(places), *_index(places)]
    days = sorted({*places.sealed_days(), *places.pending_days(), *_days_of_files(places)})
    records = RowsChecksum()
    for done, day in enumerate(days, 1):
        found += _day(places, day, records)
        progress(done, len(days))
    return sorted({*found, *_records(places, records, found)})


def waiting_units(folder: str | Path) -> int | None:
    """How many units wait to be sealed? None where the store is sealed and nothing waits.

    Of a store that was never sealed the number may be 0: it was begun, and then stopped.

    Example:
        >>> waiting_units("store")  # doctest: +SKIP
        23
    """
    places = Places(Path(folder))
    count = sum(len(list(places.pending(day).glob("*.json"))) for day in places.pending_days())
    sealed = any((places.folder / name).exists() for name in (INDEX, CHECKSUMS)) or places.sealed_days()
    return None if sealed and not count else count


def _told(places: Places, path: Path, damage: BadFileError, then: str | None = None) -> Damage:
    """What is wrong with a file, and what to do: by default to repair the store."""
    if isinstance(damage, UnreadableFileError):
        return Damage(_name(places, path), f"{damage.problem} {MAY_READ}", "unreadable")
    return Damage(_name(places, path), f"{damage.problem} {then or repair_line(places.folder)}")


def _records(places: Places, records: RowsChecksum, found: list[Damage]) -> Iterator[Damage]:
    """Is the index made of these very records? Not asked where one of them or the index is damaged."""
    if any(damage.path.startswith(("rows/", INDEX, CHECKSUMS)) for damage in found):
        return
    if not (places.folder / CHECKSUMS).exists():
        return
    if read_record(places.folder / CHECKSUMS).get("rows") != records.hexdigest():
        yield Damage("rows", "these are not the records that the index was made of. Seal the store again.")


def _record(places: Places, name: str) -> Iterator[Damage]:
    try:
        read_record(places.folder / name)
    except BadFileError as damage:
        yield _told(places, places.folder / name, damage)


def _strange(places: Places) -> Iterator[Damage]:
    """Drafts, and what no store has."""
    days = set(map(str, places.sealed_days()))
    for place, _, names in os.walk(places.folder):
        inside = Path(place).relative_to(places.folder).parts
        for name in names:
            path = "/".join((*inside, name))
            if any(map(is_draft, (*inside, name))):
                yield Damage(path, DRAFT, "left over")
            elif inside == ("shards",) and day_of(name[:10]) and name[:10] not in days:
                stopped = name in noted(places, date.fromisoformat(name[:10]))
                yield _stray(places, Path(place, name), stopped)
            elif not _belongs(inside, name):
                yield Damage(path, "it is no part of a store. Remove it.")


def _belongs(inside: tuple[str, ...], name: str) -> bool:
    """May a file of this name lie in this folder of a store?"""
    if not inside:
        return name in KNOWN
    if inside[0] == "files":
        return len(inside) == 4 and day_of("-".join(inside[1:])) is not None
    if inside[0] == "units":
        known = inside[1:] == ("parts",) and part_in_name(name) is not None
        return known or (len(inside) == 2 and day_of(inside[1]) is not None)
    if inside == ("rows",):
        return day_of(name.removesuffix(".json")) is not None
    return inside == ("shards",) and day_of(name[:10]) is not None


def _stray(places: Places, path: Path, stopped: bool) -> Damage:
    """A shard or a kept file of which no record tells."""
    name = _name(places, path)
    return Damage(name, STOPPED, "left over") if stopped else Damage(name, UNKNOWN, "without a record")


def _name(places: Places, path: Path) -> str:
    return path.relative_to(places.folder).as_posix()


def _index(places: Places) -> Iterator[Damage]:
    """The index, its checksum, and that it tells of the days that are there."""
    sealed = places.sealed_days()
    if not any((places.folder / name).exists() for name in (INDEX, CHECKSUMS)):
        if sealed:
            yield Damage(INDEX, "it is missing. Seal the store again.")
        return
    try:
        record = read_record(places.folder / CHECKSUMS)
    except BadFileError as damage:
        yield _told(places, places.folder / CHECKSUMS, damage)
        return
    try:
        if sha256_of(places.folder / INDEX) != record["index"]["sha256"]:
            yield Damage(INDEX, f"{CHANGED} {repair_line(places.folder)}")
            return
    except BadFileError as damage:
        yield _told(places, places.folder / INDEX, damage)
        return
    told = _days_of_index(places.folder)
    for day in sorted(told - set(map(str, sealed))):
        yield Damage(f"rows/{day}.json", f"it is missing. {repair_line(places.folder)}")
    for day in sorted(set(map(str, sealed)) - told):
        yield Damage(f"rows/{day}.json", "the index does not tell of that day. Seal the store again.")


def _days_of_index(folder: Path) -> set[str]:
    with opened_index(folder) as file:
        batches = file.iter_batches(columns=["day"])
        return {day for batch in batches for day in batch.column(0).unique().to_pylist()}


def _days_of_files(places: Places) -> set[date]:
    """The days whose folder of files is there."""
    folders = (places.folder / "files").glob("*/*/*")
    days = (day_of("-".join(folder.parts[-3:])) for folder in folders if folder.is_dir())
    return {day for day in days if day}


def _day(places: Places, day: date, records: RowsChecksum) -> Iterator[Damage]:
    """A day's record, shard, kept files, and units that are not sealed yet."""
    try:
        record = read_day_anew(places.rows(day)) if places.rows(day).exists() else None
    except UnreadableFileError as damage:
        yield _told(places, places.rows(day), damage)
        return
    except BadFileError as damage:  # which says what to do
        yield Damage(_name(places, places.rows(day)), damage.problem)
        return
    named: dict[str, str] = {}
    if record is not None:
        records.add(record)
        yield from _shards(places, record)
        named = {row.file: row.sha256 for unit in record.units.values() for row in unit.rows}
    for path in sorted(places.pending(day).glob("*.json")):
        try:
            unit = read_unit(path)
            named |= {row.file: row.sha256 for row in unit.rows}
            if unit.array:
                yield from _array(places, path.parent / unit.array.name, unit.array)
        except BadFileError as damage:
            yield _told(places, path, damage)
    named.pop("", None)
    yield from _files(places, day, named)


def _shards(places: Places, record: DayRows) -> Iterator[Damage]:
    if record.shard:
        yield from _array(places, places.shard(record.shard.name), record.shard)
    for path in places.shards_of(record.day):
        if record.shard is None or path.name != record.shard.name:
            yield _stray(places, path, path.name in noted(places, record.day))


def _array(places: Places, path: Path, shard: Shard) -> Iterator[Damage]:
    try:
        check_shard(path, shard)
        open_shard(path, shard)
    except BadFileError as damage:
        yield _told(places, path, damage)


def _files(places: Places, day: date, named: dict[str, str]) -> Iterator[Damage]:
    """The kept files of a day, and no other."""
    for name, checksum in sorted(named.items()):
        path = places.folder / name
        try:
            if sha256_of(path) != checksum:
                yield Damage(name, f"{CHANGED} {repair_line(places.folder)}")
        except BadFileError as damage:
            yield _told(places, path, damage)
    stopped = noted(places, day)
    for path in sorted(places.files(day).glob("*")):
        if _name(places, path) not in named and not is_draft(path.name):
            yield _stray(places, path, path.name in stopped)
