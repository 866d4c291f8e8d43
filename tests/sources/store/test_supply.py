"""Folders of images as supplies: what names tell, which units they make, and what each file gives."""

from __future__ import annotations

import pickle
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import (
    BadFileError,
    BadOptionError,
    FlarescopeError,
    MissingDataError,
    WrongChannelError,
    WrongTimeError,
)
from flarescope.sources.store.listing import OUTSIDE, SAME_TIME, list_files
from flarescope.sources.store.local_images import NO_REGION
from flarescope.sources.store.supply import LocalUnit, units_of

SHARP = "hmi.sharp_cea_720s.4225.20140609_234800_TAI.magnetogram.fits"
HOUR = datetime(2026, 2, 3, 12, tzinfo=UTC)


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def units(*folders: Path, **options: Any) -> dict[str, LocalUnit]:
    return {job.key: job for job in units_of(list_files(folders, **options))}


def image_of(job: LocalUnit, at: int = 0) -> Any:
    return job.supply.supply(job.unit.times[at], job.unit.harp)


@pytest.fixture
def disks(tmp_path: Path, made: Any) -> Path:
    sun = made.image(made.grey_sun())
    return put(
        tmp_path / "disks",
        {
            "2026/02/03/HMI.m2026.02.03_12.00.00.jpg": sun,
            "2026/02/03/HMI.m2026.02.03_12.36.00.jpg": sun,
            "2026/02/03/HMI.m2026.02.03_13.00.00.jpg": sun,
            "2026/02/04/HMI.m2026.02.04_00.00.00.jpg": sun,
            "2026/02/04/.HMI.m2026.02.04_01.00.00.jpg": sun,
            ".cache/HMI.m2026.02.04_01.00.00.jpg": sun,
            "index.csv": b"file\n",
        },
    )


def test_an_hour_of_the_disk_is_a_unit(disks: Path) -> None:
    found = units(disks)
    assert list(found) == ["20260203T1200Z", "20260203T1300Z", "20260204T0000Z"]
    first = found["20260203T1200Z"].unit
    assert first.times == (HOUR, HOUR + timedelta(minutes=36))
    assert (first.day, first.harp) == (HOUR.date(), None)
    supplied = image_of(found["20260203T1200Z"], 1)
    assert supplied.image.view == "full_disk"
    assert supplied.image.time == HOUR + timedelta(minutes=36)
    assert supplied.file.path == Path("2026/02/03/HMI.m2026.02.03_12.36.00.jpg")  # nothing of where it lies
    assert supplied.file.data == (disks / supplied.file.path).read_bytes()


def test_the_listing_counts_and_keeps_to_the_period(disks: Path) -> None:
    listing = list_files([disks], since=HOUR + timedelta(hours=1), until=HOUR + timedelta(hours=12))
    assert (listing.disks, listing.regions, listing.left_out) == (1, 0, {OUTSIDE: 3})


def test_a_day_of_a_region_is_a_unit_by_harp(tmp_path: Path, made: Any) -> None:
    later = SHARP.replace("0609_234800", "0610_000000")
    nrt = SHARP.replace("720s", "720s_nrt")
    folder = put(tmp_path / "a", {SHARP: made.sharp(), later: made.sharp(), nrt: made.sharp()})
    found = units(folder)
    assert list(found) == ["harp04225_20140609", "harp04225nrt_20140609"]  # 00:00 TAI is 23:59:25 UTC
    unit = found["harp04225_20140609"].unit
    assert (unit.harp, len(unit.times)) == (4225, 2)
    image = image_of(found["harp04225_20140609"]).image
    assert (image.region.harp, image.region.noaa) == (4225, (12085, 12087))


def test_a_patch_belongs_to_the_region_of_its_folder(tmp_path: Path, made: Any) -> None:
    patch = made.image(made.grey_sun(256, 300.0))
    name = "2011-02-14T102701__magnetogram.jpg"
    folder = put(tmp_path, {f"11158/a/{name}": patch, f"11158/b/{name}": patch, f"lost/{name}": patch})
    listing = list_files([folder])
    assert listing.left_out == {NO_REGION: 1, SAME_TIME: 1}
    found = {job.key: job for job in units_of(listing)}
    assert list(found) == ["noaa11158_20110214"]
    image = image_of(found["noaa11158_20110214"]).image
    assert (image.view, image.region.noaa) == ("region", (11158,))
    assert list(units(folder / "11158")) == list(found)  # the folder's own name counts


def test_files_of_other_names_are_opened(tmp_path: Path, made: Any) -> None:
    sharp, jp2 = made.sharp(), made.jp2(made.grey_sun(), made.jp2_header())
    nowhere = made.sharp(HARPNUM=None, NOAA_AR=None, NOAA_ARS=None)
    folder = put(
        tmp_path, {"one.fits": sharp, "two.jp2": jp2, "three.fits": nowhere, "four.fits": sharp[:3000]}
    )
    listing = list_files([folder])
    found = {job.key: job for job in units_of(listing)}
    assert list(found) == ["20140609T2300Z", "harp04225_20140609"]
    assert listing.left_out[NO_REGION] == 1
    assert sum(listing.left_out.values()) == 2
    assert image_of(found["harp04225_20140609"]).image.region.harp == 4225
    assert image_of(found["20140609T2300Z"]).image.view == "full_disk"


