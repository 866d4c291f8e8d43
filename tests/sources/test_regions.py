"""HARP and NOAA numbers, Solar Region Summaries, region tables."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarescope.errors import BadFileError, FlarescopeError
from flarescope.sources.noaa_numbers import full_region_numbers
from flarescope.sources.region_tables import read_region_days, read_sharp_keywords
from flarescope.sources.regions import HarpNoaa, read_harp_noaa
from flarescope.sources.srs import RegionSummary, parse_srs, read_srs, read_srs_archive

MODERN = """:Product: 0306SRS.txt
:Issued: 2015 Mar 06 0030 UTC
# Made up for a test
SRS Number 65 Issued at 0030Z on 06 Mar 2015
I.  Regions with Sunspots.  Locations Valid at 05/2400Z
Nmbr Location  Lo  Area  Z   LL   NN Mag Type
2297 S16E60   230  0350 Dkc  10   09 Beta-Gamma
2298 N05W53   342  0010 Axx  01    Alpha
IA. H-alpha Plages without Spots.  Locations Valid at 05/2400Z Mar
Nmbr  Location  Lo
2292  S08W84   013
II. Regions Due to Return 06 Mar to 08 Mar
Nmbr Lat    Lo
2288 S08    185
"""
OLD = """:Product: 19960106SRS.txt
:Issued: 1996 Jan 06 0030 UTC
I. REGIONS WITH SUNSPOTS. LOCATIONS VALID AT 05/2400Z JANUARY
NMBR LOCATION  LO  AREA  Z   LL   NN MAG TYPE
7938  N12W41  187  0270 DSI  09  026 BETA
IA. H-ALPHA PLAGES WITHOUT SPOTS.  LOCATIONS VALID AT 05/2400Z
NMBR  LOCATION  LO            COMMENT
NONE
II. REGIONS DUE TO RETURN 06 JANUARY TO 08 JANUARY
NMBR LAT    LO
9999, 0000, 0001, and so on
"""


def srs(folder: Path, text: str | bytes) -> RegionSummary:
    path = folder / "SRS.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_srs(path)


def test_a_modern_summary(tmp_path: Path) -> None:
    summary = srs(tmp_path, MODERN)
    assert summary.issued == datetime(2015, 3, 6, 0, 30, tzinfo=UTC)
    assert summary.valid_at == datetime(2015, 3, 6, tzinfo=UTC)
    first, second = summary.regions
    assert (first.region.noaa, first.region.area_msh) == ((12297,), 350.0)
    assert first.region.position is not None
    assert (first.region.position.longitude, first.region.position.latitude) == (-60.0, -16.0)
    assert (first.mcintosh, first.magnetic, first.spots, first.extent_degrees) == (
        "Dkc",
        "beta-gamma",
        9,
        10.0,
    )
    assert (second.region.noaa, second.mcintosh) == ((12298,), None)  # a number is missing in its line
    assert "line 8 gives no area" in summary.notes[0]
    assert [p.region.noaa for p in summary.plages] == [(12292,)]
    assert summary.returning == (12288,)


def test_an_old_summary_in_capitals(tmp_path: Path) -> None:
    summary = srs(tmp_path, OLD)
    assert [r.region.noaa for r in summary.regions] == [(7938,)]
    assert (summary.regions[0].mcintosh, summary.regions[0].spots) == ("Dsi", 26)
    assert summary.plages == summary.returning == ()


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("2298 N05W53", " 2298 N05W53", "line 8 could not be read: '2298 N05W53"),
        ("2298 N05W53", "N05W53", "line 8 could not be read: 'N05W53"),
        ("2298 N05W53   342", "2298 N05W53   942", "line 8 could not be read"),
        ("2288 S08", "2288 08", "could not be read: '2288 08"),
        ("2297 S16E60", "2297 S16E06", "region 12297: its place and its Carrington longitude"),
        ("2298 N05W53", "2297 N05W53", "region 12297 stands 2 times"),
        ("Beta-Gamma", "Beta-Gamba", "line 7 gives no area and class"),
        ("2292  S08W84   013", "2292 S08W84 013 0350 Dkc 10 09 Beta", "gives an area, but stands among"),
        ("I.  Regions", "2288 S08W10 185\nI.  Regions", "stands outside the sections: '2288 S08W10 185'"),
    ],
)
def test_what_is_left_out_or_doubtful_is_noted(tmp_path: Path, old: str, new: str, note: str) -> None:
    assert old in MODERN
    assert any(note in said for said in srs(tmp_path, MODERN.replace(old, new)).notes)


@pytest.mark.parametrize("text", [MODERN, OLD, MODERN.replace("\n", "\r\n")], ids=["modern", "old", "DOS"])
def test_a_cut_off_summary_is_never_a_summary_of_fewer_regions(text: str) -> None:
    check_cuts(text, range(len(text)))


def check_cuts(text: str, ends: Iterable[int]) -> None:
    """A cut text is refused, or says the same; only the last regions about to return may be lost unseen."""
    whole, second = parse_srs("srs", text), re.search(r"^II\. ", text, re.MULTILINE)
    assert second is not None
    for end in ends:
        try:
            found = parse_srs("srs", text[:end])
        except BadFileError:
            continue
        assert end > second.end(), f"accepted after {end} letters"
        returning = whole.returning[: len(found.returning)]
        assert replace(found, notes=()) == replace(whole, returning=returning, notes=())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("IA. H-alpha", "1A. H-alpha", "section IA is missing: the summary is cut off"),
        ("II. Regions", "2. Regions", "section II is missing"),
        ("2288 S08    185\n", "", "section II has neither rows nor the word None"),
        ("2292  S08W84   013\n", "", "section IA has neither rows nor the word None"),
        ("2288 S08    185\n", "2288 S08    18", "ends in the middle: '2288 S08 18'"),
    ],
)
def test_a_summary_without_a_section_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in MODERN
    with pytest.raises(BadFileError, match=problem):
        srs(tmp_path, MODERN.replace(old, new))
    assert srs(tmp_path, MODERN.rstrip("\n")) == srs(tmp_path, MODERN)


def test_an_archive_keeps_what_was_issued_cut_off(tmp_path: Path) -> None:
    cut = MODERN[: MODERN.index("IA. ")]
    found = read_srs_archive(archive(tmp_path, {"20150306SRS.txt": cut.encode()}))
    assert [note for note in found[0].notes if "missing" in note] == [
        "section IA is missing: the summary may be cut off.",
        "section II is missing: the summary may be cut off.",
    ]


def test_a_summary_needs_its_first_section_and_each_only_once(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="has no section I"):
        srs(tmp_path, MODERN.replace("I.  Regions", "1.  Regions"))
    with pytest.raises(BadFileError, match="begins section I anew"):
        srs(tmp_path, MODERN.replace("II. Regions", "I. Regions"))


def test_a_summary_of_new_year_and_an_early_one(tmp_path: Path) -> None:
    new_year = MODERN.replace("2015 Mar 06", "2015 Jan 01").replace("05/2400Z", "31/2400Z")
    assert srs(tmp_path, new_year).valid_at == datetime(2015, 1, 1, tzinfo=UTC)
    early = MODERN.replace("2015 Mar 06 0030", "2015 Mar 05 2200")
    assert srs(tmp_path, early).valid_at == datetime(2015, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("I.  Regions", "no line says when it was issued"),
        (MODERN.replace("06 0030 UTC", "36 0030 UTC"), "is no time"),
        (MODERN.replace("05/2400Z", "17/2400Z"), "hold for day 17"),
        (MODERN.replace("Valid", "Made"), "no heading says"),
    ],
)
def test_other_summaries_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadFileError, match=message):
        srs(tmp_path, text)


@given(st.sampled_from([MODERN, OLD]), st.integers(0, 600), st.binary(max_size=8), st.integers(0, 30))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbled_summaries_are_read_or_refused(
    tmp_path: Path, text: str, at: int, new: bytes, cut: int
) -> None:
    data = text.encode()
    data = data[:at] + new + data[at + cut :]
    summary = summary_or_refusal(tmp_path, data)
    if isinstance(summary, FlarescopeError):
        assert "SRS.txt" in str(summary)
    else:
        assert all(10_000 > r.region.noaa[0] >= 0 or r.region.noaa[0] < 100_000 for r in summary.regions)


def summary_or_refusal(folder: Path, data: bytes) -> RegionSummary | FlarescopeError:
    try:
        return srs(folder, data)
    except FlarescopeError as error:
        return error


def archive(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "2015_SRS.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_an_archive_is_read_in_order_and_never_unpacked(tmp_path: Path) -> None:
    members = {
        "../../outside/20150306SRS.txt": MODERN.encode(),
        "/etc/19960106SRS.txt": OLD.encode(),
        "readme": b"\0",
    }
    path = archive(tmp_path, members)
    before = sorted(tmp_path.rglob("*"))
    assert [s.issued.year for s in read_srs_archive(path)] == [1996, 2015]
    assert sorted(tmp_path.rglob("*")) == before


def test_bombs_and_damage_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, {"20150306SRS.txt": b"0" * (2**20 + 1)})
    with pytest.raises(BadFileError, match="up to 1 MB"):
        read_srs_archive(path)
    whole = archive(tmp_path, {"20150306SRS.txt": MODERN.encode() * 50}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadFileError, match=r"damaged|cannot be read"):
        read_srs_archive(path)
    path.write_bytes(b"no archive")
    with pytest.raises(BadFileError, match=r"damaged|cannot be read"):
        read_srs_archive(path)


def test_region_numbers_passed_9999() -> None:
    numbers = np.array([7938, 9999, 9999, 5, 2293, 12293, 0])
    days = np.array(
        ["1996-01-05", "2002-06-13", "2002-06-28", "2002-06-28", "2015-03-06", "2015-03-06", "2002-06-15"],
        "M8[D]",
    )
    assert full_region_numbers(numbers, days).tolist() == [7938, 9999, 9999, 10_005, 12_293, 12_293, 10_000]


pairs = st.dictionaries(
    st.integers(1, 50), st.lists(st.integers(11_000, 11_020), min_size=1, max_size=4, unique=True), min_size=1
)


@given(pairs)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_harp_and_noaa_are_one_to_many_both_ways(tmp_path: Path, table: dict[int, list[int]]) -> None:
    path = tmp_path / "harps.txt"
    lines = [f"{harp} {','.join(map(str, regions))}" for harp, regions in table.items()]
    path.write_text("\n".join(["HARPNUM NOAA_ARS", *lines]))
    found = read_harp_noaa(path)
    assert len(found) == len(table)
    for harp, regions in table.items():
        assert found.noaa(harp) == tuple(sorted(regions))
        assert all(harp in found.harps(region) for region in regions)
    for region in range(11_000, 11_021):
        assert all(region in found.noaa(harp) for harp in found.harps(region))
    assert found.noaa(51) == found.harps(1) == ()


@pytest.mark.parametrize("text", ["", "HARPNUM NOAA_ARS\n", "HARPNUM NOAA_ARS\n1 MISSING\n", "1 2 3\n", "\0"])
def test_other_tables_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "harps.txt"
    path.write_text(text)
    with pytest.raises(BadFileError, match=r"line \d"):
        read_harp_noaa(path)


def test_keywords_come_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "sharp.parquet"
    clock = pd.to_datetime(["2010-05-01 17:00", "2016-12-31 12:00", "2017-06-01 12:00"])
    pd.DataFrame({"HARPNUM": 1, "USFLUX": 1e21, "T": clock}).to_parquet(path)
    lag = clock - pd.DatetimeIndex(read_sharp_keywords(path)["time_utc"])
    assert lag.total_seconds().tolist() == [34, 36, 37]
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BadFileError, match="no Parquet"):
        read_sharp_keywords(path)


def test_region_days_need_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(BadFileError, match="lacks the columns"):
        read_region_days(path)


def test_a_harp_table_is_a_value() -> None:
    assert HarpNoaa({45: (11073, 11077)}).harps(11077) == (45,)


@pytest.mark.realdata
def test_real_regions(data_dir: Path) -> None:
    harps = read_harp_noaa(data_dir / "regions/all_harps_with_noaa_ars.txt")
    assert len(harps) == 2323
    assert (harps.noaa(377), harps.noaa(1449)) == ((11158,), (11429, 11430))
    assert sum(len(regions) > 1 for regions in harps.by_harp.values()) == 471
    samples = [read_srs(path) for path in sorted((data_dir / "regions/srs_samples").glob("*.txt"))]
    assert len(samples) == 12
    assert all(s.valid_at.hour == 0 for s in samples)
    days = read_region_days(data_dir / "regions/mcintosh_region_days_1996_2018.csv")
    assert (len(days), days["noaa"].min(), days["noaa"].max()) == (33_516, 7981, 12_731)


@pytest.mark.realdata
def test_real_summaries_cut_off(data_dir: Path) -> None:
    files = sorted((data_dir / "regions/srs_samples").glob("*.txt"))
    for path in files:
        text = path.read_text("latin-1")
        check_cuts(text, range(0, len(text), 3))
    assert len(files) == 12


@pytest.mark.realdata
def test_real_archives(data_dir: Path) -> None:
    summaries = [
        summary
        for path in sorted((data_dir / "regions/srs_daily").glob("*.tar.gz"))
        for summary in read_srs_archive(path)
    ]
    assert len(summaries) == 3648  # 2019 lacks two days
    notes = [note for s in summaries for note in s.notes]
    assert sum("gives no area" in note for note in notes) == 2  # 2011-07-25, 2014-09-04: a number is missing
    assert sum("Carrington" in note for note in notes) == 8  # misprints, such as 106° on 2018-05-05
    assert sum("is missing" in note for note in notes) == 2  # 2019-10-11 ends after the heading of section I
    assert len(notes) == 12
    assert (
        sum(s.issued < s.valid_at for s in summaries) == 1
    )  # that of 2010-05-13 was issued at 22 UTC before
    numbers = {n for s in summaries for r in (*s.regions, *s.plages) for n in r.region.noaa}
    assert 11_030 < min(numbers) < max(numbers) < 12_760
    days = read_region_days(data_dir / "regions/mcintosh_region_days_1996_2018.csv")
    areas = days.set_index(["issued_utc", "noaa"])["area_msh"].to_dict()
    both = [
        (r.region.area_msh, areas[key])
        for s in summaries
        for r in s.regions
        if (key := (pd.Timestamp(s.issued.replace(tzinfo=None)), r.region.noaa[0])) in areas
    ]
    assert len(both) > 11_000
    assert np.mean([a == b for a, b in both]) > 0.99
