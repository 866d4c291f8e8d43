"""JSOC end to end over loopback: slots, holes, regions, bare files, exports, and an e-mail nobody sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flarescope.errors import ArchiveError, BadOptionError, MissingDataError, UnknownNameError
from flarescope.sources import sources
from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.http import Http
from flarescope.sources.jsoc import Jsoc
from flarescope.sources.jsoc_series import nearest_slot
from flarescope.sources.settings import ArchiveSettings
from flarescope.sources.tai import from_tai, from_utc_or_tai, to_tai

SLOT = datetime(2014, 6, 9, 23, 48)  # noqa: DTZ001 - read off a TAI clock
HOUR = datetime(2014, 6, 9, 23, 47, tzinfo=UTC)  # 23:47:35 TAI
TEN_MINUTES = timedelta(minutes=10)
SHARP = "hmi.sharp_cea_720s"


@pytest.fixture
def http(httpserver: HTTPServer) -> Iterator[Http]:
    quick = ArchiveSettings(back_off_seconds=0.001, attempts=3, per_second=1000)
    with Http(quick.at(httpserver.url_for("/")), sleep=lambda _: None) as client:
        yield client


class Archive:
    """jsoc_info over a series of slots, and the files; the first lists may lack rows or be others."""

    def __init__(self, server: HTTPServer, header: dict[str, object], data: bytes) -> None:
        self.header, self.data = header, data
        self.slots = [SLOT + i * timedelta(minutes=12) for i in range(-10, 4)]
        self.offline: set[datetime] = set()
        self.edits: list[Callable[[dict[str, Any]], Any]] = []
        self.files: list[Response] = []
        self.asked: list[dict[str, str]] = []
        server.expect_request("/cgi-bin/ajax/jsoc_info").respond_with_handler(self.info)
        server.expect_request(re.compile("^/SUM1/.*")).respond_with_handler(self.file)

    def info(self, request: Request) -> Response:
        self.asked.append(dict(request.args))
        assert request.args["op"] == "rs_list"
        first, last = re.search(r"\[([^\[\]]+)-([^\[\]]+)\]$", request.args["ds"]).groups()
        a, b = from_utc_or_tai(first), from_utc_or_tai(last)
        slots = [slot for slot in self.slots if a <= from_tai(slot) <= b]
        keys = request.args["key"].split(",")
        document: dict[str, Any] = {"count": len(slots), "runtime": 0.01, "status": 0}
        if slots:
            document["keywords"] = [{"name": key, "values": self.column(key, slots)} for key in keys]
            name = request.args.get("seg", "none")
            document["segments"] = [{"name": name, "values": [*map(self.path, slots)]}]
        if self.edits:
            document = self.edits.pop(0)(document)
        return Response(str(document).replace("'", '"'), mimetype="application/json")

    def column(self, key: str, slots: list[datetime]) -> list[str]:
        if key in {"T_REC", "T_OBS"}:
            late = timedelta(seconds=7 if key == "T_OBS" else 0)
            return [f"{slot + late:%Y.%m.%d_%H:%M:%S}_TAI" for slot in slots]
        if key == "QUALITY":
            return ["0x00000400"] * len(slots)
        return [str(self.header.get(key, "Invalid KeyLink"))] * len(slots)

    def path(self, slot: datetime) -> str:
        return "NoDataDirectory" if slot in self.offline else f"/SUM1/D{slot:%d%H%M}/S00000/magnetogram.fits"

    def file(self, request: Request) -> Response:
        self.asked.append({"path": request.path})
        return self.files.pop(0) if self.files else Response(self.data)


def full_disk(made) -> np.ndarray:
    return np.arange(96 * 96, dtype=np.float32).reshape(96, 96) / 10.0 - 300.0


def without(*slots: datetime) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A hole in a list."""

    def edit(document: dict[str, Any]) -> dict[str, Any]:
        names = [f"{slot:%Y.%m.%d_%H:%M:%S}_TAI" for slot in slots]
        keep = [i for i, slot in enumerate(document["keywords"][0]["values"]) if slot not in names]
        for column in (*document["keywords"], *document["segments"]):
            column["values"] = [column["values"][i] for i in keep]
        return document | {"count": len(keep)}

    return edit


