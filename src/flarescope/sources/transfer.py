"""One answer of one server: redirected, resumed, bounded; whether to ask again is decided elsewhere."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import SplitResult, urljoin, urlsplit

from flarescope import __version__
from flarescope.errors import BadOptionError
from flarescope.sources.redact import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from flarescope.sources.budget import Budget
    from flarescope.sources.pace import Pace
    from flarescope.sources.settings import ArchiveSettings

__all__ = ["LONGEST_WAIT", "Body", "NoAnswerError", "Transfer", "open_client"]

LONGEST_WAIT = 60.0  # seconds; a server that wants more is asked again all the same
_MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_ASK_AGAIN = {408, 425, 429}
_PART = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
_PORTS = {"http": 80, "https": 443}


class NoAnswerError(Exception):
    """Nothing usable came; it may be worth asking again.

    Attributes:
        problem: what happened.
        after: seconds the server wants us to wait.
        final: asking again would change nothing.
        missing: the server says that there is no such thing.
    """

    def __init__(
        self, problem: str, *, after: float = 0.0, final: bool = False, missing: bool = False
    ) -> None:
        self.problem, self.after, self.final, self.missing = problem, after, final, missing
        super().__init__(problem)


class Body:
    """The bytes of one answer as far as they have come, over several attempts.

    They are only continued where the server named a version of them (a strong ETag or a date): parts of
    two versions would make a file that nobody ever wrote.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.data = bytearray()
        self.total: int | None = None
        self.version = ""

    def to_ask(self) -> dict[str, str]:
        """The headers that ask for what is still missing."""
        if not self.data or not self.version:
            return {}
        return {"Range": f"bytes={len(self.data)}-", "If-Range": self.version}

    def begin(self, response: httpx2.Response) -> None:
        """Read the headers of an answer with status 200, or of one with the missing part, 206."""
        if response.status_code == 206:
            self._go_on(response)
            return
        self.clear()
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in {"identity", "gzip", "deflate", ""}:
            raise NoAnswerError(f"its encoding '{encoding[:40]}' was not asked for", final=True)
        if encoding not in {"identity", ""}:
            return
        length = response.headers.get("Content-Length", "")
        if re.fullmatch(r"[0-9]{1,15}", length):
            self.total = int(length)
            self.version = _version(response)
        if self.total is not None and self.total > self.max_bytes:
            self._too_large(f"{self.total:,}")

    def add(self, chunk: bytes) -> None:
        """Append what came, as long as it is not too much."""
        if len(self.data) + len(chunk) > self.max_bytes:
            self.clear()
            self._too_large("more")
        self.data += chunk

    def end(self) -> bytes:
        """The whole, if it is whole."""
        if self.total is not None and len(self.data) != self.total:
            raise NoAnswerError(f"{len(self.data):,} bytes came of {self.total:,} announced")
        if not self.data:
            raise NoAnswerError("the answer is empty")
        return bytes(self.data)

    def _go_on(self, response: httpx2.Response) -> None:
        part = _PART.fullmatch(response.headers.get("Content-Range", "").strip())
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        wanted = (len(self.data), (self.total or 0) - 1, self.total)
        version = _version(response)
        same = part is not None and tuple(map(int, part.groups())) == wanted and version in {self.version, ""}
        if not self.data or not same or encoding not in {"identity", ""}:
            self.clear()
            raise NoAnswerError("it sent another part than the one asked for")

    def _too_large(self, many: str) -> NoReturn:
        raise NoAnswerError(f"it has {many} bytes; at most {self.max_bytes:,} are accepted", final=True)


