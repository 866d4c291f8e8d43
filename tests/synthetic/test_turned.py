"""Maps laid onto the disk: where, how strong, and not beyond the limb."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.geometry import CeaGrid, Disk
from flarescope.sources.files import read_magnetogram
from flarescope.sun import Magnetogram, Position, Region
from flarescope.synthetic.turned import cosine_of_view, onto_disk, turned
from flarescope.times import utc

TIME = utc("2011-02-14T03:00Z")
SIDE, STEP = 201, 0.05
CELL = np.radians(STEP) ** 2  # of the sphere of radius 1
DISK = Disk(255.5, 255.5, 200.0, b0=-6.8, l0=0.0, distance_au=0.988)


def spot(degrees: float = 1.0, peak: float = 1000.0) -> np.ndarray:
    """A round Gaussian spot in the middle of a map."""
    at = (np.arange(SIDE) - SIDE // 2) * STEP
    return peak * np.exp(-0.5 * (at**2 + at[:, None] ** 2) / degrees**2)


def grid_at(longitude: float, latitude: float) -> CeaGrid:
    return CeaGrid(longitude, latitude, SIDE // 2, SIDE // 2, STEP)


def sharp(longitude: float = 10.0, field: np.ndarray | None = None) -> Magnetogram:
    """A region as a SHARP shows it: the line-of-sight field of a radial spot."""
    grid = grid_at(longitude, -20.0)
    if field is None:
        x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
        field = spot() * cosine_of_view(*grid.heliographic(x, y), DISK)
    region = Region(377, (11158,), Position(longitude, -20.0))
    return Magnetogram(field, TIME, "region", "gauss", grid, region)


@given(longitude=st.floats(-75, 75), latitude=st.floats(-35, 35))
def test_radial_flux_is_kept(longitude: float, latitude: float) -> None:
    seen = onto_disk(spot(), grid_at(longitude, latitude), DISK, (512, 512))
    mu = np.maximum(DISK.mu(seen.shape), 0.02)
    pixel = 1.0 / DISK.radius**2
    # a pixel's flux is B_los/mu over an area of pixel/mu
    found = float(np.nansum(seen / mu**2) * pixel)
    assert found == pytest.approx(float(spot().sum() * CELL), rel=0.02)


@given(longitude=st.floats(-70, 70), latitude=st.floats(-35, 35))
def test_it_lies_where_it_should(longitude: float, latitude: float) -> None:
    seen = np.nan_to_num(onto_disk(spot(0.4), grid_at(longitude, latitude), DISK, (512, 512)))
    weight = seen / np.nan_to_num(np.maximum(DISK.mu(seen.shape), 0.02), nan=1.0)
    y, x = np.indices(seen.shape)
    found = float((weight * x).sum() / weight.sum()), float((weight * y).sum() / weight.sum())
    expected = [float(at) for at in DISK.pixel(longitude, latitude)]
    assert found == pytest.approx(expected, abs=0.12)


@given(longitude=st.floats(-180, 180))
def test_nothing_beyond_the_limb(longitude: float) -> None:
    seen = onto_disk(np.full((SIDE, SIDE), 500.0), grid_at(longitude, 5.0), DISK, (512, 512))
    assert np.array_equal(np.isfinite(seen), DISK.mask(seen.shape))
    assert np.nanmax(seen) <= 500.0
    assert np.nanmin(seen) >= 0.0
    if abs(longitude) > 105:
        assert not np.nan_to_num(seen).any()


def test_a_uniform_field_is_the_cosine() -> None:
    seen = onto_disk(np.full((SIDE, SIDE), 100.0), grid_at(60.0, 0.0), DISK, (512, 512))
    x, y = (round(float(at)) for at in DISK.pixel(60.0, 0.0))
    assert seen[y, x] == pytest.approx(100.0 * DISK.mu(seen.shape)[y, x], rel=1e-3)


def test_fields_are_cut_off_before_they_are_averaged() -> None:
    mixed = np.where(np.indices((SIDE, SIDE)).sum(axis=0) // 6 % 2 == 0, 2000.0, -500.0)
    whole = onto_disk(mixed, grid_at(0.0, -6.8), DISK, (512, 512))
    cut = onto_disk(mixed, grid_at(0.0, -6.8), DISK, (512, 512), limit_gauss=250.0)
    middle = slice(250, 262)
    assert whole[middle, middle].mean() == pytest.approx(750.0, rel=0.1)
    assert abs(cut[middle, middle].mean()) < 40.0


def test_the_same_longitude_gives_the_same_picture() -> None:
    region = sharp()
    seen = turned(region, 10.0)
    x, y = np.meshgrid(np.arange(512), np.arange(512))
    disk = seen.geometry
    assert isinstance(disk, Disk)
    place = grid_at(10.0, -20.0).pixel(*disk.heliographic(x, y))
    near = np.hypot(place[0] - SIDE // 2, place[1] - SIDE // 2) < 60
    rows, columns = (np.rint(np.where(near, at, 0)).astype(int) for at in place[::-1])
    assert np.abs(seen.field - region.field[rows, columns])[near].max() < 25.0  # of 1000 G


def test_what_is_said_of_a_turned_region() -> None:
    seen = turned(sharp(), -75.0)
    assert seen.view == "full_disk"
    assert seen.region is not None
    assert seen.region.position == Position(-75.0, -20.0)
    assert seen.region.noaa == (11158,)
    assert "turned from longitude 10.0° to -75.0°" in seen.notes[0]


def test_both_sides_are_alike() -> None:
    east, west = (turned(sharp(field=spot()), side * 70.0).field for side in (-1, 1))
    assert np.nansum(np.abs(east)) == pytest.approx(float(np.nansum(np.abs(west))), rel=0.03)


def test_it_is_laid_on_a_background() -> None:
    background = turned(sharp(field=np.full((SIDE, SIDE), -7.0)), 40.0)
    seen = turned(sharp(), 0.0, background=background)
    away = np.abs(np.indices(seen.field.shape)[1] - 255) > 60
    assert np.array_equal(seen.field[away], background.field[away], equal_nan=True)
    assert seen.time == background.time
    assert float(np.nanmax(seen.field)) > 500.0


def test_noise_is_reproducible() -> None:
    first, again, other = (turned(sharp(), 0.0, noise_gauss=10.0, seed=s).field for s in (1, 1, 2))
    assert np.array_equal(first, again, equal_nan=True)
    assert float(np.nanstd(first - other)) == pytest.approx(10.0 * np.sqrt(2), rel=0.05)


def test_what_cannot_be_turned() -> None:
    with pytest.raises(BadOptionError, match=r"within ±88°"):
        turned(sharp(), 95.0)
    with pytest.raises(BadOptionError, match=r"longitude 70\.0°.*radial field cannot be told"):
        turned(sharp(70.0), 0.0)
    with pytest.raises(BadOptionError, match=r"no CEA map in gauss"):
        turned(turned(sharp(), 0.0), 0.0)
    with pytest.raises(BadOptionError, match=r"no full disk in gauss"):
        turned(sharp(), 0.0, background=sharp())


@pytest.mark.realdata
def test_a_real_region_keeps_its_flux(data_dir: Path) -> None:
    folder = data_dir / "magnetograms/sharp_cea/harp377_hourly"
    region = read_magnetogram(next(folder.glob("*20110214_030000*")))
    fluxes = []
    for longitude in (0.0, 45.0, 70.0):
        seen = turned(region, longitude)
        assert isinstance(seen.geometry, Disk)
        mu = np.maximum(seen.geometry.mu(seen.field.shape), 0.05)
        fluxes.append(float(np.nansum(np.abs(seen.field) / mu**2)))
    # opposite polarities in one pixel cancel, the more the nearer to the limb
    assert fluxes == sorted(fluxes, reverse=True)
    assert fluxes[-1] > 0.93 * fluxes[0]
