"""One answer of the archive server, before it goes onto the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from flarescope.errors import BadOptionError
from flarescope.sources.tai import to_tai
from flarescope.times import utc

__all__ = ["Answer", "Query", "json_answer", "not_found", "tai_text", "text_answer", "time_asked"]

Query = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """Status, kind and bytes of an answer.

    ``ranged`` says that parts of it may be asked for, as of the files under ``/SUM1/``; ``reason`` stands
    beside the status, where a client shows it.
    """

    status: int
    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    ranged: bool = False
    reason: str = ""


def json_answer(document: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON document."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, "application/json", json.dumps(document).encode(), named)


def text_answer(text: str, status: int = 200, kind: str = "text/plain") -> Answer:
    """A text, or with ``kind="text/html"`` a page."""
    return Answer(status, f"{kind}; charset=utf-8", text.encode())


def not_found(what: str) -> Answer:
    """404, as a page, as web servers give it."""
    page = text_answer(f"<html><body><h1>404 Not Found</h1>{what}</body></html>\n", 404, "text/html")
    return replace(page, reason=f"Not Found: {what.rstrip('.')}")


def time_asked(text: str) -> datetime:
    """The instant in a query: ISO 8601 with or without zone, ``2026-02-03T12:00:00+00:00Z`` included.

    Raises:
        BadOptionError: it is none.
    """
    text = text.strip()
    if text.endswith("Z") and ("+" in text or "Z" in text[:-1]):
        text = text[:-1]  # one client writes the zone twice
    try:
        return utc(text).astimezone(UTC)
    except (BadOptionError, OverflowError):
        raise BadOptionError(f"Time '{text[:40]}' cannot be read.") from None


def tai_text(time: datetime) -> str:
    """What does a TAI clock show at this instant, as JSOC writes it?

    Example:
        >>> tai_text(utc("2011-02-15T02:00:00Z"))
        '2011.02.15_02:00:34_TAI'
    """
    return f"{to_tai(time):%Y.%m.%d_%H:%M:%S}_TAI"