class Transfer:
    """Sends one GET at a time, at the pace of its host, and collects the answer in a ``Body``."""

    def __init__(
        self,
        client: httpx2.Client,
        pace: Pace,
        budget: Budget,
        settings: ArchiveSettings,
        now: Callable[[], float],
    ) -> None:
        self._client, self._pace, self._budget = client, pace, budget
        self._settings, self._now = settings, now
        self._mine = (
            threading.local()
        )  # .end: when this thread's answer must be complete, .whole s after its begin

    def receive(self, address: str, body: Body, *, encoding: str) -> bytes:
        """The whole body of the answer.

        Raises:
            NoAnswerError: there is none that can be used; what has come of it stays in ``body``.
        """
        import httpx2

        try:
            return self._follow(address, body, encoding)
        except httpx2.InvalidURL as error:
            raise NoAnswerError(f"this is no address ({error})", final=True) from None
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            if not body.to_ask():
                body.clear()
            raise self._explained(error, address) from None

    def _follow(self, address: str, body: Body, encoding: str) -> bytes:
        for hop in range(1 + _MAX_REDIRECTS):
            self._await_turn(_host(address))
            if hop == 0:
                self._mine.whole = min(self._settings.whole_seconds, self._budget.left())
                self._mine.end = self._now() + self._mine.whole
            headers = {"Accept-Encoding": encoding, **body.to_ask()}
            watched = {"trace": self._watch}
            with self._client.stream("GET", address, headers=headers, extensions=watched) as response:
                if response.status_code in _REDIRECTS:
                    address = _redirected(address, response.headers.get("Location", ""))
                    continue
                self._check_status(response, address, body)
                body.begin(response)
                for chunk in response.iter_bytes():
                    body.add(chunk)
                    self._seconds_left()
                return body.end()
        raise NoAnswerError(f"it redirects more than {_MAX_REDIRECTS} times", final=True)

    def _await_turn(self, host: str) -> None:
        left = self._budget.left()
        if left <= 0:
            raise NoAnswerError("the time for it is up", final=True)
        if not self._pace.wait(host, most=left):
            raise NoAnswerError(
                "it was asked too often and wants a longer rest than there is time", final=True
            )

    def _seconds_left(self) -> float:
        left = float(self._mine.end - self._now())
        if left <= 0:
            raise NoAnswerError(f"it was not complete after {self._mine.whole:.3g} s")
        return left

    def _watch(self, event: str, info: dict[str, Any]) -> None:
        """A connection reads no longer than its answer may take: headers, too, can drip for days."""
        if event not in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            return
        stream = info["return_value"]
        plain = stream.read

        def read(max_bytes: int, timeout: float | None = None) -> bytes:
            left = self._seconds_left()
            return bytes(plain(max_bytes, timeout=left if timeout is None else min(timeout, left)))

        stream.read = read

    def _check_status(self, response: httpx2.Response, address: str, body: Body) -> None:
        status = response.status_code
        if status in {200, 206}:
            return
        if status == 416 and body.to_ask():
            body.clear()
            raise NoAnswerError("it does not have the part asked for (HTTP 416)")
        if status == 404:
            said = one_line(response.reason_phrase, 200).removeprefix("Not Found").lstrip(": ")
            problem = f"there is no such thing (HTTP 404{': ' if said else ''}{said})"
            raise NoAnswerError(problem, final=True, missing=True)
        after = _retry_after(response) if status in {429, 503} else 0.0
        if after:
            self._pace.hold(_host(address), after)
        final = 400 <= status < 500 and status not in _ASK_AGAIN
        raise NoAnswerError(f"HTTP {status}", after=after, final=final)

    def _explained(self, error: Exception, address: str) -> NoAnswerError:
        import httpx2

        said = str(error) or type(error).__name__
        if isinstance(error, httpx2.ConnectTimeout):
            return NoAnswerError(f"no connection within {self._settings.connect_seconds:g} s")
        if isinstance(error, httpx2.ReadTimeout):
            quiet = min(self._settings.read_seconds, self._mine.whole)
            return NoAnswerError(f"it was silent for {quiet:.3g} s")
        if isinstance(error, httpx2.ConnectError):
            # this very machine does not lose connections: nobody is there, and nobody will be
            here = urlsplit(address).hostname in {"127.0.0.1", "localhost", "::1"}
            return NoAnswerError(f"no connection ({said})", final=here)
        if isinstance(error, httpx2.UnsupportedProtocol):
            return NoAnswerError(f"this is no address ({said})", final=True)
        return NoAnswerError(f"the answer broke off or is damaged ({said})")


def _version(response: httpx2.Response) -> str:
    tag = response.headers.get("ETag", "").strip()
    version = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "").strip()
    return version if len(version) <= 200 else ""


def _redirected(address: str, location: str) -> str:
    """Where to? Only to the same server, or from its plain address to its secure one."""
    try:
        target = urljoin(address, location)
        there, here = _server(urlsplit(target)), _server(urlsplit(address))
        named = bool(urlsplit(target).username or urlsplit(target).password)
    except ValueError:
        raise NoAnswerError("it redirects to what is no address", final=True) from None
    safer = here[0] == "http" and there == ("https", here[1], 443) and here[2] == 80
    if not location or named or not (there == here or safer):
        raise NoAnswerError(
            f"it redirects to another server ({there[0]}://{there[1]}:{there[2]}), which is not followed",
            final=True,
        )
    return target


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError as error:
        raise NoAnswerError(f"this is no address ({error})", final=True) from None


def _server(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def _retry_after(response: httpx2.Response) -> float:
    """Seconds the server asks us to wait, 0 to 60; a date counts from the server's own clock."""
    said = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", said):
        return min(float(said), LONGEST_WAIT)
    then, now = _http_date(said), _http_date(response.headers.get("Date", "")) or datetime.now(UTC)
    return 0.0 if then is None else min(max((then - now).total_seconds(), 0.0), LONGEST_WAIT)


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def open_client(settings: ArchiveSettings) -> httpx2.Client:
    """The HTTP library's client: our user agent and time-outs, no cookies, no redirects of its own.

    Raises:
        BadOptionError: the environment names a proxy that cannot be used.
    """
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx2

    contact = one_line(settings.contact, 200).encode("ascii", "replace").decode()
    try:
        return httpx2.Client(
            # A connection for each answer: what a server sends beyond an answer's length can never become the
            # next one, and no request meets a connection that the server is just closing.
            headers={"User-Agent": f"flarescope/{__version__} (+{contact})", "Connection": "close"},
            limits=httpx2.Limits(max_keepalive_connections=0),
            timeout=httpx2.Timeout(settings.read_seconds, connect=settings.connect_seconds),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            mounts={f"all://{here}": None for here in ("127.0.0.1", "localhost", "[::1]")},  # past any proxy
            follow_redirects=False,
        )
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        raise BadOptionError(
            f"The proxy named in the environment cannot be used ({one_line(str(error), 100)}). "
            "Change or unset HTTP_PROXY, HTTPS_PROXY and ALL_PROXY."
        ) from None
