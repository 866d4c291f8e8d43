"""Files are written whole or not at all: a reader never meets half of one, a full disk loses nothing."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import BadOptionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = ["check_file_place", "check_folder_place", "write_parquet", "write_whole"]


def check_file_place(path: str | Path, *, inputs: Iterable[str | Path] = ()) -> Path:
    """Can this file be written? Asked before any work is done.

    Args:
        path: the file to be written; one that is there will be replaced.
        inputs: files that are read: none of them may be replaced by the result.

    Raises:
        BadOptionError: it is one of the inputs or a folder, or its folder cannot be.
    """
    path = Path(path)
    for given in map(Path, inputs):
        if _same(path, given):
            raise BadOptionError(f"{path} is read as an input and would be overwritten. Choose another.")
    if path.is_dir():
        raise BadOptionError(f"{path} is a folder. Give the name of a file to write.")
    check_folder_place(path.parent)
    return path


def check_folder_place(path: str | Path) -> Path:
    """Can files be written into this folder, or can it be made? Asked before any work is done.

    Raises:
        BadOptionError: it, or the nearest folder above it that exists, is a file or takes no files.
    """
    path = Path(path)
    there = next(folder for folder in (path, *path.absolute().parents) if os.path.lexists(folder))
    if not there.is_dir():
        raise BadOptionError(f"{there} is not a folder. Choose another place.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise BadOptionError(f"Nothing can be written in {there}. Choose another place.")
    return path


def _same(a: Path, b: Path) -> bool:
    """Are these two names of one file? Links are followed."""
    try:
        return a.samefile(b)
    except OSError:  # one of them is not there
        return a.absolute() == b.absolute()


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write beside the place, then rename; folders are made.

    Raises:
        BadOptionError: the place cannot be written.
    """
    path = check_file_place(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        os.replace(draft, path)
    except OSError as problem:
        raise BadOptionError(
            f"{path} cannot be written ({problem.strerror}). Choose another place."
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return path


def write_parquet(path: str | Path, table: pd.DataFrame) -> Path:
    """Write a table without its index, whole or not at all.

    Raises:
        BadOptionError: the place cannot be written.
    """
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    return write_whole(path, content.getvalue())
