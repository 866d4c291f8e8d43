"""Now: whatever the archives have, and a forecast from whatever of it is sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from flarescope.errors import BadOptionError
from flarescope.flare import FlareCatalog
from flarescope.forecaster import Question
from flarescope.forecaster.live import hurried, live_forecast, live_inputs
from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.flare_coverage import Period
from flarescope.sources.hek import Hek
from flarescope.sources.http import Http
from flarescope.sources.listed_flares import FlareAnswer
from flarescope.sources.settings import ArchiveSettings
from flarescope.sources.swpc import Swpc

HOUR = datetime(2026, 2, 3, 12, 30, tzinfo=UTC)
QUICK = ArchiveSettings(back_off_seconds=0.01, per_second=500, read_seconds=10.0, attempts=3)


@pytest.mark.realdata
def test_an_image_and_lists_make_a_full_forecast(data_dir: Path) -> None:
    with ArchiveServer(data=data_dir, clock=HOUR) as server, Http(QUICK.at(server.url)) as http:
        said = live_forecast(http, at=HOUR)
    assert said.state == "full"
    assert said.observed == HOUR
    assert "taken 2026-02-03T12:00:00Z" in said.inputs["image"]
    assert len(said.inputs["flares"]) == 2
    assert any("near-real-time" in note for note in said.notes)


@pytest.mark.realdata
def test_without_images_history_alone_and_without_lists_climatology(data_dir: Path) -> None:
    with (
        ArchiveServer(data=data_dir, clock=HOUR, without={"images"}) as server,
        Http(QUICK.at(server.url)) as http,
    ):
        history = live_forecast(http, at=HOUR)
    with (
        ArchiveServer(data=data_dir, clock=HOUR, without={"images", "flares"}) as server,
        Http(QUICK.at(server.url)) as http,
    ):
        nothing = live_forecast(http, at=HOUR)
    assert (history.state, nothing.state) == ("history_only", "climatology")
    assert nothing.probability == nothing.rivals["climatology"]
    assert any("Helioviewer" in note for note in history.notes)
    assert any("HEK" in note for note in nothing.notes)


@pytest.mark.realdata
def test_faults_change_nothing_that_is_said(data_dir: Path) -> None:
    faults = ("http500", "truncated", "stale", "wrong_channel", "html", "hole", "clock")
    with ArchiveServer(data=data_dir, clock=HOUR) as server, Http(QUICK.at(server.url)) as http:
        sound = live_inputs(http, HOUR)
    with (
        ArchiveServer(data=data_dir, clock=HOUR, faults=faults, share=0.1, seed=3) as server,
        Http(QUICK.at(server.url)) as http,
    ):
        struck = live_inputs(http, HOUR)
        assert [fault for _, fault in server.requests if fault]
    assert sound.image is not None
    assert struck.image is not None, struck.notes
    assert struck.image.origin.sha256 == sound.image.origin.sha256
    assert sound.flares is not None
    assert struck.flares is not None
    assert [f.start for f in struck.flares] == [f.start for f in sound.flares]


@pytest.mark.realdata
def test_an_image_older_than_the_limit_is_refused(data_dir: Path) -> None:
    late = HOUR + timedelta(hours=6)
    with ArchiveServer(data=data_dir, clock=HOUR) as server, Http(QUICK.at(server.url)) as http:
        said = live_forecast(http, at=late, oldest_image=timedelta(hours=3))
        kept = live_inputs(http, late, oldest_image=timedelta(hours=12))
    assert said.state == "history_only"
    assert any("3h before" in note or "older" in note for note in said.notes)
    assert kept.image is not None


@pytest.mark.realdata
def test_nothing_later_than_the_hour_is_seen(data_dir: Path) -> None:
    with ArchiveServer(data=data_dir) as server, Http(QUICK.at(server.url)) as http:
        found = live_inputs(http, HOUR)
    assert found.image is not None
    assert found.image.time <= HOUR
    assert found.flares is not None
    assert max(flare.start for flare in found.flares) <= HOUR
    assert max(end for _, end in found.flares.coverage) <= HOUR


def test_nobody_answers() -> None:
    deaf = QUICK.model_copy(update={"attempts": 1, "connect_seconds": 0.5})
    with Http(deaf.at("http://127.0.0.1:9")) as http:
        said = live_forecast(http, at=HOUR, question=Question("X1.0"))
    assert said.state == "climatology"
    assert len([note for note in said.notes if note.startswith("No ")]) >= 4


def test_a_silent_archive_is_left_within_a_minute() -> None:
    given = ArchiveSettings()
    quick = hurried(given)
    silent = quick.attempts * quick.read_seconds + 3 * quick.back_off_seconds * 1.5
    assert silent < 40 < given.attempts * given.read_seconds
    patient = given.model_copy(update={"attempts": 1, "read_seconds": 2.0})
    assert (hurried(patient).attempts, hurried(patient).read_seconds) == (1, 2.0)


@contextmanager
def bad_archive(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A host on which every archive answers the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(OSError):  # the client has had enough
                answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def busy(request: BaseHTTPRequestHandler) -> None:
    request.send_response(429)
    request.send_header("Retry-After", "60")
    request.send_header("Content-Length", "0")
    request.end_headers()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (busy, "HTTP 429; it wants a rest of 60 s or more"),
        (lambda _: sleep(3.0), "no time for another attempt"),
    ],
    ids=["busy", "silent"],
)
def test_archives_that_keep_it_waiting_hold_it_up_no_longer_than_its_budget(
    answer: Callable[[BaseHTTPRequestHandler], None], why: str
) -> None:
    given = ArchiveSettings(live_seconds=1.5, per_second=500, read_seconds=1.0)
    begun = monotonic()
    with bad_archive(answer) as url, Http(hurried(given.at(url))) as http:
        found = live_inputs(http, HOUR)
        took = monotonic() - begun
    assert took < 4.0  # 305 s and 66 s, when only attempts were counted
    assert (found.image, found.flares, found.summary) == (None, None, None)
    assert any(why in note for note in found.notes)
    assert len([note for note in found.notes if note.startswith("No ")]) == 5


def test_the_second_archive_of_images_has_time_left_when_the_first_is_silent() -> None:
    with ArchiveServer(data=None, clock=HOUR) as server, bad_archive(lambda _: sleep(6.0)) as silent:
        given = QUICK.at(server.url).model_copy(update={"jsoc_url": f"{silent}/", "live_seconds": 9.0})
        with Http(given) as http:
            found = live_inputs(http, HOUR)
    assert found.image is not None
    assert found.names["image"].startswith("Helioviewer")
    assert any(note.startswith("No image from JSOC") for note in found.notes)


@pytest.mark.realdata
def test_flares_in_dispute_are_told(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, answers = Hek._read, count()

    def unsteady(self: Hek, within: Period, now: datetime) -> FlareAnswer:
        answer = real(self, within, now)
        table = answer.rows.table
        rows = replace(answer.rows, table=table.drop(index=next(answers) % 7).reset_index(drop=True))
        return replace(answer, rows=rows)

    monkeypatch.setattr(Hek, "_read", unsteady)
    with ArchiveServer(data=data_dir, clock=HOUR) as server, Http(QUICK.at(server.url)) as http:
        found = live_inputs(http, HOUR)
    assert any("stood in some of 4 answers only; unknown" in note for note in found.notes)


def test_the_made_up_sun_says_so() -> None:
    with ArchiveServer(data=None, clock=HOUR) as server, Http(QUICK.at(server.url)) as http:
        found = live_inputs(http, HOUR)
    assert found.image is not None
    assert any("made-up Sun" in note for note in found.notes)


@pytest.mark.realdata
def test_a_replay_keeps_the_list_that_goes_on_after_it(data_dir: Path) -> None:
    with ArchiveServer(data=data_dir, clock=HOUR) as server, Http(QUICK.at(server.url)) as http:
        found = live_inputs(http, HOUR - timedelta(hours=12))
    assert [name[:4] for name in found.names["flares"]] == ["HEK:", "SWPC"]
    assert found.flares is not None
    assert max(flare.start for flare in found.flares) < HOUR - timedelta(hours=12)


def test_an_empty_list_is_no_quiet_sun_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = FlareCatalog((), ())
    monkeypatch.setattr(Hek, "flares", lambda *_: nothing)
    monkeypatch.setattr(Swpc, "flares", lambda *_: nothing)
    with ArchiveServer(data=None, clock=HOUR) as server, Http(QUICK.at(server.url)) as http:
        said = live_forecast(http, at=HOUR)
    assert said.state == "climatology"
    assert len([note for note in said.notes if "without a single flare" in note]) == 2
    assert any("no archive gave a flare list" in note for note in said.notes)


def test_the_future_is_refused() -> None:
    with Http(QUICK) as http, pytest.raises(BadOptionError, match="lies in the future"):
        live_forecast(http, at=datetime.now(UTC) + timedelta(days=1))
