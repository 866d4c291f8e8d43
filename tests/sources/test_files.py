"""The dispatcher: formats by their bytes, times, the time asked for, and errors in one line."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import BadFileError, BadOptionError, StaleImageError, WrongChannelError, WrongTimeError
from flarescope.sources.files import read_magnetogram
from flarescope.sources.limits import read_bytes
from flarescope.sources.names import region_in_path, time_in_name

NAME = "HMI.m2026.02.03_12.00.00.jpg"


def write(folder: Path, data: bytes, name: str = NAME) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_grey_disk_is_placed_by_its_limb(tmp_path: Path, made, kind: str) -> None:
    m = read_magnetogram(write(tmp_path, made.image(made.grey_sun(), kind)))
    assert (m.view, m.encoding, m.time.isoformat()) == ("full_disk", "grey8", "2026-02-03T12:00:00+00:00")
    assert (m.geometry.x_centre, m.geometry.y_centre, m.geometry.radius) == pytest.approx(
        (63.5, 63.5, 50), abs=0.2
    )
    assert m.geometry.b0 == pytest.approx(-6.18, abs=0.01)
    assert np.isnan(m.field[0, 0])
    lon, lat = m.geometry.heliographic(*np.unravel_index(np.nanargmax(m.field), m.field.shape)[::-1])
    assert lon > 10  # the bright spot lies in the north-west
    assert lat > 5
    assert any("the time asked for" in note for note in m.notes)
    assert any("out of distribution" in note for note in m.notes)  # 128 pixels: another plate scale


def test_a_patch_has_a_region_and_no_geometry(tmp_path: Path, made) -> None:
    grey = np.full((64, 64), 128, np.uint8)
    grey[5, 7] = 250
    folder = tmp_path / "11388" / "2012_01_07_02_27_01_0"
    m = read_magnetogram(write(folder, made.image(grey, "PNG"), "2012-01-06T142701__magnetogram.png"))
    assert (m.view, m.geometry, m.region.noaa) == ("region", None, (11388,))
    assert m.time.isoformat() == "2012-01-06T14:27:01+00:00"
    assert m.field[63 - 5, 7] == 250  # south first
    assert np.isfinite(m.field).all()


def test_time_is_needed_and_may_be_given(tmp_path: Path, made) -> None:
    path = write(tmp_path, made.image(made.grey_sun()), "sun.jpg")
    with pytest.raises(
        BadFileError, match=r"neither the image nor its name says when .* Give time=2026-02-03T12:00Z"
    ):
        read_magnetogram(path)
    assert read_magnetogram(path, time="2026-02-03T12:00Z").time.hour == 12


def test_the_time_asked_for(tmp_path: Path, made) -> None:
    path = write(tmp_path, made.image(made.grey_sun()))
    assert read_magnetogram(path, asked="2026-02-03T12:12Z").time.hour == 12
    with pytest.raises(
        WrongTimeError, match=r"it is of 2026-02-03T12:00:00Z, more than 12 minutes from .*12:13:00Z"
    ):
        read_magnetogram(path, asked="2026-02-03T12:13Z")
    assert read_magnetogram(path, asked="2026-02-03T12:13Z", tolerance="15min").time.hour == 12


def test_fresh_refuses_the_second_hour(tmp_path: Path, made) -> None:
    data = made.image(made.grey_sun())
    first, second = write(tmp_path, data), write(tmp_path, data, NAME.replace("_12", "_13"))
    assert read_magnetogram(first, fresh=True).time.hour == 12
    with pytest.raises(StaleImageError, match=f"already served as {NAME}"):
        read_magnetogram(second, fresh=True)
    assert read_magnetogram(second).time.hour == 13


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "empty"), (b"\0" * 64, "belong to no format"), (b"hello", "belong")]
)
def test_what_is_no_image(tmp_path: Path, data: bytes, words: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(BadFileError, match=words) as caught:
        read_magnetogram(path)
    assert str(path) in str(caught.value)


def test_missing_files_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="there is no such file"):
        read_magnetogram(tmp_path / "none.fits")
    with pytest.raises(BadFileError, match="not a regular file"):
        read_magnetogram(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadFileError, match="not a regular file"):
        read_magnetogram(tmp_path / "pipe")
    with pytest.raises(BadFileError, match="there is no such file"):
        read_magnetogram("a\0b")


def test_too_large_a_file_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, b"12345")
    with pytest.raises(BadFileError, match="has 5 bytes; at most 4"):
        read_bytes(path, max_bytes=4)


def test_colour_images_are_refused(tmp_path: Path, made) -> None:
    colours = np.stack([made.grey_sun(), made.grey_sun() // 2, made.grey_sun() // 4], axis=2)
    with pytest.raises(WrongChannelError, match="colour image"):
        read_magnetogram(write(tmp_path, made.image(colours)))
    grey = np.repeat(made.grey_sun()[..., None], 3, axis=2)
    assert read_magnetogram(write(tmp_path, made.image(grey))).view == "full_disk"


def test_sixteen_bits_are_refused(tmp_path: Path, made) -> None:
    with pytest.raises(BadFileError, match="accepted: 8-bit grey"):
        read_magnetogram(write(tmp_path, made.image(made.grey_sun().astype(np.uint16) * 200, "PNG")))


def test_a_decompression_bomb_is_refused_before_decoding(tmp_path: Path, made) -> None:
    data = bytearray(made.image(np.zeros((16, 16), np.uint8), "PNG"))
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    with pytest.raises(BadFileError, match=r"60000|pixels"):
        read_magnetogram(write(tmp_path, bytes(data)))


def test_options_are_checked(tmp_path: Path, made) -> None:
    path = write(tmp_path, made.image(made.grey_sun()))
    with pytest.raises(BadOptionError, match="Accepted: full_disk, region"):
        read_magnetogram(path, view="limb")
    with pytest.raises(BadOptionError, match="Accepted: 90s"):
        read_magnetogram(path, tolerance="soon")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HMI.m2026.02.03_12.00.00.jpg", "2026-02-03T12:00:00+00:00"),
        ("2012-01-06T142701__magnetogram.jpg", "2012-01-06T14:27:01+00:00"),
        ("20220101_014500_512_HMIB.jpg", "2022-01-01T01:45:00+00:00"),
        ("2022_08_02__10_47_53_000__SDO_HMI_HMI_magnetogram.jp2", "2022-08-02T10:47:53+00:00"),
        ("sdoml_HMI20130131_0000_bz.npz", "2013-01-31T00:00:00+00:00"),
        ("hmi.sharp_cea_720s.377.20110213_050000_TAI.magnetogram.fits", "2011-02-13T04:59:26+00:00"),
        ("HMI.m2026.13.03_12.00.00.jpg", None),
        ("sun.jpg", None),
    ],
)
def test_times_in_names(name: str, expected: str | None) -> None:
    time = time_in_name(Path(name))
    assert (time and time.isoformat()) == expected


def test_the_nearest_folder_names_the_region() -> None:
    assert region_in_path(Path("/data/12673/11388/a/x.jpg")) == 11388
    assert region_in_path(Path("/data/2012/x.jpg")) is None
