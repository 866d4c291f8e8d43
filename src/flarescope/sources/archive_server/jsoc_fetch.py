"""JSOC's jsoc_fetch and the files under /SUM1/, as the archive server speaks them."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadOptionError
from flarescope.sources.archive_server.answer import Answer, Query, json_answer, not_found
from flarescope.sources.archive_server.fits_bytes import an_hour_later
from flarescope.sources.archive_server.jsoc_info import fewer
from flarescope.sources.archive_server.record_sets import parse_record_set

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.sources.archive_server.records import Records, StoredRecord

__all__ = ["Exports", "stored_file"]

MOST_EXPORTS = 1000
QUEUED, PROCESSING = 2, 1
PENDING = (QUEUED, PROCESSING)  # the answers to the first polls
Files = list[tuple["StoredRecord", str]]


class Exports:
    """Requests for files: at once where they lie, or made for the request and polled for."""

    def __init__(self, records: Records, now: datetime) -> None:
        self._records, self._now = records, now
        self._requests: OrderedDict[str, tuple[Query, int]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def fetch(self, query: Query, fault: str) -> Answer:
        """``jsoc_fetch`` with ``op`` of exp_request or exp_status."""
        try:
            if query.get("op") == "exp_request":
                return json_answer(self._asked(query, fault))
            if query.get("op") == "exp_status":
                return json_answer(self._status(query.get("requestid", "")))
        except BadOptionError as error:
            return json_answer({"status": 4, "error": str(error), "requestid": ""})
        return json_answer({"status": 4, "error": "Unknown op.", "requestid": ""})

    def _asked(self, query: Query, fault: str) -> dict[str, Any]:
        files = self._files(query)
        if query.get("method", "url_quick") == "url_quick" and query.get("protocol", "as-is") == "as-is":
            count = len(files)
            if fault == "hole":
                kept = set(fewer([record for record, _ in files]))
                files = [(record, segment) for record, segment in files if record in kept]
            rows = [_row(record, segment, record.path(segment)) for record, segment in files]
            return _ready("", "url_quick", "as-is", "", rows, count)
        if query.get("method") != "url":
            raise BadOptionError(f"Export method '{query.get('method', '')[:20]}' is not served here.")
        if "@" not in query.get("notify", ""):
            raise BadOptionError("A registered email address is required in 'notify'.")
        with self._lock:
            self._count += 1
            name = f"JSOC_{self._now:%Y%m%d}_{self._count:06d}"
            self._requests[name] = (query, 0)
            if len(self._requests) > MOST_EXPORTS:
                self._requests.popitem(last=False)
        return _pending(name, QUEUED)

    def _status(self, name: str) -> dict[str, Any]:
        with self._lock:
            if name not in self._requests:
                return {"status": 6, "error": f"Request {name[:40]} was not found.", "requestid": name[:40]}
            query, polls = self._requests[name]
            self._requests[name] = (query, polls + 1)
        if polls < len(PENDING):
            return _pending(name, PENDING[polls])
        folder = f"/SUM1/D9{int(name[-6:]):08d}/S00000"
        rows = [_row(record, segment, record.export_name(segment)) for record, segment in self._files(query)]
        return _ready(name, "url", query.get("protocol", "FITS"), folder, rows, len(rows))

    def _files(self, query: Query) -> Files:
        wanted = parse_record_set(query.get("ds", ""))
        known = set(self._records.segments(wanted.series))
        if not set(wanted.segments) <= known:
            raise BadOptionError(f"Cannot find segment {', '.join(wanted.segments)[:60]}.")
        found = self._records.select(wanted)
        number = query.get("process=n", query.get("n", "")).partition("|")[0]
        if re.fullmatch(r"-?\d{1,9}", number) and int(number):
            found = found[: int(number)] if int(number) > 0 else found[int(number) :]
        return [
            (record, segment)
            for record in found
            for segment in (wanted.segments or tuple(record.segments))
            if segment in record.segments
        ]


def _row(record: StoredRecord, segment: str, filename: str) -> dict[str, str]:
    return {"record": f"{record.name}{{{segment}}}", "filename": filename}


def _pending(name: str, status: int) -> dict[str, Any]:
    return {"status": status, "requestid": name, "method": "url", "wait": 1, "size": 0}


def _ready(
    name: str, method: str, protocol: str, folder: str, rows: list[dict[str, str]], count: int
) -> dict[str, Any]:
    return {
        "status": 0, "requestid": name, "method": method, "protocol": protocol, "dir": folder, "wait": 0,
        "count": count, "rcount": count, "size": 1, "data": rows,
    }  # fmt: skip


def stored_file(path: str, records: Records, fault: str) -> Answer:
    """A file under ``/SUM1/``, whole or in parts."""
    found = records.file(path)
    if found is None:
        return not_found("There is no such file.")
    record, segment = found
    data = records.data(record, segment)
    if fault == "stale":
        older = records.before(record)
        data = records.data(older, segment) if segment in older.segments else data
    if fault == "wrong_channel":
        data = records.continuum() or data.replace(b"BUNIT   = 'Gauss   '", b"BUNIT   = 'DN/s    '")
    if fault == "clock":
        data = an_hour_later(data)
    return Answer(200, "image/fits", data, ranged=True)
