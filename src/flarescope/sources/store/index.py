"""The index of a store: one Parquet table of all its rows, written a day at a time."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections import Counter, deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.sources.store.files import (
    CHECKSUMS,
    INDEX,
    SETTINGS,
    Places,
    read_day,
    read_record,
    sha256_of,
    write_record,
)
from flarescope.sources.store.nearest import nearer_times
from flarescope.sources.store.rows import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from flarescope.sources.store.rows import DayRows, Row

__all__ = ["RowsChecksum", "Sealed", "Seen", "index_rows", "opened_index", "write_index"]

STALE_WITHIN = timedelta(hours=48)
ROWS_AT_ONCE = 1024  # in a row group: so many rows are in memory, however many there are


@dataclass(frozen=True)
class Sealed:
    """What a sealed store holds.

    Attributes:
        images: sound images.
        gaps: times without one.
        stale: images that were already there for an earlier hour.
        bytes: of the arrays and of the files kept.
        dropped: units whose files were damaged before they were sealed; do them again.
    """

    images: int
    gaps: int
    stale: int
    bytes: int
    dropped: tuple[str, ...] = ()


class Seen:
    """Which images were there within the last 48 hours? Days must come in order."""

    def __init__(self) -> None:
        self._order: deque[tuple[datetime, tuple[int | None, str]]] = deque()
        self._times: dict[tuple[int | None, str], deque[datetime]] = {}

    def judge(self, row: Row, nearer: datetime | None = None) -> Row:
        """The row itself, or as stale if the same file or the same pixels were there for an earlier time.

        So it is, too, if its image is there for a time that is nearer to the image's own.
        """
        if row.status == "gap":
            return row
        if nearer is not None:
            reason = f"the same image is there for {as_text(nearer)}, which is nearer to its own time"
            return replace(row, status="stale", reason=reason)
        self._forget(row.time - STALE_WITHIN)
        marks = ((row.harp, row.sha256), (row.harp, row.pixels_sha256))
        before = [self._times[mark][0] for mark in marks if mark in self._times]
        for mark in set(marks):
            self._order.append((row.time, mark))
            self._times.setdefault(mark, deque()).append(row.time)
        if not before:
            return replace(row, status="image", reason="")
        same = "file" if marks[0] in self._times and len(self._times[marks[0]]) > 1 else "image"
        reason = f"the same {same} was already there for {as_text(min(before))}"
        return replace(row, status="stale", reason=reason)

    def _forget(self, before: datetime) -> None:
        while self._order and self._order[0][0] < before:
            _, mark = self._order.popleft()
            self._times[mark].popleft()
            if not self._times[mark]:
                del self._times[mark]


class RowsChecksum:
    """One checksum of the records of all days, in order: an index belongs to these very records."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()

    def add(self, day: DayRows) -> None:
        """Take the next day."""
        self._sum.update(f"{day.day} {day.sha256}\n".encode())

    def hexdigest(self) -> str:
        """The checksum so far."""
        return self._sum.hexdigest()


@contextmanager
def opened_index(folder: Path) -> Iterator[Any]:
    """The index of a sealed store as a Parquet file, to be read a part at a time.

    Raises:
        MissingDataError: the store is not sealed.
        BadFileError: the index is damaged.
    """
    import pyarrow as pa
    from pyarrow import parquet

    path = folder / INDEX
    if not path.is_file():
        raise MissingDataError(f"{folder} is not sealed. Type: flarescope store seal {folder}")
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (OSError, pa.ArrowException) as problem:
        said = " ".join(str(problem).split())[:160]
        raise BadFileError(path, f"the index cannot be read ({said}). Seal the store again.") from None


def index_rows(folder: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """These columns of all rows of a sealed store, in its order; a thousand rows are in memory at a time.

    Raises:
        MissingDataError: the store is not sealed.
        BadFileError: the index is damaged.
    """
    with opened_index(folder) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=list(columns)):
            yield from batch.to_pylist()


