"""What an archive answered, checked value by value: an answer is a stranger's text until it has been read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from flarescope.errors import ArchiveError, BadFileError, MissingDataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.sources.http import Http
    from flarescope.sources.limits import FileBytes

__all__ = ["HUGE", "MAX_ROWS", "ask", "list_in", "need_start", "object_of", "printable", "text_in", "whole"]

MAX_ROWS = 100_000
MAX_TEXT = 2000  # characters of one value
T = TypeVar("T")
HUGE = 10**18
_WHOLE = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)


def ask(
    http: Http,
    url: str,
    params: dict[str, str],
    *,
    read: Callable[[Any], T],
    name: str,
    doubt: Callable[[T], str] | None = None,
) -> T:
    """The JSON answer of a service, which must be there: a wrong address is no gap in the data.

    Args:
        http: the client.
        url: the service.
        params: its query.
        read: the parser.
        name: OUR name for the answer, in errors.
        doubt: why a result is not to be believed at once, or "". A doubtful answer is asked for again,
            since lists of a loaded archive have holes; it is believed when it has been given twice. Two
            that contradict each other prove nothing.

    Raises:
        ArchiveError: there is no such service (404), or it gave no usable answer.
        FlarescopeError: of any other kind but MissingDataError: what ``read`` raised.
    """
    doubted: set[str] = set()

    def careful(document: Any) -> T:
        result = read(document)
        why = doubt(result) if doubt is not None else ""
        if why and why not in doubted:
            doubted.add(why)
            raise BadFileError(name, f"{why} Asked once more.")
        return result

    patience = max(2, http.settings.attempts)  # a doubt needs a second attempt
    try:
        return http.get_json(url, params, read=careful, name=name, patience=patience)
    except MissingDataError:
        raise ArchiveError(
            f"There is no service at {printable(url, 200)} (HTTP 404). Check the address."
        ) from None


def printable(value: object, most: int = 120) -> str:
    r"""A stranger's value on one line, without control characters, cut off after ``most``.

    Example:
        >>> printable("not\nfound\x1b[31m")
        'not found?[31m'
    """
    if isinstance(value, int) and abs(value) >= HUGE:
        return "a huge number"
    text = str(value) if isinstance(value, str | int | float) else _kind(value)
    text = " ".join(text[: 4 * most].split())
    text = "".join(sign if sign.isprintable() else "?" for sign in text)
    return text if len(text) <= most else f"{text[:most]}…"


def object_of(name: str, value: Any) -> dict[str, Any]:
    """The value as a JSON object.

    Raises:
        BadFileError: it is something else.
    """
    if isinstance(value, dict):
        return value
    raise BadFileError(name, f"the answer is {_kind(value)}; a JSON object was expected. Ask again.")


def list_in(name: str, document: dict[str, Any], key: str) -> list[Any]:
    """The list under a key.

    Raises:
        BadFileError: missing, no list, or more than 100,000 long.
    """
    value = document.get(key)
    if not isinstance(value, list):
        raise BadFileError(name, f"the answer's '{printable(key)}' is {_kind(value)}; a list was expected.")
    if len(value) > MAX_ROWS:
        raise BadFileError(
            name, f"the answer's '{printable(key)}' has {len(value):,} entries; at most {MAX_ROWS:,}."
        )
    return value


def text_in(name: str, document: dict[str, Any], key: str, *, most: int = MAX_TEXT) -> str:
    """The text under a key, stripped.

    Raises:
        BadFileError: missing, no text, or longer than ``most``.
    """
    value = document.get(key)
    if not isinstance(value, str):
        raise BadFileError(name, f"the answer's '{printable(key)}' is {_kind(value)}; text was expected.")
    if len(value) > most:
        raise BadFileError(name, f"the answer's '{printable(key)}' has {len(value):,} signs; at most {most}.")
    return value.strip()


def whole(name: str, what: str, value: Any, least: int, most: int) -> int:
    """A whole number, written as one or as text, between ``least`` and ``most``.

    Raises:
        BadFileError: something else, such as true, 1.5 or "many".
    """
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and _WHOLE.fullmatch(value):
        number = int(value)
    if number is None or not least <= number <= most:
        seen = "missing" if value is None else f"'{printable(value, 40)}'"
        raise BadFileError(name, f"the answer's {what} is {seen}; accepted: {least:,} to {most:,}.")
    return number


def need_start(file: FileBytes, start: bytes, what: str) -> None:
    """Do the bytes begin as they should? Archives send their error pages as if they were images.

    Raises:
        BadFileError: they do not; what came instead is quoted where it is text.
    """
    if file.data.startswith(start):
        return
    head = file.data[:400].lstrip()
    if head[:1] in {b"<", b"{", b"["} or (
        head and all(byte in b"\t\n\r" or 31 < byte < 127 for byte in head)
    ):
        came = f"text: '{printable(head.decode('ascii', 'replace'), 80)}'"
    else:
        came = f"something that begins with {head[:8].hex(' ') or 'nothing'}"
    raise BadFileError(file.path, f"instead of {what} came {came}. Ask again.")


def _kind(value: Any) -> str:
    if value is None:
        return "missing"
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return names.get(type(value), "a number")
