"""Rows of a JSON answer, field by field: what is not understood is refused by name, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from flarescope.errors import BadFileError
from flarescope.sources.answers import HUGE, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MOST_ROWS", "JsonRow", "rows_of"]

MOST_ROWS = 100_000
_LONGEST_TEXT = 1_000
_FIRST_YEAR, _LAST_YEAR = 1974, 2100  # GOES began in 1974
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|\+00:00)?", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][-+]?\d{1,3})?", re.ASCII)
_UNKNOWN = {"", "unk", "unknown", "none", "null", "nan"}


@dataclass(frozen=True)
class JsonRow:
    """One object of a list, with the name and the number that an error message needs."""

    name: str
    line: int
    fields: dict[str, Any]

    def text(self, key: str) -> str:
        """A field's text, stripped; "" where it is missing, null or says that it is unknown."""
        value = self.fields.get(key)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.refuse(key, "text or a number")
        if isinstance(value, int) and abs(value) >= HUGE:
            self.refuse(key, "a number below 1e18")
        text = str(value).strip()
        if len(text) > _LONGEST_TEXT or not text.isprintable():
            self.refuse(key, f"at most {_LONGEST_TEXT} printable characters")
        return "" if text.lower() in _UNKNOWN else text

    def time(self, key: str) -> datetime | None:
        """A field's time in UTC; None where it is unknown."""
        text = self.text(key)
        if not text:
            return None
        try:
            time = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
        except ValueError:
            time = None
        if time is None or not _FIRST_YEAR <= time.year <= _LAST_YEAR:
            self.refuse(key, f"a time such as 2026-02-03T12:30:00Z, {_FIRST_YEAR} to {_LAST_YEAR}")
        return time.replace(tzinfo=UTC)

    def needed_time(self, key: str) -> datetime:
        """A field's time, which must be there."""
        time = self.time(key)
        if time is None:
            self.refuse(key, "a time such as 2026-02-03T12:30:00Z")
        return time

    def number(self, key: str, low: float, high: float) -> float | None:
        """A field's number, also where it is written as text; None where it is unknown."""
        text = self.text(key)
        if not text:
            return None
        value = float(text) if _NUMBER.fullmatch(text) else float("nan")
        if not low <= value <= high:
            self.refuse(key, f"a number from {low:g} to {high:g}")
        return value

    def refuse(self, key: str, accepted: str) -> NoReturn:
        """Say which field of which row was not understood.

        Raises:
            BadFileError: always.
        """
        seen = printable(self.fields.get(key), 60)
        raise BadFileError(self.name, f"row {self.line}: {key} is '{seen}'. Accepted: {accepted}.")


def rows_of(name: str, document: Any, fields: Sequence[str]) -> tuple[JsonRow, ...]:
    """The rows of a list of objects that all have these fields (null is a value).

    Raises:
        BadFileError: no list, more than 100,000 rows, a row that is no object or lacks a field.
    """
    if not isinstance(document, list):
        raise BadFileError(name, f"it holds a {type(document).__name__} where a list of rows was expected.")
    if len(document) > MOST_ROWS:
        raise BadFileError(name, f"it holds {len(document):,} rows; at most {MOST_ROWS:,} are accepted.")
    for line, row in enumerate(document, 1):
        if not isinstance(row, dict):
            raise BadFileError(name, f"row {line} is a {type(row).__name__} where an object was expected.")
        lacks = [key for key in fields if key not in row]
        if lacks:
            raise BadFileError(name, f"row {line} has no field {', '.join(lacks)}: its shape is not known.")
    return tuple(JsonRow(name, line, row) for line, row in enumerate(document, 1))
