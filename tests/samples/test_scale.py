"""Encoding and degrading: grey for gauss, coarse pixels for fine ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.geometry import SOLAR_RADIUS_MM, CeaGrid, Disk, PlateScale
from flarescope.samples.scale import degrade, encode, pixel_megametres
from flarescope.sun import Magnetogram

TIME = "2012-03-07T14:00Z"


def patch(field: np.ndarray, geometry: object = None, encoding: str = "gauss") -> Magnetogram:
    return Magnetogram(field.astype(np.float32), TIME, "region", encoding, geometry)


def test_known_gauss_become_known_greys() -> None:
    field = np.array([[-4000.0, -250.0, -100.0], [0.0, 100.0, np.nan]])
    grey = encode(patch(field))
    assert grey.encoding == "grey8"
    np.testing.assert_allclose(grey.field, [[0.0, 0.0, 76.5], [127.5, 178.5, np.nan]], atol=1e-4)
    assert encode(grey) is grey


def test_saturation_comes_before_averaging() -> None:
    field = np.array([[1000.0, 0.0], [0.0, 0.0]] * 2).repeat(2, axis=1)
    m = patch(field, PlateScale(1.0))
    right = degrade(encode(m), 2.0).field - 127.5
    wrong = encode(degrade(m, 2.0)).field - 127.5
    assert right.max() < 0.6 * wrong.max()  # 1 kG in half of the pixels is not 250 G in all of them


@given(st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_whole_factors_average_blocks_and_keep_the_mean(factor: int, seed: int) -> None:
    field = np.random.default_rng(seed).normal(0, 100, (6 * factor, 4 * factor))
    coarse = degrade(patch(field, PlateScale(0.5)), 0.5 * factor)
    blocks = field.reshape(6, factor, 4, factor).mean(axis=(1, 3))
    np.testing.assert_allclose(coarse.field, blocks, atol=1e-3)
    assert pixel_megametres(coarse) == pytest.approx(0.5 * factor)


def test_a_place_stays_where_it_is() -> None:
    disk = Disk(99.5, 99.5, 90.0, -6.0, 10.0, 0.99)
    field = np.where(disk.mask((200, 200)), 1.0, np.nan)
    m = replace(patch(field, disk), view="full_disk")
    coarse = degrade(m, 4 * pixel_megametres(m))
    assert coarse.field.shape == (50, 50)
    x, y = disk.pixel(30.0, 15.0)
    assert coarse.geometry.pixel(30.0, 15.0) == pytest.approx(((x + 0.5) / 4 - 0.5, (y + 0.5) / 4 - 0.5))
    assert np.nanmin(coarse.field) == pytest.approx(1.0)  # NaN off the disk does not darken the limb
    assert np.isnan(coarse.field[0, 0])


def test_scales_of_all_geometries() -> None:
    field = np.zeros((4, 4))
    assert pixel_megametres(patch(field, Disk(0, 0, 695.7, 0, 0, 1.0))) == pytest.approx(1.0)
    assert pixel_megametres(patch(field, CeaGrid(0, 0, 0, 0, 0.03))) == pytest.approx(0.3643, abs=1e-4)
    halved = degrade(
        patch(np.zeros((8, 8)), CeaGrid(0, 0, 3.5, 3.5, 0.03)), np.radians(0.06) * SOLAR_RADIUS_MM
    )
    assert halved.geometry.x_reference == pytest.approx(1.5)
    assert halved.geometry.degrees_per_pixel == pytest.approx(0.06)


def test_what_cannot_be_degraded_says_why() -> None:
    with pytest.raises(BadOptionError, match="no known physical scale"):
        degrade(patch(np.zeros((8, 8))), 2.0)
    with pytest.raises(BadOptionError, match="Accepted: coarser"):
        degrade(patch(np.zeros((8, 8)), PlateScale(3.0)), 2.0)
    with pytest.raises(BadOptionError, match="Accepted: 0 to 100 Mm"):
        PlateScale(0.0)