def hour_late(document: dict[str, Any]) -> dict[str, Any]:
    for column in document["keywords"]:
        if column["name"] in {"T_REC", "T_OBS"}:
            times = [to_tai(from_utc_or_tai(text) + timedelta(hours=1)) for text in column["values"]]
            column["values"] = [f"{time:%Y.%m.%d_%H:%M:%S}_TAI" for time in times]
    return document


@pytest.fixture
def disks(httpserver: HTTPServer, made) -> Archive:
    header = made.disk_header() | {"BUNIT": "Gauss"}
    return Archive(httpserver, header, made.fits(full_disk(made), header))


@pytest.fixture
def sharps(httpserver: HTTPServer, made) -> Archive:
    return Archive(httpserver, made.sharp_header(), made.sharp(QUALITY=1024))


def test_it_is_a_registered_source() -> None:
    assert sources["jsoc"] is Jsoc
    assert "magnetograms" in Jsoc.offers


def test_an_hour_maps_to_the_nearest_slot(http: Http, disks: Archive) -> None:
    assert nearest_slot(HOUR) == from_tai(SLOT)
    assert nearest_slot(datetime(2026, 2, 3, 12, tzinfo=UTC)).isoformat() == "2026-02-03T11:59:23+00:00"
    found = Jsoc(http).find(HOUR, tolerance=TEN_MINUTES)
    assert found.time == from_tai(SLOT) + timedelta(seconds=7)
    assert (found.series, found.quality, found.harp) == ("hmi.M_720s", 1024, None)
    assert found.record == "hmi.M_720s[2014.06.09_23:48:00_TAI]"
    assert found.name == "hmi.M_720s.20140609_234800_TAI.magnetogram.fits"
    assert len(disks.asked) == 1


def test_found_and_fetched(http: Http, disks: Archive) -> None:
    jsoc = Jsoc(http)
    supplied = jsoc.fetch(jsoc.find(HOUR, tolerance=TEN_MINUTES))
    image = supplied.image
    assert (image.view, image.encoding, image.time) == (
        "full_disk",
        "gauss",
        from_tai(SLOT) + timedelta(seconds=7),
    )
    assert not any("archive's list" in note for note in image.notes)


def test_a_bare_file_takes_its_header_from_the_list(http: Http, disks: Archive, made) -> None:
    jsoc = Jsoc(http)
    found = jsoc.find(HOUR, tolerance=TEN_MINUTES)
    whole = jsoc.fetch(found).image
    disks.data = made.fits(full_disk(made), {}, stated=False)
    bare = jsoc.fetch(found).image
    assert np.array_equal(whole.field, bare.field, equal_nan=True)
    assert (bare.geometry, bare.time) == (whole.geometry, whole.time)
    assert bare.quality == 1024  # carried, not refused
    assert any("archive's list" in note for note in bare.notes)


def test_one_value_everywhere_is_no_image(http: Http, disks: Archive, made) -> None:
    flat = made.fits(np.zeros((96, 96), np.float32), {}, stated=False)
    disks.files = [Response(flat)]
    jsoc = Jsoc(http)
    image = jsoc.fetch(jsoc.find(HOUR, tolerance=TEN_MINUTES)).image
    assert np.nanstd(image.field) > 0
    assert any("same value" in trouble.problem for trouble in http.troubles)


def test_near_real_time_has_no_radius(http: Http, disks: Archive, made) -> None:
    disks.header |= {"RSUN_OBS": 0, "DSUN_OBS": "0.0"}
    disks.data = made.fits(full_disk(made), {}, stated=False)
    jsoc = Jsoc(http, series="hmi.M_720s_nrt")
    image = jsoc.fetch(jsoc.newest(HOUR + timedelta(minutes=2), oldest=timedelta(hours=2))).image
    assert image.geometry.radius == pytest.approx(945.2 / 24.0, rel=2e-3)
    assert any("ephemeris" in note for note in image.notes)


def test_a_hole_in_the_list_is_asked_for_again(http: Http, disks: Archive) -> None:
    disks.edits = [without(SLOT)]
    assert Jsoc(http).find(HOUR, tolerance=timedelta(minutes=30)).time.minute == 47
    assert len(disks.asked) == 2


