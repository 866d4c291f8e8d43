"""HEK: pages of flares, asked for twice, with the coverage that they warrant."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flarescope.errors import ArchiveError, BadFileError, BadOptionError, FlarescopeError, MissingDataError
from flarescope.sources.hek import Hek
from flarescope.sources.hek_answers import parse_hek_page
from flarescope.sources.http import Http
from flarescope.sources.settings import ArchiveSettings

NOW = datetime(2014, 3, 1, tzinfo=UTC)
A, B = datetime(2014, 1, 10, tzinfo=UTC), datetime(2014, 1, 20, tzinfo=UTC)


def row(start: datetime, goes_class: str = "C2.5", **changes: Any) -> dict[str, Any]:
    return {
        "event_starttime": f"{start:%Y-%m-%dT%H:%M:%S}",
        "event_peaktime": f"{start + timedelta(minutes=9):%Y-%m-%dT%H:%M:%S}",
        "event_endtime": f"{start + timedelta(minutes=20):%Y-%m-%dT%H:%M:%S}",
        "fl_goescls": goes_class, "ar_noaanum": 11944, "frm_name": "SWPC", "obs_observatory": "GOES",
        "hgs_x": -12.0, "hgs_y": 9.0,
    } | changes  # fmt: skip


def page(*rows: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"result": list(rows), "overmax": more, "association": []}


def made_up(days: int = 60, every: float = 3.0) -> list[dict[str, Any]]:
    """A flare every few hours from mid-December on."""
    first = datetime(2013, 12, 10, 0, 7, tzinfo=UTC)
    return [row(first + timedelta(hours=every * i)) for i in range(int(days * 24 / every))]


class Service:
    """HEK over loopback: overlap search, pages; ``spoil`` may change what one request is answered."""

    def __init__(self, server: HTTPServer, rows: list[dict[str, Any]]) -> None:
        self.rows, self.asked = rows, Counter[str]()
        self.spoil = lambda time, rows: rows
        server.expect_request("/hek/her").respond_with_handler(self.answer)
        self.http = Http(
            ArchiveSettings(attempts=2, back_off_seconds=0.01, per_second=1000).at(server.url_for("")), seed=1
        )
        self.hek = Hek(self.http, now=lambda: NOW)

    def answer(self, request: Request) -> Response:
        ask = request.args
        key = json.dumps(sorted(ask.items()))
        self.asked[key] += 1
        assert ask["value0"] == "SWPC"
        assert ask["event_type"] == "fl"
        found = [
            r
            for r in self.rows
            if r["event_starttime"] < ask["event_endtime"] and r["event_endtime"] >= ask["event_starttime"]
        ]
        found = self.spoil(self.asked[key], found)
        if isinstance(found, Response):
            return found
        limit, number = int(ask["result_limit"]), int(ask["page"])
        part = found[(number - 1) * limit : number * limit]
        return Response(
            json.dumps(page(*part, more=number * limit < len(found))), mimetype="application/json"
        )


@pytest.fixture
def service(httpserver: HTTPServer) -> Service:
    return Service(httpserver, made_up())


def test_a_page_of_a_search() -> None:
    found = parse_hek_page(page(row(A, "M1.3"), more=True), now=NOW)
    flare = found.flares[0]
    assert (flare.start, flare.goes_class, flare.region) == (A, "M1.3", "11944")
    assert (flare.longitude, flare.latitude) == (-12.0, 9.0)
    assert found.more


def test_other_records_are_counted_and_unknown_things_stay_unknown() -> None:
    found = parse_hek_page(
        page(
            row(A, obs_observatory="LEAR"),
            row(A, frm_name="SSW Latest Events"),
            row(A, "", ar_noaanum=None),
            row(A, hgs_x=0, hgs_y=0, ar_noaanum=0, event_peaktime=None, event_endtime=""),
            row(A, hgs_x=None, hgs_y=None, ar_noaanum="0"),
        ),
        now=NOW,
    )
    assert (found.rows, found.others, found.unclear, found.no_place) == (5, 2, (A,), 1)
    assert [flare.region for flare in found.flares] == ["", ""]
    assert all(flare.longitude != flare.longitude for flare in found.flares)
    assert found.flares[0].peak is found.flares[0].end is None


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "no page of a search"),
        ({"result": []}, "no page of a search"),
        ({"result": {}, "overmax": False}, "a list of rows was expected"),
        ({"result": [], "overmax": "no"}, "'overmax' is 'no'"),
        (page(more=True), "without a row says that more rows follow"),
        (page({"event_starttime": "2014-01-10T00:00:00"}), "row 1 has no field event_peaktime"),
        ({"result": ["flare"], "overmax": False}, "row 1 is a str"),
        (page(row(A), row(A, "Q1.0")), "row 2: fl_goescls is 'Q1.0'"),
        (page(row(A, "X123.0")), "fl_goescls is 'X123.0'"),
        (page(row(A, event_starttime="2014-13-10T00:00:00")), "row 1: event_starttime is"),
        (page(row(A, event_starttime=None)), "row 1: event_starttime is"),
        (page(row(A, event_starttime="0001-01-01T00:00:00")), "1974 to 2100"),
        (page(row(A, ar_noaanum=10**6)), "ar_noaanum"),
        (page(row(A, ar_noaanum=10**5000)), "a huge number"),
        (page(row(A, hgs_x=300)), "from -180 to 180"),
        (page(row(A, fl_goescls=True)), "text or a number"),
        (page(row(NOW + timedelta(hours=1))), "but it is 2014-03-01T00:00:00Z only"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(document: Any, complaint: str) -> None:
    with pytest.raises(BadFileError, match=r"^HEK: ") as caught:
        parse_hek_page(document, now=NOW)
    assert complaint in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
FIELD = JSON | st.sampled_from(
    ["2014-01-10T00:00:00", "C1.0", "SWPC", "GOES", "2014-01-10 24:00", "unk", "nan"]
)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(row(A))), FIELD), max_size=3), JSON)
@settings(max_examples=200)
def test_only_errors_of_ours_come_out(changes: list[dict[str, Any]], document: Any) -> None:
    for tried in (document, page(*(row(A) | change for change in changes))):
        with suppress(FlarescopeError):
            found = parse_hek_page(tried, now=NOW)
            assert found.rows == len(found.flares) + len(found.unclear) + found.others


def test_the_flares_of_a_period(service: Service) -> None:
    found = service.hek.flares(A, B)
    expected = [
        r for r in service.rows if f"{A:%Y-%m-%dT%H:%M:%S}" <= r["event_starttime"] < f"{B:%Y-%m-%dT%H:%M:%S}"
    ]
    assert len(found) == len(expected) == 80
    assert found.covers(A, B)
    assert found.flares[0].position is not None
    assert (found.flares[0].noaa_region, found.scale) == (11944, "operational")
    assert set(service.asked.values()) == {2}


def test_pages_are_turned(httpserver: HTTPServer) -> None:
    service = Service(httpserver, made_up(every=0.5))
    found = service.hek.flares(A, B)
    assert len(found) == 480
    assert found.covers(A, B)
    assert any('["page", "3"]' in key for key in service.asked)


def test_a_hole_in_one_answer_is_found_out(service: Service) -> None:
    service.spoil = lambda time, rows: rows[:50] + rows[120:] if time == 1 else rows
    found = service.hek.flares(A, B)
    assert len(found) == 80
    assert found.covers(A, B)
    assert any("two of 3 answers agree" in note for note in found.notes)


def test_answers_that_never_agree_leave_a_hole(service: Service) -> None:
    inside = [i for i, r in enumerate(service.rows) if r["event_starttime"].startswith("2014-01-1")]
    service.spoil = lambda time, rows: [r for r in rows if r is not service.rows[inside[10 + time]]]
    found = service.hek.flares(A, B)
    assert not found.covers(A, B)
    assert found.covers(A, A + timedelta(days=1))
    assert any("unknown: 2014-01-1" in note for note in found.notes)


def test_a_hole_that_every_answer_has_is_seen_by_the_rate(service: Service) -> None:
    service.rows = [r for r in service.rows if not "2014-01-12" <= r["event_starttime"] < "2014-01-16"]
    found = service.hek.flares(A, B)
    assert not found.covers(A, B)
    assert found.covers(A, datetime(2014, 1, 11, 20, tzinfo=UTC))
    assert any("a hole in the list" in note for note in found.notes)


def test_a_list_that_breaks_off_is_no_quiet_sun(service: Service) -> None:
    found = service.hek.flares(A, datetime(2014, 2, 28, tzinfo=UTC))
    assert found.coverage[-1][1] < datetime(2014, 2, 9, tzinfo=UTC)
    empty = service.hek.flares(datetime(2010, 1, 1, tzinfo=UTC), datetime(2010, 1, 3, tzinfo=UTC))
    assert (empty.flares, empty.coverage) == ((), ())
    assert "proves no quiet Sun" in empty.notes[-1]


def test_of_the_last_day_only_what_lies_before_the_last_flare(service: Service) -> None:
    last = datetime.fromisoformat(service.rows[-1]["event_starttime"]).replace(tzinfo=UTC)
    hek = Hek(service.http, now=lambda: last + timedelta(hours=7))
    found = hek.flares(last - timedelta(days=30), last + timedelta(days=3))
    assert found.coverage[-1][1] == last + timedelta(minutes=1)
    later = Hek(service.http, now=lambda: last + timedelta(hours=30))
    assert later.flares(last - timedelta(days=30), last + timedelta(days=3)).coverage[-1][
        1
    ] == last + timedelta(hours=6)


def test_a_flare_without_a_class_is_a_hole_of_a_minute(service: Service) -> None:
    service.rows[250] |= {"fl_goescls": ""}
    start = datetime.fromisoformat(service.rows[250]["event_starttime"]).replace(tzinfo=UTC)
    found = service.hek.flares(start - timedelta(days=2), start + timedelta(days=2))
    assert not found.covers(start - timedelta(hours=1), start + timedelta(hours=1))
    assert found.covers(start + timedelta(minutes=1), start + timedelta(days=2))
    assert any("1 flares without a class" in note for note in found.notes)


def test_an_end_days_after_the_start_is_dropped(service: Service) -> None:
    service.rows[250] |= {"event_endtime": "2015-01-01T00:00:00"}
    start = datetime.fromisoformat(service.rows[250]["event_starttime"]).replace(tzinfo=UTC)
    found = service.hek.flares(start, start + timedelta(minutes=1))
    assert [(f.peak, f.end) for f in found] == [(start + timedelta(minutes=9), None)]
    assert "HEK: 1 end times dropped: over 2 days after the start." in found.notes


def test_a_window_that_cannot_be_had_is_a_hole_and_none_at_all_an_error(service: Service) -> None:
    def spoil(time: int, rows: list[Any]) -> Any:
        failing = not rows or rows[0]["event_starttime"] < "2013-12-24"
        return Response("no", status=500) if failing else rows

    service.spoil = spoil
    found = service.hek.flares(datetime(2013, 12, 20, tzinfo=UTC), datetime(2014, 2, 8, tzinfo=UTC))
    assert len(found)
    assert not found.covers(datetime(2013, 12, 20, tzinfo=UTC), datetime(2013, 12, 23, tzinfo=UTC))
    assert any("taken as a hole" in note for note in found.notes)
    service.spoil = lambda time, rows: Response("<html>busy</html>", mimetype="text/html")
    with pytest.raises(ArchiveError, match="no usable answer"):
        service.hek.flares(A, B)


def test_where_time_runs_out_the_oldest_flares_are_not_known(service: Service) -> None:
    asked: list[str] = []

    def spoil(time: int, rows: list[Any]) -> Any:
        asked.append(rows[0]["event_starttime"] if rows else "")
        return rows if len(asked) <= 4 else Response("too late", status=500)

    service.spoil = spoil
    found = service.hek.flares(datetime(2013, 12, 20, tzinfo=UTC), datetime(2014, 2, 8, tzinfo=UTC))
    known = [start for start in asked[:4] if start]
    assert known == sorted(known, reverse=True)
    assert found.covers(datetime(2014, 1, 25, tzinfo=UTC), datetime(2014, 2, 1, tzinfo=UTC))
    assert not found.covers(datetime(2013, 12, 20, tzinfo=UTC), datetime(2013, 12, 23, tzinfo=UTC))


def test_a_clock_an_hour_late_is_asked_again(service: Service) -> None:
    near = [row(NOW - timedelta(minutes=30 + 180 * i)) for i in range(400)][::-1]
    service.rows = near

    def spoil(time: int, rows: list[Any]) -> list[Any]:
        if time > 1:
            return rows
        starts = [datetime.fromisoformat(r["event_starttime"]).replace(tzinfo=UTC) for r in rows]
        return [row(start + timedelta(hours=1)) for start in starts]

    service.spoil = spoil
    found = service.hek.flares(NOW - timedelta(days=5), NOW)
    assert found.flares[-1].start == NOW - timedelta(minutes=30)


def test_a_page_that_never_ends_is_given_up(service: Service) -> None:
    service.spoil = lambda time, rows: Response(
        json.dumps(page(row(A), more=True)), mimetype="application/json"
    )
    with pytest.raises(ArchiveError, match="once more as the next one"):
        service.hek.flares(A, B)


def test_periods_that_make_no_sense(service: Service) -> None:
    with pytest.raises(BadOptionError, match="is empty"):
        service.hek.flares(B, A)
    with pytest.raises(MissingDataError, match="no flare is known yet"):
        service.hek.flares(NOW, NOW + timedelta(days=1))
    assert not service.asked
