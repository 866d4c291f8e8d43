"""Image files, damaged: what is accepted must show the Sun where and when the damaged header says.

What cannot be caught: a changed pixel that stays within 10 kG, or a grey level that stays one, where the
header states no statistics: FITS and JP2 files of HMI have no checksums, and most bit flips inside them
decode without complaint. Nor BSCALE, BZERO and a time within half an hour of T_REC, the place of a SHARP's
map as long as the region's centre stays on it, or two keywords changed in concert, as NAXIS1 and NAXIS2.
"""

from __future__ import annotations

import math
import re
import struct
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fuzz_runner import fuzz
from mutate_fits import headers, key_of, mutate_fits, value_of
from mutate_jp2 import boxes_of, mutate_jp2

from flarescope.geometry import Disk, earth_view
from flarescope.sources.files import read_magnetogram_bytes
from flarescope.sources.limits import FileBytes
from flarescope.sun import Position
from flarescope.synthetic import Bipole, full_disk
from flarescope.times import utc

if TYPE_CHECKING:
    from flarescope.sun import Magnetogram

TIME = utc("2026-02-03T12:00:00Z")
PIXELS = 96
_WHEN = re.compile(
    r"(\d{4})[.-](\d\d)[.-](\d\d)[_T ](\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?(?:_?(TAI|UTC|UT|Z))?"
)
TIMES = (("T_OBS", "TAI"), ("T_REC", "TAI"), ("DATE-OBS", "UTC"), ("DATE_OBS", "UTC"))


def read(data: bytes) -> Magnetogram:
    return read_magnetogram_bytes(FileBytes(Path("image"), data))


def sun() -> Magnetogram:
    bipoles = (
        Bipole(Position(-30.0, 15.0), peak_gauss=1500.0),
        Bipole(Position(40.0, -12.0), peak_gauss=900.0),
    )
    return full_disk(TIME, bipoles, pixels=PIXELS, seed=4)


def keywords(disk: Disk) -> dict[str, object]:
    """What HMI's header says of an image that is turned north up."""
    view = earth_view(TIME)
    return {
        "T_OBS": "2026.02.03_12:00:37_TAI", "T_REC": "2026.02.03_12:00:37_TAI",
        "DATE-OBS": "2026-02-03T12:00:00.000", "TELESCOP": "SDO/HMI", "INSTRUME": "HMI_SIDE1",
        "WAVELNTH": 6173.0, "CONTENT": "MAGNETOGRAM",
        "BUNIT": "Gauss", "QUALITY": 0, "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec",
        "CUNIT2": "arcsec", "CRPIX1": disk.x_centre + 1, "CRPIX2": disk.y_centre + 1, "CRVAL1": 0.0,
        "CRVAL2": 0.0,
        "CDELT1": disk.arcsec_per_pixel, "CDELT2": disk.arcsec_per_pixel, "CROTA2": 0.0, "CRLN_OBS": view.l0,
        "CRLT_OBS": view.b0, "DSUN_OBS": view.distance_au * 149_597_870_700.0,
        "RSUN_OBS": view.angular_radius_arcsec, "COMMENT": "made-up Sun",
    }  # fmt: skip


def jp2(m: Magnetogram) -> bytes:
    """Lossless JPEG 2000 with the header in an XML box before the codestream, as Helioviewer has it."""
    from PIL import Image

    assert isinstance(m.geometry, Disk)
    grey = np.clip(np.round(127.5 + 0.51 * np.nan_to_num(m.field)), 1, 255)
    image = BytesIO()
    levels = np.flipud(np.where(np.isfinite(m.field), grey, 0)).astype(np.uint8)
    Image.fromarray(levels).save(image, "JPEG2000", irreversible=False)
    data = image.getvalue()
    cards = "".join(f"<{key}>{value}</{key}>\n" for key, value in keywords(m.geometry).items())
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<meta>\n<fits>\n{cards}</fits>\n</meta>\n'.encode()
    at = data.index(b"jp2c") - 4
    return data[:at] + struct.pack(">I4s", len(xml) + 8, b"xml ") + xml + data[at:]


def fits(field: np.ndarray, keywords: dict[str, object], *, packed: bool, stated: bool) -> bytes:
    from astropy.io import fits

    known = field[np.isfinite(field)].astype(float)
    numbers = {
        "DATAVALS": known.size, "MISSVALS": field.size - known.size, "DATAMIN": known.min(),
        "DATAMAX": known.max(), "DATAMEAN": known.mean(), "DATARMS": known.std(ddof=1),
    }  # fmt: skip
    header = fits.Header(keywords | (numbers if stated else {}))
    part = (
        fits.CompImageHDU(field, header, compression_type="RICE_1")
        if packed
        else fits.PrimaryHDU(field, header)
    )
    stream = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), part] if packed else [part]).writeto(stream)
    return stream.getvalue()


