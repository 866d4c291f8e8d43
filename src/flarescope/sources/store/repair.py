"""Mend a damaged store: what is sound stays as it was, the rest becomes gaps to be filled again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float16

from flarescope.errors import BadFileError, UnreadableFileError
from flarescope.preparation import Preparation
from flarescope.sources.store.access import check_open
from flarescope.sources.store.arrays import npy_chunks, open_shard
from flarescope.sources.store.files import (
    CHECKSUMS,
    INDEX,
    SETTINGS,
    Places,
    drafts_below,
    read_day_anew,
    read_unit,
    remove,
    write_chunks,
    write_record,
)
from flarescope.sources.store.index import write_index
from flarescope.sources.store.leftovers import clear_leftovers, note
from flarescope.sources.store.lock import locked
from flarescope.sources.store.restore import (
    day_from_index,
    days_of_index,
    is_sound,
    made_again,
    restore_settings,
)
from flarescope.sources.store.rows import DayRows, Row, Shard, UnitRows, as_text
from flarescope.sources.store.seal import commit_day, one_file
from flarescope.sources.store.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

    from flarescope.sources.store.seal import StoredImage

    _Arrays = dict[tuple[str, datetime], Float16[np.ndarray, "h w"]]

__all__ = ["Lost", "Repaired", "repair_store"]


@dataclass(frozen=True)
class Lost:
    """What is to be fetched or built again: a time of a unit, or all that was known of it."""

    day: date
    key: str
    time: datetime | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        time = self.time and as_text(self.time)
        return {"day": str(self.day), "key": self.key, "time": time, "reason": self.reason}


@dataclass(frozen=True)
class Repaired:
    """What came of it.

    Attributes:
        mended: days in which something was damaged.
        kept: how many images of these days stay as they were.
        lost: what is to be fetched or built again.
        records: records that were written anew, from what the index or the checksums tell.
    """

    mended: int
    kept: int
    lost: tuple[Lost, ...]
    records: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        lost = [one.to_dict() for one in self.lost]
        return {"days_mended": self.mended, "kept": self.kept, "lost": lost, "records": list(self.records)}


def repair_store(
    folder: str | Path, progress: Callable[[int, int], None] = lambda done, of: None
) -> Repaired:
    """What is sound in this store? That stays; what is damaged becomes gaps, to be filled again.

    An image stays if its array and its kept file have the checksums that were written. Where the arrays of a
    day are damaged, they are made anew from its kept files, as far as these still show the same pixels.
    A damaged record of a day is written anew from the index. Then type the command that filled the store
    again: it asks for the gaps alone, and the store is as if nothing had happened. May be killed at any
    moment and called again; a sound store stays as it is.

    Args:
        folder: of the store.
        progress: told (done, of) in days.

    Raises:
        BadFileError: there is no store; or its settings are damaged, and it was never sealed.
        UnreadableFileError: the system does not give a file out: nothing is known of it, so nothing is done.
        BadOptionError: the place cannot be written.

    Example:
        >>> repair_store("store").lost  # doctest: +SKIP
        ()
    """
    places = Places(Path(folder))
    if not any((places.folder / name).exists() for name in (SETTINGS, CHECKSUMS)):
        raise BadFileError(folder, "this is no store: there is no store.json. Check the path.")
    with locked(places.folder, alone=True):
        check_open(places.folder)
        repair = _Repair(places)
        told = days_of_index(places.folder)
        days = sorted({*places.sealed_days(), *places.pending_days(), *told})
        for done, day in enumerate(days, 1):
            repair.day(day, told_by_index=day in told)
            progress(done, len(days))
        for draft in drafts_below(places.folder):
            remove(draft)
        if places.sealed_days() or any((places.folder / name).exists() for name in (INDEX, CHECKSUMS)):
            write_index(places.folder)
    return Repaired(repair.mended, repair.kept, tuple(repair.lost), tuple(repair.records))


class _Repair:
    """One pass over a store that is held alone."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.mended, self.kept = 0, 0
        self.lost: list[Lost] = []
        self.records: list[str] = [SETTINGS] if restore_settings(places.folder) else []
        values = read_settings(places.folder)["preparation"]
        self.preparation = None if values is None else Preparation.from_dict(values)

    def day(self, day: date, *, told_by_index: bool) -> None:
        """Mend what was sealed of a day, then what waits."""
        record, anew = self._record(day, told_by_index)
        lost = len(self.lost)
        changed = record is not None and self._sealed(record, anew)
        for path in sorted(self.places.pending(day).glob("*.json")):
            changed |= self._waiting(day, path)
        self.mended += changed or len(self.lost) > lost
        if not any(self.places.pending(day).glob("*.json")):
            clear_leftovers(self.places, day, record and read_day_anew(self.places.rows(day)))
            for path in self.places.pending(day).glob("*"):
                remove(path)
            remove(self.places.pending(day))
            remove(self.places.folder / "units")

    def _record(self, day: date, told_by_index: bool) -> tuple[DayRows | None, bool]:
        """What is known of a day, and whether its record is to be written anew."""
        path = self.places.rows(day)
        try:
            if path.exists():
                return read_day_anew(path), False
        except UnreadableFileError:
            raise
        except BadFileError as damage:
            if not told_by_index:
                reason = f"its record was damaged ({damage.problem.partition('.')[0]})"
                self.lost.append(Lost(day, "", None, f"{reason}, and no index tells of it"))
                remove(path)
        if not told_by_index:
            return None, False
        self.records.append(path.relative_to(self.places.folder).as_posix())
        return day_from_index(self.places, day), True

    def _sealed(self, record: DayRows, anew: bool) -> bool:
        """Write a day again without what is damaged in it; False where nothing is."""
        keys = sorted(record.units)
        bad = self._bad_files(record.units.values())
        old = self._arrays(self.places.folder / "shards", record.shard, [record.units[key] for key in keys])
        if old is not None and not bad:
            if anew:
                write_record(self.places.rows(record.day), record.to_dict(), sync=True)
            return anew
        images: dict[tuple[str, datetime], StoredImage] = {}
        units = {}
        for key in keys:
            unit = self._mended(record.day, record.units[key], bad, old)
            images |= one_file(self.places.pending(record.day), unit.array, [unit])
            units[key] = replace(unit, array=None)
            self.kept += unit.images
        for name in bad:
            note(self.places, record.day, name.rpartition("/")[2])
        commit_day(self.places, record, units, [images[which] for which in sorted(images)])
        return True

    def _waiting(self, day: date, path: Path) -> bool:
        """Write a unit that is not sealed yet again without what is damaged in it; False where nothing is."""
        try:
            unit = read_unit(path)
        except UnreadableFileError:
            raise
        except BadFileError:
            self.lost.append(Lost(day, path.stem, None, "damaged before it was sealed"))
            remove(path)
            return True
        bad = self._bad_files([unit])
        old = self._arrays(path.parent, unit.array, [unit])
        if old is not None and not bad:
            return False
        mended = self._mended(day, unit, bad, old)
        self.kept += mended.images
        write_record(path, mended.to_dict())
        for name in bad:
            remove(self.places.folder / name)
        return True

    def _bad_files(self, units: Iterable[UnitRows]) -> set[str]:
        """The kept files of some units that are not as they were written."""
        known = {row.file: row.sha256 for unit in units for row in unit.rows if row.file}
        return {name for name, sha256 in known.items() if not is_sound(self.places.folder / name, sha256)}

    def _arrays(self, folder: Path, shard: Shard | None, units: Sequence[UnitRows]) -> _Arrays | None:
        """The arrays of some units by key and time; None where they are damaged."""
        if shard is None:
            return {}
        if not is_sound(folder / shard.name, shard.sha256):
            return None
        opened = open_shard(folder / shard.name, shard)
        return {which: opened[place] for which, (_, _, place) in one_file(folder, shard, units).items()}

    def _mended(self, day: date, unit: UnitRows, bad: set[str], old: _Arrays | None) -> UnitRows:
        """A unit with gaps where something is damaged; its arrays lie among what waits."""
        rows, arrays = list[Row](), list[Float16[np.ndarray, "h w"]]()
        for row in unit.rows:
            array, why = self._array(row, old, unit.key) if row.file not in bad else (None, "its file")
            if why:
                reason = f"damaged on disk ({why}). Fetch or build it again."
                self.lost.append(Lost(day, unit.key, row.time, reason))
            rows.append(Row(row.time, "gap", reason, harp=row.harp) if why else row)
            arrays += [] if array is None else [array]
        mended = UnitRows(unit.key, tuple(rows))
        if not arrays:
            return mended
        shape = (len(arrays), *arrays[0].shape)
        path, sha256 = write_chunks(
            self.places.pending(day), lambda sha: f"{unit.key}.{sha[:8]}.npy", npy_chunks(arrays, shape)
        )
        return replace(mended, array=Shard(path.name, sha256, shape))

    def _array(
        self, row: Row, old: _Arrays | None, key: str
    ) -> tuple[Float16[np.ndarray, "h w"] | None, str]:
        """The array of a row, as it was or made again; or why there is none any more."""
        if row.status == "gap" or self.preparation is None:
            return None, ""
        if old is not None:
            return old[key, row.time], ""
        array = made_again(self.places, self.preparation, row)
        return array, "" if array is not None else "the arrays of its day"
