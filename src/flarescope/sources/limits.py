"""What a file may cost, and how damage is reported: sizes are checked before anything is allocated."""

from __future__ import annotations

import hashlib
import struct
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, FlarescopeError, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_BYTES", "MAX_PIXELS", "FileBytes", "check_size", "damage_in", "read_bytes"]

MAX_BYTES = 512 * 2**20  # a 4096² magnetogram in float64 is 128 MiB
MAX_PIXELS = 64 * 2**20  # 8192²
# All that astropy, Pillow and zipfile were seen to raise on damaged files, warnings made errors included.
DAMAGE = (
    OSError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError,
    AssertionError, EOFError, MemoryError, SyntaxError, Warning, struct.error, zlib.error, zipfile.BadZipFile,
)  # fmt: skip

DECODERS = {
    "_compression",
    "astropy",
    "PIL",
    "numpy",
    "tokenize",
}  # whose private exceptions mean damage, too


@dataclass(frozen=True)
class FileBytes:
    """A file as it lay on the disk: its path, its bytes and their sha256."""

    path: Path
    data: bytes

    @property
    def sha256(self) -> str:
        """The checksum of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


def read_bytes(path: str | Path, *, max_bytes: int = MAX_BYTES) -> FileBytes:
    """What is in this file?

    Args:
        path: a regular file; a pipe, a device or a folder is refused, so that reading cannot hang.
        max_bytes: larger files are refused unread.

    Raises:
        BadFileError: no such file, not a regular file, empty, or too large.
        UnreadableFileError: the system does not give it out; the folder is not named in ``problem``.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise BadFileError(path, "there is no such file. Check the path.")
        if not path.is_file():
            raise BadFileError(path, "this is not a regular file. Give the path of one image.")
        size = path.stat().st_size
        if size == 0:
            raise BadFileError(path, "the file is empty (0 bytes). Fetch it again.")
        if size > max_bytes:
            raise BadFileError(path, f"the file has {size:,} bytes; at most {max_bytes:,} are accepted.")
        return FileBytes(path, path.read_bytes())
    except (OSError, ValueError) as error:
        if isinstance(error, FlarescopeError):
            raise
        if isinstance(error, OSError):
            raise UnreadableFileError(path, f"the file cannot be read ({error.strerror}).") from None
        raise BadFileError(path, f"the file cannot be read ({error}).") from None  # a zero byte in the path


def check_size(path: Path, width: int, height: int) -> None:
    """Is an image of this declared size small enough to be allocated, and large enough to be one?

    Raises:
        BadFileError: fewer than 16 pixels on a side, or more than 64 Mpx in all.
    """
    if min(width, height) < 16 or width * height > MAX_PIXELS:
        raise BadFileError(
            path,
            f"it declares {width} x {height} pixels; accepted: 16 x 16 to {MAX_PIXELS // 2**20} Mpx.",
        )


@contextmanager
def damage_in(path: Path, what: str) -> Iterator[None]:
    """Report whatever a decoder raises, or warns of, as one ``BadFileError`` about this file.

    Args:
        path: the file.
        what: what it should be: "FITS file", "JPEG image".

    Raises:
        BadFileError: anything in ``DAMAGE`` was raised inside; errors of flarescope pass through as they are.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    except FlarescopeError:
        raise
    except Exception as error:
        foreign = type(error).__module__.split(".")[0] in DECODERS
        if not (foreign or isinstance(error, DAMAGE)):
            raise
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise BadFileError(path, f"this is not a sound {what} ({reason}). Fetch it again.") from None
