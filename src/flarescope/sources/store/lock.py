"""One lock for a folder: a store together with others that put units, or alone to seal it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from flarescope.errors import BadOptionError
from flarescope.sources.store.files import LOCK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["locked"]


@contextmanager
def locked(folder: Path, *, alone: bool) -> Iterator[None]:
    """Hold a folder: a store together with others that put units, or alone to seal it; waits for its turn.

    The system frees the lock of a killed process. Where the file system has no locks (some network ones) this
    does nothing: seal there when no unit is being put.
    """
    try:
        import fcntl
    except ImportError:  # not a Unix
        yield
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / LOCK, "ab")  # noqa: SIM115  # closed below; only opening it may fail so
    except OSError as problem:
        raise BadOptionError(
            f"Nothing can be written in {folder} ({problem.strerror}). Make room or choose another place."
        ) from None
    with file:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