def write_index(folder: Any, progress: Callable[[int, int], None] = lambda done, of: None) -> Sealed:
    """Write ``index.parquet`` and ``checksums.json`` from the records of all days.

    Raises:
        BadFileError: a record is damaged.
        BadOptionError: the place cannot be written.
    """
    from pyarrow import parquet

    places, counts, records = Places(folder), Counter[str](), RowsChecksum()
    draft, settings = places.folder / f".{os.getpid()}-{uuid.uuid4().hex[:12]}.part", _settings(places.folder)
    try:
        with parquet.ParquetWriter(draft, _schema(), compression="zstd") as writer:
            for table in _tables(places, counts, records, progress):
                writer.write_table(table)
        checksum = sha256_of(draft)
        os.replace(draft, places.folder / INDEX)
    except OSError as problem:
        said = problem.strerror or " ".join(str(problem).split())[:160]
        raise BadOptionError(
            f"{places.folder / INDEX} cannot be written ({said}). Make room and seal the store again."
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    totals = {name: counts[name] for name in ("days", "image", "gap", "stale", "bytes")}
    about = {"index": {"name": INDEX, "sha256": checksum}, "rows": records.hexdigest()}
    write_record(places.folder / CHECKSUMS, about | totals | {"settings": settings})
    return Sealed(counts["image"], counts["gap"], counts["stale"], counts["bytes"])


def _settings(folder: Path) -> dict[str, Any]:
    """A copy of ``store.json``, for when that is damaged."""
    return {name: value for name, value in read_record(folder / SETTINGS).items() if name != "sha256"}


def _schema() -> Any:
    import pyarrow as pa

    text, number, time = pa.string(), pa.int64(), pa.timestamp("us", tz="UTC")
    kinds = {
        "day": text, "key": text, "time": time, "observed": time, "status": text, "reason": text,
        "source": text, "series": text, "name": text, "file": text, "bytes": number, "sha256": text,
        "pixels_sha256": text, "quality": number, "harp": number, "noaa": text, "view": text,
        "encoding": text, "notes": text, "shard": text, "position": number,
    }  # fmt: skip
    return pa.schema(list(kinds.items()))


def _tables(
    places: Places, counts: Counter[str], records: RowsChecksum, progress: Callable[[int, int], None]
) -> Iterator[Any]:
    """Rows of many days at a time, of few days where these have many rows."""
    import pyarrow as pa

    schema, seen, waiting, held = _schema(), Seen(), [], 0
    days = places.sealed_days()
    for done, day in enumerate(days, 1):
        rows = read_day(places.rows(day))
        if rows is None:
            raise BadFileError(places.rows(day), "it went away while the store was sealed. Seal it again.")
        records.add(rows)
        table = pa.Table.from_pylist(_day_rows(rows, seen, counts, nearer_times(places, rows)), schema)
        counts["bytes"] += _bytes(places, rows)
        waiting.append(table)
        held += len(table)
        if held >= ROWS_AT_ONCE:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting, held = [], 0
        progress(done, len(days))
    counts["days"] = len(days)
    if held:
        yield pa.concat_tables(waiting).combine_chunks()


def _bytes(places: Places, day: DayRows) -> int:
    """Of a day's arrays and of its kept files, each counted once."""
    kept = {row.file: row.bytes for unit in day.units.values() for row in unit.rows if row.file}
    shard = places.shard(day.shard.name) if day.shard else None
    return sum(kept.values()) + (shard.stat().st_size if shard and shard.exists() else 0)


def _day_rows(
    day: DayRows, seen: Seen, counts: Counter[str], nearer: Mapping[tuple[str, datetime], datetime]
) -> list[dict[str, Any]]:
    """The rows of a day in the order of key and time, each judged in the order of time."""
    ordered = [(key, row) for key in sorted(day.units) for row in day.units[key].rows]
    by_time = sorted(range(len(ordered)), key=lambda i: (ordered[i][1].time, ordered[i][0]))
    judged = {i: seen.judge(row, nearer.get((key, row.time))) for i in by_time for key, row in [ordered[i]]}
    counts.update(row.status for row in judged.values())
    found, position = [], 0
    for i, (key, _) in enumerate(ordered):
        row = judged[i]
        values = vars(row) | {
            "noaa": ",".join(map(str, row.noaa)), "notes": "; ".join(row.notes),
            "day": str(day.day), "key": key, "shard": None, "position": None,
        }  # fmt: skip
        if row.status != "gap" and day.shard:
            values |= {"shard": day.shard.name, "position": position}
            position += 1
        found.append(values)
    return found
