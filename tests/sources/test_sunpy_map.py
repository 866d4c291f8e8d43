"""Magnetograms to sunpy maps and back."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import BadOptionError, MissingExtraError, WrongChannelError
from flarescope.sources.files import read_magnetogram
from flarescope.sources.sunpy_map import from_sunpy_map, to_sunpy_map


def sharp(tmp_path: Path, made):
    path = tmp_path / "sharp.fits"
    path.write_bytes(made.sharp())
    return read_magnetogram(path)


def disk(tmp_path: Path, made):
    path = tmp_path / "HMI.m2026.02.03_12.00.00.jpg"
    path.write_bytes(made.image(made.grey_sun()))
    return read_magnetogram(path)


def test_a_missing_sunpy_is_told(tmp_path: Path, made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sunpy.map", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'flarescope\[sunpy\]'"):
        to_sunpy_map(sharp(tmp_path, made))


@pytest.mark.parametrize("kind", [sharp, disk])
def test_round_trip(tmp_path: Path, made, kind) -> None:
    pytest.importorskip("sunpy")
    m = kind(tmp_path, made)
    back = from_sunpy_map(to_sunpy_map(m))
    assert np.array_equal(back.field, m.field, equal_nan=True)
    assert (back.time, back.view, back.encoding, back.region, back.quality) == (
        m.time, m.view, m.encoding, m.region, m.quality,
    )  # fmt: skip
    for name, value in vars(m.geometry).items():
        assert getattr(back.geometry, name) == pytest.approx(value, abs=1e-9), name


@pytest.mark.parametrize("kind", [sharp, disk])
def test_sunpy_places_pixels_where_we_do(tmp_path: Path, made, kind) -> None:
    pytest.importorskip("sunpy")
    import astropy.units as u
    from sunpy.coordinates import HeliographicStonyhurst

    m = kind(tmp_path, made)
    x, y = m.field.shape[1] * 0.55, m.field.shape[0] * 0.4
    map_ = to_sunpy_map(m)
    place = map_.pixel_to_world(x * u.pix, y * u.pix).transform_to(HeliographicStonyhurst(obstime=map_.date))
    lon, lat = m.geometry.heliographic(x, y)
    assert (place.lon.wrap_at(180 * u.deg).deg, place.lat.deg) == pytest.approx(
        (float(lon), float(lat)), abs=0.01
    )


def test_what_cannot_become_a_map(tmp_path: Path, made) -> None:
    pytest.importorskip("sunpy")
    path = tmp_path / "2012-01-06T142701__magnetogram.png"
    path.write_bytes(made.image(np.full((32, 32), 128, np.uint8), "PNG"))
    with pytest.raises(BadOptionError, match="cannot become a sunpy map"):
        to_sunpy_map(read_magnetogram(path))
    with pytest.raises(BadOptionError, match="is not a sunpy map"):
        from_sunpy_map("a map")


def test_another_observable_is_refused(tmp_path: Path, made) -> None:
    pytest.importorskip("sunpy")
    map_ = to_sunpy_map(sharp(tmp_path, made))
    map_.meta["bunit"] = "DN/s"
    with pytest.raises(WrongChannelError, match="a continuum intensity image"):
        from_sunpy_map(map_)


@pytest.mark.realdata
def test_a_map_that_sunpy_read_itself(data_dir: Path) -> None:
    pytest.importorskip("sunpy")
    import warnings

    import sunpy.map

    path = sorted((data_dir / "magnetograms/sharp_cea/harp377_hourly").glob("*.fits"))[0]
    ours = read_magnetogram(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sunpy and astropy comment on HMI's own keywords
        back = from_sunpy_map(sunpy.map.Map(path))
    assert np.array_equal(back.field, ours.field, equal_nan=True)
    assert (back.time, back.geometry, back.region) == (ours.time, ours.geometry, ours.region)
