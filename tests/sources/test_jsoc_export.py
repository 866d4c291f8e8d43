"""Exports: asked for, waited for, refused; and the e-mail is shown nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flarescope.errors import ArchiveError, BadOptionError, UnknownNameError
from flarescope.sources.http import Http
from flarescope.sources.jsoc import Jsoc
from flarescope.sources.jsoc_export import wait_for_export
from flarescope.sources.settings import ArchiveSettings

EMAIL = "jane.doe@example.org"
DS = "hmi.M_720s[2026.02.03_12:00:00_TAI]{magnetogram}"
REQUEST = "JSOC_20260203_123"
PENDING = {"status": 2, "requestid": REQUEST, "wait": 10}
READY = {
    "status": 0, "requestid": REQUEST, "dir": "/SUM9/D9/S00000", "count": "1",
    "data": [{"record": DS, "filename": "hmi.M_720s.20260203_120000_TAI.magnetogram.fits"}],
}  # fmt: skip


class Desk:
    """jsoc_fetch, with answers in order; the last is repeated."""

    def __init__(self, server: HTTPServer) -> None:
        self.answers: list[Any] = []
        self.asked: list[dict[str, str]] = []
        server.expect_request("/cgi-bin/ajax/jsoc_fetch").respond_with_handler(self.answer)

    def answer(self, request: Request) -> Response:
        self.asked.append(dict(request.args))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, str):
            return Response(answer, mimetype="text/html")
        return Response(json.dumps(answer), mimetype="application/json")


@pytest.fixture
def desk(httpserver: HTTPServer) -> Desk:
    return Desk(httpserver)


@pytest.fixture
def opened(httpserver: HTTPServer) -> Callable[..., Http]:
    def http(email: str | None = EMAIL) -> Http:
        quick = ArchiveSettings(
            back_off_seconds=0.001,
            attempts=2,
            per_second=1000,
            jsoc_email=SecretStr(email) if email else None,
        )
        return Http(quick.at(httpserver.url_for("/")), sleep=lambda _: None)

    return http


def test_an_export_is_asked_for_and_waited_for(desk: Desk, opened: Callable[..., Http]) -> None:
    desk.answers = [PENDING, {"status": 6, "error": "not yet"}, PENDING | {"status": 1}, READY]
    with opened() as http:
        answer = Jsoc(http).export(DS, poll_seconds=0.01, give_up_seconds=5)
    assert [file.path for file in answer.files] == [
        "/SUM9/D9/S00000/hmi.M_720s.20260203_120000_TAI.magnetogram.fits"
    ]
    asked = desk.asked[0]
    assert (asked["op"], asked["method"], asked["protocol"], asked["notify"]) == (
        "exp_request", "url", "FITS", EMAIL,
    )  # fmt: skip
    assert desk.asked[1:] == [{"op": "exp_status", "requestid": REQUEST, "format": "json"}] * 3


def test_stored_files_need_no_email(desk: Desk, opened: Callable[..., Http]) -> None:
    desk.answers = [
        {"status": 0, "requestid": "", "dir": "", "count": 1,
         "data": [{"record": DS, "filename": "/SUM1/D1/S00000/magnetogram.fits"}]},
    ]  # fmt: skip
    with opened(None) as http:
        assert Jsoc(http).quick(DS).files[0].path == "/SUM1/D1/S00000/magnetogram.fits"
        assert "notify" not in desk.asked[0]
        with pytest.raises(BadOptionError, match="Set FLARESCOPE_JSOC_EMAIL; register at"):
            Jsoc(http).export(DS)
        with pytest.raises(UnknownNameError, match=r"No series of JSOC named 'hmi.V_720s'"):
            Jsoc(http).quick("hmi.V_720s[]")
    with opened() as http, pytest.raises(BadOptionError, match="Accepted: as-is, FITS"):
        Jsoc(http).export(DS, protocol="mpg")


def test_an_export_that_takes_too_long_is_given_up_by_name(desk: Desk, opened: Callable[..., Http]) -> None:
    desk.answers = [PENDING]
    clock = [0.0]
    with (
        opened() as http,
        pytest.raises(ArchiveError, match=f"{REQUEST} is not ready after 25 s. It goes on"),
    ):
        wait_for_export(
            http, http.settings.jsoc_url, REQUEST, poll_seconds=10, give_up_seconds=25,
            sleep=lambda seconds: clock.__setitem__(0, clock[0] + seconds), now=lambda: clock[0],
        )  # fmt: skip
    assert len(desk.asked) == 3
    with opened() as http:
        for request, poll, end in (("JSOC_1", 1, 1), (REQUEST, 0, 1), (REQUEST, 1, 10**9)):
            with pytest.raises(BadOptionError, match="Accepted"):
                wait_for_export(http, http.settings.jsoc_url, request, poll_seconds=poll, give_up_seconds=end)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 4, "error": f"User {EMAIL} (JANE.DOE, jane.doe%40example.org) is not registered"},
        {"status": 2, "requestid": EMAIL},
        {"status": EMAIL},
        {"status": 0, "dir": EMAIL, "data": [{"record": EMAIL, "filename": EMAIL}]},
        f"<html>Sorry, {EMAIL}</html>",
        f"Sorry, {EMAIL}",
    ],
)
def test_the_email_is_shown_nowhere(
    desk: Desk, opened: Callable[..., Http], answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desk.answers = [answer]
    with opened() as http:
        jsoc = Jsoc(http)
        with pytest.raises(ArchiveError) as caught:
            jsoc.export(DS, poll_seconds=0.01, give_up_seconds=1)
        ours = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
        shown = " ".join(
            [str(caught.value), repr(caught.value), *map(repr, http.troubles), repr(jsoc), *ours]
        )
    assert "jane" not in shown.lower()
    assert desk.asked[0]["notify"] == EMAIL


def test_a_pending_answer_without_a_name_is_refused(desk: Desk, opened: Callable[..., Http]) -> None:
    desk.answers = [{"status": 2, "requestid": ""}]
    with opened() as http, pytest.raises(ArchiveError, match="gave it no name"):
        Jsoc(http).export(DS)
