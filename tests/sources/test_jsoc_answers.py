"""What jsoc_info and jsoc_fetch answer: columns of text, QUALITY, TAI, storage paths, export statuses."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flarescope.errors import BadFileError, FlarescopeError
from flarescope.sources.jsoc_answers import parse_records, parse_rs_list, quality_bits, storage_path
from flarescope.sources.jsoc_export import ExportAnswer, parse_export

A = datetime(2026, 2, 3, 11, 50, tzinfo=UTC)
B = datetime(2026, 2, 3, 12, 20, tzinfo=UTC)
ANSWER = {
    "keywords": [
        {"name": "T_REC", "values": ["2026.02.03_12:00:00_TAI", "2026.02.03_12:12:00_TAI"]},
        {"name": "T_OBS", "values": ["2026.02.03_12:00:04.212_TAI", "MISSING"]},
        {"name": "QUALITY", "values": ["0x00000400", "0x80000000"]},
        {"name": "HARPNUM", "values": ["377", "377"]},
        {"name": "BUNIT", "values": ["Invalid KeyLink", "Invalid KeyLink"]},
        {"name": "*recnum*", "values": [123, 124]},
    ],
    "segments": [
        {
            "name": "magnetogram",
            "values": ["/SUM12/D1234567/S00000/magnetogram.fits", "/SUM12/D1234568/S00000/"],
            "dims": ["4096x4096", "4096x4096"], "cparms": [], "bzeros": [], "bscales": [],
        }
    ],
    "links": [], "count": 2, "runtime": 0.021, "status": 0,
}  # fmt: skip
EXPORT = {
    "count": 1, "rcount": 1, "size": 15, "dir": "", "requestid": "", "method": "url_quick",
    "protocol": "as-is", "wait": 0, "status": 0,
    "data": [
        {"record": "hmi.M_720s[2026.02.03_12:00:00_TAI][3]{magnetogram}",
         "filename": "/SUM12/D1234567/S00000/magnetogram.fits"}
    ],
}  # fmt: skip


def records(document: Any, *, regions: bool = False, harp: int | None = None) -> Any:
    return parse_records(document, segment="magnetogram", between=(A, B), regions=regions, harp=harp)


def changed(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(ANSWER)
    part: Any = document
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    return document


def test_a_list_is_read() -> None:
    first, second = records(ANSWER, regions=True, harp=377)
    assert (first.slot.isoformat(), first.observed.isoformat()) == (
        "2026-02-03T11:59:23+00:00", "2026-02-03T11:59:27.212000+00:00",
    )  # fmt: skip
    assert (first.quality, first.harp, first.path) == (1024, 377, "/SUM12/D1234567/S00000/magnetogram.fits")
    assert (second.observed, second.path, second.quality) == (second.slot, "", 0x80000000)
    assert second.problem == "it has no file (QUALITY 0x80000000)"
    assert first.keywords["*recnum*"] == "123"
    assert "BUNIT" not in first.keywords
    assert "T_OBS" not in second.keywords


def test_a_full_disk_has_no_harp() -> None:
    assert [record.harp for record in records(ANSWER)] == [None, None]


def test_no_records_have_no_columns() -> None:
    assert records({"count": 0, "runtime": 0.01, "status": 0}) == ()
    assert parse_rs_list({"count": "0", "status": 0}).values == {}


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        (("status",), 1, "status 1: 'no reason given'"),
        (("status",), None, "'status' is missing"),
        (("count",), 3, "column T_REC has 2 values for 3 records"),
        (("count",), 0, "says that it has no records"),
        (("count",), 10**6, "accepted: 0 to 100,000"),
        (("keywords",), None, "'keywords' is missing; a list"),
        (("keywords", 0, "values"), ["2026.02.03_12:00:00_TAI"], "has 1 values for 2 records"),
        (("keywords", 0, "values", 0), None, "T_REC holds a value that is no text"),
        (("keywords", 0, "values", 0), "2026.02.03_12:00:00", "expected: 2026.02.03_12:00:00_TAI"),
        (("keywords", 0, "values", 0), "2026.02.30_12:00:00_TAI", "expected: 2026.02.03_12:00:00_TAI"),
        (("keywords", 0, "values", 0), "2026.02.03_13:00:00_TAI", "outside the time asked for"),
        (("keywords", 0, "name"), "T_OBS", "the column T_OBS twice"),
        (("keywords", 0, "name"), "T_OTHER", "lacks the column T_REC"),
        (("keywords", 1, "values", 0), "2026.02.03_14:00:04_TAI", "more than 30 minutes apart"),
        (("keywords", 2, "values", 0), "Invalid KeyLink", "QUALITY is 'Invalid KeyLink'"),
        (("keywords", 2, "values", 0), "1e3", "QUALITY is '1e3'"),
        (("keywords", 3, "values", 0), "MISSING", "HARPNUM is 'MISSING'"),
        (("keywords", 3, "values", 0), "378", "lists HARP 378; HARP 377 was asked for"),
        (("keywords", 0, "values", 1), "2026.02.03_12:00:00_TAI", "lists an image twice"),
        (("segments",), ANSWER["segments"] * 2, "paths more than once"),
        (("segments",), [], "no paths of segment 'magnetogram'"),
        (("segments", 0, "values", 0), "InvalidSegName", "does not know this segment"),
        (("segments", 0, "values", 0), "/etc/passwd", "is none of JSOC's storage"),
        (("segments", 0, "values", 0), "/SUM1/../etc/passwd", "is none of JSOC's storage"),
        (("segments", 0, "values", 0), "//evil.org/SUM1/D1/a.fits", "is none of JSOC's storage"),
        (("segments", 0, "values", 0), "http://evil.org/SUM1/D1/a.fits", "is none of JSOC's storage"),
    ],
)
def test_what_is_not_understood_is_named(place: tuple[str | int, ...], value: Any, problem: str) -> None:
    with pytest.raises(BadFileError, match=problem):
        records(changed(place, value), regions=True, harp=377)


def test_the_archives_own_error_is_quoted_printably() -> None:
    with pytest.raises(BadFileError, match=r"status 1: ' ?jsoc_info: series not found.\?\[0m'"):
        parse_rs_list({"status": 1, "error": " jsoc_info: series not found.\x1b[0m"})


def test_a_file_that_is_not_on_line_is_told() -> None:
    first, _ = records(changed(("segments", 0, "values", 0), "NoDataDirectory"))
    assert first.problem == "its file is not on line (QUALITY 0x00000400)"


@pytest.mark.parametrize(
    ("text", "bits"),
    [("0x00000400", 1024), ("0X80000000", 2**31), ("1024", 1024), ("-2147483648", 2**31), (" 0 ", 0)],
)
def test_quality(text: str, bits: int) -> None:
    assert quality_bits(text) == bits


@pytest.mark.parametrize("text", ["", "0x", "0x123456789", "4294967296", "1.0", "nan", "٣"])
def test_other_qualities_are_refused(text: str) -> None:
    with pytest.raises(BadFileError, match="expected: such as 0x00000400 or 1024"):
        quality_bits(text)


def test_exports_that_are_ready() -> None:
    answer = parse_export(EXPORT)
    assert (answer.ready, answer.files[0].path) == (True, "/SUM12/D1234567/S00000/magnetogram.fits")
    there = {
        "status": "0", "requestid": "JSOC_20260203_123", "count": "1", "dir": "/SUM9/D9/S00000",
        "data": [{"record": "hmi.M_720s[]", "filename": "hmi.M_720s.20260203_TAI.3.magnetogram.fits"},
                 {"record": "hmi.M_720s[x]", "filename": "NoDataFile"}],
    }  # fmt: skip
    answer = parse_export(there)
    assert [file.path for file in answer.files] == [
        "/SUM9/D9/S00000/hmi.M_720s.20260203_TAI.3.magnetogram.fits"
    ]
    assert answer.notes == ("no file for hmi.M_720s[x]: it has no file",)
    for change, problem in (
        ({"count": 5}, "lists 2 of 5 files"),
        ({"data": None}, "'data' is missing"),
        ({"dir": "/tmp"}, "none of JSOC's storage"),
        ({"data": [{"record": "x", "filename": "../a"}]}, "file name '../a' is not accepted"),
        ({"data": [there["data"][0]] * 2, "count": 2}, "lists a file twice"),
        ({"requestid": "../1"}, "'requestid' is none"),
    ):
        with pytest.raises(BadFileError, match=problem):
            parse_export(there | change)


@pytest.mark.parametrize("status", [1, 2, 6, 12])
def test_exports_that_are_not_ready(status: int) -> None:
    answer = parse_export({"status": status, "requestid": "JSOC_20260203_123", "wait": 10})
    assert (answer.ready, answer.problem, answer.request) == (False, "", "JSOC_20260203_123")


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (3, "too large (status 3): Request exceeds"),
        (4, "refused"),
        (5, "deleted since"),
        (7, "failed"),
        (-1, "f"),
    ],
)
def test_exports_that_failed(status: int, meaning: str) -> None:
    answer = parse_export({"status": status, "requestid": "VOID", "error": "Request exceeds"})
    assert answer.problem.startswith(meaning) or meaning in answer.problem
    assert not answer.ready


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


def mutations(document: Any) -> st.SearchStrategy[Any]:
    """The document with one value replaced, somewhere."""
    places: list[tuple[str | int, ...]] = []

    def walk(value: Any, place: tuple[str | int, ...]) -> None:
        places.append(place)
        for key, inner in (
            value.items()
            if isinstance(value, dict)
            else (enumerate(value) if isinstance(value, list) else ())
        ):
            walk(inner, (*place, key))

    def put(place: tuple[str | int, ...], value: Any) -> Any:
        if not place:
            return value
        whole = copy.deepcopy(document)
        part = whole
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = value
        return whole

    walk(document, ())
    return st.builds(put, st.sampled_from(places), json_values)


@settings(max_examples=300)
@given(mutations(ANSWER))
def test_any_list_is_read_or_refused(document: Any) -> None:
    try:
        found, told = records(document, regions=True), ""
    except FlarescopeError as error:
        found, told = (), str(error)
    assert told.isprintable()
    assert len(told) < 500
    for record in found:
        assert A - timedelta(minutes=1) <= record.slot <= B + timedelta(minutes=1)
        assert not record.path or storage_path(record.path)


@settings(max_examples=200)
@given(mutations(EXPORT))
def test_any_export_is_read_or_refused(document: Any) -> None:
    try:
        answer, told = parse_export(document), ""
    except FlarescopeError as error:
        answer, told = ExportAnswer(ready=False), str(error)
    assert told.isprintable()
    assert all(storage_path(file.path) for file in answer.files)
    assert answer.problem.isprintable()