def test_the_neighbour_is_taken_where_the_slot_is_missing(http: Http, disks: Archive) -> None:
    disks.slots.remove(SLOT)
    found = Jsoc(http).find(HOUR, tolerance=timedelta(minutes=12))
    assert found.record == "hmi.M_720s[2014.06.09_23:36:00_TAI]"
    with pytest.raises(
        MissingDataError,
        match=r"hmi.M_720s has no image within 10 minutes of 2014-06-09T23:47:00Z. "
        r"The nearest image is of 2014-06-09T23:35:25Z",
    ):
        Jsoc(http).find(HOUR, tolerance=TEN_MINUTES)
    disks.slots = []
    with pytest.raises(MissingDataError, match="There is none within an hour, either"):
        Jsoc(http).find(HOUR, tolerance=TEN_MINUTES)


def test_what_is_not_on_line_is_told(http: Http, disks: Archive) -> None:
    disks.offline = {SLOT}
    jsoc = Jsoc(http)
    with pytest.raises(MissingDataError, match="Of the slot 2014-06-09T23:47:25Z its file is not on line"):
        jsoc.find(HOUR, tolerance=TEN_MINUTES)
    listing = jsoc.listing(HOUR - timedelta(hours=1), HOUR + timedelta(hours=1))
    assert len(listing.found) == len(jsoc.records(HOUR - timedelta(hours=1), HOUR + timedelta(hours=1))) == 8
    assert listing.notes == (
        "hmi.M_720s[2014.06.09_23:48:00_TAI]: its file is not on line (QUALITY 0x00000400)",
    )


def test_a_clock_that_is_an_hour_late_is_asked_for_again(http: Http, disks: Archive) -> None:
    disks.edits = [hour_late]
    assert Jsoc(http).find(HOUR, tolerance=TEN_MINUTES).time.minute == 47
    assert "outside the time asked for" in http.troubles[0].problem


def test_the_newest(http: Http, disks: Archive) -> None:
    at = from_tai(SLOT) + timedelta(minutes=11)
    assert Jsoc(http).newest(at, oldest=timedelta(hours=3)).time.minute == 47
    disks.slots = disks.slots[:2]
    assert Jsoc(http).newest(at, oldest=timedelta(hours=3)).record.endswith("_22:00:00_TAI]")
    with pytest.raises(MissingDataError, match="has no image of the 1h before 2014-06-09T23:58:25Z"):
        Jsoc(http).newest(at, oldest=timedelta(hours=1))


def test_long_times_are_asked_for_in_pieces(http: Http, disks: Archive) -> None:
    a = HOUR - timedelta(days=15)
    assert len(Jsoc(http).records(a, HOUR + timedelta(days=2))) == len(disks.slots)
    assert len(disks.asked) == 3
    with pytest.raises(BadOptionError, match="Give the earlier time first"):
        Jsoc(http).records(HOUR, a)


def test_a_list_with_a_gap_is_asked_for_again(http: Http, disks: Archive) -> None:
    a, b = from_tai(disks.slots[0]), from_tai(disks.slots[-1])
    disks.edits = [without(*disks.slots[3:6])]
    listing = Jsoc(http).listing(a, b)
    assert (len(listing.found), listing.notes) == (len(disks.slots), ())
    assert "Its list lacks slots (3), the first after 2014-06-09T22:11:25Z" in http.troubles[0].problem
    del disks.slots[5]
    listing = Jsoc(http).listing(a, b)
    assert len(listing.found) == len(disks.slots)
    assert listing.notes == ("Its list lacks slots (1), the first after 2014-06-09T22:35:25Z.",)


def test_a_region(http: Http, sharps: Archive) -> None:
    jsoc = Jsoc(http, series=SHARP, harp=4225)
    found = jsoc.find(HOUR, tolerance=TEN_MINUTES)
    assert found.name == f"{SHARP}.4225.20140609_234800_TAI.magnetogram.fits"
    assert sharps.asked[0]["ds"].startswith(f"{SHARP}[4225][2014.06.09_22:47:35_TAI-")
    image = jsoc.fetch(found).image
    assert (image.region.harp, image.region.noaa, image.quality) == (4225, (12085, 12087), 1024)
    assert {one.harp for one in Jsoc(http, series=SHARP).records(HOUR, HOUR + TEN_MINUTES)} == {4225}
    with pytest.raises(BadOptionError, match=r"many regions at a time. Give harp="):
        Jsoc(http, series=SHARP).find(HOUR, tolerance=TEN_MINUTES)


