"""What was found of a set of explained images, and how it becomes means, spreads and findings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from flarescope.explain.shares import RegionShare
from flarescope.forecast import Explanation
from flarescope.papers.pandey2023.explained import (
    Explained,
    first_region,
    kept,
    least_spread,
    mean_of,
    pair_rows,
    share_of,
)
from flarescope.papers.pandey2023.leave_one_out import mean_map
from flarescope.sun import Position, Region

EAST, WEST = Region(harp=1, position=Position(-30.0, 10.0)), Region(harp=2, position=Position(40.0, -5.0))

ALL = np.ones((20, 20), bool)


def shares(east: float, west: float) -> tuple[RegionShare, ...]:
    found = [RegionShare(EAST, "N10E30", east, east), RegionShare(WEST, "S05W40", west, west)]
    rest = 1.0 - east - west
    return (*sorted(found, key=lambda one: -one.share), RegionShare(None, "elsewhere", rest, rest))


def test_mean_and_its_error_over_blocks():
    rng = np.random.default_rng(0)
    means = rng.normal(2.0, 1.0, 400)  # of blocks of three images that are all alike
    rows = pd.DataFrame({"block": np.repeat(np.arange(400), 3), "x": np.repeat(means, 3)})
    mean, error, images, blocks = mean_of(rows, "x")
    assert (images, blocks) == (1200, 400)
    assert mean == pytest.approx(means.mean())
    assert error == pytest.approx(means.std(ddof=1) / 20, rel=0.03)  # not the 1/sqrt(1200) of single images


def test_mean_of_few_blocks_has_no_error_and_of_nothing_no_value():
    rows = pd.DataFrame({"block": [0, 1], "x": [1.0, 3.0]})
    assert mean_of(rows, "x") == (2.0, None, 2, 2)
    assert mean_of(rows.assign(x=np.nan), "x")[0] is None
    assert mean_of(rows, "y")[0] is None


def test_the_first_region_has_the_largest_share():
    assert first_region(shares(0.2, 0.5)).startswith("2 ")
    assert first_region(shares(0.0, 0.0)) == ""
    unnumbered = replace(shares(0.9, 0.0)[0], region=replace(EAST, harp=None))
    assert first_region((unnumbered,)) == "N10E30"


def test_four_of_four_are_no_certainty():
    rows = pd.DataFrame({"block": [0, 0, 1, 2, 3], "x": [1.0] * 5})
    assert mean_of(rows, "x")[1] == 0.0
    mean, error, *_ = share_of(rows, "x")
    assert mean == 1.0
    likely = 6 / 8  # two right and two wrong added
    assert error == pytest.approx((likely * (1 - likely) / 8) ** 0.5)
    assert share_of(rows[:3], "x")[1] is None  # two blocks


def test_two_that_never_differ_may_differ_all_the_same():
    same = least_spread(np.zeros(4), paired=True)
    assert same == pytest.approx((2 / 8) ** 0.5 / 8**0.5)
    differ = np.array([1.0, -1.0, 0.0, 1.0] * 100)
    assert least_spread(differ, paired=True) == pytest.approx(differ.std() / 20, rel=0.02)


def test_pairs_agree_on_pixels_and_on_the_first_region():
    maps = {"a": np.eye(20), "b": np.eye(20), "c": np.rot90(np.eye(20))}
    found = {"a": shares(0.6, 0.1), "b": shares(0.5, 0.1), "c": shares(0.1, 0.6)}
    rows = pd.DataFrame(pair_rows("one", 7, maps, found, ALL)).set_index(["method_a", "method_b"])
    assert rows.loc[("a", "b"), "overlap"] == 1.0
    assert rows.loc[("a", "c"), "overlap"] == 0.0
    assert rows["same_region"].tolist() == [1.0, 0.0, 0.0]
    assert (rows["chance"] == 0.5).all()


def test_two_maps_without_a_region_do_not_agree():
    maps = {"a": np.eye(20), "b": np.eye(20)}
    (row,) = pair_rows("one", 0, maps, dict.fromkeys(maps, shares(0.0, 0.0)), ALL)
    assert row["same_region"] == 0.0


def test_an_image_is_explained_once(tmp_path):
    made = []

    def make():
        made.append(1)
        why = Explanation("m", np.ones((2, 2)), "zero_field", prepared=np.full((2, 2), 3.0))
        return {"m": why}, {"scored": [{"method": "m", "image": "x", "block": 0}], "pairs": []}

    rows = [kept(tmp_path, "x", make) for _ in range(2)]
    assert made == [1]
    assert rows[0] == rows[1]
    found = Explained.of(tmp_path, rows[:1])
    assert found.images == ["x"]
    np.testing.assert_array_equal(found.maps("x")["m"], np.full((2, 2), 3.0))


def test_mean_map_counts_every_method_alike():
    maps = {"a": np.array([[1.0, -3.0]]), "b": np.array([[0.0, 800.0]]), "none": np.zeros((1, 2))}
    np.testing.assert_allclose(mean_map(maps, ("a", "b")), [[0.125, 0.875]])
    np.testing.assert_allclose(mean_map(maps, ("a", "none")), [[0.125, 0.375]])