def disk_fits(m: Magnetogram, *, stated: bool) -> bytes:
    assert isinstance(m.geometry, Disk)
    upside_down = keywords(m.geometry) | {"CROTA2": 180.0}
    return fits(m.field[::-1, ::-1].astype(np.float32), upside_down, packed=False, stated=stated)


def sharp_fits(*, packed: bool) -> bytes:
    y, x = np.mgrid[:30, :44]
    spots = 900 * np.exp(-((x - 28) ** 2 + (y - 16) ** 2) / 30) - 1200 * np.exp(
        -((x - 12) ** 2 + (y - 14) ** 2) / 40
    )
    field = np.round(spots + 10 * np.random.default_rng(7).standard_normal(x.shape)).astype(np.int32)
    view = earth_view(TIME)
    disk = keywords(Disk(0.0, 0.0, 1.0, view.b0, view.l0, view.distance_au))
    cea = {
        "CTYPE1": "CRLN-CEA", "CTYPE2": "CRLT-CEA", "CRPIX1": 22.5, "CRPIX2": 15.5, "CRVAL2": -15.0,
        "CRVAL1": (view.l0 - 20.0) % 360.0, "CDELT1": 0.03, "CDELT2": 0.03, "CUNIT1": "degree",
        "CUNIT2": "degree", "CROTA2": 0.0, "CRLN_OBS": view.l0, "CRLT_OBS": view.b0, "HARPNUM": 377,
        "NOAA_ARS": "11158,11159", "LON_FWT": -20.1, "LAT_FWT": -15.05, "AREA_ACR": 312.5,
    }  # fmt: skip
    return fits(field, disk | cea, packed=packed, stated=True)


def moments(values: dict[str, list[str]]) -> set[datetime]:
    """All times that a header names, in UTC, by a reading of its own that holds from 2017 on."""
    found = set()
    for key, scale in TIMES:
        for text in values.get(key, ()):
            match = _WHEN.fullmatch(text.strip())
            if match and float(match[6] or 0) < 60:
                day = "-".join(match.groups()[:3])
                clock = datetime.fromisoformat(f"{day}T{match[4]}:{match[5]}:00").replace(tzinfo=UTC)
                late = 37 if (match[7] or scale) == "TAI" else 0
                found.add(clock + timedelta(seconds=float(match[6] or 0) - late))
    return found


def check_image(m: Magnetogram, values: dict[str, list[str]]) -> None:
    """What holds for every image that is accepted."""
    times = moments(values)
    assert any(abs(m.time - time) < timedelta(milliseconds=2) for time in times), "another time"
    view = earth_view(m.time)
    assert 0 <= m.quality < 2**32
    assert np.isfinite(m.field).any()
    low, high = np.nanmin(m.field), np.nanmax(m.field)
    assert low >= 0 if m.encoding == "grey8" else max(-low, high) <= 10_000
    assert high <= 255 or m.encoding == "gauss"
    if isinstance(m.geometry, Disk):
        assert abs(m.geometry.b0 - view.b0) <= 1.0
        assert abs((m.geometry.l0 - view.l0 + 180) % 360 - 180) <= 1.0
        assert abs(m.geometry.distance_au - view.distance_au) <= 0.0101
        assert not np.isfinite(m.field[~m.geometry.mask(m.field.shape)]).any()  # type: ignore[arg-type]


def near(a: Disk, b: Disk) -> bool:
    """Is it the same disk, to two pixels and a half or 2 % of its radius?"""
    allowed = max(2.5, 0.02 * b.radius)
    return (
        max(abs(a.x_centre - b.x_centre), abs(a.y_centre - b.y_centre), abs(a.radius - b.radius)) <= allowed
    )


def test_jp2() -> None:
    seed = jp2(sun())
    before = read(seed)

    def judge(_: bytes, data: bytes, m: Magnetogram) -> None:
        texts = [body.decode("utf-8", "replace") for kind, body in lenient(data) if kind == b"xml "]
        values: dict[str, list[str]] = {}
        for key, value in re.findall(r"<([\w-]+)>([^<]*)<", texts[0]):
            values.setdefault(key.upper(), []).append(value)
        check_image(m, values)
        assert "<!" not in texts[0].replace("<!--", "").replace("<![CDATA[", "")
        assert isinstance(m.geometry, Disk)
        assert isinstance(before.geometry, Disk)
        assert m.field.shape == before.field.shape
        assert near(m.geometry, before.geometry), "the disk is elsewhere"
        if stream(data) == stream(seed):
            both = np.isfinite(m.field) & np.isfinite(before.field)
            assert np.array_equal(m.field[both], before.field[both]), "other pixels"

    fuzz("jp2", [seed], mutate_jp2, read, judge)


