"""Text files as lists and reports are kept: read whole, or refused with the line that is no text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["as_text", "read_json", "read_text"]

_LARGEST_BYTES = 256 * 2**20


def read_text(path: Path, accepted: str) -> str:
    """The file as text with plain line ends; ``accepted`` completes the error messages.

    Raises:
        BadFileError: the file is missing, larger than 256 MB, empty, or no text.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise BadFileError(path, f"the file is larger than 256 MB. Accepted: {accepted}.")
        data = path.read_bytes()
    except OSError as problem:
        raise BadFileError(path, f"the file cannot be read ({problem.strerror}). Check the path.") from None
    return as_text(path, data, accepted)


def read_json(path: Path, accepted: str) -> dict[str, Any]:
    """A JSON object from a file; ``accepted`` completes the error messages.

    Raises:
        BadFileError: as ``read_text``, or the text is no JSON object.
    """
    text = read_text(path, accepted)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BadFileError(path, f"it is no JSON ({problem}). Accepted: {accepted}.") from None
    if not isinstance(found, dict):
        raise BadFileError(path, f"it holds a {type(found).__name__}, no object. Accepted: {accepted}.")
    return found


def as_text(name: str | Path, data: bytes, accepted: str) -> str:
    """Bytes of a file (or of an archive's member) as text.

    Raises:
        BadFileError: empty, or no text; the message names the line.
    """
    wrong = data.find(b"\0")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        text, wrong = "", problem.start
    if wrong >= 0:
        line = data[:wrong].count(b"\n") + 1
        raise BadFileError(name, f"line {line} is not text. Accepted: {accepted}.")
    if not text.strip():
        raise BadFileError(name, f"line 1 is missing: the file is empty. Accepted: {accepted}.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
