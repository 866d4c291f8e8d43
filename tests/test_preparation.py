"""Preparation: what a network sees, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from flarescope.errors import BadOptionError, UnknownNameError
from flarescope.geometry import CeaGrid, Disk
from flarescope.preparation import Preparation
from flarescope.sun import Magnetogram

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)


def region(field: np.ndarray, *, degrees_per_pixel: float = 0.03) -> Magnetogram:
    height, width = field.shape
    grid = CeaGrid(0.0, 0.0, (width - 1) / 2, (height - 1) / 2, degrees_per_pixel)
    return Magnetogram(field=field, time=NOON, view="region", encoding="gauss", geometry=grid)


def test_antialiased_bicubic_equals_torch() -> None:
    torch = pytest.importorskip("torch")
    field = np.random.default_rng(0).normal(0, 100, (200, 300))
    ours = Preparation(size=64).apply(region(field))
    tensor = torch.from_numpy(field.astype(np.float32))[None, None]
    theirs = torch.nn.functional.interpolate(tensor, (64, 64), mode="bicubic", antialias=True)[0, 0].numpy()
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_without_antialias_noise_keeps_its_strength() -> None:
    noise = region(np.random.default_rng(1).normal(0, 100, (512, 512)))
    sharp = np.abs(Preparation(size=64, antialias=False).apply(noise)).mean()
    smooth = np.abs(Preparation(size=64).apply(noise)).mean()
    assert sharp > 3 * smooth


def test_crop_keeps_the_physical_scale_and_pads_with_zero_field() -> None:
    field = np.zeros((100, 100))
    field[48:52, 48:52] = 1000.0
    scale = np.radians(0.03) * 695.7
    seen = Preparation(size=200, fit="crop", megametres_per_pixel=scale, std=100.0).apply(region(field))
    assert seen.shape == (200, 200)
    assert seen.sum() == pytest.approx(16 * 10.0, rel=1e-4)
    assert np.all(seen[:50] == 0)


def test_nan_becomes_zero_field_and_the_other_encoding_is_converted() -> None:
    field = np.full((8, 8), 500.0)
    field[:, :4] = np.nan
    grey = Preparation(size=8, encoding="grey8", grey_per_gauss=0.1, mean=-127.5, std=255.0).apply(
        region(field)
    )
    np.testing.assert_allclose(grey[:, :3], 0.5, atol=1e-6)
    assert grey[4, 6] == pytest.approx(0.5 + 50 / 255)
    with pytest.raises(BadOptionError, match="trained on grey8 and memory holds gauss"):
        Preparation(size=8, encoding="grey8").apply(region(field))


@pytest.mark.parametrize("frame", [(200, 232), (256, 600)])
def test_at_a_fixed_scale_the_same_pixels_give_the_same_numbers_in_any_frame(frame: tuple[int, int]) -> None:
    spot = np.random.default_rng(2).normal(0, 500, (96, 128))
    field = np.zeros(frame)
    field[64:160, 96:224] = spot
    field[-1, -1] = np.nan
    preparation = Preparation(size=8, fit="scale", megametres_per_pixel=1.457, std=100.0)
    seen, alone = preparation.apply(region(field)), preparation.apply(region(spot))
    assert seen.shape == tuple(32 * -(-side // 32) // 4 for side in frame)
    assert alone.shape == (24, 32)
    assert alone[3, 5] == np.float32(spot[12:16, 20:24].mean() / 100)
    np.testing.assert_array_equal(seen[16:40, 24:56], alone)
    assert np.abs(seen).sum() == np.abs(alone).sum()


@pytest.mark.parametrize("interpolation", ["area", "bicubic"])
@pytest.mark.parametrize("degrees", [0.021, 0.05, 0.25])
def test_at_a_fixed_scale_flux_is_kept_from_pixels_of_any_size(interpolation: str, degrees: float) -> None:
    y, x = np.mgrid[:90, :130]
    field = 1000 * np.exp(-((y - 40) ** 2 + (x - 70) ** 2) / 200)
    preparation = Preparation(
        size=8,
        fit="scale",
        interpolation=interpolation,
        megametres_per_pixel=1.457,  # type: ignore[arg-type]
    )
    seen = preparation.apply(region(field, degrees_per_pixel=degrees))
    assert all(side % 8 == 0 for side in seen.shape)
    assert seen.sum() * 0.12**2 == pytest.approx(
        field.sum() * degrees**2, rel=0.01
    )  # Pillow's box rounds its edges


@pytest.mark.parametrize("fit", ["resize", "pad", "crop", "scale"])
def test_a_map_comes_back_to_the_place_it_speaks_of(fit: str) -> None:
    field = np.zeros((120, 200))
    field[80:84, 50:54] = 1000.0
    field[0, 0] = np.nan
    m = region(field)
    preparation = Preparation(size=128, fit=fit, megametres_per_pixel=0.5)  # type: ignore[arg-type]
    back = preparation.undo_map(preparation.apply(m), m)
    assert back.shape == field.shape
    assert np.isnan(back[0, 0])
    row, column = np.unravel_index(np.nanargmax(back), back.shape)
    assert abs(row - 81.5) <= 2
    assert abs(column - 51.5) <= 2


def test_it_is_stored_and_read_back_and_refuses_unknown_settings() -> None:
    preparation = Preparation(size=256, clip=500.0, encoding="gauss", std=300.0)
    assert Preparation.from_dict(preparation.to_dict()) == preparation
    with pytest.raises(UnknownNameError, match=r"No preparation setting named 'sise'\. Did you mean 'size'"):
        Preparation.from_dict({"sise": 3})
    for fit in ("crop", "scale"):
        with pytest.raises(BadOptionError, match=f"fit '{fit}' needs megametres_per_pixel"):
            Preparation(size=4, fit=fit)  # type: ignore[arg-type]
    with pytest.raises(BadOptionError, match="no known physical scale"):
        Preparation(size=4, fit="scale", megametres_per_pixel=1.5).apply(
            Magnetogram(field=np.ones((9, 9)), time=NOON, view="region", encoding="gauss")
        )


def disk_image(radius: float, centre: tuple[float, float], spot: tuple[float, float]) -> Magnetogram:
    """A disk with a spot of 400 G at a heliographic place, 1000 G at and beyond the limb, NaN far off."""
    disk = Disk(*centre, radius, b0=-6.0, l0=0.0, distance_au=0.986)
    y, x = np.mgrid[:256, :256]
    away = np.hypot(x - centre[0], y - centre[1])
    spot_x, spot_y = disk.pixel(*spot)
    field = 400.0 * np.exp(-((x - spot_x) ** 2 + (y - spot_y) ** 2) / (2 * (radius / 15) ** 2))
    field = np.where(away > 0.998 * radius, 1000.0, field)
    return Magnetogram(np.where(away > radius, np.nan, field), NOON, "full_disk", "gauss", disk)


DISK = Preparation(size=256, fit="disk", disk_radius=100.0)


def test_disks_of_any_size_and_centre_look_alike() -> None:
    large, small = (
        DISK.apply(disk_image(r, c, (30.0, 10.0)))
        for r, c in ((100.0, (127.5, 127.5)), (90.0, (120.0, 131.0)))
    )
    peaks = [np.unravel_index(image.argmax(), image.shape) for image in (large, small)]
    assert np.abs(np.subtract(*peaks)).max() <= 1
    inner = np.hypot(*(np.mgrid[:256, :256] - 127.5)) < 90.0
    np.testing.assert_allclose(large[inner], small[inner], atol=8.0)
    y, x = peaks[0]
    place = Disk(127.5, 127.5, 100.0, b0=-6.0, l0=0.0, distance_au=0.986).heliographic(float(x), float(y))
    np.testing.assert_allclose(place, (30.0, 10.0), atol=1.5)


def test_the_limb_and_what_lies_beyond_are_zero_field() -> None:
    image = DISK.apply(disk_image(100.0, (127.5, 127.5), (0.0, 0.0)))
    away = np.hypot(*(np.mgrid[:256, :256] - 127.5))
    assert np.all(image[away > 99.0] == 0.0)
    assert np.abs(image[away > 90.0]).max() < 300.0  # the bright rim of 1000 G is gone
    assert image.max() > 350.0


def test_which_pixels_show_known_field() -> None:
    seen = DISK.seen(disk_image(100.0, (127.5, 127.5), (0.0, 0.0)))
    assert seen.shape == (256, 256)
    assert seen.sum() == pytest.approx(np.pi * (0.985 * 100) ** 2, rel=0.02)
    half = region(np.where(np.arange(40) < 20, np.nan, 5.0) * np.ones((40, 1)))
    assert Preparation(size=8).seen(half)[:, 4:].all()
    assert not Preparation(size=8).seen(half)[:, :4].any()


def test_a_map_of_the_disk_comes_back_to_its_own_place() -> None:
    image = disk_image(90.0, (120.0, 131.0), (30.0, 10.0))
    back = DISK.undo_map(DISK.apply(image), image)
    x, y = image.geometry.pixel(30.0, 10.0)
    row, column = np.unravel_index(np.nanargmax(back), back.shape)
    assert abs(row - y) <= 2
    assert abs(column - x) <= 2
    assert np.isnan(back[0, 0])


def test_a_patch_is_no_disk() -> None:
    with pytest.raises(BadOptionError, match="shows no disk whose centre and radius are known"):
        DISK.apply(region(np.zeros((8, 8))))
    with pytest.raises(BadOptionError, match="disk_radius None"):
        Preparation(size=8, fit="disk")
