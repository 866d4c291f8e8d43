"""Every fault of the archive server: on the wire, passing on retry, and survived by our clients."""

from __future__ import annotations

import http.client
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from flarescope.errors import BadFileError, FlarescopeError, WrongChannelError
from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.archive_server import faults as archive_faults
from flarescope.sources.archive_server.faults import CONTENT_FAULTS, FAULTS, FaultPlan
from flarescope.sources.fits import read_fits
from flarescope.sources.helioviewer import Helioviewer
from flarescope.sources.http import Http
from flarescope.sources.jp2 import read_jp2
from flarescope.sources.limits import FileBytes
from flarescope.sources.settings import ArchiveSettings
from flarescope.times import iso, utc

CLOCK = utc("2026-02-03T12:30Z")
DATE = {"date": "2026-02-03T10:00:00Z", "sourceId": "19"}
CLOSEST, IMAGE = ("/v2/getClosestImage/", DATE), ("/v2/getJP2Image/", DATE)
HEK = (
    "/hek/her",
    {"cosec": "2", "cmd": "search", "event_type": "fl", "event_starttime": "2026-02-01T00:00:00",
     "event_endtime": "2026-02-03T00:00:00"},
)  # fmt: skip
RECORDS = (
    "/cgi-bin/ajax/jsoc_info",
    {
        "op": "rs_list",
        "ds": "hmi.M_720s[2026.02.03_10:00_TAI/2h]",
        "key": "T_REC,QUALITY",
        "seg": "magnetogram",
    },
)
DISK = ("/SUM1/D300690895/S00000/magnetogram.fits", {})
WEEK = ("/json/goes/primary/xray-flares-7-day.json", {})
LATEST = ("/json/goes/primary/xray-flares-latest.json", {})
FLUXES = ("/json/goes/primary/xrays-6-hour.json", {})
EVENTS = ("/json/edited_events.json", {})
REGIONS, SRS = ("/json/solar_regions.json", {}), ("/text/srs.txt", {})
QUICK = (
    "/cgi-bin/ajax/jsoc_fetch",
    {"op": "exp_request", "ds": "hmi.M_720s[2026.02.03_10:00_TAI/2h]{magnetogram}", "method": "url_quick",
     "protocol": "as-is"},
)  # fmt: skip
ALL = (CLOSEST, IMAGE, HEK, RECORDS, DISK, WEEK, LATEST, FLUXES, EVENTS, REGIONS, SRS, QUICK)
Asked = tuple[str, dict[str, str]]
Got = tuple[int, dict[str, str], bytes]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_faults, "SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(archive_faults, "DRIP_SECONDS", 0.3)


def ask(server: ArchiveServer, asked: Asked) -> Got:
    parts = urlsplit(server.url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        line.request("GET", asked[0] + (f"?{urlencode(asked[1])}" if asked[1] else ""))
        answer = line.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read()
    finally:
        line.close()


def clean(asked: Asked) -> bytes:
    with ArchiveServer(data=None, clock=CLOCK) as server:
        return ask(server, asked)[2]


def server_with(fault: str) -> ArchiveServer:
    return ArchiveServer(data=None, clock=CLOCK, faults=[fault], share=1.0)


@pytest.mark.parametrize("asked", ALL, ids=lambda asked: asked[0])
@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [("http500", 500, b"Error"), ("html", 200, b"<!DOCTYPE html>"), ("rate_limit", 429, b"Too Many")],
)
def test_wrong_answers_and_then_the_right_one(asked: Asked, fault: str, status: int, said: bytes) -> None:
    with server_with(fault) as server:
        got = ask(server, asked)
        assert got[0] == status
        assert said in got[2]
        if fault == "rate_limit":
            assert got[1]["retry-after"] == "1"
        again = ask(server, asked)
        assert (again[0], again[2]) == (200, clean(asked))
        assert server.requests == [(asked[0], fault), (asked[0], "")]