def test_files_of_something_else_are_fetched_again(http: Http, sharps: Archive, made) -> None:
    jsoc = Jsoc(http, series=SHARP, harp=4225)
    found = jsoc.find(HOUR, tolerance=TEN_MINUTES)
    sharps.files = [
        Response("<html>busy</html>", mimetype="text/html"),
        Response(sharps.data[: len(sharps.data) // 2]),
    ]
    assert jsoc.fetch(found).image.region.harp == 4225
    later = {
        "T_OBS": "2014.06.10_00:48:07_TAI",
        "T_REC": "2014.06.10_00:48:00_TAI",
        "CRLN_OBS": None,
        "CRLT_OBS": None,
    }
    sharps.files = [
        Response(made.sharp(HARPNUM=4226)),
        Response(made.sharp(**later)),
        Response(made.image(made.grey_sun())),
    ]
    with pytest.raises(ArchiveError, match="gave no usable answer in 3 attempts"):
        jsoc.fetch(found)
    problems = " ".join(trouble.problem for trouble in http.troubles)
    for problem in ("instead of a FITS file came text: '<html>busy</html>'", "is not a sound FITS file",
                    "it shows HARP 4226, not HARP 4225", "it is of 2014-06-10T00:47:32Z, more than 2 minutes",
                    "came something that begins with ff d8"):  # fmt: skip
        assert problem in problems


def test_a_wrong_address_is_no_gap(http: Http, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/elsewhere/jsoc_info").respond_with_data("no", status=404)
    jsoc = Jsoc(http, base_url=httpserver.url_for("/elsewhere"))
    with pytest.raises(ArchiveError, match=r"There is no service at http.*/elsewhere/jsoc_info \(HTTP 404\)"):
        jsoc.find(HOUR, tolerance=TEN_MINUTES)


def test_keywords_stay_text(http: Http, sharps: Archive) -> None:
    ds = f"{SHARP}[4225][2014.06.09_23:48:00_TAI-2014.06.10_00:00:00_TAI]"
    frame = Jsoc(http).keywords(ds, ["T_REC", "QUALITY", "USFLUX"])
    assert frame.to_dict("list") == {
        "T_REC": ["2014.06.09_23:48:00_TAI", "2014.06.10_00:00:00_TAI"],
        "QUALITY": ["0x00000400"] * 2,
        "USFLUX": ["Invalid KeyLink"] * 2,
    }
    sharps.slots = []
    assert Jsoc(http).keywords(ds, ["T_REC"]).shape == (0, 1)
    for keys in ([], ["T_REC,QUALITY"], ["a b"]):
        with pytest.raises(BadOptionError, match="Accepted: 1 to 200 such as T_REC"):
            Jsoc(http).keywords(ds, keys)
    with pytest.raises(UnknownNameError, match=r"No series of JSOC named 'aia.lev1'"):
        Jsoc(http).keywords("aia.lev1[]", ["T_REC"])
    with pytest.raises(BadOptionError, match="unprintable"):
        Jsoc(http).keywords("hmi.M_720s[\x00]", ["T_REC"])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"series": "hmi.V_720s"}, UnknownNameError, "No series of JSOC named 'hmi.V_720s'"),
        ({"segment": "continuum"}, BadOptionError, "Accepted: magnetogram."),
        ({"segment": "Br"}, BadOptionError, "hmi.M_720s has no segment 'Br'"),
        ({"harp": 5}, BadOptionError, "HARP 5 of hmi.M_720s is not possible"),
        ({"series": SHARP, "harp": 0}, BadOptionError, "HARP 0"),
    ],
)
def test_what_cannot_be_asked_for(http: Http, options: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        Jsoc(http, **options)


@pytest.mark.realdata
@pytest.mark.parametrize(
    "fault", ["http500", "wrong_length", "stale", "wrong_channel", "html", "hole", "clock"]
)
def test_every_fault_of_the_archive_server_passes(data_dir: Path, fault: str) -> None:
    quick = ArchiveSettings(back_off_seconds=0.001, attempts=4, per_second=1000)
    with (
        ArchiveServer(data=data_dir, faults=[fault], share=1.0) as server,
        Http(quick.at(server.url), sleep=lambda _: None) as http,
    ):
        jsoc = Jsoc(http, series=SHARP, harp=377)
        hour = datetime(2011, 2, 14, 1, tzinfo=UTC)
        image = jsoc.fetch(jsoc.find(hour, tolerance=TEN_MINUTES)).image
        assert abs(image.time - hour) <= TEN_MINUTES
        assert image.region.harp == 377
        assert {fault} <= {struck for _, struck in server.requests}
        assert {trouble.action for trouble in http.troubles} == {"retried"}
