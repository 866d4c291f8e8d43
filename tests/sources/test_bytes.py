"""Files in memory: the same reading as from the disk, keywords from a list, and what a COMMENT tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadFileError, BadOptionError, WrongTimeError
from flarescope.sources.files import read_magnetogram, read_magnetogram_bytes
from flarescope.sources.jsoc_series import KEYS, REGION_KEYS
from flarescope.sources.limits import FileBytes
from flarescope.sources.tai import from_tai, to_tai

NAME = Path("hmi.M_720s.20140609_234800_TAI.magnetogram.fits")


def test_bytes_are_read_as_the_file_is(tmp_path: Path, made) -> None:
    data = made.sharp()
    path = tmp_path / NAME.name
    path.write_bytes(data)
    one, other = read_magnetogram(path), read_magnetogram_bytes(FileBytes(NAME, data))
    assert np.array_equal(one.field, other.field, equal_nan=True)
    assert (one.time, one.region, one.origin, one.notes) == (
        other.time, other.region, other.origin, other.notes,
    )  # fmt: skip


def test_the_time_asked_for_is_checked(made) -> None:
    file = FileBytes(NAME, made.sharp())
    assert read_magnetogram_bytes(file, asked="2014-06-09T23:48Z", tolerance="2min").quality == 0
    with pytest.raises(WrongTimeError, match="more than 2 minutes from 2014-06-09T23:36:00Z"):
        read_magnetogram_bytes(file, asked="2014-06-09T23:36Z", tolerance="2min")
    with pytest.raises(BadOptionError, match="Accepted: full_disk, region"):
        read_magnetogram_bytes(file, view="side")


def test_a_bare_file_takes_its_header_from_the_list(made) -> None:
    """JSOC stores pixels; time and geometry are in its database."""
    keywords = {key: str(value) for key, value in made.sharp_header().items()}
    bare = FileBytes(NAME, made.fits(made.sharp_field(), {}, stated=False))
    with pytest.raises(BadFileError, match="no BUNIT"):
        read_magnetogram_bytes(bare)
    image = read_magnetogram_bytes(bare, keywords=keywords | {"QUALITY": "0x00000400"})
    assert (image.quality, image.region.harp, image.region.noaa) == (1024, 4225, (12085, 12087))
    assert any("archive's list" in note for note in image.notes)


def test_a_files_own_header_wins_over_the_list(made) -> None:
    own = FileBytes(NAME, made.sharp())
    image = read_magnetogram_bytes(own, keywords={"HARPNUM": "1", "T_OBS": "2012.01.01_00:00:00_TAI"})
    assert (image.region.harp, image.time.year) == (4225, 2014)
    assert not any("archive's list" in note for note in image.notes)


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name",
    [
        "harp377_hourly/hmi.sharp_cea_720s.377.20110213_080000_TAI.magnetogram.fits",
        "2012-03-06/hmi.sharp_cea_720s.1422.20120306_142400_TAI.magnetogram.fits",
    ],
)
def test_real_pixels_with_keywords_as_text_are_the_real_file(data_dir: Path, name: str) -> None:
    from astropy.io import fits

    path = data_dir / "magnetograms" / "sharp_cea" / name
    with fits.open(path) as hdus:
        header, field = hdus[1].header, np.array(hdus[1].data, dtype=np.float32)
    stream = BytesIO()
    fits.PrimaryHDU(field).writeto(stream)
    keywords = {key: str(header[key]) for key in (*KEYS, *REGION_KEYS, "BUNIT") if key in header}
    whole = read_magnetogram(path)
    bare = read_magnetogram_bytes(FileBytes(path, stream.getvalue()), keywords=keywords)
    assert np.array_equal(whole.field, bare.field, equal_nan=True)
    assert (whole.time, whole.geometry, whole.region, whole.quality) == (
        bare.time, bare.geometry, bare.region, bare.quality,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("comment", "noted"),
    [("JPEG of 512 pixels,\n wrapped", "JPEG of 512 pixels, wrapped"), ("x" * 201, ""), (" \n", "")],
)
def test_a_short_comment_becomes_a_note(made, comment: str, noted: str) -> None:
    data = made.jp2(made.grey_sun(), made.jp2_header() | {"COMMENT": comment})
    notes = read_magnetogram_bytes(FileBytes(Path("a.jp2"), data)).notes
    assert (noted in notes) if noted else not any("x" * 20 in note for note in notes)


@given(st.floats(0, 6.6e9))
def test_tai_there_and_back(seconds: float) -> None:
    time = datetime(1990, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert from_tai(to_tai(time)) == time


def test_tai_at_a_leap_second() -> None:
    before = datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert to_tai(before + timedelta(seconds=1)) - to_tai(before) == timedelta(seconds=2)
    with pytest.raises(BadOptionError, match="from 1990 on"):
        to_tai(datetime(1989, 1, 1, tzinfo=UTC))
