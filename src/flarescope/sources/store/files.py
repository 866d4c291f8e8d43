"""How a store lies on the disk: places, files written whole, records that check themselves.

Every file is written beside its place and renamed. Against ``kill -9`` that is enough: what was written
before a rename is in the system's hands, and the next process sees it. Only the arrays and rows of a day
are also forced to the disk (fsync), once, because what they were made from is deleted afterwards: so a power
cut, too, loses nothing that was sealed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError, BadOptionError, FlarescopeError, UnreadableFileError
from flarescope.sources.limits import read_bytes
from flarescope.sources.store.rows import DayRows, UnitRows, day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from flarescope.sources.store.rows import Unit

__all__ = [
    "ABOUT", "CHECKSUMS", "INDEX", "LABELS", "LOCK", "MAY_READ", "SETTINGS", "Places", "drafts_below",
    "is_draft", "read_day", "read_day_anew", "read_record", "read_unit", "remove", "repair_line",
    "sha256_of", "write_chunks", "write_record",
]  # fmt: skip

SETTINGS, INDEX, CHECKSUMS, LOCK = "store.json", "index.parquet", "checksums.json", ".lock"
LABELS, ABOUT = "labels.parquet", "labels.json"  # made from the index, and made again at will
MOST_RECORD_BYTES = 512 * 2**20
MAY_READ = "Give yourself the right to read it, or ask whoever runs this machine; then type the line again."
DAMAGE = {errno.EIO, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP}


@dataclass(frozen=True)
class Places:
    """Where things lie in a store."""

    folder: Path

    def pending(self, day: date) -> Path:
        """The folder of a day's units that are not sealed yet."""
        return self.folder / "units" / str(day)

    def unit(self, unit: Unit) -> Path:
        """The record of a unit that is not sealed yet; its arrays lie beside it as .npy."""
        return self.pending(unit.day) / f"{unit.key}.json"

    def rows(self, day: date) -> Path:
        """The record of a sealed day."""
        return self.folder / "rows" / f"{day}.json"

    def shard(self, name: str) -> Path:
        """The arrays of a sealed day."""
        return self.folder / "shards" / name

    def files(self, day: date) -> Path:
        """The folder of a day's files as they were fetched."""
        return self.folder / "files" / f"{day:%Y}" / f"{day:%m}" / f"{day:%d}"

    def shards_of(self, day: date) -> list[Path]:
        """All array files of a day: one, but for a moment during sealing."""
        return sorted((self.folder / "shards").glob(f"{day}.*.npy"))

    def sealed_days(self) -> list[date]:
        """The days that have a record, in order."""
        return _days(name.removesuffix(".json") for name in _names(self.folder / "rows"))

    def pending_days(self) -> list[date]:
        """The days that have units not sealed yet, in order."""
        return _days(_names(self.folder / "units"))


def _days(names: Iterable[str]) -> list[date]:
    return sorted(day for day in map(day_of, names) if day)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise UnreadableFileError(folder, f"it cannot be read ({problem.strerror}). {MAY_READ}") from None


def is_draft(name: str) -> bool:
    """Is this the name of a file that was being written?"""
    return name.startswith(".") and name.endswith(".part")


def drafts_below(folder: Path) -> Iterator[str]:
    """Every draft in a store."""
    for place, _, names in os.walk(folder):
        yield from (os.path.join(place, name) for name in names if is_draft(name))


