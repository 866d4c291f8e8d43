"""Was this very image already served for an earlier hour?"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, StaleImageError
from flarescope.sources.limits import read_bytes
from flarescope.sources.names import time_in_name

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["check_fresh"]

_DAY_FOLDER = re.compile(r"\d{4}/\d{2}/\d{2}")


def check_fresh(path: str | Path, *, among: Iterable[str | Path] | None = None) -> None:
    """Is this image new, or the same bytes as one of an earlier hour?

    Archives have served one image for several hours while they were behind. Two exposures never have the
    same bytes, so the first hour keeps the image and later ones are refused. Sizes are compared first, then
    sha256.

    Args:
        path: the image.
        among: the images to compare with. By default the files of the same kind in its folder, and in the
        folder of
            the day before where folders are named year/month/day.

    Raises:
        StaleImageError: the same bytes belong to an earlier hour, which is named.
        BadFileError: the file cannot be read.
    """
    file = read_bytes(path)
    when = time_in_name(file.path)
    checksum = ""
    for other in sorted(_neighbours(file.path) if among is None else map(Path, among)):
        if not _earlier(other, file.path, when) or not _has_size(other, len(file.data)):
            continue
        checksum = checksum or file.sha256
        try:
            same = hashlib.sha256(read_bytes(other).data).hexdigest() == checksum
        except BadFileError:
            continue  # a neighbour that went away or cannot be read says nothing about this image
        if same:
            raise StaleImageError(
                path,
                f"the same bytes were already served as {other.name}: the archive is behind. Fetch it again.",
            )


def _earlier(other: Path, path: Path, when: object) -> bool:
    """Is ``other`` of an earlier time than ``path``, by the times in their names, or else by the names?"""
    theirs = time_in_name(other)
    if when is None or theirs is None:
        return other.name < path.name
    return bool(theirs < when)  # type: ignore[operator]


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False


def _neighbours(path: Path) -> list[Path]:
    """Files of the same kind in the folder, and in the day before's."""
    path = path.resolve()
    folders = [path.parent]
    day = "/".join(path.parts[-4:-1])
    when = time_in_name(path)
    if _DAY_FOLDER.fullmatch(day) and when is not None:
        before = when - timedelta(days=1)
        folders.append(path.parents[3] / f"{before:%Y}" / f"{before:%m}" / f"{before:%d}")
    return [other for folder in folders if folder.is_dir() for other in folder.glob(f"*{path.suffix}")]
