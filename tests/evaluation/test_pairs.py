"""Which forecasts belong together."""

from __future__ import annotations

import numpy as np
import pytest

from flarescope.errors import BadOptionError
from flarescope.evaluation.pairs import Asked, Said, pair_up, same_region
from flarescope.sun import Position, Region

START = np.datetime64("2024-01-01T00:00", "us")
MINUTE = np.timedelta64(1, "m")


def said(
    minutes: list[int], regions: list[Region | None] | None = None, asked: list[Asked] | None = None
) -> Said:
    n = len(minutes)
    times = START + np.array(minutes) * MINUTE
    return Said("x", times, np.full(n, 0.2), np.array(0.5), tuple(regions or ()), tuple(asked or ()))


def test_hours_in_one_set_only_are_left() -> None:
    pairs = pair_up(said([0, 60, 120, 180]), said([181, 60, 240, 1]))
    assert pairs.nrt.tolist() == [0, 1, 3]
    assert pairs.definitive.tolist() == [3, 1, 0]
    assert (pairs.only_nrt.tolist(), pairs.only_definitive.tolist()) == ([2], [2])


def test_each_has_one_partner_the_nearest() -> None:
    pairs = pair_up(said([0, 4]), said([3, 60]))
    assert (pairs.nrt.tolist(), pairs.definitive.tolist()) == ([1], [0])
    assert len(pair_up(said([0]), said([7]))) == 0
    assert len(pair_up(said([0]), said([7]), tolerance="10min")) == 1


def test_harp_numbers_do_not_join_where_noaa_numbers_part() -> None:
    nrt = [Region(harp=1, noaa=(11158,)), Region(harp=2, noaa=(11160,))]
    definitive = [Region(harp=2, noaa=(11158, 11159)), Region(harp=1, noaa=(11160,))]
    pairs = pair_up(said([0, 0], nrt), said([0, 0], definitive))
    assert pairs.definitive.tolist() == [0, 1]
    assert pairs.notes == ()


def test_places_join_where_a_number_is_wanting() -> None:
    here, near, far = Position(-179.0, 10.0), Position(178.0, 12.0), Position(-160.0, 10.0)
    unnumbered = said([0], [Region(harp=5, position=here)])
    definitive = said([0, 0], [Region(5, (1,), far), Region(6, (11158,), near)])
    pairs = pair_up(unnumbered, definitive)
    assert pairs.definitive.tolist() == [1]
    assert "joined by their places" in pairs.notes[0]


def test_harp_alone_joins_last_and_is_said() -> None:
    pairs = pair_up(said([0], [Region(harp=5)]), said([0, 0], [Region(harp=6), Region(harp=5)]))
    assert pairs.definitive.tolist() == [1]
    assert "numbered apart" in pairs.notes[0]


def test_the_disk_is_no_region_and_an_unknown_region_is_none() -> None:
    assert same_region(None, None)
    assert not same_region(None, Region(noaa=(11158,)))
    assert not same_region(Region(), Region())


def test_other_questions_are_other_forecasts() -> None:
    assert len(pair_up(said([0], None, [Asked("X1.0")]), said([0]))) == 0


def test_columns_must_agree() -> None:
    with pytest.raises(BadOptionError, match="3 times, but 2 of probability"):
        Said("x", START + np.arange(3) * MINUTE, np.zeros(2), np.array(0.5))
    with pytest.raises(BadOptionError, match="1 times are missing"):
        Said("x", np.array(["NaT"], "datetime64[us]"), np.zeros(1), np.array(0.5))
