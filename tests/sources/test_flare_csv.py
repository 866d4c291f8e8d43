"""A catalogue written as CSV is read back equal, with what it covers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flarescope.errors import BadFileError
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.sources.flare_csv import write_flares
from flarescope.sources.flares import read_flares
from flarescope.sun import Position

T0 = datetime(2026, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ONE = Flare(
    T0 + timedelta(hours=3), GoesClass("M1.3"), peak=T0 + timedelta(hours=3, minutes=9),
    position=Position(-12.5, 9.0), noaa_region=14366, source="HEK",
)  # fmt: skip
CATALOG = FlareCatalog((ONE,), ((T0, T0 + 3 * DAY), (T0 + 4 * DAY, T0 + 5 * DAY)), ("HEK: one note.",))


def test_a_catalogue_is_read_back_equal(tmp_path: Path) -> None:
    beside = write_flares(tmp_path / "list.csv", CATALOG)
    assert beside == tmp_path / "list.csv.coverage.json"
    assert read_flares(tmp_path / "list.csv") == CATALOG
    assert not read_flares(tmp_path / "list.csv").covers(T0 + 3 * DAY, T0 + 4 * DAY)


def test_a_quiet_week_is_read_back_as_one(tmp_path: Path) -> None:
    quiet = FlareCatalog((), ((T0, T0 + 7 * DAY),))
    write_flares(tmp_path / "quiet.csv", quiet)
    assert read_flares(tmp_path / "quiet.csv") == quiet
    write_flares(tmp_path / "list.csv", CATALOG)
    both = read_flares(tmp_path / "quiet.csv", tmp_path / "list.csv")
    assert (both.flares, both.coverage) == (CATALOG.flares, quiet.coverage)


def test_without_its_sidecar_it_is_a_list_like_any_other(tmp_path: Path) -> None:
    write_flares(tmp_path / "list.csv", CATALOG).unlink()
    found = read_flares(tmp_path / "list.csv")
    assert found.coverage == ((T0, T0 + DAY),)
    assert found.flares[0].goes_class == ONE.goes_class


def test_a_list_changed_since_is_refused(tmp_path: Path) -> None:
    write_flares(tmp_path / "list.csv", CATALOG)
    text = (tmp_path / "list.csv").read_text()
    (tmp_path / "list.csv").write_text(text.replace("M1.3", "C1.3"))
    with pytest.raises(BadFileError, match=r"not the one that list\.csv\.coverage\.json tells of"):
        read_flares(tmp_path / "list.csv")


def test_other_line_ends_are_the_same_list(tmp_path: Path) -> None:
    write_flares(tmp_path / "list.csv", CATALOG)
    data = (tmp_path / "list.csv").read_bytes()
    (tmp_path / "list.csv").write_bytes(data.replace(b"\n", b"\r\n"))
    assert read_flares(tmp_path / "list.csv") == CATALOG


def test_a_sidecar_without_a_checksum_is_believed_and_told(tmp_path: Path) -> None:
    beside = write_flares(tmp_path / "list.csv", CATALOG)
    known = json.loads(beside.read_text())
    del known["sha256"]
    beside.write_text(json.dumps(known | {"flares": 2}))
    with pytest.raises(BadFileError, match=r"list\.csv\.coverage\.json says 2\. Fetch it again, or delete"):
        read_flares(tmp_path / "list.csv")
    del known["flares"]
    beside.write_text(json.dumps(known))
    found = read_flares(tmp_path / "list.csv")
    assert (found.flares, found.coverage) == (CATALOG.flares, CATALOG.coverage)
    told = "list.csv.coverage.json: it has no sha256, so nothing tells whether it is of this list."
    assert found.notes == (*CATALOG.notes, told)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"format": "other"}, "its format is"),
        ({"sha256": None}, "not the one that"),
        ({"coverage": [["2026-02-01"]]}, "its coverage is unreadable"),
        ({"coverage": 5}, "its coverage is unreadable"),
        ({"coverage": [[1, 2]]}, "its coverage is unreadable"),
        ({"coverage": {}}, "its coverage is unreadable"),
        ({"coverage": [["2026-02-02", "2026-02-01"]]}, "a period that ends before it begins"),
        ({"flares": "1"}, "flares is '1'"),
        ({"flares": 0}, "it holds 1 flares; list.csv.coverage.json says 0. Fetch it again"),
        ({"coverage": [["\ud800", "2026-02-01"]]}, r"its coverage is unreadable .Time '.ud800'"),
        ({"flares": 2}, "it holds 1 flares; list.csv.coverage.json says 2. Fetch it again"),
        ({"notes": [5]}, "no list of texts"),
    ],
)
def test_a_damaged_sidecar_is_refused(tmp_path: Path, changes: dict[str, object], complaint: str) -> None:
    beside = write_flares(tmp_path / "list.csv", CATALOG)
    beside.write_text(json.dumps(json.loads(beside.read_text()) | changes))
    with pytest.raises(BadFileError, match=complaint):
        read_flares(tmp_path / "list.csv")


@st.composite
def flares(draw: st.DrawFn) -> Flare:
    start = T0 + timedelta(minutes=10 * draw(st.integers(0, 5000)), microseconds=draw(st.integers(0, 10**6)))
    rise, fall = draw(st.integers(0, 100)), draw(st.integers(0, 100))
    place = draw(st.none() | st.tuples(st.floats(-180, 180), st.floats(-90, 90)))
    return Flare(
        start,
        GoesClass(draw(st.sampled_from("BCMX")), draw(st.floats(1.0, 9.999))),
        peak=draw(st.sampled_from([None, start + timedelta(minutes=rise)])),
        end=draw(st.sampled_from([None, start + timedelta(minutes=rise + fall)])),
        position=Position(*place) if place else None,
        noaa_region=draw(st.sampled_from([None, 14366])),
        source=draw(st.sampled_from(["", "HEK", "SWPC xray-flares-7-day", 'a,"b"'])),
        scale=draw(st.sampled_from(["science", "operational"])),
    )


@given(st.lists(flares(), max_size=8, unique_by=lambda f: f.start.replace(microsecond=0)))
@settings(max_examples=50)
def test_any_catalogue_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, found: list[Flare]
) -> None:
    catalog = FlareCatalog(tuple(found), ((T0, T0 + 40 * DAY),), ("a note",))
    path = tmp_path_factory.mktemp("csv") / "list.csv"
    write_flares(path, catalog)
    assert read_flares(path) == catalog
