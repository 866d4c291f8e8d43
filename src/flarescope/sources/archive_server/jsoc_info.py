"""JSOC's jsoc_info, show_series and checkAddress, as the archive server speaks them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadOptionError
from flarescope.sources.archive_server.answer import Answer, Query, json_answer
from flarescope.sources.archive_server.record_sets import NAMES, SERIES, parse_record_set, prime_keys

if TYPE_CHECKING:
    from flarescope.sources.archive_server.records import Records, StoredRecord

__all__ = ["check_address", "fewer", "info", "show_series"]

UNKNOWN = "Invalid KeyLink"
RUNTIME = 0.001
NOT_NUMBERS = {"T_REC", "T_OBS", "T_FRST", "T_FRST1", "T_LAST", "T_LAST1", "TRECEPOC"}
ALL = "**ALL**"


def info(query: Query, records: Records, fault: str) -> Answer:
    """``jsoc_info`` with ``op`` of series_struct, rs_summary or rs_list."""
    answers = {"series_struct": _structure, "rs_summary": _summary, "rs_list": _list}
    make = answers.get(query.get("op", ""))
    if make is None:
        return _refused(f"Unknown op '{query.get('op', '')[:40]}'.")
    try:
        return json_answer(make(query, records, fault))
    except BadOptionError as error:
        return _refused(str(error))


def show_series(query: Query) -> Answer:
    """``show_series``: the series whose names fit a regular expression."""
    try:
        fits = re.compile(query.get("filter", "")[:60], re.IGNORECASE)
    except re.error:
        return _refused("Cannot understand the filter.")
    found = [
        {"name": NAMES[name], "primekeys": ",".join(prime_keys(name)), "note": note}
        for name, note in SERIES.items()
        if fits.search(NAMES[name])
    ]
    return json_answer({"n": len(found), "names": found, "status": 0})


def check_address(query: Query) -> Answer:
    """``checkAddress.sh``: every address with an @ counts as registered."""
    address = query.get("address", "")
    if "@" in address or "%40" in address:
        return json_answer({"status": 2, "msg": "Email address is valid and registered."})
    return json_answer({"status": -2, "msg": "Not a valid email address."})


def fewer(records: list[StoredRecord]) -> list[StoredRecord]:
    """The records with a block of them missing."""
    third = len(records) // 3
    return records[:third] + records[third + max(1, len(records) // 4) :]


def _refused(problem: str) -> Answer:
    return json_answer({"status": 1, "error": problem, "runtime": RUNTIME})


def _structure(query: Query, records: Records, _fault: str) -> dict[str, Any]:
    wanted = parse_record_set(query.get("ds", ""))
    some = records.select(wanted)
    keywords = {key: text for record in some[:1] for key, text in records.keywords(record).items()}
    keywords.setdefault("T_REC", "")
    first = prime_keys(wanted.series)[0]
    return {
        "note": SERIES[wanted.series.lower()],
        "retention": 10000,
        "unitsize": 1,
        "archive": 1,
        "tapegroup": 1,
        "primekeys": list(prime_keys(wanted.series)),
        "dbindex": [first],
        "keywords": [_keyword(key, text) for key, text in keywords.items()],
        "links": [],
        "segments": [_segment(name) for name in records.segments(wanted.series)],
        "Interval": {
            "FirstRecord": some[0].name if some else "",
            "LastRecord": some[-1].name if some else "",
            "MaxRecnum": len(some),
        },
        "status": 0,
    }


def _keyword(key: str, text: str) -> dict[str, Any]:
    kind = "time" if key in NOT_NUMBERS or key == "DATE__OBS" else _kind(text)
    return {
        "name": key, "type": kind, "units": "none", "note": key, "defval": "", "recscope": "variable",
    }  # fmt: skip


def _kind(text: str) -> str:
    if re.fullmatch(r"0x[0-9a-f]+|[+-]?\d+", text):
        return "int"
    return "double" if re.fullmatch(r"nan|[+-]?\d*\.?\d+(e[+-]?\d+)?", text) else "string"


def _segment(name: str) -> dict[str, str]:
    return {
        "name": name, "type": "int", "units": "Gauss", "protocol": "fits", "dims": "VARxVAR", "note": name,
    }  # fmt: skip


def _summary(query: Query, records: Records, _fault: str) -> dict[str, Any]:
    found = records.select(parse_record_set(query.get("ds", "")))
    return {"count": len(found), "runtime": RUNTIME, "status": 0}


def _list(query: Query, records: Records, fault: str) -> dict[str, Any]:
    wanted = parse_record_set(query.get("ds", ""))
    found = _first(records.select(wanted), query.get("n", ""))
    if fault == "hole":
        found = fewer(found)
    if not found:
        return {"count": 0, "runtime": RUNTIME, "status": 0}
    document: dict[str, Any] = {"count": len(found), "runtime": RUNTIME, "status": 0}
    if keys := _names(query.get("key", "")):
        document["keywords"] = _keywords(keys, found, records, late=fault == "clock")
    if segments := _names(query.get("seg", "")):
        segments = list(records.segments(wanted.series)) if segments == [ALL] else segments
        document["segments"] = [_paths(name, found, records) for name in segments]
    if query.get("R") == "1":
        document["recinfo"] = [{"name": record.name, "online": "Y"} for record in found]
    if query.get("link"):
        document["links"] = []
    return document


def _first(records: list[StoredRecord], text: str) -> list[StoredRecord]:
    if not text or text == "0":
        return records
    if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
        raise BadOptionError(f"Cannot understand n={text[:20]}.")
    return records[: int(text)] if int(text) > 0 else records[int(text) :]


def _names(text: str) -> list[str]:
    return [name for name in re.split(r"[\s,]+", text.strip()) if name]


def _keywords(
    keys: list[str], found: list[StoredRecord], records: Records, *, late: bool
) -> list[dict[str, Any]]:
    rows = [records.keywords(record) | {"*recnum*": str(record.key)} for record in found]
    if keys == [ALL]:
        keys = list(dict.fromkeys(key for row in rows for key in row if key != "*recnum*"))
    known = {key for row in rows for key in row}
    columns = []
    for key in keys[:300]:
        values = [row.get(key, "MISSING") if key in known else UNKNOWN for row in rows]
        if late and key in {"T_REC", "T_OBS"}:
            values = [_late(value) for value in values]
        columns.append({"name": key, "values": values})
    return columns


def _late(text: str) -> str:
    """A TAI time an hour later."""
    time = datetime.strptime(text[:19], "%Y.%m.%d_%H:%M:%S") + timedelta(hours=1)  # noqa: DTZ007
    return f"{time:%Y.%m.%d_%H:%M:%S}{text[19:]}"


def _paths(name: str, found: list[StoredRecord], records: Records) -> dict[str, Any]:
    known = name in records.segments(found[0].series)
    missing = "NoDataDirectory" if known else "InvalidSegName"
    return {
        "name": name,
        "values": [record.path(name) if name in record.segments else missing for record in found],
        "dims": ["VARxVAR"] * len(found),
    }
