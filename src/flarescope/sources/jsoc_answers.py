"""What JSOC's jsoc_info answered: columns of text, times in TAI, paths in JSOC's storage.

jsoc_info's ``rs_list`` gives one list of values to a keyword, every value as text; a keyword that the series
lacks is "Invalid KeyLink", a value that the record lacks "MISSING", a file that is not on line
"NoDataDirectory". Where nothing matches there are no columns at all, only ``count`` 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flarescope.errors import BadFileError, BadOptionError
from flarescope.sources.answers import HUGE, MAX_ROWS, list_in, object_of, printable, text_in, whole
from flarescope.sources.tai import from_utc_or_tai

__all__ = ["NO_FILE", "Columns", "Record", "parse_records", "parse_rs_list", "quality_bits", "storage_path"]

INFO = "jsoc_info"
UNKNOWN = {"MISSING", "INVALID KEYLINK", "NAN", "-NAN", ""}
NO_FILE = {"NoDataDirectory": "its file is not on line", "NoDataFile": "it has no file"}
NO_SEGMENT = {"InvalidSegName", "BadSegLink"}
NO_TIME = "-4712.01.01"  # JSOC's zero of time
MAX_APART = timedelta(minutes=30)  # of T_OBS and T_REC
SLACK = timedelta(minutes=1)
_QUALITY = re.compile(r"0[xX][0-9a-fA-F]{1,8}|-?\d{1,10}", re.ASCII)
_PATH = re.compile(r"/SUM\d{1,4}(?:/[A-Za-z0-9][A-Za-z0-9._+-]{0,199}){1,8}", re.ASCII)


@dataclass(frozen=True)
class Columns:
    """The columns of a list: keywords by name, and the paths of one segment."""

    count: int
    values: Mapping[str, Sequence[str]]
    paths: Sequence[str] = ()


@dataclass(frozen=True)
class Record:
    """One image of a series as the list has it.

    Attributes:
        slot: T_REC in UTC; slots are 12 minutes apart.
        observed: T_OBS in UTC, or the slot where the list has none.
        quality: the QUALITY bits.
        harp: HARPNUM, of a region's image.
        path: of its file in JSOC's storage; "" where there is none.
        problem: why there is no file.
        keywords: those of the asked that have a value.
    """

    slot: datetime
    observed: datetime
    quality: int
    harp: int | None
    path: str
    problem: str = ""
    keywords: dict[str, str] = field(default_factory=dict)


def parse_rs_list(document: Any, *, segment: str = "", name: str = INFO) -> Columns:
    """Which columns does this list hold?

    Args:
        document: the parsed JSON.
        segment: whose paths are wanted; "" for none.
        name: of the answer, for error messages.

    Raises:
        BadFileError: an error of the archive, columns of different lengths, or anything not understood.
    """
    answer = object_of(name, document)
    status = whole(name, "'status'", answer.get("status"), -1000, 1000)
    if status != 0:
        said = printable(answer.get("error", "no reason given"))
        raise BadFileError(name, f"JSOC answered with status {status}: '{said}'. Ask again later.")
    count = whole(name, "'count'", answer.get("count"), 0, MAX_ROWS)
    if count == 0:
        if answer.get("keywords"):
            raise BadFileError(name, "the answer has columns, but says that it has no records. Ask again.")
        return Columns(0, {})
    values: dict[str, Sequence[str]] = {}
    for column in list_in(name, answer, "keywords"):
        key, texts = _column(name, column, count)
        if key in values:
            raise BadFileError(name, f"the answer has the column {printable(key, 40)} twice. Ask again.")
        values[key] = texts
    return Columns(count, values, _paths(name, answer, segment, count) if segment else ())


def _column(name: str, column: Any, count: int) -> tuple[str, list[str]]:
    """One column: its name and its values as text."""
    part = object_of(name, column)
    key = text_in(name, part, "name", most=80)
    texts = []
    for value in list_in(name, part, "values"):
        huge = isinstance(value, int) and abs(value) >= HUGE
        if huge or isinstance(value, bool) or not isinstance(value, str | int | float):
            raise BadFileError(name, f"column {printable(key, 40)} holds a value that is no text. Ask again.")
        text = str(value).strip()
        if len(text) > 2000:
            raise BadFileError(name, f"column {printable(key, 40)} holds a value of {len(text):,} signs.")
        texts.append(text)
    if len(texts) != count:
        raise BadFileError(
            name, f"column {printable(key, 40)} has {len(texts):,} values for {count:,} records. Ask again."
        )
    return key, texts


def _paths(name: str, answer: Mapping[str, Any], segment: str, count: int) -> Sequence[str]:
    columns = [_column(name, column, count) for column in list_in(name, dict(answer), "segments")]
    found = [texts for key, texts in columns if key == segment]
    if len(found) == 1:
        return found[0]
    seen = "the paths more than once" if found else "no paths"
    raise BadFileError(name, f"the answer has {seen} of segment '{segment}'. Ask again.")


def parse_records(
    document: Any,
    *,
    segment: str,
    between: tuple[datetime, datetime],
    regions: bool = False,
    harp: int | None = None,
    name: str = INFO,
) -> tuple[Record, ...]:
    """Which images does this list hold, in the order of their times?

    Args:
        document: the parsed JSON.
        segment: whose files are wanted.
        between: the times asked for, UTC; a record outside shows that the answer's clock is wrong.
        regions: whether every record must have a HARPNUM.
        harp: the only one asked for.
        name: of the answer, for error messages.

    Raises:
        BadFileError: a record that is not understood in all of time, quality, region and path.
    """
    columns = parse_rs_list(document, segment=segment, name=name)
    needed = ["T_REC", "QUALITY", *(["HARPNUM"] if regions else [])]
    if columns.count and (missing := [key for key in needed if key not in columns.values]):
        raise BadFileError(name, f"the answer lacks the column {', '.join(missing)}. Ask again.")
    records = []
    for row in range(columns.count):
        said = {key: texts[row] for key, texts in columns.values.items()}
        records.append(_record(name, said, columns.paths[row], between, regions))
    others = {record.harp for record in records} - {harp} if harp is not None else set()
    if others:
        raise BadFileError(name, f"it lists HARP {others.pop()}; HARP {harp} was asked for. Ask again.")
    found = {(record.slot, record.harp or 0): record for record in records}
    if len(found) != len(records):
        raise BadFileError(name, "it lists an image twice: a time and region name one only. Ask again.")
    return tuple(found[key] for key in sorted(found))


def _record(
    name: str, said: dict[str, str], path: str, between: tuple[datetime, datetime], regions: bool
) -> Record:
    slot = _time(name, "T_REC", said["T_REC"])
    if not between[0] - SLACK <= slot <= between[1] + SLACK:
        raise BadFileError(
            name,
            f"it lists T_REC {printable(said['T_REC'], 40)}, outside the time asked for. Ask again.",
        )
    observed = slot
    if _known(said.get("T_OBS", "")):
        observed = _time(name, "T_OBS", said["T_OBS"])
    if abs(observed - slot) > MAX_APART:
        raise BadFileError(
            name,
            f"it lists T_OBS {printable(said['T_OBS'], 40)} for T_REC {printable(said['T_REC'], 40)}: "
            "more than 30 minutes apart. Ask again.",
        )
    quality = quality_bits(said["QUALITY"], name=name)
    harp = whole(name, "HARPNUM", said["HARPNUM"], 1, 10**6) if regions else None
    place, problem = _place(name, path, quality)
    keywords = {key: text for key, text in said.items() if _known(text)}
    return Record(slot, observed, quality, harp, place, problem, keywords)


def _known(text: str) -> bool:
    return text.upper() not in UNKNOWN and not text.startswith(NO_TIME)


def _time(name: str, key: str, text: str) -> datetime:
    """A time that says that it is TAI, in UTC."""
    try:
        if not text.endswith("_TAI"):
            raise BadOptionError("It does not say TAI.")
        return from_utc_or_tai(text)
    except BadOptionError:
        raise BadFileError(
            name, f"the answer's {key} is '{printable(text, 40)}'; expected: 2026.02.03_12:00:00_TAI."
        ) from None


def _place(name: str, path: str, quality: int) -> tuple[str, str]:
    """The path of a record's file, or "" and why there is none."""
    if path in NO_SEGMENT:
        raise BadFileError(name, f"JSOC does not know this segment of the series ({path}). Choose another.")
    if path in NO_FILE or path.endswith("/"):
        return "", f"{NO_FILE.get(path, 'it has no file')} (QUALITY {quality:#010x})"
    return storage_path(path, name=name), ""


def quality_bits(text: str, *, name: str = INFO) -> int:
    """QUALITY as 32 bits, from "0x00000400" or "1024" or, with the highest bit set, "-2147483648".

    Raises:
        BadFileError: neither hexadecimal nor decimal, or more than 32 bits.

    Example:
        >>> quality_bits("0x00000400"), quality_bits("-2147483648") == 0x80000000
        (1024, True)
    """
    text = text.strip()
    bits = int(text, 16 if text[:2].lower() == "0x" else 10) if _QUALITY.fullmatch(text) else -(2**40)
    if not -(2**31) <= bits < 2**32:
        raise BadFileError(
            name, f"the answer's QUALITY is '{printable(text, 40)}'; expected: such as 0x00000400 or 1024."
        )
    return bits & 0xFFFFFFFF


def storage_path(text: str, *, name: str = INFO) -> str:
    """A path in JSOC's storage, such as ``/SUM12/D1234/S00000/magnetogram.fits``, if it is one.

    Raises:
        BadFileError: another place, a host, ``..``, or signs that no such path has.
    """
    if not _PATH.fullmatch(text):
        raise BadFileError(
            name, f"the answer's path '{printable(text, 60)}' is none of JSOC's storage; expected: /SUM…/…"
        )
    return text
