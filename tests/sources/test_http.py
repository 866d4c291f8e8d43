"""The HTTP client against a server that answers whatever the test wrote down, byte by byte."""

from __future__ import annotations

import gzip
import hashlib
import logging
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote_plus

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarescope.errors import (
    ArchiveError,
    BadFileError,
    BadOptionError,
    FlarescopeError,
    MissingDataError,
    NoRuleError,
)
from flarescope.sources.cache import Cache
from flarescope.sources.http import Http, Trouble
from flarescope.sources.limits import FileBytes
from flarescope.sources.settings import ArchiveSettings

Answer = bytes | Callable[[socket.socket], None]


class Wire:
    """Gives the answers in turn, the last one for ever; keeps what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.requests = list(answers), list[str]()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def headers(self, request: int) -> dict[str, str]:
        lines = self.requests[request].split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines) if name}

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            asked = b""
            while b"\r\n\r\n" not in asked:
                more = connection.recv(65536)
                if not more:
                    return
                asked += more
            with self.lock:
                self.requests.append(asked.decode())
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            with suppress(OSError):  # the client has had enough
                answer(connection) if callable(answer) else connection.sendall(answer)


def answer(body: bytes = b"fine", status: str = "200 OK", length: int | None = None, **headers: str) -> bytes:
    headers = {"Content-Length": str(len(body) if length is None else length), **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time, self.slept = 1000.0, list[float]()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    opened: list[Wire] = []

    def start(*answers: Answer) -> Wire:
        opened.append(Wire(*answers))
        return opened[-1]

    yield start
    for one in opened:
        one.listener.close()


@pytest.fixture
def open_server(wire: Callable[..., Wire]) -> Wire:
    return wire(b"")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def http(clock: Clock, tmp_path: Path) -> Iterator[Http]:
    patient = ArchiveSettings(per_second=1000, attempts=4)
    with Http(patient, cache=Cache(tmp_path), seed=1, sleep=clock.sleep, now=clock.now) as one:
        yield one


def data(file: FileBytes) -> bytes:
    return file.data


def refusal(http: Http, url: str, kind: type[FlarescopeError] = ArchiveError, **options: object) -> str:
    with pytest.raises(kind) as caught:
        http.get(url, read=data, **options)  # type: ignore[arg-type]
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_answer_is_read_under_our_name_and_the_server_learns_who_asks(
    http: Http, wire: Callable[..., Wire]
) -> None:
    server = wire(answer(b"bytes", Content_Disposition="attachment; filename=/etc/passwd"))
    seen = http.get(server.url, {"a": "x y", "b": 2}, read=lambda file: file, name="ours.jp2")
    assert (str(seen.path), seen.data) == ("ours.jp2", b"bytes")
    assert server.requests[0].startswith("GET /?a=x+y&b=2 HTTP/1.1")
    assert server.headers(0)["user-agent"].startswith("flarescope/")
    assert "(+https://flarescope.readthedocs.io)" in server.headers(0)["user-agent"]
    assert server.headers(0)["accept-encoding"] == "identity"
    assert http.troubles == []


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (answer(status="500 Oops"), "HTTP 500"),
        (answer(status="503 Later"), "HTTP 503"),
        (answer(status="408 Slow"), "HTTP 408"),
        (answer(status="204 Nothing", body=b""), "HTTP 204"),
        (answer(b"half", length=9), "broke off"),
        (answer(b""), "empty"),
        (b"", "broke off"),
        (b"\x00\x01 no HTTP at all\r\n\r\n", "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: lots\r\n\r\nabc", "broke off"),
        (answer(b"x" * 40, Content_Encoding="gzip"), "broke off or is damaged"),
        (answer(b"abc", status="206 Part", Content_Range="bytes 0-2/3"), "another part"),
    ],
)
def test_troubles_of_the_network_are_retried(
    http: Http, wire: Callable[..., Wire], clock: Clock, bad: bytes, problem: str
) -> None:
    server = wire(bad, bad, answer(b"fine"))
    assert http.get(server.url, read=data) == b"fine"
    assert [trouble.action for trouble in http.troubles] == ["retried", "retried"]
    assert all(problem in trouble.problem for trouble in http.troubles)
    assert 0.25 <= clock.slept[0] <= 0.75  # 0.5 s with jitter of a half
    assert 0.5 <= clock.slept[1] <= 1.5


def test_after_the_last_attempt_one_line_says_all(http: Http, wire: Callable[..., Wire]) -> None:
    server = wire(answer(status="500 Oops"))
    said = refusal(http, server.url)
    assert said.startswith(f"{server.url} gave no usable answer in 4 attempts; the last: HTTP 500. ")
    assert [t.action for t in http.troubles] == ["retried"] * 3 + ["given up"]
    assert http.troubles[-1] == Trouble(server.url, "HTTP 500", "given up")
    refusal(http, server.url, patience=1)
    assert len(server.requests) == 5
    assert "Patience 0" in refusal(http, server.url, BadOptionError, patience=0)


@pytest.mark.parametrize("status", ["400 Bad", "401 Who", "403 No", "410 Gone", "418 Tea"])
def test_refusals_are_not_asked_again(http: Http, wire: Callable[..., Wire], status: str) -> None:
    server = wire(answer(status=status), answer())
    assert f"HTTP {status[:3]}" in refusal(http, server.url)
    assert len(server.requests) == 1


def test_what_is_not_there_is_missing_data(http: Http, wire: Callable[..., Wire]) -> None:
    server = wire(answer(status="404 Not Found"))
    assert "no such thing (HTTP 404)" in refusal(http, server.url, MissingDataError)
    assert (len(server.requests), http.troubles) == (1, [])
    known = wire(answer(status="404 Not Found: it has 2010 to 2019 \x1b[1m"))
    assert "(HTTP 404: it has 2010 to 2019 [1m)" in refusal(http, known.url, MissingDataError)


def test_what_cannot_be_read_is_asked_for_again_and_other_errors_pass(
    http: Http, wire: Callable[..., Wire]
) -> None:
    server = wire(answer(b"<html>"), answer(b"image"))

    def read(file: FileBytes) -> str:
        if file.data.startswith(b"<"):
            raise BadFileError(file.path, "this is a page of HTML.")
        return file.data.decode()

    assert http.get(server.url, read=read, name="sun.jp2") == "image"
    assert http.troubles == [Trouble(server.url, "sun.jp2: this is a page of HTML", "retried")]

    def refuse(file: FileBytes) -> str:
        raise NoRuleError("not mine")

    with pytest.raises(NoRuleError, match="not mine"):
        http.get(server.url, read=refuse)
    assert len(server.requests) == 3


def test_checksum_is_checked(http: Http, wire: Callable[..., Wire]) -> None:
    server = wire(answer(b"damaged"), answer(b"sound"))
    assert http.get(server.url, read=data, sha256=hashlib.sha256(b"sound").hexdigest().upper()) == b"sound"
    assert "sha256" in http.troubles[0].problem


@pytest.mark.parametrize("status", ["429 Too Many", "503 Later"])
@pytest.mark.parametrize(
    ("said", "waits"),
    [("7", 7), ("86400", 60), ("-3", 0.5), ("soon", 0.5), ("9" * 400, 0.5), ("²", 0.5)],
)
def test_retry_after_in_seconds(
    http: Http, wire: Callable[..., Wire], clock: Clock, status: str, said: str, waits: float
) -> None:
    server = wire(answer(status=status, Retry_After=said).decode().encode("latin-1"), answer())
    assert http.get(server.url, read=data) == b"fine"
    assert sum(clock.slept) == pytest.approx(waits, abs=0.3)


@pytest.mark.parametrize(("ahead", "waits"), [(20, 20), (9999, 60), (-50, 0.5)])
def test_retry_after_a_date_counts_from_the_servers_clock(
    http: Http, wire: Callable[..., Wire], clock: Clock, ahead: float, waits: float
) -> None:
    then = 1.0e9  # a server whose clock is decades late
    late = answer(
        status="503 Later",
        Date=formatdate(then, usegmt=True),
        Retry_After=formatdate(then + ahead, usegmt=True),
    )
    assert http.get(wire(late, answer()).url, read=data) == b"fine"
    assert sum(clock.slept) == pytest.approx(waits, abs=0.3)


def test_who_wants_a_longer_rest_than_there_is_time_is_given_up_at_once(
    http: Http, wire: Callable[..., Wire], clock: Clock
) -> None:
    server = wire(answer(status="429 Too Many", Retry_After="60"))
    with http.within(45.0):
        said = refusal(http, server.url)
        again = refusal(http, server.url)
    assert "in 1 attempt; the last: HTTP 429; it wants a rest of 60 s or more, and there is no time" in said
    assert "it was asked too often and wants a longer rest than there is time" in again
    assert (clock.slept, len(server.requests)) == ([], 1)
    assert [t.action for t in http.troubles] == ["given up"] * 2


def test_what_there_is_time_for_is_waited_for(http: Http, wire: Callable[..., Wire], clock: Clock) -> None:
    later = answer(status="503 Later", Retry_After="20")
    with http.within(45.0):
        assert http.get(wire(later, later, answer()).url, read=data) == b"fine"
        assert sum(clock.slept) == pytest.approx(40, abs=0.3)
        assert "HTTP 503; it wants a rest of 20 s or more" in refusal(http, wire(later).url)
        clock.time += 10
        assert "the last: the time for it is up" in refusal(http, wire(answer()).url)
    assert http.get(wire(later, later, later, answer()).url, read=data) == b"fine"  # as patient as ever


def test_a_budget_is_this_threads_alone_and_cuts_silence_and_slowness_off(wire: Callable[..., Wire]) -> None:
    quick = ArchiveSettings(per_second=1000, attempts=5, back_off_seconds=0.01, read_seconds=5.0)
    for mute in (lambda _: time.sleep(4.0), drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", b"x")):
        server, begun = wire(mute), time.monotonic()
        with Http(quick) as http, http.within(60.0), http.within(0.7), ThreadPoolExecutor(1) as pool:
            assert pool.submit(http.get, wire(answer()).url, read=data).result() == b"fine"
            said = refusal(http, server.url)
        assert 0.5 < time.monotonic() - begun < 2.5
        assert "there is no time for another attempt" in said or "the time for it is up" in said


WHOLE = bytes(range(256)) * 40


def part(start: int, total: int = len(WHOLE), **headers: str) -> bytes:
    said = f"bytes {start}-{total - 1}/{total}"
    return answer(WHOLE[start:], status="206 Partial Content", Content_Range=said, **headers)


@pytest.mark.parametrize(
    ("version", "named"),
    [
        ({"ETag": '"v1"'}, '"v1"'),
        ({"Last_Modified": "Tue, 03 Feb 2026 12:00:00 GMT"}, "Tue, 03 Feb 2026 12:00:00 GMT"),
        (
            {"ETag": 'W/"v1"', "Last_Modified": "Tue, 03 Feb 2026 12:00:00 GMT"},
            "Tue, 03 Feb 2026 12:00:00 GMT",
        ),
    ],
)
def test_broken_off_body_goes_on_where_it_stopped(
    http: Http, wire: Callable[..., Wire], version: dict[str, str], named: str
) -> None:
    server = wire(answer(WHOLE[:4000], length=len(WHOLE), **version), part(4000, **version))
    assert http.get(server.url, read=data) == WHOLE
    assert server.headers(1)["range"] == "bytes=4000-"
    assert server.headers(1)["if-range"] == named


@pytest.mark.parametrize(
    "second",
    [
        answer(WHOLE),  # the server sends all of it
        part(3999, ETag='"v1"'),  # another part than was asked for
        part(4000, total=len(WHOLE) + 1, ETag='"v1"'),  # of another length
        part(4000, ETag='"v2"'),  # of another version
        answer(b"x", status="206 Partial Content"),
        answer(b"", status="416 Range Not Satisfiable"),
    ],
)
def test_parts_that_do_not_fit_are_never_joined(http: Http, wire: Callable[..., Wire], second: bytes) -> None:
    server = wire(answer(b"?" * 4000, length=len(WHOLE), ETag='"v1"'), second, answer(WHOLE, ETag='"v2"'))
    assert http.get(server.url, read=data) == WHOLE
    assert all("range" not in server.headers(n) for n in range(2, len(server.requests)))


def test_without_a_version_it_begins_anew(http: Http, wire: Callable[..., Wire]) -> None:
    server = wire(answer(b"?" * 4000, length=len(WHOLE)), answer(WHOLE))
    assert http.get(server.url, read=data) == WHOLE
    assert "range" not in server.headers(1)


def test_unreadable_bytes_are_not_resumed(http: Http, wire: Callable[..., Wire]) -> None:
    server = wire(answer(b"bad", ETag='"v1"'), answer(b"good"))

    def read(file: FileBytes) -> bytes:
        if file.data == b"bad":
            raise BadFileError(file.path, "no.")
        return file.data

    assert http.get(server.url, read=read) == b"good"
    assert "range" not in server.headers(1)


def test_too_large_answers_are_refused_unread(http: Http, wire: Callable[..., Wire]) -> None:
    server = wire(answer(b"x" * 50, length=10**12))
    assert "1,000,000,000,000 bytes; at most 100 are accepted" in refusal(http, server.url, max_bytes=100)

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    assert "at most 1,048,576" in refusal(http, wire(endless).url, max_bytes=2**20)
    assert len(server.requests) == 1


@pytest.mark.parametrize("nested", [1, 2])
def test_bomb_is_stopped_before_it_fills_the_memory(
    http: Http, wire: Callable[..., Wire], nested: int
) -> None:
    bomb = gzip.compress(b" " * 400_000_000, 9)
    encoding = ", ".join(["gzip"] * nested)
    server = wire(answer(gzip.compress(bomb) if nested == 2 else bomb, Content_Encoding=encoding))
    tracemalloc.start()
    with pytest.raises(ArchiveError, match=r"at most 1,000,000 are accepted|was not asked for"):
        http.get_json(server.url, read=list, max_bytes=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert len(server.requests) == 1


def test_json_comes_packed_or_plain(http: Http, wire: Callable[..., Wire]) -> None:
    packed = answer(gzip.compress(b'{"a": [1, 2.5]}'), Content_Encoding="gzip")
    server = wire(packed, answer(b"<html>busy</html>"), answer(b"[NaN]"), answer(b'{"b": null}'))
    assert http.get_json(server.url, read=dict) == {"a": [1, 2.5]}
    assert server.headers(0)["accept-encoding"] == "gzip"
    assert http.get_json(server.url, read=dict) == {"b": None}
    assert ["HTML" in t.problem for t in http.troubles] == [True, False]


def test_redirects_stay_on_the_server(http: Http, wire: Callable[..., Wire]) -> None:
    elsewhere = wire(answer(b"stolen"))
    there = answer(b"", status="302 Found", Location=elsewhere.url + "/x")
    assert "another server" in refusal(http, wire(there).url)
    assert elsewhere.requests == []
    server = wire(answer(b"", status="301 Moved", Location="/new?a=1"), answer(b"moved"))
    assert http.get(server.url, read=data) == b"moved"
    assert server.requests[1].startswith("GET /new?a=1 ")
    loop = wire(answer(b"", status="307 Again", Location="/"))
    assert "more than 5 times" in refusal(http, loop.url)
    for bad in (
        "",
        "https://127.0.0.1/",
        "ftp://127.0.0.1/",
        "//[",
        "http://me:pw@127.0.0.1/",
        "file:///etc",
    ):
        server = wire(answer(b"", status="302 Found", Location=bad))
        assert "redirects" in refusal(http, server.url)


@pytest.mark.parametrize(
    ("begin", "location", "followed"),
    [
        ("http://jsoc.example/x", "https://jsoc.example/x", True),
        ("http://jsoc.example:80/x", "https://jsoc.example:443/x", True),
        ("https://jsoc.example/x", "http://jsoc.example/x", False),
        ("http://jsoc.example:8000/x", "https://jsoc.example/x", False),
        ("http://jsoc.example/x", "https://jsoc.example.evil.example/x", False),
        ("http://jsoc.example/x", "https://www.jsoc.example/x", False),
        ("http://jsoc.example/x", "//jsoc.example\\@evil.example/x", False),
    ],
)
def test_redirects_may_become_safer_but_not_less_so(
    http: Http, monkeypatch: pytest.MonkeyPatch, begin: str, location: str, followed: bool
) -> None:
    asked: list[httpx2.URL] = []

    def server(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url)
        if len(asked) == 1:
            return httpx2.Response(302, headers={"Location": location})
        return httpx2.Response(200, content=b"there")

    client = httpx2.Client(transport=httpx2.MockTransport(server))
    monkeypatch.setattr("flarescope.sources.http.open_client", lambda settings: client)
    if followed:
        assert http.get(begin, read=data) == b"there"
    else:
        assert "redirects to another server" in refusal(http, begin)
    assert {url.host for url in asked} == {"jsoc.example"}
    assert len(asked) == 1 + followed


def test_nobody_there_is_said_at_once(http: Http, clock: Clock) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    began = time.monotonic()
    assert "no connection" in refusal(http, f"http://127.0.0.1:{port}/x")
    assert time.monotonic() - began < 1
    assert clock.slept == []


@pytest.mark.parametrize(
    "url",
    ["", "no address", "ftp://127.0.0.1/", "http://", "http://[", "http://127.0.0.1:99999/", "http://a\nb/"],
)
def test_what_is_no_address_is_refused(http: Http, url: str) -> None:
    assert "gave no usable answer in 1 attempt" in refusal(http, url)


def drip(begin: bytes, one: bytes) -> Answer:
    def send(connection: socket.socket) -> None:
        connection.sendall(begin)
        for _ in range(600):
            connection.sendall(one)
            time.sleep(0.02)

    return send


@pytest.mark.parametrize(
    "slow",
    [
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
        drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        lambda connection: time.sleep(2),
    ],
    ids=["body", "headers", "continue", "silence"],
)
def test_nothing_takes_longer_than_the_deadline(wire: Callable[..., Wire], slow: Answer) -> None:
    server = wire(slow, answer(b"quick"))
    with Http(ArchiveSettings(whole_seconds=0.3, back_off_seconds=0.01), seed=0) as http:
        began = time.monotonic()
        assert http.get(server.url, read=data) == b"quick"
    assert 0.25 < time.monotonic() - began < 1.5
    assert "0.3 s" in http.troubles[0].problem


def test_threads_share_one_pace(wire: Callable[..., Wire]) -> None:
    server = wire(answer())
    with Http(ArchiveSettings(per_second=50), seed=0) as http, ThreadPoolExecutor(8) as pool:
        began = time.monotonic()
        got = list(pool.map(lambda n: http.get(server.url, {"n": n}, read=data), range(26)))
        took = time.monotonic() - began
    assert got == [b"fine"] * 26
    assert took >= 25 / 50
    assert sorted(r.split(" ")[1] for r in server.requests) == sorted(f"/?n={n}" for n in range(26))


def test_threads_lose_no_trouble_and_mix_no_answers(wire: Callable[..., Wire]) -> None:
    def flaky(connection: socket.socket) -> None:
        time.sleep(0.001)
        connection.sendall(answer(b"half", length=1000, ETag='"v"'))

    server = wire(*[flaky] * 40, answer(b"whole"))
    quick = ArchiveSettings(per_second=1000, back_off_seconds=0.001, attempts=20)
    with Http(quick, seed=0) as http, ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: http.get(server.url, {"n": n}, read=data), range(60)))
    assert got == [b"whole"] * 60
    assert len(http.troubles) == 40


def test_keep_reads_from_the_disk_next_time(http: Http, wire: Callable[..., Wire], tmp_path: Path) -> None:
    server = wire(answer(b"first"), answer(b"second"), answer(b"third"))
    assert http.get(server.url, {"a": 1, "b": 2}, read=data, keep=True) == b"first"
    assert http.get(server.url, {"b": 2, "a": 1}, read=data, keep=True) == b"first"
    assert http.get(server.url, {"a": 1, "b": 2}, read=data) == b"second"
    assert len(server.requests) == 2

    def picky(file: FileBytes) -> bytes:
        if file.data == b"first":
            raise BadFileError(file.path, "no longer accepted.")
        return file.data

    assert http.get(server.url, {"a": 1, "b": 2}, read=picky, keep=True) == b"third"
    assert http.get(server.url, {"a": 1, "b": 2}, read=data, keep=True) == b"third"


def test_unaccepted_answers_are_not_kept(http: Http, wire: Callable[..., Wire], tmp_path: Path) -> None:
    server = wire(answer(b"[", status="200 OK"), answer(b"[1]"))
    assert http.get_json(server.url, read=list, keep=True) == [1]
    assert Cache(tmp_path).info().entries == 1
    assert http.get_json(server.url, read=list, keep=True) == [1]
    assert len(server.requests) == 2


MAIL = "solar.person@example.org"


@pytest.mark.parametrize("name", ["notify", "email", "requestor"])
def test_secrets_are_sent_and_seen_nowhere(
    wire: Callable[..., Wire], name: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    echo = f"no export for {MAIL}, {quote_plus(MAIL)}, {MAIL.upper()}"
    server = wire(
        answer(b"", status="302 Found", Location=f"/again?{name}={quote_plus(MAIL)}"),
        answer(b"kept"),
        answer(status="500 Oops"),
        answer(b"echo"),
        answer(b"", status="302 Found", Location=f"http://elsewhere.example/{quote_plus(MAIL)}"),
    )

    def read(file: FileBytes) -> bytes:
        if file.data == b"echo":
            raise BadFileError(file.path, echo)
        return file.data

    quick = ArchiveSettings(back_off_seconds=0.001, per_second=1000)
    with caplog.at_level(logging.DEBUG), Http(quick, cache=Cache(tmp_path), seed=0) as http:
        http.get(server.url, {name: MAIL}, read=read, keep=True)
        with pytest.raises(ArchiveError) as caught:
            http.get(f"{server.url}/?{name}={MAIL}", {name: MAIL}, read=read)
    assert quote_plus(MAIL) in server.requests[0]
    kept = "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    records = "".join(f"{record.getMessage()}{record.args}" for record in caplog.records)
    assert "/again" in records  # there is a log, and it names the address
    said = f"{caught.value!r} {caught.value} {http.troubles} {kept} {caplog.text} {records} {http.settings}"
    for spelt in (MAIL, quote_plus(MAIL), "solar.person"):
        assert spelt.lower() not in said.lower()
    assert f"{name}=***" in http.troubles[0].url


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 206 Part\r\nContent-"])
)
def test_whatever_a_server_sends_only_our_errors_come_out(
    http: Http, open_server: Wire, garbage: bytes, begin: bytes
) -> None:
    open_server.answers = [begin + garbage]
    with suppress(FlarescopeError):
        assert isinstance(http.get(open_server.url, read=data, patience=1), bytes)
    with suppress(FlarescopeError):
        http.get_json(open_server.url, read=lambda document: document, patience=1)
    assert all(trouble.problem.isprintable() for trouble in http.troubles)


def test_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://there")
    with Http(ArchiveSettings()) as http:
        assert "HTTPS_PROXY" in refusal(http, "https://archive.example/", BadOptionError)


def test_this_machine_is_asked_past_any_proxy(
    monkeypatch: pytest.MonkeyPatch, wire: Callable[..., Wire]
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server = wire(answer())
    with Http(ArchiveSettings()) as http:
        assert http.get(server.url, read=data) == b"fine"


def test_what_comes_after_an_answer_is_never_the_next(http: Http, wire: Callable[..., Wire]) -> None:
    def both(connection: socket.socket) -> None:
        connection.sendall(answer(b"one") + answer(b"smuggled"))
        time.sleep(0.1)

    server = wire(both, answer(b"two"))
    assert [http.get(server.url, read=data) for _ in range(2)] == [b"one", b"two"]
    assert http.troubles == []


def test_closed_client_opens_again(http: Http, wire: Callable[..., Wire]) -> None:
    server = wire(answer())
    for _ in range(2):
        assert http.get(server.url, read=data) == b"fine"
        http.close()
