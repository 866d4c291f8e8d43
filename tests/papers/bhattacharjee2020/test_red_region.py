"""A bipole whose line is known, and red regions laid on it and beside it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from flarescope.geometry import CeaGrid
from flarescope.papers.bhattacharjee2020.red_region import (
    Lie,
    Region,
    laid_into,
    normalised,
    red_region,
    share_of_shifts,
)
from flarescope.sun import Magnetogram

MM = 0.03 * np.pi / 180 * 696.0


@pytest.fixture
def lie() -> Lie:
    """Two halves of ±800 G that meet at column 100, in the middle rows only; the frame has a hole."""
    field = np.zeros((120, 200))
    field[40:80, 60:100], field[40:80, 100:140] = 800.0, -800.0
    field[0, 0] = np.nan
    grid = CeaGrid(0.0, 0.0, 99.5, 59.5, 0.03)
    return Lie.of(Magnetogram(field, datetime(2014, 1, 1, tzinfo=UTC), "region", "gauss", grid))


def box(shape: tuple[int, ...], rows: slice, columns: slice) -> np.ndarray:
    found = np.zeros(shape, bool)
    found[rows, columns] = True
    return found


def test_the_line_lies_where_the_signs_meet(lie: Lie) -> None:
    rows, columns = np.nonzero(lie.line)
    assert 96 <= columns.min() <= columns.max() <= 103
    assert columns.min() + columns.max() == 199
    assert 34 <= rows.min() < 42
    assert rows.min() + rows.max() == 119
    reach = np.flatnonzero(lie.near[60])
    assert reach[-1] - columns.max() == int(10.0 / lie.megametres) == 27
    assert lie.megametres == pytest.approx(MM, rel=2e-3)


def test_shares_and_what_is_shared(lie: Lie) -> None:
    on, off = box(lie.line.shape, slice(50, 70), slice(90, 110)), box(lie.line.shape, slice(5), slice(5))
    assert (lie.share(on), lie.share(off)) == (1.0, 0.0)
    measured = Region.of(lie, on, seed=1)
    assert measured.share == 1.0
    assert 0.0 < measured.shifted < 0.6
    assert measured.strength == 800.0 > measured.strength_all
    assert measured.separation == pytest.approx(40 * MM, rel=0.06)
    assert measured.gradient > 300.0
    assert np.isnan(lie.gradient(off))


def test_random_shifts_stay_inside_and_keep_the_shape(lie: Lie) -> None:
    near = box((10, 10), slice(0, 10), slice(0, 5))
    one = box((10, 10), slice(3, 4), slice(9, 10))
    assert share_of_shifts(one, near, np.random.default_rng(0)) == pytest.approx(0.5, abs=0.1)
    assert share_of_shifts(np.ones((10, 10), bool), near, np.random.default_rng(0)) == 0.5


def test_red_is_above_nine_tenths_of_the_largest_absolute_value() -> None:
    values = np.array([[1.0, 1.9, 2.0, np.nan], [0.0, -1.0, -1.9, 1.81]])
    np.testing.assert_array_equal(red_region(values), [[False, True, True, False], [False] * 3 + [True]])
    assert not red_region(-np.abs(np.nan_to_num(values))).any()  # what is covered spoke against a flare
    assert not normalised(np.zeros((2, 2))).any()


def test_another_frame_takes_the_region_over_in_proportion() -> None:
    red = box((4, 4), slice(0, 2), slice(2, 4))
    np.testing.assert_array_equal(laid_into(red, (8, 12)), box((8, 12), slice(0, 4), slice(6, 12)))
