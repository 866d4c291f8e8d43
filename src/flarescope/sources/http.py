"""One client for every archive: patient, polite and distrustful; it says what went wrong on the way."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlencode

from flarescope.errors import ArchiveError, BadFileError, BadOptionError, MissingDataError
from flarescope.sources.budget import Budget
from flarescope.sources.cache import Cache
from flarescope.sources.json_text import parse_json
from flarescope.sources.limits import FileBytes
from flarescope.sources.pace import Pace
from flarescope.sources.redact import SECRET_PARAMS, hidden, hide_in_logs, one_line
from flarescope.sources.settings import archive_settings
from flarescope.sources.transfer import LONGEST_WAIT, Body, NoAnswerError, Transfer, open_client

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType

    import httpx2

    from flarescope.sources.settings import ArchiveSettings

__all__ = ["Http", "Trouble"]

T = TypeVar("T")
_MIB = 2**20
_MOST_TROUBLES = 10_000  # a service that runs for years keeps the newest


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong on the way.

    Attributes:
        url: what was asked for; values of secret parameters are ``***``.
        problem: what happened, in one line.
        action: "retried" or "given up".
    """

    url: str
    problem: str
    action: str


class Http:
    """How are archives asked? One object serves all clients and threads of a process.

    Each request keeps to the settings' time-outs and to their requests per second and host; an answer of the
    wrong length, a server's error, a time-out, and bytes that cannot be read as what was wanted are
    asked for again, after 0.5, 1, 2, … s with jitter or when the server says.

    Args:
        settings: by default those of the environment.
        cache: of answers with ``keep``; by default the settings' folder.
        seed: of the jitter.
        sleep: waits so many seconds.
        now: a clock in seconds that never goes back.

    Example:
        >>> with Http() as http:  # doctest: +SKIP
        ...     regions = http.get_json(
        ...         "https://services.swpc.noaa.gov/json/solar_regions.json", read=list
        ...     )
    """

    def __init__(
        self,
        settings: ArchiveSettings | None = None,
        *,
        cache: Cache | None = None,
        seed: int | None = None,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = archive_settings() if settings is None else settings
        self.troubles: list[Trouble] = []
        self._cache = cache
        self._random = random.Random(seed)  # noqa: S311 - jitter, no secret
        self._sleep, self._now = sleep, now
        self._pace = Pace(self.settings.per_second, sleep=sleep, now=now)
        self._budget = Budget(now=now)
        self._client: httpx2.Client | None = None
        self._transfer: Transfer | None = None
        self._lock = threading.Lock()

    def get(
        self,
        url: str,
        params: Mapping[str, str | int | float] | None = None,
        *,
        read: Callable[[FileBytes], T],
        max_bytes: int = 64 * _MIB,
        name: str = "answer",
        sha256: str = "",
        keep: bool = False,
        patience: int | None = None,
    ) -> T:
        """What does ``read`` make of the answer?

        Args:
            url: the address, http or https.
            params: its query.
            read: turns the bytes into the result; a BadFileError of it means: ask again.
            max_bytes: of the answer, unpacked.
            name: OUR name for it, in errors.
            sha256: its checksum, where it is known.
            keep: on the disk, and read from there next time.
            patience: attempts for this answer; by default ``settings.attempts``.

        Raises:
            ArchiveError: no attempt gave a usable answer.
            MissingDataError: the server says that there is no such thing (404).
            FlarescopeError: of any other kind: what ``read`` raised.
        """
        return self._get(
            url,
            params or {},
            lambda data: read(FileBytes(Path(name), data)),
            body=Body(max_bytes),
            encoding="identity",
            sha256=sha256,
            keep=keep,
            patience=patience,
        )

    def get_json(
        self,
        url: str,
        params: Mapping[str, str | int | float] | None = None,
        *,
        read: Callable[[Any], T],
        max_bytes: int = 32 * _MIB,
        name: str = "answer",
        keep: bool = False,
        patience: int | None = None,
    ) -> T:
        """What does ``read`` make of this JSON document? As ``get``, with what ``json_text`` refuses refused.

        Raises:
            ArchiveError: no attempt gave a usable answer.
            MissingDataError: the server says that there is no such thing (404).
            FlarescopeError: of any other kind: what ``read`` raised.
        """
        return self._get(
            url,
            params or {},
            lambda data: read(parse_json(FileBytes(Path(name), data))),
            body=Body(max_bytes),
            encoding="gzip",
            keep=keep,
            patience=patience,
        )

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """So long may all take together that this thread asks for inside; nobody is waited for longer.

        An answer that is not complete by then is given up, and so is at once what could only be asked for
        later, such as by a server that says "ask again in a minute".

        Example:
            >>> http = Http()
            >>> with http.within(45.0):
            ...     pass
        """
        return self._budget.within(seconds)

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        with self._lock:
            client, self._client, self._transfer = self._client, None, None
        if client is not None:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _get(
        self,
        url: str,
        params: Mapping[str, str | int | float],
        read: Callable[[bytes], T],
        *,
        body: Body,
        encoding: str,
        sha256: str = "",
        keep: bool = False,
        patience: int | None = None,
    ) -> T:
        address = _address(url, params)
        secrets = self._secrets(params)
        hide_in_logs(secrets)
        shown = one_line(hidden(address, secrets), 500)
        cached = hidden(_address(url, dict(sorted(params.items()))), secrets)
        checked = _checking(read, sha256)
        if keep:
            found = self._read_kept(cached, checked)
            if found is not None:
                return found[0]
        attempts = _attempts(self.settings.attempts if patience is None else patience)
        attempt = 0
        while True:
            attempt += 1
            try:
                data = self._opened().receive(address, body, encoding=encoding)
                result = checked(data)
            except BadFileError as error:
                body.clear()
                trouble = NoAnswerError(str(error))
            except NoAnswerError as error:
                trouble = error
            else:
                if keep:
                    self._kept().keep(cached, data)
                return result
            problem = one_line(hidden(trouble.problem, secrets)).rstrip(".")
            self._after(trouble, shown, problem, attempt, attempts)

    def _after(self, trouble: NoAnswerError, shown: str, problem: str, attempt: int, attempts: int) -> None:
        """Wait for the next attempt, or give up. Errors leave out the query: the troubles have it."""
        service = shown.partition("?")[0]
        if trouble.missing:
            raise MissingDataError(
                f"{service} has nothing of the kind now: {problem}. Ask again later, or for another time."
            )
        with self._lock:
            jitter = self._random.uniform(0.5, 1.5)
        wait = min(
            max(self.settings.back_off_seconds * 2 ** (attempt - 1) * jitter, trouble.after), LONGEST_WAIT
        )
        last = trouble.final or attempt == attempts
        if not last and wait >= self._budget.left():
            last, problem = True, f"{problem}; {_too_late(trouble)}"
        with self._lock:
            self.troubles.append(Trouble(shown, problem, "given up" if last else "retried"))
            del self.troubles[:-_MOST_TROUBLES]
        if last:
            times = "1 attempt" if attempt == 1 else f"{attempt} attempts"
            raise ArchiveError(
                f"{service} gave no usable answer in {times}; the last: {problem}. "
                "Try again later, or check the address."
            )
        self._sleep(wait)

    def _opened(self) -> Transfer:
        with self._lock:
            if self._transfer is None:
                self._client = open_client(self.settings)
                self._transfer = Transfer(self._client, self._pace, self._budget, self.settings, self._now)
            return self._transfer

    def _secrets(self, params: Mapping[str, str | int | float]) -> tuple[str, ...]:
        mail = self.settings.jsoc_email
        own = [mail.get_secret_value()] if mail else []
        return (*own, *(str(v) for k, v in params.items() if k.lower() in SECRET_PARAMS and len(str(v)) > 3))

    def _kept(self) -> Cache:
        with self._lock:
            if self._cache is None:
                self._cache = Cache(self.settings.cache_dir or None)
            return self._cache

    def _read_kept(self, address: str, read: Callable[[bytes], T]) -> tuple[T] | None:
        data = self._kept().read(address)
        if data is None:
            return None
        try:
            return (read(data),)
        except BadFileError:  # what was fine once is no longer
            self._kept().drop(address)
            return None


def _address(url: str, params: Mapping[str, str | int | float]) -> str:
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode({k: str(v) for k, v in params.items()})}"


def _attempts(number: int) -> int:
    if number < 1:
        raise BadOptionError(f"Patience {number} is no number of attempts. Accepted: 1 or more.")
    return number


def _too_late(trouble: NoAnswerError) -> str:
    if trouble.after:
        return f"it wants a rest of {trouble.after:.0f} s or more, and there is no time for that"
    return "there is no time for another attempt"


def _checking(read: Callable[[bytes], T], sha256: str) -> Callable[[bytes], T]:
    def checked(data: bytes) -> T:
        if sha256 and hashlib.sha256(data).hexdigest() != sha256.lower():
            raise BadFileError("answer", f"its sha256 is not {sha256[:16]}…, as announced.")
        return read(data)

    return checked
