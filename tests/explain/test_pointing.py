"""The pointing game, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flarescope.explain.pointing import PointingCase, pointing_game, points_at, region_of
from flarescope.explain.shares import RegionShare
from flarescope.sun import Position, Region

BIG = Region(noaa=(14366,), position=Position(10.0, 15.0), area_msh=900.0)
SMALL = Region(noaa=(14370,), position=Position(-40.0, -12.0), area_msh=60.0)
PLAIN = Region(harp=77, position=Position(60.0, -20.0))


def shares(*pairs: tuple[Region | None, float]) -> tuple[RegionShare, ...]:
    return tuple(RegionShare(region, "", share, share) for region, share in pairs)


ON_SMALL = shares((SMALL, 0.2), (BIG, 0.1), (PLAIN, 0.0), (None, 0.7))


def test_the_strongest_region_is_pointed_at_whatever_lies_elsewhere() -> None:
    assert points_at(ON_SMALL, SMALL)
    assert points_at(ON_SMALL, Region(noaa=(14370,)))
    assert points_at(ON_SMALL, Position(-43.0, -10.0))
    assert not points_at(ON_SMALL, BIG)
    assert not points_at(ON_SMALL, Position(12.0, 15.0))
    assert not points_at(ON_SMALL, Position(-40.0, 40.0))  # in no region


def test_a_map_without_a_share_in_any_region_points_nowhere() -> None:
    assert not points_at(shares((SMALL, 0.0), (None, 1.0)), SMALL)
    assert not points_at(shares((None, 1.0)), SMALL)
    assert not points_at((), SMALL)


def test_a_region_is_known_by_number_before_place() -> None:
    moved = Region(noaa=(14366,), position=SMALL.position)
    assert region_of(moved, [SMALL, BIG]) is BIG
    assert region_of(Region(harp=77), [SMALL, PLAIN]) is PLAIN
    assert region_of(Region(noaa=(1,), position=Position(61.0, -21.0)), [SMALL, PLAIN]) is PLAIN
    assert region_of(Region(noaa=(1,)), [SMALL, BIG]) is None
    neighbour = Region(noaa=(14367,), position=Position(12.0, 16.0))
    assert region_of(neighbour, [BIG, SMALL]) is None  # another number is another region, however near
    assert region_of(Region(position=neighbour.position), [BIG, SMALL]) is BIG
    assert (
        region_of(
            Region(noaa=(1,), position=Position(55.0, -20.0)),
            [replace(BIG, position=Position(56.0, -20.0)), PLAIN],
        )
        is PLAIN
    )
    assert region_of(Position(19.0, 15.0), [BIG]) is BIG
    assert region_of(Position(21.0, 15.0), [BIG]) is None
    assert region_of(Position(0.0, 0.0), []) is None


def test_methods_and_rivals_are_scored_on_the_same_images() -> None:
    ours, theirs = ON_SMALL, shares((BIG, 0.9), (SMALL, 0.1), (PLAIN, 0.0), (None, 0.0))
    cases = [
        PointingCase("one", {"ours": ours, "theirs": theirs}, SMALL, flared_last=SMALL, block="a"),
        PointingCase("two", {"ours": ours, "theirs": theirs}, BIG, block="b"),
        PointingCase(
            "three", {"ours": ours, "theirs": theirs}, Position(0.0, 70.0), flared_last=BIG, block="b"
        ),
    ]
    table = pointing_game(cases).pivot(index="image", columns="method", values="points_at")
    assert table["ours"].to_dict() == {"one": 1.0, "two": 0.0, "three": 0.0}
    assert table["theirs"].to_dict() == {"one": 0.0, "two": 1.0, "three": 0.0}
    assert table["largest_region"].to_dict() == {"one": 0.0, "two": 1.0, "three": 0.0}
    assert table["flared_last"].to_dict() == {"one": 1.0, "two": 0.0, "three": 0.0}
    assert table["chance"].to_dict() == {
        "one": pytest.approx(1 / 3),
        "two": pytest.approx(1 / 3),
        "three": 0.0,
    }
    assert pointing_game(cases)["block"].unique().tolist() == ["a", "b"]


def test_without_areas_the_largest_is_unknown() -> None:
    alone = PointingCase("one", {"ours": shares((PLAIN, 1.0), (None, 0.0))}, PLAIN)
    table = pointing_game([alone]).set_index("method")["points_at"]
    assert table["largest_region"] == 0.0
    assert table["ours"] == table["chance"] == 1.0
    assert list(pointing_game([]).columns) == ["method", "image", "block", "points_at"]