def lenient(data: bytes) -> list[tuple[bytes, bytes]]:
    """The outer boxes, with 64-bit lengths."""
    found, at = [], 0
    while at + 8 <= len(data):
        length, head = int.from_bytes(data[at : at + 4]), 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16]), 16
        end = at + length if length else len(data)
        found.append((data[at + 4 : at + 8], data[at + head : end]))
        at = max(end, at + 8)
    return found


def stream(data: bytes) -> bytes:
    return next((body for kind, body in lenient(data) if kind == b"jp2c"), b"")


def keywords_in(data: bytes) -> dict[str, list[str]]:
    """The cards of all headers of a file, of the image's last."""
    values: dict[str, list[str]] = {}
    for _, cards, _ in headers(data):
        for card in cards:
            if card[8:10] == b"= ":
                values.setdefault(key_of(card).upper(), []).append(value_of(card))
    return values


def check_pixels(seed: bytes, data: bytes, m: Magnetogram, before: Magnetogram) -> None:
    """With the bytes of the pixels as they were, so are the pixels, but for what BSCALE and BZERO say."""
    pixels = seed[headers(seed)[-1][2] :]
    if not data.endswith(pixels) or m.field.shape == before.field.shape[::-1] != before.field.shape:
        return  # NAXIS1 and NAXIS2 that changed places cannot be caught
    assert m.field.shape == before.field.shape, "another shape"
    values = keywords_in(data[headers(data)[-1][0] :])
    scale, zero = (
        float(values.get(key, [str(d)])[-1].replace("D", "E")) for key, d in (("BSCALE", 1.0), ("BZERO", 0.0))
    )
    for field in (m.field, m.field[::-1, ::-1]):
        both = np.isfinite(field) & np.isfinite(before.field)
        if np.allclose(field[both], before.field[both] * scale + zero, rtol=1e-4, atol=0.6):
            break
    else:
        raise AssertionError("other pixels")
    assert both.sum() >= 0.9 * np.isfinite(before.field).sum(), "pixels lost"


@pytest.mark.parametrize("stated", [True, False])
def test_disk_fits(stated: bool) -> None:
    seed = disk_fits(sun(), stated=stated)
    before = read(seed)

    def judge(_: bytes, data: bytes, m: Magnetogram) -> None:
        check_image(m, keywords_in(data))
        check_pixels(seed, data, m, before)
        assert isinstance(m.geometry, Disk)
        assert isinstance(before.geometry, Disk)
        assert near(m.geometry, before.geometry), "the disk is elsewhere"

    fuzz(f"disk fits {stated}", [seed], mutate_fits, read, judge, share=0.5)


@pytest.mark.parametrize("packed", [True, False])
def test_sharp_fits(packed: bool) -> None:
    seed = sharp_fits(packed=packed)
    before = read(seed)

    def judge(_: bytes, data: bytes, m: Magnetogram) -> None:
        values = keywords_in(data)
        check_image(m, values)
        check_pixels(seed, data, m, before)
        if isinstance(m.geometry, Disk):
            assert "HPLN-TAN" in values["CTYPE1"]
            return
        grid = m.geometry
        for key, value in (
            ("CRPIX1", grid.x_reference + 1),
            ("CRPIX2", grid.y_reference + 1),
            ("CRVAL2", grid.latitude),
        ):
            assert any(math.isclose(number(text), value, abs_tol=1e-6) for text in values[key]), key
        assert (
            m.region is None
            or any(number(t) == m.region.harp for t in values.get("HARPNUM", ()))
            or not m.region.harp
        )
        assert abs(grid.latitude) <= 90
        assert 0 < grid.degrees_per_pixel <= 10

    fuzz(f"sharp fits {packed}", [seed], mutate_fits, read, judge, share=0.5)


def number(text: str) -> float:
    try:
        return float(text.replace("D", "E"))
    except ValueError:
        return math.nan


def test_boxes_and_cards_are_found() -> None:
    """The fuzzing's own reading of a sound file."""
    assert [kind for kind, _ in boxes_of(jp2(sun()))] == [b"jP  ", b"ftyp", b"jp2h", b"xml ", b"jp2c"]
    values = keywords_in(sharp_fits(packed=True))
    assert (values["HARPNUM"], values["ZCMPTYPE"]) == (["377"], ["RICE_1"])
