"""Helioviewer's JP2: boxes, XML header, channel, size, and the disk in the image."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import BadFileError, BadOptionError, WrongChannelError, WrongTimeError
from flarescope.sources.files import read_magnetogram


def write(folder: Path, data: bytes, name: str = "a.jp2") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_jp2_is_read_with_its_header(tmp_path: Path, made) -> None:
    grey = made.grey_sun()
    m = read_magnetogram(write(tmp_path, made.jp2(grey, made.jp2_header())))
    assert (m.view, m.encoding, m.quality, m.time.isoformat()) == (
        "full_disk", "grey8", 1024, "2014-06-09T23:47:32+00:00",
    )  # fmt: skip
    assert (m.geometry.x_centre, m.geometry.y_centre, m.geometry.radius) == pytest.approx(
        (63.5, 63.5, 50), abs=1e-3
    )
    inside = np.isfinite(m.field)
    assert np.array_equal(m.field[inside], grey[::-1][inside])
    assert np.array_equal(inside, m.geometry.mask((128, 128)))


def test_lower_case_tags_are_read(tmp_path: Path, made) -> None:
    header = {key.lower(): value for key, value in made.jp2_header().items()}
    assert read_magnetogram(write(tmp_path, made.jp2(made.grey_sun(), header))).quality == 1024


def test_reduce_halves_the_image_and_moves_the_disk_with_it(tmp_path: Path, made) -> None:
    path = write(tmp_path, made.jp2(made.grey_sun(), made.jp2_header()))
    m = read_magnetogram(path, reduce=1)
    assert m.field.shape == (64, 64)
    # the wavelet keeps samples 0, 2, 4, … from the top left
    assert (m.geometry.x_centre, m.geometry.y_centre) == pytest.approx((31.75, 63 - 31.75), abs=1e-3)
    assert "decoded at 1/2 of its size (wavelet low-pass)" in m.notes
    with pytest.raises(BadOptionError, match="Accepted: 0 to 5"):
        read_magnetogram(path, reduce=9)


def test_the_images_own_time_decides_not_the_time_it_was_asked_for(tmp_path: Path, made) -> None:
    """Helioviewer serves the nearest image: of 23:47:32 here, named after the hour that was asked."""
    data = made.jp2(made.grey_sun(), made.jp2_header())
    path = write(tmp_path, data, "HMI.m2014.06.10_00.00.00.jp2")
    assert read_magnetogram(path, asked="2014-06-09T23:59:32Z", reduce=1).time.minute == 47
    with pytest.raises(WrongTimeError, match=r"it is of 2014-06-09T23:47:32Z, more than 12 minutes from"):
        read_magnetogram(path, asked="2014-06-10T00:00Z", reduce=1)


def test_a_continuum_image_is_refused_by_its_header(tmp_path: Path, made) -> None:
    header = made.jp2_header() | {"CONTENT": "CONTINUUM INTENSITY", "BUNIT": "DN/s"}
    with pytest.raises(WrongChannelError, match="a continuum intensity image"):
        read_magnetogram(write(tmp_path, made.jp2(made.grey_sun(), header)))


def test_a_disk_that_is_not_the_headers_is_refused(tmp_path: Path, made) -> None:
    data = made.jp2(made.grey_sun(128, 44.0), made.jp2_header())
    with pytest.raises(BadFileError, match=r"radius 44.0 px\) is not the header's"):
        read_magnetogram(write(tmp_path, data))


def test_a_bright_disk_is_another_observable(tmp_path: Path, made) -> None:
    bright = np.where(made.grey_sun() > 60, 220, 0).astype(np.uint8)
    with pytest.raises(WrongChannelError, match="median grey level is 220"):
        read_magnetogram(write(tmp_path, made.jp2(bright, made.jp2_header())))


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE m [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><meta><fits><BUNIT>&b;</BUNIT></fits></meta>',
        '<!doctype meta SYSTEM "file:///etc/passwd"><meta/>',
    ],
)
def test_entities_are_refused(tmp_path: Path, made, xml: str) -> None:
    with pytest.raises(BadFileError, match="declares a document type or entities"):
        read_magnetogram(write(tmp_path, made.jp2(made.grey_sun(), {}, xml=xml)))


@pytest.mark.parametrize("xml", ["<meta>", "<meta/>", "no xml", "<meta>" + " " * 2**20 + "</meta>"])
def test_headers_that_are_none(tmp_path: Path, made, xml: str) -> None:
    with pytest.raises(BadFileError, match="XML box"):
        read_magnetogram(write(tmp_path, made.jp2(made.grey_sun(), {}, xml=xml)))


def test_declared_sizes_are_checked_before_decoding(tmp_path: Path, made) -> None:
    data = bytearray(made.jp2(made.grey_sun(), made.jp2_header()))
    at = data.index(b"ihdr") + 4
    data[at : at + 8] = struct.pack(">II", 2**20, 2**20)
    with pytest.raises(BadFileError, match="contradicts itself about the image's size"):
        read_magnetogram(write(tmp_path, bytes(data)))
    siz = data.index(b"\xff\x4f\xff\x51") + 8
    data[siz : siz + 8] = struct.pack(">II", 2**20, 2**20)
    with pytest.raises(BadFileError, match="1048576 x 1048576"):
        read_magnetogram(write(tmp_path, bytes(data)))


def test_a_million_tiles_are_refused(tmp_path: Path, made) -> None:
    data = bytearray(made.jp2(made.grey_sun(), made.jp2_header()))
    siz = data.index(b"\xff\x4f\xff\x51") + 8 + 16
    data[siz : siz + 8] = struct.pack(">II", 1, 1)
    with pytest.raises(BadFileError, match="16,384 tiles"):
        read_magnetogram(write(tmp_path, bytes(data)))


def test_a_jp2_without_header_box_is_refused(tmp_path: Path, made) -> None:
    with pytest.raises(BadFileError, match="no XML box"):
        read_magnetogram(write(tmp_path, made.image(made.grey_sun(), "JPEG2000")))


@pytest.mark.realdata
def test_the_real_jp2(data_dir: Path) -> None:
    path = next((data_dir / "magnetograms/helioviewer_jp2").glob("*.jp2"))
    m = read_magnetogram(path, reduce=3)
    assert m.field.shape == (512, 512)
    assert m.time.isoformat() == "2022-08-02T10:48:15.509000+00:00"
    assert (m.quality, m.geometry.b0) == (1024, 5.8599238)
    assert m.geometry.radius == pytest.approx(945.41888 / 0.6 / 8, rel=1e-4)
    assert np.nanmedian(m.field) == pytest.approx(127.5, abs=2)


@pytest.mark.realdata
@pytest.mark.parametrize("renamed", [False, True])
def test_the_real_continuum_images_are_refused_under_any_name(
    data_dir: Path, tmp_path: Path, renamed: bool
) -> None:
    files = sorted((data_dir / "faults/wrong_channel").glob("*.jp2"))
    assert len(files) == 2
    for path in files:
        given = write(tmp_path, path.read_bytes(), "HMI.m2023.01.31_03.39.23.jp2") if renamed else path
        with pytest.raises(WrongChannelError, match="continuum"):
            read_magnetogram(given)
