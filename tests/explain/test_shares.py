"""Shares of regions on disks and patches whose geometry is known."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from astropy.coordinates import angular_separation
from hypothesis import given, settings
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.explain.shares import name_of, region_radius, region_shares, separation
from flarescope.geometry import CeaGrid, Disk, PlateScale
from flarescope.sun import Magnetogram, Position, Region

SHAPE = (128, 128)
DISK = Disk(63.5, 63.5, 58.0, b0=-6.0, l0=120.0, distance_au=0.99)
NORTH = Region(noaa=(14366,), position=Position(30.0, 20.0))
SOUTH = Region(position=Position(-34.0, -12.0))
LIMB = Region(noaa=(14400,), position=Position(-80.0, 10.0))


def seen(geometry: object = DISK, shape: tuple[int, int] = SHAPE) -> Magnetogram:
    field = np.random.default_rng(0).normal(0.0, 100.0, shape)
    if isinstance(geometry, Disk):
        field = np.where(geometry.mask(shape), field, np.nan)
    view = "full_disk" if isinstance(geometry, Disk) else "region"
    return Magnetogram(field, datetime(2026, 2, 1, tzinfo=UTC), view, "gauss", geometry)  # type: ignore[arg-type]


def dot(position: Position, value: float = 1.0) -> np.ndarray:
    x, y = (round(float(v)) for v in DISK.pixel(position.longitude, position.latitude))
    heat = np.zeros(SHAPE)
    heat[y, x] = value
    return heat


def test_what_lies_in_a_region_is_its_share() -> None:
    heat = dot(NORTH.position, 3.0) + dot(SOUTH.position, -1.0) + dot(Position(-5.0, 50.0), 0.5)
    heat[0, 0] = 0.5  # off the disk
    found = region_shares(heat, seen(), [SOUTH, NORTH], input_pixels=0.5)
    assert [one.name for one in found] == ["AR 14366", "S12E34", "elsewhere"]
    assert [one.share for one in found] == pytest.approx([0.6, 0.2, 0.2])
    assert [one.signed for one in found] == pytest.approx([1.5, -0.5, 0.5])
    assert found[0].region is NORTH
    assert found[-1].region is None


def test_a_pixel_belongs_to_the_nearest_region_that_reaches_it() -> None:
    near, far = Region(noaa=(1,), position=Position(2.0, 0.0)), Region(noaa=(2,), position=Position(9.0, 0.0))
    between = dot(Position(7.0, 0.0))
    assert region_shares(between, seen(), [near, far])[0].region is far
    small = Region(noaa=(2,), position=Position(20.0, 0.0), area_msh=10.0)  # reaches 4° only
    assert region_shares(dot(Position(15.0, 0.0)), seen(), [small])[-1].share == 1.0
    assert region_shares(dot(Position(17.5, 0.0)), seen(), [small])[0].share == 1.0


def test_a_region_at_the_limb_keeps_its_pixels() -> None:
    assert region_shares(dot(LIMB.position), seen(), [NORTH, LIMB])[0].region is LIMB
    eighty = region_shares(np.ones(SHAPE), seen(), [LIMB])[0].share
    middle = region_shares(np.ones(SHAPE), seen(), [Region(position=Position(0.0, -6.0))])[0].share
    assert 0.0 < eighty < 0.4 * middle  # foreshortened


def test_a_circle_of_eight_degrees_holds_as_many_pixels_as_it_should() -> None:
    share = region_shares(
        np.where(DISK.mask(SHAPE), 1.0, 0.0), seen(), [Region(position=Position(0.0, -6.0))]
    )
    assert share[0].share == pytest.approx(np.sin(np.radians(8.0)) ** 2, rel=0.05)


def test_a_sharp_is_gathered_too() -> None:
    grid = CeaGrid(-30.0, 17.0, 54.5, 29.5, 0.1)
    heat = np.zeros((60, 110))
    heat[29, 54] = 2.0
    region = Region(harp=1449, noaa=(11429, 11430), position=Position(-30.0, 17.0))
    found = region_shares(heat, seen(grid, (60, 110)), [region])
    assert (found[0].name, found[0].share) == ("AR 11429, 11430", 1.0)


def test_nothing_lies_elsewhere() -> None:
    found = region_shares(np.full(SHAPE, np.nan), seen(), [NORTH, SOUTH])
    assert [one.share for one in found] == [0.0, 0.0, 1.0]
    assert [one.signed for one in found] == [0.0, 0.0, 0.0]
    assert region_shares(dot(NORTH.position), seen(), [])[0].share == 1.0


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.sampled_from([1e-12, 1.0, 1e9]),
    places=st.lists(st.tuples(st.floats(-120, 120), st.floats(-90, 90)), max_size=5),
    radius=st.floats(0.5, 60.0),
)
def test_shares_add_up_to_one(
    seed: int, scale: float, places: list[tuple[float, float]], radius: float
) -> None:
    random = np.random.default_rng(seed)
    heat = scale * random.normal(size=SHAPE) * (random.random(SHAPE) < 0.05)
    heat[random.random(SHAPE) < 0.1] = np.nan
    regions = [Region(noaa=(k,), position=Position(*place)) for k, place in enumerate(places)]
    found = region_shares(heat, seen(), regions, radius_degrees=radius)
    assert sum(one.share for one in found) == pytest.approx(1.0, abs=1e-12)
    assert all(0.0 <= one.share <= 1.0 for one in found)
    assert sum(one.signed for one in found) == pytest.approx(np.nansum(heat), abs=1e-9 * scale)
    assert found[-1].name == "elsewhere"
    assert sorted((one.share for one in found[:-1]), reverse=True) == [one.share for one in found[:-1]]


@settings(max_examples=50, deadline=None)
@given(*[st.floats(-179, 179), st.floats(-89, 89)] * 2)
def test_distance_is_that_of_astropy(lon: float, lat: float, lon_0: float, lat_0: float) -> None:
    ours = float(separation(np.asarray(lon), np.asarray(lat), Position(lon_0, lat_0)))
    theirs = np.degrees(angular_separation(*np.radians([lon, lat, lon_0, lat_0])))
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_radius_and_names() -> None:
    assert region_radius(Region()) == 8.0
    assert region_radius(Region(area_msh=0.0)) == 8.0
    assert region_radius(Region(area_msh=1000.0)) == pytest.approx(2.5 * 2.5628, rel=1e-3)
    assert region_radius(Region(area_msh=5.0)) == 4.0
    assert region_radius(Region(area_msh=1e6)) == 16.0
    assert name_of(Region(position=Position(7.4, 0.0))) == "N00W07"
    assert name_of(Region(harp=377)) == "HARP 377"


def test_what_cannot_be_gathered_is_refused() -> None:
    with pytest.raises(BadOptionError, match=r"A map of shape \(2, 2\) does not lie on memory"):
        region_shares(np.ones((2, 2)), seen(), [])
    with pytest.raises(BadOptionError, match="Nobody knows where memory lies on the Sun"):
        region_shares(np.ones(SHAPE), seen(PlateScale(1.0)), [])
    with pytest.raises(BadOptionError, match="Region AR 7 has no position"):
        region_shares(np.ones(SHAPE), seen(), [Region(noaa=(7,))])
    with pytest.raises(BadOptionError, match="above 0, such as 8"):
        region_shares(np.ones(SHAPE), seen(), [], radius_degrees=0.0)
