"""Helioviewer end to end over loopback: nearest, newest, holes, the mirror, and images that are not it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flarescope.errors import ArchiveError, MissingDataError
from flarescope.sources import sources
from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.helioviewer import Helioviewer
from flarescope.sources.http import Http
from flarescope.sources.settings import ArchiveSettings

TIME = datetime(2014, 6, 9, 23, 47, 32, tzinfo=UTC)  # of the made image
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def http(httpserver: HTTPServer) -> Iterator[Http]:
    quick = ArchiveSettings(back_off_seconds=0.001, attempts=3, per_second=1000)
    with Http(quick.at(httpserver.url_for("/")), sleep=lambda _: None) as client:
        yield client


class Archive:
    """getClosestImage and getJP2Image over a list of times; the first answers of each may be others."""

    def __init__(self, server: HTTPServer, times: list[datetime], image: bytes, root: str = "/v2") -> None:
        self.times, self.image = times, image
        self.lists: list[Response] = []
        self.images: list[Response] = []
        self.asked: list[str] = []
        server.expect_request(f"{root}/getClosestImage/").respond_with_handler(self.closest)
        server.expect_request(f"{root}/getJP2Image/").respond_with_handler(self.jp2)

    def closest(self, request: Request) -> Response:
        assert request.args["sourceId"] == "19"
        self.asked.append(request.args["date"])
        if self.lists:
            return self.lists.pop(0)
        wanted = datetime.fromisoformat(request.args["date"])
        return closest(min(self.times, key=lambda time: abs(time - wanted)))

    def jp2(self, request: Request) -> Response:
        self.asked.append(request.args["date"])
        return self.images.pop(0) if self.images else Response(self.image, mimetype="image/jp2")


def closest(time: datetime) -> Response:
    text = f'{{"id": 5, "date": "{time:%Y-%m-%d %H:%M:%S}", "width": 128, "height": 128}}'
    return Response(text, mimetype="application/json")


@pytest.fixture
def archive(httpserver: HTTPServer, made) -> Archive:
    return Archive(httpserver, [TIME + i * timedelta(hours=1) for i in range(-5, 3)], image(made))


def image(made, **changes: object) -> bytes:
    return made.jp2(made.grey_sun(), made.jp2_header() | changes)


def test_it_is_a_registered_source() -> None:
    assert sources["helioviewer"] is Helioviewer
    assert "magnetograms" in Helioviewer.offers


def test_found_and_fetched(http: Http, archive: Archive) -> None:
    helioviewer = Helioviewer(http)
    found = helioviewer.find(TIME + timedelta(minutes=5), tolerance=TEN_MINUTES)
    assert (found.time, found.series, found.record) == (TIME, "helioviewer:19", "helioviewer:5")
    assert found.name == "2014_06_09__23_47_32_000__SDO_HMI_HMI_magnetogram.jp2"
    supplied = helioviewer.fetch(found)
    assert (supplied.image.time, supplied.image.quality, supplied.found) == (TIME, 1024, found)
    assert supplied.image.origin.sha256 == supplied.file.sha256
    assert np.isfinite(supplied.image.field).any()
    assert archive.asked == ["2014-06-09T23:52:32Z", "2014-06-09T23:47:32Z"]
    assert http.troubles == []


def test_a_hole_in_the_list_is_asked_for_again(http: Http, archive: Archive) -> None:
    archive.lists = [closest(TIME - timedelta(hours=3))]
    assert Helioviewer(http).find(TIME, tolerance=TEN_MINUTES).time == TIME
    assert len(archive.asked) == 2
    assert [(trouble.action, trouble.problem) for trouble in http.troubles] == [
        ("retried", "getClosestImage: It says that 2014-06-09T20:47:32Z is nearest to 2014-06-09T23:47:32Z. "
         "Asked once more"),
    ]  # fmt: skip


def test_two_doubtful_answers_must_agree_to_be_believed(http: Http, archive: Archive) -> None:
    hole, late = closest(TIME - timedelta(hours=3)), closest(TIME + timedelta(hours=1))
    archive.lists = [hole, late]
    assert Helioviewer(http).find(TIME, tolerance=TEN_MINUTES).time == TIME
    archive.lists = [hole, late, hole]
    with pytest.raises(MissingDataError, match="20:47:32Z"):
        Helioviewer(http).find(TIME, tolerance=TEN_MINUTES)


def test_a_clock_that_is_an_hour_late_is_asked_for_again(http: Http, archive: Archive) -> None:
    archive.lists = [closest(TIME + timedelta(hours=1))]
    assert Helioviewer(http).find(TIME, tolerance=TEN_MINUTES).time == TIME


def test_what_is_not_there_is_missing_with_what_is_near(http: Http, archive: Archive) -> None:
    with pytest.raises(
        MissingDataError,
        match=r"within 10 minutes of 2014-06-10T00:17:32Z. The nearest is of 2014-06-09T23:47:32Z",
    ):
        Helioviewer(http).find(TIME + timedelta(minutes=30), tolerance=TEN_MINUTES)
    nothing = '{"error": "No data of the requested type (HMI Mag)", "errno": 10}'
    archive.lists = [Response(nothing, mimetype="application/json") for _ in range(4)]
    with pytest.raises(MissingDataError, match="No data of the requested type"):
        Helioviewer(http).find(TIME, tolerance=TEN_MINUTES)
    with pytest.raises(MissingDataError, match="it names none"):
        Helioviewer(http).newest(TIME, oldest=TEN_MINUTES)


@pytest.mark.parametrize("minutes", [0, 1, 25, 45, 59])
def test_the_newest_is_not_later_than_now(http: Http, archive: Archive, minutes: int) -> None:
    at = TIME + timedelta(minutes=minutes)
    found = Helioviewer(http).newest(at, oldest=timedelta(hours=6))
    assert found.time == TIME
    assert len(archive.asked) <= 8


def test_a_newest_that_is_too_old_is_missing(http: Http, archive: Archive) -> None:
    archive.times = [TIME]
    at = TIME + timedelta(hours=7)
    assert Helioviewer(http).newest(at, oldest=timedelta(hours=8)).time == TIME
    with pytest.raises(MissingDataError, match=r"6h before .*: the newest is of 2014-06-09T23:47:32Z"):
        Helioviewer(http).newest(at, oldest=timedelta(hours=6))


def test_an_old_newest_is_asked_for_twice(http: Http, archive: Archive) -> None:
    archive.lists = [closest(TIME - timedelta(hours=5))]
    assert Helioviewer(http).newest(TIME, oldest=timedelta(hours=6)).time == TIME


def test_wrong_images_are_fetched_again(http: Http, archive: Archive, made) -> None:
    archive.images = [
        Response("<html>Sorry</html>", mimetype="text/html"),
        Response(archive.image[: len(archive.image) // 2]),
    ]
    helioviewer = Helioviewer(http)
    found = helioviewer.find(TIME, tolerance=TEN_MINUTES)
    assert helioviewer.fetch(found).image.time == TIME
    problems = [trouble.problem for trouble in http.troubles]
    assert "instead of a JP2 image came text: '<html>Sorry</html>'" in problems[0]
    assert "truncated" in problems[1]
    older = image(made, T_OBS="2014.06.09_22:48:07_TAI", T_REC="2014.06.09_22:48:00_TAI")
    archive.images = [
        Response(image(made, CONTENT="CONTINUUM INTENSITY")),
        Response(older),
        Response(made.image(made.grey_sun())),
    ]
    with pytest.raises(ArchiveError, match="gave no usable answer in 3 attempts"):
        helioviewer.fetch(found)
    problems = [trouble.problem for trouble in http.troubles[2:]]
    assert "a continuum intensity image" in problems[0]
    assert "it is of 2014-06-09T22:47:32Z, more than 2 minutes from" in problems[1]
    assert "instead of a JP2 image came something that begins with ff d8" in problems[2]


def test_the_mirror_is_asked_where_the_first_address_fails(httpserver: HTTPServer, made) -> None:
    mirror = Archive(httpserver, [TIME], image(made), "/mirror")
    httpserver.expect_request("/v2/getClosestImage/").respond_with_data("down", status=503)
    root = httpserver.url_for("/")
    addresses = {"helioviewer_url": f"{root}v2", "helioviewer_mirror": f"{root}mirror/"}
    quick = ArchiveSettings(back_off_seconds=0.001, attempts=2, per_second=1000, **addresses)
    with Http(quick, sleep=lambda _: None) as http:
        helioviewer = Helioviewer(http)
        found = helioviewer.find(TIME, tolerance=TEN_MINUTES)
        assert helioviewer.fetch(found).image.time == TIME
        assert len(mirror.asked) == 2
        assert len(http.troubles) == 2  # and the mirror stays first
        with pytest.raises(ArchiveError, match="2 attempts"):
            Helioviewer(http, base_url=f"{root}v2/").find(TIME, tolerance=TEN_MINUTES)
        httpserver.expect_request("/elsewhere/getClosestImage/").respond_with_data("no", status=404)
        with pytest.raises(ArchiveError, match=r"There is no service at .*/elsewhere/getClosestImage/"):
            Helioviewer(http, base_url=f"{root}elsewhere").find(TIME, tolerance=TEN_MINUTES)


@pytest.mark.realdata
@pytest.mark.parametrize(
    "fault", ["http500", "truncated", "wrong_length", "stale", "wrong_channel", "html", "hole", "clock"]
)
def test_every_fault_of_the_archive_server_passes(data_dir: Path, fault: str) -> None:
    quick = ArchiveSettings(back_off_seconds=0.001, attempts=4, per_second=1000)
    hours = [datetime(2026, 2, 3, hour, tzinfo=UTC) for hour in (0, 12)]
    with (
        ArchiveServer(data=data_dir, faults=[fault], share=1.0) as server,
        Http(quick.at(server.url), sleep=lambda _: None) as http,
    ):
        helioviewer = Helioviewer(http)
        for hour in hours:
            supplied = helioviewer.fetch(helioviewer.find(hour, tolerance=TEN_MINUTES))
            assert abs(supplied.image.time - hour) <= TEN_MINUTES
            assert any("JPEG of 512 pixels" in note for note in supplied.image.notes)
        assert {fault} <= {struck for _, struck in server.requests}
        assert {trouble.action for trouble in http.troubles} == {"retried"}
