"""Flare lists in every format: what is read, repaired, merged and refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarescope.errors import BadFileError, BadOptionError, FlarescopeError
from flarescope.flare import FlareCatalog
from flarescope.sources.flare_coverage import holes
from flarescope.sources.flares import read_flares

GOES = """start_time,peak_time,end_time,label,noaa_ar,obs
2012-03-06 00:10:00,2012-03-06 00:20:00,2012-03-06 00:30:00,M1.2,11429,G15
2012/03/06 02:10,2012-03-06 02:20:00,2012/03/06 02:30,C1.346,0,G15
2024/02/09 23:58,2024-02-09 00:07:00,2024/02/09 00:14,C3.9,13575,G16
2024/02/16 23:46,2024-02-16 23:56:00,2024/02/16 00:08,C2.7,3576,G16
2024/02/20 10:13,2024-02-20 10:36:00,2024/02/20 10:27,B2.9,3576,G16
2024/02/21 10:13,2024-02-20 05:36:00,2024/02/21 10:27,B2.9,3576,G16
2024/02/22 10:13,2024-02-22 10:13:00,2024/02/22 10:13,A0.0,3576,G16
"""
REPORT = (
    "31777140101  0721 0729 0726 S12W47                         C 32    G15  1.0E-03 11940 131228.7  \n"
    "31777141231  2302 0017 2339                                M 12    G15  4.7E-03                 \n"
    "31777141231  2340 0003 ////                                C 25    G15  1.7E-03 11190\n\x1a"
)
SHORT = "2014 01 01 1840 1852 1903 M9.9 1936\n2014 10 14 1907 2121 0019 M2.2 NaN\n"


def read(folder: Path, *texts: str | bytes) -> FlareCatalog:
    paths = []
    for k, text in enumerate(texts):
        path = folder / f"list{k}.txt"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        paths.append(path)
    return read_flares(*paths)


def t(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_mixed_dates_midnight_and_disorder(tmp_path: Path) -> None:
    flares = read(tmp_path, GOES).flares
    assert len(flares) == 6
    assert (flares[2].peak, flares[2].end) == (t("2024-02-10 00:07"), t("2024-02-10 00:14"))
    assert (flares[3].peak, flares[3].end) == (t("2024-02-16 23:56"), t("2024-02-17 00:08"))
    assert (flares[4].peak, flares[4].end) == (None, None)  # the end was before the peak
    assert (flares[5].peak, flares[5].end) == (None, t("2024-02-21 10:27"))  # hours early: no midnight
    assert [f.noaa_region for f in flares[:4]] == [11429, None, 13575, 13576]
    assert [f.scale for f in flares[1:3]] == ["operational", "science"]


def test_what_was_repaired_is_counted(tmp_path: Path) -> None:
    notes = " ".join(read(tmp_path, GOES).notes)
    for note in (
        "1 peak times moved",
        "2 end times moved",
        "1 peak times dropped",
        "1 flares lost",
        "1 records of class A0.0",
    ):
        assert note in notes


def test_a_peak_or_end_years_after_the_start_is_dropped(tmp_path: Path) -> None:
    line = "2012-03-06 00:10,2012-03-06 00:20,2022-03-06 00:30,M1"
    (flare,) = read(tmp_path, f"start,peak,end,class\n{line}\n")
    assert (flare.peak, flare.end) == (t("2012-03-06 00:20"), None)
    assert "1 end times dropped: over 2 days" in read(tmp_path, f"start,peak,end,class\n{line}\n").notes[0]


def test_the_satellite_decides_the_scale_and_else_the_date(tmp_path: Path) -> None:
    by_satellite = read(tmp_path, "start,class,obs\n2019-12-20 10:00,C1,G16\n2020-01-24 10:00,C1,G15\n")
    assert [f.scale for f in by_satellite] == ["science", "operational"]
    by_date = read(tmp_path, "start,class\n2019-12-20 10:00,C1\n2020-01-24 10:00,C1\n")
    assert [f.scale for f in by_date] == ["operational", "science"]


def test_an_unnamed_row_number_and_clock_times(tmp_path: Path) -> None:
    text = """start_time,max_time,goes_class,noaa_ar
