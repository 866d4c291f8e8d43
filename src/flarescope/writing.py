"""Files are written whole or not at all: a reader never meets half of one, a full disk loses nothing."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from flarescope.errors import BadOptionError

__all__ = ["write_whole"]


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write beside the place, then rename; folders are made.

    Raises:
        BadOptionError: the place cannot be written.
    """
    path = Path(path)
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
