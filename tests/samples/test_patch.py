"""Patches in the plane of the sky: cut, projected, brought back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from flarescope.errors import BadOptionError
from flarescope.geometry import CeaGrid, Disk, PlateScale, earth_view
from flarescope.preparation import Preparation
from flarescope.samples.patch import as_patch, cut, patch_megametres, to_plane_of_sky, uncut
from flarescope.samples.scale import degrade, encode, pixel_megametres
from flarescope.sources import files
from flarescope.sun import Magnetogram, Position, Region

TIME = "2012-03-07T14:00Z"


def full_disk(radius: float = 90.0, n: int = 200) -> Magnetogram:
    view = earth_view(TIME)
    disk = Disk((n - 1) / 2, (n - 1) / 2 + 3.0, radius, view.b0, view.l0, view.distance_au)
    x, y = np.meshgrid(np.arange(n, dtype=float), np.arange(n, dtype=float))
    longitude, latitude = disk.heliographic(x, y)
    field = 200 * np.exp(-((longitude + 40) ** 2 + (latitude - 15) ** 2) / 60.0)  # NaN off the disk
    return Magnetogram(field.astype(np.float32), TIME, "full_disk", "gauss", disk)


def cea_map(longitude: float = -40.0) -> Magnetogram:
    grid = CeaGrid(longitude, 15.0, 149.5, 99.5, 0.1)
    x, y = np.meshgrid(np.arange(300.0), np.arange(200.0))
    lon, lat = grid.heliographic(x, y)
    field = 200 * np.exp(-((lon - longitude) ** 2 + (lat - 15) ** 2) / 60.0)
    region = Region(harp=1, position=Position(longitude, 15.0))
    return Magnetogram(field.astype(np.float32), TIME, "region", "gauss", grid, region)


def test_a_cut_keeps_values_and_places() -> None:
    disk = full_disk()
    patch = cut(disk, Region(position=Position(-40.0, 15.0)))
    assert patch.view == "region"
    n = round(patch_megametres(disk.time) / pixel_megametres(disk))
    assert patch.field.shape == (n, n)
    x, y = (round(float(v)) for v in patch.geometry.pixel(-40.0, 15.0))
    assert abs(x - (n - 1) / 2) <= 1
    assert abs(y - (n - 1) / 2) <= 1
    assert patch.field[y, x] == np.nanmax(disk.field)


def test_off_the_disk_is_zero_field_in_both_encodings() -> None:
    at_limb = Region(position=Position(-85.0, 0.0))
    disk = full_disk()
    assert cut(disk, at_limb).field[0, 0] == 0.0
    grey = cut(encode(disk), at_limb)
    assert grey.field[0, 0] == 127.5
    assert np.all(np.isfinite(grey.field))


def test_a_cut_map_comes_back_exactly() -> None:
    disk = full_disk()
    patch = cut(disk, Region(position=Position(-40.0, 15.0)))
    back = uncut(patch.field, patch, disk)
    x, y = (round(float(v)) for v in disk.geometry.pixel(-40.0, 15.0))
    here = np.s_[y - 10 : y + 11, x - 10 : x + 11]
    np.testing.assert_allclose(back[here], disk.field[here], rtol=1e-4)
    assert np.array_equal(np.isnan(back), np.isnan(disk.field))
    assert back[y, x + 70] == 0.0


def test_a_projected_map_looks_like_the_disk_itself() -> None:
    disk = full_disk()
    seen = to_plane_of_sky(cea_map(), pixels=40, megametres_per_pixel=pixel_megametres(disk))
    x, y = np.meshgrid(np.arange(40.0), np.arange(40.0))
    lon, lat = seen.geometry.heliographic(x, y)
    expected = 200 * np.exp(-((lon + 40) ** 2 + (lat - 15) ** 2) / 60.0)
    inside = np.abs(seen.field) > 0
    assert inside.mean() > 0.3
    bright = inside & (expected > 1)
    assert np.corrcoef(seen.field[bright], expected[bright])[0, 1] > 0.99
    assert seen.field[bright].mean() == pytest.approx(expected[bright].mean(), rel=0.02)
    px, py = seen.geometry.pixel(-40.0, 15.0)
    assert (float(px), float(py)) == pytest.approx((19.5, 19.5))


def test_a_map_on_a_projected_patch_comes_back_to_the_sharp() -> None:
    original = cea_map()
    patch = to_plane_of_sky(original)
    back = uncut(patch.field, patch, original)
    middle = np.s_[40:160, 90:210]
    assert np.abs(back - original.field)[middle].max() < 2.0


def test_every_view_becomes_the_same_kind_of_patch() -> None:
    from_disk = as_patch(full_disk(), Region(position=Position(-40.0, 15.0)))
    from_map = as_patch(cea_map())
    assert from_disk.encoding == from_map.encoding == "grey8"
    side = [m.field.shape[0] * pixel_megametres(m) for m in (from_disk, from_map)]
    assert side[0] == pytest.approx(side[1], rel=0.03)
    small = Preparation(size=20, encoding="grey8", std=127.5)
    a, b = small.apply(from_disk), small.apply(from_map)
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.98
    grey = Magnetogram(np.full((256, 256), 127.0), TIME, "region", "grey8", PlateScale(0.864))
    assert as_patch(grey) is grey
    for patch in (from_disk, from_map):
        again = as_patch(patch)
        assert np.array_equal(again.field, patch.field)
        assert again.geometry == patch.geometry


def test_what_cannot_be_cut_says_why() -> None:
    with pytest.raises(BadOptionError, match="no full disk"):
        cut(cea_map(), Region(position=Position(0.0, 0.0)))
    with pytest.raises(BadOptionError, match="has no position"):
        cut(full_disk(), Region())
    with pytest.raises(BadOptionError, match="behind the limb"):
        cut(full_disk(), Region(position=Position(120.0, 0.0)))
    with pytest.raises(BadOptionError, match="behind the limb"):
        to_plane_of_sky(cea_map(110.0))
    with pytest.raises(BadOptionError, match="cannot be projected"):
        to_plane_of_sky(full_disk())
    with pytest.raises(BadOptionError, match="give the region"):
        as_patch(full_disk())
    bare = Magnetogram(np.zeros((5, 5)), TIME, "region", "gauss")
    with pytest.raises(BadOptionError, match="have a place"):
        uncut(np.zeros((5, 5)), bare, full_disk())
    with pytest.raises(BadOptionError, match="shape"):
        uncut(np.zeros((4, 4)), bare, bare)
    assert np.array_equal(uncut(np.ones((5, 5)), encode(bare), bare), np.ones((5, 5)))


def registered(sharp: Magnetogram, frame: Magnetogram, factor: float = 1.0) -> tuple[float, np.ndarray]:
    """Best correlation of a frame with the projected SHARP, and the SHARP's part of the frame (NaN: none)."""
    scale = frame.geometry.megametres_per_pixel * factor
    wide = to_plane_of_sky(encode(sharp), pixels=700, megametres_per_pixel=scale).field - 127.5
    here, grey = (np.abs(wide) > 1e-4).astype(float), frame.field.astype(float) - 127.5
    n = 256

    def slid(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return signal.fftconvolve(a, b[::-1, ::-1])

    count = np.maximum(slid(here, np.ones((n, n))), 1)
    s, s2 = slid(wide, np.ones((n, n))), slid(wide**2, np.ones((n, n)))
    g, g2, both = slid(here, grey), slid(here, grey**2), slid(wide, grey)
    variance = np.maximum(s2 - s**2 / count, 1) * np.maximum(g2 - g**2 / count, 1)
    r = np.where(count > 20_000, (both - s * g / count) / np.sqrt(variance), -1.0)
    y, x = np.unravel_index(int(np.argmax(r)), r.shape)
    padded = np.pad(np.where(here > 0, wide, np.nan), n, constant_values=np.nan)
    return float(r.max()), padded[y + 1 : y + 1 + n, x + 1 : x + 1 + n]


@pytest.fixture(scope="module")
def overlap(data_dir: Path) -> tuple[Magnetogram, Magnetogram]:
    """HARP 1449 and the frame of region 11429 taken 24 minutes earlier."""
    maps = data_dir / "magnetograms"
    sharp = next((maps / "sharp_cea/2012-03-06").glob("*.1449.20120307_142400_TAI*"))
    folder = maps / "active_regions_2012_2017/11429/2012_03_08_02_00_01_0"
    return (
        files.read_magnetogram(sharp),
        files.read_magnetogram(folder / "2012-03-07T140001__magnetogram.jpg"),
    )


@pytest.mark.realdata
def test_the_plate_scale_of_the_patches_is_where_the_sharp_fits_best(
    overlap: tuple[Magnetogram, Magnetogram],
) -> None:
    r = {factor: registered(*overlap, factor)[0] for factor in (0.98, 0.99, 1.0, 1.01, 1.02)}
    assert max(r, key=lambda factor: r[factor]) in (0.99, 1.0, 1.01)
    assert r[1.0] > r[0.98]
    assert r[1.0] > r[1.02]


@pytest.mark.realdata
def test_the_network_sees_a_sharp_as_it_sees_the_real_patch(overlap: tuple[Magnetogram, Magnetogram]) -> None:
    sharp, frame = overlap
    r, part = registered(sharp, frame)
    known = np.isfinite(part)
    assert r > 0.95
    grey = frame.field - 127.5
    sharpness = np.sqrt(np.sum(grey[known] ** 2) / np.sum(part[known] ** 2))
    assert sharpness == pytest.approx(1.0, abs=0.05)  # 0.51 grey levels a gauss, ±5 %
    quiet = known & (np.abs(part) < 10)
    assert np.mean(grey[quiet]) == pytest.approx(0.0, abs=0.5)  # zero field is 127.5
    ours = replace(frame, field=np.where(known, 127.5 + part, 127.5))
    theirs = replace(frame, field=np.where(known, frame.field, 127.5))
    prepared = Preparation(size=128, encoding="grey8", std=127.5)
    fine = np.corrcoef(prepared.apply(ours).ravel(), prepared.apply(theirs).ravel())[0, 1]
    coarse = 4 * pixel_megametres(frame)
    a, b = (prepared.apply(degrade(m, coarse)).ravel() for m in (ours, theirs))
    print(f"correlation {r:.3f} at 256, {fine:.3f} at 128 px, {np.corrcoef(a, b)[0, 1]:.3f} at 4.8 arcsec")
    assert fine > 0.97
    assert np.corrcoef(a, b)[0, 1] > 0.98
