"""Exports from JSOC: asked for, waited for, listed. Whole FITS headers need one, and a registered e-mail.

jsoc_fetch answers with a status: 0 ready, 1 or 2 being made or queued, 3 too large, 4 refused, 5 deleted
since, 6 not yet to be found. A ready answer lists records and files, whole paths or names in ``dir``.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flarescope.errors import ArchiveError, BadFileError, BadOptionError
from flarescope.sources.answers import MAX_ROWS, ask, list_in, object_of, printable, text_in, whole
from flarescope.sources.jsoc_answers import NO_FILE, storage_path
from flarescope.sources.redact import hidden

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.sources.http import Http

__all__ = ["ExportAnswer", "ExportedFile", "ask_for_export", "parse_export", "wait_for_export"]

FETCH = "jsoc_fetch"
PROTOCOLS = ("as-is", "FITS")
PENDING = {1, 2, 6, 12}  # being made, queued, not yet to be found, queued for a test
MEANING = {3: "too large", 4: "refused", 5: "made, but deleted since"}
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}", re.ASCII)
_REQUEST = re.compile(r"JSOC_\d{8}_\d{1,9}(?:_X)?(?:_IN)?", re.ASCII)


@dataclass(frozen=True)
class ExportedFile:
    """A file of an export: the record it shows, and its path in JSOC's storage."""

    record: str
    path: str


@dataclass(frozen=True)
class ExportAnswer:
    """Where an export stands: ready with files, pending, or refused with a problem."""

    ready: bool
    request: str = ""
    problem: str = ""
    files: tuple[ExportedFile, ...] = ()
    notes: tuple[str, ...] = ()


def parse_export(document: Any, *, name: str = FETCH) -> ExportAnswer:
    """Where does this export stand?

    Args:
        document: the parsed JSON of ``exp_request`` or ``exp_status``.
        name: of the answer, for error messages.

    Raises:
        BadFileError: an answer that is not understood, or a number of files that is not the stated one.
    """
    answer = object_of(name, document)
    status = whole(name, "'status'", answer.get("status"), -1000, 1000)
    request = answer.get("requestid", answer.get("reqid")) or ""
    request = "" if request == "VOID" else request
    if not isinstance(request, str) or (request and not _REQUEST.fullmatch(request)):
        raise BadFileError(name, "the answer's 'requestid' is none; expected: such as JSOC_20260203_123.")
    if status in PENDING:
        return ExportAnswer(False, request)
    if status != 0:
        meaning = MEANING.get(status, "failed")
        said = printable(answer.get("error") or "no reason given", 160)
        return ExportAnswer(False, request, f"{meaning} (status {status}): {said}")
    files, notes = _exported(name, answer)
    return ExportAnswer(True, request, "", files, notes)


def _exported(name: str, answer: dict[str, Any]) -> tuple[tuple[ExportedFile, ...], tuple[str, ...]]:
    folder = answer.get("dir") or ""
    if not isinstance(folder, str):
        raise BadFileError(name, "the answer's 'dir' is no text. Ask again.")
    files, notes = [], []
    rows = list_in(name, answer, "data")
    for row in rows:
        part = object_of(name, row)
        record, filename = text_in(name, part, "record"), text_in(name, part, "filename", most=400)
        if filename in NO_FILE:
            notes.append(f"no file for {printable(record)}: {NO_FILE[filename]}")
        elif not folder:
            files.append(ExportedFile(printable(record, 400), storage_path(filename, name=name)))
        elif _FILE.fullmatch(filename):
            path = storage_path(f"{folder.rstrip('/')}/{filename}", name=name)
            files.append(ExportedFile(printable(record, 400), path))
        else:
            raise BadFileError(name, f"the answer's file name '{printable(filename, 60)}' is not accepted.")
    if len({file.path for file in files}) != len(files):
        raise BadFileError(name, "the answer lists a file twice, so another may be missing. Ask again.")
    if answer.get("count") is not None:
        count = whole(name, "'count'", answer["count"], 0, MAX_ROWS)
        if count not in {len(rows), len(files)}:
            raise BadFileError(name, f"the answer lists {len(rows):,} of {count:,} files. Ask again.")
    return tuple(files), tuple(notes)


def ask_for_export(
    http: Http, base_url: str, ds: str, *, method: str, protocol: str, needs_email: bool
) -> ExportAnswer:
    """Ask JSOC to lay out the files of a record set.

    Args:
        http: with the e-mail in its settings.
        base_url: of jsoc_fetch.
        ds: the record set, with the segment in braces.
        method: "url_quick" (files as they are stored) or "url".
        protocol: "as-is" or "FITS" (whole headers).
        needs_email: refuse to ask without a registered address.

    Raises:
        BadOptionError: no e-mail in the settings, or another protocol.
        ArchiveError: JSOC refused, or gave no usable answer.
    """
    if protocol not in PROTOCOLS:
        raise BadOptionError(
            f"Protocol '{printable(protocol, 40)}' is unknown. Accepted: {', '.join(PROTOCOLS)}."
        )
    email = _email(http)
    if needs_email and not email:
        raise BadOptionError(
            "An export from JSOC needs an e-mail address that is registered there. Set "
            "FLARESCOPE_JSOC_EMAIL; register at http://jsoc.stanford.edu/ajax/register_email.html."
        )
    params = {"op": "exp_request", "ds": ds, "method": method, "protocol": protocol, "format": "json"}
    answer = _ask(http, base_url, params | ({"notify": email} if email else {}), ds)
    if not (answer.ready or answer.request):
        raise ArchiveError(
            f"JSOC took the export of {printable(ds, 200)} but gave it no name to ask for. Ask again."
        )
    return answer


def wait_for_export(
    http: Http,
    base_url: str,
    request: str,
    *,
    poll_seconds: float,
    give_up_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> ExportAnswer:
    """Ask for an export's status until it is ready.

    Raises:
        BadOptionError: no such request can exist, or waits that are not positive.
        ArchiveError: it failed, or was not ready in time; the message names the request.
    """
    if not _REQUEST.fullmatch(request):
        raise BadOptionError(
            f"'{printable(request, 40)}' is no request. Accepted: such as JSOC_20260203_123."
        )
    if not (0 < poll_seconds <= 3600 and 0 < give_up_seconds <= 7 * 86400):
        raise BadOptionError(
            f"poll_seconds={poll_seconds:g} and give_up_seconds={give_up_seconds:g} are not possible. "
            "Accepted: up to 3600 s, and up to 7 days."
        )
    end = now() + give_up_seconds
    while True:
        answer = _ask(http, base_url, {"op": "exp_status", "requestid": request, "format": "json"}, request)
        if answer.ready:
            return answer
        if now() + poll_seconds > end:
            raise ArchiveError(
                f"JSOC's export {request} is not ready after {give_up_seconds:g} s. "
                "It goes on there: ask for it again later by this name."
            )
        sleep(poll_seconds)


def _ask(http: Http, base_url: str, params: dict[str, str], what: str) -> ExportAnswer:
    answer = ask(http, f"{base_url}{FETCH}", params, read=parse_export, name=FETCH)
    if answer.problem:
        email = _email(http)  # which the archive may repeat
        problem = hidden(answer.problem, tuple(part for part in (email, email.split("@")[0]) if part))
        raise ArchiveError(
            f"JSOC's export of {printable(what, 200)} was {problem}. Ask for less, or for another record set."
        )
    return answer


def _email(http: Http) -> str:
    secret = http.settings.jsoc_email
    return secret.get_secret_value().strip() if secret is not None else ""
