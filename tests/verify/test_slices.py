"""Parts of the rows: who belongs where, and silence where there are too few events."""

from __future__ import annotations

import json

import numpy as np
import pytest

from flarescope.errors import BadOptionError
from flarescope.verify import (
    ContingencyTable,
    after_activity,
    blocks_of,
    by_class,
    by_hours_to_flare,
    by_longitude,
    slice_scores,
)


def test_classes_part_the_rows() -> None:
    masks = by_class([2.2e-4, 1e-4, 9.99e-5, 1e-5, 1e-6, 1e-7, 3e-8, 5e-9, 0.0, np.nan, 1.7e-3])
    assert (
        "".join(next(name[0] for name, mask in masks.items() if mask[k]) for k in range(11)) == "XXMMCBAAnnX"
    )
    np.testing.assert_array_equal(sum(mask.astype(int) for mask in masks.values()), 1)


def test_longitude_seventy_is_within() -> None:
    masks = by_longitude([-70.0, 70.001, -90.0, 0.0, np.nan])
    assert masks["within 70°"].tolist() == [True, False, False, True, False]
    assert masks["beyond 70°"].tolist() == [False, True, True, False, False]
    assert masks["unknown"].tolist() == [False, False, False, False, True]


def test_hours_to_flare() -> None:
    masks = by_hours_to_flare([0.5, 6.0, 6.1, 24.0, np.nan])
    assert list(masks) == ["0-6 h", "6-12 h", "12-18 h", "18-24 h"]
    assert masks["0-6 h"].tolist() == [True, True, False, False, False]
    assert masks["18-24 h"].tolist() == [False, False, False, True, False]
    with pytest.raises(BadOptionError, match="do not rise"):
        by_hours_to_flare([1.0], edges=[0, 6, 6])


def test_quiet_looks_back_a_day_and_not_ahead() -> None:
    starts = np.array(["2014-01-02T12:00", "2014-01-01T12:00"], "datetime64[m]")
    times = np.array(
        ["2014-01-01T12:00", "2014-01-01T12:01", "2014-01-02T12:00", "2014-01-03T12:00", "2014-01-03T12:01"],
        "datetime64[m]",
    )
    masks = after_activity(times, starts)
    assert masks["after active"].tolist() == [False, True, True, True, False]
    np.testing.assert_array_equal(masks["after quiet"], ~masks["after active"])
    assert after_activity(times, starts, hours=0.5)["after active"].tolist() == [
        False,
        True,
        False,
        False,
        False,
    ]


def test_ten_events_are_scored_and_nine_only_counted() -> None:
    probability = np.r_[np.full(30, 0.2), np.full(10, 0.8)]
    observed = np.r_[np.zeros(30), np.ones(10)]
    nine = np.arange(40) < 39
    found = slice_scores(
        probability, observed, {"all": np.ones(40, bool), "nine": nine}, blocks=blocks_of(np.arange(40) % 8)
    )
    assert found["all"].scores is not None
    assert found["all"].scores["tss"].value == 1.0
    assert found["all"].scores.n_blocks == 8
    assert found["nine"].scores is None
    assert found["nine"].table == ContingencyTable(9, 0, 0, 30)
    assert found["nine"].to_dict() == {
        "n": 39,
        "tp": 9,
        "fp": 0,
        "fn": 0,
        "tn": 30,
        "events": 9,
        "note": "fewer than 10 events: counts only",
    }
    json.dumps(found["all"].to_dict(), allow_nan=False)


def test_an_empty_slice_has_nothing_and_a_wrong_mask_is_refused() -> None:
    empty = slice_scores([0.1], [0], {"none": np.zeros(1, bool)})["none"]
    assert (empty.n, empty.scores) == (0, None)
    with pytest.raises(BadOptionError, match="Slice 'far' has shape"):
        slice_scores([0.1], [0], {"far": [True, False]})
    with pytest.raises(BadOptionError, match="type int64"):
        slice_scores([0.1], [0], {"far": [1]})