def write_chunks(
    folder: Path, name: str | Callable[[str], str], chunks: Iterable[bytes], *, sync: bool = False
) -> tuple[Path, str]:
    """Write a file whole or not at all.

    Args:
        folder: made if it is not there.
        name: of the file, or what makes a name of the checksum.
        chunks: the content.
        sync: force it to the disk before it gets its name.

    Returns:
        Its path, and its sha256.

    Raises:
        BadOptionError: the place cannot be written, or the disk is full.
    """
    draft = folder / f".{os.getpid()}-{uuid.uuid4().hex[:12]}.part"
    checksum = hashlib.sha256()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(draft, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
                checksum.update(chunk)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        path = folder / (name if isinstance(name, str) else name(checksum.hexdigest()))
        os.replace(draft, path)
    except OSError as problem:
        if isinstance(problem, FlarescopeError):
            raise
        raise BadOptionError(
            f"Nothing can be written in {folder} ({problem.strerror}). Make room or choose another place."
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    if sync:
        _sync_folder(folder)
    return path, checksum.hexdigest()


def _sync_folder(folder: Path) -> None:
    """Force a rename to the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: str | Path) -> None:
    """Remove a file, or a folder that is empty; what is gone or not empty is left alone."""
    with suppress(OSError):
        os.rmdir(path) if os.path.isdir(path) else os.unlink(path)


def sha256_of(path: Path) -> str:
    """The checksum of a file, read piece by piece.

    Raises:
        BadFileError: it is missing, or the disk does not give it back.
        UnreadableFileError: the system does not give it out; it may well be sound.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise BadFileError(path, "it is missing.") from None
    except OSError as problem:
        kind = BadFileError if problem.errno in DAMAGE else UnreadableFileError
        raise kind(path, f"it cannot be read ({problem.strerror}).") from None


def write_record(path: Path, document: dict[str, Any], *, sync: bool = False) -> str:
    """Write a JSON object with its own checksum in it; returns the sha256 of the file."""
    checksum = hashlib.sha256(_canonical(document)).hexdigest()
    content = _canonical(document | {"sha256": checksum})
    return write_chunks(path.parent, path.name, [content], sync=sync)[1]


def read_record(path: Path) -> dict[str, Any]:
    """Read a record, with its checksum as "sha256"; every byte of it is checked.

    Raises:
        BadFileError: it is missing, damaged, or no record.
    """
    data = read_bytes(path, max_bytes=MOST_RECORD_BYTES).data
    try:
        found: dict[str, Any] = json.loads(data)
        checksum = found.pop("sha256")
        good = checksum == hashlib.sha256(_canonical(found)).hexdigest()
        good = good and data == _canonical(found | {"sha256": checksum})
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
        good = False
    if not good:
        raise BadFileError(path, "its bytes are not those that were written.")
    return found | {"sha256": checksum}


def _canonical(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def read_unit(path: Path) -> UnitRows:
    """The record of a unit that is not sealed yet.

    Raises:
        BadFileError: missing or damaged.
    """
    found = read_record(path)
    try:
        unit = UnitRows.from_dict(found)
        if unit.key != path.stem:
            raise ValueError(f"it is of unit {unit.key}")
        return unit
    except UnreadableFileError:
        raise
    except (LookupError, TypeError, ValueError) as problem:
        raise BadFileError(path, f"it is no record of a unit ({problem}).") from None


def read_day(path: Path) -> DayRows | None:
    """The record of a sealed day; None where there is none. Kept in memory for the next call.

    Raises:
        BadFileError: damaged.
    """
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise UnreadableFileError(path, f"it cannot be read ({problem.strerror}). {MAY_READ}") from None
    return _day_at(path, there.st_mtime_ns, there.st_size, there.st_ino)


@lru_cache(maxsize=8)
def _day_at(path: Path, *_: int) -> DayRows:
    return read_day_anew(path)


def read_day_anew(path: Path) -> DayRows:
    """The record of a sealed day, read from the disk whatever is in memory.

    Raises:
        BadFileError: missing or damaged.
    """
    try:
        found = DayRows.from_dict(read_record(path))
        if str(found.day) != path.stem:
            raise ValueError(f"it is of {found.day}")
        return found
    except UnreadableFileError:
        raise
    except (LookupError, TypeError, ValueError) as problem:
        why = (
            problem.problem if isinstance(problem, BadFileError) else f"it is no record of a day ({problem})."
        )
        raise BadFileError(path, f"{why} {repair_line(path.parents[1])}") from None


def repair_line(folder: Path) -> str:
    """What to type where a store is damaged."""
    return f"Type: flarescope store repair {folder}"
