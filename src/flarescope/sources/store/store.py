"""A local archive of images for training: arrays by day, one index, checksums; it survives ``kill -9``.

Anyone may put units, in any order, at once, and twice; ``seal`` joins them. The same input gives the same
bytes whoever put it: no clock, no host and no path of the outside is written into a store.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.preparation import Preparation
from flarescope.sources.store.files import Places, read_day
from flarescope.sources.store.index import Sealed, opened_index
from flarescope.sources.store.put import Putting, fresh_rows, sound_rows
from flarescope.sources.store.rows import Row, Unit
from flarescope.sources.store.seal import seal_folder
from flarescope.sources.store.settings import begin_or_agree, keep_tolerance, read_settings, tolerance_in
from flarescope.writing import check_folder_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    import numpy as np
    import pandas as pd
    from jaxtyping import Float, Float16

    from flarescope.sources.store.rows import UnitRows

__all__ = ["Row", "Sealed", "Store", "Unit"]


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
        begin_or_agree(
            folder, {"preparation": preparation and preparation.to_dict(), "keep_files": keep_files}
        )
        return cls.open(folder)

    @classmethod
    def open(cls, folder: str | Path) -> Store:
        """The store that is there.

        Raises:
            BadFileError: there is none, its settings are damaged, or it is of another format.
        """
        folder = Path(folder)
        settings = read_settings(folder)
        values = settings["preparation"]
        preparation = None if values is None else Preparation.from_dict(values)
        return cls(folder, preparation, bool(settings["keep_files"]), tolerance_in(settings))

    def remember_tolerance(self, tolerance: timedelta) -> None:
        """Write into the store how far its images may be from their times; the first one counts.

        Raises:
            BadOptionError: it holds images of another tolerance, or cannot be written.
        """
        keep_tolerance(self.folder, tolerance)
        self.tolerance = tolerance

    def rows(self, unit: Unit) -> tuple[Row, ...]:
        """What is known of this unit, sealed or not; empty where it was never done.

        Raises:
            BadFileError: the record of its day is damaged.
        """
        return self._rows(unit, fresh_rows(self._places, unit))

    def missing(self, unit: Unit, *, keep_gaps: bool = False) -> tuple[datetime, ...]:
        """The times of this unit that have no image yet, in order.

        Images that a power cut damaged before they were sealed are none.

        Args:
            unit: the unit.
            keep_gaps: count gaps as done; by default they are missing.

        Raises:
            BadFileError: the record of its day is damaged.
        """

        def left(rows: tuple[Row, ...]) -> tuple[datetime, ...]:
            done = {row.time for row in rows if keep_gaps or row.status != "gap"}
            return tuple(time for time in unit.times if time not in done)

        found = left(self.rows(unit))
        partly = 0 < len(found) < len(unit.times)
        return left(self._rows(unit, sound_rows(self._places, unit)[0])) if partly else found

    def has(self, unit: Unit, *, keep_gaps: bool = False) -> bool:
        """Is this unit done: an image for each of its times? As ``missing`` tells."""
        return not self.missing(unit, keep_gaps=keep_gaps)

    def has_sealed(self, unit: Unit) -> bool:
        """Was each time of this unit sealed, be it as a gap?

        Raises:
            BadFileError: the record of its day is damaged.
        """
        day = read_day(self._places.rows(unit.day))
        known = day.units.get(unit.key) if day else None
        return known is not None and {row.time for row in known.rows}.issuperset(unit.times)

    def _rows(self, unit: Unit, fresh: UnitRows) -> tuple[Row, ...]:
        """What was sealed of a unit, and what came since."""
        day = read_day(self._places.rows(unit.day))
        old = day.units.get(unit.key) if day else None
        if day is None or old is None or (day.shard and not self._places.shard(day.shard.name).exists()):
            return fresh.rows
        return old.joined(fresh).rows

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


@lru_cache(maxsize=16)
def _shard(path: Path) -> Float16[np.ndarray, "n h w"]:
    """A file whose name holds its checksum: it never changes."""
    import numpy as np

    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as problem:
        raise BadFileError(path, f"the arrays cannot be read ({problem}). Verify the store.") from None
    return np.asarray(found) if found.dtype != np.float16 else found