@pytest.mark.parametrize("asked", [CLOSEST, IMAGE, HEK, SRS, DISK], ids=lambda asked: asked[0])
def test_a_silent_connection_is_closed_without_an_answer(asked: Asked) -> None:
    with server_with("timeout") as server:
        begin = time.monotonic()
        with pytest.raises(http.client.RemoteDisconnected):
            ask(server, asked)
        assert time.monotonic() - begin >= 0.29
        assert ask(server, asked)[2] == clean(asked)


@pytest.mark.parametrize("asked", [CLOSEST, IMAGE, HEK, SRS, DISK], ids=lambda asked: asked[0])
def test_a_slow_answer_is_right(asked: Asked) -> None:
    with server_with("slow") as server:
        begin = time.monotonic()
        assert ask(server, asked)[2] == clean(asked)
        assert time.monotonic() - begin >= 0.25
        begin = time.monotonic()
        ask(server, asked)
        assert time.monotonic() - begin < 0.25


@pytest.mark.parametrize("asked", ALL, ids=lambda asked: asked[0])
def test_a_truncated_answer_breaks_off(asked: Asked) -> None:
    with server_with("truncated") as server:
        with pytest.raises(http.client.IncompleteRead) as broken:
            ask(server, asked)
        whole = clean(asked)
        assert broken.value.partial == whole[: len(whole) // 2]
        assert ask(server, asked)[2] == whole


@pytest.mark.parametrize("asked", [CLOSEST, HEK, SRS, RECORDS], ids=lambda asked: asked[0])
def test_a_wrong_length_of_a_text_is_noticed(asked: Asked) -> None:
    with server_with("wrong_length") as server:
        with pytest.raises(http.client.IncompleteRead):
            ask(server, asked)
        assert ask(server, asked)[2] == clean(asked)


@pytest.mark.parametrize(("asked", "read"), [(IMAGE, read_jp2), (DISK, read_fits)], ids=["jp2", "fits"])
def test_a_cut_image_of_matching_length_is_noticed(asked: Asked, read: Any) -> None:
    with server_with("wrong_length") as server:
        status, headers, body = ask(server, asked)
        assert (status, int(headers["content-length"])) == (200, len(body))
        with pytest.raises(BadFileError):
            read(FileBytes(Path("cut"), body))
        assert ask(server, asked)[2] == clean(asked)


@pytest.mark.parametrize(("asked", "read"), [(IMAGE, read_jp2), (DISK, read_fits)], ids=["jp2", "fits"])
@pytest.mark.parametrize("fault", ["stale", "clock"])
def test_a_wrong_time_stands_in_the_image_s_header(asked: Asked, read: Any, fault: str) -> None:
    with server_with(fault) as server:
        image = read(FileBytes(Path("got"), ask(server, asked)[2]))
        right = read(FileBytes(Path("got"), ask(server, asked)[2]))
    apart = image.time - right.time
    assert apart == timedelta(hours=1) if fault == "clock" else apart <= timedelta(hours=-1)


@pytest.mark.parametrize(("asked", "read"), [(IMAGE, read_jp2), (DISK, read_fits)], ids=["jp2", "fits"])
def test_another_observable_says_so(asked: Asked, read: Any) -> None:
    with server_with("wrong_channel") as server:
        with pytest.raises(WrongChannelError):
            read(FileBytes(Path("got"), ask(server, asked)[2]))
        assert ask(server, asked)[2] == clean(asked)


def _rows(document: Any) -> list[Any]:
    if isinstance(document, dict):
        return document.get("result") or document.get("data") or document["keywords"][0]["values"]
    assert isinstance(document, list)
    return document


@pytest.mark.parametrize(
    "asked", [HEK, RECORDS, WEEK, FLUXES, EVENTS, REGIONS, QUICK], ids=lambda asked: asked[0]
)
def test_a_hole_is_a_block_of_rows_that_is_there_the_next_time(asked: Asked) -> None:
    with server_with("hole") as server:
        fewer = _rows(json.loads(ask(server, asked)[2]))
        whole = _rows(json.loads(ask(server, asked)[2]))
    missing = [n for n, row in enumerate(whole) if row not in fewer]
    assert missing == list(range(missing[0], missing[-1] + 1))
    assert len(fewer) + len(missing) == len(whole)


def test_a_hole_in_the_images_takes_the_nearest_hours() -> None:
    with server_with("hole") as server:
        far = utc(json.loads(ask(server, CLOSEST)[2])["date"])
        near = utc(json.loads(ask(server, CLOSEST)[2])["date"])
    assert iso(near) == DATE["date"]
    assert abs(far - near) > timedelta(hours=3)


@pytest.mark.parametrize(
    ("asked", "time_of"),
    [
        (CLOSEST, lambda d: d["date"]),
        (HEK, lambda d: d["result"][0]["event_starttime"]),
        (RECORDS, lambda d: d["keywords"][0]["values"][0][:19].replace(".", "-").replace("_", "T")),
        (WEEK, lambda d: d[0]["begin_time"]),
        (LATEST, lambda d: d[0]["time_tag"]),
        (FLUXES, lambda d: d[-1]["time_tag"]),
        (EVENTS, lambda d: d[0]["begin_datetime"]),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_clock_is_an_hour_late_once(asked: Asked, time_of: Any) -> None:
    with server_with("clock") as server:
        late = utc(time_of(json.loads(ask(server, asked)[2])))
        right = utc(time_of(json.loads(ask(server, asked)[2])))
    assert late - right == timedelta(hours=1)
    if asked in (LATEST, FLUXES):
        assert late > CLOCK  # the future


def test_a_broken_file_goes_on_from_where_it_broke() -> None:
    with server_with("truncated") as server:
        with pytest.raises(http.client.IncompleteRead) as broken:
            ask(server, DISK)
        parts = urlsplit(server.url)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        line.request("GET", DISK[0], headers={"Range": f"bytes={len(broken.value.partial)}-"})
        answer = line.getresponse()
        assert answer.status == 206
        assert broken.value.partial + answer.read() == clean(DISK)
        line.close()


def test_who_is_struck_is_seeded_and_seldom() -> None:
    possible = frozenset(FAULTS)
    plan, same, other = (FaultPlan(FAULTS, 0.1, seed) for seed in (1, 1, 2))
    keys = [f"GET\n/v2/getJP2Image/\ndate={n}" for n in range(3000)]
    struck = [plan.strike(key, possible) for key in keys]
    assert struck == [same.strike(key, possible) for key in keys]
    assert struck != [other.strike(key, possible) for key in keys]
    one = FaultPlan(["slow"], 0.1, 3)
    assert sum(bool(one.strike(key, possible)) for key in keys) / len(keys) == pytest.approx(0.1, abs=0.02)


def test_the_third_attempt_passes_whatever_the_faults() -> None:
    plan = FaultPlan(FAULTS, 1.0, 0)
    attempts = [plan.strike("key", frozenset(FAULTS)) for _ in range(4)]
    assert len(set(attempts[:2])) == 2
    assert attempts[2:] == ["", ""]
    assert FaultPlan(FAULTS, 1.0, 0).strike("key", frozenset(CONTENT_FAULTS)) in CONTENT_FAULTS
    assert FaultPlan((), 1.0, 0).strike("key", frozenset(FAULTS)) == ""


@pytest.mark.parametrize("fault", FAULTS)
def test_our_own_client_gets_the_right_image_through_every_fault(fault: str) -> None:
    right = read_jp2(FileBytes(Path("x"), clean(IMAGE)))
    with server_with(fault) as server:
        settings = (
            ArchiveSettings()
            .at(server.url)
            .model_copy(update={"back_off_seconds": 0.01, "per_second": 1000.0, "read_seconds": 5.0})
        )
        with Http(settings, seed=1, sleep=lambda _: None) as http_client:
            client = Helioviewer(http_client)
            try:
                found = client.find(utc(DATE["date"]), tolerance=timedelta(minutes=12))
                image = client.fetch(found).image
            except FlarescopeError as error:
                pytest.fail(f"{fault}: {error}")
        struck = [fault for _, fault in server.requests if fault]
    assert struck
    assert image.time == right.time
    assert image.origin.sha256 == right.origin.sha256