0,2001-04-02 23:52:00,0001,X20 ,9393
1,2001-04-03 03:25:00,////,"C7,4",0
"""
    first, second = read(tmp_path, text)
    assert (first.peak, first.noaa_region, str(first.goes_class)) == (t("2001-04-03 00:01"), 9393, "X20.0")
    assert (second.peak, str(second.goes_class)) == (None, "C7.4")


def test_start_only(tmp_path: Path) -> None:
    catalog = read(tmp_path, "start_utc,goes_class\n2026-01-01 00:56:00,C1.7\n2026-01-03 21:41:00,B9.1\n")
    assert catalog.flares[0].end is None
    assert catalog.coverage == ((t("2026-01-01"), t("2026-01-04")),)


def test_times_with_a_zone_are_converted(tmp_path: Path) -> None:
    catalog = read(tmp_path, "start,class\n2026-01-01T00:56:00+02:00,C1.7\n2026-01-01T00:57:00Z,C2.7\n")
    assert [f.start for f in catalog] == [t("2025-12-31 22:56"), t("2026-01-01 00:57")]


def test_noaa_reports_have_their_class_in_tenths(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, REPORT)
    assert str(first.goes_class) == "C3.2"
    assert first.position is not None
    assert (first.position.longitude, first.position.latitude) == (47.0, -12.0)
    assert (first.peak, first.end, first.noaa_region) == (t("2014-01-01 07:26"), t("2014-01-01 07:29"), 11940)
    assert (second.end, second.noaa_region) == (t("2015-01-01 00:17"), None)
    assert third.peak is None


def test_the_short_list(tmp_path: Path) -> None:
    catalog = read(tmp_path, SHORT)
    assert [f.noaa_region for f in catalog] == [11936, None]
    assert catalog.flares[1].end == t("2014-10-15 00:19")
    assert any("no flare below M2.2" in note for note in catalog.notes)


def test_one_flare_in_two_lists_is_one_flare(tmp_path: Path) -> None:
    bare = "start,class\n2014-01-01 07:21,C3.2\n2014-01-01 09:00,C3.2\n"
    catalog = read(tmp_path, bare, REPORT)
    assert len(catalog) == 4
    assert catalog.flares[0].source == "list1.txt"  # the more complete record
    assert "1 duplicate records merged." in catalog.notes


def test_two_satellites_are_one_flare_and_two_classes_are_two(tmp_path: Path) -> None:
    text = (
        "start,peak,end,class,noaa_ar,obs\n"
        "2022-02-28 08:05,2022-02-28 08:37,2022-02-28 15:17,C1.3,0,G17\n"
        "2022-02-28 08:05,2022-02-28 08:37,2022-02-28 09:02,C1.2,12956,G16\n"
        "2024-06-10 10:18,2024-06-10 10:58,2024-06-10 11:03,M5.3,13697,G16\n"
        "2024-06-10 10:18,2024-06-10 11:08,2024-06-10 11:18,X1.5,13697,G16\n"
    )
    assert [str(f.goes_class) for f in read(tmp_path, text)] == ["C1.2", "M5.3", "X1.5"]


@given(st.permutations(range(6)), st.integers(1, 5))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_and_number_of_lists_does_not_matter(tmp_path: Path, order: list[int], cut: int) -> None:
    lines = GOES.split("\n")[1:7]
    header = GOES.split("\n")[0]
    parts = [
        "\n".join([header, *(lines[i] for i in part)]) + "\n" for part in (order[:cut], order[cut:], order)
    ]
    found = read(tmp_path, *parts)
    assert [(f.start, f.goes_class) for f in found] == [(f.start, f.goes_class) for f in read(tmp_path, GOES)]


def test_a_long_silence_of_a_busy_list_is_a_hole(tmp_path: Path) -> None:
    start = t("2015-05-01")
    times = [start + timedelta(hours=4 * k) for k in range(6 * 90)]
    lines = [f"{m:%Y-%m-%d %H:%M:%S},C2.0" for m in times if not 40 <= (m - start).days < 50]
    catalog = read(tmp_path, "start,class\n" + "\n".join(lines))
    assert len(catalog.coverage) == 2
    assert not catalog.covers(start + timedelta(days=44), start + timedelta(days=45))
    assert catalog.covers(start + timedelta(days=50), start + timedelta(days=60))
    assert any("a hole in the list" in note for note in catalog.notes)


def test_a_quiet_sun_is_no_hole() -> None:
    rng = np.random.default_rng(1)
    start = np.datetime64("2019-01-01", "us")
    weekly = start + np.sort(rng.uniform(0, 365, 40) * 86_400e6).astype("timedelta64[us]")
    assert holes(weekly) == ()
    busy = start + np.sort(rng.uniform(0, 365, 2000) * 86_400e6).astype("timedelta64[us]")
    assert holes(busy) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 is missing"),
        ("   \n \n", "line 1 is missing"),
        (b"\x89PNG\r\n\x1a\n\0\0", "line 1 is not text"),
        ("start,class\n2012-03-06 00:10,M1\n\0", "line 3 is not text"),
        ("hello,world\n1,2\n", "line 1 is no header"),
        ("start,class\n", "line 2 is missing"),
        ("start,class\n2012-03-06 00:10,M1\n2012-13-06 00:10,M1\n", "line 3 has no readable start time"),
        ("start,class\n2012-03-06 00:10,M1\n\n2012-03-06 00:10,Q1\n", "line 4 has no readable GOES class"),
        ("start,class\n2012-03-06 00:10,M1\n1,2,3,4\n", "line 3"),
        # two lines glued together: pandas alone would name rows by the cells too many, and lose the others
        ("start,class\n2012-03-06 00:10,M1,2012-03-07 00:10,M2\n2012-03-08 00:10,M1\n", "line 2 has 4 cells"),
        ("start,class" + ",x" * 300 + "\n2012-03-06 00:10,M1\n", "line 1 has 302 cells"),
        ("start,class\nx,2012-03-06 00:10,M1\ny,2012-03-08 00:10,M1\n", "line 2 has 3 cells"),
        ("start,class\n2012-03-06 00:10,M1\n1,2012-03-08 00:10,M1\n", "line 3 has 3 cells"),
        (REPORT.split("\n")[0] + "\n31777 and nothing else\n", "line 2 is no flare"),
        (SHORT + "2014 99 99 1840 1852 1903 M9.9 1936\n", "line 3 has no readable start time"),
        (SHORT + "done\n", "line 3 is no flare"),
    ],
)
def test_other_files_are_refused_by_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(BadFileError, match=message) as caught:
        read(tmp_path, text)
    assert "list0.txt" in str(caught.value)
    assert "Accepted" in str(caught.value)


def test_missing_files_and_no_files(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="cannot be read"):
        read_flares(tmp_path / "none.csv")
    with pytest.raises(BadOptionError, match="at least one"):
        read_flares()


@given(st.sampled_from([GOES, REPORT, SHORT]), st.data())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbled_lists_are_read_or_refused(tmp_path: Path, text: str, data: st.DataObject) -> None:
    garbled = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(garbled) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert"])):
            case "flip":
                garbled[at] = data.draw(st.integers(0, 255))
            case "cut":
                del garbled[at : at + data.draw(st.integers(1, 40))]
                garbled = garbled or bytearray(b"x")
            case "insert":
                garbled[at:at] = data.draw(st.binary(max_size=6))
    catalog = read_or_refusal(tmp_path, bytes(garbled))
    if isinstance(catalog, FlarescopeError):
        assert "\n" not in str(catalog)
        assert "list0.txt" in str(catalog)
        return
    assert len(catalog) > 0
    assert all(f.end is None or f.start <= f.end for f in catalog)
    assert all(f.peak is None or f.end is None or f.start <= f.peak <= f.end for f in catalog)


def read_or_refusal(folder: Path, text: bytes) -> FlareCatalog | FlarescopeError:
    try:
        return read(folder, text)
    except FlarescopeError as error:
        return error


@given(st.binary(max_size=300))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_noise_is_refused(tmp_path: Path, noise: bytes) -> None:
    with pytest.raises(BadFileError, match="list0"):
        read(tmp_path, noise)
