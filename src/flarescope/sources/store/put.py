"""Put what came of a unit into a store: its files, then its arrays, then its rows, wholly or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, BadOptionError, UnreadableFileError
from flarescope.sources.store.arrays import as_float16, check_shard, npy_chunks, open_shard
from flarescope.sources.store.files import (
    Places,
    read_day,
    read_unit,
    remove,
    sha256_of,
    write_chunks,
    write_record,
)
from flarescope.sources.store.leftovers import note
from flarescope.sources.store.lock import locked
from flarescope.sources.store.rows import Row, Shard, Unit, UnitRows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    import numpy as np
    from jaxtyping import Float, Float16

    from flarescope.preparation import Preparation

__all__ = ["Putting", "fresh_rows", "sound_rows"]


@dataclass(frozen=True)
class Putting:
    """How units are put into a store: where, how its images are prepared, and are the files kept?"""

    folder: Path
    preparation: Preparation | None
    keep_files: bool

    def put(
        self,
        unit: Unit,
        rows: Sequence[Row],
        arrays: Sequence[Float[np.ndarray, "h w"]],
        files: Mapping[str, bytes],
    ) -> None:
        """What ``Store.put`` does."""
        rows = tuple(sorted(rows, key=lambda row: row.time))
        if tuple(row.time for row in rows) != unit.times:
            raise BadOptionError(f"The rows of unit '{unit.key}' are not of its times.")
        fresh = UnitRows(unit.key, rows)
        stack = self._stack(unit, rows, arrays)
        pending = self._places.pending(unit.day)
        with locked(self.folder, alone=False), locked(pending, alone=True):
            rows = tuple(self._with_file(unit, row, files, fresh.image_times) for row in rows)
            there, images = sound_rows(self._places, unit)
            images |= zip(fresh.image_times, stack, strict=bool(stack))
            whole = there.joined(replace(fresh, rows=rows))
            if images:
                kept = [images[time] for time in whole.image_times]
                shape = (len(kept), *kept[0].shape)
                path, checksum = write_chunks(
                    pending, lambda sha: f"{unit.key}.{sha[:8]}.npy", npy_chunks(kept, shape)
                )
                whole = replace(whole, array=Shard(path.name, checksum, shape))
            write_record(self._places.unit(unit), whole.to_dict())

    @property
    def _places(self) -> Places:
        return Places(self.folder)

    def _stack(
        self, unit: Unit, rows: tuple[Row, ...], arrays: Sequence[Float[np.ndarray, "h w"]]
    ) -> list[Float16[np.ndarray, "h w"]]:
        """The arrays as they are kept."""
        wanted = 0 if self.preparation is None else sum(row.status != "gap" for row in rows)
        if len(arrays) != wanted:
            raise BadOptionError(f"Unit '{unit.key}' gives {len(arrays)} arrays; its rows want {wanted}.")
        if self.preparation is None:
            return []
        side = self.preparation.size
        return [as_float16(array, (side, side)) for array in arrays]

    def _with_file(
        self, unit: Unit, row: Row, files: Mapping[str, bytes], times: Collection[datetime]
    ) -> Row:
        """Keep the row's file; the row then says where."""
        if not self.keep_files or row.status == "gap":
            return replace(row, file="")
        if row.name not in files or not row.name:
            raise BadOptionError(f"Unit '{unit.key}' gives no file '{row.name}', and this store keeps files.")
        data, path = files[row.name], self._places.files(unit.day) / row.name
        if hashlib.sha256(data).hexdigest() != row.sha256:
            raise BadOptionError(f"File '{row.name}' of unit '{unit.key}' has not the checksum of its row.")
        there = sha256_of(path) if path.exists() else ""
        if there and there != row.sha256:
            self._check_own(unit, row, path, times)
        if there != row.sha256:
            note(self._places, unit.day, row.name)
            write_chunks(path.parent, path.name, [data])
        return replace(row, file=path.relative_to(self.folder).as_posix())

    def _check_own(self, unit: Unit, row: Row, path: Path, times: Collection[datetime]) -> None:
        """Does nothing but these times of the unit own this file, whose bytes are about to change?"""
        file = path.relative_to(self.folder).as_posix()
        for key, other in self._known(unit):
            stays = [one for one in other.rows if key != unit.key or one.time not in times]
            if any(one.file == file for one in stays):
                raise BadFileError(
                    file, f"unit '{key}' holds other bytes under the name {row.name}. Give another name."
                )

    def _known(self, unit: Unit) -> Iterator[tuple[str, UnitRows]]:
        """All units of the day."""
        day = read_day(self._places.rows(unit.day))
        yield from (day.units if day else {}).items()
        for path in self._places.pending(unit.day).glob("*.json"):
            try:
                yield path.stem, read_unit(path)
            except UnreadableFileError:
                raise
            except BadFileError:
                remove(path)  # of a power cut: done again


def fresh_rows(places: Places, unit: Unit) -> UnitRows:
    """What was put of a unit and is not sealed yet; no row where a power cut damaged it: done again."""
    try:
        return read_unit(places.unit(unit))
    except UnreadableFileError:
        raise
    except BadFileError:
        return UnitRows(unit.key, ())


def sound_rows(places: Places, unit: Unit) -> tuple[UnitRows, dict[datetime, Float16[np.ndarray, "h w"]]]:
    """What was put of a unit and is not sealed yet, with its arrays by time; nothing where one is damaged."""
    there = fresh_rows(places, unit)
    if there.array is None:
        return there, {}
    path = places.pending(unit.day) / there.array.name
    try:
        check_shard(path, there.array)
        return there, dict(zip(there.image_times, open_shard(path, there.array), strict=True))
    except UnreadableFileError:
        raise
    except BadFileError:
        return UnitRows(unit.key, ()), {}
