"""FITS magnetograms: SHARP maps, full disks upside down, and what is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import BadFileError, BadOptionError, WrongChannelError
from flarescope.geometry import CeaGrid, Disk
from flarescope.sources.channel import check_channel
from flarescope.sources.files import read_magnetogram
from flarescope.sources.header import Header, observed, quality, region
from flarescope.sources.wcs import roll_of


def write(folder: Path, data: bytes, name: str = "a.fits") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_sharp_map(tmp_path: Path, made) -> None:
    m = read_magnetogram(write(tmp_path, made.sharp()))
    assert np.array_equal(m.field, made.sharp_field())  # south first, as it lies in the file
    assert m.field.dtype == np.float32
    assert (m.view, m.encoding, m.time.isoformat()) == ("region", "gauss", "2014-06-09T23:47:32+00:00")
    assert isinstance(m.geometry, CeaGrid)
    assert m.geometry.longitude == pytest.approx(-20.0, abs=1e-9)
    assert (m.geometry.x_reference, m.geometry.y_reference, m.geometry.latitude) == (29.5, 19.5, -15.0)
    assert m.region.harp == 4225
    assert m.region.noaa == (12085, 12087)
    assert (m.region.position.longitude, m.region.area_msh) == (-20.1, 312.5)
    assert len(m.origin.sha256) == 64


@pytest.mark.parametrize("compressed", [True, False])
def test_a_full_disk_upside_down_is_turned(tmp_path: Path, made, compressed: bool) -> None:
    header, field = made.disk_header(), made.disk_field()
    y, x = np.mgrid[:96, :96]
    rows, columns = 95 - y, 95 - x  # where the pixels lie after the turn
    disk = read_magnetogram(write(tmp_path, made.fits(field, header, compressed=False))).geometry
    field = np.where(disk.mask((96, 96))[rows, columns], np.round(field), np.nan).astype(np.float32)
    field = field if not compressed else np.where(np.isnan(field), -(2**31), field).astype(np.int32)
    blank = {"BLANK": -(2**31)} if compressed else {}
    m = read_magnetogram(
        write(tmp_path, made.fits(field, header | blank, compressed=compressed, stated=False))
    )
    assert m.view == "full_disk"
    assert np.array_equal(np.isfinite(m.field), disk.mask((96, 96)))
    inside = np.isfinite(m.field)
    assert np.array_equal(m.field[inside], field[::-1, ::-1][inside])
    assert (m.geometry.x_centre, m.geometry.y_centre) == pytest.approx((95 - 50.0, 95 - 46.0))


def test_what_is_left_of_the_roll_is_kept(tmp_path: Path, made) -> None:
    pytest.importorskip("sunpy")
    import sunpy.map
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from sunpy.coordinates import frames

    header = made.disk_header(roll=179.93) | {
        "CRVAL1": 60.0,
        "CRVAL2": -30.0,
        "DATE-OBS": "2014-06-09T23:47:32",
    }
    m = read_magnetogram(write(tmp_path, made.fits(made.disk_field(), header, compressed=False)))
    assert m.geometry.roll == pytest.approx(0.07, abs=1e-6)
    oracle = sunpy.map.Map(made.disk_field(), {**header, "RSUN_REF": 695.7e6, "T_OBS": "2014-06-09T23:47:32"})
    for lon, lat in ((0.0, 0.0), (40.0, 20.0), (-55.0, -30.0)):
        place = SkyCoord(
            lon * u.deg, lat * u.deg, 695.7e6 * u.m, frame=frames.HeliographicStonyhurst, obstime=oracle.date
        )
        expected = oracle.world_to_pixel(place)
        x, y = m.geometry.pixel(lon, lat)
        # 0.01 px: sunpy's Earth differs from the header's L0 by the ephemeris' error
        assert (95 - expected.x.value, 95 - expected.y.value) == pytest.approx((float(x), float(y)), abs=0.01)


def test_a_roll_of_ninety_degrees_is_refused(tmp_path: Path, made) -> None:
    path = write(tmp_path, made.fits(made.disk_field(), made.disk_header(roll=90.0), compressed=False))
    with pytest.raises(BadFileError, match=r"rolled by 90.00°; accepted: 0° or 180°"):
        read_magnetogram(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"BUNIT": "DN/s"}, "a continuum intensity image"),
        ({"BUNIT": "cm/s"}, "a Dopplergram"),
        ({"BUNIT": "degree"}, "a map of angles"),
        ({"CONTENT": "Carrington Synoptic Chart Of Br Field"}, "a synoptic chart"),
        ({"WAVELNTH": 171}, "not from HMI"),
        ({"INSTRUME": "MDI"}, "not from HMI"),
    ],
)
def test_another_channel_is_refused_by_name(tmp_path: Path, made, changes: dict, words: str) -> None:
    path = write(tmp_path, made.sharp(**changes))
    with pytest.raises(WrongChannelError, match=words) as caught:
        read_magnetogram(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        ("Br", "radial field"),
        ("Br_err", "error map of br"),
        ("bitmap", "map of active pixels"),
        ("continuum", "continuum"),
    ],
)
def test_a_segment_in_the_name_is_believed(tmp_path: Path, made, segment: str, words: str) -> None:
    path = write(tmp_path, made.sharp(), f"hmi.sharp_cea_720s.377.20140609_234800_TAI.{segment}.fits")
    with pytest.raises(WrongChannelError, match=words):
        read_magnetogram(path)
    if segment == "Br":
        assert read_magnetogram(path, segment="Br").origin.source == "HMI Br SHARP"


def test_an_unknown_segment_is_refused(tmp_path: Path, made) -> None:
    with pytest.raises(BadOptionError, match="Accepted: magnetogram, Br, Bp, Bt"):
        read_magnetogram(write(tmp_path, made.sharp()), segment="inclination")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"BUNIT": None}, "no BUNIT"),
        ({"T_OBS": "2015.06.09_23:48:07_TAI"}, "times contradict each other"),
        ({"T_OBS": None, "T_REC": None}, "Give time="),
        ({"CRLN_OBS": 12.0}, "CRLN_OBS 12 contradicts its time"),
        ({"DSUN_OBS": 2.0e11}, "DSUN_OBS"),
        ({"CRVAL1": 300.0}, "off the map"),
        ({"CDELT2": 0.06}, "one positive scale"),
        ({"CTYPE1": "CRLN-CAR", "CTYPE2": "CRLT-CAR"}, "accepted: HPLN-TAN, CRLN-CEA and HGLN-CEA"),
        ({"CROTA2": 5.0}, "turned"),
        ({"CRPIX1": "nan"}, "CRPIX1 is 'missing'; a number is needed"),
        ({"QUALITY": "0xZZ"}, "QUALITY is '0xZZ'"),
        ({"LON_FWT": 500.0}, "lie off the Sun|off the map"),
    ],
)
def test_headers_that_contradict_themselves(tmp_path: Path, made, changes: dict, words: str) -> None:
    with pytest.raises(BadFileError, match=words):
        read_magnetogram(write(tmp_path, made.sharp(**changes)))


def test_numbers_must_agree_with_the_headers_statistics(tmp_path: Path, made) -> None:
    field = made.sharp_field()
    data = made.fits(field, made.sharp_header(), compressed=False)
    changed = field.copy()
    changed[7, 9] += 1
    damaged = data.replace(field.astype(">i4").tobytes(), changed.astype(">i4").tobytes())
    assert damaged != data
    read_magnetogram(write(tmp_path, data))
    with pytest.raises(BadFileError, match=r"the field's DATAMEAN is .* its header says"):
        read_magnetogram(write(tmp_path, damaged))


def test_a_field_above_ten_kilogauss_is_refused(tmp_path: Path, made) -> None:
    field = made.sharp_field()
    field[3, 3] = 12_000
    with pytest.raises(BadFileError, match="stays below 10 kG"):
        read_magnetogram(write(tmp_path, made.fits(field, made.sharp_header())))


def test_a_declared_size_is_checked_before_it_is_allocated(tmp_path: Path, made) -> None:
    data = made.fits(made.sharp_field(), made.sharp_header())
    huge = data.replace(b"ZNAXIS1 =                   60", b"ZNAXIS1 =            600000000")
    assert huge != data
    with pytest.raises(BadFileError, match="600000000 x 40 pixels"):
        read_magnetogram(write(tmp_path, huge))


@pytest.mark.parametrize(
    ("compressed", "old", "new", "words"),
    [
        # astropy goes back by the negative size and reads the same part for ever
        (False, b"NAXIS1  =                   60", b"NAXIS1  =                  -64", "NAXIS1 is '-64'"),
        (False, b"NAXIS1  =                   60", b"NAXIS1  =                 60.0", "NAXIS1 is '60.0'"),
        (False, b"NAXIS1  =                   60", b"NAXIS1  =                   59", "more than the image"),
        (
            False,
            b"NAXIS1  =                   60",
            b"NAXIS1  =                   61",
            "its header counts 2,400",
        ),
        (
            False,
            b"BITPIX  =                   32",
            b"BITPIX  =                    8",
            "more than the|not a sound",
        ),
        (False, b"NAXIS2  =                   40", b"NAXIS1  =                   40", "states NAXIS1 twice"),
        (True, b"ZNAXIS2 =                   40", b"ZNAXIS2 =                   20", "needs 20 tiles"),
        (False, b"NAXIS   =                    2", b"NAXIS   =           2147483648", "at most 999"),
        (True, b"PCOUNT  =", b"PCOUNT  = -", "PCOUNT is '-"),
    ],
)
def test_sizes_that_contradict_themselves(
    tmp_path: Path, made, compressed: bool, old: bytes, new: bytes, words: str
) -> None:
    data = made.fits(made.sharp_field(), made.sharp_header(), compressed=compressed)
    assert old in data
    end = data.index(old) + len(old) + (len(old) == 9)
    with pytest.raises(BadFileError, match=words):
        read_magnetogram(write(tmp_path, data[: data.index(old)] + new + data[end:]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"CRPIX1": 45.0}, "numbers lie in the sky"),
        ({"CDELT1": 26.0, "CDELT2": 26.0}, "numbers lie in the sky"),
        ({"CDELT1": 22.0, "CDELT2": 22.0}, "has a radius of"),
    ],
)
def test_the_disk_must_end_where_the_header_says(tmp_path: Path, made, changes: dict, words: str) -> None:
    sound = made.disk_header() | {"CRPIX1": 48.5, "CRPIX2": 48.5}
    blank = read_magnetogram(
        write(tmp_path, made.fits(np.ones((96, 96), np.float32), sound, compressed=False))
    )
    data = made.fits(blank.field, sound, compressed=False)
    assert read_magnetogram(write(tmp_path, data)).view == "full_disk"
    with pytest.raises(BadFileError, match=words):
        read_magnetogram(write(tmp_path, made.fits(blank.field, sound | changes, compressed=False)))


def test_tiles_that_can_unpack_to_any_size_are_refused(tmp_path: Path, made) -> None:
    data = made.fits(made.sharp_field(), made.sharp_header())
    other = data.replace(b"ZCMPTYPE= 'RICE_1  '", b"ZCMPTYPE= 'GZIP_1  '")
    assert other != data
    with pytest.raises(BadFileError, match="compressed with GZIP_1; accepted: RICE_1"):
        read_magnetogram(write(tmp_path, other))


@pytest.mark.parametrize(
    ("text", "bits"),
    [("0x00000400", 1024), ("1024", 1024), (0, 0), ("0x80000000", 2**31), (-(2**31), 2**31), (None, 0)],
)
def test_quality_is_read_as_text(text: object, bits: int) -> None:
    assert quality(Header(Path("a"), {"QUALITY": text})) == bits


def test_noaa_numbers() -> None:
    assert region(Header(Path("a"), {"HARPNUM": 1, "NOAA_ARS": "MISSING", "NOAA_AR": 0})).noaa == ()
    assert region(Header(Path("a"), {"HARPNUM": 1, "NOAA_AR": 11158})).noaa == (11158,)
    assert region(Header(Path("a"), {})) is None
    assert region(Header(Path("a"), {"HARPNUM": 1, "NOAA_ARS": "9" * 5000})).noaa == ()
    with pytest.raises(BadFileError, match=r"HARPNUM is 1\.5"):
        region(Header(Path("a"), {"HARPNUM": 1.5}))


def headers(path: Path) -> Header:
    from astropy.io import fits

    text = path.read_text()
    cards = fits.Header.fromstring(text, sep="\n")
    return Header(
        Path("disk.fits"), {key: cards[key] for key in cards if key not in {"COMMENT", "HISTORY", ""}}
    )


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("hmi_bharp_vlos_mag", "a Dopplergram"),
        ("hmi_synoptic", "a synoptic chart"),
        ("hmi_cea_sharp_magnetogram", None),
        ("hmi_sharp_magnetogram", None),
    ],
)
def test_real_headers(data_dir: Path, made, tmp_path: Path, name: str, refused: str | None) -> None:
    header = headers(data_dir / "headers" / f"{name}.header")
    if refused:
        with pytest.raises(WrongChannelError, match=refused):
            check_channel(header)
        return
    check_channel(header)
    assert observed(header).isoformat() == "2024-06-27T23:59:31.212000+00:00"
    keep = {
        key: value
        for key, value in header.values.items()
        if key[:2] in {"CT", "CR", "CU", "CD", "T_", "DS", "BU"}
    }
    keep |= {key: header.values[key] for key in ("RSUN_OBS", "LON_FWT", "LAT_FWT") if key in header.values}
    shape = (int(header.values["NAXIS2"]), int(header.values["NAXIS1"]))
    data = made.fits(np.ones(shape, np.float32), keep, compressed=False)
    m = read_magnetogram(write(tmp_path, data))
    if "cea" in name:
        assert m.geometry.longitude == pytest.approx(-27.3923531 - 25.1685467)
    else:
        assert isinstance(m.geometry, Disk)  # a cut-out, upside down; its disk's centre lies outside
        assert m.view == "region"
        assert roll_of(header) == pytest.approx(-179.986603)
        lon, lat = m.geometry.heliographic(shape[1] / 2, shape[0] / 2)
        assert (lon, lat) == pytest.approx((-52.6, 5.3), abs=3.0)  # the same region as the CEA map


@pytest.mark.realdata
def test_real_sharps_lie_where_their_headers_say(data_dir: Path) -> None:
    """The flux-weighted centre of the map's own pixels, through our WCS, is near LON_FWT and LAT_FWT."""
    from astropy.io import fits
    from astropy.wcs import WCS

    for path in sorted((data_dir / "magnetograms/sharp_cea").glob("*/*magnetogram.fits"))[::5]:
        m = read_magnetogram(path)
        y, x = np.mgrid[: m.field.shape[0], : m.field.shape[1]]
        lon, lat = m.geometry.heliographic(x, y)
        weight = np.where(np.abs(m.field) > 100, np.abs(m.field), 0.0)
        weight = np.nan_to_num(weight)
        centre = (weight * lon).sum() / weight.sum(), (weight * lat).sum() / weight.sum()
        assert centre == pytest.approx((m.region.position.longitude, m.region.position.latitude), abs=3.0), (
            path.name
        )
        header = fits.getheader(path, 1)
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = [header["CTYPE1"], header["CTYPE2"]]
        wcs.wcs.crval = [header["CRVAL1"] - header["CRLN_OBS"], header["CRVAL2"]]
        wcs.wcs.crpix, wcs.wcs.cdelt = (
            [header["CRPIX1"], header["CRPIX2"]],
            [header["CDELT1"], header["CDELT2"]],
        )
        expected = wcs.all_pix2world([[0, 0], [x.max(), y.max()]], 0)
        ours = m.geometry.heliographic(np.array([0, x.max()]), np.array([0, y.max()]))
        assert np.abs((ours[0] - expected[:, 0] + 180) % 360 - 180).max() < 1e-6
        assert np.abs(ours[1] - expected[:, 1]).max() < 1e-6
