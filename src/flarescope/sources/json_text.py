"""JSON from a stranger: read within limits, or refused in one line."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

from flarescope.errors import BadFileError

if TYPE_CHECKING:
    from flarescope.sources.limits import FileBytes

__all__ = ["MAX_DEPTH", "parse_json"]

MAX_DEPTH = 50
MAX_PARTS = 300_000  # objects and lists; every answer has at most 100,000 rows, and each part costs memory
_NO_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[^"\[\]{}]++', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_SURROGATE = re.compile(rb"\\u[dD][89abAB]")


def parse_json(file: FileBytes) -> Any:
    """What does this JSON document hold?

    UTF-8 only, at most 50 levels deep, at most 300,000 objects and lists, with finite numbers and real
    characters.

    Raises:
        BadFileError: it is HTML or anything else than such a document.
    """
    if file.data.lstrip()[:1] == b"<":
        raise BadFileError(file.path, "this is a page of HTML or XML where JSON was expected.")
    parts = file.data.count(b"{") + file.data.count(b"[")
    if parts > MAX_PARTS:
        raise BadFileError(file.path, f"this JSON has {parts:,} objects and lists; accepted: {MAX_PARTS:,}.")
    if _deeper_than(MAX_DEPTH, file.data):
        raise BadFileError(file.path, f"this JSON is broken off, or nested more than {MAX_DEPTH} deep.")
    try:
        document = json.loads(
            file.data.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite, parse_int=_whole
        )
        if _SURROGATE.search(file.data):  # half a character could not be written down again
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise BadFileError(file.path, f"this cannot be read as JSON ({error}).") from None
    return document


def _deeper_than(levels: int, data: bytes) -> bool:
    """Peel the innermost brackets off, level by level: no parser of any kind is run on untried depths."""
    brackets = _NO_BRACKETS.sub(b"", data).translate(_ONE_KIND)
    for _ in range(levels):
        before, brackets = len(brackets), brackets.replace(b"[]", b"")
        if len(brackets) == before:
            break
    return bool(brackets)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:20]} is too large")
    return value


def _whole(digits: str) -> int:
    if len(digits) > 100:
        raise ValueError(f"the number {digits[:20]}… has {len(digits)} digits")
    return int(digits)
