"""Is every byte of a store as it was written? What is damaged, missing or strange is named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError
from flarescope.sources.store.arrays import check_shard, open_shard
from flarescope.sources.store.files import (
    ABOUT,
    CHECKSUMS,
    INDEX,
    LABELS,
    LOCK,
    SETTINGS,
    Places,
    is_draft,
    read_day_anew,
    read_record,
    read_unit,
    sha256_of,
)
from flarescope.sources.store.index import RowsChecksum, opened_index
from flarescope.sources.store.parts import part_in_name
from flarescope.sources.store.rows import day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from flarescope.sources.store.rows import DayRows, Shard

__all__ = ["Damage", "verify_store", "waiting_units"]

KNOWN = {SETTINGS, INDEX, CHECKSUMS, LOCK, LABELS, ABOUT}
CHANGED = "its bytes are not those that were written."
AGAIN = "Seal the store and build again."


@dataclass(frozen=True, order=True)
class Damage:
    """A file of a store that is not as it should be; the path is relative to the store."""

    path: str
    problem: str


def verify_store(
    folder: str | Path, progress: Callable[[int, int], None] = lambda done, of: None
) -> list[Damage]:
    """Which files of this store are damaged, missing, or no part of it?

    Every byte of every record, array, kept file and of the index is read and compared with its checksum.
    Units that are not sealed yet are checked, too, and are no damage: see ``waiting_units``. A damaged day
    is made anew by removing its record in ``rows`` and building again.

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
    if not (places.folder / SETTINGS).exists():
        raise BadFileError(folder, "this is no store: there is no store.json. Check the path.")
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
        yield Damage(name, damage.problem)


def _strange(places: Places) -> Iterator[Damage]:
    """Drafts, and what no store has."""
    days = set(map(str, places.sealed_days()))
    for place, _, names in os.walk(places.folder):
        inside = Path(place).relative_to(places.folder).parts
        for name in names:
            path = "/".join((*inside, name))
            if any(map(is_draft, (*inside, name))):
                yield Damage(path, "left by a process that was killed. Seal the store again.")
            elif inside[:1] == ("shards",) and name[:10] not in days:
                yield Damage(path, "no record in rows tells of it. Build the day again, or remove it.")
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
    return inside == ("shards",)


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
        yield Damage(CHECKSUMS, f"{damage.problem} Seal the store again.")
        return
    try:
        if sha256_of(places.folder / INDEX) != record["index"]["sha256"]:
            yield Damage(INDEX, f"{CHANGED} Seal the store again.")
            return
    except BadFileError as damage:
        yield Damage(INDEX, f"{damage.problem} Seal the store again.")
        return
    told = _days_of_index(places.folder)
    for day in sorted(told - set(map(str, sealed))):
        yield Damage(f"rows/{day}.json", "it is missing, and the index tells of that day. Build it again.")
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
    named: dict[str, str] = {}
    try:
        record = read_day_anew(places.rows(day)) if places.rows(day).exists() else None
    except BadFileError as damage:
        yield Damage(_name(places, places.rows(day)), damage.problem)
        return
    if record is not None:
        records.add(record)
        yield from _shards(places, record)
        named = {row.file: row.sha256 for unit in record.units.values() for row in unit.rows}
    for path in sorted(places.pending(day).glob("*.json")):
        try:
            unit = read_unit(path)
            named |= {row.file: row.sha256 for row in unit.rows}
            if unit.array:
                yield from _array(places, path.parent / unit.array.name, unit.array, AGAIN)
        except BadFileError as damage:
            yield Damage(_name(places, path), f"{damage.problem} {AGAIN}")
    named.pop("", None)
    yield from _files(places, day, named, _anew(day) if record else AGAIN)


def _anew(day: date) -> str:
    return f"Remove rows/{day}.json and build again: the day is made anew."


def _shards(places: Places, record: DayRows) -> Iterator[Damage]:
    if record.shard:
        yield from _array(places, places.shard(record.shard.name), record.shard, _anew(record.day))
    for path in places.shards_of(record.day):
        if record.shard is None or path.name != record.shard.name:
            yield Damage(_name(places, path), "the day's record does not name it. Seal the store again.")


def _array(places: Places, path: Path, shard: Shard, then: str) -> Iterator[Damage]:
    try:
        check_shard(path, shard)
        open_shard(path, shard)
    except BadFileError as damage:
        yield Damage(_name(places, path), f"{damage.problem} {then}")


def _files(places: Places, day: date, named: dict[str, str], then: str) -> Iterator[Damage]:
    """The kept files of a day, and no other."""
    for name, checksum in sorted(named.items()):
        try:
            if sha256_of(places.folder / name) != checksum:
                yield Damage(name, f"{CHANGED} {then}")
        except BadFileError as damage:
            yield Damage(name, f"{damage.problem} {then}")
    for path in sorted(places.files(day).glob("*")):
        name = _name(places, path)
        if name not in named and not name.endswith(".part"):
            yield Damage(name, "no row tells of it. Build the day again, or remove it.")