def test_the_first_sound_file_of_a_time_is_taken(tmp_path: Path, made: Any) -> None:
    first = put(tmp_path / "a", {SHARP: b""})
    second = put(tmp_path / "b", {f"more/{SHARP}": made.sharp()})
    listing = list_files([first, second])
    assert listing.left_out == {SAME_TIME: 1}
    (job,) = units_of(listing)
    assert image_of(job).file.path == Path("more") / SHARP
    (second / "more" / SHARP).write_bytes(b"nonsense")
    with pytest.raises(BadFileError, match="0 bytes") as raised:
        image_of(job)
    assert str(tmp_path) not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        (SHARP.replace("magnetogram", "continuum"), WrongChannelError, "continuum"),
        (SHARP.replace("4225", "4226"), BadFileError, "header says HARP 4225, its name HARP 4226"),
        (SHARP.replace("0609_23", "0609_21"), WrongTimeError, "more than 12 minutes"),
        ("HMI.m2014.06.09_23.48.00.fits", BadFileError, "it shows a region, not what its name says"),
    ],
)
def test_what_is_not_what_its_name_says_is_refused(
    tmp_path: Path, made: Any, name: str, error: type[Exception], message: str
) -> None:
    (job,) = units_of(list_files([put(tmp_path, {name: made.sharp()})]))
    with pytest.raises(error, match=message) as raised:
        image_of(job)
    assert str(raised.value).startswith(name)


def test_a_unit_travels_and_has_no_other_times(disks: Path) -> None:
    job = pickle.loads(pickle.dumps(units(disks)["20260203T1300Z"]))
    assert image_of(job).image.time == HOUR + timedelta(hours=1)
    with pytest.raises(MissingDataError, match="no file of 2026-02-03T12:00:00Z"):
        job.supply.supply(HOUR)
    assert len(pickle.dumps(job)) < 1000  # not the whole listing


def test_a_link_is_followed_and_links_inside_are_not(disks: Path, tmp_path: Path) -> None:
    link, inside = tmp_path / "link", tmp_path / "inside"
    link.symlink_to(disks, target_is_directory=True)
    assert units(link).keys() == units(disks).keys()
    inside.mkdir()
    (inside / "elsewhere").symlink_to(disks, target_is_directory=True)
    with pytest.raises(MissingDataError, match="no image"):
        list_files([inside])


def test_folders_without_images_say_so(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no image"):
        list_files([tmp_path])
    with pytest.raises(BadOptionError, match="is not a folder"):
        list_files([tmp_path / "nowhere"])


@given(st.lists(st.tuples(st.integers(0, 5000), st.sampled_from(["", "377", "1449"])), max_size=40))
def test_every_file_is_in_one_unit_of_its_hour_or_day(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("many")
    for minutes, harp in drawn:
        time = HOUR + timedelta(minutes=minutes)
        name = f"hmi.sharp_cea_720s.{harp}.{time:%Y%m%d_%H%M%S}_TAI.magnetogram.fits"
        (folder / (name if harp else f"HMI.m{time:%Y.%m.%d_%H.%M.%S}.jpg")).write_bytes(b"x")
    if not drawn:
        return
    listing = list_files([folder])
    jobs = list(units_of(listing))
    assert listing.units == len(jobs)
    assert max(Counter(job.key for job in jobs).values()) == 1
    assert sum(len(job.unit.times) for job in jobs) == len(set(drawn))
    for job in jobs:
        spans = {f"{t:%Y%m%d}" if job.unit.harp else f"{t:%Y%m%dT%H}" for t in job.unit.times}
        assert len(spans) == 1
        assert list(job.unit.times) == sorted(job.unit.times)
        assert job.unit.day == job.unit.times[0].date()


@pytest.mark.realdata
def test_real_folders(data_dir: Path) -> None:
    magnetograms = data_dir / "magnetograms"
    assert len(units(magnetograms / "full_disk_2026")) == 1177
    patches = list_files([magnetograms / "active_regions_2012_2017"])
    assert (patches.regions, patches.left_out) == (3125, {SAME_TIME: 1})
    sharps = list_files([magnetograms / "sharp_cea"])
    read, refused = 0, []
    for job in units_of(sharps):
        for time in job.unit.times:
            try:
                read += bool(job.supply.supply(time, job.unit.harp))
            except FlarescopeError as problem:
                refused.append(str(problem))
    assert (read, len(refused)) == (82, 2)  # HARP 7115 has no line-of-sight segment
    assert all("Bp.fits: this is the westward field of the vector magnetogram" in one for one in refused)


@pytest.mark.realdata
def test_real_faults_are_refused_by_name(data_dir: Path) -> None:
    refused = Counter[str]()
    for job in units_of(list_files([data_dir / "faults"])):
        for time in job.unit.times:
            try:
                job.supply.supply(time, job.unit.harp)
            except FlarescopeError as problem:
                refused[type(problem).__name__] += 1
    assert refused == {"BadFileError": 5, "WrongChannelError": 2}
