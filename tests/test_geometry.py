"""Pixels and places: against astropy's WCS and sunpy's ephemeris."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.geometry import CeaGrid, Disk, earth_view

DISK = Disk(255.5, 256.2, 200.0, b0=-6.5, l0=120.0, distance_au=0.985, roll=0.3)
angle = st.floats(-85.0, 85.0)


@given(angle, st.floats(-80.0, 80.0))
def test_a_place_on_the_disk_comes_back_through_its_pixel(longitude: float, latitude: float) -> None:
    x, y = DISK.pixel(longitude, latitude)
    if np.isnan(x):
        assert abs(longitude) > 70 or abs(latitude) > 70  # B0 and perspective hide places near the limb only
        return
    back = DISK.heliographic(x, y)
    radial = np.hypot(x - DISK.x_centre, y - DISK.y_centre) / DISK.radius
    tolerance = 1e-6 / max(np.sqrt(1 - min(radial, 1.0) ** 2), 1e-4)
    assert np.allclose(back, (longitude, latitude), atol=tolerance)


@given(st.floats(-70, 70), st.floats(-85, 85), st.floats(-179, 179), st.floats(-60, 60))
def test_a_place_on_a_cea_map_comes_back(dlon: float, lat: float, lon0: float, lat0: float) -> None:
    grid = CeaGrid(lon0, lat0, 100.0, 50.0, 0.03)
    lon, back = grid.heliographic(*grid.pixel(lon0 + dlon, lat))
    assert abs((lon - lon0 - dlon + 180) % 360 - 180) * np.cos(np.radians(lat)) < 1e-5
    assert abs(back - lat) < 1e-5


def test_the_disk_ends_at_its_radius() -> None:
    x = DISK.x_centre + DISK.radius * np.array([0.0, 0.999, 1.0 - 1e-12, 1.001])
    lon, lat = DISK.heliographic(x, np.full(4, DISK.y_centre))
    assert np.isfinite(lon[:3]).all()
    assert np.isnan(lon[3])
    assert np.isnan(lat[3])
    mask, mu = DISK.mask((512, 512)), DISK.mu((512, 512))
    assert np.array_equal(mask, np.isfinite(mu))
    assert mask.sum() == pytest.approx(np.pi * DISK.radius**2, rel=1e-3)
    assert np.nanmax(mu) == pytest.approx(1.0, abs=1e-4)
    assert np.nanmin(mu) < 0.1


def test_the_far_side_has_no_pixel() -> None:
    assert np.isnan(DISK.pixel(180.0, 0.0)).all()
    assert np.isnan(DISK.pixel(90.0, 0.0)).all()  # perspective hides the last quarter of a degree


def test_plate_scale() -> None:
    assert DISK.arcsec_per_pixel == pytest.approx(959.23 / 0.985 / 200.0, rel=1e-4)


def test_meeus_example_29a() -> None:
    view = earth_view("1992-10-13T00:00Z")
    assert view.b0 == pytest.approx(5.99, abs=0.01)
    assert view.l0 == pytest.approx(238.63, abs=0.02)


def test_the_ephemeris_agrees_with_sunpy() -> None:
    pytest.importorskip("sunpy")
    from astropy.time import Time
    from sunpy.coordinates import sun

    for year in np.linspace(1996, 2026, 31):
        time = Time(Time(year, format="jyear").utc.isot[:19])
        ours = earth_view(time.isot + "Z" if len(time.isot) == 19 else time.isot[:19] + "Z")
        assert ours.b0 == pytest.approx(sun.B0(time).deg, abs=0.01)
        assert abs((ours.l0 - sun.L0(time).deg + 180) % 360 - 180) < 0.02
        assert ours.distance_au == pytest.approx(sun.earth_distance(time).au, abs=1e-4)
        assert ours.angular_radius_arcsec == pytest.approx(sun.angular_radius(time).arcsec, abs=0.15)


@pytest.mark.parametrize("latitude", [-21.0769, 0.0, 15.5, 62.0])
def test_cea_maps_agree_with_astropy_wcs(latitude: float) -> None:
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["CRLN-CEA", "CRLT-CEA"]
    wcs.wcs.crval = [-11.9, latitude]
    wcs.wcs.crpix = [372.5, 189.0]
    wcs.wcs.cdelt = [0.03, 0.03]
    grid = CeaGrid(-11.9, latitude, 371.5, 188.0, 0.03)
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(0, 744, 61), np.arange(0, 377, 29)))
    lon, lat = wcs.all_pix2world(x, y, 0)
    ours = grid.heliographic(x, y)
    assert np.abs((ours[0] - lon + 180) % 360 - 180).max() < 1e-8
    assert np.abs(ours[1] - lat).max() < 1e-8


def test_the_disk_agrees_with_sunpy_on_an_hmi_like_header() -> None:
    pytest.importorskip("sunpy")
    import astropy.units as u
    from astropy.coordinates import SkyCoord
    from sunpy.coordinates import HeliographicStonyhurst, Helioprojective

    distance, radius, scale = 0.985, 695.7e6 * u.m, 0.504
    observer = SkyCoord(
        0 * u.deg, -6.5 * u.deg, distance * u.au, frame=HeliographicStonyhurst(obstime="2026-02-01")
    )
    frame = Helioprojective(observer=observer.frame, obstime="2026-02-01", rsun=radius)
    limb = np.tan(np.arcsin((radius / (distance * u.au)).to_value(u.dimensionless_unscaled)))
    disk = Disk(2047.5, 2047.5, float(np.degrees(limb)) * 3600 / scale, -6.5, 0.0, distance)
    x, y = (
        np.array([2047.5, 2900.0, 700.0, 3500.0, 2100.0]),
        np.array([2047.5, 1200.0, 3000.0, 2700.0, 300.0]),
    )
    # TAN about the disk's centre: the offsets are tangents of the angles
    xi, eta = np.radians((x - 2047.5) * scale / 3600), np.radians((y - 2047.5) * scale / 3600)
    tx, ty = np.degrees(np.arctan2(xi, 1.0)) * 3600, np.degrees(np.arctan2(eta, np.hypot(1.0, xi))) * 3600
    seen = SkyCoord(tx * u.arcsec, ty * u.arcsec, frame=frame).transform_to(
        HeliographicStonyhurst(obstime="2026-02-01")
    )
    lon, lat = disk.heliographic(x, y)
    assert np.abs(lon - seen.lon.wrap_at(180 * u.deg).deg).max() < 1e-5
    assert np.abs(lat - seen.lat.deg).max() < 1e-5


@pytest.mark.parametrize(
    "numbers", [{"radius": -1.0}, {"b0": 40.0}, {"distance_au": float("nan")}, {"distance_au": 1e9}]
)
def test_impossible_disks_are_refused(numbers: dict[str, float]) -> None:
    sound = {"x_centre": 1.0, "y_centre": 1.0, "radius": 5.0, "b0": 0.0, "l0": 0.0, "distance_au": 1.0}
    with pytest.raises(BadOptionError, match="Accepted: radius above 0"):
        Disk(**{**sound, **numbers})
    with pytest.raises(BadOptionError, match="Accepted: latitude within"):
        CeaGrid(0.0, 91.0, 0.0, 0.0, 0.03)
