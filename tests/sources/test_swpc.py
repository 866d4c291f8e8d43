"""SWPC: live flares, X-rays, regions and the Solar Region Summary."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug import Request, Response

from flarescope.errors import (
    ArchiveError,
    BadFileError,
    BadOptionError,
    FlarescopeError,
    MissingDataError,
    UnknownNameError,
)
from flarescope.sources.http import Http
from flarescope.sources.settings import ArchiveSettings
from flarescope.sources.srs import parse_srs
from flarescope.sources.swpc import Swpc
from flarescope.sources.swpc_answers import (
    parse_edited_events,
    parse_xray_flares,
    parse_xray_now,
    parse_xrays,
)
from flarescope.sources.swpc_regions import parse_solar_regions

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_httpserver import HTTPServer

NOW = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
SRS = """:Product: Solar Region Summary
:Issued: 2026 Feb 08 0030 UTC
# Made up for a test
I.  Regions with Sunspots.  Locations Valid at 07/2400Z
Nmbr Location  Lo  Area  Z   LL   NN Mag Type
4366 N13W42   230  0350 Dkc  10   09 Beta-Gamma-Delta
IA. H-alpha Plages without Spots.  Locations Valid at 07/2400Z Feb
Nmbr  Location  Lo
None
II. Regions Due to Return 08 Feb to 10 Feb
Nmbr Lat    Lo
None
"""


def at(hours_ago: float) -> datetime:
    return NOW - timedelta(hours=hours_ago)


def z(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def flare(start: datetime, goes_class: str | None = "C2.5", **changes: Any) -> dict[str, Any]:
    return {
        "time_tag": z(start), "begin_time": z(start), "begin_class": "B9.0",
        "max_time": z(start + timedelta(minutes=9)), "max_class": goes_class, "max_xrlong": 2.5e-6,
        "end_time": z(start + timedelta(minutes=20)), "end_class": "C1.0", "satellite": 18,
    } | changes  # fmt: skip


def event(start: datetime, goes_class: str | None = "C2.5", **changes: Any) -> dict[str, Any]:
    def plain(time: datetime) -> str:
        return f"{time:%Y-%m-%dT%H:%M:%S}"

    return {
        "begin_datetime": plain(start), "max_datetime": plain(start + timedelta(minutes=9)),
        "end_datetime": plain(start + timedelta(minutes=20)), "observatory": "G18", "type": "XRA",
        "location": "", "frequency": "1-8A", "particulars1": goes_class, "particulars2": "1.4E-03",
        "region": 4366, "status_code": 5,
    } | changes  # fmt: skip


def latest(**changes: Any) -> dict[str, Any]:
    return flare(at(5)) | {"time_tag": z(at(0) - timedelta(minutes=2)), "current_class": "C1.1"} | changes


def region(**changes: Any) -> dict[str, Any]:
    return {
        "observed_date": "2026-02-07", "region": 4366, "latitude": 13, "longitude": -42,
        "location": "N13W42", "carrington_longitude": 230, "area": 350, "spot_class": "Dkc", "extent": 10,
        "number_spots": 9, "mag_class": "BGD", "mag_string": None, "status": "f",
    } | changes  # fmt: skip


def minute(ago: int, flux: float | None = 2e-6, **changes: Any) -> dict[str, Any]:
    return {
        "time_tag": z(NOW - timedelta(minutes=ago)), "satellite": 18, "flux": flux, "observed_flux": flux,
        "electron_correction": 0.0, "electron_contaminaton": False, "energy": "0.1-0.8nm",
    } | changes  # fmt: skip


class Service:
    """SWPC over loopback: every path answers its document; ``spoil`` may change one answer."""

    def __init__(self, server: HTTPServer) -> None:
        self.documents: dict[str, Any] = {
            "/json/goes/primary/xray-flares-7-day.json": [flare(at(165 - 5 * i)) for i in range(33)],
            "/json/edited_events.json": [event(at(700 - 5 * i)) for i in range(135)],
            "/json/goes/primary/xray-flares-latest.json": [latest()],
            "/json/goes/primary/xrays-6-hour.json": [minute(i) for i in range(360)],
            "/json/solar_regions.json": [region(), region(observed_date="2026-02-08", region=4370)],
            "/text/srs.txt": SRS,
        }
        self.asked = Counter[str]()
        self.spoil: Callable[[str, int, Any], Any] = lambda path, time, document: document
        for path in self.documents:
            server.expect_request(path).respond_with_handler(self.answer)
        quick = ArchiveSettings(attempts=2, back_off_seconds=0.01, per_second=1000)
        self.http = Http(quick.at(server.url_for("")), seed=1)
        self.swpc = Swpc(self.http, now=lambda: NOW)

    def answer(self, request: Request) -> Response:
        self.asked[request.path] += 1
        document = self.spoil(request.path, self.asked[request.path], self.documents[request.path])
        if isinstance(document, Response):
            return document
        text = document if isinstance(document, str) else json.dumps(document)
        return Response(text, mimetype="text/plain" if isinstance(document, str) else "application/json")


@pytest.fixture
def service(httpserver: HTTPServer) -> Service:
    return Service(httpserver)


def test_the_list_of_seven_days() -> None:
    found = parse_xray_flares(
        [flare(at(5), "M1.3"), flare(at(1), None, max_time="Unk", end_time="Unk")], now=NOW
    )
    assert found.rows.table["goes_class"].tolist() == ["M1.3"]
    assert found.rows.table["science"].tolist() == [True]
    assert found.unclear == (at(1),)
    assert "1 flares without a class" in found.rows.notes[0]
    assert len(parse_xray_flares([], now=NOW).rows.table) == 0


def test_edited_events() -> None:
    rows = [
        event(at(5), "M1.3"),
        event(at(4), type="FLA"),
        event(at(3), frequency="0.5-4A"),
        event(at(9), type="RBR"),
    ]
    found = parse_edited_events(rows, now=NOW)
    assert found.rows.table[["goes_class", "region"]].to_numpy().tolist() == [["M1.3", 14366]]
    assert "3 events of other kinds" in found.rows.notes[0]
    assert (found.first, found.last) == (at(9), at(3))


def test_this_minute_and_the_newest_flare() -> None:
    found = parse_xray_now([latest()], now=NOW)
    assert (found.time, found.begin, found.ended) == (NOW - timedelta(minutes=2), at(5), True)
    assert str(found.goes_class) == "C1.1"
    assert found.flare is not None
    assert (str(found.flare.goes_class), found.flare.scale) == ("C2.5", "science")
    going = parse_xray_now([latest(max_time="Unk", end_time="Unk", max_class=None)], now=NOW)
    assert (going.begin, going.flare, going.ended) == (at(5), None, False)


def test_x_rays_have_gaps() -> None:
    rows = [minute(5), minute(3, None), minute(2, -1e-9), minute(1, 3e-6, electron_contaminaton=True)]
    found = parse_xrays([*rows, minute(0, 1e-7, energy="0.05-0.4nm")], now=NOW)
    np.testing.assert_array_equal(found.flux, [2e-6, np.nan, np.nan, np.nan, 3e-6])
    assert found.times[0] == np.datetime64("2026-02-08T11:55")
    assert found.times[-1] == np.datetime64("2026-02-08T11:59")
    assert "3 minutes without a flux" in found.notes[0]
    assert "disturbed by electrons" in found.notes[1]


def test_regions_day_by_day() -> None:
    rows = [
        region(observed_date="2026-02-08", region=4370, location="S05E63", longitude=63, latitude=-5),
        region(),
    ]
    first, second = parse_solar_regions(rows, now=NOW)
    reported = first.regions[0]
    assert first.valid_at == datetime(2026, 2, 8, tzinfo=UTC)
    assert reported.region.noaa == (14366,)
    assert reported.region.position is not None
    assert (reported.region.position.longitude, reported.region.position.latitude) == (42.0, 13.0)
    assert (reported.region.area_msh, reported.mcintosh, reported.magnetic) == (
        350.0,
        "Dkc",
        "beta-gamma-delta",
    )
    assert second.regions[0].region.position is not None
    assert second.regions[0].region.position.longitude == -63.0
    assert not first.notes + second.notes


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"location": None}, "location '' was not understood"),
        ({"location": "N13X42"}, "was not understood"),
        ({"longitude": 42}, "do not agree"),
        ({"mag_class": "BX"}, "magnetic class 'BX' was not understood"),
        ({"spot_class": "??"}, "class '??' was not understood"),
    ],
)
def test_what_a_region_leaves_open_is_noted(changes: dict[str, Any], complaint: str) -> None:
    (day,) = parse_solar_regions([region(**changes)], now=NOW)
    assert len(day.regions) == 1
    assert complaint in day.notes[0]


def test_a_region_without_spots_and_one_listed_twice() -> None:
    plage = region(spot_class=None, mag_class=None, area=None, number_spots=None, extent=None)
    (day,) = parse_solar_regions([plage, region()], now=NOW)
    assert [(r.mcintosh, r.magnetic, r.region.area_msh) for r in day.regions] == [(None, None, None)]
    assert "stands twice" in day.notes[0]


PARSERS = {
    "flares": (parse_xray_flares, flare(at(1))),
    "events": (parse_edited_events, event(at(1))),
    "latest": (parse_xray_now, latest()),
    "xrays": (parse_xrays, minute(1)),
    "regions": (parse_solar_regions, region()),
}
LATE = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "changes", "complaint"),
    [
        ("flares", {"begin_time": "yesterday"}, "row 1: begin_time is 'yesterday'"),
        ("flares", {"begin_time": None}, "row 1: begin_time is"),
        ("flares", {"max_class": "Z9"}, "row 1: max_class is 'Z9'"),
        ("flares", {"begin_time": z(LATE)}, "but it is 2026-02-08T12:00:00Z only"),
        ("events", {"type": "xray"}, "row 1: type is 'xray'"),
        ("events", {"type": None}, "row 1: type is"),
        ("events", {"region": -5}, "from 0 to 99999"),
        ("events", {"type": "FLA", "begin_datetime": z(LATE)}, "but it is 2026-02-08T12:00:00Z only"),
        ("latest", {"time_tag": z(LATE)}, "but it is 2026-02-08T12:00:00Z only"),
        ("latest", {"end_time": z(at(9))}, "not before its begin_time"),
        ("latest", {"max_time": z(at(9))}, "not before its begin_time"),
        ("latest", {"max_time": z(at(4)), "end_time": z(at(4.5))}, "not before its max_time"),
        ("xrays", {"time_tag": z(LATE)}, "but it is 2026-02-08T12:00:00Z only"),
        ("xrays", {"time_tag": "2026-02-08T11:59:30Z"}, "no whole minute"),
        ("xrays", {"energy": "0.05-0.4nm"}, "no row is of the long channel"),
        ("xrays", {"flux": 1e3}, "from -0.1 to 0.1"),
        ("regions", {"observed_date": "2026-02-09"}, "but it is 2026-02-08T12:00:00Z only"),
        ("regions", {"observed_date": "8 Feb 2026"}, "such as 2026-02-03"),
        ("regions", {"region": None}, "a region's number"),
        ("regions", {"region": 4366.5}, "a region's number"),
        ("regions", {"area": 1e9}, "from 0 to 20000"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(
    kind: str, changes: dict[str, Any], complaint: str
) -> None:
    parse, row = PARSERS[kind]
    with pytest.raises(BadFileError, match=r"^SWPC ") as caught:
        parse([row | changes], now=NOW)
    assert complaint in str(caught.value)
    with pytest.raises(BadFileError, match="has no field"):
        parse([{key: value for key, value in row.items() if key not in changes}], now=NOW)


def test_half_a_spot_is_refused() -> None:
    with pytest.raises(BadFileError, match="row 1: number_spots is"):
        parse_solar_regions([region(number_spots=1.5)], now=NOW)


def test_two_fluxes_of_one_minute_are_refused() -> None:
    parse_xrays([minute(1), minute(1)], now=NOW)
    with pytest.raises(BadFileError, match="has two"):
        parse_xrays([minute(1), minute(1, 3e-6)], now=NOW)
    with pytest.raises(BadFileError, match="at most 30 days"):
        parse_xrays([minute(1), minute(60 * 24 * 40)], now=NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
FIELD = JSON | st.sampled_from(
    [z(at(5)), "2026-02-07", "C1.0", "XRA", "1-8A", "N10E10", "Unk", "0.1-0.8nm", 1e-6]
)


@pytest.mark.parametrize("kind", PARSERS)
@given(st.data())
@settings(max_examples=100)
def test_only_errors_of_ours_come_out(kind: str, data: st.DataObject) -> None:
    parse, row = PARSERS[kind]
    changes = st.lists(st.dictionaries(st.sampled_from(sorted(row)), FIELD, max_size=3), max_size=3)
    for tried in ([row | change for change in data.draw(changes)], data.draw(JSON)):
        with suppress(FlarescopeError):
            parse(tried, now=NOW)


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([*SRS.split("\n"), "²³", "9999 N99E99"]), max_size=30).map("\n".join)
)
@settings(max_examples=200)
def test_a_summary_is_read_or_refused(text: str) -> None:
    with suppress(FlarescopeError):
        parse_srs("srs.txt", text)


@pytest.mark.parametrize("year", ["0001", "9999", "1899"])
def test_a_summary_of_an_impossible_year_is_refused(year: str) -> None:
    with pytest.raises(BadFileError, match="which is no time"):
        parse_srs("srs.txt", SRS.replace("2026 Feb", f"{year} Feb"))
    with pytest.raises(BadFileError, match="accepted: up to"):
        parse_srs("srs.txt", SRS + "x" * 2**20)
    assert parse_srs("srs.txt", SRS.replace("\n", "\r\n")) == parse_srs("srs.txt", SRS)


def test_the_flares_of_the_last_days(service: Service) -> None:
    found = service.swpc.flares(NOW - WEEK, NOW)
    assert len(found) == 33
    assert found.scale == "science"
    assert found.coverage == ((NOW - WEEK, NOW - timedelta(minutes=2)),)
    assert {f.noaa_region for f in found if f.start <= at(30)} == {14366}
    assert (service.asked["/json/edited_events.json"], max(service.asked.values())) == (2, 2)


def test_edited_events_reach_further_back(service: Service) -> None:
    found = service.swpc.flares(at(800), NOW)
    assert found.coverage == ((at(700), NOW - timedelta(minutes=2)),)
    assert "SWPC's live lists begin at" in found.notes[-1]
    with pytest.raises(MissingDataError, match="HEK has older flares"):
        service.swpc.flares(at(2000), at(1000))
    with pytest.raises(BadOptionError, match="is empty"):
        service.swpc.flares(NOW, NOW)


def test_an_edited_event_is_the_automatic_one_whose_peak_it_shares(service: Service) -> None:
    path = "/json/edited_events.json"
    moved = [
        event(at(165) - timedelta(minutes=6), "C2.6", max_datetime=z(at(165) + timedelta(minutes=10))),
        event(at(100), "C9.0"),
    ]
    service.documents[path] = moved
    found = service.swpc.flares(NOW - WEEK, NOW)
    assert len(found) == 34
    assert found.flares[0].start == at(165)
    assert [f.noaa_region for f in found if f.noaa_region] == [14366, 14366]


def test_a_flare_under_way_ends_what_is_known(service: Service) -> None:
    path = "/json/goes/primary/xray-flares-latest.json"
    service.documents[path] = [latest(begin_time=z(at(1)), max_time="Unk", max_class=None, end_time="Unk")]
    assert service.swpc.flares(NOW - WEEK, NOW).coverage[-1][1] == at(1)
    service.documents[path] = [
        latest(begin_time=z(at(1)), max_time=z(at(0.9)), max_class="M5.0", end_time=None)
    ]
    found = service.swpc.flares(NOW - WEEK, NOW)
    assert found.coverage[-1][1] == at(1)
    assert str(found.flares[-1].goes_class) == "M5.0"
    service.documents[path] = [latest(time_tag=z(at(6)))]
    assert service.swpc.flares(NOW - WEEK, NOW).coverage[-1][1] == at(6)
    service.documents[path] = [latest(begin_time=z(at(1)), max_time=z(at(0.9)), end_time=z(at(0.5)))]
    found = service.swpc.flares(NOW - WEEK, NOW)
    assert (found.flares[-1].start, found.coverage[-1][1]) == (at(1), at(5) + timedelta(minutes=1))
    service.documents[path] = "<html>"
    found = service.swpc.flares(NOW - WEEK, NOW)
    assert found.coverage[-1][1] == at(5) + timedelta(minutes=1)
    assert any("covers nothing after its last flare" in note for note in found.notes)


@pytest.mark.parametrize("which", ["/json/goes/primary/xray-flares-7-day.json", "/json/edited_events.json"])
def test_a_hole_in_one_answer_is_found_out(service: Service, which: str) -> None:
    service.spoil = lambda path, time, found: found[:5] + found[25:] if path == which and time == 1 else found
    found = service.swpc.flares(NOW - WEEK, NOW)
    assert len(found) == 33
    assert found.covers(NOW - WEEK, at(1))


def test_answers_that_never_agree_leave_a_hole(service: Service) -> None:
    service.documents["/json/edited_events.json"] = []
    seven = "/json/goes/primary/xray-flares-7-day.json"
    service.spoil = lambda path, time, found: (
        found[: 9 + time] + found[10 + time :] if path == seven else found
    )
    found = service.swpc.flares(NOW - WEEK, NOW)
    assert len(found) == 29
    assert [b - a for a, b in found.coverage] == [
        timedelta(hours=48, minutes=1),
        timedelta(hours=94, minutes=58),
    ]


def test_an_empty_list_is_no_quiet_sun(service: Service) -> None:
    service.documents["/json/goes/primary/xray-flares-7-day.json"] = []
    service.documents["/json/edited_events.json"] = []
    found = service.swpc.flares(NOW - WEEK, NOW)
    assert found.coverage == ()


@pytest.mark.parametrize("which", ["/json/goes/primary/xray-flares-7-day.json", "/json/edited_events.json"])
def test_one_list_is_enough(service: Service, which: str) -> None:
    service.spoil = lambda path, time, found: Response("no", 503) if path == which else found
    found = service.swpc.flares(NOW - WEEK, NOW)
    assert len(found) >= 27
    assert any("could not be had" in note for note in found.notes)
    service.spoil = lambda path, time, found: Response("no", 404)
    with pytest.raises(MissingDataError):
        service.swpc.flares(NOW - WEEK, NOW)


def test_a_clock_an_hour_late_is_asked_again(service: Service) -> None:
    seven = "/json/goes/primary/xray-flares-7-day.json"
    service.documents[seven].append(flare(at(0.5)))

    def spoil(path: str, time: int, found: Any) -> Any:
        return [flare(at(-0.5))] if path == seven and time == 1 else found

    service.spoil = spoil
    assert service.swpc.flares(NOW - WEEK, NOW).flares[-1].start == at(0.5)
    assert any("a flare starts at" in trouble.problem for trouble in service.http.troubles)


def test_x_rays_and_regions_over_the_network(service: Service) -> None:
    assert len(service.swpc.xrays("6h").flux) == 360
    assert service.swpc.solar_regions()[-1].regions[0].region.noaa == (14370,)
    assert service.swpc.latest().ended
    with pytest.raises(UnknownNameError, match="1d, 3d, 6h, 7d"):
        service.swpc.xrays("2h")


@pytest.mark.parametrize("lines", range(1, 12))
def test_a_summary_cut_off_without_a_length_is_asked_for_again(service: Service, lines: int) -> None:
    cut = "\n".join([*SRS.split("\n")[:lines], ""])

    def spoil(path: str, time: int, found: Any) -> Any:
        return Response(iter([cut])) if time == 1 else found  # no Content-Length: who reads cannot know

    service.spoil = spoil
    text, found = service.swpc.newest_summary()
    assert (text, len(found.regions)) == (SRS, 1)
    assert [trouble.action for trouble in service.http.troubles] == ["retried"]


def test_the_newest_summary(service: Service) -> None:
    text, found = service.swpc.newest_summary()
    assert text == SRS
    assert service.swpc.summary(NOW) == found
    assert service.swpc.summary(datetime(2026, 2, 8, tzinfo=UTC)) == found
    with pytest.raises(MissingDataError, match="newest region summary only"):
        service.swpc.summary(datetime(2026, 2, 7, 23, tzinfo=UTC))
    service.spoil = lambda path, time, found: "<html>busy</html>" if time % 2 else found
    assert service.swpc.newest_summary()[1] == found
    early = Swpc(service.http, now=lambda: datetime(2026, 2, 7, tzinfo=UTC))
    service.spoil = lambda path, time, found: found
    with pytest.raises(ArchiveError, match="it is issued 2026-02-08T00:30:00Z"):
        early.newest_summary()


def test_an_old_flare_without_an_end_is_over(service: Service) -> None:
    path = "/json/goes/primary/xray-flares-latest.json"
    service.documents[path] = [latest(begin_time=z(at(15)), end_time=None)]
    assert service.swpc.flares(NOW - WEEK, NOW).coverage[-1][1] == NOW - timedelta(minutes=2)
