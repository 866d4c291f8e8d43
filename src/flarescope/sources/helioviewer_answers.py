"""What Helioviewer's getClosestImage answered.

The shape is that of version 2 of its API: an object with ``date`` ("2014-01-02 00:00:02", UTC) and ``id``,
and much about the image's place that the image itself says better. Errors come with status 200 as ``error``
and ``errno``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError, MissingDataError
from flarescope.sources.answers import object_of, printable, text_in, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ClosestImage", "parse_closest_image"]

NAME = "getClosestImage"
NO_DATA = {10, 11, 12, 16}  # errno: nothing for this source, before, after or between the dates
FIRST_YEAR, LAST_YEAR = 1990, 2200
MAX_SIDE = 16384
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(\.\d{1,6})?Z?", re.ASCII)


@dataclass(frozen=True)
class ClosestImage:
    """The image that Helioviewer has nearest to a time.

    Attributes:
        time: when it was observed, UTC.
        id: Helioviewer's number of it.
        notes: what was not understood but does not matter, in plain words.
    """

    time: datetime
    id: int
    notes: tuple[str, ...] = ()


def parse_closest_image(document: Any, *, name: str = NAME) -> ClosestImage:
    """Which image is nearest?

    Args:
        document: the parsed JSON.
        name: of the answer, for error messages.

    Raises:
        BadFileError: an error of the archive, or an answer that is not understood.
        MissingDataError: the archive says that it has nothing of that kind.

    Example:
        >>> parse_closest_image({"id": 34205701, "date": "2014-01-02 00:00:02"}).time.isoformat()
        '2014-01-02T00:00:02+00:00'
    """
    answer = object_of(name, document)
    _check_error(name, answer)
    time = _time(name, text_in(name, answer, "date", most=40))
    for side in ("width", "height"):
        if answer.get(side) is not None:
            whole(name, f"'{side}'", answer[side], 16, MAX_SIDE)
    notes = tuple(f"the answer has no '{key}'" for key in ("width", "height") if answer.get(key) is None)
    return ClosestImage(time, whole(name, "'id'", answer.get("id"), 0, 10**12), notes)


def _check_error(name: str, answer: Mapping[str, Any]) -> None:
    """Does the archive say that it failed?"""
    said = answer.get("error") or (None if "date" in answer else answer.get("status_txt"))
    if said is None:
        return
    code = answer.get("errno", answer.get("status_code"))
    text = f"'{printable(said)}' (error {printable(code, 10)})"
    if isinstance(code, int) and code in NO_DATA:
        raise MissingDataError(f"Helioviewer has no such image: {text}. Ask for another time.")
    raise BadFileError(name, f"Helioviewer answered with an error: {text}. Ask again later.")


def _time(name: str, text: str) -> datetime:
    match = _DATE.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        time = datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=UTC)
    except ValueError:
        seen = printable(text, 40)
        raise BadFileError(
            name, f"the answer's 'date' is '{seen}'; expected: such as 2014-01-02 00:00:02."
        ) from None
    if not FIRST_YEAR <= time.year < LAST_YEAR:
        raise BadFileError(name, f"the answer's 'date' is of the year {time.year}: there is no such image.")
    return time + timedelta(seconds=float(match[3] or 0.0))
