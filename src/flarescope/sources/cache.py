"""Answers kept on the disk, so that nothing is asked for twice."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadOptionError
from flarescope.times import iso
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Cache", "CacheInfo"]

MOST_BYTES = 2**30  # a month of near-real-time images, hour by hour
TRIM_EVERY = 20
_FOLDER = re.compile(r"[0-9a-f]{2}")
_OURS = re.compile(r"\.?[0-9a-f]{64}\.(data|json)(\.\d+\.part)?")


@dataclass(frozen=True)
class CacheInfo:
    """A folder of kept answers: where, how many, and how large together."""

    folder: Path
    entries: int
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"folder": str(self.folder), "entries": self.entries, "bytes": self.bytes}


class Cache:
    """Which answers are kept?

    Each answer is a file of its bytes and a small JSON beside it with their sha256, the address without
    secrets, and when it was fetched. An entry that does not agree with itself is dropped when it is read.

    Args:
        folder: where; by default ``FLARESCOPE_CACHE_DIR``, else the system's own place for caches.
        most_bytes: beyond this the oldest answers go; looked at every twentieth time.

    Example:
        >>> Cache("/tmp/answers").info().entries  # doctest: +SKIP
        0
    """

    def __init__(self, folder: str | Path | None = None, *, most_bytes: int = MOST_BYTES) -> None:
        self.folder = Path(folder).expanduser() if folder else _default_folder()
        self.most_bytes, self._keeps = most_bytes, 0
        self._lock = threading.Lock()

    def read(self, address: str) -> bytes | None:
        """The bytes kept for an address, or None; the address is a whole URL, without secrets."""
        data_path, about_path = self._places(address)
        try:
            about = json.loads(about_path.read_bytes())
            data = data_path.read_bytes()
            if about["sha256"] == hashlib.sha256(data).hexdigest():
                return data
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            pass  # damaged: dropped below
        self.drop(address)
        return None

    def keep(self, address: str, data: bytes) -> bool:
        """Keep these bytes; False where the folder takes none, which is no reason to lose an answer."""
        data_path, about_path = self._places(address)
        about = {
            "url": address,
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "fetched": iso(datetime.now(UTC)),
        }
        with self._lock:
            try:
                write_whole(data_path, data)
                write_whole(about_path, json.dumps(about, indent=1) + "\n")
            except BadOptionError:
                return False
            self._keeps += 1
            if self._keeps % TRIM_EVERY == 1:
                self._trim()
        return True

    def _trim(self) -> None:
        """Forget the oldest answers where all together are too large; the newest stays, however large.

        Another process may keep or clear at the same time: what it took away needs no trimming.
        """
        found = ((_stat(path), path) for path in self._files() if path.suffix == ".data")
        aged = sorted(((s.st_mtime, path, s.st_size) for s, path in found if s), reverse=True)
        total = 0
        for place, (_, path, size) in enumerate(aged):
            total += size
            if place and total > self.most_bytes:
                _forget(path.with_suffix(".json"), path)

    def drop(self, address: str) -> None:
        """Forget what was kept for an address."""
        _forget(*reversed(self._places(address)))  # without its JSON an entry does not count

    def info(self) -> CacheInfo:
        """How much is kept?"""
        files = [path for path in self._files() if not path.name.startswith(".")]
        entries = sum(path.suffix == ".json" for path in files)
        return CacheInfo(self.folder, entries, sum(map(_size, files)))

    def clear(self) -> CacheInfo:
        """Remove every entry and nothing else that may lie there; returns what was removed.

        Raises:
            BadOptionError: a file cannot be removed.
        """
        before = self.info()
        for path in list(self._files()):
            try:
                path.unlink(missing_ok=True)
                with suppress(OSError):  # not empty yet
                    path.parent.rmdir()
            except OSError as error:
                raise BadOptionError(
                    f"{path} cannot be removed ({error.strerror}). Remove it yourself."
                ) from None
        return before

    def _places(self, address: str) -> tuple[Path, Path]:
        key = hashlib.sha256(address.encode()).hexdigest()
        folder = self.folder / key[:2]
        return folder / f"{key}.data", folder / f"{key}.json"

    def _files(self) -> Iterator[Path]:
        for folder in _listed(self.folder):
            if not _FOLDER.fullmatch(folder.name):
                continue
            for path in _listed(folder):
                if _OURS.fullmatch(path.name) and os.path.isfile(path) and not os.path.islink(path):
                    yield path


def _listed(folder: Path) -> list[Path]:
    """What lies in a folder; nothing where it is none, or was removed meanwhile."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _forget(*paths: Path) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:  # gone meanwhile
        return None


def _size(path: Path) -> int:
    found = _stat(path)
    return found.st_size if found else 0


def _default_folder() -> Path:
    from platformdirs import user_cache_dir

    from flarescope.sources.settings import archive_settings

    named = archive_settings().cache_dir
    return Path(named).expanduser() if named else Path(user_cache_dir("flarescope"))
