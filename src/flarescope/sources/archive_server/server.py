"""The archives' protocols over loopback, filled with real data or the made-up Sun, with faults on request."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from flarescope.errors import BadFileError, BadOptionError, UnknownNameError
from flarescope.sources.archive_server.answer import Answer, Query, not_found, text_answer
from flarescope.sources.archive_server.content import Content
from flarescope.sources.archive_server.faults import FaultPlan, Wire, spoilt
from flarescope.sources.archive_server.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from pathlib import Path

__all__ = ["PARTS", "ArchiveServer"]

PARTS = ("images", "flares", "regions")
MOST_PARAMETERS, MOST_REQUESTS = 100, 100_000
PIECES = 40  # of a body that drips
HOST = "127.0.0.1"


class ArchiveServer:
    """Helioviewer, JSOC, HEK and SWPC on this machine, for tests and demonstrations.

    Helioviewer's ``/v2/``, JSOC's ``/cgi-bin/ajax/`` and ``/SUM1/``, HEK's ``/hek/her`` and SWPC's
    ``/json/`` and ``/text/`` answer in the shapes of the real services. What is real and what is made up is
    told by the answers themselves: in the images' COMMENT, in the header ``X-Made-Up`` of fluxes.

    Args:
        data: the folder of real data; None for the made-up Sun. The two are never mixed, but for X-ray
            fluxes, which are drawn from the list of flares.
        port: on loopback; 0 for any that is free.
        faults: any of ``FAULTS``; see ``FaultPlan`` for whom they strike.
        share: of the requests that each fault strikes, 0 to 1.
        seed: of who is struck.
        clock: nothing later than this is served; None for everything.
        without: what is switched off, of "images", "flares", "regions".

    Raises:
        UnknownNameError: no such fault, or no such part.
        BadOptionError: a share outside 0 to 1, a port that is taken, a clock outside 2010 to 2030.
        BadFileError: no such folder.

    Example:
        >>> with ArchiveServer(data=None) as server:
        ...     server.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        *,
        data: Path | None,
        port: int = 0,
        faults: Sequence[str] = (),
        share: float = 0.1,
        seed: int = 0,
        clock: datetime | None = None,
        without: Collection[str] = (),
    ) -> None:
        for part in without:
            if part not in PARTS:
                raise UnknownNameError("part to leave out", part, PARTS)
        self._port = port
        self._plan = FaultPlan(faults, share, seed)
        self._paths = Paths(Content(data, clock, frozenset(without)))
        self._requests: deque[tuple[str, str]] = deque(maxlen=MOST_REQUESTS)
        self._http: _Http | None = None

    @property
    def url(self) -> str:
        """The root, such as ``http://127.0.0.1:8000``.

        Raises:
            BadOptionError: the server does not run.
        """
        if self._http is None:
            raise BadOptionError("The archive server does not run yet. Use it with 'with', or call start().")
        return f"http://{HOST}:{self._http.server_address[1]}"

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Path and fault ("" for none) of the requests so far; of very many, the last 100,000."""
        return list(self._requests)

    def start(self) -> Self:
        """Answer from now on, in threads of its own."""
        try:
            self._http = _Http((HOST, self._port), self)
        except (OSError, OverflowError) as error:
            raise BadOptionError(
                f"Port {self._port} cannot be used ({error}). Accepted: a free one, or 0 for any."
            ) from None
        threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True, name="archives"
        ).start()
        return self

    def stop(self) -> None:
        """Answer no more."""
        if self._http is not None:
            self._http.stopping.set()
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wire(self, method: str, path: str, query: Query) -> Wire:
        """What goes out for this request."""
        place = self._paths.find(path, query)
        if place is None:
            self._requests.append((path, ""))
            return Wire(not_found("There is nothing here."))
        key = "\n".join([method, path, *(f"{name}={query[name]}" for name in sorted(query))])
        fault = self._plan.strike(key, place.faults)
        self._requests.append((path, fault))
        try:
            return spoilt(place.answer(fault), fault)
        except BadFileError:
            return Wire(text_answer("A file of this archive is damaged.\n", 500))


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], archives: ArchiveServer) -> None:
        self.archives = archives
        self.stopping = threading.Event()
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error; anything else is shown as it is."""
        import sys

        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "flarescope-archives"
    timeout = 60
    server: _Http

    def do_GET(self) -> None:
        """Answer, as the plan of faults wants it."""
        self._answer("GET")

    def do_HEAD(self) -> None:
        """The same without the body."""
        self._answer("HEAD")

    def log_message(self, format: str, *args: Any) -> None:
        """Keep no log: parameters may hold addresses."""

    def _answer(self, method: str) -> None:
        try:
            parts = urlsplit(self.path)
            named = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        except ValueError:
            self._send(Wire(text_answer("The address cannot be read.\n", 400)), method)
            return
        self._send(self.server.archives.wire(method, unquote(parts.path), dict(named)), method)

    def _send(self, wire: Wire, method: str) -> None:
        if wire.answer is None:
            self.server.stopping.wait(wire.seconds)
            self.close_connection = True
            return
        answer = self._part(wire.answer)
        body = answer.body
        self.send_response(answer.status, answer.reason or None)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(body) if wire.said_length is None else wire.said_length))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if wire.sent is not None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if method == "GET":
            self._body(body[: wire.sent], wire.seconds)

    def _body(self, body: bytes, seconds: float) -> None:
        if not seconds:
            self.wfile.write(body)
            return
        step = max(1, -(-len(body) // PIECES))
        for at in range(0, len(body), step):
            self.wfile.write(body[at : at + step])
            self.wfile.flush()
            self.server.stopping.wait(seconds * step / max(len(body), 1))

    def _part(self, answer: Answer) -> Answer:
        """The part that ``Range`` asks for, where parts may be had and ``If-Range`` agrees."""
        if not answer.ranged or answer.status != 200:
            return answer
        tag = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
        headers = answer.headers | {"ETag": tag, "Accept-Ranges": "bytes"}
        whole = Answer(200, answer.kind, answer.body, headers)
        asked = _range(self.headers.get("Range", ""), len(answer.body))
        if asked is None or self.headers.get("If-Range", tag) != tag:
            return whole
        first, last = asked
        if first > last:
            headers["Content-Range"] = f"bytes */{len(answer.body)}"
            return Answer(416, "text/plain", b"", headers)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(answer.body)}"
        return Answer(206, answer.kind, answer.body[first : last + 1], headers)


def _range(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of ``bytes=100-``, ``bytes=100-199`` or ``bytes=-100``; None for anything else."""
    unit, _, span = text.partition("=")
    first, dash, last = span.partition("-")
    digits = all(
        part == "" or (part.isascii() and part.isdigit() and len(part) < 16) for part in (first, last)
    )
    if unit.strip() != "bytes" or not dash or not digits or not (first or last):
        return None
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
