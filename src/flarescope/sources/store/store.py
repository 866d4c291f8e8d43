"""A local archive of images for training: arrays by day, one index, checksums; it survives ``kill -9``.

Anyone may put units, in any order, at once, and twice; ``seal`` joins them. The same input gives the same
bytes whoever put it: no clock, no host and no path of the outside is written into a store.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.preparation import Preparation
from flarescope.sources.store.files import (
    LOCK,
    SETTINGS,
    Places,
    is_draft,
    locked,
    read_day,
    read_record,
    write_record,
)
from flarescope.sources.store.index import Sealed, opened_index
from flarescope.sources.store.put import Putting, fresh_rows
from flarescope.sources.store.rows import Row, Unit
from flarescope.sources.store.seal import seal_folder
from flarescope.times import duration, duration_text
from flarescope.writing import check_folder_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    import numpy as np
    import pandas as pd
    from jaxtyping import Float, Float16

__all__ = ["Row", "Sealed", "Store", "Unit"]

FORMAT = "flarescope store 1"


class Store:
    """A folder of prepared images, and of the files they came from where these are kept.

    Attributes:
        folder: where it lies.
        preparation: how an image became an array; None for a store of files alone.
        keep_files: are the files kept as they were fetched?
        tolerance: how far the image of a row may be from its time; None where nothing was fetched into it.

    Example:
        >>> store = Store.create("store", preparation=None, keep_files=True)  # doctest: +SKIP
        >>> store.put(unit, rows, [], {"a.jp2": data})  # doctest: +SKIP
        >>> store.seal().images  # doctest: +SKIP
        1
    """

    def __init__(
        self,
        folder: Path,
        preparation: Preparation | None,
        keep_files: bool,
        tolerance: timedelta | None = None,
    ) -> None:
        """Use ``Store.create`` or ``Store.open``."""
        self.folder, self.preparation, self.keep_files = folder, preparation, keep_files
        self.tolerance = tolerance
        self._places = Places(folder)

    @classmethod
    def create(
        cls, folder: str | Path, *, preparation: Preparation | None, keep_files: bool = False
    ) -> Store:
        """Begin a store, or go on with the one of the same settings that is there.

        Args:
            folder: a new or empty one, or that of a store.
            preparation: makes an array of each image; None keeps files only.
            keep_files: keep the files as they were fetched.

        Raises:
            BadOptionError: the folder holds other files or a store of other settings; or the preparation
                makes arrays of many sizes (fit "scale").
        """
        folder = check_folder_place(folder)
        if preparation is not None and preparation.fit == "scale":
            raise BadOptionError(
                "A preparation with fit 'scale' makes arrays of many sizes, and a store has one. "
                "Accepted: resize, pad, crop, disk."
            )
        settings = {
            "format": FORMAT,
            "preparation": preparation and preparation.to_dict(),
            "keep_files": keep_files,
        }
        if not (folder / SETTINGS).is_file():
            _check_free(folder)
            write_record(folder / SETTINGS, settings)
        store = cls.open(folder)
        for name, asked in settings.items():
            there = _settings(folder)[name]
            if there != asked:
                raise BadOptionError(
                    f"{folder} is a store with {name} {_where_unlike(there, asked)}, not "
                    f"{_where_unlike(asked, there)}. Choose another folder, or the same settings."
                )
        return store

    @classmethod
    def open(cls, folder: str | Path) -> Store:
        """The store that is there.

        Raises:
            BadFileError: there is none, its settings are damaged, or it is of another format.
        """
        folder = Path(folder)
        settings = _settings(folder)
        values, near = settings["preparation"], settings.get("tolerance")
        preparation = None if values is None else Preparation.from_dict(values)
        return cls(folder, preparation, bool(settings["keep_files"]), duration(near) if near else None)

    def check_tolerance(self, tolerance: timedelta) -> None:
        """May images this far from their times be fetched into this store?

        Raises:
            BadOptionError: it holds those of another tolerance.
        """
        if self.tolerance is not None and self.tolerance != tolerance:
            there, asked = duration_text(self.tolerance), duration_text(tolerance)
            raise BadOptionError(
                f"{self.folder} holds images within {there} of their times, and --tolerance {asked} is asked "
                f"for. Type --tolerance {there}, or choose another folder."
            )

    def remember_tolerance(self, tolerance: timedelta) -> None:
        """Write into the store how far its images may be from their times; the first one counts.

        Raises:
            BadOptionError: it holds images of another tolerance, or cannot be written.
        """
        with locked(self.folder, alone=True):
            settings = _settings(self.folder)
            near = settings.get("tolerance")
            self.tolerance = duration(near) if near else None
            self.check_tolerance(tolerance)
            if self.tolerance is None:
                about = {name: value for name, value in settings.items() if name != "sha256"}
                write_record(self.folder / SETTINGS, about | {"tolerance": duration_text(tolerance)})
                self.tolerance = tolerance

    def rows(self, unit: Unit) -> tuple[Row, ...]:
        """What is known of this unit, sealed or not; empty where it was never done.

        Raises:
            BadFileError: the record of its day is damaged.
        """
        fresh, day = fresh_rows(self._places, unit), read_day(self._places.rows(unit.day))
        old = day.units.get(unit.key) if day else None
        if day is None or old is None or (day.shard and not self._places.shard(day.shard.name).exists()):
            return fresh.rows
        return old.joined(fresh).rows

    def has(self, unit: Unit, *, keep_gaps: bool = False) -> bool:
        """Is this unit done: an image for each of its times?

        Args:
            unit: the unit.
            keep_gaps: count gaps as done; by default they are tried again.

        Raises:
            BadFileError: the record of its day is damaged.
        """
        done = {row.time for row in self.rows(unit) if keep_gaps or row.status != "gap"}
        return done.issuperset(unit.times)

    def put(
        self,
        unit: Unit,
        rows: Sequence[Row],
        arrays: Sequence[Float[np.ndarray, "h w"]],
        files: Mapping[str, bytes],
    ) -> None:
        """Keep what came of a unit, wholly or not at all.

        What was there of these times is replaced, but never an image by a gap; other times of the unit stay.

        Args:
            unit: the unit.
            rows: one for each of its times.
            arrays: one for each row that is no gap, in the order of time; none where nothing is prepared.
            files: by the names in the rows; not kept where the store keeps none.

        Raises:
            BadOptionError: rows, arrays and files do not fit each other or the store; or no room.
            BadFileError: another unit holds other bytes under the same file name.
        """
        Putting(self.folder, self.preparation, self.keep_files).put(unit, rows, arrays, files)

    def seal(
        self, progress: Callable[[int, int], None] = lambda done, of: None, *, partial: bool = False
    ) -> Sealed:
        """Join all units into days, and write the index and its checksums.

        May be killed and called again; sealing a sealed store changes nothing. One day is worked on at a
        time. A second process that seals waits for the first. An image whose file or pixels were already
        there for an earlier hour within 48 h is "stale" in the index; its array stays, and is no image for
        training.

        Args:
            progress: told (done, of) in days.
            partial: seal although a part of n was begun and another of them never done.

        Raises:
            BadFileError: something that was sealed before is damaged; the message names it.
            BadOptionError: a part is missing; or the place cannot be written.
        """
        return seal_folder(self.folder, progress, partial=partial)

    def index(self) -> pd.DataFrame:
        """All rows: images, gaps with their reasons, stale images; sorted by day, key and time.

        ``time`` (asked) and ``observed`` are UTC; ``shard`` and ``position`` say where the array is.

        Raises:
            MissingDataError: the store is not sealed.
            BadFileError: the index is damaged.
        """
        import pandas as pd
        import pyarrow as pa

        with opened_index(self.folder) as file:
            table = file.read()
        found: pd.DataFrame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
        return found

    def image(self, row: Mapping[str, Any] | pd.Series[Any]) -> Float16[np.ndarray, "h w"]:
        """The array of a row of the index, read from the disk when it is used.

        Raises:
            MissingDataError: the row is a gap, or the store holds files only.
            BadFileError: the shard is missing or damaged.
        """
        name, position = row["shard"], row["position"]
        if not isinstance(name, str):
            raise MissingDataError(f"The row of {row['time']} has no array: {row['reason'] or 'files only'}.")
        array: Float16[np.ndarray, "h w"] = _shard(self._places.shard(name))[int(position)]
        return array


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / SETTINGS
    if not path.is_file():
        raise BadFileError(folder, "this is no store: there is no store.json. Begin one with 'store build'.")
    settings = read_record(path)
    if settings.get("format") != FORMAT:
        raise BadFileError(path, f"its format is '{settings.get('format')}'. Accepted: '{FORMAT}'.")
    return settings


def _where_unlike(one: Any, other: Any) -> Any:
    """Of two preparations only what differs."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one
    return {name: value for name, value in one.items() if value != other.get(name)}


def _check_free(folder: Path) -> None:
    """May a store begin here?"""
    there = os.listdir(folder) if folder.is_dir() else []
    strange = sorted(name for name in there if name != LOCK and not is_draft(name))
    if strange:
        raise BadOptionError(
            f"{folder} holds other files, such as {strange[0]}, and no store. Choose a new or empty folder."
        )


@lru_cache(maxsize=16)
def _shard(path: Path) -> Float16[np.ndarray, "n h w"]:
    """A file whose name holds its checksum: it never changes."""
    import numpy as np

    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as problem:
        raise BadFileError(path, f"the arrays cannot be read ({problem}). Verify the store.") from None
    return np.asarray(found) if found.dtype != np.float16 else found
