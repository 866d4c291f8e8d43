"""Names of kept files: they change with everything that decides what is in the file."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["sizes", "stamp"]


def stamp(*settings: object, files: Iterable[Path] = ()) -> str:
    """Eight digits that change with any of these settings, and with what is in these files.

    Args:
        settings: what JSON can hold; anything else counts as its text.
        files: data or code that is read; their contents and order count, their folders do not.

    Example:
        >>> stamp(256, "gauss") == stamp(256, "grey8")
        False
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:8]


def sizes(paths: Iterable[Path]) -> list[tuple[str, int]]:
    """Names and sizes, for a stamp over thousands of files; −1 for one that is not there."""
    return [(str(path), path.stat().st_size if path.exists() else -1) for path in paths]
