"""Hours from flares by the halfway rule, and recall by these hours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.papers.bhattacharjee2020.around_flares import (
    EDGES,
    flare_follows,
    hours_from_flares,
    recall_curve,
)

START = np.datetime64("2012-03-01T00:00", "us")


def at(*hours: float) -> np.ndarray:
    return START + np.array([round(h * 3600e6) for h in hours], "timedelta64[us]")


def test_between_two_flares_each_half_belongs_to_the_nearer_one() -> None:
    hours, isolated = hours_from_flares(at(-10, 0, 30, 49.9, 50, 50.1, 100, 172, 172.1), at(100, 0))
    assert hours[:-1] == pytest.approx([-10, 0, 30, 49.9, 50, -49.9, 0, 72])
    assert np.isnan(hours[-1])
    assert not isolated.any()  # 100 hours apart


def test_windows_that_do_not_meet_leave_a_gap_and_their_flares_are_isolated() -> None:
    hours, isolated = hours_from_flares(at(-72, 72, 80, 100, 172), at(0, 172, 172))
    assert np.isnan(hours[2])
    assert hours[[0, 1, 3, 4]] == pytest.approx([-72, 72, -72, 0])
    assert isolated.tolist() == [True, True, False, True, True]


def test_exactly_144_hours_apart_is_isolated_and_a_minute_less_is_not() -> None:
    assert hours_from_flares(at(0), at(0, 144))[1].all()
    assert not hours_from_flares(at(0), at(0, 144 - 1 / 60))[1].any()


def test_without_flares_there_are_no_hours() -> None:
    hours, isolated = hours_from_flares(at(0, 1), at())
    assert np.isnan(hours).all()
    assert not isolated.any()


@given(
    st.lists(st.integers(-500, 500), min_size=1, max_size=20),
    st.lists(st.integers(-500, 500), min_size=1, max_size=8, unique=True),
)
def test_as_the_paper_tells_it_flare_by_flare(seen: list[int], flares: list[int]) -> None:
    hours, isolated = hours_from_flares(at(*seen), at(*flares))
    ordered = sorted(flares)
    for t, hour, alone in zip(seen, hours, isolated, strict=True):
        expected, single = np.nan, False
        for i, flare in enumerate(ordered):
            low = max(flare - 72, (ordered[i - 1] + flare) / 2 if i else -np.inf)
            high = min(flare + 72, (flare + ordered[i + 1]) / 2 if i + 1 < len(ordered) else np.inf)
            shared = bool(i) and low == (ordered[i - 1] + flare) / 2
            if (low < t if shared else low <= t) and t <= high:
                expected = float(t - flare)
                single = all(abs(flare - other) >= 144 for other in flares if other != flare)
        assert np.isnan(hour) if np.isnan(expected) else hour == expected
        assert alone == single


def test_over_splits_recall_is_the_mean_of_the_splits() -> None:
    hours = [-1, -1, -1, -1, -1, 5, np.nan, 80]
    yes = [1, 0, 1, 1, 1, 1, 1, 1]
    split = [0, 0, 1, 1, 1, 0, 0, 0]
    curve = recall_curve(hours, yes, split, bins=[-3, 0, 3, 6])
    assert curve["hour"].tolist() == [-1.5, 1.5, 4.5]
    assert curve["n"].tolist() == [5, 0, 1]
    assert curve["recall"].tolist() == pytest.approx([0.75, np.nan, 1.0], nan_ok=True)
    assert curve["sigma"].tolist() == pytest.approx([np.sqrt(0.125), np.nan, np.nan], nan_ok=True)


def test_over_regions_the_error_is_that_of_drawing_regions() -> None:
    rng = np.random.default_rng(0)
    size = rng.integers(1, 30, 400)
    rate = rng.beta(2, 1, 400)
    groups = np.repeat(np.arange(400), size)
    yes = rng.random(len(groups)) < rate[groups]
    found = recall_curve(np.zeros(len(groups)), yes, groups, bins=[-1, 1], sigma_over="regions")
    assert found["recall"][0] == pytest.approx(yes.mean())
    sums, sizes = np.bincount(groups, yes), np.bincount(groups)
    drawn = rng.integers(0, 400, (2000, 400))
    spread = (sums[drawn].sum(1) / sizes[drawn].sum(1)).std()
    assert found["sigma"][0] == pytest.approx(spread, rel=0.1)


def test_edges_belong_to_the_bin_above_and_the_last_one_inside() -> None:
    curve = recall_curve([-72, -69, 0, 72], [1, 1, 1, 1], [0, 0, 0, 0])
    assert len(curve) == len(EDGES) - 1 == 48
    assert curve.loc[curve["n"] > 0, "hour"].tolist() == [-70.5, -67.5, 1.5, 70.5]


def test_no_row_within_reach_gives_an_empty_curve() -> None:
    curve = recall_curve([np.nan, 200], [1, 0], [0, 0])
    assert (curve["n"] == 0).all()
    assert curve["recall"].isna().all()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0, 1], [1], [0]), {}, "2 hours, 1 answers and 1 groups"),
        (([0], [1], [0]), {"bins": [3, 0]}, "do not rise"),
        (([0], [1], [0]), {"sigma_over": "years"}, "'years' is not accepted"),
    ],
)
def test_what_cannot_be_counted_is_refused(arguments: tuple, options: dict, message: str) -> None:
    with pytest.raises(BadOptionError, match=message):
        recall_curve(*arguments, **options)


@given(
    seen=st.lists(st.integers(-100, 100), min_size=1, max_size=8),
    flares=st.lists(st.integers(-100, 100), max_size=6),
)
def test_a_flare_follows_within_an_open_window(seen: list[int], flares: list[int]) -> None:
    expected = [any(t < flare < t + 24 for flare in flares) for t in seen]
    assert flare_follows(at(*seen), at(*flares)).tolist() == expected
