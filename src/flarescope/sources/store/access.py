"""May every folder of a store be read? Where one may not, nothing else that is said of it would be true."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import UnreadableFileError
from flarescope.sources.store.files import MAY_READ

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_open", "closed_folders"]


def closed_folders(folder: Path) -> Iterator[Path]:
    """The folders below this one that the system does not let us look into."""
    for place, below, _ in os.walk(folder):
        for name in sorted(below):
            path = Path(place, name)
            if not os.access(path, os.R_OK | os.X_OK):
                yield path


def check_open(folder: Path) -> None:
    """May every folder of this store be read?

    Raises:
        UnreadableFileError: one of them may not.
    """
    for path in closed_folders(folder):
        raise UnreadableFileError(path, f"the folder cannot be read. {MAY_READ}")
