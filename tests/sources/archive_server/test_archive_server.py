"""The archive server with the made-up Sun: protocols, clock, robustness."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest

from flarescope.errors import BadFileError, BadOptionError, UnknownNameError
from flarescope.flare import GoesClass
from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.archive_server.images import places
from flarescope.sources.fits import read_fits
from flarescope.sources.jp2 import read_jp2
from flarescope.sources.limits import FileBytes
from flarescope.sources.srs import parse_srs
from flarescope.times import iso, utc

CLOCK = utc("2026-02-03T12:30Z")
INFO, FETCH = "/cgi-bin/ajax/jsoc_info", "/cgi-bin/ajax/jsoc_fetch"
Got = tuple[int, dict[str, str], bytes]


def ask(url: str, path: str, *, headers: dict[str, str] | None = None, **query: object) -> Got:
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    line.request("GET", path + (f"?{urlencode(query)}" if query else ""), headers=headers or {})
    answer = line.getresponse()
    got = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    line.close()
    return got


def document(url: str, path: str, **query: object) -> object:
    status, _, body = ask(url, path, **query)
    assert status == 200, body[:200]
    return json.loads(body)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ArchiveServer(data=None, clock=CLOCK) as server:
        yield server.url


def test_it_answers_within_three_seconds_and_only_on_this_machine() -> None:
    begin = time.monotonic()
    with ArchiveServer(data=None) as server:
        assert ask(server.url, "/v2/getClosestImage/", date="2026-02-03T00:00Z", sourceId=19)[0] == 200
        assert time.monotonic() - begin < 3.0
        assert urlsplit(server.url).hostname == "127.0.0.1"
        assert server.requests == [("/v2/getClosestImage/", "")]
    with pytest.raises(BadOptionError, match="does not run"):
        _ = server.url


def test_the_nearest_image_is_named_and_served(url: str) -> None:
    said = document(url, "/v2/getClosestImage", date="2026-02-03T10:20:00Z", sourceId=19)
    assert isinstance(said, dict)
    assert said["date"] == "2026-02-03 10:00:00"
    assert (said["width"], said["layeringOrder"]) == (512, 1)
    status, headers, body = ask(url, "/v2/getJP2Image/", date="2026-02-03T10:20:00Z", sourceId=19)
    assert (status, headers["content-type"], int(headers["content-length"])) == (200, "image/jp2", len(body))
    image = read_jp2(FileBytes(Path("served.jp2"), body))
    assert iso(image.time) == "2026-02-03T10:00:00Z"
    assert any("made-up Sun" in note for note in image.notes)


def test_a_spot_of_the_made_up_sun_is_where_the_region_list_has_it(url: str) -> None:
    _, _, body = ask(url, "/v2/getJP2Image/", date="2026-02-03T00:00:00Z", sourceId=19)
    image = read_jp2(FileBytes(Path("served.jp2"), body))
    summary = parse_srs("srs", ask(url, "/text/srs.txt")[2].decode())
    assert summary.issued == utc("2026-02-03T00:30Z")
    listed = {r.region.noaa[0]: r.region.position for r in summary.regions}
    assert len(listed) >= 3
    for place in places(summary.valid_at):
        position = listed[place.noaa]
        assert position is not None
        assert abs(position.longitude - place.longitude) <= 0.5
        if abs(position.longitude) < 45:
            x, y = image.geometry.pixel(position.longitude, position.latitude)
            around = image.field[int(y) - 12 : int(y) + 13, int(x) - 12 : int(x) + 13]
            assert np.nanmax(np.abs(around - 127.5)) > 100


def test_nothing_later_than_the_clock_is_served(url: str) -> None:
    said = document(url, "/v2/getClosestImage/", date="2026-02-03T20:00:00Z", sourceId=19)
    assert isinstance(said, dict)
    assert said["date"] == "2026-02-03 12:00:00"
    flares = document(
        url, "/hek/her", cosec=2, cmd="search", type="column", event_type="fl",
        event_starttime="2026-02-01T00:00:00", event_endtime="2026-02-09T00:00:00", result_limit=500,
    )  # fmt: skip
    assert isinstance(flares, dict)
    assert flares["result"]
    for row in flares["result"]:
        assert utc(row["event_peaktime"]) <= CLOCK
    week = document(url, "/json/goes/primary/xray-flares-7-day.json")
    assert isinstance(week, list)
    for row in week:
        assert CLOCK - timedelta(days=7) <= utc(row["begin_time"]) <= CLOCK
        assert row["end_time"] is None or utc(row["end_time"]) <= CLOCK
    records = document(
        url, INFO, op="rs_list", ds="hmi.M_720s_nrt[2026.02.03_12:00_TAI/1d]", key="T_REC", seg="magnetogram"
    )
    assert isinstance(records, dict)
    assert records["keywords"][0]["values"][-1] == "2026.02.03_12:24:00_TAI"  # 12:36 TAI is 12:35:23 UTC


def test_hek_gives_pages_of_one_list(url: str) -> None:
    def page(number: int, limit: int) -> dict[str, object]:
        found = document(
            url, "/hek/her", cosec=2, cmd="search", event_type="fl", event_starttime="2026-01-01T00:00:00",
            event_endtime="2026-02-01T00:00:00", page=number, result_limit=limit, param0="FRM_Name", op0="=",
            value0="SWPC", **{"return": "event_starttime,fl_goescls"},
        )  # fmt: skip
        assert isinstance(found, dict)
        return found

    whole = page(1, 500)
    assert whole["overmax"] is False
    rows, number = [], 1
    while True:
        part = page(number, 7)
        rows += part["result"]
        number += 1
        if not part["overmax"]:
            break
    assert rows == whole["result"]
    assert number > 3
    assert set(rows[0]) == {"event_starttime", "fl_goescls"}


def test_xray_fluxes_peak_at_the_class_of_the_flare(url: str) -> None:
    rows = document(url, "/json/goes/primary/xrays-7-day.json")
    assert isinstance(rows, list)
    assert len(rows) == 2 * 7 * 24 * 60
    long = {utc(row["time_tag"]): row["flux"] for row in rows if row["energy"] == "0.1-0.8nm"}
    flares = document(url, "/json/goes/primary/xray-flares-7-day.json")
    assert isinstance(flares, list)
    strongest = max(flares, key=lambda row: row["max_xrlong"])
    peak = GoesClass(strongest["max_class"]).peak_flux
    assert max(long.values()) == pytest.approx(peak)
    assert long[utc(strongest["max_time"])] == pytest.approx(peak)


def test_a_full_disk_of_jsoc_reads_as_the_made_up_sun(url: str) -> None:
    ds = "hmi.M_720s[2026.02.03_11:00:00_TAI]"
    said = document(url, INFO, op="rs_list", ds=ds, key="T_REC,QUALITY,CRLT_OBS", seg="magnetogram")
    assert isinstance(said, dict)
    assert {column["name"]: column["values"][0] for column in said["keywords"]}["QUALITY"] == "0x00000000"
    path = said["segments"][0]["values"][0]
    image = read_fits(FileBytes(Path("disk.fits"), ask(url, path)[2]))
    assert image.view == "full_disk"
    assert iso(image.time) == "2026-02-03T10:59:23Z"
    strongest = max((p for p in places(image.time) if abs(p.longitude) < 40), key=lambda p: abs(p.gauss))
    x, y = image.geometry.pixel(strongest.longitude + np.sign(strongest.gauss) * 2.5, strongest.latitude)
    assert image.field[round(float(y)), round(float(x))] > 400  # the positive pole, west where gauss > 0


def test_an_export_is_polled_for_and_its_file_is_the_stored_one(url: str) -> None:
    ds = "hmi.M_720s[2026.02.03_11:00:00_TAI]{magnetogram}"
    asked = document(url, FETCH, op="exp_request", ds=ds, method="url", protocol="FITS", notify="a@b.org")
    assert isinstance(asked, dict)
    assert asked["status"] == 2
    polls = [document(url, FETCH, op="exp_status", requestid=asked["requestid"]) for _ in range(3)]
    assert [poll["status"] for poll in polls if isinstance(poll, dict)] == [2, 1, 0]
    ready = polls[-1]
    assert isinstance(ready, dict)
    exported = ask(url, f"{ready['dir']}/{ready['data'][0]['filename']}")
    quick = document(url, FETCH, op="exp_request", ds=ds, method="url_quick", protocol="as-is")
    assert isinstance(quick, dict)
    assert exported[0] == 200
    assert exported[2] == ask(url, quick["data"][0]["filename"])[2]


def test_files_come_in_parts(url: str) -> None:
    path = "/SUM1/D300690895/S00000/magnetogram.fits"
    _, headers, whole = ask(url, path)
    part = ask(url, path, headers={"Range": "bytes=1000-1999", "If-Range": headers["etag"]})
    assert (part[0], part[2]) == (206, whole[1000:2000])
    assert part[1]["content-range"] == f"bytes 1000-1999/{len(whole)}"
    assert ask(url, path, headers={"Range": f"bytes={len(whole) - 5}-"})[2] == whole[-5:]
    assert ask(url, path, headers={"Range": "bytes=-7"})[2] == whole[-7:]
    assert ask(url, path, headers={"Range": f"bytes={len(whole)}-"})[0] == 416
    other = ask(url, path, headers={"Range": "bytes=10-", "If-Range": '"another file"'})
    assert (other[0], other[2]) == (200, whole)
    for nonsense in ("bytes=", "bytes=a-b", "lines=1-2", "bytes=²-"):
        assert ask(url, path, headers={"Range": nonsense.encode().decode("latin-1")})[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/", "/v2/", "/v2/getStatus/", "/etc/passwd", "/SUM1/../../etc/passwd", "/SUM1/%2e%2e/x.fits",
        "/SUM1/D100000000/S00000/magnetogram.fits", "/SUM1/D399999999/S00000/magnetogram.fits",
        "/SUM1/D900000001/S00000/hmi.M_720s.20260203_110001_TAI.magnetogram.fits", "/json/../text/srs.txt",
        "/SUM1/D300690895/S00000/../magnetogram.fits", "/SUM1/D300690895/S00000/continuum.fits",
    ],
)  # fmt: skip
def test_what_is_not_in_the_index_is_not_there(url: str, path: str) -> None:
    assert ask(url, path)[0] == 404


@pytest.mark.parametrize(
    ("path", "query", "status", "said"),
    [
        ("/v2/getClosestImage/", {"sourceId": "19"}, 400, "date"),
        ("/v2/getClosestImage/", {"date": "tomorrow", "sourceId": "19"}, 400, "tomorrow"),
        ("/v2/getClosestImage/", {"date": "9999-99-99", "sourceId": "19"}, 400, "9999"),
        ("/v2/getJP2Image/", {"date": "2026-02-03", "sourceId": "8"}, 200, "No images"),
        ("/hek/her", {"cmd": "search", "cosec": "2"}, 400, "Error"),
        (INFO, {"op": "rs_list", "ds": "aia.lev1[$]", "key": "T_REC"}, 200, "Cannot find series"),
        (INFO, {"op": "rs_list", "ds": "hmi.M_720s[yesterday]", "key": "T_REC"}, 200, "yesterday"),
        (INFO, {"op": "rs_list", "ds": "hmi.M_720s[? 1=1 ?]", "key": "T_REC"}, 200, "Cannot"),
        (INFO, {"op": "drop"}, 200, "Unknown op"),
        (FETCH, {"op": "exp_request", "ds": "hmi.M_720s[$]", "method": "url"}, 200, "email"),
        (FETCH, {"op": "exp_status", "requestid": "JSOC_20260203_999999"}, 200, "not found"),
        ("/cgi-bin/ajax/show_series", {"filter": "("}, 200, "filter"),
    ],
)
def test_bad_parameters_get_the_service_s_own_answer(
    url: str, path: str, query: dict[str, str], status: int, said: str
) -> None:
    got = ask(url, path, **query)
    assert got[0] == status
    assert said in got[2].decode()
    if got[1]["content-type"] == "application/json":
        answer = json.loads(got[2])
        assert answer.get("status", answer.get("errno")) != 0


def test_one_connection_serves_many_requests_and_head_has_no_body(url: str) -> None:
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    for method in ("GET", "HEAD", "GET"):
        line.request(method, "/text/srs.txt")
        answer = line.getresponse()
        body = answer.read()
        assert answer.status == 200
        assert bool(body) == (method == "GET")
        assert int(answer.headers["Content-Length"]) > 0
    line.close()


def test_nonsense_on_the_line_ends_that_line_only(url: str) -> None:
    parts = urlsplit(url)
    for junk in (b"\0\1\2\r\n\r\n", b"GET http://[::1 HTTP/1.1\r\n\r\n", b"GET /" + b"a" * 70_000, b""):
        with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
            line.sendall(junk)
    assert ask(url, "/hek/her", **{f"a{n}": 1 for n in range(200)})[0] == 400
    assert ask(url, "/text/srs.txt")[0] == 200


@pytest.mark.parametrize(
    ("without", "path", "query", "status"),
    [
        ("images", "/v2/getClosestImage/", {"date": "2026-02-03", "sourceId": "19"}, 200),
        ("images", "/SUM1/D300690895/S00000/magnetogram.fits", {}, 404),
        ("regions", "/text/srs.txt", {}, 404),
        ("regions", "/json/solar_regions.json", {}, 404),
        ("flares", "/json/edited_events.json", {}, 200),
    ],
)
def test_what_is_switched_off_is_missing(without: str, path: str, query: dict[str, str], status: int) -> None:
    with ArchiveServer(data=None, clock=CLOCK, without=[without]) as server:
        got = ask(server.url, path, **query)
        assert got[0] == status
        assert status != 200 or json.loads(got[2]) == [] or json.loads(got[2])["errno"] == 10
        assert ask(server.url, "/json/goes/primary/xrays-6-hour.json")[0] == 200


def test_what_cannot_be_served_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'slow'"):
        ArchiveServer(data=None, faults=["slo"])
    with pytest.raises(UnknownNameError, match="Known: flares, images, regions"):
        ArchiveServer(data=None, without=["pictures"])
    with pytest.raises(BadOptionError, match="Accepted: 0 to 1"):
        ArchiveServer(data=None, share=1.5)
    with pytest.raises(BadFileError, match="no such folder"):
        ArchiveServer(data=tmp_path / "nowhere")
    with pytest.raises(BadOptionError, match="Accepted: May 2010 to 2030"):
        ArchiveServer(data=None, clock=utc("1999-01-01"))
    with ArchiveServer(data=None) as server:
        port = urlsplit(server.url).port
        assert port is not None
        with pytest.raises(BadOptionError, match=f"Port {port} cannot be used"):
            ArchiveServer(data=None, port=port).start()


def test_an_empty_folder_of_data_is_not_filled_with_the_made_up_sun(tmp_path: Path) -> None:
    with ArchiveServer(data=tmp_path, clock=CLOCK) as server:
        assert ask(server.url, "/v2/getClosestImage/", date="2026-02-03", sourceId=19)[0] == 200
        assert ask(server.url, "/text/srs.txt")[0] == 404
        assert document(server.url, "/json/edited_events.json") == []
        said = document(server.url, INFO, op="rs_list", ds="hmi.M_720s[$]", key="T_REC")
        assert isinstance(said, dict)
        assert said["count"] == 0


def test_the_end_of_the_made_up_sun_is_now_without_a_clock() -> None:
    with ArchiveServer(data=None) as server:
        said = document(server.url, "/v2/getClosestImage/", date="2030-12-01", sourceId=19)
        assert isinstance(said, dict)
        age = datetime.now(tz=utc("2020-01-01").tzinfo) - utc(said["date"])
        assert timedelta(0) <= age <= timedelta(hours=1, minutes=1)
